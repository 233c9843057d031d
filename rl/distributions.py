"""What a policy draws actions from, by action space: the network's outputs become a distribution.

Formulas are those of rl.policy_gradient; here they meet spaces, batches and masks of legal actions.
O: outputs of the network that one action needs, A: actions of a Discrete space, D: numbers of a Box.
"""

from functools import reduce
from math import prod
from operator import add, and_

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete

from . import observed, policy_gradient, spaces


def batched(formula, *arguments):
    """A formula whose first argument is one vector, over all leading axes of its arguments."""
    shape = arguments[0].shape[:-1]
    rows = (x.reshape(-1, *x.shape[len(shape) :]) for x in arguments)
    return jax.vmap(formula)(*rows).reshape(shape)


def only_legal(logits, legal):
    """Logits with the lowest number for what is not legal; legal: booleans of their shape, or None."""
    return logits if legal is None else jnp.where(legal, logits, jnp.finfo(logits.dtype).min)


def some_legal(space, legal):
    """Whether each choice of a counted space is left a legal action, [...]; legal: [..., A] booleans.

    >>> some_legal(MultiDiscrete([2, 2]), jnp.array([True, True, False, False])).tolist()
    False
    """
    cuts = np.cumsum(observed.choices(space) or [])[:-1].tolist()
    return reduce(and_, (part.any(-1) for part in jnp.split(legal, cuts, axis=-1)))


class Categorical:
    """One of A actions, with probabilities softmax(logits). O = A.

    >>> policy = Categorical(Discrete(2))
    >>> policy.sample(jnp.array([[0.0, 1.0]]), jnp.array([[3.0, 0.0]])).tolist(), policy.free
    ([0], 0)
    """

    free = 0  # numbers that are learnt apart from the network's outputs
    kind = "gumbel"  # of the noise: the largest of logits + noise is drawn with softmax's probabilities

    def __init__(self, space):
        self.size, self.shape, self.start = int(space.n), (), int(space.start)

    def outputs(self, raw, free, legal=None):
        """The network's outputs as what the other methods take."""
        return only_legal(raw, legal)

    def sample(self, logits, noise):
        """Integers in [0, A). Source: Gumbel 1954; Maddison et al. 2014, section 2."""
        return jnp.argmax(logits + noise, axis=-1).astype(jnp.int32)

    def mode(self, logits):
        """The likeliest action, ties to the first."""
        return jnp.argmax(logits, axis=-1).astype(jnp.int32)

    def log_prob(self, logits, action):
        """[...], of actions [...]."""
        return batched(policy_gradient.categorical_log_prob, logits, action)

    def entropy(self, logits):
        """[...], in nats."""
        return batched(policy_gradient.entropy, logits)

    def to_env(self, action):
        """As the environment counts."""
        return action + self.start


class MultiCategorical:
    """One action of each of several independent choices: MultiDiscrete and MultiBinary. O = sum of choices.

    >>> policy = MultiCategorical(MultiDiscrete([2, 3]))
    >>> policy.mode(jnp.array([0.0, 1.0, 5.0, 0.0, 0.0])).tolist()
    [1, 0]
    """

    free = 0
    kind = "gumbel"

    def __init__(self, space):
        binary = isinstance(space, MultiBinary)
        counts = np.full(space.shape, 2) if binary else np.asarray(space.nvec)
        self.space_shape, self.counts = counts.shape, counts.ravel().tolist()
        self.start = np.zeros(counts.shape, np.int32) if binary else np.asarray(space.start, np.int32)
        self.size, self.shape = sum(self.counts), (len(self.counts),)
        self.cuts = np.cumsum(self.counts)[:-1].tolist()

    def outputs(self, raw, free, legal=None):
        """Logits of all choices in a row."""
        return only_legal(raw, legal)

    def _choices(self, rows):
        return jnp.split(rows, self.cuts, axis=-1)

    def sample(self, logits, noise):
        """Integers [..., choices]."""
        return self.mode(logits + noise)

    def mode(self, logits):
        """The likeliest action of each choice."""
        best = [jnp.argmax(part, axis=-1) for part in self._choices(logits)]
        return jnp.stack(best, axis=-1).astype(jnp.int32)

    def log_prob(self, logits, action):
        """[...]: the choices are independent, so their log-probabilities add up."""
        parts = enumerate(self._choices(logits))
        terms = (batched(policy_gradient.categorical_log_prob, part, action[..., i]) for i, part in parts)
        return reduce(add, terms)

    def entropy(self, logits):
        """[...], the sum over choices, in nats."""
        return reduce(add, (batched(policy_gradient.entropy, part) for part in self._choices(logits)))

    def to_env(self, action):
        """In the space's shape."""
        shaped = action.reshape(*action.shape[:-1], *self.space_shape)
        return shaped + spaces.lifted(self.start, shaped)


class Gaussian:
    """Independent normals, one for each of the D numbers of a Box; deviations are learnt on their own.

    O = D: the means. Draws beyond the bounds are clipped on the way to the environment alone.

    >>> policy = Gaussian(Box(-1, 1, (2,)))
    >>> policy.to_env(jnp.array([[0.5, 3.0]])).tolist()
    [[0.5, 1.0]]
    """

    kind = "normal"

    def __init__(self, space):
        self.low, self.high, self.space_shape = space.low, space.high, space.shape
        self.size = self.free = prod(space.shape)
        self.shape = (self.size,)

    def outputs(self, raw, free, legal=None):
        """(mean, log_std), [..., D] each; free: [D], the log_std."""
        return raw, jnp.broadcast_to(spaces.lifted(free, raw), raw.shape)

    def sample(self, outputs, noise):
        """mean + std * noise."""
        mean, log_std = outputs
        return mean + jnp.exp(log_std) * noise

    def mode(self, outputs):
        """The mean."""
        return outputs[0]

    def log_prob(self, outputs, action):
        """[...], of actions [..., D]."""
        return batched(policy_gradient.gaussian_log_prob, *outputs, action)

    def entropy(self, outputs):
        """[...], in nats."""
        return batched(policy_gradient.gaussian_entropy, outputs[1])

    def to_env(self, action):
        """In the space's shape, within its bounds."""
        shaped = action.reshape(*action.shape[:-1], *self.space_shape)
        return shaped.clip(spaces.lifted(self.low, shaped), spaces.lifted(self.high, shaped))


def suited(space):
    """What takes such actions, as the fix of a sentence.

    >>> suited(Discrete(2)), suited(Box(-1, 1, (1,))), suited(MultiBinary(2))
    ('rl.PPO or rl.DQN', 'rl.PPO or rl.SAC', 'rl.PPO')
    """
    if isinstance(space, Box):
        if not np.issubdtype(space.dtype, np.floating):
            return "gymnasium.wrappers.TransformAction, to a space of floats or counted actions"
        return "rl.PPO or rl.SAC" if space.is_bounded() else "rl.PPO"
    if isinstance(space, Discrete):
        return "rl.PPO or rl.DQN"
    return (
        "rl.PPO" if isinstance(space, MultiDiscrete | MultiBinary) else "gymnasium.wrappers.TransformAction"
    )


def distribution(function, space):
    """The distribution of an action space, with what is not supported named.

    >>> type(distribution("PPO", Discrete(4))).__name__
    'Categorical'
    """
    if 0 in (getattr(space, "shape", None) or ()):
        raise ValueError(f"{function}: actions must hold one number at least; got {space}.")
    if isinstance(space, Discrete):
        return Categorical(space)
    if isinstance(space, MultiDiscrete | MultiBinary):
        return MultiCategorical(space)
    if isinstance(space, Box) and np.issubdtype(space.dtype, np.floating):
        return Gaussian(space)
    raise ValueError(
        f"{function}: actions must be Discrete, MultiDiscrete, MultiBinary or a Box of floats; got {space}. "
        f"Fix: {suited(space)}."
    )
