"""Constants that rules round, as what they are meant to be.

    f(x) = erfc(x),  f'(x) = -k exp(-x^2),  f''(x) = 2 k x exp(-x^2),  k = 2 / sqrt(pi)

JAX's program of f' has k as 1.1283792, and so has that of f'', which comes of differentiating f'. But where
f' holds an erfc of its own, as that of x erfc(x) does, our slope of that erfc has the true k, and beside a
zero of f'', where the terms cancel, the two differ in every digit. So a number that was free within its
rounding at the first order is a constant at the second where it is the rounded form of that one, and where
with it the first order is exact: in both programs alike, so that nothing else is excused by it.
"""

from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from . import exact
from .balls import apart

ROOTS = {  # name -> of flint's arb type; times any power of 2
    "1 / sqrt(pi)": lambda arb: 1 / arb.pi().sqrt(),
    "sqrt(pi)": lambda arb: arb.pi().sqrt(),
    "pi": lambda arb: arb.pi(),
    "1 / pi": lambda arb: 1 / arb.pi(),
    "sqrt(2)": lambda arb: arb(2).sqrt(),
    "sqrt(2 pi)": lambda arb: (2 * arb.pi()).sqrt(),
    "1 / sqrt(2 pi)": lambda arb: 1 / (2 * arb.pi()).sqrt(),
    "log(2)": lambda arb: arb.const_log2(),
    "1 / log(2)": lambda arb: 1 / arb.const_log2(),
    "log(10)": lambda arb: arb.const_log10(),
    "1 / log(10)": lambda arb: 1 / arb.const_log10(),
    "1 / 3": lambda arb: arb(1) / 3,
}


class Constant(NamedTuple):
    """factor: plus or minus a power of 2, times a root, a name of `ROOTS`."""

    root: str
    factor: float

    def ball(self):
        """As a ball of the present precision."""
        import flint

        return self.factor * ROOTS[self.root](flint.arb)

    def off(self, number):
        """How far a number is from it."""
        return abs(float(self.ball() - number))


def nearest(number, reach):
    """The `Constant` nearest to a number, None where none is within reach.

    >>> nearest(1.125, 2.0**-8)  # the distance to the next bfloat16 is 2^-7
    Constant(root='1 / sqrt(pi)', factor=2.0)
    """
    if number == 0 or not np.isfinite(number):
        return None
    near = []
    for root in ROOTS:
        one = float(Constant(root, 1.0).ball())
        power = np.round(np.log2(abs(number) / one))
        constant = Constant(root, float(np.copysign(2.0**power, number)))
        near.append((constant.off(number), constant))
    off, constant = min(near)
    return constant if off <= reach else None


def found(proof):
    """The constants that numbers of JAX's gradient programs stand for, a dict of `Constant` by number. proof:
    of the first order, whose slopes are proven to be the same with these; one number may only look like one.
    """
    made, run = {}, proof.primal.tape.run
    for radii, *slopes in proof.slopes.values():
        own = ((i, nearest(float(run[i]), reach)) for i, reach in radii.items() if i >= proof.own)
        all_ = {i: constant for i, constant in own if constant is not None}
        fewer = ({i: constant for i, constant in all_.items() if i != left} for left in all_)
        named = next((some for some in (all_, *fewer) if not some or _fits(proof, radii, slopes, some)), {})
        made |= {float(run[i]): constant for i, constant in named.items()}
    return made


def _fits(proof, radii, slopes, named):
    """Whether slopes are no further apart with constants for some numbers than with these free."""
    (ids, truths, theirs), tape, before = slopes, proof.primal.tape, proof.primal.tape.meant
    if proof.engine is not exact:  # in which nobody knows
        return True
    tape.meant = {**before, **named}
    try:
        values = exact.forward(tape, None, {i: reach for i, reach in radii.items() if i not in named})
    finally:
        tape.meant = before
    pairs = zip(apart(truths, [values[i] for i in ids]), apart(truths, theirs), strict=True)
    return not any(one and not other for one, other in pairs)


_MEANT = {}  # a number -> its Constant: what counts now


@contextmanager
def meant(numbers):
    """Take some numbers, a dict of constants, for these where programs are replayed, inside."""
    before = dict(_MEANT)
    _MEANT.update(numbers)
    try:
        yield
    finally:
        _MEANT.clear()
        _MEANT.update(before)


def of(number):
    """The `Constant` that a number is taken for, or None; the negative of one is that of its own."""
    if (constant := _MEANT.get(-number)) is not None:
        return constant._replace(factor=-constant.factor)
    return _MEANT.get(number)
