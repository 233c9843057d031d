"""Half precision: what is summed is summed in float32, and rounded once at the end."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn

HALVES = [jnp.float16, jnp.bfloat16]
rng = np.random.default_rng(0)
Z, W = rng.normal(size=(64, 10)), rng.normal(size=(64, 10))
P, Q = jn.softmax(Z), jn.softmax(W)
LABELS = rng.integers(1, 10, 64)
FORMULAS = {
    "mean_squared_error": (Z, W), "mean_absolute_error": (Z, W), "huber": (Z, W), "log_cosh": (Z, W),
    "poisson": (P, Q), "log_poisson": (Z, Q), "binary_cross_entropy": (P, Q),
    "sigmoid_binary_cross_entropy": (Z, Q), "sigmoid_focal": (Z, Q), "categorical_cross_entropy": (P, LABELS),
    "softmax_cross_entropy": (Z, LABELS), "softmax_focal": (Z, LABELS), "kl_divergence": (P, Q),
    "cosine_distance": (Z, W), "hinge": (Z, np.sign(W)), "squared_hinge": (Z, np.sign(W)),
    "sample_weighted": (Z, abs(W[:, 0])), "softmax": (Z,), "log_softmax": (Z,), "l1_penalty": (Z, 0.5),
    "l2_penalty": (Z, 0.5), "global_avg_pool": (Z,), "gradient_penalty": (Z,), "generator_loss": (Z,),
    "discriminator_loss": (Z, W), "ctc_loss": (Z[None], LABELS[None, :9]),
    "scaled_dot_product_attention": (Z, W, W), "layer_norm": (Z,), "rms_norm": (Z,),
    "group_norm": (Z, 2),
}  # fmt: skip


def taken(x, dtype):
    """Floats in a type; labels and rates as they are."""
    return jnp.asarray(x, dtype) if hasattr(x, "dtype") and jnp.issubdtype(x.dtype, jnp.floating) else x


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", FORMULAS)
def test_half_precision_is_float32_rounded_once(name, dtype):
    function, rounded = getattr(jn, name), [taken(x, dtype) for x in FORMULAS[name]]
    result = function(*rounded)
    assert result.dtype == dtype
    expected = function(*(taken(x, jnp.float32) for x in rounded))
    bits = jnp.finfo(dtype)  # half a unit in the last place, and a little for float32 itself
    np.testing.assert_allclose(
        result.astype(jnp.float32), expected, rtol=0.51 * float(bits.eps), atol=float(bits.smallest_subnormal)
    )


def test_a_sum_beyond_float16_is_taken_where_its_result_is_not():
    many, high = jnp.ones(70000, jnp.float16), jnp.full((1, 4, 4, 1), 30000, jnp.float16)
    assert jn.l2_penalty(many, 1.0) == jn.l1_penalty(many, 0.5) == 35000
    assert jn.avg_pool(high, (4, 4)).ravel().tolist() == jn.global_avg_pool(high[0]).tolist() == [30000]
    clipped = jn.clip_by_global_norm({"half": many, "single": jnp.ones(1)}, 1.0)
    assert clipped["half"].dtype == jnp.float16
    assert float(clipped["half"][0]) == pytest.approx(70001**-0.5, rel=5e-4)
    assert float(clipped["single"][0]) == pytest.approx(70001**-0.5, rel=1e-6)
    errors = jnp.full(3, 300, jnp.float16)
    assert jn.huber(errors, -errors) == 599.5 and jn.mean_squared_error(errors, errors - 250) == 62500


@pytest.mark.parametrize("dtype", HALVES)
def test_the_slopes_of_half_precision_are_half_too(dtype):
    logits = jnp.asarray(Z, dtype)
    slopes = jax.jit(jax.grad(jn.softmax_cross_entropy))(logits, LABELS)
    assert slopes.dtype == dtype
    expected = jax.grad(jn.softmax_cross_entropy)(logits.astype(jnp.float32), LABELS)
    np.testing.assert_allclose(
        slopes.astype(jnp.float32), expected, rtol=float(jnp.finfo(dtype).eps), atol=1e-7
    )


def test_types_that_meet_give_the_wider_one():
    half, single = jnp.ones(3, jnp.bfloat16), jnp.ones(3, jnp.float32)
    assert jn.mean_squared_error(half, single).dtype == jnp.float32
    assert jn.mean_squared_error(half, [1.0, 2.0, 3.0]).dtype == jnp.bfloat16


@pytest.mark.parametrize("dtype", HALVES)
def test_normalization_promotes_inputs_with_parameters_as_other_layers_do(dtype):
    x, ones = jnp.asarray(Z, dtype), jnp.ones(10, jnp.float32)
    mean, var = jn.moments(Z.astype("float32"))
    for scale in (ones, ones.astype(dtype), None):
        wanted = dtype if scale is None else scale.dtype
        for outputs in (
            jn.layer_norm(x, scale),
            jn.rms_norm(x, scale),
            jn.group_norm(x, 2, scale=scale),
            jn.batch_norm(x, mean, var, bias=scale),
        ):
            assert outputs.dtype == wanted
    for layer in (jn.Linear(10, 10), jn.LayerNorm(10), jn.RMSNorm(10), jn.GroupNorm(10, 2), jn.BatchNorm(10)):
        for held in (jnp.float32, dtype):
            layer.initialize(np.random.default_rng(0), held)
            assert layer(x).dtype == held


def test_a_long_reading_of_sequences_keeps_its_digits():
    """400 steps of 50 equal classes: the same scores in float64."""
    labels = np.ones((1, 10), int)
    truth = float(jn.ctc_loss(jnp.zeros((1, 400, 50)), labels))
    for dtype in HALVES:
        loss = float(jn.ctc_loss(jnp.zeros((1, 400, 50), dtype), labels))
        assert loss == pytest.approx(truth, rel=float(jnp.finfo(dtype).eps))


def test_batch_normalization_neither_overflows_nor_rounds_its_moments():
    layer = jn.BatchNorm(1, momentum=0.0)
    layer.initialize(None, "float16")
    assert layer(jnp.array([[-400.0], [400.0]], jnp.float16)).ravel().tolist() == [-1, 1]
    assert layer.statistics["var"].tolist() == [160000]
    layer.initialize(None, "bfloat16")
    x = jnp.array([[100.0], [101.0], [102.3], [99.7], [100.9]], jnp.bfloat16)
    outputs = layer(x)
    assert outputs.dtype == jnp.bfloat16
    mean, var = jn.moments(x.astype(jnp.float32))
    expected = jn.batch_norm(x.astype(jnp.float32), mean, var)
    np.testing.assert_allclose(outputs.astype(jnp.float32), expected, rtol=2**-8)
    np.testing.assert_allclose(layer.statistics["mean"], mean, rtol=1e-7)


def test_gradient_norms_of_half_precision_are_rounded_once():
    kernel = jnp.asarray(rng.normal(size=(4, 4)) / 4, jnp.bfloat16)

    def step(h, x):
        return h @ kernel.astype(h.dtype) + x

    inputs = jnp.zeros((6, 4), jnp.bfloat16)
    norms, expected = (
        jn.gradient_norms(step, inputs[0].astype(dtype), inputs.astype(dtype))
        for dtype in (jnp.bfloat16, jnp.float32)
    )
    assert norms.dtype == jnp.bfloat16
    np.testing.assert_allclose(norms.astype(jnp.float32), expected, rtol=2**-8)


@pytest.mark.parametrize("dtype", HALVES)
def test_weighted_terms_are_not_rounded_before_they_are_added_up(dtype):
    def short(scores):
        return scores.astype(dtype)

    x, weights = Z[:, :3].astype("float32"), np.abs(W[:, 0])
    net = jn.NeuralNet([jn.Linear(3, 10), short], seed=0)
    net.compile(jn.gradient_descent(0.1), "softmax_cross_entropy")
    told = net.evaluate(x, LABELS, sample_weight=weights)["loss"]
    scores = np.asarray(net.forward(x)).astype("float64")
    expected = np.mean(weights * jn.softmax_cross_entropy(scores, LABELS, "none"))
    assert told == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize(
    "layer", [jn.RNN(1, 1), jn.GRU(1, 1), jn.LSTM(1, 1), jn.LSTM(1, 1, use_peephole=True)]
)
def test_a_carry_of_more_digits_than_the_inputs_keeps_them(layer):
    layer.initialize(np.random.default_rng(0))
    third = jnp.full((1, 1), 1 / 3, jnp.float64)
    carry = third if layer.parts is None else (third, third)
    nothing = jnp.zeros((1, 2, 1), jnp.float32), carry, np.zeros((1, 2))
    after, outputs = layer.unroll(*nothing)
    assert all(x.dtype == jnp.float64 and (x == 1 / 3).all() for x in (*jax.tree.leaves(after), outputs))
