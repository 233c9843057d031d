"""The compiled functions of one network, each made once for a structure of its module and kept."""

import copy
from typing import Any

import jax

from . import checks, loop, training


class Programs:
    """What `NeuralNet` runs. Every function is pure in the weights; graphdef says how the module is built."""

    def __init__(self):
        self._kept = {}
        self.objective: Any = None
        self.optimizer: Any = None

    def __getstate__(self):
        """What is pickled of a network that has none: compiled functions cannot be."""
        if self._kept or self.objective:
            raise TypeError(
                "NeuralNet: a net must be pickled before it is compiled or asked, for compiled functions "
                'cannot be; got one with such. Fix: save its weights, np.savez("net.npz", '
                "*jax.tree.leaves(net.params))."
            )
        return vars(self)

    def __deepcopy__(self, memo):
        memo[id(self)] = twin = Programs()
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def compile(self, objective, optimizer):
        """Another loss or optimizer: only inference stays as it is."""
        self.objective, self.optimizer = objective, optimizer
        self._kept = {
            key: program for key, program in self._kept.items() if key[0] in ("inference", "outputs")
        }

    def _keep(self, key, make):
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def inference(self, graphdef):
        """(params, rest, inputs) -> outputs."""
        return self._keep(("inference", graphdef), lambda: loop.inference(graphdef))

    def outputs(self, function, module, inputs, told=None):
        """The shape and type of a module's outputs; nothing is computed. ValueError, a sentence that begins
        with `function`, for a module that does not take the inputs, or returns no row for each of theirs.
        told: what the inputs are, where the user gave something else."""
        graphdef, params, rest = loop.split(module)
        key = "outputs", graphdef, inputs.shape, inputs.dtype
        try:
            outputs = self._keep(key, lambda: self.inference(graphdef).eval_shape(params, rest, inputs))
        except Exception as error:  # a module may raise anything
            told = told or f"x of shape {inputs.shape}"
            raise ValueError(f"{function}: the net does not take {told}; {checks.why(error)}") from error
        if not hasattr(outputs, "shape") or outputs.shape[:1] != inputs.shape[:1]:
            raise ValueError(
                f"{function}: the net must return one array with a row for each of the {inputs.shape[0]} "
                f"rows of x; got {checks.told(outputs)}."
            )
        return outputs

    def evaluation(self, graphdef, batch_size):
        """(params, rest, data) -> figures of each batch."""
        key = "evaluation", graphdef, batch_size
        return self._keep(key, lambda: loop.evaluation(graphdef, self.objective, batch_size))

    def gradients(self, graphdef, training):
        """(params, rest, batch) -> gradients."""

        def make():
            value_and_grads = loop.loss_and_grads(graphdef, self.objective, training=training)
            return jax.jit(lambda params, rest, batch: value_and_grads(params, rest, batch)[3])

        return self._keep(("gradients", graphdef, training), make)

    def chunk(self, graphdef, frozen, plan, dtype, devices):
        """The training loop for the batches of a plan, and how many steps of it make a good chunk."""

        def make():
            step = loop.train_step(graphdef, self.objective, self.optimizer, frozen)
            width = len(self.objective.names)
            return loop.chunk(step, plan.capacity, width, dtype, plan.remainder, devices), training.Pace()

        key = "chunk", graphdef, frozen, plan.batch, plan.remainder, plan.full, devices.count
        return self._keep(key, make)
