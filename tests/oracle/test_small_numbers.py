"""Numbers that a type cannot show, and those that XLA takes for 0, are no faults of a rule."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microgrid.oracle import check_grads

FACTOR = np.float16(1e-4)
SMALLEST = {"float32": 1e-45, "float64": 5e-324}


def both(f, x, dtype):
    """The verdicts on a function of one number, of the first order and of the second."""
    return [check_grads(f, (np.asarray(x, dtype),), order=k, raises=False).verdict for k in (1, 2)]


def a_rule(value, slope):
    """value(x), with a slope of its own."""
    f = jax.custom_jvp(value)
    f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * slope(*primals)))
    return f


def test_slopes_that_differ_by_less_than_the_type_can_show_are_right():
    swift = a_rule(lambda x: jnp.exp(x) / (1 + 2.0**-40), jnp.exp)  # 1e-12 apart, everywhere
    with pytest.raises(AssertionError, match="wrong"):
        check_grads(swift, (np.float64(-1.0),))
    assert both(swift, -300.0, "float32") == ["ok", "ok"]  # about 5e-131
    assert check_grads(swift, (np.float64(-300.0),), raises=False).verdict == "wrong"


def test_a_rule_that_forgets_what_the_type_shows_is_wrong():
    gone = a_rule(jnp.exp, lambda x: jnp.where(x < -80, 0, jnp.exp(x)))
    assert check_grads(gone, (np.float32(-84.0),), raises=False).verdict in ("wrong", "unexplained")
    assert check_grads(gone, (np.float32(-200.0),), raises=False).verdict == "ok"


@pytest.mark.parametrize("dtype", SMALLEST)
@pytest.mark.parametrize(
    "f",
    [
        jax.nn.relu,
        lambda x: jnp.sign(x) * x,
        lambda x: jnp.where(x > 0, x, x / 8),
        lambda x: x * jnp.floor(x),
    ],
)
def test_an_input_that_is_taken_for_0_lies_on_a_kink_there(f, dtype):
    for x in (SMALLEST[dtype], -SMALLEST[dtype]):
        assert set(both(f, x, dtype)) <= {"ok", "kink"}


def test_a_rule_wrong_on_both_sides_of_0_is_wrong_beside_it():
    steep = a_rule(lambda x: jnp.where(x > 0, x, x / 8), lambda x: jnp.where(x > 0, 3.0, 2.0))
    assert check_grads(steep, (np.float32(1e-45),), raises=False).verdict in ("wrong", "unexplained")


def test_second_derivatives_at_the_smallest_number_are_known():
    def f(x):
        return x[0] * x[1] ** 2

    assert check_grads(f, (np.array([SMALLEST["float64"], 2.0]),), order=2).verdict == "ok"
    off = a_rule(lambda x: (x**3).sum(), lambda x: 3 * jax.lax.stop_gradient(x) ** 2)
    off.defjvp(lambda p, t: (off(*p), (t[0] * 3 * jax.lax.stop_gradient(p[0]) ** 2).sum()))
    found = check_grads(off, (np.array([SMALLEST["float64"], 2.0]),), order=2, raises=False)
    assert found.verdict == "wrong"


def test_a_rule_that_is_wrong_by_itself_is_wrong_where_its_slopes_are_too_small():
    @jax.custom_vjp
    def shrunk(x):
        return 0.5 * jnp.sin(x) + 0.1

    shrunk.defvjp(lambda x: (shrunk(x), x), lambda x, ct: (-0.5 * ct * jnp.cos(x),))  # the sign is wrong
    for steps in (101, 301):
        looped = check_grads(
            lambda x, n=steps: jax.lax.scan(lambda c, _: (shrunk(c), None), x, None, length=n)[0],
            (np.float32(0.3),),
            raises=False,
        )
        assert looped.verdict == "wrong" and looped.guilty.rule.startswith("shrunk")
    half = check_grads(lambda x: shrunk(x) * FACTOR * FACTOR, (np.float16(0.3),), raises=False)
    assert half.verdict == "wrong" and "too small for their type" in str(half) and "linear" not in str(half)
