"""Neural networks on arrays: every formula of `microgrid` in JAX, jit-compiled, with a training API.

Names are imported when they are first used: a formula loads neither Flax nor Optax.
"""

import ast as _ast
from importlib import import_module as _import_module
from importlib.util import find_spec as _find_spec
from pathlib import Path as _Path
from typing import TYPE_CHECKING

for _name in ("jax", "flax", "optax"):
    if _find_spec(_name) is None:
        raise ImportError(
            f"jaxnets: {_name} is not installed; in the project's folder run: pip install -e '.[jax]'"
        )

if TYPE_CHECKING:
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
    from .activations_piecewise import (
        PReLU as PReLU,
        hard_sigmoid as hard_sigmoid,
        hard_silu as hard_silu,
        hard_tanh as hard_tanh,
        prelu as prelu,
        relu6 as relu6,
    )
    from .activations_rows import glu as glu, log_softmax as log_softmax
    from .activations_smooth import (
        celu as celu,
        elu as elu,
        gelu as gelu,
        log_sigmoid as log_sigmoid,
        mish as mish,
        selu as selu,
        silu as silu,
        softplus as softplus,
        softsign as softsign,
    )
    from .attention import (
        MultiHeadAttention as MultiHeadAttention,
        multi_head_attention as multi_head_attention,
        positional_encoding as positional_encoding,
        scaled_dot_product_attention as scaled_dot_product_attention,
    )
    from .bidirectional import Bidirectional as Bidirectional
    from .callbacks import Callback as Callback, Checkpoint as Checkpoint, EarlyStopping as EarlyStopping
    from .checkpoint import CheckpointError as CheckpointError, Checkpoints as Checkpoints
    from .clipping import clip_by_global_norm as clip_by_global_norm, clip_by_value as clip_by_value
    from .conv import Conv as Conv, ConvTranspose as ConvTranspose
    from .convolution import (
        conv_transpose as conv_transpose,
        convolve as convolve,
        correlate as correlate,
        pad as pad,
    )
    from .ctc import ctc_loss as ctc_loss
    from .embedding import Embedding as Embedding
    from .filters import FILTERS as FILTERS, filter_kernel as filter_kernel
    from .flatten import Flatten as Flatten
    from .gan import (
        discriminator_loss as discriminator_loss,
        generator_loss as generator_loss,
        gradient_penalty as gradient_penalty,
        interpolation as interpolation,
    )
    from .gan_trainer import GAN as GAN
    from .geometry import output_size as output_size, receptive_field as receptive_field
    from .linear import Linear as Linear
    from .losses import (
        binary_cross_entropy as binary_cross_entropy,
        categorical_cross_entropy as categorical_cross_entropy,
        mean_absolute_error as mean_absolute_error,
        mean_squared_error as mean_squared_error,
        sigmoid_binary_cross_entropy as sigmoid_binary_cross_entropy,
        softmax_cross_entropy as softmax_cross_entropy,
    )
    from .losses_classification import (
        hinge as hinge,
        sigmoid_focal as sigmoid_focal,
        softmax_focal as softmax_focal,
        squared_hinge as squared_hinge,
    )
    from .losses_regression import (
        huber as huber,
        log_cosh as log_cosh,
        log_poisson as log_poisson,
        poisson as poisson,
    )
    from .losses_similarity import cosine_distance as cosine_distance, kl_divergence as kl_divergence
    from .losses_weights import sample_weighted as sample_weighted
    from .neural_net import NeuralNet as NeuralNet
    from .normalization import (
        batch_norm as batch_norm,
        group_norm as group_norm,
        layer_norm as layer_norm,
        moments as moments,
        rms_norm as rms_norm,
    )
    from .normalizers import (
        BatchNorm as BatchNorm,
        GroupNorm as GroupNorm,
        LayerNorm as LayerNorm,
        RMSNorm as RMSNorm,
    )
    from .optimizers import (
        adagrad as adagrad,
        adam as adam,
        gradient_descent as gradient_descent,
        momentum as momentum,
        nesterov as nesterov,
        rmsprop as rmsprop,
        sgd as sgd,
    )
    from .optimizers_adaptive import (
        adadelta as adadelta,
        adamax as adamax,
        adamw as adamw,
        amsgrad as amsgrad,
        lion as lion,
        nadam as nadam,
        rprop as rprop,
    )
    from .optimizers_layerwise import lamb as lamb, muon as muon
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
    from .recurrent import gru_step as gru_step, lstm_step as lstm_step, rnn_step as rnn_step
    from .recurrent_layers import GRU as GRU, LSTM as LSTM, RNN as RNN
    from .regularization import (
        Dropout as Dropout,
        dropout as dropout,
        l1_penalty as l1_penalty,
        l2_penalty as l2_penalty,
    )
    from .schedules import (
        exponential_decay as exponential_decay,
        inverse_sqrt_decay as inverse_sqrt_decay,
        inverse_time_decay as inverse_time_decay,
        linear_decay as linear_decay,
        piecewise_constant as piecewise_constant,
        polynomial_decay as polynomial_decay,
    )
    from .schedules_cosine import (
        cosine_decay as cosine_decay,
        one_cycle as one_cycle,
        warm_restarts as warm_restarts,
        warmup_cosine_decay as warmup_cosine_decay,
    )
    from .sharding import use_cpu_devices as use_cpu_devices
    from .tensorboard import TensorBoard as TensorBoard
    from .training import History as History
    from .vanishing import gradient_norms as gradient_norms
    from .weights import initializer as initializer

__all__ = [
    "FILTERS",
    "GAN",
    "GRU",
    "LSTM",
    "RNN",
    "AvgPool",
    "BatchNorm",
    "Bidirectional",
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "Checkpoints",
    "Conv",
    "ConvTranspose",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GroupNorm",
    "History",
    "LayerNorm",
    "Linear",
    "MaxPool",
    "MultiHeadAttention",
    "NeuralNet",
    "PReLU",
    "RMSNorm",
    "TensorBoard",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "avg_pool",
    "batch_norm",
    "binary_cross_entropy",
    "binary_step",
    "categorical_cross_entropy",
    "celu",
    "clip_by_global_norm",
    "clip_by_value",
    "conv_transpose",
    "convolve",
    "correlate",
    "cosine_decay",
    "cosine_distance",
    "ctc_loss",
    "discriminator_loss",
    "dropout",
    "elu",
    "exponential_decay",
    "filter_kernel",
    "gelu",
    "generator_loss",
    "global_avg_pool",
    "global_max_pool",
    "glu",
    "gradient_descent",
    "gradient_norms",
    "gradient_penalty",
    "group_norm",
    "gru_step",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "hinge",
    "huber",
    "identity",
    "initializer",
    "interpolation",
    "inverse_sqrt_decay",
    "inverse_time_decay",
    "kl_divergence",
    "l1_penalty",
    "l2_penalty",
    "lamb",
    "layer_norm",
    "leaky_relu",
    "linear_decay",
    "lion",
    "log_cosh",
    "log_poisson",
    "log_sigmoid",
    "log_softmax",
    "lstm_step",
    "max_pool",
    "mean_absolute_error",
    "mean_squared_error",
    "mish",
    "moments",
    "momentum",
    "multi_head_attention",
    "muon",
    "nadam",
    "nesterov",
    "one_cycle",
    "output_size",
    "pad",
    "piecewise_constant",
    "poisson",
    "polynomial_decay",
    "positional_encoding",
    "prelu",
    "receptive_field",
    "relu",
    "relu6",
    "rms_norm",
    "rmsprop",
    "rnn_step",
    "rprop",
    "sample_weighted",
    "scaled_dot_product_attention",
    "selu",
    "sgd",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "sigmoid_focal",
    "silu",
    "softmax",
    "softmax_cross_entropy",
    "softmax_focal",
    "softplus",
    "softsign",
    "squared_hinge",
    "tanh",
    "use_cpu_devices",
    "warm_restarts",
    "warmup_cosine_decay",
]


def _homes():
    """name -> the module it comes from, read off the imports above."""
    tree = _ast.parse(_Path(__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, _ast.If))
    imports = (node for node in block.body if isinstance(node, _ast.ImportFrom))
    return {alias.name: node.module for node in imports for alias in node.names}


_HOMES = _homes()


def __getattr__(name):
    if name not in _HOMES and _find_spec(f"{__name__}.{name}") is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.")
    home = _HOMES.get(name)
    found = _import_module(f".{home or name}", __name__)
    found = getattr(found, name) if home else found
    globals()[name] = found
    return found


def __dir__():
    return __all__
