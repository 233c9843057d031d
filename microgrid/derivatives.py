"""THE table: every elementary operation, its value, and its slope for each operand.

a, b: operands, y: the value. A row holds for every number system, so its numbers are integers only (1 / 2 is
a float) and its functions are those of systems.py. A kink is a plain conditional, and says which slope it
takes.
"""

from dataclasses import dataclass

TABLE = """
add(a, b)      : a + b                    | 1                                   | 1
sub(a, b)      : a - b                    | 1                                   | -1
mul(a, b)      : a * b                    | b                                   | a
truediv(a, b)  : a / b                    | reciprocal(a, b)                    | -y / b
pow(a, b)      : power(a, b)              | b * a ** (b - 1) if b != 0 else 0   | y * log(a) if a != 0 else 0
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
relu(a)        : 0 if a <= 0 else a       | 0 if a <= 0 else 1
step(a)        : 1 if a >= 0 else 0       | 0
maximum(a, b)  : a if a >= b else b       | share(a > b, b > a, y)              | share(b > a, a > b, y)
minimum(a, b)  : a if a <= b else b       | share(a < b, b < a, y)              | share(b < a, a < b, y)
xlogy(a, b)    : xlogy(a, b)              | log0(b) if a != 0 or b != 0 else 0  | quotient0(a, b)
xlog1my(a, b)  : xlog1my(a, b)            | xlog1my(1, b) if a != 0 or b != 1 else 0 | quotient0(-a, 1 - b)
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


RULES = {rule.name: rule for rule in map(_read, TABLE.strip().splitlines())}
