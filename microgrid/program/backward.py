"""Reverse mode on expressions: the gradients are expressions too, and share what they have in common.

    d[x] = sum over all y computed from x of d[y] * (d y / d x)

A gradient that is exactly 0 goes no further; a slope that could fail is not even computed then: `d / x if d
else 0`. What leaves a loop adds up over its rounds. What leaves one side of a condition is 0 on the other.
"""

from collections import Counter, defaultdict
from fractions import Fraction
from typing import NamedTuple

from ..derivatives import RULES
from .graph import LEAVES, Node, reachable
from .regions import inner, operands, regions

# What has a finite result whatever finite numbers it gets.
SAFE = LEAVES | {
    "add", "sub", "mul", "neg", "abs", "total", "where", "row", "flows", "not", "and", "or", "lt", "le", "gt",
    "ge", "eq", "ne", "sin", "cos", "tanh", "atan", "sigmoid", "sech2", "bell", "erf", "erfc", "sign", "wins",
    "normal_cdf", "normal_pdf", "above", "larger", "smaller", "cosine",
}  # fmt: skip


class Push(NamedTuple):
    """A term of a gradient, from a node in `loop`; it is 0 where one of the gradients `stops` is."""

    term: Node
    loop: object
    stops: tuple


class Backward:
    """The gradients of a result.

    wanted: the leaves to differentiate by.
    of: leaf -> its gradient, an expression; that of a column differs from round to round as it does.
    belongs: expression -> the node whose gradient it is.
    """

    def __init__(self, algebra, result, wanted):
        self.algebra, self.of, self.belongs = algebra, {}, {}
        self._forward = set(reachable([result]))
        self._regions = regions(reachable([result], operands), {result: ()})
        nodes = reachable([result], _smooth)
        self._expected = Counter(arg for node in nodes for arg in _smooth(node))
        self._active = set(wanted)
        for node in nodes:
            if not self._active.isdisjoint(_smooth(node)):
                self._active.add(node)
        self._pushes, self._gates, self._waiting = defaultdict(list), {}, Counter()
        if result in self._active:
            self._walk(result)

    def _walk(self, result):
        """Visits each node when everything computed from it has been visited, in the order of the formula."""
        self._push(result, Push(self.algebra.one, None, ()))
        ready = [result]
        while ready:
            node = ready.pop()
            if node in self._pushes:
                self._visit(node)
            complete = []
            for arg in _smooth(node):
                self._expected[arg] -= 1
                if not self._expected[arg] and arg in self._active:
                    complete.append(arg)
            ready += reversed(complete)

    def _push(self, node, push):
        self._waiting[node.loop] += bool(node.args) and node not in self._pushes
        self._pushes[node].append(push)

    def _visit(self, node):
        """Adds up the gradient of a node, and passes it on to what the node is computed from."""
        gradient = self._gradient(node, self._pushes.pop(node))
        self.belongs.setdefault(gradient, node)
        if not node.args:
            self.of[node] = gradient
            return
        self._waiting[node.loop] -= 1
        stops = self._stops(node, gradient)
        region = self._regions.get(node, ())
        for place, (arg, slope) in enumerate(self._slopes(node), node.op == "where"):
            term = self._times(gradient, slope, finite=node.op == "fused")
            if arg in self._active and term is not self.algebra.zero:
                outside = len(self._regions.get(arg, ()))
                for condition, side in reversed(inner(node, place, region)[outside:]):
                    term = self._only(term, condition, side)
                self._push(arg, Push(term, node.loop, stops))

    def _stops(self, node, gradient):
        """The gradients that all pushes from a node are 0 with: its own, if it may be, and its loop's gates.

        A gate is a gradient through which all that is still to come must go.
        """
        stops = self._gates.get(node.loop, ())
        if gradient.op == "where" and self.algebra.zero in gradient.args:
            stops = (*stops, gradient)
            if node.loop and not self._waiting[node.loop]:
                self._gates[node.loop] = stops
        return stops

    def _slopes(self, node):
        """(arg, slope) for each arg that the value depends on smoothly; 0 for one that no gradient is for."""
        one, args = self.algebra.one, _smooth(node)
        if node.op == "fused":
            return list(zip(args, node.data[1], strict=True))
        if node.op == "over":  # what does not differ from round to round counts in each of them
            rounds = self.algebra.constant(node.data[0].rounds)
            return [(args[0], one), *[(arg, one if arg.loop else rounds) for arg in args[1:]]]
        if node.op in ("where", "total"):
            return [(arg, one) for arg in args]
        rule = RULES[node.data if node.op == "row" else node.op]
        letters = dict(zip(rule.operands, args, strict=True), y=node)
        return [
            (arg, self.algebra.read(slope, **letters) if arg in self._active else self.algebra.zero)
            for arg, slope in zip(args, rule.slopes, strict=True)
        ]

    def _times(self, gradient, slope, finite):
        """gradient * slope, 0 where the gradient is 0. finite: the slope is known to be."""
        make = self.algebra.make
        if slope is self.algebra.zero:
            return slope
        if slope.op == "where":
            condition, *sides = slope.args
            return make("where", condition, *[self._times(gradient, side, finite) for side in sides])
        if slope.op == "neg":
            return make("neg", self._times(gradient, slope.args[0], finite))
        term = _product(self.algebra, gradient, slope)
        if finite or slope in self._forward:
            return term
        new = reachable([slope], lambda node: () if node in self._forward else operands(node))
        safe = all(node in self._forward or _is_safe(node) for node in new)
        return term if safe else self._only(term, make("flows", gradient), True)

    def _only(self, term, condition, side):
        """term where the condition is true, or where it is not, and 0 elsewhere."""
        sides = (term, self.algebra.zero) if side else (self.algebra.zero, term)
        return self.algebra.make("where", condition, *sides)

    def _gradient(self, node, pushes):
        """The sum of all pushes; those out of a loop add up over its rounds."""
        total = self._sum([push.term for push in pushes if push.loop in (None, node.loop)])
        for loop in dict.fromkeys(push.loop for push in pushes if push.loop not in (None, node.loop)):
            out = [push for push in pushes if push.loop is loop]
            term = self._sum([push.term for push in out])
            for stop in reversed(out[0].stops):
                if all(stop in push.stops for push in out):
                    term = self._only(term, self.algebra.make("flows", stop), True)
            if total.level > term.level:  # it must not wait for what this loop does not need
                total = self.algebra.total([total, self.algebra.over(loop, self.algebra.zero, [term])])
            else:
                total = self.algebra.over(loop, total, [term])
        return total

    def _sum(self, terms):
        """The sum of terms; those that one condition chooses are added up on each side of it."""
        if len(terms) == 1:
            return terms[0]
        make, chosen, others = self.algebra.make, defaultdict(list), []
        for term, count in Counter(terms).items():
            times = self.algebra.constant(count)
            if term.op == "where":
                condition, *sides = term.args
                chosen[condition].append([make("mul", times, side) for side in sides])
            else:
                others.append(make("mul", times, term))
        for condition, sides in chosen.items():
            sums = [self.algebra.total(side) for side in zip(*sides, strict=True)]
            others.append(make("where", condition, *sums))
        return self.algebra.total(others)


def _smooth(node) -> tuple:
    """The args that a gradient goes on to: not those that only decide a condition."""
    if node.op in ("row", "fused", "where"):
        return node.args[1:]
    return node.args if node.op in RULES or node.op in ("total", "over") else ()


def _is_safe(node):
    """True for an operation that has a finite result whatever finite numbers it gets."""
    if node.op not in ("truediv", "pow"):
        return node.op in SAFE
    number = node.args[1].data if node.args[1].op == "constant" else None
    return type(number) is int and (number != 0 if node.op == "truediv" else number > 0)


def _product(algebra, gradient, slope):
    """gradient * slope. For floats, the plain ratios in both are one: 1 / 2 * (2 * x) is x."""
    if slope.op == "truediv" and slope.args[0] is algebra.one and slope.args[1].op != "constant":
        return algebra.make("truediv", gradient, slope.args[1])
    (one, x), (other, y) = _ratio(gradient), _ratio(slope)
    if 1 in (one, other) or not algebra.floats:
        return algebra.make("mul", gradient, slope)
    ratio, rest = one * other, algebra.make("mul", x or algebra.one, y or algebra.one)
    above, below = algebra.constant(ratio.numerator), algebra.constant(ratio.denominator)
    if abs(ratio.numerator) == 1 or rest is algebra.one:
        return algebra.make("truediv", algebra.make("mul", above, rest), below)
    return algebra.make("mul", algebra.make("truediv", above, below), rest)


def _ratio(node):
    """(ratio, rest): the plain ratio that a node begins or ends with, and what is left, if anything is."""
    if (plain := _plain(node)) is not None:
        return plain, None
    if node.op == "mul" and (plain := _plain(node.args[0])) is not None:
        return plain, node.args[1]
    if node.op == "truediv" and (plain := _plain(node.args[1])) is not None:
        return 1 / plain, node.args[0]
    return Fraction(1), node


def _plain(node):
    """The number of a whole constant that is not 0, or of a ratio of two; None for any other node."""
    parts = node.args if node.op == "truediv" else (node,)
    numbers = [part.data for part in parts if part.op == "constant" and type(part.data) is int and part.data]
    return Fraction(*numbers) if len(numbers) == len(parts) else None
