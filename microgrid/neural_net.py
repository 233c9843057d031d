"""A net of layers: it predicts forward, passes gradients backward, and learns by doing both many times.

n: example, i: input feature, o: output feature.
"""

import random

from . import activations, checks, data, losses
from .checks import flatten
from .layer import Activation, Layer
from .operations import total
from .regularization import l1_penalty, l2_penalty
from .value import Value, plain

# The loss on probabilities and the activation in front of it, fused into the loss on scores.
_FUSED = {
    "categorical_cross_entropy": (activations.softmax, "softmax_cross_entropy"),
    "binary_cross_entropy": (activations.sigmoid, "sigmoid_binary_cross_entropy"),
}
_LOSSES = ("mean_squared_error", "mean_absolute_error", *_FUSED, *(fused for _, fused in _FUSED.values()))


class NeuralNet:
    """A net of layers and activation functions.

    layers: the layers in order; a bare function is wrapped into an `Activation`.
    seed: weights, masks and the order of examples follow from it.

    >>> from microgrid import Linear, NeuralNet, gradient_descent, sigmoid
    >>> net = NeuralNet([Linear(2, 3), sigmoid, Linear(3, 1), sigmoid], seed=0)
    >>> net.compile(optimizer=gradient_descent(1.0), loss="binary_cross_entropy")
    >>> history = net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [0], [0], [1]], epochs=200, batch_size=None)
    >>> [round(row[0]) for row in net.predict([[0, 1], [1, 1]])]
    [0, 1]
    """

    def __init__(self, layers, seed=0):
        self.layers = [layer if isinstance(layer, Layer) else _activation(layer) for layer in layers]
        if not self.layers:
            raise ValueError("NeuralNet: layers must not be empty; got [].")
        self.seed, self.trained = seed, False
        self._draw = random.Random(seed)
        self._loss, self._fused, self._optimizer, self._state = None, False, None, None
        for layer in self.layers:
            layer.initialize(self._draw)

    def compile(self, optimizer, loss, l1=0.0, l2=0.0):
        """Chooses how the net learns.

        optimizer: one of microgrid.optimizers. loss: a name, such as "mean_squared_error". l1, l2: >= 0, the
        rates of the penalties on kernels (not on biases). A loss on probabilities behind its activation
        (softmax, sigmoid) is computed from the scores in front of it, which loses no digit.
        Raises ValueError for an unknown loss, or one on probabilities behind scores.
        """
        checks.non_negative("NeuralNet.compile", "l1", l1)
        checks.non_negative("NeuralNet.compile", "l2", l2)
        if not hasattr(optimizer, "update"):
            raise TypeError(
                f"NeuralNet.compile: optimizer must be one of microgrid.optimizers; got {optimizer!r}. "
                f"Fix: optimizer=microgrid.adam(1e-3)."
            )
        if loss not in _LOSSES:
            raise ValueError(f"NeuralNet.compile: loss must be one of {', '.join(_LOSSES)}; got {loss!r}.")
        last = getattr(self.layers[-1], "function", None)
        ends = [end for end, _ in _FUSED.values()]
        if loss in _FUSED and last not in ends:
            end, scores = _FUSED[loss]
            raise ValueError(
                f"NeuralNet.compile: {loss} takes probabilities, and the last layer "
                f"({_name(self.layers[-1])}) returns scores. Fix: end the layers with {end.__name__}, "
                f"or take loss={scores!r}."
            )
        for probabilities, (_, scores) in _FUSED.items():
            if loss == scores and last in ends:
                raise ValueError(
                    f"NeuralNet.compile: {loss} takes scores, and the last layer ({_name(self.layers[-1])}) "
                    f"returns probabilities. Fix: take loss={probabilities!r}, or leave the last layer out."
                )
        self._fused = loss in _FUSED and last is _FUSED[loss][0]
        self._loss, self._l1, self._l2 = loss, l1, l2
        self._optimizer, self._state = optimizer, None

    def forward(self, x):
        """What the last layer fires: x [N][in] numbers -> [N][out] numbers."""
        x = data.features("NeuralNet.forward", "x", x)
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def predict(self, x):
        """As `forward`, for a net that has learnt or was given weights; raises ValueError for any other."""
        if not self.trained:
            raise ValueError(
                "NeuralNet.predict: the net must be fitted first, or be given weights by take_weights; "
                "its weights are still random. Fix: call fit, or forward for the output of random weights."
            )
        return self.forward(x)

    def backward(self, x, y):
        """Gradients of the loss for every parameter: {layer: {"kernel": [in][out], "bias": [out]}}, numbers.

        x: [N][in], y: targets of the loss. Dropout is off; frozen layers have gradients too.
        """
        return self._checked("NeuralNet.backward", x, y)[1]

    def fit(self, x, y, epochs=1, batch_size=32, shuffle=True, until_loss=None):
        """Learns from examples: for each batch forward, backward, and one step of the optimizer.

        x: [N][in] numbers, y: targets. batch_size: examples a step, None for all of them. until_loss: stops
        after the first epoch whose mean loss is at or below it. Returns {"loss": [one number an epoch]}.
        """
        x, y = self._examples("NeuralNet.fit", x, y)
        for name, size, least in (("epochs", epochs, 0), ("batch_size", batch_size, 1)):
            if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < least):
                raise ValueError(f"NeuralNet.fit: {name} must be a whole number >= {least}; got {size!r}.")
        history, examples, size = {"loss": []}, list(range(len(x))), batch_size or len(x)
        for _ in range(epochs):
            if shuffle:
                self._draw.shuffle(examples)
            seen = 0.0
            for start in range(0, len(x), size):
                batch = examples[start : start + size]
                seen += len(batch) * self._step([x[n] for n in batch], [y[n] for n in batch])
            history["loss"].append(seen / len(x))
            self.trained = True
            if until_loss is not None and history["loss"][-1] <= until_loss:
                break
        return history

    def evaluate(self, x, y):
        """The loss of examples, dropout off."""
        return self._checked("NeuralNet.evaluate", x, y)[0]

    def freeze(self, *layers):
        """Keeps the weights of these layers (by index; all, if none is named) as they are."""
        self._mark("freeze", layers, True)

    def unfreeze(self, *layers):
        """Lets these layers learn again (all, if none is named)."""
        self._mark("unfreeze", layers, False)

    def take_weights(self, other, layers=None):
        """Copies the weights of another net's layers (by index; all, if None) of the same shapes."""
        chosen = range(len(self.layers)) if layers is None else layers
        pairs = []
        for i in chosen:
            self._within("take_weights", [i])
            mine, theirs = (
                self.layers[i].parameters,
                other.layers[i].parameters if i < len(other.layers) else {},
            )
            shapes = [{name: checks.shape(values) for name, values in p.items()} for p in (mine, theirs)]
            if shapes[0] != shapes[1]:
                raise ValueError(
                    f"NeuralNet.take_weights: layer {i} must have the same parameters in both nets; "
                    f"got {shapes[0]} and {shapes[1]}."
                )
            pairs += [
                (a, b)
                for name in mine
                for a, b in zip(*map(flatten, (mine[name], theirs[name])), strict=True)
            ]
        for mine, theirs in pairs:
            mine.data = plain(theirs)
        self.trained = True

    def parameters(self):
        """The Values that learn, in order of layer and name."""
        return [
            v
            for layer in self.layers
            if not layer.frozen
            for p in layer.parameters.values()
            for v in flatten(p)
        ]

    def _step(self, x, y):
        """One step of learning; returns the loss before it."""
        params = self.parameters()
        for layer in self.layers:
            layer.training = True
        try:
            loss, _ = self._gradients(x, y)
        finally:
            for layer in self.layers:
                layer.training = False
        if self._state is None:
            self._state = self._optimizer.init([w.data for w in params])
        updates, self._state = self._optimizer.update([w.grad for w in params], self._state, params)
        for w, update in zip(params, updates, strict=True):
            w.data = w.data + update
        return loss

    def _gradients(self, x, y):
        """The loss of a batch and its gradients, left in the parameters and returned as numbers."""
        for layer in self.layers:
            for w in flatten(list(layer.parameters.values())) if layer.parameters else ():
                w.grad = 0
        loss = self._objective(x, y)
        if isinstance(loss, Value):
            loss.backward()
        named = {
            i: {name: _grads(values) for name, values in layer.parameters.items()}
            for i, layer in enumerate(self.layers)
            if layer.parameters
        }
        return plain(loss), named

    def _objective(self, x, y):
        """The loss of a batch as a Value: the whole graph from weights to loss."""
        body, name = self.layers, self._loss
        if self._fused:
            body, name = self.layers[:-1], _FUSED[self._loss][1]
        outputs = []
        for example in x:
            for layer in body:
                example = layer(example)
            outputs.append(example)
        loss = getattr(losses, name)(outputs, y)
        kernels = [layer.parameters["kernel"] for layer in self.layers if "kernel" in layer.parameters]
        if self._l1:
            loss = total([loss, *(l1_penalty(kernel, self._l1) for kernel in kernels)])
        if self._l2:
            loss = total([loss, *(l2_penalty(kernel, self._l2) for kernel in kernels)])
        return loss

    def _checked(self, function, x, y):
        x, y = self._examples(function, x, y)
        return self._gradients(x, y)

    def _examples(self, function, x, y):
        if self._loss is None:
            raise ValueError(f"{function}: compile must be called first, with an optimizer and a loss.")
        x = data.features(function, "x", x)
        width = len(self.forward(x[:1])[0])
        return x, data.targets(function, "y", y, self._loss, (len(x), width))

    def _mark(self, function, layers, frozen):
        self._within(function, layers)
        for i in layers or range(len(self.layers)):
            self.layers[i].frozen = frozen
        self._state = None  # the optimizer's memory belongs to another list of weights

    def _within(self, function, layers):
        for i in layers:
            if not 0 <= i < len(self.layers):
                raise ValueError(
                    f"NeuralNet.{function}: layers must be in 0..{len(self.layers) - 1}; got {i}."
                )


def _activation(function):
    if not callable(function):
        raise TypeError(f"NeuralNet: layers must be layers or activation functions; got {function!r}.")
    return Activation(function)


def _name(layer):
    return layer.function.__name__ if isinstance(layer, Activation) else type(layer).__name__


def _grads(values):
    return values.grad if isinstance(values, Value) else [_grads(row) for row in values]
