"""What is proven of values where nothing is discounted: bounds from both sides, solved for and checked."""

import numpy as np

MOST = 1_024  # states up to which the linear systems take no longer than the sweeps before them
MARGINS = (16, 1_024)  # of rounding, by which each step is paid more, or less, than it is
ROUNDS = 100


def error_bound(sweep, value, policy):
    """How far values [S] may be from the optimum; infinity where that is not found out.

    No policy that ends is worth more than values that no backup exceeds, nor the best less than those that
    the backups of one policy reach. Both are solved for, with a margin for rounding, and then looked at.
    policy: [S], greedy.
    """
    if sweep.num_states > MOST:
        return np.inf
    states, least = np.arange(sweep.num_states), sweep.rounding(value)
    for margin in MARGINS:
        try:
            above, below = _optimum(sweep, policy, margin * least), _worth(sweep, policy, -margin * least)
        except np.linalg.LinAlgError:  # a policy that never ends
            return np.inf
        if not np.isfinite([above, below]).all():
            return np.inf
        high = (sweep.q(above) <= above - sweep.rounding(above)).all()
        low = (sweep.q(below)[policy, states] >= below + sweep.rounding(below)).all()
        if high and low:
            return float(np.maximum(above - value, value - below).max())
    return np.inf


def _optimum(sweep, policy, extra):
    """The best values where each step pays so much more, by policy iteration."""
    states = np.arange(sweep.num_states)
    value = _worth(sweep, policy, extra)
    for _ in range(ROUNDS):
        q = sweep.q(value)
        better = np.where(q[policy, states] >= q.max(0) - sweep.rounding(value), policy, q.argmax(0))
        if (better == policy).all():
            break
        policy, value = better, _worth(sweep, better, extra)
    return value


def _worth(sweep, policy, extra):
    """Values [S] of a policy where each step pays so much more."""
    states = np.arange(sweep.num_states)
    kept, to = sweep.kept[:, policy, states], sweep.next_state[:, policy, states]
    matrix = np.eye(sweep.num_states)
    np.subtract.at(matrix, (np.broadcast_to(states, kept.shape), to), kept)
    return np.linalg.solve(matrix, sweep.mean[policy, states] + extra)
