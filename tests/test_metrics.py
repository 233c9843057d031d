"""What is measured beside the loss, and what "accuracy" means behind each of them."""

import numpy as np
import pytest

import jaxnets as jn
from jaxnets import metrics
from jaxnets.neural_net import NeuralNet

LABELS = np.array([0, 1, 2, 1])
OUTPUTS = np.array(
    [[3.0, 1.0, 2.0], [5.0, 4.0, 0.0], [0.0, 0.5, 0.6], [0.0, 2.0, 2.0]]
)  # right, wrong, right, tie


def measured(outputs, targets, loss, metric="accuracy", end=()):
    """The metric of a net that returns its inputs."""
    net = NeuralNet([jn.identity, *end])
    net.compile(jn.sgd(0.1), loss, [metric])
    return list(net.evaluate(outputs, targets).values())[1]


@pytest.mark.parametrize("targets", [LABELS, np.eye(3)[LABELS], np.eye(3)[LABELS] * 0.4 + 0.2])
def test_categorical_accuracy_is_the_share_of_right_classes(targets):
    assert float(metrics.categorical_accuracy(OUTPUTS, targets)) == 0.75
    assert measured(OUTPUTS, targets, "softmax_cross_entropy") == 0.75
    assert measured(OUTPUTS, targets, "categorical_cross_entropy", end=[jn.softmax]) == 0.75


def test_binary_accuracy_has_its_threshold_at_a_half_for_probabilities_and_at_0_for_scores():
    scores, targets = np.array([[-1.0], [0.2], [0.7], [0.0]]), np.array([[0], [1], [0], [0]])
    assert measured(scores, targets, "sigmoid_binary_cross_entropy") == 0.75
    assert measured(scores, targets, "binary_cross_entropy", end=[jn.sigmoid]) == 0.75
    assert measured(scores, targets, "mean_squared_error") == 0.5  # 0.2 is a no
    assert float(metrics.binary_accuracy(np.array([0.5, 0.51]), np.array([0, 1]))) == 1


def test_accuracy_of_several_outputs_behind_an_error_is_that_of_the_largest():
    assert measured(OUTPUTS, np.eye(3)[LABELS], "mean_squared_error") == 0.75
    assert measured(OUTPUTS, LABELS, lambda outputs, targets: outputs.sum()) == 0.75


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_accuracy_of_several_outputs_behind_a_hinge_is_that_of_the_largest(loss):
    assert measured(OUTPUTS, 2 * np.eye(3)[LABELS] - 1, loss) == 0.75
    assert measured(np.array([[0.4], [-0.1], [0.2]]), np.array([[1], [1], [-1]]), loss) == pytest.approx(
        1 / 3
    )


def test_accuracy_of_several_answers_counts_each_of_them_and_the_largest_where_asked():
    answers = np.eye(3)[LABELS]  # yes to one question, no to two; above 0 is a yes
    for loss, end, share in [
        ("sigmoid_binary_cross_entropy", (), np.mean((OUTPUTS > 0) == answers)),
        ("binary_cross_entropy", [jn.sigmoid], np.mean((OUTPUTS > 0) == answers)),
    ]:
        assert measured(OUTPUTS, answers, loss, end=end) == pytest.approx(share)
        assert measured(OUTPUTS, answers, loss, "categorical_accuracy", end) == 0.75


def test_accuracy_of_one_output_behind_an_error_asks_for_yes_or_no():
    words = (
        r"evaluate: y must be in \[0, 1\] where accuracy asks .* got 15.3 at index \(1, 0\)\. Fix: metrics="
    )
    with pytest.raises(ValueError, match=words):
        measured(np.zeros((2, 1)), np.array([[0.5], [15.3]]), "mean_squared_error")
    assert measured(np.zeros((2, 2)), np.array([[3.0, 7.0], [9.0, 1.0]]), "mean_squared_error") == 0.5


def test_errors_are_metrics_too():
    outputs, targets = np.array([[1.0], [5.0]]), np.array([[0.0], [2.0]])
    assert measured(outputs, targets, "mean_absolute_error", "mean_squared_error") == 5
    assert measured(outputs, targets, "mean_squared_error", "mean_absolute_error") == 2


def test_a_users_metric_keeps_its_name():
    def bias(outputs, targets):
        return (outputs - targets).mean()

    net = NeuralNet([jn.identity])
    net.compile(jn.sgd(0.1), "mean_squared_error", [bias, "mean_absolute_error"])
    figures = net.evaluate(np.array([[1.0], [5.0]]), np.array([[2.0], [2.0]]))
    assert figures == {"loss": 5, "bias": 1, "mean_absolute_error": 2}


def test_metrics_of_an_epoch_are_means_over_examples_and_unweighted():
    x, y = np.arange(5.0)[:, None], np.zeros((5, 1))
    net = NeuralNet([jn.Linear(1, 1)])
    net.params = {0: {"kernel": [[1.0]], "bias": [0.0]}}
    net.compile(jn.sgd(0.0), "mean_squared_error", ["mean_absolute_error"])
    history = net.fit(x, y, batch_size=2, sample_weight=[0, 0, 0, 0, 1], verbose=0).history
    assert history == {"loss": [16 / 5], "mean_absolute_error": [2]}


@pytest.mark.parametrize(
    ("metric", "outputs", "targets"),
    [(metrics.categorical_accuracy, OUTPUTS, LABELS[:3]), (metrics.binary_accuracy, OUTPUTS, LABELS)],
)
def test_shapes_that_do_not_meet_get_a_sentence(metric, outputs, targets):
    with pytest.raises(ValueError, match=rf"^{metric.__name__}: .*; got "):
        metric(outputs, targets)
