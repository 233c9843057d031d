"""The scalar room computes with Python's numbers, whatever kind of numbers a formula is given."""

import itertools
from decimal import Decimal
from fractions import Fraction

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import microgrid as mg
from microgrid import checks
from microgrid.embedding import embedding
from microgrid.oracle import pair_verdicts
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
    scalar, unlike, results = pair_verdicts.rooms(pair)[0], [], 0
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

    cases = itertools.islice(pair_verdicts.cases(pair, count=2), 0, None, 3)
    unlike, results = _unlike(pair, made, KINDS[kind], itertools.islice(cases, 6))
    assert not unlike, unlike[:3]
    assert results


ARRAYS = {  # data as one array of bytes
    "batch_norm": lambda kind: mg.batch_norm(kind([[200, 250], [201, 3]]), kind([201, 3]), [4, 4]),
    "layer_norm": lambda kind: mg.layer_norm(kind([200, 3, 7]), kind([2, 3, 4]), kind([5, 6, 7])),
    "sample_weighted": lambda kind: mg.sample_weighted(kind([200, 100]), kind([2, 2])),
    "interpolation": lambda kind: mg.interpolation([[4.0]], [[1.0]], kind([2])),
    "dropout": lambda kind: mg.dropout(kind([200, 3]), kind([1, 0]), 0.5),
    "max_pool": lambda kind: mg.max_pool(kind([[3], [200]]), (2,)),
    "pad": lambda kind: mg.pad(kind([[3], [200]]), [(1, 0)]),
    "ctc_loss": lambda kind: mg.ctc_loss(kind([[[1, 2], [7, 3]]]), kind([[1]])),
    "embedding": lambda kind: embedding(kind([1]), kind([[3, 4], [200, 5]])),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_bytes_counts_as_its_numbers_do(name):
    told = repr(ARRAYS[name](list))
    for array in (lambda x: np.array(x, "uint8"), lambda x: jnp.array(x, "uint8")):
        assert repr(ARRAYS[name](array)) == told


@pytest.mark.parametrize("kind", [np.float32, np.float16, jnp.float32, jnp.bfloat16, np.array])
def test_nets_with_settings_of_other_kinds_learn_as_with_floats(kind):
    def learnt(kind):
        layers = [mg.Linear(1, 2), mg.PReLU(initial_slope=kind(0.25)), mg.BatchNorm(2, eps=kind(0.5))]
        net = mg.NeuralNet([*layers, mg.Linear(2, 1)])
        net.compile(mg.momentum(kind(0.125), kind(0.5)), "huber", l1=kind(0.5), l2=kind(0.25))
        net.fit([[0.1], [0.2]], [[1.0], [2.0]], epochs=3)
        return repr([weight.data for weight in net.parameters()])

    assert learnt(kind) == learnt(float)


EXACT = [Fraction(1, 3), Decimal("0.1"), 0.25, 1, mg.Value(0.5), mpmath.mpf(0.5)]


@pytest.mark.parametrize("number", EXACT)
def test_a_number_of_another_system_stays_what_it_is(number):
    assert checks.positive("f", "x", number) is number
    assert checks.operand("f", "x", number) is number
    assert checks.read(rows := [[number, 0.5], [1, number]]) is rows
    assert checks.each(lambda x: x, [number])[0] is number


def test_only_what_is_of_numpy_is_read_anew():
    rows = ([1.0, np.float32(0.5)], (kept := [2, 3]))
    assert repr(checks.read(rows)) == "[[1.0, 0.5], [2, 3]]"
    assert checks.read(rows)[1] is kept
    assert checks.read(np.complex64(2j)) == 2j and type(checks.read(np.complex64(2j))) is complex
    assert checks.read(None) is None and checks.read("a") == "a"


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_gradient_of_numpy_flows_back_as_one_of_python(kind):
    x = mg.Value(3.0)
    (-x * x).backward(kind(255))
    assert x.grad == -6 * 255 and type(x.grad) is float


@pytest.mark.parametrize("call", [mg.sgd, mg.momentum, lambda x: mg.huber([1.0], [1.0], delta=x)])
def test_a_decimal_that_is_no_number_is_refused_as_a_float_is(call):
    with pytest.raises(ValueError, match=r"^\w+: \w+ must be a finite number >=? 0; got nan\.$"):
        call(Decimal("nan"))


def test_a_decimal_meets_settings_that_are_decimals():
    one = Decimal(1)
    assert mg.leaky_relu(-one, one / 2, one) == Decimal("-0.5")
    assert mg.layer_norm([one, 3 * one], eps=Decimal("1e-30"))[1].quantize(one) == 1


@pytest.mark.parametrize("function", [mg.hard_tanh, mg.relu6, mg.elu])
def test_a_decimal_nan_has_no_side_of_a_kink(function):
    with pytest.raises(ValueError, match=r": x must compare; got a Decimal nan\. Fix: float\('nan'\)\.$"):
        function(Decimal("nan"))
