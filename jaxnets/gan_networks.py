"""What a GAN asks of its two networks, and the compiled functions that it keeps for them."""

from typing import Any

import jax

from . import activations, gan_step, loop, parts
from .neural_net import NeuralNet
from .objective import layers_of
from .programs import Kept, agree, shapes

PLAYERS = "generator", "discriminator"
_SQUASHED = (activations.sigmoid, activations.softmax, jax.nn.sigmoid, jax.nn.softmax)


class Programs(Kept):
    """What a `GAN` runs. game: a `gan_step.Game`, what it was compiled for."""

    unpickled = (
        "GAN: it must be pickled before it is compiled or asked, for compiled functions cannot be; got one "
        'with such. Fix: save the weights, jaxnets.checkpoint.save("gan/", gan.weights).'
    )

    def __init__(self):
        super().__init__()
        self.game: Any = None

    def states(self, params, remembered, average):
        """The states of both optimizers, the first ones or those remembered, as the weights now are."""
        pairs = zip(PLAYERS, self.game[:2], params, remembered or (None, None), strict=True)
        states = [self.state(*pair) for pair in pairs]
        if average is not None:
            agree(shapes(params[0]), shapes(average.mean))
        return states

    def example(self, modules, latent_features, dtype):
        """`example` of these networks as they now are: other weights may have changed it."""
        forms = [(graphdef, shapes(arrays)) for graphdef, *arrays in map(loop.split, modules)]
        return self.keep(("outputs", *forms), lambda: example(modules, latent_features, dtype))


def example(modules, latent_features, dtype):
    """The shape of two examples that the generator makes and the discriminator scores, or a sentence."""
    latent = jax.ShapeDtypeStruct((2, latent_features), dtype)
    made = parts.outputs("generator", modules[0], latent)
    scores = parts.outputs("discriminator", modules[1], made)
    if scores.shape not in ((2,), (2, 1)):
        raise ValueError(
            f"GAN: the discriminator must return one score an example, [N, 1] or [N]; got {scores.shape} "
            f"for 2 examples. Fix: end it with Linear(..., 1)."
        )
    if any(layers_of(modules[1])[-1:] == (function,) for function in _SQUASHED):
        raise ValueError(
            "GAN: the discriminator must return scores, and its last layer squashes them into "
            "probabilities. Fix: leave that layer out; the losses apply it."
        )
    return made


def module(name, network):
    """The module of a list of layers, of a NeuralNet, or itself."""
    network = network.module if isinstance(network, NeuralNet) else network
    return parts.sequential(f"GAN: {name}", network)


def weights(modules, average):
    """Parameters and running statistics of both networks, and an average or None, as a nested dict."""
    learnt = {name: parts.weights(module) for name, module in zip(PLAYERS, modules, strict=True)}
    if average is not None:
        learnt["average"] = {"mean": parts.by_layer(modules[0], average.mean), "weight": average.weight}
    return learnt


def take(modules, tree):
    """Give both networks such weights; returns the average, or None."""
    for name, module in zip(PLAYERS, modules, strict=True):
        parts.assign(module, tree[name])
    if "average" in tree:
        return gan_step.Average(parts.whole(modules[0], tree["average"]["mean"]), tree["average"]["weight"])
