"""The operations as functions, on Values and plain numbers alike: exp(x), maximum(a, b), dot(xs, ys), ...

Those of a few operands are the rows of derivatives.py; those of many operands come from fused.py.
"""

from collections.abc import Callable
from typing import Any

from .derivatives import RULES
from .fused import (
    dot as dot,
    largest as largest,
    logsumexp as logsumexp,
    norm as norm,
    softmax as softmax,
    total as total,
)
from .kinds import apply
from .telling import shown
from .value import Value, plain as plain


def _row(name) -> Callable[..., Any]:
    """The function of a row. Values take their method at once; `apply` sorts out every other case."""
    rule = RULES[name]
    method: Any = getattr(Value, name)
    reflected: Any = getattr(Value, "r" + name, None)

    def of_one(a):
        return method(a) if type(a) is Value else apply(name, a)

    def of_two(a, b):
        if type(a) is Value:
            return method(a, b)
        return reflected(b, a) if type(b) is Value else apply(name, a, b)

    def of_three(a, b, c):
        return apply(name, a, b, c)

    function = (of_one, of_two, of_three)[len(rule.operands) - 1]
    slopes = ", ".join(f"d/d{x} = {slope}" for x, slope in zip(rule.operands, rule.slopes, strict=True))
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name}({', '.join(rule.operands)}) = {rule.value}, of Values or numbers; {slopes}."
    return function


exp, expm1, log, log1p = _row("exp"), _row("expm1"), _row("log"), _row("log1p")
sqrt, cbrt, hypot = _row("sqrt"), _row("cbrt"), _row("hypot")
sin, cos, tan = _row("sin"), _row("cos"), _row("tan")
asin, acos, atan, atan2 = _row("asin"), _row("acos"), _row("atan"), _row("atan2")
sinh, cosh, tanh = _row("sinh"), _row("cosh"), _row("tanh")
asinh, acosh, atanh = _row("asinh"), _row("acosh"), _row("atanh")
erf, erfc, lgamma, digamma = _row("erf"), _row("erfc"), _row("lgamma"), _row("digamma")
normal_cdf, normal_pdf = _row("normal_cdf"), _row("normal_pdf")
sigmoid, softplus, relu = _row("sigmoid"), _row("softplus"), _row("relu")
step, sign, floor = _row("step"), _row("sign"), _row("floor")
maximum, minimum, clip = _row("maximum"), _row("minimum"), _row("clip")
xlogy, xlog1my = _row("xlogy"), _row("xlog1my")


def where(condition, x, y):
    """x if the condition holds, else y: the unchosen one gets no gradient.

    >>> where(Value(1.0) > 0, 5, 7)
    5
    """
    if hasattr(condition, "where"):  # a condition on numbers that are not known yet
        return condition.where(x, y)
    if isinstance(condition, int) and condition not in (0, 1):  # ~True is -2
        raise TypeError(f"where: condition must be True or False; got {shown(condition)}. Fix: not (a > b).")
    return x if condition else y
