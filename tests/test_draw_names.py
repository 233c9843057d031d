"""Drawings take hostile names in every format, never vary, and refuse bad input in one sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from microgrid import Value, draw
from microgrid.operations import total
from microgrid.program import trace
from tests.drawings import NAMES, SVG, neuron

ROOT = Path(__file__).parent.parent
OURS = {SVG + tag for tag in ("svg", "title", "style", "rect", "g", "path", "text")}


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
