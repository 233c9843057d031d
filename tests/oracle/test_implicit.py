"""Implicit functions: what is solved for is judged by the equation that it solves, not by its solver."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import verdict

TWO = np.float32(2)


def bisected(f, x):
    def halved(i, ends):
        low, high = ends
        middle = (low + high) / 2
        below = f(middle) < 0
        return jnp.where(below, middle, low), jnp.where(below, high, middle)

    return lax.fori_loop(0, 30, halved, (jnp.zeros_like(x), x + 4))[0]


def by_newton(f, x):
    def step(state):
        x, i = state
        return x - jnp.linalg.solve(jax.jacfwd(f)(x), f(x)), i + 1

    return lax.while_loop(lambda state: state[1] < 8, step, (x, 0))[0]


def divided(g, y):
    return y / g(jnp.float32(1))


def cube_root(a, tangent_solve=divided):
    return lax.custom_root(lambda x: x**3 - a, jnp.float32(1), bisected, tangent_solve)


def meeting(a, b):
    def f(x):
        return jnp.stack([x[0] ** 2 * a + x[1] - b, jnp.sin(x[1]) * a - x[0]])

    start = jnp.ones(2, jnp.float32)
    return lax.custom_root(f, start, by_newton, lambda g, y: jnp.linalg.solve(jax.jacfwd(g)(y), y))


ROOTS = {
    "one number": (cube_root, TWO),
    "found exactly": (cube_root, np.float32(1)),
    "two numbers": (meeting, TWO, np.float32(1.5)),
    "a batch": (jax.vmap(cube_root), np.array([1, 2, 3], "float32")),
    "in a scan": (lambda a: lax.scan(lambda c, _: (cube_root(c + a), c), a, None, length=2)[0], TWO),
    "of a root": (lambda a: jnp.sin(cube_root(cube_root(a) + a)), TWO),
}


@pytest.mark.parametrize("name", ROOTS)
def test_a_root_is_judged_by_its_equation(name):
    report = verdict(*ROOTS[name])
    assert report.verdict == "ok"
    assert verdict(*ROOTS[name], sample=4).verdict == "sampled"


def test_a_root_has_the_slope_of_its_closed_form():
    leaf = verdict(cube_root, TWO, modes="rev").leaves[0]
    assert float(leaf.truth) == pytest.approx(2 ** (-2 / 3) / 3, rel=1e-6)


def test_a_second_derivative_goes_through_a_root():
    report = verdict(cube_root, TWO, order=2)
    assert report.verdict == "ok" and "a root is held fixed at the point" in str(report)


@pytest.mark.parametrize("told", [{}, dict(sample=4), dict(engine="float64")])
def test_a_wrong_tangent_solve_is_found(told):
    wrong = verdict(lambda a: jnp.sin(cube_root(a, lambda g, y: 1.01 * divided(g, y))), TWO, **told)
    assert wrong.verdict == "wrong" and "test_implicit.py" in wrong.guilty.source


def test_a_wrong_rule_inside_the_equation_is_found():
    cubed = jax.custom_jvp(lambda x: x**3)
    cubed.defjvp(lambda x, dx: (cubed(*x), 3.001 * x[0] ** 2 * dx[0]))
    f = lambda a: lax.custom_root(lambda x: cubed(x) - a, jnp.float32(1), bisected, divided)  # noqa: E731
    assert verdict(f, TWO).verdict == "wrong"
