"""A neuron, hostile names, and a reader of SVG, for the tests of drawings."""

import re
from xml.etree import ElementTree

from microgrid import Value

SVG = "{http://www.w3.org/2000/svg}"
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
