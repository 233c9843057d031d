"""check_model: a whole network, layer by layer and parameter by parameter, in one table."""

import warnings

import jax.numpy as jnp

from .check import GradientError, check_grads
from .judgement import Report


def check_model(net, x, y=None, *, modes=("rev",), seed=0, raises=True):
    """Checks the gradient of every layer of a network, and of its loss, for every parameter and input.

    net: a jaxnets.NeuralNet, with y a compiled one, or any flax.nnx.Module; x: a batch of inputs, small, as
    every number is replayed; y: its targets, for the loss. Layers are checked in inference mode, each at what
    the ones before make of x. Returns one `Report`, its leaves named after the layers; raises and warns
    as `check_grads` does.

    >>> import jaxnets as jn
    >>> net = jn.NeuralNet([jn.Linear(2, 3), jn.tanh, jn.Linear(3, 1)], seed=0)
    >>> check_model(net, np.ones((4, 2))).verdict
    'ok'
    """
    report = Report(type(net).__name__)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, f, args in _parts(net, x, y):
            _add(report, name, check_grads(f, args, modes=modes, seed=seed, raises=False))
    if raises and report.failed:
        raise GradientError(report)
    if report.verdict in ("imprecise", "approximate"):
        warnings.warn(str(report), stacklevel=2)
    return report


def _parts(net, x, y):
    """(name, function, arguments) of each layer, or of a module that has none, and of the loss."""
    from flax import nnx

    module = getattr(net, "module", net)
    if not isinstance(module, nnx.Module):
        raise TypeError(f"check_model: net must be a NeuralNet or an nnx.Module; got {type(net).__name__}.")
    module = nnx.clone(module)  # the mode of the user's own stays as it is
    module.eval()
    h = jnp.asarray(x, getattr(net, "dtype", None))
    layers = getattr(module, "layers", None) or [module]
    for k, layer in enumerate(layers):
        name = f"{k} {getattr(layer, '__name__', type(layer).__name__)}"
        yield (name, _called, (layer, h)) if isinstance(layer, nnx.Module) else (name, layer, (h,))
        h = layer(h)
    if y is not None:
        yield "loss", *_loss(net, x, y)


def _called(layer, inputs):
    return layer(inputs)


def _loss(net, x, y):
    """The loss of a compiled NeuralNet as a function of its parameters, and those."""
    from jaxnets import loop

    objective, batch = net._compiled("check_model"), net._batch("check_model", x, y, None)
    graphdef, params, rest = loop.split(net.module)

    def loss(params):
        return objective(loop.merged(graphdef, params, rest, training=False), batch)[0]

    return loss, (params,)


def _add(report, name, found):
    for leaf in found.leaves:
        leaf.path = f"{name}: {leaf.path.removeprefix('args[0]')}"
    report.leaves += found.leaves
    report.guilty = report.guilty or found.guilty
    report.refused = report.refused or (f"{name}: {found.refused}" if found.refused else "")
    report.notes += [f"{name}: {note}" for note in found.notes]
