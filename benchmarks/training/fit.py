"""What the engines of this project share: a `NeuralNet` that is fitted as its users fit theirs."""

import jax
import numpy as np

import jaxnets as jn

from .workloads import CHECKED

EPOCHS = 2  # of a call of run


class Fit:
    """An engine that calls `NeuralNet.fit`.

    net: a NeuralNet, not compiled; loss: its name. inputs, targets: [batches, B, ...]. weights: {name: array}
    to start from, a name being "layer.parameter", or "parameter" alone; places: layer -> its number in the
    net ("" for a name without a layer). devices: as in `fit`; two need `jn.use_cpu_devices(2)` before the net
    is made.
    """

    version = f"jax {jax.__version__}"

    def __init__(self, net, loss, inputs, targets, weights, places, learning_rate, devices=1):
        params = {}
        for name, w in weights.items():
            layer, _, parameter = name.rpartition(".")
            params.setdefault(places[layer], {})[parameter] = w
        net.params = params
        net.compile(jn.sgd(learning_rate), loss)
        self.net, self.devices, self.batch = net, devices, inputs.shape[1]
        self.data = [array.reshape(-1, *array.shape[2:]) for array in (inputs, targets)]
        self.steps = EPOCHS * len(inputs)
        first = [array[: CHECKED * self.batch] for array in self.data]
        self.losses = self.fit(*first, epochs=1).step_losses.tolist()
        held = {name: net.params[places[name.rpartition(".")[0]]] for name in weights}
        self.weights = {name: np.asarray(held[name][name.rpartition(".")[2]]) for name in weights}

    def fit(self, inputs, targets, epochs):
        """So many passes over the examples, in order."""
        options = dict(epochs=epochs, batch_size=self.batch, devices=self.devices)
        return self.net.fit(inputs, targets, shuffle=False, verbose=0, **options)

    def run(self):
        """Some passes over the batches."""
        self.fit(*self.data, epochs=EPOCHS)
