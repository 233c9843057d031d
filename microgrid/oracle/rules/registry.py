"""The tables of rules."""

RULES = {}  # primitive -> (replay, equation, *arrays) -> an Array or a list of them
CONTROL = {}  # the same for what calls other jaxprs; returns (arrays, steps inside)


def rule(*names):
    """Decorates the rule of some primitives: a function (replay, equation, *arrays) -> Array, or a list.

    It says the value of the primitive by operations whose slopes are known, and never a slope. It is given

    - equation: that of the jaxpr; equation.params is the dict of the primitive's parameters;
    - arrays: an `Array` for each input. `x.shape`, `x.dtype`; `x.floats`: whether it is of floats; `x.given`:
      the numbers of one that is not; `x.moved(f)`: the same scalars elsewhere, where f is any numpy function
      that only moves, such as np.transpose or lambda a: a[::2];
    - replay. `replay.apply(op, *arrays)`: op elementwise, of arrays whose shapes broadcast. op is the name of
      a row of microgrid.derivatives.TABLE ("add", "mul", "truediv", "pow", "exp", ...) or of
      microgrid.oracle.specials.ROWS ("igamma", ...); the result has the dtype of the first array, or dtype=.
      `replay.constant(number, x)`: one number, of the shape and dtype of x. `replay.as_floats(i)`: integers
      as floats. `replay.numbers(x)`: its numbers in this run, to decide by; no slope goes through them.

    It returns an Array of the shape and dtype that the primitive has, or a list of one for each output. Rules
    there are, microgrid.oracle.rules.RULES["sort"] say, may be called in it. A rule that raises, or whose
    numbers are not those that JAX gives for the primitive, to half of the digits of the dtype, makes the
    verdict unsupported.

    >>> @rule("my_primitive")
    ... def _my_primitive(replay, equation, x):
    ...     return replay.apply("mul", x, replay.apply("exp", x))  # x * exp(x)
    >>> RULES.pop("my_primitive").__name__
    '_my_primitive'
    """

    if not names or not all(isinstance(name, str) and name for name in names):
        raise TypeError(f'rule: names must be those of primitives; got {names}. Fix: @rule("my_primitive").')

    def decorate(function):
        if not callable(function):
            fix = f"@rule({names[0]!r}) above def f(replay, equation, *arrays)"
            raise TypeError(f"rule: it decorates a function; got {function!r}. Fix: {fix}.")
        RULES.update(dict.fromkeys(names, function))
        return function

    return decorate


def control(*names):
    """Decorates the rule of primitives that call other jaxprs."""

    def decorate(function):
        CONTROL.update(dict.fromkeys(names, function))
        return function

    return decorate
