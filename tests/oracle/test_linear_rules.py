"""Custom rules that are right for some cotangents or tangents, and not for others."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.custom_derivatives import linear_call
from test_check_grads import verdict

from microgrid.oracle import check_grads
from microgrid.oracle.loops.conditions import waits

HALF, THREE = np.float32(0.5), np.array([0.5, 1.0, 2.0], "float32")
SEEDS = range(4)


def by_vjp(function, backward):
    made = jax.custom_vjp(function)
    made.defvjp(lambda *x: (function(*x), x), backward)
    return made


def guided(x, ct):
    """The backward rule of relu in guided backpropagation, which drops what is below 0."""
    return (jnp.where((x[0] > 0) & (ct > 0), ct, 0),)


def same(x):
    return x * 1


CLIPS = {
    "at 10": lambda x, ct: (jnp.clip(ct, -10, 10),),
    "the norm": lambda x, ct: (ct * jnp.minimum(1, 20 / jnp.linalg.norm(ct)),),
    "near 0": lambda x, ct: (jnp.where(jnp.abs(ct) < 1e-3, 0, ct),),
}
CLIPPED = by_vjp(same, lambda x, ct: (jnp.clip(ct, -1, 1),))
DROPPED = by_vjp(same, lambda x, ct: (jnp.where(jnp.abs(ct) < 1e-6, 0, ct),))
OF_ONE_SIGN = by_vjp(same, lambda x, ct: (jnp.where(ct[0] * ct[1] > 0, ct, 2 * ct),))
WAVES = by_vjp(
    lambda x: (jnp.sin(x), jnp.cos(x)),
    lambda x, ct: (jnp.where(ct[0] * ct[1] > 0, 1, 2) * (ct[0] * jnp.cos(x[0]) - ct[1] * jnp.sin(x[0])),),
)


def root_by_steps(tolerance):
    """sqrt(a) with the rule of the implicit function, solved by steps until one is below the tolerance."""

    def solved(f, x):
        return lax.while_loop(
            lambda s: jnp.abs(s[0] - s[1]) > tolerance, lambda s: (s[1], f(s[1])), (x, f(x))
        )[1]

    def step(a, x):
        return 0.5 * (x + a / x)

    made = jax.custom_vjp(lambda a: solved(partial(step, a), a))

    def backward(kept, ct):
        a, x = kept
        w = solved(lambda u: ct + jax.vjp(partial(step, a), x)[1](u)[0], ct)
        return jax.vjp(lambda a: step(a, x), a)[1](w)

    made.defvjp(lambda a: (made(a), (a, made(a))), backward)
    return made


NOT_LINEAR = {
    "cotangents of at most 1 behind a small factor": (lambda x: 1e-7 * CLIPPED(x), HALF),
    "cotangents of at least 1e-6 behind a large factor": (lambda x: 1e9 * DROPPED(x), HALF),
    "a small factor at every step": (
        lambda x: lax.scan(lambda c, _: (1e-7 * CLIPPED(jnp.sin(c)), None), x, None, length=3)[0], HALF,
    ),
    "two numbers of one sign": (lambda x: jnp.sum(OF_ONE_SIGN(x) ** 2), THREE),
    "two outputs of one sign": (WAVES, HALF),
    "the size of the cotangent": (by_vjp(jnp.sin, lambda x, ct: (jnp.abs(ct) * jnp.cos(x[0]),)), HALF),
    "positive cotangents only": (by_vjp(lambda x: x * 1, lambda x, ct: (jnp.maximum(ct, 0),)), HALF),
    "cotangents of at most 1": (by_vjp(lambda x: x * 1, lambda x, ct: (jnp.clip(ct, -1, 1),)), HALF),
    "cotangents of at most 10": (lambda x: jnp.sum(by_vjp(same, CLIPS["at 10"])(x) ** 2), THREE),
    "a norm of at most 20": (lambda x: jnp.sum(by_vjp(same, CLIPS["the norm"])(x) ** 2), THREE),
    "cotangents that are not small": (by_vjp(same, CLIPS["near 0"]), HALF),
    "guided backpropagation": (lambda x: jnp.mean(by_vjp(jax.nn.relu, guided)(x)), THREE),
}  # fmt: skip


@pytest.mark.parametrize("told", [{}, dict(engine="float64"), dict(sample=8)])
@pytest.mark.parametrize("name", NOT_LINEAR)
def test_a_rule_that_is_not_linear_in_its_cotangent_is_wrong_whatever_the_seed(name, told):
    reports = [verdict(*NOT_LINEAR[name], modes="rev", seed=seed, **told) for seed in SEEDS]
    assert [report.verdict for report in reports] == ["wrong"] * len(SEEDS)
    assert all(report.guilty.primitive.startswith("custom_vjp") for report in reports)


def test_a_rule_that_is_not_linear_in_its_tangent_is_wrong_whatever_the_seed():
    half = jax.custom_jvp(jnp.sin)
    half.defjvp(lambda x, dx: (half(*x), jnp.where(dx[0] > 0, dx[0], 0.5 * dx[0]) * jnp.cos(x[0])))
    assert [verdict(half, HALF, modes="fwd", seed=seed).verdict for seed in SEEDS] == ["wrong"] * len(SEEDS)


def test_a_tangent_that_is_clipped_far_out_is_found():
    clipped = jax.custom_jvp(jnp.sin)
    clipped.defjvp(lambda x, dx: (clipped(*x), jnp.clip(dx[0], -100, 100) * jnp.cos(x[0])))
    for told in ({}, dict(engine="float64"), dict(sample=8)):
        assert verdict(clipped, THREE, modes="fwd", **told).verdict == "wrong"
        assert verdict(lambda x: clipped(1e-9 * x), THREE, modes="fwd", **told).verdict == "wrong"


@pytest.mark.parametrize("loss", [jnp.sum, jnp.mean])
def test_a_cotangent_that_is_rounded_is_found_whatever_the_loss_divides_by(loss):
    narrow = by_vjp(jnp.sin, lambda x, ct: (ct.astype("bfloat16").astype("float32") * jnp.cos(x[0]),))
    assert verdict(lambda x: loss(narrow(x)), THREE[:2]).verdict == "unexplained"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_right_rule_stays_right_where_larger_cotangents_overflow(dtype):
    steep = by_vjp(jnp.exp, lambda x, ct: (jnp.nan_to_num(ct * jnp.exp(x[0])),))
    far = 10 if dtype == "float16" else 87
    assert (
        verdict(lambda x: jnp.sum(steep(x)), np.array([far, -far], "float32").astype(dtype)).verdict == "ok"
    )


def test_a_report_tells_that_a_rule_is_not_linear():
    said = [str(verdict(*NOT_LINEAR["the size of the cotangent"], seed=seed)) for seed in SEEDS]
    assert any("right for some cotangents and not for others: it is not linear" in text for text in said)


def test_linear_rules_stay_right_in_both_directions():
    right = by_vjp(lambda x, y: x * jnp.sin(y), lambda x, ct: (ct * jnp.sin(x[1]), ct * x[0] * jnp.cos(x[1])))
    for told in ({}, dict(sample=8), dict(order=2)):
        assert verdict(lambda x: right(x, x) ** 2, HALF, modes="rev", **told).verdict in ("ok", "sampled")


def test_a_rule_that_iterates_until_a_step_is_small_is_not_asked_for_ever():
    assert verdict(root_by_steps(1e-6), np.float32(2), modes="rev").verdict == "ok"


@pytest.mark.parametrize("loop", [
    lambda x: lax.while_loop(lambda c: c[0] < x, lambda c: (c[0] + 1, c[1] * 2), (x - 2, x))[1],
    lambda x: lax.scan(lambda c, _: (root_by_steps(1e-3)(c), None), x, None, length=2)[0],
    lambda x: jax.jit(root_by_steps(1e-3))(x),
])  # fmt: skip
def test_a_loop_waits_for_what_decides_how_often_it_runs(loop):
    assert waits(jax.make_jaxpr(loop)(HALF), [True])


def test_a_loop_that_counts_waits_for_nothing_else():
    closed = jax.make_jaxpr(lambda n, x: lax.fori_loop(0, n, lambda i, c: c * x, x))(3, HALF)
    assert waits(closed, [True, False]) and not waits(closed, [False, True])


@pytest.mark.parametrize("engine", [{}, dict(engine="float64")], ids=str)
def test_the_transpose_that_a_linear_call_is_told_is_looked_at(engine):
    def scaled(x, error):
        return linear_call(lambda k, x: k * x, lambda k, ct: k * ct * error, jnp.full(2, 3.0, "float32"), x)

    for error, expected in ((1.0, "ok"), (1.001, "wrong")):
        report = verdict(lambda x, e=error: jnp.sin(scaled(x, e)), np.float32([0.3, 0.7]), **engine)
        assert report.verdict == expected, report
    assert report.guilty.primitive == "linear_call"


def test_what_a_custom_vmap_calls_is_followed():
    def sines(x):
        return jnp.sum(jax.custom_batching.sequential_vmap(jnp.sin)(x))

    report = verdict(sines, np.float32([0.3, 0.7]), modes=("fwd",))
    assert report.verdict == "ok", report


@pytest.mark.parametrize(
    "backward",
    [
        lambda x, ct: (jnp.where(jnp.max(ct) > 0, ct, 0),),
        lambda x, ct: (jnp.where(jnp.argmax(ct) == 3, 0.5, 1) * ct,),
        lambda x, ct: (jnp.clip(ct, *(10 * jnp.median(jnp.abs(ct)) * jnp.array([-1, 1], "float32"))),),
    ],
    ids=["drops what is negative all over", "looks where the largest is", "clips at the median"],
)
def test_rules_that_look_at_all_cotangents_at_once_are_wrong(backward):
    kept = by_vjp(lambda x: x, backward)
    x, w = np.float32([0.3, -0.2, 0.5, 0.1, 0.7]), np.float32([1, -2, 0.5, 1.5, -0.7])
    assert verdict(lambda x: jnp.sum(kept(x) * w), x).verdict == "wrong"


@pytest.mark.parametrize("part", [jnp.real, jnp.imag])
def test_a_rule_for_real_cotangents_alone_is_not_linear(part):
    half = jax.custom_vjp(lambda z: z * z)
    half.defvjp(lambda z: (z * z, z), lambda z, ct: (jnp.where(part(ct) == 0, jnp.conj(z), z) * 2 * ct,))
    found = check_grads(half, (np.array([0.3 + 1j, -1.2 - 0.5j], "complex64"),), raises=False)
    assert found.verdict == "wrong" and "not linear" in str(found)
