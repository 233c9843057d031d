"""Terms that differ in their data alone are one loop again, and it computes what straight lines would."""

from fractions import Fraction
from itertools import chain, pairwise

import pytest
from programs import PARAMS, drawn, examples, hinge, loops, run

from microgrid import losses, value_and_grad
from microgrid.operations import dot, exp, log, relu, sigmoid, softmax, tanh, total, where
from microgrid.program import trace


def flat(rows):
    return list(chain.from_iterable(rows))


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
    assert flat(d_xs) == pytest.approx([x / 20 for _, d in parts for row in d[1] for x in row], rel=1e-14)


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
    assert flat(gradient) == pytest.approx(flat(expected[1]), rel=1e-14)


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
        return total([(b - a) ** 2 * a for a, b in pairwise(xs)])

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


def test_each_way_out_of_a_round_stops_by_itself():
    """A weight behind two units: one may be dead while the other is not."""

    def f(w, xs):
        return total([relu(w * x) * 3 + relu(w - x) for x in xs])

    args = (Fraction(1), [Fraction(k) for k in (-3, 2, 1, -1, 0, 4)])
    program = trace(f, *args, wrt=(0, 1))
    assert loops(program) == 1
    assert program.value_and_grad(*args) == value_and_grad(f, (0, 1))(*args)


def test_a_loop_does_not_wait_for_what_it_does_not_need():
    def f(w, xs):
        s = total([(w * x - 1) ** 2 * x for x in xs])
        return s + w * s

    args = (Fraction(1, 3), [Fraction(k) for k in range(5)])
    program = trace(f, *args)
    assert loops(program) == 1, "the gradient of the sum, 1 + w, is known before the loop"
    assert program.value_and_grad(*args) == value_and_grad(f)(*args)


def test_a_loop_may_stand_on_one_side_of_a_condition():
    def f(w, xs):
        return where(w > 0, total([(w * x - 1) ** 2 * w for x in xs]), w * 3)

    xs = [Fraction(k) for k in range(5)]
    for w in (Fraction(1, 2), Fraction(-1, 2)):
        program = trace(f, w, xs, wrt=(0, 1))
        assert loops(program) == 1
        assert program.value_and_grad(w, xs) == value_and_grad(f, (0, 1))(w, xs)


def test_a_diagonal_is_no_column():
    rows = [[Fraction(3 * i + j) for j in range(5)] for i in range(5)]
    program = trace(lambda rows: total([(rows[k][k] + 1) ** 3 * 2 for k in range(5)]), rows)
    assert loops(program) == 0
    assert program(rows) == sum((rows[k][k] + 1) ** 3 * 2 for k in range(5))


def test_shares_of_one_softmax_are_no_rounds():
    x = [0.5, 0.25, -1.0, 2.0, 0.0]
    program = trace(lambda x: [exp(p) * p + 1 for p in softmax(x)], x)
    assert loops(program) == 0
    assert program(x) == [exp(p) * p + 1 for p in softmax(x)]


def test_what_does_not_change_from_round_to_round_is_computed_once():
    def f(w, xs):
        return total([part for x in xs for part in (w * x * x, (w + 1) / 7)])

    source = trace(f, 1.0, [1.0] * 9).source
    assert source.index("w + 1.0") < source.index("for x in xs")


def test_what_a_loop_starts_with_is_there_on_both_sides_of_a_condition():
    def f(w, xs):
        start = (w + 1) ** 2
        return where(w > 0, total([start, *[(w * x - 1) ** 2 * w for x in xs], start * start]), w * 3)

    xs = [Fraction(k) for k in range(5)]
    for w in (Fraction(1, 2), Fraction(-1, 2)):
        assert trace(f, w, xs).value_and_grad(w, xs) == value_and_grad(f)(w, xs)


def test_rounds_that_need_no_data_are_counted():
    def f(b, xs):
        return log(total([x * x * x + b for x in xs]))

    program = trace(f, 1.0, [1.0] * 6)
    assert "for _ in range(6):" in program.source
    assert program.value_and_grad(1.0, [1.0] * 6)[1] == pytest.approx(0.5, rel=1e-15)


def test_only_lists_are_collected():
    program = trace(lambda xs: tuple((x + 1) * x * x for x in xs), [1.0] * 9)
    assert program([2.0] * 9) == (12.0,) * 9
