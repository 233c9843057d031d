"""What data must look like before anything is touched: every check runs in numpy, on concrete numbers.

A check raises one sentence (function, argument, rule, what came, the fix) and changes nothing, or returns the
array cast to the type the network computes in. N: examples, C: classes.
"""

import math
from numbers import Real

import jax
import jax.numpy as jnp
import numpy as np

PROBABILITY_LOSSES = ("binary_cross_entropy", "categorical_cross_entropy")
BINARY_LOSSES = ("binary_cross_entropy", "sigmoid_binary_cross_entropy")
CATEGORICAL_LOSSES = ("categorical_cross_entropy", "softmax_cross_entropy")
ELEMENTWISE_LOSSES = ("mean_squared_error", "mean_absolute_error", *BINARY_LOSSES)
_ROW_SUM_BOUND = 1e-3  # rows rounded to float16 still pass; a row that is off by more is no rounding


def whole(function, argument, value, least):
    """A whole number >= least."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise ValueError(f"{function}: {argument} must be a whole number >= {least}; got {value!r}.")
    return int(value)


def fraction(function, argument, value):
    """A number in [0, 1)."""
    if not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise ValueError(f"{function}: {argument} must be in [0, 1); got {value!r}.")
    return float(value)


def finite_number(function, argument, value):
    """A finite number."""
    if not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"{function}: {argument} must be a finite number; got {value!r}.")
    return float(value)


def float_type(function, dtype):
    """float32, or float64 where JAX has it switched on."""
    if dtype not in ("float32", "float64", np.float32, np.float64, jnp.float32, jnp.float64):
        raise ValueError(f"{function}: dtype must be 'float32' or 'float64'; got {dtype!r}.")
    dtype = np.dtype(dtype)
    if dtype == np.float64 and not jax.config.read("jax_enable_x64"):
        raise ValueError(
            f"{function}: dtype float64 must be switched on in JAX, and is off. "
            f'Fix: jax.config.update("jax_enable_x64", True) first.'
        )
    return dtype


def numbers(function, argument, values):
    """Any array of real numbers, not empty; floats finite."""
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of unequal length
        raise ValueError(f"{function}: {argument} must be an array of numbers; {error}.") from None
    if array.dtype.kind not in "biuf" and not jnp.issubdtype(array.dtype, jnp.floating):
        fix = " Fix: cast it, or drop the columns that are not numbers." if array.dtype.kind == "O" else ""
        raise TypeError(
            f"{function}: {argument} must hold integers, booleans or floats; got dtype {array.dtype}.{fix}"
        )
    if array.ndim == 0:
        raise ValueError(f"{function}: {argument} must be an array with one row an example; got shape ().")
    if array.size == 0:
        raise ValueError(f"{function}: {argument} must not be empty; got shape {array.shape}.")
    if array.dtype.kind not in "biu" and not (finite := np.isfinite(array)).all():
        at = first(~finite)
        raise ValueError(f"{function}: {argument} must be finite; got {array[at]} at index {tell(at)}.")
    return array


def first(mask):
    """The index of the first true element, as a tuple of ints."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def tell(index):
    """An index as one writes it between brackets: 3, or (3, 1)."""
    return index[0] if len(index) == 1 else index


def cast(function, argument, array, dtype):
    """The array in the network's float type; a number too large for that type is named."""
    with np.errstate(over="ignore"):
        result = array.astype(dtype, copy=False)
    if array.dtype.kind == "f" and array.dtype.itemsize > result.dtype.itemsize:
        if not (fits := np.isfinite(result)).all():
            at = first(~fits)
            raise ValueError(
                f"{function}: {argument} must fit into {result.dtype}; got {array[at]} at index {tell(at)}."
            )
    return result


def features(function, argument, values, dtype, keep_integers=False):
    """Inputs [N, ...]. Integers, booleans and uint8 images are cast to dtype (not scaled); with keep_integers
    they stay integers, for networks that look them up in an embedding."""
    array = numbers(function, argument, values)
    if keep_integers and array.dtype.kind in "iu":
        return array.astype(np.int32, copy=False)
    if array.ndim == 1:
        raise ValueError(
            f"{function}: {argument} must have one row an example, [N, features]; got shape {array.shape}. "
            f"Fix: {argument}[None] for one example, {argument}[:, None] for one feature."
        )
    return cast(function, argument, array, dtype)


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
            raise ValueError(
                "fit: validation_data must be (x, y) or (x, y, sample_weight), without validation_split; "
                f"got {type(held_out).__name__} and validation_split {split}."
            )
        return batch, check("fit: validation_data", *held_out)
    if not split:
        return batch, None
    count = len(batch.targets)
    kept = int(count * (1 - split))
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


def targets(function, argument, values, loss, outputs, dtype):
    """Targets that fit the loss and the network's outputs, a shape [N, ...].

    loss: the name of one of the library's losses, or None for a user's own function, whose targets are only
    counted and cast. Integer labels stay integers; everything else is cast to dtype.
    """
    array = numbers(function, argument, values)
    if len(array) != outputs[0]:
        raise ValueError(
            f"{function}: {argument} must have one row for each of {outputs[0]} outputs; got {len(array)}."
        )
    if loss in CATEGORICAL_LOSSES:
        return _classes(function, argument, array, loss, outputs, dtype)
    if loss in ELEMENTWISE_LOSSES:
        _same_shape(function, argument, array, loss, outputs)
    elif array.dtype.kind in "iu":
        return array.astype(np.int32, copy=False)
    if loss in BINARY_LOSSES and (outside := (array < 0) | (array > 1)).any():
        at = first(outside)
        raise ValueError(
            f"{function}: {argument} must be in [0, 1] for {loss}; got {array[at]} at index {tell(at)}."
        )
    return cast(function, argument, array, dtype)


def _same_shape(function, argument, array, loss, outputs):
    if array.shape == outputs:
        return
    fix = ""
    if (*array.shape, 1) == outputs:
        fix = f" Fix: {argument}[:, None]." if array.ndim == 1 else f" Fix: {argument}[..., None]."
    elif array.shape == (*outputs, 1):
        fix = f" Fix: {argument}[..., 0]."
    elif array.shape == outputs[:-1] and array.dtype.kind in "iu":
        fix = f" Fix: np.eye({outputs[-1]})[{argument}], or a categorical loss."
    raise ValueError(
        f"{function}: {argument} must have the shape {outputs} of the outputs for {loss}; "
        f"got {array.shape}.{fix}"
    )


def _classes(function, argument, array, loss, outputs, dtype):
    count = outputs[-1]
    if array.shape == outputs[:-1]:
        return _labels(function, argument, array, loss, count)
    if array.shape == outputs:
        return _rows(function, argument, array, loss, dtype)
    fix = f" Fix: {argument}[..., 0]." if array.shape == (*outputs[:-1], 1) else ""
    raise ValueError(
        f"{function}: {argument} must be integer labels {outputs[:-1]} or rows {outputs} for {loss}; "
        f"got {array.shape}.{fix}"
    )


def _labels(function, argument, array, loss, count):
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{function}: {argument} must be integer labels, or rows that sum to 1, for {loss}; "
            f"got dtype {array.dtype} of shape {array.shape}. Fix: {argument}.astype(int)."
        )
    if (outside := (array < 0) | (array >= count)).any():
        at = first(outside)
        fix = " Fix: one output wants sigmoid and binary_cross_entropy." if count == 1 else ""
        raise ValueError(
            f"{function}: {argument} must be labels from 0 to {count - 1}, for {count} outputs; "
            f"got {array[at]} at index {tell(at)}.{fix}"
        )
    return array.astype(np.int32, copy=False)


def _rows(function, argument, array, loss, dtype):
    if (negative := array < 0).any():
        at = first(negative)
        raise ValueError(
            f"{function}: {argument} must have rows >= 0 for {loss}; got {array[at]} in row {at[0]}."
        )
    sums = array.sum(axis=-1, dtype=np.float64)
    if (off := np.abs(sums - 1) > _ROW_SUM_BOUND).any():
        at = first(off)
        raise ValueError(
            f"{function}: {argument} must have rows that sum to 1 for {loss}; "
            f"got {sums[at]:.6g} in row {tell(at)}."
        )
    return cast(function, argument, array, dtype)
