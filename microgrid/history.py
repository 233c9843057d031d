"""What training saw, and the warning where it went astray."""

import warnings
from dataclasses import dataclass


@dataclass
class History:
    """What `fit` saw: history["loss"], the mean loss of each epoch, and epoch, their numbers from 0."""

    history: dict
    epoch: list

    def add(self, epoch, **losses):
        """The mean losses of an epoch, by name. True, after a warning, where one of them is no number."""
        self.epoch.append(epoch)
        for name, loss in losses.items():
            self.history[name].append(loss)
        lost = [name.replace("_", " ") for name, loss in losses.items() if loss != loss]
        if lost:
            told = f"fit: the {lost[0]} became nan in epoch {epoch + 1}; "
            told += "the learning rate is probably too large."
            warnings.warn(told, RuntimeWarning, stacklevel=3)
        return bool(lost)
