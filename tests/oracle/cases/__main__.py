"""How well checkers tell right gradients from wrong ones: `python -m tests.oracle.cases [a|b|all] [options]`.

Each checker runs over the set in a process of its own, without JAX's cache of compilations on disk. Of one
with tunings, the best tuning for the half is taken: the one with the fewest mistakes.
"""

import argparse
import sys

from benchmarks.tables import machine, table
from tests.oracle.cases import HALVES, cases
from tests.oracle.cases.checkers import CHECKERS
from tests.oracle.cases.comparison import HEAD, compare


def asked_for(words):
    """What the words of a command line ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.cases", description=__doc__)
    parser.add_argument("half", choices=[*HALVES, "all"], nargs="?", default="a")
    parser.add_argument("--checkers", nargs="+", choices=CHECKERS, default=list(CHECKERS))
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for a case")
    parser.add_argument("--names", action="store_true", help="name cases of half b too")
    parser.add_argument("--verbose", action="store_true", help="a line for every case")
    return parser.parse_args(words)


def show(half, asked):
    """Prints the table of a half, and what is behind it."""
    found = [case for case in cases(half) if asked.only in case.name]
    chosen = [case for case in found if case.installed]
    results = [compare(key, half, chosen, asked.timeout) for key in asked.checkers]
    print(f"\n{heading(half, chosen)}\n\n{table(HEAD, [result.row() for result in results])}")
    if left := {case.needs for case in found} - {case.needs for case in chosen}:
        print(f"\nLeft out are {len(found) - len(chosen)} cases that need {', '.join(sorted(left))}.")
    for result in results:
        print(f"\n{CHECKERS[result.key].title}: {result.mistakes} mistakes {result.tuning or ''}")
        if unexplained := sum(said["verdict"] == "unexplained" for said in result.answers.values()):
            print(f"    called unexplained: {unexplained}")
        if half == "a" or asked.names:
            print(*(f"    {line}" for line in listing(result, asked.verbose)), sep="\n")


def heading(half, chosen):
    """What the cases are, and the machine."""
    wrong = [case for case in chosen if case.label == "wrong"]
    threads = sum(bool(case.source) for case in wrong)
    declared = sum(case.kind == "surrogate" for case in chosen)
    told = f"; {declared} are right by declaration, which only ours is told" if declared else ""
    counts = f"{len(wrong)} wrong ({threads} from threads), {len(chosen) - len(wrong)} right{told}"
    return f"Half {half}: {counts}. {machine()}."


def listing(result, verbose):
    """The mistakes of a checker, or everything it said."""
    if not verbose:
        return result.told()
    return [
        f"{case.label:<5} {said['said']:<11} {said['verdict']:<12} {said['seconds']:6.2f} s  {case.name}"
        for case, said in result.answers.items()
    ]


def main(words):
    """Prints a table for each half."""
    asked = asked_for(words)
    for half in HALVES if asked.half == "all" else asked.half:
        show(half, asked)


if __name__ == "__main__":
    main(sys.argv[1:])
