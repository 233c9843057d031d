"""What kills a mutant: the tests of the table on the rows it touches, its examples, the tests of its topic.

The other room stays as it is, so its answers are computed once and kept.
"""

import contextlib
import doctest
import importlib
import inspect
import re
import sys
import types
from functools import cache
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from microgrid.kinds import SEEN
from microgrid.oracle import crosscheck as check
from microgrid.oracle.distance import Conditioned
from microgrid.oracle.pairs import PAIRS, Pair
from tests.mutant_modules import functions_of, load, modules_of, swapped, used_by
from tests.mutants import Mutant

HELPERS = {"operations", "fused"}  # topics without rows, that the others build on
CORES = {  # topics without rows: their functions, and rows that are made of them
    "stable": {
        "sigmoid": "activations.sigmoid",
        "tanh": "activations.tanh",
        "log_cosh": "losses_regression.log_cosh",
        "log_softmax": "losses.softmax_cross_entropy",
        "lead": "losses_classification.softmax_focal",
        "focal": "losses_classification.sigmoid_focal",
        "xlogy": "losses.binary_cross_entropy",
        "xlog1my": "losses.binary_cross_entropy",
    },
    "normal_curve": {"normal_cdf": "activations_smooth.gelu"},
}
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
ROOMS = {f"{room}.{pair.topic}" for pair in PAIRS for room in ("microgrid", pair.room)}
MODULES = sorted(
    ROOMS | {f"microgrid.{topic}" for topic in HELPERS} | {f"jaxnets.{topic}" for topic in CORES}
)
LOOPS = {
    "mdp",
    "returns",
}  # topics whose array room loops: uncompiled, every call would compile the loop again


def rows(mutant: Mutant):
    """The rows that a mutant's function has a part in; all of the topic's where none is named."""
    room, topic = mutant.module.split(".")
    if topic in CORES:
        reached = used_by(mutant.module)
        users = {row for name, row in CORES[topic].items() if mutant.function in reached[name]}
        return [pair for pair in PAIRS if pair.name in users]
    if topic in HELPERS:
        mine = [pair for pair in PAIRS if room in ("microgrid", pair.room)]
        return [pair for pair in mine if HELPERS & helpers(f"{room}.{pair.topic}")]
    reached = used_by(mutant.module)
    mine = [pair for pair in PAIRS if pair.topic == topic]
    return [pair for pair in mine if not mutant.function or mutant.function in reached[pair.function]]


@cache
def helpers(module):
    """The helper modules that a module imports from."""
    words = re.findall(r"\w+", Path(importlib.import_module(module).__file__).read_text())
    return HELPERS.intersection(words)


def killed(mutant: Mutant) -> str | None:
    """What noticed the mutant, or None if nothing did."""
    scalar_room = mutant.module.startswith("microgrid.")
    owners = modules_of(mutant.module.split(".")[0])
    files = tests_of(mutant.module.split(".")[1])  # imported while all is true
    try:
        swap = functions_of(mutant.module, load(mutant.module, mutant.code))
        with contextlib.ExitStack() as stack:
            for owner in owners:
                stack.enter_context(swapped(owner, swap))
            for stage in (same_signature, examples, same_errors, agreement):
                for pair in rows(mutant):
                    mine, other = check.rooms(pair)[:: 1 if scalar_room else -1]
                    stage(pair, mine, other, scalar_room)
            topic_tests(mutant, swap, files)
            for pair in rows(mutant) if not scalar_room else ():
                compiled(pair, check.rooms(pair)[1])
    except (AssertionError, pytest.fail.Exception) as error:
        return f"noticed: {error}"[:200]
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"[:200]
    finally:
        check._jitted.cache_clear()
    return None


def same_signature(pair, mine, other, scalar_room):
    assert check.signature(mine) == check.signature(other), "the signature"


def examples(pair, mine, other, scalar_room):
    """The examples in the docstring."""
    space = dict(inspect.unwrap(mine).__globals__, jnp=jnp, np=np)
    test = doctest.DocTestParser().get_doctest(mine.__doc__, space, pair.name, None, None)
    assert not doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None).failed, "an example"


def sentence(function, arguments):
    try:
        function(**check.as_arrays(arguments, function))
    except (ValueError, TypeError) as error:
        return type(error), str(error)
    return None


@cache
def true_sentences(pair, function):
    case = next(iter(check.cases(pair, count=1)))
    return [sentence(function, case | wrong) for wrong, _ in pair.fails]


def same_errors(pair, mine, other, scalar_room):
    """The same sentence for the same mistake."""
    case = next(iter(check.cases(pair, count=1)))
    for (wrong, _), expected in zip(pair.fails, true_sentences(pair, other), strict=True):
        assert sentence(mine, case | wrong) == expected, f"the error for {wrong}"


@cache
def chosen_cases(pair):
    """The cases of the table's test, the drawn ones first: they notice soonest."""
    count = 4 if pair.walks else 20
    cases = list(check.cases(pair, count))
    kinks = [
        case | {name: check.filled(case[name], point)}
        for name, point in (pair.kinks or {}).items()
        for case in check.cases(pair, count=3)
    ]
    return cases[::-1], kinks


def all_cases(pair):
    cases, kinks = chosen_cases(pair)
    return cases + kinks


@cache
def array_answers(pair):
    """case number -> outputs and gradients of the true array room, computed when asked for."""
    run, cases = check.runner(pair, check.rooms(pair)[1]), all_cases(pair)
    return cache(lambda i: run(cases[i]))


@cache
def scalar_answers(pair):
    """case number -> outputs and gradients of the true scalar room, and their scales."""
    scalar, cases = check.rooms(pair)[0], all_cases(pair)
    return cache(lambda i: [check.scalar_run(pair, cases[i], scalar, kind) for kind in (float, Conditioned)])


@cache
def true_path(pair, number):
    """The weights that the true array room takes in a case of an optimizer."""
    case = chosen_cases(pair)[0][number]
    return check.array_optimizer_run(check.rooms(pair)[1](**case), *check.path(case))


def agreement(pair, mine, other, scalar_room):
    """Values and gradients within the row's bounds, slopes at kinks to the bit."""
    if pair.walks:
        return trajectories(pair, mine, other, scalar_room)
    cases, kinks = chosen_cases(pair)
    run = check.runner(pair, mine, compiled=pair.topic in LOOPS)
    for i, case in enumerate(cases + kinks):
        if scalar_room:
            answer = array_answers(pair)(i)
            value, gradient = check.distance(pair, case, mine, lambda _, answer=answer: answer)
            slopes = check.scalar_run(pair, case, mine, float)[1] if i >= len(cases) else None
            expected = answer[1].tolist()
        else:
            (outputs, expected), (scales, slope_scales) = scalar_answers(pair)(i)
            answer = run(case)
            value = check.worst(outputs, answer[0], scales)
            gradient = check.worst(expected, answer[1], slope_scales)
            slopes = answer[1].tolist()
        assert value <= pair.ulps[0], f"value {value:.1f} ULP off at {case}"
        assert gradient <= pair.ulps[1], f"gradient {gradient:.1f} ULP off at {case}"
        assert i < len(cases) or slopes == expected, f"slope at a kink, {case}"


def trajectories(pair, mine, other, scalar_room):
    """The weights after each of fifty steps within the row's bound."""
    for number, case in enumerate(chosen_cases(pair)[0]):
        if scalar_room:
            one = check.optimizer_run(mine(**case), *check.path(case))
            value = check.path_distance(case, mine, one, true_path(pair, number))
        else:
            value, _ = check.trajectory(pair, case, other, mine)
        assert value <= pair.ulps[0], f"trajectory {value:.1f} ULP off with {case}"


def compiled(pair, mine):
    """Compilation changes nothing: one case for every choice."""
    if pair.walks or pair.topic in LOOPS:
        return
    choices, run = {}, check.runner(pair, mine)
    for i, case in enumerate(chosen_cases(pair)[0]):
        choices.setdefault(tuple(case[name] for name, s in pair.arguments.items() if s.choices), (i, case))
    for i, case in choices.values():
        (outputs, slopes), (scales, slope_scales) = scalar_answers(pair)(i)
        answer = run(case)
        assert check.worst(outputs, answer[0], scales) <= pair.ulps[0], f"compiled, at {case}"
        assert check.worst(slopes, answer[1], slope_scales) <= pair.ulps[1], f"compiled, at {case}"


def tests_of(topic):
    """The modules of tests that look at a topic."""
    files = "test_edges", *TESTS.get(topic, (f"test_{topic}",))
    here = Path(__file__).parent
    return [importlib.import_module(f"tests.{file}") for file in files if (here / f"{file}.py").exists()]


def topic_tests(mutant, swap, files):
    """The tests of the topic and of the edges that use the mutant's room, with the mutant in its place."""
    package, topic = mutant.module.split(".")
    for tests in files:
        users = (
            modules_of(package) if topic in HELPERS else [sys.modules[mutant.module], sys.modules[package]]
        )
        wanted = {id(user) for user in users} | set(swap)
        rooms = {name for name, x in vars(tests).items() if id(x) in wanted}
        words = {*vars(sys.modules[mutant.module]), *rooms, "getattr"}
        with swapped(tests, swap):
            for test in [test for name, test in vars(tests).items() if name.startswith("test_")]:
                names = names_in(test, tests)
                if "PAIRS" in names or (names & rooms and (topic in HELPERS or names & words)):
                    run_test(test, topic)


def names_in(function, module):
    """The names that a function uses, and those of the helpers that it calls."""
    names, codes = set(), [function.__code__]
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
        for name in set(code.co_names) - names:
            called = functions_in(vars(module).get(name))
            codes += [helper.__code__ for helper in called if helper.__module__ == module.__name__]
        names |= set(code.co_names)
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    values = [value for mark in marks for value in mark.args[1]]
    if any(isinstance(value, Pair) for value in values):
        names.add("PAIRS")
    if any(inspect.ismodule(value) for value in values):
        names |= {name for name, thing in vars(module).items() if any(thing is value for value in values)}
    return names


def functions_in(thing):
    """A function, or all of a table of them."""
    if inspect.isfunction(thing):
        return [thing]
    parts = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else ()
    return [function for part in parts for function in functions_in(part)]


def run_test(test, topic):
    """Runs a test for each of its parameters; left are slow ones, those with fixtures, other topics' rows."""
    marks = getattr(test, "pytestmark", ())
    sets = [{}]
    for mark in [mark for mark in marks if mark.name == "parametrize"]:
        asked = re.split(r"\s*,\s*", mark.args[0]) if isinstance(mark.args[0], str) else list(mark.args[0])
        values = [v if len(asked) > 1 else (v,) for v in mark.args[1]]
        sets = [s | dict(zip(asked, v, strict=True)) for s in sets for v in values]
    if any(mark.name == "slow" for mark in marks) or set(inspect.signature(test).parameters) != set(sets[0]):
        return
    for arguments in sets:
        if all(getattr(x, "topic", topic) == topic for x in arguments.values()):
            SEEN.intersection_update({float, int})  # the quick ways are open, as in a fresh process
            test(**arguments)
