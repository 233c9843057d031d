"""The loss that a net learns from: fused with the last activation where that saves digits, with penalties."""

from . import activations, checks, losses
from .layer import Activation
from .operations import total
from .regularization import l1_penalty, l2_penalty

# The loss on probabilities: the activation in front of it, and the loss on scores that both are together.
FUSED = {
    "categorical_cross_entropy": (activations.softmax, "softmax_cross_entropy"),
    "binary_cross_entropy": (activations.sigmoid, "sigmoid_binary_cross_entropy"),
}
LOSSES = ("mean_squared_error", "mean_absolute_error", *FUSED, *(scores for _, scores in FUSED.values()))


class Objective:
    """The mean loss of a batch plus the penalties on kernels, as one Value.

    name: the loss; layers: those of the net; l1, l2: rates of the penalties, >= 0. Raises ValueError for
    an unknown loss, a negative rate, and a loss on probabilities behind scores or the reverse.
    """

    def __init__(self, layers, name, l1=0.0, l2=0.0):
        checks.non_negative("NeuralNet.compile", "l1", l1)
        checks.non_negative("NeuralNet.compile", "l2", l2)
        if not isinstance(name, str) or name not in LOSSES:
            raise ValueError(f"NeuralNet.compile: loss must be one of {', '.join(LOSSES)}; got {name!r}.")
        self.name, self.l1, self.l2 = name, l1, l2
        self._layers, self._loss = layers, getattr(losses, name)
        self._meet(layers[-1])

    def _meet(self, last):
        """What the last layer and the loss make of each other."""
        function = last.function if isinstance(last, Activation) else None
        told = type(last).__name__ if function is None else getattr(function, "__name__", repr(function))
        probable = function in [end for end, _ in FUSED.values()]
        if self.name in FUSED:
            end, scores = FUSED[self.name]
            if not probable:
                raise ValueError(
                    f"NeuralNet.compile: {self.name} takes probabilities, and the last layer ({told}) "
                    f"returns scores. Fix: end the layers with {end.__name__}, or take loss={scores!r}."
                )
            if function is end:
                self._layers, self._loss = self._layers[:-1], getattr(losses, scores)
        elif probable and self.name.endswith("cross_entropy"):
            fix = next(name for name, (_, scores) in FUSED.items() if scores == self.name)
            raise ValueError(
                f"NeuralNet.compile: {self.name} takes scores, and the last layer ({told}) returns "
                f"probabilities. Fix: take loss={fix!r}, or leave the last layer out."
            )

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
