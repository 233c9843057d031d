"""Expressions as a graph in which equal ones are one node: x * y, computed in two places, is there once."""

from typing import Any

LEAVES = {"input", "constant", "column"}


class Node:
    """One number of a computation.

    op: what makes it of its args: a row of derivatives.py ("mul"), or one of the operations of algebra.py.
    data: what comes without being computed: the path of an input, the number of a constant.
    index: its place in the graph, higher than that of its args. loop: the loop whose rounds it differs in,
    None if it is computed once. level: how many loops must have ended before it can be computed.
    """

    __slots__ = ("args", "data", "index", "level", "loop", "op")

    def __init__(self, op: Any, args: Any, data: Any, index):
        self.op, self.args, self.data, self.index = op, args, data, index
        self.loop: Any = None
        self.level = 0
        for arg in args:
            self.loop = self.loop or arg.loop
            self.level = max(self.level, arg.level)

    def __repr__(self):
        shown = self.data if self.op in LEAVES else ", ".join(f"#{arg.index}" for arg in self.args)
        return f"#{self.index} {self.op}({shown})"


class Graph:
    """Nodes in the order in which they were made, so args stand before what is made of them.

    names: of nodes that a user has named.
    """

    def __init__(self):
        self.nodes, self.names = [], {}
        self._known = {}

    def node(self, op, *args, data=None) -> Node:
        """The one node of this operation on these args."""
        key = (op, args, data)
        node = self._known.get(key)
        if node is None:
            node = self._known[key] = Node(op, args, data, len(self.nodes))
            self.nodes.append(node)
        return node

    def constant(self, number) -> Node:
        """The node of a plain number. 1 and 1.0 are two, and so are 0.0 and -0.0."""
        key = (type(number), repr(number) if isinstance(number, int | float) else id(number))
        node = self._known.get(key)
        if node is None:
            node = self._known[key] = Node("constant", (), number, len(self.nodes))
            self.nodes.append(node)
        return node


def reachable(roots, args=lambda node: node.args):
    """The roots and all nodes behind them, in the order of the graph. Depth is limited by memory alone."""
    met, walk = set(roots), list(roots)
    while walk:
        for arg in args(walk.pop()):
            if arg not in met:
                met.add(arg)
                walk.append(arg)
    return sorted(met, key=lambda node: node.index)
