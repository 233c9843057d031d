"""One step of a generator against a discriminator, as a pure function for the loop in loop.py, and its rows.

B: examples in a batch, R: steps of the discriminator in one of the generator.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import lax

from . import gan, kernels, loop, training


class Player(NamedTuple):
    """A network between two steps: parameters, other variables, state of its optimizer."""

    params: Any
    rest: Any
    opt_state: Any


class Average(NamedTuple):
    """The running mean of the parameters after each step, 1/ema as heavy as those one step before.

        mean[t] = sum_k ema**(t - k) * params[k] / sum_k ema**(t - k),  k = 1 to t

    weight: 1 - ema**t, that of all steps so far, so that what was there before the first has none.
    """

    mean: Any
    weight: Any

    def after(self, params, ema):
        """The mean with the parameters of one step more."""
        weight = ema * self.weight + (1 - ema)
        share = (1 - ema) / weight

        def nearer(mean, new):
            return mean + share.astype(mean.dtype) * (new - mean)

        return Average(jax.tree.map(nearer, self.mean, params), weight)


class Carry(NamedTuple):
    """What one step hands to the next. average: an `Average` of the generator's parameters, or None;
    seed: of all noise, a uint32; step: how many steps there were, a uint32."""

    generator: Player
    discriminator: Player
    average: Any
    seed: Any
    step: Any


class Game(NamedTuple):
    """What `GAN.compile` chose."""

    generator_optimizer: Any
    discriminator_optimizer: Any
    loss: str
    gradient_penalty: float
    r1_penalty: float
    rounds: int
    ema: float


class Batches(training.Plan):
    """Which rows each step sees: one permutation of all rows after the other, cut into full batches.

    A step takes a batch for each of its rounds of the discriminator; an epoch has as many steps as it takes
    to see every row once.
    """

    def __init__(self, examples, batch_size, rounds, shuffle, seed):
        super().__init__(examples, batch_size, shuffle, seed)
        self.line = self.batch * rounds
        self.steps, self.remainder = -(-examples // self.line), 0
        self.sizes = np.ones(self.steps)
        self.capacity = max(1, min(training.MOST_STEPS, training.MOST_ROWS // self.line))
        self._whole = training.Plan(examples, None, shuffle, seed)

    def lines(self, first, count):
        """The table [K, rounds * B] for `count` steps from step `first` of all epochs; no batch is short."""
        examples, start, rows = self._whole.batch, first * self.line, count * self.line
        epochs = range(start // examples, -(-(start + rows) // examples))
        stream = np.concatenate([self._whole.order(epoch)[0] for epoch in epochs])
        at = start - epochs[0] * examples
        table = np.zeros((self.capacity, self.line), np.int32)
        table[:count] = stream[at : at + rows].reshape(count, self.line)
        return table, np.zeros(self.capacity, bool)


def _key(seed, turn):
    """The key of one turn: threefry's own two words. Folding in and splitting would each run threefry once
    more, a loop of its own, and together take longer than the noise."""
    return jax.random.wrap_key_data(jnp.stack([seed, turn]), impl="threefry2x32")


def _network(graphdef):
    """The function (params, rest, inputs) -> (outputs, rest) of a network that learns."""

    def call(params, rest, inputs):
        module = loop.merged(graphdef, params, rest, training=True)
        outputs = module(inputs)
        return outputs, loop.like(nnx.to_pure_dict(nnx.state(module, nnx.Not(nnx.Param))), rest)

    return call


def _learnt(optimizer, player, rest, grads, loss):
    """The player after one step of its optimizer."""
    update = optax.with_extra_args_support(optimizer).update
    updates, opt_state = update(grads, player.opt_state, player.params, value=loss, grad=grads)
    return Player(optax.apply_updates(player.params, updates), rest, opt_state)


def train_step(graphs, game, latent_features):
    """The pure function (carry, batch) -> (carry, figures [2]): the losses of the discriminator, penalties
    included and the mean of its R steps, and of the generator.

    graphs: of generator and discriminator, from `loop.split`; batch.inputs: [R * B, ...], B for each step of
    the discriminator. The generator then answers for the fakes of the last of them, so that it runs forward
    once, not twice, where R is 1.
    """
    generate, discriminate = map(_network, graphs)

    def scores(params, rest, inputs):
        logits, rest = discriminate(params, rest, inputs)
        return logits.reshape(len(inputs)), rest

    def slopes(params, rest, inputs):
        """The gradient of each example's score by that example."""
        return jax.grad(lambda inputs: jnp.sum(scores(params, rest, inputs)[0]))(inputs)

    def cost(params, rest, real, fake, key):
        real_logits, rest = scores(params, rest, real)
        fake_logits, rest = scores(params, rest, fake)
        loss = gan.discriminator_loss(real_logits, fake_logits, game.loss)
        if game.gradient_penalty:
            noise = kernels.uniform(key, real.shape[:1], real.dtype)
            between = slopes(params, rest, gan.interpolation(real, fake, noise))
            loss = loss + game.gradient_penalty * gan.gradient_penalty(between)
        if game.r1_penalty:
            steepness = gan.gradient_penalty(slopes(params, rest, real), center=0.0)
            loss = loss + game.r1_penalty / 2 * steepness
        return loss, rest

    def against(player, real, fake, key):
        """The discriminator after one step on real and fake examples, and its loss before it."""
        value_and_grads = jax.value_and_grad(cost, has_aux=True)
        (loss, rest), grads = value_and_grads(player.params, player.rest, real, fake, key)
        return _learnt(game.discriminator_optimizer, player, rest, grads, loss), loss

    def step(carry, batch):
        generator, discriminator, average, seed, count = carry
        real = batch.inputs.reshape(game.rounds, -1, *batch.inputs.shape[1:])
        turns = 2 * (count * game.rounds + jnp.arange(game.rounds, dtype=jnp.uint32))

        def fakes(params, rest, turn):
            noise = kernels.normal(_key(seed, turn), (real.shape[1], latent_features), real.dtype)
            return generate(params, rest, noise)

        def turn(state, given):
            discriminator, rest = state
            real, turn = given
            fake, rest = fakes(generator.params, rest, turn)
            discriminator, loss = against(discriminator, real, fake, _key(seed, turn + 1))
            return (discriminator, rest), loss

        early, rest = jnp.zeros(0, real.dtype), generator.rest
        if game.rounds > 1:
            (discriminator, rest), early = lax.scan(turn, (discriminator, rest), (real[:-1], turns[:-1]))
        fake, pull, rest = jax.vjp(lambda p: fakes(p, rest, turns[-1]), generator.params, has_aux=True)
        discriminator, last = against(discriminator, real[-1], fake, _key(seed, turns[-1] + 1))

        def answer(fake):
            logits, rest = scores(discriminator.params, discriminator.rest, fake)
            return gan.generator_loss(logits, game.loss), rest

        (loss, last_rest), d_fake = jax.value_and_grad(answer, has_aux=True)(fake)
        generator = _learnt(game.generator_optimizer, generator, rest, pull(d_fake)[0], loss)
        if average is not None:
            average = average.after(generator.params, game.ema)
        mean_loss = (jnp.sum(early) + last) / game.rounds
        carry = Carry(generator, discriminator._replace(rest=last_rest), average, seed, count + 1)
        return carry, jnp.stack([mean_loss, loss])

    return step
