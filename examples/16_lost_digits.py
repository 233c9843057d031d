"""Digits that libraries lose: the worst error of jax.nn, optax and this library, in units of the last place.

Every function and its slope at the same points, hard ones among them, in float64 and in float32, against
mpmath at 50 digits. An error of 1e15 in float64 means that no digit is right: most often the library says 0.
Results that XLA on CPU flushes to 0, or a factor of them (below 2**-1012 or 2**-116), are left out.
"""

from functools import partial

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax
from mpmath import mpf

import jaxnets as jn

SMALL = (1e-9, 1e-4, 0.02, 0.1, 0.37, 0.7, 1, 1.7, 3, 5, 8.3)
POINTS = (*SMALL, 13.1, 15, 18.9, 19, 24.7, 30.2, 34.5, 37, 37.4, 40, 85.5, 700)


def phi(x):
    """The probability that a normal number is below x."""
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + mpmath.exp(-x))


def softplus(x):
    """log(1 + exp(x))."""
    return mpmath.log1p(mpmath.exp(x))


def last_class(function):
    """A function of scores as one of the lead of the first of two classes."""
    return lambda x: function(jnp.stack([x, jnp.zeros_like(x)], axis=-1))[..., 0]


def of_error(loss, **names):
    """A loss of predictions as a function of the error."""
    return lambda x: loss(x, jnp.zeros_like(x), **names)


FUNCTIONS = {  # name: the truth, the library's, ours
    "sigmoid": (sigmoid, jax.nn.sigmoid, jn.sigmoid),
    "tanh": (mpmath.tanh, jnp.tanh, jn.tanh),
    "softplus": (softplus, jax.nn.softplus, jn.softplus),
    "log_sigmoid": (lambda x: -softplus(-x), jax.nn.log_sigmoid, jn.log_sigmoid),
    "log_softmax": (lambda x: -softplus(-x), last_class(jax.nn.log_softmax), last_class(jn.log_softmax)),
    "elu": (lambda x: x if x > 0 else mpmath.expm1(x), jax.nn.elu, jn.elu),
    "celu": (lambda x: x if x > 0 else mpmath.expm1(x), jax.nn.celu, jn.celu),
    "gelu": (lambda x: x * phi(x), partial(jax.nn.gelu, approximate=False), jn.gelu),
    "silu": (lambda x: x * sigmoid(x), jax.nn.silu, jn.silu),
    "mish": (lambda x: x * mpmath.tanh(softplus(x)), jax.nn.mish, jn.mish),
    "softsign": (lambda x: x / (1 + abs(x)), jax.nn.soft_sign, jn.softsign),
    "log_cosh": (
        lambda x: mpmath.log(mpmath.cosh(x)),
        of_error(optax.log_cosh),
        of_error(jn.log_cosh, reduction="none"),
    ),
}


def truth(function, x):
    """The value and the slope of a function, right to 50 digits: the slope by a difference quotient."""
    with mpmath.workdps(800):
        x, h = mpf(x), abs(mpf(x)) * mpf(10) ** -60
        return function(x), (function(x + h) - function(x - h)) / (2 * h)


def worst(function, points, truths):
    """The largest errors of value and slope at the points, in units of the last place of the points' type."""
    kind = np.finfo(points.dtype)
    answers = jax.jit(function)(points), jax.jit(jax.grad(lambda x: jnp.sum(function(x))))(points)
    errors = []
    for got, true in zip(answers, zip(*truths, strict=True), strict=True):
        errors.append(0.0)
        for one, other in zip(np.asarray(got), true, strict=True):
            if abs(other) > 1024 * float(kind.tiny):
                place = float(np.spacing(points.dtype.type(abs(float(other)))))
                errors[-1] = max(errors[-1], float(abs(mpf(float(one)) - other)) / place)
    return errors


def main():
    """Prints the table; returns {(type, name): (library's value and slope, ours)} in ULPs."""
    found = {}
    with jax.enable_x64(True):
        for dtype in ("float64", "float32"):
            points = np.array([sign * x for x in POINTS for sign in (1, -1)], dtype)
            print(f"\n{dtype}: errors in ULP, worst of {len(points)} points\n")
            print(f"{'':<12}{'value':>16}{'':>10}{'slope':>16}")
            print(f"{'':<12}" + 2 * f"{'library':>16}{'ours':>10}")
            for name, (function, library, ours) in FUNCTIONS.items():
                truths = [truth(function, float(x)) for x in points]
                theirs, mine = worst(library, points, truths), worst(ours, points, truths)
                found[dtype, name] = theirs, mine
                cells = [f"{theirs[i]:>16.2g}{mine[i]:>10.2g}" for i in (0, 1)]
                print(f"{name:<12}{''.join(cells)}")
    print(f"\njax {jax.__version__}, optax {optax.__version__}, on {jax.default_backend()}")
    return found


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
