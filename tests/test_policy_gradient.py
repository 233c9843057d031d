"""Densities of policies where they are hard (forbidden, certain, far out), and the losses by hand."""

import math
from statistics import NormalDist

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from mpmath import mpf

from microgrid import policy_gradient as scalar
from microgrid.oracle.distance import ulps
from microgrid.value import Value
from rl import policy_gradient as array

ROOMS = (scalar, array)
LOWEST = -float(np.finfo(np.float64).max)
HALF, QUARTER = math.log(1 / 2), math.log(1 / 4)


def given(room, *lists):
    return [list(x) if room is scalar else jnp.array(x) for x in lists]


def with_slopes(room, function, x, *rest, **settings):
    """The value and the slopes of the first argument, a list, in a room."""
    f = getattr(room, function)
    if room is array:
        y, slopes = jax.value_and_grad(lambda x: f(x, *given(array, *rest), **settings))(jnp.array(x))
        return float(y), slopes.tolist()
    xs = [Value(number) for number in x]
    y = f(xs, *rest, **settings)
    y.backward()
    return y.data, [x.grad for x in xs]


@pytest.mark.parametrize("room", ROOMS)
def test_log_probabilities_and_entropy_of_a_coin_and_a_half(room):
    (logits,) = given(room, [HALF + 3, QUARTER + 3, QUARTER + 3])
    found = [float(room.categorical_log_prob(logits, a)) for a in range(3)]
    assert found == pytest.approx([HALF, QUARTER, QUARTER], rel=1e-15)
    assert float(room.entropy(logits)) == pytest.approx(1.5 * math.log(2), rel=1e-15)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("mask", [-math.inf, LOWEST])
@pytest.mark.parametrize("shift", [0.0, 700.0, -700.0])
def test_a_forbidden_action_has_no_probability_and_finite_slopes(room, mask, shift):
    allowed, logits = [0.5 + shift, 1.5 + shift], [mask, 0.5 + shift, mask, 1.5 + shift]
    for action, other in ((1, 0), (3, 1)):
        got, slopes = with_slopes(room, "categorical_log_prob", logits, action=action)
        expected, theirs = with_slopes(room, "categorical_log_prob", allowed, action=other)
        assert got == expected
        assert slopes == [0, theirs[0], 0, theirs[1]]
    got, slopes = with_slopes(room, "categorical_log_prob", logits, action=0)
    p = 1 / (1 + math.e)
    assert math.exp(got) == 0
    assert slopes == pytest.approx([1, -p, 0, p - 1], rel=1e-13)
    got, slopes = with_slopes(room, "entropy", logits)
    expected, theirs = with_slopes(room, "entropy", allowed)
    assert got == expected
    assert slopes == [0, theirs[0], 0, theirs[1]]


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float32])
def test_every_type_forbids_with_its_own_lowest_number(dtype):
    for mask in (-jnp.inf, jnp.finfo(dtype).min):
        logits = jnp.array([1.0, mask, 2.0], dtype)
        h, slopes = jax.jit(jax.value_and_grad(array.entropy))(logits)
        assert h.dtype == slopes.dtype == dtype
        assert float(h) == pytest.approx(0.5822031, rel=4 * float(jnp.finfo(dtype).eps))
        assert slopes[1] == 0 and np.all(np.isfinite(slopes.astype(float)))
        slopes = jax.jit(jax.grad(array.categorical_log_prob))(logits, 0)
        assert slopes[1] == 0 and np.all(np.isfinite(slopes.astype(float)))


@pytest.mark.parametrize("room", ROOMS)
def test_entropy_is_largest_where_all_actions_are_alike(room):
    h, slopes = with_slopes(room, "entropy", [-7.0] * 5)
    assert h == pytest.approx(math.log(5), rel=1e-15)
    assert max(map(abs, slopes)) < 2e-16


@pytest.mark.parametrize("room", ROOMS)
def test_one_action_alone_is_certain(room):
    assert float(room.categorical_log_prob(*given(room, [3.0]), 0)) == 0
    assert with_slopes(room, "entropy", [3.0]) == (0, [0])
    assert with_slopes(room, "entropy", [-math.inf, 7.0]) == (0, [0, 0])


@pytest.mark.parametrize(
    "logits",
    [[0.0, 40.0, 3.0], [0.0, 0.0, 0.0], [1.0, 300.0, 2.0], [5.0, 5.0, -30.0], [-400.0, -360.0, -397.0]],
)
def test_digits_are_kept_where_an_action_is_nearly_certain(logits):
    with mpmath.workdps(400):
        powers = [mpmath.exp(mpf(x)) for x in logits]
        p = [x / sum(powers) for x in powers]
        log_prob = mpmath.log(p[1])
        h = -sum(x * mpmath.log(x) for x in p)
        bend = [-x * (mpmath.log(x) + h) for x in p]
    true = [float(-p[0]), float(1 - p[1]), float(-p[2])]
    for room in ROOMS:
        got, slopes = with_slopes(room, "categorical_log_prob", logits, action=1)
        assert ulps(got, float(log_prob)) <= 4
        assert max(map(ulps, slopes, true)) <= 8
    got, slopes = with_slopes(array, "entropy", logits)
    assert ulps(got, float(h)) <= 4
    size = 1 if logits.count(max(logits)) > 1 else 0  # where several lead, log(p) + H cancels
    assert all(ulps(x, float(y), size) <= 16 for x, y in zip(slopes, bend, strict=True))


def test_second_slopes_are_those_of_the_library():
    def plain(z):
        p = jax.nn.softmax(z)
        return -jnp.sum(p * jnp.log(p))

    both = (
        (lambda z: array.categorical_log_prob(z, 2), lambda z: jax.nn.log_softmax(z)[2]),
        (array.entropy, plain),
    )
    for ours, theirs in [[jax.jit(jax.hessian(f)) for f in pair] for pair in both]:
        for logits in ([0.3, -1.0, 2.0], [1.0, 1.0, 0.0]):  # at ties, too
            expected = theirs(jnp.array(logits))
            np.testing.assert_allclose(ours(jnp.array(logits)), expected, atol=1e-14)
            forbidden = ours(jnp.array([-jnp.inf, *logits[1:]]))
            assert np.all(np.isfinite(forbidden)) and not np.any(forbidden[0])


@pytest.mark.parametrize("room", ROOMS)
def test_a_normal_density_is_that_of_the_standard_library(room):
    mean, log_std, action = [0.5, -2.0, 3.0], [0.0, -1.5, 1.0], [0.25, -1.75, 9.0]
    expected = sum(
        math.log(NormalDist(m, math.exp(s)).pdf(x)) for m, s, x in zip(mean, log_std, action, strict=True)
    )
    found = float(room.gaussian_log_prob(*given(room, mean, log_std, action)))
    assert found == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("room", ROOMS)
def test_entropy_of_a_normal_distribution_is_the_mean_surprise(room):
    with mpmath.workdps(20):
        surprise = lambda x: -mpmath.npdf(x, 1, 0.5) * mpmath.log(mpmath.npdf(x, 1, 0.5))  # noqa: E731
        expected = float(mpmath.quad(surprise, [-7, 1, 9]))
    found = room.gaussian_entropy(*given(room, [math.log(0.5), math.log(0.5)]))
    assert float(found) == pytest.approx(2 * expected, rel=1e-13)


@pytest.mark.parametrize("room", ROOMS)
def test_a_squashed_density_sums_to_one_over_the_actions(room):
    edges = np.linspace(-1, 1, 2001)
    actions = (edges[1:] + edges[:-1]) / 2
    densities = [
        math.exp(float(room.squashed_gaussian_log_prob(*given(room, [0.25], [-1.0], [math.atanh(a)]))))
        for a in actions[:: 1 if room is scalar else 10]
    ]
    assert np.mean(densities) * 2 == pytest.approx(1, rel=1e-6 if room is scalar else 1e-4)


@pytest.mark.parametrize("u", [0.0, 1e-9, -0.3, 1.0, 19.5, -37.0, 400.0, -1e4])
def test_a_squashed_density_keeps_its_digits_where_tanh_is_one(u):
    with mpmath.workdps(20_000 if abs(u) > 1000 else 800):
        squeezed = mpmath.log(1 - mpmath.tanh(mpf(u)) ** 2)
        slope = float(2 * mpmath.tanh(mpf(u)))
        shift = float(-squeezed - mpmath.log(2 * mpmath.pi) / 2)
    for room in ROOMS:  # at the mean the normal density has no slope
        got, slopes = with_slopes(room, "squashed_gaussian_log_prob", [u], [0.0], [u])
        assert ulps(got, shift, scale=1) <= 4  # the two densities may cancel
        assert slopes == [0]
        f = lambda x, room=room: room.squashed_gaussian_log_prob(x, *given(room, [0.0]), x)  # noqa: E731
        if room is array:
            found = float(jax.grad(f)(jnp.array([u]))[0])
            assert ulps(found, slope) <= 4
        else:
            x = Value(u)
            f([x]).backward()
            assert x.grad == pytest.approx(slope, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("room", ROOMS)
def test_reinforce_makes_what_went_well_likelier(room):
    logits, advantage = [0.3, -1.0, 2.0], 1.5
    p = np.exp(logits) / np.exp(logits).sum()
    expected = -advantage * (np.eye(3)[1] - p)
    if room is array:
        slopes = jax.grad(
            lambda z: array.reinforce_loss(array.categorical_log_prob(z, 1)[None], jnp.array([advantage]))
        )(jnp.array(logits))
    else:
        z = [Value(x) for x in logits]
        scalar.reinforce_loss([scalar.categorical_log_prob(z, 1)], [advantage]).backward()
        slopes = [x.grad for x in z]
    np.testing.assert_allclose(slopes, expected, rtol=1e-14)


TABLE = [  # ratio, advantage, loss, its slope by log_prob: Schulman et al. 2017, figure 1, with clip_eps 0.25
    (1.5, 2.0, -2.5, 0.0),
    (1.125, 2.0, -2.25, -2.25),
    (0.5, 2.0, -1.0, -1.0),
    (1.5, -2.0, 3.0, 3.0),
    (0.875, -2.0, 1.75, 1.75),
    (0.5, -2.0, 1.5, 0.0),
    (1.5, 0.0, 0.0, 0.0),
    (1.0, 2.0, -2.0, -2.0),
]


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize(("ratio", "advantage", "loss", "slope"), TABLE)
def test_ppo_clips_what_it_has_gained_and_never_what_it_has_lost(room, ratio, advantage, loss, slope):
    got, slopes = with_slopes(room, "ppo_clip_loss", [math.log(ratio)], [0.0], [advantage], clip_eps=0.25)
    assert got == pytest.approx(loss, rel=1e-15)
    assert slopes == pytest.approx([slope], rel=1e-15)


@pytest.mark.parametrize("room", ROOMS)
def test_ppo_at_its_clip_has_half_the_slope_inside(room):
    for advantage, half in ((3.0, -3.0), (-3.0, 0.75)):  # exp(log(2)) is 2 and exp(log(1/2)) is 1/2
        eps, ratio = (1.0, 2.0) if advantage > 0 else (0.5, 0.5)
        got = with_slopes(room, "ppo_clip_loss", [math.log(ratio)], [0.0], [advantage], clip_eps=eps)
        assert got == (-ratio * advantage, [half])


@pytest.mark.parametrize("room", ROOMS)
def test_ppo_is_its_formula_and_starts_as_reinforce(room):
    rng = np.random.default_rng(0)
    new, old, advantage = rng.normal(size=(3, 50))
    ratio = np.exp(new - old)
    expected = -np.minimum(ratio * advantage, np.clip(ratio, 0.8, 1.2) * advantage)
    lists = given(room, *[x.tolist() for x in (new, old, advantage)])
    for reduction, how in (("none", np.asarray), ("sum", np.sum), ("mean", np.mean)):
        found = room.ppo_clip_loss(*lists, reduction=reduction)
        np.testing.assert_allclose(np.array(found, float), how(expected), rtol=1e-13)
    rest = (advantage.tolist(),)
    _, slopes = with_slopes(room, "ppo_clip_loss", old.tolist(), old.tolist(), *rest)
    _, others = with_slopes(room, "reinforce_loss", old.tolist(), *rest)
    np.testing.assert_allclose(slopes, others, rtol=1e-14)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.float32, jnp.float64])
def test_a_ratio_beyond_all_numbers_is_clipped_without_a_trace(dtype):
    new, old, advantage = jnp.array([2e4, 3e4], dtype), jnp.zeros(2, dtype), jnp.array([1.0, 0.0], dtype)
    loss, slopes = jax.value_and_grad(lambda x: array.ppo_clip_loss(x, old, advantage, reduction="sum"))(new)
    assert loss.dtype == dtype
    assert float(loss) == pytest.approx(-1.2, rel=float(jnp.finfo(dtype).eps))
    assert slopes.tolist() == [0, 0]


@pytest.mark.parametrize("room", ROOMS)
def test_losses_take_any_one_shape(room):
    p, a = ([[-1.0, -2.0], [-3.0, -4.0]], [[1.0, 2.0], [3.0, 4.0]])
    p, a = (p, a) if room is scalar else (jnp.array(p), jnp.array(a))
    assert np.array_equal(np.array(room.reinforce_loss(p, a, "none")), [[1.0, 4.0], [9.0, 16.0]])
    assert float(room.reinforce_loss(p, a)) == 7.5
    assert np.array_equal(np.array(room.ppo_clip_loss(p, p, a, reduction="none")), -np.array(a))


@pytest.mark.parametrize(("action", "shown"), [(jnp.zeros(2, int), r"int64 \(2,\)"), (0.5, r"float64 \(\)")])
def test_a_traced_action_is_one_integer(action, shown):
    with pytest.raises(TypeError, match=f"^categorical_log_prob: action must be an integer; got {shown}"):
        jax.jit(array.categorical_log_prob)(jnp.zeros(2), action)


def test_a_batch_of_policies_is_one_after_the_other():
    rng = np.random.default_rng(1)
    logits, actions = rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
    found = jax.jit(jax.vmap(array.categorical_log_prob))(logits, actions)
    for i in range(6):
        expected = scalar.categorical_log_prob(logits[i].tolist(), int(actions[i]))
        assert float(found[i]) == pytest.approx(expected, rel=1e-14)
