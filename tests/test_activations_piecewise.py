"""Activations of straight pieces: their kinks are those of jax.nn; PReLU learns in both rooms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid import Value, activations_piecewise as scalar
from microgrid.oracle import to_microgrid

KINKS = {"relu6": (0, 6), "hard_sigmoid": (-3, 3), "hard_tanh": (-1, 1), "hard_silu": (-3, 3)}


@pytest.mark.parametrize("name", KINKS)
def test_slopes_at_every_kink_are_the_library_s(name):
    for kink in KINKS[name]:
        for point in (kink - 0.25, kink, kink + 0.25):
            x = Value(float(point))
            y = getattr(mg, name)(x)
            y.backward()
            slope = x.grad
            library, true = jax.value_and_grad(getattr(jax.nn, name))(float(point))
            value, array = jax.value_and_grad(getattr(jn, name))(float(point))
            assert [float(array), float(true)] == pytest.approx([slope] * 2, rel=1e-15)
            assert [float(value), float(library)] == pytest.approx([float(y)] * 2, rel=1e-15)


@pytest.mark.parametrize("name", KINKS)
def test_a_value_on_a_flat_piece_can_walk_back(name):
    for point in (-13.0, 13.0):
        y = getattr(mg, name)(x := Value(point))
        y.backward()
        assert x.grad == (1 if name == "hard_silu" and point > 0 else 0)


@pytest.mark.parametrize("name", KINKS)
def test_hard_functions_keep_floats_and_nan(name):
    for dtype in (jnp.float16, jnp.float32, jnp.float64):
        assert getattr(jn, name)(jnp.array([-1.0, 9.0], dtype)).dtype == dtype
    assert jnp.isnan(getattr(jn, name)(jnp.array(jnp.nan)))


def test_prelu_takes_one_slope_for_each_feature():
    x = jnp.array([[-1.0, -2.0], [3.0, -4.0]])
    assert jn.prelu(x, jnp.array([0.5, 0.25])).tolist() == [[-0.5, -0.5], [3.0, -1.0]]
    with pytest.raises(ValueError, match=r"must be a number or have the features of x \(2, 2\); got \(3,\)"):
        jn.prelu(x, jnp.ones(3))


def test_a_prelu_layer_refuses_other_features_in_one_sentence():
    layer, arrays = mg.PReLU(2), jn.PReLU(2, rngs=jax_rngs())
    told = []
    for call in (lambda: layer([1.0, 2.0, 3.0]), lambda: arrays(jnp.ones((1, 3)))):
        with pytest.raises(ValueError) as error:
            call()
        told.append(str(error.value))
    assert told[0] == told[1] == "PReLU: inputs must end in 2 features; got the shape (3,) of one example."


def jax_rngs():
    from flax import nnx

    return nnx.Rngs(0)


@pytest.mark.parametrize(("wrong", "words"), [
    (dict(features=0), "PReLU: features must be a whole number >= 1; got 0."),
    (dict(features=2.0), "PReLU: features must be a whole number >= 1; got 2.0."),
    (dict(initial_slope=float("nan")), "PReLU: initial_slope must be a finite number; got nan."),
    (dict(initial_slope="x"), "PReLU: initial_slope must be a number; got 'x'."),
])  # fmt: skip
def test_what_is_no_prelu_is_refused_alike(wrong, words):
    for room in (mg, jn):
        with pytest.raises((TypeError, ValueError)) as error:
            room.PReLU(**wrong)
        assert str(error.value) == words


@pytest.mark.parametrize("features", [None, 3])
def test_prelu_and_the_others_train_alike_in_both_rooms(features):
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(6, 2)), draw.normal(size=(6, 2))
    layers = [jn.Linear(2, 3), jn.PReLU(features, 0.3), jn.gelu, jn.Linear(3, 4), jn.glu, jn.hard_silu]
    net = jn.NeuralNet(layers, seed=1, dtype="float64")
    twin = to_microgrid(net)
    assert np.allclose(net.forward(x), twin.forward(x.tolist()), rtol=1e-14, atol=1e-15)
    net.compile(jn.momentum(0.1), "huber")
    twin.compile(mg.momentum(0.1), "huber")
    slopes, others = net.backward(x, y), twin.backward(x.tolist(), y.tolist())
    assert np.allclose(slopes[1]["negative_slope"], others[1]["negative_slope"], rtol=1e-13, atol=1e-16)
    history = net.fit(x, y, epochs=5, batch_size=3, shuffle=False, verbose=0)
    scalars = twin.fit(x.tolist(), y.tolist(), epochs=5, batch_size=3, shuffle=False)
    assert np.allclose(history.history["loss"], scalars.history["loss"], rtol=1e-12)
    assert not np.allclose(net.params[1]["negative_slope"], 0.3)


def test_a_prelu_that_was_not_set_says_so():
    with pytest.raises(ValueError, match="PReLU: weights must be drawn before"):
        jn.PReLU()(jnp.ones(3))


def test_scalar_prelu_takes_batches_of_sequences():
    layer = mg.PReLU(2, 0.5)
    assert layer.forward([[[-1.0, 2.0], [-4.0, -6.0]]]) == [[[-0.5, 2.0], [-2.0, -3.0]]]
    assert mg.PReLU(initial_slope=0.5).forward([[[-1.0, 2.0]]]) == [[[-0.5, 2.0]]]
    assert scalar.prelu(-2, 3) == -6
