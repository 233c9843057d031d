"""Markov decision processes on scalars: the backup of one action, and the two ways to solve a small process.

A process is four nested lists [S][A][K]: what each outcome pays, how much of the future it keeps, where it
leads, how likely it is. Numbers may be floats, Fractions (then every answer is exact) or Values.
s: state, a: action, k: outcome. S, A, K: how many there are of each.
"""

from numbers import Real
from operator import index
from reprlib import repr as shortened
from typing import Any

from .checks import USUAL, read, shown
from .kinds import Operations
from .operations import dot, largest, total
from .systems import number
from .value import plain


def _shape(x):
    """Lengths of a nested list from the outside in: () for a number. Ragged lists show as their first row."""
    if not isinstance(x, list | tuple):
        return ()
    return (len(x), *(_shape(x[0]) if x else ()))


def _numbers(function, name, x):
    """Nothing but numbers and Values, however deep the lists."""
    leaves = [x]
    while any(isinstance(leaf, list | tuple) for leaf in leaves):
        leaves = [item for leaf in leaves for item in (leaf if isinstance(leaf, list | tuple) else [leaf])]
    odd = () if USUAL.issuperset(map(type, leaves)) else leaves
    if not all(isinstance(leaf, Operations) or number(leaf) is not None for leaf in odd):
        raise TypeError(f"{function}: {name} must be an array of numbers; got {shortened(x)}.")
    return leaves


def _index(function, name, number, end, kind):
    """An index in [0, end); True is none, as in the array room."""
    try:
        inside = None if isinstance(number, bool) else 0 <= index(number) < end
    except TypeError:
        inside = None
    if inside is None:
        raise TypeError(f"{function}: {name} must be {kind}; got {number}.")
    if not inside:
        raise ValueError(f"{function}: {name} must be in [0, {end}); got {number}.")


def _same_shape(function, names, arguments, axes):
    """The arguments as they are computed with, full blocks of one shape with the given axes, none empty."""
    for name, x in zip(names, arguments, strict=True):
        _numbers(function, name, x)
    shapes = [_shape(x) for x in arguments]
    if len(set(shapes)) > 1 or len(shapes[0]) != len(axes) or 0 in shapes[0]:
        empty = " with no axis empty" if 0 in shapes[0] else ""
        raise ValueError(
            f"{function}: {', '.join(names[:-1])} and {names[-1]} must share one shape [{', '.join(axes)}]"
            f"{empty}; got {', '.join(map(str, shapes[:-1]))} and {shapes[-1]}."
        )
    for name, x in zip(names, arguments, strict=True):
        rows, depth = list(x), 1
        while depth < len(axes):
            if any(_shape(row) != shapes[0][depth:] for row in rows):
                raise ValueError(f"{function}: {name} must be a full block {shapes[0]}; got ragged rows.")
            rows, depth = [item for row in rows for item in row], depth + 1
    return [read(x) for x in arguments]


def _each(function, name, x, rule, holds):
    """Raises for the first plain number in nested lists that the rule does not hold for; a Value passes."""
    for plainly in map(number, _numbers(function, name, x)):
        if isinstance(plainly, Real) and not holds(plainly):
            raise ValueError(f"{function}: {name} must be {rule}; got {float(plainly)}.")


def _shares(function, name, x):
    """Numbers between nothing and all, both included: in [0, 1]."""
    _each(function, name, x, "in [0, 1]", lambda x: 0 <= x <= 1)


def _distribution(function, name, row):
    """Plain numbers >= 0 that sum to 1, but for what half precision rounds off; a Value passes."""
    _each(function, name, row, ">= 0", lambda x: not x < 0)
    plainly: list[Any] = [number(x) for x in row]
    if all(isinstance(x, Real) for x in plainly) and not abs(sum(plainly) - 1) <= 2**-7:
        raise ValueError(f"{function}: {name} must sum to 1; got {float(sum(plainly))}.")


def _law(function, discount, rows):
    """Raises where the future counts for more than all of it, or outcomes are not all there are."""
    _shares(function, "discount", discount)
    for row in rows:
        _distribution(function, "probability", row)


def _backup(reward, discount, next_value, probability):
    """What `bellman_backup` says, without its checks."""
    return dot(probability, [r + d * v for r, d, v in zip(reward, discount, next_value, strict=True)])


def bellman_backup(reward, discount, next_value, probability):
    """Bellman backup of one action in one state: the mean of what its outcomes are worth.

        q = sum_k probability[k] * (reward[k] + discount[k] * next_value[k])

    reward: [K], what each outcome pays. discount: [K], gamma, or 0 where the outcome ends the episode.
    next_value: [K], value of the state each outcome leads to. probability: [K], sums to 1.
    Returns q, in units of reward. Smooth in every argument. Raises ValueError for unequal or empty shapes, a
    discount outside [0, 1] or a probability that is none.
    Source: Sutton and Barto 2018, section 3.6, the backup of q_pi.

    >>> bellman_backup([1.0, 0.0], [0.5, 0.0], [4.0, 9.0], [0.25, 0.75])
    0.75
    """
    names = ("reward", "discount", "next_value", "probability")
    given = _same_shape("bellman_backup", names, (reward, discount, next_value, probability), "K")
    _law("bellman_backup", discount, [probability])
    return _backup(*given)


def _process(function, reward, discount, next_state, probability):
    """A process as it is computed with, and its number of states and of actions."""
    names = ("reward", "discount", "next_state", "probability")
    reward, discount, next_state, probability = _same_shape(
        function, names, (reward, discount, next_state, probability), "SAK"
    )
    num_states = len(reward)
    for state in (k for row in next_state for outcomes in row for k in outcomes):
        _index(function, "next_state", state, num_states, "integers")
    return reward, discount, next_state, probability, num_states, len(reward[0])


def _action_values(reward, discount, next_state, probability, value):
    """q [S][A] of one sweep over all states and actions."""
    rows = zip(reward, discount, next_state, probability, strict=True)
    return [
        [_backup(r, d, [value[n] for n in ns], p) for r, d, ns, p in zip(*row, strict=True)] for row in rows
    ]


def value_iteration(reward, discount, next_state, probability, num_sweeps=100, value=None):
    """Value iteration: num_sweeps sweeps, each of which backs up every state from the values of the last.

        value[s] <- max_a q[s,a]
        q[s,a] = sum_k probability[s,a,k] * (reward[s,a,k] + discount[s,a,k] * value[next_state[s,a,k]])

    reward: [S, A, K], what each outcome pays. discount: [S, A, K], gamma, or 0 where it ends the episode.
    next_state: [S, A, K], integers in [0, S). probability: [S, A, K], sums to 1 over k.
    num_sweeps: an integer >= 0. value: [S], where to start, zeros if None.
    Returns value [S]: from zeros, exactly the best that can be earned in num_sweeps steps. After a sweep that
    moved no value by more than d, the optimal values are at most gamma / (1 - gamma) * d away.
    Actions that tie share the slope of the max equally. Raises ValueError for unequal shapes or a next_state
    outside. Source: Sutton and Barto 2018, eq. 4.10.

    >>> value_iteration([[[0.0], [1.0]]], [[[0.5], [0.0]]], [[[0], [0]]], [[[1.0], [1.0]]], num_sweeps=2)
    [1.0]
    """
    reward, discount, next_state, probability, num_states, _ = _process(
        "value_iteration", reward, discount, next_state, probability
    )
    _law("value_iteration", discount, [outcomes for row in probability for outcomes in row])
    if isinstance(num_sweeps, bool) or not hasattr(num_sweeps, "__index__"):
        raise TypeError(f"value_iteration: num_sweeps must be an integer; got {shown(num_sweeps)}.")
    if num_sweeps < 0:
        raise ValueError(f"value_iteration: num_sweeps must be >= 0; got {num_sweeps}.")
    value = [0] * num_states if value is None else read(value)
    _numbers("value_iteration", "value", value)
    if _shape(value) != (num_states,):
        raise ValueError(f"value_iteration: value must have shape ({num_states},); got {_shape(value)}.")
    for _ in range(num_sweeps):
        q = _action_values(reward, discount, next_state, probability, value)
        value = [largest(row) for row in q]
    return value


def _solution(matrix, right):
    """x of matrix x = right by elimination without pivoting: our matrices are diagonally dominant."""
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    n = len(rows)
    for i in range(n):
        if rows[i][i] == 0:
            raise ValueError(
                "policy_iteration: discount must be below 1 where a policy never ends; got a singular system."
            )
        for j in range(i + 1, n):
            if isinstance(rows[j][i], Operations) or rows[j][i] != 0:  # a Value of 0 still has a slope
                factor = rows[j][i] / rows[i][i]
                rows[j] = [x - factor * y for x, y in zip(rows[j], rows[i], strict=True)]
    x = [0] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - dot(rows[i][i + 1 : n], x[i + 1 :])) / rows[i][i]
    return x


def _policy_value(reward, discount, next_state, probability, policy):
    """The value of a policy: (I - discounted transitions) value = mean reward, solved exactly."""
    matrix, right = [], []
    for s, a in enumerate(policy):
        row = [1 if s == column else 0 for column in range(len(policy))]
        for n, p, d in zip(next_state[s][a], probability[s][a], discount[s][a], strict=True):
            row[n] = row[n] - p * d
        matrix.append(row)
        right.append(dot(probability[s][a], reward[s][a]))
    return _solution(matrix, right)


def policy_iteration(reward, discount, next_state, probability, policy=None):
    """Policy iteration: solve for the values of the policy, make it greedy, until the values stop rising.

        value[s] = q[s,policy[s]],  policy[s] <- argmax_a q[s,a]
        q[s,a] = sum_k probability[s,a,k] * (reward[s,a,k] + discount[s,a,k] * value[next_state[s,a,k]])

    reward: [S, A, K], what each outcome pays. discount: [S, A, K], gamma, or 0 where it ends the episode.
    next_state: [S, A, K], integers in [0, S). probability: [S, A, K], sums to 1 over k.
    policy: [S], integers in [0, A), where to start, all 0 if None; an action gives way only to a better one.
    Returns (value [S], policy [S]), optimal and exact up to the rounding of the linear solve. The values stop
    rising after finitely many rounds, so there is no tolerance to choose. Slopes are those of the returned
    policy's values. Raises ValueError for unequal shapes, an index outside, nan or infinity, or a singular
    system: a policy that never ends although nothing is discounted.
    Source: Sutton and Barto 2018, section 4.3.

    >>> policy_iteration([[[0.0], [1.0]]], [[[0.5], [0.0]]], [[[0], [0]]], [[[1.0], [1.0]]])
    ([1.0], [1])
    """
    reward, discount, next_state, probability, num_states, num_actions = _process(
        "policy_iteration", reward, discount, next_state, probability
    )
    for name, x in (("reward", reward), ("discount", discount), ("probability", probability)):
        for entry in map(plain, _numbers("policy_iteration", name, x)):
            if entry - entry != 0:  # nan and infinity, in any number system
                raise ValueError(f"policy_iteration: {name} must be finite; got {entry}.")
    _law("policy_iteration", discount, [outcomes for row in probability for outcomes in row])
    policy = [0] * num_states if policy is None else policy
    _numbers("policy_iteration", "policy", policy)
    if _shape(policy) != (num_states,):
        raise ValueError(f"policy_iteration: policy must have shape ({num_states},); got {_shape(policy)}.")
    for action in policy:
        _index("policy_iteration", "policy", action, num_actions, "integers")
    policy = list(read(policy))
    value = _policy_value(reward, discount, next_state, probability, policy)
    while True:
        q = _action_values(reward, discount, next_state, probability, value)
        best = [[plain(x) for x in row] for row in q]
        rows = zip(policy, best, map(max, best), strict=True)
        better = [a if row[a] == top else row.index(top) for a, row, top in rows]
        new_value = _policy_value(reward, discount, next_state, probability, better)
        if not total(new_value) > total(value):
            return value, policy
        value, policy = new_value, better
