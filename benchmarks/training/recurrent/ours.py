"""This project, as its users write it: `NeuralNet.fit` of a recurrent layer and a linear one."""

import jaxnets as jn

from .. import fit
from . import HIDDEN


class OneDevice(fit.Fit):
    devices = 1

    def __init__(self, workload):
        weights, batches = workload.arrays()
        layer = jn.GRU if "recurrent_bias" in weights else jn.LSTM
        options = {} if layer is jn.GRU else {"forget_bias": 0.0}
        features = len(weights["kernel"])
        net = jn.NeuralNet([layer(features, HIDDEN, return_sequences=False, **options), jn.Linear(HIDDEN, 1)])
        super().__init__(
            net,
            "mean_squared_error",
            batches["inputs"],
            batches["targets"],
            weights,
            {"": 0, "dense": 1},
            workload.learning_rate,
            self.devices,
        )


class TwoDevices(OneDevice):
    """Half of each batch on each of two CPU devices."""

    devices = 2

    def __init__(self, workload):
        jn.use_cpu_devices(2)
        super().__init__(workload)
