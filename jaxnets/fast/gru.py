"""The GRU over whole sequences, fast on CPU.

r: reset gate, z: update gate, n: candidate, u: what the recurrent kernel gives, d...: tangent of.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from . import recurrent
from .recurrent import across_time, before, over_all_steps, sigmoid_slope, squashed, tanh_slope


def gru(
    inputs,
    kernel,
    recurrent_kernel,
    bias,
    recurrent_bias,
    carry,
    mask=None,
    reverse=False,
    reset_after=True,
):
    """The GRU of `jaxnets.recurrent.gru_step` over all time steps.

    inputs: [B, T, in], kernel: [in, 3 * hidden], recurrent_kernel: [hidden, 3 * hidden], bias: [3 * hidden],
    recurrent_bias: [3 * hidden] or None, gates in the order r z n; carry: h, [B, hidden]; mask, reverse: as
    in `jaxnets.fast.lstm.lstm`, which says what can be differentiated. Returns (h, outputs [B, T, hidden]).
    """
    if recurrent_bias is None:
        recurrent_bias = jnp.zeros_like(bias)
    weights = [kernel, recurrent_kernel, bias, recurrent_bias]
    forms = (_fast_after, _plain_after) if reset_after else (_fast_before, _plain_before)
    (h,), outputs = across_time(*forms, inputs, weights, [carry], mask, reverse)
    return h, outputs


def _steps(inputs, weights, carry, mask, reset_after, sigmoid, tanh):
    """The last carry, and of all steps what the slopes need: (gates' arguments, gates, U_n's part), (h,)."""
    kernel, recurrent_kernel, bias, recurrent_bias = weights
    width = len(recurrent_kernel)
    bias, recurrent_bias = bias[None], recurrent_bias[None]

    def step(carry, x):
        (h,) = carry
        x = x + bias
        if reset_after:
            u = h @ recurrent_kernel + recurrent_bias
            x_rz = x[:, : 2 * width] + u[:, : 2 * width]
            rz = sigmoid(x_rz)
            r, z = jnp.split(rz, 2, axis=-1)
            u = u[:, 2 * width :]
            x_n = x[:, 2 * width :] + r * u
        else:
            x_rz = x[:, : 2 * width] + h @ recurrent_kernel[:, : 2 * width] + recurrent_bias[:, : 2 * width]
            rz = sigmoid(x_rz)
            r, z = jnp.split(rz, 2, axis=-1)
            u = (r * h) @ recurrent_kernel[:, 2 * width :] + recurrent_bias[:, 2 * width :]
            x_n = x[:, 2 * width :] + u
        n = tanh(x_n)
        return [(1 - z) * n + z * h], ((x_rz, x_n) if recurrent.exact(n.dtype) else (), rz, n, u)

    return recurrent.scan(step, carry, over_all_steps(inputs, kernel), mask)


def _plain(inputs, weights, carry, mask, reset_after):
    """One loop that says the formula."""
    carry, (_, (outputs,)) = _steps(
        inputs, weights, carry, mask, reset_after, recurrent.sigmoid, recurrent.tanh
    )
    return carry, outputs


def _fast_steps(inputs, weights, carry, mask, reset_after):
    tanh = recurrent.tanh if recurrent.exact(inputs.dtype) else jnp.tanh
    return _steps(inputs, weights, carry, mask, reset_after, squashed, tanh)


@functools.partial(jax.custom_jvp, nondiff_argnums=(4,))
def _gru(inputs, weights, carry, mask, reset_after):
    carry, (_, (outputs,)) = _fast_steps(inputs, weights, carry, mask, reset_after)
    return carry, outputs


@_gru.defjvp
def _gru_jvp(reset_after, primals, tangents):
    inputs, weights, carry, mask = primals
    dinputs, (dkernel, drecurrent_kernel, dbias, drecurrent_bias), (dh,), _ = tangents
    kernel, recurrent_kernel = weights[:2]
    width = len(recurrent_kernel)
    (h,), ((sums, rz, n, u), (outputs,)) = lax.optimization_barrier(
        _fast_steps(inputs, weights, carry, mask, reset_after)
    )
    x_rz, x_n = sums or (rz, n)

    h_before = before(carry[0], outputs)
    r, z = jnp.split(rz, 2, axis=-1)
    x_r, x_z = jnp.split(x_rz, 2, axis=-1)
    by_n = (1 - z) * tanh_slope(x_n, n)
    by_z = (h_before - n) * sigmoid_slope(x_z, z)
    by_r = (by_n * u if reset_after else h_before) * sigmoid_slope(x_r, r)
    by_u, keep = (by_n * r if reset_after else r), z
    if mask is not None:
        by_n, by_z, by_r, by_u = (jnp.where(mask, slope, 0) for slope in (by_n, by_z, by_r, by_u))
        keep = jnp.where(mask, z, 1)
    slopes = lax.optimization_barrier((by_r, by_z, by_n, by_u, keep))  # or XLA moves them into the loop

    def from_inputs(columns):
        products = over_all_steps(inputs, dkernel[:, columns]) + over_all_steps(dinputs, kernel[:, columns])
        return products + dbias[None, None, columns]

    def from_carry(h, columns):
        return over_all_steps(h, drecurrent_kernel[:, columns]) + drecurrent_bias[None, None, columns]

    gates, candidate = slice(None, 2 * width), slice(2 * width, None)
    dx_rz, dx_n = from_inputs(gates), from_inputs(candidate)
    if reset_after:
        dx_rz, du = dx_rz + from_carry(h_before, gates), from_carry(h_before, candidate)

        def step(dh, now):
            dx_rz, dx_n, du, (by_r, by_z, by_n, by_u, keep) = now
            by_h = lax.split(dh @ recurrent_kernel, (width,) * 3, axis=1)
            dr, dz = (a + b for a, b in zip(lax.split(dx_rz, (width,) * 2, axis=1), by_h, strict=False))
            dh = dh * keep + dr * by_r + dz * by_z + dx_n * by_n + (du + by_h[2]) * by_u
            return dh, dh

        dh, doutputs = lax.scan(step, dh, (dx_rz, dx_n, du, slopes))
    else:
        dx_rz = dx_rz + from_carry(h_before, gates)
        dx_n = dx_n + from_carry(r * h_before, candidate)
        from_h, from_rh = recurrent_kernel[:, gates], recurrent_kernel[:, candidate]

        def step(dh, now):
            dx_rz, dx_n, (by_r, by_z, by_n, by_u, keep) = now
            dr, dz = lax.split(dx_rz + dh @ from_h, (width,) * 2, axis=1)
            dn = dx_n + (dr * by_r + dh * by_u) @ from_rh
            dh = dh * keep + dz * by_z + dn * by_n
            return dh, dh

        dh, doutputs = lax.scan(step, dh, (dx_rz, dx_n, slopes))
    return ([h], outputs), ([dh], doutputs)


def _fast_after(*arguments):
    return _gru(*arguments, True)


def _fast_before(*arguments):
    return _gru(*arguments, False)


def _plain_after(*arguments):
    return _plain(*arguments, reset_after=True)


def _plain_before(*arguments):
    return _plain(*arguments, reset_after=False)
