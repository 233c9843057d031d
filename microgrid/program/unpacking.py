"""How a program takes its arguments apart and puts its results together, as text."""

from ..structures import NUMBER, Static
from .graph import Node


def unpacked(like, text, names, path):
    """(targets, text) of the lines that unpack what looks like that and stands at a path.

    names: path -> the name of a number in use, and None for a structure that has such numbers in it.
    """
    inside = [(*path, key) for key in like.keys]
    if like.flat and 2 * sum(place in names for place in inside) >= len(inside):
        targets = [names.get(place, "_") for place in inside]
        yield ", ".join(targets) + "," * (len(targets) == 1), text
        return
    for place, part in zip(inside, like.parts, strict=True):
        if place in names:
            entry = f"{text}[{place[-1]!r}]"
            yield from [(names[place], entry)] if part is NUMBER else unpacked(part, entry, names, place)


def loop_header(like, parameters, columns, table):
    """(targets, source) of `for targets in source:`.

    columns: (source, name) pairs; a source is Entries, or a place in the table of constants. table: its name.
    """
    places = [name for source, name in columns if isinstance(source, int)]
    entries = [(source, name) for source, name in columns if not isinstance(source, int)]
    lists: dict = {source[:3]: {} for source, _ in sorted(entries, key=lambda entry: entry[0][:2])}
    for source, name in entries:
        lists[source[:3]][source.rest] = name
    targets = [_targets(like.at((*path, start)), names) for (path, start, _), names in lists.items()]
    sources = [_slice(like, parameters, *where) for where in lists]
    if places:
        targets.append(places[0] if len(places) == 1 else f"({', '.join(places)})")
        sources.append(table)
    if len(targets) == 1:
        return targets[0].removeprefix("(").removesuffix(")"), sources[0]
    return ", ".join(targets), f"zip({', '.join(sources)})"


def _targets(like, names, rest=()):
    if like is NUMBER:
        return names.get(rest, "_")
    if isinstance(like, Static):
        return "_"
    return bracketed([_targets(part, names, (*rest, key)) for key, part in like.items()])


def _slice(like, parameters, path, start, rounds):
    text = parameters[path[0]] + "".join(f"[{key!r}]" for key in path[1:])
    whole = start == 0 and rounds == len(like.at(path).parts)
    return text if whole else f"{text}[{start}:{start + rounds}]"


def bracketed(texts):
    """The text of a tuple."""
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def nested_text(structure, text):
    """The text of nested lists, tuples and dicts of nodes; text: node -> its own."""
    if isinstance(structure, Node):
        return text(structure)
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {nested_text(part, text)}" for key, part in structure.items()) + "}"
    if not isinstance(structure, list | tuple):
        return repr(None)
    inside = [nested_text(part, text) for part in structure]
    return f"[{', '.join(inside)}]" if isinstance(structure, list) else bracketed(inside)
