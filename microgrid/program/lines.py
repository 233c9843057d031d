"""Lines of Python, and the conditions under which they run: lines on the same conditions are one block."""

from typing import NamedTuple

from .regions import common
from .writing import NOT, folded


class Line(NamedTuple):
    """head + body + tail, run where the conditions of a region hold; part: "forward", "backward" or ""."""

    region: tuple
    part: str
    head: str
    body: str
    tail: str = ""


class Lines:
    """A function as it grows: text, line by line. test: condition -> its (text, strength)."""

    def __init__(self, test):
        self.text, self._test, self._waiting, self._indent = [], test, [], 0
        self._others = set()  # the depths at which the open block is an else

    def add(self, line):
        """Appends a line to the block that is open."""
        self._waiting.append(line)

    def open(self, head, body, tail):
        """Opens a block, such as a loop."""
        self._settle()
        self._write((), head, body, tail)
        self._indent += 1

    def close(self):
        """Closes the block that is open."""
        self._settle()
        self._indent -= 1

    def _settle(self):
        """Writes down the lines that wait; if all forward ones come before all backward ones, it says so."""
        lines, self._waiting = self._waiting, []
        parts = [line.part for line in lines if line.part]
        told = len(set(parts)) == 2 and parts == sorted(parts, reverse=True)
        region, part = (), ""
        for line in lines:
            if told and line.part not in ("", part):
                part, region = line.part, ()
                self._write((), f"# {part}")
            region = self._enter(line.region, region)
            self._write(region, line.head, line.body, line.tail)

    def _enter(self, region, before):
        """Opens the blocks of a region, but those that are open already."""
        same = len(common(region, before))
        for depth in range(same, len(region)):
            condition, side = region[depth]
            turned = depth == same < len(before) and before[depth] == (condition, not side)
            if turned and depth not in self._others:
                self._write(region[:depth], "else:")
                self._others.add(depth)
            else:
                self._others.discard(depth)
                text, strength = self._test(condition)
                text = text if side else f"not {text}" if strength >= NOT else f"not ({text})"
                self._write(region[:depth], "if ", text, ":")
        return region

    def _write(self, region, head, body="", tail=""):
        self.text += folded(head, body, tail, self._indent + len(region))
