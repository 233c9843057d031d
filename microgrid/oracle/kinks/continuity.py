"""Whether what a run chose at ties is continuous beside them, as far as its primitives tell.

The larger of two numbers goes over into the other one where they are equal, and so do sums of what does. What
is chosen by conditions need not: a sum that is taken only where twenty numbers are all above 0 is another
function in a corner that drawn sides do not find. So ties are followed block by block only without those.
"""

SMOOTH = {
    "max", "min", "abs", "clamp", "reduce_max", "reduce_min", "reduce_window_max", "reduce_window_min",
    "cummax", "cummin", "pmax", "pmin", "scatter_max", "scatter_min", "scatter-max", "scatter-min",
}  # fmt: skip


def continuous(proof):
    """Whether at every tie of the function of a proof one number goes over into another, and none is held
    fixed or has a slope that is declared."""
    return not proof.surrogates and not proof.primal.held and all(map(_continuous, proof.steps))


def _continuous(step):
    name = step.equation.primitive.name
    if step.inside or not step.tied:
        return all(map(_continuous, step.inside))
    return name in SMOOTH or (name == "sort" and len(step.inputs) == 1)
