"""The rule that an equation brings along: of a function made by custom_vjp or custom_jvp, as JAX keeps it."""

from functools import partial
from types import FunctionType


def rule_is(equation, functions):
    """Whether the rule that an equation brings along is made of all of these functions, the very objects."""
    return {id(function) for function in functions} <= {id(thing) for thing in _of_rule(equation)}


def rule_of(equation, forward=False):
    """(name, "file:line") of the Python function that is the rule of an equation, of the backward one where
    there are two unless the forward one is wanted; ("", "") where it has none of a user's."""
    for thing in _of_rule(equation, "fwd_jaxpr_thunk" if forward else "bwd"):
        code = thing.__code__ if isinstance(thing, FunctionType) else None
        if code is not None and not (thing.__module__ or "").startswith("jax."):
            return thing.__name__, f"{code.co_filename}:{code.co_firstlineno}"
    return "", ""


def _of_rule(equation, first="bwd"):
    """What the rule is made of that an equation brings along, what runs backwards first, or another part.

    JAX keeps a rule in functions of its own, around the user's; what those refer to is not looked at.
    """
    params = equation.params
    seen, left = set(), [*(x for name, x in params.items() if name != first), params.get(first)]
    while left:
        thing = left.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield thing
        if isinstance(thing, FunctionType) and (thing.__module__ or "").startswith("jax."):
            left += [cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell)]
        elif isinstance(thing, tuple | list):
            left += thing
        elif isinstance(thing, partial):
            left += [thing.func, *thing.args]
        elif hasattr(thing, "f"):
            left.append(thing.f)


def _is_filled(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
