"""What a formula's arguments look like: a sampler draws one from a random generator, and knows the hard ones.

Drawn arguments are plain Python numbers and nested lists, the same for both rooms.
"""

import random
from dataclasses import dataclass, field
from typing import Any

Draw = random.Random


@dataclass(frozen=True)
class Sampler:
    """draw: generator -> argument. hard: arguments that break naive code. choices: all values of an argument
    that selects what is computed (such as reduction) and is no number. real: whether gradients flow to it."""

    draw: Any
    hard: tuple = ()
    choices: tuple = field(default=())
    real: bool = True


SUBNORMAL = 5e-324
HARD_NUMBERS = (0.0, -0.0, 1.0, -1.0, 1e-9, SUBNORMAL, 19.5, -37.0, 709.0, -745.0, 1e4, -1e4)


def _wide(draw):
    """Mostly of ordinary size, sometimes tiny or large: every slope of a formula is visited."""
    size = draw.choice((1.0, 1.0, 3.0, 10.0, 1e-3, 40.0))
    return draw.gauss(0.0, size)


real = Sampler(_wide, HARD_NUMBERS)
moderate = Sampler(lambda draw: draw.gauss(0.0, 1.0), (0.0, -0.0, 1.0, -2.0))
positive = Sampler(lambda draw: draw.uniform(0.01, 3.0), (0.0, 1.0))
prob = Sampler(
    lambda draw: draw.choice((draw.random(), draw.random() ** 8, 1 - draw.random() ** 8)), (1e-9, 0.5)
)
unit = Sampler(lambda draw: draw.uniform(0.0, 0.95), (0.0, 0.5))
bit = Sampler(lambda draw: draw.randint(0, 1), (), real=False)


def choice(*values):
    """One of some values that select what is computed; every one is tried."""
    return Sampler(lambda draw: draw.choice(values), (), values, real=False)


def label(count, size):
    """A list of integer labels in [0, count)."""
    return Sampler(lambda draw: [draw.randrange(count) for _ in range(size)], real=False)


def vec(element, size=5):
    """A list of numbers. Hard ones: each hard number throughout (ties), and all of them side by side."""
    same = [[x] * size for x in element.hard]
    mixed = [list(element.hard[i : i + size]) for i in range(0, len(element.hard) - size + 1, size)]
    return Sampler(lambda draw: [element.draw(draw) for _ in range(size)], (*same, *mixed), real=element.real)


def mat(element, rows=3, columns=4):
    """A list of lists of numbers. Hard ones: rows that are hard each in its own way."""
    row = vec(element, columns)
    hard = [[row.hard[(i + j) % len(row.hard)] for j in range(rows)] for i in range(0, len(row.hard), rows)]
    return Sampler(lambda draw: [row.draw(draw) for _ in range(rows)], tuple(hard), real=element.real)


def distribution(size=5):
    """A list of probabilities that sum to 1."""
    row = simplex(1, size)
    return Sampler(lambda draw: row.draw(draw)[0], tuple(hard for (hard,) in row.hard))


def simplex(rows=3, columns=4, certain=True):
    """Rows of probabilities that sum to 1. Hard ones: uniform, nearly certain, and certain rows."""

    def draw_row(draw):
        sizes = [draw.expovariate(1.0) ** draw.choice((1, 4)) for _ in range(columns)]
        return [size / sum(sizes) for size in sizes]

    tiny = 1e-12
    hard = [[1 / columns] * columns, [1 - (columns - 1) * tiny] + [tiny] * (columns - 1)]
    if certain:
        hard.append([0.0] * (columns - 1) + [1.0])
    return Sampler(lambda draw: [draw_row(draw) for _ in range(rows)], tuple([row] * rows for row in hard))
