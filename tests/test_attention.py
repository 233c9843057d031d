"""Attention: masked rows, dominant scores, and layers against Flax, JAX and the scalar room."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg
from jaxnets import attention
from microgrid import attention as scalar_attention
from tests.test_normalization import net, same, trained_alike

rng = np.random.default_rng(0)
Q, K, V = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 6))
MASK = rng.random((2, 3, 5)) < 0.6
MASK[..., 0] = True


@pytest.mark.parametrize("causal", [False, True])
def test_it_is_the_textbook_formula_and_what_jax_computes(causal):
    """Within float32, in which JAX takes the softmax whatever the inputs."""
    ours = attention.scaled_dot_product_attention(Q, K, V[..., :4], MASK, is_causal=causal)
    powers = np.exp(Q @ K.swapaxes(1, 2) / 2) * MASK * (np.tri(3, 5) if causal else 1)
    np.testing.assert_allclose(ours, powers @ V[..., :4] / powers.sum(axis=-1)[..., None], rtol=1e-12)
    theirs = jax.nn.dot_product_attention(  # [N, length, heads, features]
        Q[:, :, None], K[:, :, None], V[:, :, None, :4], mask=MASK[:, None], is_causal=causal
    )
    np.testing.assert_allclose(ours, theirs[:, :, 0], rtol=1e-5, atol=1e-6)


def test_a_query_that_may_attend_to_nothing_gets_0_and_no_slope():
    mask = np.array(MASK)
    mask[1, 2] = False

    def outputs(q, k, v):
        return attention.scaled_dot_product_attention(q, k, v, mask)

    arrays, pull = jax.vjp(outputs, jnp.asarray(Q), jnp.asarray(K), jnp.asarray(V))
    slopes = pull(jnp.ones(arrays.shape))
    assert (np.asarray(arrays)[1, 2] == 0).all() and (np.asarray(slopes[0])[1, 2] == 0).all()
    assert all(np.isfinite(x).all() for x in (arrays, *slopes))
    nothing = attention.scaled_dot_product_attention(Q, K, V, np.zeros((3, 5), bool))
    assert (np.asarray(nothing) == 0).all()
    q, k, v = ([[mg.Value(x) for x in row] for row in x[1].tolist()] for x in (Q, K, V))
    rows = scalar_attention.scaled_dot_product_attention(q, k, v, mask[1])
    same([[getattr(x, "data", x) for x in row] for row in rows], arrays[1])
    assert rows[2] == [0] * 6


def test_what_is_masked_has_no_influence():
    k, v = np.array(K), np.array(V)
    mask = np.ones((3, 5), bool)
    mask[:, 3] = False
    k[:, 3], v[:, 3] = 1e4, -77.0
    without = [np.delete(x, 3, axis=1) for x in (K, V)]
    ours = attention.scaled_dot_product_attention(Q, k, v, mask)
    np.testing.assert_allclose(ours, attention.scaled_dot_product_attention(Q, *without), rtol=1e-13)


@pytest.mark.parametrize("gap", [1.0, 30.0, 100.0, 600.0, 1e4])
def test_the_slope_of_a_dominant_score_keeps_its_digits(gap):
    """d output / d key[0] of two keys is weight[0] * weight[1] * (v[0] - v[1]): autodiff of exp / sum says 0
    from a gap of 37 on."""
    key, value = jnp.array([[gap], [0.0]]), jnp.array([[1.0], [3.0]])

    def output(key):
        return attention.scaled_dot_product_attention(jnp.ones((1, 1)), key, value)[0, 0]

    slopes = jax.jit(jax.grad(output))(key).ravel().tolist()
    with mpmath.workdps(50):
        small = mpmath.exp(-mpmath.mpf(gap))
        truth = float(-2 * small / (1 + small) ** 2)
    assert slopes == pytest.approx([truth, -truth], rel=1e-14, abs=1e-307)
    scalar = [[mg.Value(gap)], [mg.Value(0.0)]]
    mg.Value.backward(scalar_attention.scaled_dot_product_attention([[1.0]], scalar, [[1.0], [3.0]])[0][0])
    assert [row[0].grad for row in scalar] == pytest.approx([truth, -truth], rel=1e-14, abs=1e-307)
    naive = jax.grad(lambda k: (jax.nn.softmax(k[:, 0]) @ value)[0])(key).ravel().tolist()
    assert gap < 37 or gap > 700 or naive[0] == 0 != truth


def test_causal_attention_does_not_see_the_future():
    later = np.array(K)
    later[:, 2:] += 1
    for q in (Q, K):
        one, other = (attention.scaled_dot_product_attention(q, k, V, is_causal=True) for k in (K, later))
        np.testing.assert_array_equal(one[:, :2], other[:, :2])
        assert (np.asarray(one)[:, 2] != np.asarray(other)[:, 2]).any()


def test_leading_axes_are_examples_and_a_mask_may_leave_them_out():
    together = attention.scaled_dot_product_attention(Q, K, V, MASK[:1])
    for n in range(2):
        for mask in (MASK[0], MASK[:1][0].tolist()):
            alone = attention.scaled_dot_product_attention(Q[n], K[n], V[n], mask)
            np.testing.assert_allclose(together[n], alone, rtol=1e-13)
        rows = (x[n].tolist() for x in (Q, K, V))
        same(scalar_attention.scaled_dot_product_attention(*rows, MASK[0]), alone)
    shared = attention.scaled_dot_product_attention(Q, K, V, MASK[0])
    np.testing.assert_array_equal(together, shared)


def test_one_head_is_plain_attention_and_heads_do_not_meet():
    single = attention.multi_head_attention(Q, K, V, 1, MASK)
    np.testing.assert_array_equal(single, attention.scaled_dot_product_attention(Q, K, V, MASK))
    heads = attention.multi_head_attention(Q, K, V, 2, MASK)
    for h in range(2):
        parts = Q[..., 2 * h : 2 * h + 2], K[..., 2 * h : 2 * h + 2], V[..., 3 * h : 3 * h + 3]
        alone = attention.scaled_dot_product_attention(*parts, MASK)
        np.testing.assert_allclose(heads[..., 3 * h : 3 * h + 3], alone, rtol=1e-13)


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (np.ones((3, 4), bool), r"mask must have the shape \(2, 3, 5\) of .*; got \(3, 4\)."),
        (np.ones((1, 2, 3, 5), bool), r"got \(1, 2, 3, 5\)."),
        (np.ones((3, 3, 5), bool), r"got \(3, 3, 5\)."),
        (np.ones((2, 3, 1), bool), r"got \(2, 3, 1\)."),
        (np.ones((2, 5), bool), r"got \(2, 5\)\. Fix: mask\[\.\.\., None, :\]\."),
        (np.ones((2, 1, 3, 5), bool), r"got \(2, 1, 3, 5\)\. Fix: mask\[\.\.\., 0, :, :\]\."),
        (np.ones(5, bool), r"got \(5,\)."),
        (np.zeros((3, 5)), "mask must be True where a query may attend, else False; got 0.0."),
    ],
)
def test_a_mask_of_another_shape_or_kind_gets_a_sentence(mask, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        attention.scaled_dot_product_attention(Q, K, V, mask)


def test_a_traced_mask_of_numbers_and_leading_axes_that_differ_get_a_sentence():
    with pytest.raises(TypeError, match=r"mask must be True .*; got numbers of type float64."):
        jax.jit(attention.scaled_dot_product_attention)(Q, K, V, np.zeros((3, 5)))
    with pytest.raises(ValueError, match="query, key and value must have the same leading axes; got"):
        attention.scaled_dot_product_attention(Q, K[0], V[0])
    with pytest.raises(ValueError, match="query must be the rows of one example; got shape"):
        scalar_attention.scaled_dot_product_attention(Q.tolist(), K.tolist(), V.tolist())


def test_half_precision_scores_do_not_overflow():
    q, k, v = ((100 * x).astype(np.float16) for x in (Q, K, V))
    outputs = attention.scaled_dot_product_attention(q, k, v)
    assert outputs.dtype == np.float16 and np.isfinite(outputs).all()


def test_positions_apart_by_a_step_differ_by_a_rotation():
    """What makes the encoding relative: the one of t + 3 is a fixed linear map of the one of t."""
    here, there = (np.asarray(jn.positional_encoding(np.arange(20.0) + step, 6)) for step in (0, 3))
    for i in range(3):
        angle = 3 / 10000 ** (2 * i / 6)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        pair = slice(2 * i, 2 * i + 2)
        np.testing.assert_allclose(here[:, pair] @ turn, there[:, pair], atol=1e-14)
    assert jn.positional_encoding(np.ones((2, 3), np.float32), 4).dtype == np.float32
    assert jn.positional_encoding(np.ones((2, 3)), 4).shape == (2, 3, 4)


# the layer


def test_the_layer_says_what_flax_says_with_the_same_weights():
    """Within float32, in which Flax takes the softmax."""
    ours = jn.MultiHeadAttention(4, 2, qkv_features=6, out_features=5)
    ours.initialize(np.random.default_rng(0), "float64")
    theirs = nnx.MultiHeadAttention(
        2, 4, qkv_features=6, out_features=5, param_dtype=np.float64, decode=False, rngs=nnx.Rngs(0)
    )
    for name in ("query", "key", "value", "out"):
        part = getattr(theirs, name)
        bias = jnp.asarray(rng.normal(size=getattr(ours, f"{name}_bias")[...].shape))
        getattr(ours, f"{name}_bias").set_value(bias)
        part.kernel.set_value(getattr(ours, f"{name}_kernel")[...].reshape(part.kernel[...].shape))
        part.bias.set_value(bias.reshape(part.bias[...].shape))
    np.testing.assert_allclose(ours(K), theirs(K), rtol=1e-5, atol=1e-6)
    mask = np.broadcast_to(MASK[:, None], (2, 2, 3, 5))
    np.testing.assert_allclose(ours(Q, K, mask=MASK), theirs(Q, K, mask=mask), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours(Q, K, 2 * K), theirs(Q, K, 2 * K), rtol=1e-5, atol=1e-6)


def test_a_net_of_embedding_attention_and_normalization_trains_alike_in_both_rooms():
    words = rng.integers(0, 5, (3, 4))
    layers = [
        jn.Embedding(5, 4),
        jn.MultiHeadAttention(4, 2, is_causal=True),
        jn.LayerNorm(4),
        jn.MultiHeadAttention(4, 1, qkv_features=3, out_features=2, use_bias=False),
    ]
    trained_alike(net(*layers), words, rng.normal(size=(3, 4, 2)), epochs=10)


def test_cross_attention_with_a_mask_is_the_same_in_both_rooms():
    arrays = jn.NeuralNet([jn.MultiHeadAttention(4, 2)], seed=0, dtype="float64")
    scalar = mg.MultiHeadAttention(4, 2)
    scalar.parameters = {
        name: np.vectorize(mg.Value, otypes=[object])(x).tolist()
        for name, x in arrays.layers[0].parameters.items()
    }
    rows = scalar(Q[0].tolist(), K[0].tolist(), (2 * K[0]).tolist(), MASK[0])
    together = arrays.layers[0](Q[:1], K[:1], 2 * K[:1], MASK[:1])
    same([[x.data for x in row] for row in rows], together[0])


@pytest.mark.parametrize("room", [mg, jn])
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda room: room.MultiHeadAttention(0, 1), "in_features must be a whole number >= 1; got 0."),
        (lambda room: room.MultiHeadAttention(4, 0), "num_heads must be a whole number >= 1; got 0."),
        (lambda room: room.MultiHeadAttention(4, 3), "num_heads must divide the 4 qkv_features; got 3."),
        (lambda room: room.MultiHeadAttention(4, 2, out_features=0), "out_features must be a whole number"),
        (
            lambda room: room.MultiHeadAttention(4, 2, use_bias=None),
            "use_bias must be True or False; got None",
        ),
        (
            lambda room: room.MultiHeadAttention(4, 2)(Q[0]),
            "weights must be drawn before the layer is called",
        ),
    ],
)
def test_the_layer_refuses_bad_settings_in_one_sentence(room, call, sentence):
    with pytest.raises((ValueError, TypeError), match=f"MultiHeadAttention: {sentence}"):
        call(room)


def test_a_value_needs_a_key():
    for layer in (mg.NeuralNet([mg.MultiHeadAttention(4, 2)]), jn.NeuralNet([jn.MultiHeadAttention(4, 2)])):
        with pytest.raises(ValueError, match=r"value must come with a key; got no key."):
            layer.layers[0](Q[0].tolist(), value=Q[0].tolist())


def test_one_key_is_read_whatever_it_says():
    assert scalar_attention.scaled_dot_product_attention([[1.0]], [[2.0]], [[3.0]]) == [[3.0]]
    assert attention.scaled_dot_product_attention(*(jnp.array([[x]]) for x in (1.0, 2.0, 3.0))) == 3


@pytest.mark.parametrize("positions", [None, "words"])
def test_positions_are_numbers(positions):
    for room in (mg, jn):
        with pytest.raises(TypeError, match=r"^positional_encoding: positions must be "):
            room.positional_encoding(positions, 2)


def test_a_mask_of_padding_holds_for_every_query_in_both_rooms():
    padding = MASK[:, :1]
    ours = attention.scaled_dot_product_attention(Q, K, V, padding)
    every = attention.scaled_dot_product_attention(Q, K, V, np.broadcast_to(padding, MASK.shape))
    np.testing.assert_array_equal(ours, every)
    for n in range(2):
        lists = (x[n].tolist() for x in (Q, K, V, padding))
        same(scalar_attention.scaled_dot_product_attention(*lists), ours[n])


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("queries", [1, 3])
def test_a_mask_may_differ_from_head_to_head_in_both_rooms(heads, queries):
    mask = np.random.default_rng(1).random((2, heads, queries, 5)) < 0.6
    every = np.broadcast_to(mask, (2, 2, 3, 5))
    for causal in (False, True):
        ours = attention.multi_head_attention(Q, K, V, 2, mask, causal)
        for h in range(2):
            parts = Q[..., 2 * h : 2 * h + 2], K[..., 2 * h : 2 * h + 2], V[..., 3 * h : 3 * h + 3]
            alone = attention.scaled_dot_product_attention(*parts, every[:, h], causal)
            np.testing.assert_allclose(ours[..., 3 * h : 3 * h + 3], alone, rtol=1e-13)
        for n in range(2):
            q, k, v, seen = (x[n].tolist() for x in (Q, K, V, mask))
            same(scalar_attention.multi_head_attention(q, k, v, 2, seen, causal), ours[n])


@pytest.mark.parametrize(
    "mask", [[True] * 5, [[[True] * 5] * 3], [[[True] * 5] * 3] * 2, [[[True] * 5] * 3] * 3]
)
def test_a_mask_that_does_not_meet_gets_the_same_fix_in_both_rooms(mask):
    told, lists = [], [x[0].tolist() for x in (Q, K, V)]
    for room, of in ((attention, np.array), (scalar_attention, list)):
        with pytest.raises(ValueError, match="mask must have the shape") as error:
            room.scaled_dot_product_attention(*(of(x) for x in (*lists, mask)))
        told.append(str(error.value))
    assert told[0] == told[1]
    assert ("Fix: mask[" in told[0]) == (len(mask) not in (2, 3))


def test_a_row_of_padding_that_is_masked_both_ways_may_be_nan():
    """Its query asks nothing and its key is not seen: no output and no slope of the others is nan."""
    x, mask = np.array(K[:, :3]), np.ones((3, 3), bool)
    x[:, 2], mask[2], mask[:, 2] = np.nan, False, False
    for function in (
        lambda x: attention.scaled_dot_product_attention(x, x, x, mask),
        lambda x: attention.multi_head_attention(x, x, x, 2, np.broadcast_to(mask, (2, 2, 3, 3))),
    ):
        outputs, pull = jax.vjp(function, jnp.asarray(x))
        (slopes,) = pull(jnp.ones(outputs.shape))
        same(outputs[:, :2], function(jnp.asarray(np.where(np.isnan(x), 7.0, x)))[:, :2])
        assert np.isfinite(slopes).all() and not np.any(slopes[:, 2]) and not np.any(outputs[:, 2])


def test_scores_beyond_float16_are_no_scores_too_large():
    q = jnp.full((1, 64), 40, jnp.float16)
    keys, values = jnp.concatenate([q * 0.975, q]), jnp.array([[1.0], [2.0]], jnp.float16)
    assert attention.scaled_dot_product_attention(q, keys, values).tolist() == [[2.0]]


def test_a_layer_names_the_argument_whose_features_it_does_not_take():
    layers = [room.NeuralNet([room.MultiHeadAttention(4, 2)]).layers[0] for room in (jn, mg)]
    narrow = "MultiHeadAttention: {} must end in 4 features; got the shape (3, 3) of one example."
    for layer, one in zip(layers, (np.zeros((1, 3, 4)), [[0.0] * 4] * 3), strict=True):
        bad = np.zeros((1, 3, 3)) if layer is layers[0] else [[0.0] * 3] * 3
        for name, given in (("query", (bad,)), ("key", (one, bad)), ("value", (one, one, bad))):
            with pytest.raises(ValueError) as error:
                layer(*given)
            assert str(error.value) == narrow.format(name)
