"""Whole numbers that XLA has no type for: where a formula takes a number, it takes them as floats."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxnets as jn
import microgrid as mg

LARGE = 10**20  # beyond 2**63, which the tests' 64 bits end at, and a float of 32 bits
X = jnp.array([[0.5, -1.5, 2.0], [0.25, 3.0, -0.5]])
ROW = X[0]
CELL = dict(
    carry=(jnp.zeros(1), jnp.zeros(1)),
    inputs=jnp.ones(1),
    kernel=jnp.ones((1, 4)),
    recurrent_kernel=jnp.ones((1, 4)),
    bias=jnp.zeros(4),
)
FORMULAS = {
    "batch_norm eps": lambda n: jn.batch_norm(X, ROW, ROW**2, eps=n),
    "layer_norm eps": lambda n: jn.layer_norm(X, eps=n),
    "group_norm eps": lambda n: jn.group_norm(X, 1, eps=n),
    "rms_norm eps": lambda n: jn.rms_norm(X, eps=n),
    "linear slope": lambda n: jn.activations.linear(X, slope=n),
    "linear intercept": lambda n: jn.activations.linear(X, intercept=n),
    "neuron bias": lambda n: jn.neuron.neuron(X, ROW, n),
    "leaky_relu negative_slope": lambda n: jn.leaky_relu(X, negative_slope=n),
    "leaky_relu positive_slope": lambda n: jn.leaky_relu(X, positive_slope=-n),
    "elu alpha": lambda n: jn.elu(X, n),
    "celu alpha": lambda n: jn.celu(X, n),
    "prelu initial_slope": lambda n: jn.PReLU(initial_slope=n, rngs=jn.activations_piecewise.nnx.Rngs(0))(X),
    "huber delta": lambda n: jn.huber(X, 0 * X, delta=n),
    "softmax_focal gamma": lambda n: jn.softmax_focal(X, jnp.array([0, 1]), gamma=n),
    "sigmoid_focal gamma": lambda n: jn.sigmoid_focal(X, 0 * X, gamma=n),
    "l1_penalty rate": lambda n: jn.l1_penalty(X, n),
    "l2_penalty rate": lambda n: jn.l2_penalty(X, n),
    "clip_by_value max_value": lambda n: jn.clip_by_value(X, n),
    "clip_by_global_norm max_norm": lambda n: jn.clip_by_global_norm(X, n),
    "lstm_step forget_bias": lambda n: jn.lstm_step(**CELL, forget_bias=n),
    "gradient_penalty center": lambda n: jn.gradient_penalty(X, n),
    "positional_encoding max_wavelength": lambda n: jn.positional_encoding(ROW, 4, n),
    "binary_accuracy threshold": lambda n: jn.metrics.binary_accuracy(X, 0 * X, n),
    "constant value": lambda n: jn.initializers.constant(X, n),
    "uniform bounds": lambda n: jn.initializers.uniform(X, -n, n),
    "normal stddev": lambda n: jn.initializers.normal(X, n),
    "truncated_normal stddev": lambda n: jn.initializers.truncated_normal(X, n),
    "orthogonal scale": lambda n: jn.initializers.orthogonal(X, n),
}
OPTIMIZERS = {
    **{
        f"{name} learning_rate": getattr(jn, name)
        for name in ("gradient_descent", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
    },
    **{
        f"{name} learning_rate": getattr(jn, name)
        for name in ("nadam", "amsgrad", "adamax", "adadelta", "lion", "rprop", "lamb", "muon")
    },
    **{
        f"{name} eps": partial(lambda name, n: getattr(jn, name)(0.1, eps=n), name)
        for name in (
            "adagrad",
            "rmsprop",
            "adam",
            "adamw",
            "nadam",
            "amsgrad",
            "adamax",
            "adadelta",
            "lamb",
            "muon",
        )
    },
    **{
        f"{name} weight_decay": partial(lambda name, n: getattr(jn, name)(0.1, weight_decay=n), name)
        for name in ("adamw", "lion", "lamb", "muon")
    },
    "adagrad initial_accumulator_value": lambda n: jn.adagrad(0.1, initial_accumulator_value=n),
    "rprop max_step_size": lambda n: jn.rprop(0.1, max_step_size=n),
    "rprop eta_plus": lambda n: jn.rprop(0.1, eta_plus=n),
    "a schedule": lambda n: jn.sgd(lambda step: n),
}
# a schedule with a rate, then with a number of steps, that is so large
RATES = {
    "constant": lambda room, n: room.schedules.constant(n),
    "piecewise_constant init_value": lambda room, n: room.piecewise_constant(n, {3: 0.5}),
    "piecewise_constant scale": lambda room, n: room.piecewise_constant(0.1, {3: n}),
    "linear_decay": lambda room, n: room.linear_decay(n, 2 * n, 8),
    "polynomial_decay": lambda room, n: room.polynomial_decay(n, 2 * n, 2, 8),
    "exponential_decay": lambda room, n: room.exponential_decay(n, 8, 2, end_value=2 * n),
    "inverse_time_decay": lambda room, n: room.inverse_time_decay(n, 8, n),
    "inverse_sqrt_decay": lambda room, n: room.inverse_sqrt_decay(n, 8),
    "cosine_decay": lambda room, n: room.cosine_decay(n, 8, alpha=1),
    "warmup_cosine_decay": lambda room, n: room.warmup_cosine_decay(n, 2 * n, 3, 8, n),
    "warm_restarts": lambda room, n: room.warm_restarts(n, [2, 8]),
    "one_cycle": lambda room, n: room.one_cycle(8, n, div_factor=n, final_div_factor=n),
}
STEPS = {
    "piecewise_constant": lambda room, n: room.piecewise_constant(0.1, {2: 0.5, n: 0.5}),
    "linear_decay": lambda room, n: room.linear_decay(0.1, 0.2, n),
    "linear_decay transition_begin": lambda room, n: room.linear_decay(0.1, 0.2, 8, n),
    "polynomial_decay": lambda room, n: room.polynomial_decay(0.1, 0.2, 2, n, n),
    "exponential_decay": lambda room, n: room.exponential_decay(0.1, n, 0.5, n),
    "exponential_decay staircase": lambda room, n: room.exponential_decay(0.1, n, 0.5, staircase=True),
    "inverse_time_decay": lambda room, n: room.inverse_time_decay(0.1, n, 0.5, staircase=True),
    "inverse_sqrt_decay": lambda room, n: room.inverse_sqrt_decay(0.1, n),
    "cosine_decay": lambda room, n: room.cosine_decay(0.1, n),
    "warmup_cosine_decay": lambda room, n: room.warmup_cosine_decay(0.0, 0.1, 2, n),
    "warmup_cosine_decay warmup_steps": lambda room, n: room.warmup_cosine_decay(0.1, 0.2, n, 2 * n),
    "warm_restarts": lambda room, n: room.warm_restarts(0.1, [n]),
    "warm_restarts later": lambda room, n: room.warm_restarts(0.1, [2, n, n]),
    "one_cycle": lambda room, n: room.one_cycle(n, 0.1),
}


def same(got, true):
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(true), strict=True):
        assert one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_large_whole_number_is_a_number(name):
    same(FORMULAS[name](LARGE), FORMULAS[name](float(LARGE)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_takes_a_large_whole_number(name):
    results = []
    for number in (LARGE, float(LARGE)):
        optimizer: optax.GradientTransformation = OPTIMIZERS[name](number)
        state = optimizer.init(X)
        updates: Any = None
        for grads in (-X, X):
            updates, state = optimizer.update(grads, state, X)
        results.append(updates)
    same(*results)


@pytest.mark.parametrize("name", RATES)
def test_a_schedule_takes_a_large_whole_rate(name):
    make, t = RATES[name], jnp.arange(12)
    same(make(jn, LARGE)(t), make(jn, float(LARGE))(t))


@pytest.mark.parametrize("size", [2**31, LARGE, 10**400], ids=str)
@pytest.mark.parametrize("name", STEPS)
def test_a_schedule_of_more_steps_than_can_be_counted_is_at_its_beginning(name, size):
    array = STEPS[name](jn, size)(jnp.arange(5, dtype=jnp.int32)).tolist()
    if size < 10**300:  # no float of the scalar room is larger
        scalar = STEPS[name](mg, size)
        assert array == pytest.approx([scalar(t) for t in range(5)], rel=1e-6, abs=1e-12)
    assert np.isfinite(array).all()


def test_a_step_beyond_the_largest_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match=rf"^cosine_decay: step must fit into int64; got {2**70}\.$"):
        jn.cosine_decay(0.1, 5)(2**70)


def test_without_64_bits_the_same_holds_beyond_2_to_the_31():
    with jax.enable_x64(False):
        for make in STEPS.values():
            for size in (2**31 - 1, 2**31, 3 * 10**9):
                t = 3
                assert float(make(jn, size)(t)) == pytest.approx(make(mg, size)(t), rel=1e-6, abs=1e-9)
        assert float(jn.huber(jnp.ones(2), jnp.zeros(2), delta=3 * 10**9)) == 0.5
        for step in (2**40, np.int64(2**40), np.array([2**40])):
            with pytest.raises(ValueError, match=r"^cosine_decay: step must fit into int32; got "):
                jn.cosine_decay(0.1, 5)(step)
