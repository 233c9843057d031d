"""Beside ties and singular points: smooth functions of programs in pieces have one truth, kinks have two."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_check_grads import verdict

from microgrid.oracle import check_grads

relu = jax.nn.relu


def sinc(x):
    there = jnp.where(x == 0, 1.0, x)
    return jnp.where(x == 0, 1.0, jnp.sin(there) / there)


@jax.custom_jvp
def product(x):
    return x[0] * x[1] * x[2] * x[3]


@product.defjvp
def _no_slope_of_two_zeros(primals, tangents):
    (x,), (t,) = primals, tangents
    others = jnp.stack([jnp.prod(jnp.delete(x, i)) for i in range(4)])
    return product(x), jnp.where(jnp.sum(x == 0) > 1, 0.0, others @ t)


def resampled(x):
    samples, low, high = jnp.array([0.0, 2.0, 4.0]), jnp.floor(x), jnp.ceil(x)
    return (1 - (x - low)) * samples[low.astype(int)] + (x - low) * samples[high.astype(int)]


def pairwise(x):
    largest = x[0]
    for k in range(1, len(x)):
        largest = jnp.maximum(largest, x[k])
    return largest


def i0(x):
    """I0, as JAX computed it before 0.12."""
    return jnp.exp(jnp.abs(x)) * jax.scipy.special.i0e(jnp.abs(x))


SMOOTH_BUT_WRONG = {  # f, x, order, guilty, f' or f'' there by hand
    "identity of two relus": (lambda x: relu(x) - relu(-x), 0.0, 1, "custom_jvp_call", 1),
    "softplus of relu and abs": (lambda x: relu(x) + jnp.log1p(jnp.exp(-jnp.abs(x))), 0.0, 1, "abs", 0.5),
    "I0 of exp|x| and its scaled form": (i0, 0.0, 1, "abs", 0),
    "a line of floor and ceil": (resampled, 1.0, 1, "ceil", 2),
    "a zero times a logarithm": (lambda x: jnp.where(x == 0, 0.0, x * 1.5), 0.0, 1, "select_n", 1.5),
    "curvature of a patched sinc": (sinc, 0.0, 2, "select_n", -1 / 3),
}  # fmt: skip

SMOOTH = {
    "sinc with a patch": (sinc, 0.0),
    "a cube in two pieces": (lambda x: jnp.where(x > 0, x**3, 0.0), 0.0),
    "a cube where a square is above 0": (lambda x: jnp.where(x * x > 0, x**3, 0.0), 0.0),
    "what is left of a whole number": (lambda x: x - jnp.floor(x), jnp.array([1.0, -2.0, 0.5])),
    "a remainder of 0": (lambda x: jnp.mod(x, 1.0), jnp.array([1.0, -2.0, 0.5])),
    "log of a sum of equal exponentials": (jax.nn.logsumexp, jnp.zeros(10)),
    "elu": (jax.nn.elu, 0.0),
    "a polynomial in float16": (lambda x: jnp.where(x < 0, x * x, x**3), jnp.zeros(3, "float16")),
}

KINKS = {
    "the largest of ten equal numbers": (jnp.max, jnp.zeros(10)),
    "the largest of thirty, pair by pair": (pairwise, jnp.zeros(30)),
    "weights of equal numbers in order": (lambda x: jnp.sort(x) @ jnp.array([1.0, 2.0, 3.0]), jnp.zeros(3)),
    "a layer of relus at 0": (lambda x: jnp.sum(relu(x)), jnp.zeros(10)),
    "rounded at a half, times itself": (lambda x: jnp.sum(jnp.round(x) * x), jnp.array([0.5, 1.5, 2.0])),
    "a step times y": (lambda x: jnp.floor(x[0]) * x[1], jnp.array([1.0, 2.0])),
    "abs": (jnp.abs, jnp.zeros(3)),
    "log of 1 + abs": (lambda x: jnp.log1p(jnp.abs(x)), 0.0),
}


@pytest.mark.parametrize("name", SMOOTH_BUT_WRONG)
def test_a_smooth_function_has_one_slope_however_it_is_cut(name):
    f, x, order, guilty, slope = SMOOTH_BUT_WRONG[name]
    report = verdict(f, x, order=order, modes="rev")
    assert report.verdict == "wrong"
    assert report.guilty.primitive == guilty, str(report)
    (jax_slope,) = (jax.grad(f)(x) if order == 1 else jax.grad(jax.grad(f))(x),)
    leaf = report.leaves[-1]
    weight = _weight(f, x, order)
    assert abs(leaf.value - weight * jax_slope) < 1e-6
    assert abs(float(leaf.truth.split(" ")[0]) - weight * slope) < 1e-6


def _weight(f, x, order):
    """The random weight that the last leaf is multiplied by: from a function whose slope is 1, or 2 x."""
    report = verdict(lambda x: x * (1.0 if order == 1 else x / 2), x, order=order, modes="rev")
    return report.leaves[-1].value


def test_i0_of_jax_is_ok_at_0_where_its_slope_is_0():
    slope = jax.grad(jax.scipy.special.i0)(0.0)
    assert verdict(jax.scipy.special.i0, 0.0).verdict == ("ok" if slope == 0 else "wrong")


def test_second_slopes_are_of_the_function_and_not_of_a_rule_with_a_hole():
    report = verdict(product, jnp.array([2.0, 3.0, 0.0, 0.0]), order=2)
    assert report.verdict == "wrong" and {leaf.verdict for leaf in report.leaves[:2]} == {"ok"}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_in_pieces_are_ok(name):
    assert verdict(*SMOOTH[name]).verdict == "ok"


@pytest.mark.parametrize("power", [1.01, 1.1, 1.2, 1.25, 1.5])
def test_slopes_that_come_to_rest_late_are_not_taken_for_where_they_are(power):
    def f(x):
        return jnp.sign(x) * jnp.abs(x) ** power

    @jax.custom_jvp
    def steeper(x):
        return f(x)

    @steeper.defjvp
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return f(x), t * jnp.where(x == 0, 0.6, power * jnp.abs(x) ** (power - 1))

    assert verdict(f, 0.0).verdict == "ok"
    assert verdict(steeper, 0.0).verdict == "wrong"


@pytest.mark.parametrize("name", KINKS)
def test_what_has_two_slopes_is_a_kink(name):
    assert verdict(*KINKS[name]).verdict == "kink"


def test_a_function_that_is_finite_has_a_truth_where_its_program_divides_zero_by_zero():
    def size(a):
        u, s, v = jnp.linalg.svd(a, full_matrices=False)
        return jnp.sqrt(jnp.sum(((u * s[None]) @ v) ** 2))

    report = verdict(size, jnp.diag(jnp.array([1.0, 1.0, 2.0])))
    assert report.verdict == "nonfinite" and report.guilty.primitive == "svd"


@pytest.mark.parametrize("error", [0.0, 0.01])
def test_a_decision_that_rounding_could_turn_hides_no_wrong_rule(error):
    @jax.custom_vjp
    def ramp(x):
        return jnp.maximum(x, 0)

    ramp.defvjp(lambda x: (ramp(x), x), lambda x, ct: (jnp.where(x > 0, (1 + error) * ct, 0),))
    x = np.linspace(-1, 1, 1001).astype("float32")
    x[0] += np.float32(1e-3)  # rounding of the sum reaches further than that
    report = verdict(lambda x: ramp(jnp.sum(x)) ** 2, x, modes="rev")
    assert report.verdict == ("wrong" if error else "imprecise"), str(report)


@pytest.mark.parametrize("count", [3, 5, 6, 7])
def test_the_largest_of_equal_numbers_is_that_number_to_the_bit(count):
    assert verdict(lambda x: jnp.max(x) ** 2, np.full(count, -0.1), modes="rev").verdict == "kink"


@jax.custom_jvp
def guarded(x):
    return jnp.sqrt(jnp.sum(x * x, -1))


@guarded.defjvp
def _guarded_slope(primals, tangents):
    size = guarded(*primals)
    return size, jnp.sum(primals[0] * tangents[0], -1) / jnp.where(size > 0, size, 1)


def test_what_is_0_all_around_is_no_singular_point():
    points = np.array([[0.0, 1.0], [2.0, 3.0], [0.5, -1.0]], "float32")
    for order in (1, 2):
        found = check_grads(lambda x: guarded(x[:, None] - x[None]).sum(), (points,), order=order)
        assert found.verdict == "ok", str(found)
    bare = check_grads(lambda x: jnp.sqrt((x - x) ** 2) + x * x, (np.float32(3),), raises=False)
    assert bare.verdict == "nonfinite" and float(bare.leaves[-1].truth) == 6
    assert check_grads(lambda x: jnp.inf - x - (jnp.inf - x), (3.0,), raises=False).verdict == "unsupported"


def entropy(x):
    return jnp.where(x > 0, -x * jnp.log(x), 0.0)


def root(x):
    return jnp.where(x > 0, jnp.sqrt(x), 0.0)


def slow(x):
    """x + x / log(1/x), whose slopes come to 1 too late to be seen there."""
    there = jnp.where(x > 0, x, 0.5)
    return jnp.where(x > 0, x - x / jnp.log(there), 0.0)


def doubly(x):
    there = jnp.where(x > 0, x, 0.5)
    return jnp.where(x > 0, x * jnp.log(-jnp.log(there)), 0.0)


def swinging(x):
    return jnp.where(x > 0, x * jnp.sin(jnp.log(jnp.where(x > 0, x, 1.0))), 0.0)


def told(f, slope):
    """f, with a rule that says a slope everywhere."""
    with_rule = jax.custom_vjp(lambda x: f(x))
    with_rule.defvjp(lambda x: (f(x), None), lambda _, ct: (ct * slope,))
    return with_rule


BESIDE_A_POLE = {  # f, a slope at 0, the verdict, what is true
    "entropy, cut at 1e-7": (entropy, 15.1, "kink", "[0, inf]"),
    "entropy, cut at 1e-37": (entropy, 84.2, "kink", "[0, inf]"),
    "entropy, as infinite": (entropy, np.inf, "kink", "[0, inf]"),
    "entropy, falling": (entropy, -5.0, "wrong", "[0, inf]"),
    "a root, steep": (root, 1e30, "kink", "[0, inf]"),
    "a root, falling": (root, -5.0, "wrong", "[0, inf]"),
    "a root downwards": (lambda x: -root(x), 5.0, "wrong", "[-inf, 0]"),
    "entropy at the end of its domain": (jax.scipy.special.entr, -5.0, "wrong", "[0, inf]"),
    "a logarithm of a logarithm": (doubly, 3.0, "kink", "[0, inf]"),
    "slow, right": (slow, 1.0, "kink", "[0, 1.00139]"),
    "slow, falling": (slow, -5.0, "wrong", "[0, 1.00139]"),
    "swinging, right": (swinging, 0.5, "kink", None),
    "swinging, far off": (swinging, -50.0, "wrong", None),
}


@pytest.mark.parametrize("name", BESIDE_A_POLE)
def test_a_side_whose_slopes_grow_without_bound_is_told_as_infinite(name):
    f, slope, said, truth = BESIDE_A_POLE[name]
    report = verdict(told(f, slope), 0.0)
    assert report.verdict == said, str(report)
    assert report.leaves[-1].truth == (truth or report.leaves[-1].truth)


@pytest.mark.parametrize("x", [[0.0, 0.5], [0.5, 0.0, 0.0], [0.0] * 12])
def test_where_a_domain_ends_only_slopes_inside_count(x):
    x = jnp.array(x)
    for f in (jax.scipy.special.entr, lambda x: jnp.sum(jax.scipy.special.entr(x))):
        report = check_grads(f, (x,), modes="rev")
        assert report.verdict == "ok", str(report)
    lines = str(check_grads(f, (jnp.array([0.0, 0.5]),)))
    assert "JAX -inf            true -inf" in lines or "JAX inf             true inf" in lines


@pytest.mark.parametrize("f", [lambda x: jnp.sqrt(x) ** 2, lambda x: jnp.sqrt(x) * jnp.sqrt(x)])
def test_the_limit_inside_the_domain_is_the_truth_where_jax_has_none(f):
    report = verdict(f, 0.0)
    assert report.verdict == "nonfinite" and [float(leaf.truth) for leaf in report.leaves] == [1, 1]


def test_what_has_no_known_limit_has_no_number_as_its_truth():
    report = verdict(lambda x: jnp.sqrt(x[0]) ** 2 + jnp.sqrt(-x[1]) ** 2, jnp.zeros(2))
    assert {leaf.truth for leaf in report.leaves} == {"not known"}, str(report)


@pytest.mark.parametrize("slope, said", [(0.0, "kink"), (-5.0, "kink"), (5.0, "wrong")])
def test_a_rule_may_stop_where_all_slopes_of_a_domain_grow_without_bound(slope, said):
    f = jax.custom_vjp(lambda t: jnp.where(t == 0, 0, t * jnp.log(jnp.where(t == 0, 1, t))))
    f.defvjp(lambda t: (f(t), t), lambda t, ct: (ct * jnp.where(t == 0, slope, jnp.log(t) + 1),))
    report = verdict(f, np.float32(0), modes="rev")
    assert report.verdict == said and "[-inf, 0]" in str(report)
