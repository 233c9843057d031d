"""The GRU over whole sequences, fast on CPU.

r: reset gate, z: update gate, n: candidate, u: what the recurrent kernel gives, d...: tangent of, by_...:
slope of the new h by.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from . import recurrent
from .recurrent import across_time, before, over_all_steps, sigmoid_slope, tanh_slope


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


def _steps(inputs, weights, carry, mask, reset_after, sigmoid, tanh, slopes=False):
    """The last carry, and of all steps (the slopes of h by r z n u, and z, if asked for), (h,)."""
    kernel, recurrent_kernel, bias, recurrent_bias = weights
    gates, candidate = slice(None, 2 * len(recurrent_kernel)), slice(2 * len(recurrent_kernel), None)
    bias, recurrent_bias = bias[None], recurrent_bias[None]

    def step(carry, xs):
        (h,) = carry
        x_r, x_z, x_n = (x + b for x, b in zip(xs, jnp.split(bias, 3, axis=1), strict=True))
        if reset_after:
            u_r, u_z, u_n = jnp.split(h @ recurrent_kernel + recurrent_bias, 3, axis=1)
        else:
            u_r, u_z = jnp.split(h @ recurrent_kernel[:, gates] + recurrent_bias[:, gates], 2, axis=1)
        x_r, x_z = x_r + u_r, x_z + u_z
        r, z = sigmoid(x_r), sigmoid(x_z)
        if reset_after:
            x_n = x_n + r * u_n
        else:
            u_n = (r * h) @ recurrent_kernel[:, candidate] + recurrent_bias[:, candidate]
            x_n = x_n + u_n
        n = tanh(x_n)
        kept = ()
        if slopes:
            by_n = (1 - z) * tanh_slope(x_n, n)
            by_z = (h - n) * sigmoid_slope(x_z, z)
            by_r = (by_n * u_n if reset_after else h) * sigmoid_slope(x_r, r)
            kept = by_r, by_z, by_n, (by_n * r if reset_after else r), z
        return [(1 - z) * n + z * h], kept

    xs = [over_all_steps(inputs, of_gate) for of_gate in jnp.split(kernel, 3, axis=1)]
    return recurrent.scan(step, carry, xs, mask)


def _plain(inputs, weights, carry, mask, reset_after):
    """One loop that says the formula."""
    carry, (_, (outputs,)) = _steps(
        inputs, weights, carry, mask, reset_after, recurrent.sigmoid, recurrent.tanh
    )
    return carry, outputs


@functools.partial(jax.custom_jvp, nondiff_argnums=(4,))
def _gru(inputs, weights, carry, mask, reset_after):
    functions = recurrent.fast_sigmoid, recurrent.fast_tanh
    carry, (_, (outputs,)) = _steps(inputs, weights, carry, mask, reset_after, *functions)
    return carry, outputs


@_gru.defjvp
def _gru_jvp(reset_after, primals, tangents):
    inputs, weights, carry, mask = primals
    dinputs, (dkernel, drecurrent_kernel, dbias, drecurrent_bias), (dh,), _ = tangents
    kernel, recurrent_kernel = weights[:2]
    width = len(recurrent_kernel)
    gates, candidate = slice(None, 2 * width), slice(2 * width, None)
    functions = recurrent.fast_sigmoid, recurrent.fast_tanh
    (h,), (slopes, (outputs,)) = lax.optimization_barrier(
        _steps(inputs, weights, carry, mask, reset_after, *functions, slopes=True)
    )
    h_before, r = before(carry[0], outputs), slopes[3]
    if mask is not None:
        *slopes, keep = slopes
        slopes = *(jnp.where(mask, slope, 0) for slope in slopes), jnp.where(mask, keep, 1)
        slopes = lax.optimization_barrier(slopes)  # or XLA moves them into the loop

    dx = over_all_steps(inputs, dkernel) + over_all_steps(dinputs, kernel) + dbias[None, None]
    if reset_after:
        du = over_all_steps(h_before, drecurrent_kernel)
    else:
        of_gates = over_all_steps(h_before, drecurrent_kernel[:, gates])
        of_candidate = over_all_steps(r * h_before, drecurrent_kernel[:, candidate])
        du = jnp.concatenate([of_gates, of_candidate], axis=2)
    du = du + drecurrent_bias[None, None]
    dx_r, dx_z = jnp.split(dx[..., gates] + du[..., gates], 2, axis=2)

    def step_after(dh, now):
        dx_r, dx_z, dx_n, du_n, (by_r, by_z, by_n, by_u, keep) = now
        r, z, u = lax.split(dh @ recurrent_kernel, (width,) * 3, axis=1)
        dh = dh * keep + (dx_r + r) * by_r + (dx_z + z) * by_z + dx_n * by_n + (du_n + u) * by_u
        return dh, dh

    def step_before(dh, now):
        dx_r, dx_z, dx_n, du_n, (by_r, by_z, by_n, by_u, keep) = now
        r, z = lax.split(dh @ recurrent_kernel[:, gates], (width,) * 2, axis=1)
        dn = dx_n + du_n + ((dx_r + r) * by_r + dh * by_u) @ recurrent_kernel[:, candidate]
        dh = dh * keep + (dx_z + z) * by_z + dn * by_n
        return dh, dh

    step = step_after if reset_after else step_before
    dh, doutputs = lax.scan(step, dh, (dx_r, dx_z, dx[..., candidate], du[..., candidate], slopes))
    return ([h], outputs), ([dh], doutputs)


def _fast_after(*arguments):
    return _gru(*arguments, True)


def _fast_before(*arguments):
    return _gru(*arguments, False)


def _plain_after(*arguments):
    return _plain(*arguments, reset_after=True)


def _plain_before(*arguments):
    return _plain(*arguments, reset_after=False)
