"""Pooling in both rooms: against numpy, who wins a tie, and what padding counts for."""

import itertools
import math

import jax
import numpy as np
import pytest

from jaxnets import pooling as arrays
from microgrid import Value, pooling as scalars, trace
from microgrid.checks import each, flatten
from microgrid.operations import total
from microgrid.value import backward

ROOMS = ((scalars, np.ndarray.tolist), (arrays, np.asarray))


def by_hand(image, window, strides, pairs, pool, fill):
    """The definition in loops; cells beside the image are `fill`."""
    padded = np.pad(image, (*pairs, (0, 0)), constant_values=fill)
    (kh, kw), (sy, sx) = window, strides
    height, width = (padded.shape[0] - kh) // sy + 1, (padded.shape[1] - kw) // sx + 1
    outputs = np.zeros((height, width, image.shape[2]))
    for y, x in itertools.product(range(height), range(width)):
        outputs[y, x] = pool(padded[y * sy : y * sy + kh, x * sx : x * sx + kw], axis=(0, 1))
    return outputs


@pytest.mark.parametrize(("room", "kind"), ROOMS)
@pytest.mark.parametrize(
    ("window", "strides", "pairs"),
    [
        ((2, 2), None, ((0, 0), (0, 0))),
        ((3, 2), (1, 2), ((2, 1), (1, 0))),
        ((1, 4), (2, 3), ((0, 0), (3, 3))),
    ],
)
def test_pooling_is_the_definition(room, kind, window, strides, pairs):
    image = np.random.default_rng(0).integers(-20, 20, (5, 6, 2)).astype(float)
    steps = strides or window
    largest = by_hand(image, window, steps, pairs, np.max, -math.inf)
    assert np.array(room.max_pool(kind(image), window, strides, pairs)).tolist() == largest.tolist()
    for counted, mean in ((False, np.nanmean), (True, np.mean)):
        expected = by_hand(image, window, steps, pairs, mean, 0.0 if counted else math.nan)
        found = room.avg_pool(kind(image), window, strides, pairs, count_include_pad=counted)
        np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize(("room", "kind"), ROOMS)
def test_one_dimension_is_an_image_of_one_row(room, kind):
    line = np.random.default_rng(1).normal(size=(7, 2))
    for pool in (room.max_pool, room.avg_pool):
        image = pool(kind(line[None]), (1, 3), (1, 2), ((0, 0), (2, 1)))
        assert np.array(pool(kind(line), (3,), 2, ((2, 1),))).tolist() == np.array(image)[0].tolist()
    for pool in (room.global_max_pool, room.global_avg_pool):
        assert np.array(pool(kind(line))).tolist() == np.array(pool(kind(line[None]))).tolist()


def scalar_slopes(function, inputs):
    values = each(Value, inputs)
    backward([total(flatten(function(values)))], [1])
    return each(lambda x: x.grad, values)


@pytest.mark.parametrize("number", [0.0, -3.0, -0.0])
def test_the_first_of_a_tie_takes_the_whole_slope(number):
    image = np.full((4, 4, 1), number)
    expected = np.zeros((4, 4, 1))
    expected[::2, ::2] = 1
    assert scalar_slopes(lambda x: scalars.max_pool(x, (2, 2)), image.tolist()) == expected.tolist()
    slopes = jax.grad(lambda x: arrays.max_pool(x, (2, 2)).sum())(image)
    assert slopes.tolist() == expected.tolist()
    expected[::2, ::2] = 0
    expected[0, 0] = 1
    assert scalar_slopes(scalars.global_max_pool, image.tolist()) == expected.tolist()
    assert jax.grad(lambda x: arrays.global_max_pool(x).sum())(image).tolist() == expected.tolist()


def test_padding_never_wins_and_never_takes_a_slope():
    image = np.full((3, 3, 1), -5.0)
    pairs = ((1, 1), (1, 1))
    for room, kind in ROOMS:
        assert set(np.array(room.max_pool(kind(image), (2, 2), 1, pairs)).ravel()) == {-5.0}
    mine = scalar_slopes(lambda x: scalars.max_pool(x, (2, 2), 1, pairs), image.tolist())
    other = jax.grad(lambda x: arrays.max_pool(x, (2, 2), 1, pairs).sum())(image).tolist()
    assert mine == other
    assert sum(flatten(mine)) == 16


def test_nan_is_the_largest_in_both_rooms():
    line = np.array([[1.0], [math.nan], [2.0], [3.0], [4.0], [math.nan]])
    for room, kind in ROOMS:
        found = np.array(room.max_pool(kind(line), (2,)))[:, 0]
        assert [math.isnan(x) for x in found] == [True, False, True]
        assert math.isnan(np.array(room.global_max_pool(kind(line)))[0])


def test_leading_axes_are_batches():
    images = np.random.default_rng(0).normal(size=(2, 3, 5, 4, 2))
    for pool in (arrays.max_pool, arrays.avg_pool):
        together = pool(images, (2, 2), 1, "SAME")
        assert together.shape == images.shape
        assert together[1, 2].tolist() == pool(images[1, 2], (2, 2), 1, "SAME").tolist()
        assert pool(images[:, :0], (2, 2)).shape == (2, 0, 2, 2, 2)


def test_whole_numbers_are_pooled_as_floats():
    image = np.arange(4, dtype=np.uint8).reshape(2, 2, 1)
    assert arrays.max_pool(image, (2, 2)).tolist() == [[[3.0]]]
    assert arrays.avg_pool(image, (2, 2)).tolist() == [[[1.5]]]
    assert arrays.avg_pool(image.astype(np.float32), (2, 2), padding="SAME").dtype == np.float32


def test_pooling_can_be_traced_once_and_run_on_other_numbers():
    program = trace(lambda x: scalars.max_pool(x, (2,))[0][0], [[1.0], [2.0]])
    assert program([[5.0], [3.0]]) == 5.0
    assert program([[3.0], [5.0]]) == 5.0


@pytest.mark.parametrize("room", [scalars, arrays])
def test_layers_move_by_their_window_unless_told(room):
    layer = room.MaxPool((2, 3))
    assert (layer.window_shape, layer.strides, layer.padding) == ((2, 3), (2, 3), "VALID")
    layer = room.AvgPool([2], 1, [(1, 0)])
    assert (layer.window_shape, layer.strides, layer.padding) == ((2,), (1,), ((1, 0),))
    with pytest.raises(ValueError, match="padding must be 'VALID', 'SAME', or a pair"):
        room.AvgPool((2,), padding="REFLECT")
