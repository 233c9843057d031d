"""docs/conventions.md, line by line: both rooms choose what it says where libraries differ."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid import Value
from microgrid.oracle.pair_verdicts import optimizer_run


def slopes(name, point, topic="activations", **given):
    """The slope of a formula at a point, in the scalar and in the array room."""
    x = Value(point)
    getattr(getattr(mg, topic), name)(x, **given).backward()
    return x.grad, float(jax.grad(lambda v: getattr(getattr(jn, topic), name)(v, **given))(point))


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_slopes_at_kinks(zero):
    assert slopes("relu", zero) == (0, 0)
    assert slopes("leaky_relu", zero) == (1, 1)
    assert slopes("leaky_relu", zero, negative_slope=0.5, positive_slope=3.0) == (3, 3)
    assert slopes("binary_step", zero) == (0, 0)
    assert slopes("l1_penalty", zero, "regularization", rate=1.0) == (0, 0)
    assert slopes("mean_absolute_error", zero, "losses", targets=0.0) == (0, 0)


def test_binary_step_fires_at_zero():
    assert mg.binary_step(0.0) == jn.binary_step(0.0) == 1


def test_cross_entropy_of_probabilities_is_exact():
    for room, number in ((mg, list), (jn, jnp.array)):
        certain = [0.0, 1.0, 0.0, 1.0]
        terms = room.binary_cross_entropy(number(certain), number([0.0, 1.0, 1.0, 0.0]), reduction="none")
        assert [float(term) for term in terms] == [0, 0, math.inf, math.inf]


def test_l2_penalty_takes_half_the_square():
    assert mg.l2_penalty([3.0], rate=0.5) == float(jn.l2_penalty(jnp.array([3.0]), rate=0.5)) == 2.25


def test_penalties_act_on_kernels_alone():
    for room, number in ((mg, list), (jn, np.asarray)):
        net = room.NeuralNet([room.Linear(2, 1)], seed=0)
        net.compile(optimizer=room.gradient_descent(0.1), loss="mean_squared_error", l2=1.0)
        target = net.forward(number([[0.0, 0.0]]))
        gradient = net.backward(number([[0.0, 0.0]]), number(target))[0]
        assert np.any(gradient["kernel"]) and not np.any(gradient["bias"])


def one_step(optimizer, gradient, steps=1):
    return -optimizer_run(optimizer, [0.0], [[gradient]] * steps)[-1][0]


def test_velocity_does_not_contain_the_learning_rate():
    init, update = mg.momentum(0.5, momentum=0.5)
    assert update([2.0], init([0.0]))[1] == (1, [2.0])


def test_adam_adds_eps_after_the_correction():
    assert one_step(mg.adam(1.0, eps=1.0), 1.0) == pytest.approx(1 / 2, rel=1e-12)


def test_rmsprop_adds_eps_inside_the_root_unless_told():
    assert one_step(mg.rmsprop(1.0, decay=0.0, eps=3.0), 1.0) == 0.5
    assert one_step(mg.rmsprop(1.0, decay=0.0, eps=3.0, eps_in_sqrt=False), 1.0) == 0.25


def test_adagrad_starts_at_a_tenth():
    assert one_step(mg.adagrad(1.0), 1.0) == pytest.approx(1 / math.sqrt(1.1 + 1e-7), rel=1e-15)


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
def test_initial_kernels_have_variance_one_over_in_features(room):
    net = room.NeuralNet([room.Linear(50, 60)], seed=0)
    kernel = net.layers[0].parameters["kernel"] if room is mg else net.layers[0].kernel[...]
    drawn = np.array([[float(w) for w in row] for row in kernel]).ravel()
    cut = 2 / 0.87962566103423978
    assert abs(drawn.std() * math.sqrt(50) - 1) < 0.03  # 3000 draws: standard error 0.012
    assert abs(drawn).max() * math.sqrt(50) <= cut + 1e-6


def test_top_level_names_never_hide_a_module():
    import jaxnets.linear
    import microgrid.linear

    assert microgrid.linear.linear([1.0], [[2.0]]) == [2.0]
    assert jaxnets.linear.linear(jnp.ones(1), jnp.ones((1, 1))).tolist() == [1.0]
