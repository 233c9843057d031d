"""One neuron, drawn: before backward, after it with the slope on every wire, and as a program.

Shows: each gradient is the gradient of the box to the right times the slope on the wire between them; the
program says the same in letters, and a sum of products is one box there.
"""

from html import escape
from pathlib import Path

from microgrid import Value, draw
from microgrid.operations import tanh
from microgrid.program import trace

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>One neuron</title>
<style>
:root {{color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif}}
body {{max-width: 60rem; margin: 2rem auto; padding: 0 1rem}}
h2 {{font-size: 1rem; margin: 2rem 0 0.5rem}}
svg {{max-width: 100%; height: auto}}
</style>
<h1>One neuron</h1>
{}
</html>
"""


def neuron(w1, x1, w2, x2, b):
    """What a neuron of two synapses fires."""
    n = w1 * x1 + w2 * x2 + b
    y = tanh(n)
    return y


def inputs():
    """Weights and inputs, each with its name: the drawings show it."""
    numbers = {"w1": -3.0, "x1": 2.0, "w2": 1.0, "x2": 0.5, "b": 6.0}
    return [Value(number, name) for name, number in numbers.items()]


def name_sums(y):
    """Gives the values between the inputs and y a name, so that drawings and tables tell them apart."""
    (n,) = y._parents
    products, _ = n._parents
    for value, name in zip((n, products, *products._parents), ("n", "sum", "w1x1", "w2x2"), strict=True):
        value.name = name


def drawings():
    """Three drawings, by title; and the result after backward."""
    before, after = neuron(*inputs()), neuron(*inputs())
    before.name = after.name = "y"
    name_sums(before)
    name_sums(after)
    after.backward()
    program = trace(neuron, *[1.0] * 5)
    return {
        "Forward: every box is computed from the boxes on its left": draw.svg(before),
        "Backward: gradient = gradient on the right × slope on the wire": draw.svg(after, slopes=True),
        "The program: the same for all numbers": draw.svg(program, slopes=True),
    }, after


def chain(y):
    """(name, gradient on the right, slope, their product, gradient) of all that y came from."""
    walk, rows = [y], []
    for value in walk:
        for parent, slope in zip(value._parents, value._slopes, strict=True):
            rows.append((parent.name, value.grad, slope, value.grad * slope, parent.grad))
            walk.append(parent)
    return rows


def main(folder="demo_output"):
    """Leaves the drawings as files, and on one page, neuron.html. Returns them by title, and the chain."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pictures, y = drawings()
    rows = chain(y)
    print("y = tanh(w1 * x1 + w2 * x2 + b), from the result back:\n")
    print("  to            gradient on the right × slope on the wire = gradient")
    for name, right, slope, product, _ in rows:
        print(f"  {name:<12}{right:>23.6f} × {slope:<17.6f} = {product:>8.6f}")
    figures = [f"<h2>{escape(title)}</h2>\n{picture}" for title, picture in pictures.items()]
    files = {"neuron.html": PAGE.format("\n".join(figures))}
    names = ("neuron_forward.svg", "neuron_backward.svg", "neuron_program.svg")
    files |= dict(zip(names, pictures.values(), strict=True))
    print("\nTo look at, in a browser:")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"  {folder / name}")
    print(f"\nFor a page in Markdown, between ```mermaid and ```:\n\n{draw.mermaid(y)}")
    return pictures, rows


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
