"""Primitives that are implemented with JAX's functions, a user's own and those of jaxnets: what comes of a
direction or a cotangent is not rounded, or not judged."""

from importlib import import_module

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import ad, mlir
from test_check_grads import verdict

import jaxnets as jn
from jaxnets.fast import recurrent
from microgrid.oracle import check_grads

ENGINES = dict(), dict(engine="float64"), dict(sample=1000)
X = np.array([0.3, -1.1], "float32")


def times(name, implementation, error=1.0):
    """The function x * k of a primitive whose derivative along x is `error` times the right one."""
    made = Primitive(name)
    made.def_impl(implementation)
    made.def_abstract_eval(lambda x, k: x)
    mlir.register_lowering(made, mlir.lower_fun(jnp.multiply, multiple_results=False))
    ad.defbilinear(made, lambda ct, x, k: made.bind(ct, k), lambda ct, x, k: made.bind(ct, x))
    if error != 1:
        ad.defjvp(made, lambda t, x, k: made.bind(t, k * error), lambda t, x, k: made.bind(x, t))
    return made.bind


product = jax.jit(lambda x, k: x * k)
mine, wrong = times("mine", product), times("mine_wrong", product, error=1.001)
of_numpy = times("of_numpy", lambda x, k: jnp.asarray(np.asarray(x) * np.asarray(k)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("told", [*ENGINES, dict(order=2)], ids=str)
def test_a_primitive_of_a_direction_and_a_constant_is_right(told, dtype):
    for weight in (2.0, 3.0, -0.1):
        for modes in ("fwd", "rev"):
            constant = jnp.full(2, weight, dtype)
            report = verdict(lambda x, k=constant: jnp.sin(mine(x, k)), X.astype(dtype), modes=modes, **told)
            assert report.verdict == ("sampled" if "sample" in told else "ok"), report


@pytest.mark.parametrize("told", ENGINES, ids=str)
@pytest.mark.parametrize("modes", ["fwd", "rev"])
def test_a_primitive_that_is_wrong_along_a_direction_is_the_guilty_one(told, modes):
    report = verdict(lambda x: jnp.sin(wrong(x, jnp.full(2, 3.0, "float32"))), X, modes=modes, **told)
    assert report.verdict == "wrong" and report.guilty.primitive == "mine_wrong", report
    assert "test_user_primitives.py" in report.guilty.source


def recurrent_calls():
    """Name -> a function of inputs [2, 3, 2]."""
    rngs, mask = nnx.Rngs(0), np.array([[1, 1, 0], [0, 1, 1]])
    lstm, gru, one = jn.LSTM(2, 2, rngs=rngs), jn.GRU(2, 1, rngs=rngs), jn.LSTM(1, 1, rngs=rngs)
    both = jn.Bidirectional(jn.LSTM(2, 1, rngs=rngs), jn.GRU(2, 1, reverse=True, rngs=rngs))
    net = jn.NeuralNet([jn.LSTM(2, 2), jn.Linear(2, 1)], seed=0)
    wide = jn.NeuralNet([jn.GRU(2, 2)], seed=0, dtype="float64")
    return {
        "LSTM": lstm,
        "LSTM of one number": lambda x: one(x[:, :1, :1]),
        "GRU": gru,
        "Bidirectional": both,
        "masked LSTM": lambda x: lstm(x, mask=mask),
        "masked GRU": lambda x: gru(x, mask=mask),
        "forward of a net": net.forward,
        "forward of a net of float64": wide.forward,
    }


CALLS = recurrent_calls()
SEQUENCES = np.random.default_rng(0).normal(size=(2, 3, 2)).astype("float32")


@pytest.mark.parametrize("name", CALLS)
def test_a_recurrent_layer_is_right_in_both_modes(name):
    x = SEQUENCES.astype("float64" if "float64" in name else "float32")
    for told in ENGINES if name == "masked LSTM" else [{}]:
        report = verdict(lambda x: jnp.sum(CALLS[name](x)), x, **told)
        assert report.verdict == ("sampled" if "sample" in told else "ok"), report
        assert report.guilty is None


@pytest.mark.parametrize("told", ENGINES, ids=str)
def test_a_wrong_rule_of_a_recurrent_layer_is_named(monkeypatch, told):
    fast = import_module("jaxnets.fast.lstm")
    monkeypatch.setattr(fast, "tanh_slope", lambda x, y: recurrent.tanh_slope(x, y) * 1.001)
    layer = jn.LSTM(2, 1, rngs=nnx.Rngs(0))
    for modes in ("fwd", "rev"):
        report = verdict(lambda x: jnp.sum(layer(x)), SEQUENCES, modes=modes, **told)
        assert report.verdict == "wrong" and report.guilty.primitive == "custom_jvp_call", report
        assert report.guilty.rule.startswith("_lstm at "), report


def test_a_constant_of_the_function_may_be_computed_by_numpy():
    constant = jnp.full(2, 0.1, "float32")
    assert verdict(lambda x: jnp.sin(x) * of_numpy(constant, constant), X).verdict == "ok"


def by_rule(tangent):
    """x * 3 with a rule of its own."""
    made = jax.custom_jvp(lambda x: x * 3)
    made.defjvp(lambda x, dx: (x[0] * 3, tangent(dx[0])))
    return made


def by_bits(x):
    return lax.bitcast_convert_type(lax.bitcast_convert_type(x, jnp.int32) + 0, jnp.float32)


ROUNDED = {
    "a primitive of numpy": (
        lambda t: of_numpy(t, jnp.full(2, 3.0, "float32")),
        "no rule for the primitive 'of",
    ),
    "bits": (lambda t: by_bits(t * 3), "cannot follow floats through their bits"),
    "the next float": (lambda t: jnp.nextafter(t * 3, t * 3), "cannot follow floats through their bits"),
}


@pytest.mark.parametrize("told", ENGINES, ids=str)
@pytest.mark.parametrize("name", ROUNDED)
def test_a_direction_that_can_only_be_rounded_is_not_called_wrong(name, told):
    tangent, words = ROUNDED[name]
    report = verdict(lambda x: jnp.sin(by_rule(tangent)(x)), X, modes="fwd", **told)
    assert report.verdict == "unsupported" and words in report.refused, report


def test_a_primitive_that_is_its_own_implementation_has_no_rule():
    square = Primitive("squared_by_itself")
    square.def_impl(jax.jit(lambda x: square.bind(x)))
    square.def_abstract_eval(lambda x: x)
    mlir.register_lowering(square, mlir.lower_fun(lambda x: x * x, multiple_results=False))
    ad.defjvp(square, lambda change, x: 2 * x * change)
    found = check_grads(square.bind, (3.0,), raises=False)
    assert found.verdict == "unsupported" and "no rule for the primitive 'squared_by_itself'" in str(found)
