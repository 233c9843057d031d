"""check_grads: is the gradient that JAX takes of a function the derivative of that function?"""

import traceback
import warnings
from pathlib import Path

import jax
import numpy as np

from . import cancellation, compat, exact, floats, guilt, sample as sampling, surrogates
from .arrays import Unsupported
from .flat import Flat, weights
from .judgement import Report, largest, leaf_of
from .proof import JaxRefuses, Proof, taken
from .refusals import refusal

MODES = ("fwd", "rev")
ENGINES = {"exact": exact, "float64": floats}


class GradientError(AssertionError):
    """A gradient that is wrong, or could not be shown to be right; `report` says more."""

    def __init__(self, report):
        super().__init__(str(report))
        self.report = report


def check_grads(
    f,
    args,
    order=1,
    modes=MODES,
    atol=None,
    rtol=None,
    eps=None,
    *,
    seed=0,
    engine="exact",
    surrogate=(),
    sample=None,
    raises=True,
):
    """Proves the gradient that JAX takes of a function right or wrong, without a step size or a tolerance.

        truth(f, x, w) - grad(f, x, w) contains 0,  both run in balls of 50 digits

    truth: the program of f at args, differentiated scalar by scalar with the rules of `microgrid`; grad: the
    program that JAX makes of it. f: any function of pytrees of arrays, jitted or not; args: a tuple. What is
    not a float (integers, booleans, random keys) is fixed. order: 1, or 2 for the gradient of the gradient
    too; modes: "fwd", "rev" or both, where a function with a custom_vjp has no forward mode. Outputs are
    contracted with random weights drawn from `seed`. engine: "exact" runs both in balls; "float64" in float64
    with a bound of rounding instead, for large programs: quick, but no proof, which the report says.
    surrogate: functions made by custom_vjp or custom_jvp whose rules are declared to be the truth, such as a
    straight-through estimator or a reversal of gradients; the report lists them. sample: for models too large
    to replay, how many random coordinates of each equation to look at instead, 32 say; the best verdict is
    then "sampled", and report.tally says how much was looked at and what would have been found. atol, rtol,
    eps: what jax.test_util.check_grads takes, ignored with a warning.

    Returns a `Report`. Raises `GradientError`, an AssertionError that carries it, where report.verdict is
    wrong, nonfinite, unexplained or unsupported and raises=True; warns where it is imprecise.

    >>> print(check_grads(jnp.tanh, (0.5,)).verdict)
    ok
    """
    __tracebackhide__ = True
    ignored = [name for name, x in (("atol", atol), ("rtol", rtol), ("eps", eps)) if x is not None]
    if ignored:
        warnings.warn(f"check_grads: {', '.join(ignored)} ignored: nothing is estimated.", stacklevel=2)
    if not callable(f):
        raise TypeError(f"check_grads: f must be a function of arrays; got {f!r}.")
    if not isinstance(args, tuple | list):
        raise TypeError(
            f"check_grads: args must be a tuple of arguments; got {type(args).__name__}. Fix: (x,)."
        )
    if order not in (1, 2):
        raise ValueError(f"check_grads: order must be 1 or 2; got {order!r}.")
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"check_grads: seed must be an integer of at least 0; got {seed!r}.")
    report = Report(getattr(f, "__name__", type(f).__name__))
    with exact.precision(exact.BITS):
        told = _engine(report, engine), surrogates.declared(surrogate), _number(sample, engine)
        _check(report, Flat(f, args), order, _modes(modes), seed, told)
    if raises and report.failed:
        raise GradientError(report)
    if report.verdict in ("imprecise", "approximate"):
        warnings.warn(str(report), stacklevel=2)
    return report


def _raised_at(error):
    """Where the user's code was when an error was raised: "file:line (function)"."""
    stack = traceback.extract_tb(error.__traceback__)
    inside = str(Path(jax.__file__).parent), compat.HERE
    theirs = [frame for frame in stack if not frame.filename.startswith(inside)]
    return f"{theirs[-1].filename}:{theirs[-1].lineno} ({theirs[-1].name})" if theirs else "inside JAX"


def _modes(modes):
    given = (modes,) if isinstance(modes, str) else tuple(modes)
    if not given or not set(given) <= set(MODES):
        raise ValueError(f"check_grads: modes must be of 'fwd' and 'rev', one or both; got {modes!r}.")
    return given


def _number(sample, engine):
    """How many coordinates of an equation are looked at, None for all."""
    if sample is None:
        return None
    if engine != "exact":
        raise ValueError(f"check_grads: sample= takes no engine; got {engine!r}. Fix: leave engine out.")
    if isinstance(sample, bool) or not isinstance(sample, int | np.integer):
        raise TypeError(f"check_grads: sample must be a whole number; got {sample!r}. Fix: sample=32.")
    if sample < 1:
        raise ValueError(f"check_grads: sample must be at least 1; got {sample}. Fix: sample=32.")
    return int(sample)


def _engine(report, engine):
    if engine not in ENGINES:
        raise ValueError(f"check_grads: engine must be 'exact' or 'float64'; got {engine!r}.")
    if engine == "float64":
        report.notes.append("run in float64 only: what rounding there could hide is not seen")
    return ENGINES[engine]


def _check(report, flat, order, modes, seed, told, prefix=""):
    """Fill the report; told: the engine, the declared surrogates, and how many coordinates to sample."""
    if not flat.numbers:
        return report.refuse(f"{report.name} has no float argument to differentiate.")
    draw = np.random.default_rng(seed)
    engine, declared, count = told
    try:
        if count:
            refused = sampling.check(report, flat, modes, draw, declared, count, prefix)
        else:
            refused = _prove(report, Proof(flat, engine, declared), modes, draw, prefix)
    except Unsupported as error:
        refused = [words for mode in modes if (words := refusal(flat, mode))]
        if len(refused) == len(modes):
            return report.refuse(f"JAX does not differentiate {report.name}: {refused[0]}")
        return report.refuse(str(error))
    except (jax.errors.JAXTypeError, jax.errors.JAXIndexError) as error:
        where = f"{_raised_at(error)}: {str(error).strip().splitlines()[0]}"
        return report.refuse(
            f"{report.name} decides by a traced value in Python, {where} Fix: jnp.where, lax.cond, or a "
            "shape that is known before."
        )
    if order == 2 and not report.failed:
        made = (_forwards if "rev" in refused or modes == ("fwd",) else _backwards)(flat, draw)
        _check(report, Flat(made, tuple(flat.numbers)), 1, modes, seed + 1, told, "second order, ")
    return None


def _prove(report, proof, modes, draw, prefix):
    """Fill the report with what the replay of the whole program proves; the modes that JAX refuses."""
    report.declare(proof.primal.declared)
    if not proof.outputs:
        report.refuse(f"{report.name} returns {proof.flat.returned}, and no float array that has a gradient.")
        return []
    if sentence := guilt.not_finite(proof):
        report.refuse(f"{report.name} {sentence}")
        return []
    refused = [mode for mode in modes if not _look(report, proof, mode, draw, prefix)]
    if len(refused) == len(modes):
        report.refuse(f"JAX does not differentiate {report.name}: {report.notes[-1]}")
    elif report.verdict in ("wrong", "nonfinite", "unexplained"):
        report.guilty = guilt.first(proof, report.verdict)
    return refused


def _look(report, proof, mode, draw, prefix):
    """Add the leaves of one mode to the report; False where JAX has no derivative in that mode."""
    try:
        answers = proof.answers(mode, draw)
    except JaxRefuses as error:
        note = f"no {'forward' if mode == 'fwd' else 'reverse'} mode: {error}"
        report.notes += [note] if note not in report.notes else []
        return False
    scale = max(map(largest, answers), default=0.0)
    for answer in answers:
        leaf = leaf_of(answer, f"{prefix}{mode}", scale)
        report.leaves.append(leaf)
        if len(answer.got):
            leaf.condition = answer.condition(leaf.at)
        underflow = leaf.verdict == "unexplained" and answer.underflows(scale)[leaf.at]
        if leaf.verdict == "imprecise" or underflow:
            leaf.cancelled = cancellation.found(answer, leaf.at)
    return True


def _backwards(flat, draw):
    given = weights(draw, jax.eval_shape(flat, *flat.numbers))
    return lambda *numbers: jax.vjp(flat, *numbers)[1](given)


def _forwards(flat, draw):
    given = tuple(weights(draw, flat.numbers))
    return lambda *numbers: jax.jvp(flat, numbers, given)[1]


def replay(f, args, digits=50):
    """What a function of arrays really is at args, to so many digits: its program scalar by scalar in balls.

    f, args: as for `check_grads`. Branches are those that JAX takes. Returns the float outputs as a list of
    numpy arrays of flint.arb, [...], and of flint.acb where they are complex. Raises NotImplementedError for
    what cannot be replayed.

    >>> print(replay(jnp.tanh, (0.5,))[0].item().str(30, radius=False))
    0.462117157260009758502318483644
    """
    with exact.precision(int(digits * 3.33) + 16):
        proof = Proof(Flat(f, tuple(args)))
        return [_balls(proof.values, array) for array in proof.outputs]


def _balls(values, array):
    """A numpy array of balls, complex ones for a complex array."""
    import flint

    balls = taken(values, array.scalars)
    if array.imaginary is not None:
        half = len(balls) // 2
        balls = list(map(flint.acb, balls[:half], balls[half:]))
    return np.array(balls, object).reshape(array.shape)
