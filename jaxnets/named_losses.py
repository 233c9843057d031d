"""The losses that a network can be given by name, and which last layer each of them stands behind."""

import inspect
from functools import partial

import jax

from . import (
    activations,
    checks,
    ctc,
    data,
    losses,
    losses_classification,
    losses_regression,
    losses_similarity,
)

SOFTMAX = (activations.softmax, jax.nn.softmax)
SIGMOID = (activations.sigmoid, jax.nn.sigmoid)
_ROOMS = (losses, losses_regression, losses_classification, losses_similarity, ctc)
NAMED = {
    name: next(getattr(room, name) for room in _ROOMS if hasattr(room, name))
    for name in (*data.ELEMENTWISE_LOSSES, *data.CATEGORICAL_LOSSES, *data.SEQUENCE_LOSSES)
}
FUSED = {
    "categorical_cross_entropy": (SOFTMAX, losses.softmax_cross_entropy),
    "binary_cross_entropy": (SIGMOID, losses.sigmoid_binary_cross_entropy),
}
ENDS = {  # what a loss on probabilities stands behind, and the loss on scores instead
    "categorical_cross_entropy": ("softmax", "softmax_cross_entropy"),
    "binary_cross_entropy": ("sigmoid", "sigmoid_binary_cross_entropy"),
    "kl_divergence": ("softmax", "softmax_cross_entropy"),
}
ON_SCORES = {  # a loss on scores, and the one on probabilities instead
    "softmax_cross_entropy": "categorical_cross_entropy",
    "sigmoid_binary_cross_entropy": "binary_cross_entropy",
    "softmax_focal": None,
    "sigmoid_focal": None,
    "ctc_loss": None,
}


def named(loss):
    """(name, keywords, function) of a loss given by name, as one of the library's functions, as such a one
    with some of its arguments set by functools.partial, or as any callable."""
    keywords = loss.keywords if isinstance(loss, partial) and not loss.args else {}
    given = loss.func if keywords else loss
    for name, function in NAMED.items():
        if given is function or (isinstance(given, str) and given == name):
            if "reduction" in keywords:
                raise ValueError(
                    f"NeuralNet.compile: the reduction of {name} is not yours to set; got "
                    f"{keywords['reduction']!r}. Fix: leave it out."
                )
            takes = list(inspect.signature(function).parameters)[3:]
            if unknown := [keyword for keyword in keywords if keyword not in takes]:
                told = ", ".join(takes) or "no arguments"
                raise TypeError(f"NeuralNet.compile: {name} takes {told}; got {unknown[0]}.")
            if "logit_lengths" in keywords:
                raise ValueError(
                    "NeuralNet.compile: logit_lengths must come with each batch, in its order. Fix: make "
                    "them column 0 of y, and loss=lambda z, y: ctc_loss(z, y[:, 1:], logit_lengths=y[:, 0])."
                )
            return name, keywords, partial(function, **keywords) if keywords else function
    if isinstance(loss, str):
        raise ValueError(
            f"NeuralNet.compile: loss must be one of {', '.join(NAMED)} or a function of "
            f"(outputs, targets); got {loss!r}.{checks.near(loss, NAMED)}"
        )
    if not callable(loss) or isinstance(loss, type):
        raise TypeError(
            f"NeuralNet.compile: loss must be a name or a function of (outputs, targets); "
            f"got {checks.told(loss)}."
        )
    return None, {}, loss
