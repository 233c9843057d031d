"""What targets must look like to meet the outputs of a network, for each loss.

N: examples, C: classes.
"""

import jax.numpy as jnp
import numpy as np

from . import ctc, data, metrics


def fitting(function, argument, values, objective, outputs, dtype):
    """Targets that fit the loss and the network's outputs, a shape [N, ...].

    objective: whose loss it is; a user's own function has no name, and its targets are only counted and
    cast; floats (N,) for outputs (N, 1) are refused all the same, as the difference of both would be
    (N, N). Integer labels stay integers; everything else is cast to dtype.
    """
    loss = objective.name
    array = data.numbers(function, argument, values)
    if len(array) != outputs[0]:
        raise ValueError(
            f"{function}: {argument} must have one row for each of {outputs[0]} outputs; got {len(array)}."
        )
    if loss in data.CATEGORICAL_LOSSES:
        return _classes(function, argument, array, loss, outputs, dtype)
    if loss in data.SEQUENCE_LOSSES:
        return _sequences(function, argument, array, loss, outputs, objective.keywords.get("blank", 0))
    if loss in data.ELEMENTWISE_LOSSES:
        _same_shape(function, argument, array, loss, outputs)
    elif array.dtype.kind in "iu":
        return data.cast(function, argument, array, np.int32)
    elif (*array.shape, 1) == outputs or array.shape == (*outputs, 1):
        _same_shape(function, argument, array, loss, outputs)
    if loss in data.BINARY_LOSSES and (outside := _outside(array, 0, 1)).any():
        at = data.first(outside)
        raise ValueError(
            f"{function}: {argument} must be in [0, 1] for {loss}; got {array[at]} at index {data.tell(at)}."
        )
    if loss in data.SIDED_LOSSES and (outside := (array != -1) & (array != 1)).any():
        at = data.first(outside)
        raise ValueError(
            f"{function}: {argument} must be -1 or 1 for {loss}; got {array[at]} at index {data.tell(at)}. "
            f"Fix: 2 * {argument} - 1 for 0 and 1."
        )
    if loss in data.COUNT_LOSSES and (negative := array < 0).any():
        at = data.first(negative)
        raise ValueError(
            f"{function}: {argument} must be >= 0 for {loss}; got {array[at]} at index {data.tell(at)}."
        )
    asked = metrics.accuracy_of_errors in objective.metrics.values()
    if asked and metrics.one_answer(outputs, array.shape) and (outside := _outside(array, 0, 1)).any():
        at = data.first(outside)
        raise ValueError(
            f"{function}: {argument} must be in [0, 1] where accuracy asks one output for yes or no; got "
            f"{array[at]} at index {data.tell(at)}. Fix: metrics=['mean_absolute_error']."
        )
    return data.cast(function, argument, array, dtype)


def _outside(array, low, high):
    return (array < low) | (array > high)


def _sequences(function, argument, array, loss, outputs, blank):
    """Rows of labels [N, L] for outputs [N, T, C]; while training the loss cannot look at them."""
    if len(outputs) != 3 or array.ndim != 2 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{function}: {argument} must be integer labels [N, L], beside outputs [N, T, C], for {loss}; "
            f"got dtype {array.dtype} of shape {array.shape} and outputs {outputs}."
        )
    _, steps, classes = outputs
    ctc._look(f"{function}: {argument}", array, np.full(len(array), steps), steps, classes, blank)
    return data.cast(function, argument, array, np.int32)


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
    fix = fix or _one_answer(array.shape, outputs)
    what = f"the outputs for {loss}" if loss else "the outputs"
    raise ValueError(
        f"{function}: {argument} must have the shape {outputs} of {what}; got {array.shape}.{fix}"
    )


def _one_answer(given, outputs):
    """The fix for targets that have no axis of time where the outputs have one."""
    if len(outputs) != 3 or given not in (outputs[:1], (outputs[0], outputs[2])):
        return ""
    return (
        " Fix: return_sequences=False in the last recurrent layer, or Flatten(), for one output an example."
    )


def _classes(function, argument, array, loss, outputs, dtype):
    count = outputs[-1]
    if array.shape == outputs[:-1]:
        return _labels(function, argument, array, loss, count)
    if array.shape == outputs:
        return _rows(function, argument, array, loss, dtype)
    fix = f" Fix: {argument}[..., 0]." if array.shape == (*outputs[:-1], 1) else ""
    fix = fix or _one_answer(array.shape, outputs)
    raise ValueError(
        f"{function}: {argument} must be integer labels {outputs[:-1]} or rows {outputs} for {loss}; "
        f"got {array.shape}.{fix}"
    )


def _labels(function, argument, array, loss, count):
    if array.dtype.kind not in "biu":
        raise TypeError(
            f"{function}: {argument} must be integer labels, or rows that sum to 1, for {loss}; "
            f"got dtype {array.dtype} of shape {array.shape}. Fix: {argument}.astype(int)."
        )
    if (outside := (array < 0) | (array >= count)).any():
        at = data.first(outside)
        fix = " Fix: one output wants sigmoid and binary_cross_entropy." if count == 1 else ""
        raise ValueError(
            f"{function}: {argument} must be labels from 0 to {count - 1}, for {count} outputs; "
            f"got {array[at]} at index {data.tell(at)}.{fix}"
        )
    return array.astype(np.int32, copy=False)


def _rows(function, argument, array, loss, dtype):
    if (negative := array < 0).any():
        at = data.first(negative)
        raise ValueError(
            f"{function}: {argument} must have rows >= 0 for {loss}; got {array[at]} in row {at[0]}."
        )
    sums = array.sum(axis=-1, dtype=np.float64)
    bound = 0.01 if array.dtype == jnp.bfloat16 else 1e-3  # more is no rounding, in float16 neither
    if (off := np.abs(sums - 1) > bound).any():
        at = data.first(off)
        raise ValueError(
            f"{function}: {argument} must have rows that sum to 1 for {loss}; "
            f"got {sums[at]:.6g} in row {data.tell(at)}."
        )
    return data.cast(function, argument, array, dtype)
