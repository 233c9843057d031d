"""The text of a program: expressions as lines of Python, in the order of the formula."""

from ..structures import NUMBER
from .lines import Line, Lines
from .loops import LoopWriter
from .names import Names
from .regions import operands
from .survey import Survey, level, places
from .unpacking import nested_text, unpacked
from .writing import ATOM, call, number_text, sum_text, written

INLINE = 60  # an expression that is used once and not longer is written where it is used
LAZY = 2000  # and if it is needed on one side of a condition only, up to this length
TERMS = 100  # a sum of more takes several lines: Python cannot compile it in one
TESTS = {"lt", "le", "gt", "ge", "eq", "ne", "flows", "not"}
BUILTINS = {"abs", "max", "range", "zip", "whole"}  # whole: see compiling.py


class Source:
    """A formula as a function in Python.

    text: the function. calls: the functions that it calls, but for Python's own.
    constants: what else it takes from outside, name -> number or rows of numbers. names: of all its numbers;
    inner: the names that loops assign. survey: a Survey of the formula.
    """

    def __init__(self, title, parameters, formula):
        self.formula = formula
        self.zero, self.floats = formula.algebra.zero, formula.algebra.floats
        self.survey = Survey(formula)
        self.calls = {call(node, self.floats) for node in self.survey.live} - BUILTINS - {None}
        taken = {*self.calls, *BUILTINS}  # a function named exp that calls exp must not call itself
        self.title = f"{title}_value" if title in taken else title
        self.names = Names({*taken, self.title})
        self.constants, self.inner, self._texts = {}, [], {}
        self.parameters = [self.names.fix((i,), name) for i, name in enumerate(parameters)]
        self._name()
        self._lines = Lines(self._written)
        self._lines.open(f"def {self.title}(", ", ".join(self.parameters), "):")
        self._unpack()
        self._compute()
        self._return()
        self._lines.close()
        self.text = "\n".join(self._lines.text) + "\n"

    def _name(self):
        """Names for inputs and for what has a letter; gradients follow the names of what they belong to."""
        wishes = {}
        for node in dict.fromkeys([*self.survey.live, *self.formula.targets]):
            if node.op == "constant":
                self._texts[node] = number_text(node.data, self.floats) or (self.constant(node.data), ATOM)
            elif node.op == "input" and len(node.data) == 1:
                self.names.share(node, node.data)
            elif node in self.formula.wishes:
                wishes[node] = self.formula.wishes[node]
        self.names.assign(wishes)
        for node in self.survey.live:
            if node.op in ("input", "column"):
                self._texts[node] = self.names.of(node), ATOM

    def constant(self, value, name="c"):
        """A name for what is taken from outside."""
        name = self.names.fix(("constant", len(self.constants)), f"{name}{len(self.constants) + 1}")
        self.constants[name] = value
        return name

    def _unpack(self):
        inputs = {node.data: self.text_of(node) for node in self.survey.live if node.op == "input"}
        names = {path[:end]: None for path in inputs for end in range(1, len(path))} | inputs
        for (i, part), parameter in zip(self.formula.like.items(), self.parameters, strict=True):
            if (i,) in names and part is not NUMBER:
                for targets, text in unpacked(part, parameter, names, (i,)):
                    self.line("", "", targets, f" = {text}")

    def _compute(self):
        """What is computed once, and the loops, each as soon as all that it needs is known."""
        survey = self.survey
        found = places(survey.once, survey.regions)
        once = sorted(survey.once, key=lambda node: (found[node], node.index))
        levels = {node: level(node, survey.regions[node]) for node in once}
        for now in sorted({*levels.values(), *(known for known, _ in survey.sums)}):
            for node in once:
                if levels[node] == now:
                    self.settle(node, survey.regions)
            for (known, loop), sums in survey.sums.items():
                if known == now:
                    LoopWriter(self, self._lines, loop, sums)

    def _return(self):
        for leaf, gradient in self.formula.targets.items():
            if gradient is not self.zero and self.text_of(gradient) != self._result(leaf):
                self.line("backward", f"{self._result(leaf)} = ", self.text_of(gradient))
        head, results = "return ", self.formula.values
        text = nested_text(results, self.whole_text)
        if self.formula.gradients is not None:
            head, results = f"return {text}, ", self.formula.gradients
            text = nested_text(results, lambda node: self._in_system(node, self._result(node)))
        if isinstance(results, list | tuple):  # its own brackets are those to break it in
            self.line("", head + text[0], text[1:-1], text[-1])
        else:
            self.line("", head, text)

    def _result(self, node):
        """The text of a gradient: node is its leaf, or the list that it is."""
        gradient = self.formula.targets.get(node, node)
        return self.text_of(gradient) if gradient in (node, self.zero) else f"d_{self.names.of(node)}"

    def text_of(self, node):
        """How a node is written where it is used."""
        return self._written(node)[0]

    def whole_text(self, node):
        """How a number is written that is returned: an int, such as a slope of 1, joins the number system."""
        return self._in_system(node, self.text_of(node))

    def _in_system(self, node, text):
        return text if self.floats or node.op == "each" else f"whole({text})"

    def _written(self, node):
        if node not in self._texts:
            self._texts[node] = written(node, [self._texts[arg] for arg in operands(node)], self.floats)
        return self._texts[node]

    def line(self, part, head, body, tail="", region=()):
        """Adds a line to the function."""
        self._lines.add(Line(region, part, head, body, tail))

    def assign(self, node, sign, text, region=()):
        """Adds a line that gives a node its value, or adds to it; returns its name."""
        part = "forward" if node in self.survey.forward else "backward"
        name = self.name(node)
        self.line(part, f"{name} {sign} ", text, region=region)
        return name

    def name(self, node):
        """The name by which a node is written from here on."""
        self._texts[node] = self._letter(node) or self.names.of(node), ATOM
        return self._texts[node][0]

    def settle(self, node, regions):
        """Decides whether a node gets a line of its own or is written where it is used."""
        self._texts.pop(node, None)  # it may have been written in another loop
        if node.op == "total" and len(node.args) > TERMS:
            self._settle_long(node, [self._texts[arg] for arg in node.args], regions[node])
        elif self._has_line(node, self.text_of(node), regions):
            name = self.assign(node, "=", self.text_of(node), regions[node])
            self.inner += [name] if node.loop else []

    def _settle_long(self, node, terms, region):
        """A long sum in several lines, still added up from left to right."""
        self.assign(node, "=", sum_text(terms[:TERMS])[0], region)
        for i in range(TERMS, len(terms), TERMS):
            self.assign(node, "=", sum_text([self._texts[node], *terms[i : i + TERMS]])[0], region)

    def _has_line(self, node, text, regions):
        if node.op in TESTS and all(self._texts[arg][1] == ATOM for arg in operands(node)):
            return False
        if self.survey.uses[node] > 1 or node in self.survey.held:
            return True
        user = self.survey.user.get(node)
        if user and user.op in ("row", "fused"):
            return False  # the row that it is the value of may get one
        if user and user.op == "over":
            return node is not user.args[0] and self._letter(node) is not None
        if user and user.op == "where" and regions[node] != regions.get(user) and len(text) < LAZY:
            return False  # then it is computed only if the condition holds
        return self._letter(node) is not None or len(text) > INLINE

    def _letter(self, node):
        """The name of a node that is to have one, d_x if it is the gradient of x; None for any other."""
        of = None if node in self.survey.forward else self.formula.belongs.get(node)
        name = of if isinstance(of, str) else self.names.get(of)
        if name and self.names.get(node) is None:
            self.names.fix(node, f"d_{name}")
        return self.names.get(node)
