"""Which tests of a topic reach which functions: found by running them once where nothing is changed."""

import contextlib
import importlib
import inspect
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from microgrid.kinds import SEEN
from tests.mutant_modules import in_place, load
from tests.mutants import source_tree

TESTS = {
    "attention": ("test_attention", "test_sizes"),
    "convolution": ("test_convolution", "test_sizes"),
    "operations": ("test_value",),
    "fused": ("test_operations", "test_value", "test_exactness"),
    "embedding": ("test_embedding", "test_nan_and_refusals"),
    "losses": ("test_losses", "test_losses_classification"),
    "mdp": ("test_mdp", "test_tabular_mdp"),
    "optimizers_adaptive": ("test_optimizers_adaptive", "test_nan_and_refusals"),
    "pooling": ("test_pooling", "test_conv", "test_layer_input", "test_sizes"),
    "regularization": ("test_nan_and_refusals",),
}


@dataclass(frozen=True)
class Case:
    """A test and its arguments."""

    test: Callable
    arguments: dict

    def run(self):
        SEEN.intersection_update({float, int})  # the quick ways are open, as in a fresh process
        self.test(**self.arguments)


@cache
def tests_of(topic):
    """The modules of tests that look at a topic."""
    files = "test_edges", *TESTS.get(topic, (f"test_{topic}",))
    here = Path(__file__).parent
    return [importlib.import_module(f"tests.{file}") for file in files if (here / f"{file}.py").exists()]


@cache
def reaching(module):
    """[(case, functions of the module that it calls)], the quickest first."""
    topic = module.split(".")[1]
    tree, file = source_tree(module)
    same = load(module, compile(tree, file, "exec"))
    found = []
    with in_place(module, same, *tests_of(topic)):
        for case in [case for tests in tests_of(topic) for case in cases(tests, topic)]:
            start = time.perf_counter()
            with calls(file) as called:
                case.run()
            found.append((time.perf_counter() - start, case, called))
    return [(case, called) for _, case, called in sorted(found, key=lambda one: one[0])]


@contextlib.contextmanager
def calls(file):
    """The outermost functions of a file that are called meanwhile, by name."""
    names = set()

    def look(frame, event, _):
        if event == "call" and frame.f_code.co_filename == file:
            names.add(frame.f_code.co_qualname.partition(".")[0])

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield names
    finally:
        sys.setprofile(before)


def cases(tests, topic):
    """The cases of a module of tests, but slow ones, those with fixtures, and other topics' rows."""
    for test in [test for name, test in vars(tests).items() if name.startswith("test_")]:
        marks = getattr(test, "pytestmark", ())
        sets = [{}]
        for mark in [mark for mark in marks if mark.name == "parametrize"]:
            asked = (
                re.split(r"\s*,\s*", mark.args[0]) if isinstance(mark.args[0], str) else list(mark.args[0])
            )
            values = [v if len(asked) > 1 else (v,) for v in mark.args[1]]
            sets = [s | dict(zip(asked, v, strict=True)) for s in sets for v in values]
        slow = any(mark.name == "slow" for mark in marks)
        if not slow and set(inspect.signature(test).parameters) == set(sets[0]):
            for arguments in sets:
                if all(getattr(x, "topic", topic) == topic for x in arguments.values()):
                    yield Case(test, arguments)
