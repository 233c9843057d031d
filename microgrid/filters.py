"""Named filters: kernels of 3 x 3 whole numbers that show what one window can say, before anything is learnt.

They are written for `correlate`, as they lie on the image: SOBEL_X is positive where it grows brighter to the
right. `convolve` turns them around.
"""

from fractions import Fraction

from . import checks
from .checks import whole

IDENTITY = ((0, 0, 0), (0, 1, 0), (0, 0, 0))
BOX_BLUR = ((1, 1, 1), (1, 1, 1), (1, 1, 1))  # the sum of nine cells, nine times as bright as their mean
MEAN_BLUR = ((Fraction(1, 9),) * 3,) * 3  # the box blur that keeps the brightness
SHARPEN = ((0, -1, 0), (-1, 5, -1), (0, -1, 0))
SOBEL_X = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
SOBEL_Y = ((-1, -2, -1), (0, 0, 0), (1, 2, 1))
LAPLACIAN = ((0, 1, 0), (1, -4, 1), (0, 1, 0))
FILTERS = {
    "identity": IDENTITY,
    "box_blur": BOX_BLUR,
    "mean_blur": MEAN_BLUR,
    "sharpen": SHARPEN,
    "sobel_x": SOBEL_X,
    "sobel_y": SOBEL_Y,
    "laplacian": LAPLACIAN,
}


def filter_kernel(name, channels=1):
    """The kernel [3][3][1][channels] of a named filter, which treats each channel alike.

    name: one of FILTERS; channels: of the image, for `correlate(image, kernel, groups=channels)`.
    Raises ValueError for an unknown name. Source: Gonzalez and Woods 2018, sections 3.5 and 3.6.

    >>> filter_kernel("sobel_x")[1]
    [[[-2]], [[0]], [[2]]]
    """
    if not isinstance(name, str) or name not in FILTERS:
        told = f"{checks.shown(name)}.{checks.near(name, FILTERS)}"
        raise ValueError(f"filter_kernel: name must be one of {', '.join(FILTERS)}; got {told}")
    channels = whole("filter_kernel", "channels", channels, 1)
    checks.countable("filter_kernel", "channels", channels)
    checks.fits("filter_kernel", "the kernel", 3, 3, 1, channels)
    return [[[[x] * channels] for x in row] for row in FILTERS[name]]
