"""The meanings that a user registers: the last one counts, and what is no meaning is told in one sentence."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_check_grads import verdict

from microgrid.oracle import meaning
from microgrid.oracle.meanings.meaning import MEANINGS
from microgrid.oracle.specials import ROWS


@jax.custom_jvp
def short_sine(x):
    return x - x**3 / 6 + x**5 / 120


@jax.custom_jvp
def steep_sine(x):
    return x - x**3 / 6 + x**5 / 120


short_sine.defjvp(lambda x, dx: (short_sine(*x), jnp.cos(x[0]) * dx[0]))
steep_sine.defjvp(lambda x, dx: (steep_sine(*x), 2 * jnp.cos(x[0]) * dx[0]))
X = np.array([0.5, -0.25])


@pytest.fixture(autouse=True)
def _forgotten():
    """What a test registers is forgotten after it."""
    yield
    for name in ("short_sine", "steep_sine"):
        for row in MEANINGS.pop(name).rows if name in MEANINGS else ():
            del ROWS[row]


def test_what_is_registered_again_counts_from_then_on():
    meaning("short_sine", lambda x: x.cos())
    assert verdict(short_sine, X, modes="fwd").verdict == "wrong"
    rows = len(ROWS)
    meaning("short_sine", lambda x: x.sin())
    assert verdict(short_sine, X, modes="fwd").verdict == "approximate" and len(ROWS) == rows
    meaning("short_sine", lambda x: 1 / 0)
    assert verdict(short_sine, X, modes="fwd").verdict == "unsupported"
    meaning("short_sine", lambda x: x.sin(), lambda x: x.cos())
    assert verdict(short_sine, X, modes="fwd").verdict == "approximate"


@pytest.mark.parametrize("told", [dict(), dict(sample=2)])
def test_a_slope_that_is_not_that_of_the_function_is_not_believed(told):
    meaning("steep_sine", lambda x: x.sin(), lambda x: 2 * x.cos())
    report = verdict(steep_sine, X, modes="fwd", **told)
    assert report.verdict == "unsupported"
    assert re.match(
        "the slope of the meaning of steep_sine for argument 0 must be the derivative of its function; got "
        r"1\.75516512 where that is 0\.877582562, at 0\.5 \(.*test_meanings\.py:\d+ .*\)\. Fix: ",
        report.refused,
    )


RAISING = {
    "an error": ((lambda x: 1 / 0,), "raised ZeroDivisionError: division by zero "),
    "an error of its slope": ((lambda x: x.sin(), lambda x: x.cosine()), "raised AttributeError: "),
    "words": ((lambda x: "x",), "raised TypeError: it must return a number of flint's; got 'x' "),
    "nothing": ((lambda x: None,), "raised TypeError: it must return a number of flint's; got None "),
}


@pytest.mark.parametrize("name", RAISING)
def test_a_meaning_that_raises_is_unsupported_with_its_error(name):
    functions, words = RAISING[name]
    meaning("short_sine", *functions)
    report = verdict(short_sine, X, modes="fwd")
    assert report.verdict == "unsupported" and "\n" not in report.refused
    assert report.refused.startswith(f"the meaning of short_sine {words}"), report.refused


def sine(x):
    return x.sin()


MISTAKES = {
    "a slope that is none": (lambda: meaning("f", sine, 5), TypeError, "slopes must be functions, or None"),
    "more slopes than arguments": (
        lambda: meaning("f", sine, None, None), ValueError, "slopes must be one for each argument of",
    ),
    "no outputs": (lambda: meaning("f", sine, outputs=0), ValueError, "outputs must be a whole number "),
    "outputs in words": (lambda: meaning("f", sine, outputs="a"), ValueError, "outputs must be a whole"),
    "analytic in numbers": (lambda: meaning("f", sine, analytic=5), TypeError, "analytic must be True"),
    "analytic of two": (
        lambda: meaning("f", lambda x, y: x, analytic=True), ValueError, "function must be of one complex",
    ),
    "a package that is none": (lambda: meaning("f", sine, package=5), TypeError, "package must be the name"),
    "no name": (lambda: meaning("", sine), TypeError, "name must be that of a Python function"),
    "any number of arguments": (lambda: meaning("f", lambda *x: x), TypeError, "function must take so many"),
    "a builtin": (lambda: meaning("f", max), TypeError, "function must say what it takes; got <b"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_no_meaning_gets_one_sentence(name):
    call, kind, words = MISTAKES[name]
    with pytest.raises(kind, match=f"^meaning: {words}"):
        call()
    assert "f" not in MEANINGS
