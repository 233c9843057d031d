"""A folder of checkpoints, and one checkpoint that replaces the one before."""

from typing import Any

from .. import data
from . import folder as folders
from .series import EITHER, SINGLE, STEP, Series


class Checkpoints:
    """A folder of checkpoints, one a step; one process writes, any number read.

    path: the folder, made at the first save. keep: how many of those saved last stay, None for all.

    The first `save` takes the folder's lock, `close` or the end of a `with` block gives it back, and so does
    the end of the process, whatever ended it. A save that is killed leaves an unfinished folder, which the
    next save removes. Files and folders in path that are not checkpoints are left alone.

    >>> import tempfile
    >>> with Checkpoints(tempfile.mkdtemp(), keep=2) as checkpoints:
    ...     for step in (10, 20, 30):
    ...         checkpoints.save(step, {"kernel": np.full((2, 3), step, np.float32)}, {"loss": 1 / step})
    >>> checkpoints.steps()
    [20, 30]
    >>> tree, about, step = checkpoints.restore({"kernel": np.zeros((2, 3), np.float32)})
    >>> tree["kernel"][0].tolist(), about["loss"], step
    ([30.0, 30.0, 30.0], 0.03333333333333333, 30)
    """

    def __init__(self, path, keep: int | None = 2):
        self._series = Series(
            "Checkpoints", path, STEP, data.optional(data.whole, "Checkpoints", "keep", keep, 1)
        )

    def __repr__(self):
        return f"Checkpoints({str(self._series.path)!r}, keep={self._series.keep})"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def save(self, step: int, tree: Any, about: dict | None = None):
        """Writes one checkpoint; when it returns, the checkpoint is on the disk.

        step: a whole number >= 0; a checkpoint of the same step is replaced. tree: arrays of NumPy and JAX,
        keys of `jax.random.key`, Python numbers and strings, in dicts, lists, tuples, NamedTuples or whatever
        else JAX takes apart. about: what JSON holds, in a dict.

        Raises CheckpointError where it cannot be written, or another process writes there, and TypeError for
        what cannot be saved; in each case the checkpoints that were there are as they were.
        """
        step = data.whole("Checkpoints.save", "step", step, 0)
        self._series.save("Checkpoints.save", f"-step-{step}", step, tree, about)

    def restore(self, like: Any = None, step: int | None = None) -> tuple[Any, dict, int]:
        """(tree, about, step) of a step, or of the newest, after every file was verified.

        like: a tree of arrays or `jax.ShapeDtypeStruct`s; structure, shapes and types must be the same, and
        each leaf comes back as what stands in its place: in NumPy, or in JAX on the same devices. Without it,
        NumPy arrays in dicts, lists and tuples.

        Raises CheckpointError for a checkpoint that is damaged, naming the file, and the newest sound step:
        it never takes an older one by itself; and for a tree that is not like `like`, naming the leaf.
        """
        return self._series.restore("Checkpoints.restore", like, step)

    def about(self, step: int | None = None) -> dict:
        """What was saved as about with a step, or with the newest; no array is read."""
        return self._series.read("Checkpoints.about", step, folders.manifest)["about"]

    def steps(self) -> list[int]:
        """The steps there are, in ascending order."""
        return sorted(step for _, step, _ in self._series.entries("Checkpoints.steps"))

    def close(self):
        """Gives the folder's lock back; a later save takes it again."""
        self._series.lock.release()


def save(path, tree: Any, about: dict | None = None):
    """Writes one checkpoint into a folder; the one that was there is replaced when the new one is complete.

    path, tree, about: as in `Checkpoints`, whose checkpoints in the same folder are left alone.

    >>> import tempfile
    >>> path = tempfile.mkdtemp()
    >>> save(path, {"kernel": np.ones((2, 3)), "epochs": 5})
    >>> tree, about = restore(path)
    >>> tree["kernel"].shape, tree["epochs"]
    ((2, 3), 5)
    """
    series = Series("save", path, SINGLE, 1)
    try:
        series.save("save", "-saved", 0, tree, about)
    finally:
        series.lock.release()


def restore(path, like: Any = None) -> tuple[Any, dict]:
    """(tree, about) of what was written last, by `save` or as a step of `Checkpoints`.

    like, and what is raised: as in `Checkpoints.restore`.
    """
    return Series("restore", path, EITHER, 1).restore("restore", like, None)[:2]


def about(path) -> dict:
    """What was saved as about with what was written last, by `save` or as a step of `Checkpoints`.

    path: the folder, of which no array is read. Raises CheckpointError where there is nothing, or the newest
    is damaged.

    >>> import tempfile
    >>> path = tempfile.mkdtemp()
    >>> save(path, np.ones(3), {"epochs": 5})
    >>> about(path)
    {'epochs': 5}
    """
    return Series("about", path, EITHER, 1).read("about", None, folders.manifest)["about"]


def is_empty(path) -> bool:
    """Whether a folder holds nothing of `save` or `Checkpoints`, or is not there yet.

    path: the folder. Raises CheckpointError for a file, TypeError for what is no path.

    >>> import tempfile
    >>> is_empty(tempfile.mkdtemp())
    True
    """
    return not Series("is_empty", path, EITHER, 1).entries("is_empty")
