"""SARSA and Expected SARSA with a table: what the policy being followed is worth, random actions included."""

from .table import TableAgent


class Sarsa(TableAgent):
    """Tabular SARSA. Settings, schedules and what else it can do: `TableAgent`.

        error = reward + gamma * (1 - terminated) * q[next_obs,next_action] - q[obs,action]
        q[obs,action] += rate[n] * error

    next_action is chosen before q changes, and is the one taken; on a truncated step it is only looked at.
    Source: Rummery and Niranjan 1994; Sutton and Barto 2018, eq. 6.7.

    >>> Sarsa("FrozenLake-v1", gamma=0.5).update(0, 2, 0.75, 1, terminated=False, next_action=0)
    0.25
    """

    def update(self, obs, action, reward, next_obs, terminated, next_action):
        """Learns from one transition and returns its error, rl.q_learning.sarsa_error of it.

        obs, next_obs: states, integers in [0, S). next_action: the one that follows, of no account where
        terminated is True: the episode is over for good. Raises ValueError, and learns nothing, for an index
        outside or a reward beyond 1e200.
        """
        self._check(obs, action, reward, next_obs, next_action, terminated)
        row = self._q[obs]
        future = 0.0 if terminated else self.gamma * self._q[next_obs][next_action]
        error = float(reward) + future - row[action]
        row[action] += self._rate(obs, action) * error
        return error

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        self._check(obs, action, reward, next_obs)
        next_action = 0 if terminated else self._choose(next_obs, self.steps + 1)
        self.update(obs, action, reward, next_obs, terminated, next_action)
        return next_action


class ExpectedSarsa(TableAgent):
    """Tabular Expected SARSA. Settings, schedules and what else it can do: `TableAgent`.

        q[obs,action] += rate[n] * (reward + gamma * (1 - terminated) * v - q[obs,action])
        v = sum_b probability[b] * q[next_obs,b]

    probability: epsilon[t] / A on every action, and the rest on the greedy one.

    Source: van Seijen et al. 2009; Sutton and Barto 2018, eq. 6.9.

    >>> ExpectedSarsa("FrozenLake-v1", gamma=0.5).update(0, 2, 0.75, 1, terminated=False)
    0.25
    """

    def update(self, obs, action, reward, next_obs, terminated):
        """Learns from one transition and returns its error, rl.q_learning.expected_sarsa_error of it.

        obs, next_obs: states, integers in [0, S). terminated: whether the episode is over for good; on a
        truncated step False. Raises ValueError, and learns nothing, for an index outside or a reward beyond
        1e200.
        """
        self._check(obs, action, reward, next_obs, terminated=terminated)
        row = self._q[obs]
        future = 0.0 if terminated else self.gamma * self._mean_value(next_obs, self.steps + 1)
        error = float(reward) + future - row[action]
        row[action] += self._rate(obs, action) * error
        return error

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        self.update(obs, action, reward, next_obs, terminated)
