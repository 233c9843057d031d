"""Backpropagation derived by hand for one neuron, and then by the machine, which prints its derivation.

A neuron with two synapses, a sigmoid and half the squared error. Shows: the derivation by hand, the graph
of Values and the traced program give the same gradient, the program prints it line by line, and in a batch
it prints the loop. The second derivative comes from the same rules.
"""

from math import exp

from microgrid import Value, grad, hessian, jvp, trace
from microgrid.operations import dot, sigmoid, total

WEIGHTS, INPUTS, BIAS, TARGET = [0.5, -0.25], [1.0, 2.0], 0.125, 1.0
BATCH = [[1.0, 2.0], [0.5, -1.0], [-1.5, 0.25]]
TARGETS = [1.0, 0.0, 1.0]


def loss(w, x, b, t):
    """Half the squared error of a neuron: z, what it sums up; y, what it fires; e, its error."""
    z = dot(w, x, b)
    y = sigmoid(z)
    e = y - t
    return e**2 / 2


def by_hand(w, x, b, t):
    """The same, and the chain rule from the loss back to each weight, as one writes it on paper.

    d loss / d y = e,  d y / d z = y * (1 - y),  d z / d w[i] = x[i],  d z / d b = 1
    """
    z = w[0] * x[0] + w[1] * x[1] + b
    y = 1 / (1 + exp(-z))
    e = y - t
    d_z = e * y * (1 - y)
    return e**2 / 2, [d_z * x[0], d_z * x[1]], d_z


def mean_loss(w, xs, b, ts):
    """The mean over a batch, as one writes it; `trace` finds the loop in it."""
    return total([loss(w, x, b, t) for x, t in zip(xs, ts, strict=True)]) / len(xs)


def main():
    """Prints the three derivations. Returns their gradients: by hand, by Values, by the program."""
    value, d_w, d_b = by_hand(WEIGHTS, INPUTS, BIAS, TARGET)
    print("By hand:    loss", f"{value:.15f}", "gradient", [f"{d:.15f}" for d in (*d_w, d_b)])

    w, b = [Value(x) for x in WEIGHTS], Value(BIAS)
    result = loss(w, INPUTS, b, TARGET)
    result.backward()
    eager = [*(x.grad for x in w), b.grad]
    print("By Values:  loss", f"{result.data:.15f}", "gradient", [f"{d:.15f}" for d in eager])

    program = trace(loss, WEIGHTS, INPUTS, BIAS, TARGET, wrt=(0, 2))
    value, (d_w, d_b) = program.value_and_grad(WEIGHTS, INPUTS, BIAS, TARGET)
    print("By program: loss", f"{value:.15f}", "gradient", [f"{d:.15f}" for d in (*d_w, d_b)])
    print("\nThe program, as it derived itself:\n")
    print(program.source)

    print("\nAnd for a batch, from a loss that was written without knowing of loops:\n")
    batch = trace(mean_loss, WEIGHTS, BATCH, BIAS, TARGETS, wrt=(0, 2))
    print(batch.source)

    second = hessian(loss)(WEIGHTS, INPUTS, BIAS, TARGET)
    along = jvp(lambda w: grad(loss)(w, INPUTS, BIAS, TARGET), (WEIGHTS,), ([1.0, 0.0],))[1]
    print("\nSecond derivatives with respect to the weights:", second)
    print("their first row, by forward mode over reverse:", along)
    return by_hand(WEIGHTS, INPUTS, BIAS, TARGET), eager, [*d_w, d_b], batch.source, second, along


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
