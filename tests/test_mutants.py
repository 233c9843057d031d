"""Every formula is broken in every place, one at a time: some test notices, or it is no change at all."""

import jax
import pytest

from tests.mutant_killers import MODULES, killed
from tests.mutants import Mutant, mutants, source_tree
from tests.mutants_equivalent import EQUIVALENT

QUICK = 80  # one mutant in so many in `make test`; `make test-slow` makes every one
SCALAR = [module for module in MODULES if module.startswith("microgrid.") and module != "microgrid.fused"]
ADVICE = (
    "Nothing noticed this change. Give the formula's row in microgrid/oracle/pairs/ a hard number, a case "
    "or a mistake that shows it, or add a test to tests/test_edges.py; if no input can show it, say why in "
    "tests/mutants_equivalent/ under the key after 'in'."
)


@pytest.fixture(autouse=True)
def nothing_is_kept():
    """JAX keeps what it traces, and the thousands of mutants with it."""
    yield
    jax.clear_caches()


def survivors(module, made):
    """The mutants of a module that nothing notices, a line each."""
    listed = EQUIVALENT.get(module, {})
    return "\n".join(str(mutant) for mutant in made if mutant.key not in listed and not killed(mutant))


@pytest.mark.parametrize("module", SCALAR)
def test_mutants_from_all_over_a_module_are_killed_or_equivalent(module):
    alive = survivors(module, mutants(module, every=QUICK))
    assert not alive, f"{alive}\n{ADVICE}"


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_every_mutant_is_killed_or_equivalent(module):
    alive = survivors(module, mutants(module))
    assert not alive, f"{alive}\n{ADVICE}"


@pytest.mark.parametrize("module", EQUIVALENT)
def test_every_mutant_listed_as_equivalent_is_made(module):
    stale = set(EQUIVALENT.get(module, {})) - {mutant.key for mutant in mutants(module, every=0)}
    assert not stale, f"listed as equivalent, but no longer made: {stale}"


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_killed_where_nothing_is_changed(module):
    tree, file = source_tree(module)
    assert killed(Mutant(module, "", "", 0, compile(tree, file, "exec"))) is None


@pytest.mark.slow
@pytest.mark.parametrize("module", EQUIVALENT)
def test_what_is_listed_as_equivalent_survives(module):
    noticed = {m.key: killed(m) for m in mutants(module) if m.key in EQUIVALENT[module]}
    assert not any(noticed.values()), noticed
