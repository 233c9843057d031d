"""When the callbacks of one training are called, and what they leave in the network."""

import math

import jax
import numpy as np

from .callbacks import HOOKS, method_of, tell_error


class Calls:
    """The callbacks of one training, whose net is brought up to date before each call; false for none.

    run: a `training.Run`. What a callback leaves in the net is what the run goes on with.
    """

    def __init__(self, callbacks, net, run):
        self._net, self._run, self._callbacks = net, run, callbacks
        self._methods = {hook: [m for c in callbacks if (m := method_of(c, hook))] for hook in HOOKS}

    def __bool__(self):
        return any(self._methods.values())

    def _call(self, hook, *about):
        if not (methods := self._methods[hook]):
            return self._net.stop_training
        logs, before = self._logs(), jax.tree.leaves(self._run.hand_over(self._net))
        for method in methods:
            method(self._net, *about, dict(logs))
        after = self._net._carry
        if _form(after) != _form(self._run.carry):
            raise ValueError(
                "fit: a callback must leave the layers and the optimizer as they are; got others, as compile "
                "makes them. Fix: compile after fit, or net.stop_training = True, compile, and fit again."
            )
        if any(new is not old for new, old in zip(jax.tree.leaves(after), before, strict=True)):
            self._run.resume(after)
        return self._net.stop_training

    def _logs(self):
        seen = self._run.history.history.items()
        return {name: values[-1] if values else math.nan for name, values in seen}

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        """The net gets what was trained so far; where an error or Ctrl-C ended it, callbacks learn of it."""
        self._run.hand_over(self._net)
        if error is not None:
            tell_error(self._callbacks, self._net, self._logs())

    def begin(self):
        """Before the first step; whether to stop, as what follows."""
        return self._call("on_train_begin")

    def epoch_begin(self, epoch):
        """Before an epoch."""
        return self._call("on_epoch_begin", epoch)

    def epoch_end(self, epoch):
        """After an epoch."""
        return self._call("on_epoch_end", epoch)

    def end(self):
        """After the last epoch."""
        return self._call("on_train_end")


def _form(carry):
    return jax.tree.structure(carry), [np.shape(leaf) for leaf in jax.tree.leaves(carry)]
