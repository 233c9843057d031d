"""python -m microgrid.oracle package.module:function 'float32[3,4]' 'int32[3]<10'

Checks the gradient of a function at random arguments, and prints the report.

An argument is a type with a shape, one for each argument of the function, each in quotes; bf16, f16, f32 and
f64 are short names. Floats and complex numbers are drawn from the normal distribution of mean 0 and variance
1, so most are between -3 and 3; integers from 0 and 1, with <n from 0 to n - 1; of several booleans some are
true and some false; key is a random key, key[3] three of them. --seed draws others. The function may be that
of a class, package.module:Class.function.
"""

import argparse
import importlib
import inspect
import math
import os
import re
import sys
import warnings
from operator import attrgetter
from pathlib import Path
from typing import Any

ARGUMENT = re.compile(
    r"(?P<dtype>[a-z]\w*)(\[(?P<shape>\s*(\d+\s*(,\s*\d+\s*)*,?\s*)?)\])?(<(?P<below>\d+))?"
)
SHORT = {"bf16": "bfloat16"} | {
    f"{name[0]}{bits}": f"{name}{bits}"
    for name, sizes in dict(
        float=(16, 32, 64), int=(8, 16, 32, 64), uint=(8, 16, 32, 64), complex=(64, 128)
    ).items()
    for bits in sizes
}
MOST = 2**30  # numbers of an argument
UNFIT = (TypeError, ValueError, IndexError)  # what a function raises of arguments that it does not take
ENDS = """
exit status: 0 where the gradient passes (ok, kink, sampled, and imprecise and approximate, which the
report says), 1 where it does not (unexplained, nonfinite, wrong, unsupported), 2 where the command is
not understood, or the function raises an error.
"""


class Mistake(Exception):
    """What is wrong with the command, a sentence."""


def drawn(text, draw):
    """A random array for a type such as float32[3,4] (normal), int32[3]<10 (from 0 to 9), or key."""
    import jax
    import jax.numpy as jnp

    found = ARGUMENT.fullmatch(text) or {}
    try:
        if found["dtype"] == "key" and not found["below"]:
            key = jax.random.key(int(draw.integers(2**31)))
            return jax.random.split(key, _shape(found, text)) if found["shape"] else key
        name = SHORT.get(found["dtype"], found["dtype"])
        dtype = jnp.dtype(name)
        if name != dtype.name or not (dtype.kind == "b" or jnp.issubdtype(dtype, jnp.number)):
            raise TypeError
    except (KeyError, TypeError):
        raise Mistake(
            f"an argument must be a type such as float32[3,4], int32[3]<10 or key; got {text!r}."
        ) from None
    if jax.dtypes.canonicalize_dtype(dtype) != dtype:
        raise Mistake(f"{text} needs 64 bits. Fix: JAX_ENABLE_X64=1 python -m microgrid.oracle ...")
    shape = _shape(found, text)
    if jnp.issubdtype(dtype, jnp.inexact):
        if found["below"]:
            raise Mistake(f"<{found['below']} is for integers; got {text!r}. Fix: leave it out.")
        numbers = draw.normal(size=shape)
        if jnp.issubdtype(dtype, jnp.complexfloating):
            numbers = numbers + 1j * draw.normal(size=shape)
        return jnp.asarray(numbers).astype(dtype)
    below, most = int(found["below"] or 2), 2 if dtype.kind == "b" else int(jnp.iinfo(dtype).max) + 1
    if not 1 <= below <= most:
        raise Mistake(f"<n must be from <1 to <{most} for {dtype}; got {text!r}.")
    numbers = draw.integers(0, below, shape, "uint64" if below > 2**63 else "int64")
    if dtype.kind == "b" and numbers.size > 1 and len({*numbers.flat}) == 1:  # a mask of one kind hides a lot
        numbers.flat[draw.integers(numbers.size)] ^= 1
    return jnp.asarray(numbers).astype(dtype)


def _shape(found, text):
    """The shape in the match of an argument."""
    shape = tuple(int(size) for size in (found["shape"] or "").split(",") if size.strip())
    if math.prod(shape) > MOST:
        raise Mistake(f"an argument must have at most {MOST} numbers; got {text!r}. Fix: a smaller shape.")
    return shape


def loaded(name):
    """The function that module:function names; the folder that one is in is searched too."""
    module, _, function = name.partition(":")
    if not (module and function):
        raise Mistake(f"{name} must be module:function; no function is named. Fix: {module or 'module'}:loss")
    if not all(part.isidentifier() for part in module.split(".")):
        dotted = module.removesuffix(".py").strip("./").replace("/", ".")
        fix = f" Fix: {dotted}:{function}" if dotted.replace(".", "_").isidentifier() else ""
        raise Mistake(f"{name} must be module:function; {module} is no module.{fix}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = attrgetter(function)(importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        dotted = module.removesuffix(".py")
        fix = f" Fix: {dotted}:{function}" if dotted != module else ""
        raise Mistake(f"{name} must be module:function; {_line(error)}{fix}") from None
    except (Exception, SystemExit) as error:
        raise Mistake(f"{name} cannot be imported: {_raised(error)}") from error
    if not callable(found):
        raise Mistake(f"{name} must be a function; got {type(found).__name__}.")
    return found


def _line(error):
    """The words of an error as one sentence."""
    told = " ".join(str(error).split()).removesuffix(".")
    return f"{told or type(error).__name__}."


def _raised(error):
    """What an error is, where the user's code raised it, and its words."""
    from .refusals import raised_at

    where = "" if isinstance(error, SyntaxError) else raised_at(error)
    where = f" at {where}" if where not in ("", "inside JAX") else ""
    return f"{type(error).__name__}{where}: {_line(error)}"


def fit(name, function, texts):
    """Raises Mistake where a type leaves a bracket open, or a function does not take so many arguments."""
    for text in texts:
        if (opened := text.count("[")) != text.count("]"):
            told = "no ] for its [" if opened else "no [ for its ]"
            raise Mistake(f"an argument must be a type such as float32[3,4]; got {told} in {text!r}.")
    try:
        takes = inspect.signature(function)
    except ValueError:  # a builtin does not say
        return
    try:
        takes.bind(*texts)
    except TypeError as error:
        came = " ".join(texts) or "none"
        fix = (
            "one type for each argument" if texts else "its types behind it, 'float32[3,4]' for one argument"
        )
        raise Mistake(f"{name} takes {takes}; {error} in {came}. Fix: {fix}.") from None


def run(name, function, point):
    """Raises Mistake where a function does not take such arguments, and raises."""
    import jax

    from .flat import Flat
    from .tracing import untraced

    flat = Flat(function, point)
    try:
        jax.eval_shape(flat, *flat.numbers)
    except (Exception, SystemExit) as error:
        if isinstance(error, Exception) and untraced(name, flat, error):  # the report says it
            return
        fix = " Fix: types that it takes." if isinstance(error, UNFIT) else ""
        raise Mistake(f"{name} raises {_raised(error)}{fix}") from error


def directions(text):
    """The modes that a text names, one or both, in any order.

    >>> directions("rev,fwd")
    ('rev', 'fwd')
    """
    modes = tuple(text.split(","))
    if not {*modes} <= {"fwd", "rev"} or len({*modes}) != len(modes):
        raise argparse.ArgumentTypeError(f"must be fwd, rev or fwd,rev; got {text!r}")
    return modes


def parser():
    """What the command takes."""
    made = argparse.ArgumentParser(
        "python -m microgrid.oracle",
        description=__doc__,
        epilog=ENDS.strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("function", help="module:function")
    made.add_argument("arguments", nargs="*", help="its arguments: 'float32[3,4]', 'int32[3]<10', ...")
    made.add_argument("--order", type=int, default=1, choices=(1, 2), help="2: the second derivative too")
    made.add_argument(
        "--modes", default=("fwd", "rev"), type=directions, metavar="MODES", help="fwd, rev or fwd,rev"
    )
    made.add_argument("--seed", type=int, default=0, help="for other arguments and weights")
    made.add_argument(
        "--engine",
        default="exact",
        choices=("exact", "float64"),
        help="float64: quicker, with a bound of rounding instead of a proof",
    )
    made.add_argument("--sample", type=int, metavar="N", help="look at N coordinates of each equation only")
    return made


def checked(told):
    """The report on what the command asks for; raises Mistake."""
    import numpy as np

    from .check import check_grads

    for name, least in (("seed", 0), ("sample", 1)):
        if (number := getattr(told, name)) is not None and number < least:
            raise Mistake(f"--{name} must be at least {least}; got {number}.")
    if told.sample and told.engine != "exact":
        raise Mistake("--sample takes no engine; leave --engine out.")
    function, draw = loaded(told.function), np.random.default_rng(told.seed)
    fit(told.function, function, told.arguments)
    point = tuple(drawn(text, draw) for text in told.arguments)
    run(told.function, function, point)
    asked: dict[str, Any] = dict(seed=told.seed, engine=told.engine, sample=told.sample, raises=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the report says it
        try:
            return check_grads(function, point, told.order, told.modes, **asked)
        except (Exception, SystemExit) as error:
            raise Mistake(f"{told.function} cannot be checked: {_raised(error)}") from error


def main(arguments=None):
    """Runs the command; returns 1 where the gradient is not right, 2 for a command that is not, else 0."""
    told = parser().parse_args(arguments)
    try:
        report = checked(told)
    except Mistake as mistake:
        print(f"microgrid.oracle: {mistake}", file=sys.stderr)
        return 2
    print(report)
    return int(report.failed)


if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # who read the report has seen enough, head say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is flushed at the end
        status = 1
    sys.exit(status)
