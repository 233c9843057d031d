"""The layers that slide windows: their arguments, their weights, and nets of them in both rooms."""

import itertools
import random
from functools import partial

import jax
import numpy as np
import pytest
from flax import linen, nnx

import jaxnets as jn
import microgrid as mg
from jaxnets import geometry
from microgrid import geometry as scalar_geometry
from microgrid.checks import each, flatten, shape
from microgrid.oracle import to_microgrid
from microgrid.value import plain

rng = np.random.default_rng(0)
IMAGES, CLASSES = rng.normal(size=(6, 6, 5, 1)), np.array([0, 1, 2, 0, 1, 2])


def net():
    layers = [jn.Conv(1, 2, (3, 2), strides=(2, 1), padding="REFLECT"), jn.relu, jn.MaxPool((2, 2), 1)]
    layers += [jn.Conv(2, 2, (2, 2), groups=2, dilation=(1, 2)), jn.AvgPool((2, 1), padding="SAME"), jn.tanh]
    layers += [jn.ConvTranspose(2, 2, (2, 2), strides=(1, 2), transpose_kernel=True), jn.Flatten()]
    return jn.NeuralNet([*layers, jn.Linear(16, 3), jn.softmax], seed=0, dtype="float64")


def test_a_convolutional_net_says_and_learns_the_same_in_both_rooms():
    arrays = net()
    scalar = to_microgrid(arrays)
    images = IMAGES.tolist()
    np.testing.assert_allclose(scalar.forward(images), arrays.forward(IMAGES), rtol=1e-13, atol=1e-15)
    arrays.compile(jn.momentum(0.05), "categorical_cross_entropy")
    scalar.compile(mg.momentum(0.05), "categorical_cross_entropy")
    slopes = arrays.backward(IMAGES, CLASSES)
    for layer, found in scalar.backward(images, CLASSES.tolist()).items():
        for name in found:
            np.testing.assert_allclose(found[name], slopes[layer][name], rtol=1e-11, atol=1e-15)
    history = arrays.fit(IMAGES, CLASSES, epochs=20, batch_size=None, verbose=0)
    scalar.fit(images, CLASSES.tolist(), epochs=20, batch_size=None)
    assert history.history["loss"][-1] < history.history["loss"][0]
    mine = [weight.data for weight in scalar.parameters()]
    theirs = [arrays.params[i][name] for i in sorted(arrays.params) for name in ("kernel", "bias")]
    others = np.concatenate([np.ravel(x) for x in theirs])
    np.testing.assert_allclose(mine, others, rtol=0, atol=1e-12)


LAYERS = [
    jn.Conv(2, 3, (2, 2), padding="SYMMETRIC"),
    jn.Conv(2, 2, (2,), strides=2, padding=((1, 0),), use_bias=False),
    jn.ConvTranspose(2, 1, (3, 2), strides=2, padding="VALID"),
    jn.MaxPool((2, 2)),
    jn.AvgPool((2,), padding="SAME"),
    jn.GlobalMaxPool(),
    jn.GlobalAvgPool(),
    jn.Flatten(),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_one_layer_goes_backward_alike_in_both_rooms(layer):
    sizes = (3, 4) if len(getattr(layer, "window_shape", (1, 1))) == 2 else (5,)
    inputs = rng.normal(size=(2, *sizes, 2))
    if hasattr(layer, "initialize"):
        layer.initialize(np.random.default_rng(1), "float64")
    twin = to_microgrid(jn.NeuralNet([layer])).layers[0]
    outputs = np.asarray(layer.forward(inputs))
    np.testing.assert_allclose(twin.forward(inputs.tolist()), outputs, rtol=1e-13, atol=1e-15)
    gradients = rng.normal(size=outputs.shape)
    slopes, params = layer.backward(inputs, gradients)
    np.testing.assert_allclose(twin.backward(gradients.tolist()), slopes, rtol=1e-13, atol=1e-15)
    for name, values in twin.parameters.items():
        found = [x.grad for x in flatten(values)]
        np.testing.assert_allclose(found, np.ravel(params[name]), rtol=1e-13, atol=1e-15)


def test_kernels_are_drawn_by_the_inputs_of_a_window_in_both_rooms():
    array, scalar = jn.Conv(8, 64, (3, 3), groups=2), mg.Conv(8, 64, (3, 3), groups=2)
    array.initialize(np.random.default_rng(0))
    scalar.initialize(random.Random(0))
    assert array.kernel.shape == shape(scalar.parameters["kernel"]) == (3, 3, 4, 64)
    for weights in (
        np.ravel(array.kernel[...]),
        np.array([w.data for w in flatten(scalar.parameters["kernel"])]),
    ):
        assert np.std(weights) == pytest.approx(1 / 6, rel=0.05)
        assert np.abs(weights).max() < 2 / 0.87 / 6
    assert not np.any(array.bias[...]) and not any(w.data for w in flatten(scalar.parameters["bias"]))
    up = mg.ConvTranspose(2, 3, (4,), transpose_kernel=True)
    up.initialize(random.Random(0))
    other = jn.ConvTranspose(2, 3, (4,), transpose_kernel=True, rngs=nnx.Rngs(0))
    assert shape(up.parameters["kernel"]) == other.kernel.shape == (4, 3, 2)
    before = up.parameters["kernel"]
    up.initialize(random.Random(1))
    assert up.parameters["kernel"] is before
    assert mg.Conv(1, 1, (1,), use_bias=False).parameters == {} and jn.Conv(1, 1, (1,)).parameters == {}


WRONG = [
    ("Conv", (0, 1, (3, 3)), {}, "Conv: in_features must be a whole number >= 1; got 0."),
    ("Conv", (1, 1.5, (3, 3)), {}, "Conv: out_features must be a whole number >= 1; got 1.5."),
    ("Conv", (1, 1, 3), {}, "got 3. Fix: (3,) or (3, 3)."),
    ("Conv", (1, 1, (3, 3, 3)), {}, "Conv: window_shape must be (width,) or (height, width), whole numbers"),
    ("Conv", (1, 1, "33"), {}, "whole numbers >= 1; got '33'."),
    ("Conv", (1, 1, (3, 3)), dict(strides=0), "or one for each of 2 dimensions; got 0."),
    ("Conv", (1, 1, (3,)), dict(dilation=(1, 1)), "or one for each of 1 dimension; got (1, 1)."),
    ("Conv", (1, 1, (3,)), dict(padding="same"), "for each of 1 dimension; got 'same'."),
    (
        "Conv",
        (3, 4, (3,)),
        dict(groups=2),
        "groups must divide in_features 3 and out_features 4; got 2. Fix: groups=1, or other features.",
    ),
    (
        "Conv",
        (4, 3, (3,)),
        dict(groups=2),
        "groups must divide in_features 4 and out_features 3; got 2. Fix: groups=1, or other features.",
    ),
    ("Conv", (4, 3, (3,)), dict(groups=0), "Conv: groups must be a whole number >= 1; got 0."),
    ("Conv", (1, 1, (3,)), dict(use_bias=1), "Conv: use_bias must be True or False; got 1."),
    ("ConvTranspose", (1, 1, (3,)), dict(padding="WRAP"), "padding must be 'VALID', 'SAME', or a pair"),
    ("ConvTranspose", (1, 1, (3,)), dict(transpose_kernel=None), "transpose_kernel must be True or False"),
    (
        "MaxPool",
        (2,),
        {},
        "MaxPool: window_shape must be (width,) or (height, width), whole numbers >= 1; got 2.",
    ),
    ("MaxPool", ((2,),), dict(strides=-1), "MaxPool: strides must be a whole number >= 1"),
    ("AvgPool", ((2,),), dict(padding="EDGE"), "AvgPool: padding must be 'VALID', 'SAME', or a pair"),
    ("AvgPool", ((2,),), dict(count_include_pad="no"), "count_include_pad must be True or False; got 'no'."),
]


@pytest.mark.parametrize(("name", "arguments", "named", "words"), WRONG)
def test_wrong_arguments_get_one_sentence_in_both_rooms(name, arguments, named, words):
    sentences = []
    for room in (mg, jn):
        with pytest.raises(ValueError) as error:
            getattr(room, name)(*arguments, **named)
        sentences.append(str(error.value))
    assert sentences[0] == sentences[1]
    assert words in sentences[0]


def test_undrawn_layers_and_examples_without_an_axis_say_so():
    for layer in (
        mg.Conv(1, 1, (1,)),
        jn.Conv(1, 1, (1,)),
        mg.ConvTranspose(1, 1, (1,)),
        jn.ConvTranspose(1, 1, (1,)),
    ):
        with pytest.raises(ValueError, match="weights must be drawn before the layer is called"):
            layer([[1.0]])
    with pytest.raises(
        ValueError, match=r"inputs must have one row an example, \[N, ...\]; got shape \(1,\)"
    ):
        jn.Flatten()([1.0])
    with pytest.raises(TypeError, match="rngs must be an nnx"):
        jn.Conv(1, 1, (1,), rngs=0)


# sizes and receptive fields


@pytest.mark.parametrize("room", [scalar_geometry, geometry])
def test_output_sizes_count_the_windows_that_fit(room):
    for n, k, s, d in itertools.product(range(1, 8), range(1, 4), range(1, 4), range(1, 3)):
        reach, count = (k - 1) * d + 1, -(-n // s)
        starts = range(-1, n + 2 - reach + 1, s)
        if len(starts):
            assert room.output_size(n, k, s, ((1, 2),), d) == len(starts)
        assert room.output_size(n, k, s, "SAME", d) == count
        if reach <= n:
            assert room.output_size(n, k, s, dilation=d) == len(range(0, n - reach + 1, s))
        else:
            with pytest.raises(ValueError, match="output_size: the window must fit into the padded input"):
                room.output_size(n, k, s, dilation=d)
    assert room.output_size((5, 9), (3, 2), (2, 1), ((0, 1), (2, 0))) == (2, 10)
    with pytest.raises(ValueError, match="output_size: WRAP padding must be at most 1 cell beside 1 cell"):
        room.output_size(1, 4, padding="WRAP")


ASIDE = ("Conv", 1, 1, (2, 2), 1, ((1, 0), (0, 1)))
STACKS = [
    [("Conv", 1, 1, (3, 3)), ("MaxPool", (2, 2)), ("Conv", 1, 1, (3, 2), 2, "VALID", (1, 2))],
    [("Conv", 1, 1, (4, 2), (2, 1)), ("AvgPool", (3, 3), 1, "SAME"), ASIDE],
    [("Conv", 1, 1, (5, 1), (3, 1)), ("Conv", 1, 1, (1, 5), (1, 2), "SAME"), ("AvgPool", (2, 2))],
]  # fmt: skip


@pytest.mark.parametrize("stack", STACKS)
def test_the_receptive_field_is_where_one_output_cell_has_a_slope(stack):
    """With kernels of ones, and averages for maxima, every cell that is seen has a slope above 0."""
    sizes = (17, 16)
    built = {room: [getattr(room, name)(*more) for name, *more in stack] for room in (mg, jn)}
    told = mg.receptive_field([*built[mg], mg.Activation(mg.relu)], sizes)
    assert tuple(told) == tuple(jn.receptive_field([built[jn][0], jn.relu, *built[jn][1:]], sizes))
    for layers in built.values():
        for layer in layers:
            if hasattr(layer, "groups"):
                ones = np.ones((*layer.window_shape, 1, 1))
                if isinstance(layer, mg.Layer):
                    layer.parameters = {"kernel": ones.tolist()}
                else:
                    layer.kernel, layer.bias = nnx.Param(jax.numpy.asarray(ones)), None

    def outputs(room, x):
        for layer in built[room]:
            if type(layer).__name__ == "MaxPool":
                layer = room.AvgPool(layer.window_shape, layer.strides, layer.padding)
            x = layer(x)
        return x

    values = [[[mg.Value(1.0)] for _ in range(sizes[1])] for _ in range(sizes[0])]
    fired = outputs(mg, values)
    count = outputs(jn, np.ones((1, *sizes, 1))).shape[1:3]
    assert (len(fired), len(fired[0])) == count
    for cell in {(0, 0), (count[0] // 2, count[1] // 2), (count[0] - 1, count[1] - 1)}:
        fired[cell[0]][cell[1]][0].backward()
        seen = np.array([[x.grad != 0 for (x,) in row] for row in values])
        slopes = jax.grad(lambda x, cell=cell: outputs(jn, x)[0, cell[0], cell[1], 0])(
            np.ones((1, *sizes, 1))
        )
        assert (seen == (np.asarray(slopes)[0, :, :, 0] != 0)).all()
        for axis in (0, 1):
            where = np.flatnonzero(seen.any(axis=1 - axis))
            first = told.start[axis] + cell[axis] * told.stride[axis]
            last = first + told.size[axis] - 1
            assert (where[0], where[-1]) == (max(first, 0), min(last, sizes[axis] - 1))
        for x in flatten(values):
            x.grad = 0


FIELDS = [
    ([], "layers must hold windows of one rank; got none."),
    ([(3,), ((3, 3),)], "layers must hold windows of one rank; got [1, 2]."),
    ([(3, 2, "SAME")], "SAME with strides (2,) pads by the size of its input; got no input_shape."),
    ([(3, 0)], "strides must be a whole number >= 1"),
    ([(0,)], "window_shape must be (width,) or (height, width)"),
    ([3], "layer 0 must slide a window or look at one cell at a time; got int."),
]


@pytest.mark.parametrize(("layers", "words"), FIELDS)
def test_receptive_fields_of_no_stack_get_the_same_sentence(layers, words):
    sentences = []
    for room in (mg, jn):
        with pytest.raises(ValueError) as error:
            room.receptive_field(layers)
        sentences.append(str(error.value))
        whole = r"layer 1 must slide a window or look at one cell at a time; got Flatten\. Fix: leave out"
        with pytest.raises(ValueError, match=whole):
            room.receptive_field([(3,), room.Flatten()])
    assert sentences[0] == sentences[1]
    assert words in sentences[0]


@pytest.mark.parametrize("room", [mg, jn])
def test_layers_that_look_at_one_cell_widen_no_receptive_field(room):
    between = [room.BatchNorm(4), room.LayerNorm(4), room.RMSNorm(4), room.Dropout(0.5), room.PReLU()]
    between += [room.Linear(4, 4)]
    for layer in between:
        assert room.receptive_field([(3,), layer, (3,)]).size == (5,)
    with pytest.raises(ValueError, match="look at one cell at a time; got GroupNorm"):
        room.receptive_field([room.GroupNorm(4, num_groups=2), (3,)])


def test_the_published_receptive_field_of_alexnet_is_found():
    """Araujo et al. 2019: pool5 of AlexNet sees 195 cells, moves by 32, and begins 64 cells outside."""
    alexnet = [(11, 4), (3, 2), (5, 1, [(2, 2)]), (3, 2), *[(3, 1, [(1, 1)])] * 3, (3, 2)]
    for room in (mg, jn):
        assert tuple(room.receptive_field(alexnet)) == ((195,), (32,), (-64,))


def test_layers_of_flax_are_read_or_refused():
    rngs = nnx.Rngs(0)
    for first in (
        nnx.Sequential(jn.Conv(1, 1, (5, 5)), nnx.relu),
        nnx.Sequential(nnx.Sequential(nnx.Conv(1, 1, (5, 5), rngs=rngs)), nnx.BatchNorm(1, rngs=rngs)),
        nnx.Conv(1, 1, (3, 3), kernel_dilation=2, padding=2, rngs=rngs),
        nnx.Conv(1, 1, (5, 5), padding=[(2, 0), 2], strides=None, rngs=rngs),
    ):
        assert jn.receptive_field([first, jn.relu, jn.Conv(1, 1, (3, 3))]).size == (7, 7)
    assert jn.receptive_field([nnx.Conv(1, 1, 5, padding=[(2, 0)], rngs=rngs)]).start == (-2,)
    for pool, step in ((nnx.max_pool, 1), (jn.max_pool, 2)):
        found = jn.receptive_field([partial(pool, window_shape=(2,)), (3,)])
        assert (found.size, found.stride) == ((2 + 2 * step,), (step,))
    for odd in (dict(padding="CIRCULAR"), dict(input_dilation=2)):
        with pytest.raises(ValueError, match=r"^receptive_field: an nnx.Conv must pad by 'SAME', 'VALID' or"):
            jn.receptive_field([nnx.Conv(1, 1, (3,), **odd, rngs=rngs)])
    for module in (nnx.MultiHeadAttention(1, 1, rngs=rngs), linen.Conv(1, (3,)), linen.Dense(1)):
        kind = type(module).__name__
        with pytest.raises(ValueError, match=f"layer 1 must slide a window or look at one .* got {kind}"):
            jn.receptive_field([(3,), module])


@pytest.mark.parametrize("room", [mg, jn])
def test_a_class_is_no_layer_of_a_receptive_field(room):
    with pytest.raises(
        ValueError, match="layer 1 must slide a window or look at one cell at a time; got Conv"
    ):
        room.receptive_field([(3,), room.Conv])


@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose", "Linear"])
def test_a_layer_names_itself_where_the_features_do_not_fit(kind):
    window = {} if kind == "Linear" else dict(window_shape=(2,))
    words = f"{kind}: inputs must end in 2 features; got the shape (5, 3) of one example."
    array, scalar = (getattr(room, kind)(2, 3, **window) for room in (jn, mg))
    array.initialize(np.random.default_rng(0))
    scalar.initialize(random.Random(0))
    for layer, x in ((array, np.ones((4, 5, 3))), (scalar, [[1.0] * 3] * 5)):
        with pytest.raises(ValueError) as error:
            layer(x)
        assert str(error.value) == words


# named filters


def test_filters_are_the_same_numbers_in_both_rooms():
    assert list(mg.FILTERS) == list(jn.FILTERS)
    for name in mg.FILTERS:
        mine, other = mg.filter_kernel(name, 2), jn.filter_kernel(name, 2)
        assert shape(mine) == other.shape == (3, 3, 1, 2)
        assert [float(x) for x in flatten(mine)] == np.ravel(other).tolist()
    for room in (mg, jn):
        with pytest.raises(ValueError, match=r"name must be one of identity, box_blur, .*; got 'emboss'"):
            room.filter_kernel("emboss")
        with pytest.raises(ValueError, match="filter_kernel: channels must be a whole number >= 1; got 0"):
            room.filter_kernel("sharpen", 0)


def test_filters_say_what_their_names_promise():
    ramp = [[[3 * x + 5 * y] for x in range(5)] for y in range(4)]
    told = {
        "identity": 14,
        "box_blur": 126,
        "mean_blur": 14,
        "sharpen": 14,
        "sobel_x": 24,
        "sobel_y": 40,
        "laplacian": 0,
    }
    for name, expected in told.items():
        found = mg.correlate(ramp, mg.filter_kernel(name))
        assert found[0][2] == [expected], name  # around the cell 3 * 3 + 5 * 1


@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_kernels_are_drawn_as_their_names_say(kind):
    array, scalar = (
        getattr(room, kind)(2, 3, (2,), kernel_init="ones", bias_init="ones") for room in (jn, mg)
    )
    array.initialize(np.random.default_rng(0))
    scalar.initialize(random.Random(0))
    for name, sizes in (("kernel", (2, 2, 3)), ("bias", (3,))):
        assert array.parameters[name].tolist() == np.ones(sizes).tolist()
        assert each(plain, scalar.parameters[name]) == np.ones(sizes).tolist()
    spread = jn.Conv(8, 64, (3, 3), kernel_init="he_normal")
    spread.initialize(np.random.default_rng(0))
    assert float(spread.kernel[...].std()) == pytest.approx((2 / 72) ** 0.5, rel=0.05)  # 4,608 numbers
    for room in (jn, mg):
        with pytest.raises(ValueError, match=f"^{kind}: kernel_init must be one of"):
            getattr(room, kind)(1, 1, (2,), kernel_init="kaiming")


@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_a_layer_whose_window_does_not_fit_names_itself(kind):
    padding = "VALID" if kind == "Conv" else [(0, 0)]
    array, scalar = (jn, np.random.default_rng(0), np.ones((1, 2, 1))), (mg, random.Random(0), [[1.0]] * 2)
    for room, draw, inputs in (array, scalar):
        layer = getattr(room, kind)(1, 1, (5,), padding=padding)
        layer.initialize(draw)
        with pytest.raises(ValueError, match=f"^{kind}: the window must fit into the padded input"):
            layer(inputs)


WINDOWED = [mg.Conv(2, 4, (3, 3)), mg.ConvTranspose(2, 4, (3, 3)), mg.MaxPool((1, 1)), mg.AvgPool((1, 1))]


@pytest.mark.parametrize("layer", [*WINDOWED, mg.GlobalMaxPool(), mg.GlobalAvgPool()])
def test_a_scalar_layer_tells_in_its_own_name_what_helps_with_an_axis_too_many(layer):
    net, batch = mg.NeuralNet([layer]), [[[[1.0, 2.0]]]]
    for call, inputs in ((layer, batch), (net.forward, [batch])):
        with pytest.raises(ValueError, match=f"^{type(layer).__name__}: inputs must ") as error:
            call(inputs)
        fix = "got (1, 1, 1, 2). Fix: forward(inputs) for a batch, or inputs of one axis less."
        assert str(error.value).endswith(fix)
    assert layer.forward(batch) and net.forward(batch)
