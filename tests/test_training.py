"""`NeuralNet` and its compiled loop: against loops written by hand, and against itself in other chunks."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxnets as jn
from jaxnets import loop, losses, training
from jaxnets.neural_net import NeuralNet
from tests.nets import LABELS, Convoluted, X, assert_same, classifier, state

# the loop


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


def test_a_loss_that_is_nan_from_the_start_is_not_put_down_to_the_learning_rate():
    net = NeuralNet([jn.Linear(6, 1)])
    net.compile(jn.sgd(0.1), lambda outputs, targets: jnp.sqrt(-1 - outputs**2))
    told = "^fit: the loss was nan at the first step already; look at what the loss is given.$"
    with pytest.warns(RuntimeWarning, match=told):
        net.fit(X, X[:, :1], verbose=0)


def test_a_loss_that_is_infinite_from_the_start_is_told_even_if_it_is_the_only_step():
    net = NeuralNet([jn.Linear(6, 1)])
    net.compile(jn.sgd(0.1), lambda outputs, targets: outputs**2 / jnp.zeros(()))
    told = "^fit: the loss was inf at the first step already; look at what the loss is given.$"
    with pytest.warns(RuntimeWarning, match=told) as warned:
        net.fit(X, X[:, :1], verbose=0)
    assert warned[0].filename == __file__


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
    with pytest.raises(ValueError, match="sample_weight needs a loss that returns terms of each example"):
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
