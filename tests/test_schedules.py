"""Schedules against Optax, exact fractions, and at their seams."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxnets as jn
import microgrid as mg
from jaxnets import schedules, schedules_cosine
from microgrid import schedules as scalar_schedules, schedules_cosine as scalar_cosines

STEPS = range(0, 40)
SAME = {  # ours -> what Optax calls it
    "constant": (schedules.constant(0.5), optax.constant_schedule(0.5)),
    "piecewise": (
        jn.piecewise_constant(0.5, {10: 0.5, 20: 3.0}),
        optax.piecewise_constant_schedule(0.5, {10: 0.5, 20: 3.0}),
    ),
    "linear": (jn.linear_decay(0.5, 2.0, 10, 3), optax.linear_schedule(0.5, 2.0, 10, 3)),
    "polynomial": (
        jn.polynomial_decay(0.5, 0.25, 2.5, 10, 3),
        optax.polynomial_schedule(0.5, 0.25, 2.5, 10, 3),
    ),
    "exponential": (jn.exponential_decay(0.5, 7, 0.5, 3), optax.exponential_decay(0.5, 7, 0.5, 3)),
    "stairs": (
        jn.exponential_decay(0.5, 7, 0.5, 3, True, 0.1),
        optax.exponential_decay(0.5, 7, 0.5, 3, True, 0.1),
    ),
    "growth": (
        jn.exponential_decay(0.5, 7, 1.5, 3, False, 1.0),
        optax.exponential_decay(0.5, 7, 1.5, 3, False, 1.0),
    ),
    "cosine": (jn.cosine_decay(0.5, 10, 0.25), optax.cosine_decay_schedule(0.5, 10, 0.25)),
    "warmup": (
        jn.warmup_cosine_decay(0.125, 0.5, 4, 12, 0.25),
        optax.warmup_cosine_decay_schedule(0.125, 0.5, 4, 12, 0.25),
    ),
    "restarts": (
        jn.warm_restarts(0.5, [5, 10, 20], 0.125),
        optax.sgdr_schedule([
            dict(init_value=0.5, peak_value=0.5, warmup_steps=0, decay_steps=n, end_value=0.0625)
            for n in (5, 10, 20)
        ]),
    ),
    "one_cycle": (jn.one_cycle(20, 0.5), optax.cosine_onecycle_schedule(20, 0.5)),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_a_schedule_is_the_one_of_optax(name):
    ours, theirs = SAME[name]
    for step in STEPS:
        assert math.isclose(float(ours(step)), float(theirs(step)), rel_tol=1e-10, abs_tol=1e-15), step


@pytest.mark.parametrize("name", SAME)
def test_a_schedule_takes_traced_steps_and_arrays_of_them(name):
    ours, _ = SAME[name]
    alone = [float(ours(step)) for step in STEPS]
    assert np.allclose(ours(jnp.arange(40)), alone, rtol=1e-15)
    assert np.allclose(ours(np.arange(40, dtype=np.uint8)), alone, rtol=1e-15)
    assert np.allclose(jax.jit(ours)(jnp.arange(40)), alone, rtol=1e-14)
    assert np.allclose(jax.lax.map(ours, jnp.arange(40, dtype=jnp.int32)), alone, rtol=1e-14)


def test_rational_schedules_are_exact_in_fractions():
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert mg.piecewise_constant(half, [(2, third)])(2) == Fraction(1, 6)
    assert scalar_schedules.constant(third)(7) == third


def test_cosines_keep_their_digits_at_the_end():
    """Beside the end the textbook's 1 + cos(pi * p) has cancelled: here 1.5e-8 of it is off, ours 1e-15."""
    steps = 10**6
    exact = (math.pi / 2 / steps) ** 2  # sin(x)**2 = x**2 - x**4 / 3, and x**4 / 3 is 1e-12 of it
    for rate in (mg.cosine_decay(1.0, steps), jn.cosine_decay(1.0, steps)):
        assert math.isclose(float(rate(steps - 1)), exact, rel_tol=2e-12)
        assert float(rate(0)) == 1.0 and float(rate(steps)) == 0.0 == float(rate(steps + 5))
    naive = (1 + math.cos(math.pi * (steps - 1) / steps)) / 2
    assert not math.isclose(naive, exact, rel_tol=1e-8)


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
def test_schedules_are_exact_at_their_seams(room):
    rate = room.warmup_cosine_decay(0.1, 0.7, warmup_steps=3, decay_steps=9, end_value=0.3)
    assert [float(rate(t)) for t in (0, 3, 9, 100)] == [0.1, 0.7, 0.3, 0.3]
    rate = room.warmup_cosine_decay(0.1, 0.7, warmup_steps=0, decay_steps=9, end_value=0.3)
    assert float(rate(0)) == 0.7
    rate = room.linear_decay(0.1, 0.7, 3, transition_begin=2)
    assert [float(rate(t)) for t in (0, 2, 5, 6)] == [0.1, 0.1, 0.7, 0.7]
    rate = room.warm_restarts(0.7, [2, 1, 3])
    assert [float(rate(t)) for t in (0, 2, 3, 6, 7)] == [0.7, 0.7, 0.7, 0.0, 0.0]
    rate = room.one_cycle(10, 0.7, pct_start=0.3, div_factor=7.0, final_div_factor=2.0)
    assert np.allclose([float(rate(t)) for t in (0, 3, 10, 11)], [0.1, 0.7, 0.05, 0.05], rtol=1e-15)
    rate = room.one_cycle(10, 0.7, pct_start=0.0)
    assert float(rate(0)) == 0.7
    rate = room.inverse_sqrt_decay(0.5, 4)
    assert [float(rate(t)) for t in (0, 2, 4, 16)] == [0.0, 0.25, 0.5, 0.25]
    rate = room.piecewise_constant(0.5, {4: 0.5, 2: 0.5})
    assert [float(rate(t)) for t in (1, 2, 3, 4)] == [0.5, 0.25, 0.25, 0.125]


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
@pytest.mark.parametrize("wrong", [-1, 1.0, True, "1", None])
def test_a_step_is_a_whole_number(room, wrong):
    for rate in (room.cosine_decay(0.1, 5), room.linear_decay(0.1, 0.2, 5)):
        with pytest.raises(ValueError, match=r"^\w+_decay: step must be a whole number >= 0; got "):
            rate(wrong)
    with pytest.raises(ValueError, match="step must be a whole number"):
        jn.cosine_decay(0.1, 5)(jnp.array([1.0]))


@pytest.mark.parametrize("modules", [(scalar_schedules, scalar_cosines), (schedules, schedules_cosine)])
def test_sizes_are_whole_and_rates_are_numbers(modules):
    polynomial, cosine = modules[0].polynomial_decay, modules[1].cosine_decay
    for wrong in (0, 1.5, True, "5", None):
        with pytest.raises(ValueError, match="cosine_decay: decay_steps must be a whole number >= 1; got"):
            cosine(0.1, wrong)
    for wrong in ("fast", None, True):
        with pytest.raises(TypeError, match=f"^polynomial_decay: init_value must be a number; got {wrong!r}"):
            polynomial(wrong, 0.1, 1.0, 5)
    for wrong in (5, {"a": 0.5}, [(1, 2, 3)], [3, 0.5], "ab"):
        with pytest.raises(
            (TypeError, ValueError),
            match=r"^piecewise_constant: (a boundary of )?boundaries_and_scales must be",
        ):
            modules[0].piecewise_constant(0.1, wrong)


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
def test_a_boundary_that_is_no_step_is_told_from_a_scale(room):
    with pytest.raises(ValueError, match="a boundary of boundaries_and_scales must be a whole number >= 0"):
        room.piecewise_constant(0.1, {"a": 0.5})
    with pytest.raises(TypeError, match="a scale of boundaries_and_scales must be a number; got 'a'"):
        room.piecewise_constant(0.1, {5: "a"})


def test_a_schedule_drives_training():
    x = np.linspace(-1, 1, 16)[:, None]
    net = jn.NeuralNet([jn.Linear(1, 1)], seed=0)
    net.compile(jn.sgd(jn.cosine_decay(0.5, decay_steps=40)), "mean_squared_error")
    history = net.fit(x, 2 * x, epochs=20, batch_size=8, verbose=0)
    assert history.history["loss"][-1] < 1e-4
    kernel = np.asarray(net.params[0]["kernel"])
    net.fit(x, -2 * x, epochs=3, batch_size=8, verbose=0)  # all 40 steps are over: the rate is 0
    assert (np.asarray(net.params[0]["kernel"]) == kernel).all()
