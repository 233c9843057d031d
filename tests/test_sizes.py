"""Sizes that no machine holds get a sentence before anything is made: XLA would end the process."""

import sys
from fractions import Fraction
from unittest import mock

import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from jaxnets import checks
from microgrid import checks as scalar_checks

IMAGES, KERNEL = np.ones((2, 6, 6, 3), "float32"), np.ones((3, 3, 3, 4), "float32")
DRAW = np.random.default_rng(0)
WIDE = ((10**9, 1), (1, 1))

TOO_LARGE = {  # the call, and what its sentence says after who says it
    "correlate": (lambda: jn.correlate(IMAGES, KERNEL, padding=WIDE), "the padded input must fit into the "),
    "conv_transpose": (
        lambda: jn.conv_transpose(IMAGES, KERNEL, strides=10**9),
        "an axis of the output must be at most 2147483647; got 6000000001.",
    ),
    "conv_transpose ": (
        lambda: jn.conv_transpose(IMAGES, KERNEL, dilation=10**9),
        "the output must fit into the ",
    ),
    "pad": (lambda: jn.pad(IMAGES, WIDE), "the padded input must fit into the "),
    "pad ": (lambda: jn.pad(IMAGES, ((10**30, 1), (1, 1))), "padding must be at most 2147483647; got 1"),
    "avg_pool": (
        lambda: jn.avg_pool(IMAGES, (10**9, 10**9), padding="SAME"),
        "the padded input must fit into the ",
    ),
    "positional_encoding": (lambda: jn.positional_encoding(5, 10**9), "the encoding must fit into the "),
    "filter_kernel": (lambda: jn.filter_kernel("sobel_x", 10**9), "the kernel must fit into the "),
    "initializer": (
        lambda: jn.initializer("normal")(DRAW, (10**6, 10**9)),
        "its weights must fit into the ",
    ),
    "Linear": (lambda: jn.Linear(10**9, 10**9).initialize(DRAW), "its weights must fit into the "),
    "Embedding": (lambda: jn.Embedding(10**9, 10**6).initialize(DRAW), "its table must fit into the "),
    "LSTM": (lambda: jn.LSTM(10**7, 10**7).initialize(DRAW), "its weights must fit into the "),
    "LayerNorm": (
        lambda: jn.LayerNorm(10**13).initialize(DRAW),
        f"num_features must be at most 2147483647; got {10**13}.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_no_machine_holds_is_refused_before_it_is_made(name):
    call, words = TOO_LARGE[name]
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value).startswith(f"{name.strip()}: {words}")
    assert "\n" not in str(error.value)


def made(layer):
    layer.initialize(DRAW)


COUNTED = {
    "correlate: strides": lambda room: room.correlate([[1.0]], [[[1.0]]], strides=2**63),
    "conv_transpose: strides": lambda room: room.conv_transpose([[1.0]], [[[1.0]]], strides=2**63),
    "max_pool: strides": lambda room: room.max_pool([[1.0]], (1,), strides=2**63),
    "max_pool: window_shape": lambda room: room.max_pool([[1.0]], (2**63,), padding="SAME"),
    "positional_encoding: features": lambda room: room.positional_encoding([], 2**63),
    "filter_kernel: channels": lambda room: room.filter_kernel("sobel_x", 2**63),
    "Embedding: an axis of its table": lambda room: room.NeuralNet([room.Embedding(2**63, 1)]),
    "PReLU: features": lambda room: made(room.PReLU(2**63)),
    "BatchNorm: num_features": lambda room: made(room.BatchNorm(2**63)),
    "RMSNorm: num_features": lambda room: made(room.RMSNorm(2**63)),
}


@pytest.mark.parametrize("name", COUNTED)
def test_a_number_that_xla_does_not_count_to_is_refused_by_both_rooms(name):
    for room in (mg, jn):
        with pytest.raises(ValueError) as error:
            COUNTED[name](room)
        assert str(error.value) == f"{name} must be at most 2147483647; got 9223372036854775808."


def test_positions_may_fill_the_memory_with_four_arrays():
    whole = 4 * 5 * 6 * 8
    with mock.patch.object(checks, "_memory", return_value=whole):
        assert jn.positional_encoding(np.arange(5), 6).shape == (5, 6)
    with mock.patch.object(checks, "_memory", return_value=whole - 1):
        with pytest.raises(ValueError, match="positional_encoding: the encoding must fit"):
            jn.positional_encoding(np.arange(5), 6)


def test_a_stride_beyond_the_input_is_one_window():
    assert jn.output_size(6, 3, strides=10**9) == 1


def test_a_number_of_thousands_of_digits_is_told_by_its_bits():
    for room in (mg, jn):
        with pytest.raises(ValueError, match="features must be at most 2147483647; got one of 16610 bits"):
            room.positional_encoding([5], 10**5000)


def test_what_came_is_told_in_one_short_line():
    big = np.full((40, 40), 1j)
    assert checks.told(big) == "an array of complex128 and shape (40, 40)"
    for thing in (big.tolist(), jn.Conv(1, 1, (3, 3)), [big] * 9, "long" * 500):
        assert len(checks.told(thing)) <= 200 and "\n" not in checks.told(thing)
    with pytest.raises(TypeError, match=r"got a masked array of float64 and shape \(2,\)\. Fix: fill it"):
        jn.relu(np.ma.masked_array([1.0, 2.0], [0, 1]))


@pytest.mark.parametrize(("arguments", "words"), [
    ((5, (3, 4)), "initializer: generator must be numpy's; got 5. Fix: np.random.default_rng(0)."),
    ((DRAW, (-1, 3)), "initializer: shape must be a tuple of whole numbers >= 1; got (-1, 3)."),
    ((DRAW, "a"), "initializer: shape must be a tuple of whole numbers >= 1; got 'a'."),
    ((DRAW, (1.5, 2)), "initializer: shape must be a tuple of whole numbers >= 1; got (1.5, 2)."),
])  # fmt: skip
def test_an_initializer_names_what_it_draws_with(arguments, words):
    with pytest.raises((TypeError, ValueError)) as error:
        jn.initializer("normal")(*arguments)
    assert str(error.value) == words


def test_a_large_whole_number_is_a_number():
    assert checks.number("fit", "until_loss", 2**70) == 2.0**70
    with pytest.raises(ValueError, match="fit: until_loss must be a finite number; got inf"):
        checks.finite("fit", "until_loss", 10**400)


SCALAR = {  # the call, and what does not fit into a mebibyte
    "pad": (lambda: mg.pad([[1.0]], [(0, 10**5)]), "the padded input"),
    "conv_transpose": (lambda: mg.conv_transpose([[1], [2]], [[[1]]], strides=10**4), "the padded input"),
    "max_pool": (lambda: mg.max_pool([[1.0]], (10**5,), padding="SAME"), "the padded input"),
    "correlate": (lambda: mg.correlate([[1.0]], [[[1.0]]], padding=[(0, 10**5)]), "the padded input"),
    "positional_encoding": (lambda: mg.positional_encoding([1, 2, 3, 4], 10**4), "the encoding"),
    "filter_kernel": (lambda: mg.filter_kernel("sobel_x", 10**4), "the kernel"),
    "initializer": (lambda: mg.initializer("zeros")(None, (100, 1000)), "its weights"),
    "Linear": (lambda: mg.NeuralNet([mg.Linear(100, 100)]), "its weights"),
    "Conv": (lambda: mg.NeuralNet([mg.Conv(10, 10, (10, 10))]), "its weights"),
    "LayerNorm": (lambda: mg.LayerNorm(10**4), "its weights"),
    "PReLU": (lambda: mg.PReLU(10**4), "its weights"),
}  # fmt: skip


@pytest.mark.parametrize("name", SCALAR)
def test_lists_that_no_machine_holds_are_refused_before_they_are_made(name):
    call, words = SCALAR[name]
    with mock.patch.object(scalar_checks, "_memory", return_value=2**20):
        with pytest.raises(ValueError, match=rf"^{name}: {words} must fit into the 0 GiB of memory; got sh"):
            call()


def test_a_list_of_numbers_takes_about_the_memory_that_is_counted():
    rows = [[x + 0.5 for x in range(1000)] for _ in range(100)]
    taken = sum(map(sys.getsizeof, rows)) + sum(sys.getsizeof(x) for row in rows for x in row)
    with mock.patch.object(scalar_checks, "_memory", return_value=0.9 * taken):
        with pytest.raises(ValueError, match="must fit"):
            scalar_checks.fits("f", "x", 100, 1000)
    with mock.patch.object(scalar_checks, "_memory", return_value=1.1 * taken):
        scalar_checks.fits("f", "x", 100, 1000)


@pytest.mark.parametrize("large", [10**400, -(10**400)], ids=["large", "low"])
def test_a_whole_number_that_no_float_holds_is_infinite_as_a_setting(large):
    sign = "" if large > 0 else "-"
    for room in (mg, jn):
        with pytest.raises(ValueError, match=f"^huber: delta must be a finite number > 0; got {sign}inf.$"):
            room.huber([[1.0]], [[0.0]], delta=large)
    assert mg.huber([[Fraction(10**400)]], [[0]], delta=Fraction(2)) == 2 * 10**400 - 2


def test_a_net_refuses_a_whole_number_that_no_float_holds():
    net = mg.NeuralNet([mg.Linear(1, 1)])
    net.compile(mg.adam(0.1), "mean_squared_error")
    for call in (lambda: net.forward([[10**400]]), lambda: net.fit([[1], [10**400]], [[1], [1]])):
        with pytest.raises(
            ValueError, match=r": x must fit into a float; got 1000.*000 at index \(\d, 0\)\.$"
        ):
            call()
    assert net.forward([[10**308]])


def test_a_sample_of_a_gan_is_counted_before_its_noise_is_drawn():
    gan = jn.GAN([jn.Linear(2, 1)], [jn.Linear(1, 1)], latent_features=2)
    gan._untrained = False
    with pytest.raises(ValueError, match=r"^sample: count must be at most 2147483647; got 1000000000000\."):
        gan.sample(10**12)
