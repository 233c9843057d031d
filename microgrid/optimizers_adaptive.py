"""Optimizers that find a step size for every weight, other than the seven of the cheat sheet.

learning_rate is a number or a schedule, a function of the step, which counts from 0; `rprop` alone takes a
number, its first step size. g: gradient, w: weight, m: mean of gradients, s: mean of their squares, u:
largest of them, a: direction, d: mean of its squares, t: step, from 1.
"""

from . import checks
from .descent import by_weight
from .operations import clip, maximum, sign, sqrt, where


def adamw(learning_rate, b1=0.9, b2=0.999, eps=1e-8, weight_decay=1e-4):
    """AdamW: Adam, and every weight shrinks by a share of itself that no gradient rescales.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        a[t] = (m[t] / (1 - b1**t)) / (sqrt(s[t] / (1 - b2**t)) + eps)
        w[t] = w[t-1] - learning_rate * (a[t] + weight_decay * w[t-1])

    learning_rate, eps, weight_decay: >= 0; b1, b2: in [0, 1). Biases decay too. The decay is a share of the
    learning rate, as in PyTorch (0.01) and Keras (0.004); in the paper it follows the schedule alone. Its
    update must see the params. Source: Loshchilov and Hutter 2019, algorithm 2, arXiv:1711.05101.

    >>> init, update = adamw(0.5, b1=0.5, b2=0.5, eps=0.0, weight_decay=0.25)
    >>> update([2.0], init([4.0]), [4.0])[0]
    [-1.0]
    """
    b1, b2, eps = _moments("adamw", b1, b2, eps)
    weight_decay = checks.non_negative("adamw", "weight_decay", weight_decay)

    def rule(g, w, t, memory):
        m, s = _means(g, memory, b1, b2)
        adam = (m / (1 - b1**t)) / (sqrt(s / (1 - b2**t)) + eps)
        return adam + weight_decay * w, (m, s)

    return by_weight("adamw", learning_rate, rule, memory=(0.0, 0.0), decay=True)


def nadam(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """NAdam: Adam that looks ahead, as Nesterov's gradient does.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        n[t] = b1 * m[t] / (1 - b1**(t+1)) + (1 - b1) * g[t] / (1 - b1**t)
        w[t] = w[t-1] - learning_rate * n[t] / (sqrt(s[t] / (1 - b2**t)) + eps)

    learning_rate, eps: >= 0; b1, b2: in [0, 1). b1 is constant, as in Optax; PyTorch and Keras warm it up.
    Source: Dozat 2016, algorithm 2, without its extra factor b2.

    >>> init, update = nadam(0.5, b1=0.5, b2=0.5, eps=0.0)
    >>> round(update([2.0], init([1.0]))[0][0], 4)
    -0.6667
    """
    b1, b2, eps = _moments("nadam", b1, b2, eps)

    def rule(g, w, t, memory):
        m, s = _means(g, memory, b1, b2)
        ahead = b1 * (m / (1 - b1 ** (t + 1))) + (1 - b1) * (g / (1 - b1**t))
        return ahead / (sqrt(s / (1 - b2**t)) + eps), (m, s)

    return by_weight("nadam", learning_rate, rule, memory=(0.0, 0.0))


def amsgrad(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """AMSGrad: Adam whose step sizes never grow again.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        u[t] = max(u[t-1], s[t] / (1 - b2**t)),  u[0] = 0
        w[t] = w[t-1] - learning_rate * (m[t] / (1 - b1**t)) / (sqrt(u[t]) + eps)

    learning_rate, eps: >= 0; b1, b2: in [0, 1). The largest corrected mean, as in Optax; PyTorch and Keras
    correct the largest mean, the paper corrects none. Source: Reddi, Kale and Kumar 2018, algorithm 2.

    >>> init, update = amsgrad(0.5, b1=0.0, b2=0.5, eps=0.0)
    >>> updates, state = update([2.0], init([1.0]))
    >>> update([1.0], state)[0]
    [-0.25]
    """
    b1, b2, eps = _moments("amsgrad", b1, b2, eps)

    def rule(g, w, t, memory):
        m, s = _means(g, memory[:2], b1, b2)
        u = maximum(memory[2], s / (1 - b2**t))
        return (m / (1 - b1**t)) / (sqrt(u) + eps), (m, s, u)

    return by_weight("amsgrad", learning_rate, rule, memory=(0.0, 0.0, 0.0))


def adamax(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """AdaMax: Adam with the largest recent gradient in place of their mean square.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        u[t] = max(b2 * u[t-1], abs(g[t]) + eps),  u[0] = 0
        w[t] = w[t-1] - learning_rate * (m[t] / (1 - b1**t)) / u[t]

    learning_rate: >= 0; eps: > 0; b1, b2: in [0, 1). eps is in the maximum, as in Optax and PyTorch; Keras
    adds it to u. Source: Kingma and Ba 2015, algorithm 2, arXiv:1412.6980, which has no eps.

    >>> init, update = adamax(0.5, b1=0.5, b2=0.5)
    >>> round(update([2.0], init([1.0]))[0][0], 4)
    -0.5
    """
    eps = checks.positive("adamax", "eps", eps)
    b1, b2, eps = _moments("adamax", b1, b2, eps)

    def rule(g, w, t, memory):
        m, u = memory
        m = b1 * m + (1 - b1) * g
        u = maximum(b2 * u, abs(g) + eps)
        return (m / (1 - b1**t)) / u, (m, u)

    return by_weight("adamax", learning_rate, rule, memory=(0.0, 0.0))


def adadelta(learning_rate=1.0, rho=0.9, eps=1e-6):
    """Adadelta: directions are measured in units of the weights, so that no learning rate need be chosen.

        s[t] = rho * s[t-1] + (1 - rho) * g[t]**2,  s[0] = 0
        a[t] = sqrt(d[t-1] + eps) / sqrt(s[t] + eps) * g[t]
        d[t] = rho * d[t-1] + (1 - rho) * a[t]**2,  d[0] = 0
        w[t] = w[t-1] - learning_rate * a[t]

    learning_rate: >= 0; eps: > 0; rho: in [0, 1). (Keras: learning_rate 0.001, rho 0.95, eps 1e-7.)
    Source: Zeiler 2012, algorithm 1, arXiv:1212.5701, which has no learning rate.

    >>> init, update = adadelta(rho=0.75, eps=3.0)
    >>> round(update([2.0], init([1.0]))[0][0], 4)
    -1.7321
    """
    rho = checks.fraction("adadelta", "rho", rho)
    eps = checks.positive("adadelta", "eps", eps)

    def rule(g, w, t, memory):
        s, d = memory
        s = rho * s + (1 - rho) * (g * g)
        a = sqrt(d + eps) / sqrt(s + eps) * g
        return a, (s, rho * d + (1 - rho) * (a * a))

    return by_weight("adadelta", learning_rate, rule, memory=(0.0, 0.0))


def lion(learning_rate, b1=0.9, b2=0.99, weight_decay=1e-3):
    """Lion: only the sign of the mean gradient counts, so every weight moves equally far.

        w[t] = w[t-1] - learning_rate * (sign(b1 * m[t-1] + (1 - b1) * g[t]) + weight_decay * w[t-1])
        m[t] = b2 * m[t-1] + (1 - b2) * g[t],  m[0] = 0

    learning_rate, weight_decay: >= 0; b1, b2: in [0, 1). sign(0) is 0. Its update must see the params.
    Source: Chen et al. 2023, algorithm 2, arXiv:2302.06675.

    >>> init, update = lion(0.5, weight_decay=0.25)
    >>> update([2.0], init([4.0]), [4.0])[0]
    [-1.0]
    """
    b1 = checks.fraction("lion", "b1", b1)
    b2 = checks.fraction("lion", "b2", b2)
    weight_decay = checks.non_negative("lion", "weight_decay", weight_decay)

    def rule(g, w, t, m):
        direction = sign(b1 * m + (1 - b1) * g)
        return direction + weight_decay * w, b2 * m + (1 - b2) * g

    return by_weight("lion", learning_rate, rule, memory=0.0, decay=True)


def rprop(learning_rate, eta_minus=0.5, eta_plus=1.2, min_step_size=1e-6, max_step_size=50.0):
    """Rprop: steps grow while the slope keeps its sign, and shrink when it turns; its size never counts.

        p[t] = sign(g[t]) * c[t-1],  c[0] = 0
        e[t] = e[t-1] * (eta_plus if p[t] > 0 else eta_minus if p[t] < 0 else 1),  e[0] = learning_rate
        c[t] = 0 if p[t] < 0 else sign(g[t])
        w[t] = w[t-1] - e[t] * c[t]

    learning_rate: >= 0, a number; eta_minus: in [0, 1); eta_plus, min_step_size, max_step_size: > 0. A
    changed step size e is cut to [min_step_size, max_step_size]. After a turn the weight rests for a step,
    as in PyTorch. (Optax 0.2.8 makes every step one update late.) For whole batches, whose slopes have no
    noise. Source: Riedmiller and Braun 1993; Igel and Huesken 2000, the variant iRprop-.

    >>> init, update = rprop(0.5)
    >>> updates, state = update([3.0], init([1.0]))
    >>> updates, update([0.1], state)[0]
    ([-0.5], [-0.6])
    """
    learning_rate = checks.non_negative("rprop", "learning_rate", learning_rate)
    eta_minus = checks.fraction("rprop", "eta_minus", eta_minus)
    eta_plus = checks.positive("rprop", "eta_plus", eta_plus)
    min_step_size = checks.positive("rprop", "min_step_size", min_step_size)
    max_step_size = checks.positive("rprop", "max_step_size", max_step_size)
    checks.ordered("rprop", min_step_size=min_step_size, max_step_size=max_step_size)

    def rule(g, w, t, memory):
        e, c = memory
        p = sign(g) * c
        e = where(p == 0, e, clip(e * where(p > 0, eta_plus, eta_minus), min_step_size, max_step_size))
        c = where(p < 0, 0, sign(g))
        return e * c, (e, c)

    return by_weight("rprop", 1, rule, memory=(learning_rate, 0))


def _moments(function, b1, b2, eps):
    return (
        checks.fraction(function, "b1", b1),
        checks.fraction(function, "b2", b2),
        checks.non_negative(function, "eps", eps),
    )


def _means(g, memory, b1, b2):
    """The running means of a gradient and of its square."""
    m, s = memory
    return b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * (g * g)
