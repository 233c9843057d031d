"""Second derivatives of a function itself, compared with those of the gradient program that JAX made of it.

A custom rule that is right at a point may be wrong around it, or have no slope of its own. Then the gradient
program is not the function's gradient around the point, and its derivative, however right, is not the
function's second one.

    d g / d v = (g(x + h v) - g(x - h v)) / 2h + O(h^2),  h about 2^-100 |x|, in balls of 200 digits and more

g: the true slopes, x: the inputs, v: a direction. What the function holds by stop_gradient stays as at x.
"""

import jax
import jax.numpy as jnp
import numpy as np

from . import compat, exact, floats
from .balls import differ, finite, radius
from .flat import unit, weights, whole
from .interpreter import Replay, walk
from .kinks.perturbation import replayed
from .programs import same

STEP = -100  # the power of 2, relative to the smallest number of the inputs
SMOOTH = 2.0**-60  # how far apart two steps may put a second derivative, relative to itself or the largest
LEAST = 2.0**-20  # the size of one that is 0, relative to the largest: what is held fixed is rounded
ROUNDED = 4  # times how far the rounded literals of rules move one, what JAX's must be off
CLEAR = float(np.finfo(np.float32).eps) ** 0.5  # the same where a function is only near to what it means
ALONE = "the second order is that of JAX's gradient program alone: "


def left_out(proof, verdict):
    """Why the second derivative of a function is not known from its slopes around, or "". proof: of the first
    order, None where none was made; verdict: on it."""
    if proof is None:
        return f"{ALONE}sample= does not look around the point"
    if proof.engine is floats:
        return f"{ALONE}float64 does not see the slopes around the point"
    if verdict == "approximate":
        return f"{ALONE}the function is approximate, and so are its own second slopes"
    if proof.primal.declared:
        return f"{ALONE}of a declared rule nobody knows the slopes around the point"
    if any(compat.is_complex(x.dtype) for x in proof.flat.numbers):
        return f"{ALONE}an argument is complex"
    if proof.uses(("random_gamma",)):
        return f"{ALONE}random_gamma draws its numbers at the point alone"
    return ""


def backwards(flat, draw):
    """(the gradient of a function as another one, the weights of the outputs)."""
    given = whole(weights(draw, jax.eval_shape(flat, *flat.numbers)), True)
    names = [f"slope of {path}" for path in flat.paths]
    return flat.slopes(lambda *x: jax.vjp(flat, *x)[1](given), names), given


def forwards(flat, draw):
    """(the slope of a function along a direction as another one, the direction)."""
    given = whole(weights(draw, flat.numbers), False)
    given = tuple(w / unit(given) for w in given)
    return flat.slopes(lambda *x: jax.jvp(flat, x, given)[1]), given


def one_program(back, along):
    """Whether the slopes of a function backwards are the same program as those along a direction, as they
    may be where it takes and returns one number."""
    (x, *more), ends = back.numbers, jax.eval_shape(along, *along.numbers)
    if more or [(y.shape, y.dtype) for y in ends] != [(x.shape, x.dtype)]:
        return False
    return same(*(compat.jaxpr_of(flat, flat.numbers) for flat in (back, along)))


class Alone:
    """No second derivatives of the function itself: all that is known is JAX's gradient program."""

    def correct(self, _, __, answers):
        """Say of all answers that their truth is that of JAX's gradient program alone."""
        for answer in answers:
            answer.alone[:] = True


class Curvature:
    """The second derivatives of the function of a first-order proof, contracted as its gradient was.

    given: the weights of the outputs, or the direction of the inputs where backward is False.
    """

    def __init__(self, proof, given, backward):
        self._proof, self._given, self._backward = proof, given, backward

    def correct(self, proof, mode, answers):
        """Take them for the truths of the answers of a proof of the gradient program, where those are clearly
        other numbers; they are known where both sides have the same, and no tie decides.

        Where the first order was proven, they are others by more than literals that rules round move them;
        where it was excused, by more than functions that are approximated on purpose: `CLEAR`, relative to
        the terms of a number, in every type.
        """
        known, near = self._along(proof.given, self._backward or mode == "fwd")
        scale = max((abs(float(x)) for x in known if x is not None), default=0.0)
        off, places = [], ((answer, k) for answer in answers for k in range(len(answer.got)))
        for at, (answer, k) in enumerate(places):
            truth, their = known[at], answer.theirs[k]
            answer.alone[k] = truth is None or not finite(their) or _is_open(answer.hulls[k])
            if truth is None or answer.alone[k]:
                continue
            if _off(answer, k, truth, SMOOTH * abs(float(truth))):
                off.append((at, answer, k))
        moved = [] if self._proof.excused or not off else self._moved(proof, mode)
        for at, answer, k in off:
            slack = CLEAR * min(scale, _size(answer, k))
            if moved and finite(moved[at]) and not answer.around[k]:
                most = max(CLEAR, float(jnp.finfo(answer.dtype).eps) ** 0.5)
                slack = min(ROUNDED * radius(moved[at]), most * scale)
            answer.alone[k] = not _off(answer, k, known[at], slack + near[at])
            if not answer.alone[k]:
                answer.replace(k, known[at])

    def _moved(self, proof, mode):
        """[n] the derivatives of the gradient program, a proof's, as balls that are as wide as literals which
        its rules round move them; what the function itself is made of is exact."""
        replay = Replay(exact=self._proof.primal.literals.known(self._given), surrogates=proof.surrogates)
        inputs = [replay.input(x) for x in proof.flat.numbers]
        outputs, _ = walk(replay, proof.program, inputs)
        values = exact.forward(replay.tape, radii=replay.literals.radii)
        truths = proof.truths(replay, inputs, outputs, values, mode == "rev", proof.given)
        return [x for array in truths for x in array]

    def _along(self, other, direction):
        """([n] the second derivatives, None where they are not the same on both sides, [n] how near they are
        known). other: what the gradient program was asked for, direction: whether that is one of the inputs.
        Else it weighs the outputs: d (w J v) / d x is how w J changes along v."""
        import flint

        smallest = min([1.0, *(float(np.min(np.abs(x[x != 0]))) for x in self._numbers() if np.any(x))])
        power = STEP + int(np.frexp(smallest)[1])
        step = flint.arb(2) ** power
        with exact.precision(max(exact.PRECISIONS[1], exact.bits()) - power):
            slopes = [self._slopes(other, direction, k * step) for k in (-2, -1, 1, 2)]
        changes = [_changes(numbers, step) for numbers in zip(*slopes, strict=True)]
        sizes = [abs(float(x[0])) for x in changes]
        rows = list(zip(changes, sizes, strict=True))
        scale = max((size for x, size in rows if _agree(x, size)), default=0.0)
        sizes = [max(size, LEAST * scale) if _agree(x, size) else scale for x, size in rows]
        known = [x[0] if _agree(x, size) else None for x, size in zip(changes, sizes, strict=True)]
        return known, [SMOOTH * size for size in sizes]

    def _numbers(self):
        return [np.asarray(x).astype(np.float64) for x in self._proof.flat.numbers]

    def _slopes(self, other, direction, step):
        import flint

        proof, backward = self._proof, self._backward or not direction
        along, given = (other, self._given) if direction else (self._given, other)
        pairs = zip(self._numbers(), (np.asarray(d).astype(np.float64) for d in along), strict=True)
        moved = [[flint.arb(a) + step * b for a, b in zip(x.flat, d.flat, strict=True)] for x, d in pairs]
        held = [proof.values[i].mid() for i in proof.primal.held]
        beside, inputs, outputs = replayed(proof, moved, held)
        truths = proof.truths(beside, inputs, outputs, beside.values, backward, given)
        return [x for array in truths for x in array]


def _off(answer, k, truth, slack):
    """Whether number k is another one than a truth, both by our rules and as JAX's program means it."""
    numbers = [x for x in (answer.truths[k], answer.theirs[k]) if finite(x)]
    return all(differ(truth, x, slack) for x in numbers)


def _size(answer, k):
    """About the sum of the sizes of the terms of number k; infinite where that is not known."""
    size = float(answer.bounds[k]) / float(jnp.finfo(answer.dtype).eps)
    return size if np.isfinite(size) else np.inf


def _is_open(hull):
    """Whether a number is another one as a tie is decided: whether its hull is more than a number."""
    if hull is None or isinstance(hull, int | float):
        return False
    return not (hull.is_finite() and float(hull.rad()) <= SMOOTH * (1 + abs(float(hull))))


def _changes(slopes, step):
    """How fast a slope changes: near the point, over a longer way, above and below it."""
    far_below, below, above, far_above = slopes
    near, far = (above - below) / (2 * step), (far_above - far_below) / (4 * step)
    return near, far, (far_above - above) / step, (below - far_below) / step


def _agree(changes, scale):
    """Whether changes are finite and one number, relative to a scale."""
    return all(map(finite, changes)) and not any(differ(changes[0], x, SMOOTH * scale) for x in changes[1:])
