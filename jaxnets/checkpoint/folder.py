"""One checkpoint as a folder of files: written through Orbax, sealed, and verified before it is read.

arrays/           the arrays, as Orbax writes them: large ones by the number of their leaf, small ones joined
manifest.json     format, step, about, the tree in words, and size and SHA-256 of every file in arrays/
manifest.sha256   the manifest's own SHA-256, as `sha256sum --check` reads it; written last

Nothing in it is ever executed: no pickle, no class is looked up by a name in a file.
"""

import errno
import hashlib
import json
import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from . import tree as trees
from .error import CheckpointError, Damaged, cause
from .pack import take

FORMAT = 1
ARRAYS, MANIFEST, SEAL = "arrays", "manifest.json", "manifest.sha256"
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)


def write(folder, arrays, told):
    """Writes a new folder to the disk, so that it is there after a power cut. told: what the manifest says.

    arrays: {name: numpy array}, none of them empty. OSError, or what Orbax raises, where it cannot.
    """
    folder.mkdir()
    if arrays:
        _orbax(_save, folder / ARRAYS, arrays)
    files = {}
    for name, path in sorted(_files(folder).items()):
        _sync(path)
        files[name] = {"size": path.stat().st_size, "sha256": _digest(path)}
    text = json.dumps({"format": FORMAT, **told, "files": files}, indent=1).encode()
    _write_file(folder / MANIFEST, text)
    _write_file(folder / SEAL, _seal(text))
    for directory in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        sync_folder(directory)


def _seal(text):
    return f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode()


def _write_file(path, text):
    with path.open("xb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(path):
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path):
    """Writes the names in a folder to the disk, where the system can."""
    if not _DIRECTORY:
        return
    descriptor = os.open(path, os.O_RDONLY | _DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that cannot
            raise
    finally:
        os.close(descriptor)


def _digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder):
    """{name relative to the folder: path} of every file; Damaged for what is neither file nor folder."""
    found = {}
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            found[path.relative_to(folder).as_posix()] = path
        elif not stat.S_ISDIR(mode):
            raise Damaged(f"{path} is neither a file nor a folder")
    return found


def manifest(folder, step):
    """What the manifest says; Damaged where it is not the one that was written at a step."""
    try:
        text, seal = (folder / MANIFEST).read_bytes(), (folder / SEAL).read_bytes()
    except OSError as error:
        raise Damaged(f"{error.filename} cannot be read: {cause(error)}") from error
    if seal != _seal(text):
        raise Damaged(f"{folder / MANIFEST} is not what was written: its SHA-256 is not that in {SEAL}")
    try:
        told = json.loads(text)
        version = told["format"]
        if version == FORMAT:
            right = type(told["about"]) is dict and type(told["files"]) is dict and type(told["step"]) is int
            trees.known(told["tree"], told["leaves"])
            if not right:
                raise ValueError("a field of another type")
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise Damaged(f"{folder / MANIFEST} is not a manifest of this library: {cause(error)}") from error
    if version != FORMAT:
        raise CheckpointError(f"{folder} is of format {version!r}; this version reads format {FORMAT}")
    if told["step"] != step:
        raise Damaged(f"{folder} is of step {told['step']}")
    return told


def verify(folder, step):
    """`manifest`, after every file was found to be what was written."""
    told = manifest(folder, step)
    try:
        _compare(folder, told["files"])
    except OSError as error:
        raise Damaged(f"{error.filename} cannot be read: {cause(error)}") from error
    return told


def _compare(folder, listed):
    """Every file against what the manifest says of it."""
    found = _files(folder)
    for name in sorted(found.keys() - listed.keys() - {MANIFEST, SEAL}):
        raise Damaged(f"{found[name]} does not belong to the checkpoint")
    for name, known in listed.items():
        if name not in found:
            raise Damaged(f"{folder / name} is missing")
        size = found[name].stat().st_size
        if size != known["size"]:
            raise Damaged(f"{found[name]} has {size} bytes instead of {known['size']}")
        if _digest(found[name]) != known["sha256"]:
            raise Damaged(f"{found[name]} is not what was written: its SHA-256 differs")


def read(folder, step):
    """(manifest, values): what `verify` says, and what stands at each leaf."""
    told = verify(folder, step)
    forms = [trees.stored_form(leaf) for leaf in told["leaves"]]
    forms = [form if form and 0 not in form[0] else None for form in forms]  # nothing is written of these
    try:
        names = {leaf["item"] for leaf, form in zip(told["leaves"], forms, strict=True) if form}
        items = _orbax(_load, folder / ARRAYS, names) if names else {}
    except ImportError:
        raise
    except Exception as error:  # whatever Orbax has to say about files that are as they were written
        raise Damaged(f"{folder / ARRAYS} cannot be read: {cause(error)}") from error
    pairs = zip(told["leaves"], forms, strict=True)
    try:
        return told, [trees.value_of(leaf, take(leaf, form, items) if form else None) for leaf, form in pairs]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"{folder / MANIFEST} tells of other arrays than there are: {cause(error)}") from error


def _orbax(work, *arguments):
    """Work done in a thread of its own: Orbax wants an event loop, and the caller may be inside one."""
    logger = logging.getLogger("absl")
    logger.addFilter(_not_of_orbax)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="checkpoint") as pool:
            return pool.submit(work, *arguments).result()
    finally:
        logger.removeFilter(_not_of_orbax)


def _not_of_orbax(record):
    """Whether a line of the log is not of Orbax, whose errors are raised as well, in one sentence."""
    return "orbax" not in record.pathname


def _handler():
    try:
        import orbax.checkpoint as ocp
    except ImportError as error:
        raise ImportError(
            "checkpoint: orbax-checkpoint is not installed; in the project's folder run: "
            "pip install -e '.[train]'"
        ) from error
    return ocp, ocp.PyTreeCheckpointHandler(use_ocdbt=False, use_compression=False)


def _save(folder, arrays):
    ocp, handler = _handler()
    folder.mkdir()
    handler.save(folder, args=ocp.args.PyTreeSave(arrays))


def _load(folder, names):
    ocp, handler = _handler()
    wanted = {name: ocp.RestoreArgs(restore_type=np.ndarray) for name in names}  # whatever a file says of it
    return handler.restore(folder, args=ocp.args.PyTreeRestore(restore_args=wanted))


def remove(folder):
    """Removes a folder of ours, as far as the system lets it; what stays is swept at a later save."""
    import shutil

    with suppress(OSError):
        shutil.rmtree(Path(folder))
