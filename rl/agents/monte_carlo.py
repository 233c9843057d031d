"""Monte Carlo control with a table: the mean of the returns that followed each observation and action."""

import warnings

from .. import checks
from ..schedules import inverse_time
from .table import ReturnTableAgent

# More than other agents at first: nothing is known before an episode ends.
EXPLORING = inverse_time(1.0, 2_000)
LONG = 10_000  # steps of an episode that nothing limits, after which is told that nothing was learnt yet


class MonteCarlo(ReturnTableAgent):
    """On-policy Monte Carlo control. Settings, schedules and what else it can do: `TableAgent`.

        q[obs[t],action[t]] += rate[n] * (target[t] - q[obs[t],action[t]])
        target[t] = reward[t] + gamma * target[t+1],  target[T] = 0

    q changes when an episode ends. Each pair learns from its first visit in it, or from every one. An episode
    that is cut off goes on in the table: target[T] is what the last observation is worth under the policy.
    Every episode must end; give an environment without a step limit one. An episode of 10,000 steps that
    nothing limits gets a warning.
    Source: Sutton and Barto 2018, section 5.4.

    >>> MonteCarlo("FrozenLake-v1").update(0, 2, target=0.25)
    -0.75
    """

    def __init__(
        self,
        env,
        seed=0,
        every_visit=False,
        learning_rate=0.02,
        learning_rate_visits=float("inf"),
        epsilon=EXPLORING,
        initial_value=1.0,
        **settings,
    ):
        """every_visit: learn from all visits of a pair, not the first alone. The rest: `TableAgent`.

        learning_rate 1 with learning_rate_visits 1 is the plain mean of all returns, those of bad policies
        too; the defaults forget them, and prefer what was not tried to what has failed.
        """
        checks.flag("MonteCarlo", "every_visit", every_visit)
        self.every_visit = bool(every_visit)
        super().__init__(
            env,
            seed,
            learning_rate=learning_rate,
            learning_rate_visits=learning_rate_visits,
            epsilon=epsilon,
            initial_value=initial_value,
            **settings,
        )

    _warned = False  # that an episode does not end

    def _warn(self):
        self._warned = True
        warnings.warn(
            f"MonteCarlo: every episode must end to learn from it; one has gone on for {LONG:,} steps. "
            "Fix: gymnasium.wrappers.TimeLimit(env, 1000), or rl.QTable, which learns from each step.",
            stacklevel=2,
        )

    def _leave(self):
        super()._leave()
        self._episode = []  # (obs, action, reward) since the episode began

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        self._check(obs, action, reward, next_obs)
        self._episode.append((obs, action, reward))
        if not ended:
            if len(self._episode) == LONG and not self._warned and self._watched.limit == float("inf"):
                self._warn()
            return
        target = 0.0 if terminated else self._mean_value(next_obs, self.steps + 1)
        targets = []
        for *_, paid in reversed(self._episode):
            target = paid + self.gamma * target
            targets.append(target)
        seen = set()
        for obs, action, _ in self._episode:
            target = targets.pop()
            if self.every_visit or (obs, action) not in seen:
                seen.add((obs, action))
                self._move(obs, action, target)
