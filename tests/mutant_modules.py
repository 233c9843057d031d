"""A changed module beside the true one, and in its place for a while."""

import ast
import contextlib
import importlib
import inspect
import resource
import sys
import types
from functools import cache

import jax
import jax.numpy as jnp
from jax import lax

from microgrid.oracle import pair_verdicts as check
from microgrid.oracle.pairs import PAIRS
from tests.mutants import ENDLESS, source_tree

MEMORY = 6 << 30  # bytes that a mutant may take beside what the process has


class Endless(Exception):
    """A loop that does not end."""


class BoundedLax:
    """jax.lax, but a loop that does not end gives nan, and -1 for integers."""

    def __getattr__(self, name):
        return getattr(lax, name)

    @staticmethod
    def while_loop(condition, body, state):
        state, turns = lax.while_loop(
            lambda both: condition(both[0]) & (both[1] < ENDLESS),
            lambda both: (body(both[0]), both[1] + 1),
            (state, 0),
        )
        return jax.tree.map(
            lambda x: jnp.where(turns < ENDLESS, x, jnp.nan if jnp.issubdtype(x.dtype, jnp.inexact) else -1),
            state,
        )


def _counter():
    turns = iter(range(ENDLESS))

    def turn():
        if next(turns, None) is None:
            raise Endless(f"{ENDLESS} turns")

    return turn


def load(name, code):
    """A module of that name from code, beside the true one."""
    module = types.ModuleType(name)
    module.__package__, module.__file__ = name.rpartition(".")[0], importlib.import_module(name).__file__
    module._counter = _counter
    exec(code, module.__dict__)
    if "lax" in vars(module):
        module.lax = BoundedLax()
    return module


@cache
def used_by(name):
    """function -> the functions of a module that it reaches, itself among them."""
    tree, _ = source_tree(name)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = {
        name: {x.id for x in ast.walk(node) if isinstance(x, ast.Name)} & set(functions)
        for name, node in functions.items()
    }
    for jvp in [name for name in names if name.removesuffix("_jvp") in names]:
        names[jvp.removesuffix("_jvp")].add(jvp)
    reached = {name: {name} for name in functions}
    for _ in functions:
        reached = {name: near.union(*(names[x] for x in near)) for name, near in reached.items()}
    return reached


def functions_of(name, module):
    """id of each function of a true module -> the function in its place."""
    true = vars(importlib.import_module(name))
    things = {n: x for n, x in true.items() if callable(x) and not inspect.isclass(x)}
    own = {n: x for n, x in things.items() if getattr(x, "__module__", None) == name}  # jax.custom_jvp too
    return {id(thing): getattr(module, name) for name, thing in own.items()}


@cache
def modules_of(package):
    """The package's modules, all that it exports among them; the referee keeps what it has.

    A name that is looked up for the first time while a mutant stands in its module would stay the mutant's.
    """
    for pair in PAIRS:
        check.rooms(pair)
    room = importlib.import_module(package)
    for name in room.__all__:
        getattr(room, name)
    names = [name for name in sys.modules if name.split(".")[0] == package and ".oracle" not in name]
    return [sys.modules[name] for name in names]


@contextlib.contextmanager
def small_memory():
    """A mutant that no longer refuses what no machine holds gets an error, and the machine stays up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = MEMORY + 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextlib.contextmanager
def in_place(name, changed, *users):
    """A changed module in the true one's place, in all of its package and in other modules that use it."""
    swap = functions_of(name, changed)
    with contextlib.ExitStack() as stack:
        stack.enter_context(small_memory())
        for owner in (*modules_of(name.split(".")[0]), *users):
            stack.enter_context(swapped(owner, swap))
        yield


@contextlib.contextmanager
def swapped(owner, swap):
    """The functions of a module replaced by others, for a while."""
    before = {name: thing for name, thing in vars(owner).items() if id(thing) in swap}
    for name, thing in before.items():
        setattr(owner, name, swap[id(thing)])
    try:
        yield
    finally:
        for name, thing in before.items():
            setattr(owner, name, thing)
