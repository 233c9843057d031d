"""The rows of derivatives.py as methods: `a * b`, `abs(a)`, `a.exp()`, for Value and every class like it.

Each method is generated from its row as source that tracebacks and `inspect.getsource` show.
a, b: operands, y: the value.
"""

import linecache
import re
from collections.abc import Callable
from typing import Any

from .derivatives import RULES
from .systems import functions, number

OPERATORS = {"add", "sub", "mul", "truediv", "pow", "neg", "abs"}


def _of_the_system(text):
    """exp(a) in a row means the exp of the operand's own number system."""
    return re.sub(r"(?<![\w.])([a-z]\w*)\(", lambda m: m[0] if m[1] == "abs" else f"functions.{m[1]}(", text)


def _body(rule, tracked):
    """Source lines of an operation whose tracked operands carry slopes and whose others are plain numbers."""
    texts = [rule.value] + [
        slope for x, slope in zip(rule.operands, rule.slopes, strict=True) if x in tracked
    ]
    lines = []
    if any("functions." in _of_the_system(text) for text in texts):
        lines.append(f"functions = functions_of({tracked[0]})")
    nodes = "".join(f"{x}_node, " for x in tracked)
    slopes = "".join(f"{_of_the_system(text)}, " for text in texts[1:])
    return [
        *lines,
        "try:",
        f"    y = {_of_the_system(rule.value)}",
        f"    return operation(y, ({nodes}), ({slopes}))",
        "except (ArithmeticError, ValueError) as error:",
        f"    raise no_result({rule.name!r}, ({', '.join(rule.operands)},), error) from None",
    ]


def value_function(rule):
    """The operation on plain numbers, without slopes."""
    text = f"lambda {', '.join(rule.operands)}: {_of_the_system(rule.value)}"
    text = re.sub(r"functions\.", f"functions_of({rule.operands[-1]}).", text)
    compute = eval(text, dict(functions_of=functions))

    def function(*operands):
        numbers = [number(x) for x in operands]
        if None in numbers:
            wrong = operands[numbers.index(None)]
            raise TypeError(f"{rule.name}: an operand must be a number or a Value; got {wrong!r}.")
        try:
            return compute(*numbers)
        except (ArithmeticError, ValueError) as error:
            raise no_result(rule.name, operands, error) from None

    return function


def source(rule, method, reflected=False):
    """Python source of one method for a rule: `__mul__`, its reflection `__rmul__`, or `exp`."""
    indent = "    "
    if len(rule.operands) == 1:
        lines = ["a_node, a = self, self.data", *_body(rule, ("a",))]
        return f"def {method}(self):\n" + "".join(f"{indent}{line}\n" for line in lines)
    mine, theirs = ("b", "a") if reflected else ("a", "b")
    lines = [f"{mine}_node, {mine} = self, self.data"]
    if not reflected:
        lines += ["if isinstance(other, type(self)):", f"{indent}b_node, b = other, other.data"]
        lines += [f"{indent}{line}" for line in _body(rule, ("a", "b"))]
    lines += [f"{theirs} = number(other)", f"if {theirs} is None:", f"{indent}return NotImplemented"]
    lines += _body(rule, (mine,))
    return f"def {method}(self, other):\n" + "".join(f"{indent}{line}\n" for line in lines)


def no_result(name, operands, error):
    """The error of an operation without a result: which one, on what, and why."""
    shown = ", ".join(str(operand) for operand in operands)
    reason = "a division by zero" if isinstance(error, ZeroDivisionError) else str(error)
    return type(error)(f"{name}: no result for ({shown}): {reason}.")


class Operations:
    """A number to compute with. It compares and converts as its data does, and has no hash: data may change.

    `with_operations` adds the rows of the table; a subclass says in the static method
    `operation(y, parents, slopes)` what the result of one is.
    """

    __slots__ = ()
    __hash__ = None  # pyright: ignore[reportAssignmentType]
    data: Any
    operation: Any
    __add__: Callable[..., Any]
    __radd__: Callable[..., Any]
    __sub__: Callable[..., Any]
    __rsub__: Callable[..., Any]
    __mul__: Callable[..., Any]
    __rmul__: Callable[..., Any]
    __truediv__: Callable[..., Any]
    __rtruediv__: Callable[..., Any]
    __pow__: Callable[..., Any]
    __rpow__: Callable[..., Any]
    __neg__: Callable[..., Any]
    __abs__: Callable[..., Any]

    def __pos__(self):
        return self

    def __float__(self):
        return float(self.data)

    def __bool__(self):
        return bool(self.data)

    def __eq__(self, other):
        return self.data == self._number(other)

    def __lt__(self, other):
        return self.data < self._number(other)

    def __le__(self, other):
        return self.data <= self._number(other)

    def __gt__(self, other):
        return self.data > self._number(other)

    def __ge__(self, other):
        return self.data >= self._number(other)

    @classmethod
    def _number(cls, other):
        return other.data if isinstance(other, cls) else other


def with_operations(cls):
    """Class decorator: gives a subclass of Operations every row of the table as a method.

    The methods'
    source is registered, so that tracebacks and `inspect.getsource` show it.
    """
    for rule in RULES.values():
        mark = "__{}__" if rule.name in OPERATORS else "{}"
        methods = [(mark.format(rule.name), False)]
        if len(rule.operands) == 2:
            methods.append((mark.format("r" + rule.name), True))
        for method, reflected in methods:
            text, file = source(rule, method, reflected), f"<{cls.__name__}.{method}>"
            linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
            space = dict(functions_of=functions, number=number, no_result=no_result, operation=cls.operation)
            exec(compile(text, file, "exec"), space)
            setattr(cls, method, space[method])
            space[method].__qualname__ = f"{cls.__name__}.{method}"
    return cls
