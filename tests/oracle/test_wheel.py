"""The wheel as it is installed where there is no JAX: its pytest plugin costs a session nothing."""

import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = "import sys, hatchling.build as backend; print(backend.build_wheel(sys.argv[1]))"
SESSION = """
import sys
sys.path[:0] = sys.argv[1:3]
import pytest

class Seen:
    def pytest_sessionfinish(self, session):
        loaded = session.config.pluginmanager.get_plugin("microgrid")
        print("plugin", loaded.__name__, "of", loaded.__file__)
        print("loaded", sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[3].split())))

sys.exit(pytest.main(sys.argv[4:], plugins=[Seen()]))
"""
OURS = "jax jaxlib numpy scipy flax optax flint mpmath"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """(the unpacked wheel, pytest and what it needs): nothing else of the environment is in them."""
    made, site, needed = (tmp_path_factory.mktemp(name) for name in ("made", "site", "needed"))
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(made)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for name in requirements("pytest"):
        files = importlib.metadata.files(name) or ()
        for top in {Path(file.parts[0]) for file in files if not file.parts[0].startswith("..")}:
            if top.name != "__pycache__":
                (needed / top).symlink_to(Path(str(importlib.metadata.distribution(name).locate_file(top))))
    return site, needed


def requirements(name):
    """The distributions that one needs on this Python and system, itself among them."""
    found = {name}
    for line in importlib.metadata.requires(name) or ():
        needed, _, marker = line.partition(";")
        top = re.match(r"[\w.-]+", needed.strip())
        if top and "extra" not in marker and is_there(top[0]):
            found |= requirements(top[0])
    return found


def is_there(name):
    try:
        return bool(importlib.metadata.distribution(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def session(folders, where, *options):
    """What an isolated pytest says there: of the environment it sees the two folders and no site-packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", SESSION, *map(str, folders), OURS, *options, str(where)],
        cwd=where,
        capture_output=True,
        text=True,
        timeout=120,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
    )
    return done.stdout + done.stderr


def test_without_jax_an_empty_session_loads_the_plugin_and_nothing_else(folders, tmp_path):
    told = session(folders, tmp_path)
    assert "no tests ran" in told and "plugins: microgrid-" in told
    assert f"plugin microgrid.oracle.pytest_plugin of {folders[0]}" in told
    assert "loaded []" in told


def test_without_jax_a_test_that_asks_for_the_fixture_is_skipped_with_the_command(folders, tmp_path):
    (tmp_path / "test_them.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('name', ['jax', 'numpy', 'flint'])\n"
        "def test_nothing_is_there(name):\n"
        "    with pytest.raises(ImportError): __import__(name)\n"
        "def test_mine(check_grads): check_grads(abs, (1.0,))\n"
    )
    told = session(folders, tmp_path, "-rs", "--grad-level=strict")
    assert "3 passed, 1 skipped" in told, told
    assert "check_grads needs JAX: pip install 'microgrid[oracle]'" in told


def test_the_wheel_has_its_three_packages_its_types_and_no_tests(folders):
    site, _ = folders
    tops = {path.name for path in site.iterdir()}
    assert {"microgrid", "jaxnets", "rl"} == {top for top in tops if not top.endswith(".dist-info")}
    for package in ("microgrid", "jaxnets", "rl"):
        sources = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py")}
        assert sources == {path.relative_to(site) for path in (site / package).rglob("*.py")}
        assert (site / package / "py.typed").exists()
