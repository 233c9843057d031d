"""SARSA(lambda) with a table: every error is passed back to the pairs that led to it, fading with time."""

from .. import checks
from .table import TableAgent

TRACES = ("replacing", "accumulating")
FADED = 1e-9  # a trace below is dropped


class SarsaLambda(TableAgent):
    """Tabular SARSA(lambda). Settings, schedules and what else it can do: `TableAgent`.

        q[s,b] += trace[s,b] * (reward + gamma * (1 - terminated) * q[next_obs,next_action] - q[obs,action])
        trace[s,b] <- gamma * trace_decay * trace[s,b],  and before that, at (obs, action):
        trace = rate[n] (replacing), or trace + rate[n] (accumulating)

    The step size is part of the trace, so that each pair learns at its own rate. trace_decay 0 is SARSA;
    1 with gamma 1 passes an error back undiminished, like Monte Carlo. Traces end with the episode, or where
    they fall below 1e-9.
    Source: Singh and Sutton 1996; Sutton and Barto 2018, section 12.7.

    >>> agent = SarsaLambda("FrozenLake-v1", gamma=0.5)
    >>> agent.update(0, 2, 0.75, 1, terminated=False, next_action=0)
    0.25
    """

    def __init__(self, env, seed=0, trace_decay=0.8, trace="replacing", **settings):
        """trace_decay: lambda, in [0, 1]. trace: "replacing" or "accumulating". The rest: `TableAgent`."""
        checks.number_in("SarsaLambda", "trace_decay", trace_decay, 0, 1)
        checks.one_of("SarsaLambda", "trace", trace, TRACES)
        self.trace_decay, self.trace = float(trace_decay), trace
        super().__init__(env, seed, **settings)

    def _leave(self):
        super()._leave()
        self._traces = {}  # (state, action) -> step size times eligibility

    def update(self, obs, action, reward, next_obs, terminated, next_action):
        """Learns from one transition, in all pairs of its episode; returns rl.q_learning.sarsa_error of it.

        obs, next_obs: states, integers in [0, S). next_action: the one that follows, of no account where
        terminated is True: the episode is over for good. Raises ValueError, and learns nothing, for an index
        outside or a reward beyond 1e200.
        """
        self._check(obs, action, reward, next_obs, next_action, terminated)
        q, traces, pair = self._q, self._traces, (obs, action)
        future = 0.0 if terminated else self.gamma * q[next_obs][next_action]
        error = float(reward) + future - q[obs][action]
        self._finite(error)
        before = traces.get(pair, 0.0) if self.trace == "accumulating" else 0.0
        traces[pair] = before + self._rate(obs, action)
        fade, self._traces = self.gamma * self.trace_decay, {}
        for (s, b), weight in traces.items():
            q[s][b] += weight * error
            if weight * fade > FADED and not terminated:
                self._traces[s, b] = weight * fade
        return error

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        self._check(obs, action, reward, next_obs)
        next_action = 0 if terminated else self._choose(next_obs, self.steps + 1)
        self.update(obs, action, reward, next_obs, terminated, next_action)
        return next_action
