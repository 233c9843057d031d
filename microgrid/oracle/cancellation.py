"""Which equations lost the digits of a number: the one that rounded, and the one where its error grew large.

y: the number, x: the scalar whose rounding moved it most, z: a scalar between the two.
"""

from dataclasses import dataclass

import numpy as np

from . import compat, floats, rounding

SUMS = ("total", "dot")  # of many terms, which round on the way to their result


@dataclass
class Cancelled:
    """The pair of equations that lost digits, each as (primitive, the user's line).

    rounded: where the error was made; grew: where it became large for the result, or None where it did so in
    many small steps; verb: "cancels" for a sum or a difference, else "magnifies"; factor: how many times
    larger the error is, relative to its number, at the end; narrow: the type that it was rounded to, where
    that is narrower than the result's.
    """

    rounded: tuple
    grew: tuple | None
    verb: str
    factor: float
    narrow: str = ""

    def __str__(self):
        made = f"what {_placed(*self.rounded)} rounded{self.narrow and f' to {self.narrow}'}"
        if self.grew is None:
            grows = f" grows {self.factor:.2g} times in small steps"
            return made + grows if 2 <= self.factor < np.inf else made
        made = "what it rounded itself" if self.grew == self.rounded else made
        return f"{_placed(*self.grew)} {self.verb} {made}"


def _placed(primitive, place):
    return f"`{primitive}` {place if place == 'inside JAX' else f'at {place}'}"


def found(answer, k):
    """The `Cancelled` of number k of an answer; None where no rounding moves it.

        moved(x) = |d y / d x| * error(x),  growth(z) = sum_i |d z / d z[i]| * |z[i]| / |z|

    x belongs to the equation whose results move y most, where error(x) is what `rounding` lets the operation
    do that made x. Of all z that x moves y through, that with the largest growth made the error large: for
    a - b it is (|a| + |b|) / |a - b|. It is named where it stands for at least half of the digits that are
    lost between x and y.
    """
    run, y = answer.roundings, answer.ids[k]
    slopes, (equations, of) = run.slopes(y), _equations(run)
    with np.errstate(all="ignore"):
        moved = np.nan_to_num(np.abs(slopes) * _errors(run), nan=0.0)
        shares = np.bincount(of, moved, len(equations))
        if not shares[1:].any():
            return None
        x = int(np.argmax(np.where(of == 1 + np.argmax(shares[1:]), moved, -1.0)))
        reached = floats.tangents(run, run.values, [(np.array([x]), np.ones(1))])
        share = np.minimum(1.0, np.abs(slopes * reached / slopes[x]))
        growth, sizes = _growth(run)
        if run.block(x).op not in SUMS:
            growth[x] = 1.0
        z = int(np.argmax(np.nan_to_num(share * growth, nan=0.0)))
        factor = float(abs(slopes[x]) * sizes[x] / answer.size(k))
        many = not share[z] * growth[z] >= max(2.0, np.sqrt(factor))
    verb = "cancels" if run.block(z).op in ("add", "sub", *SUMS) else "magnifies"
    rounded, grew = _told(equations[of[x]]), None if many else _told(equations[of[z]])
    narrow = rounding.unit(run.block(x).dtype) > rounding.unit(answer.dtype)
    return Cancelled(rounded, grew, verb, factor, str(run.block(x).dtype) if narrow else "")


@dataclass
class Flushed:
    """An equation whose result is too small for its type: (primitive, the user's line), number and type."""

    made: tuple
    number: float
    dtype: str

    def __str__(self):
        return f"{_placed(*self.made)} makes {self.number:.2g}, which {self.dtype} takes for 0"


def flushed(answer, k):
    """The `Flushed` of the scalar below the smallest of its type on which number k of an answer depends most;
    without one what is `found`."""
    run, y = answer.roundings, answer.ids[k]
    least = np.zeros(run.size)
    for block in run.blocks:
        if block.op not in floats.FIXED:
            least[block.start : block.stop] = rounding.smallest(block.dtype)
    sizes = np.abs(run.values)
    with np.errstate(all="ignore"):
        moved = np.where(sizes < least, np.nan_to_num(np.abs(run.slopes(y)) * sizes, nan=0.0), 0.0)
    if not moved.any():
        return found(answer, k)
    equations, of = _equations(run)
    x = int(np.argmax(moved))
    return Flushed(_told(equations[of[x]]), float(run.values[x]), str(run.block(x).dtype))


def _told(step):
    return step.equation.primitive.name, compat.source(step.equation)


def _equations(run):
    """(steps, [size] which of them made a scalar): the innermost; the first stands for arguments."""
    steps, of = list(run.steps[:1]), np.zeros(run.size, int)

    def visit(made):
        for step in made:
            of[step.start : step.stop] = len(steps)
            steps.append(step)
            visit(step.inside)

    visit(run.steps)
    return steps, of


def _errors(run):
    """[size] how far off the operation itself may be that made a scalar."""
    errors, none = np.zeros(run.size), np.zeros(run.size)
    for block in run.blocks:
        here = slice(block.start, block.stop)
        errors[here] = np.where(run.units[here] > 0, rounding.step(block, run.values, none), 0.0)
    return errors


def _growth(run):
    """[size] how much larger the error of its operands is relative to a scalar, and the size of its terms."""
    growth, sizes, v = np.ones(run.size), np.abs(run.values), np.abs(run.values)
    for block in run.blocks:
        here = slice(block.start, block.stop)
        if block.op == "total":
            sizes[here] = moved = v[block.operands[0]].sum(axis=-1)
        elif block.op == "dot":
            sizes[here] = moved = (v[block.operands[0]] @ v[block.operands[1]]).ravel()
        elif block.op in floats.FIXED or not run.tape.live[here].any():
            continue
        else:
            operands = [run.values[ids] for ids in block.operands]
            slopes = (floats.slopes(block.op, j, operands, run.values[here]) for j in range(len(operands)))
            moved = sum(np.abs(slope * x) for slope, x in zip(slopes, operands, strict=True))
        growth[here] = moved / v[here]
    return growth, sizes
