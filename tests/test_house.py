"""The rules of the house: who may import whom, what an import may do, what is public and how it is told."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from microgrid.oracle.pairs import BY_NAME, PAIRS

ROOT = Path(__file__).parent.parent
STANDARD = sys.stdlib_module_names
ARRAYS = {"numpy", "jax", "flax", "optax"}
EXTRAS = {"orbax", "matplotlib", "scipy", "sklearn", "rich", "tensorboardX", "PIL", "imageio_ffmpeg"}
GYM = {
    f"rl/{name}.py"
    for name in (
        "envs",
        "spaces",
        "observed",
        "functional_checks",
        "distributions",
        "host_vector",
        "misfits",
        "vector_parts",
    )
}
FORMULA_TOPICS = {pair.topic for pair in PAIRS}


def sources():
    return [path for room in ("microgrid", "jaxnets", "rl") for path in sorted((ROOT / room).rglob("*.py"))]


def imports(path):
    """(module, inside a function) for every import in a file, relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]

    def visit(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) - child.level + 1] if child.level else ()
                yield ".".join((*base, *(child.module or "").split("."))).strip("."), inside
            deeper = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, inside or deeper)

    return list(visit(ast.parse(path.read_text()), False))


def allowed(path, inside):
    """The top-level packages that a file may import, at module level or inside a function."""
    where = path.relative_to(ROOT).as_posix()
    if where.startswith("microgrid/oracle/"):
        rooms = {"jaxnets", "rl", "flax", "flint", "mpmath"} if inside else set()
        pytest_only = {"pytest"} if where.endswith("pytest_plugin.py") else set()
        return {"microgrid", "numpy", "scipy", "jax"} | rooms | pytest_only
    if where.startswith("microgrid/"):
        libraries = {"mpmath", "flint"} if inside and where.startswith("microgrid/systems/") else set()
        return {"microgrid"} | libraries
    if where.startswith("jaxnets/"):
        return {"jaxnets"} | ARRAYS | (EXTRAS if inside else set())
    gym = {"gymnasium"} if where in GYM or where.startswith("rl/agents/") else set()
    return {"rl", "jaxnets"} | ARRAYS | gym | (EXTRAS if inside else set())


def test_each_file_imports_only_what_its_room_may():
    found = [(path, module, inside) for path in sources() for module, inside in imports(path)]
    core = [
        f"{path} imports {module}: the core must not know its referee"
        for path, module, _ in found
        if path.parent.name == "microgrid" and module.startswith("microgrid.oracle")
    ]
    strange = [
        f"{path} imports {module}"
        for path, module, inside in found
        if module.split(".")[0] not in STANDARD | allowed(path, inside)
    ]
    assert core + strange == []


def test_the_reader_of_imports_sees_every_kind(tmp_path):
    file = ROOT / "microgrid" / "not_there.py"
    text = "import a.b\nfrom . import c\nfrom ..x import y\ndef f():\n    from d import e\n"

    class Fake(type(file)):
        def read_text(self):
            return text

    assert imports(Fake(file)) == [("a.b", False), ("microgrid", False), ("x", False), ("d", True)]


def run(code):
    """Runs code in a fresh interpreter that sees everything installed, and returns what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_microgrid_loads_no_third_party_module():
    code = """
import sys, importlib.util
assert importlib.util.find_spec("numpy") and importlib.util.find_spec("jax")
before = set(sys.modules)
import microgrid, microgrid.oracle, microgrid.neural_net
new = {name.split(".")[0] for name in set(sys.modules) - before} - {"microgrid"}
print(sorted(new - set(sys.stdlib_module_names)))
"""
    assert run(code) == "[]"


@pytest.mark.parametrize("module", ["rl", "rl.mdp", "rl.q_learning", "rl.returns", "rl.policy_gradient"])
def test_formulas_of_rl_load_no_gymnasium(module):
    assert run(f"import sys, {module}; print('gymnasium' in sys.modules)") == "False"


def test_a_table_is_trained_and_evaluated_without_jax():
    code = """
import sys, rl
rl.QTable("FrozenLake-v1").train(10, progress=False).evaluate(1)
print('jax' in sys.modules)
"""
    assert run(code) == "False"


@pytest.mark.parametrize("heavy", ["matplotlib", "rich.progress", "sklearn", "gymnasium", "microgrid"])
def test_jaxnets_loads_nothing_it_does_not_need(heavy):
    code = f"""
import sys, flax.nnx, optax
before = set(sys.modules)
import jaxnets
print({heavy!r} in set(sys.modules) - before)
"""
    assert run(code) == "False"


def test_importing_changes_no_setting_of_jax():
    code = """
import jax, flax.nnx, optax
before = dict(jax.config.values)
import pkgutil, importlib, microgrid, microgrid.oracle, jaxnets, rl
for package in (microgrid, microgrid.oracle, jaxnets, rl):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print({k: v for k, v in jax.config.values.items() if before.get(k) != v})
"""
    assert run(code) == "{}"


@pytest.mark.parametrize("missing", ["jax", "flax", "optax"])
def test_a_missing_extra_gets_one_sentence_with_the_command(missing):
    code = f"""
import importlib.util as util
find, util.find_spec = util.find_spec, lambda name, *rest: None if name == {missing!r} else find(name, *rest)
try:
    import jaxnets
except ImportError as error:
    print(error)
"""
    told = run(code)
    assert missing in told and "pip install -e '.[jax]'" in told and "\n" not in told


@pytest.mark.parametrize("package", ["microgrid", "microgrid.oracle", "jaxnets", "rl"])
def test_all_is_complete(package):
    module = importlib.import_module(package)
    public = {name for name in dir(module) if not name.startswith("_")}
    modules = {name for name in public if inspect.ismodule(getattr(module, name))}
    assert set(module.__all__) - modules == public - modules
    submodules = {info.name for info in pkgutil.iter_modules(module.__path__)}
    assert not set(module.__all__) & submodules - modules, "a top-level name hides a module"
    lazy = {name for name, home in getattr(module, "_HOMES", {}).items() if home}  # the others are modules
    assert not lazy & submodules, "a module, once imported, hides a lazy name"


def formulas():
    """Every public function of a module that has rows, in every room."""
    for topic in sorted(FORMULA_TOPICS):
        rooms = {pair.room for pair in PAIRS if pair.topic == topic} | {"microgrid"}
        for room in sorted(rooms):
            module = importlib.import_module(f"{room}.{topic}")
            for name, function in vars(module).items():
                own = getattr(function, "__module__", None) == module.__name__
                if inspect.isfunction(function) and own and not name.startswith("_"):
                    yield room, topic, name, function


def test_every_public_formula_has_a_row():
    names = {f"{topic}.{name}" for _, topic, name, _ in formulas()}
    assert names - set(BY_NAME) == set(), "add its row to microgrid/oracle/pairs/"


def untold(topic, function):
    """What the docstring of a formula lacks of what a reader needs to trust it."""
    told = inspect.cleandoc(function.__doc__ or "")
    needed = {
        "the formula, indented under the first line": "\n    " in told,
        "its source": "Source: " in told,
        "what it returns": "eturns" in told or topic.startswith("optimizers"),
        "an example": ">>> " in told,
        **{argument: argument in told for argument in inspect.signature(function).parameters},
    }
    return [what for what, there in needed.items() if not there]


def test_every_formula_is_told_in_full():
    found = [(f"{room}.{topic}.{name}", untold(topic, f)) for room, topic, name, f in formulas()]
    assert len(found) > 100 and [row for row in found if row[1]] == []
    assert untold("losses", untold) == [
        "the formula, indented under the first line",
        "its source",
        "what it returns",
        "an example",
        "topic",
        "function",
    ]


def public():
    """Every public function, class and method of the three packages."""
    for room in ("microgrid", "jaxnets", "rl"):
        package = importlib.import_module(room)
        for info in pkgutil.walk_packages(package.__path__, f"{room}."):
            module = importlib.import_module(info.name)
            assert module.__doc__, f"{info.name}: a module says what is here"
            for name, thing in vars(module).items():
                if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                    continue
                if inspect.isfunction(thing) or inspect.isclass(thing):
                    yield f"{info.name}.{name}", thing


def methods(thing):
    """(name, method) of every public method that a class says itself, and that is written in a file."""
    for name, method in vars(thing).items() if inspect.isclass(thing) else ():
        written = inspect.isfunction(method) and not method.__code__.co_filename.startswith("<")
        if written and not name.startswith("_"):
            yield name, getattr(thing, name)


def test_everything_public_has_a_docstring():
    things = dict(public())
    things |= {f"{where}.{name}": method for where, x in things.items() for name, method in methods(x)}
    assert len(things) > 500 and [where for where, thing in things.items() if not inspect.getdoc(thing)] == []


def test_no_file_is_longer_than_one_sitting():
    read = [path for path in sources() if path.name != "__init__.py"]  # lists of names are not read
    assert [path for path in read if len(path.read_text().splitlines()) > 250] == []


MAPPED = [f"microgrid/oracle{part}" for part in ("", "/custom_rules", "/kinks", "/loops", "/meanings")]
MAPPED += ["microgrid/oracle/rules", "microgrid/oracle/sampled"]


@pytest.mark.parametrize("folder", MAPPED)
def test_the_map_of_a_folder_names_each_of_its_files(folder):
    told = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text())) or ""
    named = re.findall(r"^(\w+(?:\.py|/)) +\S", told, re.MULTILINE)
    there = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
    there |= {f"{path.parent.name}/" for path in (ROOT / folder).glob("*/__init__.py")}
    assert sorted(named) == sorted(there)
