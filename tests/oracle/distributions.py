"""The distributions and bijectors of distrax: their methods as functions of their parameters and a value."""

from functools import partial

import jax.numpy as jnp
import numpy as np

from tests.oracle.arrays import ABOVE_ONE, DEFINITE, KEY, LOWER, SIGNED, A, B, M, N, U, V, X, Y, bind, grid

WHOLE = np.array([1, 0, 1, 1, 0])
ONE_HOT = np.eye(4)[[1, 3, 0]]
CLASSES = np.array([1, 3, 0])
SHARES = (V / V.sum()).astype(np.float32)
BOUNDS = (np.float32(0) - X, X + np.float32(1))
INSIDE = grid(5, low=0.05, high=0.95, seed=91)
POINTS = grid(3, 4, seed=92)
SPREAD = U + np.float32(0.5)

# Name: how to make it from the library and its parameters, the parameters, and a value.
DISTRIBUTIONS = {
    "Bernoulli": (lambda d, x: d.Bernoulli(x), (SIGNED,), WHOLE),
    "Beta": (lambda d, a, b: d.Beta(a, b), (ABOVE_ONE, X), INSIDE),
    "Categorical": (lambda d, x: d.Categorical(x), (M,), CLASSES),
    "CategoricalUniform": (
        lambda d, low, high, x: d.CategoricalUniform(low=low, high=high, logits=x),
        (A, np.array(1.4, np.float32), M[0]),
        np.array(0.9, np.float32),
    ),
    "Clipped": (lambda d, m, s: d.Clipped(d.Normal(m, s), -1.5, 1.5), (SIGNED, X), INSIDE),
    "ClippedLogistic": (lambda d, m, s: d.ClippedLogistic(m, s, -1.5, 1.5), (SIGNED, X), INSIDE),
    "ClippedNormal": (lambda d, m, s: d.ClippedNormal(m, s, -1.5, 1.5), (SIGNED, X), INSIDE),
    "Deterministic": (lambda d, x: d.Deterministic(x, atol=0.1), (X,), X + np.float32(0.05)),
    "Dirichlet": (lambda d, x: d.Dirichlet(x), (U,), SHARES),
    "EpsilonGreedy": (lambda d, x: d.EpsilonGreedy(x, 0.2), (M,), CLASSES),
    "Gamma": (lambda d, a, b: d.Gamma(a, b), (ABOVE_ONE, X), INSIDE),
    "Greedy": (lambda d, x: d.Greedy(x), (M,), M.argmax(1)),
    "Gumbel": (lambda d, m, s: d.Gumbel(m, s), (SIGNED, X), INSIDE),
    "Independent": (lambda d, m, s: d.Independent(d.Normal(m, s), 1), (SIGNED, X), INSIDE),
    "Joint": (lambda d, m, s: d.Joint((d.Normal(m, s), d.Gamma(s, s))), (SIGNED, X), (INSIDE, Y)),
    "Laplace": (lambda d, m, s: d.Laplace(m, s), (SIGNED, X), INSIDE),
    "Logistic": (lambda d, m, s: d.Logistic(m, s), (SIGNED, X), INSIDE),
    "LogStddevNormal": (lambda d, m, s: d.LogStddevNormal(m, s), (SIGNED, X), INSIDE),
    "MixtureOfTwo": (
        lambda d, p, m, s: d.MixtureOfTwo(p, d.Normal(m, s), d.Normal(s, m)),
        (B, X, Y),
        INSIDE,
    ),
    "MixtureSameFamily": (
        lambda d, x, m, s: d.MixtureSameFamily(d.Categorical(x), d.Normal(m, s)),
        (M, N, POINTS),
        SPREAD,
    ),
    "Multinomial": (
        lambda d, x: d.Multinomial(3, x),
        (M,),
        np.array([[1, 0, 2, 0], [0, 1, 1, 1], [3, 0, 0, 0]]),
    ),
    "MultivariateNormalDiag": (lambda d, m, s: d.MultivariateNormalDiag(m, s), (U, SPREAD), V),
    "MultivariateNormalDiagPlusLowRank": (
        lambda d, m, s, u: d.MultivariateNormalDiagPlusLowRank(m, s, u),
        (U, SPREAD, grid(3, 1, seed=93)),
        V,
    ),
    "MultivariateNormalFromBijector": (
        lambda d, m, s: d.MultivariateNormalFromBijector(m, d.DiagLinear(s)),
        (U, SPREAD),
        V,
    ),
    "MultivariateNormalFullCovariance": (
        lambda d, m, s: d.MultivariateNormalFullCovariance(m, s),
        (U, DEFINITE),
        V,
    ),
    "MultivariateNormalTri": (lambda d, m, s: d.MultivariateNormalTri(m, s), (U, LOWER), V),
    "Normal": (lambda d, m, s: d.Normal(m, s), (SIGNED, X), INSIDE),
    "OneHotCategorical": (lambda d, x: d.OneHotCategorical(x), (M,), ONE_HOT),
    "Quantized": (lambda d, m, s: d.Quantized(d.Normal(m, s), -3.0, 3.0), (X, Y), WHOLE),
    "Softmax": (lambda d, x: d.Softmax(x, 0.7), (M,), CLASSES),
    "Transformed": (lambda d, m, s: d.Transformed(d.Normal(m, s), d.ScalarAffine(m, s)), (SIGNED, X), INSIDE),
    "Uniform": (lambda d, low, high: d.Uniform(low, high), BOUNDS, INSIDE),
    "VonMises": (lambda d, m, k: d.VonMises(m, k), (SIGNED, ABOVE_ONE), INSIDE),
}


def squares(d, a):
    """The bijector x -> a x² on positive numbers, from plain functions."""
    return d.Lambda(
        forward=lambda x: x * x * a,
        inverse=lambda y: (y / a) ** 0.5,
        forward_log_det_jacobian=lambda x: jnp.log(2 * x * a),
        event_ndims_in=0,
    )


BIJECTORS = {
    "Block": (lambda d: d.Block(d.Tanh(), 1), (), SIGNED),
    "Chain": (lambda d, a, b: d.Chain([d.ScalarAffine(a, b), d.Tanh()]), (X, Y), SIGNED),
    "DiagLinear": (lambda d, x: d.DiagLinear(x), (X,), SIGNED),
    "DiagPlusLowRankLinear": (
        lambda d, s, u, v: d.DiagPlusLowRankLinear(s, u, v),
        (SPREAD, grid(3, 1, seed=93), grid(3, 1, seed=94)),
        V,
    ),
    "GumbelCDF": (lambda d: d.GumbelCDF(), (), SIGNED),
    "Inverse": (lambda d: d.Inverse(d.Tanh()), (), INSIDE),
    "Lambda": (squares, (X,), Y),
    "LowerUpperTriangularAffine": (
        lambda d, m, b: d.LowerUpperTriangularAffine(m, b),
        (DEFINITE, U),
        V,
    ),
    "MaskedCoupling": (
        lambda d, a: d.MaskedCoupling(
            np.arange(5) % 2 == 0, lambda x: x.sum() * a, lambda p: d.ScalarAffine(p, log_scale=p)
        ),
        (X,),
        SIGNED,
    ),
    "RationalQuadraticSpline": (
        lambda d, p: d.RationalQuadraticSpline(p, -3.0, 3.0),
        (grid(5, 7, seed=95),),
        SIGNED,
    ),
    "ScalarAffine": (lambda d, a, b: d.ScalarAffine(a, b), (X, Y), SIGNED),
    "Shift": (lambda d, a: d.Shift(a), (X,), SIGNED),
    "Sigmoid": (lambda d: d.Sigmoid(), (), SIGNED),
    "SplitCoupling": (
        lambda d, a: d.SplitCoupling(2, 1, lambda x: x.sum() * a, lambda p: d.ScalarAffine(p, log_scale=p)),
        (U,),
        SIGNED,
    ),
    "Tanh": (lambda d: d.Tanh(), (), SIGNED),
    "TriangularLinear": (lambda d, m: d.TriangularLinear(m), (LOWER,), V),
    "UnconstrainedAffine": (lambda d, m, b: d.UnconstrainedAffine(m, b), (DEFINITE, U), V),
}


def wider(params):
    """The parameters of another distribution of the same kind, for the divergence."""
    return [p * np.float32(1.1) for p in params]


# Method: its value for a maker of distributions, its parameters and a value.
METHODS = {
    "log_prob": lambda make, params, value: make(*params).log_prob(value),
    "sample": lambda make, params, _: make(*params).sample(seed=KEY),
    "entropy": lambda make, params, _: make(*params).entropy(),
    "kl_divergence": lambda make, params, _: make(*params).kl_divergence(make(*wider(params))),
}
MAPS = {
    "forward": lambda make, params, value: make(*params).forward(value),
    "forward_log_det_jacobian": lambda make, params, value: make(*params).forward_log_det_jacobian(value),
}


KINDS = DISTRIBUTIONS | BIJECTORS


WITH_VALUE = ("log_prob", *MAPS)


def rows():
    """The dotted names of all methods of all distributions and bijectors."""
    return {
        f"distrax.{name}.{method}"
        for table, methods in ((DISTRIBUTIONS, METHODS), (BIJECTORS, MAPS))
        for name in table
        for method in methods
    }


def method(name):
    """A function of a maker, its parameters and a value, with those arguments."""
    import distrax

    _, kind, verb = name.split(".")
    make, params, value = KINDS[kind]
    apply = (METHODS | MAPS)[verb]
    value = value if verb in WITH_VALUE else None
    return bind(lambda params, value: apply(partial(make, distrax), params, value), (params, value), {})
