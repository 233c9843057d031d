"""Environments that are JAX functions, so that a whole training is one compiled program.

Gymnasium's own classic-control tasks are here as such functions (rl.classic_control), equal to the originals
step by step; `register` adds yours.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp

from . import checks, functional_checks
from .chance import Draw, drawn


@dataclass(frozen=True, eq=False)
class FunctionalEnv:
    """An environment whose reset and step are functions without side effects, of one episode.

    init: key -> (state, obs), a new episode. step: (key, state, action) -> (state, obs, reward, terminated);
    obs is what the step led to, also where it ended the episode: who runs it resets.
    observation_space, action_space: Gymnasium's. max_steps: the step that truncates an episode, or None.
    action_mask: state -> [A] booleans, the legal actions; None where all always are.
    uniforms: init takes so many numbers, drawn uniformly from [0, 1), in the place of the key, where not 0: a
    key makes its own numbers with a cipher of twenty rounds, which costs more than a step of simple physics.
    Raises TypeError where a step changes the shape or dtype of the state or the observation, where an
    observation is not of the shape and kind of observation_space, and for what JAX cannot compile.

    >>> import gymnasium
    >>> def init(key):
    ...     return jnp.int32(0), jnp.zeros(1)
    >>> def step(key, state, action):
    ...     return state + 1, jnp.full(1, state + 1.0), jnp.float32(action), state + 1 >= 3
    >>> spaces = gymnasium.spaces.Box(0, 3, (1,)), gymnasium.spaces.Discrete(2)
    >>> FunctionalEnv(init, step, *spaces, name="three steps").name
    'three steps'
    """

    init: Callable
    step: Callable
    observation_space: Any
    action_space: Any
    max_steps: int | None = None
    action_mask: Callable | None = None
    name: str = "a functional environment"
    uniforms: int = 0
    by_chance: bool = field(init=False, default=True)  # whether a step uses its key

    def __post_init__(self):
        if self.max_steps is not None:
            checks.whole_number("FunctionalEnv", "max_steps", self.max_steps, 1)
        checks.whole_number("FunctionalEnv", "uniforms", self.uniforms, 0)
        object.__setattr__(self, "by_chance", functional_checks.uses_chance(self))

    def reset_draw(self, shape):
        """The Draw (rl.chance) of what init takes for `shape` new episodes."""
        return Draw("uniform", (*shape, self.uniforms)) if self.uniforms else Draw("keys", shape)

    def step_draw(self, shape):
        """The same for step: keys, or none where no step uses its key."""
        return {"step": Draw("keys", shape)} if self.by_chance else {}

    def reset(self, key):
        """(state, obs) of a new episode."""
        return self.init(drawn(key, dict(reset=self.reset_draw(())))["reset"])

    def limited(self, max_steps):
        """The same environment, truncated at max_steps."""
        return replace(self, max_steps=max_steps)


def from_func_env(env, params=None, max_steps=None, name=None):
    """A FunctionalEnv of one of Gymnasium's FuncEnv objects.

    params: what its functions are given, its default_params if None. max_steps: FuncEnv knows no time limit.
    Take care: Gymnasium 1.4's CartPoleFunctional adds masspole and length where the original multiplies them;
    with CartPoleParams(polemass_length=0.05) it equals CartPole-v1.

    >>> from gymnasium.envs.phys2d.pendulum import PendulumFunctional
    >>> from_func_env(PendulumFunctional(), max_steps=200).name
    'PendulumFunctional'
    """
    if not all(hasattr(env, name) for name in ("initial", "transition", "observation", "reward", "terminal")):
        raise TypeError(f"from_func_env: env must be a FuncEnv of Gymnasium; got {env!r}.")
    params = env.default_params if params is None else params

    def init(key):
        state = env.initial(key, params)
        action = jnp.zeros(env.action_space.shape or (), functional_checks.action_dtype(env.action_space))
        kinds = jax.eval_shape(lambda: env.transition(state, action, key, params))
        state = jax.tree.map(lambda x, kind: x.astype(kind.dtype), state, kinds)
        return state, env.observation(state, key, params)

    def step(key, state, action):
        new = env.transition(state, action, key, params)
        reward = env.reward(state, action, new, key, params)
        terminated = env.terminal(new, key, params)
        return new, env.observation(new, key, params), jnp.float32(reward), jnp.bool_(terminated)

    spaces = env.observation_space, env.action_space
    return FunctionalEnv(init, step, *spaces, max_steps, name=name or type(env).__name__)


_MAKERS: dict[str, Any] = {
    "Acrobot-v1": "classic_control.acrobot",
    "CartPole-v1": "classic_control.cart_pole",
    "MountainCar-v0": "classic_control.mountain_car",
    "MountainCarContinuous-v0": "classic_control.mountain_car_continuous",
    "Pendulum-v1": "classic_control.pendulum",
}


def register(name, maker):
    """Gives a name to an environment of yours: agents then take the name as they take Gymnasium's ids.

    name: a text. maker: a function that returns a FunctionalEnv. A name that is taken is taken over.
    Agents that train on it are evaluated in it too, unless Gymnasium knows the name as well.
    """
    if not isinstance(name, str) or not callable(maker):
        raise TypeError(f"register: name must be a text and maker a function; got {name!r} and {maker!r}.")
    _MAKERS[name] = maker


def functional_env(name):
    """The functional form of an environment by its id, None where there is none.

    >>> functional_env("CartPole-v1").max_steps
    500
    >>> functional_env("Taxi-v4") is None
    True
    """
    if not isinstance(name, str):
        raise TypeError(f"functional_env: name must be a text; got {name!r}.")
    maker = _MAKERS.get(name)
    if isinstance(maker, str):
        home, function = maker.split(".")
        maker = getattr(import_module(f".{home}", __package__), function)
    if maker is None:
        return None
    made = maker()
    if not isinstance(made, FunctionalEnv):
        told = type(made).__name__
        raise TypeError(f"register: maker of {name!r} must return a FunctionalEnv; got {told}.")
    return made
