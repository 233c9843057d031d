"""What one step of a recurrent cell must be, beyond what its row in the table buys."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets.recurrent as arrays
import microgrid.recurrent as scalars


def drawn(*shapes):
    """Random arrays."""
    draw = np.random.default_rng(0)
    return [draw.normal(size=shape) for shape in shapes]


def cell(gates, carry=(3,)):
    """carry, inputs [2], kernel, recurrent_kernel and bias of a cell of 3 units with so many gates."""
    return drawn(carry, 2, (2, 3 * gates), (3, 3 * gates), 3 * gates)


def taken(room, arrays):
    """Arrays as a room takes them."""
    return [x.tolist() for x in arrays] if room is scalars else arrays


def test_a_linear_step_is_exact_on_fractions():
    third = Fraction(1, 3)
    kernel, recurrent = [[third, 2 * third]], [[0, third], [-third, 0]]
    carry = scalars.rnn_step([third, 1], [3], kernel, recurrent, [third, -third], "identity")
    assert carry == [1 - third + third, 2 + third * third - third]
    assert all(type(h) is Fraction for h in carry)


def test_an_lstm_without_weights_keeps_what_its_forget_gate_says():
    """All gates but the forget gate at 1/2, nothing new: the memory shrinks by sigmoid(forget_bias)."""
    width, carry = 8, ([4.0, -2.0], [0.0, 0.0])
    nothing = [[0.0] * width] * 2
    for forget_bias in (0.0, 1.0, -3.0):
        kept = 1 / (1 + np.exp(-forget_bias))
        c, h = scalars.lstm_step(carry, [1.0, 1.0], nothing, nothing, [0.0] * width, forget_bias=forget_bias)
        assert c == pytest.approx([4 * kept, -2 * kept], rel=1e-15)
        assert h == pytest.approx([np.tanh(x) / 2 for x in c], rel=1e-15)


def test_a_new_lstm_forgets_slowly_unless_told():
    nothing = [[0.0] * 4]
    carry = [1.0], [0.0]
    slow, _ = scalars.lstm_step(carry, [0.0], nothing, nothing, [0.0] * 4)
    fast, _ = scalars.lstm_step(carry, [0.0], nothing, nothing, [0.0] * 4, forget_bias=0.0)
    assert slow[0] == pytest.approx(1 / (1 + np.exp(-1)), rel=1e-15) and fast[0] == 0.5


@pytest.mark.parametrize("room", [scalars, arrays])
def test_a_peephole_of_zeros_changes_nothing(room):
    given = taken(room, cell(4, carry=(2, 3)))
    plain = room.lstm_step(*given)
    looking = room.lstm_step(*given, peephole=taken(room, [np.zeros((3, 3))])[0])
    np.testing.assert_array_equal(np.asarray(plain), np.asarray(looking))


@pytest.mark.parametrize("room", [scalars, arrays])
@pytest.mark.parametrize("reset_after", [True, False])
def test_no_recurrent_bias_is_one_of_zeros(room, reset_after):
    given = taken(room, cell(3))
    without = room.gru_step(*given, reset_after=reset_after)
    (zeros,) = taken(room, [np.zeros(9)])
    with_zeros = room.gru_step(*given, recurrent_bias=zeros, reset_after=reset_after)
    np.testing.assert_array_equal(np.asarray(without), np.asarray(with_zeros))


def test_the_two_forms_of_the_gru_are_one_where_the_reset_gate_is_open():
    given = cell(3)
    given[-1][:3] = 800.0  # r = 1
    after, before = (scalars.gru_step(*taken(scalars, given), reset_after=flag) for flag in (True, False))
    assert after == pytest.approx(before, rel=1e-14)


def test_an_update_gate_of_one_keeps_the_state_to_the_last_bit():
    given = cell(3)
    given[-1][3:6] = 800.0  # z = 1
    given = taken(scalars, given)
    assert scalars.gru_step(*given) == given[0]


@pytest.mark.parametrize(
    ("name", "gates", "parts"), [("rnn_step", 1, 1), ("lstm_step", 4, 2), ("gru_step", 3, 1)]
)
def test_a_batch_is_its_examples_side_by_side(name, gates, parts):
    step, (_, _, *weights) = getattr(arrays, name), cell(gates)
    carry, inputs = drawn((parts, 4, 5, 3), (4, 5, 2))
    carry = tuple(carry) if parts > 1 else carry[0]
    together = step(carry, inputs, *weights)
    alone = step(jax.tree.map(lambda x: x[2, 3], carry), inputs[2, 3], *weights)
    for whole, x in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(whole[2, 3], x, rtol=1e-13)


@pytest.mark.parametrize(("name", "gates"), [("rnn_step", 1), ("lstm_step", 4), ("gru_step", 3)])
def test_scalars_take_one_example_at_a_time(name, gates):
    carry, inputs, *weights = taken(scalars, cell(gates))
    with pytest.raises(ValueError, match=f"^{name}: inputs must be one time step of one example") as told:
        getattr(scalars, name)(carry, [inputs], *weights)
    assert "(1, 2)" in str(told.value)


def test_single_precision_stays_single():
    """In 64 bits, where a float64 number of the library's own would widen what it meets."""
    given = [x.astype("float32") for x in cell(4, carry=(2, 3))]
    c, h = arrays.lstm_step(*given, np.ones((3, 3), "float32"))
    assert c.dtype == h.dtype == jnp.float32
