"""Random decision processes that several files of tests share."""

import numpy as np


def random_process(seed, states=5, actions=3, outcomes=2, gamma=0.9):
    rng = np.random.default_rng(seed)
    shape = (states, actions, outcomes)
    probability = rng.dirichlet(np.ones(outcomes), shape[:2])
    discount = gamma * (rng.random(shape) > 0.2)
    return rng.normal(size=shape), discount, rng.integers(0, states, shape), probability
