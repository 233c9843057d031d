"""python -m microgrid.oracle package.module:function 'float32[3,4]' 'int32[3]<10'

Checks the gradient of a function at random arguments, and prints the report.
"""

import argparse
import importlib
import re
import sys
from pathlib import Path

ARGUMENT = re.compile(r"(?P<dtype>[a-z]+\d*)(\[(?P<shape>[\d,\s]*)\])?(<(?P<below>\d+))?")


def drawn(text, draw):
    """A random array for a type such as float32[3,4] (normal), or int32[3]<10 (from 0 to 9)."""
    import jax.numpy as jnp

    found = ARGUMENT.fullmatch(text) or {}
    try:
        dtype = jnp.dtype(found["dtype"])
    except (KeyError, TypeError):
        raise SystemExit(
            f"microgrid.oracle: an argument must be a type such as float32[3,4] or int32[3]<10; got {text!r}."
        ) from None
    shape = tuple(int(size) for size in (found["shape"] or "").split(",") if size.strip())
    if jnp.issubdtype(dtype, jnp.floating):
        return jnp.asarray(draw.normal(size=shape)).astype(dtype)
    return jnp.asarray(draw.integers(0, int(found["below"] or 2), shape)).astype(dtype)


def loaded(name):
    """The function that module:function names; the folder that one is in is searched too."""
    module, _, function = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise SystemExit(f"microgrid.oracle: {name} must be module:function; {error}.") from None


def main(arguments=None):
    """Runs the command; returns 1 where the gradient is not right, else 0."""
    import numpy as np

    from .check import check_grads

    parser = argparse.ArgumentParser("python -m microgrid.oracle", description=__doc__)
    parser.add_argument("function", help="module:function")
    parser.add_argument("arguments", nargs="*", help="its arguments: float32[3,4], int32[3]<10, ...")
    parser.add_argument("--order", type=int, default=1, choices=(1, 2))
    parser.add_argument("--modes", default="fwd,rev", help="fwd, rev or fwd,rev")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, help="look at so many coordinates of each equation only")
    told = parser.parse_args(arguments)
    draw = np.random.default_rng(told.seed)
    point = tuple(drawn(text, draw) for text in told.arguments)
    modes = tuple(told.modes.split(","))
    report = check_grads(
        loaded(told.function), point, told.order, modes, seed=told.seed, sample=told.sample, raises=False
    )
    print(report)
    return int(report.failed)


if __name__ == "__main__":
    sys.exit(main())
