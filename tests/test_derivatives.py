"""The rows of derivatives.py, each proved without its text: by difference quotients of the textbook formula.

To 50 digits, and in float64 to a few ULP also at hard points; at kinks and edges the convention. Then each
cell is changed in every place, and the same proof must fail. test_power_series.py proves the rows once more.
"""

import ast
import math
from dataclasses import replace

import flint
import jax
import jax.numpy as jnp
import mpmath
import pytest
from mpmath import mpf

from microgrid import Value, operations
from microgrid.derivatives import RULES
from microgrid.kinds import apply
from microgrid.oracle.distance import ulps
from tests.mutants import alternatives, put, sites
from tests.rows import (
    EDGES,
    NO_RESULT,
    ORDER,
    STRADDLING,
    assert_edge,
    cells,
    evaluate,
    numbers,
    points,
    refuse,
    truth,
)

each_row = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)


def slopes_of(rule):
    """(index, text) of each slope that exists."""
    return [(i, text) for i, text in enumerate(rule.slopes) if rule.operands[i] != ORDER]


def prove(rule):
    """Raises AssertionError, or what the row raises, unless value and slopes are right everywhere."""
    for operands in points(rule.name, len(rule.operands)):
        value, slopes = truth(rule.name, operands)
        with mpmath.workdps(70):
            exact = numbers(rule, operands, mpf)
            y = evaluate(rule.value, rule, exact)
            agree(y, value, f"{rule.name}{operands}")
            for i, text in slopes_of(rule):
                agree(evaluate(text, rule, exact, y), slopes[i], f"slope {text} of {rule.name}{operands}")
        y = evaluate(rule.value, rule, operands)
        assert ulps(float(y), float(value)) <= 4, (rule.name, operands)
        cells(rule, numbers(rule, operands, flint.arb))  # nothing is undecided
        for i, text in slopes_of(rule):
            assert ulps(float(evaluate(text, rule, operands, y)), float(slopes[i])) <= 8, (text, operands)
    for operands, *expected in (row[1:] for row in EDGES if row[0] == rule.name):
        for kind in (float, flint.arb):
            if kind is float or not any(map(math.isnan, operands)):
                assert_edge(cells(rule, numbers(rule, operands, kind)), expected)
    for operands in (row[1] for row in NO_RESULT if row[0] == rule.name):
        refuse(rule, numbers(rule, operands, float))
    for operands in (row[1] for row in STRADDLING if row[0] == rule.name):
        refuse(rule, numbers(rule, operands, lambda ball: flint.arb(*ball)))


def agree(got, truth, where):
    """To 50 digits, or 60 after the point; difference quotients are right to 100."""
    assert abs(got - truth) <= max(abs(truth) * mpf(10) ** -50, mpf(10) ** -340), where


@each_row
def test_row_is_the_derivative_of_its_meaning(rule):
    prove(rule)


@each_row
def test_methods_of_a_value_say_what_the_row_says(rule):
    for operands in points(rule.name, len(rule.operands))[:8]:
        values = numbers(rule, operands, Value)
        function = getattr(operations, rule.name, None) or getattr(Value, f"__{rule.name}__", None)
        result = function(*values) if function else apply(rule.name, *values)
        result.backward()
        y = evaluate(rule.value, rule, operands)
        assert result.data == y
        for i, text in slopes_of(rule):
            assert values[i].grad == evaluate(text, rule, operands, y)


OF_THE_SYSTEM = "only the number system of this operand is looked at"
OF_THE_SENTENCE = "the operand is shown in the sentence of an error"
NO_SUCH_BALL = "they differ on a ball that ends at 0 exactly, and flint rounds every radius up"
NO_VALUE = "where they differ there is no value"
NO_SHARE = "where they differ the other factor is 0"
JAX = {
    "abs": jnp.abs, "sign": jnp.sign, "floor": jnp.floor, "relu": jax.nn.relu, "maximum": jnp.maximum,
    "minimum": jnp.minimum, "clip": jnp.clip, "pow": jnp.power, "sqrt": jnp.sqrt, "cbrt": jnp.cbrt,
    "hypot": jnp.hypot, "atan2": jnp.arctan2, "asin": jnp.arcsin, "acos": jnp.arccos, "acosh": jnp.arccosh,
    "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus,
    "xlogy": jax.scipy.special.xlogy,
}  # fmt: skip
BETTER = {
    ("pow", (0, 0)),
    ("xlogy", (0, 0)),
}  # JAX: nan, where a whole exponent and a sure event have slope 0


@pytest.mark.parametrize(("name", "operands", "value", "slopes"), [row for row in EDGES if row[0] in JAX])
def test_edges_are_those_of_jax(name, operands, value, slopes):
    operands = tuple(map(float, operands))
    if (name, operands) not in BETTER:
        of_jax = [jax.grad(JAX[name], i)(*operands) for i in range(len(operands))]
        assert_edge((JAX[name](*operands), of_jax), (value, slopes))


EQUIVALENT = {
    "truediv: reciprocal(a, b) -> reciprocal(b, b)": OF_THE_SYSTEM,
    "truediv: -quotient(y, b) -> -quotient0(y, b)": NO_VALUE,
    "abs: 1 if a >= 0 else -1 if a < 0 else undecided(a) -> 1 if a >= 0 else -1 if a < 0 else undecided(y)":
        OF_THE_SENTENCE,
    "abs: 1 if a >= 0 else -1 if a < 0 else undecided(a) -> 1 if a >= 0 else -1 if a <= 0 else undecided(a)":
        NO_SUCH_BALL,
    "step: 1 if a >= 0 else 0 if a < 0 else undecided(a) -> 1 if a >= 0 else 0 if a <= 0 else undecided(a)":
        NO_SUCH_BALL,
    "relu: 0 if a <= 0 else a if a > 0 else undecided(a) -> 0 if a <= 0 else a if a >= 0 else undecided(a)":
        NO_SUCH_BALL,
    "relu: 0 if a <= 0 else 1 -> 0 if y <= 0 else 1": "the value is positive where the operand is",
    "clip: wins(a, low) * wins(high, larger(a, low)) -> wins(a, low) * wins(high, larger(a, a))":
        NO_SHARE,
    "clip: wins(low, a) * wins(high, larger(a, low)) -> wins(low, a) * wins(high, larger(low, low))":
        NO_SHARE,
    "polygamma: nan(n, a) -> nan(n, n)": OF_THE_SYSTEM,
    "polygamma: nan(n, a) -> nan(a, a)": OF_THE_SYSTEM,
    "polygamma: nan(n, a) -> -(nan(n, a))": OF_THE_SYSTEM,
    "log: quotient(1, a) -> quotient0(1, a)": NO_VALUE,
    "log1p: quotient(1, 1 + a) -> quotient0(1, 1 + a)": NO_VALUE,
}  # fmt: skip


def mutated(rule):
    """(key, changed rule): every operator, sign, constant, comparison, function and operand of each cell."""
    cells = [rule.value, *rule.slopes]
    for i, cell in enumerate(cells):
        for text in changes(cell, rule.operands):
            new = [*cells[:i], text, *cells[i + 1 :]]
            yield f"{rule.name}: {cell} -> {text}", replace(rule, value=new[0], slopes=tuple(new[1:]))


TWINS = (  # functions that are easily taken for one another
    "sin cos, sinh cosh, tan tanh, asin acos, atan tan, asinh acosh, erf erfc, lgamma digamma, sech2 bell, "
    "normal_cdf normal_pdf, "
    "larger smaller, arc slant, cosine turn, power power0, log0 log_or_nan, quotient quotient0, floor sign"
)
TWIN = {one: other for pair in TWINS.split(", ") for one, other in (pair.split(), pair.split()[::-1])}


def changes(cell, operands):
    """The texts that differ from a cell in one place."""
    tree = ast.parse(cell, mode="eval")
    for parent, place, node, _ in sites(tree):
        others = list(alternatives(node, parent))
        if isinstance(node, ast.Name) and node.id in (*operands, "y"):
            others += [ast.Name(name, ast.Load()) for name in (*operands, "y") if name != node.id][:1]
        if isinstance(node, ast.Name) and node.id in TWIN:
            others.append(ast.Name(TWIN[node.id], ast.Load()))
        for other in others:
            put(parent, place, other)
            yield ast.unparse(tree)
            put(parent, place, node)
    if cell != "0":
        yield f"-({cell})"


@each_row
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
    assert set(EQUIVALENT) <= made and len(made) > 250
