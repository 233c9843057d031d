"""The rows of derivatives.py, each proved without its own text: mpmath differentiates the textbook's formula.

At drawn points to 30 digits and in float64 to a few ULP; at kinks and edges the convention, to the bit. Then
each cell is changed in every place, and the same proof must fail.
"""

import ast
import math
import random
import re
from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
from mpmath import mpf

from microgrid import Value, operations
from microgrid.derivatives import RULES
from microgrid.oracle.report import ulps
from microgrid.systems import functions
from tests.mutants import alternatives, put, sites

INF = math.inf
MEANING = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "neg": lambda a: 0 - a,
    "abs": lambda a: max(a, 0 - a),
    "sign": lambda a: mpmath.sign(a),
    "exp": lambda a: mpmath.exp(a),
    "expm1": lambda a: mpmath.exp(a) - 1,
    "log": lambda a: mpmath.log(a),
    "log1p": lambda a: mpmath.log(1 + a),
    "sqrt": lambda a: mpmath.sqrt(a),
    "sin": lambda a: mpmath.sin(a),
    "cos": lambda a: mpmath.cos(a),
    "tanh": lambda a: mpmath.sinh(a) / mpmath.cosh(a),
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(0 - a)),
    "softplus": lambda a: mpmath.log(1 + mpmath.exp(a)),
    "relu": lambda a: max(a, mpf(0)),
    "step": lambda a: mpf(a >= 0),
    "maximum": lambda a, b: max(a, b),
    "minimum": lambda a, b: min(a, b),
    "xlogy": lambda a, b: a * mpmath.log(b),
    "xlog1my": lambda a, b: a * mpmath.log(1 - b),
}
POSITIVE = {("log", 0), ("log1p", 0), ("sqrt", 0), ("pow", 0), ("xlogy", 1)}
PROBABILITY = {("xlog1my", 1)}
HARD = (1e-9, 1e-3, 0.3, 0.75, 5.0, 15.0, 36.5)
EDGES = [  # operands, value, slopes
    ("abs", (0.0,), 0, (1,)),
    ("sign", (0.0,), 0, (0,)),
    ("relu", (0.0,), 0, (0,)),
    ("step", (0.0,), 1, (0,)),
    ("maximum", (3.0, 3.0), 3, (0.5, 0.5)),
    ("minimum", (3.0, 3.0), 3, (0.5, 0.5)),
    ("pow", (0.0, 0.0), 1, (0, 0)),
    ("pow", (0.0, 1.0), 0, (1, 0)),
    ("pow", (0.0, 2.0), 0, (0, 0)),
    ("pow", (-3.0, 0.0), 1, (0, None)),  # the logarithm of a negative number is never asked for
    ("sqrt", (0.0,), 0, (INF,)),
    ("tanh", (800.0,), 1, (0,)),
    ("sigmoid", (-800.0,), 0, (0,)),
    ("softplus", (800.0,), 800, (1,)),
    ("softplus", (-800.0,), 0, (0,)),
    ("xlogy", (0.0, 0.0), 0, (0, 0)),
    ("xlogy", (1.0, 0.0), -INF, (-INF, INF)),
    ("xlogy", (2.0, 0.0), -INF, (-INF, INF)),
    ("xlogy", (0.0, 0.5), 0, (math.log(0.5), 0)),
    ("xlog1my", (0.0, 1.0), 0, (0, 0)),
    ("xlog1my", (1.0, 1.0), -INF, (-INF, -INF)),
    ("xlog1my", (2.0, 1.0), -INF, (-INF, -INF)),
]


def evaluate(text, rule, operands, y=None):
    """A cell of a row at plain numbers, with the functions of their number system."""
    system = functions(operands[-1])
    names = set(re.findall(r"(\w+)\(", text)) - {"abs"}
    space = {name: getattr(system, name) for name in names} | dict(zip(rule.operands, operands, strict=True))
    return eval(text, space | {"y": y})


def points(rule):
    """Operands in the domain, away from kinks: hard ones, and drawn ones, as floats."""
    draw = random.Random(rule.name)
    columns = []
    for i in range(len(rule.operands)):
        hard = [x for size in HARD for x in (size, -size)]
        drawn = [draw.gauss(0, 3) for _ in range(20)]
        column = hard + drawn
        draw.shuffle(column)
        if (rule.name, i) in POSITIVE:
            column = [abs(x) for x in column]
        elif (rule.name, i) in PROBABILITY:
            column = [math.tanh(abs(x)) / 1.001 for x in column]
        columns.append(column)
    return list(zip(*columns, strict=True))


def prove(rule):
    """Raises AssertionError, or what the row raises, unless value and slopes are right everywhere."""
    for operands in points(rule):
        with mpmath.workdps(60):
            exact = [mpf(x) for x in operands]
            truth = MEANING[rule.name](*exact)
            orders = [tuple(int(i == j) for j in range(len(exact))) for i in range(len(exact))]
            slopes = [mpmath.diff(MEANING[rule.name], tuple(exact), order) for order in orders]
            y = evaluate(rule.value, rule, exact)
            agree(y, truth, f"{rule.name}{operands}")
            for slope, text in zip(slopes, rule.slopes, strict=True):
                agree(evaluate(text, rule, exact, y), slope, f"slope {text} of {rule.name}{operands}")
        y = evaluate(rule.value, rule, operands)
        assert ulps(float(y), float(truth)) <= 4, (rule.name, operands)
        for slope, text in zip(slopes, rule.slopes, strict=True):
            assert ulps(float(evaluate(text, rule, operands, y)), float(slope)) <= 8, (text, operands)
    for name, operands, value, slopes in EDGES:
        if name == rule.name:
            y = evaluate(rule.value, rule, operands)
            assert y == value, (rule.name, operands)
            for slope, text in zip(slopes, rule.slopes, strict=True):
                assert slope is None or evaluate(text, rule, operands, y) == slope, (text, operands)


def agree(got, truth, where):
    assert mpmath.almosteq(got, truth, rel_eps=mpf(10) ** -30, abs_eps=mpf(10) ** -40), where


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_row_is_the_derivative_of_its_meaning(rule):
    prove(rule)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_methods_of_a_value_say_what_the_row_says(rule):
    for operands in points(rule)[:8]:
        values = [Value(x) for x in operands]
        result = getattr(operations, rule.name, None) or getattr(Value, f"__{rule.name}__")
        result = result(*values)
        result.backward()
        y = evaluate(rule.value, rule, operands)
        assert result.data == y
        assert [v.grad for v in values] == [evaluate(text, rule, operands, y) for text in rule.slopes]


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "neg", "abs", "relu", "maximum", "minimum"])
def test_rational_rows_stay_exact(name):
    rule, operands = RULES[name], (Fraction(1, 3), Fraction(-2, 7))[: len(RULES[name].operands)]
    y = evaluate(rule.value, rule, operands)
    assert y == MEANING[name](*operands)
    cells = [evaluate(text, rule, operands, y) for text in rule.slopes]
    assert all(isinstance(x, int | Fraction) for x in (y, *cells))


OF_EQUALS = "of two equal numbers either may be returned"
OF_THE_SYSTEM = "only the number system of this operand is looked at"
EQUIVALENT = {
    "maximum: a if a >= b else b -> a if a > b else b": OF_EQUALS,
    "minimum: a if a <= b else b -> a if a < b else b": OF_EQUALS,
    "relu: 0 if a <= 0 else a -> 0 if a < 0 else a": "at 0 the operand is the 0 of the other branch",
    "relu: 0 if a <= 0 else 1 -> 0 if y <= 0 else 1": "the value is positive where the operand is",
    "truediv: reciprocal(a, b) -> reciprocal(b, b)": OF_THE_SYSTEM,
    "maximum: share(a > b, b > a, y) -> share(a > b, b > a, a)": OF_THE_SYSTEM,
    "maximum: share(b > a, a > b, y) -> share(b > a, a > b, a)": OF_THE_SYSTEM,
    "minimum: share(a < b, b < a, y) -> share(a < b, b < a, a)": OF_THE_SYSTEM,
    "minimum: share(b < a, a < b, y) -> share(b < a, a < b, a)": OF_THE_SYSTEM,
}


def mutated(rule):
    """(key, changed rule): every operator, sign, constant, comparison, function and operand of each cell."""
    cells = [rule.value, *rule.slopes]
    for i, cell in enumerate(cells):
        for text in changes(cell, rule.operands):
            new = [*cells[:i], text, *cells[i + 1 :]]
            yield f"{rule.name}: {cell} -> {text}", replace(rule, value=new[0], slopes=tuple(new[1:]))


def changes(cell, operands):
    """The texts that differ from a cell in one place."""
    tree = ast.parse(cell, mode="eval")
    for parent, place, node, _ in sites(tree):
        others = list(alternatives(node, parent))
        if isinstance(node, ast.Name) and node.id in ("a", "b", "y"):
            others += [ast.Name(name, ast.Load()) for name in (*operands, "y") if name != node.id][:1]
        for other in others:
            put(parent, place, other)
            yield ast.unparse(tree)
            put(parent, place, node)
    if cell != "0":
        yield f"-({cell})"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_every_changed_row_fails_its_proof(rule):
    survivors = []
    for change, wrong in mutated(rule):
        try:
            prove(wrong)
        except Exception:
            continue
        if change not in EQUIVALENT:
            survivors.append(change)
    assert not survivors, f"no point shows these changes: {survivors}; add one to HARD or EDGES"


def test_what_is_listed_as_equivalent_is_made():
    made = {change for rule in RULES.values() for change, _ in mutated(rule)}
    assert set(EQUIVALENT) <= made and len(made) > 100
