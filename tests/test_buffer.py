"""The replay buffer against a plain list of steps, and the sum tree against sums that numpy makes."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

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


class Short(gymnasium.Env):
    """Episodes of four steps."""

    observation_space, action_space = Box(0, 4, (1,), np.float32), Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.t = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.t += 1
        return np.full(1, self.t, np.float32), 10.0, self.t == 4, False, {}


@pytest.mark.parametrize("n_step", [1, 3])
def test_a_step_that_only_resets_has_no_priority(n_step):
    vector = gymnasium.vector.SyncVectorEnv([Short] * 2)
    settings = dict(prioritized=True, learning_starts=20, buffer_size=64, hidden=(4,), n_step=n_step)
    agent = rl.DQN(vector, **settings).train(400, progress=False)  # each row was written several times
    learner = agent._training.learner
    real = np.array(learner.buffer.steps.mask).ravel()
    sums = np.asarray(learner.priorities.sums)
    leaves = sums[len(sums) // 2 :][: real.size]
    assert 0.1 < (~real).mean() < 0.3
    newest = int(learner.buffer.head) - 1 - np.arange(n_step - 1)  # without enough steps ahead
    real.reshape(-1, 2)[newest % (real.size // 2)] = False
    assert ((leaves > 0) == real).all()


def test_a_buffer_of_a_step_that_only_resets_teaches_nothing():
    vector = gymnasium.vector.SyncVectorEnv([Short])
    settings = dict(num_steps=1, buffer_size=1, batch_size=4, hidden=(4,), learning_starts=0)
    agent = rl.DQN(vector, prioritized=True, **settings).train(20, progress=False)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(agent._training.learner.params))


class Chain(gymnasium.Env):
    """Observations tell episode and step, 1000 * episode + step; no episode ends."""

    observation_space, action_space = Box(0, 1e6, (1,), np.float32), Discrete(2)
    begun, fails = 0, False

    def reset(self, *, seed=None, options=None):
        Chain.begun, self.t = Chain.begun + 1, 0
        return np.full(1, 1000.0 * Chain.begun, np.float32), {}

    def step(self, action):
        if Chain.fails:
            raise RuntimeError("no power")
        self.t += 1
        return np.full(1, 1000.0 * Chain.begun + self.t, np.float32), 1.0, False, False, {}


def chain(tmp_path, how, made, **settings):
    """An agent whose host began anew after four steps of an episode that had not ended."""
    Chain.begun, Chain.fails = 0, False
    agent = made(Chain, num_steps=4, **settings).train(4, progress=False)
    if how == "loaded":
        agent.save(tmp_path / "agent")
        agent = made.load(tmp_path / "agent", env=Chain)
    elif how == "failed":
        Chain.fails = True
        with pytest.raises(rl.EnvError):
            agent.train(4, progress=False)
        Chain.fails = False
    return agent.train(4, progress=False)


@pytest.mark.parametrize("how", ["loaded", "failed", "goes on"])
def test_returns_over_several_steps_end_where_the_host_began_anew(tmp_path, how):
    settings = dict(num_envs=1, n_step=3, learning_starts=10**6, buffer_size=16, hidden=(4,))
    buffer = chain(tmp_path, how, rl.DQN, **settings)._training.learner.buffer
    batch = batch_from(buffer, np.array([2]), np.array([0]), 0.5, 3)
    found = [float(x[0]) for x in (batch.obs[0], batch.reward, batch.next_obs[0], batch.discount)]
    assert found == ([1002.0, 1.75, 1005.0, 0.125] if how == "goes on" else [1002.0, 1.5, 1004.0, 0.25])


@pytest.mark.filterwarnings("ignore:REINFORCE")  # no episode ends
def test_the_discounted_return_that_scales_rewards_ends_there_too(tmp_path):
    settings = dict(num_envs=1, normalize_reward=True, gamma=0.5, hidden=(4,))
    for how, sums in (("loaded", 1.875), ("failed", 1.875), ("goes on", 2 - 2.0**-7)):
        agent = chain(tmp_path / how, how, rl.A2C, **settings)
        assert float(agent._training.learner.scales.under_way[0]) == sums
    fresh = chain(tmp_path, "goes on", rl.REINFORCE, **settings)
    assert float(fresh._training.learner.scales.under_way[0]) == 1.875


def test_several_steps_end_where_a_vector_of_environments_began_anew(tmp_path):
    for mode in gymnasium.vector.AutoresetMode:
        Chain.begun, Chain.fails = 0, False
        vector = gymnasium.vector.SyncVectorEnv([Chain], autoreset_mode=mode)
        agent = rl.DQN(vector, num_steps=4, n_step=3, learning_starts=10**6, buffer_size=16, hidden=(4,))
        agent.train(4, progress=False).save(tmp_path / mode.name)
        agent = rl.DQN.load(tmp_path / mode.name, env=vector).train(4, progress=False)
        batch = batch_from(agent._training.learner.buffer, np.array([2]), np.array([0]), 0.5, 3)
        assert (float(batch.next_obs[0, 0]), float(batch.discount[0])) == (1004.0, 0.25)
