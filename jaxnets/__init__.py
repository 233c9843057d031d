"""Neural networks on arrays: every formula of `microgrid` in JAX, jit-compiled, with a training API."""

from importlib.util import find_spec as _find_spec

for _name in ("jax", "flax", "optax"):
    if _find_spec(_name) is None:
        raise ImportError(
            f"jaxnets: {_name} is not installed; in the project's folder run: pip install -e '.[jax]'"
        )

from . import plots as plots
from .activations import (
    binary_step as binary_step,
    identity as identity,
    leaky_relu as leaky_relu,
    relu as relu,
    sigmoid as sigmoid,
    softmax as softmax,
    tanh as tanh,
)
from .gan import (
    discriminator_loss as discriminator_loss,
    generator_loss as generator_loss,
    gradient_penalty as gradient_penalty,
    interpolation as interpolation,
)
from .gan_trainer import GAN as GAN
from .linear import Linear as Linear
from .losses import (
    binary_cross_entropy as binary_cross_entropy,
    categorical_cross_entropy as categorical_cross_entropy,
    mean_absolute_error as mean_absolute_error,
    mean_squared_error as mean_squared_error,
    sigmoid_binary_cross_entropy as sigmoid_binary_cross_entropy,
    softmax_cross_entropy as softmax_cross_entropy,
)
from .neural_net import NeuralNet as NeuralNet
from .optimizers import (
    adagrad as adagrad,
    adam as adam,
    gradient_descent as gradient_descent,
    momentum as momentum,
    nesterov as nesterov,
    rmsprop as rmsprop,
    sgd as sgd,
)
from .regularization import (
    Dropout as Dropout,
    dropout as dropout,
    l1_penalty as l1_penalty,
    l2_penalty as l2_penalty,
)
from .training import History as History

__all__ = [
    "GAN",
    "Dropout",
    "History",
    "Linear",
    "NeuralNet",
    "adagrad",
    "adam",
    "binary_cross_entropy",
    "binary_step",
    "categorical_cross_entropy",
    "discriminator_loss",
    "dropout",
    "generator_loss",
    "gradient_descent",
    "gradient_penalty",
    "identity",
    "interpolation",
    "l1_penalty",
    "l2_penalty",
    "leaky_relu",
    "mean_absolute_error",
    "mean_squared_error",
    "momentum",
    "nesterov",
    "relu",
    "rmsprop",
    "sgd",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "tanh",
]
