"""What a drawing shows: a box for each Value of a graph or line of a Program, and the wires between them."""

import re
from collections import deque
from dataclasses import dataclass
from itertools import chain

from ..checks import whole
from ..derivatives import RULES
from ..program import Program
from ..value import NOT_YET, Value, graph
from .signs import LINE, LONGEST, UNORDERED, clipped, columns, constant, harmless, long, short, sign


@dataclass
class Box:
    """One node. kind: "given" for what was not computed, "computed" or "result".

    name, sign: its first line, either may be empty; rows: (label, text) pairs under it, labels may be empty
    too; told: all of it in full; cut: whether it came from nodes that are not shown; in_order: whether its
    operands have an order.
    """

    kind: str
    name: str
    sign: str
    rows: list
    told: str
    cut: bool
    in_order: bool


@dataclass
class Wire:
    """From a box to one computed from it, by their numbers. slope: as drawn, may be empty; told: in full."""

    source: int
    target: int
    slope: str
    told: str


@dataclass
class Picture:
    """boxes: each after those it is wired from; wires; caption: what is not shown, empty if all is."""

    boxes: list[Box]
    wires: list[Wire]
    caption: str


def picture(function, thing, slopes, limit) -> Picture:
    """The picture of a Value, a list of Values or a Program, of at most limit boxes.

    function: who draws, for the sentence of an error; slopes: whether wires show theirs.
    """
    limit = whole(function, "limit", limit, 1)
    if isinstance(thing, Value):
        thing = [thing]
    if isinstance(thing, Program):
        shown = _of_program(thing.nodes, slopes, limit)
    elif isinstance(thing, list | tuple) and all(isinstance(x, Value) for x in thing):
        shown = _of_values(thing, slopes, limit)
    else:
        raise TypeError(
            f"{function}: what to draw must be a Value, a list of Values or a Program; got {thing!r}."
        )
    if not shown.boxes:
        raise ValueError(f"{function}: there must be at least one Value to draw; got {thing!r}.")
    return shown


def _of_values(results, slopes, limit):
    everything = graph(results)
    near = _nearest(results, id, lambda value: value._parents, limit)
    shown = [value for value in everything if id(value) in near]
    number = {id(value): i for i, value in enumerate(shown)}
    walked = [value for value in shown if value.grad is not NOT_YET]
    reached = {id(value) for child in walked for value in (child, *child._parents)}
    boxes, wires, ends = [], [], set(map(id, results))
    for i, value in enumerate(shown):
        cut = any(id(parent) not in near for parent in value._parents)
        boxes.append(_box_of_value(value, id(value) in ends, cut, id(value) in reached))
        for parent, slope in zip(value._parents, value._slopes, strict=True):
            if id(parent) in near:
                drawn = short(slope) if slopes else ""
                wires.append(Wire(number[id(parent)], i, drawn, f"slope {long(slope)}"))
    return Picture(boxes, wires, _caption(len(boxes), len(everything), len(results)))


def _box_of_value(value, is_result, cut, reached):
    """The box of a Value. Its gradient is "-" until a backward pass has come by."""
    operation, count = value._rule, len(value._parents)
    kind = "given" if operation is None else "result" if is_result else "computed"
    name = "" if value.name is None else harmless(value.name)
    drawn = "" if operation is None else clipped(sign(operation, constant(value)))
    made = "given" if operation is None else f"{operation} of {count} operand{'s' * (count > 1)}"
    rows = [("value", short(value)), ("grad", short(value.grad) if reached else "-")]
    told = [f"{name}: {made}" if name else made, f"value {long(value)}"]
    told.append(f"gradient {long(value.grad) if reached else '-'}")
    return Box(kind, clipped(name), drawn, rows, "\n".join(told), cut, operation not in UNORDERED)


def _of_program(steps, slopes, limit):
    by_name = {step.name: step for step in steps}
    operands = {step.name: [x for x in step.operands if x in by_name] for step in steps}
    results = by_name.keys() - {name for names in operands.values() for name in names}
    near = _nearest([name for name in by_name if name in results], str, operands.__getitem__, limit)
    shown = [step for step in steps if step.name in near]
    number = {step.name: i for i, step in enumerate(shown)}
    boxes, wires = [], []
    for i, step in enumerate(shown):
        cut = not near.issuperset(operands[step.name])
        boxes.append(_box_of_step(step, step.name in results, cut, by_name))
        for name, slope in zip(step.operands, _slopes_in_letters(step), strict=True):
            if name in near:
                drawn = slope if slopes and columns(slope) <= LONGEST else ""
                wires.append(Wire(number[name], i, drawn, f"slope {slope}" if slope else ""))
    return Picture(boxes, wires, _caption(len(boxes), len(steps), len(results)))


def _box_of_step(step, is_result, cut, by_name):
    """The box of a line of a Program, which has no numbers but its constants."""
    kind = "given" if not step.operands else "result" if is_result else "computed"
    constants = [(place, short(x)) for place, x in enumerate(step.operands) if x not in by_name]
    known = constants[0] if len(constants) == 1 and len(step.operands) == 2 else None
    drawn = clipped(sign(step.operation, known)) if step.operands else ""
    name, text = harmless(step.name), harmless(step.text)
    rows, told = ([("", clipped(text, LINE))], f"{name} = {text}") if text else ([], name)
    return Box(kind, clipped(name), drawn, rows, told, cut, step.operation not in UNORDERED)


def _slopes_in_letters(step):
    """The slope for each operand as the table of derivatives has it, in the letters of the Program."""
    operation, operands = step.operation, step.operands
    if operation in ("total", "dot"):
        terms = [term.split(" * ") for term in step.text.split(" + ")]
        if list(chain(*terms)) == list(operands) and max(map(len, terms)) <= 2:
            return [slope for term in terms for slope in (term[::-1] if len(term) == 2 else ["1"])]
    rule = RULES.get(operation)
    if rule is None or len(rule.operands) != len(operands):
        return [""] * len(operands)
    letters = dict(zip(rule.operands, operands, strict=True)) | {"y": step.name}
    words = re.compile(rf"\b({'|'.join(letters)})\b")
    return [harmless(words.sub(lambda word: letters[word[0]], slope)) for slope in rule.slopes]


def _nearest(results, key, operands, limit):
    """The keys of the nodes that the fewest steps lead back to from a result, at most limit of them."""
    near, found = set(), deque(results)
    while found and len(near) < limit:
        node = found.popleft()
        if key(node) not in near:
            near.add(key(node))
            found.extend(operands(node))
    return near


def _caption(shown, count, results):
    if shown == count:
        return ""
    nodes, ends = "nodes" if shown > 1 else "node", "results" if results > 1 else "result"
    return f"showing the {shown:,} {nodes} nearest to the {ends}, of {count:,} in all"
