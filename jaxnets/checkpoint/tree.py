"""A tree in words that JSON can hold, and its arrays apart.

A tree is of dicts, lists, tuples, NamedTuples and whatever else JAX takes apart; its leaves are arrays, keys
of `jax.random.key`, Python numbers and strings. Told in words:

structure: the number of a leaf, or {"kind", "keys", "children"} for what holds others.
leaf: {"path", "kind", ...}; kind "array" with dtype and shape, "key" with impl too, or a Python type's name
with its value, floats in hexadecimal, so to the last bit.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from .. import checks

_NATIVE = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
_NARROW = (
    *("bfloat16", "float4_e2m1fn", "float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "float8_e4m3fn"),
    *(
        "float8_e4m3fnuz",
        "float8_e5m2",
        "float8_e5m2fnuz",
        "float8_e8m0fnu",
        "int2",
        "int4",
        "uint2",
        "uint4",
    ),
)
# Types that numpy does not have are written as the unsigned integers that have their bits.
NARROW = {name: np.dtype(getattr(jnp, name)) for name in _NARROW if hasattr(jnp, name)}
DTYPES = {name: np.dtype(name) for name in _NATIVE} | NARROW
_BITS = {1: np.dtype("uint8"), 2: np.dtype("uint16")}

_PYTHON = {
    "bool": (bool, bool),
    "int": (hex, lambda told: int(told, 16)),
    "float": (float.hex, float.fromhex),
    "complex": (
        lambda z: [z.real.hex(), z.imag.hex()],
        lambda told: complex(float.fromhex(told[0]), float.fromhex(told[1])),
    ),
    "str": (str, str),
}  # how a value is written, and read back


def is_key(x):
    """Whether an array or what describes one is of keys."""
    return jnp.issubdtype(x.dtype, jax.dtypes.prng_key)


def _parts(node):
    """(kind, keys, children) of what holds others, None of a leaf."""
    pairs, _ = jax.tree_util.tree_flatten_with_path(node, is_leaf=lambda x: x is not node)
    if len(pairs) == 1 and pairs[0][0] == ():
        return None
    name = "None" if node is None else type(node).__name__
    kind = name if node is None or type(node) in (dict, list, tuple) else f"node {name}"
    return kind, [path[0] for path, _ in pairs], [child for _, child in pairs]


def _name(key):
    """What a key of JAX's paths holds: a dict's key, an index, the name of a field."""
    return next((getattr(key, name) for name in ("key", "idx", "name") if hasattr(key, name)), str(key))


def flatten(function, tree, template=False):
    """(structure, leaves, values) of a tree: in words, and what stands at each leaf.

    template: leaves may also be `jax.ShapeDtypeStruct`s. Raises TypeError for what is no leaf and no key.
    """
    leaves, values = [], []

    def visit(node, path):
        try:
            parts = _parts(node)
        except (ValueError, TypeError) as error:
            raise TypeError(
                f"{function}: {path or 'tree'} cannot be taken apart: {checks.why(error)}"
            ) from None
        if parts is None:
            leaves.append({"path": path, **_leaf(function, path or "tree", node, template)})
            values.append(node)
            return len(leaves) - 1
        kind, keys, children = parts
        names = [_name(key) for key in keys]
        for name in names:
            if type(name) not in (str, int):
                rule = f"keys of {path or 'tree'} must be strings or whole numbers"
                raise TypeError(f"{function}: {rule}; got {checks.told(name)}.")
        inside = [visit(child, path + str(key)) for key, child in zip(keys, children, strict=True)]
        return {"kind": kind, "keys": names, "children": inside}

    return visit(tree, ""), leaves, values


def _leaf(function, path, value, template):
    """A leaf in words."""
    if isinstance(value, Tracer):
        raise TypeError(f"{function}: {path} must be a concrete array; got {value} inside a transformation.")
    kind = type(value).__name__
    if type(value) in (bool, int, float, complex, str):
        return {"kind": kind, "value": _PYTHON[kind][0](value)}
    known = np.ndarray | np.generic | jax.Array | (jax.ShapeDtypeStruct if template else jax.Array)
    if isinstance(value, np.ma.MaskedArray) or not isinstance(value, known):
        rule = "an array, a key, a number or a string"
        raise TypeError(f"{function}: {path} must be {rule}; got {checks.told(value)} ({kind}).")
    if is_key(value):
        return {"kind": "key", "dtype": str(value.dtype), "shape": list(value.shape)}
    dtype = np.dtype(value.dtype)
    if dtype.name not in DTYPES or DTYPES[dtype.name] != dtype:
        fix = f" Fix: astype({dtype.name!r})." if dtype.name in DTYPES else ""
        rule = "must be of booleans or numbers in this machine's byte order"
        raise TypeError(f"{function}: {path} {rule}; got dtype {dtype.str if fix else dtype}.{fix}")
    weak = {"weak": True} if getattr(value, "weak_type", False) else {}
    return {"kind": "array", "dtype": dtype.name, "shape": list(value.shape), **weak}


def stored(function, leaves, values):
    """{number of the leaf: array to write}; an empty array has nothing to write.

    Adds to the leaf of a key what it takes to make the key again.
    """
    arrays = {}
    for number, (leaf, value) in enumerate(zip(leaves, values, strict=True)):
        if leaf["kind"] not in ("array", "key"):
            continue
        if isinstance(value, jax.Array) and not value.is_fully_addressable:
            rule = f"{leaf['path'] or 'tree'} must be on the devices of this process"
            raise ValueError(f"{function}: {rule}; got an array that other processes share.")
        if isinstance(value, jax.Array) and value.is_deleted():
            fix = "Fix: save what the call returned that it was donated to"
            raise ValueError(
                f"{function}: {leaf['path'] or 'tree'} must hold data; got a deleted array. {fix}."
            )
        if leaf["kind"] == "key":
            leaf["impl"] = str(jax.random.key_impl(value))
            value = jax.random.key_data(value)
            leaf["data_shape"] = list(value.shape)
        array = np.asarray(value, order="C")
        if array.dtype.name in NARROW:
            array = array.view(_BITS[array.dtype.itemsize])
        if array.size:
            arrays[number] = array
    return arrays


def known(structure, leaves):
    """Raises ValueError where a structure and its leaves are not what `flatten` and `stored` tell."""
    numbers = []

    def visit(node):
        if type(node) is int:
            numbers.append(node)
            return
        keys, children = node["keys"], node["children"]
        right = type(node["kind"]) is str and all(type(key) in (str, int) for key in keys)
        if not right or len(keys) != len(children) or len(set(keys)) != len(keys):
            raise ValueError("a container with other keys than children")
        for child in children:
            visit(child)

    visit(structure)
    if numbers != list(range(len(leaves))):
        raise ValueError("a structure of other leaves")
    for leaf in leaves:
        if type(leaf["path"]) is not str:
            raise ValueError("a leaf without a path")
        if leaf["kind"] in _PYTHON:
            _PYTHON[leaf["kind"]][1](leaf["value"])
        elif leaf["kind"] == "array":
            _sizes(leaf["shape"])
            DTYPES[leaf["dtype"]]
        elif leaf["kind"] == "key":
            _sizes(leaf["shape"] + leaf["data_shape"])
            if type(leaf["impl"]) is not str or type(leaf["dtype"]) is not str:
                raise ValueError("a key of no kind")
        else:
            raise ValueError("a leaf of no kind")


def _sizes(shape):
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("a shape of other things than sizes")


def stored_form(leaf):
    """(shape, dtype) of the array that was written for a leaf; None where there is none to read."""
    if leaf["kind"] not in ("array", "key"):
        return None
    if leaf["kind"] == "key":
        shape, dtype = tuple(leaf["data_shape"]), np.dtype("uint32")
    else:
        shape, dtype = tuple(leaf["shape"]), DTYPES[leaf["dtype"]]
    return shape, _BITS[dtype.itemsize] if dtype.name in NARROW else dtype


def value_of(leaf, array):
    """The leaf: numpy array, key, or Python number or string. array: what was written for it, or None."""
    if leaf["kind"] in _PYTHON:
        return _PYTHON[leaf["kind"]][1](leaf["value"])
    shape, dtype = stored_form(leaf) or ((), None)
    array = np.zeros(shape, dtype) if array is None else array
    if leaf["kind"] == "key":
        key = jax.random.wrap_key_data(jnp.asarray(array), impl=leaf["impl"])
        if told(leaf) != f"{key.dtype}{list(key.shape)}".replace(" ", ""):
            raise ValueError("a key of another kind than its type")
        return key
    return array.view(DTYPES[leaf["dtype"]])


def told(leaf):
    """A leaf's type in words, as float32[2,3]."""
    if leaf["kind"] in _PYTHON:
        return f"a Python {leaf['kind']}"
    return f"{leaf['dtype']}[{','.join(map(str, leaf['shape']))}]"


def nested(structure, values):
    """The tree of a structure: dicts, lists and tuples; whatever else held others becomes a dict."""
    if isinstance(structure, int):
        return values[structure]
    children = [nested(child, values) for child in structure["children"]]
    if structure["kind"] == "None":
        return None
    if structure["kind"] in ("list", "tuple"):
        return children if structure["kind"] == "list" else tuple(children)
    return dict(zip(structure["keys"], children, strict=True))
