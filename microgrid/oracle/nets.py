"""A net of the array room, said again in the scalar room."""

import inspect
from importlib import import_module

import numpy as np

from .. import NeuralNet, Value
from ..layer import Layer


def to_microgrid(net):
    """The scalar net with the layers and the very weights of an array net.

    net: a jaxnets.NeuralNet whose layers are this library's own layers and activations. Returns a
    microgrid.NeuralNet, not yet compiled: choose the optimizer and the loss of that room.
    Raises TypeError for any other layer, and for a net that is no list of layers.

    >>> import jaxnets
    >>> net = jaxnets.NeuralNet([jaxnets.Linear(2, 1), jaxnets.tanh], seed=0, dtype="float64")
    >>> scalar, x = to_microgrid(net), [[0.5, -1.0]]
    >>> abs(scalar.forward(x)[0][0] - float(net.forward(np.array(x))[0, 0])) < 1e-15
    True
    """
    import jaxnets

    if not isinstance(net, jaxnets.NeuralNet):
        raise TypeError(f"to_microgrid: net must be a jaxnets.NeuralNet; got {type(net).__name__}.")
    if not net.layers:
        raise TypeError(
            f"to_microgrid: net must be a list of layers, as nothing else can be copied; got the module "
            f"{type(net.module).__name__}. Fix: NeuralNet([layer, ...]) of layers and activations of jaxnets."
        )
    twins = {}  # a layer that stands twice shares its weights
    for k, layer in enumerate(net.layers):
        twins.setdefault(id(layer), _twin(layer, f"layers[{k}]"))
    layers = [twins[id(layer)] for layer in net.layers]
    scalar = NeuralNet(layers, seed=0)
    scalar.trained = True
    return scalar


def _twin(layer, place):
    """The scalar layer, or activation, of the same name, made with the same arguments, which an array layer
    keeps under their names; with its weights and its running statistics. place: where it is in the net."""
    import jaxnets.layer

    kind = type(layer)
    module, name = getattr(layer, "__module__", None) or "", getattr(layer, "__name__", "")
    if module.startswith("jaxnets.activations") and layer is getattr(import_module(module), name, None):
        return getattr(import_module(module.replace("jaxnets", "microgrid", 1)), name)
    topic = kind.__module__.removeprefix("jaxnets.")
    scalar = getattr(import_module(f"microgrid.{topic}"), kind.__name__, None) if _own(kind) else None
    if not (inspect.isclass(scalar) and issubclass(scalar, Layer)):
        told = getattr(layer, "__name__", kind.__name__)
        fix = "one of jaxnets in its place, as the scalar room has no other"
        raise TypeError(
            f"to_microgrid: {place} must be a layer or an activation of jaxnets; got {told}. Fix: {fix}."
        )
    arguments = {argument: getattr(layer, argument) for argument in inspect.signature(scalar).parameters}
    for name in [x for x in arguments if x.endswith("_init") and callable(arguments[x])]:
        del arguments[name]  # it draws with numpy, and has drawn already
    held = {name: x for name, x in arguments.items() if isinstance(x, jaxnets.layer.Layer)}
    inner = {name: _twin(x, f"{place}.{name}") for name, x in held.items()}
    twin = scalar(**arguments | inner)
    twin.parameters = {name: _each(Value, array) for name, array in layer.parameters.items()}
    twin.statistics = {name: _each(float, array) for name, array in layer.statistics.items()}
    return twin


def _own(kind):
    return kind.__module__.startswith("jaxnets.")


def _each(kind, array):
    return [_each(kind, row) for row in array] if np.ndim(array) else kind(float(array))
