"""check_model: a whole network, layer by layer and parameter by parameter, in one table."""

import warnings

import jax.numpy as jnp

from .check import GradientError, check_grads
from .judgement import Report


def check_model(net, x, y=None, *, training=False, modes=("rev",), seed=0, raises=True):
    """Checks the gradient of every layer of a network, and of its loss, for every parameter and input.

    net: a jaxnets.NeuralNet, with y a compiled one, or any flax.nnx.Module, without y; x: a batch of inputs,
    small, as every number is replayed; y: its targets, for the loss. Each layer is checked at what the ones
    before make of x. training: False looks at the network in inference mode, where dropout does nothing and
    batch norm uses its running statistics; True at what fit differentiates: dropout with the masks that the
    next step will draw, batch norm with the statistics of x. The net stays as it is, its mode, statistics and
    random streams too. Returns one `Report`, its leaves named after the layers; raises and warns as
    `check_grads` does.

    >>> import jaxnets as jn
    >>> net = jn.NeuralNet([jn.Linear(2, 3), jn.BatchNorm(3), jn.Dropout(0.5), jn.Linear(3, 1)], seed=0)
    >>> check_model(net, np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]), training=True).verdict
    'ok'
    """
    report = Report(type(net).__name__)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, f, args in _parts(net, x, y, training):
            _add(report, name, check_grads(f, args, modes=modes, seed=seed, raises=False))
    if raises and report.failed:
        raise GradientError(report)
    if report.verdict in ("imprecise", "approximate"):
        warnings.warn(str(report), stacklevel=2)
    return report


def _parts(net, x, y, training):
    """(name, function, arguments) of each layer, or of a module that has none, and of the loss."""
    from flax import nnx

    module = net if isinstance(net, nnx.Module) else getattr(net, "module", None)
    if not isinstance(module, nnx.Module):
        raise TypeError(f"check_model: net must be a NeuralNet or an nnx.Module; got {type(net).__name__}.")
    if y is not None and module is net:
        raise TypeError(
            "check_model: with y, net must be a jaxnets.NeuralNet, which knows its loss; got "
            f"{type(net).__name__}. Fix: leave y out, and check_grads(loss, (net, x, y)) of your own loss."
        )
    try:
        h = jnp.asarray(x, getattr(net, "dtype", None))
    except (TypeError, ValueError):
        raise TypeError(f"check_model: x must be an array of inputs; got {x!r}.") from None
    loss = None if y is None else _loss(net, x, y, training)
    module = nnx.clone(module)  # the user's own stays as it is
    module.train() if training else module.eval()
    for k, layer in enumerate(module.layers if type(module) is nnx.Sequential else [module]):
        name = f"{k} {getattr(layer, '__name__', type(layer).__name__)}"
        yield (name, _called, (layer, h)) if isinstance(layer, nnx.Module) else (name, layer, (h,))
        h = layer(h)
    if loss is not None:
        yield "loss", *loss


def _called(layer, inputs):
    return layer(inputs)


def _loss(net, x, y, training):
    """The loss of a compiled NeuralNet as a function of its parameters, and those."""
    from jaxnets import loop

    objective, batch = net._compiled("check_model"), net._batch("check_model", x, y, None)
    graphdef, params, rest = loop.split(net.module)

    def loss(params):
        return objective(loop.merged(graphdef, params, rest, training, net._frozen), batch)[0]

    return loss, (params,)


def _add(report, name, found):
    for leaf in found.leaves:
        leaf.path = f"{name}: {leaf.path.removeprefix('args[0]')}"
    report.leaves += found.leaves
    report.guilty = report.guilty or found.guilty
    report.refused = report.refused or (f"{name}: {found.refused}" if found.refused else "")
    report.notes += [f"{name}: {note}" for note in found.notes]
