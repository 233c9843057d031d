"""What agents with a table share: its rows, visits and step sizes, and the greedy policy.

S: states, A: actions. A state is the index of an observation; tuples of indices are numbered row by row.
"""

from typing import ClassVar

import numpy as np

from .. import checks, counted, inputs, memory
from ..inputs import HUGE
from ..schedules import EXPLORING
from .stepping import SteppingAgent


class TableAgent(SteppingAgent):
    """An agent that learns a number for each state and action by stepping an environment.

        rate[n] = learning_rate[t] / (1 + n / learning_rate_visits)
        n = earlier visits of obs, action; t = earlier steps

    learning_rate and epsilon: numbers, or functions of t. What else it can do: `SteppingAgent`.

    q: [S, A], the action values. policy: [S], greedy.
    """

    _elsewhere: ClassVar = {"value": "agent.q[agent.state(obs)].max()"}

    def __init__(
        self,
        env,
        seed=0,
        gamma=0.995,
        learning_rate=0.5,
        learning_rate_visits=150.0,
        epsilon=EXPLORING,
        initial_value=1.0,
    ):
        """Makes the environment and the table; nothing is stepped yet.

        env: an id, or an environment with Discrete actions and observations that are Discrete or a Tuple of
        Discrete. seed: an integer >= 0, of the environment and of exploration. gamma: in [0, 1].
        learning_rate: in [0, 1], at a pair's first visit; half after learning_rate_visits (inf: it stays).
        epsilon: in [0, 1], how often an action is random; by default rl.inverse_time(0.1, 10_000). Both may
        be functions of the steps, such as epsilon=rl.linear(1.0, 0.05, 10_000).
        initial_value: a return that is hard to beat, so that every action gets tried; too low, raise epsilon.
        """
        name = type(self).__name__
        inputs.positive(name, "learning_rate_visits", learning_rate_visits)
        super().__init__(env, seed, gamma, learning_rate, epsilon, initial_value)
        self.num_states, self.num_actions = counted.sizes(name, self.env)
        memory.check_table(name, self.num_states, self.num_actions)
        self.learning_rate_visits = float(learning_rate_visits)
        self._q, self._visits = self._table(self.initial_value), self._table(0)
        self._state_of = counted.state_of(self.env)
        self._leave()

    def _table(self, number):
        return [[number] * self.num_actions for _ in range(self.num_states)]

    def _row(self, obs):
        return self._q[obs]

    def _mean_value(self, obs, t):
        """The value of obs under the policy after t steps: sum_b policy[b] * q[obs,b]."""
        row, epsilon = self._row(obs), self._now("epsilon", t)
        best = max(row)
        return best + epsilon * (sum(row) / len(row) - best) if epsilon else best

    def _check(self, obs, action, reward, next_obs, next_action=0, terminated=False):
        """Raises for no reward, and for an index outside: a list would take -1 for its last row."""
        states, actions = self.num_states, self.num_actions
        if (
            type(obs) is type(next_obs) is type(action) is type(next_action) is int
            and 0 <= obs < states
            and 0 <= next_obs < states
            and 0 <= action < actions
            and 0 <= next_action < actions
            and type(reward) is float
            and -HUGE <= reward <= HUGE
            and (terminated is False or terminated is True)
        ):
            return
        inputs.reward("update", "reward", reward)
        checks.flag("update", "terminated", terminated)
        checks.integer_in("update", "obs", obs, states)
        checks.integer_in("update", "next_obs", next_obs, states)
        checks.integer_in("update", "action", action, actions)
        checks.integer_in("update", "next_action", next_action, actions)

    def _rate(self, obs, action, visits=None):
        """The step size of this visit of a pair, which is counted; visits: the agent's own if None."""
        visits = (self._visits if visits is None else visits)[obs]
        visits[action] += 1
        rate = self.learning_rate
        if type(rate) is not float:
            rate = self._now("learning_rate", self.steps)
        return rate / (1 + (visits[action] - 1) / self.learning_rate_visits)

    def state(self, obs):
        """The index in [0, S) of an observation, which is the row of q and policy.

        >>> from rl import QTable
        >>> QTable("Blackjack-v1").state((20, 10, 0))
        460
        """
        if counted.is_discrete(self.env.observation_space):
            checks.integer_in("act", "obs", obs, self.num_states)
        state = self._state_of(obs)
        if state < 0:
            raise ValueError(f"act: obs must be in {self.env.observation_space}; got {obs}.")
        return state

    @property
    def q(self):
        """A copy of the action values [S, A]."""
        return np.array([self._row(s) for s in range(self.num_states)])

    @property
    def policy(self):
        """The greedy action in each state [S], ties to the first."""
        return self.q.argmax(1)

    def _greedy(self):
        return self.policy

    def _values(self):
        return {"q": np.array(self._q), "visits": np.array(self._visits)}

    def _set_values(self, values):
        self._q, self._visits = values["q"].tolist(), values["visits"].tolist()


class ReturnTableAgent(TableAgent):
    """A table agent that moves values towards returns of several steps."""

    def update(self, obs, action, target):
        """Moves the value of a pair towards a return from it; returns the difference there was.

        obs: a state, an integer in [0, S). Raises ValueError for an index outside or a target that is not
        within 1e200 of 0.
        """
        self._check(obs, action, 0.0, obs)
        return self._move(obs, action, inputs.reward("update", "target", target))

    def _move(self, obs, action, target):
        """The same, for a sum of rewards, each of which was looked at."""
        error = target - self._q[obs][action]
        self._q[obs][action] += self._rate(obs, action) * error
        return error
