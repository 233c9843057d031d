"""The mutants that no test can kill, because they say the same, a file for each topic."""

from . import (
    activations,
    adaptive_optimizers,
    attention,
    convolution,
    cosine_schedules,
    embedding,
    fused,
    gan,
    initializers,
    layerwise_optimizers,
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
    adaptive_optimizers,
    attention,
    convolution,
    cosine_schedules,
    embedding,
    fused,
    gan,
    initializers,
    layerwise_optimizers,
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
