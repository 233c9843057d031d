"""What a functional environment promises, asked of its functions without running them."""

import jax
import jax.numpy as jnp
from gymnasium import spaces

from . import observed

_NOT_COMPILED = (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError)
_SIGNATURES = {
    "init": "of a key that returns (state, obs)",
    "step": "of (key, state, action) that returns (state, obs, reward, terminated)",
    "action_mask": "of a state that returns the legal actions",
}


def action_dtype(space):
    """Of the actions that an environment is given: whole numbers are int32."""
    return space.dtype if space.dtype.kind == "f" else jnp.int32


def uses_chance(env):
    """Whether a step of env uses its key; raises TypeError where init, step or action_mask is not as said."""
    for name in ("observation_space", "action_space"):
        if not isinstance(space := getattr(env, name), spaces.Space):
            raise TypeError(f"FunctionalEnv: {name} must be a space of Gymnasium; got {space!r}.")
    for name in ("init", "step"):
        if not callable(function := getattr(env, name)):
            raise TypeError(f"FunctionalEnv: {name} must be a function; got {function!r}.")
    key = jax.eval_shape(jax.random.key, 0)
    lots = jax.ShapeDtypeStruct((env.uniforms,), jnp.float32) if env.uniforms else key
    shape, kind = env.action_space.shape or (), action_dtype(env.action_space)
    before = _traced("init", lambda: jax.eval_shape(env.init, lots))
    if not (isinstance(before, tuple) and len(before) == 2):
        raise TypeError(f"FunctionalEnv: init must return (state, obs); got {type(before).__name__}.")
    given = key, before[0], jax.ShapeDtypeStruct(shape, kind)
    program, after = _traced("step", lambda: jax.make_jaxpr(env.step, return_shape=True)(*given))
    if not (isinstance(after, tuple) and len(after) == 4):
        raise TypeError(
            "FunctionalEnv: step must return (state, obs, reward, terminated); "
            f"got {type(after).__name__}{f' of {len(after)}' if isinstance(after, tuple) else ''}."
        )
    for part, old, new in zip(("state", "obs"), before, after[:2], strict=True):
        if _kinds(old) != _kinds(new):
            raise TypeError(
                f"FunctionalEnv: step must return {part} as init does, {_kinds(old)}; got {_kinds(new)}."
            )
    _check_observation(env, after[1])
    for part, leaf, kinds in zip(("reward", "terminated"), after[2:], ("iufb", "b"), strict=True):
        if getattr(leaf, "shape", None) != ():
            raise TypeError(f"FunctionalEnv: step must return one {part}; got shape {_kinds(leaf)}.")
        if leaf.dtype.kind not in kinds:
            rule = "a boolean" if part == "terminated" else "a number"
            raise TypeError(f"FunctionalEnv: step must return {part} as {rule}; got {leaf.dtype}.")
    _check_mask(env, before[0])
    used = [var for equation in program.jaxpr.eqns for var in equation.invars]
    return any(var is program.jaxpr.invars[0] for var in [*used, *program.jaxpr.outvars])


def _traced(name, run):
    """What a function returns when it is traced."""
    try:
        return run()
    except _NOT_COMPILED as error:
        raise TypeError(
            f"FunctionalEnv: {name} must be a function that JAX can compile; got {type(error).__name__}. "
            "Fix: jnp.where or lax.cond in the place of if, jnp in the place of math and numpy."
        ) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        raise TypeError(
            f"FunctionalEnv: {name} must be a function {_SIGNATURES[name]}; got {reason}."
        ) from error


def _kinds(tree):
    """Shapes and dtypes, as text."""
    return str(jax.tree.map(lambda leaf: f"{leaf.dtype}{list(leaf.shape)}", tree))


def _check_observation(env, obs):
    """The observation's shape, and whether its numbers are whole, as the space says."""
    wrong = _unlike(env.observation_space, obs)
    if wrong is not None:
        raise TypeError(f"FunctionalEnv: obs must be as in {env.observation_space}; got {wrong}.")


def _unlike(space, obs):
    """What is wrong with the kind of an observation; None for nothing."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = dict(space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces))
        container = dict if isinstance(space, spaces.Dict) else tuple
        if not isinstance(obs, container) or len(obs) != len(parts):
            return _kinds(obs) if isinstance(obs, jax.ShapeDtypeStruct) else type(obs).__name__
        if container is dict and set(obs) != set(parts):
            return f"the keys {sorted(map(str, obs))}"
        wrong = (_unlike(part, one) for part, one in zip(parts.values(), _in_order(obs, parts), strict=True))
        return next((told for told in wrong if told is not None), None)
    if not isinstance(obs, jax.ShapeDtypeStruct):
        return type(obs).__name__
    floats = obs.dtype.kind == "f"
    alike = floats == (space.dtype.kind == "f") and obs.dtype.kind in "fiub"
    return None if alike and obs.shape == (space.shape or ()) else _kinds(obs)


def _in_order(obs, parts):
    return [obs[key] for key in parts]


def _check_mask(env, state):
    """One boolean for each action."""
    if env.action_mask is None:
        return
    counts = observed.choices(env.action_space)
    if counts is None:
        raise TypeError(
            f"FunctionalEnv: action_mask must be None where actions are not counted; got it for "
            f"{env.action_space}."
        )
    told = _traced("action_mask", lambda: jax.eval_shape(env.action_mask, state))
    if getattr(told, "shape", None) != (sum(counts),) or told.dtype != bool:
        raise TypeError(f"FunctionalEnv: action_mask must return bool[{sum(counts)}]; got {_kinds(told)}.")
