"""Optimizers that look at whole arrays, against numpy's norm and singular values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from jaxnets import optimizers_layerwise
from microgrid import optimizers_layerwise as scalar_optimizers

RNG = np.random.default_rng(0)


def first(room, optimizer, grads, params):
    """The first updates of a list of arrays, as numpy arrays."""
    if room is mg:
        grads, params = [g.tolist() for g in grads], [w.tolist() for w in params]
    else:
        grads, params = list(map(jnp.asarray, grads)), list(map(jnp.asarray, params))
    return [np.array(u) for u in optimizer.update(grads, optimizer.init(params), params)[0]]


def both(name, grads, params, **arguments):
    return [first(room, getattr(room, name)(**arguments), grads, params) for room in (mg, jn)]


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
def test_each_array_of_lamb_moves_a_share_of_its_own_length(weight_decay):
    params = [RNG.normal(size=(3, 2)) * 5, RNG.normal(size=2), np.array(4.0)]
    grads = [RNG.normal(size=w.shape) for w in params]
    for updates in both("lamb", grads, params, learning_rate=0.25, eps=0.0, weight_decay=weight_decay):
        for w, g, update in zip(params, grads, updates, strict=True):
            direction = np.sign(g) + weight_decay * w
            assert np.isclose(np.linalg.norm(update), 0.25 * np.linalg.norm(w), rtol=1e-13)
            assert np.allclose(update / np.linalg.norm(update), -direction / np.linalg.norm(direction))


def test_lamb_moves_by_the_learning_rate_where_there_is_no_length():
    zero, one = np.zeros(2), np.ones(2)
    for updates in both("lamb", [one, zero], [zero, one], learning_rate=0.25):
        assert np.allclose(updates[0], -0.25, rtol=1e-5) and (updates[1] == 0).all()


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (1, 5), (5, 1)])
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_is_the_polynomial_of_the_singular_values(shape, nesterov):
    g, w = RNG.normal(size=shape), RNG.normal(size=shape)
    u, s, v = np.linalg.svd(g, full_matrices=False)
    s = s / (np.linalg.norm(g) + 1e-8)
    for _ in range(5):
        s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
    expected = -0.5 * (max(1, shape[1] / shape[0]) ** 0.5 * (u * s) @ v + 0.25 * w)
    for (update,) in both("muon", [g], [w], learning_rate=0.5, weight_decay=0.25, nesterov=nesterov):
        assert np.allclose(update, expected, rtol=1e-6)  # the first look ahead is g, times a number near 1


def test_muon_brings_all_singular_values_near_one():
    g = RNG.normal(size=(6, 4)) @ np.diag([1.0, 0.5, 0.25, 0.125])
    for (update,) in both("muon", [g], [g], learning_rate=1.0):
        assert (abs(np.linalg.svd(update)[1] - 0.95) < 0.3).all()


@pytest.mark.parametrize("nesterov", [True, False])
def test_what_is_no_matrix_moves_by_adam_under_muon(nesterov):
    params = [RNG.normal(size=3), np.array(2.0), RNG.normal(size=(2, 1, 2))]
    moved = both("muon", params, params, learning_rate=0.1, nesterov=nesterov)
    for room, updates in zip((mg, jn), moved, strict=True):
        adam = (room.nadam if nesterov else room.adam)(0.1)
        for update, expected in zip(updates, first(room, adam, params, params), strict=True):
            assert np.allclose(update, expected, rtol=1e-13)


def test_muon_remembers_momentum_in_both_rooms():
    w, slopes = RNG.normal(size=(2, 3)), RNG.normal(size=(4, 2, 3))
    one, other = mg.muon(0.1, beta=0.5), jn.muon(0.1, beta=0.5)
    states = one.init([w.tolist()]), other.init([jnp.array(w)])
    for g in slopes:
        updates, state = one.update([g.tolist()], states[0], [w.tolist()])
        arrays, array_state = jax.jit(other.update)([jnp.array(g)], states[1], [jnp.array(w)])
        states = state, array_state
        assert np.allclose(updates[0], arrays[0], rtol=1e-12)


@pytest.mark.parametrize("module", [scalar_optimizers, optimizers_layerwise])
@pytest.mark.parametrize(("arguments", "words"), [
    (dict(ns_steps=2.5), r"muon: ns_steps must be a whole number >= 0; got 2\.5"),
    (dict(ns_steps=True), "muon: ns_steps must be a whole number >= 0; got True"),
    (dict(ns_steps=1001), r"^muon: ns_steps must be at most 1000; got 1001\.$"),
    (dict(ns_steps=10**30), rf"^muon: ns_steps must be at most 1000; got {10**30}\.$"),
    (dict(ns_steps=10**6000), "^muon: ns_steps must be at most 1000; got one of 19932 bits"),
    (dict(eps=0.0), r"muon: eps must be a finite number > 0; got 0\.0"),
])  # fmt: skip
def test_steps_of_newton_and_schulz_are_whole(module, arguments, words):
    with pytest.raises(ValueError, match=words):
        module.muon(0.1, **arguments)
    module.muon(0.1, ns_steps=1000)
