"""The oracle in other people's tests: a fixture, a decorator, a command, and no cost where it is not used."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microgrid.oracle import GradientError, gradient_test
from microgrid.oracle.__main__ import drawn, main

ROOT = Path(__file__).parents[2]
TESTS = """
import unittest
import jax, jax.numpy as jnp, numpy as np
from microgrid.oracle import gradient_test

@jax.custom_vjp
def wrong(x):
    return jnp.sin(x)

wrong.defvjp(lambda x: (wrong(x), x), lambda x, ct: (ct * jnp.cos(x) * 1.01,))

def test_right(check_grads):
    assert check_grads(jnp.tanh, (0.5,)).verdict == "ok"

def test_kink(check_grads):
    check_grads(jax.nn.relu, (np.float32(0),))

def test_wrong(check_grads):
    check_grads(lambda x: wrong(2 * x), (np.float32(0.5),))

KINK = jax.nn.relu, (np.float32(0),)

def test_report(check_grads):
    assert check_grads(*KINK, raises=False).verdict == "kink"

@gradient_test
def test_decorated():
    return KINK

@gradient_test
def test_decorated_and_wrong():
    return wrong, (np.float32(0.5),)

class Kinks(unittest.TestCase):
    @gradient_test(modes="rev")
    def test_kink(self):
        return KINK
"""


def session(folder, *options, code=""):
    """What pytest says of a folder in a fresh process, with the plugin and no other."""
    call = f"{code}\nimport sys, pytest\nsys.exit(pytest.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", call, "-p", "microgrid.oracle.pytest_plugin", *options, str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=folder,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(ROOT),
            "PYTEST_ADDOPTS": "",
        },
    )
    return done.stdout + done.stderr


def test_a_failure_is_the_report_and_nothing_of_the_checker(tmp_path):
    (tmp_path / "test_them.py").write_text(TESTS)
    told = session(tmp_path)
    assert "2 failed, 5 passed" in told
    assert "check_grads of <lambda>: wrong" in told
    assert (
        " of float32[] is wrong by itself, " in told
        and "guilty: custom_vjp_call (" in told
        and "test_them.py:19" in told
    )
    assert not any(f"oracle/{name}.py" in told for name in ("check", "levels", "decorator"))


def test_the_level_decides_what_fails(tmp_path):
    (tmp_path / "test_them.py").write_text(TESTS)
    assert "5 failed, 2 passed" in session(tmp_path, "--grad-level=strict")
    assert "7 skipped" in session(tmp_path, "--grad-level=off")


@pytest.mark.parametrize(
    ("returned", "came"), [(jnp.tanh, "PjitFunction"), ((jnp.tanh, 1.0, 2.0), "3 things"), (None, "NoneType")]
)
def test_a_decorated_test_that_returns_no_pair_is_told(returned, came):
    words = rf"test_it must return a function and the tuple of its arguments; got {came}. Fix: return f, "

    @gradient_test
    def test_it():
        return returned

    with pytest.raises(TypeError, match=words):
        test_it()


def test_a_session_that_does_not_use_it_needs_neither_jax_nor_numpy(tmp_path):
    (tmp_path / "test_other.py").write_text("def test_it(): pass")
    hidden = "import sys; sys.modules.update(jax=None, numpy=None, flint=None)"
    assert "1 passed" in session(tmp_path, code=hidden)


def test_a_decorated_test_says_only_what_is_checked(tmp_path):
    @gradient_test
    def right(factor=2.0):
        return lambda x: factor * x * x, (3.0,)

    assert right() is None and right(factor=1.0) is None

    @gradient_test(modes="rev", order=2)
    def broken():
        return lambda x: jnp.sqrt(x) * 0, (np.float32(0),)

    with pytest.raises(GradientError, match="nonfinite"):
        broken()


def test_the_command_checks_a_function_at_random_arguments(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_losses.py").write_text(
        "import jax.numpy as jnp\n"
        "def loss(x, i): return jnp.sum(jnp.tanh(x)[i])\n"
        "def place(x): return jnp.argmax(x)\n"
        "def chosen(x): return x if x > 0 else -x\n"
    )
    monkeypatch.chdir(tmp_path)
    for told in ([], ["--engine", "float64"], ["--sample", "2"]):
        assert main(["my_losses:loss", "float32[3,4]", "int32[2]<3", *told]) == 0
        verdict = "sampled" if "--sample" in told else "ok"
        out = capsys.readouterr().out
        assert f"check_grads of loss: {verdict}" in out and ("float64 only" in out) == ("float64" in told)
    assert main(["my_losses:place", "float32[3]"]) == 1
    assert "unsupported\n  place returns int" in capsys.readouterr().out
    assert main(["my_losses:chosen", "float32"]) == 1
    assert "chosen decides by a traced value in Python, " in capsys.readouterr().out


MISTAKES = {
    (
        "my_losses:loss",
        "float33[3]",
        "int32",
    ): "an argument must be a type such as float32",
    ("my_losses:loss", "float32[3]<2", "int32"): "<2 is for integers; got 'float32[3]<2'. Fix: ",
    (
        "my_losses:lost",
    ): "my_losses:lost must be module:function; module 'my_losses' has no attribute 'lost'.",
    ("my_losses",): "my_losses must be module:function; no function is named. Fix: my_losses:loss\n",
    ("no_losses:loss",): "no_losses:loss must be module:function; No module named 'no_losses'.",
    ("my_losses:SIZE",): "my_losses:SIZE must be a function; got int.",
    (
        "my_losses:loss",
        "float32[3]",
    ): "my_losses:loss takes (x, i); missing a required argument: 'i' in float32[3]"
    ". Fix: one type for each argument.",
    ("my_losses:loss",): "my_losses:loss takes (x, i); missing a required argument: 'x' in none. Fix: ",
    ("my_losses:loss", "float32", "int32[2]"): "my_losses:loss raises IndexError at ",
    ("my_losses:loss", "float32", "--sample", "0"): "--sample must be at least 1; got 0.",
    ("my_losses:loss", "float32", "--seed", "-1"): "--seed must be at least 0; got -1.",
    ("my_losses:loss", "float32", "--sample", "2", "--engine", "float64"): "--sample takes no engine; ",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_command_that_is_not_understood_gets_one_sentence(command, tmp_path, monkeypatch, capsys):
    (tmp_path / "my_losses.py").write_text("SIZE = 3\ndef loss(x, i): return x[i]")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_losses", raising=False)
    assert main(command) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    assert told.err.startswith(f"microgrid.oracle: {MISTAKES[command]}")


def test_numbers_of_64_bits_are_not_rounded_in_silence(capsys, monkeypatch):
    with jax.enable_x64(False):
        assert main(["math:sin", "float64[3]"]) == 2
    assert "float64[3] needs 64 bits. Fix: JAX_ENABLE_X64=1 " in capsys.readouterr().err


def test_the_help_says_how_arguments_are_drawn_and_how_it_ends(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        "normal distribution of mean 0 and variance 1, so most are between -3 and 3",
        "integers from 0 and 1, with <n from 0 to n - 1",
        "exit status: 0 where",
        "--engine {exact,float64}",
    ):
        assert words in told


def test_arguments_are_drawn_as_the_help_says():
    draw = np.random.default_rng(0)
    floats, complexes = drawn("float32[1000]", draw), drawn("complex64[1000]", draw)
    assert floats.dtype == "float32" and abs(floats.mean()) < 0.1 and abs(floats.std() - 1) < 0.1
    assert complexes.dtype == "complex64" and abs(complexes.imag.std() - 1) < 0.1
    assert sorted(set(drawn("int32[99]", draw).tolist())) == [0, 1]
    assert sorted(set(drawn("int32[99]<3", draw).tolist())) == [0, 1, 2]
    assert sorted(set(drawn("bool[99]", draw).tolist())) == [False, True]
    assert drawn("float32", draw).shape == ()
