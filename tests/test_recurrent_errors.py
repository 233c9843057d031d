"""Mistakes with recurrent layers get one sentence, the same in both rooms but for the batch."""

import random

import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg


def told(function, *arguments, **named):
    """The kind and the words of the error that a call raises."""
    with pytest.raises((ValueError, TypeError)) as error:
        function(*arguments, **named)
    return error.type, str(error.value)


MADE = {
    "RNN: in_features must be a whole number >= 1; got 0.": lambda room: room.RNN(0, 3),
    "LSTM: hidden_features must be a whole number >= 1; got 0.": lambda room: room.LSTM(2, 0),
    "GRU: hidden_features must be a whole number >= 1; got True.": lambda room: room.GRU(2, True),
    "LSTM: hidden_features must be a whole number >= 1; got '3'.": lambda room: room.LSTM(2, "3"),
    "RNN: activation must be 'tanh', 'relu' or 'identity'; got 'sigmoid'.": lambda room: room.RNN(
        2, 3, activation="sigmoid"
    ),
    "RNN: activation must be 'tanh', 'relu' or 'identity'; got 'Relu'. Fix: 'relu'.": lambda room: room.RNN(
        2, 3, activation="Relu"
    ),
    "LSTM: forget_bias must be a finite number; got nan.": lambda room: room.LSTM(2, 3, forget_bias=np.nan),
    "LSTM: forget_bias must be a number; got '1'.": lambda room: room.LSTM(2, 3, forget_bias="1"),
    "LSTM: use_peephole must be True or False; got 'yes'.": lambda room: room.LSTM(2, 3, use_peephole="yes"),
    "GRU: reset_after must be True or False; got 1.": lambda room: room.GRU(2, 3, reset_after=1),
    "GRU: return_sequences must be True or False; got None.": lambda room: room.GRU(
        2, 3, return_sequences=None
    ),
    "RNN: reverse must be True or False; got 'no'.": lambda room: room.RNN(2, 3, reverse="no"),
    "Bidirectional: forward_rnn must be an RNN, LSTM or GRU; got 3.": lambda room: room.Bidirectional(
        3, room.GRU(2, 3, reverse=True)
    ),
    "Bidirectional: backward_rnn must have reverse=True; got False. "
    "Fix: GRU(..., reverse=True).": lambda room: room.Bidirectional(room.GRU(2, 3), room.GRU(2, 3)),
    "Bidirectional: forward_rnn must have reverse=False; got True. "
    "Fix: GRU(..., reverse=False).": lambda room: room.Bidirectional(
        room.GRU(2, 3, reverse=True), room.GRU(2, 3, reverse=True)
    ),
    "Bidirectional: in_features of both layers must be the same; got 2 and 1.": lambda room: (
        room.Bidirectional(room.GRU(2, 3), room.GRU(1, 3, reverse=True))
    ),
    "Bidirectional: return_sequences of both layers must be the same; got True and False.": lambda room: (
        room.Bidirectional(room.GRU(2, 3), room.GRU(2, 3, reverse=True, return_sequences=False))
    ),
}


@pytest.mark.parametrize("sentence", MADE)
def test_a_layer_that_cannot_be_is_refused_at_once(sentence):
    for room in (jn, mg):
        assert told(MADE[sentence], room)[1] == sentence


@pytest.mark.parametrize("room", [jn, mg])
def test_a_function_that_is_not_of_the_room_is_named_with_the_word_to_say(room):
    for other in (nnx.relu, (mg if room is jn else jn).relu):
        sentence = told(room.RNN, 2, 3, activation=other)[1]
        assert sentence.startswith("RNN: activation must be 'tanh', 'relu' or 'identity'; got <")
        assert sentence.endswith(". Fix: 'relu'.")
    assert told(room.RNN, 2, 3, activation=room.sigmoid)[1].endswith(">.")


def layer(room, name="LSTM"):
    made = getattr(room, name)(2, 3)
    made.initialize(np.random.default_rng(0) if room is jn else random.Random(0))
    return made


ONE = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
NO_STEP, LEAVE = "inputs must have at least one time step", "Fix: leave out empty sequences."

CALLS = {  # arguments of one example -> the words about one example, and about a batch of one
    "features": (([[1.0] * 5] * 4,), "inputs must end in the 2 in_features; got (4, 5)."),
    "no step": (([],), f"{NO_STEP}; got (0,). {LEAVE}"),
    "short mask": ((ONE, None, [1, 1]), "mask must have the shape (3,) to meet inputs (3, 2); got (2,)."),
    "soft mask": ((ONE, None, [1, 0.5, 1]), "mask must be 1 for a time step that counts, else 0; got 0.5."),
    "no pair": ((ONE, [0.0]), "carry must be (c, h), each of shape (3,); got (1,)."),
    "small carry": (
        (ONE, ([0.0, 0.0], [0.0, 0.0, 0.0])),
        "carry must be (c, h), each of shape (3,); got [(2,), (3,)].",
    ),
    "small carries": (
        (ONE, ([0.0, 0.0], [0.0, 0.0])),
        "carry must be (c, h), each of shape (3,); got [(2,), (2,)].",
    ),
}


@pytest.mark.parametrize(("arguments", "words"), CALLS.values(), ids=CALLS)
def test_a_call_with_shapes_that_do_not_meet_is_refused(arguments, words):
    assert told(layer(mg), *arguments) == (ValueError, f"LSTM: {words}")


BATCHES = {
    "features": ((np.ones((1, 4, 5)),), "inputs must end in the 2 in_features; got (1, 4, 5)."),
    "no step": (
        (np.ones((1, 0, 2)),),
        f"{NO_STEP}; got (1, 0, 2). {LEAVE}",
    ),
    "rank": (
        (np.ones((3, 2)),),
        "inputs must be [batch, time, features]; got (3, 2). Fix: inputs[None] for one example.",
    ),
    "number": ((3.0,), "inputs must be [batch, time, features]; got ()."),
    "short mask": (
        (np.ones((1, 3, 2)), None, np.ones((1, 2))),
        "mask must have the shape (1, 3) to meet inputs (1, 3, 2); got (1, 2).",
    ),
    "mask of columns": (
        (np.ones((1, 3, 2)), None, np.ones((1, 3, 1))),
        "mask must have the shape (1, 3) to meet inputs (1, 3, 2); got (1, 3, 1). Fix: mask[..., 0].",
    ),
    "lengths": (
        (np.ones((2, 3, 2)), None, np.array([3, 1])),
        "mask must have the shape (2, 3) to meet inputs (2, 3, 2); got (2,). "
        "Fix: for lengths, jnp.arange(3) < mask[:, None].",
    ),
    "pair of small parts": (
        (np.ones((2, 3, 2)), (np.ones((1, 3)),) * 2),
        "carry must be (c, h), each of shape (2, 3); got [(1, 3), (1, 3)].",
    ),
    "soft mask": (
        (np.ones((1, 3, 2)), None, np.array([[1, 0.5, 1]])),
        "mask must be 1 for a time step that counts, else 0; got 0.5.",
    ),
    "no pair": (
        (np.ones((1, 3, 2)), np.zeros((1, 3))),
        "carry must be (c, h), each of shape (1, 3); got (1, 3).",
    ),
    "small carry": (
        (np.ones((1, 3, 2)), (np.zeros((1, 2)), np.zeros((1, 3)))),
        "carry must be (c, h), each of shape (1, 3); got [(1, 2), (1, 3)].",
    ),
}


@pytest.mark.parametrize(("arguments", "words"), BATCHES.values(), ids=BATCHES)
def test_a_call_with_a_batch_that_does_not_meet_is_refused(arguments, words):
    assert told(layer(jn), *arguments) == (ValueError, f"LSTM: {words}")


@pytest.mark.parametrize("room", [jn, mg])
def test_a_carry_of_one_part_says_its_shape(room):
    inputs, carry = (np.ones((1, 3, 2)), np.zeros((1, 4))) if room is jn else (ONE, [0.0] * 4)
    expected = (1, 3) if room is jn else (3,)
    sentence = f"GRU: carry must be of shape {expected}; got {np.shape(carry)}."
    assert told(layer(room, "GRU"), inputs, carry) == (ValueError, sentence)


def test_undrawn_weights_are_named_with_what_draws_them():
    words = "weights must be drawn before the layer is called; "
    for call in (mg.GRU(2, 3), mg.GRU(2, 3).unroll, lambda x: mg.GRU(2, 3).step([0.0] * 3, x[0])):
        assert told(call, ONE)[1].startswith(f"GRU: {words}call initialize(random.Random(0))")
    for call in (jn.GRU(2, 3), jn.GRU(2, 3).unroll, lambda x: jn.GRU(2, 3).step(x[0], x[0])):
        assert told(call, np.ones((1, 3, 2)))[1].startswith(f"GRU: {words}give rngs=nnx.Rngs(0)")


def test_random_streams_must_be_streams():
    assert told(jn.LSTM, 2, 3, rngs=0) == (
        TypeError,
        "LSTM: rngs must be an nnx.Rngs; got 0. Fix: rngs=nnx.Rngs(0).",
    )


@pytest.mark.parametrize("room", [jn, mg])
def test_both_directions_want_two_carries(room):
    both = room.Bidirectional(room.GRU(2, 3), room.GRU(2, 3, reverse=True))
    both.initialize(np.random.default_rng(0) if room is jn else random.Random(0))
    inputs = np.ones((1, 3, 2)) if room is jn else ONE
    for call in (both, both.unroll):
        assert told(call, inputs, (1,)) == (
            ValueError,
            "Bidirectional: carry must be the pair of both layers' carries; got (1,).",
        )


def test_a_net_says_what_its_first_layer_does_not_take():
    net = jn.NeuralNet([jn.LSTM(2, 3, return_sequences=False), jn.Linear(3, 1)])
    kind, words = told(net.forward, np.ones((5, 4, 6)))
    assert kind is ValueError and "LSTM: inputs must end in the 2 in_features; got (5, 4, 6)" in words
    assert "inputs must be [batch, time, features]" in told(net.forward, np.ones((5, 6)))[1]
