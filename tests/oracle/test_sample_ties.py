"""check_grads(sample=) at ties and singular points: a right rule is no false alarm, a wrong one is found."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_sample import report

from microgrid.oracle.sampled import tied_rules

TIED = np.array([3.0, 1.0, 1.0, 2.0], "float32")


def custom(function, slope):
    """A function of one array whose gradient is slope(x, ct)."""
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), x), lambda x, ct: (slope(x, ct),))
    return made


def last_first(x, ct):
    """The slopes of sort with equal numbers the other way round."""
    return jnp.zeros_like(ct).at[jnp.argsort(x, descending=True)].set(ct[::-1])


def rising(x):
    return jnp.sort(x)


def two_largest(x):
    return jnp.sort(x)[-2:]


RIGHT = {
    "sort": (rising, last_first),
    "a sum of what is sorted": (
        lambda x: jnp.cumsum(jnp.sort(x)), lambda x, ct: last_first(x, jnp.cumsum(ct[::-1])[::-1])
    ),
    "the two largest": (
        two_largest,
        lambda x, ct: jnp.zeros_like(x).at[(x.size - 1 - jnp.argsort(x[::-1]))[-2:]].set(ct),
    ),
    "one of many for the second place": (
        lambda x: jax.lax.top_k(x, 2)[0], lambda x, ct: jnp.zeros_like(x).at[jnp.array([0, 3])].set(ct)
    ),
    "the place of the smallest": (
        lambda x: x[jnp.argmin(x)], lambda x, ct: jnp.zeros_like(x).at[2].set(ct)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_rule_may_order_equal_numbers_as_it_likes(name):
    x = np.array([3.0, 1.0, 1.0, 1.0], "float32") if name == "one of many for the second place" else TIED
    made = report(custom(*RIGHT[name]), x)
    assert made.verdict == "sampled", made


def test_a_rule_for_sort_that_mixes_up_other_numbers_is_wrong_at_a_tie_too():
    made = report(custom(rising, lambda x, ct: last_first(x, ct[::-1])), TIED)
    assert made.verdict == "wrong" and made.guilty.primitive.startswith("custom_vjp_call"), made


def test_a_rule_for_sort_that_is_too_large_is_unsupported_at_a_tie(monkeypatch):
    monkeypatch.setattr(tied_rules, "MOST", 4)
    made = report(custom(rising, last_first), TIED)
    assert made.verdict == "unsupported" and made.guilty is None, made
    assert "it orders equal numbers and is too large to look at all their orders" in str(made)
    assert report(custom(rising, last_first), np.arange(4.0)).verdict == "sampled"


def leaky(slope):
    return lambda x: jnp.where(x > 0, x, slope * x)


@pytest.mark.parametrize("f", [leaky(0.1), leaky(0.01), lambda x: jnp.maximum(x, 0.1 * x)])
def test_what_lies_between_no_sides_of_a_tie_is_wrong(f):
    x = np.linspace(-1, 1, 201, dtype="float32").round(2).clip(0)  # 101 numbers are 0
    wrong = custom(f, lambda x, ct: ct * (x > 0))
    assert report(wrong, np.array([0.0, 1.0], "float32")).verdict == "wrong"
    made = report(lambda x: jnp.sum(wrong(x.reshape(3, 67)) ** 2 + wrong(x.reshape(3, 67))), x, modes="rev")
    assert made.verdict == "wrong" and made.guilty.primitive.startswith("custom_vjp_call"), made
    (leaf,) = [leaf for leaf in made.leaves if leaf.verdict == "wrong"]
    row, column = map(int, leaf.index.strip("[]").split(","))
    assert x[67 * row + column] == 0
    assert report(custom(f, lambda x, ct: ct * jnp.where(x > 0, 1, 0.5)), x).verdict == "sampled"


def test_a_tie_that_is_counted_twice_is_wrong():
    twice = jax.custom_vjp(jnp.maximum)
    twice.defvjp(
        lambda x, y: (jnp.maximum(x, y), (x, y)),
        lambda kept, ct: (ct * (kept[0] >= kept[1]), ct * (kept[0] <= kept[1])),
    )
    made = report(twice, np.ones(3, "float32"), np.array([1.0, 2.0, 0.0], "float32"))
    assert made.verdict == "wrong", made


def test_a_tie_in_a_rule_too_large_for_its_sides_is_told(monkeypatch):
    x = np.array([0.0, 1.0], "float32")
    assert "each choice was judged alone" not in str(report(jax.nn.relu, x))
    monkeypatch.setattr(tied_rules, "MOST", 1)
    made = report(jax.nn.relu, x)
    assert made.verdict == "sampled" and "at ties each choice was judged alone" in str(made)


X_LOG_X = {
    "a number of numpy": np.float32(0),
    "a number": 0.0,
    "an array": np.zeros(2, "float32"),
    "beside others": np.array([0.0, 1.0, 2.0]),
}


@pytest.mark.parametrize("name", X_LOG_X)
def test_an_infinite_slope_of_one_side_is_right(name):
    """-x log x rises infinitely steeply at 0, and JAX says so."""
    made = report(jax.scipy.special.entr, X_LOG_X[name], sample=8)
    assert made.verdict == "sampled" and made.guilty is None, made


def test_an_infinite_slope_towards_the_other_side_is_wrong():
    rises = jax.custom_jvp(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0))
    rises.defjvp(lambda p, t: (rises(*p), t[0] * -0.5 / jnp.sqrt(p[0])))
    assert report(lambda x: rises(x), np.array([0.0, 1.0])).verdict == "wrong"
    assert report(lambda x: rises(x), np.zeros(1)).verdict in ("nonfinite", "wrong")


def test_a_slope_that_is_nan_is_nonfinite():
    made = report(lambda x: jax.scipy.special.xlogy(x, x), np.zeros(2, "float32"))
    assert made.verdict == "nonfinite" and "  not looked at: custom_jvp_call" in str(made), made


def test_a_tie_is_met_through_a_boolean_that_moves():
    rows = lambda x: jnp.where((x[:, 0] > 0)[:, None], x, 0.1 * x)  # noqa: E731
    x = np.array([[0, 0], [1, 2]], "float32")
    assert report(custom(rows, lambda x, ct: ct * (x[:, :1] > 0)), x).verdict == "wrong"


def test_only_numbers_that_are_ordered_together_can_be_equal(monkeypatch):
    """Two rows hold the same numbers, and each is sorted by itself, so a wrong rule is just that."""
    monkeypatch.setattr(tied_rules, "MOST", 1)
    x = np.tile(np.arange(4.0), (2, 1))
    wrong = custom(rising, lambda x, ct: ct * 1.01)
    assert report(wrong, x).verdict == "wrong"
    assert report(wrong, 0 * x).verdict == "unsupported"
