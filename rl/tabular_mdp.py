"""TabularMDP: a Markov decision process with finitely many states, known in full and solved exactly.

S: states, A: actions, K: most outcomes that any state and action has. Numbers are numpy float64, whatever
JAX's settings; nothing is compiled for small processes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import checks, inputs, solvers
from .solvers import Solution as Solution


@dataclass(frozen=True, eq=False)
class TabularMDP:
    """A finite Markov decision process, outcome by outcome.

    next_state: [S, A, K], integers in [0, S). probability: [S, A, K], sums to 1 over K. reward: [S, A, K].
    terminated: [S, A, K], True where the outcome ends the episode: next_state then has no say.
    initial: [S], probability of starting in each state, or the one state to start in.
    max_steps: the step at which an episode is truncated, None for never.
    letters, arrows: for pictures only: rows of map letters, and the arrow of each action.
    The arrays are copies that cannot be written to.
    """

    next_state: np.ndarray
    probability: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    initial: Any = 0
    max_steps: int | None = None
    letters: list[str] | None = None
    arrows: str | None = None

    def __post_init__(self):
        names = ("next_state", "probability", "reward", "terminated")
        arrays = [inputs.numbers("TabularMDP", name, getattr(self, name)) for name in names]
        checks.same_shape("TabularMDP", names, arrays, "SAK")
        num_states = len(arrays[0])
        checked = dict(
            next_state=inputs.indices("TabularMDP", "next_state", arrays[0], num_states),
            probability=inputs.probabilities("TabularMDP", "probability", arrays[1], "the outcomes"),
            reward=inputs.rewards("TabularMDP", "reward", arrays[2]),
            terminated=inputs.flags("TabularMDP", "terminated", arrays[3]),
        )
        initial = inputs.numbers("TabularMDP", "initial", self.initial)
        if initial.ndim == 0:
            checks.integer_in("TabularMDP", "initial", self.initial, num_states)
            checked["initial"] = np.eye(1, num_states, int(initial))[0]
        elif initial.shape == (num_states,):
            checked["initial"] = inputs.probabilities("TabularMDP", "initial", initial, "the states")
        else:
            raise ValueError(
                f"TabularMDP: initial must be one state or {num_states} probabilities; got {initial.shape}."
            )
        if self.max_steps is not None:
            checks.whole_number("TabularMDP", "max_steps", self.max_steps, 1)
        for name, array in checked.items():
            array.setflags(write=False)  # a process stays what was checked
            object.__setattr__(self, name, array)

    @classmethod
    def from_gymnasium(cls, env, **kwargs):
        """The process behind a Gymnasium environment that has a transition table P.

        env: an id ("FrozenLake-v1", "FrozenLake8x8-v1", "Taxi-v4", "CliffWalking-v1", ...), made with kwargs
        (is_slippery=False, ...), or an environment. max_steps is the environment's step limit.
        Outcomes of one state and action that agree in next state, reward and end are added up.
        Raises ValueError where P is missing or does not tell the whole truth.

        >>> TabularMDP.from_gymnasium("FrozenLake-v1").next_state.shape
        (16, 4, 3)
        """
        from . import envs

        made = envs.make("from_gymnasium", env, **kwargs)
        arrays, initial, limit, letters, arrows = envs.table("from_gymnasium", made)
        if isinstance(env, str):
            made.close()
        return cls(*arrays, initial, limit, letters, arrows)

    @property
    def num_states(self):
        """S."""
        return self.next_state.shape[0]

    @property
    def num_actions(self):
        """A."""
        return self.next_state.shape[1]

    def solve(
        self, method="value_iteration", gamma=0.99, tolerance=1e-10, max_sweeps=1_000_000, compiled=None
    ) -> Solution:
        """The best policy when a reward t steps away counts gamma**t, without a step limit.

            q[s,a] = sum_k probability[s,a,k] * (reward[s,a,k] + discount[s,a,k] * value[next_state[s,a,k]])
            value[s] = max_a q[s,a],  discount = gamma * (1 - terminated)

        method: "value_iteration", which stops when the values are proven to be within tolerance of the
        optimum (or as near as float64 allows), or "policy_iteration", exact up to rounding.
        gamma: in [0, 1]. 1 is refused where a policy could go on forever at no loss: no unique answer.
        compiled: run the sweeps of value iteration through JAX in float64 (default: for large processes).
        Returns a Solution. Raises ValueError for a bad gamma, or values still moving after max_sweeps.

        >>> mdp = TabularMDP([[[0], [0]]], [[[1.0], [1.0]]], [[[0.5], [1.0]]], [[[False], [True]]])
        >>> mdp.solve("policy_iteration", gamma=0.75).value.tolist()
        [2.0]
        """
        checks.number_in("solve", "gamma", gamma, 0, 1)
        checks.number_in("solve", "tolerance", tolerance, 0, np.inf)
        checks.whole_number("solve", "max_sweeps", max_sweeps, 1)
        if method not in ("value_iteration", "policy_iteration"):
            names = "'value_iteration' or 'policy_iteration'"
            raise ValueError(f"solve: method must be {names}; got {method!r}.")
        if gamma == 1:
            solvers.refuse_endless(self)
        if method == "policy_iteration":
            return solvers.policy_iteration(self, gamma)
        return solvers.value_iteration(self, gamma, tolerance, max_sweeps, compiled)

    def policy_value(self, policy, gamma=0.99):
        """Value [S] of a policy without a step limit, by one linear solve.

        policy: [S] actions or [S, A] probabilities. gamma: in [0, 1]; not 1 where the policy may never end.

        >>> mdp = TabularMDP([[[0], [0]]], [[[1.0], [1.0]]], [[[0.5], [1.0]]], [[[False], [True]]])
        >>> mdp.policy_value([0], gamma=0.75).tolist()
        [2.0]
        """
        checks.number_in("policy_value", "gamma", gamma, 0, 1)
        weights = self.policy_rows("policy_value", policy)
        if gamma == 1:
            solvers.refuse_endless_policy(self, weights)
        return solvers.policy_value(self, weights, gamma)

    def expected_return(self, policy=None, max_steps=None, gamma=1.0):
        """Mean return of an episode of at most max_steps steps, exact, by backward induction.

            q[t,s,a] = sum_k probability[s,a,k] * (reward[s,a,k] + discount[s,a,k] * value[t-1,n])
            value[t,s] = sum_a policy[s,a] * q[t,s,a],  value[0] = 0,  n = next_state[s,a,k]

        policy: [S] actions or [S, A] probabilities; None for the best that any policy can do, which may watch
        the clock. max_steps: the process's own if None. gamma: in [0, 1]; at 1 the plain sum of rewards.

        >>> TabularMDP([[[0]]], [[[1.0]]], [[[0.5]]], [[[False]]]).expected_return([0], max_steps=3)
        1.5
        """
        checks.number_in("expected_return", "gamma", gamma, 0, 1)
        return self._by_induction("expected_return", policy, max_steps, self.reward, gamma)

    def success_probability(self, policy=None, max_steps=None, success=None):
        """Probability that an episode succeeds within max_steps steps, exact, by backward induction.

            q[t,s,a] = sum_k probability[s,a,k] * (success[s,a,k] + (1 - terminated[s,a,k]) * value[t-1,n])
            value[t,s] = sum_a policy[s,a] * q[t,s,a],  value[0] = 0,  n = next_state[s,a,k]

        An episode succeeds when it terminates with a positive reward. success gives another meaning, as it
        must where no ending pays (CliffWalking: [47]): a list of states in which terminating is a success, or
        a mask [S, A, K] of terminating outcomes.
        policy: [S] actions or [S, A] probabilities; None for the best that any policy can do, which may watch
        the clock. max_steps: the process's own if None. A discounted value is no success rate: it is smaller.

        >>> walk = TabularMDP([[[0, 0]]], [[[0.5, 0.5]]], [[[0.0, 1.0]]], [[[False, True]]])
        >>> walk.success_probability([0], max_steps=2)
        0.75
        """
        if success is None:
            wins = self.terminated & (self.reward > 0)
            if not wins.any():
                raise ValueError(
                    "success_probability: success must be given, since no ending pays here; got None. "
                    "Fix: success=[state, ...], the states in which ending is a success."
                )
        elif (given := inputs.numbers("success_probability", "success", success)).ndim <= 1:
            states = inputs.states("success_probability", "success", given, self.num_states)
            wins = self.terminated & np.isin(self.next_state, states)
        else:
            wins = inputs.flags("success_probability", "success", given)
            if wins.shape != self.terminated.shape:
                raise ValueError(
                    f"success_probability: success must be states or a mask {self.terminated.shape}; "
                    f"got shape {wins.shape}."
                )
            for s, a, k in np.argwhere(wins & ~self.terminated):
                raise ValueError(
                    "success_probability: success must mark outcomes that terminate; "
                    f"got outcome {k} of state {s}, action {a}."
                )
        return self._by_induction("success_probability", policy, max_steps, wins.astype(float), 1.0)

    def policy_rows(self, function, policy):
        """A policy as probabilities [S, A], checked."""
        rows = inputs.policy(function, policy, self.num_states, self.num_actions)
        return rows if rows.ndim == 2 else np.eye(self.num_actions)[rows]

    def _by_induction(self, function, policy, max_steps, reward, gamma):
        max_steps = self.max_steps if max_steps is None else max_steps
        if max_steps is None:
            raise ValueError(
                f"{function}: max_steps must be given where the process has no step limit; got None."
            )
        checks.whole_number(function, "max_steps", max_steps, 0)
        weights = None if policy is None else self.policy_rows(function, policy)
        mean, kept = (self.probability * reward).sum(2), self.probability * gamma * ~self.terminated
        value = np.zeros(self.num_states)
        for _ in range(max_steps):
            q = mean + np.einsum("sak,sak->sa", kept, value[self.next_state])
            value = q.max(1) if weights is None else (weights * q).sum(1)
        return float(self.initial @ value)
