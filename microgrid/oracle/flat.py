"""A function of pytrees as one of flat lists of float arrays."""

import jax
import jax.numpy as jnp
import numpy as np

from . import compat


class Flat:
    """A function of a list of float arrays that returns a list of float arrays, made of one of pytrees.

    paths: what the user calls each argument; numbers: the arrays at args. All that is not a float is fixed.
    returned: what the function returned when it was called last, in words; outputs: what to call its
    results, "output" unless told; strange: the types of what it returned that is no array; closed: an
    argument with floats that JAX does not see, in words; hollow: one that has a shape and no numbers; beyond:
    an integer that no array of JAX holds; kinds: what the first arguments are; fix: what to give instead
    where none of them can be differentiated.
    """

    def __init__(self, f, args, outputs=()):
        leaves, self._tree = jax.tree_util.tree_flatten_with_path(args)
        self._leaves = [leaf for _, leaf in leaves]
        self._f, self._which, self.returned, self._outputs = f, [], "nothing", outputs
        self.paths, self.numbers, self.strange, self.closed, self.hollow = [], [], [], "", ""
        self.beyond = ""
        for k, (path, leaf) in enumerate(leaves):
            if is_differentiable(leaf):
                self._which.append(k)
                self.paths.append("args" + jax.tree_util.keystr(path))
                self.numbers.append(jnp.asarray(leaf))
            elif isinstance(leaf, jax.ShapeDtypeStruct):
                self.hollow = f"args{jax.tree_util.keystr(path)}, {_told(leaf)}"
            elif isinstance(leaf, int) and not _fits(leaf):
                self.beyond = f"args{jax.tree_util.keystr(path)}, an integer beyond JAX's {_whole()}"
            elif _holds_floats(leaf):
                self.closed = f"args{jax.tree_util.keystr(path)}, a {type(leaf).__name__}"
        kinds = [f"args{jax.tree_util.keystr(path)} is {_told(leaf)}" for path, leaf in leaves[:4]]
        self.kinds = ", ".join(kinds) or "args is empty"
        self.fix = _fix(self._leaves)

    def __call__(self, *numbers):
        leaves = list(self._leaves)
        for k, array in zip(self._which, numbers, strict=True):
            leaves[k] = array
        outputs = jax.tree.leaves(self._f(*jax.tree_util.tree_unflatten(self._tree, leaves)))
        self.returned = ", ".join(map(_told, outputs)) or "nothing"
        self.strange = [type(y).__name__ for y in outputs if not _is_array(y)]
        return [y for y in outputs if is_differentiable(y)]

    def names(self, count):
        """What to call so many results."""
        return self._outputs or (["output"] if count == 1 else [f"output[{k}]" for k in range(count)])

    def slopes(self, derive, outputs=()):
        """Another function of the same arguments, derived from this one."""
        made = Flat(derive, tuple(self.numbers), outputs)
        made.paths = self.paths
        return made


def _fix(leaves):
    if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves):
        return "an array of numbers, jnp.ones(x.shape, x.dtype) say"
    if any(
        _is_array(leaf) and not jnp.issubdtype(compat.dtype(leaf), jax.dtypes.prng_key) for leaf in leaves
    ):
        return "floats, 3.0 for 3, say, or x.astype(float) for an array"
    return "args=(x,), with x a float or an array of floats"


def _whole():
    return jax.dtypes.canonicalize_dtype(np.int64)


def _fits(number):
    return jnp.iinfo(_whole()).min <= number <= jnp.iinfo(_whole()).max


def _told(leaf):
    if isinstance(leaf, jax.ShapeDtypeStruct):
        return f"a ShapeDtypeStruct, {leaf.dtype}{list(leaf.shape)} without numbers"
    if hasattr(leaf, "dtype") and hasattr(leaf, "shape"):
        return f"{leaf.dtype}{list(leaf.shape)}"
    return type(leaf).__name__


def _is_array(leaf):
    return isinstance(leaf, bool | int | float | complex | np.generic) or hasattr(leaf, "dtype")


def _holds_floats(leaf):
    """Whether a leaf that is no array has floats inside, where JAX does not look."""
    if isinstance(leaf, np.ndarray) and leaf.dtype == object:
        return any(map(is_differentiable, leaf.ravel().tolist()))
    if _is_array(leaf) or callable(leaf) or not hasattr(leaf, "__dict__"):
        return False
    return any(map(is_differentiable, jax.tree.leaves(vars(leaf))))


def is_differentiable(leaf):
    """Whether a leaf of a pytree is a number or array of floats."""
    known = isinstance(leaf, jax.Array | np.ndarray | np.generic | float | complex)
    return known and jnp.issubdtype(compat.dtype(leaf), jnp.inexact)


def weights(draw, avals):
    """Random weights of outputs, or directions of inputs, between 0.5 and 1 and of random sign: no gradient
    hides behind a sum, and none overflows for a weight."""
    made = []
    for aval in avals:
        numbers = draw.uniform(0.5, 1.0, aval.shape) * draw.choice((-1.0, 1.0), aval.shape)
        if compat.is_complex(aval.dtype):
            numbers = numbers + 1j * draw.uniform(0.5, 1.0, aval.shape)
        made.append(jnp.asarray(numbers).astype(aval.dtype))
    return made


def opposite(given):
    """Weights, or a direction, that point the other way and have other sizes, and all digits of their type:
    -1 / (3 w), of complex ones -w."""
    return [-w if np.iscomplexobj(w) else jnp.where(w == 0, 0, -1 / (3 * w)).astype(w.dtype) for w in given]


def single(given):
    """Whether weights, or a direction, are a single real number."""
    return sum(map(np.size, given)) == 1 and not any(map(np.iscomplexobj, given))


def whole(given, backward):
    """Weights of all outputs, or a direction of all inputs; of a single real number, a loss say, the weight
    is 1, so that slopes are what `jax.grad` returns, and the direction is 1 or -1, see `unit`."""
    if not single(given):
        return given
    return [jnp.ones_like(w) if backward else jnp.sign(w) for w in given]


def unit(given):
    """What slopes are divided by before they are shown: the weight of a single real number, else 1."""
    return next(float(x.item()) for x in given if x.size) or 1.0 if single(given) else 1.0
