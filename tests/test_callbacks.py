"""Callbacks of fit: when they are called, what they see, what they may change, and that they cost no bit."""

import jax
import numpy as np
import pytest

import jaxnets as jn
from tests.nets import LABELS, X, assert_same, classifier, state


def fitted(epochs, callbacks=(), batch_size: int | None = 16, net=None, **told):
    net = net or classifier(rate=0.5)
    history = net.fit(X, LABELS, epochs, batch_size, verbose=0, callbacks=callbacks, **told)
    return net, history


class Diary(jn.Callback):
    def __init__(self):
        self.pages = []

    def on_train_begin(self, net, logs):
        self.pages.append(("train begins", logs))

    def on_epoch_begin(self, net, epoch, logs):
        self.pages.append((f"epoch {epoch} begins", logs))

    def on_epoch_end(self, net, epoch, logs):
        self.pages.append((f"epoch {epoch} ends", logs))

    def on_train_end(self, net, logs):
        self.pages.append(("train ends", logs))


@pytest.mark.parametrize(("batch_size", "held_out"), [(16, dict(validation_split=0.2)), (None, {})])
def test_a_callback_that_only_looks_changes_no_bit(batch_size, held_out):
    look = [Diary(), lambda net, epoch, logs: net.evaluate(X, LABELS)]
    without, history = fitted(5, (), batch_size, **held_out)
    looking, again = fitted(5, look, batch_size, **held_out)
    assert_same(state(without), state(looking))
    assert history.history == again.history and history.epoch == again.epoch
    np.testing.assert_array_equal(history.step_losses, again.step_losses)


def test_the_calls_come_in_order_with_the_figures_of_the_history():
    diary = Diary()
    net, history = fitted(2, [diary], validation_split=0.2)
    told = [page for page, _ in diary.pages]
    assert told == [
        "train begins", "epoch 0 begins", "epoch 0 ends", "epoch 1 begins", "epoch 1 ends", "train ends"
    ]  # fmt: skip
    names = ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert [list(logs) for _, logs in diary.pages] == [names] * 6
    assert all(np.isnan(list(logs.values())).all() for _, logs in diary.pages[:2])
    for page, epoch in ((2, 0), (3, 0), (4, 1), (5, 1)):
        assert diary.pages[page][1] == {name: history.history[name][epoch] for name in names}
    fitted(1, [diary], net=net)
    assert diary.pages[-2][0] == "epoch 2 ends"  # epochs are counted over all fits


def test_the_net_has_the_weights_of_the_epoch_when_it_is_called():
    seen = []
    fitted(3, [lambda net, epoch, logs: seen.append((state(net), net.history.epoch[-1], net.predict(X)))])
    for epochs, (weights, epoch, outputs) in enumerate(seen, 1):
        net, _ = fitted(epochs)
        assert_same(weights, state(net))
        assert epoch == epochs - 1
        np.testing.assert_array_equal(outputs, net.predict(X))


def test_an_object_with_one_of_the_methods_is_enough():
    class Counter:
        count = 0

        def on_epoch_begin(self, net, epoch, logs):
            self.count += 1

    counter = Counter()
    fitted(3, (counter,))
    assert counter.count == 3


def test_stop_training_ends_it_after_that_epoch_and_not_the_next_fit():
    def stop(net, epoch, logs):
        net.stop_training = epoch == 1

    net, history = fitted(10, [stop])
    assert history.epoch == [0, 1] and net.stop_training
    assert_same(state(net), state(fitted(2)[0]))
    assert fitted(2, net=net)[1].epoch == [2, 3]

    class Never(jn.Callback):
        def on_train_begin(self, net, logs):
            net.stop_training = True

    net, history = fitted(10, [Never()])
    assert history.epoch == []
    assert_same(state(net)[:4], state(classifier(rate=0.5))[:4])


def test_an_error_of_a_callback_leaves_the_weights_as_far_as_they_came():
    class Ends(jn.Callback):
        ended = False

        def on_train_end(self, net, logs):
            self.ended = True

    def fail(net, epoch, logs):
        if epoch == 2:
            raise RuntimeError("enough")

    net, ends = classifier(rate=0.5), Ends()
    with pytest.raises(RuntimeError, match="enough"):
        fitted(10, [ends, fail], net=net)
    assert not ends.ended and net.history.epoch == [0, 1, 2]
    assert_same(state(net), state(fitted(3)[0]))
    assert_same(state(fitted(2, net=net)[0]), state(fitted(5)[0]))


def test_an_error_of_a_callback_is_told_to_all_in_the_place_of_the_end():
    class Held(jn.Callback):
        def __init__(self):
            self.told = []

        def on_train_end(self, net, logs):
            self.told.append("end")

        def on_train_error(self, net, logs):
            self.told.append((net.history.epoch, logs["loss"] == net.history.history["loss"][-1]))
            raise RuntimeError("another")

    def stop(net, epoch, logs):
        raise KeyboardInterrupt

    first, last = Held(), Held()
    with pytest.raises(RuntimeError, match="another") as raised:
        fitted(3, [first, stop, last])
    assert isinstance(raised.value.__context__, RuntimeError | KeyboardInterrupt)
    assert first.told == last.told == [([0], True)]


def test_training_goes_on_with_the_weights_that_a_callback_gives():
    def halve(net, epoch, logs):
        net.params = jax.tree.map(lambda a: a / 2, net.params)

    net, _ = fitted(3, [halve], chunk_steps=2)
    other = classifier(rate=0.5)
    for _ in range(3):
        fitted(1, net=other)
        halve(other, None, None)
    assert_same(state(net), state(other))


class Scripted:
    """What EarlyStopping asks of a net."""

    stop_training = False
    _carry = 0


def stopping_epoch(figures, **told):
    """(the epoch after which it stops, or None, the best epoch, the carry at the end)."""
    stopping, net = jn.EarlyStopping(**told), Scripted()
    stopping.on_train_begin(net, {stopping.monitor: float("nan")})
    for epoch, figure in enumerate(figures):
        net._carry = epoch
        stopping.on_epoch_end(net, epoch, {stopping.monitor: figure})
        if net.stop_training:
            break
    stopping.on_train_end(net, {})
    return epoch if net.stop_training else None, stopping.best_epoch, net._carry


NAN = float("nan")


@pytest.mark.parametrize(
    ("figures", "told", "expected"),
    [
        ([5, 4, 4, 3, 3, 3, 3], dict(patience=2), (5, 3, 5)),
        ([5, 4, 4, 3, 3, 3, 3], dict(patience=1), (2, 1, 2)),
        ([5, 4, 3, 2, 1], dict(patience=1), (None, 4, 4)),
        ([5, 4, 6, 6, 6], dict(patience=3, restore_best=True), (4, 1, 1)),
        ([5, 4, 6], dict(patience=3, restore_best=True), (None, 1, 1)),
        ([5, 4.95, 4.9, 4.0], dict(patience=2, min_delta=0.5), (2, 0, 2)),
        ([5, 4.5, 4.0, 3.0], dict(patience=2, min_delta=0.5), (None, 3, 3)),
        ([0.1, 0.3, 0.2, 0.3], dict(patience=2, monitor="val_accuracy"), (3, 1, 3)),
        ([1, 2, 3, 4], dict(patience=1, monitor="score", mode="max"), (None, 3, 3)),
        ([1, 2, 3, 2], dict(patience=1, monitor="eval_return"), (3, 2, 3)),
        ([NAN, 5, NAN, NAN], dict(patience=2, restore_best=True), (3, 1, 1)),
        ([NAN, NAN, NAN], dict(patience=2, restore_best=True), (1, None, 1)),
    ],
)
def test_early_stopping_waits_as_long_as_its_patience(figures, told, expected):
    assert stopping_epoch(figures, **told) == expected


def test_restore_best_gives_the_net_of_the_best_epoch():
    stopping = jn.EarlyStopping(patience=2, monitor="loss", mode="max", restore_best=True)
    net, history = fitted(50, [stopping])  # the highest loss: that of the first epochs
    best = int(np.argmax(history.history["loss"]))
    assert stopping.best_epoch == best and stopping.best == history.history["loss"][best]
    assert len(history.epoch) == best + 3
    assert_same(state(net), state(fitted(best + 1)[0]))


def test_early_stopping_begins_anew_with_the_next_fit():
    stopping = jn.EarlyStopping(patience=1, monitor="loss", min_delta=100.0)
    net, first = fitted(9, [stopping])
    _, second = fitted(9, [stopping], net=net)
    assert first.epoch == [0, 1] and second.epoch == [2, 3] and stopping.best_epoch == 2


class Short:
    def on_epoch_end(self, net, epoch):
        pass


@pytest.mark.parametrize(
    ("callbacks", "kind", "words"),
    [
        (jn.EarlyStopping(), TypeError, r"callbacks must be a list; got .*Fix: callbacks=\[callback\]"),
        ([jn.EarlyStopping], TypeError, r"or be functions \(net, epoch, logs\); .*Fix: EarlyStopping\(\)"),
        ([3], TypeError, "callbacks must have one of on_train_begin, .* got 3"),
        ([lambda net, epoch: None], TypeError,
         r"fit: callbacks must take what .*, a function \(net, epoch, logs\); got \(net, epoch\)"),
        ([Short()], TypeError, r"Short.on_epoch_end \(net, epoch, logs\); got \(net, epoch\)"),
        ([jn.EarlyStopping()], ValueError,
         "monitor must be one of loss, accuracy; got 'val_loss'. Fix: monitor='loss', or validation_split"),
    ],
)  # fmt: skip
def test_what_is_no_callback_is_told_before_anything_is_touched(callbacks, kind, words):
    net = classifier()
    before = [np.asarray(a) for a in jax.tree.leaves(net.params)]
    with pytest.raises(kind, match=words):
        fitted(1, callbacks, net=net)
    assert_same(before, jax.tree.leaves(net.params))
    assert net.history is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (dict(patience=0), "patience must be a whole number >= 1; got 0"),
        (dict(min_delta=-1), "min_delta must be >= 0; got -1"),
        (dict(restore_best=1), "restore_best must be True or False; got 1"),
        (dict(mode="best"), "mode must be 'auto', 'min' or 'max'; got 'best'"),
        (dict(monitor=5), "monitor must be the name of a figure; got 5"),
        (dict(monitor="score"), "mode must be 'min' or 'max' where monitor .* got 'auto' for 'score'"),
    ],
)  # fmt: skip
def test_mistakes_in_early_stopping_are_told(told, words):
    with pytest.raises((TypeError, ValueError), match=f"EarlyStopping: {words}"):
        jn.EarlyStopping(**told)


def test_a_callback_that_compiles_is_told_what_it_may_do():
    net = classifier()
    compiles = [lambda net, epoch, logs: net.compile(jn.sgd(0.1), "categorical_cross_entropy")]
    with pytest.raises(ValueError, match=r"fit: a callback must leave .* Fix: compile after fit"):
        fitted(2, compiles, net=net)
    assert np.isfinite(net.predict(X)).all()


def test_a_net_that_a_checkpoint_cannot_save_is_told_how_its_weights_are_kept(tmp_path):
    words = r"^Checkpoint: what it saves must have checkpoint\(\), .*; got NeuralNet\. Fix: np\.savez\("
    with pytest.raises(TypeError, match=words):
        classifier().fit(X, LABELS, callbacks=[jn.Checkpoint(tmp_path / "run")], verbose=0)


def test_weights_are_kept_in_a_file_and_come_back(tmp_path):
    def fresh(seed):
        net = jn.NeuralNet([jn.Linear(6, 4), jn.BatchNorm(4), jn.Dropout(0.1), jn.Linear(4, 3)], seed=seed)
        net.compile(jn.sgd(0.1), "softmax_cross_entropy")
        return net

    net, other = fresh(0), fresh(1)
    net.fit(X, LABELS, verbose=0)
    np.savez(tmp_path / "net.npz", *jax.tree.leaves(net.weights))
    kept = list(np.load(tmp_path / "net.npz").values())
    other.weights = jax.tree.unflatten(jax.tree.structure(other.weights), kept)
    assert (other.predict(X) == net.predict(X)).all()
    assert set(net.weights[1]) == {*net.params[1], "mean", "var"}
    with pytest.raises(ValueError, match=r"NeuralNet\.weights: "):
        other.weights = net.params  # without the averages
