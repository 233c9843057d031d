"""The part of a run that some coordinates of its arrays depend on, replayed on a tape.

From the last record to the first it is collected which numbers of each array are needed; from the first to
the last these are made, as scalars, by the rules of the replay.
"""

import numpy as np

from ..arrays import Array
from . import movement as movement, sums as sums, windows as windows
from .movement import CARRIED, LOGIC
from .registry import TooLarge, reads_of

MOST = 2**22  # numbers that all records of a slice may read together


class Slice:
    """Some coordinates of a run on the tape of a replay.

    wanted: pairs of a slot and the flat coordinates of it that are needed, [n]. Raises TooLarge where they
    depend on more than MOST numbers, and Unsupported as the replay does.
    """

    def __init__(self, replay, run, wanted, most=MOST):
        self.replay = replay
        self._needs, self._arrays, self._inputs = {}, {}, set(run.inputs)
        for slot, at in wanted:
            self._needs.setdefault(slot, []).append(at)
        plans = self._collect(run.records, most)
        for record, o, at, read in plans[::-1]:
            self._make(record, o, at, read)
        for slot, _ in wanted:
            self.coordinates(slot)

    def coordinates(self, slot):
        """[n] the sorted flat coordinates of an array that the slice holds."""
        if slot not in self._arrays:
            self._arrays[slot] = self._leaf(slot)
        return self._arrays[slot][0]

    def array(self, slot):
        """The array of those."""
        return self._arrays[slot][1] if len(self.coordinates(slot)) else None

    def at(self, slot, positions, fill=0.0):
        """The array of some positions of a slot, `fill` where they are -1."""
        known, outside = self.coordinates(slot), positions < 0
        if not len(known):
            return self._filled(slot, positions.shape, fill)
        index = np.minimum(np.searchsorted(known, positions), len(known) - 1)
        array = self._arrays[slot][1].moved(lambda a: a[index])
        return movement.where(outside, self._filled(slot, (), fill), array) if outside.any() else array

    def _filled(self, slot, shape, fill):
        """The constant array of one number, of a slot's type."""
        if not slot.floats:
            return Array(slot.dtype, given=np.full(shape, fill).astype(slot.dtype))
        return self.replay.array(np.full(shape, fill).astype(slot.dtype))

    def _collect(self, records, most):
        plans, total = [], 0
        for record in reversed(records):
            for o, slot in enumerate(record.outputs):
                if slot not in self._needs or _is_given(record, slot):
                    continue
                at = ordered(self._needs[slot])
                read = reads_of(record, at, o)
                for source, positions in zip(record.inputs, read.positions, strict=True):
                    if positions is None:
                        continue
                    total += positions.size
                    if total > most:
                        raise TooLarge
                    flat = positions.reshape(-1)
                    self._needs.setdefault(source, []).append(flat[flat >= 0])
                plans.append((record, o, at, read))
        return plans

    def _leaf(self, slot):
        needs = self._needs.get(slot, [])
        at = ordered(needs)
        if not len(at):
            return at, None
        replay, numbers = self.replay, slot.flat
        numbers = numbers[at]
        if slot.written:
            return at, replay.literal(numbers)
        if slot.captured:
            return at, replay.captured(numbers)
        return at, (replay.input if slot.live and slot in self._inputs else replay.array)(numbers)

    def _make(self, record, o, at, read):
        arrays = [
            None if positions is None else self.at(slot, positions, read.fill)
            for slot, positions in zip(record.inputs, read.positions, strict=True)
        ]
        made = read.make(self.replay, arrays)
        made = made[o] if isinstance(made, list | tuple) else made
        slot = record.outputs[o]
        if not slot.floats:  # decided as JAX decided
            made = Array(made.dtype, given=slot.flat[at], doubt=made.doubt, bits=made.bits)
        elif np.shape(made.ids) != at.shape:
            made = made.moved(lambda ids: np.broadcast_to(ids, at.shape))
        self._arrays[slot] = at, made


def ordered(parts):
    """[n] the whole numbers of some arrays in order, each once."""
    if not parts:
        return np.zeros(0, int)
    at = np.concatenate(parts) if len(parts) > 1 else parts[0]
    if not (at[1:] > at[:-1]).all():  # numpy's unique hashes, and is ten times slower than to sort
        at = np.sort(at)
        at = at[np.concatenate([[True], at[1:] != at[:-1]])[: len(at)]]
    return at


def _is_given(record, slot):
    """Whether an output is taken as the run had it: without slopes, and not decided at a tie."""
    if record.name in LOGIC or (record.name in CARRIED and record.inputs[0].dtype == bool):
        return slot.dtype != bool
    return not any(source.floats for source in record.inputs) or not slot.floats
