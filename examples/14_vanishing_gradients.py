"""Gradients that travel back in time through a recurrent network vanish or explode.

Shows: in a linear network whose recurrent kernel is radius times a rotation, the gradient n steps back has
the norm radius**n, to the last digits; a tanh makes it smaller. Where it explodes, gradient descent diverges;
with clip_by_global_norm it learns. Leaves a picture of all three.
"""

import warnings
from pathlib import Path

import jax
import numpy as np
import optax

import jaxnets as jn

RADII, TIME, HIDDEN = {0.5: "#1f5fa8", 1.0: "#5b8c3a", 1.5: "#d1661c"}, 50, 32


def network(radius, activation):
    """A recurrent layer whose recurrent kernel is radius times a random orthogonal matrix."""
    layer = jn.RNN(1, HIDDEN, activation)
    layer.initialize(np.random.default_rng(0), jax.numpy.zeros(0).dtype)
    layer.recurrent_kernel[...] = radius * layer.recurrent_kernel[...]
    return layer


def measured(activation):
    """radius -> norms of d h[TIME] / d h[TIME - n], for n from 0 to TIME, in 64 bits."""
    norms = {}
    with jax.enable_x64(True):
        for radius in RADII:
            inputs = np.random.default_rng(1).normal(size=(TIME, 1))
            layer = network(radius, activation)
            norms[radius] = np.asarray(jn.gradient_norms(layer.step, np.zeros(HIDDEN), inputs))[::-1]
    return norms


def trained(*clipping, steps=300, learning_rate=0.02):
    """Losses of gradient descent: the sum of 30 numbers, for a linear network from an orthogonal kernel."""
    draw = np.random.default_rng(2)
    x = draw.normal(size=(steps * 32, 30, 1)).astype("float32")
    y = x.sum(axis=1) / 30**0.5
    net = jn.NeuralNet([jn.RNN(1, HIDDEN, "identity", return_sequences=False), jn.Linear(HIDDEN, 1)], seed=0)
    net.compile(optax.chain(*clipping, jn.gradient_descent(learning_rate)), "mean_squared_error")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "fit: the loss became nan")  # that is the story
        return net.fit(x, y, batch_size=32, verbose=0).step_losses


def draw(norms, losses, path):
    """Three panels: linear, tanh, and training with and without clipping."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.6, 3.6), dpi=120, layout="constrained")
    panels = figure.subplots(1, 3)
    back = np.arange(TIME + 1)
    for axes, (activation, measured_norms) in zip(panels, norms.items(), strict=False):
        for radius, colour in RADII.items():
            axes.plot(back, measured_norms[radius], color=colour, linewidth=1.8)
            axes.plot(back, radius**back, color=colour, linewidth=0.9, linestyle=":")
            axes.annotate(f" {radius}", (TIME, measured_norms[radius][-1]), color=colour, va="center")
        axes.set(yscale="log", xlabel="time steps back", ylim=(1e-22, 1e12), xlim=(0, TIME * 1.12))
        name = "linear" if activation == "identity" else activation
        axes.set_title(f"gradient norm, {name}; dotted: radiusⁿ", loc="left", fontsize=10)
    for (label, values), colour in zip(losses.items(), ("#d1661c", "#1f5fa8"), strict=True):
        mark = None if np.isfinite(values[-1]) else "o"  # a few points, and nan from there on
        panels[2].plot(np.arange(len(values)), values, marker=mark, color=colour, label=label)
        if mark:
            last = int(np.isfinite(values).argmin()) - 1
            note = f"  {values[last]:.0e} after {last} step{'s' * (last != 1)}, then nan"
            panels[2].annotate(note, (last, values[last]), color=colour, va="center", fontsize=9)
    panels[2].set_xscale("symlog", linthresh=10, linscale=1.5)
    panels[2].set(yscale="log", xlabel="steps of gradient descent, the first 10 linear", ylim=(1e-2, 1e42))
    panels[2].set(xlim=(0, 400), xticks=(0, 5, 10, 100), xticklabels=("0", "5", "10", "100"))
    panels[2].set_title("loss of the linear network, radius 1 at first", loc="left", fontsize=10)
    panels[2].legend(frameon=False, loc="center right")
    for axes in panels:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def main(folder="demo_output"):
    """Prints and draws it. Returns the norms by activation and radius, and the losses by name."""
    norms = {activation: measured(activation) for activation in ("identity", "tanh")}
    print("norm of d h[T] / d h[T - n], by the radius of the recurrent kernel:\n")
    print("radius    n       radius**n          linear            tanh")
    for radius in RADII:
        for n in (1, 10, TIME):
            linear, tanh = norms["identity"][radius][n], norms["tanh"][radius][n]
            print(f"{radius:<6}{n:>5}{radius**n:>16.6g}{linear:>16.6g}{tanh:>16.6g}")
    losses = {"plain": trained(), "clipped, norm ≤ 1": trained(optax.clip_by_global_norm(1.0))}
    for name, values in losses.items():
        print(f"\n{name}: loss {values[0]:.3g} at first, {values[-1]:.3g} after {len(values)} steps", end="")
    path = draw(norms, losses, Path(folder) / "vanishing_gradients.png")
    print(f"\n\nPicture: {path}")
    return norms, losses


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
