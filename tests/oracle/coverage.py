"""How much of JAX and its libraries can be replayed: `python -m tests.oracle.coverage [modules...]`.

Each callable of functions.txt is traced, replayed and checked; a table says how many of each module were
replayed, and with which verdict. What JAX itself does not differentiate has no gradient to check:
there the replay must give JAX's values.
"""

import sys
import time
import warnings
from collections import Counter, defaultdict
from importlib import import_module

import jax
import numpy as np

from microgrid.oracle import check_grads, replay
from microgrid.oracle.flat import is_differentiable
from tests.oracle.listing import LIST, functions

REFUSED = "not differentiable"
DECLARED = {  # rules that differ from the derivative on purpose
    "optax.scale_gradient": ("optax._src.utils", "_scale_gradient"),
    "rlax.clip_gradient": ("rlax._src.clipping", "clip_gradient"),
    "distrax.VonMises.sample": ("distrax._src.distributions.von_mises", "_von_mises_sample"),
}


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
    declared = []
    if name in DECLARED:
        module, inner = DECLARED[name]
        declared = [getattr(import_module(module), inner)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = check_grads(function, floats, raises=False, surrogate=declared)
    refused = report.verdict == "unsupported" and report.refused.startswith("JAX does not differentiate")
    return REFUSED if refused else report.verdict, report


def same_values(name):
    """Whether the replay of a callable gives JAX's values, or why it gives none."""
    function, floats = functions()[name]
    try:
        exact = replay(function, floats)
    except NotImplementedError as error:
        return str(error)
    theirs = [x for x in map(np.asarray, jax.tree.leaves(function(*floats))) if is_differentiable(x)]
    pairs = zip(exact, theirs, strict=True)
    return all(np.allclose(np.vectorize(complex)(x), y.astype(complex), 1e-2, 1e-5) for x, y in pairs)


def replayed(counts):
    """(how many callables were replayed and got a verdict, right or wrong, of how many with a gradient)."""
    differentiable = sum(counts.values()) - counts[REFUSED]
    return differentiable - counts["unsupported"] - counts["error"], differentiable


def share(counts):
    """The share of callables with a gradient that were replayed."""
    count, differentiable = replayed(counts)
    return count / differentiable if differentiable else 1.0


def look(listed):
    """(counts of verdicts, a paragraph for every callable that is not ok) of some callables."""
    counts, told = Counter(), []
    for name in listed:
        try:
            verdict, report = outcome(name)
        except Exception as error:
            verdict, report = "error", f"{type(error).__name__}: {error}"
        if verdict == REFUSED:
            values = same_values(name)
            report = f"{report.refused} Values: {'as JAX has them' if values is True else values}"
        counts[verdict] += 1
        if verdict not in ("ok", "kink"):
            told.append(f"    {verdict:<18} {name}: {str(report)[:600]}")
    return counts, told


def main(modules):
    """Prints a line for each module, and every callable that is not ok."""
    for module, listed in names().items():
        if modules and module not in modules:
            continue
        start = time.perf_counter()
        counts, told = look(listed)
        count, differentiable = replayed(counts)
        print(
            f"{module:<36} {count:>4} of {differentiable:>4}, {share(counts):.1%}  "
            f"{dict(counts)}  {time.perf_counter() - start:.0f} s"
        )
        print(*told, sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
