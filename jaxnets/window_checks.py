"""What convolution and pooling ask of their windows: a check raises one sentence, or returns what it checked.

All of it is known before anything is traced: sizes are Python's numbers.
"""

from math import gcd

import numpy as np

from . import checks
from .data import whole

MIRRORS = ("REFLECT", "SYMMETRIC", "EDGE", "WRAP")
PADDINGS = ("VALID", "SAME", *MIRRORS)


def some(count, thing):
    """So many things, as one says it."""
    return f"{count} {thing}{'s' * (count != 1)}"


def is_whole(x, least):
    """Whether x is a whole number >= least."""
    return isinstance(x, int | np.integer) and not isinstance(x, bool) and x >= least


def _all_whole(xs, count, least):
    return isinstance(xs, list | tuple) and len(xs) == count and all(is_whole(x, least) for x in xs)


def shape_of(function, window_shape):
    """A window of one or two dimensions, as a tuple; a lone number does not say how many."""
    if any(_all_whole(window_shape, rank, 1) for rank in (1, 2)):
        checks.countable(function, "window_shape", *window_shape)
        return tuple(int(k) for k in window_shape)
    fix = ""
    if is_whole(window_shape, 1):
        checks.countable(function, "window_shape", window_shape)
        fix = f" Fix: ({window_shape},) or ({window_shape}, {window_shape})."
    raise ValueError(
        f"{function}: window_shape must be (width,) or (height, width), whole numbers >= 1; "
        f"got {checks.shown(window_shape)}.{fix}"
    )


def for_each(function, argument, value, rank):
    """A whole number >= 1 for each dimension; one alone holds for all of them."""
    if is_whole(value, 1):
        value = (value,) * rank
    if not _all_whole(value, rank, 1):
        raise ValueError(
            f"{function}: {argument} must be a whole number >= 1, or one for each of "
            f"{some(rank, 'dimension')}; got {checks.shown(value)}."
        )
    checks.countable(function, argument, *value)
    return tuple(int(x) for x in value)


def _pairs(function, padding, rank):
    """The fix for cells that were given alone, as other libraries take them: a pair for each dimension."""
    sides = (padding,) * rank if is_whole(padding, 0) else padding
    if not isinstance(sides, list | tuple) or not all(is_whole(x, 0) for x in sides):
        return ""
    checks.countable(function, "padding", *sides)
    low_high = [tuple(sides)] if (rank, len(sides)) == (1, 2) else [(x, x) for x in sides]
    return f" Fix: {low_high}." if len(low_high) == rank else ""


def _named(padding, names):
    """The fix for a word: the one that was meant, or how to pad so where only zeros are padded."""
    if names and isinstance(padding, str) and padding in MIRRORS:
        return f" Fix: pad(inputs, padding, {padding!r}) first, and 'VALID'."
    return checks.near(padding, names)


def padding_of(function, padding, rank, names=PADDINGS):
    """Padding as a layer keeps it: one of the names, or a pair (low, high) for each dimension."""
    if isinstance(padding, str) and padding in names:
        return padding
    listed = isinstance(padding, list | tuple) and len(padding) == rank
    if not listed or not all(_all_whole(pair, 2, 0) for pair in padding):
        words = "".join(f"{name!r}, " for name in names) + "or " * bool(names)
        raise ValueError(
            f"{function}: padding must be {words}a pair (low, high) of whole numbers >= 0 "
            f"for each of {some(rank, 'dimension')}; "
            f"got {checks.shown(padding)}.{_pairs(function, padding, rank) or _named(padding, names)}"
        )
    checks.countable(function, "padding", *(cells for pair in padding for cells in pair))
    return tuple((int(low), int(high)) for low, high in padding)


def boolean(function, argument, value):
    """True or False, and nothing that only counts as such."""
    if not isinstance(value, bool):
        raise ValueError(f"{function}: {argument} must be True or False; got {checks.shown(value)}.")


def known_mode(function, mode):
    """How padded cells are filled."""
    modes = ("CONSTANT", *MIRRORS)
    if not isinstance(mode, str) or mode not in modes:
        told = f"{checks.shown(mode)}.{checks.near(mode, modes)}"
        raise ValueError(f"{function}: mode must be one of {', '.join(map(repr, modes))}; got {told}")


def mirror_fits(function, mode, sizes, pairs):
    """A mirror shows what is there once: not more cells than the input has."""
    for n, pair in zip(sizes, pairs, strict=True):
        most = n - 1 if mode == "REFLECT" else n
        if mode in ("REFLECT", "SYMMETRIC", "WRAP") and max(pair) > most:
            raise ValueError(
                f"{function}: {mode} padding must be at most {some(most, 'cell')} beside {some(n, 'cell')}; "
                f"got {pair} for {tuple(sizes)} cells. Fix: a smaller window, or EDGE padding."
            )


def one_channel(given, rank):
    """The fix for inputs of cells alone."""
    return " Fix: each cell in a list of its own, inputs[..., None], for one channel." * (len(given) == rank)


def batched(layer, inputs):
    """The inputs of a layer that slides a window, many examples of them: one alone would be taken for many,
    many for the rows of one, and the rows of an image for sequences."""
    name, rank = type(layer).__name__, len(layer.window_shape)
    inputs = checks.numbers(name, "inputs", inputs)
    if inputs.ndim != rank + 2:
        cells = "time" if rank == 1 else "height, width"
        if inputs.ndim < rank + 1:
            fix = f"inputs.reshape(-1, {cells}, channels)"
        elif inputs.ndim == rank + 1:
            fix = "inputs[None] for one example, inputs[..., None] for one channel"
        elif (rank, inputs.ndim) == (1, 4):
            fix = f"window_shape {layer.window_shape * 2} for images"
        else:
            fix = f"inputs.reshape(-1, *inputs.shape[-{rank + 1}:])"
        raise ValueError(
            f"{name}: inputs must be [N, {cells}, channels] to meet window_shape {layer.window_shape}; "
            f"got {inputs.shape}. Fix: {fix}."
        )
    return inputs


def cells_given(function, given, layer=None):
    """[time, channels] or [height, width, channels] of one example, not empty. layer: what takes many."""
    if len(given) not in (2, 3) or 0 in given:
        fix = (
            f" Fix: NeuralNet([{layer}()]).forward(inputs) for a batch." if layer and len(given) == 4 else ""
        )
        raise ValueError(
            f"{function}: inputs must be [time, channels] or [height, width, channels], not empty; "
            f"got {given}.{fix}"
        )


def rank_of(function, given, padding):
    """How many dimensions of cells are padded: as many as there are pairs, where inputs have so many."""
    cells_given(function, given[-3:])
    most = min(len(given) - 1, 2)
    return len(padding) if isinstance(padding, list | tuple) and 1 <= len(padding) <= most else most


def dividing(function, groups, in_features, out_features):
    """The groups of a layer, each with its share of inputs and outputs."""
    groups = whole(function, "groups", groups, 1)
    if in_features % groups or out_features % groups:
        raise ValueError(
            f"{function}: groups must divide in_features {in_features} and out_features {out_features}; "
            f"got {groups}. Fix: groups={gcd(groups, in_features, out_features)}, or other features."
        )
    return groups


def meeting(function, given, kernel, groups=1, transpose_kernel=False):
    """(rank, out) of a kernel that meets the inputs; both by their shapes. With transpose_kernel the kernel
    is [..., out, in]."""
    groups = whole(function, "groups", groups, 1)
    rank, ends = len(kernel) - 2, "out, in" if transpose_kernel else "in, out"
    if rank not in (1, 2) or 0 in kernel:
        raise ValueError(
            f"{function}: kernel must be [width, {ends}] or [height, width, {ends}], not empty; got {kernel}."
        )
    if len(given) <= rank or 0 in given[-rank - 1 :]:
        raise ValueError(
            f"{function}: inputs must have {some(rank, 'dimension')} of cells and one of channels to meet "
            f"kernel {kernel}, none of them empty; got {given}.{one_channel(given, rank)}"
        )
    into, out = kernel[-2:]
    if transpose_kernel:
        into, out = out, into
    if given[-1] != groups * into:
        taken = f" in {groups} groups" if groups > 1 else ""
        raise ValueError(
            f"{function}: inputs must end in the {some(groups * into, 'channel')} that kernel {kernel} "
            f"takes{taken}; got {given[-1]} in {given}. Fix: put channels last, or take another kernel."
        )
    if out % groups:
        raise ValueError(
            f"{function}: groups must divide the {out} output channels of kernel {kernel}; got {groups}. "
            f"Fix: groups={gcd(groups, out)}, or {out + -out % groups} output channels."
        )
    return rank, out
