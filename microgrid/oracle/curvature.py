"""Second derivatives of a function itself, beside those of the gradient program that JAX made of it.

A custom rule that is right at a point may be wrong around it, or have no slope of its own. Then the gradient
program is not the function's gradient around the point, and its derivative, however right, is not the
function's second one.

    d g / d v = (g(x + h v) - g(x - h v)) / 2h + O(h^2),  h about 2^-100, in balls of 200 digits

g: the true slopes, x: the inputs, v: a direction.
"""

import numpy as np

from . import compat, exact
from .balls import finite
from .beside import replayed

STEP = 2.0**-100  # beside the smallest number of the inputs
SMOOTH = 2.0**-60  # how far apart two steps may put a second derivative, beside the largest
CLEAR = float(np.finfo(np.float32).eps) ** 0.5  # what JAX's second derivative must be off, beside the largest
CHOSEN = ("stop", "rule", "hull", "mean")  # blocks whose slopes are not those of their numbers


def declares(proof):
    """Whether slopes are stopped or declared in the function of a proof."""
    return any(block.op in CHOSEN for block in proof.primal.tape.blocks if block.start < proof.own)


class Curvature:
    """The second derivatives of the function of a first-order proof, contracted as its gradient was.

    given: the weights of the outputs, or the direction of the inputs where backward is False.
    """

    def __init__(self, proof, given, backward):
        self._proof, self._given, self._backward = proof, given, backward

    @property
    def known(self):
        """Whether it is smooth at the point, real, and has no slopes that are declared."""
        numbers, ties = self._proof.flat.numbers, self._proof.primal.ties
        return not (ties or declares(self._proof) or any(compat.is_complex(x.dtype) for x in numbers))

    def correct(self, answers, direction):
        """Take it for the truth of answers about JAX's second derivatives along a direction, where JAX's are
        clearly others: by `CLEAR` in every type, as functions that are approximated on purpose have second
        derivatives that differ by less."""
        near, far = (
            [x for array in self._along(direction, step) for x in array] for step in (STEP, 2 * STEP)
        )
        sizes = [abs(float(x)) for x in near]
        scale = max((s for s in sizes if np.isfinite(s)), default=0.0)
        at = 0
        for answer in answers:
            for k in range(len(answer.got)):
                truth, other = near[at + k], far[at + k]
                sure = finite(truth) and finite(other) and abs(float(truth - other)) <= SMOOTH * scale
                their = answer.theirs[k]
                if sure and finite(their) and abs(float(truth - their)) > CLEAR * scale:
                    answer.replace(k, truth)
            at += len(answer.got)

    def _along(self, direction, step):
        step *= min([1.0, *(float(np.min(np.abs(x[x != 0]))) for x in self._numbers() if np.any(x))])
        above, below = (self._slopes(direction, sign * step) for sign in (1, -1))
        return [
            [(x - y) / (2 * step) for x, y in zip(*pair, strict=True)]
            for pair in zip(above, below, strict=True)
        ]

    def _numbers(self):
        return [np.asarray(x).astype(np.float64) for x in self._proof.flat.numbers]

    def _slopes(self, direction, step):
        import flint

        with exact.precision(exact.PRECISIONS[-1]):
            pairs = zip(self._numbers(), (np.asarray(d).astype(np.float64) for d in direction), strict=True)
            moved = [[flint.arb(a) + step * b for a, b in zip(x.flat, d.flat, strict=True)] for x, d in pairs]
            beside, inputs, outputs = replayed(self._proof, moved)
            return self._proof.truths(beside, inputs, outputs, beside.values, self._backward, self._given)
