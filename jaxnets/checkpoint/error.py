"""The error of checkpoints, and how what a system says becomes a sentence of it."""

import os
import re


class CheckpointError(Exception):
    """A checkpoint that cannot be written, cannot be read, or is not what was asked for; one sentence.

    What was there before is still there: no checkpoint is lost to an error.

    >>> import tempfile
    >>> from jaxnets.checkpoint import Checkpoints
    >>> Checkpoints(tempfile.mkdtemp()).restore()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    jaxnets.checkpoint.error.CheckpointError: Checkpoints.restore: ... holds no checkpoint.
    """


class Damaged(CheckpointError):
    """A checkpoint whose files are not those that were written."""


def cause(error):
    """What the system said, or else the first line of what a library raised, short enough for a sentence."""
    # TensorStore passes a system's error on as text
    if code := re.search(r"os_error_code='(\d+)'", str(error)):
        return os.strerror(int(code[1]))
    lines = str(error).strip().splitlines() or [""]
    return getattr(error, "strerror", None) or f"{type(error).__name__} {lines[0][:300]}".strip()
