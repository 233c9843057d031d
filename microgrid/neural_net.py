"""A net of layers: it predicts forward, passes gradients backward, and learns by doing both many times.

n: example, i: input feature, o: output feature.
"""

import math
import random
from typing import Any

from . import checks, data
from .checks import each, flatten, shown
from .history import History
from .layer import Layer, activation, listed
from .objective import Objective
from .optimizers import Optimizer
from .value import Value, mistaken, plain


class NeuralNet:
    """A net of layers and activation functions.

    layers: the layers in order; a bare function is wrapped into an `Activation`.
    seed: weights, masks and the order of examples follow from it. history: what the last `fit` saw.

    >>> from microgrid import Linear, NeuralNet, gradient_descent, sigmoid
    >>> net = NeuralNet([Linear(2, 3), sigmoid, Linear(3, 1), sigmoid], seed=0)
    >>> net
    NeuralNet([Linear(2, 3), sigmoid, Linear(3, 1), sigmoid])
    >>> net.compile(optimizer=gradient_descent(1.0), loss="binary_cross_entropy")
    >>> history = net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [0], [0], [1]], epochs=200, batch_size=None)
    >>> [round(row[0]) for row in net.predict([[0, 1], [1, 1]])]
    [0, 1]
    """

    def __init__(self, layers, seed=0):
        listed("NeuralNet: layers", layers)
        self.layers = [
            layer if isinstance(layer, Layer) else activation(layer, i) for i, layer in enumerate(layers)
        ]
        self.seed, self.trained = checks.whole("NeuralNet", "seed", seed, 0), False
        self._draw = random.Random(self.seed)
        self.history: Any = None
        self._objective: Any = None
        self._optimizer: Any = None
        self._state: Any = None
        for layer in self.layers:
            layer.initialize(self._draw)

    def __repr__(self):
        return f"NeuralNet({self.layers!r})"

    def compile(self, optimizer, loss, l1=0.0, l2=0.0):
        """Chooses how the net learns.

        optimizer: one of microgrid.optimizers. loss: a name, such as "mean_squared_error". l1, l2: >= 0, the
        rates of the penalties on kernels (not on biases). A loss on probabilities behind its activation
        (softmax, sigmoid) is computed from the scores in front of it, which loses no digit.
        Raises ValueError for an unknown loss, or one on probabilities behind scores.
        """
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"NeuralNet.compile: optimizer must be one of microgrid.optimizers; got {shown(optimizer)}. "
                f"Fix: optimizer=microgrid.adam(1e-3)."
            )
        self._objective = Objective(self.layers, loss, l1, l2)
        self._optimizer, self._state = optimizer, None

    def forward(self, x):
        """What the last layer fires: x [N][in] numbers -> [N][out] numbers.

        For the slope with respect to an input, give Values to the layers in turn, one example at a time.
        """
        return self._forward(data.features("forward", "x", x))

    def __call__(self, x):
        """`forward`, as networks of Keras, Flax and PyTorch are called."""
        return self.forward(x)

    def predict(self, x):
        """As `forward`, for a net that has learnt or was given weights; raises ValueError for any other."""
        if not self.trained:
            raise ValueError(
                "predict: the net must be fitted first, or be given weights by take_weights; its weights are "
                "still random. Fix: call fit, or forward for the output of random weights."
            )
        return self._forward(data.features("predict", "x", x))

    def backward(self, x, y):
        """Gradients of the loss for every parameter: {layer: {"kernel": [in][out], "bias": [out]}}, numbers.

        x: [N][in], y: targets of the loss. Dropout is off; frozen layers have gradients too.
        """
        self._loss(*self._examples("backward", x, y))
        named = {i: layer.parameters for i, layer in enumerate(self.layers) if layer.parameters}
        return {i: {name: _grads(p) for name, p in params.items()} for i, params in named.items()}

    def evaluate(self, x, y):
        """{"loss": the loss of these examples, penalties included}, dropout off."""
        return {"loss": self._loss(*self._examples("evaluate", x, y))}

    def fit(self, x, y, epochs=1, batch_size=32, shuffle=True, until_loss=None):
        """Learns from examples: for each batch forward, backward, and one step of the optimizer.

        x: [N][in] numbers, y: targets. batch_size: examples a step, None for all of them. until_loss: stops
        after the first epoch whose mean loss is at or below it. Returns the `History`. Where learning led
        to a loss beyond all numbers, training ends with that epoch and a RuntimeWarning.
        """
        x, y = self._examples("fit", x, y)
        epochs = checks.whole("fit", "epochs", epochs, 0)
        checks.flag("fit", "shuffle", shuffle)
        size = len(x) if batch_size is None else checks.whole("fit", "batch_size", batch_size, 1)
        if until_loss is not None:
            until_loss = checks.finite("fit", "until_loss", until_loss)
        self.history = seen = History({"loss": []}, [])
        order = list(range(len(x)))
        for epoch in range(epochs):
            if shuffle:
                self._draw.shuffle(order)
            losses = 0.0
            for start in range(0, len(x), size):
                batch = order[start : start + size]
                losses += len(batch) * self._step([x[n] for n in batch], [y[n] for n in batch])
            lost = seen.add(epoch, loss=losses / len(x))
            if lost or (until_loss is not None and seen.history["loss"][-1] <= until_loss):
                break
        return seen

    def freeze(self, *layers):
        """Keeps the weights of these layers (by index; all, if none is named) as they are."""
        self._mark("freeze", layers, True)

    def unfreeze(self, *layers):
        """Lets these layers learn again (all, if none is named)."""
        self._mark("unfreeze", layers, False)

    def take_weights(self, other, layers=None):
        """Copies the weights of another net's layers (an index or several; all, if None)."""
        if not isinstance(other, NeuralNet):
            raise TypeError(f"take_weights: other must be a microgrid.NeuralNet; got {shown(other)}.")
        chosen = range(len(self.layers)) if layers is None else self._within("take_weights", [layers])
        if not chosen:
            raise ValueError(
                f"take_weights: layers must name at least one part; got {layers}. Fix: None for all."
            )
        self._must_have_weights("take_weights", chosen if layers is not None else ())
        mine, theirs = [], []
        for i in chosen:
            pair = [net.layers[i].parameters if i < len(net.layers) else {} for net in (self, other)]
            shapes = [{name: checks.shape(values) for name, values in params.items()} for params in pair]
            if shapes[0] != shapes[1]:
                raise ValueError(
                    f"take_weights: layer {i} must have the same parameters in both nets; "
                    f"got {shapes[0]} and {shapes[1]}."
                )
            mine += [weight for name in pair[0] for weight in flatten(pair[0][name])]
            theirs += [weight for name in pair[0] for weight in flatten(pair[1][name])]
        for weight, new in zip(mine, theirs, strict=True):
            weight.data = plain(new)
        self.trained = True

    def parameters(self, frozen=False):
        """The Values that learn, in order of layer and name; with frozen=True those that do not, too."""
        return flatten(self._arrays(frozen))

    def _arrays(self, frozen=False):
        """Kernels and biases, one after the other: optimizers may look at each as a whole."""
        layers = {id(layer): layer for layer in self.layers if frozen or not layer.frozen}.values()
        return [array for layer in layers for array in layer.parameters.values()]

    def _forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def _loss(self, x, y, learning=False):
        """The loss of a batch, its gradients left in the parameters; nan, where learning led to none."""
        for weight in self.parameters(frozen=True):
            weight.grad = 0
        try:
            loss = self._objective(x, y)
        except OverflowError:
            if learning:
                return math.nan
            raise
        if learning and mistaken(loss):
            return math.nan
        if isinstance(loss, Value):
            loss.backward()
        return plain(loss)

    def _step(self, x, y):
        """One step of learning; returns the loss before it."""
        params = self._arrays()
        for layer in self.layers:
            layer.training = True
        try:
            loss = self._loss(x, y, learning=self._state is not None)
        finally:
            for layer in self.layers:
                layer.training = False
        if loss != loss:
            return loss
        numbers, grads = each(plain, params), each(lambda weight: weight.grad, params)
        if self._state is None:
            self._state = self._optimizer.init(numbers)
        updates, self._state = self._optimizer.update(grads, self._state, numbers)
        for weight, update in zip(flatten(params), flatten(updates), strict=True):
            weight.data = weight.data + update
        self.trained = True
        return loss

    def _examples(self, function, x, y):
        if self._objective is None:
            raise ValueError(
                f"{function}: the net must be compiled first. Fix: net.compile(optimizer, loss)."
            )
        x = data.features(function, "x", x)
        self.layers[0].check(function, x)
        first: Any = self._forward(x[:1])
        y = data.targets(function, "y", y, self._objective.name, (len(x), *checks.shape(first)[1:]))
        self._objective.check(first, y[:1])
        return x, y

    def _mark(self, function, layers, frozen):
        self._must_have_weights(function, chosen := self._within(function, layers))
        for i in chosen if layers else range(len(self.layers)):
            self.layers[i].frozen = frozen
        self._state = None  # the optimizer's memory belongs to another list of weights

    def _must_have_weights(self, function, chosen):
        """Raises ValueError for a layer without weights."""
        for i in chosen:
            if not self.layers[i].parameters:
                raise ValueError(f"{function}: layer {i} has no weights.")

    def _within(self, function, layers):
        """The indices of layers, named one by one or in lists."""
        named = [
            i for entry in layers for i in (entry if isinstance(entry, list | tuple | range) else [entry])
        ]
        for i in named:
            if isinstance(i, bool) or not hasattr(i, "__index__") or not 0 <= i < len(self.layers):
                raise ValueError(f"{function}: layers must be in 0..{len(self.layers) - 1}; got {shown(i)}.")
        return named


def _grads(values):
    return values.grad if isinstance(values, Value) else [_grads(row) for row in values]
