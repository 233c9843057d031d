"""What every layer of a net can do: forward, backward, hand out its parameters.

n: example, i: input feature.
"""

from typing import Any

from .activations import softmax
from .checks import flatten, shape
from .value import Value, backward, plain


class Layer:
    """A layer; a subclass says in `__call__` what it makes of the features of one example.

    parameters: name -> nested lists of Values, such as {"kernel": [in][out], "bias": [out]}.
    frozen: True where learning must leave the parameters alone.
    training: True while `fit` runs; dropout looks at it.
    """

    def __init__(self):
        self.parameters: dict[str, Any] = {}
        self.frozen, self.training = False, False
        self._seen: Any = None
        self._fired: Any = None

    def __call__(self, inputs):
        """[out] of one example: [in] numbers, or Values for their gradients."""
        raise NotImplementedError(f"{type(self).__name__}: a layer must say what it makes of its inputs.")

    def initialize(self, draw):
        """Draws the weights that are not there yet from a `random.Random`."""

    def forward(self, inputs):
        """What the layer fires for a batch: [N][in] numbers -> [N][out] numbers."""
        if len(given := shape(inputs, f"{type(self).__name__}.forward: inputs")) != 2:
            raise ValueError(
                f"{type(self).__name__}.forward: inputs must have one row an example, [N, features]; "
                f"got {given}."
            )
        self._seen = [[Value(plain(x)) for x in example] for example in inputs]
        self._fired = [self(example) for example in self._seen]
        return [[plain(y) for y in example] for example in self._fired]

    def backward(self, gradients):
        """The chain rule for one layer: [N][out] numbers d loss / d output -> [N][in] d loss / d input.

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
        return [[x.grad for x in example] for example in self._seen]


class Activation(Layer):
    """An activation function as a layer: elementwise, but softmax takes the whole example.

    >>> from microgrid.activations import relu
    >>> layer = Activation(relu)
    >>> layer.forward([[-1.0, 2.0]]), layer.backward([[10.0, 10.0]])
    ([[0, 2.0]], [[0.0, 10.0]])
    """

    def __init__(self, function):
        super().__init__()
        self.function = function
        self._whole = function is softmax

    def __call__(self, inputs):
        """What the function makes of the [features] of one example, numbers or Values."""
        return self.function(inputs) if self._whole else [self.function(x) for x in inputs]
