"""The LSTM over whole sequences, fast on CPU.

i f g o: gates, c: memory cell, h: hidden state, d...: tangent of.
"""

import jax
import jax.numpy as jnp
from jax import lax

from . import recurrent
from .recurrent import across_time, before, over_all_steps, sigmoid_slope, squashed, tanh_slope


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


def _steps(inputs, weights, carry, mask):
    """The last carry, and of all steps what the slopes need: (the gates or their arguments, (c, h))."""
    kernel, recurrent_kernel, bias = weights

    def step(carry, x):
        c, h = carry
        x = x + h @ recurrent_kernel + bias[None]
        gates = _gates(x)
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        c = f * c + i * g
        tanh = recurrent.tanh if recurrent.exact(c.dtype) else jnp.tanh
        return [c, o * tanh(c)], x if recurrent.exact(x.dtype) else gates

    return recurrent.scan(step, carry, over_all_steps(inputs, kernel), mask)


def _gates(x):
    return squashed(x, (2, 3, 4))


@_lstm.defjvp
def _lstm_jvp(primals, tangents):
    inputs, weights, carry, mask = primals
    dinputs, (dkernel, drecurrent_kernel, dbias), dcarry, _ = tangents
    kernel, recurrent_kernel, _ = weights
    (c, h), (kept, (cells, outputs)) = lax.optimization_barrier(_steps(inputs, weights, carry, mask))

    gates = _gates(kept) if recurrent.exact(kept.dtype) else kept
    (i, f, g, o), xs = jnp.split(gates, 4, axis=-1), jnp.split(kept, 4, axis=-1)
    tanh_c = (recurrent.tanh if recurrent.exact(kept.dtype) else jnp.tanh)(cells)
    by_gate = [
        g * sigmoid_slope(xs[0], i),
        before(carry[0], cells) * sigmoid_slope(xs[1], f),
        i * tanh_slope(xs[2], g),
        tanh_c * sigmoid_slope(xs[3], o),
    ]
    by_c, keep = o * tanh_slope(cells, tanh_c), f
    if mask is not None:
        by_gate = [jnp.where(mask, slope, 0) for slope in by_gate]
        keep = jnp.where(mask, f, 1)
    slopes = lax.optimization_barrier((by_gate, by_c, keep))  # or XLA moves them into the loop

    seen = jnp.concatenate([inputs, before(carry[1], outputs)], axis=2)
    dx = over_all_steps(seen, jnp.concatenate([dkernel, drecurrent_kernel]))
    dx = dx + over_all_steps(dinputs, kernel) + dbias[None, None]

    def step(dcarry, now):
        dc, dh = dcarry
        dx, ((by_i, by_f, by_g, by_o), by_c, keep), unmasked = now
        di, df, dg, do = lax.split(dx + dh @ recurrent_kernel, (dc.shape[-1],) * 4, axis=1)
        dc = dc * keep + di * by_i + df * by_f + dg * by_g
        new = dc * by_c + do * by_o
        dh = new if unmasked is None else jnp.where(unmasked, new, dh)
        return (dc, dh), dh

    dcarry, doutputs = lax.scan(step, tuple(dcarry), (dx, slopes, mask))
    return ([c, h], outputs), (list(dcarry), doutputs)
