"""A small convolutional net on images 28 x 28 x 1, batches of 128, in float32, trained by gradient descent.

conv 3 x 3 to 32 channels, relu, max-pool 2, conv 3 x 3 to 64, relu, max-pool 2, dense to 10 classes, softmax
cross-entropy. Images, labels and weights are drawn; the time does not depend on them.
"""

import numpy as np

from ..workloads import Workload

BATCHES, BATCH, SIDE, CLASSES, FIRST, SECOND = 16, 128, 28, 10, 32, 64
FLAT = (SIDE // 4) ** 2 * SECOND
SHAPES = {
    "conv1.kernel": (3, 3, 1, FIRST),
    "conv1.bias": (FIRST,),
    "conv2.kernel": (3, 3, FIRST, SECOND),
    "conv2.bias": (SECOND,),
    "dense.kernel": (FLAT, CLASSES),
    "dense.bias": (CLASSES,),
}


def arrays():
    """Weights by name; inputs [batches, 128, 28, 28, 1] and labels [batches, 128]."""
    rng = np.random.default_rng(0)
    weights = {
        name: (rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32)
        for name, shape in SHAPES.items()
    }
    inputs = rng.standard_normal((BATCHES, BATCH, SIDE, SIDE, 1)).astype(np.float32)
    return weights, {"inputs": inputs, "labels": rng.integers(0, CLASSES, (BATCHES, BATCH)).astype(np.int32)}


def flops():
    """Forward and for the kernel; for the input as well where there is a layer in front of it."""
    conv1 = BATCH * SIDE**2 * 9 * FIRST
    conv2 = BATCH * (SIDE // 2) ** 2 * 9 * FIRST * SECOND
    return 2 * (2 * conv1 + 3 * conv2 + 3 * BATCH * FLAT * CLASSES)


WORKLOADS = {
    "cnn": Workload(
        title="CNN: 28 x 28 x 1, batch 128, conv 3x3-32, pool, conv 3x3-64, pool, dense 10",
        arrays=arrays,
        flops=flops(),
        learning_rate=0.01,
        engines={
            "reference": "reference:Reference",
            "ours, one device": "ours:OneDevice",
            "ours, two devices": "ours:TwoDevices",
            "torch": "torch_:Torch",
            "flax linen": "linen:Linen",
            "flax nnx": "nnx_:NNX",
            "keras": "keras_:Keras",
        },
    )
}
