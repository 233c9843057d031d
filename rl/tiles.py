"""Tile coding: a point in a box becomes the few tiles that it lies on, one of each of several shifted grids.

K: number of tilings, D: dimensions. An array with one row a tile is then a table for a continuous space: near
points share most of their tiles, so what is learnt at one is believed of the others.
"""

from functools import lru_cache
from math import prod

import numpy as np

from . import checks, inputs

MOST = 10_000_000  # tiles; more is a mistake far oftener than a wish
_CACHED = 1 << 16  # cells whose tiles are remembered


class Tiles:
    """K grids of equal tiles over a box, each shifted a little from the last.

        coordinate[k,d] = floor((x[d] - low[d]) / (high[d] - low[d]) * tiles[d] + shift[k,d])
        shift[k,d] = (k * (2 * d + 1) mod K) / K

    Each grid has tiles[d] + 1 tiles along dimension d, so that it covers the box wherever it is shifted to.
    The odd numbers 1, 3, 5, ... shift dimensions differently, which avoids diagonal artefacts.
    Points outside the box count as the nearest point in it.

    low, high: [D]. tiles: [D]. num_tilings: K. size: tiles in all, sum_k prod_d (tiles[d] + 1).
    Source: Sutton and Barto 2018, section 9.5.4; the shifts are those of Miller and Glanz 1996.

    >>> tiles = Tiles(low=[0.0], high=[1.0], tiles=4, num_tilings=2)
    >>> [tiles.active([x]).tolist() for x in (0.0, 0.125, 0.25, 1.0)]
    [[0, 5], [0, 6], [1, 6], [4, 9]]
    """

    def __init__(self, low, high, tiles: int | tuple[int, ...] = 8, num_tilings=8):
        """low, high: [D], finite, low < high. tiles: integers >= 1, one for each dimension or one for all.

        num_tilings: an integer >= 1; a power of two that is at least 4 * D spreads the grids most evenly.
        Raises ValueError for a box that is unbounded or empty, or for more than ten million tiles.
        """
        self.low = inputs.numbers("Tiles", "low", low).astype(float)
        self.high = inputs.numbers("Tiles", "high", high).astype(float)
        checks.same_shape("Tiles", ("low", "high"), (self.low, self.high), "D")
        for name, bound in (("low", self.low), ("high", self.high)):
            checks.finite("Tiles", name, bound)
        if not (self.low < self.high).all():
            d = int(np.argmin(self.low < self.high))
            raise ValueError(
                f"Tiles: low must be < high; got {self.low[d]} and {self.high[d]} in dimension {d}."
            )
        self.tiles = inputs.sizes("Tiles", "tiles", tiles if isinstance(tiles, list | tuple) else (tiles,))
        if len(self.tiles) == 1:
            self.tiles *= len(self.low)
        if len(self.tiles) != len(self.low):
            raise ValueError(
                f"Tiles: tiles must be one number or {len(self.low)}; got {len(self.tiles)} numbers."
            )
        checks.whole_number("Tiles", "num_tilings", num_tilings, 1)
        self.num_tilings = int(num_tilings)
        self.size = self.num_tilings * prod(count + 1 for count in self.tiles)
        if self.size > MOST:
            raise ValueError(
                f"Tiles: there must be at most {MOST:,} tiles; got {self.size:,} in {len(self.low)} "
                "dimensions. Fix: a smaller number in tiles for each dimension."
            )
        self.active = self._coder()

    def _coder(self):
        """The function `active`, free of lookups of attributes: it is called at every step.

        Shifts are multiples of 1 / K, so a point's tiles depend only on its cell of a grid that is K times
        finer, and the tiles of a cell are worked out once.
        """
        count, lengths = self.num_tilings, [tiles + 1 for tiles in self.tiles]
        odd = [2 * d + 1 for d in range(len(lengths))]
        scales = (np.array(self.tiles) * count / (self.high - self.low)).tolist()
        edges = list(zip(self.low.tolist(), self.high.tolist(), scales, strict=True))

        @lru_cache(_CACHED)
        def of_cell(cell):
            found = []
            for k in range(count):
                number = k
                for place, factor, length in zip(cell, odd, lengths, strict=True):
                    number = number * length + (place + k * factor % count) // count
                found.append(number)
            found = np.array(found)
            found.flags.writeable = False  # it is handed out again
            return found

        def active(x):
            """The tiles that a point lies on: [K] integers in [0, size), one of each tiling in turn.

            x: [D] numbers. Raises ValueError for another length or for nan.
            """
            x = x.tolist() if isinstance(x, np.ndarray) else x
            try:
                cell = [
                    int(((low if v < low else high if v > high else v) - low) * scale)
                    for v, (low, high, scale) in zip(x, edges, strict=True)
                ]
            except (TypeError, ValueError):
                raise ValueError(f"active: x must be {len(edges)} numbers; got {x}.") from None
            return of_cell(tuple(cell))

        return active
