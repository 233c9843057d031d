"""The checkpoints in a folder, in the order of their saves: written, found and read.

A checkpoint is written into a folder .unfinished-..., and renamed to 000001-step-12 once all of it is on the
disk: the first number counts the saves, the second is the step. The newest is the one that was saved last.
"""

import os
import re
import secrets
from contextlib import contextmanager, suppress

import jax

from .. import checks, data
from . import folder as folders, tree as trees
from .error import CheckpointError, Damaged, cause
from .like import as_asked, match
from .lock import FolderLock, locked
from .pack import join

STEP, SINGLE = re.compile(r"(\d{6,})-step-(\d+)"), re.compile(r"(\d{6,})-saved()")
EITHER = re.compile(r"(\d{6,})-(?:saved|step-(\d+))")
_UNFINISHED = re.compile(r"\.unfinished-[0-9a-f]{16}")


class Series:
    """The checkpoints in a folder whose names follow one pattern, in the order of their saves."""

    def __init__(self, function, path, pattern, keep):
        self.path = checks.folder(function, path)
        self.pattern, self.keep, self.lock = pattern, keep, FolderLock(self.path)

    def entries(self, function, pattern=None):
        """[(number of the save, step, folder), ...], the newest last; pattern: if not the series' own."""
        try:
            names = [entry.name for entry in os.scandir(self.path) if entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []
        except OSError as error:
            told = f"{self.path} is not a folder that can be read"
            raise CheckpointError(f"{function}: {told}: {cause(error)}.") from error
        found = [parts for name in names if (parts := (pattern or self.pattern).fullmatch(name))]
        return sorted((int(parts[1]), int(parts[2] or 0), self.path / parts[0]) for parts in found)

    def save(self, function, name, step, tree, about):
        """Writes a checkpoint, renames it into its place, and removes those that are not kept."""
        about = _plain(function, "about", {} if about is None else about)
        structure, leaves, values = trees.flatten(function, tree)
        items = join(leaves, trees.stored(function, leaves, values))
        with _told(function, self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        locked(self.lock, function)
        told = {"step": step, "about": about, "tree": structure, "leaves": leaves}
        every = self.entries(function, EITHER)
        before = [entry for entry in every if self.pattern.fullmatch(entry[2].name)]
        number = every[-1][0] + 1 if every else 1
        for entry in os.scandir(self.path):
            if _UNFINISHED.fullmatch(entry.name):
                folders.remove(entry.path)
        unfinished = self.unfinished()
        try:
            with _told(function, self.path):
                folders.write(unfinished, items, told)
                os.rename(unfinished, self.path / f"{number:06}{name}")
                folders.sync_folder(self.path)
        finally:
            folders.remove(unfinished)
        older = [entry for entry in before if entry[1] != step]
        kept = older if self.keep is None else older[len(older) - min(len(older), self.keep - 1) :]
        for entry in before:
            if entry not in kept:
                aside = self.unfinished()  # so that no reader sees half of it
                with suppress(OSError):
                    os.rename(entry[2], aside)
                folders.remove(aside)

    def unfinished(self):
        """A new name for what is no checkpoint, or none any more."""
        return self.path / f".unfinished-{secrets.token_hex(8)}"

    def restore(self, function, like, step):
        """(tree, about, step), in the form of like."""
        asked = None if like is None else trees.flatten(function, like, template=True)
        told, values = self.read(function, step, folders.read)
        structure, leaves = told["tree"], told["leaves"]
        if asked is None:
            return trees.nested(structure, values), told["about"], told["step"]
        match(function, (structure, leaves), asked[:2])
        zipped = zip(leaves, values, asked[2], strict=True)
        shaped = [as_asked(function, leaf, value, template) for leaf, value, template in zipped]
        return jax.tree.unflatten(jax.tree.structure(like), shaped), told["about"], told["step"]

    def read(self, function, step, reading):
        """What a reading makes of the folder of a step, or of the newest."""
        if step is not None:
            step = data.whole(function, "step", step, 0)
        while True:
            entries = self.entries(function)
            if not entries:
                raise CheckpointError(f"{function}: {self.path} holds no checkpoint.")
            chosen = [entry for entry in entries if step in (None, entry[1])]
            if not chosen:
                there = ", ".join(str(entry[1]) for entry in sorted(entries, key=lambda entry: entry[1]))
                raise CheckpointError(f"{function}: step must be one of {there} in {self.path}; got {step}.")
            _, newest, folder = chosen[-1]
            try:
                return reading(folder, newest)
            except Damaged as error:
                if not folder.exists():
                    continue  # a writer replaced it by a newer one meanwhile
                raise CheckpointError(f"{function}: {self.damage(function, chosen[-1], error)}") from error
            except CheckpointError as error:
                raise CheckpointError(f"{function}: {error}.") from error

    def damage(self, function, damaged, error):
        """What is damaged, and what to ask for instead."""
        told = f"{error}; {'what was saved' if SINGLE.fullmatch(damaged[2].name) else f'step {damaged[1]}'}"
        for _, step, folder in reversed(self.entries(function, STEP)):
            if folder != damaged[2]:
                with suppress(CheckpointError, OSError):
                    folders.verify(folder, step)
                    fix = f"step={step}"
                    if self.pattern is not STEP:
                        fix = f"Checkpoints({str(self.path)!r}).restore({fix})"
                    return f"{told} is damaged. Fix: {fix}, the newest that is sound."
        return f"{told} is damaged, and no other step is sound."


@contextmanager
def _told(function, path):
    """Whatever keeps a checkpoint from being written, as one sentence."""
    try:
        yield
    except (CheckpointError, ImportError):
        raise
    except Exception as error:  # OSError, and whatever Orbax makes of one
        if os.path.exists(path) and not os.path.isdir(path):  # pathlib's raise for a name that is too long
            fix = "is a file. Fix: the path of a folder"
            raise CheckpointError(f"{function}: path must be a folder; {path} {fix}.") from error
        told = f"{path} cannot be written: {cause(error)}"
        raise CheckpointError(
            f"{function}: {told}. The checkpoints that were there are as they were."
        ) from error


def _plain(function, where, value):
    """A value that JSON gives back as it is; TypeError for any other."""
    if where == "about" and type(value) is not dict:
        raise TypeError(f"{function}: about must be a dict; got {checks.told(value)}.")
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _plain(function, f"{where}[{key!r}]", inside) for key, inside in value.items()}
    if type(value) is list:
        return [_plain(function, f"{where}[{index}]", inside) for index, inside in enumerate(value)]
    if value is None or type(value) in (bool, int, float, str):
        return value
    rule = "must be what JSON holds: dicts with strings as keys, lists, strings, Python numbers, None"
    raise TypeError(f"{function}: {where} {rule}; got {checks.told(value)} ({type(value).__name__}).")
