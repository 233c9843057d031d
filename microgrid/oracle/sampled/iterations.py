"""Functions with a rule of their own that iterate: the rule is judged where the iteration has arrived."""

from ..custom_rules import alone
from ..judgement import leaf_of
from ..loops import iterations, tolerances
from ..loops.limits import Endless
from ..report import ORDER
from .tied_rules import Kept, small, step_of

TOLD = {True: tolerances.TOLERANT, False: iterations.ARRIVED}


def iterates(record):
    """Whether a record is of a function with a rule of its own that iterates."""
    return record.is_equation and iterations.iterates(step_of(record))


def verdict(record, mode):
    """(the verdict on such a function, looked at whole; "wrong" where it is too large for that, or no
    precision tells; what a report says of that)."""
    wrong = "wrong", iterations.advice([step_of(record)])
    if not small(record):
        return wrong
    try:
        found = alone.alone(Kept(), step_of(record), mode)
    except Endless as error:
        return "unsupported", str(error)
    if found is None:
        return wrong
    proof, answers = found
    worst = max((leaf_of(answer, mode).verdict for answer in answers), key=ORDER.index)
    return wrong if worst == "wrong" else (worst, TOLD[proof.tolerant])
