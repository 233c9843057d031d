"""The referee: it knows both rooms, and proves that they say the same.

Nothing is imported until it is asked for, so that `import microgrid.oracle` needs no JAX.

What users call:
check.py             check_grads: is the gradient that JAX takes of a function its derivative?
model.py             check_model: a network, layer by layer and parameter by parameter
replay_function.py   replay: the outputs of a function to as many digits as are wanted
callbacks.py         CrossCheck: the gradients of a network are checked while it learns
pair_verdicts.py     verdict, verdicts: a formula of both rooms on the same numbers
decorator.py         gradient_test: a test that is only a function and a point
pytest_plugin.py     the fixture check_grads and the option --grad-level
nets.py              to_microgrid: a net of the array room in the scalar room
__main__.py          check_grads on the command line
call.py              what these may be called with
levels.py            how strict a test is, and where a warning is shown

The two rooms:
distance.py          distances in ULPs, and how far rounding alone may go
samplers.py          arguments of formulas, the hard ones too
trajectories.py      optimizers step by step, and schedules
pairs/               the table of formulas: how to draw the arguments, kinks, inputs that must fail

From a function to scalars:
flat.py              a function of pytrees as one of flat lists of arrays
tracing.py           what goes wrong while JAX traces, a sentence each
compat.py            what differs between versions of JAX
programs.py          what is read off a jaxpr
interpreter.py       Replay: a jaxpr, equation by equation, onto a tape of scalars
rules/               one short rule for each primitive of JAX
arrays.py            arrays of a replay, its steps, and what cannot be replayed
tape.py              scalars in blocks of like operations
fields.py            arithmetic on arrays of ids, real or complex
indexing.py          where gathers and scatters go
factors.py           eigenvalues and singular values with their vectors
user_rules.py        rules that a user wrote for primitives
literals.py          numbers written into a program, exact or rounded
constants.py         those that rules round: 2 / sqrt(pi)
values.py            whether the replay computes what JAX computes

Along the tape, in numbers:
floats.py            values, tangents and adjoints in float64
exact.py             the same in balls of flint
specials.py          rows of the table of derivatives that only replays need
balls.py             comparisons of balls and plain numbers
width.py             whether balls and bounds are narrow enough
rounding.py          bounds of rounding errors
conditioning.py      how far rounding moves one number
cancellation.py      the equations that lost the digits of a number

The proof, and its verdict:
whole_program.py     what the replay of a whole program proves, told to a report
proof.py             Proof: the true gradient and JAX's program of it, in balls
slopes.py            JAX's slopes of a function as programs
cotangents.py        the cotangents, or tangents, that they are taken along first
answer.py            Answer: one array of a gradient, what is true and what JAX returned
judgement.py         the verdict on an answer
report.py            Report: what people read
refusals.py          what JAX does not differentiate
not_finite.py        where the function itself is nan or infinite
overflow.py          slopes that are too large, or too small, for their types
curvature.py         second derivatives of the function itself
guilt.py             the equation that is wrong

Where the whole is not enough:
kinks/               ties and singular points: the limits of a gradient from the sides of a point
custom_rules/        rules of custom_vjp and custom_jvp: how JAX keeps them, which are wrong, or declared
loops/               loops that end by what they compute
meanings/            what functions mean whose programs only approximate them

Models too large to replay:
sample.py            random coordinates of each equation
sampled/             what that takes
"""

from importlib import import_module

_HOMES = {
    "CrossCheck": "callbacks",
    "GradientError": "check",
    "PAIRS": "pairs",
    "Pair": "pairs",
    "Report": "report",
    "Verdict": "pair_verdicts",
    "check_grads": "check",
    "check_model": "model",
    "gradient_test": "decorator",
    "meaning": "meanings.meaning",
    "replay": "replay_function",
    "rule": "rules",
    "to_microgrid": "nets",
    "verdict": "pair_verdicts",
    "verdicts": "pair_verdicts",
}
__all__ = list(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'microgrid.oracle' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__():
    return __all__
