"""Progress of `fit`: a live bar in a terminal, about ten lines elsewhere, nothing at verbose=0."""

import sys
import time
from collections import deque
from statistics import median

from . import checks

_REFRESH_SECONDS = 0.2
_MOST_LINES = 10


def progress(verbose, epochs, steps):
    """What `fit` reports to: a context manager with update and finish, or None for silence.

    epochs: of this fit; steps: of one epoch. In a terminal a bar; otherwise, or with verbose=2, lines.
    """
    if not isinstance(verbose, int) or verbose not in (0, 1, 2):
        raise ValueError(f"fit: verbose must be 0, 1 or 2; got {checks.told(verbose)}.")
    if not verbose or not epochs:
        return None
    if verbose == 1 and sys.stdout.isatty():
        return _Bar(epochs, steps)
    return _Lines(epochs, 1 if verbose == 2 else max(1, -(-epochs // _MOST_LINES)), steps)


class _Rate:
    """Steps a second, the median over the last chunks: a pause for the compiler does not count."""

    def __init__(self):
        self._last, self._rates = None, deque(maxlen=32)

    def update(self, done):
        """Called at the end of each chunk."""
        now = time.perf_counter()
        if self._last and done > self._last[0]:
            self._rates.append((done - self._last[0]) / (now - self._last[1]))
        self._last = done, now

    def __str__(self):
        return f"{median(self._rates):,.0f} steps/s" if self._rates else ""


def figures(history):
    """The last figures of a history in one line of text."""
    return "  ".join(f"{name} {values[-1]:.4f}" for name, values in history.history.items() if values)


class _Lines:
    def __init__(self, epochs, every, steps):
        self._epochs, self._every, self._steps = epochs, every, steps
        self._told, self._rate = 0, _Rate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def _tell(self, history, epoch):
        row = "  ".join(f"{name} {values[epoch - 1]:.4f}" for name, values in history.history.items())
        rate = self._rate if epoch == len(history.epoch) else ""  # it is that of the chunk that ends here
        print(f"epoch {epoch}/{self._epochs}  {row}  {rate}".rstrip(), flush=True)
        self._told = epoch

    def update(self, done, history, loss):
        """Lines for the epochs that were finished since the last call, one in so many."""
        self._rate.update(done)
        for epoch in range(self._told + 1, len(history.epoch) + 1):
            if epoch % self._every == 0 or epoch == 1:
                self._tell(history, epoch)

    def finish(self, history):
        """A line for the last epoch, where training stopped early."""
        if history.epoch and self._told < len(history.epoch):
            self._tell(history, len(history.epoch))


class _Bar:
    """Two lines: how far, how fast and how long; and the last figures."""

    def __init__(self, epochs, steps):
        from rich import progress as rich
        from rich.live import Live

        self._epochs, self._steps, self._rate, self._shown = epochs, steps, _Rate(), 0.0
        self._bar = rich.Progress(
            rich.TextColumn("epoch {task.fields[epoch]}/" + str(epochs)),
            rich.BarColumn(bar_width=24),
            rich.TextColumn("{task.fields[rate]}"),
            rich.TimeRemainingColumn(elapsed_when_finished=True),
        )
        self._task = self._bar.add_task("", total=epochs * steps, epoch=0, rate="")
        self._live = Live(self._bar, auto_refresh=False)

    def __enter__(self):
        self._live.start()
        return self

    def __exit__(self, *_):
        self._live.stop()

    def _show(self, done, epoch, text):
        from rich.console import Group
        from rich.text import Text

        self._bar.update(self._task, completed=done, epoch=epoch, rate=str(self._rate))
        self._live.update(Group(self._bar, Text(text)), refresh=True)

    def update(self, done, history, loss):
        """Redraw, a few times a second."""
        self._rate.update(done)
        now = time.perf_counter()
        if now - self._shown >= _REFRESH_SECONDS:
            self._shown = now
            epoch = min(done // self._steps + 1, self._epochs)
            self._show(done, epoch, figures(history) or f"loss {loss:.4f}")

    def finish(self, history):
        """The bar full, also where training stopped early."""
        done = len(history.epoch) * self._steps
        self._bar.update(self._task, total=done)
        self._show(done, len(history.epoch), figures(history))
