"""The list of functions needs libraries that the other tests do not: see `make coverage`."""

import importlib.util
from pathlib import Path

NEEDED = ("distrax", "equinox", "rlax")
OTHERS = ("conftest.py", "test_check_grads.py", "test_in_tests.py")

collect_ignore = []
if not all(map(importlib.util.find_spec, NEEDED)):
    here = Path(__file__).parent
    collect_ignore = [file.name for file in here.glob("*.py") if file.name not in OTHERS]
