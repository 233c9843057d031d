"""How a Program reads: as the derivation, in the formula's letters, and as Python that runs by itself."""

import ast
import inspect
import random
import traceback
from fractions import Fraction
from functools import partial

import pytest

from microgrid import losses, value_and_grad
from microgrid.operations import dot, exp, log, logsumexp, relu, sigmoid, softmax, tanh, total, where
from microgrid.program import trace

NEURON = """\
from microgrid.systems import functions

sigmoid = functions(1.0).sigmoid


def loss_and_gradient(w, x, b, t):
    w0, w1 = w
    x0, x1 = x
    # forward
    z = b + w0 * x0 + w1 * x1
    y = sigmoid(z)
    e = y - t
    loss = e ** 2.0 / 2.0
    # backward
    d_z = e * (y * sigmoid(-z))
    d_w0 = d_z * x0
    d_w1 = d_z * x1
    d_b = d_z
    return loss, ([d_w0, d_w1], d_b)
"""

BATCH = """\
def hinge_and_gradient(params, xs, ys):
    kernel0_0, kernel0_1 = params[0][0]
    kernel1_0, kernel1_1 = params[0][1]
    bias0, bias1 = params[1]
    weights0, weights1 = params[2]
    # forward
    penalty = weights0 * weights0 + weights1 * weights1
    # backward
    d_total = 1.0 / 50.0
    d_weights0 = 2.0 * (0.01 * weights0)
    d_weights1 = 2.0 * (0.01 * weights1)
    total = d_bias0 = d_kernel0_0 = d_kernel0_1 = d_bias1 = d_kernel1_0 = 0.0
    d_kernel1_1 = 0.0
    for (x0, x1), y in zip(xs, ys):
        # forward
        v1 = bias0 + kernel0_0 * x0 + kernel0_1 * x1
        h0 = 0.0 if v1 <= 0.0 else v1
        v2 = bias1 + kernel1_0 * x0 + kernel1_1 * x1
        h1 = 0.0 if v2 <= 0.0 else v2
        score = weights0 * h0 + weights1 * h1
        margin = 1.0 - y * score
        total += 0.0 if margin <= 0.0 else margin
        # backward
        d_margin = 0.0 if margin <= 0.0 else d_total
        if d_margin:
            d_score = -d_margin * y
            d_weights0 += d_score * h0
            d_v1 = 0.0 if v1 <= 0.0 else d_score * weights0
            if d_v1:
                d_bias0 += d_v1
                d_kernel0_0 += d_v1 * x0
                d_kernel0_1 += d_v1 * x1
            d_weights1 += d_score * h1
            d_v2 = 0.0 if v2 <= 0.0 else d_score * weights1
            if d_v2:
                d_bias1 += d_v2
                d_kernel1_0 += d_v2 * x0
                d_kernel1_1 += d_v2 * x1
    hinge = total / 50.0 + 0.01 * penalty
    return hinge, (
        [[d_kernel0_0, d_kernel0_1], [d_kernel1_0, d_kernel1_1]], [d_bias0, d_bias1], [d_weights0, d_weights1]
    )
"""


def loss(w, x, b, t):
    z = dot(w, x, b)
    y = sigmoid(z)
    e = y - t
    return e**2 / 2


def term(kernel, bias, weights, x, y):
    h = [relu(dot(w, x, b)) for w, b in zip(kernel, bias, strict=True)]
    score = dot(weights, h)
    margin = 1 - y * score
    return relu(margin)


def hinge(params, xs, ys):
    kernel, bias, weights = params
    penalty = total([w * w for w in weights])
    return total([term(*params, *example) for example in zip(xs, ys, strict=True)]) / len(xs) + 0.01 * penalty


PARAMS = ([[1.0, 1.0], [1.0, 1.0]], [1.0, 1.0], [1.0, 1.0])


def examples(count, seed=0):
    draw = random.Random(seed)
    xs = [[draw.gauss(0, 1), draw.gauss(0, 1)] for _ in range(count)]
    return xs, [draw.choice((-1.0, 1.0)) for _ in range(count)]


def drawn(structure, seed=0):
    draw = random.Random(seed)

    def fill(x):
        return type(x)(map(fill, x)) if isinstance(x, list | tuple) else draw.gauss(0, 1)

    return fill(structure)


def run(program):
    """The function of a printed source, executed by itself."""
    space = {}
    exec(program.source, space)
    return next(space[name] for name in reversed(space) if inspect.isfunction(space[name]))


def test_one_neuron_reads_as_its_derivation():
    assert trace(loss, [1.0, 1.0], [1.0, 1.0], 1.0, 1.0, wrt=(0, 2)).source == NEURON


def test_a_batch_reads_as_a_loop_over_examples():
    assert trace(hinge, PARAMS, *examples(50)).source == BATCH


def test_a_loop_is_as_long_for_many_examples_as_for_few():
    lengths = {len(trace(hinge, PARAMS, *examples(n)).source.splitlines()) for n in (3, 10, 200)}
    assert len(lengths) == 1


def test_the_printed_source_gives_the_same_bits():
    program, args = trace(hinge, PARAMS, *examples(50)), (drawn(PARAMS), *examples(50))
    assert run(program)(*args) == program.value_and_grad(*args)
    neuron = trace(loss, [1.0, 1.0], [1.0, 1.0], 1.0, 1.0, wrt=(0, 1, 2, 3))
    args = drawn(([1.0, 1.0], [1.0, 1.0], 1.0, 1.0))
    assert run(neuron)(*args) == neuron.value_and_grad(*args)
    several = trace(lambda x: [logsumexp(x), *softmax([exp(a) for a in x])], [1.0] * 3)
    assert run(several)([0.5, -1.0, 0.5]) == several([0.5, -1.0, 0.5])


def test_every_line_fits_and_is_python():
    for program in (
        trace(hinge, PARAMS, *examples(5)),
        trace(lambda x: total([a * b for a in x for b in x]), [1.0] * 30),
        trace(lambda x: softmax([where(a > 0, tanh(a), log(1 - a)) for a in x]), [1.0] * 20),
    ):
        ast.parse(program.source)
        assert max(map(len, program.source.splitlines())) <= 110


def test_a_list_whose_entries_depend_on_all_others_is_no_loop():
    x = [0.5, 0.25, -1.0, 2.0]
    program = trace(lambda x: softmax([a * a for a in x]), x)
    assert program(x) == softmax([a * a for a in x])


def test_what_does_not_matter_is_not_there():
    def f(x, y):
        unused = exp(x) * y
        return x * 2 + 0 * len([unused])

    assert "exp" not in trace(f, 1.0, 1.0).source


def test_what_is_computed_twice_is_there_once():
    def f(x, y):
        return exp(x * y) + 1 / exp(x * y) + x * y

    source = trace(f, 1.0, 1.0).source
    assert source.count("exp(") == 1 and source.count("x * y") == 1


def test_forward_and_backward_share_what_they_have_in_common():
    source = trace(lambda x: exp(2 * x), 1.0).source
    assert source.count("exp(") == 1


def test_sums_keep_their_order():
    """0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1."""
    xs = [0.1 * k * (-1) ** k for k in range(300)]
    expected = 0.0
    for x in xs:
        expected += x
    assert trace(lambda xs: total(xs), xs)(xs) == trace(lambda xs: sum(xs), xs)(xs) == expected
    assert trace(lambda xs: total([x * x + x for x in xs]), xs)(xs) == total([x * x + x for x in xs])


# Loops.


def loops(program):
    """How many loops the printed source has."""
    return sum(isinstance(node, ast.For) for node in ast.walk(ast.parse(program.source)))


def test_a_loop_computes_what_straight_lines_do():
    xs, ys = examples(40)
    params = drawn(PARAMS)
    value, (d_params, d_xs, d_ys) = trace(hinge, PARAMS, xs, ys, wrt=(0, 1, 2)).value_and_grad(params, xs, ys)
    pair = trace(hinge, PARAMS, xs[:2], ys[:2], wrt=(0, 1, 2))
    assert loops(pair) == 0
    parts = [pair.value_and_grad(params, xs[i : i + 2], ys[i : i + 2]) for i in range(0, 40, 2)]
    assert value == pytest.approx(sum(part for part, _ in parts) / 20, rel=1e-14)
    for k in range(2):
        assert d_params[1][k] == pytest.approx(sum(d[0][1][k] for _, d in parts) / 20, rel=1e-13)
        assert d_params[2][k] == pytest.approx(sum(d[0][2][k] for _, d in parts) / 20, rel=1e-13)
    assert d_ys == pytest.approx([x / 20 for _, d in parts for x in d[2]], rel=1e-14)
    assert sum(d_xs, []) == pytest.approx([x / 20 for _, d in parts for row in d[1] for x in row], rel=1e-14)


@pytest.mark.parametrize("spelling", ["total", "sum", "loop", "mean", "pairs", "start"])
def test_however_a_sum_is_written_it_becomes_a_loop(spelling):
    def term(w, x, y):
        return (w * x - y) ** 2 * w

    def f(w, xs, ys):
        terms = [term(w, x, y) for x, y in zip(xs, ys, strict=True)]
        if spelling == "sum":
            return sum(terms)
        if spelling == "mean":
            return sum(terms) / len(terms) + w
        if spelling == "pairs":
            return total([part for t in terms for part in (t, t * w)])
        if spelling == "start":
            return total([w, *terms, w * w])
        result = w * w if spelling == "loop" else 0
        for t in terms:
            result = result + t
        return result if spelling == "loop" else total(terms)

    args = (Fraction(1, 2), [Fraction(k, 3) for k in range(6)], [Fraction(k) for k in range(6)])
    program = trace(f, *args, wrt=(0, 1, 2))
    assert loops(program) == 1
    assert program.value_and_grad(*args) == value_and_grad(f, (0, 1, 2))(*args)


def test_rows_of_several_outputs_are_one_round_each():
    def f(kernel, xs, ts):
        hidden = [[tanh(dot(w, x)) for w in kernel] for x in xs]
        return losses.mean_squared_error(hidden, ts)

    kernel, (xs, _), ts = [[0.5, 1.0], [-1.0, 0.25], [1.0, 1.0]], examples(6), [[0.0, 1.0, 0.5]] * 6
    program = trace(f, kernel, xs, ts)
    assert loops(program) == 1 and program.source.count("tanh(") == 3
    expected = value_and_grad(f)(kernel, xs, ts)
    value, gradient = program.value_and_grad(kernel, xs, ts)
    assert value == expected[0]
    assert sum(gradient, []) == pytest.approx(sum(expected[1], []), rel=1e-14)


def test_what_a_loop_needs_of_another_loop_is_known_before_it_starts():
    """Both passes of a variance, and the way back through the mean: four loops in the right order."""

    def f(w, xs):
        zs = [w[0] * x + x * x * w[1] for x in xs]
        mean = total(zs) / len(zs)
        return total([(z - mean) ** 2 * w[1] for z in zs]) / len(zs)

    args = ([Fraction(1, 2), Fraction(3)], [Fraction(k * k, 3) for k in range(5)])
    program = trace(f, *args, wrt=(0, 1))
    assert loops(program) >= 2
    assert program.value_and_grad(*args) == value_and_grad(f, (0, 1))(*args)


def test_a_loss_that_is_no_plain_mean_goes_back_in_a_second_loop():
    def f(w, xs):
        return log(total([exp(w * x) * x for x in xs])) ** 2

    program = trace(f, 1.0, [1.0] * 5)
    assert loops(program) == 2
    expected = value_and_grad(f)(0.5, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert program.value_and_grad(0.5, [1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(expected, rel=1e-15)


def test_neighbours_in_a_list_are_slices():
    def f(xs):
        return total([(b - a) ** 2 * a for a, b in zip(xs, xs[1:], strict=False)])

    xs = [Fraction(k * k) for k in range(8)]
    program = trace(f, xs)
    assert "in zip(xs[0:7], xs[1:8]):" in program.source
    assert program.value_and_grad(xs) == value_and_grad(f)(xs)


def test_data_from_outside_are_a_table():
    """Labels +1 and -1 are whole numbers: as factors they would simplify each in its way."""
    xs, labels = examples(9)[0], [1, -1, 1, 1, -1, 1, -1, -1, 1]

    def f(w):
        return total([relu(1 - label * dot(w, x)) for x, label in zip(xs, labels, strict=True)])

    program = trace(f, [1.0, 1.0])
    assert loops(program) == 1
    assert run(program)([0.5, 0.25]) == program.value_and_grad([0.5, 0.25])
    assert program([0.5, 0.25]) == f([0.5, 0.25])


def test_a_list_of_results_is_a_loop_too():
    def predictions(w, xs):
        return [[sigmoid(dot(w, x)), w[0] * x[1]] for x in xs]

    xs = examples(7)[0]
    program = trace(predictions, [1.0, 1.0], xs)
    assert loops(program) == 1
    assert program([0.5, -1.0], xs) == predictions([0.5, -1.0], xs)
    w = [Fraction(1, 2), Fraction(1, 3)]
    squares = trace(lambda w, xs: [w[0] * x * x + w[1] for x in xs], w, [1] * 9)
    assert squares(w, [Fraction(k) for k in range(9)]) == [w[0] * k * k + w[1] for k in range(9)]


def test_terms_that_differ_in_more_than_data_are_not_rolled():
    def f(w, xs):
        return total([exp(w * x) * x + 1 if k % 4 else sigmoid(w * x) * x for k, x in enumerate(xs)])

    xs = [0.25 * k for k in range(6)]
    program = trace(f, 1.0, xs)
    assert loops(program) == 0
    assert program.value_and_grad(0.5, xs)[0] == f(0.5, xs)


def test_data_in_another_order_are_not_rolled():
    def f(w, xs):
        return total([(w * xs[i] - xs[j]) ** 2 * w for i, j in ((0, 3), (2, 1), (1, 2), (4, 0), (3, 4))])

    args = (Fraction(2), [Fraction(k * k) for k in range(5)])
    program = trace(f, *args)
    assert loops(program) == 0
    assert program.value_and_grad(*args) == value_and_grad(f)(*args)


def test_short_sums_stay_sums():
    program = trace(lambda p, t: losses.mean_squared_error(p, t), [1.0] * 3, [1.0] * 3)
    assert loops(program) == 0
    assert loops(trace(lambda w, x: dot(w, x), [1.0] * 50, [1.0] * 50)) == 0


# Names.


def test_letters_come_from_the_formula():
    def sigma(slope):
        return 1 / (1 + exp(-slope))

    def f(alpha, values):
        x, *rest = values
        mean = total(rest) * alpha
        fired = sigma(mean - x)
        return fired * mean

    source = trace(f, 1.0, [1.0, 1.0, 1.0]).source
    for name in ("alpha", "x,", "mean =", "fired =", "d_mean =", "d_alpha ="):
        assert name in source, name
    assert "slope" not in source, "what a function calls its parameter is not what its caller calls it"


def test_equal_letters_are_numbered():
    def unit(w, x):
        z = w * x
        return exp(z) * z

    source = trace(lambda w, x: unit(w, x) + unit(x, x), 1.0, 1.0).source
    assert "z1 = w * x" in source and "z2 = x * x" in source and "d_z1 =" in source


def test_a_name_may_be_given():
    def f(x, y):
        y_hat = x * y
        y_hat.name = "prediction"
        return exp(y_hat) * y_hat

    assert "prediction = x * y" in trace(f, 1.0, 1.0).source
    assert "d_prediction = " in trace(f, 1.0, 1.0).source


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("x; import os", "v1"),
        ("class", "class_"),
        ("exp", "exp1"),
        ("x", "x1"),
        ("d_x", "dx"),
        ("d__x", "dx"),
        ("zip", "zip1"),
        ("f", "f1"),
        ("", "v1"),
        ("__import__", "v1"),
        ("3d", "v1"),
        (7, "v1"),
        ("ﬁre", "fire"),
        ("θ", "θ"),
        ("_", "__"),
    ],
)
def test_names_that_python_does_not_take_are_replaced(bad, good):
    def f(x, xs):
        z = x * 3
        z.name = bad
        return total([exp(z) * z * y + z for y in xs])

    program = trace(f, 1.0, [1.0] * 4)
    assert f"    {good} = x * 3.0\n" in program.source
    assert run(program)(0.5, [1.0, 2.0, 3.0, 4.0]) == program.value_and_grad(0.5, [1.0, 2.0, 3.0, 4.0])


def test_parameters_that_clash_are_renamed():
    def f(exp_, zip, d_x, x):
        return exp_ * zip * d_x * exp(x)

    def g(exp, x):
        return log(exp) * globals()["exp"](x)

    assert "def f_and_gradient(exp_, zip1, dx, x):" in trace(f, 1.0, 1.0, 1.0, 1.0).source
    assert "def g_and_gradient(exp1, x):" in trace(g, 1.0, 1.0).source
    assert trace(g, 1.0, 1.0)(1.0, 0.0) == 0.0


def test_functions_without_a_name_or_signature_have_programs():
    assert "def f_and_gradient(x):" in trace(lambda x: x * x, 1.0).source
    assert "def f_and_gradient(x, y):" in trace(partial(lambda w, x, y: w * x * y, 2), 1.0, 1.0).source
    assert "def f_and_gradient(xs0, xs1):" in trace(lambda *xs: xs[0] * xs[1], 1.0, 1.0).source
    assert trace(max, [1.0]).value_and_grad([3.0]) == (3.0, [1.0])


def test_a_profiler_that_runs_stays():
    import sys

    def profiler(frame, event, arg):
        pass

    sys.setprofile(profiler)
    try:
        trace(loss, [1.0], [1.0], 1.0, 1.0)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


# What is shown.


def test_nodes_are_the_operations_one_by_one():
    steps = trace(loss, [1.0, 1.0], [1.0, 1.0], 1.0, 1.0).nodes
    assert [tuple(step) for step in steps if step.operation != "input"] == [
        ("z", "dot", ("b", "w0", "x0", "w1", "x1"), "b + w0 * x0 + w1 * x1"),
        ("y", "sigmoid", ("z",), "sigmoid(z)"),
        ("e", "sub", ("y", "t"), "y - t"),
        ("v1", "pow", ("e", "2.0"), "e ** 2.0"),
        ("v2", "truediv", ("v1", "2.0"), "v1 / 2.0"),
    ]
    assert {step.name for step in steps if step.operation == "input"} == {"w0", "w1", "x0", "x1", "b", "t"}


def test_nodes_of_rows_that_are_written_out_are_the_rows():
    steps = trace(lambda x: logsumexp([relu(x), 1.0]), 1.0).nodes
    assert [step.operation for step in steps] == ["input", "relu", "logsumexp"]


def test_a_traceback_shows_the_derivation():
    program = trace(lambda x: exp(x) * x, 1.0)
    program(1.0)
    function = program._function(None, [1.0], {float})
    try:
        function(1000.0)
    except OverflowError as error:
        assert "exp(x) * x" in "".join(traceback.format_exception(error))
    else:
        raise AssertionError("exp(1000) must overflow")
