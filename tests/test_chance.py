"""Chance drawn all at once: each kind has its distribution, and the key alone decides what is drawn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from rl import chance
from rl.chance import Draw, drawn

COUNT = 100_000
KNOWN = {"uniform": stats.uniform, "normal": stats.norm, "gumbel": stats.gumbel_r}
PLAN = {kind: Draw(kind, (COUNT,)) for kind in (*KNOWN, "bits")} | {"keys": Draw("keys", (4, 3))}


@pytest.fixture(scope="module")
def draws():
    return jax.jit(lambda key: drawn(key, PLAN))(jax.random.key(0))


@pytest.mark.parametrize("kind", KNOWN)
def test_moments_are_those_of_the_distribution(kind, draws):
    assert draws[kind].dtype == jnp.float32
    x = np.asarray(draws[kind], float)
    for power in (1, 2, 3, 4):
        truth = KNOWN[kind].moment(power)
        error = np.sqrt((KNOWN[kind].moment(2 * power) - truth**2) / COUNT)
        assert abs(np.mean(x**power) - truth) <= 4 * error, power
    assert stats.kstest(x, KNOWN[kind].cdf).pvalue > 1e-3


def test_each_bit_is_set_half_of_the_time(draws):
    bits = (np.asarray(draws["bits"])[:, None] >> np.arange(32)) & 1
    assert draws["bits"].dtype == jnp.uint32
    assert np.abs(bits.mean(0) - 0.5).max() <= 4 * 0.5 / COUNT**0.5


def test_parts_of_a_plan_are_independent(draws):
    rows = np.array([stats.rankdata(draws[kind]) for kind in (*KNOWN, "bits")])
    between = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    along = [np.corrcoef(row[:-1], row[1:])[0, 1] for row in rows]
    assert np.abs([*between, *along]).max() <= 4 / COUNT**0.5


def test_the_outermost_bits_give_finite_numbers_inside_the_range():
    ends = jnp.array([0, 2**32 - 1], jnp.uint32)
    low, high = chance._uniform(ends).tolist()
    assert 0 == low < high < 1
    for kind in (chance._normal, chance._gumbel):
        assert jnp.isfinite(kind(ends)).all()
        assert kind(ends)[0] < -2.5 and kind(ends)[1] > 4


def test_equal_keys_draw_equal_and_others_draw_others():
    plan = dict(a=Draw("uniform", (3, 2)), b=Draw("normal", (5,)), keys=Draw("keys", (4,)))
    draw_all = jax.jit(lambda key: drawn(key, plan))
    one, same, other = (draw_all(jax.random.key(seed)) for seed in (1, 1, 2))
    for name, draw in plan.items():
        plain = [jax.random.key_data(x[name]) if name == "keys" else x[name] for x in (one, same, other)]
        assert one[name].shape == draw.shape
        first, second, third = map(np.asarray, plain)
        assert (first == second).all() and not (first == third).any()


def test_keys_are_keys_that_differ(draws):
    keys = draws["keys"]
    assert jnp.issubdtype(keys.dtype, jax.dtypes.prng_key)
    assert len(np.unique(jax.random.key_data(keys).reshape(12, -1), axis=0)) == 12
    assert len(np.unique(jax.jit(jax.vmap(jax.random.uniform))(keys.ravel()))) == 12
