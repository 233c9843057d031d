"""The tables of the training suite, and what is promised of them."""

import sys

from ..tables import figure, table
from .race import race, summary
from .workloads import PACKAGES, load

TORCH, LINEN = "torch", "flax linen"
ONE, TWO, GAN = "ours, one device", "ours, two devices", "jaxnets"
FLOORS = (  # workload, engine, peer, at least so many times faster, aim
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
Whole training steps in float32, as users write them: ours is `fit`. Each engine runs in a process of its own
and has moved the weights as a step in float64 by hand does, before any time is taken; then they take turns.
*One device* is JAX as it starts; *two devices* is `use_cpu_devices(2)` and `fit(devices=2)`. PyTorch runs
eagerly on all cores. Every table gives minimum / median of the rounds, and the share of the rate of a large
matrix product that the step's own products reach, at their best."""


def sections(workloads=tuple(PACKAGES)):
    """Markdown: what is promised against what was measured, then a table for each workload."""
    races = {}
    for name in workloads:
        print(f"training: {name}", file=sys.stderr)
        races[name] = race(name)
    yield "## Training steps"
    yield ABOUT
    yield promises(races)
    for name, result in races.items():
        yield f"### {load(name).title}"
        yield summary(result)


def promises(races):
    """The floors, and what the races gave."""
    rows = []
    for name, engine, peer, least, aim in FLOORS:
        times = races[name].times if name in races else {}
        if engine in times and peer in times:
            pairs = zip(races[name].seconds(peer), races[name].seconds(engine), strict=True)
            ratios = [theirs / own for theirs, own in pairs]
            measured = " / ".join(map(figure, ratios)) + " (missed)" * (ratios[0] < least)
            rows.append([f"{name}: {engine} against {peer}", f"at least {least}", str(aim or ""), measured])
    return table(["times faster", "promised", "aim", "measured"], rows)
