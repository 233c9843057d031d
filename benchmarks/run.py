"""All suites into RESULTS.md: `make bench`. `python -m benchmarks.run lstm dot` prints these two only."""

import sys
from pathlib import Path

from .rounds import ROUNDS
from .scalar import report
from .tables import machine

RESULTS = Path(__file__).parent / "RESULTS.md"

HEAD = f"""# Results

Written by `make bench`; run it to have them for your machine. This one: {machine()}.

Every engine computes in a process of its own. Its gradient is compared with one written by hand before any
time is taken. Then the engines take turns, {ROUNDS} rounds, each of at least 50 ms or one step. Times are in
milliseconds, minimum / median of the rounds; *faster* is micrograd's time over the engine's, in the same two
ways. With the collector off, what it would have freed is freed between the rounds, outside the times.
"""


def main(workloads):
    if workloads:
        print(*report.sections(workloads), sep="\n\n")
    else:
        RESULTS.write_text("\n\n".join([HEAD.strip(), *report.sections()]) + "\n")
        print(f"written: {RESULTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
