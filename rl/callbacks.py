"""Callbacks of agents: what is called while one trains. The protocol, Checkpoint and TensorBoard: jaxnets."""

from jaxnets.callbacks import Callback

from . import checks
from .agents import saving


class EvalCallback(Callback):
    """Plays episodes while an agent trains: keeps the best agent, and ends the training when it is good.

    episodes: of each evaluation, an integer >= 1. every: epochs between two, an integer >= 1; the last epoch
    is always one. An epoch is log_every steps of `train`. env, seed: as for the agent's `evaluate`; the same
    episodes each time. path: a folder for the agent that has the highest mean return so far, the first of
    equals; `load` reads it. threshold: a mean return that ends the training, if given.

    steps, evaluations: the agent's step at each one, and what it showed, over all trainings. best: the
    highest mean return, None before there is one. What it finds is "eval_return" in the bar and the logs of
    callbacks that come after it. Training computes the same bits with and without it, as far as it goes.

    >>> import rl
    >>> good = EvalCallback(episodes=10, threshold=100)
    >>> agent = rl.PPO("CartPole-v1", seed=0).train(100_000, progress=False, callbacks=[good])
    >>> agent.steps < 100_000, good.best >= 100, good.steps[-1] == agent.steps
    (True, True, True)
    """

    def __init__(self, episodes=20, every=1, env=None, seed=None, path=None, threshold=None):
        checks.whole_number("EvalCallback", "episodes", episodes, 1)
        checks.whole_number("EvalCallback", "every", every, 1)
        if seed is not None:
            checks.seed("EvalCallback", seed)
        if threshold is not None:
            checks.number_in("EvalCallback", "threshold", threshold, -float("inf"), float("inf"))
        self.episodes, self.every, self.env, self.seed = episodes, every, env, seed
        self.path, self.threshold = path, threshold
        self.steps, self.evaluations, self.best = [], [], None

    def on_train_begin(self, net, logs):
        """TypeError where there is nothing that can be evaluated, or saved."""
        if not hasattr(net, "evaluated"):
            raise TypeError(f"EvalCallback: needs an agent; got {type(net).__name__}.")
        if self.env is None:
            net._single_env()  # what it raises, it raises before anything is trained
        net.evaluated.setdefault("eval_return", float("nan"))  # EarlyStopping asks for it at once
        if self.path is not None:
            saving.about(net)

    def on_epoch_end(self, net, epoch, logs):
        """Evaluates, one time in `every`."""
        if (epoch + 1) % self.every == 0:
            self._look(net)

    def on_train_end(self, net, logs):
        """Evaluates, where the last epoch was not one to do so."""
        if not self.steps or self.steps[-1] != net.steps:
            self._look(net)

    def _look(self, agent):
        found = agent.evaluate(self.episodes, self.seed, env=self.env)
        self.steps.append(agent.steps)
        self.evaluations.append(found)
        agent.evaluated["eval_return"] = found.mean_return
        if self.best is None or found.mean_return > self.best:
            self.best = found.mean_return
            if self.path is not None:
                agent.save(self.path)
        if self.threshold is not None and found.mean_return >= self.threshold:
            agent.stop_training = True
