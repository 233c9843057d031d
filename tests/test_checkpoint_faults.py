"""What may happen to checkpoints: flipped bits, full disks, tampering."""

import errno
import hashlib
import json
import os
import re
import resource

import jax
import numpy as np
import pytest
from checkpoint_folders import TREE, files, newest, unfinished

from jaxnets.checkpoint import CheckpointError, Checkpoints, folder as folders, restore, save


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


def test_a_key_of_no_known_kind_is_damage(tmp_path):
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, {"key": jax.random.key(0)})
    reseal(newest(tmp_path), leaf(0, impl="posix.system"))
    with pytest.raises(CheckpointError, match="step 1 is damaged, and no other"):
        checkpoints.restore()


def test_a_name_that_no_disk_takes_gets_a_sentence(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be written: File name too long"):
        save(tmp_path / ("n" * 300), {"a": np.zeros(2)})
