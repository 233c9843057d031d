"""Optimizers that look at the weights of a layer as a whole: their length, or their matrix.

learning_rate is a number or a schedule, a function of the step, which counts from 0. G: the gradient of an
array of weights W, g: one of its numbers, t: step, from 1.
"""

from . import checks
from .checks import flatten, shape
from .descent import by_array
from .operations import dot, norm, where
from .optimizers import adam
from .optimizers_adaptive import adamw, nadam

MOST_STEPS = 1000  # of 3.4445 each: in fewer any singular value that is not 0 has grown to about 1


def lamb(learning_rate, b1=0.9, b2=0.999, eps=1e-6, weight_decay=0.0):
    """LAMB: AdamW's direction for each array, as long as the array itself.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        a[t] = (m[t] / (1 - b1**t)) / (sqrt(s[t] / (1 - b2**t)) + eps) + weight_decay * w[t-1]
        W[t] = W[t-1] - learning_rate * (norm(W[t-1]) / norm(A[t])) * A[t]

    learning_rate, eps, weight_decay: >= 0; b1, b2: in [0, 1). Where a norm is 0 their ratio is taken as 1.
    The norms are of a kernel, or of a bias, each by itself. Its update must see the params. Source: You et
    al. 2020, algorithm 2 with phi the identity, arXiv:1904.00962.

    >>> init, update = lamb(0.5, eps=0.0)
    >>> update([[2.0]], init([[4.0]]), [[4.0]])[0]
    [[-2.0]]
    """
    b1 = checks.fraction("lamb", "b1", b1)
    b2 = checks.fraction("lamb", "b2", b2)
    eps = checks.non_negative("lamb", "eps", eps)
    weight_decay = checks.non_negative("lamb", "weight_decay", weight_decay)
    decayed = adamw(1, b1, b2, eps, weight_decay)

    def rule(gradient, weights, t, memory):
        updates, memory = decayed.update([gradient], memory, [weights])
        direction = [-update for update in flatten(updates)]
        length, other = norm(flatten(weights)), norm(direction)
        ratio = where(length > 0, length / where(other > 0, other, 1), 1)
        return [ratio * a for a in direction], memory

    return by_array("lamb", learning_rate, rule, lambda weights: decayed.init([weights]))


def muon(
    learning_rate,
    beta=0.95,
    ns_steps=5,
    eps=1e-8,
    weight_decay=0.0,
    nesterov=True,
    adam_b1=0.9,
    adam_b2=0.999,
):
    """Muon: momentum whose matrix is made nearly orthogonal, so that every direction of it counts the same.

        M[t] = beta * M[t-1] + (1 - beta) * G[t],  M[0] = 0
        N[t] = M[t] / (1 - beta**t), but if nesterov
        N[t] = beta * M[t] / (1 - beta**(t+1)) + (1 - beta) * G[t] / (1 - beta**t)
        X = N[t] / (norm(N[t]) + eps), and ns_steps times
        X = 3.4445 * X - 4.775 * X X' X + 2.0315 * X X' X X' X
        W[t] = W[t-1] - learning_rate * (sqrt(max(1, out / in)) * X + weight_decay * W[t-1])

    learning_rate, weight_decay: >= 0; eps: > 0; beta, adam_b1, adam_b2: in [0, 1); ns_steps: a whole number
    in [0, 1000]. For matrices [in][out]; everything else, biases and kernels of convolutions, moves by NAdam
    (Adam without nesterov) with adam_b1, adam_b2, eps and no decay, as in Optax. The singular values of X end
    between 0.7 and 1.2, not at 1. Its update must see the params. Source: Jordan et al. 2024,
    kellerjordan.github.io/posts/muon.

    >>> init, update = muon(0.5)
    >>> round(update([[[2.0]]], init([[[1.0]]]), [[[1.0]]])[0][0][0][0], 3)
    -0.348
    """
    beta = checks.fraction("muon", "beta", beta)
    ns_steps = checks.whole("muon", "ns_steps", ns_steps, 0)
    if ns_steps > MOST_STEPS:
        raise ValueError(f"muon: ns_steps must be at most {MOST_STEPS}; got {checks.shown(ns_steps)}.")
    eps = checks.positive("muon", "eps", eps)
    weight_decay = checks.non_negative("muon", "weight_decay", weight_decay)
    checks.flag("muon", "nesterov", nesterov)
    adam_b1 = checks.fraction("muon", "adam_b1", adam_b1)
    adam_b2 = checks.fraction("muon", "adam_b2", adam_b2)
    rest = (nadam if nesterov else adam)(1, adam_b1, adam_b2, eps)

    def memory(weights):
        if len(shape(weights)) != 2:
            return rest.init([weights])
        return [[0.0 for _ in row] for row in weights]

    def rule(gradient, weights, t, memory):
        if len(shape(weights)) != 2:
            updates, memory = rest.update([gradient], memory)
            return [-update for update in flatten(updates)], memory
        mean = _mixed(beta, memory, 1 - beta, gradient)
        ahead = _mixed(1 / (1 - beta**t), mean, 0, gradient)
        if nesterov:
            ahead = _mixed(beta / (1 - beta ** (t + 1)), mean, (1 - beta) / (1 - beta**t), gradient)
        length = norm(flatten(ahead)) + eps
        x = [[a / length for a in row] for row in ahead]
        for _ in range(ns_steps):
            x = _newton_schulz(x)
        wide = max(1, len(x[0]) / len(x)) ** 0.5
        return _mixed(wide, x, weight_decay, weights), mean

    return by_array("muon", learning_rate, rule, memory)


def _newton_schulz(x):
    """One step towards the nearest orthogonal matrix, with coefficients that are steep at 0."""
    gram = [[dot(row, other) for other in x] for row in x]
    once = _product(gram, x)
    return _mixed(1, _mixed(3.4445, x, -4.775, once), 2.0315, _product(gram, once))


def _product(one, other):
    columns = [list(column) for column in zip(*other, strict=True)]
    return [[dot(row, column) for column in columns] for row in one]


def _mixed(a, one, b, other):
    """a times a matrix and b times another."""
    return [[a * x + b * y for x, y in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]
