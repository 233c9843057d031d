"""Transitions one by one, or as columns of numbers, into the arrays of a TabularMDP; no loop in Python.

S: states, A: actions, K: most outcomes that any state and action has, T: transitions.
"""

from collections.abc import Iterable

import numpy as np

from . import checks, inputs, memory

COLUMNS = ("state", "action", "probability", "next_state", "reward", "terminated")
MOST = 2**31  # entries S * A * K of a table: beyond, one state with many outcomes makes all the others pay


def columns(function, transitions):
    """Six arrays [T] of a list of six-tuples, or of a dict of columns, checked for kind and length."""
    if isinstance(transitions, dict):
        missing = [name for name in COLUMNS if name not in transitions]
        if missing or len(transitions) > len(COLUMNS):
            raise ValueError(
                f"{function}: transitions must have the columns {', '.join(COLUMNS)}; "
                f"got {', '.join(map(str, transitions))}."
            )
        given = [transitions[name] for name in COLUMNS]
    else:
        rows = list(transitions) if isinstance(transitions, Iterable) else transitions
        told = rows if isinstance(rows, list) else ()
        lengths = {len(row) if hasattr(row, "__len__") else 0 for row in told}
        if lengths != {len(COLUMNS)}:
            raise ValueError(
                f"{function}: transitions must be at least one of ({', '.join(COLUMNS)}), or a dict of such "
                f"columns; got {inputs.shown(rows)}."
            )
        given = list(zip(*rows, strict=True))
    arrays = [inputs.numbers(function, name, column) for name, column in zip(COLUMNS, given, strict=True)]
    checks.same_shape(function, COLUMNS, arrays, "T")
    return arrays


def gathered(function, columns, num_states=None, num_actions=None):
    """Arrays next_state, probability, reward, terminated [S, A, K].

    columns: six arrays [T]. Those that agree in all but the probability are added up; the rest of each row is
    filled with outcomes of probability 0 that end. A state that nothing leaves is one where episodes have
    ended: its value is 0, and nothing may lead there without terminating.
    """
    state, action, probability, next_state, reward, terminated = columns

    def of_pair(t):
        return inputs.at_axes(state[t], action[t])

    def in_row(t):
        return f"in transition {t}"

    state = inputs.indices(function, "state", state, num_states, in_row)
    action = inputs.indices(function, "action", action, num_actions, in_row)
    next_state = inputs.indices(function, "next_state", next_state, num_states, of_pair)
    num_states = int(max(state.max(), next_state.max())) + 1 if num_states is None else int(num_states)
    num_actions = int(action.max()) + 1 if num_actions is None else int(num_actions)
    memory.check_process(function, num_states, num_actions)
    reward = inputs.rewards(function, "reward", reward, of_pair)
    ends = inputs.flags(function, "terminated", terminated, of_pair)
    kind = probability.dtype if probability.dtype == np.float32 else float  # which rounds more, and may
    probability, slack = inputs.shares(function, "probability", probability, of_pair)
    pair = state.astype(np.int64) * num_actions + action.astype(np.int64)
    pair, next_state, reward, ends, probability = _added_up(
        pair, next_state.astype(np.int64), reward, ends, probability, num_states
    )
    count = np.bincount(pair, minlength=num_states * num_actions)
    _complete(function, count.reshape(num_states, num_actions), next_state[~ends & (probability > 0)])
    sums = np.where(count > 0, np.bincount(pair, probability, len(count)), 1.0)
    sums = sums.reshape(num_states, num_actions)
    inputs.sum_to_1(function, "probability", sums, slack, "the outcomes")
    shape = (num_states, num_actions, int(count.max()))
    if np.prod(shape, dtype=float) > MOST:
        raise ValueError(
            f"{function}: transitions must fit a table [states, actions, most outcomes] of {MOST} entries; "
            f"got {shape}. Fix: split the pair with the most outcomes over states in between."
        )
    at = pair * shape[2] + np.arange(len(pair)) - (np.cumsum(count) - count)[pair]
    places = np.zeros(shape, np.int32 if num_states < 2**31 else np.int64)
    arrays = places, np.zeros(shape, kind), np.zeros(shape)
    for array, column in zip(arrays, (next_state, probability, reward), strict=True):
        array.reshape(-1)[at] = column
    terminated = np.ones(shape, bool)
    terminated.reshape(-1)[at] = ends
    empty = count.reshape(num_states, num_actions) == 0
    arrays[0][empty, 0] = np.nonzero(empty)[0]
    arrays[1][empty, 0] = 1.0
    return *arrays, terminated


def _added_up(pair, next_state, reward, ends, probability, num_states):
    """The columns in the order of pair and next state, equal outcomes of a pair as one."""
    key = pair * num_states + next_state  # below 2**63 for any table that fits in memory
    order = np.argsort(key, kind="stable")
    same = key[order[1:]] == key[order[:-1]]
    if same.any():  # those few are sorted by reward and end too, so that equal ones are neighbours
        doubtful = np.r_[same, False] | np.r_[False, same]
        few = order[doubtful]
        order[doubtful] = few[np.lexsort((ends[few], reward[few], key[few]))]
    columns = [x[order] for x in (pair, next_state, reward, ends, probability)]
    if not same.any():
        return columns
    pair, next_state, reward, ends, probability = columns
    new = np.ones(len(pair), bool)
    for x in (pair, next_state, reward, ends):
        new[1:] &= x[1:] == x[:-1]
    new[1:] = ~new[1:]
    first = np.flatnonzero(new)
    return *(x[first] for x in (pair, next_state, reward, ends)), np.add.reduceat(probability, first)


def _complete(function, count, entered):
    """Raises where only some actions of a state have outcomes, or where a state without any is entered."""
    left = (count > 0).any(1)
    for s, a in np.argwhere((count == 0) & left[:, None])[:1]:
        raise ValueError(
            f"{function}: transitions must have an outcome of every action in every state that is left; "
            f"got none of state {s}, action {a}."
        )
    for s in entered[~left[entered]][:1]:
        raise ValueError(
            f"{function}: transitions must leave every state that is entered without an end; got none of "
            f"state {s}. Fix: terminated=True where an outcome leads there."
        )


def from_dense(function, probability, reward, terminated):
    """Columns [T] of the outcomes with a positive probability in arrays [S, A, S]."""
    probability = inputs.numbers(function, "probability", probability)
    shape = probability.shape
    if len(shape) != 3 or shape[0] != shape[2] or 0 in shape:
        raise ValueError(f"{function}: probability must have shape [S, A, S]; got {shape}.")
    reward = inputs.numbers(function, "reward", reward)
    if reward.shape not in (shape, shape[:2]):
        raise ValueError(f"{function}: reward must have shape {shape[:2]} or {shape}; got {reward.shape}.")
    ends = (
        np.zeros(shape[0], bool) if terminated is None else inputs.numbers(function, "terminated", terminated)
    )
    if ends.shape not in (shape, shape[:1]):
        raise ValueError(f"{function}: terminated must have shape {shape[:1]} or {shape}; got {ends.shape}.")
    inputs.probabilities(function, "probability", probability, "the next states")
    state, action, next_state = np.nonzero(probability)
    at = state, action, next_state
    rewards = reward[at] if reward.ndim == 3 else reward[state, action]
    return [
        state,
        action,
        probability[at],
        next_state,
        rewards,
        ends[at] if ends.ndim == 3 else ends[next_state],
    ]
