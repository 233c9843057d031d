"""The oracle from a shell: what it takes, and one sentence for what is not understood."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from microgrid.oracle.__main__ import drawn, main


def test_the_command_checks_a_function_at_random_arguments(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_losses.py").write_text(
        "import jax, jax.numpy as jnp\n"
        "def loss(x, i): return jnp.sum(jnp.tanh(x)[i])\n"
        "def place(x): return jnp.argmax(x)\n"
        "def chosen(x): return x if x > 0 else -x\n"
        "class Losses:\n"
        "    @staticmethod\n"
        "    def noisy(key, x): return jnp.sum(x * jax.random.normal(key, x.shape))\n"
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
    assert main(["my_losses:Losses.noisy", "key", "float32[3]"]) == 0
    assert "check_grads of noisy: ok" in capsys.readouterr().out


MODULES = {
    "my_losses": """
import jax
SIZE = 3
def loss(x, i): return x[i]
def failing(x): raise RuntimeError("in\\ntwo lines")
def leaving(x): raise SystemExit(7)
broken = jax.custom_vjp(lambda x: x)
broken.defvjp(lambda x: (x, x), lambda x, ct: 1 / 0)
""",
    "my_broken": "loss = (",
    "my_failing": "raise RuntimeError('at import')",
    "my_exit": "import sys; sys.exit(0)",
}
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
    ("my_losses:loss", "float32[99999999999]", "int32"): "an argument must have at most 1073741824 numbers;",
    ("my_losses:loss", "float32[3]", "int32<0"): "<n must be from <1 to <2147483648 for int32; got 'int32<0'",
    ("my_losses:loss", "float32[3]", "int8<300"): "<n must be from <1 to <128 for int8; got 'int8<300'.",
    ("my_losses:loss", "str[3]", "int32"): "an argument must be a type such as float32[3,4], int32[3]<10 or",
    ("my_losses:loss", "datetime64[3]", "int32"): "an argument must be a type such as float32[3,4], int32[",
    ("my_losses:loss", "float32[3 3]", "int32"): "an argument must be a type such as float32[3,4], int32[3",
    (
        "./my_losses.py:loss",
    ): "./my_losses.py:loss must be module:function; ./my_losses.py is no module. Fix: my_losses:loss\n",
    ("..my_losses:loss",): "..my_losses:loss must be module:function; ..my_losses is no module. Fix: my_loss",
    ("my_losses.py:loss",): "my_losses.py:loss must be module:function; No module named 'my_losses.py'; ",
    ("my_broken:loss",): "my_broken:loss cannot be imported: SyntaxError: '(' was never closed (my_broken.py",
    ("my_failing:loss",): "my_failing:loss cannot be imported: RuntimeError at ",
    ("my_exit:loss",): "my_exit:loss cannot be imported: SystemExit at ",
    ("my_losses:failing", "float32"): "my_losses:failing raises RuntimeError at ",
    ("my_losses:leaving", "float32"): "my_losses:leaving raises SystemExit at ",
    ("my_losses:broken", "float32"): "my_losses:broken cannot be checked: ZeroDivisionError at ",
    ("my_losses:loss", "float32", "--sample", "0"): "--sample must be at least 1; got 0.",
    ("my_losses:loss", "float32", "--seed", "-1"): "--seed must be at least 0; got -1.",
    ("my_losses:loss", "float32", "--sample", "2", "--engine", "float64"): "--sample takes no engine; ",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_command_that_is_not_understood_gets_one_sentence(command, tmp_path, monkeypatch, capsys):
    for name, code in MODULES.items():
        (tmp_path / f"{name}.py").write_text(code)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    assert told.err.startswith(f"microgrid.oracle: {MISTAKES[command]}")


def test_an_error_in_many_lines_is_one_sentence_and_no_matter_of_types(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_losses.py").write_text(MODULES["my_losses"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_losses", raising=False)
    assert main(["my_losses:failing", "float32"]) == 2
    assert capsys.readouterr().err.endswith(" (failing): in two lines.\n")


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
    for seed in range(9):  # one of a kind hides what the other does
        assert sorted(set(drawn("bool[2]", np.random.default_rng(seed)).tolist())) == [False, True]
    assert drawn("float32", draw).shape == ()
    assert jax.dtypes.issubdtype(drawn("key", draw).dtype, jax.dtypes.prng_key)
    assert drawn("key", draw).shape == () and drawn("key[2,3]", draw).shape == (2, 3)
    for short in ("bf16", "f16", "f32", "f64"):
        assert drawn(f"{short}[2]", draw).dtype == {"b": "bfloat16", "f": f"float{short[1:]}"}[short[0]]


def test_the_order_of_the_modes_does_not_matter(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["math:sin", "f32", "--modes", "rev,rev"])
    assert "argument --modes: must be fwd, rev or fwd,rev; got 'rev,rev'" in capsys.readouterr().err
    assert main(["jax.numpy:sin", "f32", "--modes", "rev,fwd"]) == 0


def test_a_bracket_that_is_not_closed_and_types_that_are_missing_are_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "of_two.py").write_text("def loss(x, i): return x")
    monkeypatch.chdir(tmp_path)
    for told, words in (
        (["f32[2"], "got no ] for its [ in 'f32[2'."),
        ([], "Fix: its types behind it, 'float32"),
    ):
        assert main(["of_two:loss", *told]) == 2
        assert words in capsys.readouterr().err


def test_a_report_that_is_not_read_to_its_end_leaves_no_traceback(tmp_path):
    (tmp_path / "of_one.py").write_text("def loss(x): return x * 2")
    command = f"{sys.executable} -m microgrid.oracle of_one:loss f32[2] | true"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
