"""A generator and a discriminator of scalars that learn from each other, one step of each in turn.

N: examples, B: examples in a batch, z: latent feature.
"""

import math
import random
from typing import Any

from . import checks, data
from .activations import sigmoid, softmax
from .checks import each, flatten, shape
from .gan import _known, discriminator_loss, generator_loss, gradient_penalty, interpolation
from .history import History
from .layer import Activation, Layer, listed
from .neural_net import NeuralNet
from .optimizers import Optimizer
from .transforms import grad
from .value import mistaken, plain


class GAN:
    """Two nets with opposite aims: a generator makes examples from noise, a discriminator scores them.

    generator, discriminator: lists of layers; the discriminator ends in one score, without a sigmoid.
    latent_features: how many numbers, drawn from N(0, 1), an example is made from. seed: draws weights, noise
    and the order of examples. history: what the last `fit` saw.

    >>> from microgrid import Linear, gradient_descent, tanh
    >>> net = GAN([Linear(1, 1)], [Linear(1, 3), tanh, Linear(3, 1)], latent_features=1)
    >>> net.compile(gradient_descent(0.1), gradient_descent(0.1))
    >>> losses = net.fit([[3.0], [3.5]], epochs=200).history
    >>> 2.5 < net.sample(1)[0][0] < 4.5
    True
    """

    def __init__(self, generator, discriminator, latent_features, seed=0):
        self.latent_features = checks.whole("GAN", "latent_features", latent_features, 1)
        self.seed = checks.whole("GAN", "seed", seed, 0)
        for name, network in (("generator", generator), ("discriminator", discriminator)):
            listed(f"GAN: {name}", network)
        if {id(layer) for layer in generator if isinstance(layer, Layer)} & set(map(id, discriminator)):
            raise ValueError(
                "GAN: generator and discriminator must have no layer in common; got one in both."
            )
        self.generator, self.discriminator = NeuralNet(generator, seed), NeuralNet(discriminator, seed + 1)
        self._draw, self.history = random.Random(self.seed), None
        self._kind: Any = None
        self._penalty: Any = None
        self._learners: Any = None
        self._learnt = False
        self._made = shape(self._taken("generator", _halves((1, self.latent_features)))[0])
        scores = shape(self._taken("discriminator", [_halves(self._made)]))
        if scores not in ((1,), (1, 1)):
            raise ValueError(
                f"GAN: the discriminator must return one score an example, [N, 1] or [N]; got {scores} for 1 "
                f"example. Fix: end it with Linear(..., 1)."
            )
        last = self.discriminator.layers[-1]
        if isinstance(last, Activation) and last.function in (sigmoid, softmax):
            raise ValueError(
                "GAN: the discriminator must return scores, and its last layer squashes them into "
                "probabilities. Fix: leave that layer out; the losses apply it."
            )

    def compile(
        self, generator_optimizer, discriminator_optimizer, loss="non_saturating", gradient_penalty=0.0
    ):
        """Chooses how both learn.

        generator_optimizer, discriminator_optimizer: of microgrid.optimizers. loss: "minimax",
        "non_saturating", "least_squares" or "wasserstein". gradient_penalty: its weight, >= 0.
        """
        optimizers = dict(generator=generator_optimizer, discriminator=discriminator_optimizer)
        for name, optimizer in optimizers.items():
            if not isinstance(optimizer, Optimizer):
                raise TypeError(
                    f"GAN.compile: {name}_optimizer must be one of microgrid.optimizers; got {optimizer!r}. "
                    f"Fix: {name}_optimizer=microgrid.adam(1e-3)."
                )
        _known("GAN.compile", "loss", loss)
        gradient_penalty = checks.non_negative("GAN.compile", "gradient_penalty", gradient_penalty)
        self._kind, self._penalty, self._learnt = loss, gradient_penalty, False
        nets = self.generator, self.discriminator
        self._learners = [_Learner(*pair) for pair in zip(nets, optimizers.values(), strict=True)]

    def step(self, real, noise, between=None):
        """One step of the discriminator, then one of the generator on the same fakes.

        real: [B][...] numbers; noise: [B][latent_features]; between: [B] in [0, 1), where on the line from
        fake (0) to real (1) the gradient penalty is taken. Returns both losses before the step.
        """
        generator, discriminator = self._players("step")
        fake = _outputs(self.generator, noise)
        seen = each(plain, fake)
        loss = discriminator_loss(self._scores(real), self._scores(seen), self._kind)
        if self._penalty:
            points = interpolation(real, seen, between)
            slopes = [grad(lambda x: self._scores([x])[0])(point) for point in points]
            loss = loss + self._penalty * gradient_penalty(slopes)
        self.generator.trained = True
        before, self._learnt = discriminator.learn(loss, self._learnt), True
        return before, generator.learn(generator_loss(self._scores(fake), self._kind), True)

    def fit(self, x, epochs=1, batch_size=32):
        """Both learn in turns from real examples x [N][...]; batch_size: real examples in a step, None for
        all. Returns the `History` of both losses. Where learning led to a loss beyond all numbers, training
        ends with that epoch and a RuntimeWarning."""
        self._players("fit")
        epochs = checks.whole("fit", "epochs", epochs, 0)
        if batch_size is not None:
            batch_size = checks.whole("fit", "batch_size", batch_size, 1)
        x = data.features("fit", "x", x)
        size = len(x) if batch_size is None else batch_size
        if shape(x)[1:] != self._made:
            raise ValueError(
                f"fit: x must have the shape of what the generator makes, {self._made} an example; "
                f"got {shape(x)[1:]}."
            )
        self.history = seen = History({"discriminator_loss": [], "generator_loss": []}, [])
        order = list(range(len(x)))
        for epoch in range(epochs):
            self._draw.shuffle(order)
            batches = [order[i : i + size] for i in range(0, len(x), size)]
            losses = [self._turn([x[n] for n in batch]) for batch in batches]
            means = [sum(of_steps) / len(batches) for of_steps in zip(*losses, strict=True)]
            if seen.add(epoch, **dict(zip(seen.history, means, strict=True))):
                break
        return seen

    def sample(self, count):
        """New examples [count][...], of noise that follows from the seed and all draws before.

        Raises ValueError for a GAN that still has the weights it was born with.
        """
        count = checks.whole("sample", "count", count, 1)
        if not self.generator.trained:
            raise ValueError("sample: the GAN must be fitted first. Fix: fit(x).")
        noise = self._noise(count)
        return each(plain, _outputs(self.generator, noise))

    def _players(self, function):
        if self._learners is None:
            raise ValueError(
                f"{function}: the GAN must be compiled first. "
                f"Fix: compile(generator_optimizer, discriminator_optimizer)."
            )
        return self._learners

    def _taken(self, network, examples):
        """What a network makes of examples; one that refuses them is a sentence."""
        try:
            return _outputs(getattr(self, network), examples)
        except Exception as error:  # a layer may raise anything
            raise ValueError(
                f"GAN: the {network} does not take an example of shape {shape(examples[0])}; {error}"
            ) from error

    def _turn(self, real):
        """The losses of a step; nan where learning led to none."""
        try:
            return self.step(real, self._noise(len(real)), [self._draw.random() for _ in real])
        except OverflowError:
            if not self._learnt:
                raise
            return math.nan, math.nan

    def _noise(self, count):
        return [[self._draw.gauss(0, 1) for _ in range(self.latent_features)] for _ in range(count)]

    def _scores(self, examples):
        return flatten(_outputs(self.discriminator, examples))


class _Learner:
    """A net, and what its optimizer remembers."""

    def __init__(self, net, optimizer):
        self._weights, self._optimizer = net.parameters(), optimizer
        self._state = optimizer.init([weight.data for weight in self._weights])

    def learn(self, loss, learnt):
        """One step down the slope of the loss, which is returned; nan, and no step, where learning led to
        none."""
        if learnt and mistaken(loss):
            return math.nan
        for weight in self._weights:
            weight.grad = 0  # the other net's loss left its slopes here too
        loss.backward()
        grads, data = [w.grad for w in self._weights], [w.data for w in self._weights]
        updates, self._state = self._optimizer.update(grads, self._state, data)
        for weight, update in zip(self._weights, updates, strict=True):
            weight.data = weight.data + update
        return plain(loss)


def _halves(dimensions):
    """Nested lists of a shape, to see what a net makes of it."""
    return [_halves(dimensions[1:]) for _ in range(dimensions[0])] if dimensions else 0.5


def _outputs(net, examples):
    """What a net makes of a batch: nested lists of Values."""
    for layer in net.layers:
        examples = layer.batch(examples)
    return examples
