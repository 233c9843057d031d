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
from .adaptive_optimizers import (
    adadelta as adadelta,
    adamax as adamax,
    adamw as adamw,
    amsgrad as amsgrad,
    lion as lion,
    nadam as nadam,
    rprop as rprop,
)
from .cosine_schedules import (
    cosine_decay as cosine_decay,
    one_cycle as one_cycle,
    warm_restarts as warm_restarts,
    warmup_cosine_decay as warmup_cosine_decay,
)
from .layerwise_optimizers import lamb as lamb, muon as muon
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
from .sharding import use_cpu_devices as use_cpu_devices
from .schedules import (
    exponential_decay as exponential_decay,
    inverse_sqrt_decay as inverse_sqrt_decay,
    inverse_time_decay as inverse_time_decay,
    linear_decay as linear_decay,
    piecewise_constant as piecewise_constant,
    polynomial_decay as polynomial_decay,
)
from .training import History as History
from .weights import initializer as initializer

__all__ = [
    "Dropout",
    "History",
    "Linear",
    "NeuralNet",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "binary_cross_entropy",
    "binary_step",
    "categorical_cross_entropy",
    "cosine_decay",
    "dropout",
    "exponential_decay",
    "gradient_descent",
    "identity",
    "initializer",
    "inverse_sqrt_decay",
    "inverse_time_decay",
    "l1_penalty",
    "l2_penalty",
    "lamb",
    "leaky_relu",
    "linear_decay",
    "lion",
    "mean_absolute_error",
    "mean_squared_error",
    "momentum",
    "muon",
    "nadam",
    "nesterov",
    "one_cycle",
    "piecewise_constant",
    "polynomial_decay",
    "relu",
    "rmsprop",
    "rprop",
    "sgd",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "tanh",
    "use_cpu_devices",
    "warm_restarts",
    "warmup_cosine_decay",
]
