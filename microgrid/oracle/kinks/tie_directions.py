"""Directions in which the equal numbers of a run stay equal: along them no choice matters.

At a tie a rule may choose any of the slopes of the sides, or what lies between them. These differ only in the
directions in which the tie breaks. So in every other direction a right rule has the slope of the function:
the slopes of a largest number add up to 1, whoever of the equal ones gets them.

p: pairs of equal numbers, m: numbers of the inputs.
"""

import numpy as np

from .. import floats
from ..balls import differ, finite

MOST = 256  # pairs that are looked at
DIRECTIONS = 3
LEAST = 1e-9  # relative to its terms: what a sum of slopes must be off
NOISE = 1e-12  # relative to a direction: what rounding leaves of a part that is taken out of it


def breaks(proof, answers):
    """Whether JAX's slopes, `Answer`s in mode "rev", are wrong in a direction in which all ties stay; what
    meanings or rounded literals explain is not."""
    truths = [x for answer in answers for x in answer.truths]
    theirs = [x for answer in answers for x in answer.believed]
    if not all(map(finite, [*truths, *theirs])):
        return False
    return any(_off(truths, theirs, direction) for direction in _directions(proof))


def directions(proof):
    """Such directions, each a list of an array for each input, rounded to its type."""
    sizes = np.cumsum([x.size for x in proof.flat.numbers])[:-1]
    rows = (zip(np.split(row, sizes), proof.flat.numbers, strict=True) for row in _directions(proof))
    return [[d.reshape(x.shape).astype(x.dtype) for d, x in row] for row in rows]


def _directions(proof):
    """Directions, [m] each, in which all ties stay; none where nothing is tied, or what is is complex."""
    if any(array.imaginary is not None for array in proof.inputs):
        return []
    rows = _slopes_of_ties(proof)
    if rows is None:
        return []
    draw = np.random.default_rng(0)
    return [_along(rows, d) for d in draw.normal(size=(DIRECTIONS, rows.shape[1]))]


def _slopes_of_ties(proof):
    """[p, m] how the difference of each pair of equal numbers moves with the inputs, to length 1; None where
    there is no pair, or one whose members part in second order only, which the run may take for different."""
    tape, pairs = proof.primal.tape, proof.primal.pairs
    found = np.unique(np.concatenate([*pairs, np.zeros((0, 2), int)]), axis=0)
    if not 0 < len(found) <= MOST:
        return None
    inputs = np.concatenate([array.ids.ravel() for array in proof.inputs])
    values, rows = floats.forward(tape), []
    for one, other in found.tolist():
        ends = [(np.array([one]), np.ones(1)), (np.array([other]), -np.ones(1))]
        rows.append(floats.adjoints(tape, values, ends)[inputs])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.array(rows) / lengths if np.isfinite(lengths).all() and lengths.all() else None


def _along(rows, direction):
    """A direction without its parts in those of some rows."""
    least = NOISE * np.max(np.abs(direction))
    for _ in range(2):  # the second time for what rounding left
        direction = direction - rows.T @ np.linalg.lstsq(rows.T, direction, rcond=None)[0]
    return np.where(np.abs(direction) <= least, 0.0, direction)


def _off(truths, theirs, direction):
    """Whether two slopes along a direction are proven to differ."""
    terms = zip(direction.tolist(), theirs, truths, strict=True)
    difference, size = 0, 0.0
    for d, x, y in terms:
        difference, size = difference + d * (x - y), size + abs(d) * max(abs(float(x)), abs(float(y)))
    return differ(difference, 0, LEAST * size)
