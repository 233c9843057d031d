"""Every label proved without the oracle: JAX's derivative against an 80-digit or closed-form one.

    python -m tests.oracle.cases.labels [word ...]    only cases whose name or half is among the words

The derivative is contracted with a fixed direction v and a fixed cotangent u. Honest rounding stays within

    eps * (roundings * S + 4 * K) + tiny

eps: the unit of the coarsest dtype that goes in or comes out; S: the sum of |u J v| over all pairs of an
input and an output; K: how far the number moves when every argument moves by one relative eps, divided by
eps. Right is what is within the bound. Wrong is what is not finite, or further off than a hundred times the
bound, where the primitive called guilty occurs in the program. At a kink each of JAX's partial derivatives
must lie between the one-sided ones.
"""

import sys
import time
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import jaxprs_in_params

from tests.oracle.cases import HALVES, cases
from tests.oracle.cases.derivative import STEP, Derivative, dot
from tests.oracle.cases.exact import Gradient, mp

FACTOR = 100


def primitives(jaxpr):
    """The names of all primitives of a program, inner programs included."""
    inner = [jaxprs for equation in jaxpr.eqns for jaxprs in jaxprs_in_params(equation.params)]
    return {equation.primitive.name for equation in jaxpr.eqns}.union(*map(primitives, inner))


def closed_form(derivative, gradient):
    """(u J v, S) by a closed-form gradient."""
    made = gradient.function(derivative.args, derivative.u)
    pairs = zip(made, derivative.v, strict=True)
    terms = [(np.asarray(g) * np.asarray(v).astype(np.complex128)).reshape(-1).real for g, v in pairs]
    return mp.mpf(float(np.sum(np.concatenate(terms)))), mp.mpf(float(np.sum(np.abs(np.concatenate(terms)))))


def bound(derivative, size, sensitivity):
    """How far honest rounding may go; below the smallest normal number it takes what is multiplied there."""
    weights = [np.asarray(a).astype(np.complex128) for a in (*derivative.u, *derivative.v)]
    smallest = derivative.tiny * float(sum(np.sum(np.abs(a)) for a in weights))
    return derivative.eps * derivative.case.roundings * size + 4 * sensitivity + smallest


def prove(case):
    """(whether the label is proved, what was found), in JAX's precision for the case."""
    with jax.enable_x64(case.x64), jax.numpy_rank_promotion("allow"):
        derivative = Derivative(case)
        if case.label == "wrong":
            names = primitives(jax.make_jaxpr(derivative.call)(*derivative.x).jaxpr)
            if case.guilty not in names:
                return False, f"{case.guilty} is not among {sorted(names)}"
        return between(derivative) if case.kink else near(derivative)


def near(derivative):
    """The proof where the function is smooth."""
    case = derivative.case
    if isinstance(case.proof, Gradient):
        true, size = closed_form(derivative, case.proof)
        allowed = bound(derivative, size, 0)
    else:
        true, size = derivative.true(derivative.point), derivative.size()
        allowed = bound(derivative, size, derivative.sensitivity(true))
    found = {mode: derivative.jax(mode) for mode in case.modes}
    ratios = {mode: abs(number - true) / allowed for mode, number in found.items()}
    proved = [ratio <= 1 if case.label == "right" else ratio > FACTOR for ratio in ratios.values()]
    told = [f"{m} {mp.nstr(found[m], 9)} ({mp.nstr(r, 2)} times the bound)" for m, r in ratios.items()]
    return all(proved), f"true {mp.nstr(true, 9)}; {', '.join(told)}"


def between(derivative):
    """The proof at a kink: JAX's partial derivatives lie between the one-sided ones."""
    case, here = derivative.case, derivative.twin(derivative.point)
    reverse = jax.vjp(derivative.call, *derivative.x)[1](derivative.u) if "rev" in case.modes else None
    proved, kinks = True, 0
    for i, j, unit in derivative.units():
        left, right = (one_sided(derivative, here, unit, step) for step in (-STEP, STEP))
        slack = case.roundings * derivative.eps * max(abs(left), abs(right), mp.mpf(10) ** -30)
        kinks += abs(right - left) > slack
        found = [float(np.asarray(reverse[i])[j])] if reverse is not None else []
        found += [forward(derivative, unit)] if "fwd" in case.modes else []
        proved &= all(min(left, right) - slack <= x <= max(left, right) + slack for x in found)
    return proved and kinks > 0, f"{kinks} kinks; JAX {'is' if proved else 'is not'} between the slopes"


def one_sided(derivative, here, unit, step):
    """The contracted slope along a unit vector on the side of a step; here: the outputs at the point."""
    there = derivative.twin([x + step * a for x, a in zip(derivative.point, unit, strict=True)])
    return mp.fsum(u * (a - b) for u, a, b in zip(derivative.cotangent, there, here, strict=True)) / step


def forward(derivative, unit):
    """JAX's number along a unit vector, in forward mode."""
    tangents = [jnp.asarray(np.array(a, float), x.dtype) for a, x in zip(unit, derivative.x, strict=True)]
    return float(dot(jax.jvp(derivative.call, tuple(derivative.x), tuple(tangents))[1], derivative.u))


def main(words):
    """Prints a line for each case; returns how many labels are not proved."""
    warnings.simplefilter("ignore")  # JAX and numpy warn of the very points that cases are about
    failed = 0
    for half in HALVES:
        for case in cases(half):
            if words and half not in words and not any(word in case.name for word in words):
                continue
            if not case.installed:
                print(f"left  {half} {case.label:<5} {case.name}: {case.needs} is not installed")
                continue
            start = time.perf_counter()
            proved, text = prove(case)
            failed += not proved
            told = f"{half} {case.label:<5} {case.name}: {text} [{time.perf_counter() - start:.1f} s]"
            print(f"{'ok' if proved else 'FAIL':<5} {told}", flush=True)
    print(f"not proved: {failed}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
