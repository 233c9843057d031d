"""The LSTM over whole sequences, fast on CPU.

i f g o: gates, c: memory cell, h: hidden state, d...: tangent of.
"""

import jax
import jax.numpy as jnp
from jax import lax

from . import recurrent
from .recurrent import across_time, before, over_all_steps, sigmoid_slope, tanh_slope


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

    carry, (_, (_, outputs)) = recurrent.scan(step, carry, over_all_steps(inputs, kernel), mask)
    return carry, outputs


@jax.custom_jvp
def _lstm(inputs, weights, carry, mask):
    carry, (_, (_, outputs)) = _steps(inputs, weights, carry, mask)
    return carry, outputs


def _steps(inputs, weights, carry, mask, slopes=False):
    """The last carry, and of all steps (the slopes that the tangents need, where asked for), (c, h)."""
    kernel, recurrent_kernel, bias = weights
    sigmoid, tanh = recurrent.fast_sigmoid, recurrent.fast_tanh

    def step(carry, xs):
        c, h = carry
        us = jnp.split(h @ recurrent_kernel + bias[None], 4, axis=1)
        x_i, x_f, x_g, x_o = (x + u for x, u in zip(xs, us, strict=True))
        i, f, g, o = sigmoid(x_i), sigmoid(x_f), tanh(x_g), sigmoid(x_o)
        new_c = f * c + i * g
        tanh_c = tanh(new_c)
        kept = ()
        if slopes:
            by_gates = g * sigmoid_slope(x_i, i), c * sigmoid_slope(x_f, f), i * tanh_slope(x_g, g)
            by_o, by_c = tanh_c * sigmoid_slope(x_o, o), o * tanh_slope(new_c, tanh_c)
            kept = (*by_gates, by_o), by_c, f
        return [new_c, o * tanh_c], kept

    xs = [over_all_steps(inputs, of_gate) for of_gate in jnp.split(kernel, 4, axis=1)]
    return recurrent.scan(step, carry, xs, mask)


@_lstm.defjvp
def _lstm_jvp(primals, tangents):
    inputs, weights, carry, mask = primals
    dinputs, (dkernel, drecurrent_kernel, dbias), dcarry, _ = tangents
    kernel, recurrent_kernel, _ = weights
    (c, h), (slopes, (_, outputs)) = lax.optimization_barrier(
        _steps(inputs, weights, carry, mask, slopes=True)
    )
    if mask is not None:
        by_gates, by_c, keep = slopes
        by_gates = tuple(jnp.where(mask, slope, 0) for slope in by_gates)
        slopes = by_gates, by_c, jnp.where(mask, keep, 1)
        slopes = lax.optimization_barrier(slopes)  # or XLA moves them into the loop

    seen = jnp.concatenate([inputs, before(carry[1], outputs)], axis=2)
    dx = over_all_steps(seen, jnp.concatenate([dkernel, drecurrent_kernel]))
    dxs = jnp.split(dx + over_all_steps(dinputs, kernel) + dbias[None, None], 4, axis=2)

    def step(dcarry, now):
        dc, dh = dcarry
        dxs, (by_gates, by_c, keep), unmasked = now
        us = lax.split(dh @ recurrent_kernel, (dc.shape[1],) * 4, axis=1)
        di, df, dg, do = (x + u for x, u in zip(dxs, us, strict=True))
        by_i, by_f, by_g, by_o = by_gates
        dc = dc * keep + di * by_i + df * by_f + dg * by_g
        new = dc * by_c + do * by_o
        dh = new if unmasked is None else jnp.where(unmasked, new, dh)
        return (dc, dh), dh

    dcarry, doutputs = lax.scan(step, tuple(dcarry), (dxs, slopes, mask))
    return ([c, h], outputs), (list(dcarry), doutputs)
