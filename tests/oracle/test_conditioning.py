"""The conditioning of gradients against closed forms, and the equations that lose digits by name."""

import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from microgrid.oracle.check import check_grads


def ruled(function, slope):
    """A function whose gradient is computed as slope(x) says, from its cotangent and x alone."""
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), x), lambda x, ct: (ct * slope(x),))
    return made


def leaf(f, x, mode="rev"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (found,) = check_grads(f, (x,), modes=mode, raises=False).leaves
    return found


SMALL = np.float32(2.0**-10)
TWO = np.array([3.0, -2.0], "float32")

# The cotangent is exact. In brackets: the input, each operation of the slope, the product with the cotangent.
CONDITIONS = {
    "a difference": (lambda x: x * x / 2, lambda x: (1 + x) - 1, SMALL, [1, (1 + SMALL) / SMALL, 1, 1]),
    "an exponential": (jnp.exp, jnp.exp, np.float32(5), [5, 1, 1]),
    "a logarithm near 1": (lambda x: x * jnp.log(x) - x, jnp.log, np.float32(1.5), [1 / np.log(1.5), 1, 1]),
    "a sum": (lambda x: jnp.sum(x) ** 2 / 2, lambda x: jnp.broadcast_to(jnp.sum(x), (2,)), TWO, [5, 1, 1]),
    "a product of vectors": (
        lambda x: x[0] ** 2 / 2 - 4 * x[0] * x[1] + 8 * x[1] ** 2,
        lambda x: jnp.array([1.0, -4.0], "float32") * (x @ jnp.array([1.0, -4.0], "float32")),
        np.array([3.0, 0.5], "float32"), [5, 1, 1, 1],
    ),
    "what is held fixed": (lambda x: x**3 / 3, lambda x: lax.stop_gradient(x) * x, np.float32(3), [2, 1, 1]),
    "a shorter type": (lambda x: x * x / 2, lambda x: x.astype("bfloat16").astype("float32"), np.float32(3),
                       [1, 2.0**16, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_condition_is_that_of_the_closed_form(name):
    function, slope, x, parts = CONDITIONS[name]
    found = leaf(ruled(function, slope), x)
    assert found.condition == pytest.approx(sum(parts), rel=1e-6)


def test_the_condition_is_printed_and_is_0_where_nothing_can_move():
    found = check_grads(ruled(jnp.exp, jnp.exp), (np.float32(5),))
    assert "ULP of float32, condition 7" in str(found)
    assert leaf(lambda x: 3 * x, np.float32(2)).condition == 1  # the product with the cotangent
    assert leaf(lambda x: x * 0, np.float32(2)).condition == 0


@pytest.mark.parametrize("seed", range(5))
def test_arithmetic_is_off_by_half_the_condition_at_most(seed):
    draw = np.random.default_rng(seed)
    pairs = draw.integers(0, 3 + np.arange(12)[:, None], (12, 2))

    def f(x):
        made = list(x)
        for k, (i, j) in enumerate(pairs):
            made.append((made[i] - made[j], made[i] * made[j], made[i] + made[j])[k % 3])
        return made[-1] + made[-2]

    for mode in ("fwd", "rev"):
        found = leaf(f, draw.normal(size=3).astype("float32"), mode)
        assert found.ulps <= found.condition / 2 * (1 + 1e-5)


def cosine(x):
    return jnp.sqrt(
        1  # subtracted
        - jnp.cos(x)  # rounded
    )


def roots(x):
    return jnp.sqrt(x + 1) - jnp.sqrt(x)


def variance(x):
    return jnp.mean(x * x) - jnp.mean(x) ** 2


@jax.custom_jvp
def logistic(x):
    return jax.nn.sigmoid(x)  # rounded


@logistic.defjvp
def _by_y(primals, tangents):
    y = logistic(*primals)
    return y, y * (1 - y) * tangents[0]  # subtracted


def turning(x):
    return jnp.sin(1e6 * x)


def added(x):
    return jnp.sum(x) ** 2


LOST = {
    "1 - cos(x)": (cosine, np.float32(1e-3), "sub", "1  # subtracted", "cancels", "cos", "- jnp.cos(x)"),
    "a difference of roots": (roots, np.float32(1e6), "sub", "return", "cancels", "div", "return"),
    "the variance": (variance, np.array([1e3, 1000.1, 1000.2], "float32"), "sub", "return jnp.mean(x * x)",
                     "cancels", "div", "return jnp.mean(x * x)"),
    "y(1 - y)": (logistic, np.float32(20), "sub", "y * (1 - y)", "cancels", "logistic", "sigmoid(x)"),
    "a large angle": (turning, np.float32(0.3), "cos", "1e6", "magnifies", "mul", "1e6"),
    "a sum of large terms": (added, np.array([1e8, 1, -1e8], "float32"), "reduce_sum", "jnp.sum(x) ** 2",
                             "cancels", "reduce_sum", "jnp.sum(x) ** 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_the_pair_of_equations_that_lost_the_digits_is_named(name):
    f, x, grew, there, verb, rounded, here = LOST[name]
    found = leaf(f, x, "fwd")
    lost = found.cancelled
    assert found.verdict == "imprecise"
    assert (lost.grew[0], lost.verb, lost.rounded[0]) == (grew, verb, rounded)
    assert there in line(lost.grew[1]) and here in line(lost.rounded[1])
    itself = "what it rounded itself" if rounded == grew else f"what `{rounded}` at {lost.rounded[1]} rounded"
    assert str(lost) == f"`{grew}` at {lost.grew[1]} {verb} {itself}"


def line(source):
    file, number = source.split(" ")[0].rsplit(":", 1)
    return Path(file).read_text().splitlines()[int(number) - 1]


def test_backwards_the_sum_of_cotangents_cancels():
    assert str(leaf(roots, np.float32(1e6)).cancelled).startswith("`add_any` at ")
    with pytest.warns(UserWarning, match="    digits lost: `sub` at ") as told:
        check_grads(roots, (np.float32(1e6),))
    assert str(told[0].message).count("    digits lost: `") == 2


def test_digits_that_are_lost_little_by_little_blame_no_pair():
    found = leaf(lambda x: lax.fori_loop(0, 30, lambda i, c: 3.9 * c * (1 - c), x), np.float32(0.3))
    assert found.verdict == "imprecise" and found.cancelled.grew is None
    assert "times in small steps" in str(found.cancelled)


@pytest.mark.parametrize("f", [lambda x: 1 - jnp.cos(x), lambda x: jnp.log(1 + jnp.exp(x))])
@pytest.mark.parametrize("x", [1e-4, -30.0])
def test_where_only_the_value_loses_digits_the_gradient_is_ok(f, x):
    found = leaf(f, np.float32(x))
    assert found.verdict == "ok" and found.cancelled is None
