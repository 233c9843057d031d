"""Backpropagation by hand: the worked example everyone computes once, with its published numbers.

Two inputs, two hidden neurons, two outputs, sigmoids, squared error, learning rate 0.5; biases stay fixed.
Source: Matt Mazur, "A Step by Step Backpropagation Example", 2015. Shows: every number of that page.
"""

from microgrid import Neuron, gradient_descent, mean_squared_error, sigmoid
from microgrid.value import backward

INPUTS, TARGETS, REPETITIONS = [0.05, 0.10], [0.01, 0.99], 10_000
PAGE = 'Matt Mazur, "A Step by Step Backpropagation Example", mattmazur.com, 2015'
# What the page says, to the digits it gives. w1 to w8 are the weights after one step.
PUBLISHED = {
    "out h1": "0.593269992", "out h2": "0.596884378", "out o1": "0.75136507", "out o2": "0.772928465",
    "error": "0.298371109", "d error / d w5": "0.082167041",
    "w1": "0.149780716", "w2": "0.19956143", "w3": "0.24975114", "w4": "0.29950229",
    "w5": "0.35891648", "w6": "0.408666186", "w7": "0.511301270", "w8": "0.561370121",
    "error at the 10,000th": "0.0000351085",
    "error after 1, in turn": "0.291027924",
    "o1 after 10,000, in turn": "0.015912196", "o2 after 10,000, in turn": "0.984065734",
}  # fmt: skip
IN_TURN = """
The page derives the gradients of all weights before any of them moves, and so do we. "At the 10,000th"
is the error that the 10,000th repetition finds, after 9,999 steps. The page's last three numbers come
out to the last digit if output weights move first, and the walk back to the hidden neurons goes through
the new ones: "in turn". All at once, the error after 1 step is"""


def neurons():
    """The hidden and the output neurons, with his weights; the last weight of each is its bias, frozen."""
    weights = [[0.15, 0.20, 0.35], [0.25, 0.30, 0.35], [0.40, 0.45, 0.60], [0.50, 0.55, 0.60]]
    cells = [Neuron(2, sigmoid) for _ in weights]
    for cell, known in zip(cells, weights, strict=True):
        cell.take_weights(known)
        cell.freeze(2)
    return cells[:2], cells[2:]


def forward(hidden, outputs):
    """What the hidden neurons fire, the weighted sums of the outputs, what those fire, and the error."""
    inner = [cell.fire(INPUTS) for cell in hidden]
    sums = [cell.weighted_sum(inner) for cell in outputs]
    fired = [sigmoid(weighted_sum) for weighted_sum in sums]
    return inner, sums, fired, 0.5 * mean_squared_error(fired, TARGETS, reduction="sum")


def move(cells):
    """One step of gradient descent for the weights of these neurons; the gradients are used up."""
    optimizer = gradient_descent(0.5)
    weights = [weight for cell in cells for weight in cell.parameters()]
    updates, _ = optimizer.update([weight.grad for weight in weights], optimizer.init(weights), weights)
    for weight, update in zip(weights, updates, strict=True):
        weight.data, weight.grad = weight.data + update, 0


def learn(hidden, outputs, in_turn=False):
    """One repetition: all weights at once, or the output weights first and the hidden ones through them."""
    inner, sums, _, error = forward(hidden, outputs)
    error.backward()
    if not in_turn:
        return move(hidden + outputs)
    for cell in hidden:
        for weight in cell.weights:
            weight.grad = 0
    move(outputs)
    pulls = [
        sum(
            cell.weights[j].data * weighted_sum.grad for cell, weighted_sum in zip(outputs, sums, strict=True)
        )
        for j in range(len(hidden))
    ]
    backward(inner, pulls)
    return move(hidden)


def main():
    """Computes every published number. Returns ours by the same names."""
    hidden, outputs = neurons()
    (h1, h2), _, (o1, o2), error = forward(hidden, outputs)
    ours = {"out h1": h1, "out h2": h2, "out o1": o1, "out o2": o2, "error": error}
    error.backward()
    ours["d error / d w5"] = outputs[0].weights[0].grad
    move(hidden + outputs)
    weights = [weight for cell in hidden + outputs for weight in cell.parameters()]
    ours |= {f"w{i}": weight.data for i, weight in enumerate(weights, 1)}
    after_one = forward(hidden, outputs)[3]
    for _ in range(REPETITIONS - 2):
        learn(hidden, outputs)
    ours["error at the 10,000th"] = forward(hidden, outputs)[3]

    hidden, outputs = neurons()
    learn(hidden, outputs, in_turn=True)
    ours["error after 1, in turn"] = forward(hidden, outputs)[3]
    for _ in range(REPETITIONS - 1):
        learn(hidden, outputs, in_turn=True)
    last = forward(hidden, outputs)[2]
    ours |= {f"o{i} after 10,000, in turn": out for i, out in enumerate(last, 1)}

    ours = {name: float(value) for name, value in ours.items()}
    print(f"The numbers of a well-known page, computed again:\n{PAGE}.\n")
    print("  number                    published                 ours")
    for name, published in PUBLISHED.items():
        print(f"  {name:<26}{published:<14}{ours[name]:>16.12f}")
    print(f"{IN_TURN} {float(after_one):.9f}.")
    return ours


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
