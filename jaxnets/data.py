"""What data must look like before anything is touched: every check runs in numpy, on concrete numbers.

A check raises one sentence (function, argument, rule, what came, the fix) and changes nothing, or returns the
array cast to the type the network computes in. N: examples, C: classes.
"""

import math
from numbers import Real

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import checks
from .telling import raised

PROBABILITY_LOSSES = ("binary_cross_entropy", "categorical_cross_entropy", "kl_divergence")
BINARY_LOSSES = ("binary_cross_entropy", "sigmoid_binary_cross_entropy", "sigmoid_focal")  # targets in [0, 1]
SIDED_LOSSES = ("hinge", "squared_hinge")  # targets -1 or 1
COUNT_LOSSES = ("poisson", "log_poisson")  # targets >= 0
CATEGORICAL_LOSSES = ("categorical_cross_entropy", "softmax_cross_entropy", "softmax_focal", "kl_divergence")
ELEMENTWISE_LOSSES = (
    *("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "cosine_distance"),
    *(*BINARY_LOSSES, *SIDED_LOSSES, *COUNT_LOSSES),
)
SEQUENCE_LOSSES = ("ctc_loss",)  # targets: rows of labels


def whole(function, argument, value, least):
    """A whole number >= least."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise ValueError(
            f"{function}: {argument} must be a whole number >= {least}; got {checks.shown(value)}."
        )
    return int(value)


def optional(check, function, argument, value, *rest):
    """A number that passes a check, or None."""
    return None if value is None else check(function, argument, value, *rest)


def fraction(function, argument, value):
    """A number in [0, 1)."""
    if not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise ValueError(f"{function}: {argument} must be in [0, 1); got {checks.shown(value)}.")
    return float(value)


def finite_number(function, argument, value):
    """A finite number."""
    checks.finite(function, argument, value)
    return float(value)


def float_type(function, dtype):
    """float32, or float64 where JAX has it switched on."""
    known = "float32", "float64", np.float32, np.float64, jnp.float32, jnp.float64
    if not isinstance(dtype, str | type | np.dtype) or dtype not in known:
        raise ValueError(f"{function}: dtype must be 'float32' or 'float64'; got {checks.told(dtype)}.")
    dtype = np.dtype(dtype)
    if dtype == np.float64 and not jax.config.read("jax_enable_x64"):
        raise ValueError(
            f"{function}: dtype float64 must be switched on in JAX, and is off. "
            f'Fix: jax.config.update("jax_enable_x64", True) first.'
        )
    return dtype


def numbers(function, argument, values, rows=True):
    """Any array of real numbers, not empty; floats finite; nothing masked. rows: with an axis of examples."""
    if isinstance(values, Tracer):
        raise TypeError(
            f"{function}: {argument} must be concrete; got a value traced by jax. "
            f"Fix: call forward(x) there, or {function} outside of jit."
        )
    if np.ma.is_masked(values):
        raise ValueError(
            f"{function}: {argument} must not be masked; got {np.ma.count_masked(values)} masked numbers. "
            f"Fix: {argument}.filled(0), or drop the rows."
        )
    try:
        array = checks.on_host(values)
    except Exception as error:  # what is no array itself may raise anything when asked for one
        if isinstance(error, ValueError) and "inhomogeneous" in str(error):
            told, kind = "got rows of unequal length.", ValueError
        else:
            told, kind = raised(values, error), TypeError
        raise kind(f"{function}: {argument} must be an array of numbers; {told}") from error
    if array.dtype.kind not in "biuf" and not jnp.issubdtype(array.dtype, jnp.floating):
        _refuse(function, argument, values, array.dtype)
    if rows and array.ndim == 0:
        raise ValueError(f"{function}: {argument} must be an array with one row an example; got shape ().")
    if array.size == 0:
        raise ValueError(f"{function}: {argument} must not be empty; got shape {array.shape}.")
    if array.dtype.kind not in "biu" and not (finite := np.isfinite(array)).all():
        at = first(~finite)
        raise ValueError(f"{function}: {argument} must be finite; got {array[at]} at index {tell(at)}.")
    return array


def _refuse(function, argument, values, dtype):
    """Raise what is wrong with an array that holds something else than numbers, with the first such thing."""
    if np.ndim(np.asarray(values, object)) == 0:
        told = checks.told(values)
        raise TypeError(
            f"{function}: {argument} must be an array of numbers; got {told}. Fix: give an array."
        )
    first_bad, fix = (
        "",
        " Fix: cast it, or drop the columns that are not numbers." if dtype.kind in "OSU" else "",
    )
    for index, element in np.ndenumerate(np.asarray(values, object)) if fix else ():
        if isinstance(element, int) and not -(2**63) <= element < 2**64:
            raise ValueError(
                f"{function}: {argument} must fit into 64 bits; got {element} at index {tell(index)}."
            )
        if not isinstance(element, Real):
            first_bad = f", first {checks.told(element)} at index {tell(index)}"
            break
    raise TypeError(
        f"{function}: {argument} must hold integers, booleans or floats; got dtype {dtype}{first_bad}.{fix}"
    )


def first(mask):
    """The index of the first true element, as a tuple of ints."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def tell(index):
    """An index as one writes it between brackets: 3, or (3, 1)."""
    return index[0] if len(index) == 1 else index


def cast(function, argument, array, dtype):
    """The array in a type of the network's; a number too large for that type is named."""
    with np.errstate(over="ignore"):
        result = array.astype(dtype, copy=False)
    fits = np.isfinite(result) if result.dtype.kind == "f" else result == array
    if not fits.all():
        at = first(~fits)
        raise ValueError(
            f"{function}: {argument} must fit into {result.dtype}; got {array[at]} at index {tell(at)}."
        )
    return result


def features(function, argument, values, dtype, ids=0.0):
    """Inputs [N, ...]. Integers, booleans and uint8 images are cast to dtype (not scaled); for networks that
    look them up in an embedding integers stay integers, below ids."""
    array = numbers(function, argument, values)
    if ids and array.dtype.kind in "iu":
        if ids < math.inf and (outside := (array < 0) | (array >= ids)).any():
            at = first(outside)
            raise ValueError(
                f"{function}: {argument} must be ids from 0 to {ids - 1}; "
                f"got {array[at]} at index {tell(at)}."
            )
        return cast(function, argument, array, np.int32)
    if array.ndim == 1:
        raise ValueError(
            f"{function}: {argument} must have one row an example, [N, features]; got shape {array.shape}. "
            f"Fix: {argument}[None] for one example, {argument}[:, None] for one feature."
        )
    return cast(function, argument, array, dtype)


def example(function, shape, dtype, ids=0.0):
    """Two examples of a shape, for tracing: the shape of one is given as a tuple of whole numbers >= 1."""
    sizes = shape if isinstance(shape, tuple | list) else ()
    whole_numbers = all(
        isinstance(size, int | np.integer) and not isinstance(size, bool) and size >= 1 for size in sizes
    )
    if not whole_numbers or not (sizes or (ids and shape == ())):
        raise ValueError(
            f"{function}: input_shape must be the shape of one example, like (4,); got {checks.told(shape)}."
        )
    return jax.ShapeDtypeStruct((2, *sizes), np.int32 if ids else dtype)


def same_length(function, first_name, first_array, second_name, second_array):
    """One row of each for every example."""
    if len(first_array) != len(second_array):
        raise ValueError(
            f"{function}: {first_name} and {second_name} must have the same number of rows; "
            f"got {len(first_array)} and {len(second_array)}."
        )


def validation(batch, split, held_out, check):
    """(what is trained on, what is measured or None): the last examples of a checked batch, or held_out, a
    pair or triple that `check` makes a batch of."""
    split = fraction("fit", "validation_split", split)
    if held_out is not None:
        if split or not isinstance(held_out, tuple | list) or len(held_out) not in (2, 3):
            size = f" of {len(held_out)}" if isinstance(held_out, tuple | list) else ""
            raise ValueError(
                "fit: validation_data must be (x, y) or (x, y, sample_weight), without validation_split; "
                f"got {type(held_out).__name__}{size} and validation_split {split}."
            )
        return batch, check("fit: validation_data", *held_out)
    if not split:
        return batch, None
    count = len(batch.targets)
    kept = int(count * (1 - split) + 1e-6)  # 10 * (1 - 0.9) is 0.99999...
    if kept in (0, count):
        raise ValueError(
            f"fit: validation_split must leave examples on both sides; got {split} of {count} examples."
        )
    return jax.tree.map(lambda a: a[:kept], batch), jax.tree.map(lambda a: a[kept:], batch)


def weights(function, values, count, dtype):
    """Sample weights [N], finite and >= 0."""
    array = numbers(function, "sample_weight", values)
    if array.shape != (count,):
        raise ValueError(
            f"{function}: sample_weight must have one number an example, ({count},); got shape {array.shape}."
        )
    if (negative := array < 0).any():
        at = first(negative)
        raise ValueError(f"{function}: sample_weight must be >= 0; got {array[at]} at index {tell(at)}.")
    return cast(function, "sample_weight", array, dtype)
