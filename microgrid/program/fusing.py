"""The operations of many operands as expressions with slopes: what microgrid/fused.py does to numbers.

e: exp(x - m) with m the largest x; rest: the sum of all e but that of the largest, which is 1.
"""

from .algebra import Algebra


def held(algebra, args):
    """x as a constant."""
    return algebra.node("fused", *args, data=("held", ()))


def dot(algebra, args):
    """start + sum_i x[i] * y[i]; what was recorded is all x, all y, start."""
    n = len(args) // 2
    products = [algebra.row("mul", x, y) for x, y in zip(args[:n], args[n:-1], strict=True)]
    return algebra.total([args[-1], *products])


def norm(algebra, xs):
    """The length of a list; slopes x / y."""
    y = algebra.node("norm", *xs)
    slopes = [algebra.read("x / y if y != 0 else 0", x=x, y=y) for x in xs]
    return algebra.node("fused", y, *xs, data=("norm", tuple(slopes)))


def largest(algebra, xs):
    """The largest; those that tie for it share its slope."""
    y = _max(algebra, xs)
    if algebra.floats and len(xs) > 1:  # Python's max loses a nan that does not come first
        known = algebra.one
        for x in xs:
            known = algebra.make("and", known, algebra.make("eq", x, x))
        y = algebra.make("where", known, y, algebra.total(xs))
    ties = algebra.total([algebra.read("1 if x == y else 0", x=x, y=y) for x in xs])
    slopes = [algebra.read("reciprocal(y, ties) if x == y else 0", x=x, y=y, ties=ties) for x in xs]
    return algebra.node("fused", y, *xs, data=("largest", tuple(slopes)))


def logsumexp(algebra, xs):
    """m + log(1 + rest); slopes e / (1 + rest)."""
    m, powers, rest = _powers(algebra, xs)
    y = algebra.read("m + log1p(rest)", m=m, rest=rest)
    slopes = [algebra.read("e / (1 + rest)", e=e, rest=rest) for e in powers]
    return algebra.node("fused", y, *xs, data=("logsumexp", tuple(slopes)))


def softmax(algebra, xs, i):
    """The share e / (1 + rest) of number i."""
    _, powers, rest = _powers(algebra, xs)
    shares = [algebra.read("e / (1 + rest)", e=e, rest=rest) for e in powers]
    others = algebra.total(powers[:i] + powers[i + 1 :])
    slopes = [algebra.read("-y * share", y=shares[i], share=share) for share in shares]
    slopes[i] = algebra.read("y * (others / (1 + rest))", y=shares[i], others=others, rest=rest)
    return algebra.node("fused", shares[i], *xs, data=("softmax", tuple(slopes)))


def compared(text, name):
    """A comparison; where numbers may be balls, the number system decides it, or says that it cannot."""

    def comparison(algebra, args):
        a, b = args
        return algebra.read(text if algebra.floats else name, a=a, b=b)

    return comparison


def _max(algebra, xs):
    return algebra.node("max", *xs) if len(xs) > 1 else xs[0]


def _powers(algebra, xs):
    """m, every e, and rest; of several that are the largest, all but one count in the rest."""
    m = _max(algebra, xs)
    powers = [algebra.read("exp(x - m)", x=x, m=m) for x in xs]
    # Of floats, nan must not get lost.
    share = "0 if x == m else e" if algebra.floats else "e if x < m else 0"
    below = [algebra.read(share, e=e, x=x, m=m) for e, x in zip(powers, xs, strict=True)]
    tie = "x == m" if algebra.floats else "0 if x < m else 1"  # a ball is never known to equal itself
    ties = algebra.total([algebra.read(tie, x=x, m=m) for x in xs])
    rest = algebra.total([*below, algebra.read("ties - 1", ties=ties)])
    algebra.letters |= {m: "m", rest: "rest"} | dict.fromkeys(powers, "e")
    return m, powers, rest


FUSED = {
    "held": held,
    "total": Algebra.total,
    "dot": dot,
    "norm": norm,
    "largest": largest,
    "logsumexp": logsumexp,
    "gt": compared("a > b", "above(a, b)"),
    "ge": compared("a >= b", "at_least(a, b)"),
    "lt": compared("a < b", "above(b, a)"),
    "le": compared("a <= b", "at_least(b, a)"),
    "eq": compared("a == b", "equal(a, b)"),
    "ne": compared("a != b", "not equal(a, b)"),
}
