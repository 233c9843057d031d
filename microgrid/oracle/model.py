"""check_model: a whole network, layer by layer and parameter by parameter, in one table."""

import re

import jax
import jax.numpy as jnp
import numpy as np

from .call import call, check_pair
from .check import concluded, examined
from .report import Report, told
from .sampled.tally import Tally


def check_model(
    net,
    x,
    y=None,
    *,
    training=False,
    order=1,
    modes=("rev",),
    seed=0,
    engine="exact",
    surrogate=(),
    sample=None,
    raises=True,
):
    """Checks the gradient of every layer of a network, and of its loss, for every parameter and input.

    net: a jaxnets.NeuralNet, with y a compiled one, or any flax.nnx.Module, without y; x: a batch of inputs,
    small, as every number is replayed; y: its targets, for the loss. Each layer is checked at what the ones
    before make of x. order, modes, seed, engine, surrogate, sample: as for `check_grads`; surrogate=[f] takes
    the rule of a straight-through layer f, say, for the truth; sample=32 is for a net too large to replay.
    training: False looks at the network in inference mode, where dropout does nothing and batch norm uses its
    running statistics; True at what fit differentiates: dropout with the masks that the next step will draw,
    batch norm with the statistics of x. The net stays as it is, its mode, statistics and random streams too.
    Returns one `Report`, its leaves named after the layers; raises and warns as `check_grads` does.

    >>> import jaxnets as jn
    >>> net = jn.NeuralNet([jn.Linear(2, 3), jn.BatchNorm(3), jn.Dropout(0.5), jn.Linear(3, 1)], seed=0)
    >>> check_model(net, np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]), training=True).verdict
    'ok'
    """
    __tracebackhide__ = True
    boolean("check_model", "training", training)
    asked = call("check_model", order, modes, seed, engine, surrogate, sample, raises)
    return concluded(examined_model("check_model", net, x, y, training, asked), asked, raises)


def examined_model(caller, net, x, y, training, asked):
    """The `Report` on a network, as asked by a `Call` of a caller."""
    report = Report(type(net).__name__, caller)
    for name, f, args in _parts(caller, net, _module(caller, net), x, y, training):
        check_pair(caller, f, args)
        _add(report, name, examined(f, args, asked))
    return report


def boolean(caller, name, x):
    """TypeError where an argument is neither True nor False.

    >>> boolean("check_model", "training", True)
    """
    if not isinstance(x, bool | np.bool_):
        raise TypeError(f"{caller}: {name} must be True or False; got {x!r}.")


def _module(caller, net):
    """The module of a net, TypeError or ValueError where it is none that can be called."""
    from flax import nnx

    module = net if isinstance(net, nnx.Module) else getattr(net, "module", None)
    if not isinstance(module, nnx.Module):
        fix = " Fix: check_grads(lambda v: net.apply(v, x), (variables,))." if hasattr(net, "apply") else ""
        raise TypeError(f"{caller}: net must be a NeuralNet or an nnx.Module; got {type(net).__name__}.{fix}")
    if not callable(module):
        raise TypeError(
            f"{caller}: net must be a module that is called with x; got {type(module).__name__}, without "
            "__call__. Fix: give it one, or check_grads(f, (net, x)) of a function of your own."
        )
    if type(module) is nnx.Sequential and not len(module.layers):
        raise ValueError(f"{caller}: net must have a layer; got a Sequential without any.")
    return module


def _inputs(caller, net, x):
    """x as the layers take it; TypeError or ValueError for what is no batch of inputs."""
    if hasattr(net, "_ids"):  # a NeuralNet, which says what it takes
        from jaxnets import data

        h = jnp.asarray(data.features(caller, "x", x, net.dtype, net._ids))
    else:
        try:
            h = jnp.asarray(x)
        except (TypeError, ValueError):
            raise TypeError(f"{caller}: x must be an array of inputs; got {x!r}.") from None
    if not h.size:
        raise ValueError(f"{caller}: x must not be empty; got shape {h.shape}.")
    return h


def _parts(caller, net, module, x, y, training):
    """(name, function, arguments) of each layer, or of a module that has none, and of the loss."""
    from flax import nnx

    if y is not None and module is net:
        raise TypeError(
            f"{caller}: with y, net must be a jaxnets.NeuralNet, which knows its loss; got "
            f"{type(net).__name__}. Fix: leave y out, and check_grads(loss, (net, x, y)) of your own loss."
        )
    h = _inputs(caller, net, x)
    loss = None if y is None else _loss(caller, net, x, y, training)
    module = nnx.clone(module)  # the user's own stays as it is
    module.train() if training else module.eval()
    for k, layer in enumerate(module.layers if type(module) is nnx.Sequential else [module]):
        name = f"{k} {told(layer)}"
        _taken(caller, name, nnx.clone(layer), h)  # a copy, as a layer may count, or draw
        yield (name, _layer, (layer, h)) if isinstance(layer, nnx.Module) else (name, layer, (h,))
        h = layer(h)
    if loss is not None and jax.tree.leaves(loss[1]):
        yield "loss", *loss


def _taken(caller, name, layer, h):
    """The error of a layer that does not take its inputs, with its name."""
    try:
        layer(h)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        shape = f"{h.dtype}{list(h.shape)}" if hasattr(h, "shape") else type(h).__name__
        raise kind(f"{caller}: layer {name} does not take {shape}: {line}") from error


def _layer(layer, inputs):
    return layer(inputs)


def _loss(caller, net, x, y, training):
    """The loss of a compiled NeuralNet as a function of its parameters, and those."""
    from jaxnets import loop

    objective, batch = net._compiled(caller), net._batch(caller, x, y, None)
    graphdef, params, rest = loop.split(net.module)

    def loss(params):
        return objective(loop.merged(graphdef, params, rest, training, net._frozen), batch)[0]

    return loss, (params,)


def _add(report, name, found):
    alone = found.name != _layer.__name__  # a function of the inputs alone
    for leaf in found.leaves:
        leaf.path = f"{name}: {_named(leaf.path, name, alone)}"
    report.leaves += found.leaves
    if found.tally:
        report.tally = report.tally or Tally()
        report.tally.join(found.tally)
    report.guilty, report.came = report.guilty or found.guilty, report.came + found.came
    if found.refused and not report.refused:
        sentence = _named(found.refused, name, alone)
        report.refused = f"{name}: {sentence.removeprefix(f'{found.name} ')}"
    report.notes += [f"{name}: {_named(note, name, alone)}" for note in found.notes]


def _named(text, name, alone):
    """Text with the paths of arguments in words: "input", and a parameter's as "layers[0].kernel"."""
    if name != "loss":
        text = re.sub(r"args\[0\]" if alone else r"args\[1\]", "input", text)
    return re.sub(r"args\[0\]((?:\.\w+|\['\w+'\]|\[\d+\])*)", _parameter, text)


def _parameter(found):
    words = re.sub(r"\['(\w+)'\]", r".\1", found[1]).removeprefix(".")
    return re.sub(r"\.value$", "", words) or "net"
