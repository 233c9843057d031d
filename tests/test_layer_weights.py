"""Initial weights of the layers that hold more than one kernel or bias, in both rooms."""

import random

import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid.checks import flatten
from microgrid.oracle import to_microgrid

CUT = 0.87962566103423978
both_rooms = pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)


def drawn(room, layer, seed=0):
    """The weights of a layer in float64: name -> numpy array."""
    if room is jn:
        layer.initialize(np.random.default_rng(seed), "float64")
        return {name: np.asarray(x) for name, x in layer.parameters.items()}
    layer.initialize(random.Random(seed))
    return {name: np.array(numbers(x)) for name, x in layer.parameters.items()}


def numbers(x):
    return [numbers(row) for row in x] if isinstance(x, list) else x.data


def filled(room, **values):
    return {name: room.initializer("constant", value=value) for name, value in values.items()}


CELLS = {  # name -> (gates, arguments, what starts at 0 whatever bias_init says)
    "RNN": (1, {}, ()),
    "LSTM": (4, dict(use_peephole=True), ("peephole",)),
    "GRU": (3, {}, ("recurrent_bias",)),
}
one_of_each = pytest.mark.parametrize("name", CELLS)


@both_rooms
@one_of_each
def test_a_recurrent_layer_is_drawn_as_it_is_told(room, name):
    gates, more, zero = CELLS[name]
    inits = filled(room, kernel_init=0.5, recurrent_init=2.0, bias_init=-1.0)
    held = drawn(room, getattr(room, name)(2, 3, **inits, **more))
    shapes = {"kernel": (2, 3 * gates), "recurrent_kernel": (3, 3 * gates), "bias": (3 * gates,)}
    for key, value in zip(shapes, (0.5, 2.0, -1.0), strict=True):
        assert held.pop(key).tolist() == np.full(shapes[key], value).tolist()
    assert tuple(held) == zero and not any(x.any() for x in held.values())


@both_rooms
@one_of_each
def test_an_initializer_sees_one_gate_at_a_time_and_the_bias_whole(room, name):
    seen, (gates, *_) = [], CELLS[name]

    def own(draw, shape, *dtype):
        seen.append(shape)
        return np.full(shape, float(len(seen)), *dtype)

    held = drawn(room, getattr(room, name)(2, 3, kernel_init=own, recurrent_init=own, bias_init=own))
    assert seen == [(2, 3)] * gates + [(3, 3)] * gates + [(3 * gates,)]
    order = np.arange(1.0, gates + 1).repeat(3)
    assert (held["kernel"] == order).all() and (held["recurrent_kernel"] == order + gates).all()


@both_rooms
def test_names_look_at_the_fans_of_one_gate(room):
    held = drawn(room, room.LSTM(8, 6, kernel_init="orthogonal", recurrent_init="glorot_uniform"))
    for gate in np.split(held["kernel"], 4, axis=1):
        np.testing.assert_allclose(gate.T @ gate, np.eye(6), atol=1e-14)
    limit = np.sqrt(6 / (6 + 6))
    assert 0.9 * limit < abs(held["recurrent_kernel"]).max() <= limit
    scaled = room.initializer("orthogonal", scale=2.0)
    for gate in np.split(drawn(room, room.GRU(2, 5, recurrent_init=scaled))["recurrent_kernel"], 3, axis=1):
        np.testing.assert_allclose(gate.T @ gate, 4 * np.eye(5), atol=1e-14)


def cut(generator, shape):
    noise = generator.standard_normal(shape)
    while (far := np.abs(noise) > 2).any():
        noise[far] = generator.standard_normal(int(far.sum()))
    return noise


@one_of_each
def test_default_recurrent_weights_of_arrays_are_what_they_were(name):
    """Seeds of earlier versions stand: one cut normal for all gates, then the gates' orthogonal matrices."""
    gates, generator = CELLS[name][0], np.random.default_rng(7)
    kernel = cut(generator, (5, gates * 4)) / (CUT * np.sqrt(5))
    q, r = np.linalg.qr(generator.standard_normal((gates, 4, 4)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]
    held = drawn(jn, getattr(jn, name)(5, 4), seed=7)
    assert (held["kernel"] == kernel).all() and not held["bias"].any()
    assert (held["recurrent_kernel"] == np.concatenate(q, axis=1)).all()


@one_of_each
def test_default_recurrent_weights_of_scalars_are_what_they_were(name):
    """Rows of numbers, each made orthogonal to those before it, in the order of the gates."""
    gates, draw = CELLS[name][0], random.Random(7)

    def weight():
        while abs(size := draw.gauss(0, 1)) > 2:
            continue
        return size / (CUT * 5**0.5)

    kernel = [[weight() for _ in range(gates * 4)] for _ in range(5)]
    held = drawn(mg, getattr(mg, name)(5, 4), seed=7)
    assert held["kernel"].tolist() == kernel and not held["bias"].any()
    for gate in np.split(held["recurrent_kernel"], gates, axis=1):
        rows = []
        for _ in range(4):
            row = [draw.gauss(0, 1) for _ in range(4)]
            for other in rows * 2:
                along = mg.operations.dot(row, other)
                row = [x - along * y for x, y in zip(row, other, strict=True)]
            length = mg.operations.norm(row)
            rows.append([x / length for x in row])
        assert gate.tolist() == rows


@both_rooms
def test_a_table_is_drawn_as_it_is_told(room):
    given = filled(room, embedding_init=0.25)
    assert drawn(room, room.Embedding(3, 2, **given))["table"].tolist() == [[0.25] * 2] * 3
    table = drawn(room, room.Embedding(7, 3, embedding_init="orthogonal"))["table"]
    np.testing.assert_allclose(table.T @ table, np.eye(3), atol=1e-14)


def test_default_tables_are_what_they_were():
    draw, generator = random.Random(7), np.random.default_rng(7)
    scalar = [[draw.gauss(0, 3**-0.5) for _ in range(3)] for _ in range(4)]
    assert drawn(mg, mg.Embedding(4, 3), seed=7)["table"].tolist() == scalar
    arrays = generator.standard_normal((4, 3)) / np.sqrt(3)
    assert drawn(jn, jn.Embedding(4, 3), seed=7)["table"].tolist() == arrays.tolist()


@both_rooms
def test_every_projection_of_attention_is_drawn_as_it_is_told(room):
    inits = filled(room, kernel_init=0.5, bias_init=-1.0)
    held = drawn(room, room.MultiHeadAttention(4, 2, qkv_features=6, out_features=5, **inits))
    assert len(held) == 8
    for name, x in held.items():
        assert (x == (0.5 if "kernel" in name else -1.0)).all(), name
    assert len(drawn(room, room.MultiHeadAttention(4, 2, use_bias=False, bias_init="ones"))) == 4


@both_rooms
def test_default_projections_are_four_linear_layers_one_after_the_other(room):
    chance = np.random.default_rng(7) if room is jn else random.Random(7)
    held = drawn(room, room.MultiHeadAttention(4, 2, qkv_features=6, out_features=5), seed=7)
    for name in ("query", "key", "value", "out"):
        part = room.Linear(6, 5) if name == "out" else room.Linear(4, 6)
        part.initialize(chance, *(["float64"] if room is jn else []))
        kernel = part.parameters["kernel"]
        assert (held[f"{name}_kernel"] == (np.asarray(kernel) if room is jn else numbers(kernel))).all()
        assert not held[f"{name}_bias"].any()


def test_a_copied_net_keeps_the_initializers_of_all_its_layers():
    recurrent = dict(kernel_init="he_normal", recurrent_init="glorot_normal", bias_init="ones")
    layers = [
        jn.Embedding(5, 4, embedding_init="uniform"),
        jn.Bidirectional(jn.LSTM(4, 2, **recurrent), jn.GRU(4, 2, reverse=True, **recurrent)),
        jn.MultiHeadAttention(4, 2, kernel_init="glorot_uniform", bias_init="normal"),
    ]
    net = jn.NeuralNet(layers, seed=0, dtype="float64")
    embedding, both, attention = to_microgrid(net).layers
    assert embedding.embedding_init == "uniform" and attention.kernel_init == "glorot_uniform"
    assert attention.bias_init == "normal"
    for rnn in (both.forward_rnn, both.backward_rnn):
        assert {name: getattr(rnn, name) for name in recurrent} == recurrent
    ids = [[0, 4, 2]]
    twin = to_microgrid(net).forward(ids)
    np.testing.assert_allclose(flatten(twin), np.ravel(net.forward(np.array(ids))), rtol=1e-12, atol=1e-14)


BAD = {
    "RNN: kernel_init must be one of constant, ": lambda room: room.RNN(2, 3, kernel_init="he"),
    "LSTM: recurrent_init must be one of constant, ": lambda room: room.LSTM(2, 3, recurrent_init=None),
    "GRU: recurrent_init must be one of constant, glorot_normal, ": lambda room: room.GRU(
        2, 3, recurrent_init="xavier_normal"
    ),
    "LSTM: bias_init must be one of constant, normal, ones, truncated_normal, uniform, zeros, or a function, "
    "for the shape (12,) has no fans; got 'he_normal'.": lambda room: room.LSTM(2, 3, bias_init="he_normal"),
    "Embedding: embedding_init must be one of constant, ": lambda room: room.Embedding(2, 3, 0.5),
    "MultiHeadAttention: kernel_init must be one of constant, ": lambda room: room.MultiHeadAttention(
        4, 2, kernel_init="orthogonl"
    ),
    "MultiHeadAttention: bias_init must be one of constant, ": lambda room: room.MultiHeadAttention(
        4, 2, bias_init="glorot_normal"
    ),
    "GRU: kernel_init must return weights of shape (2, 3); got (1, 2).": lambda room: drawn(
        room, room.GRU(2, 3, kernel_init=lambda *_: [[1.0, 2.0]])
    ),
    "GRU: recurrent_init must return finite weights; got nan.": lambda room: drawn(
        room, room.GRU(2, 1, recurrent_init=lambda *_: [[np.nan]])
    ),
    "Embedding: embedding_init must return weights of shape (2, 3); got (1, 2).": lambda room: drawn(
        room, room.Embedding(2, 3, embedding_init=lambda *_: [[1.0, 2.0]])
    ),
    "MultiHeadAttention: bias_init must return weights of shape (4,); got (1,).": lambda room: drawn(
        room, room.MultiHeadAttention(4, 2, bias_init=lambda *_: [1.0])
    ),
}


@pytest.mark.parametrize("words", BAD)
def test_a_wrong_initializer_gets_a_sentence_that_names_the_layer(words):
    said = []
    for room in (jn, mg):
        with pytest.raises((ValueError, TypeError)) as error:
            BAD[words](room)
        said.append(str(error.value))
    assert said[0] == said[1] and said[0].startswith(words)


def test_weights_that_a_function_drew_are_copied_into_the_scalar_room():
    def halves(generator, shape, dtype):
        return np.full(shape, 0.5, dtype)

    layers = [
        jn.Linear(2, 3, kernel_init=halves, bias_init=halves),
        jn.tanh,
        jn.Linear(3, 1, kernel_init=halves),
    ]
    net = jn.NeuralNet(layers, seed=0, dtype="float64")
    x = np.array([[0.5, -1.0]])
    np.testing.assert_allclose(to_microgrid(net).forward(x.tolist()), net.forward(x), rtol=1e-15)
