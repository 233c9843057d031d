"""What the recurrent layers share: the parameters of a cell, drawn and held, and its steps in a row.

t: time step. An example is [time][features]; sequences of unequal lengths are filled up, and a mask tells so.
"""

from typing import Any

from . import checks, recurrent_weights, weights
from .layer import Layer
from .recurrent import _carried


class RecurrentLayer(Layer):
    """What RNN, LSTM and GRU share.

    gates: how many columns of the kernels a hidden unit has; parts: the names of the parts of a carry;
    inits: kernel_init, recurrent_init, bias_init.
    """

    parts: Any = None
    gates = 1

    def __init__(self, in_features, hidden_features, return_sequences, reverse, inits):
        super().__init__()
        name = type(self).__name__
        self.in_features = checks.whole(name, "in_features", in_features, 1)
        self.hidden_features = checks.whole(name, "hidden_features", hidden_features, 1)
        checks.flag(name, "return_sequences", return_sequences)
        checks.flag(name, "reverse", reverse)
        self.return_sequences, self.reverse = return_sequences, reverse
        self.kernel_init, self.recurrent_init, self.bias_init = inits
        hidden, columns = self.hidden_features, self.gates * self.hidden_features
        weights.check(f"{name}: kernel_init", self.kernel_init, (self.in_features, hidden))
        weights.check(f"{name}: recurrent_init", self.recurrent_init, (hidden, hidden))
        weights.check(f"{name}: bias_init", self.bias_init, (columns,))

    def initialize(self, draw):
        """Draws the weights from a `random.Random`, unless they are there."""
        if self.parameters:
            return
        name, gates = type(self).__name__, self.gates
        inputs, hidden = self.in_features, self.hidden_features
        self.parameters["kernel"] = recurrent_weights.kernel(
            f"{name}: kernel_init", self.kernel_init, draw, (inputs, hidden), gates
        )
        self.parameters["recurrent_kernel"] = recurrent_weights.recurrent_kernel(
            f"{name}: recurrent_init", self.recurrent_init, draw, hidden, gates
        )
        self.parameters["bias"] = weights.drawn(f"{name}: bias_init", self.bias_init, draw, (gates * hidden,))
        self.parameters |= self._zeros()

    def _zeros(self):
        """The parameters that start at 0, whatever `bias_init` says."""
        return {}

    def step(self, carry, inputs):
        """The carry after one more time step of one example, inputs [features]."""
        raise NotImplementedError

    def unroll(self, inputs, carry: Any = None, mask=None):
        """(carry, outputs): what is in mind in the end, and the hidden state of each time step.

        inputs: [time][features]; carry: what is in mind at first, 0 if None; mask: [time], 0 where there is
        no input: that step repeats the carry, so its output is the hidden state before it. Returns the carry
        and [time][hidden]; a layer in reverse reads from the end, and its output still stands at the time of
        the input. Raises ValueError for shapes that do not meet.
        """
        name = type(self).__name__
        self._drawn()
        mask = self._check(name, inputs, mask)
        if carry is None:
            nothing = [0.0] * self.hidden_features
            carry = nothing if self.parts is None else (nothing,) * len(self.parts)
        _carried(name, carry, self.hidden_features, self.parts)
        outputs = list(inputs)
        order = range(len(inputs))
        for t in reversed(order) if self.reverse else order:
            carry = self.step(carry, inputs[t]) if mask[t] else carry
            outputs[t] = list(carry if self.parts is None else carry[-1])
        return carry, outputs

    def __call__(self, inputs, carry=None, mask=None):
        """[time][hidden] of one example [time][features], or only the state after the last step, [hidden]."""
        _, outputs = self.unroll(inputs, carry, mask)
        return outputs if self.return_sequences else outputs[0 if self.reverse else -1]

    def _drawn(self):
        if not self.parameters:
            raise ValueError(
                f"{type(self).__name__}: weights must be drawn before the layer is called; "
                "call initialize(random.Random(0)), or put the layer into a NeuralNet."
            )
        return self.parameters

    def _check(self, name, inputs, mask):
        """The mask, one entry for each time step of inputs that are as they must be."""
        given = checks.shape(inputs, f"{name}: inputs")
        if given[:1] == (0,):
            fix = "leave out empty sequences"
            raise ValueError(f"{name}: inputs must have at least one time step; got {given}. Fix: {fix}.")
        if len(given) != 2:
            fix = checks.one_at_a_time(given, 2)
            raise ValueError(f"{name}: inputs must be [time][features] of one example; got {given}.{fix}")
        if given[-1] != self.in_features:
            raise ValueError(f"{name}: inputs must end in the {self.in_features} in_features; got {given}.")
        if mask is None:
            return [1] * given[0]
        if (marks := checks.shape(mask, f"{name}: mask")) != given[:1]:
            raise ValueError(
                f"{name}: mask must have the shape {given[:1]} to meet inputs {given}; got {marks}."
            )
        mask = checks.flatten(mask)
        for x in mask:
            if x not in (0, 1):
                raise ValueError(f"{name}: mask must be 1 for a time step that counts, else 0; got {x}.")
        return mask
