"""The adding problem: two numbers of a long sequence are marked; say their sum when it is over.

Shows: over a hundred time steps an LSTM and a GRU solve it, mean squared error below 0.01 on sequences not
seen before, within 2,000 training steps of 64 fresh sequences each. Always saying 1, the mean of the sum, has
an error of 0.167. Leaves a picture of the errors during training. (The problem: Hochreiter and Schmidhuber
1997, section 5.4.)
"""

import time
from pathlib import Path

import numpy as np
import optax

import jaxnets as jn

TIME, BATCH, STEPS, PART, GOAL = 100, 64, 2000, 20, 0.01
GUESS = 1 / 6  # the variance of the sum of two uniform numbers
CELLS = {"LSTM": jn.LSTM, "GRU": jn.GRU}


def sequences(generator, count):
    """[count, TIME, 2] numbers in [0, 1] and marks, one mark in each half; [count, 1] sums of the marked."""
    values, marks = generator.random((count, TIME)), np.zeros((count, TIME))
    for start in (0, TIME // 2):
        marks[np.arange(count), generator.integers(start, start + TIME // 2, count)] = 1
    return np.stack([values, marks], axis=-1).astype("float32"), (values * marks).sum(axis=1, keepdims=True)


def net_of(cell, hidden, seed):
    """A recurrent layer that reads the sequence, and a neuron that says the sum from its last state."""
    net = jn.NeuralNet([cell(2, hidden, return_sequences=False), jn.Linear(hidden, 1)], seed=seed)
    clipped = optax.chain(optax.clip_by_global_norm(1.0), jn.adam(1e-2))
    net.compile(optimizer=clipped, loss="mean_squared_error")
    return net


def solve(cell, hidden=32, seed=0):
    """Trains on sequences that come once until the goal is met. Returns the test errors after every PART
    steps, and the seconds."""
    net, generator = net_of(cell, hidden, seed), np.random.default_rng(seed)
    test = sequences(np.random.default_rng(10_000), 1000)
    errors, start = [], time.perf_counter()
    while len(errors) * PART < STEPS and min(errors, default=1) >= GOAL:
        net.fit(*sequences(generator, PART * BATCH), batch_size=BATCH, shuffle=False, verbose=0)
        errors.append(net.evaluate(*test)["loss"])
    return errors, time.perf_counter() - start


def draw(found, path):
    """The test errors over the steps, on a logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.8), dpi=120, layout="constrained")
    axes = figure.subplots()
    for (name, errors), colour in zip(found.items(), ("#1f5fa8", "#d1661c"), strict=True):
        steps = PART * np.arange(1, len(errors) + 1)
        axes.plot(steps, errors, color=colour, linewidth=1.6, label=name)
    for level, label in ((GUESS, "always 1"), (GOAL, "solved")):
        axes.axhline(level, color="grey", linewidth=0.9, linestyle=":")
        axes.annotate(
            label, (1, level), xycoords=axes.get_yaxis_transform(), ha="right", va="bottom", color="grey"
        )
    axes.set(yscale="log", xlabel=f"training steps ({BATCH} sequences each)", xlim=(0, None))
    axes.set_title(f"mean squared error on new sequences of {TIME} steps", loc="left", fontsize=10)
    axes.legend(frameon=False)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def main(folder="demo_output"):
    """Solves it twice, prints and draws. Returns the test errors by cell."""
    print(f"Always saying 1: mean squared error {GUESS:.3f}.\n")
    found = {}
    for name, cell in CELLS.items():
        found[name], seconds = solve(cell)
        steps = PART * len(found[name])
        print(f"{name}: {found[name][-1]:.4f} after {steps:,} steps, {seconds:.0f} s", flush=True)
    print(f"\nPicture: {draw(found, Path(folder) / 'adding_problem.png')}")
    return found


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
