"""Every example of docs/findings.md prints what is written there, with the versions that are named."""

import doctest
import re
import warnings
from importlib import metadata
from pathlib import Path

import jax
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"
TEXT = PAGE.read_text()
HEADINGS = list(re.finditer(r"^###? .*$", TEXT, re.MULTILINE))
SEEN_WITH = dict(re.findall(r"(JAX|Flax|Optax) (\d+\.\d+\.\d+)", TEXT))
OTHERS = ("distrax", "rlax")  # libraries that the tests do not install
QUICK = 4  # one in so many is run, unless slow tests are


def parts():
    """(line, text) of each part of the page that has examples."""
    ends = [*(heading.start() for heading in HEADINGS[1:]), len(TEXT)]
    for heading, end in zip(HEADINGS, ends, strict=True):
        if ">>>" in (part := TEXT[heading.start() : end]):
            title = re.sub(r"[`,]", "", heading[0].strip("# "))
            yield title, TEXT[: heading.start()].count("\n"), part


def examples():
    """A test of each part."""
    return [
        pytest.param(line, text, id=title, marks=[pytest.mark.slow] if k % QUICK else [])
        for k, (title, line, text) in enumerate(parts())
    ]


def run(line, text, names):
    """The failures of the examples in a text, as doctest tells them; the fences around code are no output."""
    code = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)
    parsed = doctest.DocTestParser().get_doctest(code, names, f"{PAGE.name} {line}", str(PAGE), line)
    told = []
    with warnings.catch_warnings(), jax.numpy_rank_promotion("allow"):  # as JAX is without our settings
        warnings.simplefilter("ignore")
        doctest.DocTestRunner(verbose=False).run(parsed, out=told.append, clear_globs=False)
    names.update(parsed.globs)
    return "".join(told)


@pytest.fixture(scope="module")
def names():
    """What the first block of the page imports and defines."""
    found = {}
    assert run(0, TEXT[: HEADINGS[0].start()], found) == ""
    return found


def test_the_page_names_its_versions():
    assert SEEN_WITH.keys() == {"JAX", "Flax", "Optax"}


@pytest.mark.parametrize(("line", "text"), examples())
def test_an_example_prints_what_is_written(line, text, names):
    for library, version in SEEN_WITH.items():
        if (here := metadata.version(library.lower())) != version:
            pytest.skip(f"seen with {library} {version}; here is {here}")
    for library in OTHERS:
        if f"import {library}" in text:
            pytest.importorskip(library)
    assert run(line, text, dict(names)) == ""


def test_an_example_that_is_not_as_written_fails(names):
    assert "Expected:\n    3\nGot:\n    2" in run(0, "```python\n>>> 1 + 1\n3\n```\n", dict(names))
