"""How much of JAX and its libraries can be replayed: `python -m tests.oracle.coverage [modules...]`.

Each callable of functions.txt is traced, replayed and checked; a table says how many of each module were
replayed, with which verdicts, and which were not.
"""

import sys
import time
import warnings
from collections import Counter, defaultdict

from microgrid.oracle import check_grads
from tests.oracle.listing import LIST, functions


def names():
    """module -> the names of its callables, as functions.txt has them."""
    found, module = defaultdict(list), ""
    for line in LIST.read_text().splitlines():
        if line.startswith("# "):
            module = line[2:].split(" ")[0]
        elif line:
            found[module].append(line)
    return dict(found)


def outcome(name):
    """(verdict, its report) of one callable; "not differentiable" where JAX itself has no gradient."""
    function, floats = functions()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = check_grads(function, floats, raises=False)
    verdict = report.verdict
    if verdict == "unsupported" and report.refused.startswith("JAX does not differentiate"):
        verdict = "not differentiable"
    return verdict, report


def main(modules):
    """Prints a line for each module, and every callable that is not ok."""
    for module, listed in names().items():
        if modules and module not in modules:
            continue
        start, counts, told = time.perf_counter(), Counter(), []
        for name in listed:
            try:
                verdict, report = outcome(name)
            except Exception as error:
                verdict, report = "error", f"{type(error).__name__}: {error}"
            counts[verdict] += 1
            if verdict not in ("ok", "kink"):
                told.append(f"    {verdict:<18} {name}: {str(report)[:600]}")
        replayed = len(listed) - counts["unsupported"] - counts["error"]
        seconds = time.perf_counter() - start
        print(f"{module:<28} {replayed:>4} of {len(listed):>4} replayed  {dict(counts)}  {seconds:.0f} s")
        print(*told, sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
