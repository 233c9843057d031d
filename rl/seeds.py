"""The same training with many seeds, side by side in one program where the environment is a JAX function.

One learning curve says little: results of policy gradients differ more between seeds than between settings.
S: seeds.
"""

from dataclasses import dataclass
from reprlib import repr as shortened
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from . import checks, envs
from .agents.stepping import SteppingAgent
from .agents.trainable import Trainable
from .progress import progress as progress_bar


@dataclass(frozen=True, eq=False)
class SeedRuns:
    """Agents that differ in their seed alone, after the same number of steps.

    agents: one for each seed, in order; each can act, evaluate, be saved and go on training.
    """

    agents: list[Any]

    def curves(self, points=100, window=20):
        """(steps [points], returns [S, points]): mean return of the last `window` episodes at each step.

        nan before the first episode ended.
        """
        checks.whole_number("curves", "points", points, 1)
        checks.whole_number("curves", "window", window, 1)
        grid = np.linspace(0, self.agents[0].steps, points + 1)[1:]
        rows = np.full((len(self.agents), points), np.nan)
        for row, agent in zip(rows, self.agents, strict=True):
            sums = np.concatenate([[0.0], np.cumsum(agent.episode_returns)])
            ended = np.searchsorted(agent.episode_steps, grid, side="right")
            start = np.maximum(ended - window, 0)
            some = ended > 0
            row[some] = (sums[ended[some]] - sums[start[some]]) / (ended[some] - start[some])
        return grid, rows

    def evaluate(self, episodes=100):
        """Mean return of each agent's best actions, [S], in Gymnasium's own environment."""
        return np.array([agent.evaluate(episodes).mean_return for agent in self.agents])

    def summary(self, episodes=100):
        """What a new seed may be expected to reach, from `evaluate`: a SeedSummary."""
        return SeedSummary(self.evaluate(episodes))

    def plot(self, path=None, threshold=None, title=""):
        """Median and interquartile range of the curves; threshold: a line at that return.

        path: where to save a PNG, if given. Returns a matplotlib Figure, which no window shows.
        """
        from .plots import curves_figure

        return curves_figure(*self.curves(), path=path, threshold=threshold, title=title)


@dataclass(frozen=True, eq=False)
class SeedSummary:
    """Mean returns of several seeds. returns: [S], one of each seed.

    >>> summary = SeedSummary(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> summary.mean, round(summary.deviation, 3), [round(x, 3) for x in summary.interval]
    (2.5, 1.291, [0.446, 4.554])
    >>> summary
    SeedSummary(4 seeds: mean return 2.5, 95% from 0.446 to 4.55, deviation 1.29)
    """

    returns: np.ndarray

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(self.returns.mean())

    @property
    def deviation(self) -> float:
        """Standard deviation from seed to seed; nan for a single one."""
        return float(self.returns.std(ddof=1)) if len(self.returns) > 1 else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Where the mean over all seeds lies with 95% confidence, by Student's distribution."""
        from scipy.stats import t

        count = len(self.returns)
        half = float(t.ppf(0.975, count - 1)) * self.deviation / count**0.5 if count > 1 else float("nan")
        return self.mean - half, self.mean + half

    def __repr__(self):
        low, high = self.interval
        return (
            f"SeedSummary({len(self.returns)} seeds: mean return {self.mean:.4g}, 95% from {low:.3g} to "
            f"{high:.3g}, deviation {self.deviation:.3g})"
        )


def train_seeds(agent, env, seeds=range(16), steps=100_000, progress=True, log_every=2_048, **settings):
    """Trains one agent for each seed with the same settings: SeedRuns.

    agent: a class, such as rl.PPO or rl.QTable. env: as it takes it. seeds: integers >= 0, all different.
    steps: of each. Compiled, all of them advance in one program, and each does what it would do alone, but
    for the rounding of matrix products; on the host, one after another.

    >>> import rl
    >>> runs = rl.train_seeds(rl.A2C, "CartPole-v1", seeds=range(3), steps=200, progress=False)
    >>> [agent.steps for agent in runs.agents], runs.curves(points=5)[1].shape
    ([200, 200, 200], (3, 5))
    """
    if not (isinstance(agent, type) and issubclass(agent, Trainable)):
        told = f"{agent!r}. Fix: rl.{agent}." if isinstance(agent, str) else f"{shortened(agent)}."
        raise TypeError(f"train_seeds: agent must be a class of agents, such as rl.PPO; got {told}")
    if "seed" in settings:
        told = settings["seed"]
        raise TypeError(f"train_seeds: seed must be left out; got {told!r}. Fix: seeds=[{told!r}].")
    checks.flag("train_seeds", "progress", progress)
    seeds = checks.seeds("train_seeds", seeds)
    for seed in seeds:
        checks.whole_number("train_seeds", "seeds", seed, 0)
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"train_seeds: seeds must be different integers; got {seeds}.")
    checks.whole_number("train_seeds", "steps", steps, 0)
    checks.whole_number("train_seeds", "log_every", log_every, 1)
    given = zip(_given(agent, env, len(seeds)), seeds, strict=True)
    kind: Any = agent
    agents = [kind(own, seed=seed, **settings) for own, seed in given]
    first = agents[0]
    if first._functional is None:
        for one in agents:
            one.train(steps, progress, log_every=log_every)
        return SeedRuns(agents)
    size = first.num_steps * first.num_envs
    left, most = -(-steps // size), -(-log_every // size)
    first._check_schedules((first.steps, first.steps + steps))
    title = f"{type(first).__name__}, {len(seeds)} seeds,"
    with progress_bar(title, left * size if progress else None) as bar:
        while left:
            count = min(left, most)
            _advance(agents, most, count)
            left -= count
            logs = [one._logs() for one in agents]
            bar.update(first.steps, {name: float(np.median([log[name] for log in logs])) for name in logs[0]})
    return SeedRuns(agents)


def _given(agent, env, count):
    """The environment for each agent: one of its own where the agent steps the very one that it is given."""
    if issubclass(agent, SteppingAgent) and not isinstance(env, str):
        return envs.several("train_seeds", env, count)
    return [env] * count


def _advance(agents, most, count):
    """count iterations of all agents at once."""
    trainings = [agent._training for agent in agents]
    iteration = trainings[0].iteration
    stacked = jax.tree.map(
        lambda *leaves: jnp.stack(leaves), *[t._replace(iteration=None) for t in trainings]
    )
    programs = agents[0]._programs
    training, rows = programs.chunk(stacked._replace(iteration=iteration), most, count, seeds=True)
    rows = jax.tree.map(lambda x: np.asarray(x)[:count], rows)
    parts = training._replace(iteration=None)
    for i, agent in enumerate(agents):
        own = jax.tree.map(lambda x, i=i: x[i], parts)
        agent._record(own._replace(iteration=training.iteration), *jax.tree.map(lambda x, i=i: x[:, i], rows))
