"""What every layer of a net can do: forward, backward, hand out its parameters.

N: examples. An example is nested lists of numbers: [features], [time][features], [height][width][channels].
"""

from inspect import signature
from sys import modules
from types import ModuleType
from typing import Any

from .activations import softmax
from .activations_rows import glu, log_softmax
from .checks import each, flatten, shape, shown
from .value import Value, backward, plain


class Layer:
    """A layer; a subclass says in `__call__` what it makes of one example, or in `batch` of all of them.

    parameters: name -> nested lists of Values, such as {"kernel": [in][out], "bias": [out]}.
    statistics: numbers that are kept but not learnt, such as the running mean of batch normalization.
    frozen: True where learning must leave the parameters alone.
    training: True while `fit` runs; dropout looks at it.
    """

    def __init__(self):
        self.parameters: dict[str, Any] = {}
        self.statistics: dict[str, Any] = {}
        self.frozen, self.training = False, False
        self._seen: Any = None
        self._fired: Any = None

    def __repr__(self):
        told = []
        for name, parameter in signature(type(self)).parameters.items():
            argument = getattr(self, name, parameter.default)
            if parameter.default is parameter.empty:
                told.append(_told(argument))
            elif argument != parameter.default:
                told.append(f"{name}={_told(argument)}")
        return f"{type(self).__name__}({', '.join(told)})"

    def __call__(self, inputs):
        """What the layer makes of one example: nested lists of numbers, or of Values for their gradients."""
        raise NotImplementedError(f"{type(self).__name__}: a layer must say what it makes of its inputs.")

    def initialize(self, draw):
        """Draws the weights that are not there yet from a `random.Random`."""

    def check(self, function, examples):
        """Raises ValueError for examples that the layer cannot take, before any is; function: who asks."""

    def batch(self, examples):
        """What the layer makes of a batch: one example at a time, unless a subclass compares them."""
        return [self(example) for example in examples]

    def forward(self, inputs):
        """What the layer fires for a batch: [N][...] numbers -> [N][...] numbers."""
        if len(given := shape(inputs, f"{type(self).__name__}.forward: inputs")) < 2:
            raise ValueError(
                f"{type(self).__name__}.forward: inputs must have one row an example, [N, features]; "
                f"got {given}."
            )
        self._seen = each(lambda x: Value(plain(x)), inputs)
        self._fired = self.batch(self._seen)
        return each(plain, self._fired)

    def backward(self, gradients):
        """The chain rule for one layer: numbers [N][...] d loss / d output -> [N][...] d loss / d input.

        The gradients of the parameters are added to their `grad`. Raises ValueError before a forward pass.
        """
        if self._fired is None:
            raise ValueError(f"{type(self).__name__}.backward: call forward first; it has not run yet.")
        if shape(gradients) != shape(self._fired):
            raise ValueError(
                f"{type(self).__name__}.backward: gradients must have the shape {shape(self._fired)} of the "
                f"outputs; got {shape(gradients)}."
            )
        pairs = zip(flatten(self._fired), flatten(gradients), strict=True)
        followed = [(y, gradient) for y, gradient in pairs if isinstance(y, Value)]
        for x in flatten(self._seen):
            x.grad = 0
        backward([y for y, _ in followed], [gradient for _, gradient in followed])
        return each(lambda x: x.grad, self._seen)


class Activation(Layer):
    """An activation function as a layer: elementwise, but softmax, log_softmax and glu take the last axis as
    a whole.

    >>> from microgrid.activations import relu
    >>> layer = Activation(relu)
    >>> layer.forward([[-1.0, 2.0]]), layer.backward([[10.0, 10.0]])
    ([[0, 2.0]], [[0.0, 10.0]])
    """

    def __init__(self, function):
        super().__init__()
        self.function = function
        self._whole = function in (softmax, log_softmax, glu)

    def __repr__(self):
        return _told(self.function)

    def __call__(self, inputs):
        """What the function makes of one example, nested lists of numbers or Values."""
        if not self._whole:
            return each(self.function, inputs)
        return self.function(inputs) if len(shape(inputs)) == 1 else [self(row) for row in inputs]


def _told(argument):
    """An argument as it was written: a function by its name."""
    return getattr(argument, "__name__", repr(argument))


def listed(told, layers):
    """A list of at least one layer. told: who asks for what, such as "NeuralNet: layers"."""
    if not isinstance(layers, list | tuple):
        raise TypeError(f"{told} must be a list of layers; got {shown(layers)}.")
    if not layers:
        raise ValueError(f"{told} must hold at least one layer; got an empty list.")


def activation(function, i):
    """A function as layer i of a net; for what is none, the sentence of `NeuralNet`."""
    if isinstance(function, type):
        came = f"{shown(function)}. Fix: {function.__name__}(...)."
    elif isinstance(function, ModuleType):
        package, _, name = function.__name__.rpartition(".")
        fixes = [f"{package}.identity"] if name == "linear" else []  # Keras' name of that
        fixes += [f"{package}.{known}(...)" for known in vars(function) if known.casefold() == name != known]
        came = f"the module {function.__name__}." + (f" Fix: {', or '.join(fixes)}." if fixes else "")
    elif hasattr(function, "layers"):
        came = f"{shown(function)}. Fix: *net.layers."
    elif callable(function):
        if more := _needs(function):
            name = getattr(function, "__name__", shown(function))
            raise TypeError(
                f"NeuralNet: layer {i} must be a layer or a function of an array; "
                f"got the function {name}, which takes {' and '.join(more)} too.{_instead(function, name)}"
            )
        return Activation(function)
    else:
        came = f"{shown(function)}."
    raise TypeError(f"NeuralNet: layers must be layers or activation functions; got {came}")


def _needs(function):
    """The arguments that a function cannot do without, but for the first."""
    try:
        _, *others = signature(function).parameters.values()
    except (TypeError, ValueError):  # some that are built in do not say; some take nothing
        return []
    needed = [x for x in others if x.default is x.empty]
    return [x.name for x in needed if x.kind not in (x.VAR_POSITIONAL, x.VAR_KEYWORD)]


def _instead(function, name):
    """The fix for a function of this package that a layer calls: the layer of that name."""
    package = modules[__name__.rpartition(".")[0]]
    if getattr(package, name, None) is not function:
        return ""
    found = [known for known in vars(package) if known.casefold() == name.replace("_", "") != known]
    return f" Fix: {found[0]}(...)." if found else ""
