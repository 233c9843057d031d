"""Every formula is broken in every place, one at a time: some test notices, or it is no change at all."""

import pytest

from tests.mutant_killers import MODULES, killed
from tests.mutants import Mutant, mutants, source_tree
from tests.mutants_equivalent import EQUIVALENT

ADVICE = (
    "Nothing noticed this change. Give the formula's row in microgrid/oracle/pairs/ a hard number, a case "
    "or a mistake that shows it, or add a test to tests/test_edges.py; if no input can show it, say why in "
    "tests/mutants_equivalent/ under the key after 'in'."
)


@pytest.mark.parametrize("module", MODULES)
def test_every_mutant_is_killed_or_equivalent(module):
    listed, made = EQUIVALENT.get(module, {}), list(mutants(module))
    survivors = [str(mutant) for mutant in made if mutant.key not in listed and not killed(mutant)]
    assert not survivors, "\n".join([*survivors, ADVICE])
    stale = set(listed) - {mutant.key for mutant in made}
    assert not stale, f"listed as equivalent, but no longer made: {stale}"
    print(f"{module}: {len(made)} mutants, {len(made) - len(listed)} killed, {len(listed)} equivalent")


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_killed_where_nothing_is_changed(module):
    tree, file = source_tree(module)
    assert killed(Mutant(module, "", "", 0, compile(tree, file, "exec"))) is None


@pytest.mark.slow
@pytest.mark.parametrize("module", EQUIVALENT)
def test_what_is_listed_as_equivalent_survives(module):
    noticed = {m.key: killed(m) for m in mutants(module) if m.key in EQUIVALENT[module]}
    assert not any(noticed.values()), noticed
