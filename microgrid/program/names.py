"""A name for every number of a program: the formula's letter if it has one, and one that Python takes."""

import keyword
import unicodedata
from collections import Counter


def identifier(wish):
    """The wish as a name that Python takes and that is no gradient's, d_x; None if it cannot be one.

    >>> identifier("class"), identifier("d_x"), identifier("x; import os")
    ('class_', 'dx', None)
    """
    name = unicodedata.normalize("NFKC", wish) if isinstance(wish, str) else ""
    if name.startswith("d_"):
        name = "d" + name[2:].lstrip("_")
    if not name.isidentifier() or name.startswith("__"):
        return None
    return name + "_" if keyword.iskeyword(name) or name == "_" else name


class Names:
    """Names that nothing else has. taken: those of functions and parameters."""

    def __init__(self, taken):
        self._taken, self._of, self._numbers = set(taken), {}, Counter()

    def assign(self, wishes):
        """Names for nodes, near to what is wished for each; equal wishes are numbered."""
        names = {node: name for node, wish in wishes.items() if (name := identifier(wish))}
        times = Counter(names.values())
        for node, name in names.items():
            self.fix(node, name, alone=times[name] == 1)

    def share(self, node, other):
        """Gives a node the name of another."""
        self._of[node] = self._of[other]

    def fix(self, node, name, alone=True):
        """Gives a node this name and returns it; one that is taken, or not for it alone, gets a number."""
        mark, free = "_" if name[-1].isdigit() else "", name
        while free in self._taken or not alone:
            self._numbers[name] += 1
            free, alone = f"{name}{mark}{self._numbers[name]}", True
        self._of[node] = free
        self._taken.add(free)
        return free

    def get(self, node):
        """The name of a node, or None."""
        return self._of.get(node)

    def of(self, node):
        """The name of a node: v1, v2, ... for those without one."""
        if node not in self._of:
            self.fix(node, "v", alone=False)
        return self._of[node]
