"""Convolution in both rooms against loops written out in exact fractions, numpy, scipy, and one another."""

import itertools
import random
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from jax import lax

import jaxnets as jn
import microgrid as mg
from jaxnets import convolution as arrays
from microgrid import Value, convolution as scalars, windows
from microgrid.checks import each, flatten
from microgrid.operations import total
from microgrid.value import backward

CASES = [  # sizes, window, in, out, strides, dilation, groups, pairs
    ((5, 4), (3, 2), 2, 4, (2, 1), (1, 2), 2, ((1, 0), (2, 1))),
    ((4, 6), (2, 3), 3, 3, (1, 2), (2, 1), 3, ((0, 1), (1, 1))),
    ((3, 3), (1, 1), 4, 2, (1, 1), (1, 1), 1, ((0, 0), (0, 0))),
    ((4, 5), (2, 2), 4, 6, (3, 2), (2, 3), 2, ((2, 2), (0, 3))),
]


def whole(draw, *shape):
    """Nested lists of small whole numbers."""
    if not shape:
        return draw.randint(-9, 9)
    return [whole(draw, *shape[1:]) for _ in range(shape[0])]


def by_hand(inputs, kernel, strides, dilation, groups, pairs):
    """The definition in loops, on numpy's arrays of objects."""
    padded = np.pad(np.array(inputs, object), (*pairs, (0, 0)), constant_values=0)
    kernel = np.array(kernel, object)
    (kh, kw, size, count), (sy, sx), (dy, dx) = kernel.shape, strides, dilation
    height = (padded.shape[0] - (kh - 1) * dy - 1) // sy + 1
    width = (padded.shape[1] - (kw - 1) * dx - 1) // sx + 1
    outputs = np.zeros((height, width, count), object)
    for y, x, o, u, v, i in itertools.product(*map(range, (height, width, count, kh, kw, size))):
        group = o // (count // groups)
        outputs[y, x, o] += padded[y * sy + u * dy, x * sx + v * dx, group * size + i] * kernel[u, v, i, o]
    return outputs.tolist()


@pytest.mark.parametrize("case", CASES)
def test_correlation_is_the_definition_exactly(case):
    sizes, window, into, out, strides, dilation, groups, pairs = case
    draw = random.Random(0)
    inputs, kernel = whole(draw, *sizes, into), whole(draw, *window, into // groups, out)
    expected = by_hand(inputs, kernel, strides, dilation, groups, pairs)
    fractions = each(lambda x: Fraction(x, 7), inputs)
    arguments = strides, pairs, dilation, groups
    assert scalars.correlate(inputs, kernel, None, *arguments) == expected
    exact = scalars.correlate(fractions, kernel, None, *arguments)
    assert exact == each(lambda x: Fraction(x, 7), expected)
    found = arrays.correlate(np.array(inputs, float), np.array(kernel, float), None, *arguments)
    assert found.tolist() == expected
    turned = np.array(kernel)[::-1, ::-1].tolist()
    assert scalars.convolve(inputs, turned, None, *arguments) == expected
    assert arrays.convolve(np.array(inputs), np.array(turned), None, *arguments).tolist() == expected


def test_one_dimension_is_an_image_of_one_row():
    draw = random.Random(1)
    inputs, kernel, bias = whole(draw, 7, 4), whole(draw, 3, 2, 6), whole(draw, 6)
    for room, kind in ((scalars, lambda x: x), (arrays, lambda x: np.array(x, float))):
        line = room.correlate(kind(inputs), kind(kernel), kind(bias), 2, ((1, 2),), (2,), 2)
        image = room.correlate(
            kind([inputs]), kind([kernel]), kind(bias), (1, 2), ((0, 0), (1, 2)), (1, 2), 2
        )
        assert np.array(line).tolist() == np.array(image)[0].tolist()
        assert np.array(line)[0].tolist() == [
            bias[o]
            + sum(inputs[t][o // 3 * 2 + i] * kernel[u][i][o] for u, t in ((1, 1), (2, 3)) for i in (0, 1))
            for o in range(6)
        ]


def test_scipy_says_the_same():
    generator = np.random.default_rng(0)
    image, kernel = generator.normal(size=(7, 6)), generator.normal(size=(3, 2))
    for mode, padding in (("valid", "VALID"), ("full", ((2, 2), (1, 1)))):
        expected = scipy.signal.correlate2d(image, kernel, mode), scipy.signal.convolve2d(image, kernel, mode)
        for room in (scalars, arrays):
            kind = np.ndarray.tolist if room is scalars else np.asarray
            inputs, taps = kind(image[:, :, None]), kind(kernel[:, :, None, None])
            for function, truth in zip((room.correlate, room.convolve), expected, strict=True):
                found = np.array(function(inputs, taps, padding=padding))[:, :, 0]
                np.testing.assert_allclose(found, truth, rtol=1e-13, atol=1e-13)


def test_true_convolution_commutes_and_correlation_does_not():
    a, b = [1, 2, 4], [10, 1, 3]

    def slid(function, numbers, taps):
        return function([[x] for x in numbers], [[[w]] for w in taps], padding=((2, 2),))

    assert slid(scalars.convolve, a, b) == slid(scalars.convolve, b, a)
    assert slid(scalars.correlate, a, b) != slid(scalars.correlate, b, a)


def test_a_1x1_kernel_is_a_linear_layer_on_every_cell():
    inputs, kernel = [[[1, 2], [3, 4]]], [[[[1, 10, 0], [0, 1, -1]]]]
    assert scalars.correlate(inputs, kernel, [100, 0, 0]) == [[[101, 12, -2], [103, 34, -4]]]
    assert arrays.correlate(np.array(inputs), np.array(kernel), [100, 0, 0]).tolist() == [
        [[101, 12, -2], [103, 34, -4]]
    ]


def test_a_3x3_kernel_of_ones_adds_up_its_neighbourhood():
    image = [[[1], [2], [3]], [[4], [5], [6]], [[7], [8], [9]]]
    ones = [[[[1]]] * 3] * 3
    told = {
        "VALID": [[45]],
        "SAME": [[12, 21, 16], [27, 45, 33], [24, 39, 28]],
        "REFLECT": [[33, 36, 39], [42, 45, 48], [51, 54, 57]],
        "SYMMETRIC": [[21, 27, 33], [39, 45, 51], [57, 63, 69]],
        "EDGE": [[21, 27, 33], [39, 45, 51], [57, 63, 69]],
        "WRAP": [[45, 45, 45], [45, 45, 45], [45, 45, 45]],
    }
    for padding, expected in told.items():
        assert [[x for (x,) in row] for row in scalars.correlate(image, ones, padding=padding)] == expected
        assert arrays.correlate(np.array(image), np.array(ones), padding=padding)[..., 0].tolist() == expected


@pytest.mark.parametrize("mode", ["CONSTANT", "REFLECT", "SYMMETRIC", "EDGE", "WRAP"])
def test_padding_is_that_of_numpy(mode):
    image = np.arange(24).reshape(3, 4, 2)
    for pairs in (((0, 0), (0, 0)), ((2, 1), (0, 3)), ((1, 2), (3, 0))):
        expected = np.pad(image, (*pairs, (0, 0)), mode.lower()).tolist()
        assert scalars.pad(image.tolist(), pairs, mode) == expected
        assert arrays.pad(image, pairs, mode).tolist() == expected
        assert arrays.pad(image[:, None], pairs[1:], mode).tolist() == [
            [np.pad(row, (pairs[1], (0, 0)), mode.lower()).tolist()] for row in image
        ]
    line = scalars.pad([[1, 2], [3, 4]], [(1, 0)], mode)
    assert line == np.pad([[1, 2], [3, 4]], ((1, 0), (0, 0)), mode.lower()).tolist()


def test_padding_shares_nothing_between_cells():
    padded = scalars.pad([[[1]], [[2]]], ((1, 1), (1, 1)), "EDGE")
    rows = [row for plane in padded for row in plane]
    assert len({id(row) for row in rows}) == len(rows) == 12


def test_same_pads_as_xla_does():
    for n, k, s, d in itertools.product(range(1, 8), range(1, 5), range(1, 4), range(1, 4)):
        expected = lax.padtype_to_pads((n,), ((k - 1) * d + 1,), (s,), "SAME")
        assert [windows.same(n, k, s, d)] == expected


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
@pytest.mark.parametrize("dilation", [1, 2])
def test_transposed_convolution_pads_as_jax_does(padding, dilation):
    draw = random.Random(2)
    for k, s in itertools.product((1, 2, 3), (1, 2, 4)):
        inputs, kernel = whole(draw, 2, 2), whole(draw, k, 2, 1)
        found = scalars.conv_transpose(inputs, kernel, None, s, padding, dilation)
        batch, taps = np.array([inputs], float), np.array(kernel, float)
        layout = ("NWC", "WIO", "NWC")
        expected = lax.conv_transpose(batch, taps, (s,), padding, (dilation,), layout)[0]
        assert found == expected.tolist()
        assert arrays.conv_transpose(batch[0], taps, None, s, padding, dilation).tolist() == found


def test_transposed_convolution_takes_a_batch_and_padding_by_number():
    draw = np.random.default_rng(2)
    x, kernel = draw.normal(size=(3, 4, 2)), draw.normal(size=(3, 2, 5))
    told = dict(strides=2, padding=((1, 2),))
    each = [arrays.conv_transpose(row, kernel, **told) for row in x]
    assert np.allclose(arrays.conv_transpose(x, kernel, **told), np.stack(each), rtol=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_transposed_convolution_is_the_gradient_of_correlation(case):
    sizes, window, into, out, strides, dilation, _, pairs = case
    draw = random.Random(3)
    inputs, kernel = each(Value, whole(draw, *sizes, into)), whole(draw, *window, into, out)
    outputs = scalars.correlate(inputs, kernel, None, strides, pairs, dilation)
    cotangents = whole(draw, len(outputs), len(outputs[0]), out)
    backward([total([y * w for y, w in zip(flatten(outputs), flatten(cotangents), strict=True)])], [1])
    spread = [(len(c) - 1) * s + 1 for c, s in zip((outputs, outputs[0]), strides, strict=True)]
    around = []
    for n, k, d, (low, _), full in zip(sizes, window, dilation, pairs, spread, strict=True):
        before = (k - 1) * d - low
        around.append((before, n - full - before + (k - 1) * d))
    told = scalars.conv_transpose(cotangents, kernel, None, strides, around, dilation, transpose_kernel=True)
    assert told == each(lambda x: x.grad, inputs)
    _, pull = jax.vjp(
        lambda x: arrays.correlate(x, np.array(kernel, float), None, strides, pairs, dilation),
        np.array(each(lambda x: x.data, inputs), float),
    )
    (slopes,) = pull(jnp.array(cotangents, float))
    more = None, strides, around, dilation, True
    arrays_told = arrays.conv_transpose(np.array(cotangents), np.array(kernel), *more)
    assert arrays_told.tolist() == slopes.tolist() == told


def test_leading_axes_are_batches():
    generator = np.random.default_rng(0)
    images, kernel = generator.normal(size=(2, 3, 5, 4, 2)), generator.normal(size=(3, 3, 2, 3))
    together = arrays.correlate(images, kernel, np.ones(3), padding="REFLECT")
    assert together.shape == (2, 3, 5, 4, 3)
    np.testing.assert_allclose(
        together[1, 2], arrays.correlate(images[1, 2], kernel, np.ones(3), 1, "REFLECT")
    )
    larger = arrays.conv_transpose(images, kernel, strides=2)
    np.testing.assert_allclose(larger[1, 2], arrays.conv_transpose(images[1, 2], kernel, strides=2))
    assert arrays.correlate(np.zeros((0, 5, 4, 2)), kernel).shape == (0, 3, 2, 3)


def test_types_meet_as_in_numpy():
    image = np.ones((3, 3, 1), np.uint8)
    assert arrays.correlate(image, np.ones((3, 3, 1, 1), np.float32)).tolist() == [[[9.0]]]
    both = np.ones((3, 3, 1), np.float32), np.ones((3, 3, 1, 1), np.float32)
    assert arrays.correlate(*both).dtype == np.float32
    assert arrays.conv_transpose(*both).dtype == np.float32
    assert arrays.pad(image, ((1, 0), (0, 0))).dtype == np.uint8


def test_one_example_at_a_time_in_the_scalar_room():
    batch = [[[[1.0]]]]
    for function, kernel in ((scalars.correlate, [[[[1.0]]]]), (scalars.conv_transpose, [[[[1.0]]]])):
        with pytest.raises(ValueError, match=r"inputs must be the cells of one example; got \(1, 1, 1, 1\)"):
            function(batch, kernel)


def test_sentences_about_windows_end_in_a_fix_in_both_rooms():
    series, wide = [[1.0], [2.0]], [[1.0, 2.0]] * 2
    for room in (jn, mg):
        for arguments, options, words in (
            (
                (series, [[[1.0]]] * 5),
                dict(padding="REFLECT"),
                "at most 1 cell beside 2 cells; got .* Fix: a small",
            ),
            (
                (wide, [[[1.0]]]),
                {},
                "the 1 channel that kernel .* takes; got 2 .* Fix: put channels last",
            ),
            ((wide, [[[1.0] * 3]]), dict(groups=2), "got 2. Fix: groups=1, or 4 output channels."),
        ):
            with pytest.raises(ValueError, match=words):
                room.correlate(*map(np.asarray, arguments) if room is jn else arguments, **options)
    for call in (
        lambda: mg.correlate([series, series], [[[1.0]]]),
        lambda: mg.max_pool([series, series], (2,)),
    ):
        with pytest.raises(ValueError, match="Fix: one example at a time"):
            call()
