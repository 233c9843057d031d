"""Initial weights: their moments and orthogonality, what draws them, and that drawing compiles nothing."""

import math
import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from jaxnets import initializers, weights
from microgrid import initializers as scalar_initializers, weights as scalar_weights
from microgrid.checks import flatten, shape
from microgrid.oracle import to_microgrid

SHAPE = (3, 3, 20, 30)  # fan_in 180, fan_out 270
CUT = 0.87962566103423978
VARIANCES = {
    "uniform": 0.1**2 / 12,
    "normal": 0.01**2,
    "truncated_normal": 0.01**2,
    "glorot_uniform": 2 / 450,
    "glorot_normal": 2 / 450,
    "he_uniform": 2 / 180,
    "he_normal": 2 / 180,
    "lecun_uniform": 1 / 180,
    "lecun_normal": 1 / 180,
}
KURTOSIS = 3.0  # of the normal: the largest of them, so its bound holds for all


def draws(name, room):
    if room is jn:
        return np.ravel(weights.drawn("test", name, np.random.default_rng(1), SHAPE, "float64"))
    return np.array([w.data for w in flatten(scalar_weights.drawn("test", name, random.Random(1), SHAPE))])


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
@pytest.mark.parametrize("name", VARIANCES)
def test_draws_have_the_mean_and_variance_of_the_formula(name, room):
    """Five standard errors: of the mean sd / sqrt(n), of the variance var * sqrt((kurtosis - 1) / n)."""
    drawn, variance = draws(name, room), VARIANCES[name]
    n = math.prod(SHAPE)
    assert drawn.size == n
    assert abs(drawn.mean()) < 5 * math.sqrt(variance / n)
    assert abs(drawn.var() - variance) < 5 * variance * math.sqrt((KURTOSIS - 1) / n)
    if name.endswith("uniform"):
        assert abs(drawn).max() <= math.sqrt(3 * variance)
        assert abs(drawn).max() > 0.99 * math.sqrt(3 * variance)
    elif name != "normal":
        assert abs(drawn).max() <= 2 / CUT * math.sqrt(variance) * (1 + 1e-12)


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
def test_constants_draw_nothing(room):
    for name, value in (("zeros", 0.0), ("ones", 1.0), ("constant", 0.0)):
        assert set(draws(name, room).tolist()) == {value}
    draw, generator = random.Random(0), np.random.default_rng(0)
    scalar_weights.drawn("test", "zeros", draw, (3,))
    weights.drawn("test", "ones", generator, (3,))
    assert draw.random() == random.Random(0).random()
    assert generator.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("given", [(40, 30), (30, 40), (25, 25), (70, 66), (3, 2, 5, 4), (1, 7), (7, 1)])
def test_orthogonal_kernels_are_orthogonal_to_a_few_ulps(given):
    array = np.asarray(weights.drawn("test", "orthogonal", np.random.default_rng(0), given, "float64"))
    scalar = scalar_weights.drawn("test", "orthogonal", random.Random(0), given)
    assert shape(scalar) == given
    for kernel in (array, np.array([w.data for w in flatten(scalar)])):
        matrix = kernel.reshape(-1, given[-1])
        short = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        assert abs(short - np.eye(len(short))).max() < 16 * 2.0**-53 * math.sqrt(max(matrix.shape))


def test_orthogonal_is_orthogonal_where_columns_are_nearly_parallel():
    noise = np.ones((6, 3)) + 1e-9 * np.random.default_rng(0).normal(size=(6, 3))
    for q in (initializers.orthogonal(noise), np.array(scalar_initializers.orthogonal(noise.tolist()))):
        assert abs(q.T @ q - np.eye(3)).max() < 1e-15
        assert np.allclose(q[:, 0], noise[:, 0] / np.linalg.norm(noise[:, 0]), rtol=1e-14)


def test_signs_of_orthogonal_follow_the_noise():
    for given in ((5, 3), (3, 3), (70, 65)):  # LAPACK makes 65 vectors orthogonal
        noise = np.random.default_rng(0).normal(size=given)
        scalar = scalar_initializers.orthogonal(noise.tolist())
        for q in (initializers.orthogonal(noise), np.array(scalar)):
            triangle = q.T @ noise  # a column is made of itself and of those before it
            assert (np.diag(triangle) > 0).all() and abs(np.tril(triangle, -1)).max() < 1e-13
    assert np.allclose(
        initializers.orthogonal(noise, scale=2.0), 2 * initializers.orthogonal(noise), rtol=1e-15
    )


def test_both_rooms_make_the_same_of_the_same_noise_in_any_shape():
    rng = np.random.default_rng(0)
    for name in weights.NOISE:
        for given in ((4, 3), (3, 4), (2, 3, 4)):
            noise = weights.NOISE[name](rng, given)
            one = getattr(initializers, name)(noise)
            other = getattr(scalar_initializers, name)(noise.tolist())
            assert isinstance(one, np.ndarray) and one.dtype == np.float64
            assert np.allclose(one, other, rtol=1e-13, atol=1e-14), name
            assert np.allclose(getattr(initializers, name)(jnp.asarray(noise)), other, rtol=1e-13, atol=1e-14)


def test_names_and_kinds_of_noise_are_the_same_in_both_rooms():
    assert list(weights.NOISE) == list(scalar_weights.NOISE) and weights.FANLESS == scalar_weights.FANLESS
    public = {
        name
        for name, f in vars(initializers).items()
        if callable(f) and f.__module__ == initializers.__name__
    }
    assert {name for name in public if name[0] != "_"} == set(weights.NOISE)


@pytest.mark.parametrize("name", weights.NOISE)
def test_one_seed_gives_one_kernel(name):
    first, second, other = (
        np.asarray(weights.drawn("test", name, np.random.default_rng(seed), (4, 3))) for seed in (0, 0, 1)
    )
    assert (first == second).all() and (name in ("zeros", "ones", "constant") or (first != other).all())
    one, two = (
        [w.data for w in flatten(scalar_weights.drawn("test", name, random.Random(0), (4, 3)))] for _ in "ab"
    )
    assert one == two


def test_the_default_kernel_is_what_it_was():
    """Seeds of earlier versions stand: a cut normal over 0.8796... sqrt(in), drawn in this order."""
    generator, draws = np.random.default_rng(7), np.random.default_rng(7).standard_normal((5, 4))
    generator.standard_normal((5, 4))
    while (far := np.abs(draws) > 2).any():
        draws[far] = generator.standard_normal(int(far.sum()))
    layer = jn.Linear(5, 4)
    layer.initialize(np.random.default_rng(7), "float64")
    assert (np.asarray(layer.kernel[...]) == draws / (CUT * np.sqrt(5))).all()
    scalar, draw = mg.Linear(5, 4), random.Random(7)
    scalar.initialize(random.Random(7))

    def weight():
        while abs(size := draw.gauss(0, 1)) > 2:
            continue
        return size / (CUT * 5**0.5)

    assert [w.data for w in flatten(scalar.parameters["kernel"])] == [weight() for _ in range(20)]


def test_drawing_compiles_nothing():
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **_: compiled.append(event) if "compile" in event else None
    )
    for name in weights.NOISE:
        jn.Linear(17, 19, kernel_init=name).initialize(np.random.default_rng(0), "float32")
        jn.GRU(17, 19, kernel_init=name, recurrent_init=name).initialize(np.random.default_rng(0), "float32")
    assert compiled == []
    jax.jit(lambda x: x * 17.25)(jnp.ones(23))
    assert compiled  # the listener hears


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
def test_linear_takes_names_functions_and_arguments(room):
    def own(draw, shape, *dtype):
        return np.full(shape, 3.0, *dtype)

    x, bias = np.ones((1, 4)), room.initializer("constant", value=-1.0)
    for given, value in ((room.initializer("constant", value=0.5), 0.5), ("ones", 1.0), (own, 3.0)):
        net = room.NeuralNet([room.Linear(4, 2, kernel_init=given, bias_init=bias)])
        assert np.allclose(net.forward(x), 4 * value - 1)


def test_a_copied_net_keeps_its_initializers():
    net = jn.NeuralNet(
        [jn.Linear(3, 2, kernel_init="he_uniform", bias_init="normal")], seed=0, dtype="float64"
    )
    twin = to_microgrid(net)
    assert twin.layers[0].kernel_init == "he_uniform" and twin.layers[0].bias_init == "normal"
    x = np.random.default_rng(0).normal(size=(2, 3))
    assert np.allclose(twin.forward(x.tolist()), net.forward(x), rtol=1e-14)


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
@pytest.mark.parametrize(("call", "words"), [
    (lambda room: room.Linear(2, 3, kernel_init="he"), "Linear: kernel_init must be one of constant, "),
    (lambda room: room.Linear(2, 3, kernel_init=None), ", zeros, or a function; got None."),
    (lambda room: room.Linear(2, 3, bias_init=0.5), "Linear: bias_init must be one of constant,"),
    (lambda room: room.Linear(2, 3, bias_init="he_normal"), "the shape (3,) has no fans; got 'he_normal'."),
    (lambda room: room.initializer("he"), "initializer: name must be one of constant, "),
    (lambda room: room.initializer(abs), "initializer: name must be one of constant, "),
    (lambda room: room.initializer("normal", scale=2), "initializer: normal takes stddev; got scale."),
    (lambda room: room.initializer("zeros", value=2), "initializer: zeros takes no arguments; got value."),
    (lambda room: room.initializer("normal", stddev=-1.0), "normal: stddev must be a finite number >= 0"),
    (lambda room: room.NeuralNet([room.Linear(2, 3, kernel_init=lambda *_: [[1.0, 2.0]])]),
     "Linear: kernel_init must return weights of shape (2, 3); got (1, 2)."),
])  # fmt: skip
def test_a_wrong_initializer_gets_a_sentence(room, call, words):
    with pytest.raises((TypeError, ValueError)) as error:
        call(room)
    assert words in str(error.value)


def test_what_is_no_noise_gets_a_sentence():
    for module in (scalar_initializers, initializers):
        with pytest.raises(TypeError, match=r"^he_normal: noise must be .* of real numbers; got 'ab'"):
            module.he_normal("ab")
    with pytest.raises(ValueError, match="independent columns; got a matrix"):
        initializers.orthogonal(np.zeros((2, 3)))
    assert initializers.lecun_normal(np.ones((4, 1), np.float32)).dtype == np.float32
    assert initializers.lecun_normal(np.ones((4, 1), int)).dtype == jnp.float64


@pytest.mark.parametrize(("room", "takes"), [(jn, "(generator, shape, dtype)"), (mg, "(draw, shape)")])
@pytest.mark.parametrize(
    "make", ["Linear", "Conv", "ConvTranspose", "RNN", "LSTM", "GRU", "Embedding", "MultiHeadAttention"]
)
def test_a_function_that_takes_something_else_is_told_what_it_must_take(room, takes, make):
    more = dict(window_shape=(1,)) if "Conv" in make else {}
    argument = "embedding_init" if make == "Embedding" else "kernel_init"
    with pytest.raises(TypeError) as error:
        getattr(room, make)(2, 1, **{argument: lambda seed: seed}, **more)
    assert str(error.value) == f"{make}: {argument} must be a function of {takes}; got one of (seed)."
