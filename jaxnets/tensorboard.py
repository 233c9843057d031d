"""Figures of a training as TensorBoard reads them."""

import math

from . import checks
from .callbacks import Callback


class TensorBoard(Callback):
    """Writes the figures of every epoch into a folder: `tensorboard --logdir path` shows them.

    path: the folder. Needs the extra `tensorboard`. The step of a figure is the learner's count of steps
    where it has one (an agent's environment steps), else the number of the epoch, from 1. Figures that are
    not finite are left out. For whatever calls callbacks: `NeuralNet.fit`, an agent's `train`.
    """

    def __init__(self, path):
        path = checks.folder("TensorBoard", path)
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise ImportError(
                "TensorBoard: tensorboardX is not installed; in the project's folder run: "
                "pip install -e '.[tensorboard]'"
            ) from None
        try:
            self._writer = SummaryWriter(str(path))
        except OSError as error:
            told = f"{path}: {error.strerror}. Fix: choose another path"
            raise ValueError(f"TensorBoard: path must be a folder that can be written; {told}.") from error

    def on_epoch_end(self, net, epoch, logs):
        """Writes the last figures."""
        step = getattr(net, "steps", epoch + 1)
        for name, figure in logs.items():
            if math.isfinite(figure):
                self._writer.add_scalar(name, figure, step)

    def on_train_end(self, net, logs):
        """Everything is on the disk."""
        self._writer.close()

    def on_train_error(self, net, logs):
        """What was told so far is on the disk."""
        self._writer.close()
