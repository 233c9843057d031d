"""A drawing as DOT text for Graphviz and as Mermaid text for Markdown pages; both are laid out elsewhere."""

import re

from .picture import picture
from .vector import LIGHT


def dot(thing, slopes=False, limit=200) -> str:
    r"""A drawing as DOT text, for `dot -Tsvg` and everything else that reads Graphviz.

    Arguments, errors and what is shown of a large graph as for `svg`.

    >>> from microgrid import Value
    >>> print(dot(Value(2.0, name="x") * 3, slopes=True), end="")
    digraph {
      rankdir=LR
      node [shape=box, style="rounded,filled", fontname=monospace]
      n0 [label="x\nvalue 2\ngrad -", fillcolor="#edf6ee"]
      n1 [label="× 3\nvalue 6\ngrad -", fillcolor="#fff5df"]
      n0 -> n1 [label="3"]
    }
    """
    shown = picture("draw.dot", thing, slopes, limit)
    lines = ["rankdir=LR", 'node [shape=box, style="rounded,filled", fontname=monospace]']
    for i, box in enumerate(shown.boxes):
        text = r"\n".join(map(_dot_escaped, _rows(box)))
        lines.append(f'n{i} [label="{text}", fillcolor="{LIGHT[box.kind]}"]')
    for wire in shown.wires:
        label = f' [label="{_dot_escaped(wire.slope)}"]' if wire.slope else ""
        lines.append(f"n{wire.source} -> n{wire.target}{label}")
    if shown.caption:
        lines.append(f'label="{shown.caption}"')
    return "digraph {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def mermaid(thing, slopes=False, limit=200) -> str:
    """A drawing as Mermaid text, for Markdown pages that show ```mermaid blocks as pictures.

    Arguments, errors and what is shown of a large graph as for `svg`.

    >>> from microgrid import Value
    >>> print(mermaid(Value(2.0, name="x").tanh(), slopes=True).partition("  classDef")[0], end="")
    flowchart LR
      n0["x<br/>value 2<br/>grad -"]:::given
      n1["tanh<br/>value 0.964<br/>grad -"]:::result
      n0 -->|"0.07065"| n1
    """
    shown = picture("draw.mermaid", thing, slopes, limit)
    lines = []
    for i, box in enumerate(shown.boxes):
        text = "<br/>".join(map(_mermaid_escaped, _rows(box)))
        lines.append(f'n{i}["{text}"]:::{box.kind}')
    for wire in shown.wires:
        label = f'|"{_mermaid_escaped(wire.slope)}"|' if wire.slope else ""
        lines.append(f"n{wire.source} -->{label} n{wire.target}")
    for kind in ("given", "computed", "result"):
        colours = f"fill:{LIGHT[kind]},stroke:{LIGHT[kind + '_edge']},color:{LIGHT['ink']}"
        lines.append(f"classDef {kind} {colours}")
    title = f"---\ntitle: {shown.caption}\n---\n" if shown.caption else ""
    return f"{title}flowchart LR\n" + "".join(f"  {line}\n" for line in lines)


def _rows(box):
    """The lines of text in a box."""
    first = " = ".join(text for text in (box.name, box.sign) if text)
    return ([first] if first else []) + [f"{label} {text}".strip() for label, text in box.rows]


def _dot_escaped(text):
    """A text between quotes in DOT, which reads escapes and also HTML's character names in it."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("&", "&amp;")


def _mermaid_escaped(text):
    """A text between quotes in Mermaid: what Mermaid, Markdown or HTML might read goes by number."""
    return re.sub(r"[^\w\s.=+×÷−√∛·‖⌊⌋…-]|_|[.+-](?=\s)", lambda match: f"#{ord(match[0])};", text)
