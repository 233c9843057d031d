"""What a training step computes, and by whom; the packages of this folder fill it in."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

CHECKED = 3  # steps whose losses and weights are compared before any time is taken
REFERENCE = "reference"
PACKAGES = {  # workload: the package whose WORKLOADS has it
    "cnn": "cnn",
    "lstm": "recurrent",
    "lstm-128": "recurrent",
    "gru": "recurrent",
    "gru-128": "recurrent",
    "gan_ring": "gan",
    "gan_ring_64": "gan",
    "gan_digits": "gan",
}


@dataclass(frozen=True)
class Workload:
    """A training step.

    arrays: () -> (weights, batches): {name: array} and {name: array [batches, ...]} in numpy, float32 and
    int32, the same at every call, in the layouts of docs/conventions.md; step k takes batch k modulo their
    number.
    flops: of the matrix products of a step, forward and backward, a multiplication and an addition being two.
    engines: label -> "module:Class" inside the package. "reference" is there too: float64, by hand in numpy.
    """

    title: str
    arrays: Callable
    flops: float
    learning_rate: float
    engines: dict


def load(name):
    """The Workload of a name. Its libraries are not imported."""
    return importlib.import_module(f".{PACKAGES[name]}", __package__).WORKLOADS[name]


def engine(name, label):
    """An engine of a workload, made and warm."""
    workload = load(name)
    module, kind = workload.engines[label].split(":")
    return getattr(importlib.import_module(f".{PACKAGES[name]}.{module}", __package__), kind)(workload)
