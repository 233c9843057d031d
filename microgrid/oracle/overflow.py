"""What is too large, or too small, for its type: seen along weights, or directions, of another size.

slopes(2^k w) = 2^k slopes(w), to the last bit, as long as nothing overflows and nothing underflows
"""

import jax
import jax.numpy as jnp
import numpy as np

from . import slopes
from .answer import FLUSHED
from .flat import single
from .refusals import REFUSALS
from .rounding import smallest

LARGE = (
    "the true number is too large for {}, whose largest is {:.5g}. Fix: a smaller loss scale, or a wider type"
)
ON_THE_WAY = "a number overflows on the way to JAX's. Fix: a smaller loss scale, or a wider type"
DRAWN = "{} drawn (see seed=): what it adds up may overflow where no single slope does"
SMALL = "a number is too small for its type on the way: along {} 2^{} times as large JAX's slopes are others"
KINDS = {"rev": ("weights", "the weights of the outputs were"), "fwd": ("a direction", "the direction was")}
SHARES = (0.75, 0.5, 0.25, 0.125)  # of the exponents of a type, to make numbers larger by


def scaled(given, digits):
    """Numbers times a power of two."""
    return [(w * 2.0**digits).astype(w.dtype) for w in given]


def reach(given):
    """The largest exponent of the narrowest type of some numbers."""
    return min((int(jnp.finfo(w.dtype).maxexp) for w in given), default=0)


def notes(flat, mode, given, too_large):
    """What to say of slopes of a `Flat` function that are not finite, where that is because something is too
    large. too_large: the types that have no number as large as a true one."""
    told = [LARGE.format(dtype, float(jnp.finfo(dtype).max)) for dtype in too_large]
    try:
        run, _, waits = slopes.along(flat, mode, given)
        less = None if waits else run(scaled(given, 4 - reach(given)))
    except REFUSALS:
        return told
    if less is None or not all(bool(jnp.isfinite(x).all()) for x in jax.tree.leaves(less)):
        return told
    return (told or [ON_THE_WAY]) + ([] if single(given) else [DRAWN.format(KINDS[mode][1])])


def underflows(run, given, made):
    """([(the numbers of an array of slopes without underflow, [n] which lost more than half to it)], by how
    many binary digits the weights, or the direction, were larger that tell). run: what gives slopes along
    such, equation by equation, as compilers fold two small factors to 0; made: those along the given."""
    arrays = [np.asarray(x).reshape(-1) for x in made]
    known, told = [np.full_like(x, np.nan) for x in arrays], 0
    scale = max((float(np.max(np.abs(x), initial=0.0, where=np.isfinite(x))) for x in arrays), default=0.0)
    for digits in (int(share * reach(given)) for share in SHARES):
        for k, x in enumerate(run(scaled(given, digits))):
            more = np.ldexp(1.0, -digits) * np.asarray(x).reshape(-1).astype(_wide(known[k]))
            known[k] = np.where(np.isfinite(known[k]), known[k], more)
        told = told or digits
        if all(np.isfinite(x).all() for x in known):
            break
    found = []
    for one, other in zip(arrays, known, strict=True):
        least = max(float(jnp.finfo(one.dtype).eps) ** 0.5 * scale, FLUSHED * smallest(one.dtype))
        with np.errstate(all="ignore"):
            off, sizes = np.abs(one.astype(_wide(one)) - other), np.abs(other)
        found.append((other, np.isfinite(off) & (sizes >= least) & (off > sizes / 2)))
    return found, told


def _wide(numbers):
    return complex if np.iscomplexobj(numbers) else float
