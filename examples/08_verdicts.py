"""The verdict table: every formula in both rooms, on the same hard and drawn numbers, in float64.

Promises: no value and no gradient is further apart than the bound of its row, in ULPs, units in the last
place: between 1 and 2 one ULP is 2**-52, the smallest step a number can make.
"""

import os
import sys
import time
from itertools import groupby
from pathlib import Path

import jax

from microgrid.oracle import PAIRS, verdicts

CORES = os.cpu_count()


def mark(distance, bound):
    """A distance in ULPs as a column: a dot where both rooms agree to the last bit."""
    text = "·" if distance == 0 else f"{distance:.2f}"
    return f"{text:>7} {'/' if distance <= bound else '>'} {bound:<3}"


def bars(figure, verdicts):
    """Bars of the worst distances of some rows, beside their bounds."""
    names = [verdict.pair.name for verdict in verdicts]
    panels = figure.subplots(1, 2, sharey=True)
    for axes, what, column in zip(panels, ("value", "gradient"), (0, 1), strict=True):
        shown = [v for v in verdicts if what == "value" or not v.pair.walks]
        rows = [names.index(v.pair.name) for v in shown]
        colours = ["#1f5fa8" if v.ok else "#c0392b" for v in shown]
        axes.barh(rows, [min(getattr(v, what), 99) for v in shown], color=colours)
        axes.plot([v.pair.ulps[column] for v in shown], rows, "|", color="#d1661c", ms=9, mew=2)
        for row in set(range(len(names))).difference(rows):
            axes.annotate("50 steps", (0, row), (4, 0), textcoords="offset points", va="center", fontsize=8)
        axes.set_xlabel(f"{what}, ULP; orange: its bound")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="x", alpha=0.25)
        axes.set_axisbelow(True)
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].set_yticks(range(len(names)), names, fontsize=8)
    panels[0].invert_yaxis()
    panels[0].margins(y=0.01)


def picture(verdicts, path):
    """Bars of the worst distances, beside the bounds, in columns of 40 rows at most."""
    from matplotlib.figure import Figure

    blocks = -(-len(verdicts) // 40)
    size = -(-len(verdicts) // blocks)
    figure = Figure(figsize=(8 * blocks, 0.22 * size + 1.2), dpi=100, layout="constrained")
    for k, part in enumerate(figure.subfigures(1, blocks, squeeze=False)[0]):
        bars(part, verdicts[k * size : (k + 1) * size])
    figure.suptitle("Scalars against arrays: optimizers over 50 steps, the rest on hard and drawn numbers")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def summary(topic, verdicts):
    """A topic in one line: how many formulas and cases, the value and the gradient that come nearest to their
    bounds, and the formulas that fail."""
    value = max(verdicts, key=lambda v: (v.value / max(v.pair.ulps[0], 1), v.value))
    slopes = [v for v in verdicts if not v.pair.walks]
    gradient = max(slopes, key=lambda v: (v.gradient / max(v.pair.ulps[1], 1), v.gradient), default=None)
    slope = mark(gradient.gradient, gradient.pair.ulps[1]) if gradient else "   50 steps"
    name = value.pair.name.partition(".")[2] if value.value else ""
    line = f"{topic:<24}{len(verdicts):>4}{sum(v.cases for v in verdicts):>8,}"
    line = f"{line}{mark(value.value, value.pair.ulps[0]):>14} {slope:<13} {name}".rstrip()
    return "\n".join(
        [
            "  " + line,
            *(
                f"    FAIL {v.pair.name}: {v.value:.3g} and {v.gradient:.3g} ULP"
                for v in verdicts
                if not v.ok
            ),
        ]
    )


def main(folder="demo_output", pairs=PAIRS, count=1, processes=CORES):
    """Cross-checks the rows, count drawn cases for each choice of arguments; leaves a picture. Returns the
    Verdicts."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    start = time.perf_counter()
    print(f"{len(pairs)} formulas, each written twice: on scalars in microgrid, on arrays in jaxnets or rl.")
    print("Of each topic the distance in ULPs that is nearest to its bound; a dot: equal to the last bit.\n")
    print("  topic               formulas   cases     value   bound  gradient   bound  nearest in value")
    bar = Progress(TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), transient=True)
    bar.disable = not sys.stdout.isatty()
    seen = []
    with jax.enable_x64(True), bar:
        task = bar.add_task("cross-checking", total=len(pairs))
        coming = bar.track(verdicts(pairs, count, processes), task_id=task)
        for topic, found in groupby(coming, key=lambda verdict: verdict.pair.topic):
            of_topic = list(found)
            print(summary(topic, of_topic), flush=True)
            seen += of_topic
    seconds, path = time.perf_counter() - start, Path(folder, "agreement.png")
    picture(seen, path)
    good, cases = sum(verdict.ok for verdict in seen), sum(verdict.cases for verdict in seen)
    print(f"\n{good} of {len(seen)} formulas agree within their bounds", end=", ")
    print(f"on {cases:,} cases, in {seconds:.1f} s, compilation included.")
    print(f"Every formula, as a picture: {path}")
    return seen


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
