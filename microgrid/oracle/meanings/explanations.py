"""What explains that JAX's program is not the derivative: meanings of functions, and rounded literals."""

from .. import exact
from ..custom_rules import alone
from ..interpreter import Replay, walk


def explain(proof, answers, program, mode, given):
    """Tell answers what their numbers are with the meaning of functions in the place of their programs, and
    with every literal, also of the function itself, known to half a unit in its last place only. program:
    JAX's. It counts where the rules of the run are right alone, see `alone.hold`."""
    backward = mode == "rev"
    truths, primal, inputs, values = _loose(proof, True, backward, given)
    other = Replay(primal.tape, exact=primal.literals.known(given), means=True)
    results, _ = walk(other, program, inputs)
    exact.forward(primal.tape, values, other.literals.radii)
    own = _loose(proof, "literals", backward, given)[0] if primal.meant else [()] * len(truths)
    rows = truths
    if proof.primal.series and not all((answer.series | ~answer.apart).all() for answer in answers):
        rows = proof.believed(True, backward, given)
    for answer, truth, result, loose, row in zip(
        answers, truths, results[: len(answers)], own, rows, strict=True
    ):
        answer.mean(truth, [values[i] for i in result.scalars.tolist()], loose, row)
    if not alone.hold(proof, answers, mode, given):
        for answer in answers:
            answer.meant = [x if here else None for x, here in zip(answer.meant, answer.arrived, strict=True)]


def _loose(proof, means, backward, given):
    """The truths with literals that are rounded numbers, their replay, its inputs and its values."""
    primal, inputs, outputs, values, _ = proof.again(means=means)
    return proof.truths(primal, inputs, outputs, values, backward, given), primal, inputs, values
