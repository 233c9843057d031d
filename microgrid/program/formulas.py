"""A recorded function as expressions that are to be written down: results, gradient, and their names."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..structures import NUMBER, Static, paths
from .algebra import Algebra
from .backward import Backward
from .lowering import Lowering
from .rolling import Entries


@dataclass
class Recording:
    """What `trace` saw.

    title: the name of the function; parameters: those of its arguments; like: what all these look like.
    outputs: the recorded results in order; results: what they look like.
    letters: what recorded nodes were called; names: what the user named them.
    """

    title: str
    parameters: list
    like: Any
    outputs: list
    results: Any
    letters: Any
    names: dict


@dataclass
class Formula:
    """Expressions to be written down.

    values: the results in their structure, a list that a loop makes as one node. gradients: the same for the
    gradient, with a leaf in the place of its own; None without a gradient. targets: leaf -> its gradient.
    wishes: node -> the name it is to have; belongs: node -> what it is the gradient of, a node or a name.
    """

    algebra: Algebra
    like: Any
    values: Any
    wishes: dict
    gradients: Any = None
    targets: dict = field(default_factory=dict)
    belongs: dict = field(default_factory=dict)


def formula(recording, floats, wrt):
    """The Formula of a recording.

    floats: whether all numbers will be floats. wrt: the argument or the tuple of arguments to differentiate
    by, None for no gradient.
    """
    algebra = Algebra(floats)
    lowering = Lowering(algebra, recording.results, recording.outputs)
    made = Formula(algebra, recording.like, lowering.values, _wishes(recording, lowering))
    if wrt is None:
        return made
    places = wrt if isinstance(wrt, tuple) else (wrt,)
    made.wishes.setdefault(made.values, recording.title)
    backward = Backward(algebra, made.values, [node for node in algebra.nodes if _argument(node) in places])
    gradients = Gradients(made, backward, recording.parameters)
    parts = tuple(gradients.of(recording.like.parts[i], (i,)) for i in places)
    made.gradients = parts if isinstance(wrt, tuple) else parts[0]
    made.belongs |= {
        node: of for node, of in backward.belongs.items() if of.args or made.targets.get(of, node) is node
    }
    return made


def _argument(node):
    """The argument that a leaf is a number of; None for any other node."""
    if node.op == "input":
        return node.data[0]
    if node.op == "column" and isinstance(node.data[1], Entries):
        return node.data[1].path[0]
    return None


def _wishes(recording, lowering):
    """The name that each expression is to have, if there is one."""
    wishes = dict(lowering.algebra.letters)
    for expression, recorded in lowering.recorded.items():
        given = [recording.names[node] for node in recorded if node in recording.names]
        wish = given[0] if given else _letter(recording.letters, expression, recorded)
        if wish is not None:
            wishes[expression] = wish
    for expression in lowering.algebra.nodes:
        if expression.op == "column":
            wishes.setdefault(expression, _entry(recording, expression.data[1]))
        elif expression.op in ("over", "each"):
            wishes.setdefault(expression, "total" if expression.op == "over" else "results")
    return wishes


def _letter(letters, expression, recorded):
    """The letter that the recorded nodes of an expression had, or None."""
    if not expression.loop:
        return min([letters.outer[node] for node in recorded if node in letters.outer], default=(None,))[-1]
    found = Counter(letters.nearest[node] for node in recorded if node in letters.nearest)
    if expression.op == "column":  # x1, number 1 of an entry x, but not xs3_1, which is one round's alone
        rest = getattr(expression.data[1], "rest", ())
        found = {letter: count for letter, count in found.items() if letter[0] == len(rest)}
    else:
        found = {letter: count for letter, count in found.items() if count > 1 or letter[0] == 0}
    return min(found, key=lambda letter: (-found[letter], letter), default=(None,))[-1]


def _entry(recording, source):
    """A name for a column: x_1 for number 1 of an entry of xs."""
    if isinstance(source, int):
        return f"c{source}"
    name = "_".join([recording.parameters[source.path[0]], *map(str, source.path[1:])])
    return "_".join([name.removesuffix("s") or name, *map(str, source.rest)])


class Gradients:
    """The gradients of whole arguments, put together from those of numbers and of columns."""

    def __init__(self, made, backward, parameters):
        self._made, self._algebra, self._parameters = made, made.algebra, parameters
        self._numbers, self._columns = {}, {}
        for leaf, gradient in backward.of.items():
            if leaf.op == "input":
                self._numbers[leaf.data] = gradient
            else:
                loop, (*entries, rest) = leaf.data
                self._columns.setdefault((loop, *entries), {})[rest] = gradient

    def of(self, like, path):
        """The gradient of what looks like that at a path: leaves and lists in its structure."""
        if isinstance(like, Static):
            return None
        if like is NUMBER:
            return self._number(path)
        lists = [key for key in self._columns if key[1] == path]
        if len(lists) == 1 and self._is_alone(like, *lists[0]):
            return self._list(*lists[0])
        return like.made([self.of(part, (*path, key)) for key, part in like.items()])

    def _is_alone(self, like, _, path, start, rounds):
        """True if a loop over the whole list at a path is all that its gradient comes from."""
        others = [*self._numbers, *[key[1] for key in self._columns if key[1] != path]]
        elsewhere = any(other[: len(path)] == path for other in others)
        return like.kind is list and start == 0 and rounds == len(like.parts) and not elsewhere

    def _list(self, loop, path, start, rounds):
        """The list of gradients that a loop collects."""
        like, gradients = self._made.like.at((*path, start)), self._columns[loop, path, start, rounds]
        terms = [gradients.get(rest, self._algebra.zero) for rest in paths(like)]
        node = self._algebra.each(loop, terms, like)
        self._made.belongs[node] = self._name(path)
        return node

    def _number(self, path):
        """The leaf at a path. Its gradient is what came to it directly and what loops have collected."""
        terms = [self._numbers.get(path, self._algebra.zero)]
        for (loop, where, start, rounds), gradients in self._columns.items():
            key, rest = path[len(where) : len(where) + 1], path[len(where) + 1 :]
            if path[: len(where)] == where and rest in gradients and key[0] in range(start, start + rounds):
                collected = self._list(loop, where, start, rounds)
                terms.append(self._algebra.node("item", collected, data=(key[0] - start, *rest)))
        leaf = self._algebra.node("input", data=path)
        self._made.targets[leaf] = self._algebra.total(terms)
        self._made.wishes.setdefault(leaf, self._name(path))
        return leaf

    def _name(self, path):
        return "_".join([self._parameters[path[0]], *map(str, path[1:])])
