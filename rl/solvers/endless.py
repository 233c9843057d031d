"""Which states lead to an end: what gamma 1 asks of a process, and of a policy."""

import numpy as np

WORK = 300_000_000  # outcomes looked at before it is left open whether to go on forever costs anything


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
    stays = _staying(mdp, possible, np.ones(mdp.next_state.shape[:2], bool))
    found = lossless(mdp, stays)
    if found is None:
        raise ValueError(
            "solve: gamma must be below 1 where a policy may never end, and may lose nothing by it; got 1, and "
            f"of states {_listed(np.flatnonzero(stays.any(1)))} that was not found out. "
            "Lower gamma, or take success_probability within a step limit."
        )
    if found.any():
        raise ValueError(
            "solve: gamma must be below 1 where a policy may never end at no loss; got 1, and states "
            f"{_listed(np.flatnonzero(found))} allow it. "
            "Lower gamma, or take success_probability within a step limit."
        )


def _staying(mdp, possible, allowed):
    """Of allowed actions [S, A] those after which allowed ones can be taken forever, with no way to an end."""
    stays = allowed & ~(possible & mdp.terminated).any(2)
    while True:
        left = stays & ~(possible & ~stays.any(1)[mdp.next_state]).any(2)
        if (left == stays).all():
            return stays
        stays = left


def lossless(mdp, stays, work=WORK):
    """States [S] in which some policy may stay forever at a mean reward of 0 or more; None if not found out.

        gain[s,a] = mean[s,a] + sum_k probability[s,a,k] * h[next_state[s,a,k]] - h[s]

    stays: [S, A], the actions that policies without an end choose from. work: outcomes that may be looked at.
    Whatever h is, no such policy earns more a step than the largest gain; one whose gains are 0 or more
    wherever it comes earns no less than that. h is what steps of half a turn of value iteration make it.
    Source: Puterman 1994, theorem 8.5.5 and section 8.5.4.
    """
    states = np.flatnonzero(stays.any(1))
    found = np.zeros(len(stays), bool)
    if not len(states):
        return found
    row, action = np.nonzero(stays[states])
    at = states[row], action
    probability, largest = mdp.probability[at], np.abs(mdp.reward[at]).max()
    place = np.zeros(len(stays), int)
    place[states] = np.arange(len(states))
    to = np.where(probability > 0, place[mdp.next_state[at]], 0)
    mean = (probability * mdp.reward[at]).sum(1)
    first = np.flatnonzero(np.r_[True, np.diff(row) > 0])
    h, turns, look = np.zeros(len(states)), max(64, work // to.size), 1
    for turn in range(1, turns + 1):
        gain = mean + (probability * h[to]).sum(1) - h[row]
        best = np.maximum.reduceat(gain, first)
        rounding = (2 * to.shape[1] + 6) * 2.0**-53 * (largest + 2 * np.abs(h).max())
        if best.max() < -rounding:
            return found
        if turn == look:
            allowed = np.zeros_like(stays)
            allowed[at] = gain >= -rounding
            found = _staying(mdp, mdp.probability > 0, allowed).any(1)
            if found.any():
                return found
            look *= 2
        h = h + best / 2
        h -= h.max()
    return None


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
