"""What a trajectory was worth on arrays: returns, advantages, value targets, from the last step backwards.

Each takes the T steps of one environment; `jax.vmap` makes it one of many.
t: step, T: how many there are. `discount` is gamma, or 0 where the episode terminated: what follows has no
value. `last` is 1 where it ended for any reason: what follows belongs to another episode.
A discount outside [0, 1], a last that is neither 0 nor 1 or a ratio below 0 is a ValueError.
Traced ones pass unread.
"""

import jax
import jax.numpy as jnp
from jax import lax

from . import arguments, checks, inputs

FEW = 8  # turns of a loop over whole trajectories that are written out: they compile to one


def td_error(reward, discount, value, next_value):
    """Error of temporal differences: how much better one step went than the value of its start had said.

        error = reward + discount * next_value - value

    reward: what the step paid. discount: gamma, or 0 where the episode terminated (a truncated step still
    bootstraps). value: of the observation. next_value: of the true next observation. Each is one number or
    [...], all of them of one shape.
    Returns the error, one number or [...], in units of reward. Linear in the values; nothing is held
    constant. Raises ValueError for unequal shapes. Source: Sutton and Barto 2018, eq. 6.5.

    >>> td_error(jnp.array([1.0, 1.0]), jnp.array([0.5, 0.0]), 0.25, jnp.array([2.0, 9.0])).tolist()
    [1.75, 0.75]
    """
    given = dict(reward=reward, discount=discount, value=value, next_value=next_value)
    arrays = [arguments.floats("td_error", *both) for both in given.items()]
    shapes = {array.shape for array in arrays if array.shape}
    if len(shapes) > 1 or any(0 in shape for shape in shapes):
        raise ValueError(
            "td_error: reward, discount, value and next_value must share one shape or be one number; "
            f"got {', '.join(str(array.shape) for array in arrays)}."
        )
    reward, discount, value, next_value = arrays
    arguments.shares("td_error", "discount", discount)
    return reward + discount * next_value - value


def _steps(function, last, **given):
    """The arrays of a trajectory, and where it is cut: at the end of an episode, and after its last step."""
    last = inputs.jax_numbers(function, "last", last)
    read = {name: arguments.floats(function, name, x) for name, x in given.items()}
    checks.same_shape(function, (*read, "last"), [*read.values(), last], "T")
    arguments.shares(function, "discount", read["discount"])
    arguments.bits(function, "last", last)
    return *read.values(), jnp.concatenate([last[:-1] != 0, jnp.ones(1, bool)])


def _step(following, now):
    """One step of `_backwards`. A function of the module: JAX compiles its loop once for all calls."""
    term, factor, cut = now
    following = term + factor * jnp.where(cut, 0, following)
    return following, following


def _backwards(term, factor, cut):
    """x[t] = term[t] + factor[t] * (0 if cut[t] else x[t+1]): not even nan or infinity leaks across a cut."""
    # On CPU one step a turn is fastest: unrolled by 16 it ran 3 times longer, and compiled 4 times longer.
    dtype = jnp.result_type(term, factor)
    steps = (term.astype(dtype), factor.astype(dtype), cut)
    return lax.scan(_step, jnp.zeros((), dtype), steps, reverse=True)[1]


def discounted_returns(reward, discount, next_value, last):
    """Discounted returns: what each step and all that follow it in its episode were worth.

        G[t] = reward[t] + discount[t] * (next_value[t] if last[t] or t = T-1 else G[t+1])

    reward: [T], what each step paid. discount: [T], gamma, or 0 where the episode terminated (a truncated
    step still bootstraps). next_value: [T], of the true next observation, only looked at where the
    trajectory is cut. last: [T], 1 on the last step of an episode, terminated or truncated.
    Returns G [T], in units of reward. Smooth. Raises ValueError for unequal or empty shapes.
    Source: Sutton and Barto 2018, eq. 3.9.

    >>> reward, discount, next_value = jnp.array([1.0, 1.0]), jnp.array([0.5, 0.0]), jnp.array([2.0, 9.0])
    >>> discounted_returns(reward, discount, next_value, last=jnp.array([0, 1])).tolist()
    [1.5, 1.0]
    """
    reward, discount, next_value, cut = _steps(
        "discounted_returns", last, reward=reward, discount=discount, next_value=next_value
    )
    return _backwards(reward + discount * jnp.where(cut, next_value, 0), discount, cut)


def _one_further(returns, steps):
    """Returns of one step more, from those of the step after: `steps` are the arrays of the trajectory."""
    reward, discount, next_value, cut = steps
    following = jnp.where(cut, next_value, jnp.append(returns[1:], next_value[-1:]))
    return reward + discount * following


def n_step_returns(reward, discount, next_value, last, num_steps):
    """n-step returns: num_steps steps as they were, then the value of where they led.

        G[t] = G[t,num_steps]
        G[t,n] = reward[t] + discount[t] * (next_value[t] if n = 1 or last[t] or t = T-1 else G[t+1,n-1])

    reward: [T], what each step paid. discount: [T], gamma, or 0 where the episode terminated (a truncated
    step still bootstraps). next_value: [T], of the true next observation. last: [T], 1 on the last step of
    an episode, terminated or truncated: there fewer steps count. num_steps: an integer >= 1, static.
    Returns G [T], in units of reward; with num_steps >= T the discounted returns. Smooth. Raises ValueError
    for unequal or empty shapes or num_steps below 1. Source: Sutton and Barto 2018, eq. 7.1.

    >>> ones, next_value = jnp.ones(3), jnp.array([4.0, 8.0, 16.0])
    >>> n_step_returns(ones, ones / 2, next_value, last=jnp.zeros(3), num_steps=2).tolist()
    [3.5, 5.5, 9.0]
    """
    checks.whole_number("n_step_returns", "num_steps", num_steps, 1)
    reward, discount, next_value, cut = _steps(
        "n_step_returns", last, reward=reward, discount=discount, next_value=next_value
    )
    if num_steps >= len(cut):
        return discounted_returns(reward, discount, next_value, cut)
    returns, steps = reward + discount * next_value, (reward, discount, next_value, cut)
    turns = num_steps - 1
    if turns <= FEW:
        for _ in range(turns):
            returns = _one_further(returns, steps)
        return returns
    return lax.scan(lambda returns, _: (_one_further(returns, steps), None), returns, length=turns)[0]


def lambda_returns(reward, discount, next_value, last, gae_lambda=0.95):
    """Lambda returns: after each step some weight on what the value says, the rest on how it went on.

        G[t] = reward[t] + discount[t] * (next_value[t] if last[t] or t = T-1
            else (1 - gae_lambda) * next_value[t] + gae_lambda * G[t+1])

    reward: [T], what each step paid. discount: [T], gamma, or 0 where the episode terminated (a truncated
    step still bootstraps). next_value: [T], of the true next observation. last: [T], 1 on the last step of
    an episode, terminated or truncated. gae_lambda: in [0, 1]; 0 looks one step ahead, 1 gives the
    discounted returns.
    Returns G [T], in units of reward. Smooth. Raises ValueError for unequal or empty shapes or a gae_lambda
    outside [0, 1]. Source: Sutton and Barto 2018, eq. 12.3; the recursion is eq. 12.18.

    >>> ones, next_value = jnp.ones(2), jnp.array([4.0, 2.0])
    >>> lambda_returns(ones, ones / 2, next_value, last=jnp.array([0, 1]), gae_lambda=0.5).tolist()
    [2.5, 2.0]
    """
    arguments.share("lambda_returns", "gae_lambda", gae_lambda)
    reward, discount, next_value, cut = _steps(
        "lambda_returns", last, reward=reward, discount=discount, next_value=next_value
    )
    believed = jnp.where(cut, 1, 1 - gae_lambda)
    return _backwards(reward + discount * (believed * next_value), discount * gae_lambda, cut)


def gae(reward, discount, value, next_value, last, gae_lambda=0.95):
    """Generalized advantage estimation: how much better it went than the value said, over all that followed.

        A[t] = delta[t] + discount[t] * gae_lambda * (1 - last[t]) * A[t+1],  A[T] = 0
        delta[t] = reward[t] + discount[t] * next_value[t] - value[t]

    reward, value, next_value: [T], all in units of reward; next_value is that of the true next observation.
    discount: [T], gamma, or 0 where the episode terminated (a truncated step still bootstraps).
    last: [T], 1 on the last step of an episode, terminated or truncated: advantages do not leak across.
    gae_lambda: in [0, 1]; 0 gives the TD errors, 1 the discounted returns less the values.
    Returns [T] advantages; value plus advantage is the lambda return. Smooth; nothing is held constant.
    Raises ValueError for unequal or empty shapes or a gae_lambda outside [0, 1].
    Source: Schulman et al. 2016, eq. 16, arXiv:1506.02438.

    >>> reward, discount, next_value = jnp.array([1.0, 1.0]), jnp.array([0.5, 0.0]), jnp.array([2.0, 9.0])
    >>> gae(reward, discount, jnp.zeros(2), next_value, last=jnp.array([0, 1]), gae_lambda=1.0).tolist()
    [2.5, 1.0]
    """
    arguments.share("gae", "gae_lambda", gae_lambda)
    reward, discount, value, next_value, cut = _steps(
        "gae", last, reward=reward, discount=discount, value=value, next_value=next_value
    )
    return _backwards(reward + discount * next_value - value, discount * gae_lambda, cut)


def vtrace(reward, discount, value, next_value, last, ratio, clip_rho=1.0, clip_c=1.0):
    """V-trace: value targets for a policy from the steps of another, with clipped importance weights.

        v[t] = value[t] + min(ratio[t], clip_rho) * delta[t]
            + discount[t] * min(ratio[t], clip_c) * (0 if last[t] or t = T-1 else v[t+1] - value[t+1])
        delta[t] = reward[t] + discount[t] * next_value[t] - value[t]

    reward, value, next_value: [T], all in units of reward; next_value is that of the true next observation.
    discount: [T], gamma, or 0 where the episode terminated (a truncated step still bootstraps).
    last: [T], 1 on the last step of an episode, terminated or truncated. ratio: [T], how much likelier the
    policy takes the action than the one that acted, >= 0. clip_rho, clip_c: numbers > 0, infinity clips
    nothing; clip_rho decides whose value is found, clip_c only how fast.
    Returns v [T], targets for value. Where a ratio is at its clip the slope is half of that below; nothing is
    held constant. Raises ValueError for unequal or empty shapes or a clip not above 0.
    Source: Espeholt et al. 2018, eq. 1 and remark 1, arXiv:1802.01561.

    >>> given = [jnp.array(x) for x in ([1.0, 1.0], [0.5, 0.0], [1.0, 0.0], [0.0, 9.0], [0, 1], [4.0, 0.5])]
    >>> vtrace(*given).tolist()
    [1.25, 0.5]
    """
    arguments.bound("vtrace", "clip_rho", clip_rho)
    arguments.bound("vtrace", "clip_c", clip_c)
    given = dict(reward=reward, discount=discount, value=value, next_value=next_value, ratio=ratio)
    arrays: list[jax.Array] = list(_steps("vtrace", last, **given))
    reward, discount, value, next_value, ratio, cut = arrays
    arguments.amounts("vtrace", "ratio", ratio)
    delta = jnp.minimum(ratio, clip_rho) * (reward + discount * next_value - value)
    return value + _backwards(delta, discount * jnp.minimum(ratio, clip_c), cut)
