"""A checkpoint's tree held against the one that was asked for, and given its form."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .error import CheckpointError
from .tree import is_key, told


def match(function, there, asked):
    """Raises CheckpointError at the first difference. there, asked: (structure, leaves) of each tree."""
    (tree, leaves), (like, templates) = there, asked

    def differ(path, is_there, is_asked):
        where = path or "the tree itself"
        raise CheckpointError(f"{function}: {where} is {is_there} in the checkpoint, and {is_asked} in like.")

    def visit(node: Any, other: Any, path):
        at_leaf = isinstance(node, int) and isinstance(other, int)
        if at_leaf or isinstance(node, int) or isinstance(other, int) or node["kind"] != other["kind"]:
            a, b = _told(node, leaves), _told(other, templates)
            if a != b or not at_leaf:
                differ(path, a, b)
            return
        if node["keys"] != other["keys"]:
            differ(path, *_keys(node, other))
        for step, child, twin in zip(_steps(node), node["children"], other["children"], strict=True):
            visit(child, twin, f"{path}{step}")

    visit(tree, like, "")


def _told(node: Any, leaves):
    """A leaf's type, or a container's."""
    if isinstance(node, int):
        return told(leaves[node])
    return (
        f"a {node['kind']}"
        if node["kind"] in ("dict", "list", "tuple")
        else node["kind"].removeprefix("node ")
    )


def _keys(node, other):
    """Two containers of one kind with other keys: how long they are, or what only one of them has."""
    if node["kind"] in ("list", "tuple"):
        return f"a {node['kind']} of {len(node['keys'])}", f"of {len(other['keys'])}"
    only = [[key for key in a["keys"] if key not in b["keys"]] for a, b in ((node, other), (other, node))]
    if not any(only):
        return f"{_told(node, [])} with keys {node['keys']}", f"with keys {other['keys']}"
    here, there = (", ".join(map(repr, keys[:5])) + ", ..." * (len(keys) > 5) for keys in only)
    return f"{_told(node, [])} with {here or 'nothing more'}", f"with {there or 'nothing more'}"


def _steps(node):
    """How a path goes on from a container."""
    fields = node["kind"].startswith("node ")
    return [f".{key}" if fields and isinstance(key, str) else f"[{key!r}]" for key in node["keys"]]


def as_asked(function, leaf, value, template):
    """A restored leaf as what stood in its place in like: numpy, JAX on its devices, or a Python value."""
    if not isinstance(template, jax.Array | jax.ShapeDtypeStruct):
        return value[()] if isinstance(template, np.generic) else value
    sharding = template.sharding
    if isinstance(template, jax.Array) and not template.committed:
        sharding = None
    if is_key(template):
        return value if sharding is None else jax.device_put(value, sharding)
    if jax.dtypes.canonicalize_dtype(value.dtype) != value.dtype:
        raise CheckpointError(
            f"{function}: {leaf['path'] or 'the tree itself'} is {told(leaf)}, which JAX would cast. "
            "Fix: jax.config.update('jax_enable_x64', True), or a numpy array in like."
        )
    array = jax.device_put(value, sharding)
    return _weakly(function, leaf, array) if leaf.get("weak") else array


def _weakly(function, leaf, array):
    """The array with a weak type, as one that came from a Python number: it yields to other types."""
    zeros = jnp.full(array.shape, np.zeros((), array.dtype).item())
    if zeros.dtype != array.dtype:
        raise CheckpointError(
            f"{function}: {leaf['path'] or 'the tree itself'} is a weak {told(leaf)}, which is {zeros.dtype} "
            "in this process. Fix: jax_enable_x64 as it was when the checkpoint was saved."
        )
    return zeros.at[...].set(array)
