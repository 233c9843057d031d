"""The tables of rules."""

RULES = {}  # primitive -> (replay, equation, *arrays) -> an Array or a list of them
CONTROL = {}  # the same for what calls other jaxprs; returns (arrays, steps inside)


def rule(*names):
    """Decorates the rule of some primitives: a function (replay, equation, *arrays) -> Array, or a list.

    >>> @rule("my_primitive")
    ... def _my_primitive(replay, equation, x):
    ...     return replay.apply("exp", x)
    >>> RULES.pop("my_primitive").__name__
    '_my_primitive'
    """

    def decorate(function):
        RULES.update(dict.fromkeys(names, function))
        return function

    return decorate


def control(*names):
    """Decorates the rule of primitives that call other jaxprs."""

    def decorate(function):
        CONTROL.update(dict.fromkeys(names, function))
        return function

    return decorate
