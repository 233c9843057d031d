"""What the guides show is what happens."""

import contextlib
import doctest
import io
import re
from pathlib import Path

import jax
import pytest

from tests.test_gradient_bugs import coarse, skip_elsewhere

ROOT = Path(__file__).parent.parent


@pytest.fixture
def registered():
    """What an example registers is forgotten."""
    from microgrid.oracle import special_functions as special_functions
    from microgrid.oracle.meanings import MEANINGS
    from microgrid.oracle.rules import RULES

    tables = [(table, dict(table)) for table in (MEANINGS, RULES)]
    yield
    for table, before in tables:
        table.clear()
        table.update(before)


@pytest.mark.filterwarnings("ignore:check_grads of:UserWarning")
def test_the_examples_of_the_guide_to_gradients_print_what_is_written(registered):
    failed, tried = doctest.testfile(str(ROOT / "docs" / "gradients.md"), module_relative=False)
    assert tried > 30 and failed == 0


def test_the_examples_of_the_guide_to_agents_print_what_is_written(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "agents.md"), module_relative=False)
    assert tried > 30 and failed == 0


def test_the_first_report_of_the_readme_is_that_of_its_example():
    skip_elsewhere()
    part = (ROOT / "README.md").read_text().partition("## Check a gradient")[2]
    code, report = re.findall(r"(?s)```(?:python)?\n(.*?)\n```", part)[:2]
    told = io.StringIO()
    with contextlib.redirect_stdout(told), jax.enable_x64(False):
        exec(compile(code, "my_loss.py", "exec"), {})
    assert coarse(told.getvalue().strip()) == coarse(report)
