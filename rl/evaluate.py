"""How good a policy is in the real environment: episodes stepped one after another, counted honestly."""

from dataclasses import dataclass
from operator import index
from random import Random
from reprlib import repr as shortened

import numpy as np

from . import checks, inputs

LONGEST = 100_000  # steps of an episode that nothing limits


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Episodes of a policy, in the order they were played.

    returns: [episodes], undiscounted sum of rewards. lengths: [episodes], steps.
    successes: [episodes], True where the episode succeeded: by default, ended with a positive reward. None
    where success has no meaning: where rewards come before the end too, and for a deep agent.
    Printed, what follows +- is one standard error.
    """

    returns: np.ndarray
    lengths: np.ndarray
    successes: np.ndarray | None = None

    @property
    def episodes(self) -> int:
        """How many episodes were played."""
        return len(self.returns)

    @property
    def mean_return(self) -> float:
        """Mean of the returns."""
        return float(self.returns.mean())

    @property
    def return_error(self) -> float:
        """Standard error of mean_return; nan for a single episode."""
        return float(self.returns.std(ddof=1) / self.episodes**0.5) if self.episodes > 1 else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true mean return lies with 95% confidence, by the normal distribution."""
        return self.mean_return - 1.96 * self.return_error, self.mean_return + 1.96 * self.return_error

    @property
    def success_count(self) -> int:
        """Episodes that succeeded; ValueError where success has no meaning."""
        if self.successes is None:
            raise ValueError("success_count: successes must be known; got None. Fix: mean_return.")
        return int(self.successes.sum())

    @property
    def success_rate(self) -> float:
        """The part of the episodes that succeeded."""
        return self.success_count / self.episodes

    @property
    def success_error(self) -> float:
        """Binomial standard error of success_rate, from the rate itself (0 where all or none succeeded)."""
        return (self.success_rate * (1 - self.success_rate) / self.episodes) ** 0.5

    def __eq__(self, other):
        """Whether the same episodes were seen."""
        if not isinstance(other, Evaluation):
            return False
        mine, theirs = (
            [None if row is None else row.tolist() for row in (one.returns, one.lengths, one.successes)]
            for one in (self, other)
        )
        return mine == theirs

    def __repr__(self):
        if self.episodes == 1:
            success = "" if self.successes is None else f"success {bool(self.successes[0])}, "
            return f"Evaluation(1 episode: return {self.mean_return:.4g}, {success}length {self.lengths[0]})"
        success = ""
        if self.successes is not None:
            success = f"success {self.success_rate:.4f} +- {self.success_error:.4f}, "
        return (
            f"Evaluation({self.episodes} episodes: "
            f"mean return {self.mean_return:.4g} +- {self.return_error:.2g}, "
            f"{success}mean length {self.lengths.mean():.1f})"
        )


def evaluate_policy(policy, env, episodes=10_000, seed=0, success=None, max_steps=None):
    """Plays episodes of a policy in a Gymnasium environment.

    policy: [S] integer actions, [S, A] probabilities, or a function from an observation to an action; a
    tuple observation is numbered in row-major order.
    env: an id, or an environment (which is copied, and left where it stands).
    episodes: an integer >= 1. seed: an integer >= 0, of the first reset and of the policy's own draws.
    success: states in which terminating is a success; None: terminating with a positive last reward, where
    no episode earns anything before its last step; elsewhere success has no meaning.
    max_steps: truncates at this step too; without it an episode of 100,000 steps that nothing limits is a
    ValueError.
    Wrappers that only watch are taken off, the time limit is kept. Returns an Evaluation.

    >>> evaluate_policy([2] * 16, "FrozenLake-v1", episodes=3).success_count
    0
    """
    return evaluated("evaluate_policy", policy, env, episodes, seed, success, max_steps)


def evaluated(function, policy, env, episodes, seed, success, max_steps):
    """The same, said by a function of that name."""
    from . import answers, counted, envs

    checks.whole_number(function, "episodes", episodes, 1)
    checks.seed(function, seed)
    own = envs.several(function, env, 1)[0]
    watched = answers.Watched(function, own, 0, int(seed))
    limit = watched.limit
    if max_steps is not None:
        checks.whole_number(function, "max_steps", max_steps, 1)
        limit = min(limit, max_steps)
    goals = None
    if success is not None:
        goals = set(inputs.states(function, "success", success, counted.sizes(function, own)[0]))
    act = _actor(function, policy, own, Random(int(seed)))
    try:
        return _play(act, watched, limit, episodes, int(seed), goals, counted.state_of(own))
    finally:
        answers.close(function, [own])


def _actor(function, policy, env, random):
    """The policy as a function from an observation to an action."""
    from . import counted

    if callable(policy):
        return _checked(function, policy, env.action_space)
    num_states, num_actions = counted.sizes(function, env)
    table = inputs.policy(function, policy, num_states, num_actions, also=", or a function")
    actions = list(range(num_actions))
    state_of = counted.state_of(env)
    rows = (table if table.ndim == 1 else np.cumsum(table, axis=1)).tolist()

    def act(obs):
        state = state_of(obs)
        return rows[state] if table.ndim == 1 else random.choices(actions, cum_weights=rows[state])[0]

    return act


def _checked(function, policy, space):
    """A policy that is a function; where actions are counted, one that cannot be taken gets a sentence."""
    if not hasattr(space, "n") or np.ndim(space.n) > 0:
        return policy
    start = int(getattr(space, "start", 0))

    def act(obs):
        action = policy(obs)
        try:
            number = None if isinstance(action, bool) else index(action)
        except TypeError:
            number = None
        if number is None:
            raise TypeError(f"{function}: policy must return an integer; got {action!r} for {obs}.")
        if not start <= number < start + space.n:
            span = f"[{start}, {start + space.n})"
            raise ValueError(f"{function}: policy must return an action in {span}; got {action} for {obs}.")
        return number

    return act


def _inside(space):
    """A function that says whether an observation is in the space for certain, in about a microsecond."""
    from . import counted, envs

    if counted.is_counted(space):
        state_of, end = counted.numbered(space), counted.length(space)

        def told(obs):
            try:
                return 0 <= state_of(obs) < end
            except TypeError:
                return False

        return told
    if not isinstance(space, envs.gymnasium.spaces.Box):
        return lambda _: False
    low, high = envs.bounds(space)

    def inside(obs):
        alike = getattr(obs, "dtype", None) == space.dtype and obs.shape == space.shape
        return alike and bool(((obs >= low) & (obs <= high)).all())

    return inside


def look(watched, obs, what, known=False):
    """Raises for an observation of an environment that is not in its space; known: it is not."""
    from . import misfits, observed  # which loads JAX

    wrong = observed.amiss(watched.space, obs) or (shortened(obs) if known else None)
    if wrong is not None:
        fix = misfits.cast(watched.space, obs) if misfits.misfit(watched.space, obs) else ""
        raise watched.error(f"{what} must be in {watched.space}; got {wrong}", fix)


def endless(function, env):
    """The error of an episode that goes on and on."""
    from . import envs

    return (
        f"{function}: max_steps must be given where episodes of {envs.name(env)} do not end; one has gone on "
        f"for {LONGEST:,} steps."
    )


def _play(act, watched, limit, episodes, seed, goals, state_of):
    """The loop, free of lookups: an environment step costs microseconds, so does every wrapper."""
    step, reset, bound = watched.step, watched.opened, min(limit, LONGEST)
    returns, lengths, successes, sparse, inside = [], [], [], True, _inside(watched.space)
    obs, _ = reset(seed)
    for _ in range(episodes):
        total, length, ended = 0.0, 0, False
        if not inside(obs):
            look(watched, obs, "the observation of reset")
        while not ended:
            obs, reward, terminated, truncated, _ = step(act(obs))
            if not -inputs.HUGE <= reward <= inputs.HUGE:
                raise watched.error(f"reward must be {inputs.reward_rule(reward)}; got {reward}")
            if not inside(obs):
                look(watched, obs, "observation")
            total += reward
            length += 1
            ended = terminated or truncated or length >= bound
        if bound < limit and not (terminated or truncated):
            raise ValueError(endless(watched.function, watched.env))
        sparse = sparse and total == reward
        returns.append(total)
        lengths.append(length)
        successes.append(bool(terminated and (reward > 0 if goals is None else state_of(obs) in goals)))
        obs, _ = reset()
    told = np.array(successes) if sparse or goals is not None else None
    return Evaluation(np.array(returns, float), np.array(lengths), told)
