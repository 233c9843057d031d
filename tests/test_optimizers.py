"""What all optimizers have in common, in both rooms: schedules, weights in arrays, and sentences."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid.oracle import to_microgrid

SEVEN = {
    "gradient_descent": {},
    "sgd": dict(momentum=0.5, nesterov=True),
    "momentum": {},
    "nesterov": {},
    "adagrad": {},
    "rmsprop": {},
    "adam": {},
}
OTHERS = ("adamw", "nadam", "amsgrad", "adamax", "adadelta", "lion", "lamb", "muon")
ALL = SEVEN | {name: {} for name in OTHERS}
PARAMS, SLOPES = [[0.5, -1.5], [2.0, 0.25]], [[[1.0, -2.0], [0.5, 3.0]], [[0.1, 0.0], [-4.0, 1.0]]] * 3


def halving(step):
    """1, 1/2, 1/4, ... at steps 0, 1, 2, ...; also where step is traced."""
    return 0.5**step


def scalar_walk(optimizer, slopes=SLOPES):
    params, state = [PARAMS], optimizer.init([PARAMS])
    for slope in slopes:
        updates, state = optimizer.update([slope], state, params)
        params = [[[w + u for w, u in zip(*rows, strict=True)] for rows in zip(*both, strict=True)]
                  for both in zip(params, updates, strict=True)]  # fmt: skip
    return np.array(params[0])


def array_walk(optimizer, slopes=SLOPES):
    def step(carry, slope):
        updates, state = optimizer.update(slope, carry[1], carry[0])
        return (carry[0] + updates, state), None

    params = jnp.array(PARAMS)
    return np.asarray(jax.lax.scan(step, (params, optimizer.init(params)), jnp.array(slopes))[0][0])


@pytest.mark.parametrize(("name", "arguments"), ALL.items())
def test_a_schedule_counts_from_zero_in_both_rooms(name, arguments):
    one = scalar_walk(getattr(mg, name)(halving, **arguments))
    other = array_walk(getattr(jn, name)(halving, **arguments))
    assert np.allclose(one, other, rtol=1e-13, atol=0)
    first = scalar_walk(getattr(mg, name)(halving, **arguments), SLOPES[:1])
    assert (first == scalar_walk(getattr(mg, name)(1.0, **arguments), SLOPES[:1])).all()


@pytest.mark.parametrize(("name", "arguments"), ALL.items())
def test_a_constant_schedule_is_a_number(name, arguments):
    numbers = scalar_walk(getattr(mg, name)(0.25, **arguments))
    assert (scalar_walk(getattr(mg, name)(lambda step: 0.25, **arguments)) == numbers).all()
    arrays = array_walk(getattr(jn, name)(0.25, **arguments))
    scheduled = array_walk(getattr(jn, name)(lambda step: 0.25, **arguments))
    assert np.allclose(scheduled, arrays, rtol=1e-15, atol=0)


def test_the_velocity_is_free_of_the_learning_rate():
    schedule = lambda step: float(step)  # noqa: E731
    init, update = mg.momentum(schedule, momentum=0.5)
    updates, state = update([2.0], init([0.0]))
    assert updates == [0.0] and update([0.0], state)[0] == [-1.0]  # Keras' velocity would still be 0


@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
@pytest.mark.parametrize(("rate", "words"), [
    ("fast", "adam: learning_rate must be a schedule of numbers; got 'fast'."),
    (None, "adam: learning_rate must be a schedule of numbers; got None."),
    (True, "adam: learning_rate must be a schedule of numbers; got True."),
    (-0.5, "adam: learning_rate must be a finite number >= 0; got -0.5."),
    (math.nan, "adam: learning_rate must be a finite number >= 0; got nan."),
])  # fmt: skip
def test_a_schedule_must_return_numbers(room, rate, words):
    number = jnp.array if room is jn else float
    init, update = room.adam(lambda step: rate)
    with pytest.raises((TypeError, ValueError)) as error:
        update([number(2.0)], init([number(1.0)]))
    assert str(error.value) == words


def test_a_schedule_of_arrays_is_refused_where_it_is_traced():
    optimizer = jn.adam(lambda step: jnp.ones(2) * step)
    with pytest.raises(
        TypeError, match=r"adam: learning_rate must be a schedule of numbers; got shape \(2,\)"
    ):
        array_walk(optimizer)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
def test_what_looks_at_the_weights_says_so_where_they_are_missing(room, name):
    array = jnp.array if room is jn else list
    init, update = getattr(room, name)(0.1)
    params = [array([[1.0, 2.0]])]
    if name in ("adamw", "lion", "lamb", "muon"):
        with pytest.raises(
            ValueError, match=rf"^{name}: update must see the params, .*; got None\. Fix: update"
        ):
            update(params, init(params))
    else:
        update(params, init(params))


@pytest.mark.parametrize(("name", "argument"), [("sgd", "nesterov"), ("rmsprop", "eps_in_sqrt")])
@pytest.mark.parametrize("room", [mg, jn], ids=lambda room: room.__name__)
def test_a_choice_of_two_is_no_number_or_word(room, name, argument):
    for wrong in (1, "yes", None):
        with pytest.raises(TypeError, match=rf"^{name}: {argument} must be True or False; got {wrong!r}\.$"):
            getattr(room, name)(0.1, **{argument: wrong})


def test_no_boolean_is_a_number():
    for room in (mg, jn):
        with pytest.raises(
            TypeError, match=r"^adam: learning_rate must be a number or a schedule; got True\.$"
        ):
            room.adam(True)
        with pytest.raises(TypeError, match=r"^adam: b1 must be a number; got True\.$"):
            room.adam(0.1, b1=True)


@pytest.mark.parametrize("name", [*ALL, "rprop"])
def test_steps_of_every_optimizer_can_be_traced(name):
    optimizer = getattr(mg, name)(0.125)

    def steps(slopes):
        params, state = [PARAMS], optimizer.init([PARAMS])
        for slope in slopes:
            updates, state = optimizer.update([slope], state, params)
            params = [[[w + u for w, u in zip(*rows, strict=True)]
                       for rows in zip(params[0], updates[0], strict=True)]]  # fmt: skip
        return params

    assert mg.trace(steps, SLOPES[:2])(SLOPES[:2]) == steps(SLOPES[:2])


def test_states_are_never_changed_in_place():
    for name, arguments in ALL.items():
        optimizer = getattr(mg, name)(0.1, **arguments)
        state = optimizer.init([PARAMS])
        kept = repr(state)
        first = optimizer.update([SLOPES[0]], state, [PARAMS])
        assert repr(state) == kept and first == optimizer.update([SLOPES[0]], state, [PARAMS])


def test_arrays_of_any_shape_keep_it():
    params = [3.0, [1.0, 2.0], [[[1.0], [2.0]]]]
    for name, arguments in ALL.items():
        optimizer = getattr(mg, name)(0.1, **arguments)
        updates, _ = optimizer.update(params, optimizer.init(params), params)
        assert [np.shape(u) for u in updates] == [np.shape(p) for p in params]


def test_nets_of_both_rooms_learn_alike_under_every_optimizer():
    x, y = np.random.default_rng(0).normal(size=(2, 8, 2))
    for name in ("adamw", "lamb", "muon", "lion"):
        net = jn.NeuralNet([jn.Linear(2, 3), jn.tanh, jn.Linear(3, 2)], seed=0, dtype="float64")
        scalar = to_microgrid(net)
        for room, learner, data in ((jn, net, (x, y)), (mg, scalar, (x.tolist(), y.tolist()))):
            learner.compile(getattr(room, name)(room.cosine_decay(0.1, 10)), "mean_squared_error")
            learner.fit(
                *data, epochs=3, batch_size=4, shuffle=False, **(dict(verbose=0) if room is jn else {})
            )
        assert np.allclose(net.predict(x), scalar.predict(x.tolist()), rtol=1e-12, atol=1e-13), name


def test_a_schedule_compiles_into_training_once():
    rate = jn.warmup_cosine_decay(0.0, 0.1, warmup_steps=2, decay_steps=8)
    trajectory = array_walk(jn.gradient_descent(rate))
    expected = np.array(PARAMS) - sum(float(rate(k)) * np.array(g) for k, g in enumerate(SLOPES))
    assert np.allclose(trajectory, expected, rtol=1e-14)
    assert optax.inject_hyperparams(jn.sgd)(0.1, momentum=0.5).init(jnp.ones(2)) is not None


@pytest.mark.parametrize("room", [jn, mg])
def test_a_schedule_is_a_function_of_the_step(room):
    rule = r"learning_rate must be a number or a schedule, a function of the step; got one of \(\)\.$"
    for name in ("gradient_descent", "adam", "lion", "lamb"):
        with pytest.raises(TypeError, match=f"^{name}: {rule}"):
            getattr(room, name)(lambda: 0.1)
    net = room.NeuralNet([room.Linear(1, 1)])
    net.compile(room.adam(lambda step: 1 / 0), "mean_squared_error")
    with pytest.raises(
        ValueError,
        match=r"^adam: the schedule of learning_rate does not take a step; ZeroDivisionError division by",
    ):
        net.fit([[1.0]], [[1.0]])
