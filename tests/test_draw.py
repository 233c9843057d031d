"""Drawings: every number where it belongs, nothing on top of anything else, and names that can do no harm."""

import os
import random
import re
import runpy
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import mpmath
import pytest
from hypothesis import given, settings, strategies as st

from microgrid import Value, draw
from microgrid.draw.layout import layout
from microgrid.draw.signs import constant, short, sign
from microgrid.operations import dot, logsumexp, relu, softmax, tanh, total
from microgrid.program import trace

ROOT = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"
OURS = {SVG + tag for tag in ("svg", "title", "style", "rect", "g", "path", "text")}
NAMES = [
    "x; import os", "</svg>", "</text><script>alert(1)</script>", "<br/>", "]]>", "&lt;&#35;#35;", "'\"`'",
    "back\\slash\\", "\\N\\l\\G", "new\nline\r\t", "\x00\x1b[31m\x7f", '"]; --> end', "end", "%%{init}%%",
    "**b** _u_ `c`", "1. one", "- one", "{{x}}|y|", "重み", "ünï", "e\u0301", "\u202edrawkcab", "\ud800",
    "\ufffe", "",
]  # fmt: skip


def neuron():
    """tanh(w * x + b), all of it named."""
    w, x, b = Value(2.0, "w"), Value(3.0, "x"), Value(-5.5, "b")
    n = w * x + b
    y = n.tanh()
    n.name, y.name = "n", "y"
    return y


def some_graph(seed, size=60):
    """A graph of random operations, with wires that pass many columns."""
    chance = random.Random(seed)
    values = [Value(chance.random(), f"x{i}") for i in range(5)]
    for _ in range(size):
        a, b = chance.choices(values[:5] + values[-9:], k=2)
        values.append(chance.choice([a * b, a - b, a.tanh(), total([a, b, a, b])]))
    return values[-2:]


GRAPHS = [neuron(), some_graph(1), some_graph(2), some_graph(3, 150), [Value(1.0), neuron()]]


class Parsed:
    """An SVG text as its boxes (left, top, right, bottom), texts by box, wires as points, and the rest."""

    def __init__(self, text):
        self.root = ElementTree.fromstring(text)
        self.boxes, self.texts, self.wires, self.arrows, self.kinds = [], [], [], [], []
        for group in self.root.iter(f"{SVG}g"):
            rect = group.find(f"{SVG}rect")
            if rect is not None:
                x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
                self.boxes.append((x, y, x + width, y + height))
                self.texts.append({t.get("class"): t.text for t in group.iter(f"{SVG}text")})
                self.kinds.append(group.get("class"))
            else:
                wire, arrow = group.iter(f"{SVG}path")
                self.wires.append(points(wire.get("d")))
                self.arrows.append(tuple(map(float, re.findall(r"-?[\d.]+", arrow.get("d"))[:2])))

    def box_at(self, x, y, side):
        """The box whose left or right side has this point."""
        found = [i for i, box in enumerate(self.boxes) if abs(box[side] - x) < 0.2 and box[1] < y < box[3]]
        assert len(found) == 1
        return found[0]


def points(path):
    """Points along a path of M, C and H."""
    found = []
    for command, numbers in re.findall(r"([MCH])([^MCH]*)", path):
        given = [float(x) for x in numbers.split()]
        if command == "M":
            found.append((given[0], given[1]))
        elif command == "H":
            start, y = found[-1]
            found += [(start + (given[0] - start) * t / 20, y) for t in range(1, 21)]
        else:
            p = [found[-1], *zip(given[::2], given[1::2], strict=True)]
            for t in (i / 20 for i in range(1, 21)):
                weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                found.append(tuple(sum(w * q[k] for w, q in zip(weights, p, strict=True)) for k in (0, 1)))
    return found


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


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("slopes", [False, True])
def test_wires_lead_from_what_was_used_to_what_was_made(graph, slopes):
    """A wire may begin on another one from the same box: so wires are followed back along shared points."""
    drawn = Parsed(draw.svg(graph, slopes=slopes))
    starts, joints = {}, {}
    for wire in sorted(drawn.wires, key=lambda wire: wire[0]):
        start = joints.get(wire[0])
        starts[wire[0]] = start if start is not None else drawn.box_at(*wire[0], side=2)
        joints |= {point: starts[wire[0]] for point in wire}
    told = Counter(
        (starts[wire[0]], drawn.box_at(*arrow, side=0))
        for wire, arrow in zip(drawn.wires, drawn.arrows, strict=True)
    )
    wires = re.findall(r"n(\d+) -> n(\d+)", draw.dot(graph))
    assert told == Counter((int(source), int(target)) for source, target in wires)


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("slopes", [False, True])
def test_no_box_touches_another_and_no_wire_crosses_a_box(graph, slopes):
    drawn = Parsed(draw.svg(graph, slopes=slopes))
    for (left, top, right, bottom), other in combinations(drawn.boxes, 2):
        assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
    for x, y in (point for wire in drawn.wires for point in wire[1:]):
        assert not any(box[0] < x < box[2] and box[1] < y < box[3] for box in drawn.boxes)
    width, height = (float(drawn.root.get(key)) for key in ("width", "height"))
    assert all(0 < x < width and 0 < y < height for wire in drawn.wires for x, y in wire)
    assert all(0 < box[0] and box[2] < width and 0 < box[1] and box[3] < height for box in drawn.boxes)


def extent(text):
    """(left, right, top, bottom) of a text element, in fonts as wide as DejaVu's."""
    size = {"name": 12.5, "sign": 14, "label": 10, "slope": 10.5, "caption": 12}.get(text.get("class"), 11.5)
    wide = sum(2 if "⺀" <= c <= "鿿" else 1 for c in text.text)
    width = size * wide * 0.61
    x, y = float(text.get("x")), float(text.get("y"))
    left = x if text.get("class") in ("name", "label", "caption") else x - width
    return left, left + width, y - 0.75 * size, y + 0.2 * size


@pytest.mark.parametrize("slopes", [False, True])
def test_no_text_overlaps_another_or_leaves_its_box(slopes):
    values = [Value(-1.2345e-300 * 10**i, name) for i, name in enumerate(NAMES)]
    y = total([value * values[0] for value in values]) - values[3]
    for made in (Value.expm1, Value.log1p, lambda x: x.xlog1my(0.5), lambda x: -1.2345e-110 - x):
        y = made(y)
    y.name = "a_name_beyond_all_measure"
    y.backward()
    root = ElementTree.fromstring(draw.svg(y, slopes=slopes))
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if rect is not None:
            x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
            for text in group.iter(f"{SVG}text"):
                left, right, top, bottom = extent(text)
                assert x < left and right < x + width and y < top and bottom < y + height, text.text
    extents = [(text.text, extent(text)) for text in root.iter(f"{SVG}text") if text.text]
    for (a, (left, right, top, bottom)), (b, other) in combinations(extents, 2):
        assert right < other[0] or other[1] < left or bottom < other[2] or other[3] < top, (a, b)


def test_operands_with_an_order_arrive_in_it_from_top_to_bottom():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    for graph in ([a - b], [b - a], [b / a], [a - b, b - a]):
        drawn = Parsed(draw.svg(graph))
        arrivals = sorted(
            (drawn.box_at(*arrow, side=0), arrow[1], drawn.texts[drawn.box_at(*wire[0], side=2)]["name"])
            for wire, arrow in zip(drawn.wires, drawn.arrows, strict=True)
        )
        assert [name for *_, name in arrivals] == [x.name for y in graph for x in y._parents]


def crossings(count, wires):
    """How many pairs of wires cross in the layout of so many boxes."""
    plan = layout([40] * count, wires, [False] * count, 10)
    links = [
        (plan.column[x], plan.y[x], plan.y[y] + (port if y == path[-1] else 0))
        for path, port in zip(plan.paths, plan.ports, strict=True)
        for x, y in pairwise(path)
    ]
    return sum(
        column == other and (y - z) * (to - end) < 0
        for (column, y, to), (other, z, end) in combinations(links, 2)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**6), max_size=40))
def test_trees_are_drawn_without_a_crossing(choices):
    wires = [(i, i + 1 + choice % (len(choices) - i)) for i, choice in enumerate(choices)]
    assert crossings(len(choices) + 1, wires) == 0


@pytest.mark.parametrize(
    ("count", "wires"),
    [
        (5, [(0, 3), (1, 3), (2, 3), (1, 4)]),
        (7, [(0, 3), (0, 4), (0, 5), (1, 3), (1, 6), (2, 4)]),
        (6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5), (1, 4)]),
    ],
)
def test_what_can_be_drawn_without_a_crossing_is(count, wires):
    assert crossings(count, wires) == 0


def test_wires_and_chains_with_room_are_level():
    weights = [Value(0.1 * i, f"w{i}") for i in range(4)]
    y = total([weight * 2 for weight in weights])
    for _ in range(6):
        y = y.tanh()
    drawn = Parsed(draw.svg(y - total([weight**2 for weight in weights])))
    long = [wire for wire in drawn.wires if wire[-1][0] - wire[0][0] > 500]
    assert len(long) == 4
    for wire in long:
        start, end = wire[0][0] + 300, wire[-1][0] - 150
        assert len({round(y, 6) for x, y in wire if start < x < end}) == 1
    chain = [box for box, told in zip(drawn.boxes, drawn.texts, strict=True) if told.get("sign") == "tanh"]
    assert len(chain) == 6 and len({top for _, top, _, _ in chain}) == 1


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


def test_of_a_large_graph_the_nearest_nodes_are_drawn_and_the_drawing_says_so():
    c = y = Value(1.0, "c")
    for _ in range(100_000):
        y = y * c
    caption = "showing the 7 nodes nearest to the result, of 100,001 in all"
    drawn = draw.svg(y, limit=7)
    assert drawn.count("<rect") == 8 and drawn.count('class="wire cut"') == 1
    assert f">{caption}</text>" in drawn and f"<title>{caption}</title>" in drawn
    assert f'label="{caption}"' in draw.dot(y, limit=7)
    assert draw.mermaid(y, limit=7).startswith(f"---\ntitle: {caption}\n---\nflowchart LR\n")
    near = Parsed(drawn)
    assert near.kinds == ["given", *["computed"] * 5, "result"]
    assert [box.get("name") for box in near.texts] == ["c", *[None] * 6]


def test_the_nearest_nodes_are_found_by_their_distance_from_the_result():
    deep = Value(1.0, "deep")
    for _ in range(5):
        deep = deep.tanh()
    x0, x1 = Value(0.0, "x0"), Value(1.0, "x1")
    drawn = Parsed(draw.svg(total([deep, x0, x1, deep]), limit=4))
    assert {box.get("name", box.get("sign")) for box in drawn.texts} == {"Σ", "tanh", "x0", "x1"}


@pytest.mark.parametrize("limit", [1, 2, 9, 20])
def test_what_is_cut_off_is_drawn_beside_the_rest_and_so_is_the_caption(limit):
    drawn = Parsed(draw.svg(total([x * y for x, y in combinations(map(Value, range(7)), 2)]), limit=limit))
    width, height = (float(drawn.root.get(key)) for key in ("width", "height"))
    (caption,) = [extent(text) for text in drawn.root.iter(f"{SVG}text") if text.get("class") == "caption"]
    assert caption[1] < width and caption[3] < height and caption[2] > max(box[3] for box in drawn.boxes)
    stubs = [path for path in drawn.root.iter(f"{SVG}path") if path.get("class") == "wire cut"]
    assert stubs
    for stub in stubs:
        x, y, length = map(float, re.findall(r"[\d.]+", stub.get("d")))
        drawn.box_at(x + length, y, side=0)
        assert x > 0 and all(
            abs(y - arrow[1]) > 5 for arrow in drawn.arrows if abs(arrow[0] - x - length) < 1
        )


def test_a_graph_that_fits_has_no_caption():
    assert draw.svg(neuron(), limit=6).count("showing") == 0
    assert draw.svg(neuron(), limit=5).count("showing the 5 nodes nearest to the result, of 6 in all") == 2


@pytest.fixture(scope="module")
def named():
    """A Value of every nasty name, and their sum."""
    values = [Value(float(i), name) for i, name in enumerate(NAMES)]  # the last name is empty
    y = total(values)
    y.name = "".join(NAMES)
    return y


def visible(name):
    """What may be seen of a name: every character that prints, the others by their code."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def test_names_stay_names_in_svg(named):
    text = draw.svg(named)
    assert all(c.isprintable() or c == "\n" for c in text)
    root = ElementTree.fromstring(text)
    assert {element.tag for element in root.iter()} == OURS
    assert {key for element in root.iter() for key in element.attrib} <= {
        "class", "role", "width", "height", "viewBox", "rx", "x", "y", "d"
    }  # fmt: skip
    seen = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "name"]
    assert all(
        a == visible(b)[: len(a.rstrip("…"))] or a.endswith("…")
        for a, b in zip(seen, filter(None, NAMES), strict=False)
    )
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert all(any(title.startswith(visible(name) + ": ") for title in titles) for name in NAMES if name)


def dot_tokens(text):
    """The tokens of DOT text: quoted strings without their quotes, and what stands between them."""
    assert text.count("\n") == len(text.splitlines())
    tokens, quoted, i = [""], False, 0
    while i < len(text):
        if quoted and text[i] == "\\":
            tokens[-1] += text[i : i + 2]
            i += 1
        elif text[i] == '"':
            quoted = not quoted
            tokens.append("")
        else:
            tokens[-1] += text[i]
        i += 1
    assert not quoted
    return tokens


def test_names_stay_names_in_dot(named):
    tokens = dot_tokens(draw.dot(named))
    outside, strings = "".join(tokens[::2]), tokens[1::2]
    nodes = "".join(f"  n{i} [label=, fillcolor=]\n" for i in range(len(NAMES) + 1))
    wires = "".join(f"  n{i} -> n{len(NAMES)}\n" for i in range(len(NAMES)))
    head = "digraph {\n  rankdir=LR\n  node [shape=box, style=, fontname=monospace]\n"
    assert outside == head + nodes + wires + "}\n"
    labels = [label for label in strings[1::2] if not label.startswith("#")]
    for name, label in zip(filter(None, NAMES), labels, strict=False):
        first = label.partition(r"\nvalue ")[0]
        assert re.fullmatch(r'(?:[^"\\]|\\["\\])*', first)
        shown = first.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\").replace("&amp;", "&")
        assert shown == visible(name) or shown.endswith("…")
        assert "&" not in first.replace("&amp;", "")


def test_names_stay_names_in_mermaid(named):
    node = r'  n\d+\["(?:[^"\[\]<>`{}|]|<br/>)*"\]:::(given|result)'
    lines = draw.mermaid(named).splitlines()
    assert lines[0] == "flowchart LR"
    rest = [line for line in lines[1:] if not re.fullmatch(node, line)]
    assert rest[: len(NAMES)] == [f"  n{i} --> n{len(NAMES)}" for i in range(len(NAMES))]
    assert [line.split()[:2] for line in rest[len(NAMES) :]] == [
        ["classDef", kind] for kind in ("given", "computed", "result")
    ]
    for name, line in zip(NAMES, lines[1:], strict=False):
        shown = re.search(r'\["(.*?)<br/>value', line)
        if name:
            told = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), shown[1])
            assert told == visible(name) or told.endswith("…")


def test_drawings_are_the_same_in_every_process():
    code = """
from microgrid import Value, draw
values = [Value(i / 7, f"x{i}") for i in range(5)]
for i in range(40):
    values.append((values[i % 7 % len(values)] * values[-1 - i % 4]).tanh())
print(draw.svg(values[-1], slopes=True), draw.dot(values[-1]), draw.mermaid(values[-1]))
"""
    told = set()
    for seed in ("1", "2"):
        paths = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, env=paths, check=True)
        told.add(ran.stdout)
    assert len(told) == 1 and len(told.pop()) > 10_000


@pytest.mark.parametrize("function", [draw.svg, draw.dot, draw.mermaid])
@pytest.mark.parametrize(
    ("thing", "error", "told"),
    [
        (3, TypeError, "what to draw must be a Value, a list of Values or a Program; got 3."),
        (
            [Value(1.0), 2],
            TypeError,
            "what to draw must be a Value, a list of Values or a Program; got [Value(",
        ),
        ("x", TypeError, "what to draw must be a Value, a list of Values or a Program; got 'x'."),
        (None, TypeError, "what to draw must be a Value, a list of Values or a Program; got None."),
        ([], ValueError, "there must be at least one Value to draw; got []."),
        (trace(lambda x: 1.0, 2.0), ValueError, "there must be at least one Value to draw; got Program("),
    ],
)
def test_what_cannot_be_drawn_gets_one_sentence(function, thing, error, told):
    with pytest.raises(error, match=re.escape(f"draw.{function.__name__}: {told}")):
        function(thing)


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "all"])
def test_a_limit_is_a_whole_number_of_boxes(limit):
    with pytest.raises(ValueError, match=r"^draw\.svg: limit must be a whole number >= 1; got "):
        draw.svg(neuron(), limit=limit)


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
