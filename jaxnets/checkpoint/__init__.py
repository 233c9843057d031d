"""Checkpoints that survive what happens to them: written whole or not at all, verified to the bit when read.

One writer at a time, nothing cast, nothing unpickled. Written through Orbax (the extra `train`).
"""

from .checkpoints import Checkpoints as Checkpoints, restore as restore, save as save
from .error import CheckpointError as CheckpointError

__all__ = ["CheckpointError", "Checkpoints", "restore", "save"]
