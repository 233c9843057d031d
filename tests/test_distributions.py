"""What policies draw actions from: probabilities and entropies of scipy, masks, and frequencies of draws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete
from scipy import stats

from rl.chance import Draw, drawn
from rl.distributions import distribution

COUNT = 100_000
RNG = np.random.default_rng(0)
CHOICES = (3, 2, 4)
SPACES = {
    "Discrete": Discrete(5, start=2),
    "MultiDiscrete": MultiDiscrete(CHOICES, start=[0, 5, -1]),
    "a grid of MultiDiscrete": MultiDiscrete([[2, 3], [4, 2]]),
    "MultiBinary": MultiBinary((2, 2)),
    "Box": Box(-1.0, 1.0, (2, 3), np.float32),
}


def normal(shape):
    return RNG.standard_normal(shape).astype(np.float32)


def shares(logits):
    """Softmax in float64."""
    powers = np.exp(np.asarray(logits, float) - np.max(logits, -1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def draws(policy, outputs, count=COUNT, seed=0):
    """`count` actions for one row of outputs."""
    plan = dict(act=Draw(policy.kind, (count, policy.size)))

    @jax.jit
    def sample(outputs):
        rows = jax.tree.map(lambda x: jnp.broadcast_to(x, (count, policy.size)), outputs)
        return policy.sample(rows, drawn(jax.random.key(seed), plan)["act"])

    return sample(outputs)


def test_one_action_has_the_probability_and_entropy_of_scipy():
    policy, logits = distribution("test", Discrete(4)), 3 * normal((5, 6, 4))
    action = RNG.integers(0, 4, (5, 6))
    found = jax.jit(policy.log_prob)(policy.outputs(logits, None), action)
    truth = np.log(np.take_along_axis(shares(logits), action[..., None], -1))[..., 0]
    np.testing.assert_allclose(found, truth, rtol=1e-5, atol=1e-6)
    entropy = jax.jit(policy.entropy)(logits)
    np.testing.assert_allclose(entropy, stats.entropy(shares(logits), axis=-1), rtol=1e-5)
    np.testing.assert_array_equal(policy.mode(logits), logits.argmax(-1))


@pytest.mark.parametrize("space", [MultiDiscrete(CHOICES), MultiBinary(3)], ids=str)
def test_choices_are_independent(space):
    policy = distribution("test", space)
    counts = CHOICES if isinstance(space, MultiDiscrete) else (2, 2, 2)
    logits = 2 * normal((7, sum(counts)))
    parts = [shares(part) for part in np.split(logits, np.cumsum(counts)[:-1], axis=-1)]
    action = np.stack([RNG.integers(0, count, 7) for count in counts], -1)
    truth = sum(np.log(part[np.arange(7), action[:, i]]) for i, part in enumerate(parts))
    np.testing.assert_allclose(jax.jit(policy.log_prob)(logits, action), truth, rtol=1e-5)
    truth = sum(stats.entropy(part, axis=-1) for part in parts)
    np.testing.assert_allclose(jax.jit(policy.entropy)(logits), truth, rtol=1e-5)
    np.testing.assert_array_equal(policy.mode(logits), np.stack([part.argmax(-1) for part in parts], -1))


def test_numbers_of_a_box_have_the_density_and_entropy_of_scipy():
    policy = distribution("test", Box(-1, 1, (2, 2)))
    assert (policy.size, policy.free) == (4, 4)
    mean, log_std, action = normal((3, 5, 4)), normal(4), normal((3, 5, 4))
    outputs = policy.outputs(jnp.asarray(mean), jnp.asarray(log_std))
    truth = stats.norm.logpdf(np.float64(action), np.float64(mean), np.exp(np.float64(log_std))).sum(-1)
    np.testing.assert_allclose(jax.jit(policy.log_prob)(outputs, action), truth, rtol=1e-4)
    truth = stats.norm.entropy(scale=np.exp(np.float64(log_std))).sum()
    entropy = jax.jit(policy.entropy)(outputs)
    np.testing.assert_allclose(entropy, np.full((3, 5), truth), rtol=1e-5)
    np.testing.assert_array_equal(policy.mode(outputs), mean)
    found = np.asarray(draws(policy, (outputs[0][0, 0], log_std)), float)
    error = np.exp(log_std) / COUNT**0.5
    assert (np.abs(found.mean(0) - mean[0, 0]) <= 5 * error).all()
    assert (np.abs(found.std(0) - np.exp(log_std)) <= 5 * error / 2**0.5).all()


def test_what_is_not_legal_has_no_probability_and_is_never_drawn():
    policy, logits = distribution("test", Discrete(4)), jnp.array([2.0, 50.0, -1.0, 0.5], jnp.float32)
    legal = jnp.array([True, False, True, True])
    outputs = policy.outputs(logits, None, legal)
    share = shares(np.array([2.0, -1.0, 0.5]))
    found = jax.jit(policy.log_prob)(jnp.stack([outputs] * 3), jnp.array([0, 2, 3]))
    np.testing.assert_allclose(found, np.log(share), rtol=1e-5)
    np.testing.assert_allclose(policy.entropy(outputs), stats.entropy(share), rtol=1e-5)
    assert policy.mode(outputs) == 0
    assert set(np.unique(draws(policy, outputs)).tolist()) == {0, 2, 3}
    only = policy.outputs(logits, None, jnp.array([False, False, True, False]))
    assert (draws(policy, only, 100) == 2).all() and policy.entropy(only) == 0


def test_masks_of_several_choices_stand_in_a_row():
    policy = distribution("test", MultiDiscrete(CHOICES))
    legal = jnp.array([1, 0, 1, 0, 1, 1, 1, 0, 0], bool)
    found = np.asarray(draws(policy, policy.outputs(jnp.zeros(9, jnp.float32), None, legal), 2_000))
    assert [sorted(set(column)) for column in found.T.tolist()] == [[0, 2], [1], [0, 1]]


@pytest.mark.parametrize("name", ["Discrete", "MultiDiscrete", "MultiBinary"])
def test_actions_are_drawn_as_often_as_they_are_likely(name):
    policy = distribution("test", SPACES[name])
    outputs = jnp.asarray(normal(policy.size))
    found = np.asarray(draws(policy, outputs)).reshape(COUNT, -1)
    counts = getattr(policy, "counts", [policy.size])
    for column, part in zip(found.T, np.split(np.asarray(outputs), np.cumsum(counts)[:-1]), strict=True):
        share = shares(part)
        often = np.bincount(column, minlength=len(part)) / COUNT
        assert (np.abs(often - share) <= 5 * np.sqrt(share * (1 - share) / COUNT)).all()


@pytest.mark.parametrize("name", SPACES)
def test_the_environment_gets_actions_of_its_space(name):
    space, policy = SPACES[name], distribution("test", SPACES[name])
    outputs = policy.outputs(jnp.asarray(normal((1, policy.size))), jnp.full(policy.free, 1.0, jnp.float32))
    sent = np.asarray(policy.to_env(np.asarray(draws(policy, outputs, 300))))
    assert all(space.contains(one if space.shape else int(one)) for one in sent)
    if policy.kind == "gumbel":
        assert len(np.unique(sent.reshape(300, -1), axis=0)) > 4


@pytest.mark.parametrize("space", [Dict(a=Discrete(2)), Box(0, 5, (2,), np.int32)], ids=str)
def test_a_space_that_is_not_supported_gets_a_sentence(space):
    with pytest.raises(
        ValueError, match="PPO: actions must be Discrete, MultiDiscrete, MultiBinary or a Box"
    ):
        distribution("PPO", space)
