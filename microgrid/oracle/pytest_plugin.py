"""What pytest loads where microgrid is installed: the fixture `check_grads`, and the option --grad-level.

Nothing but pytest is imported until a test asks for the fixture.
"""

import pytest

from .levels import LEVEL, LEVELS, checked, skip_where_off


def pytest_addoption(parser):
    """Adds --grad-level."""
    parser.getgroup("microgrid").addoption(
        "--grad-level",
        choices=LEVELS,
        default="normal",
        help="check_grads and gradient_test: off skips the tests that use them, strict fails also what is "
        "imprecise, approximate or at a kink (default: normal)",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Tells the level to the fixture and to `gradient_test` while a test runs."""
    token = LEVEL.set(item.config.getoption("--grad-level"))
    try:
        return (yield)
    finally:
        LEVEL.reset(token)


@pytest.fixture
def check_grads():
    """`microgrid.oracle.check_grads`, as strict as --grad-level says.

    def test_my_loss(check_grads):
        check_grads(my_loss, (params, x))
    """
    skip_where_off()
    pytest.importorskip("jax", reason="check_grads needs JAX: pip install 'microgrid[oracle]'")
    return checked
