"""What one coordinate of an equation's output reads of the inputs, primitive by primitive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

WHOLE = 2**14  # numbers of the inputs of an equation that is looked at whole, for want of anything better
READS = {}  # primitive -> (equation, input slots, flat coordinates of output o, o) -> Reads


@dataclass(frozen=True)
class Reads:
    """What some coordinates of an output depend on.

    positions: for each input an array of flat positions in it, of any shape, -1 for `fill`, a constant that
    stands there; None where it is not read. make: of the replay and the input arrays at those positions, the
    array of the coordinates.
    """

    positions: list
    make: Callable
    fill: float = 0.0


class TooLarge(Exception):
    """What coordinates depend on is more than a slice may hold."""


def reads(*names):
    """Decorates what the coordinates of some primitives read."""

    def decorate(function):
        READS.update(dict.fromkeys(names, function))
        return function

    return decorate


def reads_of(record, at, o):
    """What the coordinates `at` of output o of a record read."""
    function = READS.get(record.name, whole)
    return function(record.equation, record.inputs, at, o)


def whole(equation, slots, at, o):
    """Everything: the rule of the primitive makes its whole output, from which coordinates are picked."""
    if sum(slot.size for slot in slots) > WHOLE:
        raise TooLarge
    shapes = [slot.shape for slot in slots]
    positions = [np.arange(slot.size).reshape(shape) for slot, shape in zip(slots, shapes, strict=True)]

    def make(replay, arrays):
        made = replay.equation(equation, arrays)[0][o]
        return made.moved(lambda ids: np.asarray(ids).reshape(-1)[at])

    return Reads(positions, make)


def axes_of(at, shape) -> Any:
    """The index along each axis of flat coordinates of an array."""
    return np.unravel_index(at, shape) if shape else ()


def flat_of(index, shape):
    """Flat coordinates of indices along each axis; -1 where one of them is outside."""
    flat, inside = 0, True
    for i, size in zip(index, shape, strict=True):
        flat, inside = flat * size + i, inside & (i >= 0) & (i < size)
    return np.where(inside, flat, -1)
