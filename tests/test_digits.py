"""The digits example reads at least 97% of unseen digits right over five folds, 95.5% in the worst."""

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = runpy.run_path(str(Path(__file__).parent.parent / "examples" / "05_digits.py"))


@pytest.fixture(scope="module")
def digits():
    images, labels = EXAMPLE["load"]()
    return images, labels, EXAMPLE["folds"](labels)


def test_digits_are_the_real_ones(digits):
    images, labels, _ = digits
    assert images.shape == (1797, 64) and images.min() == 0 and images.max() == 1
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_every_digit_is_unseen_in_one_fold_and_folds_are_alike(digits):
    _, labels, folds = digits
    assert np.array_equal(np.sort(np.concatenate(folds)), np.arange(len(labels)))
    counts = np.array([np.bincount(labels[fold]) for fold in folds])
    assert np.ptp(counts, axis=0).max() <= 1


def test_accuracy_over_five_folds_is_at_least_97_percent(digits, tmp_path, capsys):
    images, labels, folds = digits
    accuracies = [EXAMPLE["main"](tmp_path)]
    told = capsys.readouterr().out
    for fold in folds[1:]:
        net, _ = EXAMPLE["train"](images, labels, fold)
        accuracies.append(float((net.predict(images[fold]).argmax(axis=1) == labels[fold]).mean()))
    assert np.mean(accuracies) >= 0.97
    assert min(accuracies) >= 0.955
    assert f"{accuracies[0]:.1%}" in told
    for name in ("digits_learning.png", "digits_wrong.png"):
        assert name in told
        assert (tmp_path / name).stat().st_size > 5_000


def test_without_scikit_learn_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"scikit-learn carries the images; run: pip install"):
        EXAMPLE["load"]()
