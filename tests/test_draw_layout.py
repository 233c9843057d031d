"""Where a drawing puts things: wires, overlaps, crossings, levels, and graphs that are cut off."""

import random
import re
from collections import Counter
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings, strategies as st

from microgrid import Value, draw
from microgrid.draw.layout import layout
from microgrid.operations import total
from tests.drawings import NAMES, SVG, Parsed, neuron


def some_graph(seed, size=60):
    """A graph of random operations, with wires that pass many columns."""
    chance = random.Random(seed)
    values = [Value(chance.random(), f"x{i}") for i in range(5)]
    for _ in range(size):
        a, b = chance.choices(values[:5] + values[-9:], k=2)
        values.append(chance.choice([a * b, a - b, a.tanh(), total([a, b, a, b])]))
    return values[-2:]


GRAPHS = [neuron(), some_graph(1), some_graph(2), some_graph(3, 150), [Value(1.0), neuron()]]


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
