"""Pass or fail: a 3-2-1 sigmoid net learns a school's rule from its results, twice, to the same weights.

The rule: pass with at least 80% on assignments, or with more than 50% on any two of assignments, written
and oral test. Promises: at least 90% right on 10,000 new students, beside the majority guess and logistic
regression; scalar and array engine, from one start and in one order, agree on every one of them.
"""

import sys
import time
from pathlib import Path

import jax
import numpy as np

import jaxnets
import microgrid
from microgrid.oracle import to_microgrid

STUDENTS, NEW, EPOCHS, BATCH, RATE, LOSS = 1000, 10_000, 60, 20, 0.05, "mean_squared_error"


def draw(seed, count):
    """(marks [N, 3] in percent, passed [N, 1]): students whose three marks have nothing to do with another."""
    marks = np.random.default_rng(seed).integers(0, 101, (count, 3)).astype(float)
    passed = (marks[:, 0] >= 80) | ((marks > 50).sum(axis=1) >= 2)
    return marks, passed[:, None].astype(float)


def array_net(hidden=2, seed=0):
    """3-2-1 with sigmoids on arrays; hidden=0 is logistic regression, a single neuron."""
    sizes = (3, hidden, 1) if hidden else (3, 1)
    layers = [(jaxnets.Linear(*pair), jaxnets.sigmoid) for pair in zip(sizes, sizes[1:], strict=False)]
    net = jaxnets.NeuralNet(sum(layers, ()), seed=seed, dtype="float64")
    net.compile(jaxnets.adam(RATE), LOSS)
    return net


def right(net, x, passed):
    """The share of students whose verdict is right."""
    return float(((np.asarray(net.predict(x)) > 0.5) == passed).mean())


def learn_twice(x, passed, epochs=EPOCHS):
    """The array net, its scalar twin trained on the same examples in the same order, and their seconds."""
    from rich.progress import track

    arrays = array_net()
    scalars = to_microgrid(arrays)  # the same weights
    scalars.compile(microgrid.adam(RATE), LOSS)
    clock = [time.perf_counter()]
    arrays.fit(x, passed, epochs=epochs, batch_size=BATCH, shuffle=False)
    clock.append(time.perf_counter())
    for _ in track(range(epochs), "number by number", transient=True):
        scalars.fit(x.tolist(), passed.tolist(), epochs=1, batch_size=BATCH, shuffle=False)
    clock.append(time.perf_counter())
    return arrays, scalars, np.diff(clock)


def weight_distance(arrays, scalars):
    """The largest distance between a weight and its twin."""
    tree = {i: layer.parameters for i, layer in enumerate(scalars.layers) if layer.parameters}
    numbers = jax.tree.map(float, tree, is_leaf=lambda leaf: isinstance(leaf, microgrid.Value))
    pairs = [(arrays.params[i][name], numbers[i][name]) for i in tree for name in tree[i]]
    return max(float(np.abs(np.asarray(mine) - np.asarray(twin)).max()) for mine, twin in pairs)


def picture(net, scale, path):
    """What the net believes over written and oral test, for three results on the assignments."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.9), dpi=120, layout="constrained")
    grid = np.arange(101.0)
    written, oral = np.meshgrid(grid, grid)
    for axes, assignments in zip(figure.subplots(1, 3, sharey=True), (30, 65, 90), strict=True):
        marks = np.stack([np.full(written.size, float(assignments)), written.ravel(), oral.ravel()], axis=1)
        belief = net.predict(scale(marks)).reshape(written.shape)
        image = axes.imshow(belief, origin="lower", extent=(0, 100, 0, 100), cmap="RdYlBu", vmin=0, vmax=1)
        rule = {30: ([50, 50, 100], [100, 50, 50]), 65: ([0, 50, 50], [50, 50, 0])}.get(assignments)
        if rule:
            axes.plot(*rule, color="black", linewidth=2, label="the rule")
            axes.legend(loc="lower left", frameon=False)
        axes.set_title(f"{assignments}% on assignments" + ("" if rule else ": all pass"), loc="left")
        axes.set_xlabel("written test, %")
    figure.axes[0].set_ylabel("oral test, %")
    figure.colorbar(image, ax=figure.axes, label="probability of a pass")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main(folder="demo_output"):
    """Plays the story, in 64 bits; leaves a picture in folder. Returns the figures printed."""
    marks, passed = draw(0, STUDENTS)
    new_marks, new_passed = draw(1, NEW)
    mean, deviation = marks.mean(axis=0), marks.std(axis=0)

    def scale(these):
        return (these - mean) / deviation

    print(f"{STUDENTS:,} students to learn from, {NEW:,} new ones to judge. The net sees marks, never the rule.\n")
    with jax.enable_x64(True):
        arrays, scalars, seconds = learn_twice(scale(marks), passed)
        distance, x = weight_distance(arrays, scalars), scale(new_marks)
        belief, twin = arrays.predict(x), np.array(scalars.predict(x.tolist()))
        logistic = array_net(hidden=0)
        logistic.fit(scale(marks), passed, epochs=EPOCHS, batch_size=BATCH, shuffle=False, verbose=0)
        shares = {
            "majority guess": float(np.mean(new_passed == (passed.mean() > 0.5))),
            "logistic regression": right(logistic, x, new_passed),
            "3-2-1, on arrays": float(((belief > 0.5) == new_passed).mean()),
            "3-2-1, number by number": float(((twin > 0.5) == new_passed).mean()),
        }
        path = Path(folder, "students_rule.png")
        picture(arrays, scale, path)
    agree = int(((belief > 0.5) == (twin > 0.5)).sum())
    steps = EPOCHS * STUDENTS // BATCH
    print(f"\nRight about {NEW:,} new students:")
    for name, share in shares.items():
        print(f"  {name:<24} {share:6.1%}")
    print(f"\nBoth engines took {steps:,} steps from the same weights, in {seconds[0]:.1f} s with arrays and in")
    print(f"{seconds[1]:.1f} s number by number. Their weights are {distance:.0e} apart at most, their verdicts the")
    print(f"same for {agree:,} of {NEW:,} students. What the net made of the rule: {path}")
    return shares | {"distance": distance, "agree": agree}


if __name__ == "__main__":
    main(*sys.argv[1:2])
