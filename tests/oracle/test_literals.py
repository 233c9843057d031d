"""Numbers that are written into a program: which are exact, and how much freedom the others give."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_check_grads import custom, verdict

import jaxnets as jn

HALF = {dtype: jnp.asarray([0.5, -1.0], dtype) for dtype in ("bfloat16", "float16")}
RIGHT = {
    "erf": jax.scipy.special.erf,
    "erfc": jax.scipy.special.erfc,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "cbrt": jnp.cbrt,
}


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", RIGHT)
def test_two_over_root_pi_and_a_third_are_rounded_numbers_in_narrow_types_too(name, dtype):
    assert verdict(RIGHT[name], HALF[dtype]).verdict in ("ok", "imprecise")


@pytest.mark.parametrize("dtype", HALF)
def test_a_literal_in_a_narrow_type_may_be_off_by_half_a_unit_and_no_more(dtype):
    ulp = float(jnp.finfo(dtype).eps)
    for error, expected in ((0, "ok"), (2 * ulp, "wrong"), (0.25, "wrong")):
        slope = jnp.asarray(1.125 * (1 + error), dtype)
        report = verdict(
            custom(lambda x: 1.125 * x, lambda x, slope=slope: slope), HALF[dtype][0], modes="rev"
        )
        assert report.verdict == expected


def difference_of_multiples(x):
    return x * np.float32(1e8) - x * np.float32(99999992)  # 8 x


def test_literals_that_cancel_give_no_freedom_beyond_half_of_the_digits():
    x = np.float32(1.3)
    assert verdict(custom(difference_of_multiples, lambda x: 8.0), x, modes="rev").verdict == "ok"
    for slope in (12.0, 8.5):
        rule = custom(difference_of_multiples, lambda x, slope=slope: slope)
        assert verdict(rule, x, modes="rev").verdict == "wrong"


X = np.array([0.9, -1.2, 0.7])
NEXT_TO = {  # what half a unit of the literal beside it would hide: a rule that is wrong by itself
    "0.3 in bfloat16": ("bfloat16", lambda g, x: 0.3 * jnp.sum(jnp.sin(x)) + 1e-5 * g(x)),
    "0.3 in float16": ("float16", lambda g, x: 0.3 * jnp.sum(jnp.sin(x)) + 1e-6 * g(x)),
    "0.3 in float32": ("float32", lambda g, x: 0.3 * jnp.sum(jnp.sin(x)) + 1e-9 * g(x)),
    "1e20 in float64": ("float64", lambda g, x: 1e20 * jnp.sum(x) + g(x)),
    "within jit": ("float64", lambda g, x: jax.jit(lambda x: 1e20 * jnp.sum(x) + g(x))(x)),
    "a right rule that needs it": ("bfloat16", lambda g, x: 0.3 * jnp.sum(over_pi(x)) + 1e-5 * g(x)),
}
over_pi = custom(lambda x: x * 0.31830987, lambda x: 1 / 3.14159265)
RULES = {
    "nothing": custom(lambda x: jnp.sum(x**4), lambda x: 0 * x),
    "a little more": custom(lambda x: jnp.sum(x**2), lambda x: 2.5 * x),
    "an index out of range": lambda x: jnp.sum(x.at[jnp.array([1, 7])].get(mode="promise_in_bounds") ** 2),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NEXT_TO)
def test_a_literal_beside_a_rule_does_not_hide_that_it_is_wrong(name, rule):
    dtype, f = NEXT_TO[name]
    report = verdict(lambda x: f(RULES[rule], x), jnp.asarray(X, dtype), modes="rev")
    assert report.verdict == "wrong"
    assert report.guilty.primitive == ("gather" if "index" in rule else "custom_vjp_call")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_a_right_rule_of_rounded_literals_is_right_beside_others(dtype):
    garbage = jax.custom_jvp(lambda x: x * 0.31830987)  # of numbers that a mask takes away
    garbage.defjvp(lambda x, dx: (garbage(*x), dx[0] * jnp.where(x[0] > 0, 1 / 3.14159265, 5)))
    x = jnp.asarray(X, dtype)
    for f in (
        lambda x: 0.3 * jnp.sum(over_pi(x)) + jnp.sum(jnp.sin(0.7 * x)),
        lambda x: jnp.sum(0.3 * jnp.where(x > 0, garbage(x), 0.1 * x)),
        lambda x: jnp.sum(jnp.asarray(2 / np.pi**0.5, x.dtype) * x + jax.scipy.special.erf(x)),
        lambda x: jnp.sum(0.3 * RIGHT["gelu"](x) + 0.7 * jax.nn.relu(x - x[0])),
    ):
        assert verdict(f, x).verdict in ("ok", "kink")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("x", [-0.4, -0.5, -0.75, -0.7517, 0.5])
def test_a_series_whose_rounded_coefficients_explain_its_slope_is_no_approximation(x, dtype):
    # the slope of gelu is 0 near -0.7518, where the slopes of its two factors cancel
    assert verdict(lambda x: jn.gelu(x, approximate=False), np.dtype(dtype).type(x)).verdict == "ok"


def gelu(x):
    return 0.5 * x * (1 + jnp.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def slope_of_gelu(cubic):
    def slope(x):
        t = jnp.tanh(0.7978845608 * (x + 0.044715 * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608 * (1 + cubic * x**2)

    return slope


SHARED = {  # function, wrong rule, where: its literals are those of the function, or others by far
    "0.7 of a sine": (lambda x: jnp.sin(0.7 * x), lambda x: 0.7 * jnp.cos(0.7 * x) * (1 + x * x), [0.01]),
    "-0.7 of a cosine": (lambda x: jnp.cos(0.7 * x), lambda x: -0.7 * jnp.sin(0.7 * x) * (1 + x * x), [0.01]),
    "no cubic term": (gelu, slope_of_gelu(0), [0.1, -0.2]),
    "0.15 in place of 0.134145": (gelu, slope_of_gelu(0.15), [0.5, 1.3, -2, 0.1]),
    "0.136 in place of it": (gelu, slope_of_gelu(0.136), [0.5, 1.3, -2, 0.1]),
    "0.15 where digits cancel": (gelu, slope_of_gelu(0.15), [-3.0]),
}
OWN = {  # function, right rule with literals of its own
    "gelu": (gelu, slope_of_gelu(0.134145)),
    "log10": (lambda x: jnp.log(x * x) / 2.302585, lambda x: 0.868589 / x),
    "a scale folded": (lambda x: 0.7 * jnp.exp(0.3 * x), lambda x: 0.21 * jnp.exp(0.3 * x)),
    "exp2": (lambda x: jnp.exp(0.6931472 * x), lambda x: 0.6931472 * jnp.exp2(x)),
}


@pytest.mark.parametrize("told", [{}, {"sample": 2}], ids=["whole", "sampled"])
@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", SHARED)
def test_what_a_rule_shares_with_its_function_moves_both_and_explains_nothing(name, dtype, told):
    f, slope, x = SHARED[name]
    report = verdict(lambda x: jnp.sum(custom(f, slope)(x)), jnp.asarray(x, dtype), modes="rev", **told)
    assert report.verdict == "wrong"


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", OWN)
def test_a_right_rule_with_literals_of_its_own_is_approximate_at_most_within_what_is_printed(name, dtype):
    f, slope = OWN[name]
    for x in (0.5, 1.3, -2):
        report = verdict(custom(f, slope), jnp.asarray(x, dtype), modes="rev")
        assert report.verdict in ("ok", "approximate")
        for leaf in report.leaves:
            if leaf.verdict == "approximate":
                low, high = map(float, leaf.truth.strip("[]").split(","))
                rounding = abs(leaf.value) * 2.0**-7
                assert low - rounding <= leaf.value <= high + rounding


def test_a_right_rule_with_literals_of_its_own_whose_digits_cancel_is_imprecise_and_not_approximate():
    rule = custom(
        lambda x: (jnp.log(x) - jnp.log(x + 0.01)) / 2.302585,
        lambda x: 0.4342945 * (1 / x - 1 / (x + 0.01)),
    )
    assert verdict(rule, jnp.asarray(3.0, "bfloat16"), modes="rev").verdict == "imprecise"


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("low, said", [(0.01, "kink"), (0.0102, "wrong")])
def test_a_right_rule_of_rounded_literals_is_right_at_a_kink_too(low, said, dtype):
    leaky = jax.custom_vjp(lambda x: jnp.where(x > 0, x, 0.01 * x))  # a bfloat16 0.01
    slope = lambda x, ct: (ct * jnp.where(x > 0, 1.0, low),)  # noqa: E731  # and one of float32
    leaky.defvjp(lambda x: (leaky(x), x), slope)
    assert verdict(leaky, jnp.asarray([0.0, -1.0, 2.0], dtype), modes="rev").verdict == said
