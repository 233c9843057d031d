"""What the recurrent layers share: the parameters of a cell, drawn and held, over a batch of sequences.

Sequences of unequal lengths are filled up to one length, and a mask tells which steps count.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.core import Tracer

from . import checks, recurrent_weights, untraced, weights
from .data import whole
from .layer import Layer
from .recurrent import _carried


class RecurrentLayer(Layer):
    """What RNN, LSTM and GRU share.

    gates: how many columns of the kernels a hidden unit has; parts: the names of the parts of a carry;
    inits: kernel_init, recurrent_init, bias_init.
    """

    parts: Any = None
    gates = 1

    def __init__(self, in_features, hidden_features, return_sequences, reverse, inits, rngs):
        name = type(self).__name__
        self.in_features = whole(name, "in_features", in_features, 1)
        self.hidden_features = whole(name, "hidden_features", hidden_features, 1)
        checks.flag(name, "return_sequences", return_sequences)
        checks.flag(name, "reverse", reverse)
        self.return_sequences, self.reverse = return_sequences, reverse
        self.kernel_init, self.recurrent_init, self.bias_init = inits
        hidden, columns = self.hidden_features, self.gates * self.hidden_features
        weights.check(f"{name}: kernel_init", self.kernel_init, (self.in_features, hidden))
        weights.check(f"{name}: recurrent_init", self.recurrent_init, (hidden, hidden))
        weights.check(f"{name}: bias_init", self.bias_init, (columns,))
        for parameter in ("kernel", "recurrent_kernel", "bias", *self._zeros()):
            setattr(self, parameter, nnx.Param(None))
        if rngs is not None:
            self.initialize(untraced.generator(name, rngs))

    def initialize(self, generator, dtype="float32"):
        """Draw the weights from a numpy random generator; in numpy, so that nothing is compiled."""
        name, gates = type(self).__name__, self.gates
        inputs, hidden = self.in_features, self.hidden_features
        checks.fits(name, "its weights", (max(inputs, hidden), gates * hidden), float)
        drawn = {
            "kernel": recurrent_weights.kernel(
                f"{name}: kernel_init", self.kernel_init, generator, (inputs, hidden), gates, dtype
            ),
            "recurrent_kernel": recurrent_weights.recurrent_kernel(
                f"{name}: recurrent_init", self.recurrent_init, generator, hidden, gates, dtype
            ),
            "bias": weights.drawn(f"{name}: bias_init", self.bias_init, generator, (gates * hidden,), dtype),
        }
        drawn |= {name: jax.device_put(np.zeros(shape, dtype)) for name, shape in self._zeros().items()}
        for parameter, array in drawn.items():
            setattr(self, parameter, nnx.Param(array))

    def _zeros(self):
        """name -> shape of the parameters that start at 0, whatever `bias_init` says."""
        return {}

    def step(self, carry, inputs):
        """The carry after one more time step, inputs [..., features]."""
        raise NotImplementedError

    def _loop(self, inputs, **parameters):
        raise NotImplementedError

    def unroll(self, inputs, carry=None, mask=None):
        """(carry, outputs): what is in mind in the end, and the hidden state of each time step.

        inputs: [batch, time, features]; carry: what is in mind at first, 0 if None; mask: [batch, time], 0
        where there is no input: that step repeats the carry, so its output is the hidden state before it;
        in compiled code a mask has no values to look at yet, and all but 0 counts as 1.
        Returns the carry and [batch, time, hidden]; a layer in reverse reads from the end, and its output
        still stands at the time of the input. Raises ValueError for shapes that do not meet.
        """
        name = type(self).__name__
        parameters = self._drawn()
        inputs = checks.numbers(name, "inputs", inputs)
        mask = self._check(name, inputs, mask)
        shape = inputs.shape[0], self.hidden_features
        if carry is None:
            nothing = jnp.zeros(shape, inputs.dtype)
            carry = nothing if self.parts is None else (nothing,) * len(self.parts)
        carry = _carried(name, carry, shape, self.parts)
        carry = carry if self.parts is None else tuple(carry)
        return self._loop(inputs, carry=carry, mask=mask, reverse=self.reverse, **parameters)

    def __call__(self, inputs, carry=None, mask=None):
        """[batch, time, hidden], or only the state after the last step, [batch, hidden]."""
        carry, outputs = self.unroll(inputs, carry, mask)
        if self.return_sequences:
            return outputs
        return carry if self.parts is None else carry[-1]  # `outputs` would need a slope of each

    def _drawn(self):
        if not self.parameters:
            raise ValueError(
                f"{type(self).__name__}: weights must be drawn before the layer is called; "
                "give rngs=nnx.Rngs(0), or put the layer into a NeuralNet."
            )
        return self.parameters

    def _check(self, name, inputs, mask):
        """The mask as an array, if it and the inputs are as they must be."""
        given = inputs.shape
        if len(given) != 3:
            fix = " Fix: inputs[None] for one example." if len(given) == 2 else ""
            raise ValueError(f"{name}: inputs must be [batch, time, features]; got {given}.{fix}")
        if given[1] == 0:
            fix = "leave out empty sequences"
            raise ValueError(f"{name}: inputs must have at least one time step; got {given}. Fix: {fix}.")
        if given[-1] != self.in_features:
            raise ValueError(f"{name}: inputs must end in the {self.in_features} in_features; got {given}.")
        if mask is None:
            return None
        mask = checks.array(name, "mask", mask)
        if mask.shape != given[:2]:
            fix = " Fix: mask[..., 0]." if mask.shape == (*given[:2], 1) else ""
            if mask.shape == given[:1]:
                fix = f" Fix: for lengths, jnp.arange({given[1]}) < mask[:, None]."
            raise ValueError(
                f"{name}: mask must have the shape {given[:2]} to meet inputs {given}; got {mask.shape}.{fix}"
            )
        if not isinstance(mask, Tracer):
            marks = np.asarray(mask)
            for x in marks[(marks != 0) & (marks != 1)][:1]:
                raise ValueError(f"{name}: mask must be 1 for a time step that counts, else 0; got {x}.")
        return mask
