"""CrossCheck: a wrong rule ends a training in its first epoch, a right one changes no bit of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
from microgrid.oracle import CrossCheck, GradientError, callbacks, to_microgrid
from microgrid.oracle.report import Report
from tests.nets import assert_same, state

draw = np.random.default_rng(0)
X, Y = draw.normal(size=(12, 2)), draw.normal(size=(12, 1))


def compiled(*layers, dtype="float32"):
    net = jn.NeuralNet(list(layers), seed=0, dtype=dtype)
    net.compile(jn.sgd(0.05), "mean_squared_error")
    return net


@jax.custom_vjp
def by_hand(x):
    return jnp.tanh(x)


by_hand.defvjp(lambda x: (jnp.tanh(x), x), lambda x, ct: (ct * (1 - x * x),))  # of x, not of tanh(x)


def test_a_wrong_rule_ends_the_training_in_its_first_epoch():
    net, check = compiled(jn.Linear(2, 2), by_hand, jn.Linear(2, 1)), CrossCheck(X[:2], Y[:2])
    with pytest.raises(GradientError, match=r"^CrossCheck of NeuralNet after epoch 1: wrong") as error:
        net.fit(X, Y, epochs=9, callbacks=[check], verbose=0)
    assert net.history.epoch == [0]
    assert error.value.report is check.reports[0] and check.reports[0].guilty.primitive == "custom_vjp_call"
    wrong = {leaf.path.partition(":")[0] for leaf in check.reports[0].leaves if leaf.verdict == "wrong"}
    assert wrong == {"1 by_hand", "loss"}


@jax.custom_vjp
def straight_through(x):
    return jnp.round(x)


straight_through.defvjp(lambda x: (jnp.round(x), None), lambda _, ct: (ct,))


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_a_net_with_a_straight_through_layer_is_checked_where_it_is_declared(told):
    net = compiled(jn.Linear(2, 2), straight_through, jn.Linear(2, 1))
    check = CrossCheck(X[:2], Y[:2], surrogate=[straight_through], **told)
    net.fit(X, Y, epochs=1, callbacks=[check], verbose=0)
    assert [report.verdict for report in check.reports] == ["sampled" if told else "ok"]
    assert any("as declared: the rule of straight_through" in note for note in check.reports[0].notes)
    with pytest.raises(GradientError, match="1 straight_through: input"):
        net.fit(X, Y, epochs=1, callbacks=[CrossCheck(X[:2], Y[:2], **told)], verbose=0)


def test_a_net_too_large_to_replay_is_sampled_and_not_compared_with_the_scalar_room():
    net, check = compiled(jn.Linear(2, 2), jn.tanh, jn.Linear(2, 1)), CrossCheck(X[:2], Y[:2], sample=4)
    net.fit(X, Y, epochs=1, callbacks=[check], verbose=0)
    (report,) = check.reports
    assert report.verdict == "sampled" and all(leaf.mode == "rev" for leaf in report.leaves)
    assert report.notes[-1].startswith("not compared with the scalar room: sample= ")


def test_what_loses_digits_is_warned_of_under_the_name_of_the_callback():
    def lossy(x):
        return jnp.sin(x + 1e6)

    net = compiled(jn.Linear(2, 2), lossy)
    with pytest.warns(UserWarning, match=r"^CrossCheck of NeuralNet after epoch 1: imprecise"):
        net.fit(X, X, epochs=1, callbacks=[CrossCheck(X[:2], None)], verbose=0)


def test_the_epoch_of_a_report_is_that_which_fit_prints(capsys):
    net, check = compiled(jn.Linear(2, 1)), CrossCheck(X[:2], Y[:2])
    net.fit(X, Y, epochs=2, callbacks=[check])
    net.fit(X, Y, epochs=1, callbacks=[check])
    printed = [line.partition("/")[0] for line in capsys.readouterr().out.splitlines()]
    assert [report.name.partition("after ")[2] for report in check.reports] == printed


def test_a_right_net_is_checked_every_so_many_epochs_and_learns_the_same_bits():
    net, alone = (compiled(jn.Linear(2, 2), jn.tanh, jn.Linear(2, 1)) for _ in range(2))
    check = CrossCheck(X[:2], Y[:2], every=2)
    net.fit(X, Y, epochs=3, callbacks=[check], verbose=0)
    net.fit(X, Y, epochs=2, callbacks=[check], verbose=0)
    alone.fit(X, Y, epochs=5, verbose=0)
    assert_same(state(net), state(alone))
    assert [report.name for report in check.reports] == ["NeuralNet after epoch 2", "NeuralNet after epoch 1"]
    for report in check.reports:
        assert report.verdict == "ok" and report.leaves[-1].mode == "scalar room"
        assert report.leaves[-1].ulps <= report.leaves[-1].condition / 2


def room(net, x):
    """What a report says of the net in the scalar room."""
    report = Report("net")
    callbacks.in_both_rooms(report, net, x)
    return report


NETS = {
    "normalised": (lambda: [jn.Linear(3, 4), jn.BatchNorm(4), jn.Dropout(0.5), jn.Linear(4, 2), jn.softmax],
                   draw.normal(size=(2, 3))),
    "convolved": (lambda: [jn.Conv(2, 3, (3, 3)), jn.MaxPool((2, 2)), jn.Flatten(), jn.Linear(12, 2)],
                  draw.normal(size=(2, 4, 4, 2))),
    "recurrent": (lambda: [jn.Embedding(5, 3), jn.LSTM(3, 2)], draw.integers(0, 5, (2, 4))),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETS)
def test_the_outputs_are_those_of_the_scalar_room(name, dtype):
    layers, x = NETS[name]
    (leaf,) = room(jn.NeuralNet(layers(), seed=0, dtype=dtype), x).leaves
    assert leaf.verdict == "ok" and leaf.dtype == dtype and leaf.ulps < 100


def test_other_weights_in_the_scalar_room_are_wrong(monkeypatch):
    def another(net):
        twin = to_microgrid(net)
        twin.layers[0].parameters["bias"][0].data += 3e-6
        return twin

    to_microgrid = callbacks.to_microgrid
    monkeypatch.setattr(callbacks, "to_microgrid", another)
    report = room(compiled(jn.Linear(2, 2), jn.tanh), X[:2])
    assert report.verdict == "wrong" and report.failed


def test_a_step_that_rounding_decides_is_a_kink_and_not_wrong():
    net = compiled(jn.Linear(2, 1), jn.binary_step)
    kernel, x = np.array([[0.1], [-0.3]]), np.array([[3.0, 1.0]])  # the sum is 0 in float32, or is not
    found = []
    for order in (0, 1):
        turned = np.roll(kernel, order, axis=0).astype("float32")
        net.params = {0: {"kernel": turned, "bias": np.zeros(1, "float32")}}
        (leaf,) = room(net, np.roll(x, order, axis=1)).leaves
        assert leaf.verdict == ("ok" if leaf.value == float(leaf.truth) else "kink")
        found.append(leaf.verdict)
    assert "kink" in found


def test_a_net_that_the_scalar_room_cannot_say_is_checked_without_it():
    report = room(compiled(jn.Linear(2, 2), jnp.tanh), X[:2])
    assert report.verdict == "ok" and report.leaves == []
    assert "not compared with the scalar room: to_microgrid: layers[1] must be" in report.notes[0]


class Scale(nnx.Module):
    """A layer of a user."""

    def __call__(self, x):
        return 2 * x


def test_a_net_that_cannot_be_copied_is_told_where_and_what_to_do():
    words = (
        r"^to_microgrid: net must be a list of layers, as nothing else can be copied; got the module Scale\. "
        r"Fix: NeuralNet\(\[layer, \.\.\.\]\) of layers and activations of jaxnets\.$"
    )
    with pytest.raises(TypeError, match=words):
        to_microgrid(jn.NeuralNet(Scale(), seed=0))
    net = jn.NeuralNet([jn.Linear(2, 2), jn.tanh, Scale(), jn.Linear(2, 1)], seed=0)
    words = r"^to_microgrid: layers\[2\] must be a layer or an activation of jaxnets; got Scale\. Fix: "
    with pytest.raises(TypeError, match=words):
        to_microgrid(net)


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="CrossCheck: every must be a whole number >= 1; got 0"):
        CrossCheck(X, Y, every=0)
