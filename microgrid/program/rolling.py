"""Rounds: parts of a recording that do the same with other data, such as the terms of a loss over a batch.

A loss over a batch is recorded term by term. Terms that differ in nothing but where their data come from
become the rounds of one loop again, and the program as short as the formula.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from .graph import LEAVES

LEAST_ROUNDS, LEAST_WORTH = 3, 8  # a loop is worth (rounds - 1) * (operations in a round - 1)


@dataclass(eq=False)
class Loop:
    """rounds: how many there are. tables: columns of constants, each with one number a round."""

    rounds: int
    tables: list = field(default_factory=list)


class Entries(NamedTuple):
    """A column of inputs: `rounds` entries of the list at `path`, from `start` on, and the `rest` in each."""

    path: tuple
    start: int
    rounds: int
    rest: tuple


@dataclass
class Rounds:
    """What rounds have in common. A step is a tuple of recorded nodes, one from each round.

    results: steps that the rounds end in. shared: steps that are one node in all rounds. columns: steps that
    are data, with their Entries or their numbers. operations: all other steps, in order.
    """

    results: list
    shared: list
    columns: dict
    operations: list

    def work(self):
        """How many operations all rounds have together."""
        return sum(map(len, self.operations))

    def repeats(self):
        """True if some rounds do the very same, so that more is computed than was recorded."""
        return len(set().union(*self.operations)) < self.work()


def match(rounds):
    """The Rounds of lists of recorded nodes, one list each; None if they differ in more than their data."""
    results = list(zip(*rounds, strict=True))
    met, walk, found = set(results), list(results), Rounds(results, [], {}, [])
    while walk:
        step = walk.pop()
        first = step[0]
        if step.count(first) == len(step):
            found.shared.append(step)
        elif first.op in LEAVES:
            found.columns[step] = _column(step)
            if found.columns[step] is None:
                return None
        elif any(_kind(node) != _kind(first) for node in step):
            return None
        else:
            found.operations.append(step)
            args = set(zip(*[node.args for node in step], strict=True)) - met
            met |= args
            walk += args
    found.operations.sort(key=lambda step: step[0].index)
    worth = (len(rounds) - 1) * (len(found.operations) - 1)
    return found if len(rounds) >= LEAST_ROUNDS and worth >= LEAST_WORTH else None


def _kind(node):
    return node.op, node.data, len(node.args)


def _column(step):
    """The Entries of inputs or the numbers of constants, one for each round; None for anything else."""
    if all(leaf.op == "constant" for leaf in step):
        return tuple(leaf.data for leaf in step)
    paths = [leaf.data for leaf in step]
    if any(leaf.op != "input" or len(leaf.data) != len(paths[0]) for leaf in step):
        return None
    moving = [i for i, keys in enumerate(zip(*paths, strict=True)) if len(set(keys)) > 1]
    if len(moving) != 1 or moving[0] == 0:
        return None
    i, start = moving[0], paths[0][moving[0]]
    rest = paths[0][i + 1 :]
    if any(isinstance(key, str) for key in (start, *rest)):  # entries that are dicts are not taken apart
        return None
    counted = [path[i] for path in paths] == list(range(start, start + len(step)))
    return Entries(paths[0][:i], start, len(step), rest) if counted else None


def parts(terms, shapes):
    """The terms of a sum, with Rounds in the place of those that a loop can add up.

    shapes: for each term a number that is the same for equal formulas.
    """
    found, start = [], 0
    while start < len(terms):
        period, count = _periodic(shapes, start)
        if count < LEAST_ROUNDS:
            found.append(terms[start])
            start += 1
        else:
            found += _rolled(terms[start : start + count * period], period)
            start += count * period
    return found


def _periodic(shapes, start):
    """(period, count): the shortest sequence of shapes that is there several times from start on."""
    for period in range(1, 9):
        stop = start + period
        while stop < len(shapes) and shapes[stop] == shapes[stop - period]:
            stop += 1
        if (count := (stop - start) // period) >= LEAST_ROUNDS:
            return period, count
    return 1, 1


def _rolled(terms, period):
    """[Rounds] that add up all terms, a multiple of period in each round; the terms if none can."""
    best = None
    for size in range(period, len(terms) // LEAST_ROUNDS + 1, period):
        if len(terms) % size == 0:
            rounds = match([terms[i : i + size] for i in range(0, len(terms), size)])
            if rounds and (best is None or rounds.work() < best.work()):
                best = rounds
            if best and not best.repeats():
                break
    return [best] if best else terms
