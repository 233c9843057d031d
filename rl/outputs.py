"""Where files go: asked before anything is played or trained, since afterwards it would be lost."""

import tempfile
from pathlib import Path


def check_file(function, name, path):
    """Raises where no file can be written under a path."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{function}: {name} must be a file; got the folder {str(path)!r}.")
    if not _takes_files(path.parent):
        raise ValueError(f"{function}: {name} must be in a folder that can be written; got {str(path)!r}.")


def make_folder(function, name, path):
    """Makes a folder where there is none; raises where files cannot be written into it."""
    path = Path(path)
    if path.is_file():
        raise ValueError(f"{function}: {name} must be a folder; got the file {str(path)!r}.")
    try:
        path.mkdir(parents=True, exist_ok=True)
        written = _takes_files(path)
    except OSError:
        written = False
    if not written:
        raise ValueError(f"{function}: {name} must be a folder that can be written; got {str(path)!r}.")


def _takes_files(folder):
    """Whether a file can be written there: rights alone do not tell of /proc, nor of a full disk."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError:
        return False
    return True
