"""Which operations of JAX's program of a gradient are those of declared rules: each rule is put into a call
of a name that nothing else has.

JAX runs a rule in the middle of the program that it makes, and leaves no trace of whose each equation is. So
that program is made once more, of a function in which what is declared has another rule: its own, called.
"""

from typing import Any

import jax
import numpy as np
from jax.extend import core

from .. import compat, floats, rounding
from ..conditioning import Roundings
from ..programs import OWN_RULE
from ..rounding import unit
from ..slopes import slopes_along, slopes_back
from .surrogates import among

FIXED = ("leaf", "stop", "rule", "factor")
NAME = "the rule that is declared"


def is_marked(equation):
    """Whether an equation calls what is part of a declared rule."""
    return equation.params.get("name") == NAME


def program(proof, function, backward):
    """JAX's program of a gradient, a function; where it rounds to a type that is narrower than those of what
    is differentiated, with all marked that comes of declared rules."""
    made = compat.jaxpr_of(function, proof.flat.numbers)
    if not proof.primal.declared or not _narrower(made.jaxpr, proof.coarsest):
        return made
    whole = _marked(proof.program, proof.surrogates, _backward if backward else _forward)
    slopes = (slopes_back if backward else slopes_along)(core.jaxpr_as_fun(whole), proof.given)
    return compat.jaxpr_of(slopes, proof.flat.numbers)


def bounds(tape, values):
    """[size] how far rounding may move each scalar of a tape: by types that are no narrower than those of the
    function, and in declared rules by any; where what others round further is more than without these
    declared ones rounding may do, without these."""
    made = rounding.bounds(tape, values, coarsest=tape.coarsest)
    further = [block for block in tape.blocks if block.op not in FIXED and unit(block.dtype) > tape.coarsest]
    others = [block for block in further if not block.declared]
    if not others or len(others) == len(further):
        return made
    places = [np.arange(block.start, block.stop) for block in others]
    errors = [tape.run[at] - floats.value(x, tape.run) for at, x in zip(places, others, strict=True)]
    with np.errstate(all="ignore"):
        seeds = list(zip(places, errors, strict=True))
        moved = np.abs(floats.tangents(Roundings(tape, values, ()), values, seeds))
        left = rounding.bounds(tape, values, coarsest=tape.coarsest, declared=False)
        return np.where(moved > left, left, made)


def _narrower(jaxpr, coarsest):
    """Whether a jaxpr rounds to a type whose unit is larger than that."""
    made = (v.aval for equation in jaxpr.eqns for v in equation.outvars)
    inner = (x for equation in jaxpr.eqns for x in core.jaxprs_in_params(equation.params))
    found = any(_moves(aval) and unit(aval.dtype) > coarsest for aval in made)
    return found or any(_narrower(x, coarsest) for x in inner)


def _marked(thing, functions, wrap) -> Any:
    """A parameter of an equation, or a jaxpr, with what is declared inside of it marked."""
    if isinstance(thing, core.Jaxpr):
        equations = [_equation(equation, functions, wrap) for equation in thing.eqns]
        return thing.replace(eqns=equations, debug_info=thing.debug_info.with_unknown_names())
    if isinstance(thing, core.ClosedJaxpr):
        return core.ClosedJaxpr(_marked(thing.jaxpr, functions, wrap), thing.consts)
    if type(thing) in (tuple, list):
        return type(thing)(_marked(x, functions, wrap) for x in thing)
    return thing


def _equation(equation, functions, wrap):
    if equation.primitive.name not in OWN_RULE:
        return equation.replace(
            params={name: _marked(x, functions, wrap) for name, x in equation.params.items()}
        )
    if not among(functions, equation):
        return equation
    atoms = [v for v in equation.invars if not compat.is_literal(v)]
    like = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in atoms]
    made = jax.make_jaxpr(wrap(compat.alone(equation), like))(*like)
    if made.consts or len(made.eqns) != 1 or made.jaxpr.invars != made.eqns[0].invars:
        return equation
    return equation.replace(primitive=made.eqns[0].primitive, params=made.eqns[0].params, invars=atoms)


def _backward(function, like):
    """A function of such arrays with its own rule for reverse mode, marked."""
    moving = [k for k, x in enumerate(like) if _moves(x)]

    def forward(*arrays):
        part = _of_moving(function, moving, arrays)
        moved, pull, fixed = jax.vjp(part, *(arrays[k] for k in moving), has_aux=True)
        return _joined(moved, fixed), pull

    def push(pull, cts):
        return pull(cts)

    forward, pushed = _called(forward), _called(push)
    # Here an equation has the line of the rule, later that of the call.
    outputs, pull = jax.eval_shape(forward, *like)
    jax.eval_shape(pushed, pull, [y for y in outputs if _moves(y)])

    def backward(pull, cts):
        made = dict(zip(moving, pushed(pull, [ct for ct in cts if _moves(ct)]), strict=True))
        return tuple(made.get(k) for k in range(len(like)))

    made = jax.custom_vjp(function)
    made.defvjp(forward, backward)
    return made


def _forward(function, like):
    """The same for forward mode."""
    moving = [k for k, x in enumerate(like) if _moves(x)]

    def pull(arrays, tangents):
        part = _of_moving(function, moving, arrays)
        moved, changes, fixed = jax.jvp(part, [arrays[k] for k in moving], tangents, has_aux=True)
        return _joined(moved, fixed), changes

    pulled = _called(pull)
    jax.eval_shape(pulled, tuple(like), [like[k] for k in moving])

    def rule(arrays, tangents):
        outputs, changes = pulled(arrays, [tangents[k] for k in moving])
        left = iter(changes)
        return outputs, [next(left) if _moves(y) else np.zeros(y.shape, jax.dtypes.float0) for y in outputs]

    made = jax.custom_jvp(function)
    made.defjvp(rule)
    return made


def _called(function):
    """A function, compiled by the name of what is marked."""
    function.__name__ = NAME
    return jax.jit(function)


def _of_moving(function, moving, arrays):
    """A function of the arrays that are differentiated alone: (outputs that are, all others)."""

    def part(*given):
        at = dict(enumerate(arrays)) | dict(zip(moving, given, strict=True))
        outputs = function(*at.values())
        return [y for y in outputs if _moves(y)], [None if _moves(y) else y for y in outputs]

    return part


def _joined(moved, fixed):
    left = iter(moved)
    return [next(left) if y is None else y for y in fixed]


def _moves(x):
    """Whether an array, or what is known of one, has slopes."""
    return hasattr(x, "dtype") and (compat.is_float(x.dtype) or compat.is_complex(x.dtype))
