"""Losses that compare rows: nearly parallel ones, rows of zeros, distributions."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax
import pytest
from mpmath import mpf

import jaxnets as jn
import microgrid as mg
from microgrid import Value
from tests.arguments import LARGEST


def test_nearly_parallel_rows_keep_the_digits_of_their_distance_where_the_library_says_0():
    a, b = [1.0, 1.0], [1.0, 1.0 + 1e-9]
    with mpmath.workdps(60):
        x, y = [mpf(v) for v in a], [mpf(v) for v in b]
        dot = x[0] * y[0] + x[1] * y[1]
        true = float(1 - dot / mpmath.sqrt((x[0] ** 2 + x[1] ** 2) * (y[0] ** 2 + y[1] ** 2)))
    assert mg.cosine_distance([a], [b]) == pytest.approx(true, rel=1e-6)
    assert float(jn.cosine_distance(jnp.array([a]), jnp.array([b]))) == pytest.approx(true, rel=1e-6)
    assert abs(float(optax.cosine_distance(jnp.array(a), jnp.array(b))) - true) > true / 2


def test_a_row_of_zeros_is_at_distance_1_and_pulls_nowhere():
    for a, b in (([0.0, 0.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 0.0]), ([0.0, 0.0], [0.0, 0.0])):
        x = [Value(v) for v in a]
        loss = mg.cosine_distance([x], [b])
        value, slopes = jax.value_and_grad(jn.cosine_distance)(jnp.array([a]), jnp.array([b]))
        if isinstance(loss, Value):
            loss.backward()
        assert float(value) == float(loss) == 1
        assert not np.any(slopes) and not any(v.grad for v in x)


def test_directions_do_not_overflow():
    row, other = [[1e300, 1e300]], [[-1e300, 1e300]]
    assert float(jn.cosine_distance(jnp.array(row), jnp.array(other))) == pytest.approx(1, rel=1e-15)
    assert mg.cosine_distance(row, other) == pytest.approx(1, rel=1e-15)
    assert mg.cosine_distance(row, [[-3.0, -3.0]], "sum") == pytest.approx(2, rel=1e-15)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("dtype", "size"), LARGEST)
def test_the_largest_rows_have_a_direction(dtype, size, compiled):
    def distance(x, y):
        return jn.cosine_distance(x, jnp.array([y], dtype))

    value, slope = distance, jax.grad(distance)
    if compiled:
        value, slope = (jax.jit(f, static_argnums=1) for f in (value, slope))
    row, atol = jnp.array([[size, size]], dtype), 8 * float(jnp.finfo(dtype).eps)
    for other, expected in (
        ((size, size), 0),
        ((size, -size), 1),
        ((-1.0, -1.0), 2),
        ((1.0, 0.0), 1 - 0.5**0.5),
    ):
        np.testing.assert_allclose(value(row, other), expected, atol=atol)
    tiny = float(jnp.finfo(dtype).tiny)  # what is smaller is 0
    for length in (size, 1e-30):
        pulls = slope(jnp.array([[length, length]], dtype), (size, 0.0))
        np.testing.assert_allclose(pulls, [[-(8**-0.5) / length, 8**-0.5 / length]], rtol=2 * atol, atol=tiny)


def test_divergence_is_cross_entropy_less_entropy_and_0_between_equals():
    p, t = np.array([[0.2, 0.3, 0.5]]), np.array([[0.1, 0.0, 0.9]])
    entropy = -sum(x * math.log(x) for x in t[0] if x)
    for room, number in ((jn, jnp.array), (mg, np.ndarray.tolist)):
        whole = float(room.categorical_cross_entropy(number(p), number(t)))
        assert float(room.kl_divergence(number(p), number(t))) == pytest.approx(whole - entropy, rel=1e-13)
        assert float(room.kl_divergence(number(t), number(t))) == 0
        assert float(room.kl_divergence(number(t), number(p))) == math.inf
    assert (
        float(jn.kl_divergence(p, np.array([2])))
        == mg.kl_divergence(p.tolist(), [2])
        == pytest.approx(-math.log(0.5))
    )


def test_terms_have_the_shape_of_the_rows():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    y = np.random.default_rng(1).normal(size=(2, 3, 4))
    terms = jn.cosine_distance(x, y, "none")
    assert terms.shape == (2, 3)
    assert np.allclose(mg.cosine_distance(x.tolist(), y.tolist(), "none"), terms, rtol=1e-13)
    assert float(jn.cosine_distance(x, y)) == pytest.approx(float(terms.mean()), rel=1e-14)


def test_a_lone_number_is_no_row():
    for room in (mg, jn):
        with pytest.raises(ValueError, match="predictions must end in one number for each class"):
            room.cosine_distance(1.0, 2.0)
