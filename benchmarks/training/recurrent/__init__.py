"""LSTM and GRU on sequences of 100 steps, 128 hidden units, batches of 64, in float32, by gradient descent.

The last output goes through a dense layer to one number, the loss is its mean squared error. "lstm" and "gru"
have 32 input features, "lstm-128" and "gru-128" 128. Inputs, targets and weights are drawn; the time does not
depend on them. Weights are as in jaxnets/fast: gates i f g o and r z n; the GRU has a recurrent bias.
"""

from functools import partial

import numpy as np

from ..workloads import Workload

BATCHES, BATCH, TIME, HIDDEN = 8, 64, 100, 128
GATES = {"lstm": 4, "gru": 3}


def arrays(kind, features):
    """Weights by name; inputs [batches, 64, 100, features] and targets [batches, 64, 1]."""
    rng = np.random.default_rng(0)
    columns = GATES[kind] * HIDDEN
    shapes = {"kernel": (features, columns), "recurrent_kernel": (HIDDEN, columns), "bias": (columns,)}
    if kind == "gru":
        shapes["recurrent_bias"] = (columns,)
    shapes |= {"dense.kernel": (HIDDEN, 1), "dense.bias": (1,)}
    weights = {name: (rng.standard_normal(shape) / 12).astype(np.float32) for name, shape in shapes.items()}
    inputs = rng.standard_normal((BATCHES, BATCH, TIME, features)).astype(np.float32)
    return weights, {"inputs": inputs, "targets": inputs[:, :, -5:, 0].sum(2, keepdims=True)}


def flops(kind, features):
    """Forward and for the kernels; for the carry as well, but not for the inputs."""
    return 2 * TIME * BATCH * GATES[kind] * HIDDEN * (2 * features + 3 * HIDDEN)


def workload(kind, features):
    """One of the four."""
    engines = {
        "reference": "reference:Reference",
        "ours, one device": "ours:OneDevice",
        "ours, two devices": "ours:TwoDevices",
        "torch": "torch_:Torch",
        "lax.scan": "scan:Scan",
        "keras": "keras_:Keras",
    }
    if kind == "lstm":  # Flax's GRU has fewer biases, so that its weights go another way
        engines["flax linen"] = "linen:Linen"
    return Workload(
        title=f"{kind.upper()}: {features} inputs, {HIDDEN} hidden, {TIME} steps, batch {BATCH}",
        arrays=partial(arrays, kind, features),
        flops=flops(kind, features),
        learning_rate=0.01,
        engines=engines,
    )


WORKLOADS = {
    "lstm": workload("lstm", 32),
    "lstm-128": workload("lstm", 128),
    "gru": workload("gru", 32),
    "gru-128": workload("gru", 128),
}
