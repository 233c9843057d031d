"""What the tests of programs share: a small net with a margin loss, its data, and how to run a source."""

import ast
import inspect
import random

from microgrid.operations import dot, relu, total


def term(kernel, bias, weights, x, y):
    h = [relu(dot(w, x, b)) for w, b in zip(kernel, bias, strict=True)]
    score = dot(weights, h)
    margin = 1 - y * score
    return relu(margin)


def hinge(params, xs, ys):
    kernel, bias, weights = params
    penalty = total([w * w for w in weights])
    terms = [term(kernel, bias, weights, x, y) for x, y in zip(xs, ys, strict=True)]
    return total(terms) / len(xs) + 0.01 * penalty


PARAMS = ([[1.0, 1.0], [1.0, 1.0]], [1.0, 1.0], [1.0, 1.0])


def examples(count, seed=0):
    draw = random.Random(seed)
    xs = [[draw.gauss(0, 1), draw.gauss(0, 1)] for _ in range(count)]
    return xs, [draw.choice((-1.0, 1.0)) for _ in range(count)]


def drawn(structure, seed=0):
    draw = random.Random(seed)

    def fill(x):
        return type(x)(map(fill, x)) if isinstance(x, list | tuple) else draw.gauss(0, 1)

    return fill(structure)


def run(program):
    """The function of a printed source, executed by itself."""
    space = {}
    exec(program.source, space)
    return next(space[name] for name in reversed(space) if inspect.isfunction(space[name]))


def loops(program):
    """How many loops the printed source has."""
    return sum(isinstance(node, ast.For) for node in ast.walk(ast.parse(program.source)))
