"""Functions with a rule of their own at a tie: each proved by itself, with all of its sides."""

import itertools
from collections import Counter
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from .. import compat, exact, width
from ..arrays import Step, Unsupported
from ..flat import Flat
from ..guilt import proof_of
from ..judgement import leaf_of
from ..kinks.tie_directions import MOST as PAIRS, breaks, directions
from ..programs import OWN_RULE
from ..proof import JaxRefuses, Proof
from ..report import FAILED
from .primal import Primal

MOST = 4096  # numbers that go into an equation and come out of it, to look at it whole
FEW = 4  # outputs at ties, of whose sides all can be met
TRIED = 64  # outputs, to find those
CALLS = 4  # of one equation that are looked at with all of their sides
ORDERS = (
    "sort",
    "top_k",
    "approx_top_k",
    "argmax",
    "argmin",
    "select_and_gather_add",
    "select_and_scatter_add",
)
CHOICES = (
    "at ties each choice was judged alone, not all of them together, as it is too large or is called too "
    "often for that: {}, {}"
)
ORDER = (
    "not known to be right, as it orders equal numbers and is too large to look at all their orders: {}, {}. "
    "Fix: check a smaller model, or where no two are equal"
)


class Kept:
    """What is asked of a replay, of an equation whose arrays are kept. surrogates: as in `Replay`."""

    def __init__(self, surrogates=()):
        self.surrogates = surrogates

    @staticmethod
    def numbers(slot):
        """The numbers of an array."""
        return slot.value

    @staticmethod
    def live(slot):
        """Whether it depends on what is differentiated."""
        return slot.live


def step_of(record):
    """A record as a `Step`."""
    return Step(record.equation, record.inputs, record.outputs)


def small(record):
    """Whether a record is looked at whole where that tells more."""
    return sum(slot.size for slot in (*record.inputs, *record.outputs)) <= MOST


def ordered(run):
    """Whether a run put equal numbers in an order, or took one of them by its place."""
    return any(
        record.name in ORDERS and slot.live and slot.floats and _repeats(record.equation.params, slot)
        for record in run.records
        for slot in record.inputs
    )


def _repeats(p, slot):
    """Whether equal numbers stand along the axis that is ordered, or anywhere, where windows are."""
    axes = p.get("axes") or [p[name] for name in ("dimension", "axis", "reduction_dimension") if name in p]
    numbers = np.moveaxis(np.asarray(slot.value), axes[0], 0) if axes else slot.flat
    numbers = np.sort(numbers, axis=0)
    return bool((numbers[1:] == numbers[:-1]).any())


class TiedRules:
    """Functions with rules of their own, each by itself. declared: as in `Replay`."""

    def __init__(self, declared):
        self._kept, self._calls = Kept(declared), Counter()

    def judged(self, comparison, along, leaves):
        """(the leaves of a `Comparison`, where a record is at a tie those that a proof of it has; a note, or
        ""). along: all cotangents or tangents."""
        record, mode = comparison.primal.record, comparison.mode
        worst, where = {leaf.verdict for leaf in leaves}, (record.name, compat.source(record.equation))
        if not _own(record) or not worst & {"kink", "nonfinite", "wrong"}:
            return leaves, ""
        orders = ordered(comparison.primal.run)
        if "wrong" in worst and not orders:  # as not even single choices allow it
            return leaves, ""
        self._calls[record.path, mode] += 1
        few = small(record) and (orders or self._calls[record.path, mode] <= CALLS)
        made = (self._whole if orders else self._part)(comparison.primal, mode, along) if few else None
        if made is None and "wrong" in worst:
            return [_unknown(x) if x.verdict == "wrong" else x for x in leaves], ORDER.format(*where)
        return made or leaves, CHOICES.format(*where) if made is None and "kink" in worst else ""

    def allows(self, primal, mode, along):
        """Whether what JAX says of some outputs of a record, which is infinite, is what the sides say."""
        if not _own(primal.record) or not small(primal.record):
            return False
        made = self._part(primal, mode, along)
        return made is not None and not any(leaf.verdict in FAILED for leaf in made)

    def _whole(self, primal, mode, along):
        """The leaves of a record as a whole; None where they are not known."""
        found = _proven(lambda: proof_of(self._kept, step_of(primal.record)), mode, along)
        ends = primal.record.moving if mode == "rev" else primal.record.ends
        for k, leaf in enumerate(found or ()):
            leaf.path = _path(ends[k % len(ends)], primal.record, mode)
        return found

    def _part(self, primal, mode, along):
        """The same of a few outputs that are at ties, with all numbers that they depend on."""
        tied = itertools.islice(self._tied(primal), FEW)
        outputs = {}
        for o, j in tied:
            outputs.setdefault(o, []).append(j)
        outputs = [(o, np.array(at)) for o, at in sorted(outputs.items())]
        if not outputs:
            return None
        record = primal.record
        part = Primal(record, outputs, self._kept.surrogates)
        numbers = map(part.found.coordinates, part.moving)
        inputs = list(zip(record.moving, numbers, strict=True))
        ends = record.ends if mode == "rev" else record.moving
        known = dict(zip(ends, along, strict=True))
        given = [known[k].reshape(-1)[at] for k, at in (outputs if mode == "rev" else inputs)]
        flat = _restricted(record, inputs, outputs)
        found = _proven(lambda: Proof(flat, surrogates=self._kept.surrogates), mode, given)
        sides, arrays = (inputs, record.inputs) if mode == "rev" else (outputs, record.outputs)
        for k, leaf in enumerate(found or ()):
            end, at = sides[k % len(sides)]
            index = np.unravel_index(at[leaf.at % len(at)], arrays[end].shape) if len(at) else ()
            leaf.index, leaf.path = str(list(map(int, index))) if index else "", _path(end, record, mode)
        return found

    def _tied(self, primal):
        """The outputs that are at a tie, pairs of number and coordinate."""
        pairs = ((o, j) for o, at in primal.outputs for j in at.tolist())
        for o, j in itertools.islice(pairs, TRIED):
            if Primal(primal.record, [(o, np.array([j]))], self._kept.surrogates).replay.ties:
                yield o, j


def _restricted(record, inputs, outputs):
    """Some numbers of the outputs of a record as a `Flat` function of some of its inputs."""
    values = [slot.value for slot in record.inputs]

    def function(*numbers):
        given = list(values)
        for (k, at), x in zip(inputs, numbers, strict=True):
            given[k] = jnp.asarray(values[k]).reshape(-1).at[at].set(x).reshape(np.shape(values[k]))
        made = record.compute(*(x for x, number in zip(given, record.literal, strict=True) if not number))
        return [made[o].reshape(-1)[at] for o, at in outputs]

    return Flat(function, tuple(record.inputs[k].value.reshape(-1)[at] for k, at in inputs))


def _proven(make, mode, along):
    """A leaf for each array of the derivative of a proof; None where it is at no tie, or is not known."""
    for bits in [bits for bits in exact.PRECISIONS if bits >= exact.bits()]:
        with exact.precision(bits):
            try:
                proof = make()
                if not 0 < sum(map(len, proof.primal.pairs)) <= PAIRS:
                    return None
                answers = proof.answers(mode, list(along))
                made = [leaf_of(answer, mode) for answer in answers]
                if mode == "rev" and breaks(proof, answers):
                    made = [replace(leaf, verdict="wrong") for leaf in made]
                for given in directions(proof) if mode == "fwd" else ():
                    others = [leaf_of(answer, mode) for answer in proof.answers(mode, given)]
                    made += others if any(x.verdict == "wrong" for x in others) else []  # 0 * inf is not
            except (Unsupported, JaxRefuses):
                return None
            if not any(map(width.vague, answers)):
                return made
    return None


def _own(record):
    return record.name in OWN_RULE and record.is_equation


def _unknown(leaf):
    """A leaf that is wrong as the run ordered equal numbers, and may be right as others order them."""
    return replace(leaf, verdict="unsupported", label="as ordered in the run")


def _path(end, record, mode):
    return f"{record.name} by itself, {'input' if mode == 'rev' else 'output'} {end}"
