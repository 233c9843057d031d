"""Policies of grid worlds as arrows: over a picture of the values, and as text for the terminal."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from . import checks, inputs, outputs

_DIRECTIONS = {"←": (-1, 0), "→": (1, 0), "↑": (0, -1), "↓": (0, 1)}  # columns to the right, rows down
_GROUND = {"H": ("#23232b", "white"), "C": ("#5b2333", "white"), "G": ("#f2b134", "#3d2b00")}  # tile, letter


def _grid(function, mdp, policy):
    """Map rows and the policy as arrows in the same rows."""
    if mdp.letters is None or mdp.arrows is None:
        raise ValueError(
            f"{function}: mdp must have a map, letters and arrows; got none. FrozenLake has one."
        )
    policy = inputs.numbers(function, "policy", policy)
    if policy.shape != (mdp.num_states,):
        raise ValueError(
            f"{function}: policy must be {mdp.num_states} integer actions; got {policy.dtype} {policy.shape}."
        )
    policy = inputs.indices(function, "policy", policy, mdp.num_actions)
    columns = len(mdp.letters[0])
    return mdp.letters, [[mdp.arrows[a] for a in row] for row in policy.reshape(-1, columns)]


def _check_path(function, path):
    """Raises where matplotlib could not write a picture; a file that is open is left to it."""
    if isinstance(path, str | PathLike):
        from matplotlib.backend_bases import FigureCanvasBase

        kinds = sorted(FigureCanvasBase.filetypes)
        suffix = Path(path).suffix.lower()
        if suffix and suffix[1:] not in kinds:
            raise ValueError(f"{function}: path must end in one of .{', .'.join(kinds)}; got {str(path)!r}.")
        outputs.check_file(function, "path", path)


def policy_text(mdp, policy):
    """The policy as lines of arrows; holes, cliff and goal keep their letter, the start has brackets.

    mdp: a TabularMDP with letters and arrows. policy: [S] integer actions. Returns the lines as one text.

    >>> from rl import TabularMDP
    >>> mdp = TabularMDP.from_gymnasium("FrozenLake-v1")
    >>> print(policy_text(mdp, [0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0]))
    [←] ↑  ↑  ↑
     ←  H  ←  H
     ↑  ↓  ←  H
     H  →  ↓  G
    """
    lines = []
    for letters, arrows in zip(*_grid("policy_text", mdp, policy), strict=True):
        cells = []
        for letter, arrow in zip(letters, arrows, strict=True):
            cells.append(f"[{arrow}]" if letter == "S" else f" {letter if letter in _GROUND else arrow} ")
        lines.append("".join(cells).rstrip())
    return "\n".join(lines)


def policy_map(mdp, value, policy, title="", label="value", path=None, limits=None):
    """The policy as arrows over a map of the values.

    mdp: a TabularMDP with letters and arrows. value: [S], the colour of each state, also written in it.
    policy: [S] integer actions. label: what value is, next to the colour bar.
    path: where to save a PNG, if given. limits: (low, high) of the colours, by default the least and the
    largest value; give them to compare maps. Returns a matplotlib Figure, which no window shows.
    """
    letters, arrows = _grid("policy_map", mdp, policy)
    value = inputs.numbers("policy_map", "value", value).astype(float)
    if value.shape != (mdp.num_states,):
        raise ValueError(f"policy_map: value must have shape ({mdp.num_states},); got {value.shape}.")
    if limits is not None:
        limits = inputs.numbers("policy_map", "limits", limits).astype(float)
        if limits.shape != (2,) or not limits[0] < limits[1]:
            raise ValueError(
                f"policy_map: limits must be (low, high) with low < high; got {limits.tolist()}."
            )
    try:
        from matplotlib import colormaps, patheffects
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import ListedColormap, Normalize
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
        from matplotlib.patches import FancyBboxPatch
    except ImportError:
        raise ImportError(
            "policy_map: matplotlib is not installed; in the project's folder run: pip install -e '.[plots]'"
        ) from None

    rows, columns = len(letters), len(letters[0])
    value = value.reshape(rows, columns)
    open_ground = np.array([[letter not in _GROUND for letter in row] for row in letters])
    _check_path("policy_map", path)
    checks.finite("policy_map", "value", value[open_ground])
    if limits is None:
        limits = value[open_ground].min(), value[open_ground].max()
    norm = Normalize(*limits, clip=True)
    cmap = ListedColormap(
        colormaps["YlGnBu_r"](np.linspace(0.2, 1, 256))
    )  # its darkest end is too near a hole

    around = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)  # inches
    figure = Figure(figsize=(0.82 * columns + 1.6, 0.82 * rows + 0.9), layout=around, facecolor="white")
    axes = figure.add_subplot(xlim=(-0.55, columns - 0.45), ylim=(rows - 0.45, -0.55), aspect="equal")
    axes.axis("off")
    axes.set_title(title, fontsize=12, fontweight="bold", color="#1b2a41", pad=10)
    for row, column in np.ndindex(rows, columns):
        letter, arrow = letters[row][column], arrows[row][column]
        shade = cmap(norm(value[row, column]))
        tile, ink = _GROUND.get(
            letter, (shade, "white" if np.dot(shade[:3], (0.3, 0.59, 0.11)) < 0.6 else "#1b2a41")
        )
        corner = (column - 0.46, row - 0.46)
        box = FancyBboxPatch(
            corner, 0.92, 0.92, "round,pad=0,rounding_size=0.1", facecolor=tile, edgecolor="none"
        )
        axes.add_patch(box)
        if letter in _GROUND:
            axes.text(
                column, row, letter, ha="center", va="center", fontsize=17, fontweight="bold", color=ink
            )
            continue
        dx, dy = _DIRECTIONS[arrow]
        axes.annotate(
            "",
            (column + 0.27 * dx, row - 0.07 + 0.27 * dy),
            (column - 0.27 * dx, row - 0.07 - 0.27 * dy),
            arrowprops=dict(
                arrowstyle="-|>,head_width=0.28,head_length=0.45",
                color=ink,
                linewidth=2,
                shrinkA=0,
                shrinkB=0,
            ),
        )
        axes.text(
            column + 0.41,
            row + 0.4,
            f"{value[row, column]:.2f}",
            ha="right",
            va="bottom",
            fontsize=7,
            color=ink,
        )
        if letter == "S":
            halo = [patheffects.withStroke(linewidth=2.5, foreground="white")]
            style: dict[str, Any] = dict(ha="left", va="top", fontsize=13, fontweight="bold", color="#e4572e")
            axes.text(column - 0.38, row - 0.38, "S", path_effects=halo, **style)
            box.set(edgecolor="#e4572e", linewidth=2.5)
    bar = figure.colorbar(ScalarMappable(norm, cmap), ax=axes, shrink=0.85, pad=0.02)
    bar.set_label(label, fontsize=10, color="#1b2a41")
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    if path is not None:
        figure.savefig(path, dpi=150)
    return figure


def curves_figure(steps, returns, path=None, threshold=None, title=""):
    """Learning curves of several seeds: the median, and the middle half of them as a band.

    steps: [points]. returns: [S, points], nan where nothing is known yet. threshold: a line at that return.
    path: where to save a PNG, if given. Returns a matplotlib Figure, which no window shows.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "curves_figure: matplotlib is not installed; "
            "in the project's folder run: pip install -e '.[plots]'"
        ) from None
    _check_path("plot", path)
    known = np.isfinite(returns).all(0)
    steps, returns = np.asarray(steps)[known], np.asarray(returns)[:, known]
    if not len(steps):
        raise ValueError(
            "plot: every seed must have finished an episode; got none. Fix: train for more steps."
        )
    figure = Figure(figsize=(6.4, 4), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    low, middle, high = np.percentile(returns, (25, 50, 75), axis=0)
    count = len(returns)
    axes.fill_between(steps, low, high, color="#2a9d8f", alpha=0.25, linewidth=0)
    label = f"median of {count} seeds, and the middle half" if count > 1 else "mean of the last episodes"
    axes.plot(steps, middle, color="#1b7f74", linewidth=1.8, label=label)
    if threshold is not None:
        axes.axhline(
            threshold, color="#e4572e", linewidth=1.2, linestyle="--", label=f"solved: {threshold:g}"
        )
    axes.set(xlabel="environment steps", ylabel="return of an episode")
    axes.set_title(title, fontsize=12, fontweight="bold", color="#1b2a41")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    figure.legend(frameon=False, fontsize=9, loc="outside lower center", ncols=2)
    if path is not None:
        figure.savefig(path, dpi=150)
    return figure
