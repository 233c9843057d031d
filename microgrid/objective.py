"""The loss that a net learns from: fused with the last activation where that saves digits, with penalties."""

import inspect
from functools import partial

from . import activations, checks, data, losses, losses_classification, losses_regression, losses_similarity
from .layer import Activation
from .operations import total
from .regularization import l1_penalty, l2_penalty

# The loss on probabilities: the activation in front of it, and the loss on scores that both are together.
FUSED = {
    "categorical_cross_entropy": (activations.softmax, "softmax_cross_entropy"),
    "binary_cross_entropy": (activations.sigmoid, "sigmoid_binary_cross_entropy"),
}
ON_PROBABILITIES = FUSED | {"kl_divergence": (activations.softmax, "softmax_cross_entropy")}
ON_SCORES = ("softmax_cross_entropy", "sigmoid_binary_cross_entropy", "softmax_focal", "sigmoid_focal")
ROOMS = (losses, losses_regression, losses_classification, losses_similarity)
LOSSES = {
    name: next(getattr(room, name) for room in ROOMS if hasattr(room, name))
    for name in (*data.ELEMENTWISE_LOSSES, *data.CATEGORICAL_LOSSES)
}


class Objective:
    """The mean loss of a batch plus the penalties on kernels, as one Value.

    loss: its name, one of the library's functions, or such a function with some of its arguments set by
    functools.partial; layers: those of the net; l1, l2: rates of the penalties, >= 0. Raises ValueError for
    an unknown loss, a negative rate, and a loss on probabilities behind scores or the reverse.
    """

    def __init__(self, layers, loss, l1=0.0, l2=0.0):
        l1 = checks.non_negative("NeuralNet.compile", "l1", l1)
        l2 = checks.non_negative("NeuralNet.compile", "l2", l2)
        keywords = loss.keywords if isinstance(loss, partial) and not loss.args else {}
        given = loss.func if keywords else loss
        name = given if isinstance(given, str) else None
        names = [known for known, function in LOSSES.items() if given is function or name == known]
        if not isinstance(given, str) and not callable(given):
            rule = f"loss must be a name or one of the library's functions; got {checks.shown(loss)}"
            raise TypeError(f"NeuralNet.compile: {rule}.")
        if not names:
            told = f"{checks.shown(loss)}.{checks.near(loss, LOSSES)}"
            raise ValueError(f"NeuralNet.compile: loss must be one of {', '.join(LOSSES)}; got {told}")
        self.name, self.l1, self.l2 = names[0], l1, l2
        if "reduction" in keywords:
            raise ValueError(
                f"NeuralNet.compile: the reduction of {self.name} is not yours to set; got "
                f"{keywords['reduction']!r}. Fix: leave it out."
            )
        takes = list(inspect.signature(LOSSES[self.name]).parameters)[3:]
        if unknown := [keyword for keyword in keywords if keyword not in takes]:
            told = ", ".join(takes) or "no arguments"
            raise TypeError(f"NeuralNet.compile: {self.name} takes {told}; got {unknown[0]}.")
        self._named = partial(LOSSES[self.name], **keywords)
        self._layers, self._loss = layers, self._named
        self._meet(layers[-1], keywords)

    def _meet(self, last, keywords):
        """What the last layer and the loss make of each other."""
        function = last.function if isinstance(last, Activation) else None
        told = type(last).__name__ if function is None else getattr(function, "__name__", repr(function))
        probable = function in [end for end, _ in FUSED.values()]
        if self.name in ON_PROBABILITIES:
            end, scores = ON_PROBABILITIES[self.name]
            if not probable:
                raise ValueError(
                    f"NeuralNet.compile: {self.name} takes probabilities, and the last layer ({told}) "
                    f"returns scores. Fix: end the layers with {end.__name__}, or take loss={scores!r}."
                )
            if function is end and self.name in FUSED:
                self._layers, self._loss = self._layers[:-1], partial(LOSSES[scores], **keywords)
        elif probable and self.name in ON_SCORES:
            instead = [name for name, (_, scores) in FUSED.items() if scores == self.name]
            fix = "".join(f"take loss={name!r}, or " for name in instead)
            raise ValueError(
                f"NeuralNet.compile: {self.name} takes scores, and the last layer ({told}) returns "
                f"probabilities. Fix: {fix}leave the last layer out."
            )

    def check(self, outputs, y):
        """Raises what the loss that was asked for says of its arguments, not the fused one."""
        if self._named.keywords:
            self._named(outputs, y)

    def __call__(self, x, y):
        outputs = x
        for layer in self._layers:
            outputs = layer.batch(outputs)
        layers = {id(layer): layer for layer in self._layers}.values()  # one that stands twice pays once
        named = [pair for layer in layers for pair in layer.parameters.items()]
        kernels = [weights for name, weights in named if "kernel" in name]
        penalties = [l1_penalty(kernel, self.l1) for kernel in kernels] if self.l1 else []
        penalties += [l2_penalty(kernel, self.l2) for kernel in kernels] if self.l2 else []
        return total([self._loss(outputs, y), *penalties])
