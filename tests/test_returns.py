"""Returns, advantages and V-trace: their sums written out in fractions, and what one says of another."""

from fractions import Fraction
from math import inf, isfinite, nan, prod

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microgrid import returns as scalar
from microgrid.value import Value
from rl import returns as array

ROOMS = (scalar, array)
T = 7


def given(room, *lists):
    """Lists of numbers as a room takes them."""
    return [list(x) if room is scalar else jnp.array([float(number) for number in x]) for x in lists]


def numbers(found):
    return [float(x) for x in found]


def trajectory(seed, steps=T, last=None):
    """reward, discount, value, next_value, last in fractions: the next value is that of the next step, but
    for the end of an episode, which terminates or is truncated by turns."""
    rng = np.random.default_rng(seed)
    draw = lambda: [Fraction(int(x), 8) for x in rng.integers(-16, 17, steps)]  # noqa: E731
    reward, value, next_value = draw(), draw(), draw()
    last = (rng.random(steps) < 0.3).astype(int).tolist() if last is None else last
    terminated = [ended and k % 2 == 0 for k, ended in enumerate(last)]
    discount = [Fraction(0) if ended else Fraction(7, 8) for ended in terminated]
    for t in range(steps - 1):
        next_value[t] = next_value[t] if last[t] else value[t + 1]
    return reward, discount, value, next_value, last


def end_of(t, last):
    """One past the last step of the episode that step t is in."""
    return next((k for k in range(t, len(last)) if last[k]), len(last) - 1) + 1


def n_step_sum(t, n, reward, discount, next_value, last):
    """Sutton and Barto 2018, eq. 7.1: rewards and the value after them, each with its discounts."""
    end = min(t + n, end_of(t, last))
    kept = [prod(discount[t:k], start=Fraction(1)) for k in range(t, end + 1)]
    return sum(w * r for w, r in zip(kept, reward[t:end], strict=False)) + kept[-1] * next_value[end - 1]


def same(room, found, expected):
    """Equal, in the scalar room to the last digit of the fractions."""
    if room is scalar:
        assert found == expected
    else:
        np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("seed", range(4))
def test_returns_are_their_sums_written_out(room, seed):
    reward, discount, _, next_value, last = trajectory(seed)
    steps = given(room, reward, discount, next_value, last)
    for n in (1, 2, 3, T - 1, T, T + 5):
        sums = [n_step_sum(t, n, reward, discount, next_value, last) for t in range(T)]
        same(room, room.n_step_returns(*steps, num_steps=n), sums)
    same(room, room.discounted_returns(*steps), sums)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("gae_lambda", [Fraction(0), Fraction(1, 4), Fraction(1)])
def test_a_lambda_return_is_the_mean_of_all_n_step_returns(room, gae_lambda):
    reward, discount, _, next_value, last = trajectory(5)
    expected = []
    for t in range(T):  # Sutton and Barto 2018, eq. 12.3
        most = end_of(t, last) - t
        sums = [n_step_sum(t, n, reward, discount, next_value, last) for n in range(1, most + 1)]
        shares = [(1 - gae_lambda) * gae_lambda ** (n - 1) for n in range(1, most)]
        shares.append(gae_lambda ** (most - 1))
        assert sum(shares) == 1
        expected.append(sum(w * g for w, g in zip(shares, sums, strict=True)))
    steps = given(room, reward, discount, next_value, last)
    weight = gae_lambda if room is scalar else float(gae_lambda)
    same(room, room.lambda_returns(*steps, gae_lambda=weight), expected)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("gae_lambda", [Fraction(0), Fraction(3, 4), Fraction(1)])
def test_an_advantage_is_the_sum_of_fading_td_errors(room, gae_lambda):
    reward, discount, value, next_value, last = trajectory(6)
    delta = scalar.td_error(reward, discount, value, next_value)
    fading = [d * gae_lambda for d in discount]
    expected = [
        sum(prod(fading[t:k], start=Fraction(1)) * delta[k] for k in range(t, end_of(t, last)))
        for t in range(T)
    ]
    weight = gae_lambda if room is scalar else float(gae_lambda)
    steps = given(room, reward, discount, value, next_value, last)
    same(room, room.gae(*steps, gae_lambda=weight), expected)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize(("clip_rho", "clip_c"), [(1, 1), (2, 1), (Fraction(1, 2), Fraction(1, 4)), (99, 99)])
def test_v_trace_is_its_sum_written_out(room, clip_rho, clip_c):
    reward, discount, value, next_value, last = trajectory(7)
    ratio = [Fraction(k, 4) for k in (0, 2, 5, 12, 4, 1, 9)]
    delta = scalar.td_error(reward, discount, value, next_value)
    expected = []
    for s in range(T):  # Espeholt et al. 2018, eq. 1
        terms = [
            prod(
                (d * min(w, clip_c) for d, w in zip(discount[s:t], ratio[s:t], strict=True)),
                start=Fraction(1),
            )
            * min(ratio[t], clip_rho)
            * delta[t]
            for t in range(s, end_of(s, last))
        ]
        expected.append(value[s] + sum(terms))
    steps = given(room, reward, discount, value, next_value, last, ratio)
    clips = (
        dict(clip_rho=clip_rho, clip_c=clip_c)
        if room is scalar
        else dict(clip_rho=float(clip_rho), clip_c=float(clip_c))
    )
    same(room, room.vtrace(*steps, **clips), expected)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("seed", range(3))
def test_formulas_meet_where_they_say_the_same(room, seed):
    reward, discount, value, next_value, last = steps = given(room, *trajectory(10 + seed))
    plain = (reward, discount, next_value, last)
    one_step = [e + v for e, v in zip(room.td_error(reward, discount, value, next_value), value, strict=True)]
    whole = room.discounted_returns(*plain)
    for gae_lambda in (0.0, 0.5, 0.95, 1.0):
        advantage = room.gae(*steps, gae_lambda=gae_lambda)
        total = [a + v for a, v in zip(advantage, value, strict=True)]
        expected = room.lambda_returns(*plain, gae_lambda=gae_lambda)
        np.testing.assert_allclose(numbers(total), numbers(expected), rtol=1e-13, atol=1e-13)
    zero = room.lambda_returns(*plain, gae_lambda=0)
    np.testing.assert_allclose(numbers(zero), numbers(one_step), rtol=1e-13)
    np.testing.assert_allclose(numbers(room.n_step_returns(*plain, 1)), numbers(one_step), rtol=1e-13)
    np.testing.assert_allclose(numbers(room.lambda_returns(*plain, gae_lambda=1)), numbers(whole), rtol=1e-13)
    np.testing.assert_allclose(numbers(room.n_step_returns(*plain, T)), numbers(whole), rtol=1e-13)
    (ones,) = given(room, [1] * T)
    np.testing.assert_allclose(numbers(room.vtrace(*steps, ones)), numbers(whole), rtol=1e-12, atol=1e-13)


CALLS = {
    "discounted_returns": lambda room, r, d, v, n, last, w: room.discounted_returns(r, d, n, last),
    "n_step_returns": lambda room, r, d, v, n, last, w: room.n_step_returns(r, d, n, last, 3),
    "lambda_returns": lambda room, r, d, v, n, last, w: room.lambda_returns(r, d, n, last),
    "gae": lambda room, r, d, v, n, last, w: room.gae(r, d, v, n, last),
    "vtrace": lambda room, r, d, v, n, last, w: room.vtrace(r, d, v, n, last, w),
}


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("name", CALLS)
def test_nothing_leaks_across_the_end_of_an_episode(room, name):
    lists = trajectory(20, last=[0, 0, 1, 0, 0, 0, 0])
    lists = [[float(x) for x in xs] for xs in (*lists, [0.5, 2.0, 1.0, 1.5, 0.25, 1.0, 3.0])]
    alone = CALLS[name](room, *given(room, *[xs[:3] for xs in lists]))
    rest = CALLS[name](room, *given(room, *[xs[3:] for xs in lists]))
    both = CALLS[name](room, *given(room, *lists))
    np.testing.assert_array_equal(numbers(both), numbers([*alone, *rest]))
    for bad in (nan, inf):
        spoilt = [[*xs[:3], *[x if k in (1, 4) else bad for x in xs[3:]]] for k, xs in enumerate(lists)]
        found = numbers(CALLS[name](room, *given(room, *spoilt)))
        np.testing.assert_array_equal(found[:3], numbers(alone))
        assert not isfinite(found[3])


@pytest.mark.parametrize("name", CALLS)
def test_no_slope_leaks_across_the_end_of_an_episode(name):
    lists = trajectory(21, last=[0, 0, 1, 0, 0, 0, 0])
    *real, last, ratio = given(array, *lists, [0.5, 2.0, 1.0, 1.5, 0.25, 1.0, 3.0])
    spoilt = [x.at[4].set(nan) for x in real]

    def first(*real):
        return jnp.sum(CALLS[name](array, *real, last, ratio)[:3])

    for slope, expected in zip(*[jax.grad(first, range(4))(*x) for x in (spoilt, real)], strict=True):
        np.testing.assert_array_equal(slope[:3], expected[:3])
        assert not np.any(expected[3:])


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("name", CALLS)
def test_a_truncated_step_bootstraps_and_a_terminated_one_does_not(room, name):
    for discount, worth in ((0.5, 1 + 0.5 * 8), (0.0, 1.0)):
        lists = [[1.0, 1.0], [discount, 0.5], [3.0, 0.0], [8.0, 0.0], [1, 0], [1.0, 1.0]]
        found = numbers(CALLS[name](room, *given(room, *lists)))[0]
        assert found == (worth - 3 if name == "gae" else worth)


@pytest.mark.parametrize("name", CALLS)
def test_types_are_kept_and_flags_may_be_booleans(name):
    lists = [*trajectory(22), [0.5, 2.0, 1.0, 1.5, 0.25, 1.0, 3.0]]
    full = given(array, *lists)
    short = [x.astype(jnp.float32) for x in full]
    found = CALLS[name](array, *short)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, CALLS[name](array, *full), rtol=1e-5, atol=1e-5)
    flags = [*full[:4], full[4] != 0, full[5]]
    np.testing.assert_array_equal(CALLS[name](array, *flags), CALLS[name](array, *full))
    whole = [jnp.ones(3, int)] * 6
    assert CALLS[name](array, *whole).dtype == jnp.float64


@pytest.mark.parametrize("name", CALLS)
def test_many_environments_are_one_after_the_other(name):
    envs = [given(array, *trajectory(seed), [0.5, 2.0, 1.0, 1.5, 0.25, 1.0, 3.0]) for seed in range(30, 33)]
    together = [jnp.stack(xs, axis=1) for xs in zip(*envs, strict=True)]  # [T, envs], as a rollout has it
    found = jax.jit(jax.vmap(lambda *xs: CALLS[name](array, *xs), in_axes=1, out_axes=1))(*together)
    for k, env in enumerate(envs):
        np.testing.assert_allclose(found[:, k], CALLS[name](array, *env), rtol=1e-13, atol=1e-14)


def test_long_trajectories_take_many_steps_at_once():
    lists = [[float(x) for x in xs] for xs in trajectory(40, steps=90)]
    reward, discount, _, next_value, last = lists
    for n in (17, 18, 89):
        expected = scalar.n_step_returns(reward, discount, next_value, last, n)
        found = array.n_step_returns(*given(array, reward, discount, next_value, last), n)
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(array.gae(*given(array, *lists)), scalar.gae(*lists), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("room", ROOMS)
def test_a_td_error_takes_numbers_and_any_one_shape(room):
    assert float(room.td_error(1.0, 0.5, 0.25, 2.0)) == 1.75
    block = [[1.0, 2.0], [3.0, 4.0]]
    x = block if room is scalar else jnp.array(block)
    assert np.array_equal(np.array(room.td_error(x, 0.5, x, 2.0)), np.ones((2, 2)))
    assert np.array_equal(np.array(room.td_error(0.0, 1.0, 0.0, x)), block)
    with pytest.raises(ValueError, match=r"^td_error: .* got \(2, 2\), \(\), \(2,\), \(\)\.$"):
        room.td_error(x, 0.5, x[0], 2.0)


@pytest.mark.parametrize("room", ROOMS)
def test_an_infinite_clip_cuts_nothing_off(room):
    lists = [[float(x) for x in xs] for xs in (*trajectory(8), range(T))]
    steps = given(room, *lists)
    found = room.vtrace(*steps, clip_rho=inf, clip_c=inf)
    assert numbers(found) == numbers(room.vtrace(*steps, clip_rho=10.0, clip_c=10.0))


def test_a_ratio_at_its_clip_has_half_the_slope():
    steps = [[1.0, 2.0], [0.5, 0.0], [0.0, 0.0], [0.0, 0.0], [0, 1]]
    ratio = [Value(1.0), Value(1.0)]
    scalar.vtrace(*steps, ratio)[0].backward()
    slope = jax.grad(lambda w: array.vtrace(*given(array, *steps), w)[0])(jnp.ones(2))
    # rho: 1/2 of delta[0] = 1, c: 1/2 of discount[0] * delta[1] = 1; then rho alone of discount[0] * delta[1]
    assert slope.tolist() == [x.grad for x in ratio] == [1.0, 0.5]


def test_weights_and_clips_may_be_traced_and_steps_may_not():
    steps = given(array, *trajectory(50))
    found = jax.jit(lambda w: array.gae(*steps, gae_lambda=w))(0.5)
    np.testing.assert_allclose(found, array.gae(*steps, gae_lambda=0.5), rtol=1e-14)
    ones = jnp.ones(T)
    found = jax.jit(lambda c: array.vtrace(*steps, ones, clip_rho=c, clip_c=c))(0.5)
    np.testing.assert_allclose(found, array.vtrace(*steps, ones, clip_rho=0.5, clip_c=0.5), rtol=1e-14)
    with pytest.raises(TypeError, match=r"^n_step_returns: num_steps must be an integer"):
        jax.jit(lambda n: array.n_step_returns(ones, ones, ones, ones, n))(3)
