"""What may happen to checkpoints: kills, flipped bits, full disks, two writers, tampering."""

import errno
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxnets.checkpoint import CheckpointError, Checkpoints, folder as folders, lock as locks, restore, save

TREE = {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.ones(3), "epochs": 5}


def newest(path):
    return max(path.glob("*-step-*"))


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def unfinished(path):
    return list(path.glob(".unfinished-*"))


@pytest.fixture
def saved(tmp_path):
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, TREE, {"loss": 0.5})
        checkpoints.save(2, TREE, {"loss": 0.25})
    return checkpoints


def flip(path, position, bit):
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << bit
    path.write_bytes(content)


def test_one_flipped_bit_anywhere_is_found(saved, tmp_path):
    folder, rng = newest(tmp_path), np.random.default_rng(0)
    assert len(files(folder)) >= 4
    for path in files(folder):
        content = path.read_bytes()
        for position in {0, len(content) - 1, *rng.integers(0, len(content), 10).tolist()}:
            flip(path, position, int(rng.integers(8)))
            with pytest.raises(CheckpointError, match=r"step 2 is damaged\. Fix: step=1") as error:
                saved.restore()
            told = "manifest" if "manifest" in path.name else str(path)
            assert told in str(error.value)
            path.write_bytes(content)
    assert saved.restore()[2] == 2


@pytest.mark.slow
def test_no_flipped_bit_at_all_is_missed(saved, tmp_path):
    folder = newest(tmp_path)
    for path in files(folder):
        content = path.read_bytes()
        for place in range(8 * len(content)):
            flip(path, *divmod(place, 8))
            with pytest.raises(CheckpointError):
                folders.verify(folder, 2)
            path.write_bytes(content)
    folders.verify(folder, 2)


@pytest.mark.parametrize("number", range(6))
def test_a_file_that_is_missing_cut_short_or_grown_is_found(saved, tmp_path, number):
    names = files(newest(tmp_path))
    path = names[number % len(names)]
    content = path.read_bytes()
    for damage in (b"", content[:-1], content + b"\0", None):
        path.unlink() if damage is None else path.write_bytes(damage)
        with pytest.raises(CheckpointError, match=re.escape(path.name)):
            saved.restore()
        path.write_bytes(content)


def test_what_does_not_belong_to_a_checkpoint_is_found(saved, tmp_path):
    folder = newest(tmp_path)
    (folder / "arrays" / "new").write_text("")
    with pytest.raises(CheckpointError, match="new does not belong to the checkpoint; step 2 is damaged"):
        saved.restore()
    (folder / "arrays" / "new").unlink()
    bulk = max(files(folder / "arrays"), key=lambda path: path.stat().st_size)
    bulk.rename(tmp_path / "moved")
    bulk.symlink_to(tmp_path / "moved")
    with pytest.raises(CheckpointError, match="is neither a file nor a folder"):
        saved.restore()


def test_a_damaged_step_never_becomes_an_older_one_silently(saved, tmp_path):
    (newest(tmp_path) / "manifest.json").unlink()
    with pytest.raises(
        CheckpointError, match=r"manifest.json .*; step 2 is damaged. Fix: step=1, the newest"
    ):
        saved.restore()
    assert saved.restore(step=1)[2] == 1 and saved.steps() == [1, 2]
    saved.save(3, TREE)
    assert saved.restore()[2] == 3
    for folder in tmp_path.glob("*-step-*"):
        (folder / "manifest.sha256").write_text("")
    with pytest.raises(CheckpointError, match="step 3 is damaged, and no other step is sound"):
        saved.restore()


def test_a_checkpoint_under_another_step_s_name_is_found(saved, tmp_path):
    newest(tmp_path).rename(tmp_path / "000002-step-7")
    with pytest.raises(CheckpointError, match=r"is of step 2; step 7 is damaged\. Fix: step=1"):
        saved.restore()


def test_a_checkpoint_of_a_later_format_is_no_damage(saved, tmp_path):
    reseal(newest(tmp_path), lambda manifest: manifest.update(format=99))
    with pytest.raises(CheckpointError, match="is of format 99; this version reads format 1"):
        saved.restore()


def reseal(folder, edit):
    """Someone who knows the format changes a manifest, and seals it again."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    edit(manifest)
    path.write_text(json.dumps(manifest))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.sha256").write_text(f"{digest}  manifest.json\n")


def leaf(number, **fields):
    return lambda manifest: manifest["leaves"][number].update(fields)


@pytest.mark.parametrize(
    "edit",
    [
        leaf(0, dtype="object"),
        leaf(0, dtype="O8"),
        leaf(0, dtype="float32"),
        leaf(0, shape=[4]),
        leaf(0, shape=["os.system('true')"]),
        leaf(0, shape=[-1]),
        leaf(0, kind="eval"),
        leaf(0, kind="key", data_shape=[3], impl="os.system"),
        leaf(0, kind="str"),
        leaf(1, value="__import__('os').getpid()"),
        leaf(1, kind="complex", value=["0x1p0"]),
        leaf(1, path=3),
        lambda manifest: manifest.update(tree={"kind": "dict", "keys": ["a"], "children": []}),
        lambda manifest: manifest.update(tree={"kind": "os.system", "keys": [[]], "children": [0]}),
        lambda manifest: manifest.update(tree=7),
        lambda manifest: manifest.update(tree=None),
        lambda manifest: manifest.update(about=[]),
        lambda manifest: manifest.update(leaves={}),
        lambda manifest: manifest.update(files={"../../elsewhere": {"size": 0, "sha256": ""}}),
        lambda manifest: manifest.clear(),
    ],
)
def test_a_tampered_manifest_is_refused(saved, tmp_path, edit):
    reseal(newest(tmp_path), edit)
    with pytest.raises(CheckpointError, match=r"step 2 is damaged\. Fix: step=1"):
        saved.restore()


def test_a_manifest_too_deep_to_read_is_refused(saved, tmp_path):
    folder = newest(tmp_path)
    text = b'{"format": 1, "tree": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    (folder / "manifest.json").write_bytes(text)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(text).hexdigest()}  manifest.json\n")
    with pytest.raises(CheckpointError, match="is not a manifest of this library"):
        saved.restore()


@pytest.mark.parametrize("value_type", ["os.system", "string", "custom", "jax.Array", "scalar"])
def test_what_the_files_of_orbax_say_of_types_changes_nothing(saved, tmp_path, value_type):
    folder = newest(tmp_path)
    path = folder / "arrays" / "_METADATA"
    text = path.read_text()
    assert "np.ndarray" in text
    path.write_text(text.replace("np.ndarray", value_type))
    content = path.read_bytes()
    known = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    reseal(folder, lambda manifest: manifest["files"].update({"arrays/_METADATA": known}))
    tree = saved.restore()[0]
    assert type(tree["kernel"]) is np.ndarray and np.array_equal(tree["kernel"], TREE["kernel"])


def test_a_disk_that_is_full_costs_no_checkpoint(saved, tmp_path, capfd):
    before = {path: path.read_bytes() for path in files(tmp_path)}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(
            CheckpointError, match=r"Checkpoints.save: .* cannot be written: File too large\. The checkpoints"
        ):
            saved.save(3, {"large": np.ones(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    saved.close()
    assert capfd.readouterr() == ("", "")
    assert {path: path.read_bytes() for path in files(tmp_path)} == before and not unfinished(tmp_path)
    assert saved.restore()[2] == 2
    saved.save(3, {"large": np.ones(100_000)})
    assert saved.restore()[2] == 3


@pytest.mark.parametrize("failing", ["_write_file", "_sync", "sync_folder", "_save"])
def test_an_error_at_any_point_of_a_save_costs_no_checkpoint(saved, tmp_path, monkeypatch, failing):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folders, failing, full)
    with pytest.raises(CheckpointError, match="cannot be written: No space left on device"):
        saved.save(3, TREE)
    assert saved.steps() == [1, 2] and not unfinished(tmp_path)
    with pytest.raises(CheckpointError):
        save(tmp_path / "a", TREE)
    monkeypatch.undo()
    save(tmp_path / "a", TREE)
    monkeypatch.setattr(folders, failing, full)
    with pytest.raises(CheckpointError):
        save(tmp_path / "a", {"other": np.ones(2)})
    assert restore(tmp_path / "a")[0]["epochs"] == 5


def test_an_interrupted_save_leaves_nothing_behind(saved, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "_write_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        saved.save(3, TREE)
    assert saved.steps() == [1, 2] and not unfinished(tmp_path)


def test_a_path_that_is_a_file_is_refused_and_kept(tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    for call in (lambda: save(path, TREE), lambda: Checkpoints(path / "below").save(1, TREE)):
        with pytest.raises(
            CheckpointError, match=f"{re.escape(str(path))}.*cannot be written|must be a folder"
        ):
            call()
    with pytest.raises(CheckpointError, match="is not a folder that can be read"):
        restore(path)
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_written_can_still_be_read(saved, tmp_path, monkeypatch):
    real = os.open

    def read_only(path, flags, *rest, **more):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(
        CheckpointError, match=r"Checkpoints.save: .* cannot be written: Read-only file system"
    ):
        saved.save(3, TREE)
    assert saved.restore()[2] == 2 and saved.about(1) == {"loss": 0.5}


def test_what_is_not_ours_is_left_alone(tmp_path):
    names = ["notes.txt", "000001-step-x/a", "3/b", ".unfinished-mine/c", "events", "000009-step-3.old/d"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    with Checkpoints(tmp_path, keep=1) as checkpoints:
        for step in range(3):
            checkpoints.save(step, TREE)
    assert checkpoints.steps() == [2]
    assert [(tmp_path / name).read_text() for name in names] == names


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


def test_a_key_of_no_known_kind_is_damage(tmp_path):
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, {"key": jax.random.key(0)})
    reseal(newest(tmp_path), leaf(0, impl="posix.system"))
    with pytest.raises(CheckpointError, match="step 1 is damaged, and no other"):
        checkpoints.restore()
