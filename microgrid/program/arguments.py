"""How a program takes its arguments: checked against their structure, and as a list of numbers."""

from itertools import chain

from ..structures import NUMBER, Static


def flattener(like):
    """The function that returns the numbers of what looks like that, in order.

    It raises LookupError or TypeError for what does not. Generated: each call of a program starts with it.
    """
    statics = []
    text = f"lambda x: [{_flat(like, 'x', statics)}]"
    return eval(text, dict(sized=_sized, keyed=_keyed, rows=_rows, same=_same, statics=statics))


def _flat(like, text, statics):
    """The text of the numbers in `text`, separated by commas."""
    if like is NUMBER:
        return text
    if isinstance(like, Static):
        statics.append(like)
        return f"*same(statics[{len(statics) - 1}], {text})"
    count = len(like.parts)
    if like.flat or not count:
        return f"*sized({text}, {count})"
    if like.width is not None:
        return f"*rows({text}, {count}, {like.width})"
    texts = [f"{text}[{key!r}]" for key in like.keys]
    checked = "keyed" if isinstance(like.keys[0], str) else "sized"
    texts[0] = f"{checked}({text}, {count})[{like.keys[0]!r}]"
    return ", ".join(_flat(part, inner, statics) for part, inner in zip(like.parts, texts, strict=True))


UNORDERED = {dict, set, frozenset, str, bytes}  # no lists, though they have as many entries


def _sized(x, count):
    if len(x) != count or type(x) in UNORDERED:
        raise LookupError
    return x


def _keyed(x, count):
    if len(x) != count:
        raise LookupError
    return x


def _rows(x, count, width):
    if len(x) != count or set(map(len, x)) != {width} or not UNORDERED.isdisjoint(map(type, [x, *x])):
        raise LookupError
    return chain.from_iterable(x)


def _same(static, x):
    if not static.same(x):
        raise LookupError
    return ()
