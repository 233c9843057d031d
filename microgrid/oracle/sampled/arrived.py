"""Functions with a rule of their own that iterate: the rule is judged where the iteration has arrived."""

from .. import declaring, onward, tolerant
from ..arrays import Step
from ..capped import Endless
from ..judgement import leaf_of
from ..report import ORDER

TOLD = {True: tolerant.TOLERANT, False: onward.ARRIVED}
MOST = 4096  # numbers that go into an equation and come out of it, to look at it whole


class Kept:
    """What is asked of a replay, of an equation whose arrays are kept."""

    surrogates = ()

    @staticmethod
    def numbers(slot):
        """The numbers of an array."""
        return slot.value

    @staticmethod
    def live(slot):
        """Whether it depends on what is differentiated."""
        return slot.live


def iterates(record):
    """Whether a record is of a function with a rule of its own that iterates."""
    return record.is_equation and onward.iterates(_step(record))


def verdict(record, mode):
    """(the verdict on such a function, looked at whole; "wrong" where it is too large for that, or no
    precision tells; what a report says of that)."""
    wrong = "wrong", declaring.told([_step(record)])
    if sum(slot.size for slot in (*record.inputs, *record.outputs)) > MOST:
        return wrong
    try:
        found = tolerant.alone(Kept, _step(record), mode)
    except Endless as error:
        return "unsupported", str(error)
    if found is None:
        return wrong
    proof, answers = found
    worst = max((leaf_of(answer, mode).verdict for answer in answers), key=ORDER.index)
    return wrong if worst == "wrong" else (worst, TOLD[proof.tolerant])


def _step(record):
    return Step(record.equation, record.inputs, record.outputs)
