"""Tests run in 64 bits, with implicit rank promotion forbidden; warnings are errors (pyproject.toml)."""

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
import pytest

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _names_of_examples(doctest_namespace):
    """Examples in docstrings may say jnp and np, as the modules around them do."""
    doctest_namespace.update(jnp=jnp, np=np)
