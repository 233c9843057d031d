"""What goes wrong while JAX traces a function, or its derivative, from the error: a sentence each."""

import inspect
import re
import traceback
from pathlib import Path

import jax

from . import compat
from .custom_rules.malformed import malformed
from .refusals import BY_VALUE, NOT_LINEAR, being_made, by_value, error_of, raised_at, words

STATIC = "Non-hashable static arguments"
PLAIN = re.compile(r"`(float|int|complex)` function|(item|tolist)\(\) method")
RULES = {"custom_vjp": "defvjp(fwd, bwd)", "custom_jvp": "defjvp(rule)", "custom_vmap": "def_vmap(rule)"}


def untraced(name, flat, error):
    """What to say of a `Flat` function that JAX cannot trace; "" for an error that is the function's own.

    >>> import jax
    >>> from microgrid.oracle.flat import Flat
    >>> flat = Flat(lambda x: jax.lax.psum(x, "rows"), (1.0,))
    >>> try:
    ...     jax.eval_shape(flat, *flat.numbers)
    ... except NameError as error:
    ...     untraced("f", flat, error).partition(" outside")[0]
    "f uses the axis 'rows'"
    """
    text, where = str(error), _where(error)
    if told := defaults(flat, error):
        return f"JAX does not trace {name}: {told}."
    if found := re.match(r"No .* defined for (custom_\w+) function (\S+) using", text):
        kind, called = found[1], found[2]
        fix = f"{'its ' if '<' in called else f'{called}.'}{RULES.get(kind, RULES['custom_vjp'])}"
        return f"{name} calls {called}, made by {kind}, which has no rule yet{where}. Fix: {fix}."
    if isinstance(error, OverflowError) and flat.beyond:  # it may be used as Python's own too
        return f"{name} is given {flat.beyond}. Fix: a float, or a smaller integer."
    if type(error) is Exception and "array reference" in text:
        return f"JAX does not differentiate {name}: {words(error).partition('. ')[0]}{where}. Fix: return it."
    if unsupported_here(error):
        return f"JAX does not run {name} here: {words(error).removesuffix('.')}{where}. Fix: other types."
    if isinstance(error, NameError) and (found := re.search(r"unbound axis name: (\w+)", text)):
        return (
            f"{name} uses the axis {found[1]!r} outside of what names it{where}. Fix: "
            f"jax.vmap(f, axis_name={found[1]!r})."
        )
    if isinstance(error, RuntimeError) and text.startswith("Array has been deleted"):
        return (
            f"{name} goes on with an array that was deleted{where}, as jit does with what is donated to it. "
            "Fix: jnp.copy of it before, or no donate_argnums."
        )
    if isinstance(error, jax.errors.UnexpectedTracerError) or (
        isinstance(error, jax.errors.TracerArrayConversionError) and not where
    ):
        if compat.is_tracing():
            return (
                f"{name} is checked inside of jit, vmap or grad, where arrays have no numbers yet{where}. "
                "Fix: call check_grads outside of them."
            )
        return (
            f"{name} goes on with a traced array that it kept from an earlier call{where}. Fix: keep none "
            "outside of it, return what is needed later or take it as an argument."
        )
    if isinstance(error, TypeError) and "trace" in text and (kind := being_made(error)):
        return (
            f"{name} makes a {kind} while JAX traces it, and that needs numbers{where}. Fix: make it before, "
            "outside of the function."
        )
    if isinstance(error, jax.errors.TracerArrayConversionError):
        return f"{name} gives a traced array to numpy{where}. Fix: jax.numpy's function, jnp.sin for np.sin."
    if isinstance(error, BY_VALUE) and PLAIN.search(text):
        return (
            f"{name} makes a Python number of a traced one{where}. Fix: jnp.sin for math.sin, x for float(x) "
            "and x.item(), x.astype(int) for int(x)."
        )
    if isinstance(error, BY_VALUE) or text.startswith("Shapes must be 1D sequences of concrete values"):
        return by_value(name, error)
    if isinstance(error, ValueError) and text.startswith(STATIC):
        return (
            f"{name} gives a traced array as a static argument of a jitted function{where}. Fix: a plain "
            "Python value there, or leave it out of static_argnums and static_argnames."
        )
    if isinstance(error, TypeError) and "Tracer.__format__" in text:
        return f"{name} formats a traced number as text{where}. Fix: jax.debug.print."
    return ""


def unsupported_here(error):
    """Whether JAX has no program of an operation for this machine."""
    return isinstance(error, ValueError) and "is not supported by" in str(error)


def _where(error):
    where = raised_at(error)
    return "" if where == "inside JAX" else f", {where}"


def refused(flat, mode, error):
    """JAX's words, or clearer ones, for a derivative that it does not take in a mode. What decides by a
    traced value, or does not run here, is raised again."""
    if told := defaults(flat, error, mode):
        return told
    if isinstance(error, BY_VALUE) or unsupported_here(error):
        raise error
    if isinstance(error, AssertionError) and not str(error):
        with compat.all_frames():
            again = error_of(flat, mode)
        if again is not None and _inside_jax(traceback.extract_tb(again.__traceback__)[-1].filename):
            return NOT_LINEAR
    return malformed(flat, mode) or words(error)


def _inside_jax(file):
    return file.startswith(str(Path(jax.__file__).parent))


def defaults(flat, error, mode=None):
    """What to say where an error comes of the default arguments of a function with a rule of its own, which
    JAX fills in and then takes for arrays; "" for another one. mode: of the derivative, None for the
    function."""
    counted = isinstance(error, TypeError) and "positional argument" in str(error)
    if not (counted or isinstance(error, BY_VALUE) or str(error).startswith(STATIC)):
        return ""
    with compat.all_frames():
        try:
            error = error_of(flat, mode)
        except Exception:  # another one the second time
            return ""
    for frame, _ in traceback.walk_tb(error.__traceback__) if error else ():
        made, given = (frame.f_locals.get(name) for name in ("self", "args"))
        if isinstance(made, jax.custom_vjp | jax.custom_jvp) and isinstance(given, tuple | list):
            if told := _filled_in(made, given, counted):
                return told
    return ""


def _filled_in(made, given, counted):
    """What to say of default arguments. counted: whether their number matters, or else what they are."""
    kind = type(made).__name__
    name, function = getattr(made, "__name__", "f"), getattr(made, "fun", None)
    try:
        parameters = inspect.signature(function or made).parameters.values()
    except (TypeError, ValueError):
        return ""
    fixed = {*getattr(made, "nondiff_argnums", ())}
    pairs = enumerate(zip(parameters, given, strict=False))
    found = [(p.name, x) for k, (p, x) in pairs if p.default is x and k not in fixed]
    if not found or not (counted or any(isinstance(x, int | str) for _, x in found)):  # a bool is an int
        return ""
    filled = [f"{argument}={x!r}" for argument, x in found]
    fix = f"jax.{kind}(lambda x: {'f' if '<' in name else name}(x))"
    return (
        f"jax.{kind} gives {name} and its rule the default arguments too, {', '.join(filled)}, as arrays. "
        f"Fix: {fix}, of a function of the arguments that are differentiated alone"
    )
