"""What TensorBoard reads is what the training logged."""

import pytest

import jaxnets as jn

tensorboardX = pytest.importorskip("tensorboardX")


class Learner:
    steps = 0


def scalars(folder):
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import RecordWriter  # noqa: F401

    (path,) = folder.glob("events*")
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "little")
        event = Event.FromString(data[at + 12 : at + 12 + length])
        found += [(value.tag, event.step, round(value.simple_value, 6)) for value in event.summary.value]
        at += 12 + length + 4
    return found


def test_figures_are_written_at_the_steps_they_belong_to(tmp_path):
    board, net = jn.TensorBoard(tmp_path), Learner()
    for epoch in range(2):
        net.steps += 128
        board.on_epoch_end(net, epoch, {"loss": 0.5 / (epoch + 1), "return": float("nan")})
    board.on_train_end(net, {})
    assert scalars(tmp_path) == [("loss", 128, 0.5), ("loss", 256, 0.25)]


def test_what_was_told_before_an_error_is_written(tmp_path):
    board = jn.TensorBoard(tmp_path)
    board.on_epoch_end(Learner(), 0, {"loss": 0.5})
    board.on_train_error(Learner(), {})
    assert scalars(tmp_path) == [("loss", 0, 0.5)]


@pytest.mark.parametrize(("path", "kind", "words"), [
    (5, TypeError, "path must be the path of a folder; got 5."),
    (None, TypeError, "path must be the path of a folder; got None."),
    (__file__, ValueError, "path must be a folder that can be written; "),
    ("/proc/nope", ValueError, "path must be a folder that can be written; /proc/nope: "),
])  # fmt: skip
def test_what_is_no_folder_is_told_at_once(path, kind, words):
    with pytest.raises(kind) as error:
        jn.TensorBoard(path)
    assert str(error.value).startswith(f"TensorBoard: {words}") and "\n" not in str(error.value)
