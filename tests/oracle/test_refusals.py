"""check_grads of what cannot be checked, and calls that are mistakes: a sentence each."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from jax import lax
from jax.experimental import io_callback, pallas as pl
from test_check_grads import X, verdict

from microgrid.oracle import check_model, gradient_test, meaning, replay, rule
from microgrid.oracle.arrays import Unsupported
from microgrid.oracle.check import GradientError, check_grads
from microgrid.oracle.exact import MOST
from microgrid.oracle.pair_verdicts import verdict as room_verdict
from microgrid.oracle.programs import followed, size

OUTSIDE = jax.new_ref(jnp.ones_like(X))


@jax.custom_jvp
def called_back(x):
    return jax.pure_callback(np.sin, x, x)


called_back.defjvp(lambda x, change: (called_back(*x), jnp.cos(x[0]) * change[0]))


def in_place(x):
    memory = jax.new_ref(jnp.zeros_like(x))
    memory[0] = jnp.sin(x[0])
    return memory[...]


def written(x):
    OUTSIDE[0] = x[0]
    return x * 2


def called(x):
    return jax.pure_callback(np.sin, x, x)


def told_of(x):
    io_callback(lambda y: None, None, x)
    return x * x


def inside(function):
    return f"({__file__}:{function.__code__.co_firstlineno + 1} ({function.__name__}))"


def summed(a):
    return lax.zeta(a, a)


def decomposed(x):
    return jnp.linalg.svd(x)[1]


def as_bits(x):
    return lax.bitcast_convert_type(x, "float32")


def counted(x):
    return lax.while_loop(lambda s: s[0] < 100_000, lambda s: (s[0] + 1, s[1] * 0.99), (0, x))[1]


def spread(x):
    return jnp.sum(jnp.ones((20_000, 20_000)) * x)


REFUSED = {
    "words": (lambda x: "words", (X,), "returns str beside arrays, which JAX does not differentiate"),
    "nothing": (lambda x: None, (X,), "returns nothing, and no float array that has a gradient"),
    "a shape that depends on values": (lambda x: x[x > 0], (X,), "test_refusals.py:"),
    "a choice in Python": (lambda x: x if x[0] > 0 else -x, (X,), "Fix: jnp.where, lax.cond, or a shape"),
    "no float result": (lambda x: jnp.argmax(x), (X,), "returns int"),
    "a whole number": (
        lambda i: i * 2, (3,),
        "no float argument to differentiate: args[0] is int. Fix: floats, 3.0 for 3, say, or x.astype(float)",
    ),
    "whole numbers": (lambda i: i * 2, (np.arange(3),), "args[0] is int64[3]. Fix: floats, 3.0 for 3, say"),
    "no argument": (
        lambda: 2.0, (), "no float argument to differentiate: args is empty. Fix: args=(x,), with x a float",
    ),
    "an integer beyond all": (
        lambda x, n: x * n["a"][1], (X, {"a": [2, 2**70]}),
        "is given args[1]['a'][1], an integer beyond JAX's int64. Fix: a float, or a smaller integer.",
    ),
    "a random key": (jax.random.normal, (jax.random.key(0),), "key<fry>[]. Fix: args=(x,), with x a float"),
    "nan": (lambda x: jnp.log(-x), (abs(X),), "is nan at args: log makes it, "),
    "nan behind a branch": (
        lambda x: jnp.where(x > 0, jnp.sqrt(x), 0).sum() + jnp.log(x).min(),
        (X - 1,),
        "is nan at args: log makes it, ",
    ),
    "infinite": (lambda x: 1 / (x - x), (X,), "is infinite at args: div makes it, "),
    "nan among the arguments": (
        lambda p: p["w"] * 2, ({"w": np.array([[1, 2], [3, np.nan]])},),
        "is nan at args: args[0]['w'][1, 1] is nan. Fix: check the gradient where the arguments are finite.",
    ),
    "an infinite argument": (lambda x: x * 2, (np.float32(np.inf),), "at args: args[0] is infinite. Fix: "),
    "a callback without a rule": (
        called, (X,), f"called: Pure callbacks do not support JVP {inside(called)}. Fix: write it with",
    ),
    "a callback for its effect": (
        told_of, (X,), f"told_of: IO callbacks do not support JVP {inside(told_of)}. Fix: jax.debug.",
    ),
    "a callback": (called_back, (X,), "replay cannot look into a callback ("),
    "bits": (as_bits, (X,), "replay cannot follow floats through their bits ("),
    "in place": (in_place, (X,), f"changed in place: new_ref {inside(in_place)}. Fix: new arrays, x.at[i]."),
    "in place from outside": (lambda x: x * OUTSIDE[...], (X,), f"in place: get ({__file__}:"),
    "an array to be changed": (lambda x, memory: x * memory[...], (X, OUTSIDE), f"get ({__file__}:"),
    "written and never read": (written, (X,), "does not differentiate written: performing a set/swap"),
    "a window of its own": (
        lambda x: lax.reduce_window(x, np.float32(0), lambda a, b: jnp.sin(a) + b, (2,), (1,), "VALID"),
        (X,), f"replay has no rule for reduce_window with a function of its own ({__file__}:",
    ),
    "no gradient": (
        summed, (abs(X) + 2,), f"rule for 'zeta' not implemented {inside(summed)}. Fix: jax.lax.stop",
    ),
    "a decomposition in full": (
        decomposed, (np.ones((2, 3), "float32"),), f"not implemented for full matrices {inside(decomposed)}.",
    ),
    "a while loop of a hundred thousand steps": (
        counted, (1.0,), f"no while loop of 100,000 steps or more {inside(counted)}. Fix: fewer steps",
    ),
    "more numbers than a memory holds": (
        spread, (1.0,), f"at most 50,000,000; here are 800,000,003 {inside(spread)}. Fix: sample=32",
    ),
    "more integers than a memory holds": (
        lambda x: x * jnp.sum(jnp.arange(10**9) % 7 == 0),
        (X,), f"with integers and booleans by their bytes ({__file__}:",
    ),
    "more numbers in a loop": (
        lambda x: lax.fori_loop(0, 10**8, lambda i, x: x / 2, x), (1.0,), "here are 200,000,002 (",
    ),
    "a kernel of Pallas": (
        lambda x: pl.pallas_call(lambda x, y: y.__setitem__(..., x[...]), x, interpret=True)(x), (X,),
        "Fix: check its rule as that of the same function written with jax.numpy",
    ),
    "a module without numbers": (
        lambda net, x: net(x), (nnx.eval_shape(lambda: nnx.Linear(5, 1, rngs=nnx.Rngs(0))), X),
        "ShapeDtypeStruct, float32[5, 1] without numbers. Fix: an array of numbers",
    ),
    "no gradient and no rule": (
        lambda x: lax.rng_uniform(x[0], x[1], (3,)), (X,), "rule for 'rng_uniform' not implemented",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_checked_is_unsupported_and_never_ok(name):
    f, args, words = REFUSED[name]
    report = verdict(f, *args)
    assert report.verdict == "unsupported" and words in report.refused, report
    assert str(report).count(words) == 1 and "\n" not in report.refused
    with pytest.raises(GradientError):
        check_grads(f, args)


@pytest.mark.parametrize("name", ["nan among the arguments", "a callback for its effect", "in place"])
def test_what_cannot_be_looked_at_is_told_alike_where_coordinates_are_drawn(name):
    f, args, words = REFUSED[name]
    report = verdict(f, *args, sample=2)
    assert report.verdict == "unsupported" and str(report).count(words) == 1 and report.notes == []


def test_integers_count_by_their_bytes_and_not_as_floats():
    closed = jax.make_jaxpr(lambda x: x * jnp.sum(jnp.arange(10**7) % 7 == 0))(1.0)
    assert followed(closed, MOST) is closed and size(closed.jaxpr)[0] < 10 < 10**7 < size(closed.jaxpr)[1]
    with pytest.raises(Unsupported, match=r"here are 80,\d+,\d+, with integers and booleans by their bytes"):
        followed(jax.make_jaxpr(lambda x: x * jnp.sum(jnp.arange(2 * 10**9)))(1.0), MOST)


def test_an_integer_that_only_python_uses_may_be_of_any_size():
    assert verdict(lambda x, n: x * float(n), X, 2**70).verdict == "ok"


def test_replay_refuses_a_choice_in_python_with_its_line():
    words = (
        rf"replay: <lambda> decides by a traced value in Python, {__file__}:\d+ .*bool\[5\]. Fix: jnp.where"
    )
    with pytest.raises(NotImplementedError, match=words):
        replay(lambda x: x[x > 0], (X,))


def test_arguments_of_jax_test_util_are_taken_and_ignored():
    with pytest.warns(UserWarning, match="atol, eps ignored"):
        check_grads(jnp.sin, (0.5,), 1, ("rev",), 1e-3, None, 1e-4)


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        (
            dict(modes=("back",)),
            ValueError,
            r"modes must be of .*; got \('back',\)",
        ),
        (dict(modes=()), ValueError, r"one or both; got \(\)"),
        (dict(seed="a"), ValueError, "seed must be an integer of at least 0; got 'a'"),
        (dict(order=3), ValueError, "order must be 1 or 2; got 3"),
        (dict(seed=jax.random.key(0)), ValueError, r"of at least 0; got Array\(\(\), [^\n]*\[0 0\]\.$"),
    ],
)
def test_mistakes_in_the_call_are_told(told, kind, words):
    with pytest.raises(kind, match=words):
        check_grads(jnp.sin, (0.5,), **told)
    with pytest.raises(TypeError, match="f must be a function of arrays; got 5"):
        check_grads(5, (0.5,))
    with pytest.raises(TypeError, match=r"args must be a tuple of arguments; got float. Fix: \(x,\)"):
        check_grads(jnp.sin, 0.5)


MISTAKES = {
    "a rule without a name": (
        lambda: rule(5),
        TypeError,
        "rule: names must be those of primitives; got (5,)",
    ),
    "a rule with an empty name": (
        lambda: rule(""),
        TypeError,
        "rule: names must be those of primitives; got ('',",
    ),
    "a rule that is none": (
        lambda: rule("my_primitive")(5),
        TypeError,
        "rule: it decorates a function; got 5. Fix: @rule('my_primitive') above def f(",
    ),
    "a meaning without a name": (lambda: meaning(5, jnp.sin), TypeError, "meaning: name must be that of"),
    "a test that is none": (
        lambda: gradient_test(5),
        TypeError,
        "gradient_test: it decorates a function; got 5",
    ),
    "replay of no function": (
        lambda: replay(5, (0.5,)),
        TypeError,
        "replay: f must be a function of arrays; got 5",
    ),
    "replay without a tuple": (
        lambda: replay(jnp.sin, 0.5),
        TypeError,
        "must be a tuple of arguments; got float",
    ),
    "replay of no digits": (
        lambda: replay(jnp.sin, (0.5,), 0),
        ValueError,
        "digits must be a whole number from 1",
    ),
    "replay of nothing": (
        lambda: replay(lambda x: None, (0.5,)),
        ValueError,
        "f must return floats, and arrays alone; got nothing",
    ),
    "a row that is none": (
        lambda: room_verdict("nope"),
        TypeError,
        "verdict: pair must be a Pair, one of PAIRS",
    ),
    "a model of words": (
        lambda: check_model(nnx.Dropout(0.5), "x"),
        TypeError,
        "x must be an array of inputs; got",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_one_sentence(name):
    call, kind, words = MISTAKES[name]
    with pytest.raises(kind, match=re.escape(words)):
        call()


def slope(residuals, ct):
    return (2 * ct,)


def ruled(fwd, bwd):
    made = jax.custom_vjp(lambda x: 2 * x)
    made.defvjp(fwd, bwd)
    return lambda x: jnp.sin(made(x))


def pushed(rule):
    made = jax.custom_jvp(lambda x: 2 * x)
    made.defjvp(rule)
    return lambda x: jnp.sin(made(x))


MALFORMED = {
    "a slope of another shape": (ruled(lambda x: (2 * x, None), lambda _, ct: (ct[:2],)), "a slope of the"),
    "no tuple": (ruled(lambda x: (2 * x, None), lambda _, ct: ct), "a tuple of one slope for each argument"),
    "a tuple of two": (ruled(lambda x: (2 * x, None), lambda _, ct: (ct, ct)), "a tuple of one slope"),
    "no residuals": (ruled(lambda x: 2 * x, slope), "fwd must return f(x), of the type and shape"),
    "another type": (ruled(lambda x: (x.astype("float16"), None), slope), "fwd must return f(x), of"),
    "two results": (ruled(lambda x: ((x, x), None), slope), "fwd must return f(x), of"),
    "too few arguments": (ruled(lambda x: (2 * x, None), lambda ct: (ct,)), "bwd takes (residuals, "),
    "no pair": (pushed(lambda x, dx: 2 * dx[0]), "return f(x), tangent"),
    "a tangent of another shape": (pushed(lambda x, dx: (2 * x[0], dx[0][:2])), "a tangent of the shape"),
}  # fmt: skip


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
@pytest.mark.parametrize("name", MALFORMED)
def test_a_rule_that_jax_cannot_use_is_named_with_its_line_and_a_fix(name, told):
    f, fix = MALFORMED[name]
    made = verdict(f, np.ones(3, "float32"), **told)
    assert made.verdict == "unsupported" and made.refused.count(". Fix: ") == 1
    assert f"{Path(__file__).name}:" in made.refused and f". Fix: {fix}" in made.refused


def test_a_dict_with_keys_of_two_types_is_no_pytree():
    with pytest.raises(
        TypeError, match=r"^check_grads: args must be pytrees; .*\. Fix: dicts with keys of one"
    ):
        check_grads(lambda d: d[1], ({1: 2.0, "a": 1.0},))


def test_arguments_that_hold_themselves_are_no_pytree():
    circle = []
    circle.append(circle)
    with pytest.raises(TypeError, match=r"args must be pytrees; got one that holds itself, or is nested too"):
        check_grads(lambda x: x, (circle,))


def test_an_array_of_64_bits_is_refused_where_jax_has_none():
    x = jnp.ones(2, "float64")
    with (
        jax.enable_x64(False),
        pytest.raises(TypeError, match=r"args\[0\] is float64, made .* Fix: jax\.config"),
    ):
        check_grads(jnp.sum, (x,))


def test_a_linen_module_is_told_how_to_be_checked():
    with pytest.raises(
        TypeError, match=r"got Dense\. Fix: check_grads\(lambda v: net\.apply\(v, x\), \(variab"
    ):
        check_model(linen.Dense(3), X, X)
