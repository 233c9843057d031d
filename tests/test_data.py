"""What bad data gets: a sentence with function, argument, rule, what came and the fix; nothing changes."""

import jax
import numpy as np
import optax
import pytest

import jaxnets as jn
from jaxnets import data, loop
from jaxnets.neural_net import NeuralNet
from tests.small_nets import (
    BINARY,
    CLASSES,
    MSE,
    ONE,
    ROWS,
    THREE,
    X,
    assert_unchanged,
    changed,
    net_for,
    snapshot,
)

BAD_DATA = [
    # shapes
    (
        MSE,
        X,
        ONE,
        r"y must have the shape \(6, 1\) of the outputs for mean_squared_error; got \(6,\). Fix: y\[:, None",
    ),
    (BINARY, X, ONE, r"y must have the shape \(6, 1\) of the outputs .* Fix: y\[:, None\]."),
    (
        CLASSES,
        X,
        THREE[:, None],
        r"y must be integer labels \(6,\) or rows \(6, 3\) .*; got \(6, 1\). Fix: y\[..., 0\].",
    ),
    (CLASSES, X, np.eye(4)[THREE], r"y must be integer labels \(6,\) or rows \(6, 3\) .*; got \(6, 4\).$"),
    (CLASSES, X[:0], THREE[:0], r"x must not be empty; got shape \(0, 4\)."),
    (CLASSES, X, THREE[:0], r"y must not be empty; got shape \(0,\)."),
    (CLASSES, X, THREE[:5], "x and y must have the same number of rows; got 6 and 5."),
    (
        CLASSES,
        X[0],
        THREE,
        r"x must have one row an example, .* got shape \(4,\). Fix: x\[None\] for one example",
    ),
    (CLASSES, 3.0, THREE, r"x must be an array with one row an example; got shape \(\)."),
    (
        CLASSES,
        X[:, :3],
        THREE,
        r"the net does not take x of shape \(6, 3\); Linear: inputs must end in 4 features",
    ),
    (
        CLASSES,
        [[1, 2], [3]],
        THREE,
        r"x must be an array of numbers; got rows of unequal length\.$",
    ),
    # numbers
    (CLASSES, changed(X, (2, 1), np.nan), THREE, r"x must be finite; got nan at index \(2, 1\)."),
    (CLASSES, changed(X, (5, 0), -np.inf), THREE, r"x must be finite; got -inf at index \(5, 0\)."),
    (CLASSES, changed(X, (1, 3), 1e39), THREE, r"x must fit into float32; got 1e\+39 at index \(1, 3\)."),
    (MSE, X, changed(ONE[:, None], (4, 0), np.nan), r"y must be finite; got nan at index \(4, 0\)."),
    (MSE, np.ma.masked_greater(X, 1), ONE, r"x must not be masked; got \d+ masked .* Fix: x.filled\(0\), or"),
    ("own", X, [[2**32] * 3] * 6, r"y must fit into int32; got 4294967296 at index \(0, 0\)."),
    (MSE, [[1, 2**64]], ONE[:1], r"x must fit into 64 bits; got 18446744073709551616 at index \(0, 1\)."),
    (
        "column",
        X,
        ONE * 1.0,
        r"y must have the shape \(6, 1\) of the outputs; got \(6,\). Fix: y\[:, None\].",
    ),
    ("column", X, ONE > 0, r"y must have the shape \(6, 1\) of the outputs; got \(6,\). Fix: y\[:, None\]."),
    ("own", X, ROWS[..., None], r"y must have the shape \(6, 3\) of the outputs; .* Fix: y\[..., 0\]."),
    # classes and probabilities
    (
        CLASSES,
        X,
        np.where(THREE == 2, 3, THREE),
        "y must be labels from 0 to 2, for 3 outputs; got 3 at index 2.",
    ),
    (CLASSES, X, THREE - 1, "y must be labels from 0 to 2, for 3 outputs; got -1 at index 0."),
    (
        CLASSES,
        X,
        changed(ROWS, (3, 1), -0.5),
        "y must have rows >= 0 for categorical_cross_entropy; got -0.5 in row 3.",
    ),
    (CLASSES, X, changed(ROWS, (3, 1), 0.5), "y must have rows that sum to 1 for .*; got 1.5 in row 3."),
    (
        "softmax_cross_entropy",
        X,
        2 * ROWS,
        "y must have rows that sum to 1 for softmax_cross_entropy; got 2 in row 0.",
    ),
    (
        BINARY,
        X,
        2 * ONE[:, None],
        r"y must be in \[0, 1\] for binary_cross_entropy; got 2 at index \(1, 0\).",
    ),
    (
        "sigmoid_binary_cross_entropy",
        X,
        ONE[:, None] - 0.5,
        r"y must be in \[0, 1\] for sigmoid_binary.*got -0.5 at",
    ),
]
BAD_TYPES = [
    (
        CLASSES,
        X.astype(str),
        THREE,
        r"x must hold .*; got dtype <U\d+, first '0.1257.*' at index \(0, 0\)\. Fix: cast it",
    ),
    (
        CLASSES,
        X.astype(object),
        THREE,
        "x must hold integers, booleans or floats; got dtype object. Fix: cast it",
    ),
    (CLASSES, [["a", 1.0]], THREE[:1], r"x must hold .* first 'a' at index \(0, 0\)."),
    (CLASSES, [[1.0, None]], THREE[:1], r"x must hold .* got dtype object, first None at index \(0, 1\)."),
    (CLASSES, X + 1j, THREE, "x must hold integers, booleans or floats; got dtype complex128."),
    (MSE, X, ONE[:, None].astype(complex), "y must hold integers, booleans or floats; got dtype complex128."),
    (
        CLASSES,
        X,
        THREE.astype(float),
        r"y must be integer labels, .* got dtype float64 of shape \(6,\). Fix: y.astype",
    ),
]
BAD_OPTIONS = [
    (dict(verbose="loud"), "verbose must be 0, 1 or 2; got 'loud'."),
    (dict(verbose=np.array([1, 2])), r"verbose must be 0, 1 or 2; got \[1, 2\]."),
    (dict(batch_size=0), "batch_size must be a whole number >= 1; got 0."),
    (dict(batch_size=2.5), "batch_size must be a whole number >= 1; got 2.5."),
    (dict(epochs=-1), "epochs must be a whole number >= 0; got -1."),
    (dict(epochs=True), "epochs must be a whole number >= 0; got True."),
    (dict(chunk_steps=0), "chunk_steps must be a whole number >= 1; got 0."),
    (dict(validation_split=1.0), r"validation_split must be in \[0, 1\); got 1.0."),
    (dict(validation_split=-0.1), r"validation_split must be in \[0, 1\); got -0.1."),
    (
        dict(validation_split=0.95),
        "validation_split must leave examples on both sides; got 0.95 of 6 examples.",
    ),
    (dict(validation_data=(X,)), r"validation_data must be \(x, y\) or .*; got tuple of 1 and "),
    (
        dict(validation_data=(X, THREE), validation_split=0.5),
        "validation_data must be .* without validation_split",
    ),
    (dict(validation_data=(X, THREE + 1)), "validation_data: y must be labels from 0 to 2"),
    (dict(until_loss=np.nan), "until_loss must be a finite number; got nan."),
    (
        dict(sample_weight=np.ones((6, 1))),
        r"sample_weight must have one number an example, \(6,\); got shape \(6, 1\).",
    ),
    (dict(sample_weight=[1, 1, -1, 1, 1, 1]), "sample_weight must be >= 0; got -1 at index 2."),
    (dict(sample_weight=[1, np.inf, 1, 1, 1, 1]), "sample_weight must be finite; got inf at index 1."),
]


@pytest.mark.parametrize("function", ["fit", "evaluate", "backward"])
@pytest.mark.parametrize(
    ("loss", "x", "y", "sentence", "error"),
    [(*row, ValueError) for row in BAD_DATA] + [(*row, TypeError) for row in BAD_TYPES],
)
def test_bad_data_gets_a_sentence_and_changes_nothing(loss, x, y, sentence, error, function):
    net = net_for(loss)
    before = snapshot(net)
    with pytest.raises(error, match=f"^{function}: {sentence}"):
        getattr(net, function)(x, y)
    assert_unchanged(before, net)


@pytest.mark.parametrize(("options", "sentence"), BAD_OPTIONS)
def test_bad_options_of_fit_get_a_sentence_and_change_nothing(options, sentence):
    net = net_for(CLASSES)
    before = snapshot(net)
    with pytest.raises(ValueError, match=f"^fit: {sentence}"):
        net.fit(X, THREE, **options)
    assert_unchanged(before, net)


@pytest.mark.parametrize(
    ("x", "error", "sentence"),
    [
        (x, ValueError, s)
        for loss, x, y, s in BAD_DATA
        if s.startswith(("x must be fin", "x must not", "the net"))
    ]
    + [(x, TypeError, s) for loss, x, y, s in BAD_TYPES if s.startswith("x must")],
)
def test_bad_inputs_of_forward_and_predict_get_a_sentence(x, error, sentence):
    net = net_for(CLASSES)
    net.take_weights(net_for(CLASSES))
    for function in ("forward", "predict"):
        with pytest.raises(error, match=f"^{function}: {sentence}"):
            getattr(net, function)(x)


def test_predict_before_fit_gets_a_sentence():
    net = NeuralNet([jn.Linear(4, 1)])
    with pytest.raises(
        ValueError, match=r"^predict: the net must be fitted or be given weights first\. Fix: fit"
    ):
        net.predict(X)
    assert net.forward(X).shape == (6, 1)
    net.params = net.params
    assert net.predict(X).shape == (6, 1)


@pytest.mark.parametrize("function", ["fit", "evaluate", "backward"])
def test_training_before_compile_gets_a_sentence(function):
    with pytest.raises(
        ValueError, match=rf"^{function}: the net must be compiled first. Fix: compile\(optimizer"
    ):
        getattr(NeuralNet([jn.Linear(4, 1)]), function)(X, ONE)


SCORES, PROBABILITIES = [jn.Linear(4, 3)], [jn.Linear(4, 3), jn.softmax]


@pytest.mark.parametrize(
    ("layers", "arguments", "error", "sentence"),
    [
        (
            SCORES,
            dict(loss=CLASSES),
            ValueError,
            r"categorical_cross_entropy takes probabilities, and the last layer \(Linear\) returns scores. "
            r"Fix: end the layers with softmax, or take loss='softmax_cross_entropy'.",
        ),
        (
            [*SCORES, jn.relu],
            dict(loss=jn.binary_cross_entropy),
            ValueError,
            r"binary_cross_entropy takes probabilities, and the last layer \(relu\) returns scores. "
            r"Fix: end the layers with sigmoid, or take loss='sigmoid_binary_cross_entropy'.",
        ),
        (
            PROBABILITIES,
            dict(loss="softmax_cross_entropy"),
            ValueError,
            r"softmax_cross_entropy takes scores, and the last layer \(softmax\) returns probabilities. "
            r"Fix: take loss='categorical_cross_entropy', or leave the last layer out.",
        ),
        (SCORES, dict(loss="mse"), ValueError, "loss must be one of mean_squared_error, .*; got 'mse'."),
        (
            SCORES,
            dict(loss=3),
            TypeError,
            r"loss must be a name or a function of \(outputs, targets\); got 3.",
        ),
        (
            SCORES,
            dict(optimizer="adam"),
            TypeError,
            "optimizer must be an Optax transformation; got 'adam'. Fix: opt",
        ),
        (
            SCORES,
            dict(optimizer=jn.adam),
            TypeError,
            "optimizer must be an Optax transformation; got <function adam>. Fix: ",
        ),
        (SCORES, dict(metrics=["f1"]), ValueError, "a metric must be one of accuracy, .*; got 'f1'."),
        (SCORES, dict(metrics=[3]), TypeError, "a metric must be a name or a function .*; got 3."),
        (
            SCORES,
            dict(metrics=["accuracy"] * 2),
            ValueError,
            "metrics must have names of their own; got 'accuracy'",
        ),
        (SCORES, dict(l2=-1), ValueError, "l2 must be a finite number >= 0; got -1.0."),
        (SCORES, dict(l2=np.array(-0.1)), ValueError, "l2 must be a finite number >= 0; got -0.1."),
        (SCORES, dict(l1="a"), TypeError, "l1 must be a number; got 'a'."),
        (SCORES, dict(l2=[0.1]), TypeError, r"l2 must be a number; got \[0.1\]."),
        (SCORES, dict(l2=None), TypeError, "l2 must be a number; got None."),
        (SCORES, dict(metrics=3), TypeError, "metrics must be a list of names and functions; got 3."),
        (SCORES, dict(loss=np.array(["a", "b"])), TypeError, r"loss must be a name .*; got \['a', 'b'\]."),
        (SCORES, dict(l1=np.inf), ValueError, "l1 must be a finite number >= 0; got inf."),
        ([jn.relu], dict(l1=0.1), ValueError, "l1 and l2 act on kernels; the net has none."),
    ],
)
def test_what_cannot_be_compiled_gets_a_sentence_and_changes_nothing(layers, arguments, error, sentence):
    net = NeuralNet(layers)
    with pytest.raises(error, match=f"^NeuralNet.compile: {sentence}"):
        net.compile(**{"optimizer": optax.sgd(0.1), "loss": MSE, **arguments})
    with pytest.raises(ValueError, match="must be compiled first"):
        net.evaluate(X, ROWS)


def test_a_metric_that_does_not_fit_is_found_before_training():
    net = net_for(CLASSES, metrics=[lambda outputs, targets: outputs])
    before = snapshot(net)
    with pytest.raises(
        ValueError, match=r"^fit: metric 'lambda' must return one real number; got shape \(6, 3\)."
    ):
        net.fit(X, THREE)
    assert_unchanged(before, net)


def test_accuracy_of_one_output_behind_a_users_loss_is_not_guessed():
    net = NeuralNet([jn.Linear(4, 1)])
    net.compile(jn.adam(0.1), lambda outputs, targets: ((outputs - targets) ** 2).mean(), ["accuracy"])
    with pytest.raises(
        ValueError, match=r"^fit: accuracy of one output behind a loss of your own could mean"
    ):
        net.fit(X, ONE[:, None])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float64])
def test_numbers_of_every_kind_are_cast(dtype):
    values = np.arange(12).reshape(6, 2).astype(dtype)
    cast = data.features("fit", "x", values, np.dtype("float32"))
    assert cast.dtype == np.float32
    np.testing.assert_array_equal(cast, values.astype(np.float32))


def test_lists_and_jax_arrays_are_data_too():
    net = net_for(CLASSES)
    expected = net.evaluate(X, THREE)
    assert net.evaluate(X.tolist(), THREE.tolist()) == expected
    assert net.evaluate(jax.numpy.asarray(X), jax.numpy.asarray(THREE)) == expected
    rows = net.evaluate(X, ROWS.astype(int))
    assert rows == pytest.approx(expected, rel=1e-6)


def test_zero_epochs_change_nothing():
    net = net_for(CLASSES)
    before = snapshot(net)
    history = net.fit(X, THREE, epochs=0)
    assert history.history == {"loss": [], "accuracy": []}
    assert history.step_losses.shape == (0,)
    assert_unchanged(before, net)
    assert isinstance(loop.split(net.module)[1], dict)


@pytest.mark.parametrize(("split", "trained"), [(0.9, 1), (0.8, 2), (0.7, 3), (0.3, 7), (0.25, 7), (0.1, 9)])
def test_the_share_that_is_trained_on_is_rounded_down_from_what_is_written(split, trained):
    batch = loop.Batch(np.zeros((10, 3)), np.arange(10), None)
    train, held_out = data.validation(batch, split, None, None)
    assert len(train.targets) == trained and held_out.targets.tolist() == list(range(trained, 10))


@pytest.mark.parametrize("x", [None, (row for row in X), "a table"])
def test_what_is_no_array_is_told_so(x):
    with pytest.raises(
        TypeError, match=r"^fit: x must be an array of numbers; got .*\. Fix: give an array\.$"
    ):
        net_for(CLASSES).fit(x, THREE)


def test_the_mode_of_backward_is_true_or_false():
    with pytest.raises(TypeError, match=r"^backward: training must be True or False; got 'no'"):
        net_for(CLASSES).backward(X, THREE, training="no")
