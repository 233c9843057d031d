"""The linear program of a process: an independent way to its values."""

import numpy as np

from .policy_iteration import policy_value
from .sweep import Sweep


def linear_programming(mdp, gamma, tolerance, max_sweeps, compiled):
    """The least values that no backup exceeds, by HiGHS, polished by the linear system of its basis.

        minimise sum_s value[s],  value[s] >= q[s,a] for every a

    HiGHS keeps its constraints to 1e-10 of the largest reward at best. Its dual values say which action holds
    each state's value up; the values returned solve the equations of those actions, exact up to rounding.
    Where that breaks a constraint after all, by less than HiGHS sees, the action that broke it enters.
    Source: d'Epenoux 1963; Puterman 1994, section 6.9.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    sweep, size = Sweep(mdp, gamma), mdp.num_states
    rows = np.arange(sweep.mean.size)
    to = sweep.next_state.reshape(sweep.num_outcomes, -1)
    row = np.r_[np.broadcast_to(rows, to.shape).ravel(), rows]
    column = np.r_[to.ravel(), np.tile(np.arange(size), sweep.num_actions)]
    entry = np.r_[sweep.kept.ravel(), -np.ones(rows.size)]
    scale = sweep.largest_mean or 1.0
    found = linprog(
        np.ones(size),
        A_ub=csr_array((entry, (row, column)), shape=(rows.size, size)),
        b_ub=-sweep.mean.ravel() / scale,
        bounds=(None, None),
        method="highs",
        options=dict(primal_feasibility_tolerance=1e-10, dual_feasibility_tolerance=1e-10),
    )
    if found.status != 0:
        raise ValueError(f"solve: HiGHS must find the least values; it says: {found.message}")
    flow = -found.ineqlin.marginals.reshape(sweep.num_actions, size)
    basis, states = flow.argmax(0), np.arange(size)
    value, pivots = policy_value(mdp, np.eye(sweep.num_actions)[basis], gamma), int(found.nit)
    while True:
        q = sweep.q(value)
        held = q[basis, states] >= q.max(0) - sweep.rounding(value)
        entered = np.where(held, basis, q.argmax(0))
        new_value = policy_value(mdp, np.eye(sweep.num_actions)[entered], gamma)
        if held.all() or not new_value.sum() > value.sum():
            return sweep.solution(value, "linear_programming", pivots)
        basis, value, pivots = entered, new_value, pivots + int((~held).sum())
