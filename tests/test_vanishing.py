"""Gradients through time: exact where each step turns and stretches, smaller where a tanh saturates."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid.oracle import to_microgrid

TIME = 20


def signed_permutation(radius):
    """radius times an orthogonal matrix whose entries are 0, 1 and -1."""
    return [[0, radius, 0], [0, 0, -radius], [radius, 0, 0]]


def orthogonal(size, radius):
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(size, size)))
    return radius * q


def scalar_step(kernel, activation):
    features = [[1] * len(kernel)]
    bias = [0] * len(kernel)
    return lambda h, x: mg.rnn_step(h, [x], features, kernel, bias, activation)


def array_step(kernel, activation):
    features, bias = np.ones((1, len(kernel)), kernel.dtype), np.zeros(len(kernel), kernel.dtype)
    return lambda h, x: jn.rnn_step(h, x[None], features, kernel, bias, activation)


@pytest.mark.parametrize("radius", [Fraction(1, 2), Fraction(1), Fraction(3, 2)])
def test_a_linear_network_multiplies_by_its_radius_exactly(radius):
    step = scalar_step(signed_permutation(radius), "identity")
    norms = mg.gradient_norms(step, [Fraction(1, 3)] * 3, [Fraction(1)] * TIME)
    assert norms == [float(radius ** (TIME - t)) for t in range(TIME + 1)]


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_any_orthogonal_kernel_does_the_same_in_both_rooms(radius):
    kernel, inputs = orthogonal(5, radius), np.linspace(-1, 1, TIME)
    expected = radius ** np.arange(TIME, -1.0, -1)
    ours = jn.gradient_norms(array_step(kernel, "identity"), np.ones(5), inputs)
    theirs = mg.gradient_norms(scalar_step(kernel.tolist(), "identity"), [1.0] * 5, inputs.tolist())
    np.testing.assert_allclose(ours, expected, rtol=1e-14)
    np.testing.assert_allclose(theirs, expected, rtol=1e-14)


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_a_tanh_makes_less_of_it_in_both_rooms(radius):
    kernel, inputs = orthogonal(5, radius), np.linspace(-1, 1, TIME)
    ours = jn.gradient_norms(array_step(kernel, "tanh"), np.ones(5), inputs)
    theirs = mg.gradient_norms(scalar_step(kernel.tolist(), "tanh"), [1.0] * 5, inputs.tolist())
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert (ours[:-1] < radius ** np.arange(TIME, 0.0, -1)).all() and ours[-1] == 1


@pytest.mark.parametrize("kind", [int, Fraction, Decimal])
def test_numbers_of_any_kind_are_measured(kind):
    norms = mg.gradient_norms(lambda carry, x: [kind(2) * c for c in carry], [kind(1)] * 2, [[kind(1)]] * 3)
    assert norms == [8.0, 4.0, 2.0, 1.0]


def test_an_lstm_that_forgets_nothing_hands_its_memory_on():
    """d (c, h)[T] / d (c, h)[t], with open forget gates, and h that reaches nothing: c keeps its 1."""
    layer = jn.LSTM(1, 2, forget_bias=800.0)
    layer.initialize(np.random.default_rng(0), "float64")
    layer.recurrent_kernel.set_value(0 * layer.recurrent_kernel[...])
    layer.kernel.set_value(0 * layer.kernel[...])
    norms = jn.gradient_norms(layer.step, (np.zeros(2), np.zeros(2)), np.ones((5, 1)))
    # of n = 4 directions 2 arrive at c with 1, and at h with sigmoid(0) * tanh'(0)
    np.testing.assert_allclose(norms[:-1], np.sqrt((2 + 2 * 0.25) / 4), rtol=1e-15)


def test_both_rooms_measure_the_same_of_a_layer():
    net = jn.NeuralNet([jn.GRU(1, 3)], seed=0, dtype="float64")
    inputs = np.linspace(-1, 1, 6)[:, None]
    ours = jn.gradient_norms(net.layers[0].step, np.zeros(3), inputs)
    theirs = mg.gradient_norms(to_microgrid(net).layers[0].step, [0.0] * 3, inputs.tolist())
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_neither_very_large_nor_lost_gradients_are_mistaken():
    step = array_step(np.array([[3.0]], "float32"), "identity")
    norms = jn.gradient_norms(step, np.zeros(1, "float32"), np.zeros(60, "float32"))
    np.testing.assert_allclose(norms[0], 3.0**60, rtol=1e-5)  # its square is not a float32
    for room, nothing in ((jn, lambda h, x: 0 * h), (mg, lambda h, x: [0 * h[0], 0 * h[1]])):
        carry = np.ones(2) if room is jn else [1.0, 1.0]
        inputs = np.ones(2) if room is jn else [1.0, 1.0]
        assert list(room.gradient_norms(nothing, carry, inputs)) == [0, 0, 1]


@pytest.mark.parametrize("room", [jn, mg])
def test_mistakes_get_a_sentence(room):
    with pytest.raises(
        ValueError, match=r"^gradient_norms: inputs must hold at least one time step; got \[\]\."
    ):
        room.gradient_norms(lambda h, x: h, [1.0], [])
    carry = np.ones(2) if room is jn else [1.0, 1.0]
    inputs = np.ones(3) if room is jn else [1.0] * 3
    with pytest.raises(
        ValueError, match=r"^gradient_norms: step must return a carry of 2 numbers, as it takes; got 1\."
    ):
        room.gradient_norms(lambda h, x: h[:1], carry, inputs)


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e38), ("float32", 3e38), ("float64", 1e308)])
def test_the_largest_gradients_are_measured(dtype, size):
    norms = jn.gradient_norms(lambda h, x: h * x, np.zeros(2, dtype), np.full(1, size, dtype))
    np.testing.assert_allclose(norms, [size, 1], rtol=1e-6)
    assert mg.gradient_norms(lambda h, x: [h[0] * x], [0.0], [1e308]) == [1e308, 1]


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e30), ("float64", 1e200)])
def test_a_gradient_too_large_for_a_number_is_infinite_and_comes_back(dtype, size):
    factors = np.array([1 / size, 1 / size, 1 / size, 1 / size, 1, size, size, 2], dtype)
    expected = [0, 1 / size * 2, 2, 2 * size, np.inf, np.inf, 2 * size, 2, 1]
    norms = jn.gradient_norms(lambda h, x: h * x, np.zeros(2, dtype), factors)
    np.testing.assert_allclose(norms, expected, rtol=1e-5)
    if dtype == "float64":
        scalar = mg.gradient_norms(lambda h, x: [h[0] * x, h[1] * x], [0.0, 0.0], factors.tolist())
        assert scalar == pytest.approx(expected, rel=1e-14)


TAKEN = "step must take a carry and one of the inputs as they are given; "
REAL = "step must return real numbers"
STEPS = {
    "a_branch": (jn, lambda c, x: c if c[0] > 0 else -c, TAKEN + "Attempted boolean conversion of"),
    "a_float": (jn, lambda c, x: c * float(c[0]), TAKEN + "Abstract tracer value encountered"),
    "one_argument": (jn, lambda c: c, TAKEN + "<lambda>() takes 1 positional argument but 2 were given"),
    "text": (jn, lambda c, x: "word", TAKEN),
    "whole_numbers": (jn, lambda c, x: c.astype(int), REAL + ", floats; got int"),
    "complex": (jn, lambda c, x: c * 1j, REAL + ", floats; got complex"),
    "complex_scalars": (mg, lambda c, x: [1j * c[0]], REAL + "; got one of slope 1j."),
    "unequal": (mg, lambda c, x: [a + x[0] for a in c], TAKEN + "'float' object is not subscriptable"),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_what_is_no_step_gets_a_sentence(name):
    room, step, words = STEPS[name]
    with pytest.raises((TypeError, ValueError)) as error:
        room.gradient_norms(step, np.ones(1) if room is jn else [1.0], [1.0, 2.0])
    assert str(error.value).startswith(f"gradient_norms: {words}") and "\n" not in str(error.value)


def test_a_carry_of_anything_but_numbers_is_named():
    for room, rule in ((mg, "nested lists of real numbers"), (jn, "an array of real numbers")):
        with pytest.raises(TypeError, match=f"gradient_norms: carry must be {rule}; got 'a'"):
            room.gradient_norms(lambda c, x: c, ["a"], [1.0])
