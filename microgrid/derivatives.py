"""THE table: every elementary operation, its value, and its slope for each operand.

a, b: operands, y: the value. A row holds for every number system, so its numbers are integers only (1 / 2 is
a float) and its functions are those of the folder systems: quotient0, power0 and log0 also know the limit at
the edge of their domain. What is neither above 0 nor 0 nor below it, nan or a ball that straddles 0, is
`undecided`. At kinks and edges the slopes are JAX's. A power of a negative base has no slope for its
exponent: that one is nan, and spoils nothing unless somebody asks for it.
"""

import re
from dataclasses import dataclass

TABLE = """
add(a, b)      : a + b          | 1                                     | 1
sub(a, b)      : a - b          | 1                                     | -1
mul(a, b)      : a * b          | b                                     | a
truediv(a, b)  : a / b          | reciprocal(a, b)                      | -quotient(y, b)
pow(a, b)      : power(a, b)    | 0 if b == 0 else b * power0(a, b - 1) | 0 if a == 0 else y * log_or_nan(a)
neg(a)         : -a             | -1
abs(a)         : abs(a)         | 1 if a >= 0 else -1 if a < 0 else undecided(a)
sign(a)        : sign(a)        | 0
floor(a)       : floor(a)       | 0
exp(a)         : exp(a)         | y
expm1(a)       : expm1(a)       | exp(a)
log(a)         : log(a)         | quotient(1, a)
log1p(a)       : log1p(a)       | quotient(1, 1 + a)
sqrt(a)        : sqrt(a)        | quotient0(1, 2 * y)
cbrt(a)        : cbrt(a)        | quotient0(quotient0(1, 3 * y), y)
hypot(a, b)    : hypot(a, b)    | cosine(a, b)                          | cosine(b, a)
sin(a)         : sin(a)         | cos(a)
cos(a)         : cos(a)         | -sin(a)
tan(a)         : tan(a)         | 1 + y * y
asin(a)        : asin(a)        | arc(a)
acos(a)        : acos(a)        | -arc(a)
atan(a)        : atan(a)        | 1 / slant(a) / slant(a)
atan2(a, b)    : atan2(a, b)    | turn(b, a)                            | -turn(a, b)
sinh(a)        : sinh(a)        | cosh(a)
cosh(a)        : cosh(a)        | sinh(a)
tanh(a)        : tanh(a)        | sech2(a)
sech2(a)       : sech2(a)       | -2 * y * tanh(a)
asinh(a)       : asinh(a)       | 1 / slant(a)
acosh(a)       : acosh(a)       | quotient0(1, sqrt(a - 1)) / sqrt(a + 1)
atanh(a)       : atanh(a)       | 1 / (1 - a) / (1 + a)
erf(a)         : erf(a)         | bell(a)
erfc(a)        : erfc(a)        | -bell(a)
bell(a)        : bell(a)        | -2 * a * y
normal_cdf(a)  : normal_cdf(a)  | normal_pdf(a)
normal_pdf(a)  : normal_pdf(a)  | -a * y
lgamma(a)      : lgamma(a)      | digamma(a)
digamma(a)     : digamma(a)     | polygamma(1, a)
polygamma(n, a): polygamma(n, a)| nan(n, a)                             | polygamma(n + 1, a)
sigmoid(a)     : sigmoid(a)     | y * sigmoid(-a)
softplus(a)    : softplus(a)    | sigmoid(a)
relu(a)        : 0 if a <= 0 else a if a > 0 else undecided(a)            | 0 if a <= 0 else 1
step(a)        : 1 if a >= 0 else 0 if a < 0 else undecided(a)            | 0
maximum(a, b)  : larger(a, b)   | wins(a, b)                            | wins(b, a)
minimum(a, b)  : smaller(a, b)  | wins(b, a)                            | wins(a, b)
clip(a, low, high) : smaller(larger(a, low), high) | wins(a, low) * wins(high, larger(a, low))
                     | wins(low, a) * wins(high, larger(a, low)) | wins(larger(a, low), high)
xlogy(a, b)    : xlogy(a, b)    | 0 if a == 0 and b == 0 else log0(b)   | quotient0(a, b)
xlog1my(a, b)  : xlog1my(a, b)  | 0 if a == 0 and b == 1 else xlog1my(1, b) | quotient0(-a, 1 - b)
"""


@dataclass(frozen=True)
class Rule:
    """A row: name, operands such as ("a", "b"), the text of the value, the text of each slope."""

    name: str
    operands: tuple
    value: str
    slopes: tuple


def _read(line):
    head, body = line.split(":", 1)
    name, operands = head.strip().removesuffix(")").split("(")
    value, *slopes = (cell.strip() for cell in body.split("|"))
    return Rule(name, tuple(operands.split(", ")), value, tuple(slopes))


RULES = {rule.name: rule for rule in map(_read, re.split(r"\n(?! )", TABLE.strip()))}
