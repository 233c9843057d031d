"""check_grads of what JAX computes since 0.12, where that JAX is there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import TABLE, X, verdict

newer = pytest.mark.skipif(
    not hasattr(lax, "one_minus_square"), reason=f"JAX {jax.__version__} has none of it"
)
POSITIVE = abs(X) + 0.1


def one_minus(x):
    return lax.one_minus_square(x)  # looked up at the call: JAX 0.10 has no such function


def polynomial(x, c):
    return lax.polynomial(x, [1.0, c, 2.0, 0.1 * c])


def long_polynomial(x):
    return lax.polynomial(x, list(range(12)))


CASES = {
    "1 - x**2": (one_minus, X),
    "1 - x**2 near 1": (one_minus, (1 - X * 1e-6).astype("float32")),
    "a polynomial in x and in its coefficients": (polynomial, X, np.float32(0.7)),
    "coefficients of other shapes": (lambda x, c: lax.polynomial(x, [c, c[:, :1]]), X[None, :4], TABLE),
    "a polynomial of many terms": (long_polynomial, X),
}  # fmt: skip


@newer
@pytest.mark.parametrize("name", CASES)
def test_the_slopes_of_newer_primitives_are_ok(name):
    f, *args = CASES[name]
    assert verdict(f, *args, order=2).verdict == "ok"


COMPLEX = {
    "1 - z**2": one_minus,
    "a polynomial": lambda z: lax.polynomial(z, [1.0, 2.0, 3.0]),
}  # fmt: skip


@newer
@pytest.mark.parametrize("name", COMPLEX)
def test_newer_primitives_of_complex_numbers_are_ok(name):
    assert verdict(lambda x: jnp.abs(COMPLEX[name](x + 1j * x * x)), X).verdict == "ok"


@pytest.mark.parametrize("f", [jnp.log2, lambda x: jnp.abs(jnp.log2(x + 1j * x))], ids=["real", "complex"])
def test_log2_is_ok(f):
    assert verdict(f, POSITIVE).verdict == "ok"


@pytest.mark.parametrize("f", [lax.erf, lax.erfc])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_second_slopes_of_erf_are_ok(f, kind):
    assert verdict(f, (X * 3).astype(kind), order=2).verdict == "ok"


@pytest.mark.parametrize("f", [lax.erf, lax.erfc])
def test_the_slopes_of_erf_are_ok_where_they_underflow(f):
    assert verdict(f, np.float32([9, 10.9, 12, -12, 0])).verdict == "ok"


def test_a_function_that_has_the_name_of_one_of_jax_is_checked_all_the_same():
    @jax.custom_jvp
    def exp_neg_sq(x):
        return jnp.exp(-x * x)

    exp_neg_sq.defjvp(lambda x, t: (exp_neg_sq(*x), -2.5 * x[0] * exp_neg_sq(*x) * t[0]))
    assert verdict(exp_neg_sq, X).verdict == "wrong"
