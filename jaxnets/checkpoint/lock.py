"""Who writes into a folder: one process at a time, which says who it is.

The lock is one of the kernel's (flock; on Windows a locked byte) on the file .lock, so it ends with its
process, however that ends; the text in the file names the holder and decides nothing. A process that is
forked off does not hold it. On a file system without locks the text decides: a holder on the same host that
is no longer running, or whose number another process has by now, is replaced; one on another host never is.
"""

import errno
import json
import os
import socket
import subprocess
import sys
import time
import weakref
from contextlib import suppress
from pathlib import Path

from .error import CheckpointError, cause

LOCK = ".lock"
_FAR = 1 << 30  # the byte that Windows locks: behind the text, which others may read
_locks = weakref.WeakSet()


class FolderLock:
    """The right to write into a folder, from `acquire` to `release` or the end of the process."""

    def __init__(self, folder):
        self._path, self._descriptor, self._kernel = Path(folder) / LOCK, None, True
        _locks.add(self)

    def acquire(self, function):
        """Takes the lock, if it is not held yet; CheckpointError that names the holder where it is taken."""
        if self._descriptor is not None:
            if _same_file(self._descriptor, self._path):
                return
            self.release()  # the folder was removed and made again
        for turn in reversed(range(10)):  # each time the file is not what it was a moment ago
            try:
                descriptor, made = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644), True
            except FileExistsError:
                try:
                    descriptor, made = os.open(self._path, os.O_RDWR), False
                except FileNotFoundError:
                    continue
            taken = _kernel_lock(descriptor)
            if made if taken is None else taken and _same_file(descriptor, self._path):
                self._descriptor, self._kernel = descriptor, taken is not None
                self._write_holder(descriptor)
                return
            holder = _holder(self._path)
            os.close(descriptor)
            if taken is None and _gone(holder):
                self._put_aside(holder)
            elif not taken:
                if holder or not turn:
                    self._refuse(function, holder, taken is not None)
                time.sleep(0.05)  # whoever has just taken it is about to write who that is
        raise CheckpointError(f"{function}: {self._path} is replaced over and over.")

    def _put_aside(self, gone):
        """Removes the file of a holder that is gone; of two that do so at once, one finds no file."""
        aside = self._path.with_name(f"{LOCK}-{os.getpid()}")
        with suppress(FileNotFoundError):
            os.rename(self._path, aside)
            if _holder(aside) == gone:
                os.remove(aside)
            else:  # another was faster, and this is its file
                os.rename(aside, self._path)

    def _write_holder(self, descriptor):
        """Who holds the lock, for whoever asks in vain."""
        since = time.strftime("%Y-%m-%d %H:%M:%S %z")
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        text = json.dumps(holder | {"started": process_start(os.getpid())}).encode()
        try:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, text)
        except OSError:
            if not self._kernel:  # a lock of the kernel's holds without its text
                self.release()
                raise

    def _refuse(self, function, holder, kernel):
        folder = self._path.parent
        if holder:
            who = f"process {holder['pid']} on {holder['host']} since {holder['since']}"
            here = " (this process)" if holder["pid"] == os.getpid() and _here(holder) else ""
        else:
            who, here = "another process", ""
        fix = "give each run a folder of its own, or end that process first"
        if here:
            fix = "close() the other Checkpoints of this folder first, or use a folder of its own"
        elif not (kernel and holder and _here(holder)):
            fix += f"; if it no longer runs, remove {self._path}"
        raise CheckpointError(f"{function}: {folder} is written by {who}{here}. Fix: {fix}.")

    def release(self):
        """Gives the lock back, if it is held."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        with suppress(OSError):
            if self._kernel:
                os.ftruncate(descriptor, 0)
            elif _same_file(descriptor, self._path):
                os.remove(self._path)
        os.close(descriptor)

    def _forget(self):
        """In a forked child, which must neither hold the parent's lock nor give it back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self):
        try:
            self.release()
        except Exception:  # when the interpreter ends, what is needed may be gone, and the lock ends anyway
            return


def _forget_all():
    for lock in list(_locks):
        lock._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _kernel_lock(descriptor):
    """True where the lock was taken, False where another has it, None where the system has none."""
    try:
        import fcntl
    except ImportError:
        return _windows_lock(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


def _windows_lock(descriptor):
    if sys.platform != "win32":
        return None
    import msvcrt

    os.lseek(descriptor, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _same_file(descriptor, path):
    """Whether a path still leads to an open file."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    return False


def _holder(path):
    """What the file says of the holder; None where it says nothing."""
    try:
        holder = json.loads(path.read_text())
        return holder if {"pid", "host", "since", "started"} <= holder.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def _here(holder):
    return holder["host"] == socket.gethostname()


def _gone(holder):
    """Whether a holder ran on this host and runs no more."""
    return bool(holder) and _here(holder) and process_start(holder["pid"]) != holder["started"]


def process_start(pid):
    """When a process started, as text that no later process of the same number has; None where none runs."""
    try:
        if sys.platform == "linux":
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return None if state[0] in "ZX" else f"{boot} {state[19]}"  # Z, X: ended, only its number is left
        asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
        return asked.stdout.strip() or None
    except OSError:
        return None


def locked(lock, function):
    """Takes a lock; what the system says against it becomes a sentence."""
    try:
        lock.acquire(function)
    except OSError as error:
        raise CheckpointError(
            f"{function}: {lock._path.parent} cannot be written: {cause(error)}."
        ) from error
