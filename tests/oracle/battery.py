"""Arguments guessed from a signature: each parameter's name says what it may be.

Four profiles are tried in turn: float parameters are vectors, matrices, a positive definite matrix, numbers.
A parameter with a known meaning has its own value in every profile.
"""

import inspect

import numpy as np

from tests.oracle.arrays import DEFINITE, KEY, grid, of

BOUND = dict(kth=1, axis=0, axis1=0, axis2=1, shift=1, dtype=np.float32, new_dtype=np.float32, key=KEY)
OPTIONAL = ("loc", "scale")  # taken where there are such parameters, though they have defaults
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
PROFILES = dict(vector=(5,), matrix=(3, 4), definite=(3, 3), number=())


def value(name, place, profile):
    """The argument for one parameter in one profile."""
    if name in BOUND:
        return BOUND[name]
    if profile == "definite":
        return DEFINITE + np.float32(place) * np.eye(3, dtype=np.float32)
    return grid(*PROFILES[profile], seed=place)


def guesses(function):
    """Calls that the signature suggests, the likeliest first."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return
    for profile in PROFILES:
        args, kwargs = [], {}
        for place, p in enumerate(parameters):
            if p.kind is p.VAR_POSITIONAL:
                args += [value("", place, profile), value("", place + 1, profile)]
            elif p.default is p.empty and p.kind in POSITIONAL:
                args.append(value(p.name, place, profile))
            elif p.name in OPTIONAL or (p.default is p.empty and p.kind is p.KEYWORD_ONLY):
                kwargs[p.name] = value(p.name, place, profile)
        if args:
            yield of(*args, **kwargs)
