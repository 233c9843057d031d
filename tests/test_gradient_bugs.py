"""docs/gradient_bugs.md shows what examples/21_gradient_bugs.py has and prints; what it advises is right."""

import contextlib
import io
import re
import runpy
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

from microgrid.oracle import check_grads

ROOT = Path(__file__).parent.parent
PAGE, EXAMPLE = ROOT / "docs" / "gradient_bugs.md", ROOT / "examples" / "21_gradient_bugs.py"
TEXT = PAGE.read_text()
NUMBER = r"-?\d+(\.\d+)?(e[+-]\d+)?|nan|inf"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The example's names, what it found, what it printed, and the page that it wrote."""
    page = tmp_path_factory.mktemp("docs") / PAGE.name
    shutil.copy(PAGE, page)
    names, told = runpy.run_path(str(EXAMPLE)), io.StringIO()
    with contextlib.redirect_stdout(told):
        found, expected = names["main"](page)
    return SimpleNamespace(
        **names, found=found, expected=expected, told=told.getvalue(), page=page.read_text()
    )


def test_every_bug_of_a_gradient_is_found_and_named(run):
    assert run.found == run.expected
    assert run.told.count("guilty: custom_vjp_call") == 7 and run.told.count("guilty: sqrt") == 2
    assert "The ninth once more, declared: ok." in run.told


def coarse(text):
    """A text with two digits of each number, and without those that another processor rounds otherwise."""
    text = re.sub(r"(imprecise +JAX) \S+", r"\1", text)
    text = re.sub(rf"( (?:ok|imprecise) .*) (?:{NUMBER}) ULP", r"\1 ULP", text)
    return re.sub(rf"(?<!\w)(?:{NUMBER})", lambda found: f"{float(found[0]):.2g}", text)


def skip_elsewhere():
    """Skips a test of words that another JAX says otherwise."""
    if (version := re.search(r"of JAX (\d+\.\d+\.\d+)", TEXT)[1]) != jax.__version__:
        pytest.skip(f"seen with JAX {version}; here is {jax.__version__}")


def test_the_reports_on_the_page_are_those_that_are_printed(run):
    skip_elsewhere()
    reports = re.findall(r"(?s)```\n(\d+\. check_grads of .*?)\n```", run.page)
    assert len(reports) == 10 and all(f"{report}\n\n" in run.told for report in reports)
    assert coarse(run.page) == coarse(TEXT), "python examples/21_gradient_bugs.py docs/gradient_bugs.md"


def test_the_code_on_the_page_is_that_of_the_example(run):
    source = EXAMPLE.read_text()
    blocks = re.findall(r"(?s)```python\n(.*?)\n```", TEXT)
    assert len(blocks) == 11
    for line in "\n".join(blocks).splitlines():
        assert line in source, line
    assert [title.lower() for title in re.findall(r"## \d+\. (.*)", TEXT)] == [
        name.lower() for name, *_ in run.BUGS
    ]


MENDED = (  # what the page advises, and how else than by check_grads' defaults
    lambda e: e.rule(jnp.cos, lambda x, y, ct: -ct * jnp.sin(x)),
    lambda e: e.rule(jnp.tanh, lambda x, y, ct: ct * (1 - y * y)),
    lambda e: e.rule(
        lambda x: jax.nn.softmax(x), lambda x, y, ct: y * (ct - jnp.sum(ct * y, -1, keepdims=True))
    ),
    lambda e: e.rule(lambda x: jnp.mean(x), lambda x, y, ct: jnp.full_like(x, ct / x.size)),
    lambda e: e.rule(e.unit, lambda x, y, ct: (ct - y * jnp.sum(ct * y)) / jnp.sqrt(jnp.sum(x * x))),
    lambda e: lambda x: jnp.where(x > 0.5, jnp.sqrt(jnp.where(x > 0.5, x, 1)), 0),
    lambda e: lambda x: jnp.sqrt(jnp.sum(x[3:] ** 2) + 1e-6),
    lambda e: lambda x: jnp.mean((x - jnp.mean(x)) ** 2),
    None,  # the example itself declares it
    lambda e: e.rule(lambda x: 3 * x * x, lambda x, y, ct: ct * 6 * x),
)


@pytest.mark.parametrize("number", [k + 1 for k, mended in enumerate(MENDED) if mended])
def test_what_the_page_advises_is_right(run, number):
    _, _, point, told, _ = run.BUGS[number - 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_grads(MENDED[number - 1](run), (point,), **told).verdict == "ok"
