"""check_model: a whole network layer by layer, in inference mode and as it is trained."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from test_check_grads import TABLE, custom

import jaxnets as jn
from microgrid.oracle import CrossCheck, GradientError, check_model
from tests.nets import assert_same, state

Y = np.array([[1.0, 0.5], [-1.0, 2.0], [0.0, 0.25]])


def test_a_model_is_checked_layer_by_layer_and_stays_in_its_mode():
    net = jn.NeuralNet([jn.Linear(4, 3), jn.tanh, jn.Dropout(0.5), jn.Linear(3, 2)], seed=0)
    net.compile(jn.sgd(0.1), "mean_squared_error")
    net.module.train()
    report = check_model(net, TABLE, np.ones((3, 2)))
    assert report.verdict == "ok" and not net.module.layers[2].deterministic
    assert {leaf.path.partition(":")[0] for leaf in report.leaves} == {
        "0 Linear", "1 tanh", "2 Dropout", "3 Linear", "loss"
    }  # fmt: skip
    with pytest.raises(TypeError, match=r"net must be a NeuralNet or an nnx\.Module; got list"):
        check_model([jnp.tanh], TABLE)


def test_a_wrong_layer_of_a_model_is_named():
    wrong = custom(jnp.tanh, lambda x: 1 - x * x)
    net = jn.NeuralNet([jn.Linear(4, 3), wrong, jn.Linear(3, 2)], seed=0)
    report = check_model(net, TABLE, raises=False)
    assert [leaf.path.partition(":")[0][:1] for leaf in report.leaves if leaf.verdict == "wrong"] == ["1"]


class Noisy(nnx.Module):
    """A layer that is wrong only while it is trained."""

    def __init__(self):
        self.deterministic = False

    def __call__(self, x):
        return x if self.deterministic else custom(jnp.sin, lambda x: -jnp.cos(x))(x)


def test_what_is_wrong_in_training_alone_is_found_with_training():
    net = jn.NeuralNet([jn.Linear(4, 3), Noisy(), jn.Linear(3, 2)], seed=0)
    net.compile(jn.sgd(0.1), "mean_squared_error")
    assert check_model(net, TABLE, Y).verdict == "ok"
    report = check_model(net, TABLE, Y, training=True, raises=False)
    wrong = {leaf.path.partition(":")[0] for leaf in report.leaves if leaf.verdict == "wrong"}
    assert wrong == {"1 Noisy", "loss"}
    net.fit(TABLE, Y, epochs=1, callbacks=[CrossCheck(TABLE, Y)], verbose=0)
    with pytest.raises(GradientError, match="CrossCheck of NeuralNet after epoch 1: wrong"):
        net.fit(TABLE, Y, epochs=1, callbacks=[CrossCheck(TABLE, Y, training=True)], verbose=0)


@pytest.mark.parametrize("training", [False, True])
def test_the_loss_that_is_checked_is_that_which_fit_differentiates(training):
    net = jn.NeuralNet(
        [jn.Linear(4, 6), jn.BatchNorm(6), jn.tanh, jn.Dropout(0.5), jn.Linear(6, 2)], seed=3, dtype="float64"
    )
    net.compile(jn.sgd(0.1), "mean_squared_error")
    before, slopes = state(net), net.backward(TABLE, Y, training=training)
    report = check_model(net, TABLE, Y, training=training)
    assert report.verdict == "ok"
    assert_same(state(net), before)
    assert_same(slopes, net.backward(TABLE, Y, training=training))
    leaves = [leaf for leaf in report.leaves if leaf.path.startswith("loss: ")]
    flat = [np.ravel(x) for x in jax.tree.leaves(slopes)]
    ratios = [leaf.value / x[leaf.at] for leaf, x in zip(leaves, flat, strict=True) if abs(x[leaf.at]) > 1e-9]
    assert len(ratios) >= 4 and ratios == pytest.approx([ratios[0]] * len(ratios), rel=1e-9)


def test_a_net_without_parameters_has_no_gradient_of_its_loss():
    net = jn.NeuralNet([jn.tanh], seed=0)
    net.compile(jn.adam(0.1), "mean_squared_error")
    assert [leaf.path for leaf in check_model(net, Y, Y).leaves] == ["0 tanh: input"]


def test_frozen_statistics_are_used_in_training_as_fit_uses_them():
    net = jn.NeuralNet([jn.Linear(4, 3), jn.BatchNorm(3), jn.Linear(3, 2)], seed=0, dtype="float64")
    net.compile(jn.sgd(0.1), "mean_squared_error")
    inference, free = (check_model(net, TABLE, Y, training=t).leaves[-1].value for t in (False, True))
    net.freeze(1)
    assert check_model(net, TABLE, Y, training=True).leaves[-1].value == inference != free


class Residual(nnx.Module):
    """A module that has layers, and adds them up."""

    def __init__(self, rngs):
        self.layers = nnx.List([nnx.Linear(4, 4, rngs=rngs), nnx.Linear(4, 4, rngs=rngs)])
        self.module = nnx.Linear(4, 1, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers:
            x = x + layer(x)
        return self.module(x)


def test_a_module_of_flax_is_checked_as_a_whole_and_has_no_loss():
    net = Residual(nnx.Rngs(0))
    report = check_model(net, TABLE)
    assert report.verdict == "ok" and len(report.leaves) == 7
    assert {leaf.path.partition(":")[0] for leaf in report.leaves} == {"0 Residual"}
    words = (
        r"check_model: with y, net must be a jaxnets.NeuralNet, which knows its loss; got Residual\. "
        r"Fix: leave y out, and check_grads\(loss, \(net, x, y\)\)"
    )
    with pytest.raises(TypeError, match=words):
        check_model(net, TABLE, Y)


def small(*layers):
    """A compiled net of two inputs and one output."""
    net = jn.NeuralNet(list(layers) or [jn.Linear(2, 3), jn.gelu, jn.Linear(3, 1)], seed=0)
    net.compile(jn.sgd(0.1), "mean_squared_error")
    return net


TWO, ONE = np.array([[1.0, 2.0], [0.5, -1.0]]), np.ones((2, 1))
FLAX = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
MISTAKES = {
    "complex inputs": (
        lambda: check_model(small(), TWO * 1j), TypeError,
        r"check_model: x must hold integers, booleans or floats; got dtype complex128\.",
    ),
    "no examples": (
        lambda: check_model(small(), TWO[:0]), ValueError,
        r"check_model: x must not be empty; got shape \(0, 2\)\.",
    ),
    "no examples for a module of flax": (
        lambda: check_model(FLAX, TWO[:0]), ValueError, r"check_model: x must not be empty; got shape \(0, 2",
    ),
    "no layers": (
        lambda: check_model(nnx.Sequential(), TWO), ValueError,
        r"check_model: net must have a layer; got a Sequential without any\.",
    ),
    "nothing to call": (
        lambda: check_model(nnx.Dict(), TWO), TypeError,
        r"check_model: net must be a module that is called with x; got Dict, without __call__\. Fix: ",
    ),
    "training in words": (
        lambda: check_model(small(), TWO, training="yes"), TypeError,
        r"check_model: training must be True or False; got 'yes'\.",
    ),
    "too wide": (
        lambda: check_model(small(), np.ones((2, 7))), ValueError,
        r"check_model: layer 0 Linear does not take float32\[2, 7\]: Linear: inputs must end in ",
    ),
    "too wide for a module of flax": (
        lambda: check_model(FLAX, np.ones((2, 7))), TypeError,
        r"check_model: layer 0 Linear does not take float\d\d\[2, 7\]: dot_general requires ",
    ),
    "what is no rule": (
        lambda: check_model(small(), TWO, surrogate=[jnp.round]), TypeError,
        r"check_model: surrogate must list functions made by jax.custom_vjp or jax.custom_jvp; got round",
    ),
    "the third order": (
        lambda: check_model(small(), TWO, order=3), ValueError, r"check_model: order must be 1 or 2; got 3\.",
    ),
    "no such engine": (
        lambda: check_model(small(), TWO, engine="quick"), ValueError,
        r"check_model: engine must be 'exact' or 'float64'; got 'quick'\.",
    ),
    "no such mode": (
        lambda: check_model(small(), TWO, modes="back"), ValueError,
        r"check_model: modes must be of 'fwd' and 'rev', one or both; got 'back'\.",
    ),
    "inputs that jit traces": (
        lambda: jax.jit(lambda x: check_model(FLAX, x).verdict)(TWO), TypeError,
        r"check_model: args must be numbers; args\[1\] is traced by jit, vmap or grad\. Fix: call check_mo",
    ),
    "what is no rule, of a callback": (
        lambda: CrossCheck(TWO, ONE, surrogate=5), TypeError, "CrossCheck: surrogate must list functions ",
    ),
    "no coordinates, of a callback": (
        lambda: CrossCheck(TWO, ONE, sample=0), ValueError, r"CrossCheck: sample must be at least 1; got 0\.",
    ),
    "training of a callback": (
        lambda: CrossCheck(TWO, ONE, training=None), TypeError,
        r"CrossCheck: training must be True or False; got None\.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_one_sentence_and_nothing_is_checked(name):
    call, kind, words = MISTAKES[name]
    with pytest.raises(kind, match=f"^{words}") as error:
        call()
    assert "\n" not in str(error.value)


def test_targets_that_do_not_fit_are_told_before_anything_is_learnt():
    net = small()
    with pytest.raises(ValueError, match=r"^CrossCheck: y must have the shape \(2, 1\) of the outputs "):
        net.fit(TWO, ONE, epochs=2, callbacks=[CrossCheck(TWO, np.ones((2, 7)))], verbose=0)
    assert net.history is None


def test_every_array_of_a_table_is_named_in_one_way():
    report = check_model(small(), TWO, ONE)
    assert [leaf.path for leaf in report.leaves] == [
        "0 Linear: bias", "0 Linear: kernel", "0 Linear: input", "1 gelu: input",
        "2 Linear: bias", "2 Linear: kernel", "2 Linear: input",
        "loss: layers[0].bias", "loss: layers[0].kernel", "loss: layers[2].bias", "loss: layers[2].kernel",
    ]  # fmt: skip
    report = check_model(FLAX, np.array([[1.0, np.nan]]), raises=False)
    assert report.refused.startswith("0 Linear: is nan at args: input[0, 1] is nan. Fix: ")


@jax.custom_vjp
def rounded(x):
    return jnp.round(x)


rounded.defvjp(lambda x: (jnp.round(x), None), lambda _, ct: (ct,))


@pytest.mark.parametrize("told", [{}, dict(engine="float64"), dict(order=2), dict(sample=8)])
def test_a_straight_through_layer_passes_where_it_is_declared(told):
    net = small(jn.Linear(2, 3), rounded, jn.Linear(3, 1))
    other = custom(jnp.tanh, lambda x: 1 - x * x)
    report = check_model(net, TWO, ONE, surrogate=[rounded, other], **told)
    assert report.verdict == ("sampled" if told.get("sample") else "ok")
    notes = [note.partition(" (")[0] for note in report.notes if "declared" in note]
    assert [note for note in notes if "second order" not in note] == [
        "1 rounded: taken as the truth, as declared: the rule of rounded",
        "loss: taken as the truth, as declared: the rule of rounded",
        "declared, and not called: tanh",
    ]
    with pytest.raises(GradientError, match=r"^check_model of NeuralNet: wrong\n"):
        check_model(net, TWO, ONE, **told)


@pytest.mark.parametrize("training", [False, True])
def test_a_model_too_large_to_replay_is_sampled(training):
    net = small(jn.Linear(2, 200), jn.BatchNorm(200), jn.tanh, jn.LayerNorm(200), jn.Linear(200, 1))
    report = check_model(net, TWO, ONE, sample=8, training=training)
    assert report.verdict == "sampled" and "loss: layers[4].kernel" in {leaf.path for leaf in report.leaves}
    alone = check_model(net.module.layers[0], TWO, sample=8).tally
    tally = report.tally
    assert tally.equations > alone.equations >= 1 and tally.share > 0.3
    assert alone.coordinates < alone.of < tally.of and tally.fraction < 0.1
    wrong = custom(jnp.tanh, lambda x: 1 - x * x)
    report = check_model(small(jn.Linear(2, 3), wrong, jn.Linear(3, 1)), TWO, sample=8, raises=False)
    assert {leaf.path[0] for leaf in report.leaves if leaf.verdict == "wrong"} == {"1"}
    assert report.guilty.primitive == "custom_vjp_call"


def test_no_note_of_a_report_comes_twice():
    net = jn.NeuralNet([jn.Linear(3, 2)], seed=0)
    report = check_model(net, np.ones((2, 3), "float32"), order=2, engine="float64")
    assert len(report.notes) == len(set(report.notes)) and "float64 only" in str(report)
