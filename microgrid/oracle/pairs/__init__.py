"""THE table: one row for every formula that both rooms say. Tests, verdicts and the demo are read off it.

A row names the formula, says how to draw its arguments, where it has kinks, and which inputs must fail and
how. The rows of a topic are in the file of its name.
"""

from . import (
    activations,
    attention,
    clipping,
    convolution,
    embedding,
    gan,
    initializers,
    linear,
    losses,
    mdp,
    neuron,
    normalization,
    optimizers,
    pooling,
    q_learning,
    recurrent,
    regularization,
    schedules,
)
from .pair import Pair as Pair

TOPICS = (
    neuron,
    activations,
    losses,
    initializers,
    optimizers,
    schedules,
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
