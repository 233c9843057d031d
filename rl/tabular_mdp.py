"""TabularMDP: a Markov decision process with finitely many states, known in full and solved exactly.

S: states, A: actions, K: most outcomes that any state and action has. Numbers are numpy float64, whatever
JAX's settings; nothing is compiled for small processes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import checks, induction, inputs, solvers, transitions as rows
from .solvers import endless
from .solvers.policy_iteration import policy_value
from .solvers.sweep import Solution as Solution


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

    def __repr__(self):
        limit = "" if self.max_steps is None else f", max_steps={self.max_steps}"
        return f"TabularMDP({self.num_states} states, {self.num_actions} actions{limit})"

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
        from . import answers, counted, envs

        made = envs.make("from_gymnasium", env, **kwargs)
        arrays, initial, limit, letters, arrows = counted.table("from_gymnasium", made)
        if isinstance(env, str):
            answers.close("from_gymnasium", [made])
        return cls(*arrays, initial, limit, letters, arrows)

    @classmethod
    def from_transitions(
        cls,
        transitions,
        num_states=None,
        num_actions=None,
        initial=0,
        max_steps=None,
        letters=None,
        arrows=None,
    ):
        """The process that a list of transitions describes; as columns, up to millions of them in a second.

        transitions: (state, action, probability, next_state, reward, terminated), each a tuple, or a dict of
        six columns with these names. Those that agree in all but the probability are added up. A state that
        nothing leaves is one where episodes have ended.
        num_states, num_actions: one more than the largest index if None. initial, max_steps, letters, arrows:
        as in TabularMDP. The table takes 21 bytes for each state, action and outcome, of the pair that has
        the most outcomes. Raises ValueError for a state left by some of its actions only, or entered without
        an end and never left.

        >>> TabularMDP.from_transitions([(0, 0, 0.5, 0, -1.0, False), (0, 0, 0.5, 1, -1.0, True)]).num_states
        2
        """
        columns = rows.columns("from_transitions", transitions)
        for name, number in (("num_states", num_states), ("num_actions", num_actions)):
            if number is not None:
                checks.whole_number("from_transitions", name, number, 1)
        arrays = rows.gathered("from_transitions", columns, num_states, num_actions)
        return cls(*arrays, initial, max_steps, letters, arrows)

    @classmethod
    def from_arrays(cls, probability, reward, terminated=None, initial=0, max_steps=None):
        """The process of dense arrays: how likely each action leads from each state to each.

        probability: [S, A, S], sums to 1 over the last axis. reward: [S, A], or [S, A, S] where it depends on
        the next state. terminated: [S], the states that end an episode when they are entered, or [S, A, S];
        None for none. initial, max_steps: as in TabularMDP.

        >>> mdp = TabularMDP.from_arrays([[[0.5, 0.5]], [[0, 1]]], [[-1.0], [0.0]], terminated=[False, True])
        >>> mdp.solve(gamma=1).value.round(9).tolist()
        [-2.0, 0.0]
        """
        columns = rows.from_dense("from_arrays", probability, reward, terminated)
        size = np.shape(probability)
        return cls(*rows.gathered("from_arrays", columns, *size[:2]), initial, max_steps)

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

        method: the first four stop when the values are proven to be within tolerance of the optimum, or as
        near as float64 allows (at gamma 1 they go on until only rounding moves the values):
        "value_iteration", sweeps over all states; the fastest for small processes;
        "modified_policy_iteration", sweeps of one policy between those over all actions: pays with many;
        "gauss_seidel", states backed up in layers, nearest to an end first: pays in mazes, below gamma 1;
        "prioritized_sweeping", what would move most is backed up next: pays in corridors, below gamma 1;
        "policy_iteration", exact up to rounding, by dense linear systems; sweeps of more than 8,192 states;
        "linear_programming", by SciPy's HiGHS, which shares no step with the others: a check.
        gamma: in [0, 1]. 1 is refused where a policy could go on forever at a mean reward of 0 or more: no
        unique answer; and where that is not found out soon, in a large process whose rewards have both signs.
        compiled: run the sweeps of value and modified policy iteration through JAX in float64 (default: for
        large processes). Returns a Solution.
        Raises ValueError for a bad gamma, or values still moving after max_sweeps.

        >>> mdp = TabularMDP([[[0], [0]]], [[[1.0], [1.0]]], [[[0.5], [1.0]]], [[[False], [True]]])
        >>> mdp.solve("policy_iteration", gamma=0.75).value.tolist()
        [2.0]
        """
        checks.number_in("solve", "gamma", gamma, 0, 1)
        checks.number_in("solve", "tolerance", tolerance, 0, np.inf)
        checks.whole_number("solve", "max_sweeps", max_sweeps, 1)
        solver = solvers.chosen(method, compiled)
        if gamma == 1:
            endless.refuse_endless(self)
        return solver(self, gamma, tolerance, max_sweeps, compiled)

    def policy_value(self, policy, gamma=0.99, max_steps=None):
        """Value [S] of a policy: without a step limit by one linear solve, with one by as many sweeps.

        More than 8,192 states are swept too, till values are proven to 1e-10, or only rounding moves them.
        policy: [S] actions or [S, A] probabilities. gamma: in [0, 1]; not 1 where the policy may never end
        and there is no limit. max_steps: how many steps are counted, None for all.

        >>> mdp = TabularMDP([[[0], [0]]], [[[1.0], [1.0]]], [[[0.5], [1.0]]], [[[False], [True]]])
        >>> mdp.policy_value([0], gamma=0.75).tolist()
        [2.0]
        >>> mdp.policy_value([0], gamma=0.75, max_steps=2).tolist()
        [0.875]
        """
        checks.number_in("policy_value", "gamma", gamma, 0, 1)
        weights = self.policy_rows("policy_value", policy)
        if max_steps is not None:
            checks.whole_number("policy_value", "max_steps", max_steps, 0)
            return induction.values(self, weights, max_steps, self.reward, gamma)
        if gamma == 1:
            endless.refuse_endless_policy(self, weights)
        return policy_value(self, weights, gamma)

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
        wins = induction.successes(self, success)
        return self._by_induction("success_probability", policy, max_steps, wins, 1.0)

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
        return float(self.initial @ induction.values(self, weights, max_steps, reward, gamma))
