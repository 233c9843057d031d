"""Sweeps compiled by JAX in float64, for processes so large that compiling repays itself."""

import numpy as np

LARGE = 500_000  # outcomes S * A * K from which a compiled sweep repays its compilation
UNROLLED = 64  # outcomes A * K of a state up to which each is written out, which makes one pass over memory


def pays(sweep):
    """Whether to compile: the process is large."""
    return sweep.kept.size > LARGE


def value_sweeps(sweep):
    """(value, n) -> the values after n sweeps, and how far the last moved a value at most: Sweep.many."""
    return _run(sweep, evaluations=0)


def policy_rounds(sweep, evaluations):
    """(value, n) -> the same after n rounds of modified policy iteration and one plain sweep."""
    run = _run(sweep, evaluations)
    return lambda value, num_rounds: run(value, num_rounds + 1)


def _run(sweep, evaluations):
    """A compiled loop: n - 1 rounds, and a last plain sweep that is measured."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    num_outcomes, num_actions = sweep.num_outcomes, sweep.num_actions
    unrolled = num_actions * num_outcomes <= UNROLLED

    def follow(value, next_state):
        return value.at[next_state].get(mode="promise_in_bounds", wrap_negative_indices=False)

    def action_values(value, mean, kept, next_state):
        """A list of [S], one an action, or [A, S]."""
        if not unrolled:
            return mean + (kept * follow(value, next_state)).sum(0)
        q = []
        for a in range(num_actions):
            total = mean[a]
            for k in range(num_outcomes):
                total = total + kept[k][a] * follow(value, next_state[k][a])
            q.append(total)
        return q

    def best(q):
        """[S]: the value of the best action, and which one it is."""
        if not unrolled:
            return q.max(0), q.argmax(0)
        value, policy = q[0], jnp.zeros(q[0].shape, jnp.int32)
        for a, other in enumerate(q[1:], 1):
            value, policy = jnp.maximum(value, other), jnp.where(other > value, a, policy)
        return value, policy

    def chosen(x, policy):
        """[S]: of a list or an array over actions what the policy picks."""
        if not unrolled:
            return jnp.take_along_axis(x, policy[None], 0)[0]
        own = x[0]
        for a, other in enumerate(x[1:], 1):
            own = jnp.where(policy == a, other, own)
        return own

    def one_round(value, mean, kept, next_state):
        value, policy = best(action_values(value, mean, kept, next_state))
        if not evaluations:
            return value
        own_mean = chosen(mean, policy)
        own = [(chosen(kept[k], policy), chosen(next_state[k], policy)) for k in range(num_outcomes)]

        def evaluated(_, value):
            return own_mean + sum(discount * follow(value, to) for discount, to in own)

        return lax.fori_loop(0, evaluations, evaluated, value)

    @jax.jit
    def run(value, num_rounds, *process):
        value = lax.fori_loop(0, num_rounds - 1, lambda _, value: one_round(value, *process), value)
        new, _ = best(action_values(value, *process))
        return new, jnp.abs(new - value).max()

    arrays = [sweep.mean, sweep.kept, sweep.next_state]
    if unrolled:
        arrays = [list(sweep.mean), *([list(x) for x in array] for array in arrays[1:])]
    with jax.enable_x64(True):
        process = jax.device_put(arrays)

    def call(value, num_rounds):
        with jax.enable_x64(True):
            new, residual = run(value, num_rounds, *process)
            return np.asarray(new), float(residual)

    return call
