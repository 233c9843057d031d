"""A small convolutional net learns handwritten digits, and shows what its windows fire at.

Shows: one of ten folds, and a picture of the feature maps. Over all ten, at least 98.8% of the unseen
digits are read right on average (tests/test_digits_convolution.py); measured: 99.4%, 98.9% in the worst fold.
"""

import importlib.util
from pathlib import Path

import numpy as np
import optax

import jaxnets
from jaxnets.plots import feature_maps

FOLDS, EPOCHS, BATCH = 10, 30, 64


def load():
    """(images [N, 8, 8, 1] in [0, 1], labels [N]): the file that scikit-learn carries, not imported."""
    found = importlib.util.find_spec("sklearn")
    if found is None:
        raise ImportError("digits: scikit-learn carries the images; run: pip install -e '.[demo]'")
    path = Path(found.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    table = np.loadtxt(path, delimiter=",")
    return table[:, :64].reshape(-1, 8, 8, 1) / 16, table[:, 64].astype(int)


def folds(labels):
    """Ten sets of rows, drawn once: together all rows, each with its share of every digit."""
    order = np.random.default_rng(0).permutation(len(labels))
    by_digit = order[np.argsort(labels[order], kind="stable")]
    return [np.sort(by_digit[k::FOLDS]) for k in range(FOLDS)]


def layers():
    """Two windows of 3 x 3, a pooling, and two more: each output sees 14 x 14 pixels, the whole image."""
    layers = []
    for channels, features in ((1, 32), (32, 32), (32, 64), (64, 64)):
        layers += [jaxnets.Conv(channels, features, (3, 3)), jaxnets.BatchNorm(features), jaxnets.relu]
        if len(layers) == 6:
            layers += [jaxnets.MaxPool((2, 2)), jaxnets.Dropout(0.25)]
    return [*layers, jaxnets.Flatten(), jaxnets.Dropout(0.5), jaxnets.Linear(1024, 10), jaxnets.softmax]


def train(images, labels, unseen, epochs=EPOCHS, verbose=0):
    """A net that has learnt from all rows but the unseen ones, at a rate that falls to 0 along a cosine."""
    seen = np.setdiff1d(np.arange(len(labels)), unseen)
    steps = epochs * -(-len(seen) // BATCH)
    net = jaxnets.NeuralNet(layers(), seed=0)
    net.compile(optax.adam(optax.cosine_decay_schedule(2e-3, steps)), "categorical_cross_entropy")
    net.fit(images[seen], labels[seen], epochs=epochs, batch_size=BATCH, verbose=verbose)
    return net


def accuracy(net, images, labels):
    """The share that is read right."""
    return float((net.predict(images).argmax(axis=1) == labels).mean())


def main(folder="demo_output", fold=0, epochs=EPOCHS):
    """Trains on nine folds and reads the tenth; leaves a picture in folder. Returns the accuracy."""
    images, labels = load()
    unseen = folds(labels)[fold]
    print(f"{len(labels):,} digits of 8 x 8 pixels; {len(unseen)} of them are never learnt from.")
    field = jaxnets.receptive_field(layers()[:14], (8, 8))
    size = " x ".join(map(str, field.size))
    print(f"One number in front of the last layer sees {size} pixels: the whole image.\n")
    net = train(images, labels, unseen, epochs, verbose=1)
    right = accuracy(net, images[unseen], labels[unseen])
    print(f"\nOf {len(unseen)} digits never seen, {right:.1%} are read right.")
    first = unseen[labels[unseen] == 3][0]
    path = feature_maps(net, images[first], Path(folder, "feature_maps.png"))
    print(f"What the windows fire at when they look at a 3: {path}")
    return right


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
