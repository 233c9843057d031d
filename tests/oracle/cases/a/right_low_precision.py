"""Right in low precision: float16 and bfloat16."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right

F16, BF16 = jnp.float16, jnp.bfloat16


@right(kind="low precision", proof=lambda x, y: x @ y)
def float16_dot_product():
    """The gradients are the other vector, exactly."""
    return lambda x, y: x @ y, (array(normal(8), F16), array(normal(8, seed=1), F16))


@right(kind="low precision", roundings=4, proof=lambda x: exact.softmax(x))
def bfloat16_softmax():
    """p (u - p.u), within a few bfloat16 roundings."""
    return jax.nn.softmax, (array([0.5, -1.0, 2.0, 0.25], BF16),)


@right(kind="low precision", roundings=4, proof=lambda x: exact.normalise(x, eps="1e-3"))
def float16_layer_norm():
    """The usual layer-norm Jacobian, in half precision."""

    def f(x):
        m = jnp.mean(x)
        return (x - m) * lax.rsqrt(jnp.mean((x - m) ** 2) + array(1e-3, F16))

    return f, (array([0.5, -1.25, 2.0, 0.125], F16),)


@right(kind="low precision", roundings=4, proof=lambda x: exact.gelu_tanh(x))
def bfloat16_gelu():
    """The derivative of the tanh form of gelu."""
    return jax.nn.gelu, (array([0.5, -1.0, 2.0], BF16),)


@right(kind="low precision", proof=lambda x: np.sum(x**2))
def float16_input_summed_in_float32():
    """2x; the cast back to float16 of the cotangent is the only rounding."""
    return lambda x: jnp.sum(x.astype(jnp.float32) ** 2), (array(normal(16, seed=2), F16),)


@right(kind="low precision", roundings=4, proof=lambda a, b: np.array(a @ b))
def bfloat16_matmul_accumulated_in_float32():
    """The gradients are products with the other matrix, rounded to bfloat16."""

    def f(a, b):
        return jnp.matmul(a, b, preferred_element_type=jnp.float32)

    return f, (array(normal(3, 4, seed=3), BF16), array(normal(4, 2, seed=4), BF16))


@right(kind="low precision", proof=lambda x: exact.tanh(x))
def float16_tanh_of_small_numbers():
    """Slope 1 - tanh^2, close to one."""
    return jnp.tanh, (array([1e-3, -2e-2, 0.5], F16),)


@right(kind="low precision", proof=lambda x: exact.log(x))
def bfloat16_logarithm():
    """Slope 1/x."""
    return jnp.log, (array([0.01, 1.0, 300.0], BF16),)


@right(kind="low precision", proof=lambda x: exact.exp(x))
def float16_exponential_near_the_overflow():
    """Slope exp(x), 3e4 at 10.3: less than a factor 2.2 below the largest float16 number."""
    return jnp.exp, (array(10.3, F16),)


@right(kind="low precision", roundings=4, proof=lambda x, y: exact.mean((x - y) ** 2))
def float16_mean_squared_error():
    """2 (x - y)/n."""
    return lambda x, y: jnp.mean((x - y) ** 2), (array(normal(6, seed=5), F16), array(normal(6, seed=6), F16))


@right(kind="low precision", roundings=4, proof=lambda x: x**6)
def float16_product_rule_inside_a_scan():
    """6 x^5, with six roundings of float16."""
    return lambda x: lax.scan(lambda c, _: (c * x, None), jnp.ones_like(x), None, 6)[0], (array(1.125, F16),)
