"""The oracle in other people's tests: a fixture, a decorator, and no cost where it is not used."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import microgrid.oracle
from microgrid.oracle import GradientError, check_grads, check_model, gradient_test
from microgrid.oracle.decorator import TOLD

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
    assert "All traceback entries are hidden" not in told and ">   @gradient_test\n" in told
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


class Tests:
    """What a decorated class may be."""


def yields():
    yield jnp.tanh, (0.5,)


def test_what_cannot_be_decorated_is_told_when_it_is():
    with pytest.raises(
        TypeError, match=r"it decorates a function; got class Tests\. Fix: put it on each of its "
    ):
        gradient_test(Tests)
    with pytest.raises(TypeError, match="returns a pair; yields is a coroutine or a generator"):
        gradient_test(yields)
    with pytest.raises(TypeError, match=r"it takes what check_grads does, order, modes, .*; got foo"):
        gradient_test(foo=3)
    assert TOLD == tuple(inspect.signature(check_grads).parameters)[2:] and gradient_test(order=2)


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


def lost(x):
    """0 of a number, by a difference that takes all its digits."""
    return jnp.mean(x * x) - jnp.mean(x) ** 2


LOST = np.array([1000.0, 1000.001, 999.999], "float32")


@gradient_test
def decorated():
    return lost, (LOST,)


def test_a_warning_is_shown_at_the_line_of_the_test(check_grads):
    module = nnx.Sequential(lost)
    calls = {
        "the fixture": lambda: check_grads(lost, (LOST,)),
        "the function": lambda: microgrid.oracle.check_grads(lost, (LOST,)),
        "check_model": lambda: check_model(module, LOST),
        "what is ignored": lambda: microgrid.oracle.check_grads(jnp.sin, (0.5,), atol=1.0),
    }
    for name, call in calls.items():
        with pytest.warns(UserWarning) as shown:
            call()
        assert (shown[0].filename, shown[0].lineno) == (__file__, call.__code__.co_firstlineno), name
    with pytest.warns(UserWarning, match="imprecise") as shown:
        decorated()
    assert (shown[0].filename, shown[0].lineno) == (__file__, decorated.__wrapped__.__code__.co_firstlineno)
