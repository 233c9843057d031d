"""Whether what an agent is asked to hold fits into memory: told before it is asked for.

T: num_steps, N: num_envs, F: features of an observation, A: outputs of the network.
"""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np

_COPIES = 5  # of a kernel: itself, its gradient, Adam's two moments, an older copy
_ENV = 4_096  # bytes of an environment of the host, at the least
_TOLD = 9  # bytes that a step tells: whether an episode ended, its return, its length
_ROW, _NUMBER = 200, 16  # bytes of a table's row and of each action in it: a value, and a count of visits
_OUTCOME = 29  # bytes of an outcome: next state, probability, reward, end, and a count
_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container on Linux


def machine():
    """Bytes of memory that a process may use here; infinity where the system does not say."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return float("inf")
    limit = _LIMIT.read_text().strip() if _LIMIT.exists() else "max"
    return min(there, int(limit)) if limit.isdigit() else there


def device():
    """The same where networks are trained: an accelerator's own memory, else the machine's."""
    import jax

    told = jax.local_devices()[0].memory_stats() or {}
    return told.get("bytes_limit") or machine()


def fits(function, what, count, kind, size, most, fix):
    """Raises where `size` bytes are more than there are."""
    if size > most:
        raise ValueError(
            f"{function}: {what} must fit into memory; {count:,} {kind} take {size / 2**30:,.0f} GiB, and "
            f"there are {most / 2**30:,.0f} GiB. Fix: {fix}."
        )


def check_table(function, num_states, num_actions):
    """Raises where a table of values and visits would not fit."""
    size = num_states * (2 * _ROW + num_actions * _NUMBER)
    fix = "rl.DQN, or a wrapper that joins states"
    fits(function, "the table", num_states, "states", size, machine(), fix)


def check_process(function, num_states, num_actions):
    """Raises where the outcomes of a process would not fit, one of each state and action."""
    size = num_states * num_actions * _OUTCOME
    kind, fix = f"states and {num_actions:,} actions", "states and actions that count from 0, without gaps"
    fits(function, "the table", num_states, kind, size, machine(), fix)


def check(agent):
    """Raises where the steps of an iteration, the buffer, a batch or the network would not fit."""
    from . import checks, observed, spaces

    name, steps, most = type(agent).__name__, agent.num_steps * agent.num_envs, device()
    features, hidden = agent._features, agent.hidden
    if agent._functional is None:
        what = agent.num_envs, "environments", agent.num_envs * _ENV, machine(), "fewer"
        fits(name, "num_envs", *what)
    step = 2 * sum(x.nbytes for x in _leaves(spaces.example(agent.observation_space, 1))) + 32
    outputs = sum(observed.choices(agent.action_space) or [int(np.prod(agent.action_space.shape))])
    fits(name, "num_steps * num_envs", steps, "steps", steps * (step + 4 * outputs), most, "fewer")
    rows = getattr(agent, "num_epochs", 0) * 4  # of each step: where it stands in each round
    fits(name, "num_epochs", steps, "steps", steps * (step + rows + 4 * outputs), most, "fewer")
    wide = hidden[0] if hidden else outputs
    remembered = getattr(agent, "memory_features", 0)
    kernels = _COPIES * 4 * (features * (wide + 3 * remembered))
    fix = "rl.QTable, or a wrapper that joins observations" if features > wide else "fewer"
    what = features * wide, "weights of the first layer", kernels, most, fix
    widest = "memory_features" if remembered > wide else "hidden"
    fits(name, "observations" if features > wide else widest, *what)
    inner = sum(ins * outs for ins, outs in pairwise(hidden)) + remembered * (wide + 3 * remembered)
    fits(name, widest, inner, "weights between layers", _COPIES * 4 * inner, most, "fewer")
    last = (hidden or (features,))[-1] * outputs
    fits(name, "actions", last, "weights of the last layer", _COPIES * 4 * last, most, "fewer actions")
    batch = getattr(agent, "batch_size", steps)
    drawn = getattr(agent, "gradient_steps", 1) * batch
    size = drawn * 4 + batch * (step + 4 * (features + sum(hidden)))
    fits(name, "a batch", batch, "rows", size, most, "a smaller batch_size, fewer gradient_steps")
    if hasattr(agent, "buffer_size"):
        fits(name, "buffer_size", agent.buffer_size, "steps", agent.buffer_size * step, most, "fewer")
        checks.step_count(name, "buffer_size", agent.buffer_size, 1)


def check_rows(agent, log_every):
    """Raises where what the steps between two callbacks tell would not fit; a compiled chunk keeps it all."""
    if agent._functional is not None:
        fits("train", "log_every", log_every, "steps", log_every * _TOLD, device(), "less")


def _leaves(tree):
    import jax

    return jax.tree.leaves(tree)
