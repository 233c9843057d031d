"""A drawing as SVG text: for screens, notebooks and print, light or dark as the reader's screen is.

Where the mouse rests, boxes and wires tell all their digits. The text is the same in every process.
"""

from itertools import pairwise, zip_longest
from xml.sax.saxutils import escape

from .layout import Layout, layout
from .picture import Box, Picture, picture
from .signs import columns

HEAD, ROW, PADDING = 20, 16, 8  # heights of a box's first line and of its rows; around them
LETTER = {"name": 8.0, "sign": 8.8, "label": 5.6, "number": 7.2, "slope": 6.4, "caption": 7.4}  # at most
MARGIN, GUTTER, NARROWEST, ARROW, STUB = 20, 44, 76, 7, 18
STEP = 13  # from one wire that arrives at a box to the next: its slope stands between them

SHAPES = """
text {font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif}
.name, .number {font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace}
.name {font-size: 12.5px; font-weight: 600}
.sign {font-size: 14px; font-weight: 600; text-anchor: end}
.label {font-size: 10px}
.number {font-size: 11.5px; text-anchor: end}
.slope {font-size: 10.5px; text-anchor: end; paint-order: stroke; stroke-width: 3px}
.caption {font-size: 12px}
.wire {fill: none; stroke-width: 1.2px}
.cut {stroke-dasharray: 2 3}
"""
PAINT = """
.page {{fill: {page}}}
.given rect {{fill: {given}; stroke: {given_edge}}}
.computed rect {{fill: {computed}; stroke: {computed_edge}}}
.result rect {{fill: {result}; stroke: {result_edge}}}
.name, .value, .line {{fill: {ink}}}
.sign {{fill: {sign}}}
.grad {{fill: {grad}}}
.label, .caption {{fill: {quiet}}}
.slope {{fill: {slope}; stroke: {page}}}
.wire {{stroke: {wire}}}
.arrow {{fill: {wire}}}
"""
LIGHT = dict(
    page="#ffffff", ink="#1f2937", quiet="#748091", wire="#95a1b1", sign="#2b59c9", grad="#c2410c",
    slope="#7c3aed", given="#edf6ee", given_edge="#a6cca9", computed="#f5f7fa", computed_edge="#c5cdd8",
    result="#fff5df", result_edge="#dba43a",
)  # fmt: skip
DARK = dict(
    page="#11151a", ink="#e5e9ee", quiet="#8b97a6", wire="#66748a", sign="#8fb0ff", grad="#fb9a55",
    slope="#b79cff", given="#17271b", given_edge="#3c6a42", computed="#1c222a", computed_edge="#414c59",
    result="#2d2513", result_edge="#b58a2c",
)  # fmt: skip


class Drawing(str):
    """SVG text that a notebook shows as the picture it is."""

    __slots__ = ()

    def _repr_svg_(self):
        return str(self)


def svg(thing, slopes=False, limit=200) -> Drawing:
    """A drawing as SVG text.

    thing: a Value, a list of Values or a Program; slopes: whether each wire shows d target / d source;
    limit: the most boxes there may be. Of a larger graph the nodes nearest to the results are drawn, and the
    drawing says so. A gradient that no backward pass has reached is "-". Raises TypeError for what cannot be
    drawn, ValueError for an empty list or a limit below 1.

    >>> from microgrid import Value
    >>> drawing = svg(Value(2.0, name="x") * 3)
    >>> drawing[:4], drawing.count("<rect"), "× 3" in drawing
    ('<svg', 3, True)
    """
    shown = picture("draw.svg", thing, slopes, limit)
    arrivals = [1 + box.cut for box in shown.boxes]
    for wire in shown.wires:
        arrivals[wire.target] += 1
    heights = [max(_height(box), STEP * count) for box, count in zip(shown.boxes, arrivals, strict=True)]
    plan = layout(
        heights,
        [(wire.source, wire.target) for wire in shown.wires],
        [box.in_order for box in shown.boxes],
        STEP,
    )
    return Drawing(_page(shown, heights, plan))


def _page(shown: Picture, heights, plan: Layout):
    """The whole text: page, wires, boxes, caption."""
    left, right = _sides(shown, plan)
    extents = [(y - h / 2, y + h / 2) for y, h in zip_longest(plan.y, heights, fillvalue=0.0)]
    top = min(extent[0] for extent in extents) - MARGIN
    plan.y = [y - top for y in plan.y]
    width = _at(max(right[-1], columns(shown.caption) * LETTER["caption"] + MARGIN) + MARGIN)
    height = max(extent[1] for extent in extents) - top + MARGIN * (2 if shown.caption else 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="microgrid" role="img" width="{width}" '
        f'height="{_at(height)}" viewBox="0 0 {width} {_at(height)}">',
        f"<title>{shown.caption or f'a graph of {len(shown.boxes):,} nodes'}</title>",
        f"<style>{_style()}</style>",
        f'<rect class="page" width="{width}" height="{_at(height)}" rx="10"/>',
        *_wires(shown, plan, left, right),
        *_stubs(shown, plan, left),
    ]
    for box, column, y, h in zip(shown.boxes, plan.column, plan.y, heights, strict=False):
        lines += _box(box, left[column], right[column], y, h)
    if shown.caption:
        lines.append(f'<text class="caption" x="{MARGIN}" y="{_at(height - 14)}">{shown.caption}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _style():
    """Rules for our drawings alone, as a page may hold other things."""
    light, dark = _scoped(SHAPES + PAINT.format(**LIGHT)), _scoped(PAINT.format(**DARK))
    return f"\n{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _scoped(rules):
    return "".join(
        f".microgrid {rule.replace(', .', ', .microgrid .')}\n" for rule in rules.splitlines() if rule
    )


def _sides(shown, plan):
    """Left and right side of each column: steep wires and their slopes need wide gutters."""
    widths = [0.0] * (max(plan.column) + 1)
    gutters = [float(GUTTER)] * len(widths)
    gutters[0] = STUB if any(box.cut for box in shown.boxes) else 0.0
    for box, column in zip(shown.boxes, plan.column, strict=False):
        widths[column] = max(widths[column], _width(box))
    for wire, path, port in zip(shown.wires, plan.paths, plan.ports, strict=True):
        for x, y in pairwise(path):
            rise, told = abs(plan.y[y] - plan.y[x]), 0
            if y == wire.target:
                rise, told = abs(plan.y[y] + port - plan.y[x]), columns(wire.slope) * LETTER["slope"]
            column = plan.column[y]
            gutters[column] = max(gutters[column], GUTTER + told + min(rise / 8, 60))
    left, right, x = [], [], MARGIN
    for gutter, width in zip(gutters, widths, strict=True):
        left.append(x + gutter)
        right.append(x := x + gutter + width)
    return left, right


def _width(box: Box):
    head = columns(box.name) * LETTER["name"] + columns(box.sign) * LETTER["sign"]
    head += 14 if box.name and box.sign else 0
    rows = [columns(label) * LETTER["label"] + columns(text) * LETTER["number"] for label, text in box.rows]
    return max(NARROWEST, 2 * PADDING + max(head, *(10 + row for row in rows), 0))


def _height(box: Box):
    return 2 * PADDING + HEAD * _headed(box) + ROW * len(box.rows) - 4


def _headed(box: Box):
    return bool(box.name or box.sign)


def _wires(shown, plan, left, right):
    """Each wire as one curve, level where it passes columns and where its slope is written."""
    for wire, path, port in zip(shown.wires, plan.paths, plan.ports, strict=True):
        x, y = right[plan.column[path[0]]], plan.y[path[0]]
        curve = f"M{_at(x)} {_at(y)}"
        for bend in path[1:-1]:
            curve += _curve(x, y, left[plan.column[bend]], plan.y[bend])
            x, y = right[plan.column[bend]], plan.y[bend]
            curve += f"H{_at(x)}"
        tip, end = left[plan.column[wire.target]] - ARROW, plan.y[wire.target] + port
        curve += _curve(x, y, tip - columns(wire.slope) * LETTER["slope"], end) + f"H{_at(tip)}"
        yield f'<g><title>{escape(wire.told)}</title><path class="wire" d="{curve}"/>'
        yield f'<path class="arrow" d="M{_at(tip + ARROW)} {_at(end)}l{-ARROW} -3.5v7z"/>'
        if wire.slope:
            yield f'<text class="slope" x="{_at(tip)}" y="{_at(end - 3)}">{escape(wire.slope)}</text>'
        yield "</g>"


def _curve(x, y, to_x, to_y):
    """From one point to another, level at both."""
    half = _at((x + to_x) / 2)
    return f"C{half} {_at(y)} {half} {_at(to_y)} {_at(to_x)} {_at(to_y)}"


def _stubs(shown, plan, left):
    """A dashed line below the wires of each box that came from more than is shown."""
    lowest = {}
    for wire, port in zip(shown.wires, plan.ports, strict=True):
        lowest[wire.target] = max(lowest.get(wire.target, port), port)
    for i, box in enumerate(shown.boxes):
        if box.cut:
            x, y = left[plan.column[i]] - STUB, plan.y[i] + (lowest[i] + STEP if i in lowest else 0)
            yield f'<path class="wire cut" d="M{_at(x)} {_at(y)}h{STUB}"/>'


def _box(box: Box, left, right, middle, height):
    """A box and its texts."""
    size = f'width="{_at(right - left)}" height="{_at(height)}"'
    yield f'<g class="{box.kind}"><title>{escape(box.told)}</title>'
    yield f'<rect x="{_at(left)}" y="{_at(middle - height / 2)}" {size} rx="7"/>'
    left, right, y = _at(left + PADDING), _at(right - PADDING), middle - _height(box) / 2 + PADDING
    if box.name:
        yield f'<text class="name" x="{left}" y="{_at(y + 12)}">{escape(box.name)}</text>'
    if box.sign:
        yield f'<text class="sign" x="{right}" y="{_at(y + 12)}">{escape(box.sign)}</text>'
    y += HEAD * _headed(box) + 9
    for label, text in box.rows:
        if label:
            yield f'<text class="label" x="{left}" y="{_at(y)}">{label}</text>'
        yield f'<text class="number {label or "line"}" x="{right}" y="{_at(y)}">{escape(text)}</text>'
        y += ROW
    yield "</g>"


def _at(x):
    """A coordinate, to a tenth of a pixel."""
    return f"{x:.1f}".removesuffix(".0")
