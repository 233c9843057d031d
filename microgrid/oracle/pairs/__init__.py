"""THE table: one row for every formula that both rooms say. Tests, verdicts and the demo are read off it.

A row names the formula, says how to draw its arguments, where it has kinks, and which inputs must fail and
how. The rows of a topic are in the file of its name.
"""

from . import (
    activations,
    activations_piecewise,
    activations_rows,
    activations_smooth,
    attention,
    clipping,
    convolution,
    ctc,
    embedding,
    gan,
    initializers,
    linear,
    losses,
    losses_classification,
    losses_regression,
    losses_similarity,
    losses_weights,
    mdp,
    neuron,
    normalization,
    optimizers,
    optimizers_adaptive,
    optimizers_layerwise,
    pooling,
    q_learning,
    recurrent,
    regularization,
    schedules,
    schedules_cosine,
)
from .pair import Pair as Pair

TOPICS = (
    neuron,
    activations,
    activations_smooth,
    activations_piecewise,
    activations_rows,
    losses,
    losses_regression,
    losses_classification,
    losses_similarity,
    losses_weights,
    ctc,
    initializers,
    optimizers,
    optimizers_adaptive,
    optimizers_layerwise,
    schedules,
    schedules_cosine,
    regularization,
    linear,
    convolution,
    pooling,
    normalization,
    recurrent,
    clipping,
    attention,
    embedding,
    gan,
    mdp,
    q_learning,
)
PAIRS = tuple(pair for topic in TOPICS for pair in topic.PAIRS)
BY_NAME = {pair.name: pair for pair in PAIRS}
