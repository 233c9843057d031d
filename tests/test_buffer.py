"""The replay buffer against a plain list of steps, and the sum tree against sums that numpy makes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rl
from rl import buffer as replay
from rl.rollout import Rollout

GAMMA, ENVS, CAPACITY = 0.5, 2, 6  # powers of two and whole rewards: every sum is exact
# What ends each step of two environments: "." nothing, "T" terminated, "C" cut off.
added = jax.jit(replay.added)
batch_from = jax.jit(replay.batch, static_argnums=(3, 4))
prioritized = jax.jit(replay.prioritized)
ENDS = ("..T...C...T..TC.", ".C.....T.T....C.")


def story(count):
    """`count` steps of both environments as a Rollout, [count, ENVS, ...]."""
    t, n = np.meshgrid(np.arange(count), np.arange(ENVS), indexing="ij")
    obs = (100 * n + t)[..., None].astype(np.float32)
    ends = np.array([list(row[:count]) for row in ENDS]).T
    legal = np.stack([np.ones_like(t, bool), t % 2 == 0], -1)
    return Rollout(
        obs, (t + n).astype(np.int32), (2.0**n * (t + 1)).astype(np.float32), obs + 0.5, ends == "T",
        ends == "C", t % 5 != 4, legal, np.roll(legal, -1, 0),
    )  # fmt: skip


def filled(count, at_once=2):
    """A buffer that the first `count` steps were written into."""
    steps = story(count)
    row = Rollout(*(None if x is None else jnp.asarray(x[0]) for x in steps))
    buffer = replay.empty(row, CAPACITY)
    for start in range(0, count, at_once):
        rows = (None if x is None else jnp.asarray(x[start : start + at_once]) for x in steps)
        buffer = added(buffer, Rollout(*rows))
    return buffer


def told(steps, t, n, num_steps):
    """reward, discount and next_obs from step t on, by hand."""
    reward, discount = 0.0, 1.0
    for k in range(t, t + num_steps):
        reward += discount * steps.reward[k, n]
        discount *= 0.0 if steps.terminated[k, n] else GAMMA
        if steps.terminated[k, n] or steps.truncated[k, n]:
            break
    return reward, discount, steps.next_obs[k, n], steps.next_legal[k, n]


@pytest.mark.parametrize("count", [4, 6, 16])
def test_a_batch_over_several_steps_is_what_a_loop_adds_up(count):
    buffer, steps = filled(count), story(count)
    assert int(buffer.head) == count
    for num_steps in (1, 3, 4):
        oldest = max(0, count - CAPACITY)
        starts = [(t, n) for t in range(oldest, count - num_steps + 1) for n in range(ENVS)]
        rows, envs = np.array((starts * 12)[:12], np.int32).T  # one shape is one program
        batch = jax.tree.map(np.asarray, batch_from(buffer, rows % CAPACITY, envs, GAMMA, num_steps))
        for i, (t, n) in enumerate(starts[:12]):
            reward, discount, next_obs, next_legal = told(steps, t, n, num_steps)
            assert (batch.reward[i], batch.discount[i]) == (reward, discount), (t, n, num_steps)
            assert (batch.next_obs[i] == next_obs).all() and (batch.next_legal[i] == next_legal).all()
            assert (batch.obs[i] == steps.obs[t, n]).all() and (batch.legal[i] == steps.legal[t, n]).all()
            assert batch.action[i] == steps.action[t, n] and batch.mask[i] == steps.mask[t, n]


@pytest.mark.parametrize(("count", "num_steps"), [(4, 1), (4, 3), (16, 1), (16, 4), (16, 6)])
def test_what_has_its_steps_ahead_is_drawn_and_all_of_it_equally_often(count, num_steps):
    lots = (np.arange(60_000) + 0.5) / 60_000
    draw = jax.jit(replay.drawn, static_argnums=2)
    rows, envs = draw(filled(count), jnp.asarray(lots, jnp.float32), num_steps)
    found = list(zip(rows.tolist(), envs.tolist(), strict=True))
    oldest = max(0, count - CAPACITY)
    ready = {(t % CAPACITY, n) for t in range(oldest, count - num_steps + 1) for n in range(ENVS)}
    assert set(found) == ready
    often = np.array([found.count(one) for one in ready])
    np.testing.assert_allclose(often, 60_000 / len(ready), atol=2)


def test_the_largest_lot_draws_what_is_there():
    rows, envs = replay.drawn(filled(16), jnp.full(1, np.nextafter(np.float32(1), np.float32(0))), 2)
    assert (int(rows[0]), int(envs[0])) == (10 % CAPACITY, 1)  # the oldest of the last six steps


def consistent(tree):
    """Whether every node of a sum tree is the sum of its two."""
    sums = np.asarray(tree.sums)
    inner = np.arange(1, len(sums) // 2)
    return (sums[inner] == sums[2 * inner] + sums[2 * inner + 1]).all()


def test_sums_of_the_tree_are_those_of_numpy():
    rng, tree, plain = np.random.default_rng(0), replay.priorities(11), np.zeros(11)
    for _ in range(20):
        leaves, values = rng.permutation(11)[:4], rng.integers(0, 100, 4)
        plain[leaves] = values
        tree = prioritized(tree, leaves, values.astype(np.float32))
        sums = np.asarray(tree.sums)
        np.testing.assert_array_equal(sums[16:27], plain)
        assert sums[1] == plain.sum() and consistent(tree)
    assert (sums[27:] == 0).all() and float(tree.largest) >= plain.max()
    leaves, values = np.array([3, 3, 0, 0]), np.array([2.0, 5.0, 1.0, 1.0], np.float32)
    twice = prioritized(tree, leaves, values)
    assert consistent(twice) and float(twice.sums[16 + 3]) in (2.0, 5.0)


def test_transitions_are_drawn_as_often_as_their_priority_says():
    rng, size, rounds = np.random.default_rng(1), 64, 2_000
    values = rng.uniform(0.1, 3.0, 50) * (rng.random(50) > 0.2)
    tree = prioritized(replay.priorities(50), np.arange(50, dtype=np.int32), values.astype(np.float32))
    share, lots = values / values.sum(), rng.random((rounds, size)).astype(np.float32)
    draw = jax.jit(jax.vmap(replay.drawn_by_priority, (None, 0)))
    leaves, probability = map(np.asarray, draw(tree, lots))
    np.testing.assert_allclose(probability, share[leaves], rtol=1e-5)
    often = np.bincount(leaves.ravel(), minlength=50)
    error = np.sqrt(share * (1 - share) / (rounds * size))
    assert (np.abs(often / (rounds * size) - share) <= 5 * error + 1e-9).all()
    assert often[values == 0].sum() == 0


def test_nothing_of_priority_0_is_drawn_at_the_ends_of_the_lots():
    values = np.zeros(37, np.float32)
    values[[5, 6, 20]] = 0.1, 0.7, 1e-6
    tree = prioritized(replay.priorities(37), np.arange(37, dtype=np.int32), values)
    draw = jax.jit(replay.drawn_by_priority)
    for lot in (0.0, np.nextafter(np.float32(1), np.float32(0))):
        leaves, probability = map(np.asarray, draw(tree, np.full(1_000, lot, np.float32)))
        assert set(leaves.tolist()) <= {5, 6, 20} and (probability > 0).all()


@pytest.mark.parametrize("steps", [4, 40, 132])
def test_an_agent_gives_priority_to_what_has_its_steps_ahead_alone(steps):
    agent = rl.DQN("CartPole-v1", num_envs=2, num_steps=2, n_step=3, prioritized=True, buffer_size=64,
                   learning_starts=1_000, hidden=(4,)).train(steps, progress=False)  # fmt: skip
    learner = agent._training.learner
    head, rows = int(learner.buffer.head), learner.buffer.steps.reward.shape[0]
    assert (head, rows) == (steps // 2, 32)
    leaves = learner.priorities.sums.shape[0] // 2
    ready = {t % rows for t in range(max(0, head - rows), head - 2)}
    given = np.flatnonzero(np.asarray(learner.priorities.sums[leaves:]))
    assert set(given.tolist()) == {2 * t + n for t in ready for n in range(2)}
