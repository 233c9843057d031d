"""Choices between equal numbers that hang on each other: what their sides are, and what none of them says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_check_grads import verdict

relu, ZERO, PAIR = jax.nn.relu, np.float32(0), np.zeros(2, "float32")


def with_slope(f, slope, *others):
    """A function of one number or more whose slope by the first is said to be `slope` where that is 0, and by
    the others these, or 0."""
    made = jax.custom_jvp(f)

    @made.defjvp
    def rule(primals, tangents):
        value, tangent = jax.jvp(f, primals, tangents)
        said = slope * tangents[0] + sum(s * t for s, t in zip(others, tangents[1:], strict=False))
        return value, jnp.where(primals[0] == 0, said, tangent)

    return made


@jax.custom_vjp
def first_of_the_largest(x):
    return jnp.max(x)


first_of_the_largest.defvjp(
    lambda x: (jnp.max(x), x), lambda x, ct: (ct * jax.nn.one_hot(jnp.argmax(x), x.size),)
)


def shared(*shares):
    """The largest of so many numbers, whose slope is dealt out in fixed shares."""
    made = jax.custom_vjp(lambda *x: jnp.max(jnp.stack(x)))
    made.defvjp(lambda *x: (jnp.max(jnp.stack(x)), None), lambda _, ct: tuple(ct * s for s in shares))
    return made


def leaky(x):
    return relu(x) - 0.1 * relu(-x)


def bent(x):
    return 2 * jnp.clip(x, 0, 1) + 3 * jnp.minimum(x, 0)


def behind(b, c):
    return relu(c - 100 * relu(b))


def two_layers(seed, width):
    kernel = np.random.default_rng(seed).normal(size=(width, width)).astype("float32")
    return lambda b, c: relu(relu(b) @ kernel + c).sum(), [np.zeros(width, "float32")] * 2


def twice_clipped(x):
    kept = 2 * jnp.clip(x[0], 0, 9)
    return 3 * jnp.abs(kept) - 3 * jnp.abs(-kept - jnp.clip(x[1], 0, 9))


KINKS = {
    **{f"the first of {n}": (first_of_the_largest, [np.zeros(n, "float32")]) for n in (2, 3, 4, 8, 16)},
    "half to each of two of four": (shared(0.5, 0.5, 0.0, 0.0), [ZERO] * 4),
    "a share for each of four": (shared(0.2, 0.6, 0.2, 0.0), [ZERO] * 4),
    "a relu behind another": (behind, [ZERO, ZERO]),
    "a maximum behind another": (lambda b, c: jnp.maximum(c - 100 * jnp.maximum(b, 0), 0), [ZERO, ZERO]),
    **{f"two layers of {n}, {seed}": two_layers(seed, n) for n in (2, 3, 8) for seed in (0, 2)},
    "relu of relu of relu": (with_slope(lambda x: relu(relu(relu(x))), 0.3), [ZERO]),
    "a side": (lambda x: relu(x[1] - x[0]) - relu(0.5 * x[0] - x[1]), [PAIR]),
    "two hinges": (lambda x: relu(x[0] - x[1]) - 2 * relu(2 * x[1] - x[0]), [PAIR]),
    **{
        f"a wedge to {slope}": (lambda x, s=slope: relu(x[1] - x[0]) - relu(s * x[0] - x[1]), [PAIR])
        for slope in (0.9, 0.97, 0.999, 0.99999)
    },
    "a hat": (lambda x: jnp.minimum(jnp.maximum(x[0] - x[1], 0), jnp.maximum(1.1 * x[1] - x[0], 0)), [PAIR]),
    "between 2 and 3": (with_slope(bent, 2.5), [ZERO]),
    "between -1 and 1": (with_slope(lambda b, c: jnp.abs(c - jnp.abs(b)), 0.7), [ZERO, ZERO]),
    "between -2 and 0": (with_slope(lambda b, c: relu(c - 2 * relu(b)), -0.9, 0.5), [ZERO, ZERO]),
    "sorted": (lambda x: jnp.sort(x) @ jnp.arange(4.0, dtype="float32"), [np.zeros(4, "float32")]),
    "windows": (
        lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (2, 2), "VALID").sum(),
        [np.zeros((4, 4), "float32")],
    ),
}
NO_SIDE_SAYS_IT = {
    "leaky relu by two": (leaky, [ZERO], "true [0.1, 1]"),
    "two slopes above JAX's 0": (lambda x: 2 * relu(x) - 3 * relu(-x), [ZERO], "true [2, 3]"),
    "relu of relu of relu": (with_slope(lambda x: relu(relu(relu(x))), -0.3), [ZERO], "true [0, 1]"),
    "above 2 and 3": (with_slope(bent, 4.9), [ZERO], "true [2, 3]"),
    "shares of 1.4": (shared(0.9, 0.5, 0.0, 0.0), [ZERO] * 4, ""),
    "above -1 and 1": (with_slope(lambda b, c: jnp.abs(c - jnp.abs(b)), 1.7), [ZERO, ZERO], "true [-1, 1]"),
    "above -2 and 0": (with_slope(lambda b, c: relu(c - 2 * relu(b)), 0.9), [ZERO, ZERO], "true [-2, 0]"),
    "beside (-2, 1), (0, 1) and 0": (with_slope(lambda b, c: relu(c - 2 * relu(b)), -0.9), [ZERO, ZERO], ""),
    "clipped twice": (twice_clipped, [PAIR], "true 0 "),
}


@pytest.mark.parametrize("name", KINKS)
def test_what_a_side_says_or_what_lies_between_is_a_kink(name):
    f, arguments = KINKS[name]
    for engine in ({}, dict(engine="float64")) if "relu" in name else ({},):
        report = verdict(f, *arguments, **engine)
        assert report.verdict == "kink", report


@pytest.mark.parametrize("name", NO_SIDE_SAYS_IT)
def test_what_lies_between_no_slopes_of_the_sides_is_wrong(name):
    f, arguments, told = NO_SIDE_SAYS_IT[name]
    report = verdict(f, *arguments)
    assert report.verdict == "wrong" and told in str(report), report


ORDERED = {
    "a median": lambda x: jnp.median(
        jnp.stack([0 * x[0], 0.62 * x[0] - 0.18 * x[1], 0.14 * x[0] + 0.07 * x[1]])
    ),
    "the middle of three": lambda x: jnp.sort(jnp.stack([0 * x[0], x[0], 0.001 * x[1]]))[1],
    "the second": lambda x: lax.top_k(jnp.stack([-0.9 * x[0] - 0.1 * x[1], 0 * x[0], 0.023 * x[0]]), 2)[0][
        -1
    ],
    "a side that is thin": lambda x: jnp.maximum(jnp.minimum(x[0], 1e-7 * x[1]), 0),
    "a side that is thinner": lambda x: jnp.maximum(jnp.minimum(x[0], 1e-12 * x[1]), 0),
}


@pytest.mark.parametrize("name", ORDERED)
def test_no_step_leaps_over_a_side(name):
    assert verdict(ORDERED[name], PAIR, modes="rev").verdict == "kink"


CONSTANT = {
    "at most 0": lambda a, b: relu(jnp.minimum(jnp.floor(b), a)),
    "clipped to 0": lambda a, b: jnp.clip(relu(a) + relu(b), 0, 0),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_what_is_constant_around_a_tie_has_the_slope_0(name):
    assert verdict(CONSTANT[name], ZERO, ZERO, modes="rev").verdict == "ok"


def test_how_steep_a_kink_is_matters_not():
    def f(x):
        return relu(1e-13 * (x[0] + 2 * x[1])) - 0.1 * relu(-1e-13 * (x[0] + 2 * x[1]))

    assert verdict(f, PAIR, modes="rev").verdict == "wrong"


def size(x, there, more):
    """The length of x, and more of another slope; there: what is said at 0."""
    squares = jnp.sum(x * x)
    return jnp.where(squares == 0, there(x), jnp.sqrt(jnp.where(squares == 0, 1, squares)) + more * x.sum())


@pytest.mark.parametrize(
    ("slope", "more", "said"), [(0.0, 0.0, "kink"), (100.0, 0.0, "wrong"), (0.0, 3.0, "wrong")]
)
def test_a_branch_for_one_point_is_no_side(slope, more, said):
    report = verdict(lambda x: size(x, lambda x: slope * x[0], more), PAIR, modes="rev")
    assert report.verdict == said, report


@pytest.mark.parametrize("seed", range(16))
def test_a_layer_of_relus_at_0_is_a_kink_where_each_0_lies_between_the_slopes_of_its_sides(seed):
    draw = np.random.default_rng(seed)
    inputs, units = (2, 6) if seed % 2 else (3, 7)
    kernel = draw.normal(size=(inputs, units)).astype("float32")
    weights = draw.normal(size=units).astype("float32")
    active = np.random.default_rng(0).normal(size=(200_000, inputs)) @ kernel > 0
    slopes = np.unique(active, axis=0) * weights @ kernel.T
    between = (slopes.min(0) <= 0) & (slopes.max(0) >= 0)
    report = verdict(lambda x: relu(x @ kernel) @ weights, np.zeros(inputs, "float32"), modes="rev")
    assert report.verdict == ("kink" if between.all() else "wrong"), report


def test_the_second_order_of_a_kink_has_the_slopes_of_its_sides():
    assert verdict(lambda x: relu(x) ** 2, ZERO, order=2).verdict == "kink"
    report = verdict(lambda x: leaky(x) ** 2, ZERO, order=2)
    assert report.verdict == "wrong" and "by its program [0.02, 2]" in str(report), report


@pytest.mark.parametrize("count", [2, 3])
def test_the_second_order_where_the_slope_jumps_has_the_slopes_of_its_sides(count):
    def f(x):
        return jnp.max(x) ** 2 + relu(x[0] - 1) * x[1]

    assert verdict(f, np.ones(count, "float32"), order=2).verdict == "kink"
