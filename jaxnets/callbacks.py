"""What is called while something learns: the protocol of callbacks, and those that come with the library.

Calls happen between compiled chunks, on the host, never inside the loop. So a training with callbacks
computes the same bits as one without.
"""

import inspect
import math
from contextlib import ExitStack

from . import checks, data

HOOKS = {  # a hook -> what it is called with
    "on_train_begin": ("net", "logs"),
    "on_epoch_begin": ("net", "epoch", "logs"),
    "on_epoch_end": ("net", "epoch", "logs"),
    "on_train_end": ("net", "logs"),
    "on_train_error": ("net", "logs"),
}


class Callback:
    """A callback that does nothing: override what you need. Any object that has some of these methods, and
    any function (net, epoch, logs), which is called at the end of an epoch, is a callback as well.

    net: what learns, with its weights as they then are; if it is given others, training goes on with those;
    net.stop_training = True ends it. epoch: its number, from 0, counted over all fits. logs: the last figures
    by name ("loss", the metrics, and "val_loss", ... where something is held out), nan before there are any.
    An error that a callback raises ends the training; the weights stay as far as they came.

    >>> class Progress(Callback):
    ...     def on_epoch_end(self, net, epoch, logs):
    ...         print(epoch, sorted(logs))
    >>> import jaxnets as jn
    >>> net = jn.NeuralNet([jn.Linear(1, 1)], seed=0)
    >>> net.compile(jn.sgd(0.1), "mean_squared_error")
    >>> history = net.fit([[0.0], [1.0]], [[1.0], [3.0]], epochs=2, callbacks=[Progress()], verbose=0)
    0 ['loss']
    1 ['loss']
    """

    def on_train_begin(self, net, logs):
        """Before the first step."""

    def on_epoch_begin(self, net, epoch, logs):
        """Before the steps of an epoch."""

    def on_epoch_end(self, net, epoch, logs):
        """After the steps of an epoch, and after what is held out was measured."""

    def on_train_end(self, net, logs):
        """After the last epoch; not where an error ended it."""

    def on_train_error(self, net, logs):
        """In the place of `on_train_end` where an error or Ctrl-C ended it: gives back what is held."""


class EarlyStopping(Callback):
    """Stops where a figure no longer gets better.

    patience: whole number >= 1; training ends when so many epochs in a row were not better than the best one.
    monitor: the name of the figure, "loss", "val_loss", or a metric's, such as "accuracy". min_delta: >= 0;
    only what is better by more than that is better. restore_best: at the end, go back to the best epoch:
    weights, statistics, and the optimizer's state, from which a next fit goes on. mode: "min" or "max", which
    is better; "auto" is "min" for losses and "max" for accuracies and returns. nan is never better. An agent
    of rl is monitored by "return", or "eval_return" after rl.EvalCallback, which keeps the best agent too.

    best: the best figure of the last training, None where there was none; best_epoch: its epoch's number.

    >>> import jaxnets as jn
    >>> net = jn.NeuralNet([jn.Linear(1, 1)], seed=0)
    >>> net.compile(jn.sgd(0.5), "mean_squared_error")
    >>> stopping = jn.EarlyStopping(patience=2, monitor="loss", min_delta=1e-6)
    >>> history = net.fit([[0.0], [1.0]], [[1.0], [3.0]], epochs=500, callbacks=[stopping], verbose=0)
    >>> len(history.epoch) == stopping.best_epoch + 1 + 2 < 500
    True
    """

    def __init__(self, patience=3, monitor="val_loss", min_delta=0.0, restore_best=False, mode="auto"):
        self.patience = data.whole("EarlyStopping", "patience", patience, 1)
        self.min_delta = data.finite_number("EarlyStopping", "min_delta", min_delta)
        self.monitor, self.mode = monitor, _mode(monitor, mode)
        checks.flag("EarlyStopping", "restore_best", restore_best)
        if self.min_delta < 0:
            raise ValueError(f"EarlyStopping: min_delta must be >= 0; got {checks.shown(min_delta)}.")
        self.restore_best = restore_best
        self.best, self.best_epoch, self._waited, self._kept = None, None, 0, None

    def on_train_begin(self, net, logs):
        """Forgets an earlier training; ValueError where the figure is not measured, or nothing restored."""
        if self.restore_best and not hasattr(net, "_carry"):
            raise ValueError(
                f"EarlyStopping: restore_best must be False where no NeuralNet learns; got True for "
                f"{type(net).__name__}. Fix: rl.EvalCallback(path=...), which keeps the best agent."
            )
        if self.monitor not in logs:
            fixes = [f"monitor={next(iter(logs))!r}"] if logs else []
            if hasattr(net, "compile"):
                fixes.append("validation_split, validation_data or metrics in compile")
            raise ValueError(
                f"EarlyStopping: monitor must be one of {', '.join(logs)}; got {self.monitor!r}. "
                f"Fix: {', or '.join(fixes)}."
            )
        self.best, self.best_epoch, self._waited, self._kept = None, None, 0, None

    def on_epoch_end(self, net, epoch, logs):
        """Compares, and asks to stop after too many epochs that were not better."""
        figure = logs[self.monitor]
        if self._better(figure):
            self.best, self.best_epoch, self._waited = figure, epoch, 0
            self._kept = net._carry if self.restore_best else None
        else:
            self._waited += 1
            net.stop_training = net.stop_training or self._waited >= self.patience

    def on_train_end(self, net, logs):
        """Goes back to the best epoch, if wanted."""
        if self._kept is not None:
            net._carry, self._kept = self._kept, None

    def _better(self, figure):
        if self.best is None or math.isnan(figure):
            return not math.isnan(figure)
        gain = self.best - figure if self.mode == "min" else figure - self.best
        return gain > self.min_delta


class Checkpoint(Callback):
    """Saves what learns, whole, at the end of epochs: training can be resumed from it to the bit.

    path: a folder (see `jaxnets.checkpoint`). every: epochs between two saves; the last one is always saved.
    keep: how many of the newest stay, None for all. For whatever has `checkpoint()`, (step, tree, about).
    """

    def __init__(self, path, every=1, keep=2):
        from .checkpoint import Checkpoints

        self.every = data.whole("Checkpoint", "every", every, 1)
        self._checkpoints, self._saved = Checkpoints(path, keep), None

    def _save(self, net):
        step, tree, about = net.checkpoint()
        if step != self._saved:
            self._checkpoints.save(step, tree, about)
            self._saved = step

    def on_train_begin(self, net, logs):
        """TypeError where there is nothing that can be saved."""
        if not hasattr(net, "checkpoint"):
            fix = 'np.savez("net.npz", *jax.tree.leaves(net.weights)) keeps the weights of a net'
            raise TypeError(
                f"Checkpoint: what it saves must have checkpoint(), as the agents of rl have; "
                f"got {type(net).__name__}.{f' Fix: {fix}.' if hasattr(net, 'params') else ''}"
            )
        self._saved = None

    def on_epoch_end(self, net, epoch, logs):
        """Saves, one time in `every`."""
        if (epoch + 1) % self.every == 0:
            self._save(net)

    def on_train_end(self, net, logs):
        """Saves, and gives the folder back."""
        self._save(net)
        self._checkpoints.close()

    def on_train_error(self, net, logs):
        """Gives the folder back: a next training may write there."""
        self._checkpoints.close()


def _mode(monitor, mode):
    if not isinstance(monitor, str):
        raise TypeError(f"EarlyStopping: monitor must be the name of a figure; got {checks.told(monitor)}.")
    if isinstance(mode, str) and mode in ("min", "max"):
        return mode
    if not isinstance(mode, str) or mode != "auto":
        told = checks.told(mode)
        raise ValueError(f"EarlyStopping: mode must be 'auto', 'min' or 'max'; got {told}.")
    if not monitor.endswith(("loss", "accuracy", "return")):
        raise ValueError(
            "EarlyStopping: mode must be 'min' or 'max' where monitor is no loss, accuracy or return; "
            f"got 'auto' for {monitor!r}."
        )
    return "min" if monitor.endswith("loss") else "max"


def listed(function, callbacks):
    """The callbacks as a tuple; TypeError for what is none, before anything is called."""
    if not isinstance(callbacks, list | tuple):
        told = checks.told(callbacks)
        raise TypeError(f"{function}: callbacks must be a list; got {told}. Fix: callbacks=[callback].")
    for callback in callbacks:
        if isinstance(callback, type) or not (callable(callback) or _has_hooks(callback)):
            fix = f" Fix: {callback.__name__}()." if isinstance(callback, type) else ""
            raise TypeError(
                f"{function}: callbacks must have one of {', '.join(HOOKS)}, or be functions "
                f"(net, epoch, logs); got {checks.told(callback)}.{fix}"
            )
        for hook, arguments in HOOKS.items():
            _takes(function, callback, hook, arguments)
    return tuple(callbacks)


def _takes(function, callback, hook, arguments):
    """TypeError for a hook that cannot be called as it will be, perhaps after hours."""
    if (method := method_of(callback, hook)) is None:
        return
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):  # a builtin may have no signature
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        name = f"{type(callback).__name__}.{hook}" if _has_hooks(callback) else "a function"
        wanted = ", ".join(arguments)
        raise TypeError(
            f"{function}: callbacks must take what they are called with, {name} ({wanted}); got {signature}."
        ) from None


def tell_error(callbacks, net, logs):
    """Tells all of them that an error ended the training, even where one raises another."""
    with ExitStack() as stack:
        for callback in callbacks:
            if (method := method_of(callback, "on_train_error")) is not None:
                stack.callback(method, net, logs)


def _has_hooks(callback):
    return any(hasattr(callback, hook) for hook in HOOKS)


def method_of(callback, hook):
    """What to call of a callback, a function itself at the end of an epoch; None for nothing."""
    if not _has_hooks(callback):
        return callback if hook == "on_epoch_end" else None
    method = getattr(callback, hook, None)
    return None if getattr(method, "__func__", None) is getattr(Callback, hook) else method
