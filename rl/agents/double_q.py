"""Double Q-learning with two tables: one says which next action is best, the other what it is worth.

The largest of several noisy numbers is too large on average; who chooses by one table and believes the other
is not fooled by its own noise.
"""

import numpy as np

from .table import TableAgent


class DoubleQ(TableAgent):
    """Tabular double Q-learning. Settings, schedules and what else it can do: `TableAgent`.

        one[obs,action] += rate[n] * (reward + gamma * (1 - terminated) * other[next_obs,b] - one[obs,action])
        b = argmax one[next_obs],  one and other: the two tables, in the order that a fair coin says

    Visits are counted for each table. q is the mean of the two, and what is greedy is said by it.
    Source: van Hasselt 2010; Sutton and Barto 2018, section 6.7.

    >>> DoubleQ("FrozenLake-v1").update(0, 2, 0.5, 1, terminated=True)
    -0.5
    """

    def __init__(self, env, seed=0, **settings):
        """env, seed, settings: as in TableAgent; both tables start at initial_value."""
        super().__init__(env, seed, **settings)
        self._tables = [self._q, self._table(self.initial_value)]
        self._counts = [self._visits, self._table(0)]

    def update(self, obs, action, reward, next_obs, terminated):
        """Learns from one transition, in a table that a coin picks, and returns its error.

        The error is rl.q_learning.double_q_error with the picked table as selector. obs, next_obs: states,
        integers in [0, S). terminated: whether the episode is over for good; on a truncated step False.
        Raises ValueError, and learns nothing, for an index outside or a reward beyond 1e200.
        """
        self._check(obs, action, reward, next_obs, terminated=terminated)
        coin = self._random.random() < 0.5
        one, other = self._tables[coin], self._tables[not coin]
        row, selector = one[obs], one[next_obs]
        future = 0.0 if terminated else self.gamma * other[next_obs][selector.index(max(selector))]
        error = float(reward) + future - row[action]
        row[action] += self._rate(obs, action, self._counts[coin]) * error
        return error

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        self.update(obs, action, reward, next_obs, terminated)

    def _row(self, obs):
        return [(a + b) / 2 for a, b in zip(self._tables[0][obs], self._tables[1][obs], strict=True)]

    def _values(self):
        return {"q": np.array(self._tables), "visits": np.array(self._counts)}

    def _set_values(self, values):
        self._tables, self._counts = values["q"].tolist(), values["visits"].tolist()
        self._q, self._visits = self._tables[0], self._counts[0]
