"""A generator learns to write digits from 1,797 real images of 8 x 8 pixels.

Shows: a net that reads real digits is on average at least 85% sure of what it reads in the generated ones,
each digit is among them with at least 4%, and they are no copies: the nearest real image is farther away than
real images are from each other.
"""

import runpy
from pathlib import Path

import numpy as np
import optax

import jaxnets as jn

LATENT, HIDDEN, BATCH, EPOCHS, SAMPLES = 32, 256, 64, 200, 1_000


def load():
    """(images [N, 64] in [0, 1], labels [N])."""
    return runpy.run_path(str(Path(__file__).with_name("05_digits.py")))["load"]()


def leaky(x):
    """A judge whose slope is nowhere 0 always tells the generator where to go."""
    return jn.leaky_relu(x, 0.2)


def network(steps, seed=0):
    """Both networks, not trained; R1 and the falling learning rate as in the story of the ring."""
    hidden = [jn.Linear(LATENT, HIDDEN), jn.relu, jn.Linear(HIDDEN, HIDDEN), jn.relu]
    judge = [jn.Linear(64, HIDDEN), leaky, jn.Linear(HIDDEN, HIDDEN), leaky, jn.Linear(HIDDEN, 1)]
    net = jn.GAN([*hidden, jn.Linear(HIDDEN, 64), jn.sigmoid], judge, LATENT, seed=seed)
    rate = optax.cosine_decay_schedule(1e-3, steps)
    net.compile(jn.adam(rate, 0.5, 0.99), jn.adam(rate, 0.5, 0.99), r1_penalty=1.0, ema=0.999)
    return net


def reader(images, labels):
    """A net that reads digits; it learns from real ones alone."""
    layers = [jn.Linear(64, 256), jn.relu, jn.Dropout(0.3), jn.Linear(256, 10), jn.softmax]
    net = jn.NeuralNet(layers, seed=0)
    net.compile(jn.adam(1e-3), "categorical_cross_entropy")
    net.fit(images, labels, epochs=40, verbose=0)
    return net


def nearest(points, others):
    """The distance of each point to the nearest of the others that is not itself, [points]."""
    squares = (points**2).sum(1)[:, None] - 2 * points @ others.T + (others**2).sum(1)[None]
    return np.sqrt(np.where(squares < 1e-9, np.inf, squares).min(axis=1))


def draw(real, made, said, path):
    """Ten rows of ten: real images next to generated ones, sorted by what the reader says they are."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 5.1), dpi=120, layout="constrained")
    figure.get_layout_engine().set(h_pad=0.1)  # inches above and below
    chosen = [made[said == digit][:10] for digit in range(10)]
    for axes, title, rows in zip(figure.subplots(1, 2), ("real", "generated"), (real, chosen), strict=True):
        sheet = np.zeros((10, 10, 8, 8))
        for digit, images in enumerate(rows):  # of a digit there may be fewer than ten
            sheet[digit, : len(images)] = images.reshape(-1, 8, 8)
        framed = np.pad(sheet, ((0, 0), (0, 0), (1, 1), (1, 1))).transpose(0, 2, 1, 3).reshape(100, 100)
        axes.imshow(framed, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(title, loc="left")
        axes.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def main(folder="demo_output"):
    """Trains, reads what was generated, and draws it. Returns (confidence, shares [10], distances)."""
    images, labels = load()
    net = network(steps=EPOCHS * -(-len(images) // BATCH))
    print(f"{len(images):,} real digits. Nobody tells the generator which is which; it starts from noise:\n")
    net.fit(images, epochs=EPOCHS, batch_size=BATCH)
    made, judge = net.sample(SAMPLES), reader(images, labels)
    probabilities = judge.predict(made)
    said, sure = probabilities.argmax(axis=1), float(probabilities.max(axis=1).mean())
    shares = np.bincount(said, minlength=10) / SAMPLES
    near, among_real = float(np.median(nearest(made, images))), float(np.median(nearest(images, images)))

    real = [images[labels == digit][:10] for digit in range(10)]
    picture = draw(real, made, said, Path(folder, "gan_digits.png"))
    print(f"\nA net that learnt to read real digits reads {SAMPLES:,} generated ones, {sure:.0%} sure on")
    print("average, as:")
    print("  " + "  ".join(f"{digit}: {share:.0%}" for digit, share in enumerate(shares)))
    print(f"The nearest real image is {near:.2f} away in the median, {among_real:.2f} among real ones.")
    print(f"Picture: {picture}")
    return sure, shares, (near, among_real)


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
