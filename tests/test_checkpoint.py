"""What a checkpoint holds comes back to the bit, in the form that was asked for, or not at all."""

import asyncio
import os
import pickle
import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxnets as jn
from jaxnets.checkpoint import CheckpointError, Checkpoints, restore, save
from jaxnets.checkpoint.tree import DTYPES, NARROW


class Moments(NamedTuple):
    count: object
    mean: object


class Other(NamedTuple):
    count: object
    mean: object


@jax.tree_util.register_dataclass
@dataclass
class Position:
    x: object
    y: object


def bits(x):
    return type(x), str(x.dtype), x.shape, np.asarray(x).tobytes()


def patterns(dtype):
    """Every bit pattern of the small types, many of the others: nan with all payloads, -0, subnormals."""
    if dtype.name in ("int2", "uint2", "int4", "uint4", "float4_e2m1fn"):  # a byte holds one of few values
        return np.arange(8).astype(dtype)
    if dtype.kind == "b":
        return np.array([True, False, True])
    if dtype.itemsize <= 2:
        return np.arange(256**dtype.itemsize, dtype=f"u{dtype.itemsize}").view(dtype)
    return np.random.default_rng(0).integers(0, 256, 400 * dtype.itemsize, np.uint8).view(dtype)


@pytest.mark.parametrize("name", DTYPES)
def test_every_type_comes_back_to_the_bit(tmp_path, name):
    some = patterns(DTYPES[name])
    tree = {"many": some, "grid": some[:6].reshape(3, 2).T if some.size > 5 else some[:2].reshape(1, 2)}
    tree |= {"one": some[1].reshape(()), "none": some[:0].reshape(3, 0)}
    tree = {key: np.asarray(array) for key, array in tree.items()}
    save(tmp_path, tree)
    for like in (None, tree):
        back, _ = restore(tmp_path, like)
        assert {key: bits(x) for key, x in back.items()} == {key: bits(x) for key, x in tree.items()}


def test_minus_zero_and_nothing_but_zeros_come_back(tmp_path):
    tree = {"minus": np.full(5, -0.0), "zeros": np.zeros((2, 2))}
    save(tmp_path, tree)
    back, _ = restore(tmp_path)
    assert np.signbit(back["minus"]).all() and bits(back["zeros"]) == bits(tree["zeros"])


@pytest.mark.parametrize(
    "name", ["float32", "float64", "bfloat16", "int64", "bool", "complex64", "float8_e4m3fn"]
)
def test_arrays_of_jax_come_back_as_such(tmp_path, name):
    array = jnp.asarray(patterns(DTYPES[name])[:40])
    save(tmp_path, [array, array[0], array[:0]])
    (many, one, none), _ = restore(tmp_path, [array, jax.ShapeDtypeStruct((), array.dtype), array[:0]])
    assert [bits(x) for x in (many, one, none)] == [bits(x) for x in (array, array[0], array[:0])]


def test_arrays_come_back_in_the_form_of_like(tmp_path):
    save(tmp_path, [np.float32(1), np.ones(2), jnp.ones(2)])
    like = [np.float32(0), jnp.ones(2), np.ones(2)]
    back, _ = restore(tmp_path, like)
    assert [type(x) for x in back] == [type(x) for x in like]
    placed = jax.device_put(jnp.ones(2), jax.devices()[0])
    back, _ = restore(tmp_path, [np.float32(0), placed, jnp.ones(2)])
    assert back[1].committed and not back[2].committed and back[1].sharding == placed.sharding


def test_a_weak_type_stays_weak(tmp_path):
    tree = [jnp.asarray(0.1), jnp.full((2, 3), 2), jnp.float64(0.1)]
    save(tmp_path, tree)
    back, _ = restore(tmp_path, tree)
    assert [x.weak_type for x in back] == [True, True, False] and list(map(bits, back)) == list(
        map(bits, tree)
    )


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_keys_draw_the_same_numbers(tmp_path, impl):
    key = jax.random.key(3, impl=impl)
    tree = {"one": key, "many": jax.random.split(key, 4).reshape(2, 2)}
    save(tmp_path, tree)
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), tree)
    for like in (None, tree, shapes):
        back, _ = restore(tmp_path, like)
        assert back["many"].dtype == tree["many"].dtype and back["many"].shape == (2, 2)
        assert jax.random.bits(back["one"]) == jax.random.bits(key)
        assert jax.random.bits(back["many"][1, 0]) == jax.random.bits(tree["many"][1, 0])


def test_python_values_come_back_exactly(tmp_path):
    tree = [True, False, 0, -(7**300), 0.1, -0.0, float("inf"), 5e-324, 1 - 0j, "", "grün\n", 2**53 + 1]
    save(tmp_path, tree)
    for like in (None, tree):
        assert [(type(x), repr(x)) for x in restore(tmp_path, like)[0]] == [(type(x), repr(x)) for x in tree]
    save(tmp_path, [float("nan")])
    assert np.isnan(restore(tmp_path)[0][0])


def test_containers_come_back_as_they_were(tmp_path):
    ones = np.ones(2)
    inside = [[ones, (), None], (ones, {}, []), Moments(3, {"c": ones}), OrderedDict(z=1, a=ones)]
    like = {"tree": inside, "place": Position(ones, 2)}
    save(tmp_path, like)
    back, _ = restore(tmp_path, like)
    assert jax.tree.structure(back) == jax.tree.structure(like)
    plain, _ = restore(tmp_path)
    moments, ordered = plain["tree"][2:]
    assert moments["count"] == 3 and list(ordered) == ["z", "a"] and plain["place"]["y"] == 2
    assert plain["tree"][0][1:] == [(), None] and plain["tree"][1][1:] == ({}, [])
    save(tmp_path, {3: ones, 1: {"x": 1}})
    assert list(restore(tmp_path)[0]) == [1, 3]


@pytest.mark.parametrize("tree", [np.arange(3), None, {}, 5], ids=str)
def test_a_tree_may_be_one_leaf_or_none(tmp_path, tree):
    save(tmp_path, tree)
    back, _ = restore(tmp_path, tree)
    assert np.array_equal(back, tree) and np.array_equal(restore(tmp_path)[0], tree)


def test_the_state_of_an_optimizer_goes_on_as_if_nothing_had_been(tmp_path):
    params = {"kernel": jnp.ones((3, 2)), "bias": jnp.zeros(2)}
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.linear_schedule(1e-2, 0.0, 10)))
    state, grads = optimizer.init(params), jax.tree.map(lambda x: x + 0.3, params)
    _, state = optimizer.update(grads, state, params)
    save(tmp_path, state)
    back, _ = restore(tmp_path, optimizer.init(params))
    first, second = (optimizer.update(grads, s, params) for s in (state, back))
    assert jax.tree.structure(first) == jax.tree.structure(second)
    for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        assert bits(a) == bits(b)


def test_a_generator_of_numpy_draws_on(tmp_path):
    rng = np.random.default_rng(3)
    rng.random(5)
    save(tmp_path, rng.bit_generator.state)
    other = np.random.default_rng(0)
    other.bit_generator.state, _ = restore(tmp_path, other.bit_generator.state)
    assert (rng.random(5) == other.random(5)).all()


def test_the_parameters_of_a_network_come_back(tmp_path):
    net = jn.NeuralNet([jn.Linear(3, 4), jn.relu, jn.Linear(4, 1)], seed=0)
    other = jn.NeuralNet([jn.Linear(3, 4), jn.relu, jn.Linear(4, 1)], seed=1)
    save(tmp_path, net.params)
    other.params = restore(tmp_path, other.params)[0]
    x = np.ones((2, 3), np.float32)
    assert np.array_equal(net.forward(x), other.forward(x))


ONES = np.ones(2, np.float32)


@pytest.mark.parametrize(
    ("there", "asked", "words"),
    [
        (
            {"a": [ONES]},
            {"a": [np.ones(3, np.float32)]},
            "['a'][0] is float32[2] in the checkpoint, and float32[3]",
        ),
        ({"a": ONES}, {"a": np.ones(2)}, "['a'] is float32[2] in the checkpoint, and float64[2] in like"),
        (ONES, np.ones(2, np.float16), "the tree itself is float32[2] in the checkpoint, and float16[2]"),
        ([ONES], [ONES.astype(jnp.bfloat16)], "[0] is float32[2] in the checkpoint, and bfloat16[2]"),
        ([np.int32(1)], [1], "[0] is int32[] in the checkpoint, and a Python int in like"),
        ([True], [1], "[0] is a Python bool in the checkpoint, and a Python int in like"),
        (
            {"a": ONES},
            {"a": ONES, "b": ONES},
            "is a dict with nothing more in the checkpoint, and with 'b' in like",
        ),
        (
            {"a": ONES, "b": ONES},
            {"a": ONES},
            "is a dict with 'b' in the checkpoint, and with nothing more in like",
        ),
        ({1: ONES}, {"1": ONES}, "is a dict with 1 in the checkpoint, and with '1' in like"),
        ([ONES], [ONES, ONES], "is a list of 1 in the checkpoint, and of 2 in like"),
        ([ONES], (ONES,), "is a list in the checkpoint, and a tuple in like"),
        ({"a": None}, {"a": ONES}, "['a'] is None in the checkpoint, and float32[2] in like"),
        ({"a": {}}, {"a": None}, "['a'] is a dict in the checkpoint, and None in like"),
        (Moments(1, [ONES]), Other(1, [ONES]), "is Moments in the checkpoint, and Other in like"),
        (
            Moments(1, [ONES]),
            Moments(1, [ONES[:1]]),
            ".mean[0] is float32[2] in the checkpoint, and float32[1]",
        ),
        (
            [jax.random.key(0)],
            [jax.random.key(0, impl="rbg")],
            "[0] is key<fry>[] in the checkpoint, and key<rbg>[]",
        ),
        ([jax.random.key(0)], [np.zeros(2, np.uint32)], "[0] is key<fry>[] in the checkpoint, and uint32[2]"),
    ],
)
def test_what_is_not_as_asked_is_named(tmp_path, there, asked, words):
    save(tmp_path, there)
    with pytest.raises(CheckpointError) as error:
        restore(tmp_path, asked)
    assert words in str(error.value) and str(error.value).startswith("restore: ")


def test_what_jax_would_cast_is_refused(tmp_path):
    save(tmp_path, {"a": [np.ones(2)], "weak": jnp.asarray(1.0)})
    like = {"a": [jax.ShapeDtypeStruct((2,), np.float64)], "weak": np.ones(())}
    with jax.enable_x64(False):
        with pytest.raises(CheckpointError, match=r"\['a'\]\[0\] is float64\[2\], which JAX would cast"):
            restore(tmp_path, like)
        assert restore(tmp_path)[0]["a"][0].dtype == np.float64
        save(tmp_path, jnp.asarray(1.0))
    with pytest.raises(CheckpointError, match="a weak float32"):
        restore(tmp_path, jax.ShapeDtypeStruct((), np.float32))


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ([np.array([None])], r"\[0\] must be of booleans or numbers .* got dtype object"),
        ({"a": np.array(["x"])}, r"\['a'\] must be of booleans or numbers"),
        ([np.ones(2, ">f4")], r"got dtype >f4. Fix: astype\('float32'\)"),
        ([np.zeros(2, [("x", "f4")])], "must be of booleans or numbers"),
        ([np.longdouble(1)], "must be of booleans or numbers"),
        ([np.ma.masked_array([1.0], [True])], r"\[0\] must be an array, a key, a number or a string"),
        ([{1, 2}], r"\[0\] must be an array, a key, .* got \{1, 2\} \(set\)"),
        (len, "tree must be an array"),
        ([jax.ShapeDtypeStruct((), np.float32)], r"\[0\] must be an array"),
        ({1: ONES, "a": ONES}, "tree cannot be taken apart"),
        ({1.5: ONES}, "keys of tree must be strings or whole numbers; got 1.5"),
        ({True: ONES}, "keys of tree must be strings or whole numbers; got True"),
    ],
    ids=lambda case: None if isinstance(case, str) else "",
)
def test_what_cannot_be_saved_is_named_and_nothing_is_written(tmp_path, tree, words):
    with pytest.raises(TypeError, match=words):
        Checkpoints(tmp_path / "run").save(0, tree)
    assert not (tmp_path / "run").exists()


def test_an_array_that_was_donated_is_refused(tmp_path):
    array = jnp.ones(2)
    array.delete()
    with pytest.raises(
        ValueError, match=r"save: \['a'\] must hold data; got a deleted array. Fix: save what"
    ):
        save(tmp_path, {"a": array})


def test_a_traced_array_is_refused(tmp_path):
    with pytest.raises(TypeError, match="must be a concrete array"):
        jax.jit(lambda x: save(tmp_path, [x]))(1.0)


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ([], "about must be a dict; got"),
        ({"a": {1: 2}}, r"about\['a'\] must be what JSON holds"),
        ({"a": [np.float32(1)]}, r"about\['a'\]\[0\] must be what JSON holds.*float32"),
        ({"a": (1, 2)}, r"about\['a'\] must be what JSON holds.*tuple"),
    ],
)
def test_about_is_what_json_gives_back(tmp_path, about, words):
    with pytest.raises(TypeError, match=words):
        save(tmp_path, ONES, about)


def test_about_comes_back_with_and_without_the_arrays(tmp_path):
    about = {"loss": 0.1, "none": None, "list": [1, "zwei", [True]], "inf": float("inf"), "large": 2**70}
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(7, ONES, about)
    checkpoints.save(8, ONES)
    assert checkpoints.restore(step=7)[1:] == (about, 7) and checkpoints.about(7) == about
    assert checkpoints.about() == {}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda path: Checkpoints(path, keep=0), "Checkpoints: keep must be a whole number >= 1; got 0"),
        (lambda path: Checkpoints(3), "Checkpoints: path must be the path of a folder; got 3"),
        (lambda path: Checkpoints(""), "Checkpoints: path must be the path of a folder; got ''"),
        (lambda path: Checkpoints(path).save(-1, ONES), "Checkpoints.save: step must be a whole number >= 0"),
        (lambda path: Checkpoints(path).save(True, ONES), "Checkpoints.save: step must be a whole number"),
        (lambda path: Checkpoints(path).restore(), "Checkpoints.restore: .* holds no checkpoint"),
        (lambda path: Checkpoints(path).about(), "Checkpoints.about: .* holds no checkpoint"),
        (lambda path: restore(path / "nowhere"), "restore: .* holds no checkpoint"),
    ],
)
def test_mistaken_calls_get_a_sentence(tmp_path, call, words):
    with pytest.raises((ValueError, TypeError, CheckpointError), match=words):
        call(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_newest_stay_and_a_step_can_be_asked_for(tmp_path):
    with Checkpoints(tmp_path, keep=2) as checkpoints:
        for step in (1, 5, 30, 200):
            checkpoints.save(step, np.array(step))
    assert checkpoints.steps() == [30, 200] and checkpoints.restore()[0] == 200
    assert checkpoints.restore(step=30)[0] == 30
    with pytest.raises(CheckpointError, match=r"step must be one of 30, 200 in .*; got 5"):
        checkpoints.restore(step=5)
    with Checkpoints(tmp_path, keep=None) as every:
        for step in (201, 202, 203):
            every.save(step, np.array(step))
    assert every.steps() == [30, 200, 201, 202, 203]


def test_a_run_that_went_back_is_resumed_where_it_went_on(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    for step, run in ((10, 1), (20, 1), (30, 1), (20, 2), (25, 2)):
        checkpoints.save(step, [step, run])
    assert checkpoints.restore()[0] == [25, 2] and checkpoints.restore(step=20)[0] == [20, 2]
    assert checkpoints.steps() == [20, 25]


def test_one_checkpoint_replaces_the_one_before(tmp_path):
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(3, [3])
    assert restore(tmp_path)[0] == [3]
    for value in (1, 2):
        save(tmp_path, [value], {"value": value})
        assert restore(tmp_path) == ([value], {"value": value})
    assert checkpoints.restore()[0] == [3] and len(list(tmp_path.glob("*-saved"))) == 1


def test_a_relative_path_stays_where_it_was(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    checkpoints = Checkpoints("run/deep")
    monkeypatch.chdir("elsewhere")
    checkpoints.save(1, [1])
    assert Checkpoints(tmp_path / "run" / "deep").restore()[0] == [1]


def test_a_checkpoint_is_saved_inside_an_event_loop(tmp_path):
    async def work():
        save(tmp_path, {"a": ONES})
        return restore(tmp_path)[0]["a"]

    assert bits(asyncio.run(work())) == bits(ONES)


def test_what_is_restored_may_be_written_to(tmp_path):
    save(tmp_path, [np.ones(3), np.ones(3, jnp.bfloat16), np.ones((0, 2))])
    assert all(x.flags.writeable for x in restore(tmp_path)[0])


def test_no_function_of_pickle_is_called(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("pickle")

    tree = {
        "a": ONES,
        "key": jax.random.key(0),
        "b": Moments(1, "x"),
        **{name: np.ones(2, name) for name in NARROW},
    }
    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    save(tmp_path, tree)
    assert restore(tmp_path, tree)[0]["b"] == Moments(1, "x")


def test_without_orbax_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", None)
    with pytest.raises(
        ImportError, match=r"orbax-checkpoint is not installed; .* pip install -e '.\[train\]'"
    ):
        save(tmp_path, {"a": ONES})
    assert os.listdir(tmp_path) == [".lock"]
