"""What a batch must look like before a net touches it: a check raises one sentence, or returns the numbers.

N: examples, C: classes.
"""

import math
import sys
from typing import Any

from .checks import flatten, nested, shape, shown
from .systems import number
from .value import Value, plain

BINARY_LOSSES = ("binary_cross_entropy", "sigmoid_binary_cross_entropy", "sigmoid_focal")  # targets in [0, 1]
SIDED_LOSSES = ("hinge", "squared_hinge")  # targets -1 or 1
COUNT_LOSSES = ("poisson", "log_poisson")  # targets >= 0
CATEGORICAL_LOSSES = ("categorical_cross_entropy", "softmax_cross_entropy", "softmax_focal", "kl_divergence")
ELEMENTWISE_LOSSES = (
    *("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "cosine_distance"),
    *(*BINARY_LOSSES, *SIDED_LOSSES, *COUNT_LOSSES),
)


def numbers(function, argument, values) -> Any:
    """Nested lists of plain, finite numbers, at least one of them, from lists, tuples and arrays."""

    def read(x: Any, index):
        x = plain(x) if isinstance(x, Value) else x
        plainly = number(x)
        if plainly is None and nested(x):
            return [read(row, (*index, i)) for i, row in enumerate(x)]
        where = f" at index {index[0] if len(index) == 1 else index}" if index else ""
        if plainly is None:
            rule = "be real, not complex" if "complex" in type(x).__name__ else "hold numbers"
            raise TypeError(f"{function}: {argument} must {rule}; got {shown(x)}{where}.")
        if isinstance(plainly, int) and abs(plainly) > sys.float_info.max:
            raise ValueError(f"{function}: {argument} must fit into a float; got {shown(x)}{where}.")
        if not -math.inf < plainly < math.inf:
            raise ValueError(f"{function}: {argument} must be finite; got {plainly}{where}.")
        return plainly

    values = read(values, ())
    given = shape(values, f"{function}: {argument}")
    if math.prod(given) == 0 or not given:
        rule = "be an array with one row an example" if not given else "not be empty"
        raise ValueError(f"{function}: {argument} must {rule}; got shape {given}.")
    return values


def _index(position, dimensions):
    """The index of the position-th number of an array: 3, or (3, 1)."""
    index = []
    for size in reversed(dimensions):
        position, i = divmod(position, size)
        index.insert(0, i)
    return index[0] if len(index) == 1 else tuple(index)


def features(function, argument, values):
    """Inputs [N][...], nested as the first layer wants them."""
    values = numbers(function, argument, values)
    if len(shape(values)) < 2:
        raise ValueError(
            f"{function}: {argument} must have one row an example, [N, features]; got shape {shape(values)}. "
            f"Fix: {argument}[None] for one example, {argument}[:, None] for one feature."
        )
    return values


def targets(function, argument, values, loss, outputs):
    """Targets that fit the loss and the shape (N, C) of the net's outputs."""
    values = numbers(function, argument, values)
    given = shape(values)
    if given[0] != outputs[0]:
        raise ValueError(
            f"{function}: x and {argument} must have the same number of rows; "
            f"got {outputs[0]} and {given[0]}."
        )
    if loss in CATEGORICAL_LOSSES:
        _classes(function, argument, values, loss, outputs)
    elif given != outputs:
        fix = _one_answer(given, outputs)
        if (*given, 1) == outputs:
            fix = f" Fix: {argument}[:, None]." if len(given) == 1 else f" Fix: {argument}[..., None]."
        elif given == (*outputs, 1):
            fix = f" Fix: {argument}[..., 0]."
        raise ValueError(
            f"{function}: {argument} must have the shape {outputs} of the outputs for {loss}; "
            f"got {given}.{fix}"
        )
    else:
        _in_range(function, argument, values, loss)
    return values


def _one_answer(given, outputs):
    """The fix for targets that have no axis of time where the outputs have one."""
    if len(outputs) != 3 or given not in (outputs[:1], (outputs[0], outputs[2])):
        return ""
    return (
        " Fix: return_sequences=False in the last recurrent layer, or Flatten(), for one output an example."
    )


def _in_range(function, argument, values, loss):
    """Targets of a loss that does not take all numbers."""
    fix = ""
    if loss in BINARY_LOSSES:
        rule, holds = "in [0, 1]", lambda t: 0 <= t <= 1
    elif loss in COUNT_LOSSES:
        rule, holds = ">= 0", lambda t: t >= 0
    elif loss in SIDED_LOSSES:
        rule, holds, fix = "-1 or 1", lambda t: t in (-1, 1), f" Fix: 2 * {argument} - 1 for 0 and 1."
    else:
        return
    for i, t in enumerate(flatten(values)):
        if not holds(t):
            at = _index(i, shape(values))
            raise ValueError(f"{function}: {argument} must be {rule} for {loss}; got {t} at index {at}.{fix}")


def _classes(function, argument, values, loss, outputs):
    given, classes = shape(values), outputs[-1]
    if given == outputs:
        flat = flatten(values)
        for i in range(0, len(flat), classes):
            row, n = flat[i : i + classes], _index(i // classes, given[:-1])
            for t in row:
                if t < 0:
                    raise ValueError(
                        f"{function}: {argument} must have rows >= 0 for {loss}; got {t} in row {n}."
                    )
            if abs(math.fsum(row) - 1) > 1e-3:
                raise ValueError(
                    f"{function}: {argument} must have rows that sum to 1 for {loss}; "
                    f"got {math.fsum(row):.6g} in row {n}."
                )
    elif given == outputs[:-1]:
        for i, label in enumerate(flatten(values)):
            n = _index(i, given)
            if not hasattr(label, "__index__"):
                raise TypeError(
                    f"{function}: {argument} must be integer labels, or rows that sum to 1, for {loss}; "
                    f"got {shown(label)} at index {n}."
                )
            if not 0 <= label < classes:
                raise ValueError(
                    f"{function}: {argument} must be labels from 0 to {classes - 1}, for {classes} outputs; "
                    f"got {label} at index {n}."
                )
    else:
        raise ValueError(
            f"{function}: {argument} must be integer labels {outputs[:-1]} or rows {outputs} for {loss}; "
            f"got {given}.{_one_answer(given, outputs)}"
        )
