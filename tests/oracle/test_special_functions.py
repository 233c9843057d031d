"""What JAX's special functions mean, against mpmath; and the verdicts where JAX only approximates them."""

import importlib

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from jax.scipy import special
from test_check_grads import verdict

from microgrid.oracle import exact
from microgrid.oracle.meanings import special_functions
from microgrid.oracle.meanings.meaning import MEANINGS, meaning
from microgrid.oracle.meanings.special_functions import BROKEN_OFF
from microgrid.oracle.specials import ROWS

PI = mpmath.pi


def owens_t(h, a):
    return mpmath.quad(lambda t: mpmath.exp(-(h**2) * (1 + t**2) / 2) / (1 + t**2), [0, a]) / (2 * PI)


def wofz(z):
    return mpmath.exp(-z * z) * mpmath.erfc(-1j * z)


# name -> functions of mpmath, one for each output, and points
KNOWN = {
    "log_ndtr": ([lambda x: mpmath.log(mpmath.ncdf(x))], [(-9.5,), (0.3,)]),
    "normal_cdf": ([mpmath.ncdf], [(-2.5,), (0.3,)]),
    "normal_pdf": ([mpmath.npdf], [(-2.5,), (0.3,)]),
    "exp_neg_sq": ([lambda x: mpmath.exp(-x * x)], [(-2.5,), (0.3,)]),
    "log_cosh": ([lambda x: mpmath.log(mpmath.cosh(x))], [(-2.5,), (0.3,)]),
    "expi": ([mpmath.ei], [(-1.5,), (0.7,), (6.5,)]),
    "expn": ([mpmath.expint], [(2.0, 0.7), (3.0, 4.5)]),
    "_dawsn": (
        [lambda x: mpmath.sqrt(PI) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x)],
        [(-1.5,), (0.4,), (5.5,)],
    ),
    "_erfcx": ([lambda x: mpmath.exp(x * x) * mpmath.erfc(x)], [(-1.5,), (2.5,)]),
    "fresnel": ([mpmath.fresnels, mpmath.fresnelc], [(-0.7,), (1.9,)]),
    "sici": ([mpmath.si, mpmath.ci], [(0.7,), (5.5,)]),
    "_owens_t_impl": ([owens_t], [(0.7, 1.5), (-1.2, 0.4), (0.5, -0.8)]),
    "zeta": ([mpmath.zeta], [(1.0625, 0.75), (3.5, 2.25)]),
    "hyp1f1": ([mpmath.hyp1f1], [(0.5, 1.25, 0.75), (2.5, 0.75, -1.5)]),
    "hyp2f1": ([mpmath.hyp2f1], [(0.5, 1.25, 0.75, 0.25), (2.5, 0.75, 1.75, -0.5)]),
    "poch": ([lambda z, m: mpmath.gamma(z + m) / mpmath.gamma(z)], [(1.5, 2.25)]),
}


def near(ball, number):
    """Whether a ball and a number of mpmath agree to 35 digits."""
    number = mpmath.mpf(number)
    return abs(mpmath.mpf(ball.mid().str(60, radius=False)) - number) <= 1e-35 * (1 + abs(number))


def slope(f, x, j):
    return mpmath.diff(f, x, tuple(int(k == j) for k in range(len(x))))


@pytest.mark.parametrize("name", KNOWN)
def test_the_meaning_of_a_function_is_that_of_mpmath_with_its_slopes(name):
    functions, points = KNOWN[name]
    with mpmath.workdps(60), exact.precision(200) as arb:
        for row, f in zip(MEANINGS[name].rows, functions, strict=True):
            value, slopes = ROWS[row].balls
            for x in points:
                balls, number = list(map(arb, x)), tuple(map(mpmath.mpf, x))
                assert near(value(*balls), f(*number)), x
                for j, found in enumerate(slopes):
                    assert near(found(*balls, value(*balls)), slope(f, number, j)), (x, j)


@pytest.mark.parametrize("z", [0.75 + 0.5j, -0.25 - 1.5j])
def test_the_faddeeva_function_is_that_of_mpmath(z):
    x, y = z.real, z.imag
    with mpmath.workdps(60), exact.precision(200) as arb:
        for row, part in zip(MEANINGS["_wofz"].rows, ("real", "imag"), strict=True):
            value, slopes = ROWS[row].balls
            assert near(value(arb(x), arb(y)), getattr(wofz(mpmath.mpc(z)), part))
            for j, found in enumerate(slopes):
                along = mpmath.diff(lambda t, j=j: wofz(mpmath.mpc(z) + (1j if j else 1) * t), 0)
                assert near(found(arb(x), arb(y), None), getattr(along, part))


def test_every_meaning_is_looked_at():
    assert set(MEANINGS) == {*KNOWN, "_wofz"}
    assert set(BROKEN_OFF) <= set(MEANINGS)


CALLS = {
    "dawsn": (special.dawsn, 0.4), "erfcx": (special.erfcx, 0.4), "fresnel": (special.fresnel, 0.4),
    "sici": (special.sici, 1.4), "wofz": (special.wofz, 0.4), "owens_t": (special.owens_t, 0.4, 0.7),
    "zeta": (special.zeta, 1.4, 0.7), "exp1": (special.exp1, 0.4), "expi": (special.expi, 0.4),
    "expn": (lambda x: special.expn(3, x), 1.7), "poch": (special.poch, 1.4, 0.7),
    "hyp1f1": (special.hyp1f1, 0.4, 0.7, 0.3), "hyp2f1": (special.hyp2f1, 0.4, 0.7, 0.9, 0.3),
}  # fmt: skip
LONG, SLOW = ("hyp1f1", "hyp2f1", "expn"), pytest.mark.slow  # sums of many terms


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=SLOW), "float64"])
@pytest.mark.parametrize("name", [pytest.param(x, marks=SLOW) if x in LONG else x for x in CALLS])
def test_a_special_function_is_right_or_approximate(name, dtype):
    f, *args = CALLS[name]
    report = verdict(f, *(np.asarray(x, dtype) for x in args), modes="rev")
    assert report.verdict in ("ok", "approximate"), report


def test_the_truth_that_an_approximate_rule_is_shown_with_is_the_meaning():
    report = verdict(special.log_ndtr, np.float64(-21.0), modes="fwd")
    with mpmath.workdps(40):
        slope = mpmath.npdf(-21) / mpmath.ncdf(-21)
    (leaf,) = report.leaves
    assert leaf.verdict == "approximate" and float(leaf.truth) == pytest.approx(float(slope), rel=1e-14)


def test_a_meaning_of_ones_own_is_of_flints_complex_numbers():
    @jax.custom_jvp
    def short_sine(x):
        return x - x**3 / 6 + x**5 / 120

    short_sine.defjvp(lambda x, dx: (short_sine(*x), jnp.cos(x[0]) * dx[0]))
    assert verdict(short_sine, 0.5).verdict == "wrong"
    try:
        meaning("short_sine", lambda x: x.sin())
        importlib.reload(special_functions)  # JAX's own are registered when they are first needed
        for slopes in ([lambda x: x.cos()], []):
            meaning("short_sine", lambda x: x.sin(), *slopes)
            report = verdict(short_sine, 0.5)
            assert report.verdict == "approximate", report
            assert float(report.leaves[0].value) == pytest.approx(float(report.leaves[0].truth), rel=1e-14)
    finally:
        for row in MEANINGS.pop("short_sine").rows:
            del ROWS[row]


def test_a_function_that_only_has_the_name_of_another_one_is_not_taken_for_it():
    @jax.custom_jvp
    def sici(x):
        return jnp.sin(x), jnp.cos(x)

    sici.defjvp(lambda x, dx: (sici(*x), (jnp.sinc(x[0] / np.pi) * dx[0], jnp.cos(x[0]) / x[0] * dx[0])))
    assert verdict(sici, 1.4).verdict == "wrong"


def test_a_rule_of_an_approximated_function_that_is_a_little_wrong_is_wrong():
    @jax.custom_jvp
    def expi(x):
        return special.expi(x)

    expi.defjvp(lambda x, dx: (expi(*x), jnp.exp(x[0]) / x[0] * (1 + 1e-9) * dx[0]))
    assert verdict(expi, np.float64(1.75), modes="rev").verdict == "wrong"


def sine(off):
    """sin with a rule that is wrong by a factor."""
    made = jax.custom_vjp(jnp.sin)
    made.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (ct * jnp.cos(x) * (1 + off),))
    return made


SERIES = {  # beside which a rule that is wrong by so much would be taken for the rest of the series
    "a sum with zeta": (lambda f, x: jnp.sum(special.zeta(2.5, 1 + x * x) * 1e3 + f(x)), 1e-5),
    "the shape of a gamma variable": (
        lambda f, x: jnp.sum(jax.random.gamma(jax.random.key(0), jnp.exp(f(x)))), 1e-4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("engine", ["exact", "float64"])
def test_a_series_that_is_broken_off_hides_no_wrong_rule(name, engine):
    f, off = SERIES[name]
    x = np.array([1.4, 0.5], "float32")
    with jax.numpy_rank_promotion("allow"):  # which zeta's own rule needs
        right = verdict(lambda x: f(sine(0), x), x, modes="rev", engine=engine)
        report = verdict(lambda x: f(sine(off), x), x, modes="rev", engine=engine)
    assert right.verdict in ("ok", "approximate")
    assert report.verdict == "wrong" and report.guilty.rule.startswith("sin by")
