"""How a Program reads: as the derivation, in the formula's letters, and as Python that runs by itself."""

import ast
import traceback

from programs import PARAMS, drawn, examples, hinge, run

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
    assert trace(lambda x, y, z: (x + y + z) * (x + y), 1.0, 1.0, 1.0).source.count("x + y") == 1


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
