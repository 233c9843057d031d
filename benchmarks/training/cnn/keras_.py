"""Keras 3 on the JAX backend, trained by `fit`, as its users write it."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
from keras import layers

from ..workloads import CHECKED
from . import BATCH, CLASSES, FIRST, SECOND, SIDE


class Keras:
    version = f"keras {keras.__version__} on jax {jax.__version__}"

    def __init__(self, workload):
        weights, batches = workload.arrays()
        self.net = keras.Sequential(
            [
                keras.Input((SIDE, SIDE, 1)),
                layers.Conv2D(FIRST, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(2),
                layers.Conv2D(SECOND, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(2),
                layers.Flatten(),
                layers.Dense(CLASSES),
            ]
        )
        self.net.set_weights(list(weights.values()))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.net.compile(keras.optimizers.SGD(workload.learning_rate), loss)
        inputs, labels = batches["inputs"], batches["labels"]
        self.steps = len(inputs)
        self.data = inputs.reshape(-1, *inputs.shape[2:]), labels.reshape(-1)
        self.losses = [self.fit(inputs[k], labels[k]) for k in range(CHECKED)]
        self.weights = dict(zip(weights, self.net.get_weights(), strict=True))

    def fit(self, inputs, labels):
        """A pass over the examples, in order."""
        history = self.net.fit(inputs, labels, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
        return history.history["loss"][0]

    def run(self):
        """A pass over the batches."""
        self.fit(*self.data)
