"""Drawing initial weights: the noise that the formulas of initializers.py turn into kernels and biases."""

import inspect
import math

from . import checks, initializers
from .checks import each, flatten
from .value import Value, plain


def _cut(draw):
    """A standard normal number, cut at -2 and 2."""
    while abs(x := draw.gauss(0, 1)) > 2:
        continue
    return x


NOISE = {  # initializer -> the draw of one number that it takes
    **dict.fromkeys(("zeros", "ones", "constant"), lambda draw: 0.0),
    **dict.fromkeys(("uniform", "glorot_uniform", "he_uniform", "lecun_uniform"), lambda draw: draw.random()),
    **dict.fromkeys(("normal", "orthogonal"), lambda draw: draw.gauss(0, 1)),
    **dict.fromkeys(("truncated_normal", "glorot_normal", "he_normal", "lecun_normal"), _cut),
}
FANLESS = ("zeros", "ones", "constant", "uniform", "normal", "truncated_normal")


def initializer(name, **arguments):
    """An initializer with arguments of its own: what `kernel_init` takes where a name does not say enough.

    name: one of those of initializers.py. Returns a function of (draw, shape) -> nested lists of numbers.
    Raises ValueError for another name, and what the formula raises for its arguments.

    >>> import random
    >>> initializer("constant", value=0.5)(random.Random(0), (2,))
    [0.5, 0.5]
    """
    _known("initializer: name", name)
    formula = getattr(initializers, name)
    known = list(inspect.signature(formula).parameters)[1:]
    if unknown := [argument for argument in arguments if argument not in known]:
        takes = ", ".join(known) or "no arguments"
        raise TypeError(f"initializer: {name} takes {takes}; got {unknown[0]}.")
    formula([[1.0]], **arguments)

    def initial(draw, shape):
        checks.fits("initializer", "its weights", *shape, copies=2)
        return formula(_nested(shape, lambda: NOISE[name](draw)), **arguments)

    return initial


def _modern(given):
    """Xavier Glorot and Kaiming He are called by their first names elsewhere."""
    if not isinstance(given, str):
        return given
    return given.replace("xavier", "glorot").replace("kaiming", "he")


def check(told, given, shape):
    """Refuses what cannot draw weights of a shape. told: who asks, such as "Linear: kernel_init"."""
    if callable(given):
        _takes(told, given)
        return
    _known(told, given, ", or a function")
    if len(shape) < 2 and given not in FANLESS:
        raise ValueError(
            f"{told} must be one of {', '.join(sorted(FANLESS))}, or a function, "
            f"for the shape {shape} has no fans; got {checks.shown(given)}."
        )


def _known(told, given, more=""):
    """Refuses what is no name of an initializer."""
    if not isinstance(given, str) or given not in NOISE:
        raise ValueError(
            f"{told} must be one of {', '.join(sorted(NOISE))}{more}; "
            f"got {checks.shown(given)}.{checks.near(_modern(given), NOISE)}"
        )


def _takes(told, given):
    """Refuses a function that cannot be called as an initializer is."""
    try:
        signature = inspect.signature(given)
    except (TypeError, ValueError):  # a builtin may have none
        return
    try:
        signature.bind(*[None] * 2)
    except TypeError:
        raise TypeError(f"{told} must be a function of (draw, shape); got one of {signature}.") from None


def drawn(told, given, draw, shape, gates=1):
    """Nested lists of Values of a shape; for gates, the rows of each one drawn by itself, side by side.

    given: the name of an initializer, or a function of (draw, shape); draw: a `random.Random`. told: who
    asks, such as "Linear: kernel_init", for the sentence about a function that returns something else.

    >>> import random
    >>> [x.data for x in drawn("Linear: bias_init", "zeros", random.Random(0), (2,))]
    [0.0, 0.0]
    """
    check(told, given, shape)
    checks.fits(
        told.split(":")[0], "its weights", gates, *shape, copies=8
    )  # a Value is as large as seven numbers
    initial = initializer(given) if isinstance(given, str) else given
    kernels = [_one(told, initial, draw, tuple(shape)) for _ in range(gates)]
    return kernels[0] if gates == 1 else side_by_side(kernels)


def side_by_side(kernels):
    """Kernels [in][out] as one, [in][all their out]."""
    return [[x for row in rows for x in row] for rows in zip(*kernels, strict=True)]


def _one(told, initial, draw, shape):
    """Values of what an initializer returns, if it is finite weights of the shape."""
    numbers = initial(draw, shape)
    if (got := checks.shape(numbers, told)) != shape:
        raise ValueError(f"{told} must return weights of shape {shape}; got {got}.")
    for x in flatten(numbers):
        if x != x or abs(plain(x)) == math.inf:
            raise ValueError(f"{told} must return finite weights; got {plain(x)}.")
    return each(lambda x: Value(plain(x)), numbers)


def _nested(shape, number):
    """Nested lists of a shape, of number() everywhere."""
    return [_nested(shape[1:], number) for _ in range(shape[0])] if shape else number()
