"""Small arrays joined end to end, one of each type: a file costs the disk more than its bytes do."""

import numpy as np

SMALL = 1 << 20  # bytes; a larger array is an item of its own


def join(leaves, arrays):
    """{item: array to write} of {number of a leaf: array}; tells each leaf its item, and where it starts."""
    items, joined, ends = {}, {}, {}
    for number, array in arrays.items():
        if array.nbytes > SMALL:
            item, start = str(number), 0
            items[item] = array
        else:
            item = array.dtype.name
            start = ends.get(item, 0)
            joined.setdefault(item, []).append(array.reshape(-1))
            ends[item] = start + array.size
        leaves[number] |= {"item": item, "start": start}
    return items | {item: np.concatenate(parts) for item, parts in joined.items()}


def take(leaf, form, items):
    """The array of a leaf out of the items; ValueError where it is not in them. form: its shape and type."""
    shape, dtype = form
    start, size = leaf["start"], int(np.prod(shape, dtype=object))
    item = items.get(leaf["item"])
    if item is None or item.dtype != dtype or type(start) is not int or not 0 <= start <= item.size - size:
        raise ValueError(f"no {dtype}{list(shape)} in item {leaf['item']!r}")
    part = item.reshape(-1)[start : start + size].reshape(shape)
    return part if size == item.size else part.copy()  # a part would keep all of it in memory
