"""Implicit functions, by rules of their own and by JAX's: judged by what is solved, not by the solver."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import verdict

from microgrid.oracle.programs import bends

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
    assert report.verdict == "ok" and "program alone" not in str(report)


@pytest.mark.parametrize("told", [{}, dict(sample=4), dict(engine="float64")])
def test_a_wrong_tangent_solve_is_found(told):
    wrong = verdict(lambda a: jnp.sin(cube_root(a, lambda g, y: 1.01 * divided(g, y))), TWO, **told)
    assert wrong.verdict == "wrong" and "test_implicit.py" in wrong.guilty.source


def of_system(f, x):
    return lax.fori_loop(0, 40, lambda i, x: x - f(x) / 5, x)


MATRIX = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 5]], "float32")
AT = np.array([0.3, 2, -1], "float32")


def system_root(a, tangent_solve):
    f = lambda x: MATRIX @ x + 0.1 * x**3 - a  # noqa: E731
    return lax.custom_root(f, jnp.ones_like(a), of_system, tangent_solve)


def by_conjugate_gradients(steps):
    return lambda g, y: jax.scipy.sparse.linalg.cg(g, y, maxiter=steps)[0]


@pytest.mark.parametrize("steps, said", [(1, "unexplained"), (9, "ok")])
def test_a_tangent_solve_that_breaks_off_is_not_excused_by_the_rounding_of_a_long_loop(steps, said):
    report = verdict(lambda a: system_root(a, by_conjugate_gradients(steps)), AT, modes="fwd")
    assert report.verdict == said and "hangs on rounding" not in str(report)


def test_a_report_tells_which_solver_jax_cannot_transpose_and_what_to_put_in_its_place():
    report = verdict(lambda a: system_root(a, by_conjugate_gradients(9)), AT)
    (note,) = (note for note in report.notes if "no reverse mode" in note)
    assert "JAX cannot transpose this linear solver, such as tangent_solve of a custom_root. Fix: " in note
    instead = lambda g, y: jnp.linalg.solve(jax.jacobian(g)(y), y)  # noqa: E731
    assert "jnp.linalg.solve(jax.jacobian(g)(y), y)" in note
    report = verdict(lambda a: system_root(a, instead), AT)
    assert report.verdict == "ok" and {leaf.mode for leaf in report.leaves} == {"fwd", "rev"}


def frozen(g, y):
    return y / lax.stop_gradient(g(jnp.float32(1)))


def test_a_tangent_solve_that_stops_its_slopes_is_wrong_at_the_second_order():
    f = lambda a: cube_root(a, frozen)  # noqa: E731
    assert verdict(f, TWO).verdict == "ok"
    report = verdict(f, TWO, order=2)
    assert report.verdict == "wrong" and float(report.leaves[-1].truth) == pytest.approx(-(2 ** (1 / 3)) / 18)


def unsolved(f, x):
    return x


def steps(n):
    return lambda f, x: lax.fori_loop(0, n, lambda i, x: x - f(x) / 4, x)


def settled_root(a, solve):
    return lax.custom_root(lambda x: x**3 + x - a, jnp.float32(0.5), solve, divided)


@pytest.mark.parametrize("told", [{}, dict(sample=4), dict(engine="float64"), dict(order=2)])
@pytest.mark.parametrize("solve", [unsolved, steps(3), lambda f, x: bisected(lambda x: x - 1, x)])
def test_no_gradient_passes_where_solve_returns_no_root(solve, told):
    report = verdict(lambda a: settled_root(a, solve), np.float32(1.7), **told)
    assert report.verdict == "unsupported"
    assert "custom_root: solve must return a root; got" in report.refused
    assert "test_implicit.py" in report.refused


@pytest.mark.parametrize(("n", "said"), [(5, "approximate"), (40, "ok")])
def test_a_root_that_is_not_quite_reached_makes_its_slopes_approximate(n, said):
    report = verdict(lambda a: settled_root(a, steps(n)), np.float32(1.7))
    assert report.verdict == said and ("from a root, where f is" in str(report)) == (n == 5)


def test_a_root_at_0_is_one_to_the_digits_of_its_guess():
    f = lambda a: lax.custom_root(lambda x: jnp.sin(x) - a, jnp.float32(1), bisected, divided)  # noqa: E731
    assert not verdict(f, np.float32(0)).failed


@pytest.mark.parametrize(("used", "told"), [(True, {}), (False, {}), (True, dict(sample=4))])
def test_a_report_tells_that_what_has_aux_returns_has_no_slopes(used, told):
    def f(a):
        solve = lambda f, x: (bisected(f, x), x * a)  # noqa: E731
        x, aux = lax.custom_root(lambda x: x**3 - a, jnp.float32(1), solve, divided, has_aux=True)
        return x * aux if used else x

    report = verdict(f, TWO, **told)
    assert not report.failed and ("JAX takes what has_aux returns for constant" in str(report)) == used


DIAGONAL = np.array([1, 2, 4], "float32")
SOLVERS = {
    "right": (lambda _, b: b / DIAGONAL, "ok"),
    "clipped": (lambda _, b: jnp.clip(b / DIAGONAL, -5, 5), "wrong"),
    "clipped by norm": (lambda _, b: b / DIAGONAL / jnp.maximum(1, jnp.linalg.norm(b) / 9), "wrong"),
    "small ones dropped": (lambda _, b: jnp.where(abs(b) < 1e-3, 0, b / DIAGONAL), "wrong"),
}


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
@pytest.mark.parametrize("backward", [True, False])
@pytest.mark.parametrize("name", SOLVERS)
def test_the_solver_of_a_linear_system_is_to_be_linear(name, backward, told):
    solver, said = SOLVERS[name]
    solvers = (SOLVERS["right"][0], solver) if backward else (solver, SOLVERS["right"][0])
    f = lambda b: lax.custom_linear_solve(lambda v: v * DIAGONAL, b, *solvers)  # noqa: E731
    report = verdict(f, np.array([0.3, -0.5, 1], "float32"), **told)
    assert report.verdict == ("sampled" if told and said == "ok" else said)


def test_the_solvers_of_jax_are_known_to_be_linear():
    matrix = np.array([[2, 0.5], [0.25, 1]], "float32")
    program = jax.make_jaxpr(jnp.linalg.solve)(matrix, matrix[0]).jaxpr
    inner = [e for step in program.eqns for e in [step, *getattr(step.params.get("jaxpr"), "eqns", ())]]
    solves = [e for e in inner if e.primitive.name == "custom_linear_solve"]
    assert solves and not any(map(bends, solves))


def test_a_wrong_rule_inside_the_equation_is_found():
    cubed = jax.custom_jvp(lambda x: x**3)
    cubed.defjvp(lambda x, dx: (cubed(*x), 3.001 * x[0] ** 2 * dx[0]))
    f = lambda a: lax.custom_root(lambda x: cubed(x) - a, jnp.float32(1), bisected, divided)  # noqa: E731
    assert verdict(f, TWO).verdict == "wrong"


def cosine(a, z):
    return jnp.cos(a * z)


def implicit(solve, factor=1.0):
    """z = cos(a z), with the rule of the implicit function, times a factor."""

    def backward(kept, ct):
        a, z = kept
        s = jnp.sin(a * z)
        return (jnp.asarray(factor, a.dtype) * ct * -s * z / (1 + s * a),)

    made = jax.custom_vjp(solve)
    made.defvjp(lambda a: (solve(a), (a, solve(a))), backward)
    return made


def many_steps(a):
    return lax.fori_loop(0, 60, lambda i, z: cosine(a, z), jnp.asarray(0.5, a.dtype))


def until_near(a):
    def far(state):
        return jnp.abs(state - cosine(a, state)) > 1e-4

    return lax.while_loop(far, lambda z: cosine(a, z), jnp.asarray(0.5, a.dtype))


def few_newton_steps(a):
    def f(z):
        return z - cosine(a, z)

    return lax.while_loop(
        lambda z: jnp.abs(f(z)) > 1e-3,
        lambda z: z - f(z) / (1 + a * jnp.sin(a * z)),
        jnp.asarray(0.5, a.dtype),
    )


def halved_often(a):
    return bisected(lambda z: z - cosine(a, z), jnp.asarray(0, a.dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_rule_for_what_an_iteration_tends_to_is_right(dtype):
    report = verdict(implicit(many_steps), np.array(0.7, dtype))
    assert report.verdict == "ok" and "where it has arrived" in str(report)


@pytest.mark.parametrize(("dtype", "off"), [("float32", 1.2e-7), ("float64", 1e-15)])
def test_a_rule_that_is_a_little_off_is_wrong_on_an_iteration_too(dtype, off):
    report = verdict(implicit(many_steps, 1 + off), np.array(0.7, dtype))
    assert report.verdict == "wrong" and "surrogate=[f]" in str(report)


@pytest.mark.parametrize("solve", [until_near, few_newton_steps])
def test_an_iteration_that_has_not_arrived_makes_a_rule_approximate_and_no_mistake_of_its_own(solve):
    assert verdict(implicit(solve), np.float32(0.7)).verdict == "approximate"
    assert verdict(implicit(solve, 1.01), np.float32(0.7)).verdict == "wrong"


def test_a_rule_for_bisection_is_to_be_declared():
    root = implicit(halved_often)
    report = verdict(root, np.float32(0.7))
    assert report.verdict == "wrong" and "is to be declared: surrogate=[f]" in str(report)
    assert verdict(root, np.float32(0.7), surrogate=[root]).verdict == "ok"


@pytest.mark.parametrize(("factor", "said"), [(1, "ok"), (1.0001, "wrong")])
def test_a_fixed_point_whose_rule_iterates_too_is_judged_where_both_arrive(factor, said):
    def settled(w):
        return lax.fori_loop(0, 50, lambda i, z: jnp.tanh(w @ z + 1), jnp.ones(3, w.dtype))

    def backward(kept, ct):
        w, z = kept
        of_z, of_w = (jax.vjp(f, x)[1] for f, x in ((lambda z: jnp.tanh(w @ z + 1), z),
                                                    (lambda w: jnp.tanh(w @ z + 1), w)))  # fmt: skip
        u = lax.fori_loop(0, 50, lambda i, u: ct + of_z(u)[0], ct)
        return (of_w(u)[0] * jnp.float32(factor),)

    layer = jax.custom_vjp(settled)
    layer.defvjp(lambda w: (settled(w), (w, settled(w))), backward)
    weights = np.random.default_rng(0).normal(size=(3, 3)).astype("float32") * np.float32(0.3)
    assert verdict(lambda w: jnp.sum(layer(w) ** 2), weights).verdict == said


STAYS = np.array([0, 1], "float32")


def decayed(y):
    """One number that decays, beside one that stays."""
    return lax.fori_loop(0, 40, lambda i, y: y - jnp.float32(0.1) * (1 - STAYS) * y, y)


def test_a_slope_that_decays_is_no_slope_of_0_beside_a_steep_one():
    layer = jax.custom_vjp(decayed)
    layer.defvjp(lambda y: (decayed(y), None), lambda _, ct: (STAYS * ct,))
    for weight in (1, 1000):
        report = verdict(lambda y, w=weight: jnp.array([1, w]) @ layer(y), STAYS + 1)
        assert report.verdict == "wrong" and report.leaves[0].index == "[0]"


def test_a_report_tells_both_slopes_of_an_iteration_that_has_not_arrived():
    (leaf,) = verdict(implicit(few_newton_steps), np.float32(0.7)).leaves
    arrived, there = map(float, leaf.truth.split(", at the steps "))
    assert 0 < abs(arrived - there) < 1e-3 * abs(arrived) and abs(leaf.value - arrived) < 1e-3 * abs(arrived)


def by_terms(terms, step=cosine, factor=1.0, near=1e-4):
    """z = step(a, z), until near, with a rule that sums so many terms for the inverse, times a factor."""

    def solve(a):
        far = lambda z: jnp.max(jnp.abs(z - step(a, z))) > near  # noqa: E731
        return lax.while_loop(far, lambda z: step(a, z), jnp.full(a.shape[:1], 0.5, a.dtype))

    def backward(kept, ct):
        a, z = kept
        of_a, of_z = jax.vjp(lambda a: step(a, z), a)[1], jax.vjp(lambda z: step(a, z), z)[1]
        summed = lax.fori_loop(0, terms, lambda i, u: ct + of_z(u)[0], ct)
        return (of_a(summed)[0] * jnp.asarray(factor, a.dtype),)

    made = jax.custom_vjp(solve)
    made.defvjp(lambda a: (solve(a), (a, solve(a))), backward)
    return made


@pytest.mark.parametrize(("terms", "said"), [(8, "wrong"), (24, "approximate"), (60, "approximate")])
def test_what_the_terms_of_a_rule_leave_the_type_hides_or_it_is_wrong(terms, said):
    report = verdict(by_terms(terms), np.array([0.7], "float32"), modes="rev")
    assert report.verdict == said and ("where it has arrived" in str(report)) == (said != "wrong")
    assert ("at the steps" in report.leaves[0].truth) == (said != "wrong")


@pytest.mark.parametrize(("dtype", "terms", "off"), [("float32", 24, 1.2e-7), ("float64", 40, 1e-15)])
def test_what_is_left_to_an_iteration_and_to_its_rule_excuses_no_mistake(dtype, terms, off):
    at = np.array([0.7], dtype)
    assert verdict(by_terms(terms), at, modes="rev").verdict == "approximate"
    assert verdict(by_terms(terms, factor=1 + off), at, modes="rev").verdict == "wrong"


@pytest.mark.parametrize("terms", [24, 100])
def test_the_truth_of_an_iteration_is_where_it_arrives_and_not_what_its_literals_leave_open(terms):
    def layer(a, z):
        return jnp.tanh(a @ z * 0.3 + shift)

    a = np.array([[0.075, -0.77, 0.445], [1.149, -1.409, 1.141], [-0.97, -0.787, -1.711]], "float32")
    shift, share, z = np.array([-1.054, 0.957, 0.0134], "float32"), np.float64(np.float32(0.3)), np.zeros(3)
    for _ in range(400):
        z = np.tanh(a.astype(float) @ z * share + shift)
    slopes = 1 - z**2
    known = np.outer(slopes * np.linalg.solve(np.eye(3) - share * (slopes[:, None] * a).T, 2 * z), z) * share
    report = verdict(lambda a: jnp.sum(by_terms(terms, layer, near=1e-6)(a) ** 2), a, modes="rev")
    (leaf,) = report.leaves
    assert report.verdict == "approximate" and "where it has arrived" in str(report)
    assert float(leaf.truth.split(", at the steps ")[0]) == pytest.approx(known.ravel()[leaf.at], rel=1e-12)
