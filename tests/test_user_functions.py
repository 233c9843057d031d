"""Losses, metrics and modules of the user's own that do not fit: a sentence each, and nothing changes."""

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxnets as jn
from jaxnets.neural_net import NeuralNet
from tests.small_nets import CLASSES, MSE, ROWS, THREE, X, assert_unchanged, net_for, snapshot


@pytest.mark.parametrize("function", ["fit", "evaluate"])
@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda o, t: jnp.zeros(7), r"shape \(7,\) of float"),
        (lambda o, t: (o.mean(), t.mean()), r"\(.*\)\.$"),
        (lambda o, t: jnp.zeros(0), r"shape \(0,\)"),
        (lambda o, t: jnp.zeros((6, 0)), r"shape \(6, 0\)"),
        (lambda o, t: o.mean() * 1j, "Jit.*complex|.*JitTracer"),
        (lambda o, t: o > 0, r"shape \(6, 3\) of bool"),
        (lambda o, t: 3, r"shape \(\) of int64"),
        (lambda o, t: None, "None"),
        (lambda o, t: "a", "'a'"),
        (lambda o, t: {"loss": 1.0}, r"\{'loss': 1.0\}"),
        (lambda o, t: 1j, "1j"),
    ],
)
def test_a_loss_that_returns_something_else_gets_a_sentence(function, returned, told):
    net = net_for(CLASSES)
    net.fit(X, THREE, verbose=0)
    net.compile(jn.adam(0.1), returned)
    before = snapshot(net)
    rule = "the loss must return one real number, or terms of each example, \\(6, ...\\)"
    with pytest.raises(ValueError, match=f"^{function}: {rule}; got {told}"):
        getattr(net, function)(X, ROWS)
    assert_unchanged(before, net)


@pytest.mark.parametrize("weights", [None, np.arange(6.0)])
def test_a_loss_may_return_several_terms_an_example_and_their_mean_counts(weights):
    several = net_for(CLASSES)
    several.compile(jn.sgd(0.1), lambda o, t: (o - t) ** 2)  # [N, C]
    known = net_for(CLASSES)
    known.compile(jn.sgd(0.1), "mean_squared_error")
    figures = [net.evaluate(X, ROWS, sample_weight=weights)["loss"] for net in (several, known)]
    assert figures[0] == pytest.approx(figures[1], rel=1e-6)


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (lambda o, t: None, "None"),
        (lambda o, t: "a", "'a'"),
        (lambda o, t: {}, r"\{\}"),
        (lambda o, t: 1j, "1j"),
    ],
)
def test_a_metric_that_returns_something_else_gets_a_sentence(metric, told):
    net = net_for(CLASSES, metrics=[metric])
    with pytest.raises(ValueError, match=f"^fit: metric 'lambda' must return one real number; got {told}"):
        net.fit(X, THREE)


def test_functions_that_raise_get_a_sentence():
    def fails(outputs, targets):
        return {}["key"]

    for arguments, sentence in (
        (
            dict(loss=lambda outputs: outputs.mean()),
            "the loss does not take outputs .* 1 positional argument",
        ),
        (dict(loss=fails), r"the loss does not take outputs \(6, 3\) and targets \(6, 3\); KeyError 'key'"),
        (dict(loss=MSE, metrics=[fails]), "metric 'fails' does not take outputs .* KeyError 'key'"),
    ):
        net = NeuralNet([jn.Linear(4, 3)])
        net.compile(jn.adam(0.1), **arguments)
        with pytest.raises(ValueError, match=f"^fit: {sentence}"):
            net.fit(X, ROWS)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError("none left"), "ZeroDivisionError none left"),
        (KeyError(), "KeyError"),
        (ValueError(), "ValueError"),
        (ValueError("no"), "no"),
    ],
)
def test_a_module_that_raises_gets_a_sentence(error, told):
    def layer(x):
        raise error

    with pytest.raises(ValueError, match=rf"^forward: the net does not take x of shape \(6, 4\); {told}$"):
        NeuralNet([layer]).forward(X)


def test_traced_data_get_a_sentence():
    net = net_for(CLASSES)
    net.take_weights(net)
    with pytest.raises(
        TypeError, match=r"^predict: x must be concrete; got a value traced by jax\. Fix: call forward"
    ):
        jax.jit(net.predict)(X)


@pytest.mark.parametrize(
    ("x", "told"),
    [
        ([[1, 9]], r"9 at index \(0, 1\)"),
        ([[1, -1]], r"-1 at index \(0, 1\)"),
        ([[2**32 + 1, 0]], r"4294967297 at index \(0, 0\)"),
    ],
)
def test_an_id_that_is_not_there_gets_a_sentence(x, told):
    embedding = nnx.Embed(5, 3, rngs=nnx.Rngs(0))
    for module in (embedding, nnx.Sequential(embedding, jn.relu)):
        with pytest.raises(ValueError, match=rf"^forward: x must be ids from 0 to 4; got {told}\.$"):
            NeuralNet(module).forward(x)
        assert NeuralNet(module).forward([[0, 4]]).shape == (1, 2, 3)
    unknown = NeuralNet([jn.identity, embedding])  # what the first layer makes of x is not known
    with pytest.raises(
        ValueError, match=r"^forward: x must fit into int32; got 4294967297 at index \(0, 0\)\.$"
    ):
        unknown.forward([[2**32 + 1, 0]])


def test_params_that_do_not_fit_get_a_sentence():
    net = net_for(MSE)
    with pytest.raises(
        ValueError, match=r"^NeuralNet.params: 0.bias must fit into float32; got 1e\+39 at index 0\.$"
    ):
        net.params = {0: {"kernel": np.zeros((4, 1)), "bias": [1e39]}}


def test_rows_rounded_to_bfloat16_sum_to_one():
    rows = jnp.array([[1 / 3, 2 / 3, 0]] * 6, jnp.bfloat16)
    assert net_for(CLASSES).evaluate(X, rows)["loss"] > 0
    with pytest.raises(ValueError, match="must have rows that sum to 1"):
        net_for(CLASSES).evaluate(X, 1.02 * rows)


def test_what_came_is_told_in_one_short_line():
    class Bad:
        def __repr__(self):
            return "a\n  b"

    with pytest.raises(TypeError, match=r"got a b\.$"):
        NeuralNet([Bad()])


@pytest.mark.parametrize("outer", [jax.jit, jax.grad, jax.vmap])
def test_fit_inside_a_transformation_is_refused_and_touches_nothing(outer):
    net = net_for(CLASSES)
    inside = outer(lambda a: (net.fit(X, ROWS, verbose=0), a)[1])
    with pytest.raises(TypeError, match=r"^fit: it must be called outside of jit, grad and vmap; got"):
        inside(np.ones(()) if outer is not jax.vmap else np.ones(2))
    net.fit(X, ROWS, verbose=0)


@pytest.mark.parametrize("name", ["evaluate", "predict"])
def test_what_returns_numbers_is_refused_inside_jit_alone(name):
    net = net_for(CLASSES)
    net.fit(X, ROWS, verbose=0)
    given = (X,) if name == "predict" else (X, ROWS)

    def inside(a):
        getattr(net, name)(*given)
        return a

    with pytest.raises(TypeError, match=f"^{name}: it must be called outside of jit; got a call inside"):
        jax.jit(inside)(1.0)
    assert jax.grad(inside)(1.0) == 1


def test_a_compiled_net_is_copied_and_not_pickled():
    net = net_for(CLASSES)
    with pytest.raises(TypeError, match=r"^NeuralNet: a net must be pickled before .* Fix: save its weights"):
        pickle.dumps(net)
    copy.deepcopy(net).fit(X, ROWS, verbose=0)
    fresh = NeuralNet([jn.Linear(2, 1)])
    again = pickle.loads(pickle.dumps(fresh))
    assert (again.params[0]["kernel"] == fresh.params[0]["kernel"]).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda rngs: jn.Linear(2, 1, rngs=rngs),
        lambda rngs: jn.Conv(2, 1, (3,), rngs=rngs),
        lambda rngs: jn.LSTM(2, 1, rngs=rngs),
        lambda rngs: jn.Embedding(2, 1, rngs=rngs),
        lambda rngs: jn.MultiHeadAttention(2, 1, rngs=rngs),
    ],
)
def test_a_layer_made_inside_a_trace_is_refused_in_a_sentence(make):
    with pytest.raises(TypeError, match=r": rngs must hold numbers, .* Fix: make the layer outside of jit"):
        nnx.eval_shape(lambda: make(nnx.Rngs(0)))
