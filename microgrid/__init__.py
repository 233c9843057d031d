"""Every formula of deep learning on scalars, in plain Python: read it like a textbook."""

from .activations import (
    binary_step as binary_step,
    identity as identity,
    leaky_relu as leaky_relu,
    relu as relu,
    sigmoid as sigmoid,
    softmax as softmax,
    tanh as tanh,
)
from .attention import (
    MultiHeadAttention as MultiHeadAttention,
    multi_head_attention as multi_head_attention,
    positional_encoding as positional_encoding,
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from .embedding import Embedding as Embedding
from .layer import Activation as Activation, Layer as Layer
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
from .neuron import Neuron as Neuron
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
from .program import Program as Program, trace as trace
from .regularization import (
    Dropout as Dropout,
    dropout as dropout,
    l1_penalty as l1_penalty,
    l2_penalty as l2_penalty,
)
from .transforms import (
    grad as grad,
    hessian as hessian,
    jacobian as jacobian,
    jvp as jvp,
    value_and_grad as value_and_grad,
)
from .value import Value as Value

__all__ = [
    "Activation",
    "BatchNorm",
    "Dropout",
    "Embedding",
    "GroupNorm",
    "Layer",
    "LayerNorm",
    "Linear",
    "MultiHeadAttention",
    "NeuralNet",
    "Neuron",
    "Program",
    "RMSNorm",
    "Value",
    "adagrad",
    "adam",
    "batch_norm",
    "binary_cross_entropy",
    "binary_step",
    "categorical_cross_entropy",
    "dropout",
    "grad",
    "gradient_descent",
    "group_norm",
    "hessian",
    "identity",
    "jacobian",
    "jvp",
    "l1_penalty",
    "l2_penalty",
    "layer_norm",
    "leaky_relu",
    "mean_absolute_error",
    "mean_squared_error",
    "moments",
    "momentum",
    "multi_head_attention",
    "nesterov",
    "positional_encoding",
    "relu",
    "rms_norm",
    "rmsprop",
    "scaled_dot_product_attention",
    "sgd",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "tanh",
    "trace",
    "value_and_grad",
]
