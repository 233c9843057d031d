"""The verdict table: every formula on scalars and on arrays, with the same inputs, in float64.

Shows: no value and no gradient differs by more than the bound of its row, in ULPs, units in the last place:
between 1 and 2 one ULP is 2**-52, the distance of two neighbouring numbers.
"""

import os
import sys
import time
from itertools import groupby
from pathlib import Path

import jax
import numpy as np

from microgrid.oracle import PAIRS, verdicts

CORES = os.cpu_count()
LAST = 1.1  # right end of the axis; what is further out is drawn there
GAP = 2.7  # rows: the title of a panel, and the numbers of the axis above it


def mark(distance, bound):
    """A distance in ULPs and its bound as a column: a dot where both versions agree to the last bit."""
    text = "·" if distance == 0 else f"{distance:.2f}"
    return f"{text:>8} {'/' if distance <= bound else '>'} {bound:<5}"


def share(verdict, column):
    """The distance of the value (0) or of the gradient (1) over its bound."""
    return (verdict.value, verdict.gradient)[column] / max(verdict.pair.ulps[column], 1)


def panel(axes, topic, verdicts):
    """One topic: a row for each formula, with its distances over their bounds."""
    for column, (what, colour, mark) in enumerate((("value", "#1f5fa8", "o"), ("gradient", "#d1661c", "D"))):
        shown = [(share(v, column), k) for k, v in enumerate(verdicts) if column == 0 or not v.pair.walks]
        x, rows = zip(*shown, strict=True) if shown else ((), ())
        axes.plot(np.minimum(x, LAST), rows, mark, color=colour, ms=5, alpha=0.8, label=what, clip_on=False)
    axes.axvline(1, color="#c0392b", linewidth=1)
    names = [v.pair.name.partition(".")[2] for v in verdicts]
    axes.set_yticks(range(len(names)), names, fontsize=8)
    for label, verdict in zip(axes.get_yticklabels(), verdicts, strict=True):
        label.set_color("black" if verdict.ok else "#c0392b")
    axes.set(xlim=(0, LAST), ylim=(len(names) - 0.5, -0.5), xticks=(0, 0.5, 1))
    axes.set_title(topic.replace("_", " "), fontsize=9, fontweight="bold", loc="left", pad=3)
    axes.tick_params(axis="x", labelsize=8, length=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", alpha=0.3)


def columns(topics, count):
    """The topics in order as `count` columns of about equal height, each a list of (topic, rows from the top,
    verdicts); between two topics there is room for GAP rows."""
    heights = [len(found) + GAP for _, found in topics]
    goal, parts, tops = sum(heights) / count, [[] for _ in range(count)], [0] * count
    for k, (topic, found) in enumerate(topics):
        column = min(int((sum(heights[:k]) + heights[k] / 2) / goal), count - 1)
        parts[column].append((topic, tops[column], found))
        tops[column] += heights[k]
    return parts, max(tops)


def picture(verdicts, path):
    """A panel for each topic: how near each formula is to its bound."""
    from matplotlib.figure import Figure

    topics = [(topic, list(found)) for topic, found in groupby(verdicts, key=lambda v: v.pair.topic)]
    parts, rows = columns(topics, min(3, len(topics)))
    inch, names, width, top = 0.17, 2.0, 3.7, 0.75  # of a row, the names, a column, the head of the page
    height = top + rows * inch
    figure = Figure(figsize=(width * len(parts), height), dpi=100)
    figure.text(
        0.02, 1 - 0.25 / height, "Distance of scalars from arrays over the bound (red line)", fontsize=11
    )
    for k, part in enumerate(parts):
        left, wide = (k * width + names) / (width * len(parts)), (width - names - 0.15) / (width * len(parts))
        for topic, above, found in part:
            bottom = 1 - (top + (above + len(found)) * inch) / height
            axes = figure.add_axes((left, bottom, wide, len(found) * inch / height))
            panel(axes, topic, found)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper right", ncols=2, frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def summary(topic, verdicts):
    """A topic in one line: how many formulas and cases, the value and the gradient that come nearest to their
    bounds, and the formulas that fail."""
    value = max(verdicts, key=lambda v: (share(v, 0), v.value))
    slopes = [v for v in verdicts if not v.pair.walks]
    gradient = max(slopes, key=lambda v: (share(v, 1), v.gradient), default=None)
    slope = mark(gradient.gradient, gradient.pair.ulps[1]) if gradient else f"{'-':>8}"
    name = value.pair.name.partition(".")[2] if value.value else ""
    line = f"  {topic:<24}{len(verdicts):>4}{sum(v.cases for v in verdicts):>8,}"
    line = f"{line}{mark(value.value, value.pair.ulps[0])}{slope:<16}{name}".rstrip()
    failed = [v for v in verdicts if not v.ok]
    return "\n".join(
        [line, *(f"    FAIL {v.pair.name}: {v.value:.3g} and {v.gradient:.3g} ULP" for v in failed)]
    )


def main(folder="demo_output", pairs=PAIRS, count=1, processes=CORES):
    """Cross-checks the rows, count drawn cases for each choice of arguments; leaves a picture. Returns the
    Verdicts."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    start = time.perf_counter()
    print(f"{len(pairs)} formulas, each written twice: on scalars in microgrid, on arrays in jaxnets or rl.")
    print(
        "For each topic the distance in ULPs that comes nearest to its bound; a dot: equal to the last bit.\n"
    )
    print("  topic               formulas   cases   value / bound gradient / bound nearest in value")
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
    if any(verdict.pair.walks for verdict in seen):
        print("  optimizers have no gradient: their values are the weights after each of 50 steps")
    print(f"\n{good} of {len(seen)} formulas agree within their bounds", end=", ")
    print(f"on {cases:,} cases, in {seconds:.1f} s, compilation included.")
    print(f"Every formula, as a picture: {path}")
    return seen


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
