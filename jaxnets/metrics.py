"""What is measured next to the loss. A metric is a function (outputs, targets) -> number, the mean over a
batch.

N: example, C: class.
"""

from collections.abc import Iterable

import jax.numpy as jnp

from . import checks, data, losses


def categorical_accuracy(outputs, targets):
    """The share of examples whose largest output is at the right class.

        categorical_accuracy(outputs, targets) = mean_n [argmax_c outputs[n][c] == label[n]]

    outputs: [..., C], probabilities or scores; targets: integer labels [...] or rows [..., C], whose largest
    element is the label. Ties go to the first class; nan is never right. Returns a number in [0, 1]. Raises
    ValueError for a label out of range, which in a traced one is not looked at, TypeError for labels that are
    no whole numbers.

    >>> float(categorical_accuracy(jnp.array([[0.9, 0.1], [0.8, 0.2]]), jnp.array([0, 1])))
    0.5
    """
    outputs, labels = _labelled("categorical_accuracy", outputs, targets)
    right = jnp.argmax(outputs, axis=-1) == labels
    return jnp.mean(right & ~jnp.isnan(outputs).any(axis=-1), dtype=_float(outputs))


def binary_accuracy(outputs, targets, threshold=0.5):
    """The share of outputs on the right side of a threshold.

        binary_accuracy(outputs, targets) = mean_n [(outputs[n] > threshold) == (targets[n] > 1/2)]

    outputs, targets: [...] of one shape; threshold: 0.5 for probabilities, 0 for scores. An output equal to
    the threshold says no, nan is never right. Returns a number in [0, 1].

    >>> float(binary_accuracy(jnp.array([0.9, 0.2]), jnp.array([1, 1])))
    0.5
    """
    outputs = checks.array("binary_accuracy", "outputs", outputs)
    targets = checks.array("binary_accuracy", "targets", targets)
    threshold = checks.finite("binary_accuracy", "threshold", threshold)
    if outputs.shape != targets.shape:
        raise ValueError(
            f"binary_accuracy: outputs and targets must have the same shape; "
            f"got {outputs.shape} and {targets.shape}."
        )
    checks.not_empty("binary_accuracy", "outputs", outputs)
    right = (outputs > threshold) == (targets > 0.5)
    return jnp.mean(right & ~jnp.isnan(outputs), dtype=_float(outputs))


def top_k_accuracy(outputs, targets, k=5):
    """The share of examples whose right class is among the k largest outputs.

        top_k_accuracy(outputs, targets) = mean_n [fewer than k outputs are above that of label[n]]

    outputs: [..., C], probabilities or scores; targets: integer labels [...] or rows [..., C], whose largest
    element is the label; k: a whole number from 1 to C. Ties count as hits, nan does not.
    Returns a number in [0, 1]. Raises what `categorical_accuracy` raises, and ValueError for another k.

    >>> float(top_k_accuracy(jnp.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]]), jnp.array([1, 2]), k=2))
    0.5
    """
    outputs, labels = _labelled("top_k_accuracy", outputs, targets)
    if data.whole("top_k_accuracy", "k", k, 1) > outputs.shape[-1]:
        raise ValueError(f"top_k_accuracy: k must be at most the {outputs.shape[-1]} classes; got {k}.")
    right = jnp.take_along_axis(outputs, labels[..., None].astype(int), axis=-1)
    missed = jnp.isnan(right[..., 0]) | (jnp.sum(~(outputs <= right), axis=-1) >= k)
    return jnp.mean(~missed, dtype=_float(outputs))


def _labelled(function, outputs, targets):
    """Outputs [..., C] and their labels [...]; finds everything that is wrong."""
    outputs = checks.array(function, "outputs", outputs)
    targets = checks.array(function, "targets", targets)
    checks.not_empty(function, "outputs", outputs)
    checks.last_axis(function, "outputs", outputs)
    rows = targets.ndim == outputs.ndim
    labels = jnp.argmax(targets, axis=-1) if rows else targets
    if labels.shape != outputs.shape[:-1] or (rows and targets.shape != outputs.shape):
        raise ValueError(
            f"{function}: targets must be labels {outputs.shape[:-1]} or rows {outputs.shape}; "
            f"got {targets.shape}."
        )
    if jnp.issubdtype(labels.dtype, jnp.inexact):
        raise TypeError(
            f"{function}: targets must be whole numbers where they are labels; got {labels.dtype}."
        )
    checks.labels(function, "targets", labels, outputs.shape[-1])
    return outputs, labels


def _float(outputs):
    return outputs.dtype if jnp.issubdtype(outputs.dtype, jnp.floating) else jnp.result_type(float)


def one_answer(outputs, targets):
    """Whether each example has one output, for yes or no; both by their shapes."""
    return outputs == targets and (len(outputs) < 2 or outputs[-1] == 1)


def _yes_above(threshold):
    def accuracy(outputs, targets):
        """Several outputs vote for a class, one output says yes above a threshold."""
        if one_answer(outputs.shape, targets.shape):
            return binary_accuracy(outputs, targets, threshold)
        return categorical_accuracy(outputs, targets)

    return accuracy


accuracy_of_errors, accuracy_of_sides = _yes_above(0.5), _yes_above(0.0)


def accuracy_of_scores(outputs, targets):
    """Each output answers a question of its own, yes above 0."""
    return binary_accuracy(outputs, targets, threshold=0.0)


def accuracy(loss):
    """The accuracy that a loss implies.

    Behind a categorical loss the largest output counts. Behind binary_cross_entropy and the like each output
    is a yes or no of its own, at 1/2 for probabilities and at 0 for scores. Behind hinges and errors the
    largest of several outputs counts, and of one whether it is above 0, or 1/2.
    """
    if loss in data.CATEGORICAL_LOSSES:
        return categorical_accuracy
    if loss in data.BINARY_LOSSES:
        return binary_accuracy if loss == "binary_cross_entropy" else accuracy_of_scores
    return accuracy_of_sides if loss in data.SIDED_LOSSES else accuracy_of_errors


def resolve(names, loss):
    """A dict of name -> function for `compile`'s list of names and callables, in their order."""
    if isinstance(names, str) or callable(names):
        names = [names]
    if not isinstance(names, Iterable | None):
        raise TypeError(
            f"NeuralNet.compile: metrics must be a list of names and functions; got {checks.told(names)}."
        )
    known = {
        "accuracy": accuracy(loss),
        "categorical_accuracy": categorical_accuracy,
        "mean_squared_error": losses.mean_squared_error,
        "mean_absolute_error": losses.mean_absolute_error,
        "top_k_accuracy": top_k_accuracy,
    }
    chosen = {}
    for metric in () if names is None else names:
        if isinstance(metric, str):
            if metric not in known:
                raise ValueError(
                    f"NeuralNet.compile: a metric must be one of {', '.join(known)} or a function of "
                    f"(outputs, targets); got {checks.shown(metric)}.{checks.near(metric, known)}"
                )
            name, function = metric, known[metric]
        elif callable(metric) and not isinstance(metric, type):
            inner = getattr(metric, "func", metric)  # of a partial
            name, function = getattr(inner, "__name__", type(inner).__name__).strip("<>"), metric
        else:
            raise TypeError(
                f"NeuralNet.compile: a metric must be a name or a function of (outputs, targets); "
                f"got {checks.shown(metric)}."
            )
        if name == "loss" or name in chosen:
            raise ValueError(f"NeuralNet.compile: metrics must have names of their own; got {name!r} twice.")
        chosen[name] = function
    return chosen
