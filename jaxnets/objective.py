"""The loss that a network is trained on: a function by name or by hand, in its fused form, with its
penalties."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from . import activations, checks, data, losses, metrics, regularization
from .loop import paths, split

_SOFTMAX = (activations.softmax, jax.nn.softmax)
_SIGMOID = (activations.sigmoid, jax.nn.sigmoid)
_NAMED = {name: getattr(losses, name) for name in (*data.ELEMENTWISE_LOSSES, *data.CATEGORICAL_LOSSES)}
_FUSED = {
    "categorical_cross_entropy": (_SOFTMAX, losses.softmax_cross_entropy),
    "binary_cross_entropy": (_SIGMOID, losses.sigmoid_binary_cross_entropy),
}
_ENDS = {"categorical_cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}


def layers_of(module):
    """The layers of a Sequential, or () for a module that does not say what comes last."""
    return (
        tuple(module.layers) if type(module) is nnx.Sequential else ()
    )  # a subclass may call them otherwise


def _is(layer, functions):
    return any(layer is function for function in functions)


class Objective:
    """A function (module, batch) -> (loss, metrics) of one batch, made by `NeuralNet.compile`.

    name: the loss's name, or None for a user's own function; fused: whether the loss is taken on the scores
    in front of the last layer; metrics: name -> function.
    """

    def __init__(self, module, loss, names=(), l1=0.0, l2=0.0):
        checks.non_negative("NeuralNet.compile", "l1", l1)
        checks.non_negative("NeuralNet.compile", "l2", l2)
        self.name, function = _named(loss)
        self.function: Any = function
        self.l1, self.l2 = l1, l2
        self.metrics = metrics.resolve(names, self.name)
        self.fused, self._checked = False, None
        if layers := layers_of(module):
            self._meet(layers[-1])
        if (l1 or l2) and not list(_kernels(split(module)[1])):
            raise ValueError("NeuralNet.compile: l1 and l2 act on kernels; the net has none.")

    def _meet(self, last):
        """What the last layer and the loss make of each other."""
        if self.name in data.PROBABILITY_LOSSES:
            ends, fused = _FUSED[self.name]
            if _is(last, ends):
                self.fused, self.function = True, fused
            elif not _is(last, (*_SOFTMAX, *_SIGMOID)):
                raise ValueError(
                    f"NeuralNet.compile: {self.name} takes probabilities, and the last layer "
                    f"({describe(last)}) returns scores. Fix: end the layers with {_ENDS[self.name]}, "
                    f"or take loss={fused.__name__!r}."
                )
        for probabilities, (_, fused) in _FUSED.items():
            if self.name == fused.__name__ and _is(last, (*_SOFTMAX, *_SIGMOID)):
                raise ValueError(
                    f"NeuralNet.compile: {self.name} takes scores, and the last layer ({describe(last)}) "
                    f"returns probabilities. Fix: take loss={probabilities!r}, or leave the last layer out."
                )

    @property
    def names(self):
        """The names of the figures of a step, the loss first."""
        return ["loss", *self.metrics]

    def __call__(self, module, batch):
        if self.fused:
            *body, last = module.layers
            scores = batch.inputs
            for layer in body:
                scores = layer(scores)
            outputs = last(scores) if self.metrics else None
        else:
            scores = outputs = module(batch.inputs)
        loss = self._loss(scores, batch.targets, batch.weights)
        if self.l1 or self.l2:
            kernels = list(_kernels(nnx.to_pure_dict(nnx.state(module, nnx.Param))))
            loss = loss + regularization.l1_penalty(kernels, self.l1) if self.l1 else loss
            loss = loss + regularization.l2_penalty(kernels, self.l2) if self.l2 else loss
        return loss, [metric(outputs, batch.targets) for metric in self.metrics.values()]

    def _loss(self, scores, targets, weights):
        if self.name and weights is None:
            return self.function(scores, targets)
        terms = (
            self.function(scores, targets, "none")
            if self.name
            else jnp.asarray(self.function(scores, targets))
        )
        if weights is not None:
            if terms.ndim == 0 or terms.shape[0] != weights.shape[0]:
                raise ValueError(
                    f"fit: sample_weight needs a loss that returns one term an example, "
                    f"({weights.shape[0]}, ...); got shape {terms.shape}."
                )
            terms = terms * weights.reshape(weights.shape + (1,) * (terms.ndim - 1))
        return jnp.mean(terms) if terms.ndim else terms

    def check(self, function, outputs, batch):
        """Raise what tracing the loss and the metrics would raise, from shapes alone."""
        key = [(a.shape, a.dtype) for a in (outputs, *batch[1:]) if a is not None]
        if key == self._checked:
            return
        rows = jax.ShapeDtypeStruct(outputs.shape, outputs.dtype)
        if self.name is None:
            jax.eval_shape(self._loss, rows, batch.targets, batch.weights)
        for name, metric in self.metrics.items():
            yes_or_no = outputs.shape == batch.targets.shape and (outputs.shape[1:] or (1,))[-1] == 1
            if name == "accuracy" and self.name is None and yes_or_no:
                raise ValueError(
                    f"{function}: accuracy of one output behind a loss of your own could mean probabilities "
                    f"or scores. Fix: metrics=[jaxnets.metrics.binary_accuracy], or a function of your own."
                )
            shape = jax.eval_shape(metric, rows, batch.targets).shape
            if shape != ():
                raise ValueError(f"{function}: metric {name!r} must return one number; got shape {shape}.")
        self._checked = key


def _named(loss):
    """(name, function) of a loss given by name, as one of the library's functions, or as any callable."""
    for name, function in _NAMED.items():
        if loss == name or loss is function:
            return name, function
    if isinstance(loss, str):
        raise ValueError(
            f"NeuralNet.compile: loss must be one of {', '.join(_NAMED)} or a function of "
            f"(outputs, targets); got {loss!r}."
        )
    if not callable(loss) or isinstance(loss, type):
        raise TypeError(
            f"NeuralNet.compile: loss must be a name or a function of (outputs, targets); got {loss!r}."
        )
    return None, loss


def _kernels(params):
    """The parameters that penalties act on: those whose name says kernel. Biases and scales are left
    alone."""
    for path, leaf in paths(params).items():
        if "kernel" in str(path[-1]):
            yield leaf


def describe(layer):
    """A layer in one word: the name of its class, or of the function."""
    if isinstance(layer, nnx.Module):
        return type(layer).__name__
    return getattr(layer, "__name__", type(layer).__name__)


def optimizer_of(optimizer):
    """The optimizer, if it is one."""
    if not isinstance(optimizer, optax.GradientTransformation):
        raise TypeError(
            f"NeuralNet.compile: optimizer must be an Optax transformation; got {optimizer!r}. "
            f"Fix: optimizer=jaxnets.adam(1e-3)."
        )
    return optimizer
