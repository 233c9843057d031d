"""PPO and DQN of this project, whole iterations compiled or with Gymnasium's environments on the host."""

import jax
import jax.numpy as jnp
import numpy as np

import rl
from rl.rollout import Rollout

from . import data


def linear(setting, settings):
    """From a setting to 0."""
    return rl.linear(setting, 0.0, settings["decay_steps"])


def ppo(seed, settings, decay=True, **options):
    """rl.PPO with the settings of a workload. decay: lower the learning rate and the clip."""
    given = {k: v for k, v in settings.items() if k != "decay_steps"}
    if decay:
        given |= {k: linear(given[k], settings) for k in ("learning_rate", "clip_eps")}
    return rl.PPO("CartPole-v1", seed, **given, **options)


def dqn(seed, settings, decay=True, **options):
    """rl.DQN with the settings of a workload."""
    given = {k: v for k, v in settings.items() if not k.startswith("epsilon")}
    epsilon = rl.linear(1.0, settings["epsilon_end"], settings["epsilon_steps"])
    return rl.DQN("CartPole-v1", seed, **given, epsilon=epsilon, double=False, **options)


class Compiled:
    """The environment is a JAX function, and iterations are one program."""

    compiled = True
    version = f"jax {jax.__version__}"

    def __init__(self, workload, settings):
        self.name, self.settings = workload.agent, settings
        self.make, self.agent = dict(PPO=ppo, DQN=dqn)[workload.agent], None

    def run(self, seed, steps, every=None, look=None):
        """See benchmarks.rl."""
        self.agent = self.make(seed, self.settings, compiled=self.compiled)
        options = dict(log_every=every) if every else {}
        while self.agent.steps < steps:
            self.agent.train(every or steps, progress=False, **options)
            if look and look():
                break

    def network(self):
        """See benchmarks.rl."""
        return self._networks(self.agent._training.learner)["policy" if self.name == "PPO" else "q"]

    def returns(self):
        """See benchmarks.rl."""
        return self.agent.episode_returns

    def _networks(self, learner):
        named = {name: learner.params[name] for name in ("policy", "value")} if self.name == "PPO" else None
        named = named or {"q": learner.params}
        return {
            name: [tuple(np.asarray(layer[part]) for part in ("kernel", "bias")) for layer in layers]
            for name, layers in named.items()
        }

    def learnt(self):
        """See benchmarks.rl."""
        agent = self.make(0, self.settings, decay=False, compiled=True)
        start = {
            name: [dict(kernel=jnp.asarray(k), bias=jnp.asarray(b)) for k, b in layers]
            for name, layers in data.networks(self.name, self.settings["hidden"]).items()
        }
        learner, key = agent._training.learner, jax.random.key(0)
        if self.name == "PPO":
            learner = learner._replace(params=learner.params | start)
        else:
            learner = learner._replace(params=start["q"], target=start["q"])
        told = data.steps(agent.num_steps, agent.num_envs)
        if self.name == "DQN":  # whatever is drawn then, is the same
            told = {name: np.repeat(x[7:8], len(x), axis=0) for name, x in told.items()}
        never = np.zeros_like(told["terminated"])
        rollout = Rollout(**told, truncated=never, mask=~never)
        chance, _ = agent._programs.noise(key, jnp.int32(0))
        late = jnp.int32(4)  # where learning has begun
        learner, _ = agent._programs.learn(learner, jax.tree.map(jnp.asarray, rollout), chance, late)
        return data.named(self._networks(learner))


class Asynchronous(Compiled):
    """Gymnasium's environments are stepped by the host, which waits for another thread at each step."""

    compiled = False


class HostLoop(Asynchronous):
    """The same, with what JAX computes in the host's thread."""

    def __init__(self, workload, settings):
        rl.use_synchronous_dispatch()
        super().__init__(workload, settings)
