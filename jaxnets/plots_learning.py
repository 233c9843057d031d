"""Pictures of what was learnt: by heart or not, and what attends to what. Needs matplotlib."""

import numpy as np

from .plots import _TRAINING, _VALIDATION, _figure, _save


def train_and_test(seen, path):
    """Draw pairs of curves, a panel each, on one scale: the loss on what is learnt, and on what is not.

    seen: name -> {"epoch": [...], "train": [...], "test": [...]}; path: where the picture goes. The gap
    between both at the end stands over each panel. Returns the path.
    """
    if not seen:
        raise ValueError("train_and_test: seen must hold at least one pair of curves; got none.")
    figure = _figure(3.2 * len(seen), 3.4)
    panels = figure.subplots(1, len(seen), squeeze=False, sharey=True)[0]
    for axes, (name, curves) in zip(panels, seen.items(), strict=True):
        for label, colour in (("train", _TRAINING), ("test", _VALIDATION)):
            axes.plot(curves["epoch"], curves[label], color=colour, label=label, linewidth=1.6)
        end, low, high = (curves[key][-1] for key in ("epoch", "train", "test"))
        arrow = dict(arrowstyle="<->", color="0.4", shrinkA=0, shrinkB=0)
        axes.annotate("", (end, low), (end, high), arrowprops=arrow)
        axes.set_title(f"{name}: gap {high - low:.2f}", loc="left")
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("loss")
    panels[0].set_ylim(bottom=0)
    panels[0].legend(frameon=False)
    return _save("train_and_test", figure, path)


def attention_map(weights, path, title=""):
    """Draw which position attends to which, as a grid of shades.

    weights: [T, S], each row in [0, 1] with sum 1; path: where the picture goes. Returns the path.
    """
    weights = np.asarray(weights)
    if weights.ndim != 2:
        raise ValueError(f"attention_map: weights must be [T, S]; got shape {weights.shape}.")
    figure = _figure(4.4, 4.0)
    axes = figure.subplots()
    drawn = axes.imshow(weights, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="weight")
    for axis, count, label in ((axes.xaxis, 1, "position that is read"), (axes.yaxis, 0, "position written")):
        axis.set_ticks(range(weights.shape[count]))
        axis.set_label_text(label)
    axes.set_title(title, loc="left")
    return _save("attention_map", figure, path)
