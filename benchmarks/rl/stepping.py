"""Steps of 64 CartPoles with random actions, everything drawn inside the program: ours and gymnax.

    python -m benchmarks.rl.stepping "ours, compiled"

An engine is a class with version, walk(seed) -> {name: sum} over STEPS steps of NUM_ENVS environments of all
observations, rewards and flags, and follow(state, actions) -> observations [T, N, 4] of given actions from a
given state, by which it is compared with Gymnasium's own environment before any time is taken.
"""

import sys
import time
from importlib.metadata import version
from itertools import count

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..rounds import answer_questions

NUM_ENVS, STEPS, CALLS = 64, 2_000, 5
BLOCK, BITS = 100, 32  # steps that ours draws for at a time: what they need stays in the cache
FOLLOWED = 8  # steps: no pole falls as soon as that


def first_states(seed=0):
    """[N, 4], as CartPole draws them."""
    return np.random.default_rng(seed).uniform(-0.05, 0.05, (NUM_ENVS, 4)).astype(np.float32)


def first_actions(seed=1):
    """[T, N]."""
    return np.random.default_rng(seed).integers(0, 2, (FOLLOWED, NUM_ENVS))


class Ours:
    """rl.rollout.collect with a policy that draws, block by block; a word of chance is 32 actions."""

    def __init__(self):
        from rl.chance import Draw, drawn
        from rl.functional import functional_env
        from rl.rollout import begin, collect

        self.version = f"jax {jax.__version__}"
        self.env, words = functional_env("CartPole-v1"), (-(-BLOCK // BITS), NUM_ENVS)
        plan = dict(act=Draw("bits", words), reset=self.env.reset_draw((BLOCK, NUM_ENVS)))

        @jax.jit
        def start(key):
            return begin(self.env, drawn(key, dict(reset=self.env.reset_draw((NUM_ENVS,))))["reset"])

        @jax.jit
        def walk(running, key):
            running, told = lax.scan(block, running, jax.random.split(key, STEPS // BLOCK))
            return running, jax.tree.map(lambda x: jnp.sum(x, axis=0), told)

        def block(running, key):
            chance = drawn(key, plan)
            coins = (chance["act"][:, None] >> jnp.arange(BITS, dtype=jnp.uint32)[None, :, None]) & 1
            lots = chance["reset"], None  # a step of CartPole takes no chance
            coins = coins.reshape(-1, NUM_ENVS)[:BLOCK].astype(jnp.int32)
            running, rollout, _ = collect(self.env, act, lambda action: action, running, lots, coins)
            return running, sums(rollout.obs, rollout.reward, rollout.terminated, rollout.truncated)

        def act(coins, obs, memory, legal):
            return coins, memory

        self.running, self.program = start(jax.random.key(0)), walk

    def walk(self, seed):
        """See above."""
        self.running, told = self.program(self.running, jax.random.key(seed))
        return told

    def follow(self, state, actions):
        """See above."""
        state, seen = tuple(jnp.asarray(state.T)), []
        for action in actions:
            state, obs, *_ = jax.vmap(lambda s, a: self.env.step(None, s, a))(state, jnp.asarray(action))
            seen.append(np.asarray(obs))
        return np.stack(seen)


class Gymnax:
    """Its CartPole-v1 under vmap and scan, as users write it; it resets itself, and sums are carried."""

    def __init__(self):
        import gymnax

        self.version = f"gymnax {version('gymnax')}"
        self.env, self.params = gymnax.make("CartPole-v1")

        @jax.jit
        def start(key):
            keys = jax.random.split(key, NUM_ENVS)
            return jax.vmap(self.env.reset, (0, None))(keys, self.params)

        @jax.jit
        def walk(running, key):
            def step(carry, key):
                (obs, state), sums = carry
                act_key, step_key = jax.random.split(key)
                action = jax.random.randint(act_key, (NUM_ENVS,), 0, 2)
                keys = jax.random.split(step_key, NUM_ENVS)
                told = jax.vmap(self.env.step, (0, 0, 0, None))(keys, state, action, self.params)
                next_obs, state, reward, terminated, truncated, *_ = told
                rows = dict(obs=obs**2, reward=reward, terminated=terminated, truncated=truncated)
                return ((next_obs, state), jax.tree.map(jnp.add, sums, rows)), None

            nothing = jnp.zeros(NUM_ENVS)
            start = dict(obs=jnp.zeros((NUM_ENVS, 4)), reward=nothing, terminated=nothing, truncated=nothing)
            carry, _ = lax.scan(step, (running, start), jax.random.split(key, STEPS))
            return carry[0], jax.tree.map(lambda x: jnp.sum(x, axis=0), carry[1])

        self.running, self.program = start(jax.random.key(0)), walk

    def walk(self, seed):
        """See above."""
        self.running, told = self.program(self.running, jax.random.key(seed))
        return told

    def follow(self, state, actions):
        """See above."""
        _, first = self.running
        parts = dict(zip(("x", "x_dot", "theta", "theta_dot"), jnp.asarray(state.T), strict=True))
        running, seen = first.replace(**parts, time=jnp.zeros_like(first.time)), []
        keys = jax.random.split(jax.random.key(0), NUM_ENVS)
        for action in actions:
            told = jax.vmap(self.env.step, (0, 0, 0, None))(keys, running, jnp.asarray(action), self.params)
            running = told[1]
            seen.append(np.asarray(told[0]))
        return np.stack(seen)


ENGINES = {"ours, compiled": Ours, "gymnax": Gymnax}


def sums(obs, reward, terminated, truncated):
    """What forces everything to be computed."""
    return dict(
        obs=jnp.sum(obs**2, (0, 1)),
        reward=jnp.sum(reward),
        terminated=jnp.sum(terminated),
        truncated=jnp.sum(truncated),
    )


def followed_by_gymnasium(states, actions):
    """What Gymnasium's own environment shows of the same."""
    envs, seen = [gymnasium.make("CartPole-v1") for _ in states], []
    for env, state in zip(envs, states, strict=True):
        env.reset()
        env.unwrapped.state = state.astype(float)
    for action in actions:
        seen.append([env.step(int(a))[0] for env, a in zip(envs, action, strict=True)])
    return np.array(seen)


class Measured:
    """Answers about one engine."""

    def __init__(self, label):
        self.engine, self.seeds = ENGINES[label](), count()
        self.told = self.walked()

    def walked(self):
        """The sums of one more walk."""
        return jax.tree.map(np.asarray, self.engine.walk(next(self.seeds)))

    def agreement(self):
        """The largest difference from Gymnasium; steps of a mean episode; mean square of each observation."""
        given = first_states(), first_actions()
        error = np.abs(self.engine.follow(*given) - followed_by_gymnasium(*given)).max()
        steps = NUM_ENVS * STEPS
        return dict(
            error=float(error),
            length=steps / float(self.told["terminated"] + self.told["truncated"]),
            squares=(self.told["obs"] / steps).tolist(),
            reward=float(self.told["reward"]) / steps,
            version=self.engine.version,
        )

    def rate(self):
        """Environment steps a second."""
        start = time.perf_counter()
        for _ in range(CALLS):
            self.walked()
        return dict(rate=CALLS * STEPS * NUM_ENVS / (time.perf_counter() - start))


if __name__ == "__main__":
    measured = Measured(*sys.argv[1:])
    answer_questions(lambda question: getattr(measured, question)())
