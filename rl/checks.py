"""What formulas and agents ask of their arguments: each check raises one sentence, or lets them pass."""

from difflib import get_close_matches
from inspect import signature
from numbers import Real
from operator import index

import numpy as np

MOST_STEPS = 2**31 - 1  # that an int32 counts


def same_shape(function, names, arguments, axes):
    """Arrays of one shape with the given axes, none of them empty."""
    shapes = [np.shape(x) for x in arguments]
    if len(set(shapes)) > 1 or len(shapes[0]) != len(axes) or 0 in shapes[0]:
        empty = " with no axis empty" if 0 in shapes[0] else ""
        raise ValueError(
            f"{function}: {', '.join(names[:-1])} and {names[-1]} must share one shape [{', '.join(axes)}]"
            f"{empty}; got {', '.join(map(str, shapes[:-1]))} and {shapes[-1]}."
        )


def one_number(function, name, number):
    """Not an array: a vector would broadcast against the values without a word."""
    if np.shape(number) != ():
        raise ValueError(f"{function}: {name} must be one number; got shape {np.shape(number)}.")


def integer_in(function, name, number, end):
    """An index in [0, end); True is none: in brackets it would add an axis."""
    try:
        inside = None if isinstance(number, bool) else 0 <= index(number) < end
    except TypeError:
        inside = None
    if inside is None:
        raise TypeError(f"{function}: {name} must be an integer; got {number}.")
    if not inside:
        raise ValueError(f"{function}: {name} must be in [0, {end}); got {number}.")


def indices_in(function, name, array, end):
    """Every entry an index in [0, end); the first that is not is shown."""
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{function}: {name} must be integers; got {array.flat[0]}.")
    outside = (array < 0) | (array >= end)
    if outside.any():
        raise ValueError(f"{function}: {name} must be in [0, {end}); got {array[outside][0]}.")


def finite(function, name, array):
    """No nan and no infinity; the first is shown."""
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(f"{function}: {name} must be finite; got {np.asarray(array)[bad][0]}.")


def real(function, name, number):
    """A real number, nan and infinity too."""
    if not isinstance(number, Real) or isinstance(number, bool):
        raise TypeError(f"{function}: {name} must be a number; got {number!r}.")


def number_in(function, name, number, low, high):
    """A real number in [low, high]; nan is not."""
    real(function, name, number)
    plain = number.item() if isinstance(number, np.generic) else number  # its own type may overflow
    if not low <= plain <= high:
        raise ValueError(f"{function}: {name} must be in [{low}, {high}]; got {number}.")


def whole_number(function, name, number, low):
    """An integer >= low; True and 3.0 are not."""
    if isinstance(number, bool | np.bool_) or not isinstance(number, int | np.integer):
        raise TypeError(f"{function}: {name} must be an integer; got {number!r}.")
    if number < low:
        raise ValueError(f"{function}: {name} must be >= {low}; got {number}.")


def step_count(function, name, number, low):
    """A whole number of environment steps >= low, no more than compiled programs can count."""
    whole_number(function, name, number, low)
    if number > MOST_STEPS:
        raise ValueError(f"{function}: {name} must be below 2**31; got {number}.")


def amount(function, name, number):
    """A finite number >= 0."""
    real(function, name, number)
    if not 0 <= number < float("inf"):
        raise ValueError(f"{function}: {name} must be a finite number >= 0; got {number}.")


def one_of(function, name, value, texts):
    """One of some texts; an array is none."""
    if not isinstance(value, str) or value not in texts:
        told = f"{', '.join(map(repr, texts[:-1]))} or {texts[-1]!r}"
        raise ValueError(f"{function}: {name} must be {told}; got {value!r}.")


def flag(function, name, value):
    """True or False, numpy's too; no number and no word."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{function}: {name} must be True or False; got {value!r}.")


def env_first(function, env=None, other=None, *_):
    """Raises for the order of other libraries: a kind of policy, and then the environment."""
    if isinstance(env, str) and env.endswith("Policy"):
        fix = "env" if other is None else repr(other)
        raise ValueError(f"{function}: env must come first; got {env!r}. Fix: {function}({fix}, ...).")


_ELSEWHERE = {  # names of other libraries -> ours
    "lr": ("learning_rate",),
    "alpha": ("learning_rate",),
    "step_size": ("learning_rate",),
    "discount": ("gamma",),
    "discount_factor": ("gamma",),
    "lam": ("gae_lambda", "trace_decay"),
    "lambda_": ("gae_lambda", "trace_decay"),
    "n_steps": ("num_steps", "n_step"),
    "n_envs": ("num_envs",),
    "n_epochs": ("num_epochs",),
    "clip_range": ("clip_eps",),
    "tau": ("polyak",),
    "eps": ("epsilon",),
    "exploration_rate": ("epsilon",),
    "target_update_interval": ("target_interval",),
    "net_arch": ("hidden",),
    "hidden_sizes": ("hidden",),
    "activation_fn": ("activation",),
}


def nearest(name, names):
    """The one of names that was meant: what other libraries call so, or is spelt alike; None for none."""
    ours = [one for one in _ELSEWHERE.get(name, ()) if one in names]
    return next(iter(ours or get_close_matches(name, names, 1, 0.6)), None)


def known(function, names, given):
    """Settings by name, each one of names, where those are not None; the nearest is the fix."""
    for name in given:
        if names is not None and name not in names:
            near = nearest(name, names)
            fix = f" Fix: {near}." if near else ""
            raise TypeError(f"{function}: settings must be of {', '.join(names)}; got {name}.{fix}")


def settings(kind):
    """Names that a class takes when it is made, those that it hands on to its parents too; None for any."""
    names = []
    for parent in kind.__mro__:
        if (made := vars(parent).get("__init__")) is None or parent is object:
            continue
        told = list(signature(made).parameters.values())[1:]
        names += [one.name for one in told if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        if not any(one.kind is one.VAR_KEYWORD for one in told):
            return list(dict.fromkeys(names))
    return None


def seeds(function, given):
    """Several seeds as a list, one at least; a number alone is none, nor is a text."""
    try:
        found = None if isinstance(given, str) else list(given)
    except TypeError:
        found = None
    if found is None:
        fix = f" Fix: seeds=range({given})." if isinstance(given, int) and given > 0 else ""
        raise TypeError(f"{function}: seeds must be a list of integers; got {given!r}.{fix}")
    if not found:
        raise ValueError(f"{function}: seeds must be at least one integer; got none.")
    return found


def next_seed(number):
    """The seed behind one, 0 behind the last: agents are evaluated with another than they train with."""
    return (number + 1) % 2**63


def seed(function, number):
    """An integer in [0, 2**63), what keys and environments are made of."""
    whole_number(function, "seed", number, 0)
    if number >= 2**63:
        raise ValueError(f"{function}: seed must be below 2**63; got {number}.")
