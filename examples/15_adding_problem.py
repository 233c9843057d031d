"""The adding problem: two numbers of a sequence are marked, a hundred steps apart or less; say their sum.

Promises: an LSTM and a GRU solve it, test error below 0.01, within 2,000 steps of 64 fresh sequences each;
always saying 1, the mean of the sum, costs 0.167. Leaves a picture of how long nothing seems to happen.
"""

import time
from pathlib import Path

import numpy as np
import optax

import jaxnets as jn
from jaxnets.plots import _figure, _save

TIME, BATCH, STEPS = 100, 64, 2000
GUESS = 1 / 6  # the variance of the sum of two uniform numbers
CELLS = {"LSTM": jn.LSTM, "GRU": jn.GRU}


def sequences(generator, count):
    """Inputs [count, TIME, 2], a number and a mark at each step, and the sum of the two marked [count, 1]."""
    values, marks = generator.random((count, TIME)), np.zeros((count, TIME))
    half = TIME // 2
    for start in (0, half):  # one mark in each half
        marks[np.arange(count), generator.integers(start, start + half, count)] = 1
    return np.stack([values, marks], axis=-1).astype("float32"), (values * marks).sum(axis=1, keepdims=True)


def net_of(cell, hidden=64, seed=0, learning_rate=5e-3):
    """A recurrent layer that reads the sequence, and a neuron that says the sum from its last state."""
    net = jn.NeuralNet([cell(2, hidden, return_sequences=False), jn.Linear(hidden, 1)], seed=seed)
    clipped = optax.chain(optax.clip_by_global_norm(1.0), jn.adam(learning_rate))
    net.compile(optimizer=clipped, loss="mean_squared_error")
    return net


def solve(cell, seed=0, goal=0.01, steps=STEPS, part=100, **rest):
    """Trains until the test error is below the goal, on sequences that come once. Returns the test error after
    every `part` steps, the losses of all steps, and the seconds."""
    net, generator = net_of(cell, seed=seed, **rest), np.random.default_rng(seed)
    test = sequences(np.random.default_rng(10_000), 1000)
    errors, losses, start = [], [], time.perf_counter()
    while len(errors) * part < steps and (not errors or errors[-1] >= goal):
        history = net.fit(*sequences(generator, part * BATCH), batch_size=BATCH, shuffle=False, verbose=0)
        losses.extend(history.step_losses)
        errors.append(net.evaluate(*test)["loss"])
    return errors, losses, time.perf_counter() - start


if __name__ == "__main__":
    import sys

    for name, hidden, lr, seed in [a.split(",") for a in sys.argv[1:]]:
        errors, losses, seconds = solve(
            CELLS[name], int(seed), hidden=int(hidden), learning_rate=float(lr), goal=0.003
        )
        print(name, hidden, lr, seed, [round(e, 4) for e in errors], round(seconds, 1), flush=True)
