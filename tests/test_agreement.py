"""Random expressions: Value, Program, Dual, enclosures by balls, and JAX in float64 say the same.

An expression is a list of steps; each applies an operation to numbers that came before. Inputs are eighths,
and kinks (relu, abs, maximum, ...) meet only what is exact in binary, so that ties are ties in every engine.
"""

import flint
import jax
import jax.numpy as jnp
import pytest
from hypothesis import given, settings, strategies as st

from microgrid import Value, grad, jvp, operations, trace
from microgrid.oracle.distance import Conditioned

INPUTS, BITS = 4, 256
EXACT = {
    "add": 2, "sub": 2, "neg": 1, "half": 1, "relu": 1, "abs": 1, "maximum": 2, "minimum": 2, "clip": 1,
}  # fmt: skip
SMOOTH = {
    "mul": 2, "sin": 1, "cos": 1, "tanh": 1, "sigmoid": 1, "softplus": 1, "atan": 1, "asinh": 1, "erf": 1,
    "bell": 1, "root": 1, "share": 2, "atan2": 2, "hypot": 2, "dot": 4, "total": 3, "logsumexp": 3,
    "softmax": 3, "norm": 3,
}  # fmt: skip
SCALAR = {
    "half": lambda o, a: a / 2,
    "clip": lambda o, a: o.clip(a, -1, 2),
    "bell": lambda o, a: o.exp(-(a * a)),
    "root": lambda o, a: o.sqrt(1 + a * a),
    "share": lambda o, a, b: a / (1 + b * b),
    "atan2": lambda o, a, b: o.atan2(a, 1 + b * b),
    "hypot": lambda o, a, b: o.hypot(a, 1 + b * b),
    "dot": lambda o, a, b, c, d: o.dot([a, b], [c, d], 1),
    "total": lambda o, a, b, c: o.total([a, b, c]),
    "logsumexp": lambda o, a, b, c: o.logsumexp([a, b, c]),
    "softmax": lambda o, a, b, c: o.softmax([a, b, c])[1],
    "norm": lambda o, a, b, c: o.norm([a, b, 1 + c * c]),
    "add": lambda o, a, b: a + b,
    "sub": lambda o, a, b: a - b,
    "mul": lambda o, a, b: a * b,
    "neg": lambda o, a: -a,
    "abs": lambda o, a: abs(a),
}
ARRAY = SCALAR | {
    "clip": lambda o, a: jnp.clip(a, -1.0, 2.0),
    "bell": lambda o, a: jnp.exp(-(a * a)),
    "root": lambda o, a: jnp.sqrt(1 + a * a),
    "atan2": lambda o, a, b: jnp.atan2(a, 1 + b * b),
    "hypot": lambda o, a, b: jnp.hypot(a, 1 + b * b),
    "dot": lambda o, a, b, c, d: jnp.dot(jnp.stack([a, b]), jnp.stack([c, d])) + 1,
    "total": lambda o, a, b, c: jnp.sum(jnp.stack([a, b, c])),
    "logsumexp": lambda o, a, b, c: jax.nn.logsumexp(jnp.stack([a, b, c])),
    "softmax": lambda o, a, b, c: jax.nn.softmax(jnp.stack([a, b, c]))[1],
    "norm": lambda o, a, b, c: jnp.linalg.norm(jnp.stack([a, b, 1 + c * c])),
    "asinh": lambda o, a: jnp.arcsinh(a),
    "atan": lambda o, a: jnp.arctan(a),
    "erf": lambda o, a: jax.scipy.special.erf(a),
    "relu": lambda o, a: jax.nn.relu(a),
    "sigmoid": lambda o, a: jax.nn.sigmoid(a),
    "softplus": lambda o, a: jax.nn.softplus(a),
    "sin": lambda o, a: jnp.sin(a),
    "cos": lambda o, a: jnp.cos(a),
    "tanh": lambda o, a: jnp.tanh(a),
    "maximum": lambda o, a, b: jnp.maximum(a, b),
    "minimum": lambda o, a, b: jnp.minimum(a, b),
}


@st.composite
def expressions(draw):
    """(steps, point): a step is (operation, indices of its operands); a third of each result is added up."""
    exact = list(range(INPUTS))
    steps, count = [], INPUTS
    for _ in range(draw(st.integers(2, 12))):
        kinked = draw(st.booleans())
        name = draw(st.sampled_from(sorted(EXACT if kinked else SMOOTH)))
        among = exact if kinked else range(count)
        chosen = tuple(draw(st.sampled_from(among)) for _ in range((EXACT if kinked else SMOOTH)[name]))
        steps.append((name, chosen))
        if kinked:
            exact.append(count)
        count += 1
    point = [draw(st.integers(-24, 24)) / 8 for _ in range(INPUTS)]
    return steps, point


def function(steps, meaning, tools):
    def f(xs):
        made = list(xs)
        for name, chosen in steps:
            operands = [made[i] for i in chosen]
            apply = meaning.get(name) or (lambda o, *xs, name=name: getattr(o, name)(*xs))
            made.append(apply(tools, *operands))
        result = made[-1]
        for y in made[INPUTS:-1]:
            result = result + y / 3
        return result

    return f


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(expressions())
def test_every_engine_gives_the_same_value_and_gradient(expression):
    steps, point = expression
    f = function(steps, SCALAR, operations)

    flint.ctx.prec, before = BITS, flint.ctx.prec
    try:
        balls = [flint.arb(x) for x in point]
        xs = [Value(x) for x in balls]
        y = f(xs)
        slopes = [0 * x.data for x in xs]
        if isinstance(y, Value):
            y.backward()
            slopes = [x.grad + 0 * x.data for x in xs]
        program = trace(f, point)
        value, gradient = program.value_and_grad(balls)
        gradient = [slope + 0 * x for slope, x in zip(gradient, balls, strict=True)]
        assert value.overlaps(y.data) and all(a.overlaps(b) for a, b in zip(gradient, slopes, strict=True))
        truth = [float(y.data), *map(float, slopes)]
        assert all(ball.rad() < 2**-150 for ball in [y.data, *slopes]), "known to far beyond float64"
    finally:
        flint.ctx.prec = before

    scales = errors(f, point)
    jaxed = jax.value_and_grad(function(steps, ARRAY, jnp))(jnp.array(point))
    eager = [Value(x) for x in point]
    result = f(eager)
    result.backward()
    engines = {
        "Value": [result.data, *(x.grad for x in eager)],
        "grad": [f(point), *grad(f)(point)],
        "Program": [program(point), *program.value_and_grad(point)[1]],
        "JAX": [float(jaxed[0]), *map(float, jaxed[1])],
    }
    for i in range(INPUTS):
        value, slope = jvp(f, (point,), ([float(i == j) for j in range(INPUTS)],))
        assert value == result.data
        engines.setdefault("jvp", [value]).append(slope)
    for name, numbers in engines.items():
        for i, (number, true, scale) in enumerate(zip(numbers, truth, scales, strict=True)):
            assert abs(number - true) <= scale, (name, i, number, true, scale)
    assert engines["Program"][0] == engines["Value"][0], "the same operations in the same order"


def errors(f, point):
    """How far rounding may move the value and each slope.

    16 ULP (the worst of an operation's functions) of the largest number on the way, as far as it reaches the
    result (see Conditioned), for each of some 40 operations.
    """
    value = f([Conditioned(x, abs(x)) for x in point])
    slopes = grad(f)([Conditioned(x, abs(x)) for x in point])
    largest = [max(getattr(x, "scale", 0.0), abs(float(x)), 2.0**-30) for x in (value, *slopes)]
    return [40 * 16 * 2.0**-53 * scale for scale in largest]


def test_the_bound_is_tight_enough_to_catch_a_wrong_digit():
    scale = errors(lambda x: operations.sin(x[0]) * x[1], [1.0, 2.0, 0.0, 0.0])
    assert all(bound < 1e-12 for bound in scale)


@pytest.mark.parametrize("name", sorted(EXACT))
def test_engines_agree_on_a_tie(name):
    f = function([(name, tuple(range(EXACT[name])))], SCALAR, operations)
    g = function([(name, tuple(range(EXACT[name])))], ARRAY, jnp)
    for tie in (-1.0, 0.0, 2.0):
        point = [tie] * INPUTS
        expected = list(map(float, jax.grad(g)(jnp.array(point))))
        assert grad(f)(point) == expected
        assert trace(f, point).value_and_grad(point)[1] == expected
