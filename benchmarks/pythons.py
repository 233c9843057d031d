"""The Pythons that a machine has."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14", "pypy3.11", "pypy3")
TELL = (
    "import json, platform, sys;"
    "print(json.dumps([platform.python_implementation(), platform.python_version(), sys.version_info[:2]]))"
)


def pythons():
    """{name such as "CPython 3.12.1": path}: this one first, then one of each further version.

    Looked for on PATH and where pyenv keeps its own.
    """
    found = [sys.executable, *filter(None, map(shutil.which, NAMES))]
    found += map(str, sorted(Path.home().glob(".pyenv/versions/*/bin/python3")))
    named, seen = {}, set()
    for path in found:
        told = subprocess.run([path, "-c", TELL], capture_output=True, text=True)
        if told.returncode:  # a launcher whose Python is switched off
            continue
        kind, exact, version = json.loads(told.stdout)
        if tuple(version) >= OLDEST and (kind, *version) not in seen:
            seen.add((kind, *version))
            named[f"{kind} {exact}"] = path
    return named
