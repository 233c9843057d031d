"""What bad data gets: a sentence with function, argument, rule, what came and the fix; nothing changes."""

from decimal import Decimal

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxnets as jn
from jaxnets import data, linear, loop, metrics, neuron
from jaxnets.neural_net import NeuralNet

X = np.random.default_rng(0).normal(size=(6, 4))
ONE = np.array([0, 1, 1, 0, 1, 0])
THREE = np.array([0, 1, 2, 0, 1, 2])
ROWS = np.eye(3)[THREE]
ENDS = {
    "binary_cross_entropy": (1, [jn.sigmoid]),
    "categorical_cross_entropy": (3, [jn.softmax]),
    "softmax_cross_entropy": (3, []),
    "sigmoid_binary_cross_entropy": (1, []),
    "mean_squared_error": (1, []),
    "own": (3, []),
    "column": (1, []),
}


def net_for(loss, metrics=("accuracy",)):
    outputs, end = ENDS[loss]
    net = NeuralNet([jn.Linear(4, outputs), *end])
    own = lambda outputs, targets: ((outputs - targets) ** 2).mean()  # noqa: E731
    net.compile(jn.adam(0.1), own if loss in ("own", "column") else loss, () if loss == "column" else metrics)
    return net


def changed(array, index, value):
    array = np.array(array, float)
    array[index] = value
    return array


MSE, BINARY, CLASSES = "mean_squared_error", "binary_cross_entropy", "categorical_cross_entropy"
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
        r"the net does not take x of shape \(6, 3\); linear: inputs must end in the in_features",
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
    (dict(validation_data=(X,)), r"validation_data must be \(x, y\) or \(x, y, sample_weight\)"),
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


def snapshot(net):
    return jax.tree.map(np.asarray, net.params), net._opt_state, net._epochs, net.history


def assert_unchanged(before, net):
    for a, b in zip(jax.tree.leaves(before[0]), jax.tree.leaves(net.params), strict=True):
        np.testing.assert_array_equal(a, b)
    assert before[1:] == (net._opt_state, net._epochs, net.history)


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
            "optimizer must be an Optax transformation; got <function adam",
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


# formulas, called directly

ONE_ARGUMENT = [
    jn.identity,
    jn.activations.linear,
    jn.sigmoid,
    jn.tanh,
    jn.binary_step,
    jn.relu,
    jn.leaky_relu,
]
PAIRED = [
    *(jn.mean_squared_error, jn.mean_absolute_error, jn.binary_cross_entropy, jn.categorical_cross_entropy),
    *(jn.sigmoid_binary_cross_entropy, jn.softmax_cross_entropy, jn.dropout, neuron.neuron, linear.linear),
    *(metrics.categorical_accuracy, metrics.binary_accuracy),
]
NO_NUMBERS = [
    ("a", "'a'"),
    (None, "None"),
    ([[1], [2, 3]], r"\[\[1\], \[2, 3\]\]"),
    (1j, "1j"),
    ([1j], r"\[1j\]"),
]


@pytest.mark.parametrize(
    ("wrong", "told"), [*NO_NUMBERS, (np.array(["a"]), r"\['a'\]"), (object(), "<object .*>")]
)
@pytest.mark.parametrize("function", [*ONE_ARGUMENT, jn.softmax])
def test_what_is_no_array_of_numbers_gets_a_sentence(function, wrong, told):
    with pytest.raises(
        TypeError, match=rf"^{function.__name__}: x must be an array of real numbers; got {told}\.$"
    ):
        function(wrong)


@pytest.mark.parametrize(("wrong", "told"), NO_NUMBERS)
@pytest.mark.parametrize("function", PAIRED)
def test_each_of_two_arrays_must_hold_numbers(function, wrong, told):
    first, second = function.__code__.co_varnames[:2]
    rule = f"must be an array of real numbers; got {told}"
    with pytest.raises(TypeError, match=rf"^{function.__name__}: {first} {rule}\.$"):
        function(wrong, [[1.0]])
    with pytest.raises(TypeError, match=rf"^{function.__name__}: {second} {rule}\.$"):
        function([[1.0]], wrong)


@pytest.mark.parametrize("penalty", [jn.l1_penalty, jn.l2_penalty])
def test_penalties_of_what_is_no_number_get_a_sentence(penalty):
    with pytest.raises(
        TypeError, match=rf"^{penalty.__name__}: params must be an array of real numbers; got 'a'\.$"
    ):
        penalty({"kernel": "a"}, 0.1)


def test_integers_that_the_type_cannot_hold_get_a_sentence():
    for wrong in (2**64, 10**400, [1, 2**64]):
        with pytest.raises(ValueError, match=r"^relu: x must fit into int64; got "):
            jn.relu(wrong)
    with jax.enable_x64(False):
        with pytest.raises(ValueError, match=r"^relu: x must fit into int32; got \[1, 4294967296\]\.$"):
            jn.relu(np.array([1, 2**32]))
        assert jn.relu(np.array([1, 2**31 - 1])).tolist() == [1, 2**31]


def test_softmax_of_a_lone_number_gets_a_sentence():
    with pytest.raises(
        ValueError, match=r"^softmax: x must end in one number for each class; got shape \(\)\.$"
    ):
        jn.softmax(3.0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("a", "'a'"),
        (None, "None"),
        (1j, "1j"),
        ([0.1], r"\[0.1\]"),
        (np.array([0.1]), r"\[0.1\]"),
        (jnp.ones(1), r"\[1.0\]"),
        ([[1], [2, 3]], r"\[\[1\], \[2, 3\]\]"),
        (Decimal(-1), ".*'-1'.*"),
    ],
)
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: jn.adam(0.1, b1=x), "adam: b1 must be a number"),
        (lambda x: jn.adam(0.1, b2=x), "adam: b2 must be a number"),
        (lambda x: jn.adam(0.1, eps=x), "adam: eps must be a number"),
        (lambda x: jn.adam(x), "adam: learning_rate must be a number or a schedule"),
        (lambda x: jn.momentum(0.1, x), "momentum: momentum must be a number"),
        (lambda x: jn.l1_penalty([1.0], x), "l1_penalty: rate must be a number"),
        (lambda x: jn.l2_penalty([1.0], x), "l2_penalty: rate must be a number"),
        (lambda x: jn.dropout([1.0], [1], x), "dropout: rate must be a number"),
        (lambda x: jn.Dropout(x), "Dropout: rate must be a number"),
        (lambda x: neuron.neuron([1.0], [1.0], x), "neuron: bias must be a number"),
        (lambda x: jn.activations.linear(1.0, slope=x), "linear: slope must be a number"),
        (lambda x: jn.activations.linear(1.0, intercept=x), "linear: intercept must be a number"),
        (lambda x: jn.leaky_relu(1.0, negative_slope=x), "leaky_relu: negative_slope must be a number"),
        (lambda x: jn.leaky_relu(1.0, positive_slope=x), "leaky_relu: positive_slope must be a number"),
    ],
)  # fmt: skip
def test_what_is_no_number_gets_a_sentence(call, sentence, wrong, told):
    with pytest.raises(TypeError, match=f"^{sentence}; got {told}\\.$"):
        call(wrong)


@pytest.mark.parametrize("kind", [float, np.float64, np.array, jnp.array, jnp.bfloat16])
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (jn.gradient_descent, "gradient_descent: learning_rate must be a finite number >= 0"),
        (lambda x: jn.adam(0.1, b1=x), r"adam: b1 must be in \[0, 1\)"),
        (lambda x: jn.l2_penalty([1.0], x), "l2_penalty: rate must be a finite number >= 0"),
        (jn.Dropout, r"Dropout: rate must be in \[0, 1\)"),
    ],
)
def test_a_number_of_any_kind_is_read(call, sentence, kind):
    with pytest.raises(ValueError, match=rf"^{sentence}; got -0.5\.$"):
        call(kind(-0.5))
    assert call(kind(0.5)) is not None


def test_traced_numbers_and_parameters_of_modules_pass_unread():
    slope = jax.jit(jax.grad(lambda x: jn.l2_penalty(jnp.array([2.0]), x)))(-1.0)
    assert slope == 2
    assert optax.inject_hyperparams(jn.adam)(0.1).init(jnp.ones(2)).hyperparams["b1"] == 0.9
    steep = nnx.Param(jnp.array(0.5))
    assert nnx.jit(lambda slope: jn.leaky_relu(-2.0, slope))(steep) == -1 == jn.leaky_relu(-2.0, steep)


@pytest.mark.parametrize(
    "function", [jn.categorical_cross_entropy, jn.softmax_cross_entropy, metrics.categorical_accuracy]
)
@pytest.mark.parametrize("label", [2, -1])
def test_a_label_out_of_range_gets_a_sentence(function, label):
    name = function.__code__.co_varnames[1]
    rows = jnp.array([[0.25, 0.75], [0.5, 0.5]])
    for labels in ([0, label], np.array([1, label]), jnp.array([1, label])):
        with pytest.raises(
            ValueError, match=rf"^{function.__name__}: {name} must be labels in 0\.\.1; got {label}\.$"
        ):
            function(rows, labels)
    assert np.isfinite(jax.jit(function)(rows, jnp.array([0, label])))  # traced: not looked at
    assert function(rows, [0, 1]) == function(rows, np.array([False, True]))


def test_bool_labels_are_labels():
    net = NeuralNet([jn.Linear(4, 2), jn.softmax])
    net.compile(jn.adam(0.1), CLASSES)
    assert net.evaluate(X, ONE > 0) == net.evaluate(X, ONE)


def test_a_reduction_that_is_no_word_gets_a_sentence():
    with pytest.raises(ValueError, match=r"reduction must be 'mean', 'sum' or 'none'; got array"):
        jn.mean_squared_error([1.0], [1.0], np.array(["mean", "sum"]))


def test_a_mask_of_another_shape_gets_no_fix_of_the_inputs():
    with pytest.raises(ValueError, match=r"same shape; got \(2,\) and \(2, 1\)\.$"):
        jn.dropout([1.0, 2.0], [[1], [1]])


@pytest.mark.parametrize(
    "layer", [lambda rngs: jn.Linear(2, 2, rngs=rngs), lambda rngs: jn.Dropout(0.5, rngs=rngs)]
)
def test_a_seed_is_no_stream(layer):
    with pytest.raises(TypeError, match=r": rngs must be an nnx.Rngs; got 0\. Fix: rngs=nnx.Rngs\(0\)\.$"):
        layer(0)


# functions of the user's


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
    rule = "the loss must return one real number, or one term an example"
    with pytest.raises(ValueError, match=f"^{function}: {rule}; got {told}"):
        getattr(net, function)(X, ROWS)
    assert_unchanged(before, net)


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
