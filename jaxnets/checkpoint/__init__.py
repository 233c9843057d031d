"""Checkpoints that survive what happens to them: written whole or not at all, verified to the bit when read.

One writer at a time, nothing cast, nothing unpickled. Written through Orbax (the extra `train`).
"""

from .checkpoints import (
    Checkpoints as Checkpoints,
    about as about,
    is_empty as is_empty,
    restore as restore,
    save as save,
)
from .error import CheckpointError as CheckpointError

__all__ = ["CheckpointError", "Checkpoints", "about", "is_empty", "restore", "save"]
