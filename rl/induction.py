"""What a policy earns within a step limit: backward induction, from the last step to the first."""

import numpy as np

from . import inputs


def values(mdp, weights, max_steps, reward, gamma):
    """[S]: mean sum of what is earned in max_steps steps.

    weights: [S, A], the policy, or None for the best that any policy can do, which may watch the clock.
    reward: [S, A, K], what the outcomes pay.
    """
    mean, kept = (mdp.probability * reward).sum(2), mdp.probability * gamma * ~mdp.terminated
    value = np.zeros(mdp.num_states)
    for _ in range(max_steps):
        q = mean + np.einsum("sak,sak->sa", kept, value[mdp.next_state])
        value = q.max(1) if weights is None else (weights * q).sum(1)
    return value


def successes(mdp, success):
    """[S, A, K], 1.0 where an outcome is a success: states, a mask, or None for a positive last reward."""
    if success is None:
        wins = mdp.terminated & (mdp.reward > 0)
        if not wins.any():
            raise ValueError(
                "success_probability: success must be given, since no ending pays here; got None. "
                "Fix: success=[state, ...], the states in which ending is a success."
            )
    elif (given := inputs.numbers("success_probability", "success", success)).ndim <= 1:
        states = inputs.states("success_probability", "success", given, mdp.num_states)
        wins = mdp.terminated & np.isin(mdp.next_state, states)
    else:
        wins = inputs.flags("success_probability", "success", given)
        if wins.shape != mdp.terminated.shape:
            raise ValueError(
                f"success_probability: success must be states or a mask {mdp.terminated.shape}; "
                f"got shape {wins.shape}."
            )
        for s, a, k in np.argwhere(wins & ~mdp.terminated):
            raise ValueError(
                "success_probability: success must mark outcomes that terminate; "
                f"got outcome {k} of state {s}, action {a}."
            )
    return wins.astype(float)
