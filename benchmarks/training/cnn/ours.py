"""This project, on one CPU device or two."""

import jaxnets as jn

from ..fit import Fit
from . import CLASSES, FIRST, FLAT, SECOND

PLACES = {"conv1": 0, "conv2": 3, "dense": 7}


class OneDevice(Fit):
    devices = 1

    def __init__(self, workload):
        if self.devices > 1:
            jn.use_cpu_devices(self.devices)
        net = jn.NeuralNet(
            [
                jn.Conv(1, FIRST, (3, 3)),
                jn.relu,
                jn.MaxPool((2, 2)),
                jn.Conv(FIRST, SECOND, (3, 3)),
                jn.relu,
                jn.MaxPool((2, 2)),
                jn.Flatten(),
                jn.Linear(FLAT, CLASSES),
            ]
        )
        weights, batches = workload.arrays()
        data = batches["inputs"], batches["labels"]
        options = workload.learning_rate, self.devices
        super().__init__(net, "softmax_cross_entropy", *data, weights, PLACES, *options)


class TwoDevices(OneDevice):
    devices = 2
