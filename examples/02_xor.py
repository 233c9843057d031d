"""XOR, "one or the other, not both": no net without an activation learns it, and a tiny one with it does.

Shows: without an activation the mean squared error ends at 0.25 and every output at 0.5, as proved below;
with tanh in between it falls below 0.01, on scalars and on arrays, and the gradients of the two differ by at
most 8 ULPs.
"""

import math

import jax
import numpy as np

import jaxnets
import microgrid
from microgrid.oracle import to_microgrid

X, Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]]
LOSS, EPOCHS = "mean_squared_error", 100
PROOF = """\
Proof that 0.25 is the floor: layers without an activation are together one weighted sum f. Then
f(0,0) + f(1,1) = f(0,1) + f(1,0), whatever the weights. XOR wants 0 + 0 on the left and 1 + 1 on the
right, so the four errors e, taken with signs + - - +, always add up to 2. Four numbers that do that
have squares of at least 4 * (1/2)**2 = 1 in all, 1/4 on average: every output half right."""


def flat(tree):
    """All numbers of a nest of dicts, lists and arrays, in order."""
    if isinstance(tree, dict):
        return [x for name in sorted(tree) for x in flat(tree[name])]
    return np.ravel(tree).tolist()


def told(name, loss, outputs):
    """One line: the loss, and what the net says to each of the four questions."""
    print(f"  {name:<32} {loss:10.7f}     " + "   ".join(f"{row[0]:z6.3f}" for row in outputs))


def main():
    """Plays the story, in 64 bits. Returns the losses by net, and the distance of the gradients in ULPs."""
    print(f"{PROOF}\n")
    print(f"  net, {EPOCHS} steps of Adam             mean error        0 0      0 1      1 0      1 1")
    plain = microgrid.NeuralNet([microgrid.Linear(2, 4), microgrid.Linear(4, 1)], seed=1)
    plain.compile(microgrid.adam(0.05), LOSS)
    plain.fit(X, Y, epochs=EPOCHS, batch_size=None)
    told("2-4-1, no activation, scalars", plain.evaluate(X, Y)["loss"], plain.predict(X))

    with jax.enable_x64(True):
        layers = [jaxnets.Linear(2, 4), jaxnets.tanh, jaxnets.Linear(4, 1)]
        arrays = jaxnets.NeuralNet(layers, seed=1, dtype="float64")
        arrays.compile(jaxnets.adam(0.05), LOSS)
        scalars = to_microgrid(arrays)  # the same weights
        scalars.compile(microgrid.adam(0.05), LOSS)
        pairs = list(zip(flat(scalars.backward(X, Y)), flat(arrays.backward(X, Y)), strict=True))
        largest = max(abs(a) for a, _ in pairs)
        ulps = max(abs(a - b) for a, b in pairs) / math.ulp(largest)
        scalars.fit(X, Y, epochs=EPOCHS, batch_size=None)
        arrays.fit(X, Y, epochs=EPOCHS, batch_size=None, verbose=0)
        told("2-4-1, tanh, scalars", scalars.evaluate(X, Y)["loss"], scalars.predict(X))
        told("2-4-1, tanh, arrays", arrays.evaluate(X, Y)["loss"], arrays.predict(X))
        losses = {"plain": plain.evaluate(X, Y)["loss"], "scalars": scalars.evaluate(X, Y)["loss"]}
        losses |= {"arrays": arrays.evaluate(X, Y)["loss"]}
    print(f"\nBefore the first step, the two gradients are {ulps:.2g} ULPs of the largest apart.")
    return losses, ulps, plain.predict(X)


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
