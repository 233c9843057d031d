"""The truth: the gradient by hand, in float64, in numpy."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..workloads import CHECKED


def correlated(images, kernel):
    """SAME cross-correlation with a 3 x 3 kernel."""
    windows = sliding_window_view(np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0))), (3, 3), (1, 2))
    return np.einsum("nyxiab,abio->nyxo", windows, kernel, optimize=True)


def kernel_slopes(images, slopes):
    """Of `correlated`, for its kernel."""
    windows = sliding_window_view(np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0))), (3, 3), (1, 2))
    return np.einsum("nyxiab,nyxo->abio", windows, slopes, optimize=True)


def pooled(images):
    """Max-pool 2 x 2, and the function that takes slopes back."""
    n, height, width, channels = images.shape
    windows = images.reshape(n, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 5, 2, 4)
    windows = windows.reshape(*windows.shape[:4], 4)
    first = windows.argmax(-1)[..., None] == np.arange(4)

    def back(slopes):
        cells = (slopes[..., None] * first).reshape(n, height // 2, width // 2, channels, 2, 2)
        return cells.transpose(0, 1, 4, 2, 5, 3).reshape(images.shape)

    return windows.max(-1), back


def step(w, inputs, labels):
    """Loss of a batch and the gradient."""
    conv1 = correlated(inputs, w["conv1.kernel"]) + w["conv1.bias"]
    pool1, back1 = pooled(np.maximum(conv1, 0))
    conv2 = correlated(pool1, w["conv2.kernel"]) + w["conv2.bias"]
    pool2, back2 = pooled(np.maximum(conv2, 0))
    flat = pool2.reshape(len(inputs), -1)
    scores = flat @ w["dense.kernel"] + w["dense.bias"]
    scores -= scores.max(1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    rows = np.arange(len(labels))
    slopes = np.exp(logs)
    slopes[rows, labels] -= 1
    slopes /= len(labels)
    g = {"dense.kernel": flat.T @ slopes, "dense.bias": slopes.sum(0)}
    slopes = back2((slopes @ w["dense.kernel"].T).reshape(pool2.shape)) * (conv2 > 0)
    g |= {"conv2.kernel": kernel_slopes(pool1, slopes), "conv2.bias": slopes.sum((0, 1, 2))}
    mirrored = w["conv2.kernel"][::-1, ::-1].transpose(0, 1, 3, 2)
    slopes = back1(correlated(slopes, mirrored)) * (conv1 > 0)
    g |= {"conv1.kernel": kernel_slopes(inputs, slopes), "conv1.bias": slopes.sum((0, 1, 2))}
    return -logs[rows, labels].mean(), g


class Reference:
    version, steps = f"numpy {np.__version__}, float64, by hand", 1

    def __init__(self, workload):
        weights, batches = workload.arrays()
        self.weights, self.losses = {name: w.astype(float) for name, w in weights.items()}, []
        for k in range(CHECKED):
            loss, gradient = step(self.weights, batches["inputs"][k].astype(float), batches["labels"][k])
            self.losses.append(loss)
            for name, slopes in gradient.items():
                self.weights[name] = self.weights[name] - workload.learning_rate * slopes

    def run(self):
        """Not timed."""
