"""Numbers of a run that rounding alone made equal: what a choice between them may make of a gradient.

In float32 1.1 * 1.1 may be the very number that it is compared with, and lie beside it in truth. What JAX
makes of equal numbers is then no mistake, although there is no kink at the point: its answer may be that of
either side, or between the two.

n: numbers of the gradient.
"""

import numpy as np

from ..balls import differ, disagree, finite, radius
from .perturbation import replayed


def moved_by_ties(proof, backward, given, truths):
    """[n] whether a slope is another one where equal numbers of the run that are not equal in truth are told
    apart; truths: [n] balls, the slopes by the choices of the run."""
    if not _came(proof):
        return np.zeros(len(truths), bool)
    here = [[proof.values[i] for i in array.scalars.tolist()] for array in proof.inputs]
    beside, inputs, outputs = replayed(proof, here)
    told = proof.truths(beside, inputs, outputs, beside.values, backward, given)
    apart = disagree(truths, others := [x for array in told for x in array], None)
    return apart & np.array(list(map(finite, others)), bool)


def _came(proof):
    """Whether numbers that met at a choice are proven to be others than in the run, where they are equal."""
    pairs = (pair for pairs in proof.primal.pairs for pair in pairs.tolist())
    return any(_told(*(proof.values[i] for i in pair)) for pair in pairs)


def _told(one, other):
    return finite(one) and finite(other) and radius(one) == radius(other) == 0 and differ(one, other)
