"""The truth: forward and backward through time by hand, in float64, in numpy."""

import numpy as np

from ..workloads import CHECKED


def sigmoid(x):
    """Logistic."""
    return 1 / (1 + np.exp(-x))


def lstm(w, inputs):
    """The last hidden state, and the function that takes its slopes to those of the weights."""
    kept, (c, h) = [], np.zeros((2, len(inputs), len(w["recurrent_kernel"])))
    for x in inputs.swapaxes(0, 1):
        i, f, g, o = np.split(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        kept.append((x, h, c, i, f, g, o))
        c = f * c + i * g
        h = o * np.tanh(c)

    def back(dh):
        slopes, dc, after = {name: 0 for name in ("kernel", "recurrent_kernel", "bias")}, 0, c
        for x, h, c_before, i, f, g, o in reversed(kept):
            tanh = np.tanh(after)
            dc = dc + dh * o * (1 - tanh**2)
            di, df, dg = dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g**2)
            gates = np.concatenate([di, df, dg, dh * tanh * o * (1 - o)], axis=1)
            for name, part in (
                ("kernel", x.T @ gates),
                ("recurrent_kernel", h.T @ gates),
                ("bias", gates.sum(0)),
            ):
                slopes[name] = slopes[name] + part
            dc, dh, after = dc * f, gates @ w["recurrent_kernel"].T, c_before
        return slopes

    return h, back


def gru(w, inputs):
    """The last hidden state, and the function that takes its slopes to those of the weights."""
    kept, width = [], len(w["recurrent_kernel"])
    h = np.zeros((len(inputs), width))
    for x in inputs.swapaxes(0, 1):
        from_x = np.split(x @ w["kernel"] + w["bias"], 3, axis=1)
        from_h = np.split(h @ w["recurrent_kernel"] + w["recurrent_bias"], 3, axis=1)
        r, z = (sigmoid(from_x[k] + from_h[k]) for k in range(2))
        n = np.tanh(from_x[2] + r * from_h[2])
        kept.append((x, h, r, z, n, from_h[2]))
        h = (1 - z) * n + z * h

    def back(dh):
        slopes = {name: 0 for name in ("kernel", "recurrent_kernel", "bias", "recurrent_bias")}
        for x, h, r, z, n, u in reversed(kept):
            dn, dz = dh * (1 - z) * (1 - n**2), dh * (h - n) * z * (1 - z)
            both = [dn * u * r * (1 - r), dz]
            of_x, of_h = (np.concatenate([*both, last], axis=1) for last in (dn, dn * r))
            parts = dict(kernel=x.T @ of_x, recurrent_kernel=h.T @ of_h, bias=of_x, recurrent_bias=of_h)
            for name, part in parts.items():
                slopes[name] = slopes[name] + (part.sum(0) if "bias" in name else part)
            dh = dh * z + of_h @ w["recurrent_kernel"].T
        return slopes

    return h, back


def step(w, inputs, targets):
    """Loss of a batch and the gradient."""
    h, back = (gru if "recurrent_bias" in w else lstm)(w, inputs)
    error = h @ w["dense.kernel"] + w["dense.bias"] - targets
    slopes = 2 * error / error.size
    g = {"dense.kernel": h.T @ slopes, "dense.bias": slopes.sum(0)}
    return np.mean(error**2), g | back(slopes @ w["dense.kernel"].T)


class Reference:
    version, steps = f"numpy {np.__version__}, float64, by hand", 1

    def __init__(self, workload):
        weights, batches = workload.arrays()
        self.weights, self.losses = {name: w.astype(float) for name, w in weights.items()}, []
        for inputs, targets in zip(batches["inputs"][:CHECKED], batches["targets"], strict=False):
            loss, slopes = step(self.weights, inputs.astype(float), targets.astype(float))
            self.losses.append(float(loss))
            for name, slope in slopes.items():
                self.weights[name] = self.weights[name] - workload.learning_rate * slope

    def run(self):
        """Not timed."""
