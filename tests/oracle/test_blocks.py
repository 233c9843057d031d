"""Many ties at once: those that share no input are followed side by side, and what is between their sides."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_check_grads import verdict
from test_cones import said_backwards

from microgrid.oracle.kinks.blocks import Blocks

relu = jax.nn.relu


def shifted(largest, count):
    """Slopes of equal numbers that add up to 1, the first of them this one."""
    return [largest] + [(1 - largest) / (count - 1)] * (count - 1)


def both_sizes(x):
    return jnp.abs(x[0] + x[1]) - jnp.abs(x[0] - x[1])


def largest_of_groups(x):
    return jnp.sum(jax.ops.segment_max(x, jnp.arange(len(x)) % 2, 2))


@pytest.mark.parametrize(("count", "slope"), [(3, -0.5), (5, -0.5), (8, -0.9), (40, -0.5), (6, 1.5)])
def test_a_slope_that_no_equal_number_has_is_wrong_however_many_there_are(count, slope):
    x = np.ones(count, "float32")
    for f in (jnp.max, jnp.min):
        assert verdict(said_backwards(f, shifted(slope, count)), x, modes="rev").verdict == "wrong"


@pytest.mark.parametrize("count", [5, 40, 200])
def test_slopes_that_equal_numbers_share_are_a_kink(count):
    x = np.ones(count, "float32")
    shared = [[1 / count] * count, np.eye(count)[0], shifted(0.5, count)]
    for slopes in shared[: 3 if count < 200 else 1]:
        assert verdict(said_backwards(jnp.max, slopes), x, modes="rev").verdict == "kink"


SHOWN = {  # f, x, what the first slope may be
    "the largest of five": (jnp.max, np.ones(5), "[0, 1]"),
    "the least of forty": (jnp.min, np.ones(40), "[0, 1]"),
    "the largest of each group": (largest_of_groups, np.ones(12), "[0, 1]"),
    "the largest size": (lambda x: jnp.linalg.norm(x, jnp.inf), np.zeros(8), "[-1, 1]"),
    "the largest of rows": (lambda x: jnp.max(x, axis=1).sum(), np.ones((8, 3)), "[0, 1]"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_slope_is_shown_between_those_that_there_are(name):
    f, x, span = SHOWN[name]
    report = verdict(f, x.astype("float32"), modes="rev")
    assert report.verdict == "kink" and report.leaves[0].truth == span, str(report)


def test_forwards_the_largest_changes_as_one_of_the_equal_numbers():
    (leaf,) = verdict(jnp.max, np.ones(9, "float32"), modes="fwd").leaves
    low, high = map(float, leaf.truth.strip("[]").split(","))
    assert -2 <= low < leaf.value < high <= 2  # each number of a direction is at most 2


LINES = {  # functions of one number that are smooth at 0, or have slopes 0.1 and 1
    "identity of two relus": (lambda x: relu(x) - relu(-x), "1.00000000000000"),
    "a relu and the least": (lambda x: relu(x) + jnp.minimum(x, 0), "1.00000000000000"),
    "two slopes": (lambda x: relu(x) - 0.1 * relu(-x), "[0.1, 1]"),
}


@pytest.mark.parametrize("count", [1, 7, 8, 32])
@pytest.mark.parametrize("name", LINES)
def test_what_is_wrong_at_one_tie_is_wrong_at_many(name, count):
    f, truth = LINES[name]
    report = verdict(lambda x: jnp.sum(f(x)), np.zeros(count, "float32"), modes="rev")
    assert report.verdict == "wrong"
    if count > 1:  # the weight of a single number is another
        assert report.leaves[0].truth == truth


@pytest.mark.parametrize("count", [7, 40])
def test_forwards_too(count):
    report = verdict(lambda x: jnp.sum(relu(x) - relu(-x)), np.zeros(count, "float32"), modes="fwd")
    assert report.verdict == "wrong"


def test_of_many_numbers_one_wrong_slope_is_seen():
    slopes = np.ones(20, "float32") / 2
    slopes[13] = 1.25
    wrong = said_backwards(lambda x: jnp.sum(relu(x)), slopes)
    assert verdict(wrong, np.zeros(20, "float32"), modes="rev").verdict == "wrong"
    right = said_backwards(lambda x: jnp.sum(relu(x)), np.minimum(slopes, 1))
    assert verdict(right, np.zeros(20, "float32"), modes="rev").verdict == "kink"


SUMS = {
    "relus": lambda x: jnp.sum(relu(x)),
    "sizes": lambda x: jnp.sum(jnp.abs(x)),
    "products of relus": lambda x: jnp.sum(relu(x) * relu(x)),
    "leaky relus": lambda x: jnp.sum(jax.nn.leaky_relu(x)),
    "clipped": lambda x: jnp.sum(jnp.clip(x, 0, 1)),
}


@pytest.mark.parametrize("count", [40, 200])
@pytest.mark.parametrize("name", SUMS)
def test_conventions_of_jax_pass_at_many_ties(name, count):
    found = verdict(SUMS[name], np.zeros(count, "float32")).verdict
    assert found == ("ok" if name == "products of relus" else "kink")


@pytest.mark.parametrize(
    ("slopes", "said"),
    [([1.9, 1.9], "wrong"), ([1.1, -1.1], "wrong"), ([0.9, 0.9], "kink"), ([2, 0], "kink")],
)
def test_slopes_are_judged_together_where_a_function_is_neither_convex_nor_concave(slopes, said):
    made = said_backwards(both_sizes, slopes)  # its sides are (2, 0), (0, 2), (-2, 0), (0, -2)
    assert verdict(made, np.zeros(2, "float32"), modes="rev").verdict == said


def test_slopes_of_many_inputs_are_judged_together_pair_by_pair():
    def pairs(x):
        return sum(both_sizes(pair) for pair in x.reshape(-1, 2))

    for last, said in ((1.9, "wrong"), (0.9, "kink")):
        made = said_backwards(pairs, [0.5, 0.5] * 5 + [last, 0.9])
        assert verdict(made, np.zeros(12, "float32"), modes="rev").verdict == said


def test_slopes_that_come_to_rest_late_are_not_judged_together():
    def late(x):
        return jnp.sum(jnp.sign(x) * jnp.abs(x) ** 1.01)

    assert verdict(said_backwards(late, [0.0, 0.0]), np.zeros(2, "float32"), modes="rev").verdict != "wrong"


def in_a_row(x):
    total = jnp.sum(x)
    for number in x:
        total = jnp.where(number >= 0, total, 0.0)
    return total


CORNERS = {  # where one of 2**9 sides is another function, on which the point itself is
    "in a row": in_a_row,
    "all of many": lambda x: jnp.where(jnp.all(x >= 0), jnp.sum(x), 0.0),
    "one after the other": lambda x: jnp.where(jnp.prod(jnp.where(x >= 0, 1.0, 0.0)) > 0, jnp.sum(x), 0.0),
}


@pytest.mark.parametrize("name", CORNERS)
def test_a_corner_that_many_conditions_make_together_is_no_sum_of_sides(name):
    assert verdict(CORNERS[name], np.zeros(9, "float32")).verdict in ("ok", "kink")


def test_inputs_are_one_block_where_a_tie_holds_two_of_them():
    blocks = Blocks(5, apart=False, several=True)
    blocks.met(
        np.ones(5),
        frozenset({("a", 0, 1), ("b", 0, 1)}),
        [(("a", 0, 1), np.array([[1.0, 1, 0, 0, 0]])), (("b", 0, 1), np.array([[0.0, 0, 0, 1, 0]]))],
    )
    assert [at.tolist() for at in blocks.groups] == [[0, 1], [3], [2, 4]]
    direction = blocks.next()
    assert direction[0] + direction[1] < 0 and direction[3] < 0
    one = Blocks(5, apart=False, several=False)
    one.met(np.ones(5), *[frozenset({("a", 0, 1)}), [(("a", 0, 1), np.array([[1.0, 1, 0, 0, 0]]))]])
    assert [at.tolist() for at in one.groups] == [[0, 1], [2, 3, 4]]


def eighths(*shape):
    """Random numbers whose sums are exact in float32."""
    return np.float32(np.round(8 * np.random.default_rng(0).standard_normal(shape)) / 8)


def both_relus(weights):
    """sum(weights @ x), as a sum of relus of forms that share all inputs."""
    return lambda x: jnp.sum(relu(weights @ x) - relu(-(weights @ x)))


SHARED = [(7, 7), (12, 3), (32, 3), (30, 30)]  # 128, 134, 994 and 2**30 sides


@pytest.mark.parametrize("shape", SHARED)
def test_a_sum_of_ties_that_share_inputs_is_smooth_however_many_sides_it_has(shape):
    weights = eighths(*shape)
    report = verdict(both_relus(weights), np.zeros(shape[1], "float32"), modes="rev")
    assert report.verdict == "wrong", report
    assert float(report.leaves[0].truth) == weights.sum(0)[report.leaves[0].at], report


def test_forwards_it_is_smooth_too():
    assert verdict(both_relus(eighths(7, 7)), np.zeros(7, "float32"), modes="fwd").verdict == "wrong"


@pytest.mark.parametrize("shape", [(8, 8), (30, 30)])
def test_rules_of_such_a_sum_must_be_its_slope(shape):
    weights, x = eighths(*shape), np.zeros(shape[1], "float32")
    slopes = weights.sum(0)
    for rule, said in ((slopes, "ok"), (0.9 * slopes, "wrong"), (slopes * (np.arange(len(x)) != 1), "wrong")):
        assert verdict(said_backwards(both_relus(weights), rule), x, modes="rev").verdict == said


@pytest.mark.parametrize(("length", "said"), [(0.98, "kink"), (1.02, "wrong")])
def test_slopes_of_ties_that_share_inputs_are_judged_together(length, said):
    weights = eighths(8, 4)  # 128 sides
    rim = weights.T @ np.sign(weights @ np.array([1, 2, -1, 0.5])) / 2
    made = said_backwards(lambda x: jnp.sum(relu(weights @ x)), weights.sum(0) / 2 + length * rim)
    assert verdict(made, np.zeros(4, "float32"), modes="rev").verdict == said


def least_of(x):
    found = x[0]
    for number in x[1:]:
        found = jnp.minimum(found, number)
    return found


BEHIND = {  # ties behind ties, whose slopes jump on some sides only, and JAX says what none of these says
    "two layers": lambda x: jnp.sum(eighths(9) * relu(eighths(9, 9) @ relu(eighths(9, 9).T @ x))),
    "a corner of 2**20 sides": lambda x: jnp.maximum(least_of(x), 0),
    "a corner, and a smooth sum": lambda x: jnp.maximum(least_of(x), 0) + both_relus(np.eye(20))(x) - x.sum(),
    "a relu of many members": lambda x: jnp.maximum(jnp.min(x), 0),
}


@pytest.mark.parametrize("name", BEHIND)
def test_ties_behind_ties_are_no_sum_of_ties(name):
    x = np.zeros(9 if name == "two layers" else 20, "float32")
    found = verdict(BEHIND[name], x, modes="rev").verdict
    assert found == "kink", found
