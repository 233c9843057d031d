"""One neuron on arrays: synapse weights, a weighted sum, and the bias as one more weight.

i: input.
"""

from typing import Any

from . import checks


def neuron(inputs, weights, bias: Any = 0.0):
    """Weighted sum of a neuron; an activation of it is what the neuron fires.

        neuron(inputs) = sum_i weights[i] * inputs[i] + bias * 1

    inputs: [..., n], weights: [n] (one a synapse), bias: a number, the weight of an input that is always 1.
    Returns [...]. Source: Bishop 2006, eq. 5.2 and 5.8.

    >>> float(neuron(jnp.array([1.0, 2.0]), jnp.array([3.0, 4.0]), 5.0))
    16.0
    """
    inputs, weights = checks.array("neuron", "inputs", inputs), checks.array("neuron", "weights", weights)
    bias = checks.number("neuron", "bias", bias)
    if weights.ndim != 1 or inputs.ndim == 0 or inputs.shape[-1] != weights.shape[0]:
        raise ValueError(
            f"neuron: inputs must end in as many numbers as there are weights; "
            f"got inputs {inputs.shape} and weights {weights.shape}."
        )
    return inputs @ weights + bias
