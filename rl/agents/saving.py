"""Agents on disk: everything that training goes on from, and what is needed to build the agent again.

What needs JAX is imported where it is used: agents with a table do without.
"""

import json
import re
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import checks
from ..schedules import KINDS

_PLAIN = (type(None), bool, int, float, str)


def state(agent):
    """(tree, about) of an agent: arrays that change, and in JSON what it was built from."""
    episodes = (agent.episode_returns, agent.episode_lengths, agent.episode_steps)
    tree = {
        "training": agent._kept(),
        "episodes": [np.array(rows, kind) for rows, kind in zip(episodes, (float, int, int), strict=True)],
        "history": {name: np.array(rows, float) for name, rows in agent.history.items()},
    }
    return tree, about(agent)


def about(agent):
    """What the agent was built from, and how long its records are."""
    return {
        "agent": type(agent).__name__,
        "env": agent._env_id(),
        "seed": agent.seed,
        "settings": {name: _told(agent, name, value) for name, value in agent._settings()},
        "compiled": agent._functional is not None,
        "spaces": [repr(agent.observation_space), repr(agent.action_space)],
        "fingerprints": _fingerprints(agent),
        "steps": agent.steps,
        "episodes": len(agent.episode_returns),
        "history": {name: len(rows) for name, rows in agent.history.items()},
    }


def _fingerprints(agent):
    """What tells the agent's spaces from others whose text is the same."""
    from ..spaces import fingerprint

    return [fingerprint(agent.observation_space), fingerprint(agent.action_space)]


def _told(agent, name, value):
    """A setting as JSON."""
    for kind, schedule in KINDS.items():
        if isinstance(value, schedule):
            return {kind: list(value)}
    if isinstance(value, tuple) and all(isinstance(part, _PLAIN) for part in value):
        return list(value)
    if isinstance(value, _PLAIN):
        return value
    raise TypeError(
        f"{type(agent).__name__}.save: {name} must be a number, a text, rl.linear or rl.inverse_time to "
        f"be saved; got {value!r}."
    )


def _read(value: Any):
    """A setting from JSON."""
    if isinstance(value, dict):
        return next(KINDS[kind](*numbers) for kind, numbers in value.items())
    return tuple(value) if isinstance(value, list) else value


def built(kind, function, told, env, changed):
    """The agent that `about` tells of, untrained; env: in the place of the id that was saved.

    changed: settings in the place of those that were saved.
    """
    if told.get("agent") != kind.__name__:
        raise ValueError(
            f"{function}: path must hold an agent of {kind.__name__}; "
            f"got {told.get('agent', 'something else')}."
        )
    if env is None and told["env"] is None:
        raise ValueError(
            f"{function}: env must be given, since the agent was trained on an environment without an id; "
            "got None."
        )
    names = checks.settings(kind) or told["settings"]
    checks.known(function, [name for name in names if name not in ("env", "seed")], changed)
    settings = {name: _read(value) for name, value in told["settings"].items() if name in names} | changed
    env = told["env"] if env is None else env
    agent = kind(env, seed=told["seed"], **settings)
    compiled, asked = told.get("compiled"), changed.get("compiled")
    if asked is not None and compiled is not None and asked != compiled:
        raise ValueError(
            f"{function}: compiled must be as it was trained, {compiled}; got {asked}. Fix: leave it out."
        )
    if compiled is False and agent._functional is not None:  # its episodes were the host's, and go on there
        agent = kind(env, seed=told["seed"], **settings | {"compiled": False})
    if compiled and agent._functional is None:
        raise ValueError(
            f"{function}: env must be a functional environment, as the agent was trained in; got {env!r}. "
            f"Fix: {'leave env out' if told['env'] else 'its FunctionalEnv'}."
        )
    if "fingerprints" not in told:
        raise ValueError(
            f"{function}: an agent must have been saved with the numbers of its spaces; got one that an "
            "earlier version saved. Fix: train and save it again."
        )
    texts = [repr(agent.observation_space), repr(agent.action_space)]
    rows = zip(("observations", "actions"), _fingerprints(agent), texts, told["fingerprints"], told["spaces"],
               strict=True)  # fmt: skip
    for label, mine, ours, numbers, theirs in rows:
        if mine != numbers:
            apart = f", {theirs}; got {ours}" if ours != theirs else f"; got other numbers in {ours}"
            raise ValueError(f"{function}: env must have the {label} it was trained with{apart}.")
    return agent


def filled(agent, tree):
    """Puts a restored tree into an agent."""
    agent._keep(tree["training"])
    episodes = [rows.tolist() for rows in tree["episodes"]]
    agent.episode_returns, agent.episode_lengths, agent.episode_steps = episodes
    agent.history = {name: rows.tolist() for name, rows in tree["history"].items()}
    agent._begin_again()
    return agent


def like(agent, told):
    """The tree that a checkpoint of this agent must hold."""
    kinds = (float, int, int)
    return {
        "training": agent._kept(),
        "episodes": [np.zeros(told["episodes"], kind) for kind in kinds],
        "history": {name: np.zeros(count) for name, count in told["history"].items()},
    }


def saved(agent, path):
    """Writes an agent into a folder."""
    from jaxnets.checkpoint import save

    save(path, *state(agent))


def _check_lasting(function, agent, told):
    """Raises where what was learnt would become part of another function, or not fit."""
    mine, theirs = json.loads(json.dumps(about(agent)["settings"])), told["settings"]
    for name in agent.lasting:
        if name in mine and name in theirs and mine[name] != theirs[name]:
            raise ValueError(
                f"{function}: {name} must be as it was trained, {_read(theirs[name])!r}; "
                f"got {_read(mine[name])!r}. Fix: leave it out."
            )


def loaded(kind, function, path, env, changed):
    """The agent in a folder; changed: settings in the place of those that were saved."""
    from jaxnets import checkpoint

    with _said_by(function):
        told = checkpoint.about(path)
    agent = built(kind, function, told, env, changed)
    _check_lasting(function, agent, told)
    with _said_by(function):
        tree, _ = checkpoint.restore(path, like(agent, told))
    return filled(agent, tree)


@contextmanager
def _said_by(function):
    """Errors of reading a folder, said by a function of an agent."""
    from jaxnets.checkpoint import CheckpointError

    try:
        yield
    except (CheckpointError, TypeError) as error:
        said = re.sub(r"^(about|restore|is_empty): ", "", str(error))
        raise type(error)(f"{function}: {said}") from error


def _apart(there, here):
    """What differs of two values: of settings those alone that do, as (there, here)."""
    if not (isinstance(there, dict) and isinstance(here, dict)):
        return repr(there), repr(here)
    here = json.loads(json.dumps(here))
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    return tuple(
        ", ".join(f"{name}={side[name]!r}" if name in side else f"no {name}" for name in names)
        for side in (there, here)
    )


def resumed(agent, path):
    """Puts what was saved last in a folder into an agent built alike; False where there is nothing."""
    from jaxnets import checkpoint

    with _said_by("train"):
        if checkpoint.is_empty(path):
            return False
        told = checkpoint.about(path)
    mine = about(agent)
    for name in ("agent", "env", "seed", "settings", "spaces", "fingerprints"):
        if json.loads(json.dumps(mine[name])) != told.get(name):
            there, here = _apart(told.get(name), mine[name])
            raise ValueError(
                f"train: resume must be a folder of the same agent; {path} has {name} {there}, not {here}. "
                "Fix: what it was trained with, or another folder."
            )
    if told["steps"] < agent.steps:
        raise ValueError(
            f"train: resume must hold a checkpoint as far as the agent, {agent.steps} steps; the newest in "
            f"{path} has {told['steps']}. Fix: build the agent anew, or train without resume."
        )
    with _said_by("train"):
        tree, _ = checkpoint.restore(path, like(agent, told))
    filled(agent, tree)
    return True
