"""The net of examples/13 reads at least 98.8% of unseen digits right, on average over ten folds."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import jaxnets as jn
from jaxnets.plots import feature_maps

EXAMPLE = runpy.run_path(str(Path(__file__).parent.parent / "examples" / "13_feature_maps.py"))


def test_every_digit_is_unseen_in_one_fold():
    images, labels = EXAMPLE["load"]()
    folds = EXAMPLE["folds"](labels)
    assert images.shape == (1797, 8, 8, 1) and len(folds) == 10
    assert np.array_equal(np.sort(np.concatenate(folds)), np.arange(len(labels)))


@pytest.mark.slow
def test_accuracy_over_ten_folds_is_at_least_98_8_percent(tmp_path, capsys):
    images, labels = EXAMPLE["load"]()
    accuracies = [EXAMPLE["main"](tmp_path)]
    assert (tmp_path / "feature_maps.png").stat().st_size > 20_000
    assert f"{accuracies[0]:.1%} are read right" in capsys.readouterr().out
    for fold in EXAMPLE["folds"](labels)[1:]:
        net = EXAMPLE["train"](images, labels, fold)
        accuracies.append(EXAMPLE["accuracy"](net, images[fold], labels[fold]))
    print([f"{accuracy:.2%}" for accuracy in accuracies])
    assert np.mean(accuracies) >= 0.988
    assert min(accuracies) >= 0.97


def test_feature_maps_are_drawn_for_nets_of_layers_and_images(tmp_path):
    layers = [
        jn.Conv(1, 3, (3, 3)),
        jn.relu,
        jn.MaxPool((2, 2)),
        jn.Dropout(0.5),
        jn.Flatten(),
        jn.Linear(12, 2),
    ]
    net, image = jn.NeuralNet(layers, seed=0), np.arange(16.0).reshape(4, 4, 1)
    path = feature_maps(net, image, tmp_path / "maps.png", most=2)
    assert path.stat().st_size > 2_000
    with pytest.raises(ValueError, match=r"image must be \[height, width, channels\]; got \(4, 4\)"):
        feature_maps(net, image[:, :, 0], tmp_path / "maps.png")
    with pytest.raises(ValueError, match="net must be a NeuralNet of a list of layers"):
        feature_maps(jn.NeuralNet(jn.Linear(1, 1)), image, tmp_path / "maps.png")
