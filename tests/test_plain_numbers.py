"""The scalar room computes with Python's numbers, whatever kind of numbers a formula is given."""

import itertools

import numpy as np
import pytest

from microgrid.oracle import crosscheck
from microgrid.oracle.pairs import PAIRS
from microgrid.oracle.trajectories import optimizer_run, path


def _each(function, x):
    """x with a function of each of its numbers; words, flags and None stay."""
    if isinstance(x, list | tuple | dict):
        items = x.values() if isinstance(x, dict) else x
        made = [_each(function, part) for part in items]
        return dict(zip(x, made, strict=True)) if isinstance(x, dict) else type(x)(made)
    return function(x) if isinstance(x, int | float) and not isinstance(x, bool) else x


def _small(x):
    """A number that every kind here holds: a whole one below 256 for a whole one, else one of few bits."""
    return min(abs(x), 255) if isinstance(x, int) else float(np.float16(max(min(x, 1e4), -1e4)))


def _whole(x):
    return min(abs(round(x)), 255)


def _outcome(run, case):
    try:
        return repr(run(case)), True
    except (ArithmeticError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}", False


def _unlike(pair, kind, usual, cases):
    """The cases in which an argument of the kind gives another result than that of Python, and how many gave
    one at all; usual: number -> one of Python that the kind holds."""

    def run(case):
        made = scalar(**{name: case[name] for name in pair.arguments})
        return optimizer_run(made, case["params"], case["slopes"]) if pair.walks else made

    params, slopes = path({})
    walk = dict(params=params, slopes=slopes[:4])
    scalar, unlike, results = crosscheck.rooms(pair)[0], [], 0
    for case in cases:
        case = _each(_small, case | (walk if pair.walks else {}))
        for name in case:
            plain = case | {name: _each(usual, case[name])}
            told, found = _outcome(run, plain)
            got = _outcome(run, plain | {name: _each(kind, plain[name])})[0]
            results += found
            if got != told:
                unlike.append((name, got, told))
    return unlike, results


def _same(x):
    return x


KINDS = {np.uint8: _whole, np.float16: _small, np.float32: _small, np.float64: _same}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_every_argument_may_be_a_number_of_numpy(pair, kind):
    def made(x):
        return np.int16(x) if isinstance(x, int) and kind is not np.uint8 else kind(x)

    cases = itertools.islice(crosscheck.cases(pair, count=2), 0, None, 3)
    unlike, results = _unlike(pair, made, KINDS[kind], itertools.islice(cases, 6))
    assert not unlike, unlike[:3]
    assert results
