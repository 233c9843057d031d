"""`jax.lax.custom_root` as JAX keeps it in an equation, which differs between versions of JAX."""

from types import SimpleNamespace

import jax
import numpy as np

from .. import compat, floats

PASSES = ("ok", "kink", "sampled", "imprecise")


def is_root(equation):
    """Whether an equation is a `custom_root` of JAX."""
    if equation.primitive.name == "call_hi_primitive":
        return type(equation.params["_prim"]).__name__ == "CustomRoot"
    return compat.name_of(equation) == "_custom_root" and compat.of_jax(equation)


def seeks(step):
    """Whether a `custom_root` came in a step of a run."""
    return is_root(step.equation) or any(map(seeks, step.inside))


def root_of(equation, arrays):
    """(f as a closed jaxpr, the arrays that it takes besides x, the guess) where an equation is a
    `custom_root` of JAX; None for another one. arrays: the inputs of the equation, of any kind."""
    if not is_root(equation):
        return None
    if equation.primitive.name == "call_hi_primitive":
        made = equation.params["_prim"]
        sizes = [len(jax.tree.leaves(part)) for part in made.in_avals]
        start = sizes[0] + sizes[1]
        x = made.out_aval[0] if made.has_aux else made.out_aval  # under vmap the guess may have fewer axes
        leaves, tree = jax.tree.flatten((made.in_avals[2], x))
        given = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in leaves]
        f = jax.make_jaxpr(lambda *x: made.f(*jax.tree.unflatten(tree, x)))(*given)
        return f, arrays[start : start + sizes[2]], arrays[sizes[0] : start]
    lengths, jaxprs = _statics(equation.params["jvp_jaxpr_fun"])
    given = compat.real_inputs(equation, arrays)
    return jaxprs.f, given[: lengths.f], given[-len(jaxprs.f.out_avals) :]


def tell(report, notices):
    """Say in a report what came of roots in a run: (verdict or "", how bad, sentence) each. Of one verdict
    the worst is said; nothing that passes rests on what is no root."""
    worst = {verdict: (bad, text) for verdict, bad, text in sorted(notices)}
    for verdict, (_, text) in worst.items():
        if verdict == "unsupported" and not report.failed:
            report.refuse(text)
            continue
        report.note(text)
        for leaf in report.leaves if verdict == "approximate" else ():
            leaf.verdict = verdict if leaf.verdict in PASSES else leaf.verdict


def reaching(replay, outputs):
    """What `tell` is to say of that which has_aux returned, where outputs of a replay have slopes for it."""
    if not replay.aux:
        return []
    everywhere = SimpleNamespace(
        size=replay.tape.size, blocks=replay.tape.blocks, live=np.ones(replay.tape.size, bool)
    )
    starts = [(array.scalars, np.ones(array.scalars.size)) for array in outputs if array.floats]
    slopes = floats.adjoints(everywhere, floats.forward(replay.tape), starts)
    return [("", 0.0, said) for ids, said in replay.aux if np.any(slopes[ids] != 0)]


def _statics(thing):
    """The static arguments that JAX keeps inside the rule of a function with nondiff_argnums."""
    left, seen = [thing], set()
    while left:
        thing = left.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        for transform, given in getattr(thing, "transforms", ()):
            if transform.__name__ == "_prepend_static_args":
                return [x.val for x in given[0]]
            left += given
        left += [getattr(thing, "f", None), getattr(thing, "args", None)]
        for cell in getattr(thing, "__closure__", None) or ():
            try:
                left.append(cell.cell_contents)
            except ValueError:  # not yet filled
                continue
        if isinstance(thing, tuple | list):
            left += thing
    raise LookupError("custom_root")
