"""Whose episodes an environment is in: two agents that step one and the same would mix theirs in silence."""

import weakref

import numpy as np

_HOLDERS = {}  # id of an environment -> (weak reference to it, to who stepped it last, what it showed)
_SHOWN = ("state", "s", "steps", "observations", "_observations")  # where environments keep what they are in


def claim(env, holder):
    """From now on the episodes of env are those of holder, as they stand."""
    inner = env.unwrapped
    number = id(inner)
    reference = weakref.ref(inner, lambda _: _HOLDERS.pop(number, None))
    _HOLDERS[number] = reference, weakref.ref(holder), _shown(env)


def taken(env, holder):
    """Who else has stepped env since holder claimed it: "another agent", "something else", or None.

    Something else is known from the counters of wrappers and by what the environment shows of its state.
    """
    entry = _HOLDERS.get(id(env.unwrapped))
    if entry is None:  # a copy of what was claimed
        return None
    if entry[1]() is not holder:
        return "another agent"
    return None if entry[2] == _shown(env) else "something else"


def _shown(env):
    """What can be seen of the state of an environment, as bytes."""
    found, inner = [], env
    while inner is not inner.unwrapped:
        found.append(getattr(inner, "_elapsed_steps", None))
        inner = inner.env
    for one in (inner, *getattr(inner, "envs", ())[:1]):  # who steps a vector steps all of it
        if (generator := getattr(one.unwrapped, "_np_random", None)) is not None:
            found += [id(generator), generator.bit_generator.state["state"]]
    for name in _SHOWN:
        found += _bytes(getattr(inner, name, None))
    return found


def _bytes(part):
    """Numbers and arrays in dicts, tuples and lists, as bytes."""
    if isinstance(part, dict | tuple | list):
        return [told for one in (part.values() if isinstance(part, dict) else part) for told in _bytes(one)]
    return [np.asarray(part).tobytes()] if isinstance(part, int | float | np.generic | np.ndarray) else []
