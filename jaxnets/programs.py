"""The compiled functions of one network, each made once for a structure of its module and kept."""

import copy
import itertools
from typing import Any

import jax
import numpy as np

from . import checks, data, loop, targets, training


def shapes(tree):
    """Shapes and types of the arrays of a tree; the arrays of a module may have been replaced by others."""
    return tuple((np.shape(leaf), getattr(leaf, "dtype", None)) for leaf in jax.tree.leaves(tree))


def agree(new, old):
    """Refuses `shapes` of weights, or of what an optimizer keeps of them, where it remembers others."""
    for one, other in itertools.zip_longest(new, old):
        if one != other:
            came, was = [f"{pair[0]} of {pair[1]}" if pair else "none" for pair in (one, other)]
            raise ValueError(
                f"fit: the weights must have the shapes and types that the optimizer remembers; got {came} "
                f"where it remembers {was}. Fix: compile again, which forgets them."
            )


class Kept:
    """Compiled functions of a network, each made once; they are copied with it, and cannot be pickled."""

    unpickled = ""  # the sentence for who tries to

    def __init__(self):
        self._kept = {}

    def __getstate__(self):
        """What is pickled of a network that has none."""
        if any(vars(self).values()):
            raise TypeError(self.unpickled)
        return vars(self)

    def __deepcopy__(self, memo):
        memo[id(self)] = twin = type(self)()
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def keep(self, key, make):
        """What make() returned when the key first came."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def forget(self):
        """All but inference, which no loss and no optimizer changes."""
        lasting = "inference", "outputs"
        self._kept = {key: program for key, program in self._kept.items() if key[0] in lasting}

    def state(self, network, optimizer, params, remembered):
        """The first state of an optimizer, or the one that it remembers. ValueError where that is of weights
        of other shapes: the layers were changed after they were compiled. network: which one of several."""
        key = "state", network, jax.tree.structure(params), shapes(params)
        if remembered is None:
            remembered = loop.initial_state(optimizer, params)
            self.keep(key, lambda: shapes(remembered))
        else:
            agree(self.keep(key, lambda: shapes(jax.eval_shape(optimizer.init, params))), shapes(remembered))
        return remembered


class Programs(Kept):
    """What `NeuralNet` runs. Every function is pure in the weights; graphdef says how the module is built."""

    unpickled = (
        "NeuralNet: a net must be pickled before it is compiled or asked, for compiled functions cannot be; "
        'got one with such. Fix: save its weights, np.savez("net.npz", *jax.tree.leaves(net.weights)).'
    )

    def __init__(self):
        super().__init__()
        self.objective: Any = None
        self.optimizer: Any = None

    def compile(self, objective, optimizer):
        """Another loss or optimizer: only inference stays as it is."""
        self.objective, self.optimizer = objective, optimizer
        self.forget()

    def inference(self, graphdef):
        """(params, rest, inputs) -> outputs."""
        return self.keep(("inference", graphdef), lambda: loop.inference(graphdef))

    def outputs(self, function, module, inputs, told=None):
        """The shape and type of a module's outputs; nothing is computed. ValueError, a sentence that begins
        with `function`, for a module that does not take the inputs, or returns no row for each of theirs.
        told: what the inputs are, where the user gave something else."""
        graphdef, params, rest = loop.split(module)
        key = "outputs", graphdef, shapes((params, rest, inputs))
        try:
            outputs = self.keep(key, lambda: self.inference(graphdef).eval_shape(params, rest, inputs))
        except Exception as error:  # a module may raise anything
            told = told or f"x of shape {inputs.shape}"
            raise ValueError(f"{function}: the net does not take {told}; {checks.why(error)}") from error
        if not hasattr(outputs, "shape") or outputs.shape[:1] != inputs.shape[:1]:
            raise ValueError(
                f"{function}: the net must return one array with a row for each of the {inputs.shape[0]} "
                f"rows of x; got {checks.told(outputs)}."
            )
        return outputs

    def batch(self, function, module, dtype, inputs, y, sample_weight):
        """Inputs that the module takes, with targets and weights that fit what it says of them."""
        y = data.numbers(function, "y", y)
        data.same_length(function, "x", inputs, "y", y)
        outputs = self.outputs(function, module, inputs)
        y = targets.fitting(function, "y", y, self.objective, outputs.shape, dtype)
        weights = None if sample_weight is None else data.weights(function, sample_weight, len(inputs), dtype)
        batch = loop.Batch(inputs, y, weights)
        self.objective.check(function, outputs, batch)
        return batch

    def evaluation(self, graphdef, batch_size):
        """(params, rest, data) -> figures of each batch."""
        key = "evaluation", graphdef, batch_size
        return self.keep(key, lambda: loop.evaluation(graphdef, self.objective, batch_size))

    def gradients(self, graphdef, training):
        """(params, rest, batch) -> gradients."""

        def make():
            value_and_grads = loop.loss_and_grads(graphdef, self.objective, training=training)
            return jax.jit(lambda params, rest, batch: value_and_grads(params, rest, batch)[3])

        return self.keep(("gradients", graphdef, training), make)

    def chunk(self, graphdef, frozen, plan, dtype, devices):
        """The training loop for the batches of a plan, and how many steps of it make a good chunk."""

        def make():
            step = loop.train_step(graphdef, self.objective, self.optimizer, frozen)
            width = len(self.objective.names)
            return loop.chunk(step, plan.capacity, width, dtype, plan.remainder, devices), training.Pace()

        key = "chunk", graphdef, frozen, plan.batch, plan.remainder, plan.full, devices.count
        return self.keep(key, make)
