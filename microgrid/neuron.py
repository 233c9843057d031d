"""One neuron: synapses with weights, a weighted sum, and a bias that is one more weight.

i: input.
"""

import random
from typing import Any

from .activations import identity
from .checks import one_at_a_time, shape, shown, whole
from .data import numbers
from .operations import dot
from .value import Value


def neuron(inputs, weights, bias: Any = 0.0):
    """Weighted sum of a neuron; an activation of it is what the neuron fires.

        neuron(inputs) = sum_i weights[i] * inputs[i] + bias * 1

    inputs: [n] numbers, weights: [n] (one a synapse), bias: a number, the weight of an input that is always
    1. Returns a number. Raises ValueError for two lengths. Source: Bishop 2006, eq. 5.2 and 5.8.

    >>> neuron([1.0, 2.0], [3.0, 4.0], 5.0)
    16.0
    """
    given, synapses = shape(inputs, "neuron: inputs"), shape(weights, "neuron: weights")
    if len(synapses) != 1 or not given or given[-1] != synapses[0]:
        raise ValueError(
            f"neuron: inputs must end in as many numbers as there are weights; "
            f"got inputs {given} and weights {synapses}."
        )
    if len(given) > 1:
        fix = one_at_a_time(given, 1)
        raise ValueError(f"neuron: inputs must be the numbers of one example; got {given}.{fix}")
    if shape(bias, "neuron: bias") != ():
        raise ValueError(f"neuron: bias must be one number; got shape {shape(bias)}.")
    return dot([*weights, bias], [*inputs, 1])


class Neuron:
    """A neuron that can learn.

    weights: [n + 1] Values, one a synapse; the last is the bias, on a neuron that is fixed at 1.
    activation: what it does with the weighted sum.
    frozen: the set of synapses that learning must leave alone.

    >>> cell = Neuron(2, seed=0)
    >>> cell.take_weights([3.0, 4.0, 5.0])
    >>> cell.fire([1.0, 2.0])
    Value(16.0, grad=0)
    """

    def __init__(self, in_features, activation=identity, seed=0):
        in_features = whole("Neuron", "in_features", in_features, 1)
        if not callable(activation):
            raise TypeError(f"Neuron: activation must be a function; got {shown(activation)}.")
        draw = random.Random(seed)
        self.weights = [Value(draw.gauss(0, in_features**-0.5)) for _ in range(in_features)] + [Value(0.0)]
        self.activation = activation
        self.frozen = set()

    def weighted_sum(self, inputs):
        """The sum of inputs [n] times weights, plus the bias."""
        return neuron(inputs, self.weights[:-1], self.weights[-1])

    def fire(self, inputs):
        """The activation of the weighted sum of inputs [n]."""
        return self.activation(self.weighted_sum(inputs))

    def freeze(self, *synapses):
        """Keeps these synapses as they are (all, if none is named); the index n is the bias."""
        self._within("freeze", synapses)
        self.frozen |= set(synapses or range(len(self.weights)))

    def unfreeze(self, *synapses):
        """Lets these synapses learn again (all, if none is named)."""
        self._within("unfreeze", synapses)
        self.frozen -= set(synapses or range(len(self.weights)))

    def take_weights(self, other):
        """Copies the weights of another neuron, or of a list of n + 1 numbers."""
        taken = other.weights if isinstance(other, Neuron) else other
        weights = numbers("Neuron.take_weights", "other", taken)
        if shape(weights) != (len(self.weights),):
            raise ValueError(
                f"Neuron.take_weights: weights must be {len(self.weights)} numbers, the bias last; "
                f"got {len(weights)}."
            )
        for mine, new in zip(self.weights, weights, strict=True):
            mine.data = new

    def parameters(self):
        """The weights that learn: all but the frozen ones."""
        return [weight for i, weight in enumerate(self.weights) if i not in self.frozen]

    def _within(self, function, synapses):
        for synapse in synapses:
            if not hasattr(synapse, "__index__") or not 0 <= synapse < len(self.weights):
                raise ValueError(
                    f"Neuron.{function}: synapses must be in 0..{len(self.weights) - 1}; "
                    f"got {shown(synapse)}."
                )
