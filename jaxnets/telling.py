"""How things are shown in the sentence of an error, each in one short line."""

import reprlib
from difflib import get_close_matches
from types import FunctionType

import jax
import numpy as np
from jax.core import Tracer


def shown(x):
    """An object as it is written, in one short line."""
    if isinstance(x, FunctionType):
        return f"<function {x.__name__}>"  # without its address, which says nothing
    try:
        text = " ".join(reprlib.repr(x).split())
    except ValueError:  # a whole number of thousands of digits, which Python does not write
        return f"one of {x.bit_length()} bits"
    return text if len(text) <= 200 else f"{text[:197]}..."


def told(x):
    """What came, in one short line; of a large array its type and shape."""
    if isinstance(x, np.ma.MaskedArray):
        return f"a masked array of {x.dtype} and shape {x.shape}. Fix: fill it, x.filled(0)"
    if isinstance(x, np.ndarray | np.generic | jax.Array) and not isinstance(x, Tracer):
        if x.ndim > 1 or x.size > 6:
            return f"an array of {x.dtype} and shape {x.shape}"
        x = x.tolist() if hasattr(x, "tolist") else x  # keys of JAX have no list
    return shown(x)


def near(name, names):
    """The fix for a name that is nearly one of those that are known: other letters, or only their first."""
    if not isinstance(name, str):
        return ""
    known = {other.casefold(): other for other in names}
    folded = name.casefold()
    close = get_close_matches(folded, known, 1, 0.9) or get_close_matches(folded, known, 2, 0.75)
    short = [x for x in names if "".join(word[:1] for word in x.split("_")) == folded]
    found = [known[word] for word in close] or short[:1]
    return f" Fix: {' or '.join(map(repr, found))}." if found else ""


def why(error):
    """The first line of what another's code raised, for a sentence."""
    first = " ".join(str(error).strip().splitlines()[:1])
    plain = first and isinstance(error, TypeError | ValueError)
    return first if plain else f"{type(error).__name__} {first}".strip()


def raised(x, error):
    """What came, and what it said when it was asked for its numbers."""
    return f"got {told(x)}, which raises {why(error)}"
