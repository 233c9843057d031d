"""What all deep agents learn with: running moments against numpy, schedules, batches, shortened gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rl
from rl import learning, schedules
from rl.rollout import Rollout

RNG = np.random.default_rng(0)


seen_more = jax.jit(learning.seen_more)


def rows(shape, offset=0.0):
    return (RNG.standard_normal(shape) + offset).astype(np.float32)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_moments_are_those_of_all_rows_that_count(offset):
    moments, seen = learning.scales(3, 4).obs, []
    for share in (0.6, 0.1, 1.0, 0.4):
        more, mask = rows((10, 4, 3), offset), RNG.random((10, 4)) < share
        moments = seen_more(moments, jnp.asarray(more), jnp.asarray(mask))
        seen.append(more[mask])
    everything = np.concatenate(seen).astype(float)
    assert moments.count == len(everything)
    np.testing.assert_allclose(moments.mean, everything.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(moments.squares / moments.count, everything.var(0), rtol=1e-3)


def test_rows_that_do_not_count_change_nothing():
    before = seen_more(learning.scales(2, 3).obs, jnp.asarray(rows((4, 3, 2))), jnp.ones((4, 3), bool))
    after = seen_more(before, jnp.asarray(rows((4, 3, 2), 99.0)), jnp.zeros((4, 3), bool))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_rows_are_normalized_within_ten_and_as_they_are_at_first():
    nothing, some = learning.scales(2, 3).obs, jnp.asarray(rows((50, 3, 2), 5.0))
    np.testing.assert_array_equal(learning.normalized(nothing, some), some)
    moments = seen_more(nothing, some, jnp.ones((50, 3), bool))
    scaled = np.asarray(learning.normalized(moments, some))
    np.testing.assert_allclose(scaled.mean((0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std((0, 1)), 1, rtol=1e-5)
    assert learning.normalized(moments, jnp.array([1e6, -1e6], jnp.float32)).tolist() == [10.0, -10.0]


def test_rewards_are_divided_by_the_deviation_of_discounted_sums():
    gamma, scales, sums, under_way = 0.9, learning.scales(1, 2), [], np.zeros(2)
    scaled = jax.jit(lambda scales, rollout: learning.scaled_reward(scales, rollout, gamma))
    for _ in range(3):
        reward, last = rows((6, 2), 1.0), RNG.random((6, 2)) < 0.3
        for t in range(6):
            under_way = gamma * under_way + reward[t]
            sums.append(under_way)
            under_way = np.where(last[t], 0.0, under_way)
        no = jnp.zeros((6, 2), bool)
        rollout = Rollout(None, None, jnp.asarray(reward), None, jnp.asarray(last), no, ~no)
        scales, found = scaled(scales, rollout)
        np.testing.assert_allclose(found, np.clip(reward / np.std(sums), -10, 10), rtol=1e-4)
    np.testing.assert_allclose(scales.under_way, under_way, rtol=1e-5)
    np.testing.assert_allclose(learning.in_reward_units(scales, 2.0), 2 * np.std(sums), rtol=1e-4)
    assert float(learning.in_reward_units(learning.scales(1, 2), 2.0)) == 2.0  # nothing was divided yet


def test_a_linear_schedule_runs_from_start_to_end_and_stays():
    schedule = rl.linear(1.0, 0.2, steps=100)
    assert [round(float(schedule(t)), 6) for t in (0, 25, 50, 100, 10**6)] == [1.0, 0.8, 0.6, 0.2, 0.2]
    np.testing.assert_allclose(schedule(jnp.array([0, 50])), [1.0, 0.6])
    assert schedule == rl.linear(1, 0.2, 100) and hash(schedule) == hash(rl.linear(1, 0.2, 100))
    for steps, error in ((0, ValueError), (2.5, TypeError)):
        with pytest.raises(error, match="linear: steps must be"):
            rl.linear(1.0, 0.0, steps)


def test_a_setting_is_a_number_or_a_function_of_the_steps():
    assert schedules.scheduled(0.5, 10) == 0.5 and schedules.scheduled(lambda step: step / 4, 10) == 2.5
    schedules.check_schedule("test", "rate", rl.linear(1.0, 0.0, 10))
    for wrong in (-1.0, float("nan"), lambda step: -1.0):
        with pytest.raises(ValueError, match=r"test: rate .*must be a finite number >= 0"):
            schedules.check_schedule("test", "rate", wrong)
    with pytest.raises(TypeError, match="test: rate must be a number"):
        schedules.check_schedule("test", "rate", "fast")


def test_means_and_deviations_leave_out_what_is_masked():
    x, mask = rows((5, 6), 3.0), RNG.random((5, 6)) < 0.5
    assert learning.mean(jnp.asarray(x), jnp.asarray(mask)) == pytest.approx(x[mask].mean(), rel=1e-6)
    scaled = np.asarray(learning.standardized(jnp.asarray(x), jnp.asarray(mask)))[mask]
    np.testing.assert_allclose(scaled, (x[mask] - x[mask].mean()) / x[mask].std(), rtol=1e-4, atol=1e-6)
    beside = jnp.asarray(np.where(mask, x, np.nan))
    assert jnp.isfinite(learning.mean(beside, jnp.asarray(mask)))
    assert learning.mean(jnp.asarray(x), jnp.zeros((5, 6), bool)) == 0


def test_every_round_goes_over_all_steps_once_in_another_order():
    steps = jnp.arange(12)
    lots = jnp.asarray(RNG.integers(0, 2**32, (3, 12), dtype=np.uint32))
    count, seen = learning.over_batches(lambda n, batch: (n + 1, batch), jnp.int32(0), steps, 3, 4, lots)
    orders = np.asarray(seen).reshape(3, 12)
    assert count == 9 and (np.sort(orders) == np.arange(12)).all()
    assert len({tuple(order) for order in orders.tolist()}) == 3
    count, seen = learning.over_batches(lambda n, batch: (n + 1, batch), jnp.int32(0), steps, 3, 12)
    assert count == 3 and np.asarray(seen).tolist() == [list(range(12))] * 3


def test_gradients_are_shortened_and_not_lengthened():
    plain = (lambda params: (), lambda grad, state: (-grad, state))
    stepper, start = learning.Stepper(plain, 1.0), jnp.zeros(2, jnp.float32)
    for grad, step in (([3.0, 4.0], [-0.6, -0.8]), ([0.3, 0.4], [-0.3, -0.4]), ([0.0, 0.0], [0.0, 0.0])):
        moved, _ = stepper.step(start, jnp.array(grad, jnp.float32), (), 1.0)
        np.testing.assert_allclose(moved, step, rtol=1e-5)
    free = learning.Stepper(plain, float("inf"))
    assert free.step(start, jnp.array([30.0, 40.0], jnp.float32), (), 0.1)[0].tolist() == [-3.0, -4.0]
