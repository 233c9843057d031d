"""The tests of which only some cases run are there, under the names that the list has."""

import ast
from pathlib import Path

import pytest

from tests.thinned import CASES

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", CASES)
def test_a_test_that_is_thinned_is_there(name):
    file, _, function = name.partition("::")
    tree = ast.parse((HERE / file).read_text())
    assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
