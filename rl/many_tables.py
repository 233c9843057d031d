"""Tables learnt where the process is known: many seeds at once, compiled, no environment stepped.

S: states, A: actions, K: outcomes, N: seeds. Random numbers are drawn by numpy in blocks of steps, outside
the loop that uses them; those of a seed depend on the seed and the step alone. Tables are float32; what is
added to them is computed in float64, where a product of two float32 numbers is exact: whether the compiler
rounds it before it adds, as it does for some numbers of seeds and not for others, then makes no difference.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import checks, inputs, q_learning, schedules
from .table_entries import changed, entries, picked, row_of
from .tabular_mdp import TabularMDP

BLOCK = 2_048  # steps whose random numbers are drawn together, and points of the learning curves
METHODS = ("q_learning", "sarsa", "expected_sarsa")


@dataclass(frozen=True, eq=False)
class Tables:
    """What many seeds have learnt.

    q: [N, S, A], float32. seeds: [N]. steps: of each seed.
    curve_steps: [points], after how many steps each point of the curves was taken.
    mean_return: [N, points], mean return of the episodes that ended since the last point; nan for none.
    episodes: [N, points], how many those were.
    """

    q: np.ndarray
    seeds: np.ndarray
    steps: int
    curve_steps: np.ndarray
    mean_return: np.ndarray
    episodes: np.ndarray

    @property
    def policy(self) -> np.ndarray:
        """[N, S], the greedy actions, ties to the first."""
        return self.q.argmax(2)


def train_tables(
    mdp,
    seeds,
    steps,
    method="q_learning",
    gamma=0.995,
    learning_rate=0.5,
    learning_rate_visits=150.0,
    epsilon=schedules.EXPLORING,
    initial_value=1.0,
):
    """Learns one table a seed from steps drawn from a TabularMDP, all seeds side by side.

    The learning rules and the step sizes are those of rl.QTable, rl.Sarsa and rl.ExpectedSarsa, method
    "q_learning", "sarsa" or "expected_sarsa", and so are the settings; the draws are not, so a seed learns
    another table here than there, from the same distribution. A seed's table does not depend on the others.
    seeds: integers in [0, 2**32). steps: an integer >= 0, of each seed. Episodes are cut at mdp.max_steps.
    Returns Tables.

    >>> from rl import TabularMDP
    >>> mdp = TabularMDP([[[0]]], [[[1.0]]], [[[0.5]]], [[[True]]])
    >>> tables = train_tables(mdp, seeds=[0, 1], steps=10, learning_rate=1.0)
    >>> tables.q.tolist()
    [[[0.5]], [[0.5]]]
    """
    if method not in METHODS:
        raise ValueError(
            f"train_tables: method must be 'q_learning', 'sarsa' or 'expected_sarsa'; got {method!r}."
        )
    if not isinstance(mdp, TabularMDP):
        fix = f" Fix: rl.TabularMDP.from_gymnasium({mdp!r})." if isinstance(mdp, str) else ""
        raise TypeError(f"train_tables: mdp must be a TabularMDP; got {mdp!r}.{fix}")
    seeds = checks.seeds("train_tables", seeds)
    seeds = inputs.indices("train_tables", "seeds", seeds, 2**32)
    if seeds.ndim != 1:
        raise ValueError(
            f"train_tables: seeds must be a list of at least one integer; got shape {seeds.shape}."
        )
    checks.whole_number("train_tables", "steps", steps, 0)
    checks.number_in("train_tables", "gamma", gamma, 0, 1)
    changing = (("learning_rate", learning_rate), ("epsilon", epsilon))
    for one in changing:
        schedules.check_schedule("train_tables", *one, (0, steps), 1, compiled=False)
    inputs.positive("train_tables", "learning_rate_visits", learning_rate_visits)
    checks.number_in("train_tables", "initial_value", initial_value, -inputs.HUGE, inputs.HUGE)
    numbers = np.float32(gamma), np.float32(learning_rate_visits)
    draws = [np.random.Generator(np.random.SFC64(int(seed))) for seed in seeds]
    curves = []
    with jax.enable_x64(True):
        process, starts = _on_device(mdp), _starts(mdp)
        shape = len(seeds), BLOCK, len(_columns(starts, method))
        uniform = np.array([draw.random(dtype=np.float32) for draw in draws])
        carry = _begin(_start(starts, uniform), mdp.num_states * mdp.num_actions, initial_value)
        for done in range(0, steps, BLOCK):
            count, uniform = min(BLOCK, steps - done), np.empty(shape, np.float32)
            for draw, own in zip(draws, uniform, strict=True):
                draw.random(out=own, dtype=np.float32)
            rates = [schedules.row("train_tables", *one, done, BLOCK + 1, 1) for one in changing]
            carry, curve = _block(
                carry, uniform, count, process, starts, rates, numbers, mdp.num_actions, method, mdp.max_steps
            )
            curves.append(curve)
    q = np.asarray(carry["q"]).reshape(len(seeds), mdp.num_states, mdp.num_actions)
    returns, episodes = (
        np.array([curve[i] for curve in curves], float).reshape(len(curves), len(seeds)).T for i in (0, 1)
    )
    with np.errstate(invalid="ignore"):
        means = returns / np.where(episodes > 0, episodes, np.nan)
    curve_steps = np.minimum(np.arange(1, len(curves) + 1) * BLOCK, steps)
    return Tables(q, seeds, steps, curve_steps, means, episodes.astype(int))


def _on_device(mdp):
    """The process as arrays that a step reads: [S * A, K] each, and how likely an earlier outcome is."""
    shape = (-1, mdp.next_state.shape[2])
    probability = mdp.probability.reshape(shape)
    below = np.cumsum(probability, 1)
    last = shape[1] - 1 - (probability[:, ::-1] > 0).argmax(1)
    below[np.arange(shape[1]) >= last[:, None]] = 2  # rounding must not lead past the last outcome there is
    kinds = (np.float32, np.int32, np.float32, np.bool_)
    arrays = (below, mdp.next_state, mdp.reward, mdp.terminated)
    return [jnp.asarray(x.reshape(shape).astype(kind)) for x, kind in zip(arrays, kinds, strict=True)]


def _starts(mdp):
    """(states to start in, how likely an earlier one is), or one state and None."""
    states = np.flatnonzero(mdp.initial).astype(np.int32)
    if len(states) == 1:
        return jnp.asarray(states), None
    below = np.cumsum(mdp.initial[states])
    below[-1] = 2
    return jnp.asarray(states), jnp.asarray(below.astype(np.float32))


def _columns(starts, method):
    """What each random number of a step is for, and in which column it stands: only what is used is drawn."""
    several = starts[1] is not None
    names = ("explore", "outcome", *["start"] * several, *["following"] * (method == "sarsa"))
    return {name: column for column, name in enumerate(names)}


def _start(starts, uniform):
    """First states, one for each uniform number."""
    states, below = starts
    if below is None:
        return jnp.broadcast_to(states[0], uniform.shape)
    return states[jnp.searchsorted(below, uniform, side="right")]


def _begin(start, num_pairs, initial_value):
    """What travels from step to step: tables [N, S * A], where each episode stands, what it has earned."""
    size = len(start)
    zeros, table = jnp.zeros(size, jnp.float32), jnp.zeros((size, num_pairs), jnp.float32)
    return dict(
        q=table + np.float32(initial_value),
        visits=table,
        state=start,
        action=jnp.full(size, -1, jnp.int32),
        length=jnp.zeros(size, jnp.int32),
        earned=zeros,
    )


@partial(jax.jit, static_argnames=("num_actions", "method", "limit"), donate_argnames=("carry",))
def _block(carry, uniform, count, process, starts, rates, numbers, num_actions, method, limit):
    """count <= BLOCK steps of all seeds; also the sum of returns, and the number, of episodes that ended."""
    (gamma, learning_rate_visits), (learning_rates, epsilons) = numbers, rates
    below, *outcomes = process
    uniform = jnp.moveaxis(uniform, 0, 2)  # [BLOCK, columns, N]
    columns = _columns(starts, method)
    restart = _start(starts, uniform[:, columns.get("start", 0)])  # of one start the number says nothing

    def step(i, running):
        carry, returned, episodes = running
        q, state = carry["q"], carry["state"]
        rows = row_of(q, state, num_actions)
        action = _chosen(rows, uniform[i, columns["explore"]], epsilons[i])
        if method == "sarsa":
            action = jnp.where(carry["action"] < 0, action, carry["action"])
        pair = state * num_actions + action
        outcome = (uniform[i, columns["outcome"]][:, None] >= picked(below, pair)).sum(1, dtype=jnp.int32)
        at = pair * below.shape[1] + outcome
        next_state, reward, terminated = (picked(x.reshape(-1), at) for x in outcomes)
        next_rows = row_of(q, next_state, num_actions)
        next_action = action
        if method == "sarsa":
            next_action = _chosen(next_rows, uniform[i, columns["following"]], epsilons[i + 1])
        discount = jnp.where(terminated, 0, gamma)
        error = _errors(method, reward, discount, rows, next_rows, action, next_action, epsilons[i + 1])
        visits = entries(carry["visits"], pair)
        rate = (learning_rates[i] / (1 + visits / learning_rate_visits)).astype(jnp.float32)
        length, earned = carry["length"] + 1, carry["earned"] + reward
        ended = terminated if limit is None else terminated | (length >= limit)
        old, change = entries(q, pair).astype(jnp.float64), rate.astype(jnp.float64) * error
        carry = dict(
            q=changed(q, pair, (old + change).astype(jnp.float32)),
            visits=changed(carry["visits"], pair, visits + 1),
            state=jnp.where(ended, restart[i], next_state),
            action=jnp.where(ended, -1, next_action),
            length=jnp.where(ended, 0, length),
            earned=jnp.where(ended, 0, earned),
        )
        return carry, returned + jnp.where(ended, earned, 0), episodes + ended

    zeros = jnp.zeros(uniform.shape[2], jnp.float32)
    carry, *curve = lax.fori_loop(0, count, step, (carry, zeros, zeros))
    return carry, curve


def _chosen(rows, uniform, epsilon):
    """[N]: greedy actions, or with probability epsilon random ones; one number decides and picks."""
    num_actions = rows.shape[1]
    random = jnp.minimum((uniform / epsilon * num_actions).astype(jnp.int32), num_actions - 1)
    return jnp.where(uniform < epsilon, random, jnp.argmax(rows, 1).astype(jnp.int32))


def _errors(method, reward, discount, rows, next_rows, action, next_action, epsilon):
    """[N]: what the formulas of rl.q_learning say in float64, rounded once to float32."""
    reward, discount, rows, next_rows = (x.astype(jnp.float64) for x in (reward, discount, rows, next_rows))
    if method == "q_learning":
        error = jax.vmap(q_learning.q_learning_error)(reward, discount, rows, next_rows, action)
    elif method == "sarsa":
        error = jax.vmap(q_learning.sarsa_error)(reward, discount, rows, next_rows, action, next_action)
    else:
        num_actions = rows.shape[1]
        greedy = jnp.arange(num_actions)[None] == jnp.argmax(next_rows, 1)[:, None]
        policy = epsilon / num_actions + jnp.where(greedy, 1 - epsilon, 0)
        transitions = (reward, discount, rows, next_rows, action, policy.astype(jnp.float32))
        error = jax.vmap(q_learning.expected_sarsa_error)(*transitions)
    return error.astype(jnp.float32)
