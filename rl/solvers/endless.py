"""Which states lead to an end: what gamma 1 asks of a process, and of a policy."""

import numpy as np

WORK = 300_000_000  # outcomes looked at before it is left open whether to go on forever costs anything


def can_end(mdp, possible):
    """States [S] from which possible outcomes [S, A, K] lead to an end, and an action [S] towards it.

    Backwards from the end, over each outcome once: a maze of 700 by 700 cells takes a second.
    """
    state, action, outcome = np.nonzero(possible)
    at, size = (state, action, outcome), mdp.num_states
    entering = _entering(np.where(mdp.terminated[at], size, mdp.next_state[at]), size + 1)
    reached, towards, new = np.zeros(size, bool), np.zeros(size, int), np.array([size])
    while len(new):
        found = entering(new)
        found = found[~reached[state[found]]]
        new, first = np.unique(state[found], return_index=True)
        reached[new], towards[new] = True, action[found[first]]
    return reached, towards


def _entering(to, size):
    """Nodes -> the edges that enter any of them, of edges that lead to nodes `to` in [0, size)."""
    order = np.argsort(to, kind="stable")
    bounds = np.searchsorted(to[order], np.arange(size + 1))

    def entering(nodes):
        starts, counts = bounds[nodes], bounds[nodes + 1] - bounds[nodes]
        skipped = np.repeat(starts - np.cumsum(counts) + counts, counts)
        return order[skipped + np.arange(len(skipped))]

    return entering


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
    found = lossless(mdp, stays, WORK)
    if found is None:
        raise ValueError(
            "solve: gamma must be below 1 where a policy may never end, and may lose nothing by it; "
            f"got 1, and of states {_listed(np.flatnonzero(stays.any(1)))} that was not found out. "
            "Lower gamma, or take success_probability within a step limit."
        )
    if found.any():
        raise ValueError(
            "solve: gamma must be below 1 where a policy may never end at no loss; got 1, and states "
            f"{_listed(np.flatnonzero(found))} allow it. "
            "Lower gamma, or take success_probability within a step limit."
        )


def _staying(mdp, possible, allowed):
    """Of allowed actions [S, A] those after which allowed ones can be taken forever, and no end is met."""
    stays = allowed & ~(possible & mdp.terminated).any(2)
    state, action, outcome = np.nonzero(possible & stays[:, :, None])
    entering = _entering(mdp.next_state[state, action, outcome], mdp.num_states)
    lost = np.flatnonzero(~stays.any(1))
    while len(lost):
        found = entering(lost)
        found = found[stays[state[found], action[found]]]
        stays[state[found], action[found]] = False
        entered = np.unique(state[found])
        lost = entered[~stays[entered].any(1)]
    return stays


def lossless(mdp, stays, work):
    """States [S] in which some policy may stay forever at a mean reward of 0 or more; None if not found out.

        gain[s,a] = mean[s,a] + sum_k probability[s,a,k] * h[next_state[s,a,k]] - h[s]

    stays: [S, A], the actions that policies without an end choose from. work: outcomes that may be looked at.
    Whatever h is, none of these policies earns more a step than the largest gain; where a policy meets no
    gain below 0 it earns no less; and where no gain is above 0, it earns 0 only by gains of 0.
    Two h are tried side by side: half steps of value iteration, and the most that can be earned before one
    stops, which settles mazes in as many turns as they are wide.
    Source: Puterman 1994, theorem 8.5.5 and section 8.5.4.
    """
    none, possible = np.zeros(len(stays), bool), mdp.probability > 0
    mean = np.where(stays, (mdp.probability * mdp.reward).sum(2), -np.inf)
    if not (mean >= 0).any():
        return none
    states = np.flatnonzero(stays.any(1))
    place = np.zeros(len(stays), np.int32)
    place[states] = np.arange(len(states))
    mean = np.ascontiguousarray(mean[states].T)  # [A, s], and [K, A, s], as in Sweep
    to = np.ascontiguousarray(place[mdp.next_state[states]].T)
    kept = np.ascontiguousarray(mdp.probability[states].T)
    scale = (2 * len(to) + 6) * 2.0**-53
    largest = np.abs(mdp.reward[stays]).max()
    tried, look = [np.zeros(len(states)), np.zeros(len(states))], 1
    for turn in range(1, max(64, work // (2 * to.size)) + 1):
        for kind, h in enumerate(tried):
            future = h[to]
            future *= kept
            gain = np.add.reduce(future) + mean - h
            best, rounding = gain.max(0), scale * (largest + 2 * float(np.abs(h).max()))
            most = float(best.max())
            if most < -rounding:
                return none
            if most <= rounding or turn == look:
                allowed = np.zeros_like(stays)
                allowed[states] = (gain >= -rounding).T
                found = _staying(mdp, possible, allowed).any(1)
                if most <= rounding or found.any():
                    return found
            tried[kind] = h + (best / 2 - float(h.max()) if kind == 0 else np.maximum(best, 0))
        look = 4 * turn if turn == look else look
    return None


def refuse_endless_policy(mdp, weights):
    """At gamma 1: raises where the policy may never end, with the states from which it may not."""
    possible = (mdp.probability > 0) & (weights > 0)[:, :, None]
    endless = ~can_end(mdp, possible)[0]
    state, action, outcome = np.nonzero(possible & ~mdp.terminated)
    entering, new = _entering(mdp.next_state[state, action, outcome], mdp.num_states), np.flatnonzero(endless)
    while len(new):
        new = np.unique(state[entering(new)])
        new = new[~endless[new]]
        endless[new] = True
    if endless.any():
        raise ValueError(
            "policy_value: gamma must be below 1 where the policy may never end; got 1, and from states "
            f"{_listed(np.flatnonzero(endless))} it may not. "
            "Lower gamma, or take expected_return within a step limit."
        )
