"""Tile coding and SARSA(lambda) on it: the tiles of a point, the formula, the traces, MountainCar."""

from fractions import Fraction
from itertools import product
from math import floor

import gymnasium
import numpy as np
import pytest

import rl
from rl import q_learning, settings
from rl.tiles import Tiles

COARSE = dict(tiles=2, num_tilings=4, low=[-1.0, -1.0], high=[1.0, 1.0])


class Line(gymnasium.Env):
    """Probe: states are points of a line; table[state][action] = (reward, next, terminated, truncated)."""

    def __init__(self, table, starts=1):
        self.table, self.starts = table, starts
        self.observation_space = gymnasium.spaces.Box(0.0, 1.0, (1,))
        self.action_space = gymnasium.spaces.Discrete(len(table[0]))

    def _obs(self):
        return np.array([self.state / max(len(self.table) - 1, 1)], np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = int(self.np_random.integers(self.starts))
        return self._obs(), {}

    def step(self, action):
        reward, self.state, terminated, truncated = self.table[self.state][action]
        return self._obs(), reward, terminated, truncated, {}


END, CUT, ON = (True, False), (False, True), (False, False)
traces = pytest.mark.parametrize("trace", ["replacing", "accumulating", "dutch"])


def probe(table, trace, steps=2_000, starts=1, **given):
    given = dict(gamma=0.5, epsilon=0.2, tiles=4, num_tilings=4) | given
    return rl.TileSarsa(Line(table, starts), trace=trace, **given).train(steps, progress=False)


def exact_tiles(point, low, high, counts, num_tilings):
    """The definition, in whole and broken numbers."""
    found, start = [], 0
    for k in range(num_tilings):
        number = 0
        for d, (x, lo, hi, count) in enumerate(zip(point, low, high, counts, strict=True)):
            x, lo, hi = (Fraction(v) for v in (x, lo, hi))
            shift = Fraction(k * (2 * d + 1) % num_tilings, num_tilings)
            place = floor((min(max(x, lo), hi) - lo) / (hi - lo) * count + shift)
            number = number * (count + 1) + place
        found.append(start + number)
        start += np.prod([count + 1 for count in counts])
    return found


def test_tiles_are_their_definition():
    low, high, counts = [-2.0, 0.0, 1.0], [2.0, 1.0, 9.0], (3, 8, 1)
    tiles = Tiles(low, high, counts, num_tilings=16)
    rng = np.random.default_rng(0)
    corners = product((-9.0, -2.0, 2.0), (0.0, 1.0), (1.0, 9.0, 99.0))
    for point in [*rng.uniform(-3, 11, (200, 3)).tolist(), *corners]:
        assert tiles.active(point).tolist() == exact_tiles(point, low, high, counts, 16), point
    assert tiles.size == 16 * 4 * 9 * 2
    top = tiles.active(high).tolist()
    assert max(top) < tiles.size and min(tiles.active(low)) == 0


def test_near_points_share_tiles_and_far_ones_none():
    tiles = Tiles([0.0], [1.0], tiles=4, num_tilings=8)
    here = set(tiles.active([0.5]).tolist())
    shared = [len(here & set(tiles.active([0.5 + n / 32]).tolist())) for n in range(9)]
    assert shared == [8, 7, 6, 5, 4, 3, 2, 1, 0]


@traces
def test_probe_values_are_found(trace):
    assert probe([[(1.0, 0, *END)]], trace, initial_value=3.0).action_values([0.0]) == pytest.approx([1.0])
    seen = probe([[(-1.0, 0, *END)], [(1.0, 0, *END)]], trace, starts=2)
    assert [seen.action_values([x])[0] for x in (0.0, 1.0)] == pytest.approx([-1.0, 1.0])
    later = probe([[(0.0, 1, *ON)], [(1.0, 0, *END)]], trace)
    assert [later.action_values([x])[0] for x in (0.0, 1.0)] == pytest.approx([0.5, 1.0], abs=1e-6)
    better = probe([[(-1.0, 0, *END), (1.0, 0, *END)]], trace)
    assert better.action_values([0.0]) == pytest.approx([-1.0, 1.0], abs=1e-6) and better.act([0.0]) == 1
    table = [[(1.0, 0, *END), (-1.0, 0, *END)], [(-1.0, 0, *END), (1.0, 0, *END)]]
    both = probe(table, trace, starts=2)
    assert [both.act([x]) for x in (0.0, 1.0)] == [0, 1]


@traces
def test_truncation_bootstraps_and_termination_does_not(trace):
    # One state that pays 1 for ever: 1 / (1 - gamma) = 2 although every episode is cut after one step.
    for after, value in ((CUT, 2.0), (END, 1.0)):
        assert probe([[(1.0, 0, *after)]], trace).action_values([0.0]) == pytest.approx([value], abs=1e-9)
    limited = gymnasium.wrappers.TimeLimit(Line([[(1.0, 0, *ON)]]), 3)
    agent = rl.TileSarsa(limited, trace=trace, gamma=0.5, trace_decay=0.0).train(600, progress=False)
    assert agent.action_values([0.0]) == pytest.approx([2.0], abs=1e-9)
    assert agent.episode_returns == [3.0] * 200


def filled(trace="replacing", **given):
    """An agent whose weights are random numbers."""
    given = dict(COARSE, gamma=0.9, learning_rate=0.5, trace=trace) | given
    agent = rl.TileSarsa("MountainCar-v0", **given)
    agent.weights[:] = np.random.default_rng(2).normal(size=agent.weights.shape)
    return agent


@traces
@pytest.mark.parametrize("terminated", [False, True])
def test_the_error_is_the_formula(trace, terminated):
    rng, agent = np.random.default_rng(3), filled(trace)
    for last in (False, False, terminated):
        obs, next_obs = rng.uniform(-1, 1, (2, 2)) * [0.6, 0.07]
        value, next_value = agent.action_values(obs), agent.action_values(next_obs)
        expected = q_learning.sarsa_error(0.25, 0.9 * (1 - last), value, next_value, 2, 1)
        found = agent.update(obs, 2, 0.25, next_obs, last, next_action=1)
        assert found == pytest.approx(float(expected), rel=1e-13)


def walks():
    """Two episodes of (obs, action, reward, next_obs, terminated, next_action); the points come back."""
    rng = np.random.default_rng(4)
    points, found = rng.uniform(-1, 1, (4, 2)) * [0.6, 0.07], []
    for length in (9, 6):
        places, actions = rng.integers(4, size=length + 1), rng.integers(3, size=length + 1)
        for t in range(length):
            now, then = points[places[t]], points[places[t + 1]]
            paid = float(rng.normal())
            found.append((now, int(actions[t]), paid, then, t == length - 1, int(actions[t + 1])))
    return found


@pytest.mark.parametrize("trace", ["replacing", "accumulating"])
def test_traces_pass_errors_back_as_the_matrix_says(trace):
    agent = filled(trace, trace_decay=0.7)
    weights, z = agent.weights.copy(), np.zeros_like(agent.weights)
    for obs, action, reward, next_obs, terminated, next_action in walks():
        x, y = np.zeros_like(weights), np.zeros_like(weights)
        x[agent.tiles.active(obs), action] = 1.0
        y[agent.tiles.active(next_obs), next_action] = 1.0 - terminated
        error = reward + 0.9 * (y * weights).sum() - (x * weights).sum()
        z = 0.9 * 0.7 * z
        z = np.where(x > 0, 1.0, z) if trace == "replacing" else z + x
        weights += 0.5 / 4 * error * z
        agent.update(obs, action, reward, next_obs, terminated, next_action)
        if terminated:
            z[:] = 0.0
    np.testing.assert_allclose(agent.weights, weights, rtol=1e-12)


def forward_view(weights, episode, active, rate, gamma, decay):
    """The online lambda-return algorithm: at every step all updates so far are made anew, from the start.

    Sutton and Barto 2018, sections 12.3 and 12.4, on action values.
    """
    start, newest = weights.copy(), [weights.copy()]  # newest[t]: what has been learnt before step t
    for h in range(1, len(episode) + 1):
        weights = start.copy()
        for t in range(h):
            returns, paid = [], 0.0  # n-step returns of the pair at t, up to the horizon
            for i in range(t, h):
                _, _, reward, next_obs, terminated, next_action = episode[i]
                paid += gamma ** (i - t) * reward
                future = 0.0 if terminated else newest[i][active(next_obs), next_action].sum()
                returns.append(paid + gamma ** (i - t + 1) * future)
            shares = [(1 - decay) * decay**n for n in range(h - t - 1)] + [decay ** (h - t - 1)]
            obs, action = episode[t][:2]
            error = np.dot(shares, returns) - weights[active(obs), action].sum()
            weights[active(obs), action] += rate * error
        newest.append(weights.copy())
    return weights


@pytest.mark.parametrize("decay", [0.0, 0.7, 1.0])
def test_dutch_traces_are_the_forward_view(decay):
    agent = filled("dutch", trace_decay=decay)
    weights, moves = agent.weights.copy(), walks()
    for episode in (moves[:9], moves[9:]):
        for move in episode:
            agent.update(*move)
        weights = forward_view(weights, episode, agent.tiles.active, 0.5 / 4, 0.9, decay)
        np.testing.assert_allclose(agent.weights, weights, rtol=1e-11)


@traces
def test_training_in_parts_is_training_at_once(trace):
    given = dict(
        seed=3, epsilon=rl.inverse_time(0.1, 100), learning_rate=rl.inverse_time(0.5, 300), trace=trace
    )
    parts, whole = (rl.TileSarsa("MountainCar-v0", **given) for _ in range(2))
    for steps in (1, 499, 0, 250):
        parts.train(steps, progress=False)
        parts.evaluate(1)
    whole.train(750, progress=False)
    np.testing.assert_array_equal(parts.weights, whole.weights)
    assert parts.episode_returns == whole.episode_returns == [-200.0] * 3 and parts.steps == 750
    other = rl.TileSarsa("MountainCar-v0", **given | dict(seed=4)).train(750, progress=False)
    assert (other.weights != whole.weights).any()


def test_the_step_size_halves_after_its_steps():
    agent = filled(learning_rate=rl.inverse_time(0.5, 100), trace_decay=0.0)
    agent.steps = 100
    before = agent.action_values([0.0, 0.0])[1]
    error = agent.update([0.0, 0.0], 1, 1.0, [0.5, 0.5], True, 0)
    assert agent.action_values([0.0, 0.0])[1] - before == pytest.approx(0.25 * error, rel=1e-12)


def test_an_interrupted_episode_is_forgotten_with_its_traces():
    class Failing(Line):
        calls = 0

        def step(self, action):
            Failing.calls += 1
            if Failing.calls == 2:
                raise KeyboardInterrupt
            return super().step(action)

    table = [[(1.0, 1, *ON)], [(1.0, 0, *END)]]
    agent = rl.TileSarsa(Failing(table), trace="dutch", tiles=1, num_tilings=1)
    with pytest.raises(KeyboardInterrupt):
        agent.train(4, progress=False)
    kept = agent.action_values([1.0])
    agent.update([0.0], 0, 5.0, [0.0], True, 0)
    assert (agent.action_values([1.0]) == kept).all()
    agent.train(4, progress=False)
    assert agent.episode_returns == [2.0, 2.0]


def made(env="MountainCar-v0", **given):
    return lambda: rl.TileSarsa(env, **given)


def updated(action=0, reward=1.0):
    return lambda: made()().update([0.0, 0.0], action, reward, [0.0, 0.0], False, 0)


def tiled(low=(0.0,), high=(1.0,), **given):
    return lambda: rl.Tiles(low, high, **given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            made("FrozenLake-v1"),
            "TileSarsa: observations must be a Box of one axis; got Discrete.*Fix: rl.QTable.",
        ),
        (made("Pendulum-v1"), "TileSarsa: actions must be Discrete and count from 0; got Box.*Fix: .*rl.PPO"),
        (made("CartPole-v1"), r"TileSarsa: low must be finite; got .* for CartPole-v1\. Fix: give low"),
        (made(low=[0.0]), r"TileSarsa: low must have shape \(2,\); got \(1,\)"),
        (made(trace="Dutch"), "TileSarsa: trace must be 'replacing', 'accumulating' or 'dutch'; got 'Dutch'"),
        (made(trace_decay=2), r"TileSarsa: trace_decay must be in \[0, 1\]; got 2"),
        (made(gamma=2), r"TileSarsa: gamma must be in \[0, 1\]; got 2"),
        (made(learning_rate=2), r"TileSarsa: learning_rate must be in \[0, 1\]; got 2"),
        (lambda: made()().act([0.0]), r"act: obs must have shape \(2,\); got \(1,\)"),
        (lambda: made()().act([0.0, np.nan]), r"act: obs must be in Box\(.*; got nan"),
        (lambda: made()().act([5, 0]), r"act: obs must be in Box\(.*; got 5.0"),
        (
            lambda: made()().update([0, 0], 0, 1.0, [0, 9], False, 0),
            r"update: obs must be in Box\(.*; got 9.0",
        ),
        (lambda: rl.Tiles([0], [1]).active([np.nan]), r"active: x must be 1 numbers; got \[nan\]"),
        (updated(action=3), r"update: action must be in \[0, 3\); got 3"),
        (updated(reward=np.inf), "update: reward must be finite; got inf"),
        (updated(reward=1e250), r"update: reward must be within 1e\+200 of 0, .*; got 1e\+250"),
        (tiled(high=[0.0]), r"Tiles: low must be < high; got 0.0 and 0.0 in dimension 0"),
        (tiled(high=[np.inf]), "Tiles: high must be finite; got inf"),
        (tiled(low=[0.0, 0.0]), r"Tiles: low and high must share one shape \[D\]"),
        (tiled(tiles=(2, 3)), "Tiles: tiles must be one number or 1; got 2 numbers"),
        (tiled(num_tilings=0), "Tiles: num_tilings must be >= 1; got 0"),
        (tiled([0.0] * 9, [1.0] * 9), "Tiles: there must be at most 10,000,000 tiles; got .* Fix: "),
    ],
)
def test_mistakes_get_a_sentence(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def climbs(seed):
    """Whether the row of the table solves MountainCar, judged in Gymnasium's own environment."""
    row = settings.row("TileSarsa", "MountainCar-v0")
    assert row is not None
    agent = rl.TileSarsa(row.env, seed=seed, **row.settings).train(row.steps, progress=False)
    return agent.evaluate(100).mean_return >= row.threshold


@pytest.mark.slow
def test_one_seed_climbs_the_mountain():
    assert climbs(0)


@pytest.mark.slow
def test_the_mountain_is_climbed():
    assert sum(climbs(seed) for seed in range(10)) >= 9
