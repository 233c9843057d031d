"""Rules that run a loop to a tolerance of their own, as the adjoint equation of an integrator does."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.experimental import ode

from microgrid.oracle import check_grads

POINT = np.array([0.5, 2.0], "float32")


def eight_times(x):
    return lax.fori_loop(0, 3, lambda i, x: 2 * x, x)


def stopping(left):
    """The function with a rule that runs until 2^-20 of a cotangent is left; it is off by that times left."""
    made = jax.custom_vjp(lambda x: eight_times(x))

    def backward(residual, ct):
        rest = lax.while_loop(lambda s: jnp.any(jnp.abs(s) > 1e-6 * jnp.abs(ct)), lambda s: s / 2, ct)
        return (8 * (ct + left * rest),)

    made.defvjp(lambda x: (made(x), None), backward)
    return made


near, far = stopping(2.0**-6), stopping(2.0**-3)  # by 2^-26 and 2^-23 of a slope, half a unit being 2^-24


def report(f, x, **told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_grads(f, (x,), modes="rev", raises=False, **told)


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_what_the_type_hides_is_told_and_not_wrong(told):
    made = report(lambda x: jnp.sin(near(x)), POINT, **told)
    assert made.verdict == "approximate" and "a tolerance of its own" in str(made)
    with pytest.warns(UserWarning, match="approximate"):
        check_grads(near, (POINT,), modes="rev", **told)


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_what_the_type_shows_stays_wrong_and_the_report_says_what_to_declare(told):
    f = lambda x: jnp.sin(far(x))  # noqa: E731
    made = report(f, POINT, **told)
    assert made.verdict == "wrong" and "a rule runs a loop to a tolerance" not in str(made)
    assert "what a loop of the rule leaves by a tolerance of its own counts as wrong" in str(made)
    assert f"is to be declared: surrogate=[f], f the function made of {__file__}:" in str(made)
    assert report(f, POINT, surrogate=[far], **told).verdict in ("ok", "sampled")


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_a_loop_over_an_array_is_no_iteration_that_would_be_declared(told):
    rows = jax.custom_vjp(lambda x: lax.scan(lambda total, row: (total + row**2, None), x[0], x)[0])
    rows.defvjp(lambda x: (rows(x), x), lambda x, ct: (3 * ct * x,))
    counted = jax.custom_vjp(lambda x: lax.fori_loop(0, 2, lambda i, total: total + x[i] ** 2, x[0]))
    counted.defvjp(lambda x: (counted(x), x), lambda x, ct: (3 * ct * x,))
    for f in (rows, counted):
        made = report(f, POINT, **told)
        assert made.verdict == "wrong" and "is an iteration" not in str(made)


def test_a_rule_without_such_a_loop_is_wrong_however_little_it_is_off():
    little = jax.custom_vjp(jnp.sin)
    little.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (ct * (jnp.cos(x) + 2.0**-26 * jnp.cos(x)),))
    assert report(little, POINT).verdict == "wrong"


def test_such_a_rule_excuses_no_other_type():
    assert report(lambda x: near(x), POINT.astype("float64")).verdict == "wrong"


def off_by(factor):
    """A sine with a rule without a loop that is off by so much of its slope."""
    made = jax.custom_vjp(lambda x: jnp.sin(x))
    made.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (ct * (jnp.cos(x) + factor * jnp.cos(x)),))
    return made


right, little, sign = off_by(0.0), off_by(2.0**-26), off_by(-2.0)
BESIDE = {
    "another that the type hides": lambda x: near(x) + little(x),
    "another of an argument of its own": lambda x: near(x[0]) + little(x[1]),
    "another behind a small factor": lambda x: near(x) + 1e-9 * sign(x),
    "one that waits and is wrong, behind a small factor": lambda x: near(x) + 1e-9 * far(x),
    "one in a loop": lambda x: lax.scan(lambda c, y: (c + near(y) + little(y), None), jnp.float32(0), x)[0],
    "one that waits, and is exact": lambda x: stopping(0.0)(x) + little(x),
}


@pytest.mark.parametrize("f", BESIDE.values(), ids=BESIDE)
def test_such_a_rule_excuses_no_other_rule(f):
    assert report(f, POINT).verdict == "wrong"


def test_a_right_or_declared_rule_beside_such_a_rule_changes_nothing():
    assert report(lambda x: near(x) + right(x), POINT).verdict == "approximate"
    assert report(lambda x: jax.jit(near)(right(x)) + near(x[0]), POINT).verdict == "approximate"
    assert report(lambda x: near(x) + sign(x), POINT, surrogate=[sign]).verdict == "approximate"


@pytest.mark.slow
def test_of_an_integrator_the_report_names_the_function_that_is_to_be_declared():
    def decay(y):
        return ode.odeint(lambda y, t: jnp.cos(t) * y**2, y, jnp.linspace(0.0, 1.0, 2, dtype="float32"))[-1]

    made = report(decay, np.float32(0.7))
    assert made.verdict == "wrong" and "surrogate=[jax.experimental.ode._odeint]" in str(made)


def fixed_point(tolerance):
    """cos(a z) = z, whose rule iterates until a step is below a tolerance, of 0 for some cotangents never."""

    def iterate(step, start, tolerance=tolerance):
        def far(pair):
            return jnp.abs(pair[0] - pair[1]) > tolerance

        return lax.while_loop(far, lambda pair: (pair[1], step(pair[1])), (start, step(start)))[1]

    made = jax.custom_vjp(lambda a: iterate(lambda z: jnp.cos(a * z), jnp.ones_like(a) / 2, 1e-6))

    def backward(residuals, ct):
        a, z = residuals
        along = jax.vjp(lambda z: jnp.cos(a * z), z)[1]
        return jax.vjp(lambda a: jnp.cos(a * z), a)[1](iterate(lambda u: ct + along(u)[0], ct))

    made.defvjp(lambda a: (made(a), (a, made(a))), backward)
    return made


def seldom_ending():
    """x * 2 with a rule whose loop ends for cotangents from 0 to 2 alone."""
    made = jax.custom_vjp(lambda x: 2 * x)

    def backward(residual, ct):
        def near(pair):
            return (pair[1] < 3) | (ct > 2) | (ct < 0)

        return (lax.while_loop(near, lambda pair: (pair[0], pair[1] + 1), (2 * ct, 0))[0],)

    made.defvjp(lambda x: (2 * x, None), backward)
    return made


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_a_rule_is_not_asked_where_its_loop_does_not_end(told):
    made = report(seldom_ending(), np.float32(0.5), **told)
    assert made.verdict in ("ok", "sampled"), made
    assert "did not end for some cotangents that are not those of the run" in str(made)


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_a_gradient_that_does_not_end_is_unsupported(told):
    made = jax.custom_vjp(lambda x: 2 * x)
    forever = lambda ct: lax.while_loop(lambda x: x == x, lambda x: x, ct)  # noqa: E731
    made.defvjp(lambda x: (2 * x, None), lambda _, ct: (forever(ct),))
    told_of = report(made, np.float32(0.5), **told)
    assert told_of.verdict == "unsupported" and "and does not end. Fix: a tolerance" in str(told_of)


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
@pytest.mark.parametrize("tolerance", [1e-7, 0.0])
def test_an_iteration_that_goes_to_and_fro_for_some_cotangents_is_judged_all_the_same(tolerance, told):
    assert report(fixed_point(tolerance), np.float32(0.8), **told).verdict != "ok"
    assert report(jax.vmap(fixed_point(tolerance)), np.float32([0.8, 0.7]), **told).verdict != "ok"


def settled(step, x):
    return lax.while_loop(
        lambda c: jnp.max(jnp.abs(c[0] - c[1])) > 1e-6, lambda c: (step(c[0]), c[0]), (step(x), x + 1)
    )[0]


def test_a_report_of_a_wrong_rule_does_not_say_that_it_is_right_where_it_has_arrived():
    fixed = jax.custom_vjp(lambda a: settled(lambda x: jnp.cos(a * x) / 2, jnp.zeros_like(a)))

    def backward(kept, ct):
        a, x = kept
        slope = -jnp.sin(a * x) / 2
        return (settled(lambda u: ct + slope * a * u, ct) * slope * x,)

    fixed.defvjp(lambda a: (lambda x: (x, (a, x)))(fixed(a)), backward)
    made = report(fixed, np.float32([0.3, 0.7, 1.2]))
    assert made.verdict == "wrong" and "right where it has arrived" not in str(made)
