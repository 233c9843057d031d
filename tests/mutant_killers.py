"""What kills a mutant: the tests of the table on the rows it touches, its examples, the tests of its topic.

The other room stays as it is, so its answers are computed once and kept.
"""

import doctest
import importlib
import inspect
import re
from functools import cache
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from microgrid.oracle import pair_verdicts as check
from microgrid.oracle.distance import Conditioned
from microgrid.oracle.pairs import PAIRS
from tests.arguments import as_arrays
from tests.mutant_modules import in_place, load, used_by
from tests.mutant_reach import reaching, tests_of
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
    if mutant.module.split(".")[1] in HELPERS:  # all rows are made of them: their own tests are sooner done
        return noticed(mutant, topic_tests, reaching(mutant.module)) or noticed(mutant, the_table)
    return noticed(mutant, the_table) or noticed(mutant, topic_tests, reaching(mutant.module))


def noticed(mutant, look, *given) -> str | None:
    """What a look at a mutant in its place says, or None."""
    try:
        changed = load(mutant.module, mutant.code)
        with in_place(mutant.module, changed, *tests_of(mutant.module.split(".")[1])):
            look(mutant, *given)
    except (AssertionError, pytest.fail.Exception) as error:
        return f"noticed: {error}"[:200]
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"[:200]
    finally:
        check._jitted.cache_clear()
    return None


def the_table(mutant):
    """The tests of the table, the one that compiles last."""
    scalar_room = mutant.module.startswith("microgrid.")
    stages = same_signature, examples, same_errors, agreement, *(() if scalar_room else (compiled,))
    for stage in stages:
        for pair in rows(mutant):
            mine, other = check.rooms(pair)[:: 1 if scalar_room else -1]
            stage(pair, mine, other, scalar_room)


def topic_tests(mutant, tests):
    """The tests of the topic and of the edges that reach the function."""
    for case, reached in tests:
        if mutant.function in reached or not mutant.function:
            case.run()


def same_signature(pair, mine, other, scalar_room):
    assert check.signature(mine) == check.signature(other), "the signature"


def examples(pair, mine, other, scalar_room):
    """The examples in the docstring."""
    space = dict(inspect.unwrap(mine).__globals__, jnp=jnp, np=np)
    test = doctest.DocTestParser().get_doctest(mine.__doc__, space, pair.name, None, None)
    assert not doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None).failed, "an example"


def sentence(function, arguments):
    try:
        function(**as_arrays(arguments, function))
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


def compiled(pair, mine, other, scalar_room):
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
