"""The steps of recurrent.py for every time step of a batch of sequences, in one compiled loop.

B: sequences in a batch, T: time steps. recurrent_layers.py has checked the shapes. Each function returns
(carry, outputs): what is in mind in the end, and the hidden state of each step, [B, T, hidden]. inputs:
[B, T, in]; carry: arrays [B, hidden]; mask: [B, T], 0 where the carry is repeated, or None; reverse: from the
end to the start.
"""

import jax
import jax.numpy as jnp
from jax import lax

from . import sharding
from .fast.gru import gru as fast_gru
from .fast.lstm import lstm as fast_lstm
from .recurrent import _lstm_cell, _rnn_cell


def rnn(inputs, kernel, recurrent_kernel, bias, carry, mask, reverse, activation="tanh"):
    """`rnn_step` at each time step."""

    def cell(h, sums, recurrent_kernel):
        return _rnn_cell(h, sums, recurrent_kernel, activation)

    return _unrolled(cell, inputs, [kernel, bias, recurrent_kernel], carry, mask, reverse)


def lstm(inputs, kernel, recurrent_kernel, bias, carry, mask, reverse, peephole=None):
    """`lstm_step` at each time step; a forget bias is part of the bias. carry: (c, h)."""
    if peephole is None:
        return fast_lstm(_seen(inputs, mask), kernel, recurrent_kernel, bias, carry, mask, reverse)

    return _unrolled(_lstm_cell, inputs, [kernel, bias, recurrent_kernel, peephole], carry, mask, reverse)


def gru(inputs, kernel, recurrent_kernel, bias, carry, mask, reverse, recurrent_bias=None, reset_after=True):
    """`gru_step` at each time step."""
    weights = (kernel, recurrent_kernel, bias, recurrent_bias)
    return fast_gru(_seen(inputs, mask), *weights, carry, mask, reverse, reset_after)


def _seen(inputs, mask):
    """0 for the inputs of masked steps, which may be nan, and must reach neither a sum nor a slope."""
    return inputs if mask is None else jnp.where((mask != 0)[..., None], inputs, 0)


def _unrolled(cell, inputs, weights, carry, mask, reverse):
    """cell(carry, x[t] @ W + b, the other weights) at each time step. All that the inputs alone decide is one
    matrix product in front of the loop. A masked step changes nothing, not even where its input is nan."""
    dtype = jnp.result_type(inputs, *weights, *jax.tree.leaves(carry))
    inputs, weights, carry = jax.tree.map(lambda x: x.astype(dtype), (_seen(inputs, mask), weights, carry))

    def run(inputs, weights, carry, mask):
        inputs, weights, carry, mask = sharding.varying_alike((inputs, weights, carry, mask))
        kernel, bias, *others = weights
        steps = jnp.swapaxes(inputs, 0, 1)
        keep = None if mask is None else (mask.T != 0)[..., None]
        sums = steps.reshape(-1, kernel.shape[0]) @ kernel + bias[None]
        sums = sums.reshape(*steps.shape[:2], len(bias))

        def step(carry, now):
            x, keep = now
            new = cell(carry, x, *others)
            if keep is not None:
                new = jax.tree.map(lambda new, old: jnp.where(keep, new, old), new, carry)
            return new, jax.tree.leaves(new)[-1]

        carry, outputs = lax.scan(step, carry, (sums, keep), reverse=reverse)
        return carry, jnp.swapaxes(outputs, 0, 1)

    return sharding.split_by_xla(run, inputs)(inputs, weights, carry, mask)
