"""`NeuralNet` and its compiled loop: against loops written by hand, and against itself in other chunks."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxnets as jn
from jaxnets import loop, losses, plots, training
from jaxnets.neural_net import NeuralNet

rng = np.random.default_rng(0)
X = rng.normal(size=(53, 6)).astype(np.float32)  # 53 examples: batches of 16 leave 5 over
LABELS = rng.integers(0, 3, 53)
LOSS = "categorical_cross_entropy"


def classifier(seed=0, rate=0.0, dtype="float32", **compiled):
    middle = [jn.Dropout(rate)] if rate else []
    net = NeuralNet([jn.Linear(6, 8), jn.relu, *middle, jn.Linear(8, 3), jn.softmax], seed=seed, dtype=dtype)
    net.compile(**{"optimizer": jn.adam(1e-2), "loss": LOSS, "metrics": ["accuracy"], **compiled})
    return net


class Convoluted(nnx.Module):
    """A module that is no list: batch statistics, dropout, and a part with a name."""

    def __init__(self, rngs):
        self.encoder = nnx.Linear(6, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.dropout = nnx.Dropout(0.25, rngs=rngs)
        self.head = nnx.Linear(8, 3, rngs=rngs)

    def __call__(self, x):
        return self.head(self.dropout(nnx.relu(self.norm(self.encoder(x)))))


def state(net):
    """Everything that training moves, as numpy arrays."""
    leaves = jax.tree.leaves([*loop.split(net.module)[1:], net._opt_state])
    return [
        np.asarray(jax.random.key_data(a) if jnp.issubdtype(a.dtype, jax.dtypes.prng_key) else a)
        for a in leaves
    ]


def assert_same(a, b):
    assert len(a) == len(b)
    for left, right in zip(a, b, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.fixture
def traces():
    """Counts what JAX traces while it is used."""
    seen = []
    active = [True]

    def listen(name, *_, **__):
        if active[0] and name == "/jax/core/compile/jaxpr_trace_duration":
            seen.append(name)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    active[0] = False


# the loop


@pytest.mark.parametrize("batch_size", [16, None])
def test_chunk_length_changes_no_bit(batch_size):
    def train(chunk_steps):
        net = classifier(rate=0.5)
        history = net.fit(X, LABELS, epochs=5, batch_size=batch_size, chunk_steps=chunk_steps, verbose=0)
        return state(net), history

    whole, history = train(None)
    for chunk_steps in (1, 3, 7):
        pieces, again = train(chunk_steps)
        assert_same(whole, pieces)
        assert history.history == again.history
        np.testing.assert_array_equal(history.step_losses, again.step_losses)


def test_training_equals_a_loop_written_by_hand():
    net = classifier()
    params = jax.tree.map(jnp.asarray, net.params)
    optimizer = optax.adam(1e-2)
    opt_state = optimizer.init(params)

    def loss_of(params, x, labels):
        scores = losses.softmax_cross_entropy
        hidden = jn.relu(x @ params[0]["kernel"] + params[0]["bias"][None])
        return scores(hidden @ params[2]["kernel"] + params[2]["bias"][None], labels)

    @jax.jit
    def step(params, opt_state, x, labels):
        loss, grads = jax.value_and_grad(loss_of)(params, x, labels)
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, loss

    expected = []
    for epoch in range(4):
        order = np.random.default_rng((0, epoch)).permutation(53)
        for start in range(0, 53, 16):
            rows = order[start : start + 16]
            params, opt_state, loss = step(params, opt_state, X[rows], LABELS[rows].astype(np.int32))
            expected.append(loss)
    history = net.fit(X, LABELS, epochs=4, batch_size=16, verbose=0)
    np.testing.assert_array_equal(history.step_losses, np.array(expected))
    assert_same(jax.tree.leaves(net.params), jax.tree.leaves(params))


def test_training_equals_nnx_jit_with_batch_statistics_and_dropout():
    net, module = NeuralNet(Convoluted(nnx.Rngs(3)), seed=1), Convoluted(nnx.Rngs(3))
    net.compile(optimizer=optax.adamw(1e-2), loss="softmax_cross_entropy")
    optimizer = nnx.Optimizer(module, optax.adamw(1e-2), wrt=nnx.Param)

    @nnx.jit
    def step(module, optimizer, x, labels):
        loss, grads = nnx.value_and_grad(lambda m: losses.softmax_cross_entropy(m(x), labels))(module)
        optimizer.update(module, grads)
        return loss

    module.train()
    expected = []
    for epoch in range(3):
        order = np.random.default_rng((1, epoch)).permutation(53)
        for start in range(0, 53, 16):
            rows = order[start : start + 16]
            expected.append(step(module, optimizer, X[rows], LABELS[rows].astype(np.int32)))
    history = net.fit(X, LABELS, epochs=3, batch_size=16, verbose=0)
    np.testing.assert_array_equal(history.step_losses, np.array(expected))
    mine, theirs = loop.split(net.module)[1:], loop.split(module)[1:]
    assert_same(jax.tree.leaves(mine[0]), jax.tree.leaves(theirs[0]))
    np.testing.assert_array_equal(mine[1]["norm"]["mean"], theirs[1]["norm"]["mean"])
    np.testing.assert_array_equal(mine[1]["norm"]["var"], theirs[1]["norm"]["var"])
    assert int(mine[1]["dropout"]["rngs"]["count"]) == int(theirs[1]["dropout"]["rngs"]["count"]) == 12


def test_second_fit_goes_on_and_traces_nothing(traces):
    net, once = classifier(rate=0.5), classifier(rate=0.5)
    first = net.fit(X, LABELS, epochs=2, batch_size=16, verbose=0, validation_data=(X, LABELS))
    before = len(traces)
    second = net.fit(X, LABELS, epochs=3, batch_size=16, verbose=0, validation_data=(X, LABELS))
    assert before > 0
    assert len(traces) == before
    whole = once.fit(X, LABELS, epochs=5, batch_size=16, verbose=0)
    assert_same(state(net), state(once))
    assert first.epoch + second.epoch == whole.epoch == [0, 1, 2, 3, 4]
    assert first.history["loss"] + second.history["loss"] == whole.history["loss"]


def test_epoch_loss_is_the_mean_over_examples():
    history = classifier().fit(X, LABELS, epochs=2, batch_size=16, verbose=0)
    steps = history.step_losses.astype(np.float64).reshape(2, 4)
    np.testing.assert_allclose(history.history["loss"], steps @ [16, 16, 16, 5] / 53, rtol=1e-15)


def test_short_last_batch_is_its_own_mean():
    net = classifier(optimizer=jn.gradient_descent(0.0))
    history = net.fit(X, LABELS, batch_size=16, shuffle=False, verbose=0)
    for i, loss in enumerate(history.step_losses):
        rows = slice(16 * i, 16 * i + 16)
        assert loss == pytest.approx(net.evaluate(X[rows], LABELS[rows])["loss"], rel=1e-6)
    assert history.history["accuracy"][0] == pytest.approx(net.evaluate(X, LABELS)["accuracy"], rel=1e-6)


@pytest.mark.parametrize(("batch_size", "chunk_steps"), [(16, None), (16, 5), (None, 1), (None, 400)])
def test_until_loss_stops_after_the_first_epoch_that_is_low_enough(batch_size, chunk_steps):
    free = classifier().fit(X, LABELS, epochs=40, batch_size=batch_size, verbose=0).history["loss"]
    goal = free[17]
    net, exact = classifier(), classifier()
    history = net.fit(
        X, LABELS, epochs=40, batch_size=batch_size, until_loss=goal, chunk_steps=chunk_steps, verbose=0
    )
    stop = next(i for i, loss in enumerate(free) if loss <= goal)
    assert history.history["loss"] == free[: stop + 1]
    assert len(history.step_losses) == (stop + 1) * (1 if batch_size is None else 4)
    exact.fit(X, LABELS, epochs=stop + 1, batch_size=batch_size, verbose=0)
    assert_same(state(net), state(exact))


@pytest.mark.parametrize("chunk_steps", [None, 1, 7])
@pytest.mark.parametrize("until_loss", [None, 0.0])
def test_a_loss_that_becomes_nan_stops_the_training_and_is_told(chunk_steps, until_loss):
    net = NeuralNet([jn.Linear(6, 1)])
    net.compile(jn.gradient_descent(1e6), "mean_squared_error")
    with pytest.warns(RuntimeWarning) as told:
        history = net.fit(X, X[:, :1], epochs=90, until_loss=until_loss, chunk_steps=chunk_steps, verbose=0)
    losses = history.history["loss"]
    assert np.isnan(losses).tolist() == [False] * (len(losses) - 1) + [True]
    assert len(history.step_losses) == 2 * len(losses) < 180
    sentence = f"fit: the loss became nan in epoch {len(losses)}; the learning rate is probably too large."
    assert [str(warning.message) for warning in told] == [sentence]
    assert told[0].filename == __file__


def test_interrupted_fit_leaves_the_last_finished_chunk(monkeypatch):
    net, reference = classifier(rate=0.5), classifier(rate=0.5)
    program = training.Run._chunk
    calls = []

    def interrupt(self, first, count):
        calls.append(count)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return program(self, first, count)

    monkeypatch.setattr(training.Run, "_chunk", interrupt)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, LABELS, epochs=9, batch_size=16, chunk_steps=4, verbose=0)
    monkeypatch.undo()
    reference.fit(X, LABELS, epochs=3, batch_size=16, verbose=0)
    assert_same(state(net), state(reference))
    assert net.history.epoch == [0, 1, 2]
    assert len(net.history.step_losses) == 12
    assert net.predict(X).shape == (53, 3)
    assert net.fit(X, LABELS, batch_size=16, verbose=0).epoch == [3]


def test_every_epoch_sees_every_example_once_in_an_order_of_its_own():
    plan = training.Plan(53, 16, True, seed=7)
    rows = [plan.order(epoch).ravel()[:53] for epoch in (0, 1)]
    assert [sorted(order) for order in rows] == [list(range(53))] * 2
    assert (rows[0] != rows[1]).any()
    table, short = plan.lines(2, 5)
    np.testing.assert_array_equal(table[:5], np.concatenate([plan.order(0)[2:], plan.order(1)[:3]]))
    assert short[:5].tolist() == [False, True, False, False, False]
    assert plan.sizes.tolist() == [16, 16, 16, 5]


def test_train_step_is_lowered_for_cpu_cuda_and_tpu():
    net = classifier(rate=0.5)
    graphdef, params, rest = loop.split(net.module)
    optimizer = jn.adam(1e-2)
    step = loop.train_step(graphdef, net._programs.objective, optimizer)
    carry = loop.Carry(params, rest, loop.initial_state(optimizer, params))
    chunk = loop.chunk(step, 64, 2, "float32", remainder=5)
    arguments = carry, loop.Batch(X, LABELS), np.zeros((64, 16), np.int32), np.zeros(64, bool), np.int32(0)
    for function, shapes in ((jax.jit(step), (carry, loop.Batch(X, LABELS))), (chunk, arguments)):
        exported = jax.export.export(function, platforms=["cpu", "cuda", "tpu"])(*shapes)
        assert exported.platforms == ("cpu", "cuda", "tpu")


def test_train_step_moves_the_carry():
    net = classifier()
    graphdef, params, rest = loop.split(net.module)
    step = loop.train_step(graphdef, net._programs.objective, jn.gradient_descent(0.5))
    carry, figures = step(
        loop.Carry(params, rest, jn.gradient_descent(0.5).init(params)), loop.Batch(X, LABELS)
    )
    grads = net.backward(X, LABELS)
    np.testing.assert_allclose(figures, list(net.evaluate(X, LABELS).values()), rtol=1e-6)
    moved = carry.params["layers"][0]["kernel"]
    np.testing.assert_allclose(moved, net.params[0]["kernel"] - 0.5 * grads[0]["kernel"], atol=1e-6)


# losses, weights, penalties


def test_fused_loss_keeps_the_gradient_where_probabilities_are_certain():
    net = classifier()
    certain = jax.tree.map(lambda a: np.full(a.shape, 100.0), net.params)
    certain[2]["kernel"][:, 0] = -100.0
    net.params = certain
    grads = net.backward(np.ones((1, 6)), [0])
    assert net.forward(np.ones((1, 6)))[0, 0] == 0
    np.testing.assert_array_equal(grads[2]["bias"], [-1.0, 0.5, 0.5])
    assert np.isfinite(net.evaluate(np.ones((1, 6)), [0])["loss"])


def test_sigmoid_with_its_loss_equals_the_loss_on_scores():
    targets = (LABELS[:, None] > 0).astype(float)
    layer = jn.Linear(6, 1)  # both nets share its weights
    net, scores = NeuralNet([layer, jn.sigmoid]), NeuralNet([layer])
    net.compile(jn.sgd(0.1), "binary_cross_entropy", ["accuracy"])
    scores.compile(jn.sgd(0.1), "sigmoid_binary_cross_entropy", ["accuracy"])
    assert net.evaluate(X, targets) == scores.evaluate(X, targets)
    np.testing.assert_array_equal(net.forward(X), jn.sigmoid(scores.forward(X)))


def test_sample_weights_are_weighted_terms_over_n():
    weights = np.linspace(0, 2, 53)
    net = classifier()
    probabilities = np.asarray(net.forward(X), np.float64)
    terms = -np.log(probabilities[np.arange(53), LABELS])
    assert net.evaluate(X, LABELS, sample_weight=weights)["loss"] == pytest.approx(
        (weights * terms).mean(), rel=1e-6
    )
    changed = LABELS.copy()
    changed[0] = (changed[0] + 1) % 3  # its weight is 0
    for a, b in zip(
        jax.tree.leaves(net.backward(X, LABELS, weights)),
        jax.tree.leaves(net.backward(X, changed, weights)),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
    history = net.fit(X, LABELS, batch_size=None, sample_weight=weights, verbose=0)
    assert history.history["loss"][0] == pytest.approx((weights * terms).mean(), rel=1e-6)


def test_a_users_loss_may_return_terms_or_their_mean():
    def terms(outputs, targets):
        return -jnp.log(jnp.take_along_axis(outputs, targets[:, None], axis=1))[:, 0]

    weights = np.arange(53.0)
    own, mean = (
        classifier(loss=terms),
        classifier(loss=lambda outputs, targets: terms(outputs, targets).mean()),
    )
    known = classifier()
    figures = known.evaluate(X, LABELS)
    assert own.evaluate(X, LABELS) == pytest.approx(figures, rel=1e-6)
    assert mean.evaluate(X, LABELS) == pytest.approx(figures, rel=1e-6)
    expected = known.evaluate(X, LABELS, sample_weight=weights)
    assert own.evaluate(X, LABELS, sample_weight=weights) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="sample_weight needs a loss that returns one term an example"):
        mean.fit(X, LABELS, sample_weight=weights)


def test_penalties_act_on_kernels_alone():
    plain, both = classifier(), classifier(l1=0.01, l2=0.1)
    kernels = [plain.params[i]["kernel"] for i in (0, 2)]
    expected = sum(0.01 * np.abs(k).sum() + 0.05 * (k**2).sum() for k in kernels)
    difference = both.evaluate(X, LABELS)["loss"] - plain.evaluate(X, LABELS)["loss"]
    assert difference == pytest.approx(float(expected), rel=1e-5)
    mine, theirs = both.backward(X, LABELS), plain.backward(X, LABELS)
    np.testing.assert_array_equal(mine[0]["bias"], theirs[0]["bias"])
    pull = 0.01 * np.sign(kernels[0]) + 0.1 * kernels[0]
    np.testing.assert_allclose(mine[0]["kernel"] - theirs[0]["kernel"], pull, atol=1e-6)


def test_backward_mirrors_params_and_changes_nothing():
    net = classifier(rate=0.5, dtype="float64")
    before = state(net)
    grads = net.backward(X, LABELS)
    assert jax.tree.structure(grads) == jax.tree.structure(net.params)

    def loss_of(params):
        x = X.astype(np.float64)
        hidden = jax.nn.relu(x @ params[0]["kernel"] + params[0]["bias"][None])
        scores = hidden @ params[3]["kernel"] + params[3]["bias"][None]
        return -jnp.mean(jax.nn.log_softmax(scores)[np.arange(53), LABELS])

    for mine, true in zip(
        jax.tree.leaves(grads), jax.tree.leaves(jax.grad(loss_of)(net.params)), strict=True
    ):
        np.testing.assert_allclose(mine, true, rtol=1e-12, atol=1e-15)
    dropped = net.backward(X, LABELS, training=True)
    assert not np.array_equal(dropped[0]["kernel"], grads[0]["kernel"])
    assert_same(before, state(net))


# parts


@pytest.mark.parametrize(
    "optimizer",
    [optax.adamw(0.1, weight_decay=0.5), jn.momentum(0.1), optax.chain(optax.clip(1.0), optax.adam(0.1))],
)
def test_frozen_weights_stay_under_decay_and_momentum(optimizer):
    net = classifier(optimizer=optimizer, l2=0.1)
    net.fit(X, LABELS, batch_size=16, verbose=0)  # momentum is under way
    net.freeze(0)
    before = jax.tree.map(np.asarray, net.params)
    net.fit(X, LABELS, epochs=2, batch_size=16, verbose=0)
    assert_same(jax.tree.leaves(before[0]), jax.tree.leaves(net.params[0]))
    assert (before[2]["kernel"] != net.params[2]["kernel"]).all()
    net.unfreeze(0)
    net.fit(X, LABELS, batch_size=16, verbose=0)
    assert (before[0]["kernel"] != net.params[0]["kernel"]).any()


def test_frozen_parts_of_a_module_keep_their_statistics():
    net = NeuralNet(Convoluted(nnx.Rngs(0)))
    net.compile(jn.adam(0.1), "softmax_cross_entropy")
    net.freeze("norm", "encoder.kernel")
    before = [jax.tree.map(np.asarray, tree) for tree in (net.params, loop.split(net.module)[2]["norm"])]
    net.fit(X, LABELS, epochs=2, verbose=0)
    after = net.params, loop.split(net.module)[2]["norm"]
    assert_same(jax.tree.leaves(before[0]["norm"]), jax.tree.leaves(after[0]["norm"]))
    assert_same(jax.tree.leaves(before[1]), jax.tree.leaves(after[1]))
    np.testing.assert_array_equal(before[0]["encoder"]["kernel"], after[0]["encoder"]["kernel"])
    assert (before[0]["encoder"]["bias"] != after[0]["encoder"]["bias"]).any()
    net.unfreeze("norm")
    net.fit(X, LABELS, verbose=0)
    assert (before[1]["mean"] != loop.split(net.module)[2]["norm"]["mean"]).any()


def test_weights_are_taken_layer_by_layer():
    teacher, pupil = classifier(seed=1), classifier(seed=2)
    old = jax.tree.map(np.asarray, pupil.params)
    pupil.take_weights(teacher, layers=[0])
    np.testing.assert_array_equal(pupil.params[0]["kernel"], teacher.params[0]["kernel"])
    np.testing.assert_array_equal(pupil.params[2]["kernel"], old[2]["kernel"])
    pupil.take_weights(teacher)
    np.testing.assert_array_equal(pupil.predict(X), teacher.forward(X))
    pupil.fit(X, LABELS, verbose=0)
    assert (pupil.params[0]["kernel"] != teacher.params[0]["kernel"]).any()  # copied, not shared


def test_batch_statistics_are_taken_along():
    nets = [NeuralNet(Convoluted(nnx.Rngs(seed))) for seed in (0, 1)]
    nets[0].compile(jn.adam(0.1), "softmax_cross_entropy")
    nets[0].fit(X, LABELS, epochs=2, verbose=0)
    nets[1].take_weights(nets[0])
    np.testing.assert_array_equal(nets[0].predict(X), nets[1].predict(X))


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda net: net.freeze(1), r"freeze: 1 \(relu\) has no weights; parts with weights: 0, 2."),
        (lambda net: net.freeze("²"), "freeze: a layer must be a number from 0 to 3; got '²'."),
        (lambda net: net.freeze("--1"), "freeze: a layer must be a number from 0 to 3; got '--1'."),
        (lambda net: net.freeze(9), "freeze: a layer must be a number from 0 to 3; got 9."),
        (lambda net: net.freeze("encoder"), "freeze: a layer must be a number from 0 to 3; got 'encoder'."),
        (
            lambda net: net.take_weights(NeuralNet([jn.Linear(6, 5)])),
            "take_weights: 0.bias must have the shape",
        ),
        (
            lambda net: setattr(net, "params", {0: {"kernel": 1}}),
            r"NeuralNet.params: params must have the keys \[0, 2\]; got \[0\].",
        ),
    ],
)
def test_parts_that_are_not_there_get_a_sentence(act, sentence):
    net = classifier()
    before = state(net)
    with pytest.raises(ValueError, match=sentence):
        act(net)
    assert_same(before, state(net))
    assert not net._frozen


@pytest.mark.parametrize(("name", "told"), [(0.0, "0.0"), ([0], r"\[0\]"), (None, "None"), (True, "True")])
def test_a_part_is_named_by_a_number_or_a_word(name, told):
    net = classifier()
    with pytest.raises(TypeError, match=f"^freeze: a part must be a number or a name; got {told}\\.$"):
        net.freeze(name)
    assert not net._frozen


def test_one_layer_to_take_needs_no_list():
    teacher, pupil = classifier(seed=1), classifier(seed=2)
    last = np.asarray(pupil.params[2]["kernel"])
    pupil.take_weights(teacher, layers=0)
    np.testing.assert_array_equal(pupil.params[0]["kernel"], teacher.params[0]["kernel"])
    np.testing.assert_array_equal(pupil.params[2]["kernel"], last)


# construction, types, optimizers


def test_same_seed_gives_the_same_net_and_another_seed_another():
    nets = [classifier(seed=seed, rate=0.5) for seed in (4, 4, 5)]
    for net in nets:
        net.fit(X, LABELS, epochs=2, verbose=0)
    assert_same(state(nets[0]), state(nets[1]))
    assert (nets[0].params[0]["kernel"] != nets[2].params[0]["kernel"]).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "optimizer",
    [
        jn.gradient_descent(0.1),
        jn.sgd(0.1, momentum=0.5, nesterov=True),
        jn.momentum(0.1),
        jn.nesterov(0.1),
        jn.adagrad(0.1),
        jn.rmsprop(0.01),
        jn.adam(optax.cosine_decay_schedule(0.1, 100)),
        optax.inject_hyperparams(optax.adamw)(0.1),
        optax.polyak_sgd(),
        optax.lbfgs(),
    ],
)
def test_every_optimizer_learns_and_keeps_the_types(optimizer, dtype):
    net = classifier(optimizer=optimizer, dtype=dtype)
    history = net.fit(X, LABELS, epochs=8, batch_size=None, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(net.params)} == {dtype}
    assert history.step_losses.dtype == dtype
    assert net.predict(X).dtype == dtype


def test_everything_works_without_64_bit():
    with jax.enable_x64(False):
        net = classifier(rate=0.5)
        net.fit(X.astype(np.float64), LABELS, epochs=2, batch_size=16, validation_split=0.1, verbose=0)
        assert net.predict(X).dtype == np.float32
        with pytest.raises(ValueError, match="dtype float64 must be switched on in JAX, and is off"):
            NeuralNet([jn.Linear(2, 2)], dtype="float64")


def test_images_of_uint8_are_cast_and_not_scaled():
    images = rng.integers(0, 256, (9, 6), dtype=np.uint8)
    net = classifier()
    np.testing.assert_array_equal(net.forward(images), net.forward(images.astype(np.float32)))
    np.testing.assert_array_equal(net.forward(images > 99), net.forward((images > 99).astype(np.float32)))


def test_integers_stay_integers_in_front_of_an_embedding():
    net = NeuralNet(nnx.Sequential(nnx.Embed(5, 3, rngs=nnx.Rngs(0)), nnx.Linear(3, 2, rngs=nnx.Rngs(1))))
    net.compile(jn.adam(0.1), "softmax_cross_entropy", ["accuracy"])
    words = np.arange(5).repeat(4)
    net.fit(words, words % 2, epochs=30, verbose=0)
    assert net.evaluate(words, words % 2)["accuracy"] == 1


@pytest.mark.parametrize(
    ("build", "error", "sentence"),
    [
        (
            lambda: NeuralNet([]),
            ValueError,
            "NeuralNet: layers must hold at least one layer; got an empty list.",
        ),
        (
            lambda: NeuralNet(3),
            TypeError,
            "NeuralNet: layers must be a list of layers or an nnx.Module; got 3.",
        ),
        (
            lambda: NeuralNet([jn.Dropout]),
            TypeError,
            r"NeuralNet: layer 0 must be a layer .* Fix: Dropout\(...\).",
        ),
        (lambda: NeuralNet([jn.relu, 3]), TypeError, "NeuralNet: layer 1 must be a layer or a function"),
        (
            lambda: NeuralNet([jn.relu], seed=-1),
            ValueError,
            "NeuralNet: seed must be a whole number >= 0; got -1.",
        ),
        (
            lambda: NeuralNet([jn.relu], dtype="int8"),
            ValueError,
            "dtype must be 'float32' or 'float64'; got 'int8'.",
        ),
    ],
)
def test_a_net_that_cannot_be_built_gets_a_sentence(build, error, sentence):
    with pytest.raises(error, match=sentence):
        build()


# inference


def test_inference_drops_nothing_out_and_changes_nothing():
    net = classifier(rate=0.5)
    first, _, _, *last = net.layers
    plain = NeuralNet([first, jn.relu, *last])  # the same layers without the one that drops out
    plain.compile(jn.adam(0.1), LOSS, ["accuracy"])
    before = state(net)
    np.testing.assert_array_equal(net.forward(X), plain.forward(X))
    assert net.evaluate(X, LABELS) == plain.evaluate(X, LABELS)
    assert_same(before, state(net))


def test_predict_goes_batch_by_batch():
    net = classifier()
    net.fit(X, LABELS, verbose=0)
    np.testing.assert_allclose(net.predict(X, batch_size=10), net.forward(X), rtol=1e-6)
    assert isinstance(net.predict(X), np.ndarray)


def test_evaluate_does_not_depend_on_the_batch_size():
    net = classifier()
    for batch_size in (1, 10, 53, 500):
        assert net.evaluate(X, LABELS, batch_size) == pytest.approx(net.evaluate(X, LABELS), rel=1e-6)


def test_validation_is_the_end_of_the_data_and_is_not_trained_on():
    split, given = classifier(), classifier()
    first = split.fit(X, LABELS, epochs=2, validation_split=0.25, verbose=0)
    second = given.fit(X[:39], LABELS[:39], epochs=2, validation_data=(X[39:], LABELS[39:]), verbose=0)
    assert first.history == second.history
    assert list(first.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    expected = split.evaluate(X[39:], LABELS[39:])
    assert first.history["val_loss"][-1] == pytest.approx(expected["loss"], rel=1e-6)


def test_forward_is_differentiable_from_outside():
    net = classifier()
    slope = jax.grad(lambda x: net.forward(x)[0, 1])(jnp.asarray(X[:1]))
    assert slope.shape == (1, 6)
    assert jnp.abs(slope).max() > 0


# what one sees


def test_summary_counts_parameters(capsys):
    net = classifier(rate=0.5)
    net.freeze(0)
    text = net.summary((6,))
    assert capsys.readouterr().out == text + "\n"
    assert text.splitlines()[2].split() == ["0", "Linear", "(N,", "8)", "56", "no"]
    assert text.splitlines()[-1].split() == ["total", "(N,", "3)", "83", "27"]


def test_summary_of_a_module_names_its_parts():
    text = NeuralNet(Convoluted(nnx.Rngs(0))).summary((6,))
    assert [line.split()[0] for line in text.splitlines()[2:5]] == ["encoder", "head", "norm"]
    assert text.splitlines()[-1].split() == ["total", "(N,", "3)", "99", "99"]


@pytest.mark.parametrize("shape", [2, None, "a", (2.5,), (), (0,), (-1,)])
def test_the_shape_of_an_example_is_whole_numbers(shape):
    with pytest.raises(
        ValueError, match=r"^summary: input_shape must be the shape of one example, like \(4,\); got "
    ):
        classifier().summary(shape)


def test_a_shape_that_the_net_does_not_take_gets_a_sentence():
    with pytest.raises(
        ValueError, match=r"^summary: the net does not take x of shape \(2, 5\); linear: inputs must"
    ):
        classifier().summary((5,))


def test_summary_of_an_embedding_takes_ids():
    net = NeuralNet([nnx.Embed(5, 3, rngs=nnx.Rngs(0))])
    assert net.summary(()).splitlines()[2].split() == ["0", "Embed", "(N,", "3)", "15", "yes"]


def test_fit_is_silent_when_asked(capsys):
    classifier().fit(X, LABELS, epochs=2, verbose=0)
    assert capsys.readouterr() == ("", "")


def test_fit_prints_some_lines_where_there_is_no_terminal(capsys):
    classifier().fit(X, LABELS, epochs=30, validation_split=0.1, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/30", *(f"{e}/30" for e in range(3, 31, 3))]
    assert all(word in lines[-1] for word in ("loss", "accuracy", "val_loss", "val_accuracy", "steps/s"))
    classifier().fit(X, LABELS, epochs=12, verbose=2)
    assert len(capsys.readouterr().out.splitlines()) == 12


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_fit_draws_a_bar_in_a_terminal():
    import pty

    code = (
        "import numpy as np, jaxnets as jn; from jaxnets.neural_net import NeuralNet;"
        "net = NeuralNet([jn.Linear(3, 1)]); net.compile(jn.adam(0.1), 'mean_squared_error');"
        "net.fit(np.ones((40, 3)), np.ones((40, 1)), epochs=50)"
    )
    main, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "JAX_PLATFORMS": "cpu"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=terminal, env=environment)
    os.close(terminal)
    written = b""
    try:
        while piece := os.read(main, 4096):
            written += piece
    except OSError:  # Linux says so when the other side has closed
        pass
    os.close(main)
    assert process.wait(timeout=60) == 0
    assert b"epoch 50/50" in written
    assert "━".encode() in written


def test_pictures_are_written(tmp_path):
    net = classifier()
    history = net.fit(X, LABELS, epochs=3, validation_split=0.1, verbose=0)
    assert history.plot(tmp_path / "new" / "loss.png").stat().st_size > 5000
    images, said = rng.random((53, 4, 4)), net.predict(X)
    wrong = int((said.argmax(axis=1) != LABELS).sum())
    assert plots.misclassified(images, LABELS, said, tmp_path / "wrong.png", most=5) == wrong > 0
    assert plots.misclassified(images, said.argmax(axis=1), said, tmp_path / "none.svg") == 0
    assert (
        b"0 of 53 wrong" in (tmp_path / "none.svg").read_bytes()
        or (tmp_path / "none.svg").stat().st_size > 500
    )
    with pytest.raises(
        ValueError, match="misclassified: images, labels and probabilities must have the same"
    ):
        plots.misclassified(images[:3], LABELS, said, tmp_path / "no.png")
    with pytest.raises(ValueError, match=r"loss_curve: history must hold at least one epoch; got none\."):
        plots.loss_curve(training.History(["loss"]), tmp_path / "no.png")
    with pytest.raises(ValueError, match=r"^loss_curve: path must end in .*\.png, .*; got '.*no\.foo'\.$"):
        history.plot(tmp_path / "no.foo")
    assert not (tmp_path / "no.png").exists()


def test_training_loads_no_extra():
    code = (
        "import sys, jaxnets, jaxnets.neural_net;"
        "extras = 'matplotlib', 'sklearn', 'orbax.checkpoint', 'gymnasium', 'microgrid';"
        "print([module for module in extras if module in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
