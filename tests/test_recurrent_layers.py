"""Recurrent layers over whole sequences: both rooms alike, masks, carries, both directions, learning."""

import random

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg
from microgrid.checks import flatten
from microgrid.oracle import to_microgrid
from microgrid.value import Value, backward, plain

FEATURES, HIDDEN, TIME = 2, 3, 4
LAYERS = {
    "RNN": lambda room, **rest: room.RNN(2, 3, **rest),
    "relu": lambda room, **rest: room.RNN(2, 3, activation="relu", **rest),
    "LSTM": lambda room, **rest: room.LSTM(2, 3, **rest),
    "peephole": lambda room, **rest: room.LSTM(2, 3, use_peephole=True, forget_bias=-0.5, **rest),
    "GRU": lambda room, **rest: room.GRU(2, 3, **rest),
    "reset before": lambda room, **rest: room.GRU(2, 3, reset_after=False, **rest),
}
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 1, 0]])
SOME = ("RNN", "LSTM", "peephole", "GRU")
one_of_each = pytest.mark.parametrize("made", [LAYERS[name] for name in SOME], ids=SOME)


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def moved(layer):
    """The layer with all parameters random in float64: biases too."""
    layer.initialize(np.random.default_rng(0), "float64")
    for i, name in enumerate(layer.parameters):
        variable = getattr(layer, name)
        variable.set_value(variable.get_value() + 0.5 * drawn(*variable.get_value().shape, seed=i))
    return layer


def twin(layer):
    """The same layer of scalars."""
    return to_microgrid(jn.NeuralNet([layer], dtype="float64")).layers[0]


def values(array):
    return [values(row) for row in array] if np.ndim(array) else Value(float(array))


def carried(layer, batch=3):
    """A carry of a layer for a batch."""
    states = drawn(2, batch, layer.hidden_features, seed=9)
    return (states[0], states[1]) if layer.parts else states[0]


def assert_near(one, other, bound=1e-13):
    np.testing.assert_allclose(np.array(one, float), np.array(other, float), rtol=bound, atol=bound)


@pytest.mark.parametrize("name", [*LAYERS, "LSTM in reverse"])
def test_both_rooms_make_the_same_of_masked_sequences_and_have_the_same_slopes(name):
    layer = moved(LAYERS[name.removesuffix(" in reverse")](jn, reverse="reverse" in name))
    inputs, carry, weigh = drawn(3, TIME, 2), carried(layer), drawn(3, TIME, 3, seed=1)
    graph, params, rest = nnx.split(layer, nnx.Param, ...)

    @jax.jit
    def contracted(params, inputs, carry):
        last, outputs = nnx.merge(graph, params, rest).unroll(inputs, carry, MASK)
        return jnp.sum(outputs * weigh) + sum(jnp.sum(part**2) for part in jax.tree.leaves(last))

    loss, slopes = jax.value_and_grad(contracted, argnums=(0, 1, 2))(params, inputs, carry)
    scalar, terms, given = twin(layer), [], []
    for n in range(3):
        own = [values(x[n]) for x in jax.tree.leaves(carry)]
        given.append((values(inputs[n]), own))
        last, outputs = scalar.unroll(given[-1][0], tuple(own) if layer.parts else own[0], MASK[n].tolist())
        terms += [w * y for w, y in zip(flatten(weigh[n].tolist()), flatten(outputs), strict=True)]
        terms += [x * x for x in (c for part in ([last], last)[bool(layer.parts)] for c in part)]
    total = mg.operations.total(terms)
    backward([total], [1])
    assert_near(plain(total), loss)
    for name, array in nnx.to_pure_dict(slopes[0]).items():
        assert_near([w.grad for w in flat(scalar.parameters[name])], np.ravel(array), 1e-12)
    assert_near([[x.grad for x in flat(xs)] for xs, _ in given], slopes[1].reshape(3, -1), 1e-12)
    for i, part in enumerate(jax.tree.leaves(slopes[2])):
        assert_near([[x.grad for x in own[i]] for _, own in given], part, 1e-12)


def flat(x):
    return [x] if isinstance(x, Value) else [value for row in x for value in flat(row)]


@one_of_each
def test_a_masked_sequence_is_the_shorter_one_alone(made):
    layer, inputs = moved(made(jn)), drawn(1, TIME, 2)
    mask = np.array([[1, 1, 0, 0]])
    carry, outputs = layer.unroll(inputs, mask=mask)
    alone, short = layer.unroll(inputs[:, :2])
    assert_near(outputs[:, :2], short)
    for one, other in zip(jax.tree.leaves(carry), jax.tree.leaves(alone), strict=True):
        assert_near(one, other)
    assert (outputs[:, 2] == outputs[:, 1]).all() and (outputs[:, 3] == outputs[:, 1]).all()
    scalar = twin(layer)
    last, rows = scalar.unroll(inputs[0].tolist(), mask=[1, 1, 0, 0])
    expected, first = scalar.unroll(inputs[0, :2].tolist())
    assert [plain(x) for x in flatten(last)] == [plain(x) for x in flatten(expected)]
    assert [plain(x) for x in flatten(rows)] == [plain(x) for x in flatten([*first, first[1], first[1]])]


@one_of_each
def test_slopes_of_masked_steps_are_exactly_zero_whatever_stands_there(made):
    layer, inputs = moved(made(jn)), drawn(3, TIME, 2)
    inputs[MASK == 0] = np.nan
    graph, params, rest = nnx.split(layer, nnx.Param, ...)

    def loss(params, inputs):
        return jnp.sum(nnx.merge(graph, params, rest)(inputs, mask=MASK) ** 2)

    kernels, slopes = jax.grad(loss, argnums=(0, 1))(params, jnp.asarray(inputs))
    assert (np.asarray(slopes)[MASK == 0] == 0).all() and (np.asarray(slopes)[MASK == 1] != 0).any()
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(kernels))


@one_of_each
def test_where_all_is_masked_the_carry_stays(made):
    layer = moved(made(jn))
    carry = carried(layer, 1)
    last, outputs = layer.unroll(drawn(1, TIME, 2), carry, np.zeros((1, TIME), bool))
    assert all((a == b).all() for a, b in zip(jax.tree.leaves(last), jax.tree.leaves(carry), strict=True))
    assert (outputs == jax.tree.leaves(carry)[-1][:, None]).all()


@one_of_each
def test_a_layer_in_reverse_is_the_layer_on_reversed_time(made):
    ahead, back, inputs = moved(made(jn)), moved(made(jn, reverse=True)), drawn(3, TIME, 2)
    carry, outputs = ahead.unroll(inputs[:, ::-1], mask=MASK[:, ::-1])
    last, reversed_outputs = back.unroll(inputs, mask=MASK)
    assert_near(reversed_outputs, outputs[:, ::-1])
    assert_near(jax.tree.leaves(last), jax.tree.leaves(carry))
    ahead.return_sequences = back.return_sequences = False
    assert_near(back(inputs, mask=MASK), outputs[:, -1])
    assert_near([[plain(x) for x in twin(back)(row.tolist())] for row in inputs], back(inputs))


@one_of_each
def test_a_sequence_in_two_parts_with_the_carry_handed_on_is_the_whole(made):
    layer, inputs = moved(made(jn)), drawn(3, TIME, 2)
    carry, outputs = layer.unroll(inputs)
    first, start = layer.unroll(inputs[:, :3])
    second, end = layer.unroll(inputs[:, 3:], first)
    assert_near(np.concatenate([start, end], axis=1), outputs)
    assert_near(jax.tree.leaves(second), jax.tree.leaves(carry))


@one_of_each
def test_a_layer_is_its_steps_one_after_the_other(made):
    layer, inputs = moved(made(jn)), drawn(3, TIME, 2)
    carry = carried(layer)
    last, outputs = layer.unroll(inputs, carry)
    for t in range(TIME):
        carry = layer.step(carry, inputs[:, t])
        assert_near(jax.tree.leaves(carry)[-1], outputs[:, t])
    assert_near(jax.tree.leaves(carry), jax.tree.leaves(last))


def test_both_directions_stand_side_by_side():
    ahead, back, inputs = moved(jn.GRU(2, 3)), moved(jn.LSTM(2, 2, reverse=True)), drawn(3, TIME, 2)
    both = jn.Bidirectional(ahead, back)
    carry = carried(ahead), carried(back)
    outputs = both(inputs, carry, MASK)
    assert_near(outputs[..., :3], ahead(inputs, carry[0], MASK))
    assert_near(outputs[..., 3:], back(inputs, carry[1], MASK))
    scalar = twin(both)
    own = [jax.tree.map(lambda x: x[1].tolist(), part) for part in carry]
    assert_near(
        [[plain(x) for x in row] for row in scalar(inputs[1].tolist(), own, MASK[1].tolist())], outputs[1]
    )
    assert_near(scalar.forward(inputs.tolist()), both(inputs))
    ahead.return_sequences = back.return_sequences = False
    assert both(inputs).shape == (3, 5)
    assert_near(twin(both).forward(inputs.tolist()), both(inputs))


@pytest.mark.parametrize("sequences", [True, False])
def test_both_directions_end_with_what_each_has_in_mind(sequences):
    rest, inputs = dict(return_sequences=sequences), drawn(3, TIME, 2)
    ahead, back = moved(jn.GRU(2, 3, **rest)), moved(jn.LSTM(2, 2, reverse=True, **rest))
    both, start = jn.Bidirectional(ahead, back), (carried(ahead), carried(back))
    for carry, mask in ((None, None), ((None, start[1]), MASK), (start, MASK)):
        last, outputs = both.unroll(inputs, carry, mask)
        ones = (
            layer.unroll(inputs, (carry or (None, None))[i], mask) for i, layer in enumerate((ahead, back))
        )
        expected, sides = zip(*ones, strict=True)
        assert jax.tree.structure(last) == jax.tree.structure(expected)
        assert_near(outputs, np.concatenate(sides, axis=-1))
        for one, other in zip(jax.tree.leaves(last), jax.tree.leaves(expected), strict=True):
            assert_near(one, other)
        own = carry and tuple(jax.tree.map(lambda x: x[1].tolist(), part) for part in carry)
        scalar, rows = twin(both).unroll(inputs[1].tolist(), own, None if mask is None else mask[1].tolist())
        assert_near([[plain(x) for x in row] for row in rows], outputs[1])
        assert_near([plain(x) for x in flatten(scalar[0])], last[0][1])
        assert_near([[plain(x) for x in part] for part in scalar[1]], [part[1] for part in last[1]])


@pytest.mark.parametrize("room", [jn, mg])
def test_an_activation_may_be_the_function_itself(room):
    for name in ("tanh", "relu", "identity"):
        layer = room.RNN(2, 3, activation=getattr(room, name))
        assert layer.activation == name
    inputs = np.ones(1), np.full(1, 2.0), np.full((1, 1), -3.0), np.ones((1, 1)), np.zeros(1)
    assert np.ravel(room.recurrent.rnn_step(*inputs, activation=room.relu)).tolist() == [0.0]


@one_of_each
def test_a_traced_mask_counts_whatever_is_not_0(made):
    layer, inputs = moved(made(jn)), drawn(1, TIME, 2)
    seen = jax.jit(lambda mask: layer(inputs, mask=mask))(np.array([[0.5, -1.0, np.nan, 0.0]]))
    assert_near(seen, layer(inputs, mask=np.array([[1, 1, 1, 0]])))


NETS = {
    "stacked": lambda: [
        jn.LSTM(2, 3),
        jn.GRU(3, 2),
        jn.GRU(2, 2, reset_after=False, return_sequences=False),
        jn.Linear(2, 1),
    ],
    "bidirectional": lambda: [
        jn.Bidirectional(
            jn.RNN(2, 2, return_sequences=False),
            jn.LSTM(2, 2, use_peephole=True, return_sequences=False, reverse=True),
        ),
        jn.Linear(4, 1),
    ],
}


@pytest.mark.parametrize("layers", NETS.values(), ids=NETS)
def test_both_rooms_learn_the_same_weights(layers):
    x, y = drawn(4, 3, 2), drawn(4, 1, seed=1)
    net = jn.NeuralNet(layers(), seed=3, dtype="float64")
    scalar = to_microgrid(net)
    assert_near(scalar.forward(x.tolist()), net.forward(x))
    adam = mg.adam(0.05)

    def update(grads, state, params):
        return adam.update(mg.clip_by_global_norm(grads, 0.5), state, params)

    clipped = optax.chain(optax.clip_by_global_norm(0.5), jn.adam(0.05))
    net.compile(optimizer=clipped, loss="mean_squared_error", l2=0.01)
    scalar.compile(optimizer=adam._replace(update=update), loss="mean_squared_error", l2=0.01)
    net.fit(x, y, epochs=15, batch_size=None, verbose=0)
    scalar.fit(x.tolist(), y.tolist(), epochs=15, batch_size=None)
    for ours, theirs in zip(net.layers, scalar.layers, strict=True):
        assert ours.parameters.keys() == theirs.parameters.keys()
        for name, array in ours.parameters.items():
            assert_near([w.data for w in flat(theirs.parameters[name])], np.ravel(array), 1e-12)


def lstm_of_flax(ours):
    cell = nnx.OptimizedLSTMCell(2, 3, rngs=nnx.Rngs(0), param_dtype=jnp.float64)
    cell.dense_i.kernel[...], cell.dense_h.kernel[...] = ours.kernel[...], ours.recurrent_kernel[...]
    cell.dense_h.bias[...] = ours.bias[...]
    return cell


def gru_of_flax(ours):
    cell = nnx.GRUCell(2, 3, rngs=nnx.Rngs(0), param_dtype=jnp.float64)
    cell.dense_i.kernel[...], cell.dense_h.kernel[...] = ours.kernel[...], ours.recurrent_kernel[...]
    cell.dense_i.bias[...] = ours.bias[...]
    return cell


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(lambda: jn.LSTM(2, 3, forget_bias=0.0), lstm_of_flax), (lambda: jn.GRU(2, 3), gru_of_flax)],
)
def test_flax_makes_the_same_of_the_same_weights(ours, theirs):
    layer, inputs = moved(ours()), drawn(3, TIME, 2)
    if hasattr(layer, "recurrent_bias"):
        layer.recurrent_bias.set_value(jnp.zeros(9))  # Flax has none
    expected = nnx.RNN(theirs(layer))(inputs)
    assert_near(layer(inputs), expected)


@pytest.mark.parametrize("room", [jn, mg])
def test_recurrent_kernels_are_drawn_orthogonal_gate_by_gate(room):
    layer = room.LSTM(4, 8)
    layer.initialize(np.random.default_rng(0) if room is jn else random.Random(0))
    held = {name: np.array(x if room is jn else rows(x)) for name, x in layer.parameters.items()}
    for gate in np.split(held["recurrent_kernel"], 4, axis=1):
        np.testing.assert_allclose(gate @ gate.T, np.eye(8), atol=1e-6 if room is jn else 1e-14)
    assert abs(held["kernel"]).max() < 2 / 0.8796 / 2 and 0.35 < held["kernel"].std() < 0.65
    assert not held["bias"].any()
    before = layer.parameters["kernel"]
    if room is mg:
        layer.initialize(random.Random(1))
        assert layer.parameters["kernel"] is before


def rows(x):
    return [rows(row) for row in x] if isinstance(x, list) else x.data


def test_a_module_hands_the_mask_of_its_first_feature_on():
    class Reader(nnx.Module):
        def __init__(self):
            self.lstm, self.head = jn.LSTM(3, 4, return_sequences=False), jn.Linear(4, 1)

        def __call__(self, x):
            return self.head(self.lstm(x[..., 1:], mask=x[..., 0]))

    generator = np.random.default_rng(0)
    mask = np.arange(6) < np.array([[6], [2], [4], [1]])
    x = np.concatenate([mask[..., None], generator.normal(size=(4, 6, 3))], axis=-1)
    other = np.where(mask[..., None], x, 9.0)
    other[..., 0] = mask
    nets = [jn.NeuralNet(Reader(), seed=0) for _ in range(2)]
    for net, inputs in zip(nets, (x, other), strict=True):
        net.compile(jn.sgd(0.1), "mean_squared_error")
        net.fit(inputs, np.ones((4, 1)), epochs=2, verbose=0)
    assert (nets[0].predict(x) == nets[1].predict(x)).all()
