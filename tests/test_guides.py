"""What the guides show is what happens."""

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def registered():
    """What an example registers is forgotten."""
    from microgrid.oracle.meanings.meaning import MEANINGS
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
