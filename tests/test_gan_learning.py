"""What a GAN learns: the ring of eight Gaussians over three seeds, and digits."""

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def example(name):
    return runpy.run_path(str(EXAMPLES / name))


@pytest.mark.slow
def test_the_ring_is_learnt_by_the_median_of_three_seeds(tmp_path, capsys):
    ring = example("19_gan_ring.py")
    found = [ring["main"](tmp_path), *(ring["quality"](ring["train"](seed)[-1]) for seed in (1, 2))]
    modes, good = np.median(found, axis=0)
    assert modes >= 7 and good >= 0.9
    assert f"{found[0][0]} of 8 modes" in capsys.readouterr().out
    assert (tmp_path / "gan_ring.png").stat().st_size > 10_000


def test_the_yardstick_of_the_ring_knows_the_ring_and_what_misses_it():
    ring = example("19_gan_ring.py")
    modes, good = ring["quality"](ring["ring"](10_000, 0))
    assert modes == 8 and abs(good - (1 - np.exp(-4.5))) < 0.005  # a Gaussian of the plane within 3 std
    one = np.tile(ring["MODES"][:1], (100, 1))
    assert ring["quality"](one) == (1, 1.0)
    assert ring["quality"](0.5 * one) == (0, 0.0)
    rare = np.concatenate([one, ring["MODES"][1:2]])  # 1 of 101 is less than a fifth of an eighth
    assert ring["quality"](rare) == (1, 1.0)


@pytest.mark.slow
def test_digits_are_generated_of_all_ten_kinds_and_not_copied(tmp_path, capsys):
    sure, shares, (near, among_real) = example("20_gan_digits.py")["main"](tmp_path)
    assert sure >= 0.85 and shares.min() >= 0.04 and near > among_real
    assert f"{sure:.0%} sure" in capsys.readouterr().out
    assert (tmp_path / "gan_digits.png").stat().st_size > 10_000
