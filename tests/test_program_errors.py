"""What a Program refuses: one sentence, with the place in the user's code, and the way out."""

import inspect
import math
import re

import pytest

from microgrid import Value
from microgrid.activations import leaky_relu
from microgrid.operations import dot, exp, log, maximum, sqrt, total, where
from microgrid.program import trace


def line_of(function, text):
    """The number of the line in this file that has the text."""
    lines, start = inspect.getsourcelines(function)
    return start + next(i for i, line in enumerate(lines) if text in line)


def branch(x):
    if x > 0:
        return x
    return -x


def conversion(x):
    return x * math.sqrt(x)


def index(x, n):
    return [x, x * 2][n]


def count(x, n):
    return x * sum(range(n))


def truth(x):
    return x or 3.0


def ordered(xs):
    return sorted(xs)[0]


def inner_branch(x):
    return leaky_relu(branch(x))


def chained(x):
    return where(0 < x < 1, x, 0)


def formatted(x):
    print(f"{x:.3f}")
    return x


@pytest.mark.parametrize(
    ("f", "examples", "code"),
    [
        (branch, [1.0], "if x > 0:"),
        (inner_branch, [1.0], "if x > 0:"),
        (truth, [1.0], "return x or 3.0"),
        (ordered, [[1.0, 2.0]], "return sorted(xs)[0]"),
        (chained, [1.0], "return where(0 < x < 1, x, 0)"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_branch_names_the_line_and_the_way_out(f, examples, code):
    place = f"{__file__}, line {line_of(branch if f is inner_branch else f, code)} ({code})"
    with pytest.raises(TypeError, match=re.escape(place)) as error:
        trace(f, *examples)
    assert "branch" in str(error.value) and "Fix: where(condition, x, y)" in str(error.value)


@pytest.mark.parametrize(
    ("f", "examples", "code"),
    [
        (conversion, [1.0], "math.sqrt(x)"),
        (index, [1.0, 1], "[n]"),
        (count, [1.0, 3], "range(n)"),
        (formatted, [1.0], "print("),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_conversion_to_a_plain_number_names_the_line(f, examples, code):
    with pytest.raises(TypeError, match=re.escape(f"{__file__}, line {line_of(f, code)}")) as error:
        trace(f, *examples)
    assert "cannot become a plain one" in str(error.value)


def test_a_static_number_may_be_an_index():
    assert trace(index, 1.0, 1, static=1)(4.0, 1) == 8.0


def test_a_value_from_outside_must_be_an_argument():
    w = Value(2.0)
    for f in (
        lambda x: x * w,
        lambda x: w * x,
        lambda x: maximum(w, x),
        lambda x: total([x, w]),
        lambda x: w,
    ):
        with pytest.raises(TypeError, match=r"Value\(2\.0, grad=0\) from outside.*Fix: make it an argument"):
            trace(f, 1.0)
    assert trace(lambda x: x * w.data, 1.0)(3.0) == 6.0


def test_numbers_of_two_traces_must_not_meet():
    def f(x):
        return trace(lambda y: x * y, 1.0)(x)

    with pytest.raises(TypeError, match="numbers of two traces must not meet"):
        trace(f, 1.0)


@pytest.mark.parametrize("wrong", [None, "text", {1, 2}, ...], ids=repr)
def test_a_function_must_return_numbers(wrong):
    with pytest.raises(TypeError, match="what f returns must be numbers or nested lists of numbers; got"):
        trace(lambda x: [x, wrong], 1.0)


def test_only_functions_can_be_traced():
    with pytest.raises(TypeError, match="f must be a function; got 3"):
        trace(3, 1.0)


def test_an_example_must_hold_numbers():
    with pytest.raises(
        TypeError, match=r"an example must be numbers or nested lists of numbers; got \{1, 2\}"
    ):
        trace(lambda x: x, {1, 2})


def f(w, x, b):
    return dot(w, x) + b["b"]


PROGRAM = trace(f, [1.0, 1.0], [1.0, 1.0], {"b": 1.0})


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (([1.0], [1.0], {"b": 1.0}), "w must have the structure it was traced with, (2,); got (1,)"),
        (
            ([1.0, 2.0], [[1.0], [2.0]], {"b": 1.0}),
            "x must have the structure it was traced with, (2,); got (2, 1)",
        ),
        (([1.0, 2.0], 3.0, {"b": 1.0}), "x must have the structure it was traced with, (2,); got ()"),
        (([1.0, 2.0], [1.0, [2.0]], {"b": 1.0}), "(2,); got [(), (1,)]"),
        (
            ([1.0, 2.0], [1.0, 2.0], {"c": 1.0}),
            "b must have the structure it was traced with, {'b': ()}; got {'c': ()}",
        ),
        (([1.0, 2.0], [1.0, 2.0], [1.0]), "{'b': ()}; got (1,)"),
        (([1.0, 2.0], [1.0, "2"], {"b": 1.0}), "(2,); got [(), '2']"),
    ],
)
def test_arguments_of_another_structure_are_told_with_both(args, words):
    for call in (PROGRAM, PROGRAM.value_and_grad):
        with pytest.raises(ValueError, match=re.escape(f"f: {words}" if words[0] in "wxb" else words)):
            call(*args)


def test_rows_of_unequal_length_are_told():
    program = trace(lambda xs: total([(x[0] - x[1]) ** 2 for x in xs]), [[1.0, 1.0]] * 9)
    rows = [[1.0, 2.0]] * 7 + [[1.0], [1.0, 2.0, 3.0]]
    with pytest.raises(ValueError, match=r"xs must have the structure it was traced with, \(9, 2\); got"):
        program(rows)


def test_the_number_of_arguments_is_told():
    with pytest.raises(TypeError, match="f: takes 3 arguments; got 1"):
        PROGRAM(1.0)


@pytest.mark.parametrize("wrt", [3, -1, True, "w", None, (0, 5), 1.0])
def test_wrt_must_name_arguments(wrt):
    with pytest.raises(ValueError, match="wrt must be places of arguments that are numbers; got"):
        trace(f, [1.0, 1.0], [1.0, 1.0], {"b": 1.0}, wrt=wrt)


def test_wrt_must_not_name_what_is_static():
    with pytest.raises(ValueError, match="wrt must be places of arguments that are numbers; got 1"):
        trace(lambda x, how: x, 1.0, "sum", wrt=1)


def test_only_one_number_has_a_gradient():
    with pytest.raises(
        TypeError, match=r"a gradient is that of one number; the function returns a structure \(2,\)"
    ):
        trace(lambda x: [x, x], 1.0).value_and_grad(1.0)


@pytest.mark.parametrize(
    ("f", "x", "words"),
    [
        (lambda x: log(x) + 1, -1.0, r"log: no result for \(-1\.0\): "),
        (lambda x: 1 / (x - 2), 2.0, r"truediv: no result for \(1, 0\.0\): a division by zero"),
        (lambda x: exp(x * x), 100.0, r"exp: no result for \(10000\.0\): "),
        (lambda x: (x - 3) ** 0.5, 1.0, r"pow: no result for \(-2\.0, 0\.5\): "),
    ],
)
def test_no_result_is_told_with_the_operation_and_its_operands(f, x, words):
    program = trace(f, 1.0)
    for call in (program, program.value_and_grad):
        with pytest.raises((ValueError, ArithmeticError), match=words):
            call(x)
    assert program(4.0) == f(4.0), "and the next call is as good as ever"


def test_an_infinite_result_is_told_where_it_began():
    program = trace(lambda x: x * 1e308 + 1, 1.0)
    with pytest.raises(ValueError, match="which began as inf from mul"):
        program.value_and_grad(10.0)


def test_an_infinite_result_that_is_meant_is_none():
    from microgrid.losses import binary_cross_entropy

    program = trace(lambda p: binary_cross_entropy([p], [1.0]), 1.0)
    assert program.value_and_grad(0.0) == (math.inf, -math.inf)


def test_an_error_of_the_user_comes_through():
    def f(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        trace(f, 1.0)
    assert trace(lambda x: sqrt(x), 4.0)(9.0) == 3.0


def test_a_gradient_inside_a_traced_function_is_refused():
    inner = trace(lambda x: x * x, 1.0)
    with pytest.raises(TypeError, match="value_and_grad cannot be traced"):
        trace(lambda x: inner.value_and_grad(x)[1], 1.0)


def test_names_of_arguments_and_places_that_are_none_are_refused():
    with pytest.raises(TypeError, match="f: arguments must come in their places; got w by name"):
        PROGRAM([1.0, 2.0], w=[1.0, 2.0])
    with pytest.raises(ValueError, match="trace: static must be places of arguments; got 7"):
        trace(branch, 1.0, static=7)
