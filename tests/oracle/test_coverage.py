"""What can be replayed, of every public function of JAX and its libraries that takes and returns floats."""

import pytest

from tests.oracle.coverage import REFUSED, look, names, outcome, same_values, share

EVERY = 25  # one function in so many in a quick run
LEAST = 0.97  # of the functions of each module that JAX differentiates
LISTED = names()
SOME = [name for listed in LISTED.values() for name in listed][::EVERY]


@pytest.mark.parametrize("name", SOME)
def test_a_function_of_the_list_is_not_wrong(name):
    verdict, report = outcome(name)
    assert verdict not in ("wrong", "unexplained"), report


@pytest.mark.slow
@pytest.mark.parametrize("module", LISTED)
def test_nearly_every_function_of_a_module_is_replayed(module):
    counts, told = look(LISTED[module])
    assert share(counts) >= LEAST, "\n".join(told)


def test_what_jax_does_not_differentiate_is_said_by_jax():
    for name in ("jax.scipy.linalg.sqrtm", "jax.lax.linalg.hessenberg", "jax.lax.pmax"):
        verdict, report = outcome(name)
        assert verdict == REFUSED and "not implemented" in report.refused
        assert same_values(name) is True
