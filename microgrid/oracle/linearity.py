"""Whether a custom rule is linear: what else to ask of it than one set of cotangents, or of tangents.

A rule that clips, or drops what is small, is right for cotangents of a common size. So JAX's slopes along
others that are larger, and smaller, by a power of two are compared with what they were, times that power:
rounding commutes with it, so that a right rule gives the same numbers. Only where it does not, they are
proven.
"""

import jax.numpy as jnp
import numpy as np

from .flat import opposite

MOST = 40  # binary digits
LEAST = 4
OFF = 2.0**-8  # beside a number: far more than what compilers reorder


def others(run, given):
    """(a word, cotangents or tangents) that a custom rule is to be asked too, besides those that are given.

    run: what gives JAX's slopes along such, a list of arrays.
    """
    yield "opposite", opposite(given)
    before = run(given)
    exponent = min((_exponent(w.dtype) for w in given), default=LEAST)
    for word, scale in (("large", 2.0**exponent), ("small", 2.0**-exponent)):
        scaled = [(w * scale).astype(w.dtype) for w in given]
        if any(_strays(x, y, scale) for x, y in zip(before, run(scaled), strict=True)):
            yield word, scaled


def counts(word, verdict):
    """Whether a verdict on slopes along others is one on the rule: at sizes that are not those of the run
    numbers may overflow and underflow, and only a proof counts.

    >>> counts("opposite", "unexplained"), counts("large", "unexplained"), counts("large", "wrong")
    (True, False, True)
    """
    return word == "opposite" or verdict == "wrong"


def _exponent(dtype):
    """Of the power of two by which numbers of a type are made larger: a sixth of its range."""
    return min(MOST, max(LEAST, int(jnp.finfo(dtype).maxexp) // 6))


def _strays(before, after, scale):
    """Whether numbers are not what they were, times a scale, where the type has numbers of that size."""
    finfo = jnp.finfo(before.dtype)
    if not np.size(before):
        return False
    with np.errstate(all="ignore"):
        parts = ([np.real(x), np.imag(x)] for x in map(_wide, (before, after)))
        was, now = map(np.stack, parts)
        was = was * scale
        seen = (np.abs(was) > 16 * float(finfo.tiny)) & (np.abs(was) < float(finfo.max) / 16)
        return bool((seen & np.isfinite(now) & (np.abs(now - was) > OFF * np.abs(was))).any())


def _wide(numbers):
    return np.asarray(numbers).astype(complex if np.iscomplexobj(numbers) else float)
