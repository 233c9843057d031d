"""Numbers that are written into a program: which are exact, and how much freedom the others give."""

import jax
import jax.numpy as jnp
import pytest
from test_check_grads import custom, verdict

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
