"""Edges that no row of the table draws: other shapes, other dtypes, ties at zero. Mutants showed them."""

import itertools
import math
from decimal import Decimal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxnets as jn
import microgrid as mg
from jaxnets import activations, linear as array_linear, regularization
from microgrid import (
    Value,
    checks as scalar_checks,
    linear as scalar_linear,
    losses as scalar_losses,
    mdp as scalar_mdp,
    neuron as scalar_neuron,
    operations as scalar_operations,
)
from microgrid.oracle import pair_verdicts as check
from microgrid.oracle.distance import ulps
from microgrid.oracle.pairs import PAIRS
from tests.arguments import as_arrays


@pytest.mark.parametrize(
    "name", ["sigmoid", "tanh", "relu", "leaky_relu", "binary_step", "softmax", "linear"]
)
def test_an_activation_keeps_floats_and_casts_integers(name):
    function = getattr(activations, name)
    for dtype in (jnp.float16, jnp.float32, jnp.float64):
        assert function(jnp.array([-1.0, 2.0], dtype)).dtype == dtype
    assert function(jnp.array([-1, 2])).dtype == jnp.result_type(float)


def test_tanh_is_exact_where_it_is_nearly_one():
    points = np.concatenate([np.linspace(3, 30, 300), -np.linspace(3, 30, 300)])
    assert jn.activations.tanh(points).tolist() == [math.tanh(x) for x in points]
    points = np.linspace(0.01, 3, 500)
    for got, x in zip(jn.activations.tanh(points).tolist(), points.tolist(), strict=True):
        assert ulps(got, math.tanh(x)) <= 4


def test_tanh_in_single_precision_is_the_library_s():
    points = jnp.linspace(-3, 3, 50, dtype=jnp.float32)
    assert jn.activations.tanh(points).tolist() == jnp.tanh(points).tolist()


@pytest.mark.parametrize("room", [jn, mg])
def test_a_gradient_as_long_as_the_bound_stays_as_it_is(room):
    assert list(room.clip_by_global_norm([3.0, 4.0], 5.0)) == [3.0, 4.0]


@pytest.mark.parametrize(
    "name", ["softmax_focal", "kl_divergence", "softmax_cross_entropy", "cosine_distance"]
)
def test_a_loss_of_rows_works_along_the_last_axis(name):
    function, draw = getattr(jn, name), np.random.default_rng(1)
    given, wanted = jn.softmax(draw.normal(size=(2, 3, 4))), jn.softmax(draw.normal(size=(2, 3, 4)))
    each = [function(x, y, "none").tolist() for x, y in zip(given, wanted, strict=True)]
    assert np.allclose(function(given, wanted, "none"), each, rtol=1e-14, atol=0)
    assert function(given[:, :1], wanted[:, :1], "none").shape == (2, 1)


def test_softmax_works_along_the_last_axis():
    rows = np.random.default_rng(0).normal(size=(2, 3, 4))
    each = [[jn.softmax(row).tolist() for row in block] for block in rows]
    assert np.allclose(jn.softmax(rows), each, rtol=1e-15, atol=0)


def test_linear_without_bias_adds_nothing_and_takes_batches():
    kernel, bias = [[1.0, 2.0], [3.0, 4.0]], [0.5, -0.5]
    assert scalar_linear.linear([1.0, 1.0], kernel) == [4.0, 6.0]
    inputs = np.random.default_rng(0).normal(size=(2, 3, 2))
    expected = [[[w + b for w, b in zip(scalar_linear.linear(x.tolist(), kernel), bias, strict=True)]
                 for x in block] for block in inputs]  # fmt: skip
    assert np.allclose(array_linear.linear(inputs, np.array(kernel), np.array(bias)), expected, rtol=1e-15)


# Topics where the scalar room asks first, too:
NAMED = {"neuron", "losses", "linear", "mdp", "q_learning", "returns", "policy_gradient"}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_what_is_no_number_is_refused_by_name(pair):
    case = next(iter(check.cases(pair, count=1)))
    names = [name for name in pair.arguments if name not in ("nesterov", "eps_in_sqrt")]
    for function in check.rooms(pair)[pair.topic not in NAMED :]:
        for name, wrong in itertools.product(names, ("three", 1j, [["one"]])):
            with pytest.raises((TypeError, ValueError), match=f"^{pair.function}: {name} "):
                function(**as_arrays(case, function) | {name: wrong})


def test_labels_and_scores_are_looked_at():
    with pytest.raises(ValueError, match=r"labels must be in 0\.\.1; got 2"):
        jn.softmax_cross_entropy(jnp.zeros((2, 2)), jnp.array([0, 2]))
    for room in (jn, mg):
        with pytest.raises(ValueError, match=r"integer labels \(2, 3\) or rows .* got \(2, 3\) of floats"):
            room.softmax_cross_entropy([[[0.0] * 4] * 3] * 2, [[0.0] * 3] * 2)
    with pytest.raises(ValueError, match="x must end in one number for each class"):
        jn.softmax(jnp.array(0.5))
    with pytest.raises(ValueError, match="logits must end in one number for each class"):
        jn.softmax_cross_entropy(jnp.array(0.5), jnp.array(0))


def test_a_mask_of_another_shape_gets_no_advice():
    for inputs, mask in (((3,), (3, 1)), ((3, 1), (3,))):
        with pytest.raises(ValueError, match=r"same shape; got \(3.*\) and \(3.*\)\.$"):
            regularization.dropout(jnp.ones(inputs), jnp.ones(mask))


@pytest.mark.parametrize("inputs", [[[1.0, 2.0]], [[[1.0, 2.0]]]])
def test_scalar_neurons_take_one_example(inputs):
    with pytest.raises(ValueError, match="neuron: inputs must be the numbers of one example"):
        scalar_neuron.neuron(inputs, [1.0, 2.0])
    with pytest.raises(ValueError, match="linear: inputs must be the numbers of one example"):
        scalar_linear.linear(inputs, [[1.0], [2.0]])


def test_dropout_takes_integers():
    assert regularization.dropout(jnp.array([1, 2]), jnp.array([1, 0]), rate=0.5).tolist() == [2.0, 0.0]


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "categorical_cross_entropy"])
def test_losses_of_rows_take_any_number_of_axes(name):
    logits = np.random.default_rng(0).normal(size=(2, 3, 4))
    labels = np.array([[0, 3, 1], [2, 2, 0]])
    rows = logits if name[0] == "s" else np.asarray(jn.softmax(logits))
    one, other = getattr(mg, name), getattr(jn, name)
    for targets in (labels, np.eye(4)[labels]):
        terms = one(rows.tolist(), targets.tolist(), "none")
        assert np.allclose(other(rows, targets, "none"), terms, rtol=1e-14)
        by_row = [[float(other(r, t)) for r, t in zip(*both, strict=True)]
                  for both in zip(rows, targets, strict=True)]  # fmt: skip
        assert np.allclose(terms, by_row, rtol=1e-14)  # a single row is a loss too
        assert math.isclose(one(rows.tolist(), targets.tolist()), float(other(rows, targets)), rel_tol=1e-14)
        slope = jax.grad(other)(rows, targets)
        flat = jax.grad(other)(rows.reshape(6, 4), targets.reshape(6, *targets.shape[2:]))
        assert np.allclose(slope, flat.reshape(2, 3, 4), rtol=1e-13, atol=0)
        assert math.isclose(one(rows[0, 0].tolist(), targets[0, 0].tolist()), by_row[0][0], rel_tol=1e-14)


def test_labels_of_numpy_are_labels():
    assert scalar_losses.softmax_cross_entropy([[0.0, 0.0]], [np.int64(1)]) == math.log(2)


def test_forward_and_reverse_mode_agree_on_scores():
    rng = np.random.default_rng(0)
    logits, moved = rng.normal(size=(2, 2, 3, 4))
    for labels in (np.array([0, 3, 1]), np.full((3, 4), 0.25)):

        def loss(z, labels=labels):
            return jn.softmax_cross_entropy(z, labels)

        slope = jax.jvp(loss, (logits[0],), (moved[0],))[1]
        assert math.isclose(slope, float(jnp.sum(jax.grad(loss)(logits[0]) * moved[0])), rel_tol=1e-13)


def test_a_class_that_is_neither_predicted_nor_true_has_no_slope_in_its_target():
    slopes = jax.grad(jn.categorical_cross_entropy, argnums=1)(
        jnp.array([[0.0, 1.0]]), jnp.array([[0.0, 1.0]])
    )
    assert slopes.tolist() == [[0.0, 0.0]]


def test_a_number_may_stand_before_a_value():
    p = Value(0.25)
    scalar_operations.xlogy(2.0, p).backward()
    assert p.grad == 8.0
    scalar_operations.maximum(0.0, p).backward()
    assert p.grad == 9.0


@pytest.mark.parametrize("wrong", ["abc", object(), None])
def test_what_is_no_array_has_no_shape(wrong):
    with pytest.raises(TypeError, match="must be nested lists of"):
        scalar_checks.shape(wrong)


def test_rows_of_two_lengths_have_no_shape():
    with pytest.raises(ValueError, match="one shape"):
        scalar_checks.shape([[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("wrong", [True, 1.5])
def test_a_number_of_sweeps_is_whole(wrong):
    with pytest.raises(TypeError, match="num_sweeps must be an integer"):
        scalar_mdp.value_iteration([[[0]]], [[[0]]], [[[0]]], [[[1]]], num_sweeps=wrong)


def test_a_tie_at_zero_shares_the_slope():
    reward = [[[Value(0.0)], [Value(0.0)]]]
    scalar_mdp.value_iteration(reward, [[[0.5]] * 2], [[[0]] * 2], [[[1.0]] * 2], num_sweeps=1)[0].backward()
    assert [x.grad for row in reward[0] for x in row] == [0.5, 0.5]


@pytest.mark.parametrize(
    "ragged",
    [[[[0, 0], [0]], [[0, 0], [0, 0]]], [[[0, 0], [0, 0]], [[0, 0], [0]]], [[[0, 0], [0, 0]], [[0, 0]]]],
)
def test_raggedness_is_seen_at_every_depth(ragged):
    full = [[[0, 0], [0, 0]], [[0, 0], [0, 0]]]
    with pytest.raises(ValueError, match="probability must be a full block"):
        scalar_mdp.value_iteration(full, full, full, ragged)


def test_weights_may_be_partly_traced():
    z, t = jnp.array([[0.3, -1.0], [2.0, 0.1]]), jnp.array([0, 1])
    weigh = lambda w: jn.softmax_cross_entropy(z, t, class_weight=[w, 2.0])  # noqa: E731
    assert float(jax.jit(weigh)(3.0)) == pytest.approx(float(weigh(3.0)), rel=1e-15)


def test_prelu_takes_one_slope_for_each_feature_of_the_last_axis():
    x, slopes = np.random.default_rng(0).normal(size=(2, 3, 4)), [0.1, 0.2, 0.3, 0.4]
    assert np.array_equal(jn.prelu(x, slopes), [[jn.prelu(row, slopes) for row in rows] for rows in x])
    with pytest.raises(ValueError, match=r"or have the features of x \(2, 3, 4\); got \(3,\)"):
        jn.prelu(x, [0.1, 0.2, 0.3])


ONE = Decimal(1)
BESIDE_A_FLOAT = {
    "leaky_relu": lambda x: mg.leaky_relu(x),
    "prelu": lambda x: mg.prelu(x, 0.25),
    "elu": lambda x: mg.elu(x),
    "selu": lambda x: mg.selu(x),
    "huber": lambda x: mg.huber([1.0], [0.5], delta=x),
    "layer_norm": lambda x: mg.layer_norm([x, x + 1]),
    "rms_norm": lambda x: mg.rms_norm([x, x + 1]),
    "batch_norm": lambda x: mg.batch_norm([[x], [x + 1]], [x], [x]),
    "group_norm": lambda x: mg.group_norm([[x, x + 1]], 1),
}


@pytest.mark.parametrize("name", BESIDE_A_FLOAT)
@pytest.mark.parametrize("number", [ONE, mg.Value(ONE)])
def test_a_decimal_beside_a_float_setting_is_refused_by_the_name_of_the_formula(name, number):
    with pytest.raises(TypeError, match=f"^{name}: operands must be of kinds that meet .* Fix: convert one"):
        BESIDE_A_FLOAT[name](number)


ROW, GATES = [[1.0]], {1: "rnn_step", 3: "gru_step", 4: "lstm_step"}
MANY = {
    **{
        name: (([1.0], [1.0]) if gates == 4 else [1.0], ROW, [[1.0] * gates], [[1.0] * gates], [0.0] * gates)
        for gates, name in GATES.items()
    },
    **{name: (ROW,) for name in ("softmax", "log_softmax", "layer_norm", "rms_norm")},
    "linear": (ROW, ROW),
    "neuron": (ROW, [1.0]),
    "scaled_dot_product_attention": ([ROW], [ROW], [ROW]),
    "pad": ([[ROW]], [(1, 1), (1, 1)]),
}


@pytest.mark.parametrize("name", MANY)
def test_a_formula_on_scalars_says_how_many_examples_are_taken(name):
    words = r"got (shape )?\(1(, 1)+\)\. Fix: one example at a time, \[... for x in \w+\]\.$"
    formula = getattr(mg, name)
    with pytest.raises(ValueError, match=f"^{name}: .*{words}"):
        getattr(formula, name, formula)(*MANY[name])  # linear and neuron are topics too
