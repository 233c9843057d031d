"""Clipped gradients: what is left of their size, their direction and their structure."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxnets as jn
import jaxnets.clipping as arrays
import microgrid as mg
import microgrid.clipping as scalars
from tests.arguments import LARGEST

TREE = {"kernel": np.array([[3.0, -4.0]], "float32"), "bias": np.array([12.0], "float32")}


def test_every_leaf_of_a_tree_is_clipped_by_value():
    clipped = arrays.clip_by_value(TREE, 3.5)
    assert jax.tree.map(np.ndarray.tolist, jax.tree.map(np.asarray, clipped)) == {
        "kernel": [[3.0, -3.5]],
        "bias": [3.5],
    }
    assert scalars.clip_by_value([[3.0, -4.0], [12.0, 0.0]], 3.5) == [[3.0, -3.5], [3.5, 0.0]]


@pytest.mark.parametrize("max_norm", [0.5, 6.5, 13.0, 20.0])
def test_the_norm_of_the_whole_tree_is_bounded_and_its_direction_kept(max_norm):
    clipped = arrays.clip_by_global_norm(TREE, max_norm)
    size = min(1, max_norm / 13)
    for name, leaf in TREE.items():
        np.testing.assert_allclose(clipped[name], leaf * size, rtol=1e-6)
        assert clipped[name].dtype == np.float32


@pytest.mark.parametrize("max_norm", [0.5, 6.5, 13.0, 20.0])
def test_nested_lists_are_shortened_as_a_whole(max_norm):
    rows, number = scalars.clip_by_global_norm([[3.0, -4.0], 12.0], max_norm)
    size = min(1, max_norm / 13)
    assert [*rows, number] == pytest.approx([3 * size, -4 * size, 12 * size], rel=1e-15)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(arrays.clip_by_value, optax.clip), (arrays.clip_by_global_norm, optax.clip_by_global_norm)],
)
@pytest.mark.parametrize("bound", [0.5, 3.5, 100.0])
def test_optax_says_the_same_in_a_chain(ours, theirs, bound):
    expected, _ = theirs(bound).update(TREE, theirs(bound).init(TREE))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), ours(TREE, bound), expected)


def test_an_exploded_gradient_keeps_its_direction():
    """The square of 3e30 overflows in float32, that of 3e200 in float64."""
    steep = {"kernel": np.array([3e30, -4e30], "float32"), "bias": np.array([1.0], "float32")}
    clipped = arrays.clip_by_global_norm(steep, 1.0)
    np.testing.assert_allclose(clipped["kernel"], [0.6, -0.8], rtol=1e-6)
    assert scalars.clip_by_global_norm([3e200, -4e200], 1.0) == pytest.approx([0.6, -0.8], rel=1e-15)


def test_the_slope_of_a_clipped_gradient_is_whole_where_squares_overflow():
    """Across the direction (0.6, -0.8) a change passes, along it none does, shortened as the gradient is."""
    steep = [mg.Value(3e200), mg.Value(-4e200)]
    scalars.clip_by_global_norm(steep, 1.0)[0].backward()
    slopes = [slope.grad for slope in steep]
    assert slopes == pytest.approx([0.64 / 5e200, 0.48 / 5e200], rel=1e-14, abs=0)


def test_a_tiny_gradient_is_measured_too():
    for room in (scalars, arrays):
        clipped = room.clip_by_global_norm(np.array([3e-200, -4e-200]), 1e-200)
        np.testing.assert_allclose(clipped, [0.6e-200, -0.8e-200], rtol=1e-15)


def test_a_lone_slope_is_cut_to_the_bound_and_flat_there():
    assert scalars.clip_by_global_norm([-3.0], 1.5) == [-1.5]
    value, slope = jax.value_and_grad(lambda g: arrays.clip_by_global_norm(g, 1.5))(-3.0)
    assert (value, slope) == (-1.5, 0)


def test_what_is_no_number_any_more_stays_visible():
    for bad in (np.nan, np.inf):
        clipped = arrays.clip_by_global_norm(np.array([bad, 1.0]), 1.0)
        assert np.isnan(clipped[0])


def test_a_gradient_of_zero_stays_and_has_a_slope():
    assert scalars.clip_by_global_norm([0.0, 0.0], 1.0) == [0.0, 0.0]
    slopes = jax.jacobian(lambda g: arrays.clip_by_global_norm(g, 1.0))(jnp.zeros(2))
    assert slopes.tolist() == [[1, 0], [0, 1]]
    assert not jax.hessian(lambda g: jnp.sum(arrays.clip_by_global_norm(g, 1.0)))(jnp.zeros(2)).any()


def test_a_bound_of_zero_leaves_nothing():
    assert scalars.clip_by_global_norm([3.0, 4.0], 0.0) == [0.0, 0.0]
    assert not np.asarray(arrays.clip_by_global_norm(jnp.array([3.0, 4.0]), 0.0)).any()


def test_a_norm_at_its_bound_is_left_alone():
    slopes = mg.jacobian(lambda g: scalars.clip_by_global_norm(g, 5.0))([3.0, 4.0])
    assert slopes == [[1, 0], [0, 1]]
    slopes = jax.jacobian(lambda g: arrays.clip_by_global_norm(g, 5.0))(jnp.array([3.0, 4.0]))
    assert slopes.tolist() == [[1, 0], [0, 1]]


def test_what_is_no_array_is_named():
    with pytest.raises(TypeError, match=r"^clip_by_value: grads must be an array"):
        arrays.clip_by_value({"kernel": "steep"}, 1.0)
    with pytest.raises(
        TypeError, match=r"^clip_by_value: grads must be nested lists of real numbers; got 'st"
    ):
        scalars.clip_by_value([[1.0], "steep"], 1.0)


@pytest.mark.parametrize("room", [mg, jn])
def test_a_gradient_exactly_at_the_bound_stays_as_it_is(room):
    clipped = room.clip_by_global_norm([3.0, [4.0]], max_norm=5.0)
    assert [float(clipped[0]), float(clipped[1][0])] == [3.0, 4.0]


@pytest.mark.parametrize("name", ["clip_by_value", "clip_by_global_norm"])
def test_nothing_is_no_gradient(name):
    for room, rule in ((jn, "an array or a pytree of arrays"), (mg, "nested lists of real numbers")):
        with pytest.raises(TypeError, match=f"^{name}: grads must be {rule}; got None"):
            getattr(room, name)(None, 1.0)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("dtype", "size"), LARGEST)
def test_the_largest_gradients_are_shortened_too_and_have_their_slopes(dtype, size, compiled):
    """The length of three of them is infinite in float32, and 1 / length is 0."""
    grads = jnp.array([size, -size, size], dtype)
    for max_norm in (1.0, 1e-20, 1e30, size):

        def clipped(grads, max_norm=max_norm):
            return arrays.clip_by_global_norm(grads, max_norm)

        new, slopes = clipped, jax.jacrev(clipped)
        if compiled:
            new, slopes = jax.jit(new), jax.jit(slopes)
        signs = np.array([1.0, -1.0, 1.0])
        rtol = 8 * float(jnp.finfo(dtype).eps)
        np.testing.assert_allclose(new(grads), max_norm / 3**0.5 * signs, rtol=rtol)
        expected = max_norm / size / 3**0.5 * (np.eye(3) - np.outer(signs, signs) / 3)
        atol = float(jnp.finfo(dtype).tiny)  # what is smaller is 0
        np.testing.assert_allclose(slopes(grads), expected, rtol=2 * rtol, atol=atol)


def test_small_numbers_beside_a_large_one_are_shortened_as_it_is():
    clipped = arrays.clip_by_global_norm(jnp.array([1e10, 1e-30], "float32"), 1e9)
    np.testing.assert_allclose(clipped, [1e9, 1e-31], rtol=1e-6)


def test_a_shortened_gradient_has_slopes_of_both_orders_and_one_by_its_bound():
    tree = {"kernel": jnp.array([[3.0, -4.0]]), "bias": jnp.array([12.0])}
    for max_norm in (6.5, 20.0):
        f = partial(arrays.clip_by_global_norm, tree)
        direction = jax.tree.map(lambda g, short=max_norm > 13: 0 * g if short else g / 13, tree)
        assert tree_close(jax.jacrev(f)(max_norm), direction)

        def textbook(g, max_norm=max_norm):
            return g * jnp.minimum(1, max_norm / jnp.sqrt(jnp.sum(g * g)))

        def ours(g, max_norm=max_norm):
            return arrays.clip_by_global_norm(g, max_norm)

        g = jnp.array([3.0, -4.0, 12.0])
        np.testing.assert_allclose(jax.jacfwd(ours)(g), jax.jacrev(textbook)(g), rtol=1e-13, atol=1e-16)
        second = [jax.jacrev(jax.jacrev(f))(g) for f in (ours, textbook)]
        np.testing.assert_allclose(*second, rtol=1e-12, atol=1e-15)


def tree_close(one, other):
    return all(jax.tree.leaves(jax.tree.map(lambda a, b: np.allclose(a, b, rtol=1e-14), one, other)))
