"""The mutants that no test can kill, because they say the same, a file for each topic."""

from . import (
    activations,
    attention,
    clipping,
    convolution,
    embedding,
    fused,
    gan,
    initializers,
    losses,
    mdp,
    normalization,
    optimizers,
    pooling,
    recurrent,
    regularization,
    schedules,
)

TOPICS = (
    activations,
    attention,
    clipping,
    convolution,
    embedding,
    fused,
    gan,
    initializers,
    losses,
    mdp,
    normalization,
    optimizers,
    pooling,
    recurrent,
    regularization,
    schedules,
)
EQUIVALENT = {module: changes for topic in TOPICS for module, changes in topic.EQUIVALENT.items()}
