"""Who uses what in a formula, and where: all that must be known before its first line can be written."""

from collections import Counter, defaultdict

from .graph import LEAVES, Node, reachable
from .regions import operands, regions

SUMS = {"over", "each"}  # what a loop leaves behind


class Survey:
    """A formula looked over.

    results, outputs: the nodes of its results, and these with its gradients. live: all nodes behind them.
    forward: those behind the results. uses, user: how often a node is used, and who used it last.
    held: what is computed once and used in loops. once: all that is computed once, each in its region.
    sums: (level, loop) -> what the loop leaves behind when it runs with what is known at that level.
    """

    def __init__(self, formula):
        self.results = nodes(formula.values)
        gradients = [formula.targets.get(node, node) for node in nodes(formula.gradients)]
        self.outputs = [*self.results, *gradients]
        self.live = reachable(self.outputs, operands)
        self.forward = set(reachable(self.results, operands))
        self.uses, self.user = Counter(self.outputs), {}
        self.sums, self.held = defaultdict(list), set()
        for node in self.live:
            if node.op in SUMS:
                self.sums[node.level - 1, node.data[0]].append(node)
            for arg in operands(node):
                self.uses[arg] += 1
                self.user[arg] = node
                if arg.loop is None and (node.loop or arg in terms(node)):
                    self.held.add(arg)
        once = [node for node in self.live if node.loop is None]
        self.regions = regions(once, dict.fromkeys([*self.outputs, *self.held], ()))
        self.once = [node for node in once if node.op not in SUMS | LEAVES]


def terms(node):
    """What a loop adds to a sum, or collects in a list, in each round."""
    return node.args[1:] if node.op == "over" else node.args if node.op == "each" else ()


def nodes(structure):
    """All nodes in nested lists, tuples and dicts, in order."""
    if isinstance(structure, Node):
        return [structure]
    parts = structure.values() if isinstance(structure, dict) else structure or ()
    return [node for part in parts for node in nodes(part)]


def places(nodes, regions):
    """Where each node comes in the order of the lines: after its operands, and the conditions over it.

    nodes: in the order of the graph. Returns node -> number; of two equal ones, the graph's order decides.
    """
    found = {node: node.index for node in nodes}
    moved = True
    while moved:  # a condition may be younger than what stands under it
        moved = False
        for node in nodes:
            after = [found.get(arg, 0) for arg in operands(node)]
            last = max(found[node], *after, behind(found, regions[node]))
            moved, found[node] = moved or last > found[node], last
    return found


def behind(found, region):
    """The first place behind the conditions of a region."""
    tests = [test.args[0] if test.op == "flows" else test for test, _ in region]
    return max((found.get(test, test.index) + 0.5 for test in tests), default=0)


def level(node, region):
    """How many loops must have ended before a node can be computed under the conditions of a region."""
    return max(node.level, *(test.level for test, _ in region), 0)
