"""SARSA(lambda) with tile coding: values of continuous observations, linear in the tiles they lie on."""

import numpy as np
from gymnasium.spaces import Box

from .. import checks, counted, envs, inputs
from ..tiles import Tiles
from .stepping import SteppingAgent

TRACES = ("replacing", "accumulating", "dutch")


class TileSarsa(SteppingAgent):
    """Episodic semi-gradient SARSA(lambda) on a Box of observations. What else it can do: `SteppingAgent`.

        q(obs, b) = sum_i x[i] * weights[i,b],  x[i] = 1 for the K tiles that obs lies on, else 0
        error = reward + gamma * (1 - terminated) * q(next_obs, next_action) - q(obs, action)
        rate[t] = learning_rate[t] / K,  t = earlier steps
        trace <- gamma * trace_decay * trace, and then at (x, action), by the kind of trace:
        trace <- 1 where x is (replacing), or trace + x (accumulating); weights += rate[t] * error * trace

    Dutch traces are the true online SARSA(lambda), whose weights are at every step those of the forward view:

        trace += (1 - rate[t] * (trace . x)) * x
        weights += rate[t] * (error + q(obs, action) - old) * trace - rate[t] * (q(obs, action) - old) * x
        old <- q(next_obs, next_action), as it was before this update

    trace_decay 0 is SARSA; traces end with the episode, and with it old is 0 again. next_action is chosen
    before the weights change, and is the one taken. A step costs more the more tiles there are, because
    every weight is touched: tens of microseconds for thousands.

    tiles: the `rl.tiles.Tiles`. weights: [tiles.size, A].
    Source: Sutton and Barto 2018, sections 10.1 and 12.7 (tiles: 9.5.4); van Seijen et al. 2016.

    >>> agent = TileSarsa("MountainCar-v0", gamma=0.5, learning_rate=0.5)
    >>> agent.update([-0.5, 0.0], 2, -1.0, [-0.5, 0.001], terminated=False, next_action=0)
    -1.0
    >>> agent.action_values([-0.5, 0.0]).tolist()
    [0.0, 0.0, -0.5]
    """

    lasting = ("tiles", "num_tilings", "low", "high")

    def __init__(
        self,
        env,
        seed=0,
        tiles: int | tuple[int, ...] = 8,
        num_tilings=8,
        low=None,
        high=None,
        trace_decay=0.9,
        trace="replacing",
        gamma=1.0,
        learning_rate=0.5,
        epsilon=0.0,
        initial_value=0.0,
    ):
        """Makes the environment and the weights; nothing is stepped yet.

        env: an id, or an environment with Discrete actions and observations in a Box of one axis.
        seed: an integer >= 0, of the environment and of exploration.
        tiles: how many along each dimension, an integer >= 1 or one for each. num_tilings: K >= 1.
        low, high: the box that is tiled, [D]; None: the space's own, which must be bounded then.
        trace_decay: lambda, in [0, 1]. trace: "replacing", "accumulating" or "dutch". gamma: in [0, 1].
        learning_rate: in [0, 1], the part of an error that one step takes away where all tiles are shared.
        epsilon: in [0, 1], how often an action is random. Both may be functions of the steps too, such as
        learning_rate=rl.inverse_time(0.5, 20_000): half of 0.5 after 20,000 steps.
        initial_value: a return that is hard to beat, so that every action gets tried; too low, set epsilon.
        """
        checks.number_in("TileSarsa", "trace_decay", trace_decay, 0, 1)
        checks.one_of("TileSarsa", "trace", trace, TRACES)
        super().__init__(env, seed, gamma, learning_rate, epsilon, initial_value)
        self.trace_decay, self.trace = float(trace_decay), trace
        self.num_actions, low, high = _spaces(self.env, low, high)
        try:
            self.tiles = Tiles(low, high, tiles, num_tilings)
        except (TypeError, ValueError) as error:
            raise type(error)(str(error).replace("Tiles:", "TileSarsa:", 1)) from None
        self.low, self.high = tuple(self.tiles.low.tolist()), tuple(self.tiles.high.tolist())
        self.num_tilings = self.tiles.num_tilings
        shape = self.tiles.size, self.num_actions
        self.weights = np.full(shape, self.initial_value / self.tiles.num_tilings)
        self._trace, self._room = np.zeros(shape), np.empty(shape)
        own = envs.bounds(self.observation_space)
        self._bounds = list(zip(*(bound.tolist() for bound in own), strict=True))
        self._state_of = self._tiled
        self._leave()

    def _leave(self):
        super()._leave()
        self._trace.fill(0.0)
        self._old = 0.0

    def _tiled(self, obs, function="act"):
        """The tiles of an observation; raises where it is not in the space."""
        x = obs.tolist() if isinstance(obs, np.ndarray) else obs
        try:
            inside = all([low <= v <= high for v, (low, high) in zip(x, self._bounds, strict=True)])
        except (TypeError, ValueError):
            inside = False
        if not inside:
            from .. import observed  # which loads JAX

            observed.one(function, self.observation_space, obs)  # rounding may lead beyond a bound
        return self.tiles.active(x)

    def _row(self, obs):
        return np.add.reduce(self.weights.take(obs, 0), 0).tolist()

    def _setting(self, name):
        return self.tiles.tiles if name == "tiles" else super()._setting(name)

    def _values(self):
        return {"weights": self.weights.copy()}

    def _set_values(self, values):
        self.weights = values["weights"].copy()

    def action_values(self, obs):
        """q(obs, b) of every action: [A]. obs: [D], one observation."""
        return np.array(self._row(self.state(obs)))

    def update(self, obs, action, reward, next_obs, terminated, next_action):
        """Learns from one transition, in all pairs of its episode; returns rl.q_learning.sarsa_error of it.

        obs, next_obs: [D], observations. action: an integer in [0, A). next_action: the one that follows, of
        no account where terminated is True: the episode is over for good. Raises ValueError, and learns
        nothing, for an action outside, an observation that is none or a reward beyond 1e200.
        """
        checks.integer_in("update", "action", action, self.num_actions)
        checks.integer_in("update", "next_action", next_action, self.num_actions)
        checks.flag("update", "terminated", terminated)
        reward, state = inputs.reward("update", "reward", reward), self._tiled(obs, "update")
        next_value = 0.0 if terminated else self._row(self._tiled(next_obs, "update"))[next_action]
        return self._change(state, action, reward, next_value, terminated)

    def _change(self, obs, action, reward, next_value, terminated):
        """The update, from tiles and from what the next pair is worth."""
        value, next_value = self._row(obs)[action], 0.0 if terminated else next_value
        error = reward + self.gamma * next_value - value
        self._finite(error)
        rate = self._now("learning_rate", self.steps) / self.tiles.num_tilings
        pairs = obs * self.num_actions + action  # in arrays that are seen flat
        trace, weights, room = self._trace.ravel(), self.weights.ravel(), self._room.ravel()
        if self.trace == "replacing":
            trace[pairs] = 1.0
        elif self.trace == "accumulating":
            trace[pairs] += 1.0
        else:
            surprise = value - self._old
            trace[pairs] += 1.0 - rate * float(np.add.reduce(trace[pairs]))
            weights[pairs] -= rate * surprise
            error, told = error + surprise, error
        np.multiply(trace, rate * error, out=room)
        np.add(weights, room, out=weights)
        np.multiply(trace, self.gamma * self.trace_decay, out=trace)
        self._old = next_value
        if terminated:
            self._trace.fill(0.0)
            self._old = 0.0
        return told if self.trace == "dutch" else error

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        if terminated:
            self._change(obs, action, reward, 0.0, True)
            return None
        row = self._row(next_obs)
        random = self._explores(self.steps + 1)
        next_action = self._random.randrange(self.num_actions) if random else row.index(max(row))
        self._change(obs, action, reward, row[next_action], False)
        return next_action


def _spaces(env, low, high):
    """Number of actions, and the box that is tiled: what the user gave, else the space's own bounds."""
    obs = env.observation_space
    if not isinstance(obs, Box) or len(obs.shape) != 1:
        if isinstance(obs, Box):
            fix = "gymnasium.wrappers.FlattenObservation"
        elif counted.is_counted(obs) and counted.is_discrete(env.action_space):
            fix = "rl.QTable"
        else:
            fix = counted.takers(env) or "gymnasium.wrappers.TransformObservation"
        raise ValueError(
            f"TileSarsa: observations must be a Box of one axis; got {obs} in {envs.name(env)}. Fix: {fix}."
        )
    num_actions = counted.num_actions("TileSarsa", env)
    bounds = []
    for name, given, own in (("low", low, obs.low), ("high", high, obs.high)):
        bound = own if given is None else inputs.numbers("TileSarsa", name, given)
        if bound.shape != obs.shape:
            raise ValueError(f"TileSarsa: {name} must have shape {obs.shape}; got {bound.shape}.")
        if not np.isfinite(bound).all():
            raise ValueError(
                f"TileSarsa: {name} must be finite; got {bound} for {envs.name(env)}. "
                f"Fix: give {name}, the bounds of what is seen."
            )
        bounds.append(bound)
    return num_actions, *bounds
