"""n-step SARSA with a table, and its variants that bootstrap on the mean or the best of the next actions."""

from collections import deque

from .. import checks
from .table import ReturnTableAgent

BOOTSTRAPS = ("sarsa", "expected", "max")


class NStepSarsa(ReturnTableAgent):
    """Tabular n-step SARSA. Settings, schedules and what else it can do: `TableAgent`.

        q[obs[t],action[t]] += rate * (target - q[obs[t],action[t]])
        target = reward[t] + gamma * reward[t+1] + ... + gamma**(n-1) * reward[t+n-1] + gamma**n * v
        v = q[obs[t+n],action[t+n]], or 0 where the episode has terminated

    Near the end of an episode n is what is left of it. With bootstrap="expected" v is the mean over the
    policy's actions, with "max" the best one: n-step Q-learning, not corrected for random actions on the way.
    Source: Sutton and Barto 2018, section 7.2 and eq. 7.4.

    >>> NStepSarsa("FrozenLake-v1", num_steps=4).update(0, 2, target=0.25)
    -0.75
    """

    def __init__(self, env, seed=0, num_steps=4, bootstrap="sarsa", **settings):
        """num_steps: n, an integer >= 1. bootstrap: "sarsa", "expected" or "max". The rest: `TableAgent`."""
        checks.whole_number("NStepSarsa", "num_steps", num_steps, 1)
        checks.one_of("NStepSarsa", "bootstrap", bootstrap, BOOTSTRAPS)
        self.num_steps, self.bootstrap = int(num_steps), bootstrap
        super().__init__(env, seed, **settings)

    def _leave(self):
        super()._leave()
        self._waiting = deque()  # (obs, action, reward) that still wait for their target

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        self._check(obs, action, reward, next_obs)
        waiting, t = self._waiting, self.steps + 1
        waiting.append((obs, action, reward))
        next_action, value = None, 0.0
        if not terminated:
            if self.bootstrap == "sarsa":
                next_action = self._choose(next_obs, t)
                value = self._q[next_obs][next_action]
            else:
                value = (
                    self._mean_value(next_obs, t) if self.bootstrap == "expected" else max(self._q[next_obs])
                )
        if ended or len(waiting) == self.num_steps:
            targets = []
            for *_, paid in reversed(waiting):
                value = paid + self.gamma * value
                targets.append(value)
            while waiting and (ended or len(waiting) == self.num_steps):
                first, taken, _ = waiting.popleft()
                self._move(first, taken, targets.pop())
        return next_action
