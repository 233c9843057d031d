"""Rows of convolution."""

from typing import Any

from ..samplers import choice, mat, moderate, real, vec
from .pair import Pair

IMAGE: dict[str, Any] = dict(inputs=vec(mat(real, 4, 2), 4), bias=vec(moderate, 2))
SERIES: dict[str, Any] = dict(
    inputs=mat(real, 5, 2), kernel=vec(mat(moderate, 2, 3), 3), bias=vec(moderate, 3)
)
CELL: dict[str, Any] = dict(inputs=[[[1.0]]])  # an image of one cell
PADDINGS = (
    "'VALID', 'SAME', 'REFLECT', 'SYMMETRIC', 'EDGE', 'WRAP', or a pair (low, high) of whole numbers >= 0"
)
FLAT = (dict(inputs=[1.0, 2.0]), "inputs must have 2 dimensions of cells and one of channels")
EMPTY = (dict(inputs=[[]]), "none of them empty; got (1, 0).")
NO_TAPS = (
    dict(kernel=[1.0, 2.0]),
    "kernel must be [width, in, out] or [height, width, in, out], not empty; got (2,).",
)
EMPTY_KERNEL = (dict(kernel=[[[]]]), "not empty; got (1, 1, 0).")
MIRROR = (dict(padding="MIRROR"), f"padding must be {PADDINGS} for each of 2 dimensions; got 'MIRROR'.")
NEGATIVE = (dict(padding=((0, -1), (0, 0))), "for each of 2 dimensions; got ((0, -1), (0, 0)).")
ONE_PAIR = (dict(padding=((0, 1),)), "for each of 2 dimensions; got ((0, 1),).")
NOT_PAIRS = (dict(padding=((0, 1), (0, 1, 2))), "for each of 2 dimensions; got ((0, 1), (0, 1, 2)).")
NUMBER = (dict(padding=1), "for each of 2 dimensions; got 1.")
TRUE = (dict(padding=((0, True), (0, 0))), "got ((0, True), (0, 0)).")
STANDING = (dict(strides=0), "strides must be a whole number >= 1, or one for each of 2 dimensions; got 0.")
HALF = (dict(strides=1.5), "strides must be a whole number >= 1")
THREE_STRIDES = (dict(strides=(1, 1, 1)), "or one for each of 2 dimensions; got (1, 1, 1).")
TRUE_STRIDES = (dict(strides=(1, True)), "got (1, True).")
NO_DILATION = (
    dict(dilation=(1, 0)),
    "dilation must be a whole number >= 1, or one for each of 2 dimensions; got (1, 0).",
)
THREE_CHANNELS = (dict(inputs=[[[1.0, 2.0, 3.0]] * 3] * 3), "got 3 in (3, 3, 3).")
TWO_BIASES = (dict(bias=[1.0]), "; got (1,).")

# fmt: off
PAIRS = (
    Pair("convolution.correlate", dict(**IMAGE, kernel=vec(vec(mat(moderate, 1, 2), 2), 3), strides=choice(1, (2, 1)), padding=choice("SAME", "REFLECT"), dilation=choice((1, 2)), groups=choice(2)), fails=(FLAT, EMPTY, NO_TAPS, EMPTY_KERNEL, MIRROR, NEGATIVE, ONE_PAIR, NOT_PAIRS, NUMBER, TRUE, STANDING, HALF, THREE_STRIDES, TRUE_STRIDES, NO_DILATION, THREE_CHANNELS, (dict(bias=[1.0]), "bias must be (2,) to meet kernel (3, 2, 1, 2); got (1,)."), (dict(groups=0), "groups must be a whole number >= 1; got 0."), (dict(groups=True), "groups must be a whole number >= 1; got True."), (dict(kernel=[[[[1.0] * 3]]]), "groups must divide the 3 output channels of kernel (1, 1, 1, 3); got 2."), (dict(kernel=[[[[1.0]] * 2]], groups=2), "inputs must end in the 4 channels that kernel (1, 1, 2, 1) takes in 2 groups; got 2 in (4, 4, 2)."), (dict(padding="VALID", dilation=(2, 1)), "the window must fit into the padded input; got a window of (5, 2) cells, dilation counted, over (4, 4) cells."), (dict(inputs=[[[1.0, 2.0]] * 3], padding="REFLECT"), "REFLECT padding must be at most 0 cells beside 1 cell; got (1, 1) for ("), (dict(inputs=[[[1.0, 2.0]] * 3], padding="WRAP", dilation=2), "WRAP padding must be at most 1 cell beside 1 cell; got (2, 2) for ("))),
    Pair("convolution.convolve", dict(**SERIES, strides=choice(1, 2), padding=choice("VALID", "WRAP", ((2, 1),)), dilation=choice((2,))), fails=((dict(kernel=[1.0, 2.0]), "kernel must be [width, in, out]"), (dict(inputs=[[1.0]]), "inputs must end in the 2 channels"), (dict(bias=1.0), "bias must be (3,) to meet kernel (3, 2, 3); got ()."), (dict(padding=((0, 0), (0, 0))), "for each of 1 dimension; got ((0, 0), (0, 0)).")),),
    Pair("convolution.conv_transpose", dict(inputs=vec(mat(real, 2, 2), 3), kernel=vec(vec(mat(moderate, 2, 2), 2), 3), bias=vec(moderate, 2), strides=choice(1, (2, 4)), padding=choice("SAME", "VALID", ((1, 2), (0, 1))), dilation=choice((1, 2)), transpose_kernel=choice(False, True)), fails=(FLAT, NO_TAPS, NEGATIVE, STANDING, NO_DILATION, (dict(transpose_kernel=1), "transpose_kernel must be True or False; got 1."), (dict(padding="WRAP"), "padding must be 'VALID', 'SAME', or a pair (low, high)"), (dict(kernel=[[[[1.0], [2.0]]]], transpose_kernel=True), "inputs must end in the 1 channel that kernel (1, 1, 2, 1) takes; got 2 in (3, 2, 2)."), (dict(kernel=[[1.0]], transpose_kernel=True), "kernel must be [width, out, in] or [height, width, out, in]"), (dict(bias=[1.0, 2.0, 3.0]), "bias must be (2,)"), (dict(inputs=[[[1.0, 2.0]]], padding=((0, 0), (0, 0))), "the window must fit into the padded input; got a window of (3, 3) cells, dilation counted, over (1, 1) cells."))),
    Pair("convolution.pad", dict(inputs=vec(mat(real, 3, 2), 3), padding=choice(((1, 2), (2, 0))), mode=choice("CONSTANT", "REFLECT", "SYMMETRIC", "EDGE", "WRAP")), fails=((dict(inputs=[1.0]), "inputs must be [time, channels] or [height, width, channels], not empty; got (1,)."), (dict(inputs=[[]]), "not empty; got (1, 0)."), (dict(mode="MIRROR"), "mode must be one of 'CONSTANT', 'REFLECT', 'SYMMETRIC', 'EDGE', 'WRAP'; got 'MIRROR'."), (dict(mode=None), "got None."), (dict(padding=((1, 2), (3, 0)), mode="REFLECT"), "REFLECT padding must be at most 2 cells beside 3 cells; got (3, 0) for ("), (dict(padding=((4, 2), (3, 0)), mode="SYMMETRIC"), "SYMMETRIC padding must be at most 3 cells beside 3 cells; got (4, 2) for ("), (dict(padding=((1, 2), (3, 4)), mode="WRAP"), "WRAP padding must be at most 3 cells beside 3 cells; got (3, 4) for ("), (dict(padding=1), "padding must be a pair (low, high) of whole numbers >= 0 for each of 2 dimensions; got 1."), (dict(padding=((0, 1), (-1, 1))), "got ((0, 1), (-1, 1))."))),
)
# fmt: on
