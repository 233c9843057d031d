"""The gradient of the whole: JAX's own, compared with what its derivatives of the single equations give.

The latter are looked at one by one, elsewhere; here it is seen that JAX puts them together rightly, and that
the numbers of the run itself, a cotangent of 0 before an infinite slope for one, leave the gradient finite.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .. import compat, exact, guilt, overflow
from ..balls import finite
from ..cotangents import ended
from ..flat import unit, whole
from ..programs import OWN_RULE, VJP_RULE
from ..proof import JaxRefuses
from ..refusals import REFUSALS, mistyped
from ..report import Leaf
from ..tracing import refused
from . import chain
from .primal import Primal
from .programs import BLOCK, direction
from .records import Slot
from .registry import TooLarge
from .run import Run

RUNS = 3  # with other roundings, to see what those do
LOST = "JAX's gradient is finite, and could not be compared, as that of its equations one by one is not"
FAR = 100  # times what these do: further off than rounding puts it


class Whole:
    """The gradient in one mode: "rev", or the change of the outputs along a direction, "fwd"."""

    def __init__(self, report, flat, run, context, mode, prefix):
        self.report, self.flat, self.run, self.context = report, flat, run, context
        self.mode, self.prefix = mode, prefix
        ends = run.outputs if mode == "rev" else run.inputs
        self.given = whole([direction(context.draw, slot) for slot in ends], mode == "rev")
        self.unit = unit(self.given)  # by which the slopes of a loss are divided, exactly
        self.walk = chain.backward if mode == "rev" else chain.forward

    def look(self):
        """Add a leaf for each array to the report; False where JAX has no derivative in this mode."""
        try:
            if self.mode == "rev" and any(record.name in VJP_RULE for record in self.run.records):
                self.given = ended(self.flat, self.given)
                self.unit = unit(self.given)
            got = jax.jit(self._function)(*self.flat.numbers)
        except JaxRefuses as error:
            self.report.note(f"no reverse mode: {error}")
            return False
        except REFUSALS as error:
            note = f"no {'forward' if self.mode == 'fwd' else 'reverse'} mode: "
            note += refused(self.flat, self.mode, error)
            self.report.note(note)
            return False
        for path, x, own in zip(self.flat.paths, got, self.flat.numbers, strict=False):
            other = not compat.is_float(x.dtype) and not compat.is_complex(own.dtype)
            if self.mode == "rev" and (other or not jnp.issubdtype(x.dtype, jnp.inexact)):
                self.report.note(f"no reverse mode: {mistyped(x.dtype, own.dtype, path)}")
                return False
        made = self.walk(self.run, self.context.derivatives, self.given, watch=self._keep)
        paths = self.flat.paths
        if self.mode == "fwd":
            paths = [f"output[{k}]" for k in range(len(made))] if len(made) > 1 else ["output"]
        scale = max((_largest(x) for x in made), default=0.0)
        leaves = [self._leaf(*one, scale) for one in zip(paths, got, made, strict=True)]
        if any(leaf.verdict == "nonfinite" for leaf in leaves):
            self._find(leaves)
            for note in overflow.notes(self.flat, self.mode, self.given, ()):
                self.report.note(note)
        if any(leaf.verdict == "imprecise" for leaf in leaves):
            self._explain(leaves, got, made)
        self._underflow(leaves, got, made)
        self.report.leaves += leaves
        return True

    def _keep(self, record, along, made):
        """Keep the cotangents of the run for functions with a rule of their own."""
        if self.mode == "rev" and record.name in OWN_RULE:
            self.context.cotangents[record] = along

    def _function(self, *numbers):
        if self.mode == "rev":
            return jax.vjp(self.flat, *numbers)[1](self.given)
        return jax.jvp(self.flat, numbers, tuple(self.given))[1]

    def _leaf(self, path, got, made, scale):
        """How far apart both are at the worst number, and whether more than half of the digits differ."""
        leaf = Leaf(path, self.prefix + self.mode, got.dtype, "sampled", label="by equation")
        one, other = np.asarray(got).reshape(-1), np.asarray(made).reshape(-1)
        if not one.size:
            return leaf
        with np.errstate(all="ignore"):
            off = np.abs(one - other)
        broken = ~np.isfinite(off)
        at = int(np.argmax(np.isnan(one) if np.isnan(one).any() else broken if broken.any() else off))
        self._place(leaf, got, at, other[at])
        if broken.any():
            leaf.verdict, leaf.ulps = "nonfinite", float("inf")
            if np.isfinite(one).all():
                leaf.verdict = "unsupported"
                self.report.note(f"{leaf.place}: {LOST}")
            return leaf
        eps, most = float(jnp.finfo(got.dtype).eps), float(off[leaf.at])
        if most:
            leaf.ulps = most / _spacing(other[leaf.at], got.dtype)
            leaf.lost = max(0.0, float(np.log10(most / (eps * scale)))) if scale else 0.0
            leaf.verdict = "imprecise" if most > np.sqrt(eps) * scale else "sampled"
        return leaf

    def _explain(self, leaves, got, made):
        """Where they are far apart: whether other roundings move the numbers as far."""
        again = [self._rerun(seed) for seed in range(RUNS)]
        for k, leaf in enumerate(leaves):
            if leaf.verdict == "imprecise":
                moved = max(_largest(np.asarray(one[k]) - np.asarray(made[k])) for one in again)
                off = _largest(np.asarray(got[k]) - np.asarray(made[k]))
                leaf.verdict = "imprecise" if off <= FAR * moved else "unexplained"

    def _underflow(self, leaves, got, made):
        """Where numbers on the way are too small for their types, as larger ones are not."""
        rules = [record for record in self.run.records if record.moving and record.name in OWN_RULE]
        if any(self.context.derivatives.of(record, self.mode).waits for record in rules):
            return  # for larger ones its loop might not end
        found, digits = overflow.underflows(self._along, self.given, made)
        for leaf, x, (known, gone) in zip(leaves, got, found, strict=True):
            with np.errstate(all="ignore"):
                gone = gone & (np.abs(np.asarray(x).reshape(-1) - known) > np.abs(known) / 2)
            if leaf.verdict in ("sampled", "imprecise") and gone.any():
                at = int(np.argmax(np.where(gone, np.abs(known), 0.0)))
                self._place(leaf, x, at, known[at], "scaled up")
                leaf.verdict = "unexplained"
                leaf.ulps = float(
                    abs(np.asarray(x).reshape(-1)[at] - known[at]) / _spacing(known[at], x.dtype)
                )
                self.report.note(overflow.SMALL.format(overflow.KINDS[self.mode][0], digits))

    def _along(self, given):
        return self.walk(self.run, self.context.derivatives, given)

    def _place(self, leaf, got, at, truth, label="by equation"):
        """Show one number of an array in a leaf."""
        leaf.at, leaf.label = at, label
        leaf.index = str(list(map(int, np.unravel_index(at, got.shape)))) if got.shape else ""
        numbers = np.asarray(got).reshape(-1)
        shown, other = (float(np.real(x)) / self.unit + 0.0 for x in (numbers[at], truth))
        leaf.value, leaf.truth = shown, f"{other:.9g}"

    def _rerun(self, seed):
        draw = np.random.default_rng(seed)
        inputs = [Slot(slot.value, live=True) for slot in self.run.inputs]
        run = Run(self.run.closed, inputs, opened=False, change=lambda x: jiggled(x, draw))
        return self.walk(run, self.context.derivatives, self.given, change=lambda x: jiggled(x, draw))

    def _find(self, leaves):
        """The equation that makes a finite derivative infinite or nan; without one, infinity is the truth."""
        guilty, breaks = None, self._breaks()
        for record, along, made in breaks:
            if self._is_finite(record, along, made):
                guilty = guilt.named(record, "nonfinite by itself")
                break
        for leaf in leaves:
            if leaf.verdict == "nonfinite" and guilty is None and np.isinf(leaf.value):
                leaf.verdict = "sampled"
        if guilty is None and breaks and any(leaf.verdict == "nonfinite" for leaf in leaves):
            guilty = guilt.named(breaks[0][0], "infinite, and what comes of it is nan")
        if guilty is not None and self.report.guilty is None:
            self.report.guilty = guilty

    def _breaks(self):
        found = []

        def watch(record, along, made):
            if _all_finite(along) and not _all_finite(made):
                found.append((record, along, made))

        self.walk(self.run, self.context.derivatives, self.given, watch=watch)
        return found

    def _is_finite(self, record, along, made):
        """Whether the true derivative is finite at some number where JAX's is not."""
        for k, numbers in enumerate(made):
            for j in np.flatnonzero(~np.isfinite(np.asarray(numbers).reshape(-1)))[:4].tolist():
                try:
                    primal, truth = self._truth(record, along, made, k, j)
                except TooLarge:
                    continue
                if all(map(finite, truth)) and not self.context.tied_rules.allows(primal, self.mode, along):
                    return True
        return False

    def _truth(self, record, along, made, k, j):
        """The `Primal` behind number j of array k of the derivative of a record, and its truth."""
        if self.mode == "fwd":
            primal = Primal(record, [(record.ends[k], np.array([j]))], self.context.declared)
            return primal, primal.slopes("fwd", along, primal.forward(exact), exact)[0][1]
        derivative = self.context.derivatives.of(record, "rev")
        run = derivative.run(record, along)
        chosen = [np.array([j] if i == k else [], int) for i in range(len(made))]
        primal, given = derivative.behind(record, run, along, run.outputs, chosen, self.context.declared)
        at, numbers = primal.slopes("rev", given, primal.forward(exact), exact)[k]
        return primal, [x for i, x in zip(at.tolist(), numbers, strict=False) if i == j]


def jiggled(numbers, draw):
    """Numbers, each moved at random by a unit in its last place or not at all."""
    eps = jnp.finfo(numbers.dtype).eps
    signs = np.resize(draw.choice((-1.0, 0.0, 1.0), min(numbers.size, BLOCK)), numbers.shape)
    return numbers * jnp.asarray(1 + signs * float(eps)).astype(numbers.dtype)


def _spacing(number, dtype):
    finfo = jnp.finfo(dtype)
    return max(float(abs(number)) * float(finfo.eps), float(finfo.smallest_subnormal))


def _largest(numbers):
    size = np.abs(np.asarray(numbers))
    return float(np.max(size, initial=0.0, where=np.isfinite(size)))


def _all_finite(arrays):
    return all(bool(jnp.isfinite(x).all()) for x in arrays)
