"""Loops over time in place, and linear functions whose transpose is written out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxnets.fast import gru, lstm
from jaxnets.fast.loops import in_place, linear

TIME, BATCH, HIDDEN = 4, 3, 2


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape))


def same(got, right):
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(right), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def step(carry, now, other):
    carry = jnp.tanh(carry + now[0] * other)
    return carry, [carry * now[1], now[0] - carry, carry]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_loop_in_place_gives_what_a_scan_gives(reverse):
    carry, first, second, other = draw(2), draw(5, 2, seed=1), draw(5, 2, seed=2), draw(5, 2, seed=3)

    def scanned(carry, first, second, other):
        return lax.scan(
            lambda c, now: step(c, now[:2], now[2]), carry, (first, second, other), reverse=reverse
        )

    def ours(carry, first, second, other):
        return in_place(step, carry, [first, second], other, more=1, reverse=reverse)

    arguments = carry, first, second, other
    same(ours(*arguments), scanned(*arguments))
    same(*(jax.jacrev(f, (0, 1, 2, 3))(*arguments) for f in (ours, scanned)))


def test_a_loop_in_place_leaves_alone_what_its_results_do_not_replace():
    total, arrays = in_place(lambda c, now, _: (c + now[1], [now[1]]), 0.0, [draw(3), jnp.arange(3.0)])
    assert float(total) == 3 and arrays[0].tolist() == [0, 1, 2] == arrays[1].tolist()


LOOPS = {
    "lstm": (lstm._forward, lstm._backward, 6, 4, 2),
    "gru": (gru._forward_after, gru._backward_after, 5, 4, 1),
    "gru, reset before": (gru._forward_before, gru._backward_before, 5, 3, 1),
}


def loop(name, masked):
    """(forward, its written transpose, fixed, moving) of a loop with slopes that are drawn."""
    forward, backward, slopes, gates, carries = LOOPS[name]
    columns = HIDDEN * (4 if name == "lstm" else 3)
    fixed = [draw(TIME, BATCH, HIDDEN, seed=k) for k in range(slopes)], draw(HIDDEN, columns, seed=9)
    if name == "lstm":
        by_h = draw(TIME, BATCH, 1, seed=8) if masked else None
        fixed = fixed[0], by_h, fixed[1]
    moving = [draw(BATCH, HIDDEN, seed=20 + k) for k in range(carries)]
    return forward, backward, fixed, moving + [draw(TIME, BATCH, HIDDEN, seed=30 + k) for k in range(gates)]


@pytest.mark.parametrize("name, masked", [(name, False) for name in LOOPS] + [("lstm", True)])
def test_the_transpose_that_is_written_out_is_the_transpose(name, masked):
    forward, backward, fixed, moving = loop(name, masked)
    cotangents = [draw(*out.shape, seed=50 + k) for k, out in enumerate(forward(fixed, moving))]
    (right,) = jax.linear_transpose(lambda moving: forward(fixed, moving), moving)(cotangents)
    same(backward(fixed, cotangents), right)


WRONG = linear(
    lambda fixed, moving: [fixed * moving[0], moving[0] + moving[1]],
    lambda fixed, cts: [2 * fixed * cts[0] + cts[1], cts[1]],  # the factor 2 is wrong, and so can be seen
)
RIGHT = linear(
    lambda fixed, moving: [fixed["k"] * moving[0], moving[0] + moving[1]],
    lambda fixed, cts: [fixed["k"] * cts[0] + cts[1], cts[1]],
)


def test_the_transpose_that_is_written_out_is_the_one_that_runs():
    k, x, y = 3.0, jnp.ones(2), jnp.ones(2)
    _, back = jax.vjp(lambda x, y: WRONG(jnp.float64(k), [x, y]), x, y)
    assert back([jnp.ones(2), jnp.zeros(2)])[0].tolist() == [6, 6]
    assert jax.jvp(lambda x: WRONG(jnp.float64(k), [x, y])[0], (x,), (x,))[1].tolist() == [3, 3]


def test_a_linear_function_has_slopes_by_what_is_fixed_too_and_by_all_to_any_order():
    def plain(k, x, y):
        return jnp.sum(jnp.sin(k * k * x) + (x + y) ** 2)

    def ours(k, x, y):
        first, second = RIGHT({"k": k * k, "none": None}, [x, y])
        return jnp.sum(jnp.sin(first) + second**2)

    arguments = draw(2), draw(2, seed=1), draw(2, seed=2)
    for derive in (jax.value_and_grad, jax.jacfwd, jax.hessian, lambda f, n: jax.jacrev(jax.jacrev(f, n), n)):
        same(*(jax.jit(derive(f, (0, 1, 2)))(*arguments) for f in (ours, plain)))
    many = [draw(3, 2, seed=s) for s in range(3)]
    same(*(jax.vmap(jax.grad(f, (0, 1, 2)))(*many) for f in (ours, plain)))
    same(*(jax.grad(lambda *a, f=f: jnp.sum(jax.vmap(f)(*a)), (0, 1, 2))(*many) for f in (ours, plain)))


def test_what_does_not_move_gets_no_cotangent():
    x, y = jnp.ones(2), jnp.full(2, 3.0)
    slope = jax.grad(lambda x: jnp.sum(RIGHT({"k": y}, [x, y])[0]))(x)
    assert slope.tolist() == [3, 3]
