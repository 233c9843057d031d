"""Keras 3 on the JAX backend, trained by `fit`, as its users write it."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np
from keras import layers

from ..workloads import CHECKED
from . import BATCH, HIDDEN, TIME


class Keras:
    version = f"keras {keras.__version__} on jax {jax.__version__}"

    def __init__(self, workload):
        weights, batches = workload.arrays()
        gru = "recurrent_bias" in weights
        layer = layers.GRU(HIDDEN) if gru else layers.LSTM(HIDDEN)
        self.net = keras.Sequential([keras.Input((TIME, len(weights["kernel"]))), layer, layers.Dense(1)])
        theirs = dict(weights)
        if gru:  # Keras' order of the gates is z r n
            for name in ("kernel", "recurrent_kernel", "bias", "recurrent_bias"):
                theirs[name] = self.swapped(weights[name])
            theirs["bias"] = np.stack([theirs["bias"], theirs.pop("recurrent_bias")])
        self.net.set_weights(list(theirs.values()))
        self.net.compile(keras.optimizers.SGD(workload.learning_rate), "mse")
        inputs, targets = batches["inputs"], batches["targets"]
        self.steps = len(inputs)
        self.data = inputs.reshape(-1, *inputs.shape[2:]), targets.reshape(-1, 1)
        self.losses = [self.fit(inputs[k], targets[k]) for k in range(CHECKED)]
        self.weights = dict(zip(theirs, self.net.get_weights(), strict=True))
        if gru:
            self.weights["bias"], self.weights["recurrent_bias"] = self.weights["bias"]
            for name in ("kernel", "recurrent_kernel", "bias", "recurrent_bias"):
                self.weights[name] = self.swapped(self.weights[name])

    @staticmethod
    def swapped(array):
        """The first two gates exchanged."""
        first, second, third = np.split(array, 3, axis=-1)
        return np.concatenate([second, first, third], axis=-1)

    def fit(self, inputs, targets):
        """A pass over the examples, in order."""
        history = self.net.fit(inputs, targets, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
        return history.history["loss"][0]

    def run(self):
        """A pass over the batches."""
        self.fit(*self.data)
