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
from .conv import (
    Conv as Conv,
    ConvTranspose as ConvTranspose,
)
from .convolution import (
    conv_transpose as conv_transpose,
    convolve as convolve,
    correlate as correlate,
    pad as pad,
)
from .filters import (
    FILTERS as FILTERS,
    filter_kernel as filter_kernel,
)
from .flatten import Flatten as Flatten
from .geometry import (
    output_size as output_size,
    receptive_field as receptive_field,
)
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
from .pooling import (
    AvgPool as AvgPool,
    GlobalAvgPool as GlobalAvgPool,
    GlobalMaxPool as GlobalMaxPool,
    MaxPool as MaxPool,
    avg_pool as avg_pool,
    global_avg_pool as global_avg_pool,
    global_max_pool as global_max_pool,
    max_pool as max_pool,
)
from .regularization import (
    Dropout as Dropout,
    dropout as dropout,
    l1_penalty as l1_penalty,
    l2_penalty as l2_penalty,
)
from .training import History as History

__all__ = [
    "FILTERS",
    "AvgPool",
    "Conv",
    "ConvTranspose",
    "Dropout",
    "Flatten",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "History",
    "Linear",
    "MaxPool",
    "NeuralNet",
    "adagrad",
    "adam",
    "avg_pool",
    "binary_cross_entropy",
    "binary_step",
    "categorical_cross_entropy",
    "conv_transpose",
    "convolve",
    "correlate",
    "dropout",
    "filter_kernel",
    "global_avg_pool",
    "global_max_pool",
    "gradient_descent",
    "identity",
    "l1_penalty",
    "l2_penalty",
    "leaky_relu",
    "max_pool",
    "mean_absolute_error",
    "mean_squared_error",
    "momentum",
    "nesterov",
    "output_size",
    "pad",
    "receptive_field",
    "relu",
    "rmsprop",
    "sgd",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "tanh",
]
