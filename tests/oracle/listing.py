"""Every public callable of JAX, Flax, Optax, RLax, Equinox and Distrax that takes and returns float arrays.

The libraries are walked by introspection; each callable is called with written arguments (arguments.py) or
with guessed ones (battery.py). `python -m tests.oracle.listing` writes the names of those that take and
return floats to functions.txt. `functions()` gives them with everything but the float arrays bound:

    function, floats = functions()["jax.numpy.take"]
    function(*floats)
"""

import importlib
import re
import types
import typing
import warnings
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from tests.oracle import distributions, layer_calls, optimizers
from tests.oracle.arguments import ARGUMENTS
from tests.oracle.arrays import bind
from tests.oracle.battery import guesses
from tests.oracle.excluded import excluded

LIST = Path(__file__).with_name("functions.txt")
MODULES = """
    jax.nn jax.numpy jax.numpy.fft jax.numpy.linalg jax.scipy.cluster.vq jax.scipy.fft jax.scipy.integrate
    jax.scipy.interpolate jax.scipy.linalg jax.scipy.ndimage jax.scipy.optimize jax.scipy.signal
    jax.scipy.sparse.linalg jax.scipy.special jax.scipy.stats jax.lax jax.lax.linalg jax.random
    flax.linen flax.nnx optax optax.contrib optax.losses optax.projections optax.schedules optax.transforms
    optax.tree rlax equinox.nn distrax
""".split()
SUBMODULES = ("jax.scipy.stats",)  # the modules inside these are walked too
ALIAS = re.compile(r"Alias of :func:`(jax[\w.]+)`")
METHODS = layer_calls.rows() | distributions.rows()  # rows that are not functions of their libraries


def modules():
    """The names of the walked modules."""
    for name in MODULES:
        yield name
        if name in SUBMODULES:
            inside = vars(importlib.import_module(name)).items()
            yield from (
                f"{name}.{sub}" for sub, x in inside if isinstance(x, types.ModuleType) and sub[0] != "_"
            )


def is_layer(thing):
    """Whether a class is a layer of a network, a distribution or a bijector."""
    import distrax
    import equinox
    from flax import linen, nnx

    return issubclass(
        thing, linen.Module | nnx.Module | equinox.Module | distrax.Distribution | distrax.Bijector
    )


def candidates(module):
    """The public callables of a module by name: functions, layers, and classes with written arguments."""
    library = importlib.import_module(module)
    for short in getattr(library, "__all__", dir(library)):
        thing, name = getattr(library, short), f"{module}.{short}"
        if (
            short[0] == "_"
            or not callable(thing)
            or typing.get_origin(thing)
            or isinstance(thing, types.UnionType)
        ):
            continue
        if module == "distrax" and short in distributions.KINDS:  # its methods are listed in its place
            continue
        if not isinstance(thing, type) or name in ARGUMENTS or name in METHODS or is_layer(thing):
            yield name, thing


def target(thing):
    """What a callable that says it is an alias stands for."""
    alias = ALIAS.match(thing.__doc__ or "")
    if not alias:
        return thing
    module, short = alias[1].rsplit(".", 1)
    return getattr(importlib.import_module(module), short)


def callables():
    """All public callables, each object under its shortest dotted name."""
    names = {}
    for module in modules():
        for name, thing in candidates(module):
            names.setdefault(id(target(thing)), []).append((len(name), name, thing))
    best = [min(found, key=lambda row: row[:2]) for found in names.values()]
    return {name: thing for _, name, thing in best} | dict.fromkeys(distributions.rows())


def floats_reach(function, floats):
    """Whether a float result of the function depends on a float argument, by its jaxpr."""
    jaxpr = jax.make_jaxpr(function)(*floats).jaxpr
    reached = set(jaxpr.invars)
    for equation in jaxpr.eqns:
        if any(not isinstance(x, Literal) and x in reached for x in equation.invars):
            reached.update(equation.outvars)
    results = [x for x in jaxpr.outvars if not isinstance(x, Literal) and x in reached]
    return any(jnp.issubdtype(x.aval.dtype, jnp.inexact) for x in results)


def bound(thing, call):
    """A call of a public callable as a function of its float arrays, and those."""
    wrapper, args, kwargs = call
    return bind(partial(wrapper, thing) if wrapper else thing, args, kwargs)


def guessed(name, thing):
    """The first guess that the callable accepts and whose floats reach its result."""
    accepted = False
    for call in guesses(thing):
        function, floats = bound(thing, call)
        try:
            if floats_reach(function, floats):
                return function, floats
            accepted = True
        except Exception:  # a guess may be wrong in any way
            continue
    if not accepted:
        raise LookupError(f"no guess fits {name}: it needs a row in arguments*.py or in excluded.py.")
    return None


def written(name, function, floats):
    """A written call, where its floats reach its result; None for a method that a distribution lacks."""
    try:
        return (function, floats) if floats_reach(function, floats) else None
    except NotImplementedError:
        if name in METHODS:
            return None
        raise


def find(name, thing):
    """A public callable as a function of float arrays, with those; None if no float result depends on them.

    A public callable that can neither be called nor is excluded is an error: nothing is left out silently.
    """
    if name in excluded():
        return None
    if name in METHODS:
        return written(name, *(distributions.method if thing is None else layer_calls.layer)(name))
    if name in ARGUMENTS:
        return written(name, *bound(thing, ARGUMENTS[name]))
    optimizer = optimizers.steps(name, thing) if name.startswith("optax.") else None
    return written(name, *optimizer) if optimizer else guessed(name, thing)


@cache
def functions():
    """Dotted name -> a function of float arrays, or of trees of them, and a tuple of such arguments."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries deprecate some of their own names
        found = {name: find(name, thing) for name, thing in callables().items()}
    calls = {name: call for name, call in sorted(found.items()) if call}
    return {name: (function, jax.tree.map(jnp.asarray, floats)) for name, (function, floats) in calls.items()}


def section(name):
    """The module of a dotted name."""
    return max((module for module in modules() if name.startswith(f"{module}.")), key=len)


def text(names):
    """The list as it is written: a section for each module, and in each the sorted names."""
    sections = {}
    for name in sorted(names):
        sections.setdefault(section(name), []).append(name)
    heads = {
        module: f"# {module} (flags: {(top := module.split('.')[0])} {version(top)})" for module in sections
    }
    return "\n".join("\n".join([heads[module], *rows, ""]) for module, rows in sorted(sections.items()))


if __name__ == "__main__":
    LIST.write_text(text(functions()))
