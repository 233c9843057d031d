"""A net of the array room, said again in the scalar room."""

import numpy as np

from .. import Dropout, Linear, NeuralNet, Value, activations


def to_microgrid(net):
    """The scalar net with the layers and the very weights of an array net.

    net: a jaxnets.NeuralNet whose layers are Linear, Dropout and the activations of the cheat sheet.
    Returns a microgrid.NeuralNet, not yet compiled: choose the optimizer and the loss of that room.
    Raises TypeError for any other layer.

    >>> import jaxnets
    >>> net = jaxnets.NeuralNet([jaxnets.Linear(2, 1), jaxnets.tanh], seed=0, dtype="float64")
    >>> scalar, x = to_microgrid(net), [[0.5, -1.0]]
    >>> abs(scalar.forward(x)[0][0] - float(net.forward(np.array(x))[0, 0])) < 1e-15
    True
    """
    import jaxnets

    if not isinstance(net, jaxnets.NeuralNet):
        raise TypeError(f"to_microgrid: net must be a jaxnets.NeuralNet; got {type(net).__name__}.")
    layers, twins = [], {}
    for layer in net.layers:
        if id(layer) in twins:  # a layer that stands twice shares its weights
            layers.append(twins[id(layer)])
            continue
        if isinstance(layer, jaxnets.Linear):
            twin = Linear(layer.in_features, layer.out_features, layer.use_bias)
            twin.parameters["kernel"] = _values(layer.kernel[...])
            if layer.bias is not None:
                twin.parameters["bias"] = _values(layer.bias[...])
            layers.append(twin)
        elif isinstance(layer, jaxnets.Dropout):
            layers.append(Dropout(layer.rate))
        elif layer is getattr(jaxnets.activations, name := getattr(layer, "__name__", ""), None):
            layers.append(getattr(activations, name))
        else:
            told = getattr(layer, "__name__", type(layer).__name__)
            raise TypeError(
                f"to_microgrid: layers must be Linear, Dropout or activations of jaxnets; got {told}."
            )
        twins[id(layer)] = layers[-1]
    scalar = NeuralNet(layers, seed=0)
    scalar.trained = True
    return scalar


def _values(array):
    return [_values(row) for row in array] if np.ndim(array) else Value(float(array))
