"""Whether a program runs a loop until some of its inputs, or what is made of them, are near enough.

marks: for each input whether it is one of those, or made of them.
"""

from jax.extend import core

from .. import compat


def waits(closed, marks):
    """Whether how often a loop of a closed jaxpr runs depends on inputs that are marked."""
    return _walked(closed.jaxpr, marks)[1]


def repeats(jaxpr):
    """Whether a loop inside of a jaxpr does one thing to its floats over and over: takes no rows, and does
    not count where it is."""
    return any(
        _repeats(equation) or any(map(repeats, core.jaxprs_in_params(equation.params)))
        for equation in jaxpr.eqns
    )


def _repeats(equation):
    params = equation.params
    if equation.primitive.name == "while":
        body, start = params["body_jaxpr"].jaxpr, params["cond_nconsts"]
        fixed, end = params["body_nconsts"], len(equation.invars)
    elif equation.primitive.name == "scan":
        closed, fixed, carries, *_ = compat.scan_of(equation)
        body, start, end = closed.jaxpr, 0, fixed + carries
    else:
        return False
    floats = [compat.is_float(atom.aval.dtype) for atom in equation.invars[start + fixed : end]]
    counts = (
        _carried(body, [False] * fixed, [not x for x in floats], [])[0] if end == len(equation.invars) else []
    )
    return any(x and not count for x, count in zip(floats, counts, strict=False))


def _walked(jaxpr, marks):
    """(marks of the outputs of a jaxpr, whether a loop waits for what is marked)."""
    marked = {v for v, mark in zip(jaxpr.invars, marks, strict=True) if mark}
    waiting = False
    for equation in jaxpr.eqns:
        given = [not compat.is_literal(atom) and atom in marked for atom in equation.invars]
        if not any(given):
            continue
        made, found = _equation(equation, given)
        waiting |= found
        marked.update(v for v, mark in zip(equation.outvars, made, strict=True) if mark)
    return [not compat.is_literal(atom) and atom in marked for atom in jaxpr.outvars], waiting


def _equation(equation, given):
    params, name = equation.params, equation.primitive.name
    if name == "while":
        few, many = params["cond_nconsts"], params["body_nconsts"]
        fixed = given[few : few + many]
        carry, waiting = _carried(params["body_jaxpr"].jaxpr, fixed, given[few + many :], [])
        return carry, waiting or _walked(params["cond_jaxpr"].jaxpr, [*given[:few], *carry])[0][0]
    if name == "scan":
        body, constants, carries, *_ = compat.scan_of(equation)
        start, rows = given[constants : constants + carries], given[constants + carries :]
        carry, waiting = _carried(body.jaxpr, given[:constants], start, rows)
        return _walked(body.jaxpr, [*given[:constants], *carry, *rows])[0], waiting
    inner = list(core.jaxprs_in_params(params))
    if (
        len(inner) == 1
        and len(inner[0].invars) == len(given)
        and len(inner[0].outvars) == len(equation.outvars)
    ):
        return _walked(inner[0], given)
    return [True] * len(equation.outvars), any(map(_has_loop, inner))


def _carried(body, fixed, carry, rows):
    """(marks of what a loop carries, when they no longer change, whether a loop inside waits)."""
    while True:
        made, waiting = _walked(body, [*fixed, *carry, *rows])
        both = [a or b for a, b in zip(carry, made, strict=False)]
        if both == carry:
            return carry, waiting
        carry = both


def _has_loop(jaxpr):
    inner = core.jaxprs_in_params
    return any(
        equation.primitive.name == "while" or any(map(_has_loop, inner(equation.params)))
        for equation in jaxpr.eqns
    )
