"""The three walks along a tape in balls of flint: every result is proven to so many digits.

A ball is a middle and a radius; it holds the true number whatever was rounded on the way. Where flint has no
answer (a pole, the edge of a domain, 0 / 0) the ball is nan, and so is what depends on it, except behind a
cotangent of exactly 0. The slopes of a hull are all numbers from 0 to 1: a slope times these is what lies
between it and 0, and no ball around their product, which would be wider with every choice in a row.
"""

import sys
from bisect import bisect_left
from contextlib import contextmanager
from functools import cache

import numpy as np

from ..derivatives import RULES
from . import specials
from .balls import joined
from .floats import FIXED

BITS = 170  # 50 digits
MOST = 5 * 10**7  # numbers of a program: each takes 800 bytes
PRECISIONS = (BITS, 4 * BITS, 16 * BITS)  # the next where one leaves open what is true
SHORT = 64  # totals of fewer terms are added one by one
EDGES = {"log": 0, "log1p": -1}  # where a function is -inf, as it is for JAX: a probability of 0


@contextmanager
def precision(bits):
    """Balls of so many bits, inside."""
    import flint

    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        yield flint.arb
    finally:
        flint.ctx.prec = before


def bits():
    """The precision of balls at present."""
    import flint

    return flint.ctx.prec


@cache
def system():
    """The number system of balls."""
    from ..systems.balls import Balls

    return Balls()


@cache
def functions(op):
    """(value, slopes) of a row as functions of balls; nan where there is no answer."""
    if op in specials.ROWS:
        made = specials.ROWS[op].balls
        return _or_nan(made[0]), tuple(map(_or_nan, made[1]))
    rule, balls = RULES[op], system()

    def function(text, names):
        used = compile(text.strip(), f"<{op}>", "eval").co_names
        known = {name: getattr(balls, name) for name in used if name not in ("abs", *names)}
        return _or_nan(eval(f"lambda {', '.join(names)}: {text}", known))

    value, edge = function(rule.value, rule.operands), EDGES.get(op)
    slopes = tuple(function(text, (*rule.operands, "y")) for text in rule.slopes)
    return value if edge is None else lambda a: system().arb.neg_inf() if a == edge else value(a), slopes


def _or_nan(function):
    def answer(*operands):
        try:
            return function(*operands)
        except (ValueError, ZeroDivisionError, OverflowError):
            return system().arb.nan()

    return answer


def forward(tape, v=None, radii=None, given=None):
    """The value of every scalar, a list of balls; radii: id -> how far a given number may be off.

    v: the values of the first blocks, from an earlier call; it is made longer. given: id -> the value of a
    leaf, or of what is stopped, in place of its own.
    """
    import flint

    arb, v = flint.arb, [] if v is None else v
    for block in tape.blocks[bisect_left(tape.blocks, len(v), key=lambda block: block.start) :]:
        if block.op == "leaf":
            constant = tape.meant.get(block.start)
            v += [constant.ball()] if constant else map(arb, block.numbers.tolist())
        elif block.op == "factor":
            v += _made(block, [v[i] for i in block.operands[0].tolist()])
        elif block.op in ("stop", "rule"):
            v += [v[i] for i in block.operands[0].tolist()]
        elif block.op == "total":
            v += _totals(flint, v, block.operands[0])
        elif block.op == "dot":
            v += _products(flint, v, v, *block.operands)
        else:
            value = functions(block.op)[0]
            columns = [[v[i] for i in ids.tolist()] for ids in block.operands]
            v += [y if isinstance(y, arb) else arb(y) for y in map(value, *columns)]
        for i in radii or ():
            if block.start <= i < block.stop:
                v[i] = arb(v[i], arb((radii or {})[i]))
        if given and block.op in ("leaf", "stop"):
            for i in range(block.start, block.stop):
                v[i] = arb(given.get(i, v[i]))
    return v


def _made(block, numbers):
    try:
        return block.numbers.balls(numbers)
    except (ValueError, ZeroDivisionError):
        return [system().arb.nan()] * block.size


def _totals(flint, v, ids):
    if ids.shape[1] >= SHORT:
        left = flint.arb_mat(*ids.shape, [v[i] for i in ids.ravel().tolist()])
        return (left * flint.arb_mat(ids.shape[1], 1, [1] * ids.shape[1])).entries()
    made = []
    for row in ids.tolist():
        total = v[row[0]]
        for i in row[1:]:
            total = total + v[i]
        made.append(total)
    return made


def _matrix(flint, numbers, ids):
    return flint.arb_mat(*ids.shape, [numbers[i] for i in ids.ravel().tolist()])


def _products(flint, a, b, left, right):
    made = []
    for one, other in zip(left, right, strict=True):
        made += (_matrix(flint, a, one) * _matrix(flint, b, other)).entries()
    return made


def adjoints(tape, v, seeds):
    """The slope of sum(weights * outputs) for every scalar: a list of balls, and the int 0 where nothing
    arrives. seeds: pairs (ids, weights)."""
    import flint

    adjoint = [0] * tape.size
    for ids, weights in seeds:
        for i, weight in zip(ids.ravel().tolist(), np.ravel(weights).tolist(), strict=True):
            adjoint[i] += flint.arb(weight)
    live = tape.live.tolist()
    for block in reversed(tape.blocks):
        g = adjoint[block.start : block.stop]
        if block.op in FIXED or not any(type(x) is not int for x in g):
            continue
        if block.op == "total":
            for x, row in zip(g, block.operands[0].tolist(), strict=True):
                if type(x) is not int:
                    for i in row:
                        adjoint[i] += x
        elif block.op == "rule":
            ids = block.operands[1].tolist()
            made = block.numbers.push(sys.modules[__name__], [v[i] for i in ids], g)
            for i, x in zip(ids, made, strict=True):
                adjoint[i] += x
        elif block.op == "hull":
            for column in block.operands:
                for x, i in zip(g, column.tolist(), strict=True):
                    if type(x) is not int and live[i]:
                        adjoint[i] += joined(x, x * 0)
        elif block.op == "dot":
            _push_products(flint, adjoint, v, g, tape.live, *block.operands)
        else:
            columns = [ids.tolist() for ids in block.operands]
            operands = [[v[i] for i in column] for column in columns]
            results = v[block.start : block.stop]
            for slope, column in zip(functions(block.op)[1], columns, strict=True):
                for x, i, y, *numbers in zip(g, column, results, *operands, strict=True):
                    if type(x) is not int and live[i] and not x == 0:
                        adjoint[i] += x * slope(*numbers, y)
    return adjoint


def _push_products(flint, adjoint, v, g, live, left, right):
    b, m, p = left.shape[0], left.shape[1], right.shape[2]
    for k in range(b):
        one, other = left[k], right[k]
        slope = flint.arb_mat(m, p, g[k * m * p : (k + 1) * m * p])
        if live[one].any():
            for i, x in zip(
                one.ravel().tolist(), (slope * _matrix(flint, v, other.T)).entries(), strict=True
            ):
                adjoint[i] += x
        if live[other].any():
            made = (_matrix(flint, v, one.T) * slope).entries()
            for i, x in zip(other.ravel().tolist(), made, strict=True):
                adjoint[i] += x


def tangents(tape, v, seeds):
    """The change of every scalar along a direction: a list of balls, and the int 0 where nothing moves."""
    import flint

    tangent = [0] * tape.size
    for ids, changes in seeds:
        for i, change in zip(ids.ravel().tolist(), np.ravel(changes).tolist(), strict=True):
            tangent[i] = flint.arb(change)
    for block in tape.blocks:
        if block.op in FIXED or not tape.live[block.start : block.stop].any():
            continue
        if block.op == "total":
            made = _totals(flint, tangent, block.operands[0])
        elif block.op == "rule":
            ids = block.operands[1].tolist()
            made = block.numbers.pull(sys.modules[__name__], [v[i] for i in ids], [tangent[i] for i in ids])
        elif block.op == "dot":
            one = _products(flint, tangent, v, *block.operands)
            made = [x + y for x, y in zip(one, _products(flint, v, tangent, *block.operands), strict=True)]
        elif block.op == "hull":
            both = [[flint.arb(tangent[i]) for i in ids.tolist()] for ids in block.operands]
            made = list(map(joined, *both))
        else:
            columns = [ids.tolist() for ids in block.operands]
            operands = [[v[i] for i in column] for column in columns]
            made = [0] * block.size
            for slope, column in zip(functions(block.op)[1], columns, strict=True):
                for k, (i, y, *numbers) in enumerate(
                    zip(column, v[block.start : block.stop], *operands, strict=True)
                ):
                    x = tangent[i]
                    if type(x) is not int:
                        made[k] += x * slope(*numbers, y)
        tangent[block.start : block.stop] = made
    return tangent
