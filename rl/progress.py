"""Progress of `train`: a live bar in a terminal, about ten lines elsewhere, nothing with progress=False."""

import sys
import time
from collections import deque
from statistics import median

_REFRESH_SECONDS = 0.1
_LINES = 10


def progress(title, total, start=0):
    """What `train` reports to, a context manager with update(steps, logs); total: None for silence."""
    if total is None or total <= start:
        return _Silence()
    return _Bar(title, total, start) if sys.stdout.isatty() else _Lines(title, total, start)


def note(logs):
    """The figures in one line.

    >>> note({"return": 195.5, "length": float("nan"), "loss": 0.00012})
    'return 195.50  loss 1.20e-04'
    """
    return "  ".join(f"{name} {_number(x)}" for name, x in logs.items() if x == x)


def _number(x):
    return f"{x:.2f}" if x == 0 or 0.01 <= abs(x) < 1e6 else f"{x:.2e}"


class _Silence:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, steps, logs):
        """Says nothing."""


class _Lines:
    """About ten lines."""

    def __init__(self, title, total, start):
        self._title, self._total, self._told = title, total, start
        self._every = (total - start) / _LINES
        self._rates, self._last = deque(maxlen=32), (start, time.perf_counter())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def _rate(self, steps):
        """Steps a second, the median of the last calls: a pause for the compiler does not count."""
        now = time.perf_counter()
        self._rates.append((steps - self._last[0]) / (now - self._last[1]))
        self._last = steps, now
        return f"{median(self._rates):,.0f} steps/s"

    def update(self, steps, logs):
        """A line, one time in so many."""
        rate = self._rate(steps)
        if steps - self._told >= self._every or steps >= self._total:
            self._told = steps
            print(f"{self._title} {steps:,}/{self._total:,} steps  {note(logs)}  {rate}", flush=True)


class _Bar(_Lines):
    """Two lines: how far, how fast and how long; and the last figures."""

    def __init__(self, title, total, start):
        from rich import progress as rich
        from rich.live import Live

        super().__init__(title, total, start)
        self._bar = rich.Progress(
            rich.TextColumn(title + " {task.fields[done]}/" + f"{total:,} steps"),
            rich.BarColumn(bar_width=24),
            rich.TextColumn("{task.fields[rate]}"),
            rich.TimeRemainingColumn(elapsed_when_finished=True),
        )
        self._task = self._bar.add_task("", total=total - start, done=f"{start:,}", rate="")
        self._start, self._shown, self._live = start, 0.0, Live(self._bar, auto_refresh=False)

    def __enter__(self):
        self._live.start()
        return self

    def __exit__(self, *_):
        self._live.stop()

    def update(self, steps, logs):
        """Redraws, a few times a second."""
        from rich.console import Group
        from rich.text import Text

        rate, now = self._rate(steps), time.perf_counter()
        if now - self._shown >= _REFRESH_SECONDS or steps >= self._total:
            self._shown = now
            self._bar.update(self._task, completed=steps - self._start, done=f"{steps:,}", rate=rate)
            self._live.update(Group(self._bar, Text(note(logs))), refresh=True)
