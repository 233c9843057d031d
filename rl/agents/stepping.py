"""What agents share that learn at each step of one environment: the walk through it, schedules, progress.

A: actions. A state is what an agent makes of an observation: the row of a table, or the tiles it lies on.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from .. import answers, checks, claims, envs, inputs
from ..evaluate import evaluate_policy
from ..progress import progress as progress_bar

_INF, _NAN = float("inf"), float("nan")


class SteppingAgent:
    """An agent that learns from each step of one environment, in Python, and takes the best action it knows.

        epsilon[t] = epsilon / (1 + t / epsilon_steps),  t = earlier steps

    The schedule does not know how long training will be: train(a) and then train(b) is train(a + b), bit for
    bit. Every agent bootstraps on a truncated step, and on a terminated one does not.

    steps: environment steps taken. episode_returns: list of the returns of the finished episodes.
    """

    num_actions: int
    _state_of: Callable[[Any], Any]  # an observation of the environment as a state

    def __new__(cls, *_, **settings):
        checks.known(cls.__name__, checks.settings(cls), settings)
        return super().__new__(cls)

    def __init__(self, env, seed, gamma, learning_rate, epsilon, epsilon_steps, initial_value):
        """Checks what all have, and makes the environment; a subclass adds its values and calls _leave()."""
        name = type(self).__name__
        checks.whole_number(name, "seed", seed, 0)
        for label, number in (("gamma", gamma), ("learning_rate", learning_rate), ("epsilon", epsilon)):
            checks.number_in(name, label, number, 0, 1)
        inputs.positive(name, "epsilon_steps", epsilon_steps)
        checks.number_in(name, "initial_value", initial_value, -inputs.HUGE, inputs.HUGE)
        self.env = envs.make(name, env)
        self.seed, self.gamma, self.initial_value = int(seed), float(gamma), float(initial_value)
        self.learning_rate = float(learning_rate)
        self.epsilon, self.epsilon_steps = float(epsilon), float(epsilon_steps)
        self.steps, self.episode_returns = 0, []
        self._random = Random(self.seed)
        self._watched = answers.Watched(name, self.env, 0, self.seed)

    def _leave(self):
        """Forgets the running episode."""
        self._obs, self._action, self._length, self._return = None, None, 0, 0.0

    def train(self, steps, progress=True):
        """Takes that many steps in the environment, learning from each. Returns the agent.

        progress: show a bar: mean return of the last 100 episodes and steps/s.
        """
        checks.whole_number("train", "steps", steps, 0)
        checks.flag("train", "progress", progress)
        goal, chunk = self.steps + steps, max(1, steps // 100) if progress else max(1, steps)
        with progress_bar(type(self).__name__, goal if progress else None, self.steps) as bar:
            while self.steps < goal:
                self._learn(min(chunk, goal - self.steps))
                recent = self.episode_returns[-100:]
                bar.update(self.steps, {"return": np.mean(recent) if recent else _NAN})
        return self

    def _learn(self, steps):
        """Takes steps; an episode that an error broke off is left, and the next call starts a new one."""
        try:
            if self._obs is not None and (other := claims.taken(self.env, self)):
                fix = "an environment for each agent, or train again: this one then begins a new episode"
                raise self._watched.error(f"{other} has stepped this agent's environment", fix)
            self._walk(steps)
        except BaseException:  # Ctrl-C too: nobody knows whether the environment has moved
            self._leave()
            raise
        finally:
            claims.claim(self.env, self)

    def _walk(self, steps):
        """The loop over steps; what an episode has so far is kept for the next call."""
        step, limit = self._watched.step, self._watched.limit
        choose, follow, state_of = self._choose, self._follow, self._state_of
        for t in range(self.steps, self.steps + steps):
            if self._obs is None:
                self._obs = self._first_obs()
            obs, action = self._obs, self._action
            if action is None:
                action = choose(obs, t)
            outcome, reward, terminated, truncated, _ = step(action)
            try:
                next_obs = state_of(outcome)
            except TypeError:
                told = f"observation must be in {self.env.observation_space}; got {outcome!r}"
                raise self._watched.error(told) from None
            ended = terminated or truncated or self._length + 1 >= limit
            self._action = follow(obs, action, reward, next_obs, terminated, ended)
            self.steps = t + 1
            self._length += 1
            self._return += reward
            self._obs = next_obs
            if ended:
                self.episode_returns.append(self._return)
                self._leave()

    def _first_obs(self):
        """The first state of a new episode; only the very first reset is seeded."""
        obs, _ = self._watched.opened(None if self.steps else self.seed)
        return self._state_of(obs)

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        """Learns from a step; returns the next action where learning has to choose it, else None.

        ended: the episode is over, terminated or cut off.
        """
        raise NotImplementedError(f"{type(self).__name__}: an agent must say how it learns from a step.")

    def _choose(self, obs, t):
        """The action in obs after t steps: greedy, ties to the first; with probability epsilon[t] random."""
        if self._explores(t):
            return self._random.randrange(self.num_actions)
        row = self._row(obs)
        return row.index(max(row))

    def _explores(self, t):
        """Whether the action after t steps is random; without exploration no chance is used up."""
        return self.epsilon and self._random.random() < self.epsilon / (1 + t / self.epsilon_steps)

    def _row(self, obs):
        """The action values [A] of a state that decide which action is greedy."""
        raise NotImplementedError(f"{type(self).__name__}: an agent must say what actions are worth.")

    def state(self, obs):
        """The state that an observation from the user is; ValueError where it is none."""
        return self._state_of(obs)

    def _greedy(self):
        """The greedy policy, in a form that rl.evaluate_policy takes."""
        return self.act

    def _finite(self, error, reward):
        """Raises, before anything is learnt, for an error that is not finite."""
        if not -_INF < error < _INF:
            raise ValueError(f"update: reward must be finite; got {reward}.")

    def act(self, obs, deterministic=True):
        """The greedy action in obs, ties to the first; not deterministic: random as often as training now is.

        >>> from rl import QTable
        >>> QTable("FrozenLake-v1").act(0)
        0
        """
        checks.flag("act", "deterministic", deterministic)
        state = self.state(obs)
        if deterministic:
            row = self._row(state)
            return row.index(max(row))
        return self._choose(state, self.steps)

    def evaluate(self, episodes=100, seed=None, success=None, max_steps=None):
        """Plays the greedy policy in a copy of the environment: an Evaluation, see rl.evaluate_policy.

        seed: the agent's own + 1 if None. success, max_steps: as there.
        """
        seed = self.seed + 1 if seed is None else seed
        return evaluate_policy(self._greedy(), self.env, episodes, seed, success, max_steps)
