"""What a functional environment promises is asked of its functions when it is made."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from test_functional import counting

from rl.functional import FunctionalEnv, functional_env, register


def changed(**parts):
    """The counting environment with other parts."""
    env = counting()
    spaces = dict(observation_space=env.observation_space, action_space=env.action_space)
    return FunctionalEnv(**(dict(init=env.init, step=env.step) | spaces | parts))


def answer(obs=None, reward=1.0, terminated=None):
    """Functions that return these."""
    obs = jnp.zeros(1) if obs is None else obs
    over = jnp.bool_(False) if terminated is None else terminated
    return dict(
        init=lambda key: (jnp.int32(0), obs), step=lambda key, state, action: (state, obs, reward, over)
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (answer(jnp.zeros(2)), r"obs must be as in Box\(.*got float\d\d\[2\]"),
        (answer(jnp.zeros(())), r"obs must be as in Box\(.*got float\d\d\[\]"),
        (answer(jnp.zeros(1, int)), r"obs must be as in Box\(.*got int"),
        (answer({"a": jnp.zeros(1)}), "obs must be as in Box.*got dict"),
        (answer() | dict(observation_space=Discrete(3)), r"obs must be as in Discrete\(3\); got float"),
        (answer() | dict(observation_space=Dict(a=Box(0, 1))), "obs must be as in Dict.*got float"),
        (
            answer({"b": jnp.zeros(1)}) | dict(observation_space=Dict(a=Box(0, 1))),
            r"obs must be as in Dict.*got the keys \['b'\]",
        ),
        (answer(terminated=jnp.int32(0)), "step must return terminated as a boolean; got int32"),
        (answer(reward=jnp.complex64(0)), "step must return reward as a number; got complex64"),
        (dict(observation_space=4), "observation_space must be a space of Gymnasium; got 4"),
        (dict(action_space=None), "action_space must be a space of Gymnasium; got None"),
        (dict(step="step"), "step must be a function; got 'step'"),
        (dict(max_steps=0), "max_steps must be >= 1; got 0"),
        (dict(max_steps=-1), "max_steps must be >= 1; got -1"),
        (dict(max_steps=2.5), r"max_steps must be an integer; got 2\.5"),
        (dict(uniforms=-1), "uniforms must be >= 0; got -1"),
        (
            dict(action_mask=lambda state: jnp.ones(3, bool)),
            r"action_mask must return bool\[2\]; got bool\[3\]",
        ),
        (dict(action_mask=lambda state: jnp.ones(2)), r"action_mask must return bool\[2\]; got float"),
        (
            dict(action_mask=lambda state: jnp.ones(2, bool), action_space=Box(0, 1)),
            "action_mask must be None where actions are not counted",
        ),
        (
            dict(step=lambda key, state, action: (state, jnp.zeros(1), 1.0, True if state > 3 else False)),
            r"step must be a function that JAX can compile; got TracerBoolConversionError\. Fix: jnp\.where",
        ),
        (
            dict(init=lambda key: (jnp.int32(0), np.zeros(int(jax.random.uniform(key))))),
            "init must be a function that JAX can compile",
        ),
    ],
)
def test_a_functional_environment_is_as_it_says(parts, words):
    with pytest.raises((TypeError, ValueError), match=f"FunctionalEnv: .*{words}"):
        changed(**parts)


def test_a_limit_and_a_maker_are_looked_at():
    with pytest.raises(ValueError, match="max_steps must be >= 1; got 0"):
        counting().limited(0)
    register("Nothing-v0", lambda: 3)
    with pytest.raises(TypeError, match="maker of 'Nothing-v0' must return a FunctionalEnv; got int"):
        functional_env("Nothing-v0")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            dict(step=lambda state, action: 0),
            r"step must be a function of \(key, state, action\) .*positional",
        ),
        (dict(step=lambda key, state, action: 1 / 0), "step must be .*; got ZeroDivisionError: division by"),
        (dict(init=lambda: 0), "init must be a function of a key .*positional"),
        (dict(action_mask=lambda: 0), "action_mask must be a function of a state .*positional"),
    ],
)
def test_a_function_that_raises_is_named(parts, words):
    with pytest.raises(TypeError, match=f"^FunctionalEnv: {words}"):
        changed(**parts)
