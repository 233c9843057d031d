"""What agents with a table share: the walk through the environment, schedules, progress, the greedy policy.

S: states, A: actions. A state is the index of an observation; tuples of indices are numbered row by row.
"""

from random import Random

import numpy as np

from .. import checks, envs, inputs
from ..evaluate import evaluate_policy
from ..progress import progress as progress_bar

_INF, _NAN = float("inf"), float("nan")


class TableAgent:
    """An agent that learns a number for each state and action by stepping an environment.

        rate[n] = learning_rate / (1 + n / learning_rate_visits),  n = earlier visits of obs, action
        epsilon[t] = epsilon / (1 + t / epsilon_steps),  t = earlier steps

    Neither schedule knows how long training will be: train(a) and then train(b) is train(a + b), bit for bit.
    Every agent bootstraps on a truncated step, and on a terminated one does not.

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
        epsilon_steps=_INF,
        initial_value=1.0,
    ):
        """Makes the environment and the table; nothing is stepped yet.

        env: an id, or an environment with Discrete actions and observations that are Discrete or a Tuple of
        Discrete. seed: an integer >= 0, of the environment and of exploration. gamma: in [0, 1].
        learning_rate: in [0, 1], at a pair's first visit; half after learning_rate_visits (inf: it stays).
        epsilon: in [0, 1], how often an action is random; half of it after epsilon_steps (inf: it stays).
        initial_value: a return that is hard to beat, so that every action gets tried; too low, set epsilon.
        """
        name = type(self).__name__
        checks.whole_number(name, "seed", seed, 0)
        for label, number in (("gamma", gamma), ("learning_rate", learning_rate), ("epsilon", epsilon)):
            checks.number_in(name, label, number, 0, 1)
        inputs.positive(name, "learning_rate_visits", learning_rate_visits)
        inputs.positive(name, "epsilon_steps", epsilon_steps)
        checks.number_in(name, "initial_value", initial_value, -inputs.HUGE, inputs.HUGE)
        self.env = envs.make(name, env)
        self.num_states, self.num_actions = envs.sizes(name, self.env)
        self.seed, self.gamma, self.initial_value = int(seed), float(gamma), float(initial_value)
        self.learning_rate, self.learning_rate_visits = float(learning_rate), float(learning_rate_visits)
        self.epsilon, self.epsilon_steps = float(epsilon), float(epsilon_steps)
        self.steps, self.episode_returns = 0, []
        self._q, self._visits = self._table(self.initial_value), self._table(0)
        self._random, self._bare = Random(self.seed), envs.bare(self.env)
        self._state_of = envs.state_of(self.env)
        self._leave()

    def _table(self, number):
        return [[number] * self.num_actions for _ in range(self.num_states)]

    def _leave(self):
        """Forgets the running episode."""
        self._obs, self._action, self._length, self._return = None, None, 0, 0.0

    def train(self, steps, progress=True):
        """Takes that many steps in the environment, learning from each. Returns the agent.

        progress: show a bar: mean return of the last 100 episodes and steps/s.
        """
        checks.whole_number("train", "steps", steps, 0)
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
            self._walk(steps)
        except BaseException:  # Ctrl-C too: nobody knows whether the environment has moved
            self._leave()
            raise

    def _walk(self, steps):
        """The loop over steps; what an episode has so far is kept for the next call."""
        step, limit = self._bare.env.step, self._bare.limit or _INF
        choose, follow, state_of = self._choose, self._follow, self._state_of
        for t in range(self.steps, self.steps + steps):
            if self._obs is None:
                self._obs = self._first_obs()
            obs, action = self._obs, self._action
            if action is None:
                action = choose(obs, t)
            outcome, reward, terminated, truncated, _ = step(action)
            next_obs = state_of(outcome)
            ended = terminated or truncated or self._length + 1 >= limit
            self._action = follow(obs, action, reward, next_obs, terminated, ended)
            self.steps = t + 1
            self._length += 1
            self._return += float(reward)
            self._obs = next_obs
            if ended:
                self.episode_returns.append(self._return)
                self._leave()

    def _first_obs(self):
        """The first state of a new episode; only the very first reset is seeded."""
        obs, _ = self._bare.env.reset(seed=None if self.steps else self.seed)
        state = self._state_of(obs)
        checks.integer_in("train", "the first observation", state, self.num_states)
        return state

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        """Learns from a step; returns the next action where learning has to choose it, else None.

        ended: the episode is over, terminated or cut off.
        """
        raise NotImplementedError(f"{type(self).__name__}: an agent must say how it learns from a step.")

    def _choose(self, obs, t):
        """The action in obs after t steps: greedy, ties to the first; with probability epsilon[t] random."""
        if self.epsilon and self._random.random() < self.epsilon / (1 + t / self.epsilon_steps):
            return self._random.randrange(self.num_actions)
        row = self._row(obs)
        return row.index(max(row))

    def _row(self, obs):
        """The action values [A] of a state that decide which action is greedy."""
        return self._q[obs]

    def _mean_value(self, obs, t):
        """The value of obs under the policy after t steps: sum_b policy[b] * q[obs,b]."""
        row, epsilon = self._row(obs), self.epsilon / (1 + t / self.epsilon_steps)
        best = max(row)
        return best + epsilon * (sum(row) / len(row) - best) if epsilon else best

    def _check(self, obs, action, next_obs, next_action=0):
        """Raises for an index outside: a list would take -1 for its last row."""
        states, actions = self.num_states, self.num_actions
        if (
            0 <= obs < states
            and 0 <= next_obs < states
            and 0 <= action < actions
            and 0 <= next_action < actions
        ):
            return
        checks.integer_in("update", "obs", obs, states)
        checks.integer_in("update", "next_obs", next_obs, states)
        checks.integer_in("update", "action", action, actions)
        checks.integer_in("update", "next_action", next_action, actions)

    def _finite(self, error, reward):
        """Raises, before anything is learnt, for an error that is not finite."""
        if not -_INF < error < _INF:
            raise ValueError(f"update: reward must be finite; got {reward}.")

    def _rate(self, obs, action):
        """The step size of this visit of a pair, which is counted."""
        visits = self._visits[obs]
        visits[action] += 1
        return self.learning_rate / (1 + (visits[action] - 1) / self.learning_rate_visits)

    def state(self, obs):
        """The index in [0, S) of an observation, which is the row of q and policy.

        >>> from rl import QTable
        >>> QTable("Blackjack-v1").state((20, 10, 0))
        460
        """
        if envs.is_discrete(self.env.observation_space):
            checks.integer_in("act", "obs", obs, self.num_states)
        state = self._state_of(obs)
        if state < 0:
            raise ValueError(f"act: obs must be in {self.env.observation_space}; got {obs}.")
        return state

    def act(self, obs, deterministic=True):
        """The greedy action in obs, ties to the first; not deterministic: random as often as training now is.

        >>> from rl import QTable
        >>> QTable("FrozenLake-v1").act(0)
        0
        """
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
        return evaluate_policy(self.policy, self.env, episodes, seed, success, max_steps)

    @property
    def q(self):
        """A copy of the action values [S, A]."""
        return np.array([self._row(s) for s in range(self.num_states)])

    @property
    def policy(self):
        """The greedy action in each state [S], ties to the first."""
        return self.q.argmax(1)
