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
from microgrid.operations import log, softmax, total

SEQUENCES = ((4, [1, 2]), (4, [1, 1]), (3, [2]), (2, []), (4, [2, 1]), (1, [1]), (3, [2, 2]))
LENGTHS = [time for time, _ in SEQUENCES]
LABELS = [[*labels, 0, 0][:2] for _, labels in SEQUENCES]


def reads(path, blank=0):
    """What a path says: repeats merged, blanks taken out."""
    return [c for c, _ in itertools.groupby(path) if c != blank]


def probability(steps, labels):
    """The sum over all paths that read the labels, of rows of exact probabilities."""
    classes = len(steps[0])
    paths = (p for p in itertools.product(range(classes), repeat=len(steps)) if reads(p) == labels)
    return sum(math.prod(row[c] for row, c in zip(steps, path, strict=True)) for path in paths)


def exact_rows(classes=3):
    """Rows of exact probabilities, [examples][4 steps][classes]."""
    counts = np.random.default_rng(0).integers(1, 9, size=(len(SEQUENCES), 4, classes)).tolist()
    return [[[Fraction(n, sum(row)) for n in row] for row in example] for example in counts]


def test_all_paths_together_are_what_the_forward_algorithm_says():
    rows = exact_rows()
    together = [probability(steps[:n], labels) for steps, (n, labels) in zip(rows, SEQUENCES, strict=True)]
    expected = [-math.log(p) for p in together]
    logits = [[[math.log(p) for p in row] for row in steps] for steps in rows]
    assert mg.ctc_loss(logits, LABELS, "none", LENGTHS) == pytest.approx(expected, rel=1e-13)
    terms = jn.ctc_loss(jnp.array(logits), jnp.array(LABELS), "none", jnp.array(LENGTHS))
    assert terms.tolist() == pytest.approx(expected, rel=1e-13)


def test_gradients_are_those_of_the_sum_over_paths():
    z = [[[Value(math.log(p)) for p in row] for row in steps] for steps in exact_rows()]
    shares = [[softmax(row) for row in steps] for steps in z]
    together = [probability(steps[:n], labels) for steps, (n, labels) in zip(shares, SEQUENCES, strict=True)]
    total([-log(p) for p in together]).backward()
    expected = [[[x.grad for x in row] for row in steps] for steps in z]
    logits = jnp.array([[[x.data for x in row] for row in steps] for steps in z])
    slopes = jax.grad(jn.ctc_loss)(logits, jnp.array(LABELS), "sum", jnp.array(LENGTHS))
    assert np.allclose(slopes, expected, rtol=1e-11, atol=1e-15)
    assert not np.any(slopes[5, 1:])  # time steps that do not count


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


def test_no_labels_at_all_are_read_from_blanks_alone():
    logits = jnp.array([[[0.0, 1.0], [2.0, 0.0]]])
    blanks = -jnp.sum(jax.nn.log_softmax(logits)[0, :, 0])
    assert float(jn.ctc_loss(logits, [[]])) == pytest.approx(float(blanks), rel=1e-15)


@pytest.mark.parametrize(("name", "wrong"), [("labels", [[True]]), ("logit_lengths", [True])])
def test_what_is_no_whole_number_gets_a_sentence_also_in_a_trace(name, wrong):
    logits, given = jnp.zeros((1, 2, 2)), dict(labels=jnp.array([[1]]), logit_lengths=jnp.array([2]))
    with pytest.raises(ValueError, match=rf"^ctc_loss: {name} must be whole numbers; got an array of bool"):
        jn.ctc_loss(logits, **given | {name: wrong})
    with pytest.raises(ValueError, match=rf"^ctc_loss: {name} must be whole numbers; got an array of float"):
        jax.jit(jn.ctc_loss)(logits, **given | {name: jnp.asarray(wrong, "float32")})


def test_labels_are_looked_at_where_only_the_lengths_are_traced():
    logits, labels = jnp.zeros((2, 3, 3)), jnp.array([[1, 2], [2, 0]])
    loss = jax.jit(lambda lengths: jn.ctc_loss(logits, labels, "none", lengths))
    lengths = jnp.array([3, 1])
    assert loss(lengths).tolist() == pytest.approx(jn.ctc_loss(logits, labels, "none", lengths).tolist())
    long = jnp.array([[1, 2, 1, 2]] * 2)
    with pytest.raises(ValueError, match="got labels that need 4 and 3 steps"):
        jax.jit(lambda lengths: jn.ctc_loss(logits, long, "none", lengths))(lengths)


@pytest.mark.parametrize("blank", [np.array([1, 2]), np.array(1j)])
def test_an_array_is_no_blank(blank):
    for room, logits in ((jn, np.zeros((1, 2, 2))), (mg, [[[0.0, 0.0]] * 2])):
        with pytest.raises(ValueError, match=r"ctc_loss: blank must be a class in 0..1; got array\("):
            room.ctc_loss(logits, [[1]], blank=blank)
