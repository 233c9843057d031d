"""What array formulas, called directly, take for numbers, and the sentence that everything else gets."""

import inspect
from decimal import Decimal

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxnets as jn
import microgrid as mg
from jaxnets import linear, metrics, neuron
from jaxnets.neural_net import NeuralNet
from tests.small_nets import CLASSES, ONE, X

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
    first, second, *_ = inspect.signature(function).parameters
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
    _, name, *_ = inspect.signature(function).parameters
    rows = jnp.array([[0.25, 0.75], [0.5, 0.5]])
    for labels in ([0, label], np.array([1, label]), jnp.array([1, label])):
        with pytest.raises(
            ValueError, match=rf"^{function.__name__}: {name} must be in 0\.\.1; got {label}\.$"
        ):
            function(rows, labels)
    assert np.isfinite(jax.jit(function)(rows, jnp.array([0, label])))  # traced: not looked at
    assert function(rows, [0, 1]) == function(rows, np.array([False, True]))


def test_bool_labels_are_labels():
    net = NeuralNet([jn.Linear(4, 2), jn.softmax])
    net.compile(jn.adam(0.1), CLASSES)
    assert net.evaluate(X, ONE > 0) == net.evaluate(X, ONE)


@pytest.mark.parametrize("room", [jn, mg])
def test_a_choice_that_is_no_word_gets_a_sentence(room):
    words = np.array(["mean", "sum"])
    with pytest.raises(ValueError, match=r"reduction must be 'mean', 'sum' or 'none'; got array"):
        room.mean_squared_error([1.0], [1.0], words)
    with pytest.raises(ValueError, match=r"^generator_loss: kind must be one of minimax, .*; got .*'mean'"):
        room.generator_loss([1.0], words)


def test_a_mask_of_another_shape_gets_no_fix_of_the_inputs():
    with pytest.raises(ValueError, match=r"same shape; got \(2,\) and \(2, 1\)\.$"):
        jn.dropout([1.0, 2.0], [[1], [1]])


@pytest.mark.parametrize(
    "layer", [lambda rngs: jn.Linear(2, 2, rngs=rngs), lambda rngs: jn.Dropout(0.5, rngs=rngs)]
)
def test_a_seed_is_no_stream(layer):
    with pytest.raises(TypeError, match=r": rngs must be an nnx.Rngs; got 0\. Fix: rngs=nnx.Rngs\(0\)\.$"):
        layer(0)


def test_a_step_of_nan_is_nan_in_both_rooms():
    assert np.isnan(mg.binary_step(np.nan)) and jnp.isnan(jn.binary_step(jnp.nan))
    assert jax.grad(jn.binary_step)(jnp.nan) == 0


@pytest.mark.parametrize("room", [jn, mg])
@pytest.mark.parametrize("wrong", [None, "yes", 1])
def test_a_layer_has_a_bias_or_none(room, wrong):
    with pytest.raises(TypeError, match=f"^Linear: use_bias must be True or False; got {wrong!r}.$"):
        room.Linear(2, 2, use_bias=wrong)


@pytest.mark.parametrize(
    "function",
    [lambda x: jn.mean_squared_error(x, x), jn.layer_norm, jn.relu, lambda x: jn.softmax_focal(x, x)],
)
def test_floats_of_8_bits_are_told_apart(function):
    x = jnp.ones((2, 3)).astype(jnp.float8_e4m3fn)
    for call in (function, jax.jit(function)):
        with pytest.raises(
            TypeError, match=r"must have floats of 16 bits or more; got float8_e4m3fn\. Fix: \w+\.as"
        ):
            call(x)


@pytest.mark.parametrize("room", [jn, mg])
def test_scores_without_classes_are_told_so(room):
    with pytest.raises(
        ValueError, match=r"^softmax_cross_entropy: logits must not be empty; got shape \(3, 0\)\.$"
    ):
        room.softmax_cross_entropy([[], [], []], [0, 0, 0])


class Attached:
    """As a tensor of PyTorch that requires grad."""

    def __array__(self, *arguments, **keywords):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def __repr__(self):
        return "tensor([1.])"


def test_what_an_object_says_instead_of_giving_its_numbers_is_handed_on():
    net = jn.NeuralNet([jn.Linear(1, 1)])
    net.compile(jn.adam(0.1), "mean_squared_error")
    said = (
        r"got tensor\(\[1\.\]\), which raises RuntimeError Can't call numpy\(\) on Tensor that requires grad"
    )
    for asked, rule in (
        (lambda x: jn.relu(x), "relu: x must be an array of real numbers"),
        (lambda x: jn.huber(np.ones(1), np.ones(1), delta=x), "huber: delta must be a number"),
        (lambda x: net.fit(x, [[1.0]]), "fit: x must be an array of numbers"),
        (lambda x: net.fit([[1.0]], x), "fit: y must be an array of numbers"),
    ):
        with pytest.raises(TypeError, match=f"^{rule}; {said}"):
            asked(Attached())
    with pytest.raises(
        TypeError, match=r"^fit: x must be an array of numbers; got Array.* Use jax\.random\.key_data"
    ):
        net.fit(jax.random.key(0), [[1.0]])
    with pytest.raises(TypeError, match=r"^relu: x must be a number or a Value; got Array"):
        mg.relu(jax.random.key(0))


@pytest.mark.parametrize("wrong", [np.ones(2), ["float32"], None, "float16", np.float16])
def test_a_dtype_is_a_type(wrong):
    with pytest.raises(ValueError, match=r"^NeuralNet: dtype must be 'float32' or 'float64'; got "):
        jn.NeuralNet([jn.Linear(1, 1)], dtype=wrong)


@pytest.mark.parametrize("name", ["l1_penalty", "l2_penalty"])
def test_nothing_has_no_penalty(name):
    for room, rule in ((jn, "an array or a pytree of arrays"), (mg, "nested lists of real numbers")):
        with pytest.raises(TypeError, match=f"^{name}: params must be {rule}; got None"):
            getattr(room, name)(None, 1.0)


ARRAY = np.zeros((2, 2))
ASKED = {
    "filter_kernel": lambda room, x: room.filter_kernel(x),
    "gelu": lambda room, x: room.gelu(1.0, approximate=x),
    "piecewise_constant": lambda room, x: room.piecewise_constant(1.0, [x]),
    "warm_restarts": lambda room, x: room.warm_restarts(1.0, x),
    "Linear": lambda room, x: room.Linear(x, 3),
    "NeuralNet": lambda room, x: room.NeuralNet([room.Linear(1, 1)]).compile(x, "hinge"),
}


@pytest.mark.parametrize("room", [jn, mg])
@pytest.mark.parametrize("given", [ARRAY, np.ma.array(ARRAY, mask=ARRAY == 1), {1: ARRAY}])
@pytest.mark.parametrize("name", ASKED)
def test_a_sentence_is_one_line_whatever_array_it_shows(name, given, room):
    with pytest.raises((TypeError, ValueError), match=f"^{name}.*; got ") as error:
        ASKED[name](room, given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("call", [mg.Value, mg.grad, mg.Neuron(1).freeze, mg.operations.exp])
def test_a_scalar_shows_what_is_no_number_in_one_line(call):
    with pytest.raises((TypeError, ValueError)) as error:
        call([ARRAY])
    assert "\n" not in str(error.value)
