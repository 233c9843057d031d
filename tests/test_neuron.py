"""One neuron: what it fires, and which of its weights may learn."""

import pytest

from microgrid import Neuron, Value, sigmoid


def test_bias_is_the_weight_of_an_input_fixed_at_one():
    cell = Neuron(2, activation=sigmoid, seed=1)
    *_, bias = cell.weights
    bias.data = 0.25
    together = sum(w.data * x for w, x in zip(cell.weights, [0.5, -2.0, 1], strict=True))
    assert cell.weighted_sum([0.5, -2.0]).data == pytest.approx(together, rel=1e-15)
    fired = cell.fire([0.5, -2.0])
    fired.backward()
    assert bias.grad == pytest.approx(fired.data * (1 - fired.data), rel=1e-15)


def test_a_frozen_weight_takes_no_part_in_learning():
    cell = Neuron(2, seed=0)
    cell.freeze(0, 2)
    assert cell.parameters() == [cell.weights[1]]
    cell.unfreeze(2)
    assert len(cell.parameters()) == 2
    cell.freeze()
    assert cell.parameters() == []


def test_weights_can_be_taken_from_another_neuron():
    mine, theirs = Neuron(2, seed=0), Neuron(2, seed=1)
    mine.take_weights(theirs)
    assert [w.data for w in mine.weights] == [w.data for w in theirs.weights]
    theirs.weights[0].data = 9.0
    assert mine.weights[0].data != 9.0, "taken, not shared"


def test_the_same_seed_draws_the_same_weights():
    one, same, other = Neuron(3, seed=5), Neuron(3, seed=5), Neuron(3, seed=6)
    assert [w.data for w in one.weights] == [w.data for w in same.weights] != [w.data for w in other.weights]
    assert all(isinstance(w, Value) for w in one.weights) and one.weights[-1] == 0.0


@pytest.mark.parametrize(("wrong", "words"), [
    (lambda: Neuron(0), "Neuron: in_features must be a whole number >= 1; got 0."),
    (lambda: Neuron(2).freeze(3), "Neuron.freeze: synapses must be in 0..2; got 3."),
    (lambda: Neuron(2).take_weights([1.0]), "weights must be 3 numbers, the bias last; got 1."),
    (lambda: Neuron(2).fire([1.0]), "neuron: inputs must end in as many numbers as there are weights"),
])  # fmt: skip
def test_a_mistake_gets_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace(".", r"\.")):
        wrong()
