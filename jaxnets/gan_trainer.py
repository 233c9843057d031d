"""A generator and a discriminator that learn from each other: the networks, and how they are fitted.

The compiled step is in gan_step.py. N: examples, B: examples in a batch.
"""

from contextlib import nullcontext
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx

from . import checks, data, gan, gan_networks, gan_step, loop, parts, sharding, training, untraced
from .progress import progress

NAMES = ["discriminator_loss", "generator_loss"]


class GAN:
    """Two networks with opposite aims: a generator that makes examples from noise, and a discriminator that
    scores how real an example is.

    generator, discriminator: the NNX modules (lists of layers become `nnx.Sequential`); weights: what they
    have learnt; history: of the last `fit`; steps: how many steps there were.

    Arguments: generator, a list of layers or a module, [B, latent_features] -> [B, ...]; discriminator, a
    list of layers or a module, [B, ...] -> scores [B, 1] or [B], any real numbers: no sigmoid at its end.
    latent_features: how many numbers, drawn from N(0, 1), the generator makes an example from. seed: draws
    the weights, the noise and the order of the examples; dtype: "float32" or "float64". The same seed gives
    the same networks, to the last bit, on one machine.

    >>> import jaxnets as jn
    >>> net = jn.GAN([jn.Linear(4, 1)], [jn.Linear(1, 8), jn.relu, jn.Linear(8, 1)], latent_features=4)
    >>> net.compile(jn.adam(0.01), jn.adam(0.01))
    >>> history = net.fit(np.full((64, 1), 3.0), epochs=2, verbose=0)
    >>> list(history.history), net.sample(5).shape
    (['discriminator_loss', 'generator_loss'], (5, 1))
    """

    def __init__(self, generator, discriminator, latent_features: int, seed: int = 0, dtype="float32"):
        self.latent_features = data.whole("GAN", "latent_features", latent_features, 1)
        self.seed, self.dtype = data.whole("GAN", "seed", seed, 0), data.float_type("GAN", dtype)
        made = map(gan_networks.module, gan_networks.PLAYERS, (generator, discriminator))
        self.generator, self.discriminator = self._modules = tuple(made)
        if parts.shared(*self._modules):
            raise ValueError(
                "GAN: generator and discriminator must have no layer in common; got one in both."
            )
        self._untrained = parts.draw(self.generator, self.seed, self.dtype)
        parts.draw(self.discriminator, (self.seed, 1), self.dtype)
        self._states: Any = None
        self._average: Any = None
        self._programs, self.steps, self._epochs, self.history = gan_networks.Programs(), 0, 0, None
        gan_networks.example(self._modules, self.latent_features, self.dtype)

    def __repr__(self):
        inside = ", ".join(f"[{parts.described(module)}]" for module in self._modules)
        rest = f"latent_features={self.latent_features}, seed={self.seed}, dtype={str(self.dtype)!r}"
        return f"GAN({inside}, {rest})"

    @property
    def weights(self):
        """What both have learnt, a nested dict of arrays to save: "generator" and "discriminator", each with
        parameters and running statistics by layer as in `NeuralNet.params`, and with `ema` the "average" that
        answers in the generator's place. A dict of the same keys and shapes may be assigned."""
        return gan_networks.weights(self._modules, self._averaged())

    @weights.setter
    def weights(self, tree):
        if isinstance(tree, dict) and "average" in tree and self._averaged() is None:
            raise ValueError(
                "GAN.weights: an average must come to a GAN that is compiled with ema; got one compiled "
                "without. Fix: compile(..., ema=0.999) first."
            )
        tree = parts.like("GAN.weights", self.weights, tree)
        self._average, self._untrained = gan_networks.take(self._modules, tree), False

    def _averaged(self):
        """The average of the generator's parameters, where there is one; its weight is 0 at first."""
        if self._average is None and self._programs.game and self._programs.game.ema:
            return gan_step.Average(loop.split(self.generator)[1], np.zeros((), self.dtype))
        return self._average

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        loss: str = "non_saturating",
        gradient_penalty: float = 0.0,
        r1_penalty: float = 0.0,
        discriminator_steps: int = 1,
        ema: float = 0.0,
    ):
        """Choose how both learn. Forgets what earlier optimizers remembered; keeps the weights.

        generator_optimizer, discriminator_optimizer: this library's, or any Optax transformation; two states,
        so that each may have its own learning rate. loss: "minimax", "non_saturating", "least_squares" or
        "wasserstein". gradient_penalty: the weight of `gradient_penalty` between real and fake examples,
        customarily 10 with "wasserstein"; r1_penalty: that of half the squared slope at real examples.
        discriminator_steps: steps of the discriminator before each one of the generator. ema: in [0, 1),
        the decay of a running mean of the generator's weights after each step that `sample` then uses (those
        before the first step are not in it); 0 for none, 0.999 for smoother samples.
        """
        optimizers = dict(generator=generator_optimizer, discriminator=discriminator_optimizer)
        for name, optimizer in optimizers.items():
            if not isinstance(optimizer, optax.GradientTransformation):
                raise TypeError(
                    f"GAN.compile: {name}_optimizer must be an Optax transformation; "
                    f"got {checks.told(optimizer)}. Fix: {name}_optimizer=jaxnets.adam(1e-4, b1=0.5)."
                )
        gan._known("GAN.compile", "loss", loss)
        checks.non_negative("GAN.compile", "gradient_penalty", gradient_penalty)
        checks.non_negative("GAN.compile", "r1_penalty", r1_penalty)
        rounds = data.whole("GAN.compile", "discriminator_steps", discriminator_steps, 1)
        checks.fraction("GAN.compile", "ema", ema)
        self._programs.game = gan_step.Game(
            generator_optimizer,
            discriminator_optimizer,
            loss,
            float(gradient_penalty),
            float(r1_penalty),
            rounds,
            float(ema),
        )
        self._states, self._average = None, None
        self._programs.forget()

    def fit(
        self,
        x,
        epochs: int = 1,
        batch_size: int | None = 64,
        shuffle: bool = True,
        verbose: int = 1,
        chunk_steps: int | None = None,
    ) -> training.History:
        """Train both in turns, and return the `History` of both losses. A second call goes on.

        x: [N, ...], real examples of the shape the generator makes. epochs: how many times through the data;
        batch_size: real examples, and as many fakes, in a step of the discriminator, None for all. Every
        batch is full: the last one of an epoch goes on into the next. shuffle, verbose, chunk_steps: as in
        `NeuralNet.fit`; none of the latter two changes a bit of the result.

        A loss that becomes nan ends the training with that epoch, and a RuntimeWarning says so. Interrupted,
        by an error or by Ctrl-C, both networks are those of the last finished chunk. Bad data raises
        ValueError or TypeError before anything is touched.
        """
        untraced.refuse("fit")
        if (game := self._programs.game) is None:
            raise ValueError(
                "fit: the GAN must be compiled first. "
                "Fix: compile(generator_optimizer, discriminator_optimizer)."
            )
        epochs = data.whole("fit", "epochs", epochs, 0)
        checks.flag("fit", "shuffle", shuffle)
        batch_size = None if batch_size is None else data.whole("fit", "batch_size", batch_size, 1)
        chunk_steps = None if chunk_steps is None else data.whole("fit", "chunk_steps", chunk_steps, 1)
        x = data.features("fit", "x", x, self.dtype)
        if x.shape[1:] != (made := self._example()):
            raise ValueError(
                f"fit: x must have the shape of what the generator makes, {made} an example; "
                f"got {x.shape[1:]}."
            )
        plan = gan_step.Batches(len(x), batch_size, game.rounds, shuffle, self.seed)
        bar = progress(verbose, epochs, plan.steps)
        if epochs == 0:
            return training.History(NAMES)
        graphs, carry = self._carry()
        program, pace = self._program(graphs, plan)
        batch = loop.Batch(x, None)
        run = training.Run(carry, program, pace, plan, batch, NAMES, self._epochs, sharding.ONE)
        try:
            with bar or nullcontext():
                return run.train(epochs, None, chunk_steps, bar)
        finally:
            if run.steps:
                self._keep(run)

    def _example(self):
        """The shape of an example that the generator makes."""
        return self._programs.example(self._modules, self.latent_features, self.dtype).shape[1:]

    def _carry(self):
        """Both graphs, and the carry that the next step starts from."""
        graphs, params, rests = zip(*map(loop.split, self._modules), strict=True)
        self._states = self._programs.states(params, self._states, self._average)
        players = list(map(gan_step.Player, params, rests, self._states))
        self._average = self._averaged()
        generator, discriminator = players
        seed, turn = np.uint32(self.seed % 2**32), np.uint32(self.steps)
        carry = gan_step.Carry(generator, discriminator, self._average, seed, turn)
        return graphs, jax.device_put(carry)

    def _program(self, graphs, plan):
        """The training loop for the batches of a plan, and how many steps of it make a good chunk."""

        def make():
            step = gan_step.train_step(graphs, self._programs.game, self.latent_features)
            return loop.chunk(step, plan.capacity, len(NAMES), self.dtype), training.Pace()

        return self._programs.keep(("chunk", *graphs, plan.line), make)

    def _keep(self, run):
        """Both networks as the last finished chunk left them."""
        players = run.carry.generator, run.carry.discriminator
        for module, player in zip(self._modules, players, strict=True):
            nnx.update(module, player.params)
            nnx.update(module, player.rest)
        self._states, self._average = [player.opt_state for player in players], run.carry.average
        self.steps, self.history, self._untrained = self.steps + run.steps, run.history, False
        self._epochs += len(run.history.epoch)

    def generate(self, latent) -> np.ndarray:
        """What the generator makes of noise of your own, [N, latent_features], in inference mode.

        With `ema` it is the averaged generator that answers.
        """
        latent = data.features("generate", "latent", latent, self.dtype)
        untraced.refuse("generate")
        if latent.shape[1:] != (self.latent_features,):
            raise ValueError(
                f"generate: latent must be [N, {self.latent_features}], the latent_features of the GAN; "
                f"got {latent.shape}."
            )
        graphdef, params, rest = loop.split(self.generator)
        run = self._programs.keep(("inference", graphdef), lambda: loop.inference(graphdef))
        return np.asarray(run(params if self._average is None else self._average.mean, rest, latent))

    def sample(self, count: int, seed: int = 0) -> np.ndarray:
        """New examples [count, ...]: `generate` of noise drawn from N(0, 1) by seed; other seeds, others.

        Raises ValueError for a GAN that still has the weights it was born with.
        """
        count, seed = data.whole("sample", "count", count, 1), data.whole("sample", "seed", seed, 0)
        if self._untrained:
            raise ValueError(
                "sample: the GAN must be fitted or be given weights first. "
                "Fix: fit(x), weights = ..., or generate(latent) to see what untrained weights make."
            )
        checks.countable("sample", "count", count)
        for name, shape in (("noise", (self.latent_features,)), ("sample", self._example())):
            checks.fits("sample", f"the {name}", (count, *shape), self.dtype)
        return self.generate(np.random.default_rng(seed).standard_normal((count, self.latent_features)))
