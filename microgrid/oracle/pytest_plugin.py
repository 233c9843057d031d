"""A fixture for pytest: `check_grads`, loaded into every session where microgrid is installed.

Nothing but pytest is imported until a test asks for the fixture.
"""

import pytest

LEVELS = ("off", "normal", "strict")


def pytest_addoption(parser):
    """Adds --grad-level."""
    parser.getgroup("microgrid").addoption(
        "--grad-level",
        choices=LEVELS,
        default="normal",
        help="check_grads: off skips the tests that use it, strict fails also what is imprecise, "
        "approximate or at a kink (default: normal)",
    )


@pytest.fixture
def check_grads(request):
    """`microgrid.oracle.check_grads`, as strict as --grad-level says.

    def test_my_loss(check_grads):
        check_grads(my_loss, (params, x))
    """
    level = request.config.getoption("--grad-level")
    if level == "off":
        pytest.skip("--grad-level=off")
    pytest.importorskip("jax", reason="check_grads needs JAX: pip install 'microgrid[oracle]'")
    from .check import GradientError, check_grads

    def check(*args, **told):
        __tracebackhide__ = True
        report = check_grads(*args, **told)
        if level == "strict" and report.verdict != "ok":
            raise GradientError(report)
        return report

    return check
