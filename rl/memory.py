"""Whether what an agent is asked to hold fits into memory: told before it is asked for.

T: num_steps, N: num_envs, F: features of an observation, A: outputs of the network.
"""

import os
from pathlib import Path

import jax
import numpy as np

from . import observed, spaces

_COPIES = 5  # of a kernel: itself, its gradient, Adam's two moments, an older copy
_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container on Linux


def there():
    """Bytes of memory where training happens: the accelerator's, else what the process may use."""
    told = (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit")
    if told:
        return told
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return float("inf")
    limit = _LIMIT.read_text().strip() if _LIMIT.exists() else "max"
    return min(machine, int(limit)) if limit.isdigit() else machine


def check(agent):
    """Raises where the steps of an iteration, the buffer or the network of an agent would not fit."""
    name, steps = type(agent).__name__, agent.num_steps * agent.num_envs
    step = 2 * _bytes(agent.observation_space) + 32
    outputs = sum(observed.choices(agent.action_space) or [int(np.prod(agent.action_space.shape))])
    batch = getattr(agent, "batch_size", steps)
    first = agent.hidden[0] if agent.hidden else outputs
    kernels = 4 * _COPIES * (agent._features * first + (agent.hidden or (0,))[-1] * outputs)
    wishes = {
        "num_steps * num_envs": (steps, "steps", steps * (step + 4 * outputs)),
        "observations": (agent._features, "features", kernels + 4 * min(batch, steps) * agent._features),
        "actions": (outputs, "numbers", kernels),
    }
    if hasattr(agent, "buffer_size"):
        wishes["buffer_size"] = (agent.buffer_size, "steps", agent.buffer_size * step)
    for what, (count, kind, size) in wishes.items():
        if size > (most := there()):
            fix = "rl.QTable" if what == "observations" else "less"
            raise ValueError(
                f"{name}: {what} must fit into memory; {count:,} {kind} take {size / 2**30:,.0f} GiB, and "
                f"there are {most / 2**30:,.0f} GiB. Fix: {fix}."
            )


def _bytes(space):
    """Bytes of one observation."""
    return sum(x.nbytes for x in jax.tree.leaves(_one(space)))


def _one(space):
    return spaces.example(space, 1)
