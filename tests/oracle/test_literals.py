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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("x", [-0.4, -0.5, -0.75, -0.7517, 0.5])
def test_a_series_whose_rounded_coefficients_explain_its_slope_is_no_approximation(x, dtype):
    # the slope of gelu is 0 near -0.7518, where the slopes of its two factors cancel
    assert verdict(lambda x: jn.gelu(x, approximate=False), np.dtype(dtype).type(x)).verdict == "ok"
