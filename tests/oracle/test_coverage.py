"""What can be replayed, of every public function of JAX and its libraries that takes and returns floats."""

import pytest

from tests.oracle.coverage import names, outcome

EVERY = 25  # one function in so many in a quick run
LISTED = names()
SOME = [name for listed in LISTED.values() for name in listed][::EVERY]


@pytest.mark.parametrize("name", SOME)
def test_a_function_of_the_list_is_not_wrong(name):
    verdict, report = outcome(name)
    assert verdict not in ("wrong", "unexplained"), report
