"""Normalization: digits that are kept, batches of one, layers against Flax and the scalar room."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg
from jaxnets import normalization
from microgrid.checks import flatten
from microgrid.oracle import to_microgrid

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(12, 3)) * [1, 5, 0.2] + [0, 2, -1], rng.normal(size=(12, 2))
IMAGES = rng.normal(size=(4, 2, 3, 4)) + 1


def far(kind=np.float32):
    """A feature of mean 1e4 and standard deviation 1, rounded to its type, and its standard scores."""
    x = (1e4 + np.random.default_rng(1).normal(size=(256, 1))).astype(kind)
    exact = x.astype(np.float64)
    return x, (exact - exact.mean()) / np.sqrt(exact.var() + 1e-5)


def test_digits_are_kept_where_the_mean_is_ten_thousand_deviations():
    x, truth = far()
    ours = normalization.batch_norm(x, *normalization.moments(x))
    flax = nnx.BatchNorm(1, rngs=nnx.Rngs(0))(x)
    off = {name: float(np.abs(np.asarray(y) - truth).max()) for name, y in (("ours", ours), ("flax", flax))}
    assert off["ours"] < 5e-4  # half a unit of the last place of 1e4: the rounding of the mean itself
    assert off["flax"] > 0.1  # its default variance is E[x**2] - E[x]**2
    assert float(jnp.abs(normalization.layer_norm(x.T, eps=1e-5).T - truth).max()) < 5e-4


@pytest.mark.parametrize("number", [1000.7, -1000.7])
def test_a_constant_feature_becomes_its_bias_to_the_last_bit(number):
    x, bias = np.full((100, 1), number, np.float32), np.array([0.25], np.float32)
    outputs = normalization.batch_norm(x, *normalization.moments(x), bias=bias)
    assert (np.asarray(outputs) == bias).all()
    assert (np.asarray(normalization.layer_norm(x.T)) == 0).all()
    assert (np.asarray(normalization.group_norm(x.T, 4)) == 0).all()


def test_a_batch_of_one_becomes_the_bias_and_has_no_slope():
    def loss(x):
        return jnp.sum(normalization.batch_norm(x, *normalization.moments(x), bias=jnp.arange(3.0)) ** 2)

    one = jnp.array([[5.0, -1e4, 0.1]])
    value, slopes = jax.value_and_grad(loss)(one)
    assert (float(value), slopes.tolist()) == (5.0, [[0.0, 0.0, 0.0]])
    row = [mg.Value(x) for x in one[0].tolist()]
    outputs = mg.batch_norm([row], *mg.moments([row]), bias=[0.0, 1.0, 2.0])[0]
    mg.Value.backward(sum(y * y for y in outputs))
    assert [y.data for y in outputs] == [0, 1, 2] and [x.grad for x in row] == [0, 0, 0]


def test_moments_are_exact_on_fractions():
    rows = [[Fraction(1, 3)], [Fraction(2)], [Fraction(-5, 7)]]
    mean = sum(row[0] for row in rows) / 3
    assert mg.moments(rows) == ([mean], [sum((row[0] - mean) ** 2 for row in rows) / 3])


def test_half_precision_does_not_overflow():
    x = (300 * rng.normal(size=(2, 512))).astype(np.float16)
    for function in (normalization.layer_norm, normalization.rms_norm):
        outputs = function(x)
        assert outputs.dtype == np.float16
        np.testing.assert_allclose(outputs, function(x.astype(np.float64)), rtol=2e-3, atol=1e-3)
    mean, var = normalization.moments(x.T)
    assert mean.dtype == var.dtype == np.float16
    outputs = normalization.batch_norm(x.T / 4, mean / 4, var / 16)
    assert outputs.dtype == normalization.group_norm(x, 2).dtype == np.float16


def test_positions_count_as_examples():
    flat = normalization.moments(IMAGES.reshape(-1, 4))
    for got, same in zip(normalization.moments(IMAGES), flat, strict=True):
        np.testing.assert_allclose(got, same, rtol=1e-14)
    assert flatten(mg.moments(IMAGES.tolist())) == pytest.approx(np.ravel(flat).tolist(), rel=1e-14)


def test_one_group_is_all_features_and_as_many_groups_as_features_is_each_alone():
    together = normalization.layer_norm(IMAGES.reshape(4, -1)).reshape(IMAGES.shape)
    np.testing.assert_allclose(normalization.group_norm(IMAGES, 1), together, rtol=1e-12)
    apart = normalization.group_norm(IMAGES, 4)
    np.testing.assert_allclose(np.asarray(apart).mean(axis=(1, 2)), 0, atol=1e-14)
    np.testing.assert_allclose(np.asarray(apart).var(axis=(1, 2)), 1, rtol=1e-4)
    for groups in (1, 2, 4):
        scalar = flatten(mg.group_norm(IMAGES.tolist(), groups))
        np.testing.assert_allclose(np.ravel(normalization.group_norm(IMAGES, groups)), scalar, rtol=1e-12)


def test_the_size_does_not_matter_to_any_of_them():
    for factor in (3.0, 1e3):
        for function in (normalization.layer_norm, normalization.rms_norm):
            one, other = (function(x, eps=1e-300) for x in (X, X * factor))
            np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize("size", [1.0, 2.0**48, 3e38])
@pytest.mark.parametrize("axes", ["layer", "group"])
def test_the_slope_of_a_constant_does_not_depend_on_its_size(size, axes):
    def formula(x):
        y = normalization.layer_norm(x) if axes == "layer" else normalization.group_norm(x[None], 1)[0]
        return jnp.sum(y * jnp.arange(4, dtype="float32"))

    slopes = jax.grad(formula)(jnp.full(4, size, "float32"))
    np.testing.assert_allclose(slopes, [-1500, -500, 500, 1500], rtol=1e-6)


def test_numbers_that_are_large_and_apart_do_not_overflow():
    for row, expected in (
        ([3e38, -3e38, 3e38, -3e38], [1, -1, 1, -1]),
        ([1e25, 3e25, 1e25, 3e25], [-1, 1, -1, 1]),
        ([1e38, 1.0, 2.0, 3.0], [3**0.5, *[-(3**-0.5)] * 3]),
        ([2.0**60, 2.0**60 + 2.0**40, 2.0**60, 2.0**60 + 2.0**40], [-1, 1, -1, 1]),
    ):
        np.testing.assert_allclose(normalization.layer_norm(jnp.array(row, "float32")), expected, rtol=1e-6)


def test_an_outlier_in_front_costs_the_others_no_digits():
    x = np.r_[1e6, rng.normal(size=255)].astype("float32")
    expected = normalization.layer_norm(x.astype("float64"))
    np.testing.assert_allclose(normalization.layer_norm(x), expected, atol=1e-7, rtol=1e-6)


# layers


TWINS = {
    "BatchNorm": (jn.BatchNorm(4), dict(momentum=0.99, epsilon=1e-5)),
    "LayerNorm": (jn.LayerNorm(4), dict(epsilon=1e-6)),
    "GroupNorm": (jn.GroupNorm(4, 2), dict(num_groups=2, epsilon=1e-6)),
    "RMSNorm": (jn.RMSNorm(4), dict(epsilon=1e-6)),
}


@pytest.mark.parametrize("name", TWINS)
def test_layers_say_what_flax_says_with_the_same_weights(name):
    """Defaults included; in float64, where Flax's variance is the accurate one on request."""
    ours, settings = TWINS[name]
    theirs = getattr(nnx, name)(
        4, **settings, use_fast_variance=False, param_dtype=np.float64, rngs=nnx.Rngs(0)
    )
    ours.initialize(None, "float64")
    for weight in ("scale", "bias") if name != "RMSNorm" else ("scale",):
        value = jnp.asarray(rng.normal(size=4))
        for layer in (ours, theirs):
            getattr(layer, weight).set_value(value)
    for statistic in ours.statistics:
        getattr(theirs, statistic).set_value(ours.statistics[statistic])  # float64 too
    for layer in (ours, theirs):
        layer.train()
    for step in range(3):
        x = IMAGES * (step + 1) + step
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-12, atol=1e-13)
    for layer in (ours, theirs):
        layer.eval()
    np.testing.assert_allclose(ours(IMAGES), theirs(IMAGES), rtol=1e-12, atol=1e-13)
    for statistic, array in ours.statistics.items():
        np.testing.assert_allclose(array, getattr(theirs, statistic)[...], rtol=1e-12)


def net(*layers, loss="mean_squared_error"):
    made = jn.NeuralNet(list(layers), seed=0, dtype="float64")
    made.compile(jn.gradient_descent(0.05), loss)
    return made


def trained_alike(arrays, x, y, epochs=15, **fit):
    """Trains a net in both rooms for some steps: outputs, gradients, weights and statistics agree."""
    scalar = to_microgrid(arrays)
    scalar.compile(mg.gradient_descent(0.05), arrays._programs.objective.name)
    rows, targets = x.tolist(), y.tolist()
    same(scalar.forward(rows), arrays.forward(x))
    for i, gradients in scalar.backward(rows, targets).items():
        for name, numbers in gradients.items():
            same(numbers, arrays.backward(x, y)[i][name])
    arrays.fit(x, y, epochs=epochs, batch_size=None, shuffle=False, verbose=0)
    scalar.fit(rows, targets, epochs=epochs, batch_size=None, shuffle=False)
    for one, other in zip(scalar.layers, arrays.layers, strict=True):
        for kind in ("parameters", "statistics"):
            for name, numbers in getattr(one, kind).items():
                held = [v.data if isinstance(v, mg.Value) else v for v in flatten(numbers)]
                same(held, getattr(other, kind)[name])
    same(scalar.predict(rows), arrays.predict(x))
    return scalar


def same(scalar, array):
    np.testing.assert_allclose(np.ravel(scalar), np.ravel(array), rtol=1e-12, atol=1e-12)


def test_a_net_of_batch_and_layer_normalization_trains_alike_in_both_rooms():
    layers = [jn.Linear(3, 4), jn.BatchNorm(4, momentum=0.9), jn.tanh, jn.LayerNorm(4), jn.Linear(4, 2)]
    scalar = trained_alike(net(*layers), X, Y)
    assert scalar.layers[1].statistics["var"] != [1.0] * 4
    trained_alike(net(jn.RMSNorm(3), jn.Linear(3, 2), jn.BatchNorm(2, use_scale=False, use_bias=False)), X, Y)


def test_images_are_normalized_and_trained_alike_in_both_rooms():
    layers = [jn.BatchNorm(4), jn.tanh, jn.GroupNorm(4, 2), jn.LayerNorm(4), jn.RMSNorm(4)]
    trained_alike(net(*layers), IMAGES, np.tanh(IMAGES[..., ::-1]), epochs=10)


def test_a_frozen_layer_keeps_its_statistics_and_normalizes_by_them():
    arrays = net(jn.BatchNorm(3), jn.Linear(3, 2))
    arrays.fit(X, Y, epochs=3, batch_size=None, verbose=0)
    before = jax.tree.map(np.asarray, arrays.layers[0].statistics)
    scalar = to_microgrid(arrays)
    scalar.compile(mg.gradient_descent(0.05), "mean_squared_error")
    for room, x, y in ((arrays, X, Y), (scalar, X.tolist(), Y.tolist())):
        room.freeze(0)
        room.fit(x, y, epochs=3, batch_size=None, shuffle=False)
        for name, held in before.items():
            assert np.ravel(room.layers[0].statistics[name]).tolist() == held.tolist()
    same(scalar.forward(X.tolist()), arrays.forward(X))
    arrays.unfreeze(0)
    arrays.fit(X, Y, verbose=0)
    assert (arrays.layers[0].statistics["mean"] != before["mean"]).any()


def test_prediction_moves_no_statistics_and_knows_no_batch():
    arrays = net(jn.BatchNorm(3), jn.Linear(3, 2))
    arrays.fit(X, Y, epochs=3, batch_size=5, verbose=0)
    before = jax.tree.map(np.asarray, arrays.layers[0].statistics)
    np.testing.assert_allclose(arrays.predict(X)[:1], arrays.predict(X[:1]), rtol=1e-14)
    arrays.evaluate(X, Y)
    for name, held in before.items():
        assert (held == arrays.layers[0].statistics[name]).all()


def test_training_and_inference_are_switched_by_the_module_that_holds_the_layer():
    layer = jn.BatchNorm(3, rngs=nnx.Rngs(0))
    holder, x = nnx.Sequential(layer), X.astype("float32")
    holder.eval()
    np.testing.assert_allclose(holder(x), x / np.sqrt(1 + 1e-5), rtol=1e-6)
    holder.train()
    np.testing.assert_allclose(np.asarray(holder(x)).mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(layer.mean[...], 0.01 * x.mean(axis=0), rtol=1e-5)


def test_the_chain_rule_of_one_layer_is_the_same_in_both_rooms():
    scalar, arrays = mg.BatchNorm(3), jn.BatchNorm(3)
    arrays.initialize(None, "float64")
    scalar.training, gradients = True, rng.normal(size=X.shape)
    same(scalar.forward(X.tolist()), arrays.forward(X))
    slopes, params = arrays.backward(X, gradients)
    same(scalar.backward(gradients.tolist()), slopes)
    for name, values in scalar.parameters.items():
        same([v.grad for v in values], params[name])
    same(scalar.statistics["var"], arrays.statistics["var"])


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda room: room.BatchNorm(0), "BatchNorm: num_features must be a whole number >= 1; got 0."),
        (lambda room: room.BatchNorm(2, momentum=1.5), r"BatchNorm: momentum must be in \[0, 1\]; got 1.5."),
        (lambda room: room.BatchNorm(2, momentum=float("nan")), r"momentum must be in \[0, 1\]; got nan."),
        (lambda room: room.LayerNorm(2, eps=-1), "LayerNorm: eps must be a finite number > 0; got -1.0."),
        (lambda room: room.RMSNorm(2, eps="x"), "RMSNorm: eps must be a number; got 'x'."),
        (lambda room: room.LayerNorm(2, use_scale=1), "LayerNorm: use_scale must be True or False; got 1."),
        (
            lambda room: room.GroupNorm(6, 4),
            "GroupNorm: num_groups must divide the 6 features; got 4. Fix: num_groups=3.$",
        ),
        (lambda room: room.GroupNorm(16), "must divide the 16 features; got 32. Fix: num_groups=8.$"),
        (lambda room: room.GroupNorm(7, 3), "must divide the 7 features; got 3. Fix: num_groups=1.$"),
        (lambda room: room.GroupNorm(1), "must divide the 1 features; got 32. Fix: num_groups=1.$"),
        (lambda room: room.GroupNorm(2, 3), "must divide the 2 features; got 3. Fix: num_groups=1.$"),
        (lambda room: room.GroupNorm(3), "must divide the 3 features; got 32. Fix: num_groups=1.$"),
        (
            lambda room: room.normalization.group_norm([[1.0, 2.0, 3.0, 4.0]], 8),
            r"4 features of inputs \(1, 4\); got 8. Fix: num_groups=2.$",
        ),
        (lambda room: room.GroupNorm(6, 0), "GroupNorm: num_groups must be a whole number >= 1; got 0."),
    ],
)
@pytest.mark.parametrize("room", [mg, jn])
def test_layers_refuse_bad_settings_in_one_sentence(room, build, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        build(room)


def test_features_that_do_not_match_are_named_by_both_rooms():
    told = r"mean must have the shape \(2,\) of the features of inputs \(1, 2\); got \(3,\)."
    for room, of in ((jn, jnp.array), (mg, list)):
        with pytest.raises(ValueError, match=f"batch_norm: {told}"):
            room.batch_norm(of([[1.0, 1.0]]), of([0.0] * 3), of([1.0] * 3))


@pytest.mark.parametrize("make", [lambda: jn.BatchNorm(2), lambda: jn.LayerNorm(2), lambda: jn.RMSNorm(2)])
def test_an_array_layer_without_weights_says_how_to_get_them(make):
    with pytest.raises(ValueError, match="weights must be set before the layer is called; give rngs"):
        make()(jnp.ones((1, 2)))


@pytest.mark.parametrize("function", [mg.layer_norm, mg.rms_norm])
def test_the_scalar_formulas_of_one_example_refuse_several(function):
    with pytest.raises(ValueError, match=r"inputs must be the numbers of one example; got shape \(1, 2\)."):
        function([[1.0, 2.0]])


@pytest.mark.parametrize("formula", ["layer_norm", "rms_norm"])
def test_scalar_formulas_take_one_example_at_a_time(formula):
    with pytest.raises(ValueError, match=f"^{formula}: inputs must be the numbers of one example"):
        getattr(mg, formula)([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("name", ["BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm"])
def test_a_layer_called_alone_names_the_features_it_does_not_take(name):
    groups = dict(num_groups=1) if name == "GroupNorm" else {}
    words = f"{name}: inputs must end in 7 features; got the shape (8,) of one example."
    layer, scalar = getattr(jn, name)(7, **groups, rngs=nnx.Rngs(0)), getattr(mg, name)(7, **groups)
    with pytest.raises(ValueError) as error:
        layer(jnp.ones((4, 8)))
    assert str(error.value) == words
    scalar.training = True
    with pytest.raises(ValueError) as error:
        scalar([1.0] * 8)
    assert str(error.value) == words


@pytest.mark.parametrize("turn", [1, -1])
def test_a_mean_keeps_its_digits_wherever_the_outlier_stands(turn):
    """Within what a float32 sum of 1000 terms of about 1e8 is off; distances from the outlier lost 3e-5."""
    column = np.full((1000, 1), 3.3, np.float32)
    column[0] = 1e8
    mean, var = normalization.moments(column[::turn])
    exact = column.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=4e-6)
    np.testing.assert_allclose(var, exact.var(axis=0), rtol=4e-6)


@pytest.mark.parametrize("size", [3e38, 1e20, 1e15, 1.0])
def test_numbers_whose_squares_overflow_are_normalized_too(size):
    x = jnp.array([[size, -size], [1.0, 3.0], [size, size]], jnp.float32)
    turned = jnp.array([[1.0, -1.0]])
    for function in (normalization.layer_norm, normalization.rms_norm):
        for rows in (function(x, eps=1e-12), jax.jit(function)(x, eps=1e-12)):
            np.testing.assert_allclose(rows[:1], turned, rtol=1e-6)
            np.testing.assert_allclose(rows[1:2], function(x[1:2], eps=1e-12), rtol=1e-6)
        assert np.isfinite(jax.jacobian(function)(x)).all()
    assert (np.asarray(normalization.layer_norm(x))[2] == 0).all()
    np.testing.assert_allclose(normalization.group_norm(x[:1, None], 1), turned[:, None], rtol=1e-6)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_two_numbers_and_their_negatives_become_one_at_every_scale(kind):
    size = 1.75 * np.exp2(np.arange(20, np.finfo(kind).maxexp), dtype=kind)[:, None]
    rows = normalization.layer_norm(np.concatenate([size, -size], axis=1), eps=1e-12)
    np.testing.assert_allclose(rows, np.broadcast_to([1.0, -1.0], rows.shape), rtol=4 * np.finfo(kind).eps)


@pytest.mark.parametrize("name", ["BatchNorm", "GroupNorm"])
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_layer_of_batches_names_itself_to_one_example(name, mode):
    layer = getattr(jn, name)(4, **dict(num_groups=1) if name == "GroupNorm" else {}, rngs=nnx.Rngs(0))
    getattr(layer, mode)()
    with pytest.raises(ValueError, match=rf"^{name}: inputs must be \[N, ..., features\]; got shape \(4,\)."):
        layer(jnp.ones(4))


@pytest.mark.parametrize(
    ("column", "mean"), [([np.inf, 1], np.inf), ([1, -np.inf], -np.inf), ([np.inf, -np.inf], np.nan)]
)
def test_the_mean_of_an_infinite_feature_is_infinite_in_both_rooms(column, mean):
    for room in (mg, jn):
        means, variances = room.moments([[float(x), 3.0] for x in column])
        assert np.array_equal(means, [mean, 3], equal_nan=True)
        assert np.array_equal(variances, [np.nan, 0], equal_nan=True)


def test_large_numbers_far_apart_around_a_larger_one_keep_their_digits():
    """1e20 and differences of 1e16: the mean is near the first, and squares of the differences overflow."""
    x = (1e20 + 1e16 * np.array([0.0, 1.0, -2.0, 4.0, 3.0])).astype("float32")
    exact = x.astype("float64") - x.astype("float64").mean()
    expected = exact / np.sqrt(np.mean(exact**2))
    np.testing.assert_allclose(jn.layer_norm(jnp.asarray(x)), expected, rtol=1e-5)
