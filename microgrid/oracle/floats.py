"""The table of derivatives on arrays of float64, and three walks along a tape: values, tangents, adjoints.

The rows are those of `microgrid.derivatives` and `specials`: a conditional of a row becomes `where`.
"""

import ast
import sys
from functools import cache

import numpy as np
import scipy.special as special

from ..derivatives import RULES
from . import specials


def _quotient0(a, b):
    return np.where((b == 0) & (a == 0), 0, a / b)


def _power0(a, b):
    return np.power(a, b)


def _wins(a, b):
    return np.where(a > b, 1.0, np.where(a < b, 0.0, 0.5))


def _sech2(a):
    decay = np.exp(-2 * np.abs(a))
    return 4 * decay / ((1 + decay) * (1 + decay))


def _xlog1my(a, b):
    return np.where((a == 0) & (b == 1), 0, a * np.log1p(-b))


def _cosine(a, b):
    size = np.hypot(a, b)
    return np.where(size == 0, 0.5, a / size)


MOST = 10**8  # numbers of a program: each takes 400 bytes
FIXED = ("leaf", "stop", "factor")  # no slope goes through them
NAMES = {
    name: getattr(np, name)
    for name in "exp expm1 log log1p sqrt cbrt hypot sin cos tan sinh cosh tanh sign floor abs".split()
} | {
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "erf": special.erf, "erfc": special.erfc, "normal_cdf": special.ndtr,
    "normal_pdf": lambda a: np.exp(-a * a / 2) / np.sqrt(2 * np.pi),
    "bell": lambda a: 2 / np.sqrt(np.pi) * np.exp(-a * a),
    "lgamma": special.gammaln, "digamma": special.psi, "polygamma": special.polygamma,
    "sigmoid": special.expit, "softplus": lambda a: np.logaddexp(a, 0), "sech2": _sech2,
    "power": np.power, "power0": _power0, "log0": np.log, "log_or_nan": np.log,
    "quotient": np.divide, "reciprocal": lambda a, b: 1 / b, "quotient0": _quotient0,
    "slant": lambda a: np.hypot(1, a), "arc": lambda a: 1 / np.sqrt((1 - a) * (1 + a)),
    "cosine": _cosine, "turn": lambda a, b: a / (a * a + b * b),
    "larger": np.maximum, "smaller": np.minimum, "wins": _wins,
    "xlogy": special.xlogy, "xlog1my": _xlog1my, "nan": lambda *_: np.nan, "undecided": lambda a: np.nan,
    "where": np.where,
}  # fmt: skip


class _Branches(ast.NodeTransformer):
    """`x if c else y` becomes where(c, x, y), and `c and d` becomes c & d."""

    def visit_IfExp(self, node):
        self.generic_visit(node)
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        first, *others = node.values
        for other in others:
            first = ast.BinOp(first, ast.BitAnd(), other)
        return first


@cache
def functions(op):
    """(value, slopes) of a row as functions of float64 arrays; a slope takes the operands, then the value."""
    if op in specials.ROWS:
        return specials.ROWS[op].floats
    rule = RULES[op]

    def function(text, names):
        tree = _Branches().visit(ast.parse(f"lambda {', '.join(names)}: {text}", mode="eval"))
        return eval(compile(ast.fix_missing_locations(tree), f"<{op}>", "eval"), dict(NAMES))

    slopes = tuple(function(text, (*rule.operands, "y")) for text in rule.slopes)
    return function(rule.value, rule.operands), slopes


def values(op, operands):
    """The results of an elementwise operation, a float64 array."""
    if op == "stop":
        return operands[0]
    with np.errstate(all="ignore"):
        return np.asarray(functions(op)[0](*operands), np.float64)


def slopes(op, j, operands, y):
    """The slopes of an elementwise operation for its operand j."""
    with np.errstate(all="ignore"):
        return functions(op)[1][j](*operands, y)


def _times(cotangents, slope):
    """Products, 0 where the first factor is: what nobody asks for stops even at an infinite slope."""
    with np.errstate(all="ignore"):
        return np.where(cotangents == 0, 0.0, cotangents * slope)


def forward(tape, v=None, radii=None, given=None):
    """[size] the value of every scalar in float64, without the roundings of shorter types. v: those of the
    first blocks, from an earlier call; given: id -> the value of a leaf, in place of its own."""
    known = 0 if v is None else len(v)
    v = np.concatenate([np.zeros(0) if v is None else v, np.empty(tape.size - known)])
    for block in tape.blocks:
        if block.start < known:
            continue
        v[block.start : block.stop] = value(block, v)
        if block.start in tape.meant:
            v[block.start] = float(tape.meant[block.start].ball())
        if given and block.op == "leaf":
            v[block.start : block.stop] = [given.get(i, v[i]) for i in range(block.start, block.stop)]
    return v


def value(block, v):
    """The numbers of one block, of those of its operands."""
    if block.op == "leaf":
        return block.numbers
    if block.op == "rule":
        return v[block.operands[0]]
    if block.op == "factor":
        return block.numbers.floats(v[block.operands[0]])
    with np.errstate(all="ignore"):
        if block.op == "total":
            return v[block.operands[0]].sum(axis=-1)
        if block.op == "dot":
            return (v[block.operands[0]] @ v[block.operands[1]]).ravel()
    return values(block.op, [v[ids] for ids in block.operands])


def _add(numbers, ids, amounts):
    """Add amounts to the numbers at ids. An id may come several times; those of an array mostly follow each
    other, also where it is transposed, and then a slice is ten times as fast."""
    amounts = np.asarray(amounts)
    for at, given in ((ids, amounts), (ids.swapaxes(0, -1), amounts.swapaxes(0, -1))):
        at = at.ravel()
        if len(at) and at[-1] - at[0] == len(at) - 1 and (np.diff(at) == 1).all():
            numbers[at[0] : at[-1] + 1] += given.ravel()
            return
    np.add.at(numbers, ids, amounts)


def adjoints(tape, v, seeds, reached=None):
    """[size] the slope of sum(weights * outputs) for every scalar; seeds: pairs (ids, weights). reached: is
    told each block, from the last one on, and its slopes, and whether the walk ends there."""
    adjoint = np.zeros(tape.size)
    for ids, weights in seeds:
        _add(adjoint, ids.ravel(), np.ravel(weights))
    last = max((int(np.max(ids, initial=-1)) for ids, _ in seeds), default=-1)
    for block in reversed(tape.blocks):
        if block.start > last:
            continue
        g = adjoint[block.start : block.stop]
        if not g.any():
            continue
        if reached is not None and reached(block, g):
            break
        if block.op in FIXED:
            continue
        if block.op == "total":
            (ids,) = block.operands
            _add(adjoint, ids, np.broadcast_to(g[:, None], ids.shape))
        elif block.op == "rule":
            ids = block.operands[1]
            _add(adjoint, ids, block.numbers.push(sys.modules[__name__], v[ids], g))
        elif block.op == "dot":
            left, right = block.operands
            g = g.reshape(left.shape[0], left.shape[1], right.shape[2])
            rows, columns = g.any(axis=(0, 2)), g.any(axis=(0, 1))
            g, left, right = g[:, rows][:, :, columns], left[:, rows], right[:, :, columns]
            with np.errstate(all="ignore"):
                if tape.live[left].any():
                    _add(adjoint, left, g @ v[right].swapaxes(1, 2))
                if tape.live[right].any():
                    _add(adjoint, right, v[left].swapaxes(1, 2) @ g)
        else:
            at = np.flatnonzero(g)
            g, y, places = g[at], v[block.start + at], [ids[at] for ids in block.operands]
            operands = [v[ids] for ids in places]
            for j, ids in enumerate(places):
                if tape.live[ids].any():
                    slope = slopes(block.op, j, operands, y)
                    _add(adjoint, ids, np.where(tape.live[ids], _times(g, slope), 0))
    return adjoint


def tangents(tape, v, seeds):
    """[size] the change of every scalar along a direction; seeds: pairs (ids of inputs, their changes)."""
    tangent = np.zeros(tape.size)
    for ids, changes in seeds:
        tangent[ids.ravel()] = np.ravel(changes)
    for block in tape.blocks:
        here = slice(block.start, block.stop)
        if block.op in FIXED:
            continue
        with np.errstate(all="ignore"):
            if block.op == "total":
                tangent[here] += tangent[block.operands[0]].sum(axis=-1)
            elif block.op == "rule":
                ids = block.operands[1]
                tangent[here] = block.numbers.pull(sys.modules[__name__], v[ids], tangent[ids])
            elif block.op == "dot":
                left, right = block.operands
                tangent[here] += (tangent[left] @ v[right] + v[left] @ tangent[right]).ravel()
            else:
                operands = [v[ids] for ids in block.operands]
                for j, ids in enumerate(block.operands):
                    if tape.live[ids].any():
                        tangent[here] += _times(tangent[ids], slopes(block.op, j, operands, v[here]))
    return tangent
