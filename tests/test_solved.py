"""The tuned settings keep their word: ten fixed seeds, the budget of the row, Gymnasium's own environment."""

import pytest

import rl
from rl.functional import functional_env
from rl.settings import TABLE

ROWS = [
    row for row in TABLE if functional_env(row.env) is not None and row.agent not in ("TileSarsa", "QTable")
]
AT_LEAST = {"REINFORCE": 7}  # of ten seeds; the others: nine


def test_the_table_has_one_row_for_an_agent_and_a_task():
    names = [(row.agent, row.env) for row in TABLE]
    assert len(set(names)) == len(names) and len(ROWS) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.agent} {row.env}")
def test_ten_seeds_solve_the_task(row):
    runs = rl.train_seeds(
        getattr(rl, row.agent), row.env, range(10), row.steps, progress=False, **row.settings
    )
    means = runs.evaluate(100)
    assert (means >= row.threshold).sum() >= AT_LEAST.get(row.agent, 9), means.round(1).tolist()
