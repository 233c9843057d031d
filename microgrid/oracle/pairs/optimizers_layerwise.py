"""Rows of optimizers_layerwise."""

from ..samplers import Sampler, choice, unit
from .optimizers_adaptive import BAD, BAD_DECAY, BAD_EPS, MOMENTS, NO_EPS
from .pair import Pair

easy = Sampler(unit.draw)  # without hard numbers: every case of muon is compiled

# fmt: off
PAIRS = (
    Pair("optimizers_layerwise.lamb", dict(learning_rate=unit, b1=unit, b2=unit, eps=choice(1e-6, 0.01), weight_decay=unit), fails=(*MOMENTS, BAD_EPS, BAD_DECAY)),
    Pair("optimizers_layerwise.muon", dict(learning_rate=easy, beta=unit, ns_steps=choice(1, 5), weight_decay=easy, nesterov=choice(True, False)), fails=(*BAD, NO_EPS, BAD_DECAY, (dict(beta=1.0), "beta must be in [0, 1); got 1.0."), (dict(ns_steps=-1), "ns_steps must be a whole number >= 0; got -1."), (dict(nesterov="yes"), "nesterov must be True or False; got 'yes'."), (dict(adam_b1=1.0), "adam_b1 must be in [0, 1)"), (dict(adam_b2=1.0), "adam_b2 must be in [0, 1)"))),
)
# fmt: on
