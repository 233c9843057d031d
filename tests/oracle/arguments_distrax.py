"""Arguments for the functions of distrax that are no methods."""

from tests.oracle.arrays import DEFINITE, KEY, SIGNED, U, V, X, Y, of, via


def normals(f, loc, scale, *args):
    """An estimate that compares two normal distributions."""
    import distrax

    return f(distrax.Normal(loc, scale), distrax.Normal(scale, scale), *args)


def mode(f, loc, scale):
    """The likeliest of some draws from a normal distribution."""
    import distrax

    return f(distrax.Normal(loc, scale), KEY, 4)


def hidden_markov(f, start, moves, loc, scale, x):
    """The passes forward and backward over some observations."""
    import distrax

    return f(
        distrax.Categorical(start), distrax.Categorical(moves), distrax.Normal(loc, scale)
    ).forward_backward(x)


DISTRAX = {
    "distrax": dict(
        HMM=via(hidden_markov, U, DEFINITE, V, U, X),
        estimate_kl_best_effort=via(lambda f, m, s: normals(f, m, s, KEY, 4), SIGNED, X),
        importance_sampling_ratios=via(normals, SIGNED, X, Y),
        mc_estimate_kl=via(lambda f, m, s: normals(f, m, s, KEY, 4), SIGNED, X),
        mc_estimate_kl_with_reparameterized=via(lambda f, m, s: normals(f, m, s, KEY, 4), SIGNED, X),
        mc_estimate_mode=via(mode, SIGNED, X),
        multiply_no_nan=of(X, Y),
    )
}
