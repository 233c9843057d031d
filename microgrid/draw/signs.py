"""The words of a drawing: numbers in four digits, names that do no harm, operations as textbooks have them.

x, y: the operands of an operation, where its sign alone would not tell where they go; c: a constant.
"""

import re
from decimal import Decimal
from unicodedata import east_asian_width

from ..kinds import Operations

SIGNS = {
    "add": "+", "sub": "−", "mul": "×", "truediv": "÷", "pow": "xʸ", "neg": "−x", "abs": "|x|",
    "sqrt": "√x", "cbrt": "∛x", "exp": "eˣ", "expm1": "eˣ − 1", "log1p": "log(1 + x)", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh",
    "lgamma": "log Γ", "digamma": "ψ", "floor": "⌊x⌋", "sigmoid": "σ", "maximum": "max", "minimum": "min",
    "xlogy": "x log y", "xlog1my": "x log(1 − y)", "total": "Σ", "dot": "Σ x·y", "norm": "‖x‖",
    "largest": "max", "logsumexp": "log Σ eˣ", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=",
    "ne": "≠",
}  # fmt: skip
WITH_CONSTANT = {  # where it is the first operand, and the second
    "add": ("+ {}", "+ {}"),
    "sub": ("{} − x", "x − {}"),
    "mul": ("× {}", "× {}"),
    "truediv": ("{} ÷ x", "x ÷ {}"),
    "pow": ("{}^x", "x^{}"),
    "maximum": ("max(x, {})", "max(x, {})"),
    "minimum": ("min(x, {})", "min(x, {})"),
}
UNORDERED = {"add", "mul", "maximum", "minimum", "hypot", "total", "dot", "norm", "largest", "logsumexp"}
RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LONGEST, LINE = 18, 30  # columns of a name or number, and of a line; tooltips tell all


def short(x) -> str:
    """A number of any system in four digits, or as many as its whole part has, up to six.

    >>> short(0.1 + 0.2), short(123456.7), short(-1.5e-7)
    ('0.3', '123457', '−1.5e−7')
    """
    text = re.sub(r"\d+\.?\d*([eE][+-]?\d+)?", _four_digits, long(x))
    return clipped(text.replace("+/-", "±").replace("-", "−").strip("[]"))


def _four_digits(match):
    number = Decimal(match[0])
    digits, exponent = f"{number:.3e}".split("e")
    exponent = int(exponent)
    if -4 <= exponent < 6:
        return _without_zeros(f"{number:.{max(0, 3 - exponent)}f}")
    return f"{_without_zeros(digits)}e{exponent}"


def _without_zeros(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def long(x) -> str:
    """A number with all its digits."""
    try:
        return str(plain(x))
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "too long to write"


def plain(x):
    """The number in a Value, also in a Value of Values."""
    while isinstance(x, Operations):
        x = x.data
    return x


def harmless(name) -> str:
    r"""A name in characters that show: newlines, control characters, ... become what Python writes for them.

    >>> print(harmless("a\nb"))
    a\nb
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(name))


def columns(text):
    """How many columns a text takes, where every character has one and Chinese ones have two.

    >>> columns("xyz"), columns("重み")
    (3, 4)
    """
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def clipped(text, longest=LONGEST) -> str:
    """A text cut to as many columns as a box holds.

    >>> clipped("a_name_beyond_all_measure")
    'a_name_beyond_all…'
    """
    if columns(text) <= longest:
        return text
    text = text[: longest - 1]
    while columns(text) >= longest:
        text = text[:-1]
    return text + "…"


def sign(operation: str, constant=None) -> str:
    """An operation as a textbook has it.

    constant: (place, text) of a constant among its two operands, or None.

    >>> sign("mul"), sign("mul", (0, "3")), sign("pow", (1, "2")), sign("tanh")
    ('×', '× 3', 'x²', 'tanh')
    """
    if constant is None or operation not in WITH_CONSTANT:
        return SIGNS.get(operation, operation)
    place, text = constant
    raised = text.translate(RAISED)
    if (operation, place) == ("pow", 1) and raised.removeprefix("⁻").isdigit():
        return f"x{raised}"
    return WITH_CONSTANT[operation][place].format(text)


def constant(value):
    """(place, text) of the constant that an operation on one Value took, or None where that is not certain.

    A Value keeps no constants: this one is computed back, and believed if it alone gives the result.

    >>> from microgrid import Value
    >>> constant(Value(2.0) - 3), constant(3 - Value(2.0)), constant(Value(2.0).tanh())
    ((1, '3'), (0, '3'), None)
    """
    if len(value._parents) != 1 or value._rule not in COMPUTED_BACK:
        return None
    x, y, slope = plain(value._parents[0]), plain(value), plain(value._slopes[0])
    if value._rule == "mul":
        return 1, short(slope)
    for place, operation, back in COMPUTED_BACK[value._rule]:
        try:
            for c in _candidates(back(x, y, slope)):
                if operation(x, c) == y != operation(x, c + c / 10_000):
                    return place, short(c)
        except (ArithmeticError, TypeError, ValueError):
            continue
    return None


def _candidates(c):
    """A number that was computed, and first, if it had to be rounded, what it seems to have been."""
    return [float(f"{c:.12g}"), c] if isinstance(c, float) else [c]


# The place of the constant c, the operation on x and c, and c from x, the result y and the slope.
COMPUTED_BACK = {
    "add": [(1, lambda x, c: x + c, lambda x, y, slope: y - x)],
    "mul": [],
    "sub": [
        (1, lambda x, c: x - c, lambda x, y, slope: x - y if slope == 1 else None),
        (0, lambda x, c: c - x, lambda x, y, slope: x + y if slope == -1 else None),
    ],
    "truediv": [
        (1, lambda x, c: x / c, lambda x, y, slope: 1 / slope),
        (0, lambda x, c: c / x, lambda x, y, slope: x * y),
    ],
    "pow": [(1, lambda x, c: x**c, lambda x, y, slope: slope * x / y)],
}
