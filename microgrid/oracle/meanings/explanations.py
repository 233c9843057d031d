"""What explains that JAX's program is not the derivative: meanings of functions, and rounded literals."""

from .. import exact
from ..custom_rules import alone
from ..interpreter import Replay, walk
from ..literals import together


def explain(proof, answers, program, mode, given):
    """Tell answers what their numbers are with the meaning of functions in the place of their programs, and
    with every literal, also of the function itself, known to half a unit in its last place only: one unknown
    in both programs. program: JAX's. It counts where the rules of the run are right alone: `alone.hold`."""
    backward = mode == "rev"
    primal, inputs, outputs, _, _ = proof.again(means=True)
    other = Replay(primal.tape, exact=primal.literals.known(given), means=True)
    results, _ = walk(other, program, inputs)

    def slopes(name, of_function, of_gradient):
        values = exact.forward(primal.tape, None, **{name: of_function | of_gradient})
        truths = proof.truths(primal, inputs, outputs, values, backward, given)
        return truths, [[values[i] for i in r.scalars.tolist()] for r in results[: len(answers)]]

    own = [()] * len(answers)
    if primal.meant:
        loose, *ends, values, _ = proof.again(means="literals")
        own = proof.truths(loose, *ends, values, backward, given)
    if proof.primal.series and not all((answer.series | ~answer.apart).all() for answer in answers):
        rows = proof.believed(True, backward, given)
        truths, said = slopes("radii", primal.literals.radii, other.literals.radii)
    else:
        truths, said = together(answers, (primal.literals, other.literals), slopes)
        rows = truths
    for answer, truth, theirs, loose, row in zip(answers, truths, said, own, rows, strict=True):
        answer.mean(truth, theirs, loose, row, smooth=not (primal.ties or other.ties))
    if not alone.hold(proof, answers, mode, given):
        for answer in answers:
            answer.meant = [x if here else None for x, here in zip(answer.meant, answer.arrived, strict=True)]
