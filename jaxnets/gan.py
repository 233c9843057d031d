"""The losses of generative adversarial networks on arrays, all of them on scores, and the gradient penalty.

A discriminator gives each example a score, the higher the more real; sigmoid(score) is its probability of
being real. n: example, i: feature, r: cost of a real score, f: cost of a fake one.
"""

import jax
import jax.numpy as jnp

from . import checks, stable
from .losses import _pair, _reduce
from .precision import rounded_once

KINDS = ("minimax", "non_saturating", "least_squares", "wasserstein")


def _known(function, argument, kind):
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(
            f"{function}: {argument} must be one of {', '.join(KINDS)}; "
            f"got {checks.told(kind)}.{checks.near(kind, KINDS)}"
        )


@rounded_once
def generator_loss(fake_logits, kind="non_saturating", reduction="mean"):
    """Generator loss: small where the discriminator takes fakes for real.

        generator_loss(fake_logits) = mean_n f(fake_logits[n])
        minimax: f(z) = log(1 - sigmoid(z)) = -log(1 + exp(z))
        non_saturating: f(z) = -log(sigmoid(z)) = log(1 + exp(-z))
        least_squares: f(z) = (z - 1)**2 / 2
        wasserstein: f(z) = -z

    fake_logits: [...], the scores of generated examples, any real numbers. Minimax is <= 0, and flat where a
    fake is found out (z far below 0), which is where a generator starts; non_saturating is steep there.
    reduction="none" returns the terms [...]. Raises ValueError for an unknown kind or no scores.
    Source: Goodfellow et al. 2014, eq. 1 and section 3, arXiv:1406.2661; Mao et al. 2017, eq. 9, with
    a = 0 and b = c = 1, arXiv:1611.04076; Arjovsky et al. 2017, algorithm 1, arXiv:1701.07875.

    >>> float(generator_loss(jnp.array([0.0])))
    0.6931471805599453
    """
    _known("generator_loss", "kind", kind)
    checks.reduction("generator_loss", reduction)
    fake_logits = checks.numbers("generator_loss", "fake_logits", fake_logits)
    checks.not_empty("generator_loss", "fake_logits", fake_logits)
    return _reduce(_generator_terms(fake_logits, kind), reduction)


def _generator_terms(fake, kind):
    if kind == "minimax":
        return -stable.softplus(fake)
    if kind == "non_saturating":
        return stable.softplus(-fake)
    return (fake - 1) ** 2 / 2 if kind == "least_squares" else -fake


@rounded_once
def discriminator_loss(real_logits, fake_logits, kind="non_saturating", reduction="mean"):
    """Discriminator loss: small where real examples score high and fakes low.

        discriminator_loss(real_logits, fake_logits) = mean_n r(real_logits[n]) + f(fake_logits[n])
        minimax, non_saturating: r(z) = -log(sigmoid(z)) = log(1 + exp(-z)),  f(z) = r(-z)
        least_squares: r(z) = (z - 1)**2 / 2,  f(z) = z**2 / 2
        wasserstein: r(z) = -z,  f(z) = z

    real_logits, fake_logits: [...] of one shape, the scores of as many real examples as generated ones.
    Where both cannot be told apart minimax and non_saturating, the same here, are log(4). reduction="none"
    returns the terms [...]. Raises ValueError for an unknown kind, unequal shapes or no scores.
    Source: Goodfellow et al. 2014, eq. 1, arXiv:1406.2661; Mao et al. 2017, eq. 9, with a = 0 and
    b = c = 1, arXiv:1611.04076; Arjovsky et al. 2017, algorithm 1, arXiv:1701.07875.

    >>> float(discriminator_loss(jnp.array([0.0]), jnp.array([0.0])))
    1.3862943611198906
    """
    _known("discriminator_loss", "kind", kind)
    checks.reduction("discriminator_loss", reduction)
    names = ("real_logits", "fake_logits")
    real, fake = _pair("discriminator_loss", names, real_logits, fake_logits)
    return _reduce(_discriminator_terms(real, fake, kind), reduction)


def _discriminator_terms(real, fake, kind):
    if kind in ("minimax", "non_saturating"):
        return stable.softplus(-real) + stable.softplus(fake)
    return (real - 1) ** 2 / 2 + fake**2 / 2 if kind == "least_squares" else fake - real


def interpolation(real, fake, noise):
    """Interpolation: a point on the line between each real example and a fake one.

        interpolation(real, fake, noise)[n] = noise[n] * real[n] + (1 - noise[n]) * fake[n]

    real, fake: [N, ...] of one shape; noise: [N], drawn from [0, 1), 1 being the real example. Returns
    [N, ...]. Raises ValueError for unequal shapes. Source: Gulrajani et al. 2017, algorithm 1, line 6,
    arXiv:1704.00028.

    >>> interpolation(jnp.array([[4.0]]), jnp.array([[0.0]]), jnp.array([0.25])).tolist()
    [[1.0]]
    """
    real, fake = _pair("interpolation", ("real", "fake"), real, fake)
    noise = checks.numbers("interpolation", "noise", noise)
    if real.ndim < 1 or noise.shape != real.shape[:1]:
        raise ValueError(
            f"interpolation: noise must have one number an example, to meet real {real.shape}; "
            f"got {noise.shape}."
        )
    noise = noise.reshape(noise.shape + (1,) * (real.ndim - 1))
    return noise * real + (1 - noise) * fake


@jax.custom_jvp
def _norm(rows):
    """Length of each row [N, i], whose squares do not overflow."""
    ratios, scale = _scaled(rows)
    return jnp.sqrt(jnp.sum(ratios**2, axis=1)) / scale


@_norm.defjvp
def _norm_jvp(primals, tangents):
    # At 0 the direction is 0, and its own slope is finite too: gradients of gradients pass through here.
    (rows,), (d_rows,) = primals, tangents
    ratios, _ = _scaled(rows)  # the length itself may be infinite
    squares = jnp.sum(ratios**2, axis=1)
    direction = ratios / jnp.sqrt(jnp.where(squares == 0, 1, squares))[:, None]
    return _norm(rows), jnp.sum(direction * d_rows, axis=1)


def _scaled(rows):
    scale = stable.scale(jnp.max(jnp.abs(rows), axis=1))
    return rows * scale[:, None], scale


@rounded_once
def gradient_penalty(gradients, center=1.0, reduction="mean"):
    """Gradient penalty: keeps the slope of the discriminator at a given steepness.

        gradient_penalty(gradients) = mean_n (sqrt(sum_i gradients[n][i]**2) - center)**2

    gradients: [N, ...], the gradient of each example's score by that example; center: >= 0, 1 for a
    Wasserstein critic at points of `interpolation`, 0 for R1 (half of it, at real examples).
    reduction="none" returns the terms [N], >= 0. The slope of the length is 0 where a gradient is 0. Raises
    ValueError for gradients that are no rows, for none of them, or a negative center.
    Source: Gulrajani et al. 2017, eq. 3, arXiv:1704.00028; Mescheder et al. 2018, eq. 9, arXiv:1801.04406.

    >>> float(gradient_penalty(jnp.array([[3.0, 4.0]])))
    16.0
    """
    center = checks.non_negative("gradient_penalty", "center", center)
    checks.reduction("gradient_penalty", reduction)
    gradients = checks.numbers("gradient_penalty", "gradients", gradients)
    if gradients.ndim < 2:
        raise ValueError(
            f"gradient_penalty: gradients must have one row an example, [N, ...]; got shape "
            f"{gradients.shape}."
        )
    checks.not_empty("gradient_penalty", "gradients", gradients)
    return _reduce((_norm(gradients.reshape(len(gradients), -1)) - center) ** 2, reduction)
