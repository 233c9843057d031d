"""Writes all suites into RESULTS.md: `make bench`. Prints one suite, or some of its workloads:

python -m benchmarks.run training cnn gan_ring
python -m benchmarks.run gradients small
python -m benchmarks.run scalar moons
python -m benchmarks.run rl ppo solve_ppo
"""

import sys
from inspect import signature
from pathlib import Path

from .gradients import report as gradients
from .rl import report as rl
from .rounds import ROUNDS
from .scalar import report as scalar
from .training import report as training

RESULTS = Path(__file__).parent / "RESULTS.md"

SUITES = {"training": training, "gradients": gradients, "scalar": scalar, "rl": rl}
HEAD = f"""# Results

Written by `make bench`, which measures on your machine. Each section names the machine it was measured on.

Every engine runs in its own process. Before it is timed, its results are compared with a hand-written
reference or with those of the other engines. Then the engines take turns, {ROUNDS} rounds. Unless a table
says otherwise, times are in milliseconds, minimum / median of the rounds.

A *target* is what this project wants to reach, a *stretch target* what it hopes for. *(missed)* marks a
target that one of the two figures does not reach.
"""


def main(arguments):
    if arguments:
        suite, *workloads = arguments
        if suite not in SUITES:
            sys.exit(f"benchmarks.run: the suite must be one of {', '.join(SUITES)}; got {suite}.")
        known = signature(SUITES[suite].sections).parameters["workloads"].default
        if strange := sorted(set(workloads) - set(known)):
            sys.exit(
                f"benchmarks.run: {suite} has the workloads {', '.join(known)}; got {', '.join(strange)}."
            )
        print(*SUITES[suite].sections(*([workloads] if workloads else [])), sep="\n\n")
    else:
        found = [section for suite in SUITES.values() for section in suite.sections()]
        RESULTS.write_text("\n\n".join([HEAD.strip(), *found]) + "\n")
        print(f"written: {RESULTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
