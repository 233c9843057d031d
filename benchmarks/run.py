"""All suites into RESULTS.md: `make bench`. One suite, or some of its workloads, printed:

python -m benchmarks.run training cnn gan_ring
python -m benchmarks.run gradients small
python -m benchmarks.run scalar moons
python -m benchmarks.run rl ppo solve_ppo
"""

import sys
from pathlib import Path

from .gradients import report as gradients
from .rl import report as rl
from .rounds import ROUNDS
from .scalar import report as scalar
from .tables import machine
from .training import report as training

RESULTS = Path(__file__).parent / "RESULTS.md"

SUITES = {"training": training, "gradients": gradients, "scalar": scalar, "rl": rl}
HEAD = f"""# Results

Written by `make bench`; run it to have them for your machine. This one: {machine()}.

Every engine computes in a process of its own. What it computes is compared with the same written by hand or
with what its peers compute, before any time is taken. Then the engines take turns, {ROUNDS} rounds. Where
nothing else is said, times are in milliseconds, minimum / median of the rounds.
"""


def main(arguments):
    if arguments:
        suite, *workloads = arguments
        print(*SUITES[suite].sections(*([workloads] if workloads else [])), sep="\n\n")
    else:
        found = [section for suite in SUITES.values() for section in suite.sections()]
        RESULTS.write_text("\n\n".join([HEAD.strip(), *found]) + "\n")
        print(f"written: {RESULTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
