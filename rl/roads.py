"""The two ways that steps come to an agent: one compiled program, or the host's loop. Both learn alike.

An iteration is T steps of N environments, and what is learnt from them.
"""

import copy
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnets.compiler import jit

from . import observed, spaces
from .chance import drawn
from .distributions import some_legal
from .rollout import Faults, begin, collect


class Training(NamedTuple):
    """All that changes while an agent trains.

    learner: what the algorithm learns. running: the episodes under way, None on the host.
    key: where all chance comes from. iteration: iterations done.
    """

    learner: Any
    running: Any
    key: Any
    iteration: Any


class Programs:
    """The compiled functions of an agent; agents that differ in their seed alone share them."""

    def __init__(self, agent, env):
        self.agent, self.env = agent, env
        self.noise = jax.jit(self._noise)
        self._learnt = jit(self._learn_anew, donate_argnums=0)
        self.broken_off = jax.jit(agent._broken_off)
        self._chunks = {}
        self.act = jax.jit(agent._act)
        self.worth = jax.jit(agent._worth)
        self.choose = jax.jit(agent._choose, static_argnums=0)

    def _drawn(self, key, iteration):
        """All the chance of an iteration."""
        shape = self.agent.num_steps, self.agent.num_envs
        plan = dict(self.agent._chance())
        if self.env is not None:
            plan |= dict(reset=self.env.reset_draw(shape), begin=self.env.reset_draw(shape[1:]))
            plan |= self.env.step_draw(shape)
        return drawn(jax.random.fold_in(key, iteration), plan)

    def chunk(self, training, most, count, seeds=False):
        """count <= most iterations in one call, of one agent or of many whose Training is stacked."""
        if (most, seeds) not in self._chunks:
            run = self._chunk_of_seeds if seeds else self._chunk
            self._chunks[most, seeds] = jit(lambda training, count: run(training, most, count))
        return self._chunks[most, seeds](training, count)

    def _step(self, iteration):
        return iteration * (self.agent.num_steps * self.agent.num_envs)

    def _begin(self, lots):
        return begin(self.env, lots, self.agent._memory(self.agent.num_envs))

    def before(self, key):
        """Running before the first iteration, which begins the episodes: zeros, and nothing to compile."""
        lots = jax.eval_shape(lambda key: self._drawn(key, 0)["begin"], key)
        return jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), jax.eval_shape(self._begin, lots))

    def _noise(self, key, iteration):
        """(chance, noise): all of it, and what acting needs, [T, N, ...]."""
        chance = self._drawn(key, iteration)
        return chance, self.agent._noise(chance, self._step(iteration))

    def learn(self, learner, rollout, chance, iteration):
        """(learner, figures) of an iteration; what is rewritten of the learner that came in is gone."""
        parts = self.agent._rewritten(learner)
        return self._learnt(parts, learner._replace(**dict.fromkeys(parts)), rollout, chance, iteration)

    def _learn_anew(self, parts, learner, *steps):
        return self._learn(learner._replace(**parts), *steps)

    def _learn(self, learner, rollout, chance, iteration):
        if self.agent.fresh_episodes:
            learner = self.agent._broken_off(learner)
        return self.agent._learn(learner, rollout, chance, self._step(iteration))

    def iterate(self, training):
        """One iteration: (training, (figures, episodes, faults))."""
        learner, running, key, iteration = training
        chance, noise = self._noise(key, iteration)
        actor = self.agent._actor(learner)

        def act(noise, obs, memory, legal):
            return self.agent._act(actor, noise, obs, memory, legal)

        fresh, first = self._begin(chance["begin"]), self.agent.fresh_episodes | (iteration == 0)
        running = jax.tree.map(lambda new, old: jnp.where(first, new, old), fresh, running)
        lots = chance["reset"], chance.get("step")
        running, rollout, episodes = collect(self.env, act, self.agent._to_env, running, lots, noise)
        learner, figures = self._learn(learner, rollout, chance, iteration)
        return Training(learner, running, key, iteration + 1), (figures, episodes, self._faults(rollout))

    def _faults(self, rollout):
        """What the host will look at before it keeps what was learnt from these steps."""
        space, legal = self.env.observation_space, rollout.legal
        good = observed.inside(space, rollout.obs) & observed.inside(space, rollout.next_obs)
        return Faults(
            _first_bad(good), None if legal is None else _first_bad(some_legal(self.env.action_space, legal))
        )

    def _chunk_of_seeds(self, training, most, count):
        """The same for many agents side by side, whose Training is stacked but for the iteration."""
        axes = Training(0, 0, 0, None)
        return self._chunk(training, most, count, jax.vmap(self.iterate, (axes,), (axes, 0)))

    def _chunk(self, training, most, count, iterate=None):
        """count <= most iterations: (training, (figures, episodes, faults)), of whose rows the first count.

        One program for every count: the rows go into arrays that are long enough.
        """
        iterate = iterate or self.iterate
        shapes = jax.eval_shape(iterate, training)[1]
        rows = jax.tree.map(lambda x: jnp.zeros((most, *x.shape), x.dtype), shapes)

        def body(i, carry):
            training, rows = carry
            training, row = iterate(training)
            return training, jax.tree.map(lambda all, one: all.at[i].set(one), rows, row)

        return lax.fori_loop(0, count, body, (training, rows))


def _first_bad(good):
    """Where the first False stands in [T, N], row by row; -1 where there is none."""
    return jnp.where(good.all(), -1, jnp.argmin(good.ravel())).astype(jnp.int32)


class _Blueprint:
    """An agent as a key: equal where the compiled functions are the same."""

    def __init__(self, agent, env):
        self.agent, self.env = agent, env
        self.key = (
            type(agent),
            agent._settings(),
            id(env),
            spaces.fingerprint(agent.observation_space),
            spaces.fingerprint(agent.action_space),
        )

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return self.key == other.key


@lru_cache(maxsize=32)
def _shared(blueprint):
    return Programs(copy.copy(blueprint.agent), blueprint.env)


def programs(agent, env):
    """The compiled functions of an agent and its functional environment, None for the host's."""
    blueprint = _Blueprint(agent, env)
    try:
        hash(blueprint)
    except TypeError:  # a setting that is no constant
        return Programs(copy.copy(agent), env)
    return _shared(blueprint)


def run_compiled(programs, training, most, count):
    """count <= most iterations in one call: (training, figures, episodes, faults), arrays of count rows."""
    training, rows = programs.chunk(training, most, count)
    return training, *jax.tree.map(lambda x: np.asarray(x)[:count], rows)


class Steps(NamedTuple):
    """An iteration of the host's environments: the learner that acted, what they told, the chance drawn."""

    learner: Any
    rollout: Any
    episodes: Any
    chance: Any


def step_on_host(programs, host, training):
    """The Steps of one iteration."""
    learner, _, key, iteration = training
    if programs.agent.fresh_episodes:
        host.begin()
    elif host.begins and int(iteration):
        learner = programs.broken_off(learner)
    chance, noise = programs.noise(key, iteration)
    noise = jax.tree.map(np.asarray, noise)
    actor = programs.agent._actor(learner)

    def act(*seen):
        return programs.act(actor, *seen)

    rollout, episodes = host.collect(act, programs.agent._to_env, noise)
    return Steps(learner, rollout, episodes, chance)


def learn_on_host(programs, training, steps):
    """(training, figures, episodes) after learning from Steps, numpy arrays of one row."""
    learner, rollout, episodes, chance = steps
    _, _, key, iteration = training
    learner, figures = programs.learn(learner, rollout, chance, iteration)
    told = jax.tree.map(lambda x: np.asarray(x)[None], (figures, episodes))
    return Training(learner, None, key, iteration + 1), *told
