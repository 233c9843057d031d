"""The tables of the training suite, and their targets."""

import sys

from ..tables import machine, measured, table
from .race import race, summary
from .workloads import PACKAGES, load

TORCH, LINEN = "torch", "flax linen"
ONE, TWO, GAN = "ours, one device", "ours, two devices", "jaxnets"
TARGETS = (  # workload, engine, peer, target: times faster, stretch target
    ("cnn", ONE, TORCH, 1.0, None),
    ("cnn", TWO, TORCH, 1.5, 1.73),
    ("cnn", TWO, LINEN, 4.5, 5.3),
    ("lstm", ONE, TORCH, 0.9, None),
    ("lstm-128", ONE, TORCH, 0.9, None),
    ("lstm", TWO, TORCH, 1.4, 1.66),
    ("lstm-128", TWO, TORCH, 1.4, 1.66),
    ("gru", ONE, TORCH, 1.8, None),
    ("gru-128", ONE, TORCH, 1.8, None),
    ("gru", TWO, TORCH, 2.4, 2.86),
    ("gru-128", TWO, TORCH, 2.4, 2.86),
    ("gan_ring", GAN, TORCH, 3.5, None),
    ("gan_digits", GAN, TORCH, 3.5, None),
)
ABOUT = """\
Whole training steps in float32, as users write them: ours is `fit`. Before an engine is timed, it must move
the weights as a hand-written step in float64 does. *One device* is JAX as it starts; *two devices* is
`use_cpu_devices(2)` and `fit(devices=2)`. PyTorch runs eagerly on all cores. Every table gives minimum /
median of the rounds. *Of GEMM peak* is the rate of the step's matrix products, at their best, over that of
one large matrix product."""


def sections(workloads=tuple(PACKAGES)):
    """Markdown: targets against measurements, then a table for each workload."""
    races = {}
    for name in workloads:
        print(f"training: {name}", file=sys.stderr)
        races[name] = race(name)
    yield "## Training steps"
    yield ABOUT
    yield f"Measured on: {machine()}."
    yield targets(races)
    for name, result in races.items():
        yield f"### {load(name).title}"
        yield summary(result)


def targets(races):
    """The targets, and what the races gave."""
    rows = []
    for name, engine, peer, least, stretch in TARGETS:
        times = races[name].times if name in races else {}
        if engine in times and peer in times:
            pairs = zip(races[name].seconds(peer), races[name].seconds(engine), strict=True)
            ratios = [theirs / own for theirs, own in pairs]
            what = f"{name}: {engine} against {peer}"
            rows.append([what, f"at least {least}", str(stretch or ""), measured(ratios, least)])
    return table(["times faster", "target", "stretch target", "measured"], rows)
