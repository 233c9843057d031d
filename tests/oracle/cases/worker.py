"""One checker in a process of its own: `python -m tests.oracle.cases.worker CHECKER HALF`.

It answers questions: the number of a tuning and the name of a case; the answer has what the checker said, and
how many seconds of processor time it took.
"""

import itertools
import sys
import time
import warnings

import jax

from benchmarks.rounds import answer_questions
from tests.oracle.cases import cases
from tests.oracle.cases.checkers import CHECKERS, NOT_CHECKED

FORGET = (
    200  # after so many questions compilations are forgotten: they take memory, and many tunings ask a lot
)


def answer(checker, cases, question):
    """What a checker says of one case, as a dict: said, verdict, guilty, seconds."""
    number, name = question.split(" ", 1)
    start = time.process_time()
    try:
        said, verdict, guilty = checker.check(cases[name], **checker.tunings[int(number)])
    except Exception as error:
        said, verdict, guilty = NOT_CHECKED, f"{type(error).__name__}: {error}", ""
    return dict(said=said, verdict=verdict, guilty=guilty, seconds=time.process_time() - start)


def main(checker, half):
    """Answers questions until nobody asks any more."""
    jax.config.update("jax_enable_compilation_cache", False)
    warnings.simplefilter("ignore")  # cases are about the very points that are warned of
    named = {case.name: case for case in cases(half)}
    count = itertools.count(1)

    def answered(question):
        if next(count) % FORGET == 0:
            jax.clear_caches()
        return answer(CHECKERS[checker], named, question)

    answer_questions(answered)


if __name__ == "__main__":
    main(*sys.argv[1:])
