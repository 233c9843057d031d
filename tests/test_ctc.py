"""CTC against brute force: every path written out, its classes merged, its probability an exact fraction."""

import itertools
import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxnets as jn
import microgrid as mg
from microgrid import Value, ctc as scalar_ctc

SEQUENCES = [(4, [1, 2]), (4, [1, 1]), (3, [2]), (3, []), (5, [1, 2, 1]), (1, [1]), (5, [2, 2])]


def reads(path, blank=0):
    """What a path says: repeats merged, blanks taken out."""
    return [c for c, _ in itertools.groupby(path) if c != blank]


def probability(steps, labels):
    """The sum over all paths that read the labels, of rows of exact probabilities."""
    classes = len(steps[0])
    paths = (p for p in itertools.product(range(classes), repeat=len(steps)) if reads(p) == labels)
    return sum(math.prod(row[c] for row, c in zip(steps, path, strict=True)) for path in paths)


def rows_of(time, classes=3):
    draw = np.random.default_rng(time)
    counts = draw.integers(1, 9, size=(time, classes))
    return [[Fraction(int(n), int(sum(row))) for n in row] for row in counts]


@pytest.mark.parametrize(("time", "labels"), SEQUENCES)
def test_all_paths_together_are_what_the_forward_algorithm_says(time, labels):
    rows = rows_of(time)
    expected = -math.log(probability(rows, labels))
    logits = [[[math.log(p) for p in row] for row in rows]]
    filled = [*labels, 0]
    assert mg.ctc_loss(logits, [filled]) == pytest.approx(expected, rel=1e-13)
    assert float(jn.ctc_loss(jnp.array(logits), jnp.array([filled]))) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("time", "labels"), SEQUENCES)
def test_gradients_are_those_of_the_sum_over_paths(time, labels):
    rows = [[float(p) for p in row] for row in rows_of(time)]
    z = [[Value(math.log(p)) for p in row] for row in rows]
    loss = -sum_of_paths(z, labels)
    loss.backward()
    expected = [[x.grad for x in row] for row in z]
    slopes = jax.grad(jn.ctc_loss)(jnp.log(jnp.array([rows])), jnp.array([[*labels, 0]]))
    assert np.allclose(slopes[0], expected, rtol=1e-11, atol=1e-15)


def sum_of_paths(z, labels):
    from microgrid.operations import log, softmax, total

    steps = [softmax(row) for row in z]
    return log(total([p for p in [probability(steps, labels)]]))


def test_batches_of_unequal_lengths_are_their_examples():
    draw = np.random.default_rng(3)
    logits, labels, lengths = draw.normal(size=(3, 6, 4)), [[1, 2, 3], [2, 2, 0], [3, 0, 0]], [6, 4, 2]
    terms = jn.ctc_loss(logits, jnp.array(labels), "none", jnp.array(lengths))
    examples = zip(logits, labels, lengths, strict=True)
    alone = [float(jn.ctc_loss(z[None, :n], jnp.array([row]))) for z, row, n in examples]
    assert np.allclose(terms, alone, rtol=1e-13)
    assert np.allclose(mg.ctc_loss(logits.tolist(), labels, "none", lengths), alone, rtol=1e-13)
    slopes = jax.grad(jn.ctc_loss)(jnp.array(logits), jnp.array(labels), "sum", jnp.array(lengths))
    assert not np.any(slopes[1, 4:]) and not np.any(slopes[2, 2:]) and np.all(slopes[0] != 0)


def test_another_blank_only_renames_the_classes():
    logits = np.random.default_rng(4).normal(size=(1, 5, 3))
    moved = logits[..., [1, 2, 0]]  # class 0 becomes 2, 1 becomes 0, 2 becomes 1
    assert float(jn.ctc_loss(moved, jnp.array([[0, 1]]), blank=2)) == pytest.approx(
        float(jn.ctc_loss(logits, jnp.array([[1, 2]]))), rel=1e-14
    )
    assert mg.ctc_loss(moved.tolist(), [[0, 1]], blank=2) == pytest.approx(
        mg.ctc_loss(logits.tolist(), [[1, 2]]), rel=1e-14
    )


def test_optax_says_the_same_and_loses_what_it_cuts_off():
    draw = np.random.default_rng(5)
    logits, labels = draw.normal(size=(4, 9, 5)), np.array([[1, 2, 3], [4, 4, 0], [1, 0, 0], [2, 1, 2]])
    theirs = optax.ctc_loss(logits, np.zeros((4, 9)), labels, (labels == 0).astype(float))
    assert np.allclose(jn.ctc_loss(logits, labels, "none"), theirs, rtol=1e-6)


def test_sure_paths_cost_as_little_as_they_should():
    logits = np.full((1, 3, 2), -40.0)
    logits[0, [0, 1, 2], [0, 1, 0]] = 0.0
    assert float(jn.ctc_loss(logits, jnp.array([[1]]))) < 1e-16
    far = jnp.array([[[1e4, 0.0], [1e4, 0.0], [0.0, 1e4]]])
    assert float(jn.ctc_loss(far, jnp.array([[0]]))) == pytest.approx(1e4, rel=1e-3)


def test_labels_that_do_not_fit_cost_infinity_in_a_trace_and_pull_nowhere():
    value, slopes = jax.jit(jax.value_and_grad(jn.ctc_loss))(jnp.zeros((1, 2, 3)), jnp.array([[1, 1]]))
    assert value == jnp.inf and not np.any(slopes)
    with pytest.raises(ValueError, match="got labels that need 3 and 2 steps"):
        mg.ctc_loss([[[0.0] * 3] * 2], [[1, 1]])


def test_a_network_is_trained_on_sequences_by_name():
    draw = np.random.default_rng(0)
    labels = draw.integers(1, 4, size=(24, 2))
    labels[labels[:, 0] == labels[:, 1], 1] = 0
    x = np.zeros((24, 6, 4))
    for n, row in enumerate(labels):
        x[n, :3, row[0]] = x[n, 3:, row[1]] = 1
    net = jn.NeuralNet([jn.Linear(4, 8), jn.tanh, jn.Linear(8, 4)], seed=0)
    net.compile(jn.adam(0.05), "ctc_loss")
    history = net.fit(x, labels, epochs=60, verbose=0).history["loss"]
    assert history[-1] < 0.1 * history[0]
    with pytest.raises(ValueError, match=r"y must be integer labels \[N, L\], beside outputs"):
        net.fit(x, labels.astype(float), verbose=0)
    scalar = scalar_ctc.ctc_loss(net.predict(x).tolist(), labels.tolist())
    assert scalar == pytest.approx(history[-1], abs=0.1)
