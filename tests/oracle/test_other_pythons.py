"""The oracle on every other Python of this machine that has the packages, so on the other line of JAX too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.pythons import pythons

ROOT = Path(__file__).parents[2]
TOLD = """
import importlib.util, json, sys
needed = "flax", "flint", "jax", "mpmath", "optax", "pytest", "scipy"
there = all(map(importlib.util.find_spec, needed))
print(json.dumps([sys.version_info[:2], there]))
"""
TESTS = ("test_check_grads.py", "test_newer_jax.py", "test_refusals.py")


def others():
    """Paths of Pythons: one of each further version that has the packages, those of the project first."""
    found = [str(path) for path in sorted(ROOT.glob(".venv*/bin/python"))]
    made, seen = [], {sys.version_info[:2]}
    for path in [*found, *pythons().values()]:
        told = subprocess.run([path, "-c", TOLD], capture_output=True, text=True)
        version, there = json.loads(told.stdout) if told.returncode == 0 else ((0, 0), False)
        if there and tuple(version) not in seen:
            seen.add(tuple(version))
            made.append(path)
    return made


@pytest.mark.slow
def test_the_oracle_is_right_on_every_other_python_that_has_the_packages():
    paths = others()
    if not paths:
        pytest.skip(
            "no other Python here has JAX and what the oracle needs; make test-other PYTHON=... makes one"
        )
    for path in paths:
        files = [str(Path(__file__).with_name(name)) for name in TESTS]
        told = subprocess.run(
            [path, "-m", "pytest", "-q", "-m", "not slow", *files],
            capture_output=True,
            text=True,
            timeout=1200,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        )
        assert told.returncode == 0, f"{path}:\n{told.stdout[-4000:]}{told.stderr[-1000:]}"
