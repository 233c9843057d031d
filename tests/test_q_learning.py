"""Q-learning: the formulas of its errors and of DQN's loss, in both rooms."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from microgrid import q_learning as scalar
from microgrid.value import Value
from rl import q_learning as array

ROOMS = (scalar, array)


@pytest.mark.parametrize("room", ROOMS)
def test_errors_by_hand(room):
    value, next_value = jnp.array([0.25, 3.0]), jnp.array([2.0, 4.0])
    if room is scalar:
        value, next_value = value.tolist(), next_value.tolist()
    assert float(room.q_learning_error(1.0, 0.5, value, next_value, 0)) == 1 + 0.5 * 4 - 0.25
    assert (
        float(room.q_learning_error(1.0, 0.0, value, next_value, 1)) == 1 - 3
    )  # terminated: the future has no say
    assert float(room.sarsa_error(1.0, 0.5, value, next_value, 1, 0)) == 1 + 0.5 * 2 - 3


def test_sarsa_is_q_learning_when_the_best_action_follows():
    rng = np.random.default_rng(0)
    for _ in range(5):
        value, next_value = rng.normal(size=(2, 4))
        best = int(next_value.argmax())
        assert array.sarsa_error(1.0, 0.9, value, next_value, 2, best) == array.q_learning_error(
            1.0, 0.9, value, next_value, 2
        )


@pytest.mark.parametrize("room", ROOMS)
def test_expected_and_double_errors_by_hand(room):
    value, next_value, third = [0.25, 3.0, 0.0], [2.0, 4.0, 1.0], [0.5, 0.25, 0.25]
    selector = [1.0, 0.0, 5.0]
    if room is array:
        value, next_value, third, selector = map(jnp.array, (value, next_value, third, selector))
    expected = room.expected_sarsa_error(1.0, 0.5, value, next_value, 0, third)
    assert float(expected) == 1 + 0.5 * (1 + 1 + 0.25) - 0.25
    assert float(room.double_q_error(1.0, 0.5, value, next_value, selector, 1)) == 1 + 0.5 * 1 - 3
    assert float(room.double_q_error(1.0, 0.0, value, next_value, selector, 1)) == 1 - 3


@pytest.mark.parametrize("room", ROOMS)
def test_expected_sarsa_and_double_q_are_between_the_other_two(room):
    rng = np.random.default_rng(3)
    for _ in range(5):
        value, next_value = [x.tolist() for x in rng.normal(size=(2, 4))]
        best, some = int(np.argmax(next_value)), int(rng.integers(4))
        rows = [np.eye(4)[best].tolist(), np.eye(4)[some].tolist()]
        if room is array:
            value, next_value, *rows = map(jnp.array, (value, next_value, *rows))
        step = (1.0, 0.9, value, next_value)
        greedy = room.q_learning_error(*step, 2)
        assert room.expected_sarsa_error(*step, 2, rows[0]) == greedy
        assert room.double_q_error(*step, next_value, 2) == greedy
        followed = room.sarsa_error(*step, 2, some)
        assert room.expected_sarsa_error(*step, 2, rows[1]) == followed
        assert room.double_q_error(*step, rows[1], 2) == followed


def test_of_selected_actions_that_tie_the_first_has_the_slope_and_the_selector_none():
    selector, next_value = [Value(x) for x in (1.0, 2.0, 2.0)], [Value(x) for x in (7.0, 5.0, 6.0)]
    error = scalar.double_q_error(0.0, 0.5, [0.0] * 3, next_value, selector, 0)
    error.backward()
    rest = jnp.zeros(3), jnp.array([7.0, 5.0, 6.0]), jnp.array([1.0, 2.0, 2.0])
    found, slopes = jax.value_and_grad(array.double_q_error, argnums=(3, 4))(0.0, 0.5, *rest, 0)
    assert error.data == float(found) == 2.5
    assert slopes[0].tolist() == [v.grad for v in next_value] == [0, 0.5, 0]
    assert slopes[1].tolist() == [v.grad for v in selector] == [0, 0, 0]


@pytest.mark.parametrize("room", ROOMS)
def test_dqn_loss_has_the_clipped_error_for_its_slope(room):
    errors = [-3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 1e6]
    if room is scalar:
        xs = [Value(x) for x in errors]
        room.dqn_loss(xs, reduction="sum").backward()
        slopes = [x.grad for x in xs]
        mean = room.dqn_loss(errors)
    else:
        slopes = jax.grad(lambda e: room.dqn_loss(e, reduction="sum"))(jnp.array(errors)).tolist()
        mean = room.dqn_loss(jnp.array(errors))
    assert slopes == [-1, -1, -0.25, 0, 0.5, 1, 1]
    assert float(mean) == pytest.approx((2.5 + 0.5 + 0.03125 + 0 + 0.125 + 0.5 + 1e6 - 0.5) / 7, rel=1e-15)


def test_dqn_loss_meets_optax_with_any_delta():
    errors = jnp.array([[-3.0, -0.5], [0.2, 0.7]])
    for delta in (0.5, 1.0, 2.0):
        terms = array.dqn_loss(errors, delta, "none")
        np.testing.assert_allclose(terms, optax.huber_loss(errors, delta=delta), rtol=1e-15)
        np.testing.assert_allclose(scalar.dqn_loss(errors.tolist(), delta, "none"), terms, rtol=1e-15)
    assert array.dqn_loss(errors.astype(jnp.float32)).dtype == jnp.float32


def test_tied_next_actions_share_the_slope():
    slope = jax.grad(array.q_learning_error, argnums=3)(0.0, 0.9, jnp.zeros(3), jnp.array([2.0, 1.0, 2.0]), 0)
    next_value = [Value(2.0), Value(1.0), Value(2.0)]
    scalar.q_learning_error(0.0, 0.9, [0.0] * 3, next_value, 0).backward()
    assert slope.tolist() == [v.grad for v in next_value] == [0.45, 0, 0.45]


@pytest.mark.parametrize("room", ROOMS)
def test_errors_refuse_what_does_not_fit(room):
    two, three = ([0.0] * 2, [0.0] * 3) if room is scalar else (jnp.zeros(2), jnp.zeros(3))
    with pytest.raises(ValueError, match=r"^q_learning_error: action must be in \[0, 2\); got 2\.$"):
        room.q_learning_error(0.0, 0.9, two, two, 2)
    with pytest.raises(ValueError, match=r"^sarsa_error: next_action must be in \[0, 2\); got -1\.$"):
        room.sarsa_error(0.0, 0.9, two, two, 0, -1)
    with pytest.raises(TypeError, match=r"^q_learning_error: action must be an integer; got 1\.5\.$"):
        room.q_learning_error(0.0, 0.9, two, two, 1.5)
    shapes = r"value and next_value must share one shape \[A\]; got \(2,\) and \(3,\)\.$"
    with pytest.raises(ValueError, match=f"^sarsa_error: {shapes}"):
        room.sarsa_error(0.0, 0.9, two, three, 0, 0)
    with pytest.raises(
        ValueError, match=r"^q_learning_error: reward must be one number; got shape \(3,\)\.$"
    ):
        room.q_learning_error(three, 0.9, two, two, 0)


@pytest.mark.parametrize("room", ROOMS)
def test_both_rooms_refuse_what_is_no_number_and_no_index_in_the_same_words(room):
    good = dict(reward=1.0, discount=0.5, value=[1.0, 2.0], next_value=[3.0, 4.0], action=0, next_action=1)
    bad = [(name, wrong, f"be {what}") for name, wrong, what in [
        ("reward", "a", "an array of numbers; got 'a'"),
        ("reward", None, "an array of numbers; got None"),
        ("discount", 1j, "an array of numbers; got 1j"),
        ("discount", [0.5], "one number; got shape (1,)"),
        ("value", ["a", 1.0], "an array of numbers; got ['a', 1.0]"),
        ("next_value", None, "an array of numbers; got None"),
        ("action", True, "an integer; got True"),
        ("action", None, "an integer; got None"),
        ("action", [0, 1], "an integer; got [0, 1]"),
        ("next_action", False, "an integer; got False"),
    ]]  # fmt: skip
    for name, wrong, words in bad:
        with pytest.raises((TypeError, ValueError)) as error:
            room.sarsa_error(**good | {name: wrong})
        assert str(error.value) == f"sarsa_error: {name} must {words}."
        assert error.type is (ValueError if "shape" in words else TypeError)


@pytest.mark.parametrize(("action", "shown"), [(jnp.zeros(2, int), r"int64 \(2,\)"), (0.5, r"float64 \(\)")])
def test_a_traced_action_is_one_integer(action, shown):
    with pytest.raises(TypeError, match=f"^q_learning_error: action must be an integer; got {shown}"):
        jax.jit(array.q_learning_error)(1.0, 0.5, jnp.zeros(2), jnp.zeros(2), action)


def test_error_formula_is_batched_by_vmap():
    rng = np.random.default_rng(1)
    reward, discount = rng.normal(size=6), rng.uniform(size=6)
    value, next_value = rng.normal(size=(2, 6, 4))
    action = rng.integers(0, 4, 6)
    batch = jax.jit(jax.vmap(array.q_learning_error))(reward, discount, value, next_value, action)
    for i in range(6):
        single = scalar.q_learning_error(
            reward[i], discount[i], value[i].tolist(), next_value[i].tolist(), int(action[i])
        )
        assert float(batch[i]) == pytest.approx(single, rel=1e-15)
