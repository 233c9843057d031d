"""The loss that a network is trained on: by name or by hand, in its fused form, with its penalties."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from . import checks, data, losses, metrics, named_losses, regularization
from .loop import paths, split
from .precision import wide
from .telling import shown


def layers_of(module):
    """The layers of a Sequential, or () for a module that does not say what comes last."""
    return tuple(module.layers) if type(module) is nnx.Sequential else ()  # a subclass may differ


class Objective:
    """A function (module, batch) -> (loss, metrics) of one batch, made by `NeuralNet.compile`.

    name: the loss's name, or None for a user's own function; fused: whether the loss is taken on the scores
    in front of the last layer; metrics: name -> function.
    """

    def __init__(self, module, loss, names=(), l1=0.0, l2=0.0):
        checks.non_negative("NeuralNet.compile", "l1", l1)
        checks.non_negative("NeuralNet.compile", "l2", l2)
        self.name, self.keywords, function = named_losses.named(loss)
        self.function: Any = function
        self.l1, self.l2 = float(l1), float(l2)
        self.metrics = metrics.resolve(names, self.name)
        self.fused, self._checked = False, None
        if layers := layers_of(module):
            self._fuse(layers[-1])
        if (l1 or l2) and not list(_kernels(split(module)[1])):
            raise ValueError("NeuralNet.compile: l1 and l2 act on kernels; the net has none.")

    def _fuse(self, last):
        """Checks that the loss fits the last layer, and fuses the two."""
        probable = any(last is function for function in (*named_losses.SOFTMAX, *named_losses.SIGMOID))
        if self.name in data.PROBABILITY_LOSSES:
            ending, scores = named_losses.ENDS[self.name]
            if not probable:
                raise ValueError(
                    f"NeuralNet.compile: {self.name} takes probabilities, and the last layer "
                    f"({describe(last)}) returns scores. Fix: end the layers with {ending}, "
                    f"or take loss={scores!r}."
                )
            endings, fused = named_losses.FUSED.get(self.name, ((), None))
            if any(last is function for function in endings):
                self.fused, self.function = True, partial(fused, **self.keywords)
        elif self.name in named_losses.ON_SCORES and probable:
            instead = named_losses.ON_SCORES[self.name]
            fix = f"take loss={instead!r}, or " if instead else ""
            raise ValueError(
                f"NeuralNet.compile: {self.name} takes scores, and the last layer ({describe(last)}) "
                f"returns probabilities. Fix: {fix}leave the last layer out."
            )

    @property
    def names(self):
        """The names of the figures of a step, the loss first."""
        return ["loss", *self.metrics]

    def __call__(self, module, batch):
        return self.sized(module, batch)[:2]

    def sized(self, module, batch):
        """(loss, metrics, how much the loss is a mean of): as many as there are examples, or with class
        weights the sum of those of the targets."""
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
        size = len(batch.targets)
        if (weights := self.keywords.get("class_weight")) is not None:
            size = losses._weight_of_classes(self.name, scores, batch.targets, weights)
        return loss, [metric(outputs, batch.targets) for metric in self.metrics.values()], size

    def _loss(self, scores, targets, weights):
        if self.name and weights is None:
            return self.function(scores, targets)
        if self.name:  # in float32, as it is rounded once, when the terms are weighed and added up
            terms = self.function(wide(scores), targets, "none")
        else:
            terms = jnp.asarray(self.function(scores, targets))
        if weights is not None:
            terms = terms * weights.reshape(weights.shape + (1,) * (terms.ndim - 1))
        return jnp.mean(terms) if terms.ndim else terms

    def check(self, function, outputs, batch):
        """Raise what tracing the loss and the metrics would raise, from shapes alone."""
        key = [(a.shape, a.dtype) for a in (outputs, *batch[1:]) if a is not None]
        if key == self._checked:
            return
        rows = jax.ShapeDtypeStruct(outputs.shape, outputs.dtype)
        if batch.weights is not None and self.keywords.get("class_weight") is not None:
            raise ValueError(
                f"{function}: sample_weight and the class_weight of {self.name} both weigh the examples. "
                f"Fix: sample_weight * class_weight[y] alone."
            )
        # the loss that was asked for says what is wrong with its arguments, not the fused one
        if self.name and self.keywords:
            jax.eval_shape(partial(named_losses.NAMED[self.name], **self.keywords), rows, batch.targets)
        if self.name is None:
            self._check_loss(function, rows, batch)
        for name, metric in self.metrics.items():
            yes_or_no = metrics.one_answer(outputs.shape, batch.targets.shape)
            if name == "accuracy" and self.name is None and yes_or_no:
                raise ValueError(
                    f"{function}: accuracy of one output behind a loss of your own could mean probabilities "
                    f"or scores. Fix: metrics=[jaxnets.metrics.binary_accuracy], or a function of your own."
                )
            shape, _, told = _result(f"{function}: metric {name!r}", metric, rows, batch.targets)
            if shape != ():
                raise ValueError(f"{function}: metric {name!r} must return one real number; got {told}.")
        self._checked = key

    def _check_loss(self, function, rows, batch):
        shape, floats, told = _result(f"{function}: the loss", self.function, rows, batch.targets)
        terms = bool(shape) and shape[0] == rows.shape[0] and 0 not in shape
        if not floats or not (terms or shape == ()):
            raise ValueError(
                f"{function}: the loss must return one real number, or terms of each example, "
                f"({rows.shape[0]}, ...); got {told}."
            )
        if batch.weights is not None and not terms:
            raise ValueError(
                f"{function}: sample_weight needs a loss that returns terms of each example, "
                f"({rows.shape[0]}, ...); got {told}."
            )


def _result(what, function, outputs, targets):
    """What a function of the user's returns, from shapes alone: its shape (None for what is no array of real
    numbers), whether it holds floats, and words for it."""
    results = []
    try:
        jax.eval_shape(lambda *arguments: results.append(function(*arguments)), outputs, targets)
    except Exception as error:
        raise ValueError(
            f"{what} does not take outputs {outputs.shape} and targets {targets.shape}; {checks.why(error)}"
        ) from error
    result = results[0]
    if not isinstance(result, jax.Array | np.ndarray | np.generic | int | float) or jnp.iscomplexobj(result):
        return None, False, checks.told(result)
    floats = jnp.issubdtype(jnp.result_type(result), jnp.floating)
    return np.shape(result), floats, f"shape {np.shape(result)} of {jnp.result_type(result)}"


def _kernels(params):
    """The parameters that penalties act on: those whose name says kernel, not biases and scales."""
    for path, leaf in paths(params).items():
        if "kernel" in str(path[-1]):
            yield leaf


def describe(layer):
    """A layer in one word: the name of its class, or of the function, also where arguments of it are set."""
    while isinstance(layer, partial):
        layer = layer.func
    if isinstance(layer, nnx.Module):
        return type(layer).__name__
    return getattr(layer, "__name__", type(layer).__name__)


def optimizer_of(optimizer):
    """The optimizer, if it is one."""
    if not isinstance(optimizer, optax.GradientTransformation):
        raise TypeError(
            f"NeuralNet.compile: optimizer must be an Optax transformation; got {shown(optimizer)}. "
            f"Fix: optimizer=jaxnets.adam(1e-3)."
        )
    return optimizer
