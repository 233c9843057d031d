"""Q-learning with a table: one number for each observation and action, learnt by stepping the environment.

What makes it fast is optimism: every action starts out worth more than it can be, so that the greedy policy
tries what it knows least. Where that holds, epsilon=0.0 and learning_rate=1.0 are faster still: no step is
spent on random actions. Nothing but the steps is used.
"""

from .table import TableAgent


class QTable(TableAgent):
    """Tabular Q-learning. Settings, schedules and what else it can do: `TableAgent`.

        q[obs,action] += rate[n] * (reward + gamma * (1 - terminated) * max_b q[next_obs,b] - q[obs,action])

    Source: Watkins and Dayan 1992; Sutton and Barto 2018, eq. 6.8.

    >>> QTable("FrozenLake-v1").update(0, 2, 0.5, 1, terminated=True)
    -0.5
    """

    def update(self, obs, action, reward, next_obs, terminated):
        """Learns from one transition and returns its error, rl.q_learning.q_learning_error of it.

        obs, next_obs: states, integers in [0, S).
        terminated: whether the episode is over for good; on a truncated step False: next_obs still counts.
        Raises ValueError, and learns nothing, for an index outside or a reward beyond 1e200.
        """
        self._check(obs, action, reward, next_obs, terminated=terminated)
        row = self._q[obs]
        future = 0.0 if terminated else self.gamma * max(self._q[next_obs])
        error = float(reward) + future - row[action]
        row[action] += self._rate(obs, action) * error
        return error

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        self.update(obs, action, reward, next_obs, terminated)
