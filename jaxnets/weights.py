"""Drawing initial weights in numpy, which compiles nothing: noise, and what initializers.py makes of it."""

import inspect

import jax
import numpy as np

from . import checks, initializers


def _cut(generator, shape):
    """Standard normal numbers, cut at -2 and 2."""
    noise = generator.standard_normal(shape)
    while (far := np.abs(noise) > 2).any():
        noise[far] = generator.standard_normal(int(far.sum()))
    return noise


NOISE = {  # initializer -> the noise that it takes
    **dict.fromkeys(("zeros", "ones", "constant"), lambda generator, shape: np.zeros(shape)),
    **dict.fromkeys(
        ("uniform", "glorot_uniform", "he_uniform", "lecun_uniform"),
        lambda generator, shape: generator.random(shape),
    ),
    **dict.fromkeys(("normal", "orthogonal"), lambda generator, shape: generator.standard_normal(shape)),
    **dict.fromkeys(("truncated_normal", "glorot_normal", "he_normal", "lecun_normal"), _cut),
}
FANLESS = ("zeros", "ones", "constant", "uniform", "normal", "truncated_normal")


def initializer(name, **arguments):
    """An initializer with arguments of its own: what `kernel_init` takes where a name does not say enough.

    name: one of those of initializers.py. Returns a function of (generator, shape, dtype) -> numpy array.
    Raises ValueError for another name, and what the formula raises for its arguments.

    >>> initializer("constant", value=0.5)(np.random.default_rng(0), (2,), "float32").tolist()
    [0.5, 0.5]
    """
    _known("initializer: name", name)
    formula = getattr(initializers, name)
    known = list(inspect.signature(formula).parameters)[1:]
    if unknown := [argument for argument in arguments if argument not in known]:
        takes = ", ".join(known) or "no arguments"
        raise TypeError(f"initializer: {name} takes {takes}; got {unknown[0]}.")
    formula(np.ones((1, 1)), **arguments)

    def initial(generator, shape, dtype="float32"):
        if not isinstance(generator, np.random.Generator):
            raise TypeError(
                f"initializer: generator must be numpy's; got {checks.told(generator)}. "
                f"Fix: np.random.default_rng(0)."
            )
        sizes = shape if isinstance(shape, tuple | list) else ()
        if not all(isinstance(n, int | np.integer) and n >= 1 for n in sizes) or shape is not sizes:
            raise ValueError(
                f"initializer: shape must be a tuple of whole numbers >= 1; got {checks.told(shape)}."
            )
        checks.fits("initializer", "its weights", shape, float)
        return formula(NOISE[name](generator, shape), **arguments).astype(dtype)

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
            f"got {checks.told(given)}.{checks.near(_modern(given), NOISE)}"
        )


def _takes(told, given):
    """Refuses a function that cannot be called as an initializer is."""
    try:
        signature = inspect.signature(given)
    except (TypeError, ValueError):  # a builtin may have none
        return
    try:
        signature.bind(*[None] * 3)
    except TypeError:
        raise TypeError(
            f"{told} must be a function of (generator, shape, dtype); got one of {signature}."
        ) from None


def drawn(told, given, generator, shape, dtype="float32", gates=1):
    """An array of weights, of a shape and a type; for gates, that of each one drawn by itself, side by side.

    given: the name of an initializer, or a function of (generator, shape, dtype) that returns an array;
    generator: numpy's; an initializer of JAX or Flax, whose first argument is `key`, gets a key drawn from
    it. told: who asks, such as "Linear: kernel_init", for the sentence about a function that
    returns something else.

    >>> drawn("Linear: bias_init", "zeros", np.random.default_rng(0), (2,)).tolist()
    [0.0, 0.0]
    """
    check(told, given, shape)
    checks.fits(told.split(":")[0], "its weights", shape, dtype)
    initial = initializer(given) if isinstance(given, str) else given
    arrays = [_one(told, initial, generator, tuple(shape), dtype) for _ in range(gates)]
    return jax.device_put(arrays[0] if gates == 1 else np.concatenate(arrays, axis=-1))


def _one(told, initial, generator, shape, dtype):
    """What an initializer returns, if it is finite weights of the shape; numpy's, in the type."""
    array = initial(_chance(initial, generator), shape, dtype)
    if np.shape(array) != shape:
        raise ValueError(f"{told} must return weights of shape {shape}; got {np.shape(array)}.")
    if not np.can_cast(np.asarray(array).dtype, dtype, "same_kind"):
        raise TypeError(f"{told} must return real weights; got an array of {np.asarray(array).dtype}.")
    with np.errstate(over="ignore"):
        array = np.asarray(array, dtype)
    if not np.isfinite(array).all():
        raise ValueError(f"{told} must return finite weights; got {array[~np.isfinite(array)][0]}.")
    return array


def _chance(initial, generator):
    """What an initializer draws from: numpy's generator, or a key of JAX."""
    try:
        first = next(iter(inspect.signature(initial).parameters), None)
    except (TypeError, ValueError):  # a builtin may have no signature
        first = None
    return jax.random.key(generator.integers(2**32, dtype=np.uint32)) if first == "key" else generator
