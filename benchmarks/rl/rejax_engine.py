"""PPO of Rejax: the whole training is one compiled function, on gymnax's CartPole-v1."""

from importlib.metadata import version

import jax
import jax.numpy as jnp
import rejax
from gymnax.environments.classic_control.cartpole import CartPole


class Told(CartPole):
    """With five answers of a step, as Rejax expects; gymnax 1.0 gives six."""

    def step(self, key, state, action, params=None):
        """The two kinds of end in one."""
        obs, state, reward, terminated, truncated, info = super().step(key, state, action, params)
        return obs, state, reward, terminated | truncated, info


class Engine:
    """Trains without evaluating. It knows no schedules, and tells no returns of its training."""

    def __init__(self, workload, settings):
        self.name, self.version = workload.agent, f"rejax {version('rejax')}, gymnax {version('gymnax')}"
        size = settings["num_envs"] * settings["num_steps"]
        made = rejax.PPO.create(
            env=Told(),
            num_envs=settings["num_envs"],
            num_steps=settings["num_steps"],
            num_epochs=settings["num_epochs"],
            num_minibatches=size // settings["batch_size"],
            gamma=settings["gamma"],
            gae_lambda=settings["gae_lambda"],
            learning_rate=settings["learning_rate"],
            clip_eps=settings["clip_eps"],
            ent_coef=0.0,
            max_grad_norm=0.5,
            total_timesteps=workload.steps,
            eval_freq=workload.steps,
            skip_initial_evaluation=True,
            agent_kwargs=dict(activation="tanh", hidden_layer_sizes=settings["hidden"]),
        )
        self.train = jax.jit(made.replace(eval_callback=lambda *_: jnp.zeros(())).train)

    def run(self, seed, steps, every=None, look=None):
        """See benchmarks.rl."""
        jax.block_until_ready(self.train(jax.random.key(seed)))

    def returns(self):
        """None are told."""
        return []
