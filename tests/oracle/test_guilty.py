"""Who is to blame: rules that show they are wrong in one mode only, inside a loop, or at one cotangent."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import ad, mlir
from test_check_grads import verdict

from microgrid.oracle import check_grads, exact, guilt
from microgrid.oracle.flat import Flat
from microgrid.oracle.proof import Proof

X, PAIR = np.float32(0.3), np.array([1.0, 2.0], "float32")
POINT = np.array([1.0, -1.0], "float32")


def by_jvp(function, forward):
    made = jax.custom_jvp(function)
    made.defjvp(lambda x, dx: (made(*x), forward(x[0], dx[0])))
    return made


def by_vjp(function, backward):
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), x), backward)
    return made


def three_times(f):
    return lambda x: lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, f(c[1])), (0, x))[1]


def forward_only(x):
    return lax.while_loop(lambda c: c[0] < 1, lambda c: (c[0] + 1, c[1] * 1.0), (0, x))[1]


def sine():
    return by_jvp(jnp.sin, lambda x, dx: 1.01 * jnp.cos(x) * dx)


def primitive():
    """x * x by a primitive with a wrong rule that runs forwards alone."""
    made = Primitive("square_forwards")
    made.def_abstract_eval(lambda x: x)
    made.def_impl(lambda x: x * x)
    mlir.register_lowering(made, mlir.lower_fun(lambda x: x * x, multiple_results=False))
    ad.primitive_jvps[made] = lambda x, dx: (made.bind(*x), forward_only(3 * x[0] * dx[0]))
    return made.bind


BROKEN = {
    "inside a loop": (three_times(sine()), X, "custom_jvp_call"),
    "a rule with a constant": (by_jvp(lambda x: x * x, lambda x, dx: 2 * x * dx + 1), X, "custom_jvp_call"),
    "a rule of squares": (by_jvp(lambda x: x * x, lambda x, dx: dx**2), X, "custom_jvp_call"),
    "at a cotangent of 0": (
        lambda x: by_vjp(lambda x: x * x, lambda x, ct: (jnp.where(ct == 0, 1, ct) * 2 * x,))(x)[0],
        PAIR, "custom_vjp_call",
    ),
    "a primitive that goes forwards": (primitive(), X, "square_forwards"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_rule_is_named(name):
    f, x, guilty = BROKEN[name]
    report = verdict(f, x)
    assert report.verdict == "wrong" and report.guilty.primitive == guilty


def test_a_right_loop_that_goes_forwards_alone_is_ok():
    assert verdict(three_times(jnp.sin), X).verdict == "ok"


def test_a_scatter_that_is_wrong_forwards_alone_is_named():
    f = lambda x: x.at[jnp.array([0, 7, 4, 2, 2])].max(10 * x, mode="clip")  # noqa: E731
    report = verdict(f, np.arange(1.0, 6.0))
    mended = jax.jvp(f, (jnp.arange(1.0, 6.0),), (jnp.eye(5)[4],))[1][4] == 0  # in JAX 0.12
    assert mended or (report.verdict == "wrong" and report.guilty.primitive == "scatter-max")


@pytest.mark.parametrize("seed", range(3))
def test_a_rule_that_goes_forwards_alone_adds_up_over_a_tie(seed):
    share = np.array([0.5, -0.5], "float32")
    size = lambda x: jnp.abs(jnp.sum(x))  # noqa: E731
    wrong = by_jvp(size, lambda x, dx: forward_only(jnp.dot(dx, share)))  # along (1, -1) the size is 0
    report = check_grads(wrong, (POINT,), raises=False, seed=seed)
    assert report.verdict == "wrong" and report.guilty.primitive == "custom_jvp_call"
    right = by_jvp(size, lambda x, dx: forward_only(0.3 * jnp.sum(dx)))
    assert check_grads(right, (POINT,), raises=False, seed=seed).verdict == "kink"


def test_numbers_that_rounding_sets_beside_a_tie_do_not_blame_a_right_rule():
    x = np.array([0, 0, -1.5e-8, 0], "float32")
    assert verdict(jax.nn.relu, x).verdict == "kink"


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_an_infinite_constant_that_is_kept_is_named_with_its_place(told):
    f = lambda x: jax.ops.segment_max(x, jnp.array([0, 0, 1, 3]), 4)  # noqa: E731
    report = verdict(f, np.arange(4.0), **told)
    assert "scatter-max keeps one at [2] that is so from the start, " in report.refused
    assert "test_guilty.py" in report.refused


@pytest.mark.parametrize(("f", "said"), [(jnp.cbrt, "inf"), (lambda x: jnp.sqrt(jnp.abs(x)), "inf and -inf")])
def test_a_slope_that_grows_without_end_is_told_as_infinite(f, said):
    report = verdict(f, np.float32(0))
    assert report.verdict == "ok" and {leaf.truth for leaf in report.leaves} == {said}


def test_what_one_call_holds_is_looked_at_in_its_place(monkeypatch):
    off = by_jvp(jnp.sin, lambda x, dx: 1.01 * jnp.cos(x) * dx)
    looked, alone = [], guilt._alone
    monkeypatch.setattr(guilt, "_alone", lambda r, step, *rest: looked.append(step) or alone(r, step, *rest))
    with exact.precision(exact.BITS):
        proof = Proof(Flat(jax.jit(lambda x: jnp.exp(off(x))), (X,)))
        found = guilt.first(proof, "wrong", ("rev",))
    names = [step.equation.primitive.name for step in looked]
    assert found.primitive == names[0] == "custom_jvp_call"
