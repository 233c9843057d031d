"""Value iteration: every state backed up from the values of the last sweep."""

import numpy as np

from . import compiled as device
from .sweep import Sweep


def value_iteration(mdp, gamma, tolerance, max_sweeps, compiled):
    """Sweeps until the bound is below tolerance, or until only rounding moves."""
    sweep = Sweep(mdp, gamma)
    on_device = device.pays(sweep) if compiled is None else compiled
    many, chunk = (device.value_sweeps(sweep), 64) if on_device else (sweep.many, 16)
    start = np.zeros(mdp.num_states)
    return sweep.until_proven(start, many, "value_iteration", tolerance, max_sweeps, chunk)
