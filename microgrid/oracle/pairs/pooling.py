"""Rows of pooling."""

from typing import Any

from ..samplers import choice, mat, moderate, real, vec
from .pair import Pair

IMAGE: dict[str, Any] = dict(inputs=vec(mat(real, 4, 2), 3))
WINDOWS: dict[str, Any] = dict(
    window_shape=choice((2, 2)),
    strides=choice(None, (2, 1)),
    padding=choice("VALID", "SAME", ((0, 1), (1, 0))),
)
NUMBER = (
    dict(window_shape=2),
    "window_shape must be (width,) or (height, width), whole numbers >= 1; got 2. Fix: (2,) or (2, 2).",
)
EMPTY_WINDOW = (dict(window_shape=(2, 0)), "whole numbers >= 1; got (2, 0).")
THREE = (dict(window_shape=(2, 2, 2)), "whole numbers >= 1; got (2, 2, 2).")
HALF = (dict(window_shape=1.5), "whole numbers >= 1; got 1.5.")
FLAT = (
    dict(inputs=[1.0, 2.0]),
    "inputs must have 2 dimensions of cells and one of channels to meet window_shape (2, 2)",
)
EMPTY = (dict(inputs=[[[]]]), "none of them empty; got (1, 1, 0).")
LARGE = (
    dict(window_shape=(4, 2), padding="VALID"),
    "the window must fit into the padded input; got a window of (4, 2) cells, over (3, 4) cells. Fix: padding='SAME', or a smaller window.",
)
STANDING = (
    dict(strides=(1, 0)),
    "strides must be a whole number >= 1, or one for each of 2 dimensions; got (1, 0).",
)
REFLECT = (dict(padding="REFLECT"), "padding must be 'VALID', 'SAME', or a pair (low, high)")
WIDE = (
    dict(padding=((2, 0), (0, 0))),
    "padding must be narrower than window_shape (2, 2), or a window would see nothing; got ((2, 0), (0, 0)).",
)
NO_CELLS = (
    dict(inputs=[1.0]),
    "inputs must be [time, channels] or [height, width, channels], not empty; got (1,).",
)

# fmt: off
PAIRS = (
    Pair("pooling.max_pool", dict(**IMAGE, **WINDOWS), kinks=dict(inputs=0.0), fails=(NUMBER, EMPTY_WINDOW, THREE, HALF, FLAT, EMPTY, LARGE, STANDING, REFLECT, WIDE)),
    Pair("pooling.avg_pool", dict(**IMAGE, **WINDOWS, count_include_pad=choice(False, True)), fails=(NUMBER, FLAT, LARGE, STANDING, REFLECT, WIDE, (dict(count_include_pad=1), "count_include_pad must be True or False; got 1."))),
    Pair("pooling.global_max_pool", dict(inputs=vec(mat(real, 3, 2), 2)), kinks=dict(inputs=0.0), fails=(NO_CELLS, (dict(inputs=[[]]), "not empty; got (1, 0)."))),
    Pair("pooling.global_avg_pool", dict(inputs=vec(mat(moderate, 3, 2), 2)), fails=(NO_CELLS, (dict(inputs=[[]]), "not empty; got (1, 0)."))),
)
# fmt: on
