"""Embedding: repeated ids, ids outside the table, integers through a whole training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg
from jaxnets import embedding
from microgrid import embedding as scalar_embedding
from microgrid.oracle import to_microgrid

rng = np.random.default_rng(0)
TABLE = rng.normal(size=(4, 3))
WORDS = rng.integers(0, 4, (6, 2))


def test_slopes_of_repeated_ids_add_up_and_others_are_0():
    gradients = jnp.asarray(rng.normal(size=(3, 3)))
    ids = jnp.array([1, 3, 1])
    slopes = jax.grad(lambda table: jnp.sum(gradients * embedding.embedding(ids, table)))(jnp.asarray(TABLE))
    expected = np.zeros((4, 3))
    expected[1], expected[3] = gradients[0] + gradients[2], gradients[1]
    np.testing.assert_array_equal(slopes, expected)
    table = [[mg.Value(x) for x in row] for row in TABLE.tolist()]
    rows = scalar_embedding.embedding(ids.tolist(), table)
    for row, weights in zip(rows, gradients.tolist(), strict=True):
        mg.Value.backward(sum(w * x for w, x in zip(weights, row, strict=True)))
    assert [[x.grad for x in row] for row in table] == expected.tolist()


@pytest.mark.parametrize("bad", [-1, 4, 10**6])
def test_a_traced_id_outside_the_table_gives_nan_and_moves_nothing(bad):
    def loss(ids, table):
        return jnp.nansum(embedding.embedding(ids, table))

    ids = jnp.array([0, bad])
    rows = jax.jit(embedding.embedding)(ids, jnp.asarray(TABLE))
    np.testing.assert_array_equal(rows[0], TABLE[0])
    assert np.isnan(rows[1]).all()
    slopes = jax.jit(jax.grad(loss, argnums=1))(ids, jnp.asarray(TABLE))
    assert slopes.tolist() == [[1.0] * 3, [0.0] * 3, [0.0] * 3, [0.0] * 3]


def test_ids_of_any_shape_and_integer_type_are_looked_up():
    for ids in (2, [[0, 1], [3, 3]], np.array([3], np.uint8), np.arange(4).reshape(2, 1, 2)):
        rows = embedding.embedding(jnp.asarray(ids), TABLE)
        np.testing.assert_array_equal(rows, TABLE[np.asarray(ids)])
        np.testing.assert_array_equal(scalar_embedding.embedding(ids, TABLE.tolist()), rows)


def test_a_table_of_integers_becomes_floats_and_float_ids_in_compiled_code_are_refused():
    assert embedding.embedding(jnp.array([1]), np.eye(2, dtype=int)).dtype == float
    with pytest.raises(TypeError, match="embedding: ids must be whole numbers; got numbers of type float64"):
        jax.jit(embedding.embedding)(jnp.array([1.0]), jnp.asarray(TABLE))


def test_the_layer_looks_up_what_flax_looks_up():
    ours, theirs = jn.Embedding(4, 3), nnx.Embed(4, 3, rngs=nnx.Rngs(0))
    ours.initialize(np.random.default_rng(0))
    theirs.embedding.set_value(ours.table[...])
    np.testing.assert_array_equal(ours(WORDS), theirs(WORDS))


def test_a_table_is_drawn_with_variance_one_over_features():
    layer = jn.Embedding(2000, 16, rngs=nnx.Rngs(0))
    assert float(np.asarray(layer.table[...]).std() * 4) == pytest.approx(1, abs=0.02)
    twin = mg.NeuralNet([mg.Embedding(300, 4)], seed=1).layers[0]
    sizes = [value.data**2 for row in twin.parameters["table"] for value in row]
    assert sum(sizes) / len(sizes) == pytest.approx(1 / 4, rel=0.1)


def test_both_rooms_have_one_backward_and_ids_have_no_slope():
    arrays = jn.NeuralNet([jn.Embedding(4, 3)], seed=0, dtype="float64")
    scalar = to_microgrid(arrays).layers[0]
    gradients = rng.normal(size=(6, 2, 3))
    np.testing.assert_array_equal(scalar.forward(WORDS.tolist()), arrays.layers[0].forward(WORDS))
    assert np.ravel(scalar.backward(gradients.tolist())).tolist() == [0] * 12
    _, params = arrays.layers[0].backward(jnp.asarray(WORDS), gradients)
    grads = [[value.grad for value in row] for row in scalar.parameters["table"]]
    np.testing.assert_allclose(grads, params["table"], rtol=1e-14)


def test_integers_stay_integers_in_front_of_an_embedding():
    net = jn.NeuralNet([jn.Embedding(5, 3), jn.Linear(3, 2)], seed=0)
    net.compile(jn.adam(0.1), "softmax_cross_entropy", ["accuracy"])
    words = np.arange(5).repeat(4)
    net.fit(words, words % 2, epochs=30, verbose=0)
    assert net.evaluate(words, words % 2)["accuracy"] == 1


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        ([[0, 4]], r"fit: x must be ids from 0 to 3; got 4 at index \(0, 1\)."),
        ([[0, -1]], r"fit: x must be ids from 0 to 3; got -1 at index \(0, 1\)."),
        ([[0.5, 1.0]], "embedding: ids must be whole numbers"),
    ],
)
def test_a_net_refuses_ids_that_are_none(ids, sentence):
    net = jn.NeuralNet([jn.Embedding(4, 3), jn.LayerNorm(3)], seed=0)
    net.compile(jn.adam(0.1), "mean_squared_error")
    with pytest.raises(ValueError, match=sentence):
        net.fit(ids, np.zeros((1, 2, 3)), verbose=0)


@pytest.mark.parametrize("room", [mg, jn])
def test_sizes_below_one_and_missing_weights_get_a_sentence(room):
    with pytest.raises(ValueError, match=r"Embedding: num_embeddings must be a whole number >= 1; got 0."):
        room.Embedding(0, 3)
    with pytest.raises(ValueError, match=r"Embedding: features must be a whole number >= 1; got True."):
        room.Embedding(3, True)
    with pytest.raises(ValueError, match=r"Embedding: weights must be drawn before the layer is called; "):
        room.Embedding(3, 2)(np.array([1]) if room is jn else [1])


@pytest.mark.parametrize("kind", [jnp.int4, jnp.uint4])
def test_ids_and_labels_of_4_bits_meet_more_classes_than_8_bits_count(kind):
    three = jnp.array([3], kind)
    layer = jn.Embedding(300, 2, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(layer(three), layer(jnp.array([3])))
    scores = np.linspace(0, 1, 300)[None]
    assert jn.softmax_cross_entropy(scores, three) == jn.softmax_cross_entropy(scores, jnp.array([3]))
    net = jn.NeuralNet([layer, jn.Linear(2, 300)])
    net.compile(jn.adam(0.1), "softmax_cross_entropy")
    assert net.evaluate(three, three) == net.evaluate(np.array([3]), np.array([3]))
    with pytest.raises(ValueError, match=r"^embedding: ids must be in 0\.\.2; got 3\.$"):
        jn.Embedding(3, 2, rngs=nnx.Rngs(0))(three)
