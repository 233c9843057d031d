"""The GRU over whole sequences, fast on CPU.

r: reset gate, z: update gate, n: candidate, u: what the recurrent kernel gives, d...: tangent of, by_...:
slope of the new h by.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from . import recurrent
from .loops import in_place, linear
from .recurrent import (
    across_time,
    before,
    joined,
    kept,
    of_each_gate,
    over_all_steps,
    sigmoid_slope,
    tanh_slope,
    unmasked_slopes,
)


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


def _step(weights, reset_after, sigmoid, tanh, slopes=False):
    """The step of a loop: (carry, the inputs' part of r z n) -> (carry, the slopes of h by r z n u and by the
    h before, if asked for)."""
    _, recurrent_kernel, bias, recurrent_bias = weights
    gates, candidate = _columns(recurrent_kernel)
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
        by = []
        if slopes:
            by_n = (1 - z) * tanh_slope(x_n, n)
            by_z = (h - n) * sigmoid_slope(x_z, z)
            by_r = (by_n * u_n if reset_after else h) * sigmoid_slope(x_r, r)
            by = [by_r, by_z, by_n, (by_n * r if reset_after else r), z]
        return [(1 - z) * n + z * h], by

    return step


def _columns(recurrent_kernel):
    """Those of r and z, and those of n."""
    width = len(recurrent_kernel)
    return slice(None, 2 * width), slice(2 * width, None)


def _plain(inputs, weights, carry, mask, reset_after):
    """One loop that says the formula."""
    step = _step(weights, reset_after, recurrent.sigmoid, recurrent.tanh)
    return recurrent.scan(step, carry, of_each_gate(inputs, weights[0], 3), mask)


def _steps(inputs, weights, carry, mask, reset_after, slopes=False):
    """The last carry, and of all steps the slopes of h, where asked for, and h."""
    formula = _step(weights, reset_after, recurrent.fast_sigmoid, recurrent.fast_tanh, slopes)

    def step(carry, xs, unmasked):
        after, by = formula(carry, xs)
        after = kept(unmasked, after, carry)
        return after, [*by, *after]

    return in_place(step, carry, of_each_gate(inputs, weights[0], 3), mask, more=3 * slopes)


@functools.partial(jax.custom_jvp, nondiff_argnums=(4,))
def _gru(inputs, weights, carry, mask, reset_after):
    carry, (outputs, *_) = _steps(inputs, weights, carry, mask, reset_after)
    return carry, outputs


@_gru.defjvp
def _gru_jvp(reset_after, primals, tangents):
    inputs, weights, carry, mask = primals
    dinputs, (dkernel, drecurrent_kernel, dbias, drecurrent_bias), (dh,), _ = tangents
    kernel, recurrent_kernel = weights[:2]
    _, candidate = _columns(recurrent_kernel)
    (h,), (*slopes, outputs) = lax.optimization_barrier(
        _steps(inputs, weights, carry, mask, reset_after, slopes=True)
    )
    h_before, r = before(carry[0], outputs), slopes[3]
    slopes = unmasked_slopes(slopes, mask)

    def change(steps, columns, *changes):
        """Of the product of all steps and 1 by weights, changes: of these, one below the other."""
        return over_all_steps(joined(*steps), jnp.concatenate([rows[:, columns] for rows in changes]))

    width = len(recurrent_kernel)
    changes = dkernel, drecurrent_kernel, (dbias + drecurrent_bias)[None]
    dxs = [change((inputs, h_before), slice(k * width, (k + 1) * width), *changes) for k in range(2)]
    if reset_after:
        dx_n = change((inputs,), candidate, dkernel, dbias[None])
        du_n = [change((h_before,), candidate, drecurrent_kernel, drecurrent_bias[None])]
    else:
        dx_n, du_n = change((inputs, r * h_before), candidate, *changes), []
    dxs = [dx + more for dx, more in zip([*dxs, dx_n], of_each_gate(dinputs, kernel, 3), strict=True)]
    tangents = _tangents_after if reset_after else _tangents_before
    dh, doutputs = tangents((slopes, recurrent_kernel), [dh, *dxs, *du_n])
    return ([h], outputs), ([dh], doutputs)


def _forward_after(fixed, moving):
    """The tangents of h and all outputs, from those of the first h and of what goes into r z n u."""
    slopes, recurrent_kernel = fixed
    dh, *dxs = moving

    def step(dh, now):
        (dr, dz, dn, du), (by_r, by_z, by_n, by_u, keep) = now
        r, z, u = lax.split(dh @ recurrent_kernel, (dh.shape[1],) * 3, axis=1)
        dh = dh * keep + (dr + r) * by_r + (dz + z) * by_z + dn * by_n + (du + u) * by_u
        return dh, dh

    return list(lax.scan(step, dh, (dxs, slopes)))


def _backward_after(fixed, cotangents):
    """The transpose of `_forward_after`."""
    (*by_gates, keep), recurrent_kernel = fixed
    dh, doutputs = cotangents
    mirrored = lax.optimization_barrier(recurrent_kernel.T)

    def step(dh, by_gates, now):
        keep, doutput = now
        dh = dh + doutput
        dr, dz, _, du = dxs = [dh * by for by in by_gates]
        return dh * keep + jnp.concatenate([dr, dz, du], axis=1) @ mirrored, dxs

    dh, dxs = in_place(step, dh, by_gates, (keep, doutputs), reverse=True)
    return [dh, *dxs]


def _forward_before(fixed, moving):
    """The tangents of h and all outputs, from those of the first h and of what goes into r z n."""
    slopes, recurrent_kernel = fixed
    dh, *dxs = moving
    gates, candidate = _columns(recurrent_kernel)

    def step(dh, now):
        (dr, dz, dn), (by_r, by_z, by_n, by_u, keep) = now
        r, z = lax.split(dh @ recurrent_kernel[:, gates], (dh.shape[1],) * 2, axis=1)
        dn = dn + ((dr + r) * by_r + dh * by_u) @ recurrent_kernel[:, candidate]
        dh = dh * keep + (dz + z) * by_z + dn * by_n
        return dh, dh

    return list(lax.scan(step, dh, (dxs, slopes)))


def _backward_before(fixed, cotangents):
    """The transpose of `_forward_before`."""
    (*by_gates, by_u, keep), recurrent_kernel = fixed
    dh, doutputs = cotangents
    mirrored = [lax.optimization_barrier(recurrent_kernel[:, part].T) for part in _columns(recurrent_kernel)]

    def step(dh, by_gates, now):
        by_r, by_z, by_n = by_gates
        by_u, keep, doutput = now
        dh = dh + doutput
        dz, dn = dh * by_z, dh * by_n
        du = dn @ mirrored[1]
        dr = du * by_r
        return dh * keep + du * by_u + jnp.concatenate([dr, dz], axis=1) @ mirrored[0], [dr, dz, dn]

    dh, dxs = in_place(step, dh, by_gates, (by_u, keep, doutputs), reverse=True)
    return [dh, *dxs]


_tangents_after = linear(_forward_after, _backward_after)
_tangents_before = linear(_forward_before, _backward_before)


def _fast_after(*arguments):
    return _gru(*arguments, True)


def _fast_before(*arguments):
    return _gru(*arguments, False)


def _plain_after(*arguments):
    return _plain(*arguments, reset_after=True)


def _plain_before(*arguments):
    return _plain(*arguments, reset_after=False)
