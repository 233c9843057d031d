"""Where a function itself is nan, or infinite, at its arguments: no gradient can be right there."""

import jax
import numpy as np

from . import compat
from .refusals import at_input


def finite(report, proof):
    """Whether the function of a proof is finite; else where it is not is said in a report."""
    outputs = [proof.primal.numbers(array).astype(complex) for array in proof.outputs]
    if not all(np.isfinite(numbers).all() for numbers in outputs):  # of the run, or of its replay only?
        outputs = [np.asarray(y).astype(complex) for y in jax.jit(proof.flat)(*proof.flat.numbers)]
    if all(np.isfinite(numbers).all() for numbers in outputs):
        return True
    word = "nan" if any(np.isnan(numbers).any() for numbers in outputs) else "infinite"
    test, fix = np.isnan if word == "nan" else np.isinf, "the arguments are"
    if not (where := at_input(proof.flat, word)):
        reaching, fix = _reaching(proof.primal.tape, proof.outputs, test), "the function is"
        where = _beginning(proof.steps, reaching) or _kept(proof.primal, proof.steps, test)
    report.refuse(f"{report.name} is {word} at args{where}. Fix: check the gradient where {fix} finite.")
    return False


def _reaching(tape, outputs, test):
    """[size] booleans: the scalars for which test holds, and that the outputs are made of."""
    found = np.zeros(tape.size, bool)
    for array in outputs:
        found[array.scalars] = test(tape.run[array.scalars])
    for block in reversed(tape.blocks):
        at = np.flatnonzero(found[block.start : block.stop])
        for ids in _made_of(block, at) if at.size else ():
            found[ids] |= test(tape.run[ids])
    return found


def _made_of(block, at):
    """Arrays of ids, those that some results of a block are made of."""
    if block.op != "dot":
        operands = block.operands[:1] if block.op == "rule" else block.operands
        return [ids[at] for ids in operands]
    left, right = block.operands
    batch, row, column = np.unravel_index(at, (len(left), left.shape[1], right.shape[2]))
    return left[batch, row], right[batch, :, column]


def _beginning(steps, reaching):
    """The first equation that makes what reaches the outputs of what does not."""
    for step in steps:
        floats = ([x for x in arrays if x.floats] for arrays in (step.outputs, step.inputs))
        made, given = (any(reaching[x.scalars].any() for x in arrays) for arrays in floats)
        if made and not given:
            inside = _beginning(step.inside, reaching)
            return inside or f": {step.equation.primitive.name} makes it, {compat.source(step.equation)}"
    return ""


def _kept(replay, steps, test):
    """The first equation that keeps a constant for which test holds among what is differentiated."""
    for step in steps:
        live = (replay.numbers(x).astype(complex) for x in step.outputs if x.floats and replay.live(x))
        if found := next((at for numbers in live for at in np.argwhere(test(numbers)).tolist()), None):
            told = f"{step.equation.primitive.name} keeps one at {found} that is so from the start"
            return _kept(replay, step.inside, test) or f": {told}, {compat.source(step.equation)}"
    return ""
