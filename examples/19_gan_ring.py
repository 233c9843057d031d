"""A generator learns eight Gaussians on a ring, each 100 times narrower than the ring, from samples alone.

Shows: at least 7 of the 8 modes get 20% of their fair share, and at least 90% of the samples lie within 3
standard deviations of a mode. This trains one seed; tests/test_gan_learning.py takes the median of three.
"""

from pathlib import Path

import numpy as np
import optax

import jaxnets as jn

RADIUS, STD = 2.0, 0.02  # the customary ring: Metz et al. 2017, Unrolled GANs, arXiv:1611.02163
ANGLES = 2 * np.pi * np.arange(8) / 8
MODES = RADIUS * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
BATCH, LATENT, HIDDEN = 256, 16, 128
EPOCHS, STAGES = 100, (10, 50, 100)  # an epoch is 100 steps


def ring(count, seed):
    """Points [count, 2] of the mixture, each of a mode drawn at random."""
    draw = np.random.default_rng(seed)
    return MODES[draw.integers(8, size=count)] + STD * draw.standard_normal((count, 2))


def quality(points):
    """(modes that get at least 20% of their fair share, share of points within 3 std of a mode)."""
    distances = np.linalg.norm(points[:, None] - MODES[None], axis=2)
    hits = distances.min(axis=1) <= 3 * STD
    shares = np.bincount(distances.argmin(axis=1)[hits], minlength=8) / len(points)
    return int((shares >= 0.2 / 8).sum()), float(hits.mean())


def network(seed):
    """Both networks, not trained.

    What it takes here: R1, which flattens the discriminator around the real points, so that both stop
    circling each other; a short memory of the squared gradients (b2), for they shrink a hundredfold on the
    way; a learning rate that falls to 0; and the mean of the generator's weights over the last 1,000 steps.
    """
    layers = [jn.Linear(LATENT, HIDDEN), jn.relu, jn.Linear(HIDDEN, HIDDEN), jn.relu, jn.Linear(HIDDEN, 2)]
    judge = [jn.Linear(2, HIDDEN), jn.relu, jn.Linear(HIDDEN, HIDDEN), jn.relu, jn.Linear(HIDDEN, 1)]
    net = jn.GAN(layers, judge, LATENT, seed=seed)
    rate = optax.cosine_decay_schedule(3e-3, EPOCHS * 100)
    net.compile(jn.adam(rate, 0.5, 0.99), jn.adam(rate, 0.5, 0.99), r1_penalty=0.1, ema=0.999)
    return net


def train(seed, stages=(EPOCHS,), verbose=0):
    """The samples [10000, 2] after each stage, a number of epochs."""
    net, points, samples = network(seed), ring(100 * BATCH, seed), []
    for done, stage in zip((0, *stages), stages, strict=False):
        net.fit(points, epochs=stage - done, batch_size=BATCH, verbose=verbose)
        samples.append(net.sample(10_000))
    return samples


def draw(stages, path):
    """Samples of each stage and real points, with a circle around each mode."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.4 * (len(stages) + 1), 4.2), dpi=120, layout="constrained")
    figure.get_layout_engine().set(h_pad=0.1)  # inches above and below
    panels = figure.subplots(1, len(stages) + 1, sharex=True, sharey=True)
    for axes, (title, points) in zip(panels, [*stages.items(), ("real", ring(2_000, 1))], strict=True):
        axes.scatter(*points[:2_000].T, s=3, alpha=0.5, color="#1f5fa8", linewidths=0)
        axes.scatter(*MODES.T, s=60, facecolors="none", edgecolors="#d1661c", linewidths=0.8)
        axes.set(title=title, aspect="equal", xlim=(-2.8, 2.8), ylim=(-2.8, 2.8))
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("blue: samples; orange circles: the eight modes", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def main(folder="demo_output", seed=0):
    """Trains one seed and draws its samples. Returns (modes, share of good samples)."""
    print(f"Eight Gaussians, {STD} wide, on a ring of radius {RADIUS:g}. The generator never sees a point of")
    print("them; it only hears from the discriminator how real its own look. Both learn:\n")
    pictures = {}
    for stage, points in zip(STAGES, train(seed, STAGES, verbose=0), strict=True):
        modes, good = quality(points)
        pictures[f"{100 * stage:,} steps: {good:.0%} good"] = points
        print(f"after {100 * stage:6,} steps: {modes} of 8 modes, {good:6.1%} of the samples within 3 std")
    picture = draw(pictures, Path(folder, "gan_ring.png"))
    print(f"\nOf the real points {quality(ring(10_000, 1))[1]:.1%} are that near. Picture: {picture}")
    return modes, good


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
