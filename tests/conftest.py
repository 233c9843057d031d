"""Tests run in 64 bits, with implicit rank promotion forbidden; warnings are errors (pyproject.toml)."""

from collections import Counter
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest

from tests.thinned import CASES

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _names_of_examples(doctest_namespace):
    """Examples in docstrings may say jnp and np, as the modules around them do."""
    doctest_namespace.update(jnp=jnp, np=np)


@pytest.fixture
def saved(tmp_path):
    """Checkpoints of steps 1 and 2 in an otherwise empty folder."""
    from checkpoint_folders import TREE

    from jaxnets.checkpoint import Checkpoints

    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, TREE, {"loss": 0.5})
        checkpoints.save(2, TREE, {"loss": 0.25})
    return checkpoints


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks as slow all but one case in so many of the tests that `thinned` names."""
    seen = Counter()
    for item in items:
        name = (
            f"{Path(item.location[0]).as_posix().removeprefix('tests/')}::{getattr(item, 'originalname', '')}"
        )
        if name in CASES and not item.get_closest_marker("slow"):
            every, number = CASES[name], seen[name]
            seen[name] += 1
            if not every or number % every:
                item.add_marker(pytest.mark.slow)
