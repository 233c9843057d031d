"""Optimizers that look at the weights of a layer as a whole: their length, or their matrix.

Checked hyper-parameters in front of Optax's transformations. learning_rate is a number or a schedule, a
function of the step, which counts from 0. G: the gradient of an array of weights W, g: one of its numbers,
t: step, from 1.
"""

import jax
import optax

from . import checks, data
from .descent import rate, with_params

MOST_STEPS = 1000  # of 3.4445 each: in fewer any singular value that is not 0 has grown to about 1


def lamb(learning_rate, b1=0.9, b2=0.999, eps=1e-6, weight_decay=0.0):
    """LAMB: a layer moves a share of its own length, in AdamW's direction.

        m[t] = b1 * m[t-1] + (1 - b1) * g[t],  m[0] = 0
        s[t] = b2 * s[t-1] + (1 - b2) * g[t]**2,  s[0] = 0
        a[t] = (m[t] / (1 - b1**t)) / (sqrt(s[t] / (1 - b2**t)) + eps) + weight_decay * w[t-1]
        W[t] = W[t-1] - learning_rate * (norm(W[t-1]) / norm(A[t])) * A[t]

    learning_rate, eps, weight_decay: >= 0; b1, b2: in [0, 1). Where a norm is 0 their ratio is taken as 1.
    The norms are of one array, a kernel or a bias. Its update must see the params. Source: You et al. 2020,
    algorithm 2 with phi the identity, arXiv:1904.00962.

    >>> init, update = lamb(0.1)
    >>> updates, state = update(jnp.array([2.0, 2.0]), init(jnp.array([3.0, 4.0])), jnp.array([3.0, 4.0]))
    >>> updates.round(4).tolist() == [-0.3536, -0.3536]
    True
    """
    learning_rate = rate("lamb", learning_rate)
    checks.fraction("lamb", "b1", b1)
    checks.fraction("lamb", "b2", b2)
    eps = checks.non_negative("lamb", "eps", eps)
    weight_decay = checks.non_negative("lamb", "weight_decay", weight_decay)
    return with_params("lamb", optax.lamb(learning_rate, b1, b2, eps, weight_decay=weight_decay))


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
    """Muon: steepest descent for matrices: all singular values of the momentum become about 1.

        M[t] = beta * M[t-1] + (1 - beta) * G[t],  M[0] = 0
        N[t] = M[t] / (1 - beta**t), but if nesterov
        N[t] = beta * M[t] / (1 - beta**(t+1)) + (1 - beta) * G[t] / (1 - beta**t)
        X = N[t] / (norm(N[t]) + eps), and ns_steps times
        X = 3.4445 * X - 4.775 * X X' X + 2.0315 * X X' X X' X
        W[t] = W[t-1] - learning_rate * (sqrt(max(1, out / in)) * X + weight_decay * W[t-1])

    learning_rate, weight_decay: >= 0; eps: > 0; beta, adam_b1, adam_b2: in [0, 1); ns_steps: a whole number
    in [0, 1000]. For matrices [in, out]; everything else, biases and kernels of convolutions, moves by NAdam
    (Adam without nesterov) with adam_b1, adam_b2, eps and no decay. The singular values of X end between 0.7
    and 1.2, not at 1. Its update must see the params. Source: Jordan et al. 2024,
    kellerjordan.github.io/posts/muon; `optax.contrib.muon`.

    >>> init, update = muon(0.5)
    >>> updates, state = update(jnp.array([[2.0]]), init(jnp.array([[1.0]])), jnp.array([[1.0]]))
    >>> round(float(updates[0, 0]), 3)
    -0.348
    """
    learning_rate = rate("muon", learning_rate)
    checks.fraction("muon", "beta", beta)
    ns_steps = data.whole("muon", "ns_steps", ns_steps, 0)
    if ns_steps > MOST_STEPS:
        raise ValueError(f"muon: ns_steps must be at most {MOST_STEPS}; got {checks.shown(ns_steps)}.")
    eps = checks.positive("muon", "eps", eps)
    weight_decay = checks.non_negative("muon", "weight_decay", weight_decay)
    checks.flag("muon", "nesterov", nesterov)
    checks.fraction("muon", "adam_b1", adam_b1)
    checks.fraction("muon", "adam_b2", adam_b2)
    transformation = optax.contrib.muon(
        learning_rate,
        ns_steps=ns_steps,
        beta=beta,
        eps=eps,
        weight_decay=weight_decay,
        nesterov=nesterov,
        adam_b1=adam_b1,
        adam_b2=adam_b2,
    )
    # One compiled update: outside a compiled function its loop would be compiled again at every step.
    return with_params("muon", transformation._replace(update=jax.jit(transformation.update)))
