"""Activations of a whole row: a dominant class keeps its digits, axes and batches."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid.oracle import to_microgrid
from microgrid.oracle.distance import ulps


def test_the_logarithm_of_a_dominant_class_keeps_its_digits():
    with mpmath.workdps(50):
        truth = float(-mpmath.log1p(2 * mpmath.exp(-40)))
    assert ulps(float(jn.log_softmax(jnp.array([0.0, 40.0, 0.0]))[1]), truth) <= 2
    assert ulps(mg.log_softmax([0.0, 40.0, 0.0])[1], truth) <= 2
    assert jax.nn.log_softmax(jnp.array([0.0, 40.0, 0.0]))[1] == 0


def test_rows_are_taken_along_the_last_axis():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for name in ("log_softmax", "glu"):
        expected = [[getattr(mg, name)(row) for row in block] for block in x.tolist()]
        assert np.allclose(getattr(jn, name)(x), expected, rtol=1e-14)


def test_a_net_takes_them_as_layers_in_both_rooms():
    net = jn.NeuralNet([jn.Linear(3, 4), jn.glu, jn.Linear(2, 3), jn.log_softmax], seed=0, dtype="float64")
    x = np.random.default_rng(1).normal(size=(5, 3))
    assert np.allclose(to_microgrid(net).forward(x.tolist()), net.forward(x), rtol=1e-13)


@pytest.mark.parametrize("name", ["log_softmax", "glu"])
def test_a_lone_number_is_no_row(name):
    with pytest.raises(ValueError, match=f"{name}: x must be the list of numbers of one example"):
        getattr(mg, name)(3.0)
    with pytest.raises(ValueError, match=f"{name}: x must end in one number for each class"):
        getattr(jn, name)(3.0)
