"""Whether a custom rule is linear: what else to ask of it than one set of cotangents, or of tangents.

A rule that clips, or drops what is small, is right for cotangents of a common size, and one that looks at
their signs for some of these. So JAX's slopes along others are compared with what they must be: those that
are larger, or smaller, by a power of two, with which rounding commutes, and those of which some point the
other way. Only where they are far from that, they are proven.
"""

from collections import namedtuple

import jax.numpy as jnp
import numpy as np

from ..flat import opposite
from ..rounding import smallest

SIZES = (20, -20, 40, -40)  # binary digits by which numbers are made larger, or smaller
LEAST = 4
SPLITS = 6  # into numbers that keep their signs and those that do not: any two of 64 are told apart once
OFF = 2.0**-8  # relative to a number: far more than what compilers reorder, and iterations leave
BROKEN = "a custom rule is right for some {} and not for others: it is not linear"

Asked = namedtuple("Asked", "word given terms")
Asked.__doc__ = """Others that a rule is to be asked: what it says of them is the sum of the terms, factors
and what it says of some more."""


def others(run, given, waits=False):
    """(a word, cotangents or tangents) that a custom rule is to be asked too, besides those that are given.

    run: what gives JAX's slopes along such, a list of arrays, or None of what is not to be asked; waits: see
    `questions`.
    """
    turned = opposite(given)
    if not waits or run(turned) is not None:
        yield "opposite", turned
    seen = set()
    for asked in breaches(run, given, waits):
        if asked.word not in seen:
            yield asked.word, asked.given
            yield from ((asked.word, more) for factor, more in asked.terms if more is not given)
        seen.add(asked.word)


def breaches(run, given, waits=False, around=False):
    """What a rule is `Asked` whose answers, in floats, are far from those of a linear one.

    run, given, waits, around: as in `others` and `questions`.
    """
    known = {}

    def answers(ct):
        key = tuple(np.asarray(x).tobytes() for x in ct)
        if key not in known:
            made = run(ct)
            known[key] = None if made is None else [_wide(x) for x in made]
        return known[key]

    if (made := run(given)) is None:
        return
    dtypes = [x.dtype for x in made]
    for asked in questions(given, waits, around):
        now, *others = [answers(ct) for ct in (asked.given, *(ct for _, ct in asked.terms))]
        if now is None or None in others:
            continue
        rows = [[factor * x for x in other] for (factor, _), other in zip(asked.terms, others, strict=True)]
        numbers = zip(now, *rows, dtypes, strict=True)
        if any(_strays(now, terms, dtype, asked.word) for now, *terms, dtype in numbers):
            yield asked


def questions(given, waits=False, around=False):
    """What a rule is `Asked` besides what is given.

    waits: whether it runs a loop until that is near enough: such a loop may be so at once for small numbers,
    and never for large ones. around: whether to ask for numbers near 1 in the place of the given ones too.
    """
    one = _scaled(given, -_exponent(given)) if around else given
    yield Asked("turned", [-w for w in one], [(-1.0, one)])
    least = min((_range(w.dtype) for w in given), default=LEAST)
    for size in () if waits else SIZES:
        digits = int(np.sign(size)) * min(abs(size), least)
        word = "large" if size > 0 else "small"
        yield Asked(word, _scaled(one, digits), [(2.0**digits, one)])
        if around and abs(size) == min(map(abs, SIZES)):
            yield Asked(word, _scaled(given, digits), [(2.0**digits, given)])
    if not waits:
        far, single = 2.0 ** min(SIZES[0] // 2, least), _single(one)
        spiked = [w + (far - 1) * x for w, x in zip(one, single, strict=True)]
        yield Asked(
            "large",
            [x.astype(w.dtype) for x, w in zip(spiked, one, strict=True)],
            [(1.0, one), (far - 1, single)],
        )
    if any(np.iscomplexobj(w) for w in one):
        real = [np.real(w).astype(w.dtype) for w in one]
        yield Asked("signs", real, [(1.0, one), (-1.0, [w - x for w, x in zip(one, real, strict=True)])])
    for keeps in _splits(one):
        kept = [jnp.where(keep, w, 0) for keep, w in zip(keeps, one, strict=True)]
        turned = [jnp.where(keep, w, -w) for keep, w in zip(keeps, one, strict=True)]
        yield Asked("signs", turned, [(2.0, kept), (-1.0, one)])


def counts(word, verdict):
    """Whether a verdict on slopes along others is one on the rule: at sizes and signs that are not those of
    the run numbers may overflow, underflow and cancel, and only a proof counts.

    >>> counts("opposite", "unexplained"), counts("large", "unexplained"), counts("signs", "wrong")
    (True, False, True)
    """
    return word == "opposite" or verdict == "wrong"


def _range(dtype):
    """How many binary digits numbers of a type are made larger or smaller at most: a third of its range."""
    return max(LEAST, int(jnp.finfo(dtype).maxexp) // 3)


def _exponent(given):
    """That of the largest of some numbers, to base 2."""
    largest = max((float(np.max(np.abs(_wide(w)), initial=0.0)) for w in given), default=0.0)
    return int(np.frexp(largest)[1])


def _scaled(given, digits):
    """Numbers times a power of two."""
    half = digits // 2  # of which a narrow type may not have the whole
    return [
        (w * w.dtype.type(2.0**half) * w.dtype.type(2.0 ** (digits - half))).astype(w.dtype) for w in given
    ]


def _single(given):
    """The last number that is not 0, and 0 in the place of all others."""
    flat = np.concatenate([np.asarray(w).ravel() for w in given] or [np.zeros(0)])
    at = np.flatnonzero(flat)[-1:]
    keeps = np.split(np.isin(np.arange(flat.size), at), np.cumsum([np.size(w) for w in given])[:-1])
    return [jnp.where(keep.reshape(np.shape(w)), w, 0) for keep, w in zip(keeps, given, strict=True)]


def _splits(given):
    """Which numbers keep their signs, arrays of booleans, where the others are to turn: so that all have one
    sign, or the other, and any two that are not 0 are told apart, if they are few."""
    yield [np.real(_wide(w)) > 0 for w in given]
    yield [np.real(_wide(w)) < 0 for w in given]
    places = np.cumsum(np.concatenate([np.asarray(w).ravel() != 0 for w in given])) - 1
    ends = np.cumsum([np.size(w) for w in given])[:-1]
    for digit in range(min(SPLITS, int(places[-1]).bit_length() if places.size else 0)):
        keeps = np.split(places >> digit & 1 == 0, ends)
        yield [keep.reshape(np.shape(w)) for keep, w in zip(keeps, given, strict=True)]


def allowed(sizes, dtype, word):
    """How far numbers of an array may be off, by the sizes of the terms they are made of; infinity for those
    that are too large or too small for their type."""
    seen = (sizes > smallest(dtype) / OFF) & (sizes < float(jnp.finfo(dtype).max) / 16)
    if word == "signs":  # sums may cancel
        sizes = np.max(sizes, initial=0.0, where=seen)
    return np.where(seen, OFF * sizes, np.inf)


def _strays(now, terms, dtype, word):
    """Whether numbers are not the sums of some terms."""
    with np.errstate(all="ignore"):
        sizes = np.max(np.abs([now, *terms]), axis=0)
        return bool((np.abs(now - sum(terms)) > allowed(sizes, dtype, word)).any())


def _wide(numbers):
    return np.asarray(numbers).astype(complex if np.iscomplexobj(numbers) else float)
