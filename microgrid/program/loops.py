"""A loop as text: sums start, rounds add to them, and what is computed in a round stands inside."""

from math import inf
from textwrap import wrap

from ..structures import filled
from .graph import reachable
from .regions import common, operands, regions
from .survey import behind, places, terms
from .unpacking import loop_header, nested_text
from .writing import plain

TOGETHER = 66  # how much of a line names take that start at 0 together; a sign comes between any two


class LoopWriter:
    """Writes one loop that adds up some sums and collects some lists."""

    def __init__(self, source, lines, loop, sums):
        self._source, self._loop = source, loop
        added = [(node, *self._peeled(term)) for node in sums if node.op == "over" for term in terms(node)]
        lists = [node for node in sums if node.op == "each"]
        roots: dict = {term: () for node in lists for term in terms(node)}
        for _, region, core in added:
            for depth, (condition, _) in enumerate(region):
                roots[condition] = common(roots.get(condition, region[:depth]), region[:depth])
            roots[core] = common(roots.get(core, region), region)
        nodes = reachable(roots, lambda node: operands(node) if node.loop is loop else ())
        where = regions(nodes, roots)
        inside = [node for node in nodes if node.loop is loop]
        found = places(inside, where)
        steps: list = [
            ((found[node], node.index), source.settle, node, where) for node in inside if node.args
        ]
        ends = {}  # sum -> its last line: terms are added in their order
        for node, region, core in added:
            last = max(found.get(core, 0), behind(found, region), ends.get(node, 0))
            ends[node] = last
            steps.append(((last, inf), self._add, node, region, core))
        steps += [((max(found.get(x, 0) for x in terms(node)), inf), self._append, node) for node in lists]
        self._begin(sums)
        lines.open("for ", *self._header([node for node in inside if node.op == "column"]))
        for _, write, *what in sorted(steps, key=lambda step: step[0]):
            write(*what)
        lines.close()

    def _peeled(self, term):
        """(region, core): the term of a sum is the core in the region, and 0 elsewhere."""
        zero, uses = self._source.zero, self._source.survey.uses
        region: tuple = ()
        while term.op == "where" and zero in term.args[1:] and uses[term] == 1:
            side = term.args[2] is zero
            region += ((term.args[0], side),)
            term = term.args[1 if side else 2]
        return region, term

    def _begin(self, sums):
        """The lines in front of the loop: a sum starts at 0 or with what is known already, a list empty."""
        source, zeros = self._source, []
        for node in sums:
            if node.op == "each":
                source.assign(node, "=", "[]")
            elif node.args[0] is source.zero:
                zeros.append(source.name(node))
            else:
                source.assign(node, "=", source.text_of(node.args[0]))
        for line in wrap(" ".join(zeros), TOGETHER):
            source.line("", line.replace(" ", " = "), f" = {source.text_of(source.zero)}")

    def _header(self, columns):
        """(targets, source and colon) of the loop over columns of data."""
        source, tables = self._source, self._loop.tables
        if not columns:
            return "_", f" in range({self._loop.rounds}):"
        names = [(node.data[1], source.names.of(node)) for node in columns]
        source.inner += [name for _, name in names]
        rows = [tables[column] for column, _ in names if isinstance(column, int)]
        rows = [tuple(plain(x, source.floats) for x in row) for row in rows]
        if len(rows) > 1:
            rows = [tuple(zip(*rows, strict=True))]
        table = source.constant(rows[0], "rows") if rows else ""
        targets, text = loop_header(source.formula.like, source.parameters, names, table)
        return targets, f" in {text}:"

    def _add(self, node, region, core):
        """The line that adds a term to a sum."""
        self._source.assign(node, "+=", self._source.text_of(core), region)

    def _append(self, node):
        """The line that appends an entry to a list."""
        source, entry = self._source, filled(node.data[1], iter(node.args))
        part = "forward" if node in source.survey.forward else "backward"
        source.line(part, f"{source.names.of(node)}.append(", nested_text(entry, source.whole_text), ")")
