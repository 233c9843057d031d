"""From what was recorded to expressions: sums in one piece, repeated rounds as loops, rows written out."""

from itertools import islice

from ..derivatives import RULES
from ..structures import NUMBER, described, paths
from .algebra import Algebra
from .fusing import FUSED, softmax
from .graph import LEAVES, Node, reachable
from .rolling import Entries, Loop, Rounds, match, parts


class Lowering:
    """Turns recorded nodes into expressions of an algebra.

    like, outputs: the structure of the results, and their recorded nodes in order.
    values: the results as expressions in their structure; a list that a loop makes is one expression.
    recorded: expression -> the recorded nodes that it stands for.
    """

    def __init__(self, algebra: Algebra, like, outputs):
        self.algebra, self.recorded = algebra, {}
        self._found, self._parts, self._lists = {}, {}, {}
        self._uses, self._shapes = {}, {}
        self._survey(reachable(outputs))
        for node in reachable(self._roots(like, iter(outputs)), self._needed):
            self._found[node] = self._expression(node)
            self.recorded.setdefault(self._found[node], []).append(node)
        self.values = self._values(like, iter(outputs))

    def _survey(self, nodes):
        """How often each node is used, and a number for its shape: the same for the same operations."""
        shapes = {}
        for node in nodes:
            for arg in node.args:
                self._uses[arg] = self._uses.get(arg, 0) + 1
            shape = () if node.op in LEAVES else (node.op, *[self._shapes[arg] for arg in node.args])
            self._shapes[node] = shapes.setdefault(shape, len(shapes))

    def _roots(self, like, outputs):
        """The nodes that must be expressions before the results can be."""
        if like is NUMBER:
            return [next(outputs)]
        inside = list(islice(outputs, len(paths(like))))
        if like.kind is list and len(set(map(described, like.parts))) == 1:
            size = len(inside) // len(like.parts)
            rounds = match([inside[i : i + size] for i in range(0, len(inside), size)]) if size else None
            if rounds:
                self._lists[like] = rounds
                return [step[0] for step in rounds.shared]
        rest = iter(inside)
        return [node for part in like.parts for node in self._roots(part, rest)]

    def _values(self, like, outputs):
        """The expressions of the results."""
        if like is NUMBER:
            return self._found[next(outputs)]
        if like in self._lists:
            list(islice(outputs, len(paths(like))))
            loop, results = self._rolled(self._lists[like])
            return self.algebra.each(loop, results, like.parts[0])
        return like.made([self._values(part, outputs) for part in like.parts])

    def _needed(self, node):
        """The nodes that must be expressions before this one can be."""
        if node.op not in ("add", "total"):
            return node.args
        if node not in self._parts:
            terms = self._terms(node)
            self._parts[node] = parts(terms, [self._shapes[term] for term in terms])
        needed = []
        for part in self._parts[node]:
            needed += [part] if isinstance(part, Node) else [step[0] for step in part.shared]
        return needed

    def _terms(self, node):
        """What a chain of additions adds up, from left to right."""
        terms, inner = [], node
        while inner.op == "add" and (inner is node or self._uses[inner] == 1):
            inner, last = inner.args
            terms.append(last)
        begun = inner.op == "total" and (inner is node or self._uses[inner] == 1)
        return [*(inner.args if begun else [inner]), *reversed(terms)]

    def _expression(self, node):
        if node.op == "input":
            return self.algebra.node("input", data=node.data)
        if node.op == "constant":
            return self.algebra.constant(node.data)
        if node not in self._parts:
            return self._made(node, [self._found[arg] for arg in node.args])
        terms = []
        for part in self._parts[node]:
            if isinstance(part, Rounds):
                loop, results = self._rolled(part)
                terms = [self.algebra.over(loop, self.algebra.total(terms), results)]
            else:
                terms.append(self._found[part])
        return self.algebra.total(terms)

    def _rolled(self, rounds):
        """The Loop of some Rounds, and the expressions of its results."""
        loop = Loop(len(rounds.results[0]))
        made = {step: self._found[step[0]] for step in rounds.shared}
        for step, source in rounds.columns.items():
            if not isinstance(source, Entries):
                loop.tables.append(source)
                source = len(loop.tables) - 1
            made[step] = self.algebra.column(loop, source)
        for step in rounds.operations:
            args = zip(*[node.args for node in step], strict=True)
            made[step] = self._made(step[0], [made[arg] for arg in args])
        for step, expression in made.items():
            self.recorded.setdefault(expression, []).extend(step)
        return loop, [made[result] for result in rounds.results]

    def _made(self, node, args):
        """The expression of a recorded operation."""
        if node.op in RULES:
            return self.algebra.row(node.op, *args)
        if node.op == "softmax":
            return softmax(self.algebra, args, node.data)
        return FUSED[node.op](self.algebra, args) if node.op in FUSED else self.algebra.make(node.op, *args)
