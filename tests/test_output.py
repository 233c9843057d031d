"""What one sees of training: summary, progress bar, pictures."""

import os
import subprocess
import sys

import pytest
from flax import nnx

from jaxnets import plots, training
from jaxnets.neural_net import NeuralNet
from tests.nets import LABELS, Convoluted, X, classifier, rng


def test_summary_counts_parameters(capsys):
    net = classifier(rate=0.5)
    net.freeze(0)
    text = net.summary((6,))
    assert capsys.readouterr().out == text + "\n"
    assert text.splitlines()[2].split() == ["0", "Linear", "(N,", "8)", "56", "no"]
    assert text.splitlines()[-1].split() == ["total", "(N,", "3)", "83", "27"]


def test_summary_of_a_module_names_its_parts():
    text = NeuralNet(Convoluted(nnx.Rngs(0))).summary((6,))
    assert [line.split()[0] for line in text.splitlines()[2:5]] == ["encoder", "head", "norm"]
    assert text.splitlines()[-1].split() == ["total", "(N,", "3)", "99", "99"]


@pytest.mark.parametrize("shape", [2, None, "a", (2.5,), (), (0,), (-1,), (True,)])
def test_the_shape_of_an_example_is_whole_numbers(shape):
    with pytest.raises(
        ValueError, match=r"^summary: input_shape must be the shape of one example, like \(4,\); got "
    ):
        classifier().summary(shape)


def test_a_shape_that_the_net_does_not_take_gets_a_sentence():
    with pytest.raises(
        ValueError,
        match=r"^summary: the net does not take examples of shape \(5,\), here two of them; Linear: ",
    ):
        classifier().summary((5,))


def test_summary_of_an_embedding_takes_ids():
    net = NeuralNet([nnx.Embed(5, 3, rngs=nnx.Rngs(0))])
    assert net.summary(()).splitlines()[2].split() == ["0", "Embed", "(N,", "3)", "15", "yes"]


def test_fit_is_silent_when_asked(capsys):
    classifier().fit(X, LABELS, epochs=2, verbose=0)
    assert capsys.readouterr() == ("", "")


def test_fit_prints_some_lines_where_there_is_no_terminal(capsys):
    classifier().fit(X, LABELS, epochs=30, validation_split=0.1, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/30", *(f"{e}/30" for e in range(3, 31, 3))]
    assert all(word in lines[-1] for word in ("loss", "accuracy", "val_loss", "val_accuracy", "steps/s"))
    classifier().fit(X, LABELS, epochs=12, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    assert sum("steps/s" in line for line in lines) < 4, "one rate for each chunk"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_fit_draws_a_bar_in_a_terminal():
    import pty

    code = (
        "import numpy as np, jaxnets as jn; from jaxnets.neural_net import NeuralNet;"
        "net = NeuralNet([jn.Linear(3, 1)]); net.compile(jn.adam(0.1), 'mean_squared_error');"
        "net.fit(np.ones((40, 3)), np.ones((40, 1)), epochs=50)"
    )
    main, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "JAX_PLATFORMS": "cpu"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=terminal, env=environment)
    os.close(terminal)
    written = b""
    try:
        while piece := os.read(main, 4096):
            written += piece
    except OSError:  # Linux says so when the other side has closed
        pass
    os.close(main)
    assert process.wait(timeout=60) == 0
    assert b"epoch 50/50" in written
    assert "━".encode() in written


def test_pictures_are_written(tmp_path):
    net = classifier()
    history = net.fit(X, LABELS, epochs=3, validation_split=0.1, verbose=0)
    assert history.plot(tmp_path / "new" / "loss.png").stat().st_size > 5000
    images, said = rng.random((53, 4, 4)), net.predict(X)
    wrong = int((said.argmax(axis=1) != LABELS).sum())
    assert plots.misclassified(images, LABELS, said, tmp_path / "wrong.png", most=5) == wrong > 0
    assert plots.misclassified(images, said.argmax(axis=1), said, tmp_path / "none.svg") == 0
    assert (
        b"0 of 53 wrong" in (tmp_path / "none.svg").read_bytes()
        or (tmp_path / "none.svg").stat().st_size > 500
    )
    with pytest.raises(
        ValueError, match="misclassified: images, labels and probabilities must have the same"
    ):
        plots.misclassified(images[:3], LABELS, said, tmp_path / "no.png")
    with pytest.raises(ValueError, match=r"loss_curve: history must hold at least one epoch; got none\."):
        plots.loss_curve(training.History(["loss"]), tmp_path / "no.png")
    with pytest.raises(ValueError, match=r"^loss_curve: path must end in .*\.png, .*; got '.*no\.foo'\.$"):
        history.plot(tmp_path / "no.foo")
    assert not (tmp_path / "no.png").exists()


def test_training_loads_no_extra():
    code = (
        "import sys, jaxnets, jaxnets.neural_net;"
        "extras = 'matplotlib', 'sklearn', 'orbax.checkpoint', 'gymnasium', 'microgrid';"
        "print([module for module in extras if module in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
