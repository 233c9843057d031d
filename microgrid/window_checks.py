"""What convolution and pooling ask of their windows: a check raises one sentence, or returns the value."""

from math import gcd
from operator import index

from .checks import countable, near, shown, whole

ZEROS = "CONSTANT"  # the mode that pads with zeros
MIRRORS = ("REFLECT", "SYMMETRIC", "EDGE", "WRAP")
PLAIN = ("VALID", "SAME")
PADDINGS = (*PLAIN, *MIRRORS)


def some(count, thing):
    """So many things, as one says it."""
    return f"{count} {thing}{'s' * (count != 1)}"


def is_whole(x, least):
    """Whether x is a whole number >= least."""
    try:
        return not isinstance(x, bool) and index(x) >= least
    except TypeError:
        return False


def shape_of(function, window_shape):
    """A window of one or two dimensions, as a tuple; a lone number does not say how many."""
    listed = isinstance(window_shape, list | tuple) and len(window_shape) in (1, 2)
    if not listed or not all(is_whole(k, 1) for k in window_shape):
        fix = ""
        if is_whole(window_shape, 1):
            countable(function, "window_shape", window_shape)
            fix = f" Fix: ({window_shape},) or ({window_shape}, {window_shape})."
        raise ValueError(
            f"{function}: window_shape must be (width,) or (height, width), whole numbers >= 1; "
            f"got {shown(window_shape)}.{fix}"
        )
    countable(function, "window_shape", *window_shape)
    return tuple(map(index, window_shape))


def for_each(function, argument, value, rank):
    """A whole number >= 1 for each dimension; one alone holds for all of them."""
    listed = value if isinstance(value, list | tuple) else (value,) * rank
    if len(listed) != rank or not all(is_whole(x, 1) for x in listed):
        raise ValueError(
            f"{function}: {argument} must be a whole number >= 1, or one for each of "
            f"{some(rank, 'dimension')}; got {shown(value)}."
        )
    countable(function, argument, *listed)
    return tuple(map(index, listed))


def _pairs(function, padding, rank):
    """The fix for cells that were given alone, as other libraries take them: a pair for each dimension."""
    sides = (padding,) * rank if is_whole(padding, 0) else padding
    if not isinstance(sides, list | tuple) or not all(is_whole(x, 0) for x in sides):
        return ""
    countable(function, "padding", *sides)
    low_high = [tuple(sides)] if (rank, len(sides)) == (1, 2) else [(x, x) for x in sides]
    return f" Fix: {low_high}." if len(low_high) == rank else ""


def _named(padding, names):
    """The fix for a word: the one that was meant, or how to pad so where only zeros are padded."""
    if names and isinstance(padding, str) and padding in MIRRORS:
        return f" Fix: pad(inputs, padding, {padding!r}) first, and 'VALID'."
    return near(padding, names)


def pairs(function, padding, rank, names=()):
    """Explicit padding: a pair (low, high) for each dimension; names: words that were allowed instead."""

    def pair(x):
        return isinstance(x, list | tuple) and len(x) == 2 and all(is_whole(cells, 0) for cells in x)

    listed = isinstance(padding, list | tuple) and len(padding) == rank
    if not listed or not all(pair(x) for x in padding):
        words = "".join(f"{name!r}, " for name in names)
        told = _pairs(function, padding, rank) or _named(padding, names)
        raise ValueError(
            f"{function}: padding must be {words}{'or ' if words else ''}a pair (low, high) of whole numbers "
            f">= 0 for each of {some(rank, 'dimension')}; "
            f"got {shown(padding)}.{told}"
        )
    countable(function, "padding", *(cells for pair in padding for cells in pair))
    return tuple((index(low), index(high)) for low, high in padding)


def padding_of(function, padding, rank, names=PADDINGS):
    """padding as a layer keeps it: one of the names, or pairs."""
    return padding if isinstance(padding, str) and padding in names else pairs(function, padding, rank, names)


def boolean(function, argument, value):
    """True or False, and nothing that only counts as such."""
    if not isinstance(value, bool):
        raise ValueError(f"{function}: {argument} must be True or False; got {shown(value)}.")


def known_mode(function, mode):
    """How padded cells are filled."""
    if not isinstance(mode, str) or mode not in (ZEROS, *MIRRORS):
        words = ", ".join(map(repr, (ZEROS, *MIRRORS)))
        raise ValueError(
            f"{function}: mode must be one of {words}; got {shown(mode)}.{near(mode, (ZEROS, *MIRRORS))}"
        )


def cells_given(function, given, layer=None):
    """[time, channels] or [height, width, channels] of one example, not empty. layer: what takes many."""
    if len(given) not in (2, 3) or 0 in given:
        fix = f" Fix: NeuralNet([{layer}()]).forward(inputs) for a batch." if layer else many(function)
        fix *= len(given) == 4
        raise ValueError(
            f"{function}: inputs must be [time, channels] or [height, width, channels], not empty; "
            f"got {given}.{fix}"
        )


def other_rank(function, given, rank):
    """The fix for inputs of one dimension less or more than cells and channels: no channels, or a batch."""
    if len(given) == rank:
        return " Fix: each cell in a list of its own, inputs[..., None], for one channel."
    if len(given) != rank + 2:
        return ""
    return many(function, ", or a window of height and width for an image" * (rank == 1))


def many(function, otherwise=""):
    """The fix for many examples where one is taken; a layer may stand in a net, which hands them to it."""
    if function.islower():
        return f" Fix: one example at a time, [... for x in inputs]{otherwise}."
    return f" Fix: forward(inputs) for a batch{otherwise or ', or inputs of one axis less'}."


def dividing(function, groups, in_features, out_features):
    """The groups of a layer, each with its share of inputs and outputs."""
    groups = whole(function, "groups", groups, 1)
    if in_features % groups or out_features % groups:
        raise ValueError(
            f"{function}: groups must divide in_features {in_features} and out_features {out_features}; "
            f"got {groups}. Fix: groups={gcd(groups, in_features, out_features)}, or other features."
        )
    return groups


def meeting(function, given, kernel, bias=None, groups=1, swapped=False):
    """The window of a kernel that meets inputs and bias; all three by their shapes.

    swapped: whether the kernel is [..., out, in].
    """
    groups = whole(function, "groups", groups, 1)
    if len(kernel) not in (3, 4) or 0 in kernel:
        ends = "out, in" if swapped else "in, out"
        raise ValueError(
            f"{function}: kernel must be [width, {ends}] or [height, width, {ends}], not empty; got {kernel}."
        )
    rank = len(kernel) - 2
    if len(given) < rank + 1 or 0 in given:
        raise ValueError(
            f"{function}: inputs must have {some(rank, 'dimension')} of cells and one of channels to meet "
            f"kernel {kernel}, none of them empty; got {given}.{other_rank(function, given, rank)}"
        )
    if len(given) > rank + 1:
        fix = other_rank(function, given, rank)
        raise ValueError(f"{function}: inputs must be the cells of one example; got {given}.{fix}")
    i, o = kernel[:-3:-1] if swapped else kernel[-2:]
    if given[-1] != groups * i:
        taken = f" in {groups} groups" if groups > 1 else ""
        raise ValueError(
            f"{function}: inputs must end in the {some(groups * i, 'channel')} that kernel {kernel} "
            f"takes{taken}; got {given[-1]} in {given}. Fix: put channels last, or take another kernel."
        )
    if o % groups:
        raise ValueError(
            f"{function}: groups must divide the {o} output channels of kernel {kernel}; got {groups}. "
            f"Fix: groups={gcd(groups, o)}, or {o + -o % groups} output channels."
        )
    if bias is not None and bias != (o,):
        raise ValueError(f"{function}: bias must be ({o},) to meet kernel {kernel}; got {bias}.")
    return tuple(kernel[:rank])
