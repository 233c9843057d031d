"""The list of functions needs libraries that the other tests do not: see `make coverage`."""

import importlib.util
from pathlib import Path

NEEDED = ("distrax", "equinox", "rlax")

collect_ignore = []
if not all(map(importlib.util.find_spec, NEEDED)):
    names = [file.name for file in Path(__file__).parent.glob("*.py")]
    collect_ignore = [name for name in names if not name.startswith("test_") or name == "test_coverage.py"]
