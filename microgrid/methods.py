"""The rows of derivatives.py as methods: `a * b`, `abs(a)`, `a.exp()`, for Value and every class like it.

Those of one or two operands are generated from their rows as source that tracebacks and `inspect.getsource`
show; for `rmaximum` and the like, self is the second operand.
a, b: operands, y: the value.
"""

import linecache
import re
from functools import cache

from .derivatives import RULES
from .kinds import Operations, apply, in_system, no_result
from .systems import any_number, common, functions

OPERATORS = {"add", "sub", "mul", "truediv", "pow", "neg", "abs"}
WHOLE = {"relu", "step", "sign", "floor", "maximum", "minimum", "xlogy", "xlog1my"}  # may answer with an int


def _body(rule, tracked):
    """Source lines of an operation whose tracked operands carry slopes and whose others are constants."""
    value = in_system(rule.value)
    slopes = [in_system(text) for x, text in zip(rule.operands, rule.slopes, strict=True) if x in tracked]
    needed = any("functions." in text for text in (value, *slopes))
    if len(rule.operands) == 1:
        lines = ["functions = functions_of(a)"] if needed else []
    else:
        alone = "".join(f" or type({x}) is int" for x in rule.operands if x not in tracked)
        lines = [f"functions = functions_of({tracked[0]})"] if needed else []
        meet = f"common({rule.name!r}, a, b)"
        lines += [
            f"if not (type(a) is type(b){alone}):",
            f"    functions = {meet}" if needed else f"    {meet}",
        ]
    kept = []
    if rule.name in WHOLE:
        numbers = ", ".join(rule.operands)
        foreign = "type(a) is not float" if len(rule.operands) == 1 else "not (type(a) is type(b) is float)"
        kept = [f"    if type(y) in (int, float) and {foreign}:"]
        kept += [f"        y = common({rule.name!r}, {numbers}).whole(y, {numbers})"]
    nodes = "".join(f"{x}_node, " for x in tracked)
    lines += [
        "try:",
        f"    y = {value}",
        *kept,
        f"    return operation(y, ({nodes}), {_tuple(slopes)}, {rule.name!r})",
        "except (ArithmeticError, TypeError, ValueError) as error:",
        f"    raise no_result({rule.name!r}, ({', '.join(rule.operands)},), error) from None",
    ]
    text = "\n".join(lines)
    if text.count("functions.") == 1 and len(rule.operands) == 1:  # asked for once, and only if it is needed
        lines = text.replace("functions.", "functions_of(a).").splitlines()[1:]
    return lines


def _tuple(texts):
    """The tuple of slopes; a choice between two constants is one between two tuples that exist already."""
    if len(texts) == 1 and (choice := re.fullmatch(r"(-?\d) if (.+) else (-?\d)", texts[0])):
        return f"({choice[1]},) if {choice[2]} else ({choice[3]},)"
    return "(" + "".join(f"{text}, " for text in texts) + ")"


def source(rule, method, reflected=False):
    """Python source of one method for a rule: `__mul__`, its reflection `__rmul__`, or `exp`."""
    if len(rule.operands) == 1:
        return _function(f"{method}(self)", ["a_node, a = self, self.data", *_body(rule, ("a",))])
    mine, theirs = ("b", "a") if reflected else ("a", "b")
    lines = [f"{mine}_node, {mine} = self, self.data"]
    if not reflected:
        lines += ["if type(other) is kind or isinstance(other, operations) and other.level == kind.level:"]
        lines += ["    b_node, b = other, other.data"]
        lines += [f"    {line}" for line in _body(rule, ("a", "b"))]
    refused = "NotImplemented" if rule.name in OPERATORS else f"apply({rule.name!r}, self, other)"
    lines += [f"{theirs} = constant(other)", f"if {theirs} is None:", f"    return {refused}"]
    return _function(f"{method}(self, other)", [*lines, *_body(rule, (mine,))])


def _function(head, lines):
    return f"def {head}:\n" + "".join(f"    {line}\n" for line in lines)


def with_operations(cls):
    """Class decorator: gives a subclass of Operations every row of the table as a method."""

    def constant(other):
        """other as a plain number for this kind; None for no number, or one of a higher level."""
        return None if isinstance(other, Operations) and other.level > cls.level else any_number(other)

    space = dict(functions_of=functions, common=common, no_result=no_result, constant=constant, apply=apply)
    space |= dict(kind=cls, operations=Operations, operation=cls.operation)
    for rule in RULES.values():
        if len(rule.operands) > 2:
            setattr(cls, rule.name, _method(rule.name))
            continue
        mark = "__{}__" if rule.name in OPERATORS else "{}"
        methods = [(mark.format(rule.name), False)]
        if len(rule.operands) == 2:
            methods.append((mark.format("r" + rule.name), True))
        for method, reflected in methods:
            made = dict(space)
            exec(_code(rule.name, method, reflected), made)
            made[method].__qualname__ = f"{cls.__name__}.{method}"
            setattr(cls, method, made[method])
    return cls


@cache
def _code(name, method, reflected):
    text, file = source(RULES[name], method, reflected), f"<microgrid {method}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return compile(text, file, "exec")


def _method(name):
    def method(self, *others):
        return apply(name, self, *others)

    method.__name__, method.__doc__ = name, f"The row `{name}` of derivatives.py, from this operand on."
    return method
