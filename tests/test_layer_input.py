"""What layers of windows, sequences and normalization say to wrong input, and which axes they leave apart."""

import inspect
import random
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid.oracle import to_microgrid

GENERATOR = np.random.default_rng(0)
SEQUENCES, TABLE = GENERATOR.normal(size=(3, 4, 2)), GENERATOR.normal(size=(3, 2))


def told(function, *arguments):
    """The kind and the words of the error that a call raises."""
    with pytest.raises((ValueError, TypeError)) as error:
        function(*arguments)
    return error.type, str(error.value)


def gone(*_):
    return []


BOTH = {
    "receptive_field: layers must be a list of layers; got None.": lambda room: room.receptive_field(None),
    "gradient_norms: step must be a function (carry, input) -> carry; got 3.": lambda room: (
        room.gradient_norms(3, [1.0], [1.0])
    ),
    "gradient_norms: carry must hold at least one number; got none.": lambda room: room.gradient_norms(
        gone, [], [1.0]
    ),
    "clip_by_global_norm: grads must hold at least one number; got none.": lambda room: (
        room.clip_by_global_norm([], 1.0)
    ),
    "batch_norm: mean must hold a number for each feature; got None.": lambda room: room.batch_norm(
        [[1.0]], None, [1.0]
    ),
    "batch_norm: var must hold a number for each feature; got None.": lambda room: room.batch_norm(
        [[1.0]], [1.0], None
    ),
    "Conv: in_features must be a whole number >= 1; got <class 'int'>.": lambda room: room.Conv(int, 1, (1,)),
    "GroupNorm: num_groups must be a whole number >= 1; got array([1, 2]).": lambda room: room.GroupNorm(
        2, np.array([1, 2])
    ),
    "filter_kernel: name must be one of identity, box_blur, mean_blur, sharpen, sobel_x, sobel_y, laplacian; "
    "got ['sobel_x'].": lambda room: room.filter_kernel(["sobel_x"]),
    "max_pool: padding must be 'VALID', 'SAME', or a pair (low, high) of whole numbers >= 0 for each of 1 "
    "dimension; got 'same'. Fix: 'SAME'.": lambda room: room.max_pool([[1.0]], (1,), padding="same"),
    "global_max_pool: inputs must be [time, channels] or [height, width, channels], not empty; "
    "got (1, 1, 1, 1). Fix: NeuralNet([GlobalMaxPool()]).forward(inputs) for a batch.": lambda room: (
        room.global_max_pool([[[[1.0]]]])
    ),
    "receptive_field: SAME with strides (2,) pads by the size of its input; got no input_shape. "
    "Fix: input_shape=(28,), say.": lambda room: room.receptive_field([room.Conv(1, 2, (3,), strides=2)]),
    "MaxPool: window_shape must be at most 2147483647; got 2147483648.": lambda room: room.MaxPool(2**31),
    "warm_restarts: cycle_steps must be a list of whole numbers; got 0.": lambda room: room.warm_restarts(
        0.1, 0
    ),
    "warm_restarts: cycle_steps must be a list of whole numbers; got True.": lambda room: room.warm_restarts(
        0.1, True
    ),
    "Conv: padding must be at most 2147483647; got 2147483648.": lambda room: room.Conv(
        1, 1, (3, 3), padding=2**31
    ),
    "generator_loss: kind must be one of minimax, non_saturating, least_squares, wasserstein; got 'minmax'. "
    "Fix: 'minimax'.": lambda room: room.generator_loss([1.0], kind="minmax"),
}


@pytest.mark.parametrize("sentence", BOTH)
def test_a_mistake_gets_one_sentence_in_both_rooms(sentence):
    assert told(BOTH[sentence], mg) == told(BOTH[sentence], jn)
    assert told(BOTH[sentence], mg)[1] == sentence


NAMES = "mean_squared_error mean_absolute_error binary_cross_entropy softmax_cross_entropy".split()
MEANT = {
    "mse": " Fix: 'mean_squared_error'.",
    "mean_square_error": " Fix: 'mean_squared_error'.",
    "BCE": " Fix: 'binary_cross_entropy'.",
    "cross_entropy": " Fix: 'binary_cross_entropy' or 'softmax_cross_entropy'.",
    "foo": "",
}


@pytest.mark.parametrize("name", MEANT)
def test_a_name_that_is_nearly_known_gets_that_one(name):
    assert mg.checks.near(name, NAMES) == jn.checks.near(name, NAMES) == MEANT[name]
    assert mg.checks.near(3, NAMES) == jn.checks.near(3, NAMES) == ""


def test_an_initializer_of_another_name_gets_ours():
    for room in (mg, jn):
        for name, ours in (("xavier_uniform", "glorot_uniform"), ("kaiming_normal", "he_normal")):
            assert told(room.Linear, 2, 2, True, name)[1].endswith(f"got {name!r}. Fix: {ours!r}.")


@pytest.mark.parametrize("positions", [None, "abc", [[None]], 1j])
def test_positions_are_real_numbers(positions):
    for room in (mg, jn):
        kind, words = told(room.positional_encoding, positions, 2)
        assert kind is TypeError and words.startswith("positional_encoding: positions must be ")


@pytest.mark.parametrize("kind", ["LayerNorm", "RMSNorm"])
def test_an_example_without_features_is_refused(kind):
    for empty in ([[]], [[[]]]):
        assert "inputs must not be empty" in told(getattr(mg, kind)(2).forward, empty)[1]


LONE = {
    "Conv": (lambda room: room.Conv(2, 3, (2, 2)), SEQUENCES, "height, width"),
    "ConvTranspose": (lambda room: room.ConvTranspose(2, 3, (2,)), TABLE, "time"),
    "MaxPool": (lambda room: room.MaxPool((2, 2)), SEQUENCES, "height, width"),
    "AvgPool": (lambda room: room.AvgPool((2,)), TABLE, "time"),
}


@pytest.mark.parametrize("name", LONE)
def test_the_examples_of_a_batch_are_never_taken_for_the_rows_of_one(name):
    made, x, cells = LONE[name]
    net = jn.NeuralNet([made(jn)], seed=0, dtype="float64")
    words = told(net.layers[0], x)[1]
    assert words.startswith(f"{name}: inputs must be [N, {cells}, channels] to meet window_shape ")
    assert words.endswith(
        f"got {x.shape}. Fix: inputs[None] for one example, inputs[..., None] for one channel."
    )
    assert words in told(net.forward, x)[1]
    told(mg.NeuralNet([made(mg)]).forward, x.tolist())


FLAT = np.zeros((5, 8, 8, 1))
WRONG_RANK = {
    "Conv": (lambda room: room.Conv(1, 3, (3,)), "window_shape (3, 3) for images"),
    "ConvTranspose": (lambda room: room.ConvTranspose(1, 3, (2,)), "window_shape (2, 2) for images"),
    "MaxPool": (lambda room: room.MaxPool((2,)), "window_shape (2, 2) for images"),
    "AvgPool": (lambda room: room.AvgPool((2,)), "window_shape (2, 2) for images"),
}


@pytest.mark.parametrize("name", WRONG_RANK)
def test_the_rows_of_an_image_are_never_taken_for_sequences(name):
    made, fix = WRONG_RANK[name]
    words = told(jn.NeuralNet([made(jn)], seed=0).forward, FLAT)[1]
    assert f"{name}: inputs must be [N, time, channels] to meet window_shape " in words
    assert words.endswith(f"got (5, 8, 8, 1). Fix: {fix}.")
    words = told(mg.NeuralNet([made(mg)], seed=0).forward, FLAT.tolist())[1]
    assert words.endswith("or a window of height and width for an image.")


def test_videos_are_no_images():
    words = told(jn.MaxPool((2, 2)), np.zeros((2, 3, 8, 8, 1)))[1]
    assert words.endswith("got (2, 3, 8, 8, 1). Fix: inputs.reshape(-1, *inputs.shape[-3:]).")


FIXED = {  # as users of other libraries write it, and what it should have been
    "Conv(1, 1, (3,), padding=1)": "[(1, 1)]",
    "Conv(1, 1, (3,), padding=(1, 2))": "[(1, 2)]",
    "Conv(1, 1, (3, 3), padding=1)": "[(1, 1), (1, 1)]",
    "Conv(1, 1, (3, 3), padding=(1, 2))": "[(1, 1), (2, 2)]",
    "pad([[1.0], [2.0]], (1, 1))": "[(1, 1)]",
    "ConvTranspose(1, 1, (3,), padding='WRAP')": "pad(inputs, padding, 'WRAP') first, and 'VALID'",
    "max_pool([[1.0, 2.0], [3.0, 4.0]], (2, 2))": (
        "each cell in a list of its own, inputs[..., None], for one channel"
    ),
    "correlate([[1.0, 2.0], [3.0, 4.0]], filter_kernel('sobel_x'))": (
        "each cell in a list of its own, inputs[..., None], for one channel"
    ),
    "warm_restarts(0.1, 40)": "[40]",
    "receptive_field(NeuralNet([Linear(2, 2)]))": "its layers, net.layers",
    "receptive_field([MaxPool((2,)), ConvTranspose(1, 1, (2,))])": "leave it out, and the layers after it",
}


@pytest.mark.parametrize("room", [mg, jn])
@pytest.mark.parametrize("call", FIXED)
def test_a_slip_is_told_what_to_write(call, room):
    words = told(eval, call, {name: getattr(room, name) for name in room.__all__})[1]
    assert words.endswith(f" Fix: {FIXED[call]}.")


def test_the_examples_of_a_batch_never_attend_to_each_other():
    net = jn.NeuralNet([jn.MultiHeadAttention(2, 1)], seed=0, dtype="float64")
    words = "MultiHeadAttention: query must be [N, length, features]; got (3, 2). Fix: query[None]"
    assert words in told(net.forward, TABLE)[1]


@pytest.mark.parametrize("wrong, got", [([[1.0, 2.0]], "(2,)"), ([[[[1.0, 2.0]]]], "(1, 1, 2)")])
def test_scalar_attention_of_a_net_says_what_one_example_is(wrong, got):
    one, many = "[query], or in a net [x] for one example", "forward(query) for a batch, or one axis less"
    fix = one if got == "(2,)" else many
    words = f"MultiHeadAttention: query must be [length, features] of one example; got {got}. Fix: {fix}."
    net = mg.NeuralNet([mg.MultiHeadAttention(2, 1)])
    assert told(net.forward, wrong) == (ValueError, words)
    assert net.forward([wrong] if got == "(2,)" else wrong[0])


@pytest.mark.parametrize("room", [mg, jn])
@pytest.mark.parametrize("name, more, fix", [
    ("max_pool", "window_shape", " Fix: MaxPool(...)."),
    ("prelu", "negative_slope", " Fix: PReLU(...)."),
    ("scaled_dot_product_attention", "key and value", ""),
])  # fmt: skip
def test_a_function_of_more_than_an_array_is_no_layer(room, name, more, fix):
    rule = "layer 1 must be a layer or a function of an array; got the function"
    words = f"NeuralNet: {rule} {name}, which takes {more} too.{fix}"
    assert told(room.NeuralNet, [room.relu, getattr(room, name)]) == (TypeError, words)
    assert told(room.NeuralNet, [room.relu, lambda x, y: x])[1].endswith("<lambda>, which takes y too.")


def test_functions_that_have_all_they_need_are_layers():
    slope = partial(mg.prelu, negative_slope=0.5)
    net = mg.NeuralNet([slope, lambda *xs: xs[0], lambda x, scale=2.0, **_: scale * x, abs])
    assert net.forward([[-1.0, 2.0]]) == [[1.0, 4.0]]


SAME_KIND = {
    "NeuralNet: layers must hold at least one layer; got an empty list.": lambda room: room.NeuralNet([]),
    "NeuralNet: layers must be a list of layers": lambda room: room.NeuralNet(None),
    "GAN: generator must hold at least one layer; got an empty list.": lambda room: room.GAN(
        [], [room.Linear(1, 1)], 1
    ),
    "GAN: discriminator must be a list of layers": lambda room: room.GAN([room.Linear(1, 1)], 5, 1),
    "NeuralNet.compile: loss must be a name or": lambda room: compiled(room, None),
    "NeuralNet.compile: loss must be one of": lambda room: compiled(room, "mean"),
    "gradient_norms: inputs must be": lambda room: room.gradient_norms(lambda h, x: h, [1.0], "a"),
    "gradient_norms: inputs must hold at least one": lambda room: room.gradient_norms(
        lambda h, x: h, [1.0], 5
    ),
    "ctc_loss: labels must be whole numbers": lambda room: room.ctc_loss(LOGITS, np.array([[True]])),
    "ctc_loss: logit_lengths must be whole numbers": lambda room: room.ctc_loss(
        LOGITS, np.array([[1]]), logit_lengths=np.array([True])
    ),
}
LOGITS = np.zeros((1, 3, 3))


def compiled(room, loss):
    room.NeuralNet([room.Linear(1, 1)]).compile(room.sgd(0.1), loss)


@pytest.mark.parametrize("words", SAME_KIND)
def test_the_same_mistake_raises_the_same_kind_of_error(words):
    (kind, scalar), (other, array) = (told(SAME_KIND[words], room) for room in (mg, jn))
    assert kind is other and scalar.startswith(words) and array.startswith(words)


@pytest.mark.parametrize("pool", ["GlobalMaxPool", "GlobalAvgPool"])
def test_a_global_pool_takes_lists_and_names_the_shapes_it_does_not_take(pool):
    layer = getattr(jn, pool)()
    assert layer(SEQUENCES.tolist()).tolist() == layer(jnp.asarray(SEQUENCES)).tolist()
    rule = "inputs must be [N, time, channels] or [N, height, width, channels], not empty; got"
    for wrong in (1.0, [1.0], [[1.0]], [[[]]], np.ones((0, 2, 2)), np.ones((1, 1, 1, 1, 1))):
        assert told(layer, wrong)[1] == f"{pool}: {rule} {np.shape(wrong)}."
    assert told(layer, None)[0] is TypeError


@pytest.mark.parametrize("loss", ["mean_squared_error", "softmax_cross_entropy"])
def test_a_linear_layer_acts_on_each_time_step_in_both_rooms(loss):
    net = jn.NeuralNet([jn.Linear(2, 3), jn.tanh, jn.Linear(3, 2)], seed=0, dtype="float64")
    y = SEQUENCES[:, ::-1] if loss == "mean_squared_error" else (SEQUENCES[..., 0] > 0).astype(int)
    scalar = to_microgrid(net)
    net.compile(jn.gradient_descent(0.1), loss)
    scalar.compile(mg.gradient_descent(0.1), loss)
    ours = net.fit(SEQUENCES, y, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"]
    theirs = scalar.fit(SEQUENCES.tolist(), y.tolist(), epochs=3, batch_size=2, shuffle=False).history["loss"]
    np.testing.assert_allclose(theirs, ours, rtol=1e-12)
    np.testing.assert_allclose(scalar.predict(SEQUENCES.tolist()), net.predict(SEQUENCES), rtol=1e-12)


def test_targets_of_each_time_step_are_checked_where_they_stand():
    net = mg.NeuralNet([mg.Linear(2, 2), mg.softmax])
    net.compile(mg.gradient_descent(0.1), "categorical_cross_entropy")
    x = [[[1.0, 2.0], [3.0, 4.0]]]
    assert told(net.fit, x, [[0, 2]])[1].endswith("got 2 at index (0, 1).")
    assert told(net.fit, x, [[0, 0.5]])[1].endswith("got 0.5 at index (0, 1).")
    assert told(net.fit, x, [[[1, 0], [0.2, 0.2]]])[1].endswith("got 0.4 in row (0, 1).")
    assert told(net.fit, x, [[[1, 0], [2, -1]]])[1].endswith("got -1 in row (0, 1).")


def test_dropout_silences_single_numbers_of_an_image():
    layer = mg.Dropout(0.5)
    layer.initialize(random.Random(0))
    layer.training = True
    image = layer([[[1.0] * 4 for _ in range(5)] for _ in range(6)])
    cells = [cell for row in image for cell in row]
    assert {x for cell in cells for x in cell} == {0.0, 2.0}
    assert any(len(set(cell)) == 2 for cell in cells)
    assert [len(row) for row in image] == [5] * 6 and {len(cell) for cell in cells} == {4}


@pytest.mark.parametrize("room", [mg, jn])
def test_a_module_in_place_of_a_layer_gets_the_layer(room):
    name = room.__name__
    for module, fix in (
        ("linear", f" Fix: {name}.identity, or {name}.Linear(...)."),
        ("flatten", f" Fix: {name}.Flatten(...)."),
        ("data", ""),
    ):
        kind, words = told(room.NeuralNet, [room.Linear(2, 2), getattr(room, module)])
        assert kind is TypeError
        assert words.endswith(f"got the module {name}.{module}.{fix}")
    assert told(room.NeuralNet, [room.Linear])[1].endswith(" Fix: Linear(...).")


def test_an_initializer_that_is_no_name_is_told():
    for room in (mg, jn):
        assert told(room.initializer, 3) == (ValueError, told(room.initializer, 3)[1])
        assert told(room.initializer, 3)[1].endswith("uniform, zeros; got 3.")


def test_flat_images_are_told_to_be_reshaped():
    words = told(jn.NeuralNet([jn.Conv(1, 2, (3, 3))]).forward, np.zeros((5, 64)))[1]
    assert words.endswith("got (5, 64). Fix: inputs.reshape(-1, height, width, channels).")


@pytest.mark.parametrize("room", [jn, mg], ids=["jaxnets", "microgrid"])
def test_a_forgotten_flatten_is_named(room):
    words = told(room.NeuralNet([room.Linear(12, 2)]).forward, np.zeros((1, 2, 3, 2)).tolist())[1]
    assert words.endswith(
        "Linear: inputs must end in 12 features; got the shape (2, 3, 2) of one example. "
        "Fix: Flatten() in front of it."
    )


@pytest.mark.parametrize("loss, y", [("huber", [[0.0], [1.0]]), ("categorical_cross_entropy", [0, 1])])
@pytest.mark.parametrize("room", [jn, mg], ids=["jaxnets", "microgrid"])
def test_who_wants_one_answer_a_sequence_is_told_how(room, loss, y):
    last = [room.Linear(2, 1)] if loss == "huber" else [room.Linear(2, 3), room.softmax]
    net = room.NeuralNet([room.RNN(1, 2), *last])
    net.compile(room.sgd(0.1), loss)
    words = told(lambda x: net.fit(x, y), [[[0.0]] * 4] * 2)[1]
    assert words.endswith(
        f"got {np.shape(y)}. Fix: return_sequences=False in the last recurrent layer, or Flatten(), for one "
        "output an example."
    )


def test_the_constructor_of_a_layer_is_what_help_shows():
    assert list(inspect.signature(jn.Linear).parameters)[:2] == ["in_features", "out_features"]
    assert list(inspect.signature(jn.Linear(1, 1)).parameters) == ["inputs"]
    assert "rngs=None" in str(inspect.signature(jn.GRU))
