"""Where slopes change with every direction, as at the tip of a cone: what they span, alone and together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_check_grads import verdict

relu, norm = jax.nn.relu, jnp.linalg.norm


def said_to_be(f, slopes):
    """A function of an array whose slopes are said to be these, by a custom_jvp."""
    made = jax.custom_jvp(lambda x: f(x))
    made.defjvp(lambda x, t: (f(*x), np.float32(slopes) @ t[0]))
    return made


def said_backwards(f, slopes):
    """The same by a custom_vjp."""
    made = jax.custom_vjp(lambda x: f(x))
    made.defvjp(lambda x: (f(x), None), lambda _, ct: (ct * np.float32(slopes),))
    return made


def guarded(x):
    squares = jnp.sum(x * x)
    return jnp.where(squares == 0, 0.0, jnp.sqrt(jnp.where(squares == 0, 1.0, squares)))


def dented(x):
    return x[0] - 2 * norm(x)


LENGTHS = [[0.7, 0.7], [1.0, 0.0], [0.5] * 3, [0.33] * 9]
TOO_LONG = [[-0.8, 0.8], [2.0, 0.0], [1.001, 0.0], [0.6] * 3]


@pytest.mark.parametrize("slopes", LENGTHS)
def test_every_slope_of_a_length_at_0_that_is_not_longer_than_1_is_a_kink(slopes):
    x = np.zeros(len(slopes), "float32")
    assert verdict(said_to_be(norm, slopes), x).verdict == "kink"


@pytest.mark.parametrize("slopes", TOO_LONG)
def test_slopes_of_a_length_that_are_together_longer_than_1_are_wrong(slopes):
    x = np.zeros(len(slopes), "float32")
    assert verdict(said_backwards(norm, slopes), x, modes="rev").verdict == "wrong"


@pytest.mark.parametrize(
    ("slopes", "said"), [([-1, 0], "kink"), ([1, 1.9], "kink"), ([2.4, 1.4], "kink"), ([2.5, 1.5], "wrong")]
)
def test_a_cone_that_is_upside_down_is_judged_as_one_that_is_not(slopes, said):
    made = said_backwards(dented, slopes)  # all gradients have length 2 beside (1, 0)
    assert verdict(made, np.zeros(2, "float32"), modes="rev").verdict == said


SPANNED = {  # f, x, what the first slope may be
    "a length": (norm, np.zeros(5, "float32"), "[-1, 1]"),
    "a guarded length": (guarded, np.zeros(3, "float32"), "[-1, 1]"),
    "a hypotenuse": (lambda x: jnp.hypot(x[0], x[1]), np.zeros(2, "float32"), "[-1, 1]"),
    "the size of a complex number": (jnp.abs, np.complex64(0), "[-1, 1]"),
    "two lengths": (lambda x: norm(x[:2]) - norm(x[2:]), np.zeros(4, "float32"), "[-1, 1]"),
    "the largest eigenvalue": (lambda a: jnp.linalg.eigvalsh(a)[-1], np.eye(3, dtype="float32"), "[0, 1]"),
    "the middle eigenvalue": (lambda a: jnp.linalg.eigvalsh(a)[1], np.eye(3, dtype="float32"), "[0, 1]"),
    "the largest singular value": (lambda a: norm(a, 2), np.zeros((3, 3), "float32"), "[-1, 1]"),
}


@pytest.mark.parametrize("name", SPANNED)
def test_the_interval_that_is_shown_holds_all_slopes_at_the_tip_of_a_cone(name):
    f, x, span = SPANNED[name]
    report = verdict(f, x, modes="rev")
    assert report.leaves[0].truth == span and report.verdict in ("kink", "nonfinite"), report


def test_forwards_a_length_changes_by_at_most_the_length_of_a_step():
    (leaf,) = verdict(said_to_be(norm, [0.5, 0.0, 0.0]), np.zeros(3, "float32"), modes="fwd").leaves
    low, high = map(float, leaf.truth.strip("[]").split(","))
    assert high == -low > 2 * abs(leaf.value) > 0


def test_the_largest_of_equal_eigenvalues_has_a_kink_and_no_lost_digits():
    report = verdict(lambda a: jnp.linalg.eigvalsh(a)[-1], np.eye(3, dtype="float32"))
    assert [leaf.verdict for leaf in report.leaves] == ["kink", "kink"], report


def test_the_sum_of_equal_eigenvalues_is_smooth():
    assert verdict(lambda a: jnp.linalg.eigvalsh(a).sum(), np.eye(3, dtype="float32")).verdict == "ok"


FLAT = {  # whose slopes are 0 on the sides, or the less the nearer
    "a square of a relu": lambda x: relu(x) ** 2,
    "squares of relus, added up": lambda x: jnp.sum(relu(x) ** 2),
    "the square of the largest": lambda x: jnp.max(x) ** 2,
    "a Huber loss": lambda x: jnp.where(jnp.abs(x) < 1, x * x / 2, jnp.abs(x) - 0.5),
}


@pytest.mark.parametrize("name", FLAT)
def test_slopes_that_come_to_one_number_on_all_sides_are_no_kink(name):
    for count in (1, 3):
        assert verdict(FLAT[name], np.zeros(count, "float32")).verdict == "ok"


@pytest.mark.parametrize("there", [1e-3, 1e-18])
def test_a_slope_beside_the_one_number_of_all_sides_is_wrong(there):
    @jax.custom_jvp
    def squared(x):
        return relu(x) ** 2

    @squared.defjvp
    def rule(primals, tangents):
        (x,), (t,) = primals, tangents
        return squared(x), jnp.where(x == 0, there, 2 * relu(x)) * t

    assert verdict(squared, np.zeros(3, "float32")).verdict == "wrong"


@pytest.mark.parametrize("slope", [1e-6, 1e-16])
def test_a_kink_that_is_not_steep_is_one(slope):
    assert verdict(lambda x: slope * relu(x), np.zeros(3, "float32")).verdict == "kink"
