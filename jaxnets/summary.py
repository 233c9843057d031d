"""A table of a network: layers, output shapes, parameters. Shapes come from tracing; nothing is computed."""

import jax
import numpy as np
from flax import nnx

from . import loop
from .objective import describe, layers_of


def _count(tree):
    return sum(int(np.prod(np.shape(leaf))) for leaf in tree.values())


def _rows(module, params, inputs):
    """(name, path, output shape) of each layer, or of each part of a module that is no list."""
    layers = layers_of(module)
    if not layers:
        return [(key, (key,), "") for key in params]
    rows = []

    def through(x):
        for i, layer in enumerate(nnx.merge(*nnx.split(module)).layers):
            if isinstance(layer, nnx.Module):
                layer.eval()
            x = layer(x)
            rows.append((f"{i} {describe(layer)}", ("layers", i), str(("N", *x.shape[1:])).replace("'", "")))
        return x

    jax.eval_shape(through, inputs)
    return rows


def table(module, inputs, outputs, frozen=frozenset()):
    """The table as text. inputs, outputs: shape and type of a batch of them."""
    _, params, _ = loop.split(module)
    lines, trainable = [("layer", "output", "parameters", "trainable")], 0
    leaves = loop.paths(params)
    for name, where, shape in _rows(module, params, inputs):
        inside = {path: leaf for path, leaf in leaves.items() if path[: len(where)] == where}
        count, free = (
            _count(inside),
            _count({path: leaf for path, leaf in inside.items() if path not in frozen}),
        )
        mark = "" if not count else "yes" if free == count else "in part" if free else "no"
        trainable += free
        lines.append((str(name), shape, f"{count:,}" if count else "", mark))
    lines.append(
        ("total", str(("N", *outputs.shape[1:])).replace("'", ""), f"{_count(leaves):,}", f"{trainable:,}")
    )
    return _draw(lines)


def _draw(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    rule = "-" * (sum(widths) + 6)

    def text(line):
        name, shape, count, mark = line
        return (
            f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {count:>{widths[2]}}  {mark:>{widths[3]}}".rstrip()
        )

    head, *body, total = lines
    return "\n".join([text(head), rule, *map(text, body), rule, text(total)])
