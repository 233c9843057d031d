"""Which states lead to an end: what gamma 1 asks of a process, and of a policy."""

import numpy as np


def can_end(mdp, possible):
    """States [S] from which possible outcomes [S, A, K] lead to an end, and an action [S] towards it."""
    ending = (possible & mdp.terminated).any(2)
    reached, action = ending.any(1), ending.argmax(1)
    while True:
        closer = (possible & ~mdp.terminated & reached[mdp.next_state]).any(2)
        new = closer.any(1) & ~reached
        if not new.any():
            return reached, action
        action[new] = closer[new].argmax(1)
        reached = reached | new


def ending_actions(mdp):
    """A policy [S] that always may come nearer to an end: it ends with probability 1 if any policy does."""
    return can_end(mdp, mdp.probability > 0)[1]


def _listed(states):
    states = [int(s) for s in states]
    return ", ".join(map(str, states[:10])) + (f" and {len(states) - 10} more" if len(states) > 10 else "")


def refuse_endless(mdp):
    """At gamma 1: raises where no policy ends, or where one may go on forever at no loss."""
    possible = mdp.probability > 0
    stuck = np.flatnonzero(~can_end(mdp, possible)[0])
    if len(stuck):
        raise ValueError(
            "solve: gamma must be below 1 where no policy ends; got 1, and there is no way out of states "
            f"{_listed(stuck)}."
        )
    inside = np.ones(mdp.num_states, bool)  # shrinks to all the states that one can stay in forever
    while True:
        stays = ~(possible & (mdp.terminated | ~inside[mdp.next_state])).any(2) & inside[:, None]
        if (stays.any(1) == inside).all():
            break
        inside = stays.any(1)
    mean = (mdp.probability * mdp.reward).sum(2)
    free = np.flatnonzero((stays & (mean >= 0)).any(1))
    if len(free):
        raise ValueError(
            "solve: gamma must be below 1 where a policy may never end at no loss; got 1, and states "
            f"{_listed(free)} allow it. Lower gamma, or take success_probability within a step limit."
        )


def refuse_endless_policy(mdp, weights):
    """At gamma 1: raises where the policy may never end, with the states from which it may not."""
    possible = (mdp.probability > 0) & (weights > 0)[:, :, None]
    endless = ~can_end(mdp, possible)[0]
    while True:
        more = (possible & ~mdp.terminated & endless[mdp.next_state]).any((1, 2)) & ~endless
        if not more.any():
            break
        endless = endless | more
    if endless.any():
        raise ValueError(
            "policy_value: gamma must be below 1 where the policy may never end; got 1, and from states "
            f"{_listed(np.flatnonzero(endless))} it may not. "
            "Lower gamma, or take expected_return within a step limit."
        )
