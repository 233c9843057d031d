"""Arguments for the distributions of jax.scipy.stats that no guess fits."""

import numpy as np

from tests.oracle.arrays import ABOVE_ONE, DEFINITE, U, V, X, Y, grid, of, via

TRIALS = np.array([0, 2, 1, 3, 1])
COUNTS = np.array([1, 0, 2])
SHARES = (V / V.sum()).astype(np.float32)
OTHER_SHARES = (U / U.sum()).astype(np.float32)
MIDDLE = grid(5, low=0.4, high=0.6, seed=21)  # between loc and loc + scale
LOC = grid(5, low=0.05, high=0.2, seed=22)
SCALE = grid(5, low=1.1, high=1.9, seed=23)
FAR = dict(loc=LOC, scale=SCALE)


def each(names, call):
    """The same call for several functions of a distribution."""
    return dict.fromkeys(names.split(), call)


POINTS = "cdf logcdf logpdf logsf pdf sf"
STATS = {
    "bernoulli": {**each("cdf logpmf pmf", of(np.array([0, 1, 1, 0, 1]), X)), "ppf": of(Y, X)},
    "beta": {
        **each("logpdf pdf", of(MIDDLE, X, Y, **FAR)),
        **each(
            "cdf logcdf logsf sf", via(lambda f, x, loc, scale: f(x, X, Y, loc, scale), MIDDLE, LOC, SCALE)
        ),
    },
    "betabinom": each("logpmf pmf", of(TRIALS, 5, X, Y)),
    "binom": each("logpmf pmf", of(TRIALS, 5, X)),
    "chi2": each(POINTS, of(MIDDLE, ABOVE_ONE, **FAR)),
    "dirichlet": each("logpdf pdf", of(SHARES, U)),
    "expon": {**each(POINTS, of(MIDDLE, **FAR)), "ppf": of(X, **FAR)},
    "gamma": each(POINTS, of(MIDDLE, ABOVE_ONE, **FAR)),
    "geom": each("logpmf pmf", of(TRIALS + 1, X)),
    "multinomial": each("logpmf pmf", of(COUNTS, 3, OTHER_SHARES)),
    "multivariate_normal": each("logpdf pdf", of(U, V, DEFINITE)),
    "nbinom": each("logpmf pmf", of(TRIALS, ABOVE_ONE, X)),
    "pareto": {**each(POINTS, of(ABOVE_ONE + np.float32(1), X, **FAR)), "ppf": of(X, Y, **FAR)},
    "poisson": {**each("cdf logpmf pmf", of(TRIALS, X)), "entropy": of(ABOVE_ONE)},
    "truncnorm": each(POINTS, of(MIDDLE, -X, ABOVE_ONE, **FAR)),
    "uniform": {**each("cdf logpdf pdf", of(MIDDLE, **FAR)), "ppf": of(X, **FAR)},
    "vonmises": each("logpdf pdf", of(X, Y)),
    "wrapcauchy": each("logpdf pdf", of(X, Y)),
}
STATS = {f"jax.scipy.stats.{name}": table for name, table in STATS.items()}
