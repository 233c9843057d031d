"""Backpropagation by hand: the worked example everyone computes once, with its published numbers.

Two inputs, two hidden neurons, two outputs, sigmoids, squared error, learning rate 0.5; biases stay fixed.
Source: Matt Mazur, "A Step by Step Backpropagation Example", 2015. Promises: every number he printed.
"""

from microgrid import Neuron, gradient_descent, mean_squared_error, sigmoid

INPUTS, TARGETS, REPETITIONS = [0.05, 0.10], [0.01, 0.99], 10_000
# What the page says, to the digits it gives. The weights are those after one step.
PUBLISHED = {
    "out h1": 0.593269992, "out h2": 0.596884378, "out o1": 0.75136507, "out o2": 0.772928465,
    "error": 0.298371109, "d error / d w5": 0.082167041,
    "w1": 0.149780716, "w2": 0.19956143, "w3": 0.24975114, "w4": 0.29950229,
    "w5": 0.35891648, "w6": 0.408666186, "w7": 0.511301270, "w8": 0.561370121,
    "error after 1 step": 0.291027924, "error after 10,000 steps": 0.0000351085,
}  # fmt: skip


def neurons():
    """The hidden and the output neurons, with his weights; the last weight of each is its bias, frozen."""
    weights = [[0.15, 0.20, 0.35], [0.25, 0.30, 0.35], [0.40, 0.45, 0.60], [0.50, 0.55, 0.60]]
    cells = [Neuron(2, sigmoid) for _ in weights]
    for cell, known in zip(cells, weights, strict=True):
        cell.take_weights(known)
        cell.freeze(2)
    return cells[:2], cells[2:]


def forward(hidden, outputs):
    """What the hidden neurons fire, what the outputs fire, and the error: half the sum of squares."""
    inner = [cell.fire(INPUTS) for cell in hidden]
    fired = [cell.fire(inner) for cell in outputs]
    return inner, fired, 0.5 * mean_squared_error(fired, TARGETS, reduction="sum")


def learn(hidden, outputs, optimizer):
    """One step of backpropagation; returns the gradients of w1 to w8."""
    weights = [weight for cell in hidden + outputs for weight in cell.parameters()]
    for weight in weights:
        weight.grad = 0
    forward(hidden, outputs)[2].backward()
    grads = [weight.grad for weight in weights]
    updates, _ = optimizer.update(grads, optimizer.init(weights), weights)
    for weight, update in zip(weights, updates, strict=True):
        weight.data += update
    return grads


def main():
    """Computes every published number. Returns ours by the same names."""
    hidden, outputs = neurons()
    optimizer = gradient_descent(0.5)
    (h1, h2), (o1, o2), error = forward(hidden, outputs)
    ours = {"out h1": h1, "out h2": h2, "out o1": o1, "out o2": o2, "error": error}
    ours["d error / d w5"] = learn(hidden, outputs, optimizer)[4]
    weights = [weight for cell in hidden + outputs for weight in cell.parameters()]
    ours |= {f"w{i}": weight for i, weight in enumerate(weights, 1)}
    ours = {name: float(value) for name, value in ours.items()}
    ours["error after 1 step"] = float(forward(hidden, outputs)[2])
    for _ in range(REPETITIONS - 1):
        learn(hidden, outputs, optimizer)
    ours["error after 10,000 steps"] = float(forward(hidden, outputs)[2])

    print("number                         published             ours")
    for name, published in PUBLISHED.items():
        print(f"{name:<26}{published:>14.10g}{ours[name]:>17.12f}")
    outputs_now = ", ".join(f"{float(out):.6f}" for out in forward(hidden, outputs)[1])
    print(f"\nAfter {REPETITIONS:,} steps the outputs are {outputs_now}; wanted were 0.01 and 0.99.")
    return ours


if __name__ == "__main__":
    main()
