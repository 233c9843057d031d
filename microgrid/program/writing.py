"""How Python writes one operation, and how a line that is too long is broken."""

import math
import re
import textwrap

from .graph import LEAVES

WIDTH = 110
SPACE = "\N{NO-BREAK SPACE}"  # a space where no line may be broken

# The signs of operations between two operands, and how strongly each binds: a - (b - c) needs its brackets.
INFIX = {
    "or": ("or", 2), "and": ("and", 3), "lt": ("<", 5), "le": ("<=", 5), "gt": (">", 5), "ge": (">=", 5),
    "eq": ("==", 5), "ne": ("!=", 5), "add": ("+", 6), "sub": ("-", 6), "mul": ("*", 7), "truediv": ("/", 7),
}  # fmt: skip
CHOICE, NOT, SUM, SIGN, POWER, ATOM = 1, 4, 6, 8, 9, 10
SIGNED = {*INFIX, *LEAVES, "row", "fused", "total", "neg", "not", "where", "item", "over", "each"}  # no calls


def plain(x, floats):
    """A plain number as it is to stand in a program: 2 as 2.0, with which Python is faster among floats.

    floats: whether all other numbers are floats.
    """
    return float(x) if floats and type(x) is int and abs(x) <= 2**53 else x


def number_text(x, floats):
    """(text, strength) of a plain number, or None where it cannot be written down."""
    x = plain(x, floats)
    if type(x) is int or (type(x) is float and math.isfinite(x)):
        return repr(x), SIGN if repr(x).startswith("-") else ATOM
    return None


def written(node, args, floats):
    """(text, strength) of an operation; args: those of what it is made of."""

    def operand(place, least):
        text, strength = args[place]
        return text if strength >= least else f"({text})"

    op = node.op
    if op in ("row", "fused") or (op == "flows" and floats):
        return args[0]
    if op in INFIX and call(node, floats) is None:
        sign, strength = INFIX[op]
        return f"{operand(0, strength)} {sign} {operand(1, strength + 1)}", strength
    if op == "total":
        return sum_text(args)
    if op == "pow" and call(node, floats) is None:
        return f"{operand(0, ATOM)} ** {operand(1, SIGN)}", POWER
    if op == "neg":
        return f"-{operand(0, SIGN)}", SIGN
    if op == "not":
        return f"not {operand(0, NOT)}", NOT
    if op == "where":
        return f"{operand(1, CHOICE + 1)} if {operand(0, CHOICE + 1)} else {operand(2, CHOICE)}", CHOICE
    if op == "item":
        return args[0][0] + "".join(f"[{key!r}]" for key in node.data), ATOM
    inside = ", ".join(text for text, _ in args)
    return f"{call(node, floats)}({f'({inside},)' if op == 'norm' else inside})", ATOM


def call(node, floats):
    """The function that a node is a call of; None for an operation with a sign of its own."""
    if node.op == "pow":
        whole = node.args[1].op == "constant" and type(node.args[1].data) is int
        return None if floats and whole else "power"
    if node.op == "truediv" and not floats:
        return "quotient"  # of two ints, too
    return None if node.op in SIGNED or (node.op == "flows" and floats) else node.op


def sum_text(args):
    """(text, strength) of a sum from left to right."""
    (text, strength), *others = args
    text = text if strength >= SUM else f"({text})"
    for other, strength in others:
        minus = strength > SUM and other.startswith("-")
        text += f" - {other[1:]}" if minus else f" + {other}" if strength > SUM else f" + ({other})"
    return text, SUM


def folded(head, body, tail, indent):
    """The lines of a statement. A long body is broken before signs and behind commas, in brackets: those that
    head opens and tail closes, or its own."""
    margin = " " * 4 * indent
    if len(margin) + len(head) + len(body) + len(tail) <= WIDTH:
        return [margin + head + body + tail]
    if not head.endswith(("(", "[")):
        head, tail = f"{head}(", f"){tail}"
    deeper = margin + " " * 4
    glued = re.sub(r"(?<!,) (?![-+] |if |else )", SPACE, body)
    lines = textwrap.wrap(
        glued, WIDTH, initial_indent=deeper, subsequent_indent=deeper, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return [margin + head, *[line.replace(SPACE, " ") for line in lines], margin + tail]
