"""Pictures of training, written to files without a screen. Needs matplotlib (the extra `plots`)."""

from pathlib import Path

import numpy as np

_TRAINING, _VALIDATION = "#1f5fa8", "#d1661c"


def _figure(width, height):
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "plots: matplotlib is not installed; in the project's folder run: pip install -e '.[plots]'"
        ) from error
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(function, figure, path):
    path, known = Path(path), figure.canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in known:
        raise ValueError(f"{function}: path must end in .{', .'.join(sorted(known))}; got {str(path)!r}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def loss_curve(history, path):
    """Draw every figure of a `History` over the epochs, training and validation in one panel each.

    history: what `fit` returned; path: where the picture goes, its suffix (.png, .svg, .pdf) says how. A loss
    that stays positive and falls by more than a factor of 20 is drawn on a logarithmic axis. Returns the
    path.
    """
    names = [name for name in history.history if not name.startswith("val_")]
    if not history.epoch:
        raise ValueError("loss_curve: history must hold at least one epoch; got none.")
    figure = _figure(4.6 * len(names), 3.4)
    epochs = np.asarray(history.epoch) + 1
    mark = "o" if len(epochs) < 3 else None
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        drawn = [("training", history.history[name], _TRAINING)]
        if validation := history.history.get(f"val_{name}"):
            drawn.append(("validation", validation, _VALIDATION))
        for label, values, colour in drawn:
            axes.plot(epochs[: len(values)], values, color=colour, label=label, marker=mark, linewidth=1.6)
        everything = np.concatenate([values for _, values, _ in drawn])
        if name == "loss" and everything.min() > 0 and everything.max() > 20 * everything.min():
            axes.set_yscale("log")
        axes.set_xlabel("epoch")
        axes.set_title(name.replace("_", " "), loc="left")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        if len(drawn) > 1:
            axes.legend(frameon=False)
    return _save("loss_curve", figure, path)


def misclassified(images, labels, probabilities, path, most=24):
    """Draw the images whose most probable class is wrong, the surest mistakes first.

    images: [N, height, width] or [N, height, width, 1 or 3]; labels: [N]; probabilities: [N, C], what
    `predict` returns; most: how many at most. Over each image stand what it is, what the net said, and how
    sure it was. Returns the number of mistakes, all of them, also those that found no place. Without one, the
    picture says so.
    """
    images, labels, probabilities = np.asarray(images), np.asarray(labels), np.asarray(probabilities)
    if images.ndim not in (3, 4) or labels.ndim != 1 or probabilities.ndim != 2:
        raise ValueError(
            f"misclassified: images must be [N, height, width], labels [N], probabilities [N, C]; "
            f"got {images.shape}, {labels.shape}, {probabilities.shape}."
        )
    if not len(images) == len(labels) == len(probabilities):
        raise ValueError(
            f"misclassified: images, labels and probabilities must have the same number of rows; "
            f"got {len(images)}, {len(labels)}, {len(probabilities)}."
        )
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(said != labels)
    shown = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    columns = min(8, max(4, len(shown)))
    lines = max(1, -(-len(shown) // columns))
    figure = _figure(1.25 * columns, 1.6 * lines + 0.5)
    figure.suptitle(f"{len(wrong)} of {len(labels)} wrong" + (", the surest first" if len(wrong) > 1 else ""))
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, i in zip(panels, shown, strict=False):
        axes.imshow(images[i], cmap="gray_r", interpolation="nearest")
        axes.set_title(f"{labels[i]}, said {said[i]}\n{sure[i]:.0%}", fontsize=8)
    _save("misclassified", figure, path)
    return len(wrong)


def feature_maps(net, image, path, most=12):
    """Draw what the windows of a net fire at when they look at one image: a row for each layer.

    net: a NeuralNet of layers; image: [height, width, channels]; most: how many channels of a layer are
    drawn, those that vary most. A layer is drawn after the activation, normalization or dropout that follows
    it; the first one that returns no image ends the picture. Each map has a scale of its own, from its least,
    white, to its most. Returns the path.
    """
    from flax import nnx

    from .geometry import CELLWISE
    from .loop import merged, split
    from .objective import describe
    from .regularization import Dropout

    image = np.asarray(image)
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(f"feature_maps: image must be [height, width, channels]; got {image.shape}.")
    if not net.layers:
        raise ValueError("feature_maps: net must be a NeuralNet of a list of layers; got one module.")
    layers = merged(*split(net.module), training=False).layers
    rows, name, outputs = [("image", image)], [], image[None].astype(net.dtype)
    for layer, following in zip(layers, [*layers[1:], layers[-1]], strict=True):
        outputs = layer(outputs)
        if outputs.ndim != 4:
            break
        name += [] if isinstance(layer, Dropout) else [describe(layer)]
        if name and isinstance(following, nnx.Module) and type(following).__name__ not in CELLWISE:
            rows.append((", ".join(name), np.asarray(outputs)[0]))
            name = []
    figure = _figure(0.85 * most, 1.15 * len(rows) + 0.2)
    for part, (title, maps) in zip(figure.subfigures(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        height, width, channels = maps.shape
        chosen = np.sort(np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:most])
        shown = f"{len(chosen)} of {channels} channels" if channels > 1 else "1 channel"
        part.suptitle(f"{title}: {height} x {width}, {shown}", x=0.01, ha="left", fontsize=8)
        panels = part.subplots(1, most, squeeze=False)[0]
        for axes in panels[len(chosen) :]:
            axes.set_axis_off()
        for axes, channel in zip(panels, chosen, strict=False):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set(color="0.7", linewidth=0.5)  # or white edges would run into the page
            axes.imshow(maps[:, :, channel], cmap="gray_r", interpolation="nearest")
    return _save("feature_maps", figure, path)
