"""Pass or fail: a 3-2-1 sigmoid net learns a school's rule from its results, twice, to the same weights.

The rule: pass with at least 80% on assignments, or with more than 50% on any two of assignments, written
and oral test. Shows: at least 90% right on 10,000 new students, next to the majority guess and logistic
regression; the scalar and the array engine, with the same start and order, agree on every one of them.
"""

import sys
import time
from itertools import pairwise
from pathlib import Path

import jax
import numpy as np

import jaxnets
import microgrid
from microgrid.oracle import to_microgrid

STUDENTS, NEW, BATCH, LOSS = 2000, 10_000, 40, "mean_squared_error"
PLAN = ((0.1, 20), (0.01, 10))  # learning rate, epochs: first boldly, then carefully


def draw(seed, count):
    """(marks [N, 3] in percent, passed [N, 1]): three marks that know nothing of one another."""
    marks = np.random.default_rng(seed).integers(0, 101, (count, 3)).astype(float)
    passed = (marks[:, 0] >= 80) | ((marks > 50).sum(axis=1) >= 2)
    return marks, passed[:, None].astype(float)


def array_net(hidden=2, seed=0):
    """3-2-1 with sigmoids on arrays; hidden=0 is logistic regression, a single neuron."""
    sizes = (3, hidden, 1) if hidden else (3, 1)
    layers = [(jaxnets.Linear(*pair), jaxnets.sigmoid) for pair in pairwise(sizes)]
    return jaxnets.NeuralNet(sum(layers, ()), seed=seed, dtype="float64")


def learn(net, x, passed, loss=LOSS, told=""):
    """Trains an array net by the plan, in the order of the students; returns the seconds it took.

    told: what to call it while it learns; silence where there is none.
    """
    start, live = time.perf_counter(), bool(told) and sys.stdout.isatty()
    for learning_rate, epochs in PLAN:
        net.compile(jaxnets.adam(learning_rate), loss)
        if told:
            print(f"{told}, {epochs} epochs at learning rate {learning_rate}:", flush=True)
        history = net.fit(x, passed, epochs=epochs, batch_size=BATCH, shuffle=False, verbose=int(live))
        if told and not live:
            print(f"loss {history.history['loss'][-1]:.4f}")
    return time.perf_counter() - start


def learn_number_by_number(net, x, passed):
    """The same for a scalar net."""
    from rich.progress import track

    start = time.perf_counter()
    x, passed, quiet = x.tolist(), passed.tolist(), not sys.stdout.isatty()
    for learning_rate, epochs in PLAN:
        net.compile(microgrid.adam(learning_rate), LOSS)
        print(f"Number by number, {epochs} epochs at learning rate {learning_rate}:", flush=True)
        for _ in track(range(epochs), "epochs", disable=quiet):
            history = net.fit(x, passed, epochs=1, batch_size=BATCH, shuffle=False)
        print(f"loss {history.history['loss'][-1]:.4f}")
    return time.perf_counter() - start


def weight_distance(arrays, scalars):
    """The largest distance between a weight and its twin."""
    tree = {i: layer.parameters for i, layer in enumerate(scalars.layers) if layer.parameters}
    numbers = jax.tree.map(float, tree, is_leaf=lambda leaf: isinstance(leaf, microgrid.Value))
    pairs = [(arrays.params[i][name], numbers[i][name]) for i in tree for name in tree[i]]
    return max(float(np.abs(np.asarray(mine) - np.asarray(twin)).max()) for mine, twin in pairs)


def picture(net, scale, path):
    """What the net believes over written and oral test, for three results on the assignments."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.6), dpi=120, layout="compressed")
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
    figure.colorbar(image, ax=figure.axes, label="probability of a pass", pad=0.02)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main(folder="demo_output"):
    """Plays the story, in 64 bits; leaves a picture in folder. Returns the figures printed."""
    marks, passed = draw(0, STUDENTS)
    new_marks, new_passed = draw(1, NEW)
    mean, deviation = marks.mean(axis=0), marks.std(axis=0)

    def scale(these):
        return (these - mean) / deviation

    print(f"{STUDENTS:,} students to learn from, {NEW:,} new ones to judge. Pass: 80% or more on")
    print("assignments, or more than 50% on any two of assignments, written and oral test.")
    print("The net sees the marks and who passed, never the rule. It learns twice:\n")
    with jax.enable_x64(True):
        arrays, logistic = array_net(), array_net(hidden=0)
        scalars = to_microgrid(arrays)  # the same weights
        quick = learn(arrays, scale(marks), passed, told="On arrays")
        slow = learn_number_by_number(scalars, scale(marks), passed)
        learn(logistic, scale(marks), passed, loss="binary_cross_entropy")
        x = scale(new_marks)
        beliefs = [np.asarray(net.predict(x)) for net in (logistic, arrays)]
        beliefs.append(np.array(scalars.predict(x.tolist())))
        verdicts = [belief > 0.5 for belief in beliefs]
        shares = [float((verdict == new_passed).mean()) for verdict in (passed.mean() > 0.5, *verdicts)]
        distance = weight_distance(arrays, scalars)
        path = Path(folder, "students_rule.png")
        picture(arrays, scale, path)
    agree = int((verdicts[1] == verdicts[2]).sum())
    names = ("majority guess", "logistic regression", "3-2-1, on arrays", "3-2-1, number by number")
    print(f"\nRight about {NEW:,} new students:")
    for name, share in zip(names, shares, strict=True):
        print(f"  {name:<24} {share:6.1%}")
    steps = sum(epochs for _, epochs in PLAN) * STUDENTS // BATCH
    print(f"\nBoth engines took {steps:,} steps from the same weights: {quick:.1f} s with arrays,")
    print(f"compilation included, {slow:.1f} s number by number. Their weights are {distance:.0e} apart at")
    print(f"most, their verdicts the same for {agree:,} of {NEW:,} students.")
    print("The net misses the rule's corner: where the rule turns, at 50%, it cuts straight across, and errs")
    print(f"on both sides. The picture shows it: {path}")
    return dict(zip(names, shares, strict=True)) | {"distance": distance, "agree": agree}


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
