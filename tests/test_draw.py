"""What a drawing shows: names, signs, numbers, constants, slopes and programs."""

import re
import runpy
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest

from microgrid import Value, draw
from microgrid.draw.signs import constant, short, sign
from microgrid.operations import dot, logsumexp, relu, softmax, tanh, total
from microgrid.program import trace
from tests.drawings import SVG, Parsed, neuron

ROOT = Path(__file__).parent.parent


def test_a_neuron_shows_names_signs_values_and_gradients():
    y = neuron()
    before = Parsed(draw.svg(y)).texts
    assert [(box.get("name"), box.get("sign")) for box in before] == [
        ("w", None), ("x", None), (None, "×"), ("b", None), ("n", "+"), ("y", "tanh")
    ]  # fmt: skip
    assert [box["number value"] for box in before] == ["2", "3", "6", "−5.5", "0.5", "0.4621"]
    assert {box["number grad"] for box in before} == {"-"}
    y.backward()
    after = Parsed(draw.svg(y)).texts
    assert [box["number grad"] for box in after] == ["2.359", "1.573", "0.7864", "0.7864", "0.7864", "1"]


def test_a_gradient_that_stopped_on_the_way_is_zero_and_one_that_was_never_sought_is_a_dash():
    w, other = Value(2.0, "w"), Value(1.0, "other")
    y = relu(w * -3.0)
    y.backward()
    boxes = {box.get("name"): box["number grad"] for box in Parsed(draw.svg([y, other * 2])).texts}
    assert (boxes["w"], boxes["other"]) == ("0", "-")


def test_given_computed_and_results_look_different():
    assert Parsed(draw.svg(neuron())).kinds == ["given", "given", "computed", "given", "computed", "result"]
    y = neuron()
    assert Parsed(draw.svg([y._parents[0], y])).kinds[-2:] == ["result", "result"]


@pytest.mark.parametrize(
    ("fused", "wires"),
    [
        (lambda xs: dot(xs, xs), 6), (total, 3), (logsumexp, 3), (lambda xs: softmax(xs)[0], 3),
        (lambda xs: xs[0] * xs[0], 2),
    ],
)  # fmt: skip
def test_an_operation_is_one_box_with_a_wire_for_each_operand(fused, wires):
    drawn = Parsed(draw.svg(fused([Value(1.0), Value(2.0), Value(3.0)])))
    assert drawn.kinds.count("result") == 1 and "computed" not in drawn.kinds
    assert len(drawn.wires) == len(set(drawn.arrows)) == wires


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda x: x + 3, "+ 3"), (lambda x: 3 + x, "+ 3"), (lambda x: x - 3, "x − 3"),
        (lambda x: 3 - x, "3 − x"), (lambda x: x * 3, "× 3"), (lambda x: 0.1 * x, "× 0.1"),
        (lambda x: x / 49, "x ÷ 49"), (lambda x: 49 / x, "49 ÷ x"), (lambda x: x**2, "x²"),
        (lambda x: x**-1, "x⁻¹"), (lambda x: x**0.5, "x^0.5"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [2.0, 0.7, mpmath.mpf(2), Fraction(9, 7)])
def test_a_constant_is_shown_in_the_operation_that_took_it(made, text, number):
    if isinstance(number, Fraction) and "." in text:
        pytest.skip("no exact result")
    value = made(Value(number))
    assert sign(value._rule, constant(value)) == text


@pytest.mark.parametrize(
    "made", [lambda x: x + 1e-30, lambda x: 2**x, lambda x: x.maximum(0.0), lambda x: 0 / x, lambda x: x + x]
)
def test_a_constant_that_is_not_certain_is_left_out(made):
    assert constant(made(Value(2.0))) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"), (2.0, "2"), (-1 / 3, "−0.3333"), (9.99996, "10"), (12345.67, "12346"),
        (1234567.0, "1.235e6"), (1e-5, "1e−5"), (float("inf"), "inf"), (float("nan"), "nan"), (-0.0, "−0"),
        (Fraction(-1, 3), "−1/3"), (10**30, "1e30"), (mpmath.mpf(2) / 3, "0.6667"),
        (1 / 3 - 2j / 3, "(0.3333−0.6667j)"), (Value(Value(2.5)), "2.5"),
    ],
)  # fmt: skip
def test_numbers_are_shown_in_four_digits(number, text):
    assert short(number) == text


def test_a_number_that_python_will_not_write_is_drawn_all_the_same():
    assert "too long to write" in draw.svg(Value(3**20_000))


def test_a_ball_is_shown_with_its_radius():
    flint = pytest.importorskip("flint")
    assert short(flint.arb(1) / 3) == "0.3333 ± 3.71e−16"


def test_tooltips_have_all_digits():
    y = Value(0.1, "a") + Value(0.2, "b")
    y.backward(2.5)
    assert "add of 2 operands\nvalue 0.30000000000000004\ngradient 2.5" in draw.svg(y)
    assert "slope 0.30000000000000004" in draw.svg(Value(3.0) * (0.1 + 0.2))


def test_slopes_stand_on_the_wires_if_asked_for():
    y = neuron()
    told = [
        text.text
        for text in Parsed(draw.svg(y, slopes=True)).root.iter(f"{SVG}text")
        if text.get("class") == "slope"
    ]
    assert told == ["3", "2", "1", "1", "0.7864"]
    assert 'class="slope"' not in draw.svg(y)
    assert re.findall(r'-> n\d \[label="(.*?)"\]', draw.dot(y, slopes=True)) == told
    assert re.findall(r'-->\|"(.*?)"\|', draw.mermaid(y, slopes=True)) == told


def neurons(w1, x1, w2, x2, b):
    n = w1 * x1 + w2 * x2 + b
    y = tanh(n)
    return 3 - y


def test_a_program_is_drawn_in_letters():
    program = trace(neurons, *[1.0] * 5)
    boxes = Parsed(draw.svg(program, slopes=True)).texts
    assert [box.get("name") for box in boxes[:7]] == ["w1", "x1", "w2", "x2", "b", "n", "y"]
    assert [box.get("sign") for box in boxes] == [None] * 5 + ["Σ x·y", "tanh", "3 − x"]
    assert [box.get("number line") for box in boxes[5:7]] == ["w1 * x1 + w2 * x2 + b", "tanh(n)"]
    slopes = dict(re.findall(r'n(\d) -> n\d+ \[label="(.*?)"\]', draw.dot(program, slopes=True)))
    assert slopes == {"0": "x1", "1": "w1", "2": "x2", "3": "w2", "4": "1", "5": "sech2(n)", "6": "-1"}
    assert Parsed(draw.svg(program)).kinds == ["given"] * 5 + ["computed"] * 2 + ["result"]
    assert "[label" not in draw.dot(program).partition("->")[2]
    assert "n = w1 * x1 + w2 * x2 + b</title>" in draw.svg(program)


def test_a_slope_in_letters_that_is_too_long_is_left_to_the_tooltip():
    drawn = draw.svg(trace(lambda x, p: x**p, 2.0, 3.0), slopes=True)
    assert 'class="slope"' not in drawn and "slope " in drawn


def test_of_a_large_program_the_nearest_lines_are_drawn():
    drawn = draw.svg(trace(neurons, *[1.0] * 5), limit=3)
    assert "showing the 3 nodes nearest to the result, of 8 in all" in drawn
    assert drawn.count('class="wire cut"') == 1
    assert [box.get("sign") for box in Parsed(drawn).texts] == ["Σ x·y", "tanh", "3 − x"]


def test_a_notebook_shows_the_picture():
    drawn = draw.svg(neuron())
    assert drawn._repr_svg_() == drawn and type(drawn._repr_svg_()) is str


def test_the_drawn_neuron_has_the_gradients_that_the_chain_rule_gives(tmp_path, capsys):
    pictures, rows = runpy.run_path(str(ROOT / "examples" / "11_drawing.py"))["main"](tmp_path / "new")
    assert len(rows) == 9 and all(product == gradient for *_, product, gradient in rows)
    assert len({name for name, *_ in rows}) == 9, "rows can be told apart"
    forward, backward, program = (Parsed(picture) for picture in pictures.values())
    assert {box["number grad"] for box in forward.texts} == {"-"}
    assert "-" not in {box["number grad"] for box in backward.texts}
    assert [box.get("name") for box in program.texts[-2:]] == ["n", "y"]
    page = (tmp_path / "new" / "neuron.html").read_text(encoding="utf-8")
    assert all(picture in page for picture in pictures.values())
    assert len(list((tmp_path / "new").glob("neuron_*.svg"))) == 3
    assert draw.mermaid(Value(1.0)).splitlines()[0] in capsys.readouterr().out


def test_the_drawn_neuron_tells_what_it_does(monkeypatch, tmp_path, capsys):
    example = ROOT / "examples" / "11_drawing.py"
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(example.parent))
    monkeypatch.setattr("sys.argv", [str(example), "--help"])
    runpy.run_path(str(example), run_name="__main__")
    told = capsys.readouterr().out
    assert told.startswith("One neuron, drawn:") and "usage: python examples/11_drawing.py [FOLDER]" in told
    assert not list(tmp_path.iterdir())
