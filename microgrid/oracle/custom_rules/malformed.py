"""Custom rules that JAX cannot use at all: whose rule it is, where it stands, and what it should return."""

import re

import jax
import jax.numpy as jnp
from jax.extend import core

from .. import compat
from ..programs import OWN_RULE, VJP_RULE
from .rule_of_equation import rule_of

FIXES = {  # what JAX says -> what to return, or take, instead
    "bwd rule must produce an output with the same type|bwd rule produced an output of type": "a slope of "
    "the shape and dtype of its argument",
    "bwd rule must produce an output with the same container": "a tuple of one slope for each argument, "
    "return (ct,) where there is one",
    "fwd rule .*must produce a pair": "fwd must return f(x), of the type and shape that f has, and residuals",
    "argument to VJP function": "fwd must return what the function does, and residuals beside it",
    "unexpected tree structure": "fwd must return what the function does, and residuals beside it",
    "JVP rule .*must produce a pair": "return f(x), tangent",
    "JVP rule .*with equal container": "a tangent of the structure of the output, return f(x), tangent",
    "JVP rule .*corresponding shapes and dtypes": "a tangent of the shape and dtype of the output",
}
COUNTED = "takes .* positional arguments? but .* given|missing .* required positional"
TAKES = "a rule takes (primals, tangents)", "bwd takes (residuals, cotangent), and fwd the arguments"


def malformed(flat, mode):
    """What to say of the first custom rule in a `Flat` function that JAX cannot use for its derivative in a
    mode: JAX's words, the rule with its line, and a fix; "" where there is none."""
    program = compat.jaxpr_of(lambda *numbers: flat(*numbers), flat.numbers)
    for equation in _own_rules(program.jaxpr):
        told = _words(equation, mode)
        fix = next((fix for words, fix in FIXES.items() if re.search(words, told)), "")
        if not fix and re.search(COUNTED, told):
            fix = TAKES[equation.primitive.name in VJP_RULE]
        if fix:
            name, place = rule_of(equation, forward="fwd" in fix)
            return f"{told.rstrip('.:')}, {name or 'the rule'} at {place or 'inside JAX'}. Fix: {fix}"
    return ""


def _own_rules(jaxpr):
    """The equations of a jaxpr, and of those inside, that bring a rule along; the innermost first."""
    for equation in jaxpr.eqns:
        for inner in core.jaxprs_in_params(equation.params):
            yield from _own_rules(inner)
        if equation.primitive.name in OWN_RULE:
            yield equation


def _words(equation, mode):
    """What JAX says of the derivative of an equation alone, "" where nothing."""
    free = [v.aval for v in equation.invars if not compat.is_literal(v)]
    given = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in free]
    at = [k for k, x in enumerate(given) if compat.is_float(x.dtype) or compat.is_complex(x.dtype)]
    function = compat.alone(equation)

    def derivative(*numbers):
        def of_floats(*floats):
            known = dict(zip(at, floats, strict=True))
            return [y for y in function(*(known.get(k, x) for k, x in enumerate(numbers)))
                    if compat.is_float(y.dtype) or compat.is_complex(y.dtype)]  # fmt: skip

        floats = [numbers[k] for k in at]
        if mode == "fwd":
            return jax.jvp(of_floats, floats, floats)[1]
        made = [v.aval for v in equation.outvars]
        made = [x for x in made if compat.is_float(x.dtype) or compat.is_complex(x.dtype)]
        return jax.vjp(of_floats, *floats)[1]([jnp.zeros(x.shape, x.dtype) for x in made])

    try:
        jax.eval_shape(derivative, *given)
    except Exception as error:  # whatever a rule raises
        return str(error).strip().partition("\n")[0]
    return ""
