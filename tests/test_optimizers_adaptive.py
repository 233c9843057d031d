"""Adaptive optimizers against what their papers say: 50 digits, Optax, and single steps by hand."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax
import pytest

import jaxnets as jn
import microgrid as mg
from jaxnets import optimizers_adaptive
from microgrid import optimizers_adaptive as scalar_optimizers

SLOPES = [3.0, -0.5, 0.0, 2.0, 1e-3, -4.0]


def scalar_path(optimizer, slopes=SLOPES, start=2.0):
    w, state, path = start, optimizer.init([start]), []
    for g in slopes:
        updates, state = optimizer.update([g], state, [w])
        w = w + updates[0]
        path.append(w)
    return path


def array_path(optimizer, slopes=SLOPES, start=2.0):
    w, path = jnp.array(start), []
    state = optimizer.init(w)
    for g in slopes:
        updates, state = optimizer.update(jnp.array(g), state, w)
        w = w + updates
        path.append(float(w))
    return path


@pytest.mark.parametrize("name", ["adamw", "nadam", "amsgrad", "adamax", "adadelta", "lion", "rprop"])
def test_a_scalar_path_is_right_to_fifty_digits(name):
    """The same rule on numbers of 50 digits: floats lose next to nothing on the way."""
    with mpmath.workdps(50):
        exact = scalar_path(getattr(mg, name)(mpmath.mpf(0.1)), list(map(mpmath.mpf, SLOPES)), mpmath.mpf(2))
    assert np.allclose(scalar_path(getattr(mg, name)(0.1)), list(map(float, exact)), rtol=1e-14, atol=0)


def by_hand(name, b1=0.9, b2=0.999, eps=1e-8, rate=0.1, decay=0.0):
    """Adam's family from its papers, in numpy, with plain loops over the whole history."""
    w, path, best = 2.0, [], 0.0
    for t in range(1, len(SLOPES) + 1):
        seen = np.array(SLOPES[:t])
        ages = np.arange(t)[::-1]
        mean = (1 - b1) * np.sum(b1**ages * seen)
        square = (1 - b2) * np.sum(b2**ages * seen**2) / (1 - b2**t)
        if name == "nadam":
            mean = b1 * mean / (1 - b1 ** (t + 1)) + (1 - b1) * seen[-1] / (1 - b1**t)
        else:
            mean = mean / (1 - b1**t)
        best = max(best, square)
        root = np.sqrt(best if name == "amsgrad" else square) + eps
        if name == "adamax":
            root = np.max(b2**ages * (abs(seen) + eps))
        w -= rate * (mean / root + decay * w)
        path.append(w)
    return path


@pytest.mark.parametrize(("name", "arguments"), [
    ("adamw", dict(weight_decay=0.25)), ("nadam", {}), ("amsgrad", dict(b2=0.5)), ("adamax", dict(b2=0.5)),
])  # fmt: skip
def test_the_family_of_adam_is_what_its_papers_say(name, arguments):
    expected = by_hand(name, **{"decay" if k == "weight_decay" else k: v for k, v in arguments.items()})
    for room, path in ((mg, scalar_path), (jn, array_path)):
        assert np.allclose(path(getattr(room, name)(0.1, **arguments)), expected, rtol=1e-12, atol=0)


def test_weight_decay_is_decoupled_from_the_gradient():
    for path, room in ((scalar_path, mg), (array_path, jn)):
        assert path(room.adamw(0.5, weight_decay=0.5), [0.0, 0.0]) == [1.5, 1.125]
        assert path(room.lion(0.5, weight_decay=0.5), [0.0]) == [1.5]
        assert path(room.lion(0.5, weight_decay=0.0), [1e-300, -1e-3]) == [1.5, 2.0]


def test_the_step_of_amsgrad_never_grows_again():
    sizes = np.diff([2.0, *scalar_path(mg.amsgrad(0.1, b1=0.0), [100.0] + [1.0] * 20)])
    assert (abs(sizes[1:]) <= 0.1 * 1.0 / 100.0 * 1.0001).all()
    adam = np.diff([2.0, *scalar_path(mg.adam(0.1, b1=0.0, b2=0.5), [100.0] + [1.0] * 20)])
    assert abs(adam[-1]) > 0.09


def test_adadelta_needs_no_learning_rate():
    expected = [-math.sqrt(1e-6 / (0.1 + 1e-6))]
    assert mg.adadelta().update([1.0], mg.adadelta().init([0.0]))[0] == pytest.approx(expected, rel=1e-14)


def test_rprop_grows_shrinks_and_rests():
    for path, room in ((scalar_path, mg), (array_path, jn)):
        walked = path(room.rprop(1.0), [5.0, 0.01, -3.0, -3.0, -3.0, 0.0, 7.0], start=0.0)
        # -1, -1.2, turn: rest and halve to 0.6, +0.6, +0.72, no slope: rest, +... the sign was forgotten
        assert np.allclose(np.diff([0.0, *walked]), [-1, -1.2, 0, 0.6, 0.72, 0, -0.72], rtol=1e-14)


def test_rprop_counts_signs_and_not_sizes_even_where_products_underflow():
    for path, room in ((scalar_path, mg), (array_path, jn)):
        assert np.allclose(path(room.rprop(1.0), [1e-200, 1e-200], start=0.0), [-1.0, -2.2])


def test_rprop_keeps_its_steps_within_bounds():
    for path, room in ((scalar_path, mg), (array_path, jn)):
        rule = room.rprop(1.0, min_step_size=0.75, max_step_size=1.1)
        assert np.allclose(path(rule, [1.0, 1.0, 1.0, -1.0, -1.0], start=0.0), [-1, -2.1, -3.2, -3.2, -2.45])


def test_rprop_of_optax_is_one_step_late():
    """Why ours is not Optax's: where this fails, Optax has mended it, and the docstring must say so."""
    ours, theirs = (array_path(r(1.0), [1.0, 1.0, 1.0], start=0.0) for r in (jn.rprop, optax.rprop))
    assert np.allclose(ours, [-1.0, -2.2, -3.64]) and np.allclose(theirs, [0.0, -1.0, -2.2])


def test_rprop_takes_no_schedule():
    for module in (optimizers_adaptive, scalar_optimizers):
        with pytest.raises(TypeError, match="rprop: learning_rate must be a number; got"):
            module.rprop(lambda step: 0.1)


def test_rprop_moves_trees_and_keeps_types():
    params = {"a": jnp.ones(2, jnp.float32), "b": [jnp.ones((1, 2))]}
    init, update = jn.rprop(0.5)
    updates, state = jax.jit(update)(params, init(params))
    assert jax.tree.map(lambda a: a.dtype, updates) == jax.tree.map(lambda a: a.dtype, params)
    assert updates["b"][0].tolist() == [[-0.5, -0.5]] and state.e["a"].dtype == jnp.float32
