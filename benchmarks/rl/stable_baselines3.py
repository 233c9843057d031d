"""PPO and DQN of Stable-Baselines3, as RL Baselines3 Zoo sets them up."""

import numpy as np
import stable_baselines3
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

from . import data

HORIZON = dict(PPO=100_000, DQN=50_000)  # what its schedules count to


def ppo(settings, decay=True):
    """Arguments of its PPO."""
    at = (lambda x: lambda left: left * x) if decay else (lambda x: x)
    return dict(
        n_steps=settings["num_steps"],
        batch_size=settings["batch_size"],
        n_epochs=settings["num_epochs"],
        gamma=settings["gamma"],
        gae_lambda=settings["gae_lambda"],
        learning_rate=at(settings["learning_rate"]),
        clip_range=at(settings["clip_eps"]),
        policy_kwargs=dict(net_arch=list(settings["hidden"])),
    )


def dqn(settings, decay=True):
    """Arguments of its DQN."""
    return dict(
        learning_rate=settings["learning_rate"],
        batch_size=settings["batch_size"],
        buffer_size=settings["buffer_size"],
        learning_starts=settings["learning_starts"],
        gamma=settings["gamma"],
        target_update_interval=settings["target_interval"],
        train_freq=settings["num_steps"],
        gradient_steps=settings["gradient_steps"],
        exploration_fraction=0.16,  # of 50,000 steps
        exploration_final_eps=settings["epsilon_end"],
        policy_kwargs=dict(net_arch=list(settings["hidden"])),
    )


class Looking(BaseCallback):
    """Looks between rounds of learning, every so many steps; what ends training is the next step's answer."""

    def __init__(self, every, look):
        super().__init__()
        self.every, self.look, self.next, self.ends = every, look, every, False

    def _on_rollout_start(self):
        if self.look and self.num_timesteps >= self.next:
            self.next += self.every
            self.ends = self.look()

    def _on_step(self):
        return not self.ends


class Engine:
    """The library's own `learn`, on CPU."""

    library = stable_baselines3

    def __init__(self, workload, settings):
        self.name, self.settings = workload.agent, settings
        torch.set_num_threads(1)  # faster than two, for networks of this size
        self.version = f"stable-baselines3 {stable_baselines3.__version__}, torch {torch.__version__}"

    def model(self, seed, decay=True):
        """A model that is not trained yet."""
        given = dict(PPO=ppo, DQN=dqn)[self.name](self.settings, decay)
        envs = make_vec_env("CartPole-v1", self.settings.get("num_envs", 1), seed=seed)
        return getattr(self.library, self.name)("MlpPolicy", envs, seed=seed, device="cpu", **given)

    def run(self, seed, steps, every=None, look=None):
        """See benchmarks.rl."""
        self.trained, self.episodes = self.model(seed), []
        stop = Until(steps, self.episodes)
        self.trained.learn(HORIZON[self.name], callback=[Looking(every or steps, look), stop])

    def returns(self):
        """See benchmarks.rl."""
        return self.episodes

    def network(self):
        """See benchmarks.rl."""
        return self._networks(self.trained)["policy" if self.name == "PPO" else "q"]

    def _layers(self, model):
        if self.name == "PPO":
            parts = model.policy.mlp_extractor
            return {
                "policy": [*parts.policy_net[::2], model.policy.action_net],
                "value": [*parts.value_net[::2], model.policy.value_net],
            }
        return {"q": list(model.policy.q_net.q_net[::2])}

    def _networks(self, model):
        return {
            name: [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in layers]
            for name, layers in self._layers(model).items()
        }

    def _start_from(self, model, networks):
        with torch.no_grad():
            for name, layers in self._layers(model).items():
                for layer, (kernel, bias) in zip(layers, networks[name], strict=True):
                    layer.weight.copy_(torch.as_tensor(kernel.T))
                    layer.bias.copy_(torch.as_tensor(bias))
        if self.name == "DQN":
            model.q_net_target.load_state_dict(model.q_net.state_dict())

    def learnt(self):
        """See benchmarks.rl."""
        model = self.model(0, decay=False)
        self._start_from(model, data.networks(self.name, self.settings["hidden"]))
        model.set_logger(self.library.common.logger.configure(format_strings=[]))
        told = data.steps(self.settings["num_steps"], self.settings.get("num_envs", 1))
        (self._fill_rollout if self.name == "PPO" else self._fill_replay)(model, told)
        if self.name == "PPO":
            model.train()
        else:
            model.train(self.settings["gradient_steps"], self.settings["batch_size"])
        return data.named(self._networks(model))

    def _fill_rollout(self, model, told):
        start = np.ones_like(told["terminated"][0])
        model.rollout_buffer.reset()
        for obs, action, reward, _, ended in zip(*told.values(), strict=True):
            value, log_prob = self._judged(model, obs, action)
            model.rollout_buffer.add(obs, action[:, None], reward, start, value, log_prob)
            start = ended
        value, _ = self._judged(model, told["next_obs"][-1], action)
        model.rollout_buffer.compute_returns_and_advantage(value, start)

    def _judged(self, model, obs, action):
        """(value, log-probability), [N] each."""
        with torch.no_grad():
            value, log_prob, _ = model.policy.evaluate_actions(torch.as_tensor(obs), torch.as_tensor(action))
        return value, log_prob

    def _fill_replay(self, model, told):
        """One step over and over: whatever is drawn then, is the same."""
        row = [x[7] for x in told.values()]
        obs, action, reward, next_obs, ended = row
        for _ in range(len(told["reward"])):
            model.replay_buffer.add(obs, next_obs, action, reward, ended, [{}])


class Until(BaseCallback):
    """Ends after so many steps, and keeps the returns of episodes."""

    def __init__(self, steps, episodes):
        super().__init__()
        self.steps, self.episodes = steps, episodes

    def _on_step(self):
        self.episodes += [info["episode"]["r"] for info in self.locals["infos"] if "episode" in info]
        return self.num_timesteps <= self.steps
