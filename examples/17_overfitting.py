"""Overfitting: one net, far too large for its 150 digits, learns them by heart, wrong labels and all.

Shows: with L1, with L2 and with dropout the gap between the loss on new digits and the loss on those it
learns from is at most half of what it is without, and the loss on new digits is lower. A fifth of the labels
that it learns from are wrong, so a net that gets them all right has learnt noise.
"""

import runpy
from pathlib import Path

import numpy as np

import jaxnets
from jaxnets.plots_learning import train_and_test

EXAMPLES, WRONG, EPOCHS, EVERY = 150, 0.2, 400, 10
REMEDIES = {
    "none": {},
    "L1 0.002": dict(l1=0.002),
    "L2 0.02": dict(l2=0.02),
    "dropout 0.8": dict(rate=0.8),
}


def data(seed=0):
    """(images, labels) to learn from, some labels wrong, and (images, labels) never seen, all right."""
    images, labels = runpy.run_path(str(Path(__file__).with_name("05_digits.py")))["load"]()
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(labels))
    seen, unseen = order[:EXAMPLES], order[EXAMPLES:]
    noisy = labels[seen].copy()
    wrong = draw.permutation(EXAMPLES)[: int(WRONG * EXAMPLES)]
    noisy[wrong] = (noisy[wrong] + draw.integers(1, 10, len(wrong))) % 10
    return (images[seen], noisy), (images[unseen], labels[unseen])


def curves(train, test, l1=0.0, l2=0.0, rate=0.0, seed=0):
    """Learns, and measures every few epochs: {"epoch", "train", "test"} with the cross-entropy of the data,
    without penalties and without dropout, and {"accuracy"} on the test data at the end."""
    middle = [jaxnets.Dropout(rate)] if rate else []
    layers = [jaxnets.Linear(64, 512), jaxnets.relu, *middle, jaxnets.Linear(512, 10)]
    net = jaxnets.NeuralNet(layers, seed=seed)
    entropy = jaxnets.softmax_cross_entropy
    net.compile(jaxnets.adam(1e-3), "softmax_cross_entropy", [entropy, "accuracy"], l1=l1, l2=l2)
    seen = {"epoch": [], "train": [], "test": []}
    for epoch in range(EVERY, EPOCHS + 1, EVERY):
        net.fit(*train, epochs=EVERY, batch_size=None, verbose=0)
        figures = net.evaluate(*test)
        seen["epoch"].append(epoch)
        seen["train"].append(net.evaluate(*train)["softmax_cross_entropy"])
        seen["test"].append(figures["softmax_cross_entropy"])
    return seen | {"accuracy": figures["accuracy"]}


def gap(seen):
    """How much worse the net does on new digits than on those it learnt from."""
    return seen["test"][-1] - seen["train"][-1]


def main(folder="demo_output"):
    """Trains the four nets, prints the gaps, draws the four pairs of curves. Returns what was seen, by
    remedy."""
    train, test = data()
    print(f"{EXAMPLES} digits to learn from, {WRONG:.0%} of their labels wrong; {len(test[1])} never seen.\n")
    print(f"{'remedy':<14}{'train loss':>11}{'test loss':>11}{'gap':>8}{'test accuracy':>15}")
    seen = {}
    for name, remedy in REMEDIES.items():
        one = seen[name] = curves(train, test, **remedy)
        figures = f"{one['train'][-1]:>11.3f}{one['test'][-1]:>11.3f}{gap(one):>8.3f}{one['accuracy']:>15.1%}"
        print(f"{name:<14}{figures}")
    path = train_and_test(seen, Path(folder, "overfitting.png"))
    print(f"\nBlue falls to 0 where labels are learnt by heart, and orange climbs: {path}")
    return seen


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
