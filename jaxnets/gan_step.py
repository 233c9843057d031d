"""One step of a generator against a discriminator, as a pure function for the loop in loop.py.

B: examples in a batch, R: steps of the discriminator in one of the generator.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax import lax

from . import gan, loop


class Player(NamedTuple):
    """A network between two steps: parameters, other variables, state of its optimizer."""

    params: Any
    rest: Any
    opt_state: Any


class Carry(NamedTuple):
    """What one step hands to the next. average: the running mean of the generator's parameters, or None; key:
    where all noise comes from; step: how many steps there were."""

    generator: Player
    discriminator: Player
    average: Any
    key: Any
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


def train_step(generator, discriminator, game, latent_features):
    """The pure function (carry, batch) -> (carry, figures [2]): the losses of the discriminator, penalties
    included and the mean of its R steps, and of the generator.

    generator, discriminator: graphs from `loop.split`; batch.inputs: [R * B, ...], B for each step of the
    discriminator. The generator then answers for the fakes of the last of them, so that it runs forward once,
    not twice, where R is 1.
    """
    generate, judge = _network(generator), _network(discriminator)

    def scores(params, rest, inputs):
        logits, rest = judge(params, rest, inputs)
        return logits.reshape(len(inputs)), rest

    def slopes(params, rest, inputs):
        """The gradient of each example's score by that example."""
        return jax.grad(lambda inputs: jnp.sum(scores(params, rest, inputs)[0]))(inputs)

    def cost(params, rest, real, fake, key):
        real_logits, rest = scores(params, rest, real)
        fake_logits, rest = scores(params, rest, fake)
        loss = gan.discriminator_loss(real_logits, fake_logits, game.loss)
        if game.gradient_penalty:
            noise = jax.random.uniform(key, (len(real),), real.dtype)
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
        maker, judge_now, average, key, count = carry
        real = batch.inputs.reshape(game.rounds, -1, *batch.inputs.shape[1:])
        keys = jax.random.split(jax.random.fold_in(jax.random.wrap_key_data(key), count), (game.rounds, 2))

        def fakes(params, rest, key):
            noise = jax.random.normal(key, (real.shape[1], latent_features), real.dtype)
            return generate(params, rest, noise)

        def turn(state, given):
            judge_now, rest = state
            real, (noise_key, key) = given
            fake, rest = fakes(maker.params, rest, noise_key)
            judge_now, loss = against(judge_now, real, fake, key)
            return (judge_now, rest), loss

        early, rest = jnp.zeros(0, real.dtype), maker.rest
        if game.rounds > 1:
            (judge_now, rest), early = lax.scan(turn, (judge_now, rest), (real[:-1], keys[:-1]))
        fake, pull, rest = jax.vjp(lambda p: fakes(p, rest, keys[-1, 0]), maker.params, has_aux=True)
        judge_now, last = against(judge_now, real[-1], fake, keys[-1, 1])

        def answer(fake):
            logits, rest = scores(judge_now.params, judge_now.rest, fake)
            return gan.generator_loss(logits, game.loss), rest

        (loss, judge_rest), d_fake = jax.value_and_grad(answer, has_aux=True)(fake)
        maker = _learnt(game.generator_optimizer, maker, rest, pull(d_fake)[0], loss)
        if average is not None:
            average = jax.tree.map(lambda a, p: p + game.ema * (a - p), average, maker.params)
        judge_loss = (jnp.sum(early) + last) / game.rounds
        carry = Carry(maker, judge_now._replace(rest=judge_rest), average, key, count + 1)
        return carry, jnp.stack([judge_loss, loss])

    return step
