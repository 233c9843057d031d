"""The LSTM over whole sequences, fast on CPU.

i f g o: gates, c: memory cell, h: hidden state, d...: tangent of.
"""

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


def lstm(inputs, kernel, recurrent_kernel, bias, carry, mask=None, reverse=False):
    """The LSTM of `jaxnets.recurrent.lstm_step` over all time steps.

    inputs: [B, T, in], kernel: [in, 4 * hidden], recurrent_kernel: [hidden, 4 * hidden], bias: [4 * hidden],
    gates in the order i f g o, the forget bias already in the bias; carry: (c, h), each [B, hidden]; mask:
    [B, T], a step where it is 0 repeats the carry, or None; reverse: from the last step to the first.
    Returns ((c, h), outputs [B, T, hidden]), the carry being that of the step computed last. Gradients of any
    order, forward mode and `vmap` work. In 16 bits a CPU computes in 32; what slopes lose in 32 bits is said
    in `jaxnets.fast.recurrent.exact`.
    """
    weights = [kernel, recurrent_kernel, bias]
    (c, h), outputs = across_time(_lstm, _plain, inputs, weights, list(carry), mask, reverse)
    return (c, h), outputs


def _plain(inputs, weights, carry, mask):
    """One loop that says the formula."""
    kernel, recurrent_kernel, bias = weights

    def step(carry, x):
        c, h = carry
        i, f, g, o = jnp.split(x + h @ recurrent_kernel + bias[None], 4, axis=-1)
        c = recurrent.sigmoid(f) * c + recurrent.sigmoid(i) * recurrent.tanh(g)
        return [c, recurrent.sigmoid(o) * recurrent.tanh(c)], ()

    carry, outputs = recurrent.scan(step, carry, over_all_steps(inputs, kernel), mask)
    return carry, outputs


@jax.custom_jvp
def _lstm(inputs, weights, carry, mask):
    carry, (outputs, *_) = _steps(inputs, weights, carry, mask)
    return carry, outputs


def _steps(inputs, weights, carry, mask, slopes=False):
    """The last carry, and of all steps the slopes that the tangents need, where asked for, and h."""
    kernel, recurrent_kernel, bias = weights
    sigmoid, tanh = recurrent.fast_sigmoid, recurrent.fast_tanh

    def step(carry, xs, unmasked):
        c, h = carry
        us = jnp.split(h @ recurrent_kernel + bias[None], 4, axis=1)
        x_i, x_f, x_g, x_o = (x + u for x, u in zip(xs, us, strict=True))
        i, f, g, o = sigmoid(x_i), sigmoid(x_f), tanh(x_g), sigmoid(x_o)
        new_c = f * c + i * g
        tanh_c = tanh(new_c)
        carry = kept(unmasked, [new_c, o * tanh_c], carry)
        if not slopes:
            return carry, carry[1:]
        by_gates = g * sigmoid_slope(x_i, i), c * sigmoid_slope(x_f, f), i * tanh_slope(x_g, g)
        by_o, by_c = tanh_c * sigmoid_slope(x_o, o), o * tanh_slope(new_c, tanh_c)
        return carry, [*by_gates, by_o, by_c, f, carry[1]]

    return in_place(step, carry, of_each_gate(inputs, kernel, 4), mask, more=3 * slopes)


@_lstm.defjvp
def _lstm_jvp(primals, tangents):
    inputs, weights, carry, mask = primals
    dinputs, (dkernel, drecurrent_kernel, dbias), dcarry, _ = tangents
    kernel, recurrent_kernel, _ = weights
    carry_after, (*slopes, outputs) = lax.optimization_barrier(
        _steps(inputs, weights, carry, mask, slopes=True)
    )
    slopes = unmasked_slopes(slopes, mask)
    by_h = None if mask is None else (~mask).astype(outputs.dtype)

    seen = joined(inputs, before(carry[1], outputs))
    dweights = jnp.concatenate([dkernel, drecurrent_kernel, dbias[None]])
    pairs = zip(of_each_gate(seen, dweights, 4), of_each_gate(dinputs, kernel, 4), strict=True)
    dxs = [by_weights + by_inputs for by_weights, by_inputs in pairs]
    *dcarry, doutputs = _tangents((slopes, by_h, recurrent_kernel), [*dcarry, *dxs])
    return (carry_after, outputs), (dcarry, doutputs)


def _forward(fixed, moving):
    """The tangents of c, h and all outputs from those of the first carry and of what goes into the gates."""
    slopes, by_h, recurrent_kernel = fixed
    dc, dh, *dxs = moving

    def step(dcarry, now):
        dc, dh = dcarry
        dxs, (by_i, by_f, by_g, by_o, by_c, keep), by_h = now
        us = lax.split(dh @ recurrent_kernel, (dc.shape[1],) * 4, axis=1)
        di, df, dg, do = (x + u for x, u in zip(dxs, us, strict=True))
        dc = dc * keep + di * by_i + df * by_f + dg * by_g
        passed = 0 if by_h is None else dh * by_h
        dh = dc * by_c + do * by_o + passed
        return (dc, dh), dh

    (dc, dh), doutputs = lax.scan(step, (dc, dh), (dxs, slopes, by_h))
    return [dc, dh, doutputs]


def _backward(fixed, cotangents):
    """The transpose of `_forward`."""
    (*by_gates, by_c, keep), by_h, recurrent_kernel = fixed
    dc, dh, doutputs = cotangents
    mirrored = lax.optimization_barrier(recurrent_kernel.T)

    def step(carry, by_gates, now):
        dc, dh = carry
        by_i, by_f, by_g, by_o = by_gates
        by_c, keep, by_h, doutput = now
        dh = dh + doutput
        dc = dc + dh * by_c
        dxs = [dc * by_i, dc * by_f, dc * by_g, dh * by_o]
        passed = 0 if by_h is None else dh * by_h
        return (dc * keep, jnp.concatenate(dxs, axis=1) @ mirrored + passed), dxs

    others = by_c, keep, by_h, doutputs
    (dc, dh), dxs = in_place(step, (dc, dh), by_gates, others, reverse=True)
    return [dc, dh, *dxs]


_tangents = linear(_forward, _backward)
