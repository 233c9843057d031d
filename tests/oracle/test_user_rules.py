"""Rules that a user writes for primitives: what they are given, and that they are held to the primitive."""

import re

import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import Primitive
from jax.interpreters import ad, mlir
from test_check_grads import verdict

from microgrid.oracle import rule
from microgrid.oracle.rules import RULES

X = np.array([0.5, -1.5, 3.0], "float32")


def primitive(function, slope, compiled=False):
    """A primitive of one array and its slope. compiled: whether JAX can only compile it."""
    made = Primitive("my_primitive")
    made.def_abstract_eval(lambda x: x)
    if not compiled:
        made.def_impl(function)
    mlir.register_lowering(made, mlir.lower_fun(function, multiple_results=False))
    ad.defjvp(made, lambda t, x: t * slope(x))
    return lambda x: made.bind(x)


@pytest.fixture
def ruled():
    """A decorator for the rule of my_primitive, which is forgotten after the test."""
    yield rule("my_primitive")
    RULES.pop("my_primitive", None)


square = primitive(lambda x: x * x, lambda x: 2 * x)
wrong_square = primitive(lambda x: x * x, lambda x: 3 * x)


def test_a_rule_with_the_value_of_the_primitive_finds_its_right_and_its_wrong_slope(ruled):
    @ruled
    def _(replay, equation, x):
        return replay.apply("mul", x, x)

    assert verdict(lambda x: jnp.sum(square(jnp.sin(x))), X).verdict == "ok"
    assert verdict(lambda x: jnp.sum(square(x)), X, sample=2).verdict == "sampled"
    report = verdict(lambda x: jnp.sum(wrong_square(jnp.sin(x))), X)
    assert report.verdict == "wrong" and report.guilty.primitive == "my_primitive"


def test_a_rule_of_another_value_is_not_blamed_on_jax(ruled):
    @ruled
    def _(replay, equation, x):
        return replay.apply("add", x, x)

    for told in (dict(), dict(sample=2)):
        report = verdict(lambda x: jnp.sum(square(x)), X, **told)
        assert report.verdict == "unsupported" and report.guilty is None
        assert re.match(
            rf"the rule for the primitive 'my_primitive' at {__file__}:\d+ does not give the value of the "
            rf"primitive: 1 where JAX has 0.25 \({__file__}:\d+ \(\S+\)\). Fix: mend it, ",
            report.refused,
        )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_rounding_is_no_other_value(ruled, dtype):
    @ruled
    def _(replay, equation, x):
        one = replay.constant(1, x)
        return replay.apply("sub", replay.apply("add", x, one), one)  # x, but for what 1 rounds away

    same = primitive(lambda x: x * 1, jnp.ones_like, compiled=True)
    assert verdict(lambda x: jnp.sum(same(x)), np.ones(2, dtype), sample=2).verdict == "sampled"
    report = verdict(lambda x: jnp.sum(same(x)), np.array([1.1e-3, np.finfo(dtype).eps / 8], dtype))
    assert report.verdict == "ok", report


MISTAKES = {
    "an unknown operation": (
        lambda replay, equation, x: replay.apply("square", x),
        "raised ValueError: replay.apply: op must be a row of microgrid.derivatives.TABLE, such as 'mul', or "
        "of microgrid.oracle.specials.ROWS; got 'square' (LINE). Fix: 'mul' of x and x.",
    ),
    "a number for an array": (
        lambda replay, equation, x: replay.apply("mul", x, 2.0),
        "raised TypeError: replay.apply: operands must be Arrays; got float (LINE). Fix: replay.constant(",
    ),
    "too few arrays": (
        lambda replay, equation, x: replay.apply("mul", x),
        "raised TypeError: replay.apply: mul takes 2 arrays; got 1 (LINE). Fix: help(microgrid.oracle.rule) ",
    ),
    "an error of its own": (
        lambda replay, equation, x: x @ x,
        "raised TypeError: unsupported operand type(s) for @: 'Array' and 'Array' (LINE). Fix: help(",
    ),
    "too few arguments": (lambda replay, equation: None, "raised TypeError: "),
    "arithmetic in the place of a move": (
        lambda replay, equation, x: x.moved(lambda ids: ids * 2),
        "raised TypeError: moved: its function must only put elements elsewhere, as np.transpose does; got "
        "one that makes others (LINE). Fix: replay.apply for arithmetic.",
    ),
    "a move to nowhere": (
        lambda replay, equation, x: replay.apply("mul", x.moved(lambda ids: ids - 100), x),
        "raised TypeError: moved: its function must only put elements elsewhere, ",
    ),
    "nothing": (
        lambda replay, equation, x: None,
        "must return an Array, or a list of them; got NoneType (LINE). Fix: ",
    ),
    "numbers": (lambda replay, equation, x: [replay.numbers(x)], "a list of them; got list (LINE). Fix: "),
    "two arrays": (lambda replay, equation, x: [x, x], "must return 1 arrays; got 2 (LINE). Fix: "),
    "another type": (
        lambda replay, equation, x: replay.apply("mul", x, x, dtype=np.dtype("float64")),
        "must return float32; got float64 (LINE). Fix: ",
    ),
    "another shape": (
        lambda replay, equation, x: x.moved(lambda a: a[:2]),
        "must return the shape (3,); got (2,) (LINE). Fix: ",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_rule_is_one_sentence_with_its_line(ruled, name):
    function, words = MISTAKES[name]
    ruled(function)
    report = verdict(lambda x: jnp.sum(square(x)), X)
    assert report.verdict == "unsupported" and "\n" not in report.refused
    assert f"the rule for the primitive 'my_primitive' at {__file__}:" in report.refused
    words = re.escape(words).replace("LINE", rf"{__file__}:\d+ \(\S+\)")
    assert re.search(words, report.refused), report.refused


def test_a_primitive_without_a_value_of_its_own_cannot_be_held_to_it(ruled):
    @ruled
    def _(replay, equation, x):
        return x

    made = Primitive("my_primitive")
    made.def_abstract_eval(lambda x: x)
    ad.defjvp(made, lambda t, x: t)
    report = verdict(lambda x: made.bind(x), X)
    assert report.verdict == "unsupported"
    assert "cannot be held to the value of the primitive: " in report.refused


def test_outputs_of_integers_and_of_complex_numbers_are_compared_too(ruled):
    @ruled
    def _(replay, equation, z):
        return replay.apply("mul", z, z)

    assert verdict(lambda z: square(z), X.astype("complex64")).verdict == "ok"
    ruled(lambda replay, equation, z: replay.apply("erf", z))
    report = verdict(lambda z: square(z), X.astype("complex64"))
    assert "replay.apply: erf takes real arrays only; got complex64" in report.refused
