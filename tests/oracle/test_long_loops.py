"""Long iterations that contract, whose balls and bounds of rounding grow at every step all the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from microgrid.oracle import check_grads, exact
from microgrid.oracle.conditioning import Roundings
from microgrid.oracle.cotangents import begun
from microgrid.oracle.flat import Flat
from microgrid.oracle.judgement import leaf_of
from microgrid.oracle.proof import Proof
from microgrid.oracle.width import tighten, vague


def answers(flat, mode):
    proof = Proof(flat)
    return proof.answers(mode, begun(proof, mode, np.random.default_rng(0)))


def root(a, steps=200):
    """The root of x^3 + x = a."""
    return lax.fori_loop(0, steps, lambda i, x: x - 0.1 * (x**3 + x - a), jnp.full_like(a, 0.5))


def ruled(factor, steps=200):
    """The same with a rule of its own, times a factor."""
    made = jax.custom_vjp(lambda a: root(a, steps))
    made.defvjp(lambda a: (root(a, steps),) * 2, lambda x, ct: (ct * factor / (3 * x**2 + 1),))
    return made


POINT = (jnp.float32(1.7),)


@pytest.mark.parametrize("told", [{}, dict(sample=8)])
@pytest.mark.parametrize("factor", [1.00001, -1.0])
def test_a_wrong_rule_is_found_where_the_first_balls_grow_beyond_any_slope(factor, told):
    assert check_grads(ruled(factor), POINT, modes=("rev",), raises=False, **told).verdict == "wrong"


@pytest.mark.parametrize("f", [root, ruled(1)])
def test_right_slopes_stay_right_there(f):
    assert check_grads(f, POINT, modes=("rev",)).verdict == "ok"
    assert check_grads(f, POINT, modes=("rev",), sample=8).verdict == "sampled"


@pytest.mark.parametrize("factor", [1, 1.001])
def test_a_sample_of_an_unstable_iteration_knows_its_slopes(factor):
    def logistic(x):
        return lax.fori_loop(0, 30, lambda i, x: 3.9 * x * (1 - x), x)

    made = jax.custom_vjp(lambda x: logistic(x))
    made.defvjp(lambda x: (logistic(x), x), lambda x, ct: (factor * jax.grad(logistic)(x) * ct,))
    report = check_grads(made, (jnp.float32(0.4),), modes=("rev",), raises=False, sample=8)
    assert report.verdict == ("sampled" if factor == 1 else "wrong")


def test_what_no_precision_knows_is_not_checked(monkeypatch):
    monkeypatch.setattr(exact, "PRECISIONS", (exact.BITS,))
    for f, told in ((lambda a: root(a, 300), {}), (ruled(1, 300), dict(sample=8))):
        report = check_grads(lambda a, f=f: f(a), POINT, modes=("rev",), raises=False, **told)
        assert report.verdict == "unsupported" and "grow at each step" in report.refused


def test_bounds_of_rounding_do_not_grow_where_errors_shrink():
    with exact.precision(4 * exact.BITS):
        (answer,) = answers(Flat(root, POINT), "rev")
    answer.got = answer.floats * 1.01
    assert answer.near.all()  # the bound that is carried forward holds anything
    tighten(answer)
    assert not answer.near.any()
    answer.got = answer.floats * 1.00001
    assert answer.near.all()


def test_the_way_back_ends_where_it_explains_a_number(monkeypatch):
    with exact.precision(4 * exact.BITS):
        (answer,) = answers(Flat(root, POINT), "rev")
    walked, local = [], Roundings.local
    monkeypatch.setattr(Roundings, "local", lambda self, start: walked.append(start) or local(self, start))
    bounds, reached = answer.bounds.copy(), []
    for off in (3e-6, 1e-2):
        answer.got, answer.bounds = answer.floats * (1 + off), bounds.copy()
        tighten(answer)
        reached.append(len(walked))
    assert answer.roundings.bound(answer.ids[0], 0.0) < answer.roundings.bound(answer.ids[0])
    assert 0 < reached[0] < len(answer.roundings.blocks) / 8 < reached[1] / 2


def test_an_infinite_slope_of_a_wrong_program_is_wrong_however_much_it_rounds():
    twice = jax.custom_vjp(jnp.tanh)
    twice.defvjp(lambda x: (jnp.tanh(x), x), lambda x, ct: (2 * ct * (1 - jnp.tanh(x) ** 2),))
    far = lambda w: lax.fori_loop(0, 200, lambda i, h: twice(w * h), jnp.float32(0.5))  # noqa: E731
    assert check_grads(far, (jnp.float32(1.1),), modes=("rev",), raises=False).verdict == "wrong"


def test_a_wrong_rule_whose_slopes_grow_beyond_all_numbers_is_wrong_at_once():
    steep = jax.custom_vjp(lambda x: jnp.tanh(2 * x))
    steep.defvjp(lambda x: (jnp.tanh(2 * x), x), lambda x, ct: (3 * ct,))
    f = lambda x: lax.fori_loop(0, 800, lambda i, x: steep(x), x)  # noqa: E731
    with exact.precision(exact.BITS):
        (answer,) = answers(Flat(f, (jnp.float32(1),)), "rev")
        assert not vague(answer)  # 3^800 is known to 50 digits, if to no float: more of them say no more
    report = check_grads(f, (jnp.float32(1),), modes=("rev",), raises=False)
    assert report.leaves[0].value == np.inf and report.verdict == "wrong"


def until_it_moves_no_more(step, x):
    go = lambda c: jnp.max(jnp.abs(c[0] - c[1])) > 0  # noqa: E731
    return lax.while_loop(go, lambda c: (step(c[0]), c[0]), (step(x), x + 1))[0]


def settled_cosine(factor):
    made = jax.custom_vjp(lambda a: until_it_moves_no_more(lambda x: jnp.cos(a * x) / 2, jnp.zeros_like(a)))

    def backward(kept, ct):
        a, x = kept
        slope = -jnp.sin(a * x) / 2
        return (factor * until_it_moves_no_more(lambda u: ct + slope * a * u, ct) * slope * x,)

    made.defvjp(lambda a: (lambda x: (x, (a, x)))(made(a)), backward)
    return made


def first_verdict(f, mode):
    with exact.precision(exact.BITS):
        (answer,) = answers(Flat(f, (jnp.float32(1),)), mode)
        return leaf_of(answer, mode, 1.0).verdict


@pytest.mark.parametrize("factor, said", [(1, "ok"), (1 + 1e-5, "wrong")])
def test_a_rule_of_such_a_loop_that_is_off_by_little_is_wrong(factor, said):
    assert first_verdict(settled_cosine(factor), "rev") == said


def test_a_loop_that_starts_where_nothing_moves_has_the_slope_of_those_beside():
    f = lambda a: until_it_moves_no_more(lambda x: x + (a - x) / 2, jnp.float32(1))  # noqa: E731
    assert first_verdict(f, "fwd") == "wrong"  # from 1 JAX follows two steps to the end, 1: it says 3 / 4
