"""How an error tells what came instead, and what may have been meant."""

import reprlib
from difflib import get_close_matches
from types import FunctionType


def shown(x):
    """An object as it is written, in one short line."""
    if isinstance(x, FunctionType):
        return f"<function {x.__name__}>"  # without its address, which says nothing
    try:
        text = " ".join(reprlib.repr(x).split())
    except ValueError:  # a whole number of thousands of digits, which Python does not write
        return f"one of {x.bit_length()} bits"
    return text if len(text) <= 200 else f"{text[:197]}..."


def near(name, names):
    """The fix for a name that is nearly one of those that are known: other letters, or only their first."""
    if not isinstance(name, str):
        return ""
    known = {other.casefold(): other for other in names}
    folded = name.casefold()
    close = get_close_matches(folded, known, 1, 0.9) or get_close_matches(folded, known, 2, 0.75)
    short = [x for x in names if "".join(word[:1] for word in x.split("_")) == folded]
    found = [known[word] for word in close] or short[:1]
    return f" Fix: {' or '.join(map(repr, found))}." if found else ""


def one_at_a_time(given, rank, argument="inputs"):
    """The fix for many examples where one, of so many dimensions, is taken."""
    return f" Fix: one example at a time, [... for x in {argument}]." * (len(given) > rank)


def why(error):
    """The first line of what another's code raised, for a sentence."""
    first = " ".join(str(error).strip().splitlines()[:1])
    plainly = first and isinstance(error, TypeError | ValueError)
    return first if plainly else f"{type(error).__name__} {first}".strip()
