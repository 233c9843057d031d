"""Networks of agents against the same layers written by hand in numpy, on batches on both sides of MANY."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rl.networks import MANY, MLP

ULP = 2.0**-52


def by_hand(params, inputs, slopes):
    """Outputs of 3 -> 5 -> 2 with tanh, and the gradient of sum(slopes * outputs) by every array."""
    first, last = params
    hidden = np.tanh(inputs @ first["kernel"] + first["bias"])
    outputs = hidden @ last["kernel"] + last["bias"]
    by_sums = (slopes @ last["kernel"].T) * (1 - hidden**2)
    return (
        outputs,
        [
            dict(kernel=inputs.T @ by_sums, bias=by_sums.sum(0)),
            dict(kernel=hidden.T @ slopes, bias=slopes.sum(0)),
        ],
        by_sums @ first["kernel"].T,
    )


@pytest.mark.parametrize("rows", [1, MANY - 1, MANY, MANY + 1])
def test_values_and_slopes_are_those_of_the_layers(rows):
    draw = np.random.default_rng(rows)
    net = MLP((5,), "tanh")
    params = jax.tree.map(lambda x: x + 0.1 * draw.standard_normal(x.shape), net.init(draw, 3, 2))
    inputs, slopes = draw.standard_normal((rows, 3)), draw.standard_normal((rows, 2))
    outputs, pull = jax.vjp(jax.jit(net.__call__), params, inputs)
    right = by_hand(params, inputs, slopes)
    for got, exact in zip(jax.tree.leaves((outputs, *pull(slopes))), jax.tree.leaves(right), strict=True):
        assert np.max(np.abs(got - exact)) <= 32 * rows * ULP * np.max(np.abs(exact))


def test_the_gradients_of_many_rows_are_products_that_xla_has_fast_code_for():
    net = MLP((64, 64))
    params = net.init(np.random.default_rng(0), 4, 2)

    def loss(params, rows):
        return jnp.sum(net(params, rows) ** 2)

    rows = np.ones((256, 4), np.float32)
    program = jax.jit(jax.grad(loss)).lower(params, rows).compile().as_text()
    assert program.count(" dot(") == 8  # three forward, three for the kernels, two for what they were fed
    assert "lhs_contracting_dims={0}, rhs_contracting_dims={1}" not in program
