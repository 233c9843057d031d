"""check_grads of complex functions: values as numpy has them, slopes as JAX's rules have them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import verdict

from microgrid.oracle import replay

Z = np.array([0.6 + 0.4j, -0.5 + 0.8j, -0.7 - 0.3j, 0.2 - 0.9j, 1.6 + 0.1j])  # a number in each quadrant
W = Z[::-1] + 1
FUNCTIONS = (
    "sqrt exp log sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh expm1 log1p "
    "reciprocal square exp2 cumsum cumprod sum prod mean conj"
).split()
PAIRS = "add subtract multiply divide power convolve dot vdot outer".split()


@pytest.mark.parametrize("name", FUNCTIONS + PAIRS)
def test_a_complex_function_is_what_numpy_says(name):
    args = (Z, W) if name in PAIRS else (Z,)
    (made,) = replay(getattr(jnp, name), args)
    expected = getattr(np, name)(*args)
    np.testing.assert_allclose(np.vectorize(complex)(made), expected, rtol=1e-12, atol=1e-15)


RIGHT = {
    "elementary": (lambda z: jnp.tanh(z) * jnp.sqrt(z) + jnp.log1p(z) / jnp.sinh(z) - jnp.expm1(z) ** -2, Z),
    "inverse": (lambda z: jnp.arcsin(z) * jnp.arctan(z) - jnp.arctanh(z) * jnp.arccos(z), Z),
    "a power": (lambda z, w: z**w + lax.rsqrt(z), Z, W),
    "a sigmoid": (jax.nn.sigmoid, Z),
    "products and running ones": (lambda z: jnp.prod(z) * jnp.cumprod(z) + jnp.cumsum(z * z), Z),
    "convolved": (jnp.convolve, Z, W),
    "windows": (lambda z: lax.reduce_window(z, 0j, lax.add, (2,), (1,), "VALID"), Z),
    "a size": (lambda z: jnp.abs(z) + jnp.angle(z) * z.imag, Z),
    "in single precision": (lambda z: jnp.exp(z) / (1 + z * z), Z.astype("complex64")),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_complex_gradient_is_ok(name):
    f, *args = RIGHT[name]
    assert verdict(f, *args, modes="rev").verdict == "ok"


@pytest.mark.parametrize("z", [-0.5 + 0.8j, -0.7 - 0.3j, 0.6 + 0.4j])
def test_arccosh_is_judged_as_differences_of_the_values_are(z):
    """JAX 0.10 has the wrong sign where Re z < 0: sqrt(z^2 - 1) is not sqrt(z - 1) sqrt(z + 1)."""
    slope = (np.arccosh(z + 1e-6) - np.arccosh(z - 1e-6)) / 2e-6
    right = np.allclose(jax.grad(jnp.arccosh, holomorphic=True)(z), slope, atol=1e-8)
    assert verdict(jnp.arccosh, z).verdict == ("ok" if right else "wrong")


def test_the_sign_of_a_complex_number_has_slopes_that_jax_leaves_out():
    mended = hasattr(jax.lax, "one_minus_square")  # in JAX 0.12
    assert verdict(jnp.sign, Z).verdict == ("ok" if mended else "wrong")
    assert verdict(lambda z: z / jnp.abs(z), Z).verdict == "ok"


def test_complex_numbers_are_not_compared():
    assert "knows reduce_max of real numbers only" in verdict(jnp.max, Z).refused


EDGES = {
    "an imaginary part of 0": (lambda x: jnp.abs(x + 0j), 0.0),
    "an imaginary part that stays 0": (lambda x: jnp.abs(lax.complex(x, 0 * x)), 0.0),
    "a number that turns": (lambda x: jnp.abs(x * (3 + 4j)), 0.0),
    "four equal numbers": (lambda x: jnp.sum(jnp.abs(jnp.fft.rfft(x))), np.ones(4)),
    "five equal numbers": (lambda x: jnp.sum(jnp.abs(jnp.fft.fft(x))), np.ones(5, "float32")),
}


@pytest.mark.parametrize("name", EDGES)
def test_the_size_of_a_complex_number_has_a_kink_at_0(name):
    f, x = EDGES[name]
    report = verdict(f, x)
    assert report.verdict == "kink" and "[" in report.leaves[-1].truth
