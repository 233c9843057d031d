"""The parts of a network: drawing their weights, naming them, and copying weights from another network."""

import inspect
import math
import re
import sys
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from . import checks, data, loop
from .embedding import Embedding
from .objective import describe, layers_of


def shared(module, other):
    """Whether two modules have a variable in common."""
    one, two = (
        {id(part) for _, part in nnx.iter_graph(x) if isinstance(part, nnx.Variable)} for x in (module, other)
    )
    return bool(one & two)


def sequential(told, layers):
    """A module as it is, a Sequential of a list of layers. told: who asks for what: "NeuralNet: layers"."""
    if isinstance(layers, nnx.Module):
        return layers
    if not isinstance(layers, list | tuple):
        raise TypeError(f"{told} must be a list of layers or an nnx.Module; got {checks.told(layers)}.")
    if not layers:
        raise ValueError(f"{told} must hold at least one layer; got an empty list.")
    for i, layer in enumerate(layers):
        if isinstance(layer, type) or not callable(layer) or _is_net(layer):
            rule = f"layer {i} must be a layer or a function of an array; got {_came(layer)}"
            raise TypeError(f"{told.split(':')[0]}: {rule}")
        if more := _needs(layer):
            rule = f"layer {i} must be a layer or a function of an array; got the function {describe(layer)}"
            takes = f"which takes {' and '.join(more)} too.{_instead(layer, describe(layer))}"
            raise TypeError(f"{told.split(':')[0]}: {rule}, {takes}")
    return nnx.Sequential(*layers)


def _needs(function):
    """The arguments that a function cannot do without, but for the first; not those of a module."""
    try:
        _, *others = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some that are built in do not say; some take nothing
        return []
    needed = [x for x in others if x.default is x.empty and x.kind not in (x.VAR_POSITIONAL, x.VAR_KEYWORD)]
    return [] if isinstance(function, nnx.Module) else [x.name for x in needed]


def _instead(function, name):
    """The fix for a function of this package that a layer calls: the layer of that name."""
    package = sys.modules[__name__.rpartition(".")[0]]
    if getattr(package, name, None) is not function:
        return ""
    found = [known for known in dir(package) if known.casefold() == name.replace("_", "") != known]
    return f" Fix: {found[0]}(...)." if found else ""


def weights(module):
    """Parameters and running statistics, a nested dict by layer."""
    return by_layer(module, nnx.to_pure_dict(nnx.state(module, nnx.Not(nnx.RngState))))


def by_layer(module, tree):
    """What belongs to a module, by the numbers of its layers where it is a list of them."""
    return tree.get("layers", {}) if layers_of(module) else tree


def whole(module, tree):
    """The reverse of `by_layer`."""
    return {"layers": tree} if layers_of(module) else tree


def assign(module, tree):
    """Gives a module the arrays of such a dict."""
    nnx.update(module, whole(module, tree))


def _is_net(layer):
    """Whether something is a NeuralNet, whose module would be no part of the one around it."""
    from .neural_net import NeuralNet

    return isinstance(layer, NeuralNet)


def _came(layer):
    """What came in place of a layer, and the fix."""
    if isinstance(layer, type):
        return f"{checks.told(layer)}. Fix: {layer.__name__}(...)."
    if isinstance(layer, ModuleType):
        package, _, name = layer.__name__.rpartition(".")
        fixes = [f"{package}.identity"] if name == "linear" else []  # Keras' name of that
        fixes += [f"{package}.{known}(...)" for known in vars(layer) if known.casefold() == name != known]
        return f"the module {layer.__name__}." + (f" Fix: {', or '.join(fixes)}." if fixes else "")
    return f"{checks.told(layer)}." + (" Fix: *net.layers, or net.module." if _is_net(layer) else "")


def described(module):
    """A module in one line: its layers, or itself."""
    return ", ".join(map(describe, layers_of(module))) or describe(module)


def ids(module):
    """How many ids there are where the net looks its inputs up: 0 where it takes floats, inf where the module
    does not say what comes first."""
    first = (layers_of(module) or (module,))[0]
    if isinstance(first, nnx.Embed | Embedding):
        return first.num_embeddings
    inside = [part for _, part in nnx.iter_modules(module)]
    looks_up = any(
        isinstance(part, nnx.Embed | Embedding) or getattr(part, "integer_inputs", False) for part in inside
    )
    return math.inf if looks_up else 0


def draw(module, seed, dtype):
    """Draw the weights and seed the random streams that wait for it (those of layers made without `rngs`), in
    the order of the layers, from a numpy generator: nothing compiles. Returns whether there were any
    weights."""
    generator, drawn = np.random.default_rng(seed), False
    for _, part in list(nnx.iter_modules(module)):
        if initialize := getattr(part, "initialize", None):
            variables = nnx.to_flat_state(nnx.state(part, (nnx.Param, nnx.BatchStat)))
            undrawn = any(variable.get_value() is None for _, variable in variables)
            if undrawn or getattr(part, "rngs", part) is None:
                initialize(generator, dtype)
                drawn = drawn or undrawn
    return drawn


def named(function, module, names):
    """Paths of the parameters under each name, to the paths by which that name reaches them (others, where a
    layer stands in several places); all of them without a name.

    A name is a layer's number, negative from the end, or for modules that are not lists of layers an
    attribute, with dots for attributes of attributes: "encoder.linear"; "0.bias" is one parameter of a layer.
    """
    leaves = loop.paths(loop.split(module)[1])
    layers = layers_of(module)
    if not names:
        return {path: path for path in leaves}
    chosen = {}
    for name in names:
        if not isinstance(name, int | np.integer | str) or isinstance(name, bool):
            raise TypeError(f"{function}: a part must be a number or a name; got {checks.told(name)}.")
        keys: list = [int(key) if re.fullmatch("-?[0-9]+", key) else key for key in str(name).split(".")]
        if layers:
            if not isinstance(keys[0], int) or not -len(layers) <= keys[0] < len(layers):
                raise ValueError(
                    f"{function}: a layer must be a number from 0 to {len(layers) - 1}; got {name!r}."
                )
            keys = ["layers", keys[0] % len(layers), *keys[1:]]
        inside = _inside(module, tuple(keys), leaves)
        if not inside:
            what = f"{name} ({describe(layers[keys[1]])})" if layers else repr(name)
            parts = sorted({".".join(map(str, path[layers != () : -1])) for path in leaves})
            raise ValueError(f"{function}: {what} has no weights; parts with weights: {', '.join(parts)}.")
        chosen |= inside
    return chosen


def _at(module, path):
    """What is at a path of attributes and numbers, None for nothing."""
    for key in path:
        try:
            module = module[key] if isinstance(key, int) else getattr(module, key)
        except (AttributeError, IndexError, KeyError, TypeError):
            return None
    return module


def _inside(module, keys, leaves):
    """Path -> path below keys, of those leaves of a module that are there, perhaps for a second time."""
    part = _at(module, keys)
    below = {id(part): ()} if isinstance(part, nnx.Variable) else {}
    if isinstance(part, nnx.Pytree):
        below = {id(x): path for path, x in nnx.iter_graph(part) if isinstance(x, nnx.Variable)}
    places = {path: id(_at(module, path)) for path in leaves}
    return {path: (*keys, *below[place]) for path, place in places.items() if place in below}


def take(function, module, other, names):
    """Copy parameters and batch statistics of the named parts of another module, which has them at the same
    places in the same shapes; all or, with a sentence, nothing."""
    if names is not None and not isinstance(names, list | tuple | range):
        names = [names]
    elif names is not None and not names:
        raise ValueError(f"{function}: layers must name at least one part; got {names}. Fix: None for all.")
    if not isinstance(other := getattr(other, "module", other), nnx.Module):
        raise TypeError(f"{function}: other must be a NeuralNet or an nnx.Module; got {checks.told(other)}.")
    places = {path[:-1]: there[:-1] for path, there in named(function, module, names or ()).items()}
    flat = nnx.to_flat_state(nnx.state(module, nnx.Not(nnx.RngState)))
    mine = {path: variable.get_value() for path, variable in flat if path[:-1] in places}
    found = {path: _at(other, (*places[path[:-1]], path[-1])) for path in mine}
    theirs = {path: x.get_value() for path, x in found.items() if isinstance(x, nnx.Variable)}
    for path, value in mine.items():
        shape = np.shape(theirs[path]) if theirs.get(path) is not None else None
        if shape != np.shape(value):
            name, got = ".".join(map(str, path[layers_of(module) != () :])), shape or "nothing there"
            raise ValueError(
                f"{function}: {name} must have the shape {np.shape(value)} in the other net too; got {got}."
            )
    cast = {path: jax.device_put(np.array(theirs[path], value.dtype)) for path, value in mine.items()}
    state = nnx.state(module)
    for path, variable in nnx.to_flat_state(state):
        if path in cast:
            variable.set_value(cast[path])
    nnx.update(module, state)


def like(function, old, tree, path=()):
    """A nested dict of numbers as arrays of the types of old, which has the same keys and shapes."""
    name = ".".join(map(str, path))
    if not isinstance(old, dict):
        array = data.numbers(function, name, tree, rows=old.ndim > 0)
        if array.shape != old.shape:
            raise ValueError(f"{function}: {name} must have the shape {old.shape}; got {array.shape}.")
        return jax.device_put(np.array(data.cast(function, name, array, old.dtype)))
    if not isinstance(tree, dict) or tree.keys() != old.keys():
        got = list(tree) if isinstance(tree, dict) else tree
        what = name or function.rpartition(".")[2]
        raise ValueError(f"{function}: {what} must have the keys {list(old)}; got {got!r}.")
    return {key: like(function, old[key], tree[key], (*path, key)) for key in old}


def outputs(network, module, inputs):
    """The shape and type of what a network of a GAN makes of inputs; one that refuses them is a sentence."""
    graphdef, params, rest = loop.split(module)
    try:
        made = jax.eval_shape(loop.inference(graphdef), params, rest, inputs)
    except Exception as error:  # a module may raise anything
        why = f"GAN: the {network} does not take an input of shape {inputs.shape}; {checks.why(error)}"
        raise ValueError(why) from error
    if not hasattr(made, "shape") or made.shape[:1] != inputs.shape[:1]:
        raise ValueError(
            f"GAN: the {network} must return one array with a row for each of the {inputs.shape[0]} rows "
            f"it is given; got {checks.told(made)}."
        )
    if not jnp.issubdtype(made.dtype, jnp.floating):
        raise TypeError(
            f"GAN: the {network} must return floats, which have slopes; got an array of {made.dtype}."
        )
    return made
