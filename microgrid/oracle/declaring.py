"""What to say of a wrong gradient that may be the derivative of what an iteration tends to."""

from . import compat, onward
from .implicit import is_root
from .programs import OWN_RULE
from .surrogates import among
from .waiting import repeats


def told(steps, surrogates=()):
    """What to say of the first function of a run with a rule of its own, not declared, whose loop does
    one thing over and over; "" where there is none. A loop over blocks of an array is no iteration."""
    for step in steps:
        if is_root(step.equation) or among(surrogates, step.equation):
            continue
        if step.equation.primitive.name not in OWN_RULE:
            if found := told(step.inside, surrogates):
                return found
        elif (inner := compat.call_of(step.equation)) is not None and repeats(inner.jaxpr):
            return onward.ITERATION + _declared(step)
    return ""


def _declared(step):
    """How the function is declared, with its place where it has no name that can be imported."""
    said, (name, place) = onward.declaration([step]), compat.origin(step.equation)
    named = f"{name} at {place}" if name.isidentifier() else place
    return f"{said}, f the function made of {named}" if said == "surrogate=[f]" and place else said
