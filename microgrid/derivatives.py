"""THE table: every elementary operation, its value, and its slope for each operand.

a, b: operands, y: the value. A row holds for every number system, so its numbers are integers only (1 / 2 is
a float) and its functions are those of systems.py. A kink is a plain conditional, and says which slope it
takes.
"""

import linecache
import re
from dataclasses import dataclass

from .systems import functions

TABLE = """
add(a, b)      : a + b                    | 1                                   | 1
sub(a, b)      : a - b                    | 1                                   | -1
mul(a, b)      : a * b                    | b                                   | a
truediv(a, b)  : a / b                    | 1 / b                               | -y / b
pow(a, b)      : a ** b                   | b * a ** (b - 1) if b != 0 else 0   | y * log(a) if a != 0 else 0
neg(a)         : -a                       | -1
abs(a)         : abs(a)                   | 1 if a >= 0 else -1
sign(a)        : sign(a)                  | 0
exp(a)         : exp(a)                   | y
expm1(a)       : expm1(a)                 | exp(a)
log(a)         : log(a)                   | 1 / a
log1p(a)       : log1p(a)                 | 1 / (1 + a)
sqrt(a)        : sqrt(a)                  | quotient0(1, 2 * y)
sin(a)         : sin(a)                   | cos(a)
cos(a)         : cos(a)                   | -sin(a)
tanh(a)        : tanh(a)                  | sech2(a)
sigmoid(a)     : sigmoid(a)               | y * sigmoid(-a)
softplus(a)    : softplus(a)              | sigmoid(a)
relu(a)        : a if a > 0 else 0        | 1 if a > 0 else 0
step(a)        : 1 if a >= 0 else 0       | 0
maximum(a, b)  : a if a >= b else b       | share(a > b, b > a, y)              | share(b > a, a > b, y)
minimum(a, b)  : a if a <= b else b       | share(a < b, b < a, y)              | share(b < a, a < b, y)
xlogy(a, b)    : xlogy(a, b)              | log0(b)                             | quotient0(a, b)
xlog1my(a, b)  : xlog1my(a, b)            | log0(1 - b)                         | quotient0(-a, 1 - b)
"""

OPERATORS = {"add", "sub", "mul", "truediv", "pow", "neg", "abs"}


@dataclass(frozen=True)
class Rule:
    """A row: name, operands such as ("a", "b"), the text of the value, the text of each slope."""

    name: str
    operands: tuple
    value: str
    slopes: tuple


def _read(line):
    head, body = line.split(":", 1)
    name, operands = re.fullmatch(r"(\w+)\((.*)\)", head.strip()).groups()
    value, *slopes = (cell.strip() for cell in body.split("|"))
    return Rule(name, tuple(operands.split(", ")), value, tuple(slopes))


RULES = {rule.name: rule for rule in map(_read, TABLE.strip().splitlines())}


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
        try:
            return compute(*operands)
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
    lines += ["if not is_number(other):", f"{indent}return NotImplemented", f"{theirs} = other"]
    lines += _body(rule, (mine,))
    return f"def {method}(self, other):\n" + "".join(f"{indent}{line}\n" for line in lines)


def no_result(name, operands, error):
    """The error of an operation without a result: which one, on what, and why."""
    shown = ", ".join(str(operand) for operand in operands)
    reason = "a division by zero" if isinstance(error, ZeroDivisionError) else str(error)
    return type(error)(f"{name}: no result for ({shown}): {reason}.")


def is_number(other):
    """True for a plain number of any system: a list, string or array is none."""
    if type(other) is float or type(other) is int:
        return True
    try:
        return functions(other) is not None
    except TypeError:
        return False


def with_operations(cls):
    """Class decorator: gives cls every operation of the table as a method.

    cls has `data` and a static method `operation(y, parents, slopes)` that makes the result. The methods'
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
            space = dict(
                functions_of=functions, is_number=is_number, no_result=no_result, operation=cls.operation
            )
            exec(compile(text, file, "exec"), space)
            setattr(cls, method, space[method])
            space[method].__qualname__ = f"{cls.__name__}.{method}"
    return cls
