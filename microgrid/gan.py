"""The losses of generative adversarial networks, all of them on scores, and the gradient penalty.

A discriminator gives each example a score, the higher the more real; sigmoid(score) is its probability of
being real. n: example, i: feature, r: cost of a real score, f: cost of a fake one.
"""

from . import checks
from .checks import flatten, shape
from .losses import _elementwise, _nest, _reduce
from .operations import norm, softplus

KINDS = ("minimax", "non_saturating", "least_squares", "wasserstein")


def _known(function, argument, kind):
    if not isinstance(kind, str) or kind not in KINDS:
        told = f"{checks.shown(kind)}.{checks.near(kind, KINDS)}"
        raise ValueError(f"{function}: {argument} must be one of {', '.join(KINDS)}; got {told}")


def _real_cost(z, kind):
    """What the score z costs where a high one is wanted."""
    if kind == "least_squares":
        return (z - 1) ** 2 / 2
    return -z if kind == "wasserstein" else softplus(-z)


def _fake_cost(z, kind):
    """What the score z costs where a low one is wanted."""
    if kind == "least_squares":
        return z**2 / 2
    return z if kind == "wasserstein" else softplus(z)


def generator_loss(fake_logits, kind="non_saturating", reduction="mean"):
    """Generator loss: a forger's, small where the fakes pass for real.

        generator_loss(fake_logits) = mean_n f(fake_logits[n])
        minimax: f(z) = log(1 - sigmoid(z)) = -log(1 + exp(z))
        non_saturating: f(z) = -log(sigmoid(z)) = log(1 + exp(-z))
        least_squares: f(z) = (z - 1)**2 / 2
        wasserstein: f(z) = -z

    fake_logits: nested lists, the scores of generated examples, any real numbers. Minimax is <= 0, and flat
    where a fake is found out (z far below 0), which is where a generator starts; non_saturating is steep
    there. reduction="none" returns the terms in the same nesting. Raises ValueError for an unknown kind or no
    scores. Source: Goodfellow et al. 2014, eq. 1 and section 3, arXiv:1406.2661; Mao et al. 2017, eq. 9, with
    a = 0 and b = c = 1, arXiv:1611.04076; Arjovsky et al. 2017, algorithm 1, arXiv:1701.07875.

    >>> generator_loss([0.0])
    0.6931471805599453
    """

    def term(z, _):
        return -_fake_cost(z, kind) if kind == "minimax" else _real_cost(z, kind)

    _known("generator_loss", "kind", kind)
    names = ("fake_logits", "fake_logits")
    return _elementwise("generator_loss", names, fake_logits, fake_logits, reduction, term)


def discriminator_loss(real_logits, fake_logits, kind="non_saturating", reduction="mean"):
    """Discriminator loss: a detective's, small where real examples score high and fakes low.

        discriminator_loss(real_logits, fake_logits) = mean_n r(real_logits[n]) + f(fake_logits[n])
        minimax, non_saturating: r(z) = -log(sigmoid(z)) = log(1 + exp(-z)),  f(z) = r(-z)
        least_squares: r(z) = (z - 1)**2 / 2,  f(z) = z**2 / 2
        wasserstein: r(z) = -z,  f(z) = z

    real_logits, fake_logits: nested lists of one shape, the scores of as many real examples as generated
    ones. Where both cannot be told apart minimax and non_saturating, the same here, are log(4).
    reduction="none" returns the terms in the same nesting. Raises ValueError for an unknown kind, unequal
    shapes or no scores. Source: Goodfellow et al. 2014, eq. 1, arXiv:1406.2661; Mao et al. 2017, eq. 9, with
    a = 0 and b = c = 1, arXiv:1611.04076; Arjovsky et al. 2017, algorithm 1, arXiv:1701.07875.

    >>> discriminator_loss([0.0], [0.0])
    1.3862943611198906
    """

    def term(real, fake):
        return _real_cost(real, kind) + _fake_cost(fake, kind)

    _known("discriminator_loss", "kind", kind)
    names = ("real_logits", "fake_logits")
    return _elementwise("discriminator_loss", names, real_logits, fake_logits, reduction, term)


def interpolation(real, fake, noise):
    """Interpolation: a point on the line between each real example and a fake one.

        interpolation(real, fake, noise)[n] = noise[n] * real[n] + (1 - noise[n]) * fake[n]

    real, fake: [N][...] of one shape; noise: [N], drawn from [0, 1), 1 being the real example. Returns
    [N][...]. Raises ValueError for unequal shapes or no examples. Source: Gulrajani et al. 2017, algorithm 1,
    line 6, arXiv:1704.00028.

    >>> interpolation([[4.0]], [[0.0]], [0.25])
    [[1.0]]
    """
    checks.same_shape("interpolation", ("real", "fake"), real, fake)
    checks.not_empty("interpolation", "real", real)
    given, drawn = shape(real), shape(noise, "interpolation: noise")
    if given == () or drawn != given[:1]:
        raise ValueError(
            f"interpolation: noise must have one number an example, to meet real {given}; got {drawn}."
        )
    points = [
        eps * x + (1 - eps) * y
        for one, other, eps in zip(real, fake, flatten(noise), strict=True)
        for x, y in zip(flatten(one), flatten(other), strict=True)
    ]
    return _nest(iter(points), given)


def gradient_penalty(gradients, center=1.0, reduction="mean"):
    """Gradient penalty: keeps the discriminator's slope at a given steepness, so that it always points home.

        gradient_penalty(gradients) = mean_n (sqrt(sum_i gradients[n][i]**2) - center)**2

    gradients: [N][...], the gradient of each example's score by that example; center: >= 0, 1 for a
    Wasserstein critic at points of `interpolation`, 0 for R1 (half of it, at real examples).
    reduction="none" returns the terms [N], >= 0. The slope of the length is 0 where a gradient is 0. Raises
    ValueError for gradients that are no rows, for none of them, or a negative center.
    Source: Gulrajani et al. 2017, eq. 3, arXiv:1704.00028; Mescheder et al. 2018, eq. 9, arXiv:1801.04406.

    >>> gradient_penalty([[3.0, 4.0]])
    16.0
    """
    center = checks.non_negative("gradient_penalty", "center", center)
    checks.reduction("gradient_penalty", reduction)
    given = shape(gradients, "gradient_penalty: gradients")
    if len(given) < 2:
        raise ValueError(
            f"gradient_penalty: gradients must have one row an example, [N, ...]; got shape {given}."
        )
    checks.not_empty("gradient_penalty", "gradients", gradients)
    terms = [(norm(flatten(row)) - center) ** 2 for row in gradients]
    return _reduce(terms, reduction, given[:1])
