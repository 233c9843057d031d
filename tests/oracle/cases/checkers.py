"""The checkers that are compared: ours, JAX's at its defaults and tuned, and a union of the usual tests."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads as differences

from microgrid.oracle import check_grads
from tests.oracle.cases.case import of_floats

ALARM, PASS, NOT_CHECKED = "alarm", "pass", "not checked"


@dataclass(frozen=True)
class Checker:
    """check(case, **tuning) -> (one of ALARM, PASS, NOT_CHECKED; the same in its own words; the primitive it
    calls guilty, or ""); tunings: what it is tried with, the best of which counts."""

    title: str
    check: object
    tunings: tuple = ({},)


def ours(case):
    """microgrid.oracle.check_grads, told what is declared."""
    with jax.enable_x64(case.x64):
        f, args, declared = case.made()
        report = check_grads(f, args, case.order, case.modes, surrogate=declared, raises=False)
    guilty = report.guilty.primitive if report.guilty else ""
    if report.verdict == "unsupported":
        return NOT_CHECKED, report.verdict, guilty
    return (ALARM if report.failed else PASS), report.verdict, guilty


def jaxs(case, **tuning):
    """jax.test_util.check_grads, of the float arguments alone: it takes no others."""
    with jax.enable_x64(case.x64):
        f, args, _ = case.made()
        return *by_differences(*of_floats(f, args), case, **tuning), ""


def by_differences(call, x, case, **tuning):
    """(what JAX's checker says, why) of a function of float arrays."""
    try:
        differences(lambda *x: call(*map(jnp.asarray, x)), x, case.order, case.modes, **tuning)
    except AssertionError:
        return ALARM, "differs"
    except Exception as error:
        return NOT_CHECKED, type(error).__name__
    return PASS, "agrees"


def union(case, step, tolerance, factor):
    """An alarm where any of three tests raises one: of nan, by float64 differences, float32 against float64.

    step, tolerance: of the differences; factor: how many square roots of the narrower dtype's eps, of the
    largest number of an array, its slope in two precisions may be apart.
    """
    call, wide, nan, narrow, wider = in_two_precisions(case)
    if nan:
        return ALARM, "not finite", ""
    with jax.enable_x64(True):
        tests = [by_differences(call, wide, case, eps=step, atol=tolerance, rtol=tolerance)]
    tests.append(precisions(narrow, wider, factor))
    said = [test[0] for test in tests]
    verdict = ALARM if ALARM in said else PASS if PASS in said else NOT_CHECKED
    return verdict, ", ".join(word for _, word in tests), ""


@lru_cache(maxsize=1)  # what no tuning changes
def in_two_precisions(case):
    """(f of floats, those in 64 bits, whether slopes are not finite, slopes in 32 and in 64 bits or None)."""
    with jax.enable_x64(case.x64):
        (call, x), (other, _) = (
            of_floats(*case.made()[:2]) for _ in range(2)
        )  # JAX's caches mix up precisions
        y, slopes = jax.jit(call)(*x), all_slopes(call, x, case)
        nan = finite(y) and not finite(slopes)
    call = jax.jit(other)
    with jax.enable_x64(True):
        wide = [a.astype(jnp.complex128 if jnp.iscomplexobj(a) else jnp.float64) for a in x]
        wider = None if nan else attempt(all_slopes, call, wide, case)
    return call, wide, nan, narrower(case) if case.x64 else slopes, wider


def attempt(function, *args):
    """What a function returns, or None where it does not work."""
    try:
        return function(*args)
    except Exception:
        return None


def narrower(case):
    """The slopes of a case made in 32 bits, or None where its values are not finite there."""
    with jax.enable_x64(False):
        f, args, _ = case.made()
        call, x = of_floats(f, args)
        if finite(x) and finite(attempt(call, *x) or [np.nan]):
            return attempt(all_slopes, call, x, case)
    return None


def precisions(narrow, wide, factor):
    """(verdict, why) on slopes in two precisions."""
    if narrow is None or wide is None:
        return NOT_CHECKED, "one precision only"
    for a, b in zip(narrow, wide, strict=True):
        a, eps, b = np.asarray(a).astype(np.complex128), float(jnp.finfo(a.dtype).eps), np.asarray(b)
        allowed = factor * eps**0.5 * np.max(np.abs(b), initial=0.0)
        if not np.max(np.abs(a - b), initial=0.0) <= allowed:  # nan is no agreement
            return ALARM, "precisions differ"
    return PASS, "precisions agree"


def finite(arrays):
    """Whether all numbers are."""
    return all(np.isfinite(np.asarray(a).astype(np.complex128)).all() for a in arrays)


def all_slopes(call, x, case):
    """The slopes of every order and mode of a case, contracted with fixed weights; compiled as one."""

    @jax.jit
    def slopes(*x):
        found = []
        for mode in case.modes:
            f = call
            for _ in range(case.order):
                f = derived(f, mode)
                found += f(*x)
        return found

    return slopes(*x)


def derived(call, mode):
    """The function that returns the contracted derivative of another one."""

    def reverse(*x):
        y, pull = jax.vjp(call, *x)
        return list(pull(weights(y)))

    def forward(*x):
        return list(jax.jvp(call, x, tuple(weights(x)))[1])

    return reverse if mode == "rev" else forward


def weights(arrays):
    """Fixed weights of either sign for arrays, such as every dtype holds exactly."""
    draw, found = np.random.RandomState(0), []
    for a in arrays:
        numbers = draw.choice([-1, 1], a.shape) * draw.randint(4, 13, a.shape) / 8
        found.append(jnp.asarray(numbers, a.dtype))
    return found


STEPS = (1e-1, 1e-2, 1e-3, 1e-4)
TOLERANCES = ((None, None), (0.5, 0.5), (1e-1, 1e-1), (1e-2, 1e-2), (1e-3, 1e-3), (0, 1e-2))
JAXS = tuple(dict(eps=eps, atol=atol, rtol=rtol) for eps, (atol, rtol) in product(STEPS, TOLERANCES))
UNIONS = tuple(
    dict(step=step, tolerance=tolerance, factor=factor)
    for step, tolerance, factor in product((1e-3, 1e-4, 1e-5), (1e-2, 1e-3, 1e-5), (1, 10))
)
CHECKERS = {
    "ours": Checker("microgrid.oracle.check_grads", ours),
    "jax": Checker("jax.test_util.check_grads, defaults", jaxs),
    "tuned": Checker("jax.test_util.check_grads, tuned", jaxs, JAXS),
    "union": Checker("nan, or float64 differences, or float32 against float64", union, UNIONS),
}
