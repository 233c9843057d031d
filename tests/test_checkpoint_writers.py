"""Who writes checkpoints: one process at a time, which may be killed at any moment."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from checkpoint_folders import TREE, unfinished

from jaxnets import checkpoint
from jaxnets.checkpoint import CheckpointError, Checkpoints, lock as locks, restore, save


def test_only_the_holder_of_the_lock_sweeps_what_killed_saves_left(tmp_path):
    left = tmp_path / f".unfinished-{'0' * 16}"
    with Checkpoints(tmp_path) as first:
        first.save(1, TREE)
        left.mkdir()
        (left / "arrays").write_text("half")
        with pytest.raises(
            CheckpointError, match=r"is written by process \d+ on .* since .* \(this process\)"
        ):
            Checkpoints(tmp_path).save(2, TREE)
        assert left.exists() and first.steps() == [1]
        first.save(2, TREE)
        assert not left.exists()
    Checkpoints(tmp_path).save(3, TREE)


def test_the_lock_is_taken_anew_where_the_folder_was_removed(tmp_path):
    with Checkpoints(tmp_path / "run") as checkpoints:
        checkpoints.save(1, TREE)
        shutil.rmtree(tmp_path / "run")
        checkpoints.save(2, TREE)
        assert checkpoints.steps() == [2]
        with pytest.raises(CheckpointError, match="this process"):
            Checkpoints(tmp_path / "run").save(3, TREE)


def test_a_lock_ends_with_its_object(tmp_path):
    Checkpoints(tmp_path).save(1, TREE)
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(2, TREE)
    assert (tmp_path / ".lock").read_text() == ""


def test_readers_see_one_whole_checkpoint_while_it_is_replaced(tmp_path):
    save(tmp_path, {"a": np.full(50, 0), "b": 0})

    def write():
        for number in range(1, 25):
            save(tmp_path, {"a": np.full(50, number), "b": number})

    writer = threading.Thread(target=write)
    writer.start()
    seen = [0]
    while writer.is_alive():
        tree, _ = restore(tmp_path)
        assert (tree["a"] == tree["b"]).all() and tree["b"] >= seen[-1]
        seen.append(tree["b"])
    writer.join()
    assert restore(tmp_path)[0]["b"] == 24


class TestALockOfText:
    """On a file system without locks, what the file says decides."""

    @pytest.fixture(autouse=True)
    def _no_kernel_locks(self, monkeypatch):
        monkeypatch.setattr(locks, "_kernel_lock", lambda descriptor: None)

    def holder(self, path, **fields):
        """The file of a lock that this process holds, with other words."""
        with Checkpoints(path) as checkpoints:
            checkpoints.save(1, TREE)
            told = json.loads((path / ".lock").read_text())
        assert not (path / ".lock").exists()
        (path / ".lock").write_text(json.dumps(told | fields))

    def test_a_second_writer_is_refused(self, tmp_path):
        with Checkpoints(tmp_path) as first:
            first.save(1, TREE)
            with pytest.raises(CheckpointError, match="this process"):
                Checkpoints(tmp_path).save(2, TREE)
        Checkpoints(tmp_path).save(2, TREE)

    @pytest.mark.parametrize("fields", [{"pid": 2**22 + 1, "started": "long ago"}, {"started": "before"}])
    def test_a_holder_that_is_gone_is_replaced_even_where_its_number_is_taken(self, tmp_path, fields):
        self.holder(tmp_path, **fields)
        Checkpoints(tmp_path).save(2, TREE)
        assert Checkpoints(tmp_path).restore()[2] == 2 and not list(tmp_path.glob(".lock-*"))

    def test_a_holder_on_another_host_is_not_replaced(self, tmp_path):
        self.holder(tmp_path, host="elsewhere", pid=2**22 + 1)
        with pytest.raises(
            CheckpointError, match=r"on elsewhere since .*; if it no longer runs, remove .*\.lock"
        ):
            Checkpoints(tmp_path).save(2, TREE)

    def test_a_holder_that_says_nothing_is_not_replaced(self, tmp_path):
        (tmp_path / ".lock").write_text("")
        with pytest.raises(CheckpointError, match=r"is written by another process. .* remove .*\.lock"):
            Checkpoints(tmp_path).save(2, TREE)


def test_a_holder_that_has_not_yet_written_who_it_is_is_named(tmp_path, monkeypatch):
    with Checkpoints(tmp_path) as first:
        first.save(1, TREE)
        text, slept = (tmp_path / ".lock").read_text(), []
        (tmp_path / ".lock").write_text("")

        def sleep(seconds):
            slept.append(seconds)
            (tmp_path / ".lock").write_text(text)

        monkeypatch.setattr(locks.time, "sleep", sleep)
        with pytest.raises(CheckpointError, match=r"is written by process \d+ on .* \(this process\)"):
            Checkpoints(tmp_path).save(2, TREE)
        assert len(slept) == 1


# Writers are forked off a process that has imported everything and started nothing, so that a kill strikes
# a save and not an import. It is told what to do line by line: kill FOLDER, hold FOLDER, reap PID.
WRITERS = """
import itertools, os, random, signal, sys, time
import numpy as np
import orbax.checkpoint
from jaxnets.checkpoint import Checkpoints

def write(folder, send):
    checkpoints = Checkpoints(folder, keep=2)
    for step in itertools.count(max(checkpoints.steps(), default=-1) + 1):
        tree = {"kernel": np.full((40, 50), step, np.float32), "more": [np.full(9, step), step]}
        checkpoints.save(step, tree, {"step": step})
        os.write(send, f"{step} ".encode())

def hold(folder, send):
    checkpoints = Checkpoints(folder)
    checkpoints.save(0, [1])
    if inner := os.fork():
        os.write(send, f"{os.getpid()} {inner}".encode())
    os.close(send)
    signal.pause()

def fork(work, folder):
    receive, send = os.pipe()
    if not (writer := os.fork()):
        work(folder, send)
    os.close(send)
    return writer, os.fdopen(receive)

draw = random.Random(0)
for line in sys.stdin:
    command, about = line.rstrip().split(maxsplit=1)
    if command == "kill":
        writer, said = fork(write, about)
        time.sleep(draw.uniform(0.0, 0.5))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        print("done", *said.read().split()[-1:], flush=True)
    elif command == "hold":
        writer, said = fork(hold, about)
        print("done", said.read(), flush=True)
    else:
        os.waitpid(int(about), 0)
        print("done", flush=True)
"""


@pytest.fixture(scope="module")
def writers():
    command = [sys.executable, "-W", "ignore", "-c", WRITERS]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, **pipes) as process:

        def tell(line):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            told = process.stdout.readline().split()
            assert told[:1] == ["done"], "the process that starts writers ended"
            return list(map(int, told[1:]))

        yield tell
        process.stdin.close()


def kill(writers, folder, times):
    """(how many kills struck inside a save, the last step) after so many kills of a process that saves."""
    struck, last = 0, -1
    for _ in range(times):
        last = max([last, *writers(f"kill {folder}")])
        struck += bool(unfinished(folder))
        checkpoints = Checkpoints(folder)
        assert checkpoints.steps() or last == -1
        for step in [None, *checkpoints.steps()] if checkpoints.steps() else []:
            tree, about, found = checkpoints.restore(step=step)
            assert (tree["kernel"] == found).all() and (tree["more"][0] == found).all()
            assert about == {"step": found} == {"step": tree["more"][1]}
            assert step is not None or found >= last, "a checkpoint that was reported as saved is gone"
        last = max([last, *checkpoints.steps()])
    checkpoints.save(last + 1, TREE)
    assert not unfinished(folder)
    return struck, last


def test_no_kill_leaves_an_unreadable_checkpoint(writers, tmp_path):
    assert kill(writers, tmp_path / "run", 5)[1] > 0


@pytest.mark.slow
def test_no_kill_of_many_leaves_an_unreadable_checkpoint(writers, tmp_path):
    struck, last = kill(writers, tmp_path / "run", 60)
    assert struck > 10 and last > 60


def test_a_writer_in_another_process_is_named_and_its_end_frees_the_folder(writers, tmp_path):
    holder, forked_off = writers(f"hold {tmp_path}")
    try:
        with pytest.raises(CheckpointError, match=rf"is written by process {holder} on \S+ since 2\d\d\d-"):
            Checkpoints(tmp_path).save(1, TREE)
        assert Checkpoints(tmp_path).restore()[2] == 0
        os.kill(holder, signal.SIGKILL)
        writers(f"reap {holder}")
        Checkpoints(tmp_path).save(1, TREE)
        os.kill(forked_off, 0)  # what the holder forked off still runs, and holds nothing
    finally:
        os.kill(forked_off, signal.SIGKILL)
    assert Checkpoints(tmp_path).restore()[2] == 1


def test_what_was_written_last_is_restored_whoever_wrote_it(tmp_path):
    assert checkpoint.is_empty(tmp_path) and checkpoint.is_empty(tmp_path / "not there")
    save(tmp_path, [1], {"value": 1})
    with Checkpoints(tmp_path) as checkpoints:
        for step in (5, 9):
            checkpoints.save(step, [step], {"value": step})
    assert restore(tmp_path)[0] == [9] and checkpoint.about(tmp_path) == {"value": 9}
    save(tmp_path, [2])
    assert restore(tmp_path)[0] == [2] and checkpoint.about(tmp_path) == {}
    (saved,) = tmp_path.glob("*-saved")
    (saved / "manifest.sha256").write_text("")
    with pytest.raises(
        CheckpointError, match=r"what was saved is damaged\. Fix: Checkpoints\(.*restore\(step=9\)"
    ):
        restore(tmp_path)
