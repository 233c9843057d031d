"""Q-learning with a table: one number for each observation and action, learnt by stepping the environment.

What makes it fast is optimism: every action starts out worth more than it can be, so that the greedy policy
tries what it knows least, and no step is spent on random actions. Nothing but the steps is used.
"""

from random import Random
from time import perf_counter

import numpy as np

from .. import checks, envs, inputs
from ..evaluate import evaluate_policy

_INF = float("inf")


class QTable:
    """Tabular Q-learning.

        q[obs,action] += rate[n] * (reward + gamma * (1 - terminated) * max_b q[next_obs,b] - q[obs,action])
        rate[n] = learning_rate / (1 + n / learning_rate_visits),  n = earlier visits of obs, action
        epsilon[t] = epsilon / (1 + t / epsilon_steps),  t = earlier steps

    Neither schedule knows how long training will be: train(a) and then train(b) is train(a + b), bit for bit.
    A truncated step bootstraps, a terminated one does not.

    q: [S, A], the action values. policy: [S], greedy. steps: environment steps taken.
    episode_returns: list of the returns of the finished episodes.
    """

    def __init__(
        self,
        env,
        seed=0,
        gamma=0.995,
        learning_rate=1.0,
        learning_rate_visits=150.0,
        epsilon=0.0,
        epsilon_steps=float("inf"),
        initial_value=1.0,
    ):
        """Makes the environment and the table; nothing is stepped yet.

        env: an id, or an environment with Discrete observations and actions. seed: an integer >= 0, of the
        environment and of exploration. gamma: in [0, 1].
        learning_rate: in [0, 1], at a pair's first visit; half after learning_rate_visits (inf: it stays).
        epsilon: in [0, 1], how often an action is random; half of it after epsilon_steps (inf: it stays).
        initial_value: a return that is hard to beat, so that every action gets tried; too low, set epsilon.
        """
        checks.whole_number("QTable", "seed", seed, 0)
        for name, number in (("gamma", gamma), ("learning_rate", learning_rate), ("epsilon", epsilon)):
            checks.number_in("QTable", name, number, 0, 1)
        for name, number in (
            ("learning_rate_visits", learning_rate_visits),
            ("epsilon_steps", epsilon_steps),
        ):
            inputs.positive("QTable", name, number)
        checks.number_in("QTable", "initial_value", initial_value, -inputs.HUGE, inputs.HUGE)
        self.env = envs.make("QTable", env)
        num_states, self.num_actions = envs.sizes("QTable", self.env)
        self.seed, self.gamma, self.initial_value = int(seed), float(gamma), float(initial_value)
        self.learning_rate, self.learning_rate_visits = float(learning_rate), float(learning_rate_visits)
        self.epsilon, self.epsilon_steps = float(epsilon), float(epsilon_steps)
        self.steps, self.episode_returns = 0, []
        self._q = [[self.initial_value] * self.num_actions for _ in range(num_states)]
        self._visits = [[0] * self.num_actions for _ in range(num_states)]
        self._random, self._bare = Random(self.seed), envs.bare(self.env)
        self._obs, self._length, self._return = None, 0, 0.0

    def train(self, steps, progress=True):
        """Takes that many steps in the environment, learning from each. Returns the agent.

        progress: show a bar with the mean return of the last 100 episodes and steps/s.
        """
        checks.whole_number("train", "steps", steps, 0)
        if not progress:
            self._learn(steps)
            return self
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        parts = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
        )
        chunk, start = max(1, steps // 100), perf_counter()
        with Progress(*parts) as bar:
            task = bar.add_task("Q-learning", total=steps, note="")
            for done in range(0, steps, chunk):
                self._learn(min(chunk, steps - done))
                taken, recent = min(done + chunk, steps), self.episode_returns[-100:]
                mean = f"{np.mean(recent):.2f}" if recent else "-"
                speed = taken / (perf_counter() - start)
                note = f"{taken:,}/{steps:,} steps  return {mean}  {speed:,.0f} steps/s"
                bar.update(task, completed=taken, note=note)
        return self

    def _learn(self, steps):
        """Takes steps; an episode that an error broke off is left, and the next call starts a new one."""
        try:
            self._walk(steps)
        except BaseException:  # Ctrl-C too: nobody knows whether the environment has moved
            self._obs, self._length, self._return = None, 0, 0.0
            raise

    def _walk(self, steps):
        """The loop over steps; what an episode has so far is kept for the next call."""
        step, limit = self._bare.env.step, self._bare.limit or float("inf")
        q, update, obs = self._q, self.update, self._obs
        for t in range(self.steps, self.steps + steps):
            if obs is None:
                obs = self._obs = self._first_obs()
            row = q[obs]
            if self.epsilon and self._random.random() < self.epsilon / (1 + t / self.epsilon_steps):
                action = self._random.randrange(self.num_actions)
            else:
                action = row.index(max(row))
            next_obs, reward, terminated, truncated, _ = step(action)
            update(obs, action, reward, next_obs, terminated)
            self.steps = t + 1
            self._length += 1
            self._return += float(reward)
            self._obs = obs = int(next_obs)
            if terminated or truncated or self._length >= limit:
                self.episode_returns.append(self._return)
                self._obs, self._length, self._return = None, 0, 0.0
                obs = None

    def _first_obs(self):
        """The first observation of a new episode; only the very first reset is seeded."""
        obs, _ = self._bare.env.reset(seed=None if self.steps else self.seed)
        checks.integer_in("train", "the first observation", obs, len(self._q))
        return int(obs)

    def update(self, obs, action, reward, next_obs, terminated):
        """Learns from one transition and returns its error, rl.q_learning.q_learning_error of it.

        terminated: whether the episode is over for good; on a truncated step False: next_obs still counts.
        Raises ValueError, and learns nothing, for an index outside or a reward that is not finite.
        """
        if not (0 <= obs < len(self._q) and 0 <= next_obs < len(self._q) and 0 <= action < self.num_actions):
            checks.integer_in("update", "obs", obs, len(self._q))  # a list would take -1 for its last row
            checks.integer_in("update", "next_obs", next_obs, len(self._q))
            checks.integer_in("update", "action", action, self.num_actions)
        row, visits = self._q[obs], self._visits[obs]
        future = 0.0 if terminated else self.gamma * max(self._q[next_obs])
        error = float(reward) + future - row[action]
        if not -_INF < error < _INF:
            raise ValueError(f"update: reward must be finite; got {reward}.")
        row[action] += self.learning_rate / (1 + visits[action] / self.learning_rate_visits) * error
        visits[action] += 1
        return error

    def act(self, obs, deterministic=True):
        """The greedy action in obs, ties to the first; not deterministic: random as often as training now is.

        >>> QTable("FrozenLake-v1").act(0)
        0
        """
        checks.integer_in("act", "obs", obs, len(self._q))
        if not deterministic and self._random.random() < self.epsilon / (1 + self.steps / self.epsilon_steps):
            return self._random.randrange(self.num_actions)
        return self._q[obs].index(max(self._q[obs]))

    def evaluate(self, episodes=100, seed=None, success=None, max_steps=None):
        """Plays the greedy policy in a copy of the environment: an Evaluation, see rl.evaluate_policy.

        seed: the agent's own + 1 if None. success, max_steps: as there.
        """
        seed = self.seed + 1 if seed is None else seed
        return evaluate_policy(self.policy, self.env, episodes, seed, success, max_steps)

    @property
    def q(self):
        """A copy of the action values [S, A]."""
        return np.array(self._q)

    @property
    def policy(self):
        """The greedy action in each state [S], ties to the first."""
        return np.array([row.index(max(row)) for row in self._q])
