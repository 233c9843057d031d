"""Named filters on a real photograph: nine numbers that blur it, sharpen it, or find its edges.

Shows: on a piece of 12 x 12 pixels, arrays and exact fractions differ by at most 4 ULPs, for every filter.
"""

import importlib.util
from fractions import Fraction
from pathlib import Path

import jax
import numpy as np

import jaxnets
import microgrid
from microgrid.checks import each, flatten
from microgrid.oracle.distance import Conditioned, worst
from microgrid.value import Value, plain

PIECE = 12  # pixels a side, of the piece that is computed exactly
ROW, COLUMN = 63, 83  # of nine pixels on an edge of the roof
PANELS = ("identity", "mean_blur", "sharpen", "sobel_x", "sobel_y", "laplacian")


def photograph():
    """[height, width, 3] in [0, 1]: the temple that scikit-learn carries, its roof and the sky behind it."""
    from matplotlib.image import imread

    found = importlib.util.find_spec("sklearn")
    if found is None:
        raise ImportError("filters: scikit-learn carries the image; run: pip install -e '.[demo]'")
    path = Path(found.submodule_search_locations[0], "datasets", "images", "china.jpg")
    return np.asarray(imread(path), float)[40:240, 90:390] / 255


def distance(name, image, filtered):
    """How far the arrays are from the exact answer on the piece, in ULPs of the largest number on the way."""
    piece = image[:PIECE, :PIECE].tolist()
    kernel = microgrid.filter_kernel(name, channels=3)
    exact = microgrid.correlate(each(Fraction, piece), kernel, groups=3)
    floats = each(float, kernel)
    scales = microgrid.correlate(each(lambda x: Value(Conditioned(x)), piece), floats, groups=3)
    found = filtered[: PIECE - 2, : PIECE - 2].ravel().tolist()
    return worst([float(x) for x in flatten(exact)], found, flatten(each(plain, scales)))


def picture(filtered, path):
    """Blurred and sharpened images in colour, edges as light and shadow around grey."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.4), dpi=120, layout="constrained")
    for axes, name in zip(figure.subplots(2, 3).ravel(), PANELS, strict=True):
        image = filtered[name]
        if name in ("identity", "mean_blur", "sharpen"):
            axes.imshow(np.clip(image, 0, 1))
        else:
            edges = image.mean(axis=2)
            most = np.quantile(abs(edges), 0.99)
            axes.imshow(edges, cmap="gray", vmin=-most, vmax=most)
        rows = microgrid.FILTERS[name]
        numbers = "   ".join(" ".join(str(x) for x in row) for row in rows)
        axes.set_title(f"{name.replace('_', ' ')}:  {numbers}", fontsize=9, loc="left")
        axes.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main(folder="demo_output"):
    """Filters the photograph, exactly and on arrays; leaves a picture in folder. Returns the distances."""
    image = photograph()
    red = np.rint(255 * image[ROW : ROW + 3, COLUMN : COLUMN + 3, 0]).astype(int).tolist()
    print(f"A photograph of {image.shape[0]} x {image.shape[1]} pixels, three colours each.")
    print("The red of 3 x 3 of them, on an edge of the roof, as they were photographed:\n")
    print("\n".join("    " + " ".join(f"{number:4}" for number in row) for row in red))
    print("\nA filter is nine weights; it slides over the image and adds up, as a neuron would.")
    print("The nine numbers filtered exactly, and the same pixel of the image filtered in arrays; then the")
    print(f"largest difference of the two on {PIECE} x {PIECE} pixels of the image, scaled to [0, 1]:\n")
    print(f"  filter       exactly     in arrays   ULP, worst of {PIECE} x {PIECE} pixels")
    filtered, distances = {}, {}
    with jax.enable_x64(True):
        for name in microgrid.FILTERS:
            kernel = jaxnets.filter_kernel(name, channels=3)
            filtered[name] = np.asarray(jaxnets.correlate(image, kernel, groups=3))
            distances[name] = distance(name, image, filtered[name])
            ((one,),) = microgrid.correlate(each(lambda x: [x], red), microgrid.filter_kernel(name))
            in_arrays = 255 * filtered[name][ROW, COLUMN, 0]
            print(f"  {name:<12}{one[0]!s:>8}{in_arrays:>14.4f}{distances[name]:>10.2f}")
    path = Path(folder, "filters.png")
    picture(filtered, path)
    print("\nA box blur of ones adds up nine pixels, so it is nine times as bright as their mean.")
    print(f"The other six as pictures: {path}")
    return distances


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
