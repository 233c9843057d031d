"""Several devices share a batch, and the result is that of one device, but for the order of sums."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jaxnets import sharding

ROOT = Path(__file__).parent.parent
TRAINED = """
import json, sys
import numpy as np
import jax
import jaxnets as jn
from flax import nnx

count = int(sys.argv[1])
jn.use_cpu_devices(count)
jax.config.update("jax_enable_x64", True)
draw = np.random.default_rng(0)
x = draw.normal(size=(101, 6))
y = (x[:, :3].sum(axis=1) > 0).astype(int)
normalization = nnx.BatchNorm(16, param_dtype="float64", rngs=nnx.Rngs(0))
layers = [jn.Linear(6, 16), normalization, jn.relu, jn.Dropout(0.3), jn.Linear(16, 2), jn.softmax]
net = jn.NeuralNet(layers, seed=0, dtype="float64")
net.compile(jn.momentum(1e-2), "categorical_cross_entropy", metrics=["accuracy"])
options = dict(batch_size=32, validation_split=0.2, verbose=0, devices=count)

def smaller(net, epoch, logs):  # a callback that changes the weights in the middle
    net.params = jax.tree.map(lambda a: a * 0.9, net.params)

history = net.fit(x, y, epochs=4, callbacks=[smaller], **options, sample_weight=np.linspace(0.5, 2, 101))
leaves = jax.tree.leaves((net.params, nnx.state(normalization, nnx.BatchStat)))
print(json.dumps(dict(
    weights=[w for leaf in leaves for w in np.ravel(leaf).tolist()],
    history=history.history,
    evaluated=net.evaluate(x, y),
    devices=sorted({str(d) for leaf in leaves for d in leaf.devices()}),
    seen=len(jax.devices()),
)))
"""
SENTENCES = """
import jax
import jaxnets as jn

jn.use_cpu_devices(2)
net = jn.NeuralNet([jn.Linear(1, 1)], seed=0)
net.compile(jn.adam(1e-2), "mean_squared_error")
told, before = [], jax.device_count()
for wrong in (
    lambda: jn.use_cpu_devices(1),
    lambda: jn.use_cpu_devices(True),
    lambda: net.fit([[1.0]] * 4, [[1.0]] * 4, devices=3),
    lambda: net.fit([[1.0]] * 4, [[1.0]] * 4, devices=0),
    lambda: net.fit([[1.0]] * 8, [[1.0]] * 8, devices=2, batch_size=3),
    lambda: net.fit([[1.0]] * 7, [[1.0]] * 7, devices=2, batch_size=None),
    lambda: net.fit([[1.0]] * 197, [[1.0]] * 197, devices=2, batch_size=None),
    lambda: net.fit([[1.0]], [[1.0]], devices=2),
):
    try:
        wrong()
    except (RuntimeError, ValueError) as error:
        print(error)
assert jax.device_count() == before == 2
"""
MESHES = """
import jax
import jax.numpy as jnp
import numpy as np
import jaxnets as jn
from flax import nnx
from jax.sharding import AxisType, NamedSharding, PartitionSpec as P

jn.use_cpu_devices(2)
rngs = nnx.Rngs(0)
recurrent = [jn.LSTM(2, 3, rngs=rngs), jn.GRU(2, 3, rngs=rngs), jn.RNN(2, 3, rngs=rngs)]
pools = [jn.MaxPool((3,), strides=1, padding="SAME")]
x = jax.random.normal(jax.random.key(0), (4, 5, 2))
mask = jnp.arange(5)[None] < jnp.array([[5], [3], [2], [4]])
manual = jax.make_mesh((2,), ("batch",), axis_types=(AxisType.Auto,))
explicit = jax.make_mesh((2,), ("batch",))

def slopes_of(layer, *mask):
    graph, params, rest = nnx.split(layer, nnx.Param, ...)
    def loss(params, x, *mask):
        return jnp.sum(jnp.sin(nnx.merge(graph, params, rest)(x, **dict(zip(("mask",), mask)))))
    return jax.grad(loss, (0, 1)), params

def close(one, other):
    assert all(jax.tree.leaves(jax.tree.map(lambda a, b: np.allclose(a, b, atol=1e-5), one, other)))

for layer in recurrent + pools:
    given = (x, mask) if layer in recurrent else (x,)
    slopes, params = slopes_of(layer)
    expected = jax.jit(slopes)(params, *given)
    specs = P(), *[P("batch")] * len(given)
    shared = jax.shard_map(slopes, mesh=manual, in_specs=specs, out_specs=(P(), P("batch")))
    close(jax.jit(shared)(params, *given), expected)
    laid = jax.device_put(given, NamedSharding(explicit, P("batch")))
    close(jax.jit(slopes)(params, *laid), expected)
    assert jax.eval_shape(layer, laid[0]).sharding.spec[0] == "batch"
    try:
        jax.eval_shape(jax.shard_map(layer, mesh=manual, in_specs=P("batch"), out_specs=P()), x)
    except ValueError as error:
        assert "could not infer replication" in str(error)
    else:
        raise AssertionError(layer)
laid = jax.device_put(x, NamedSharding(explicit, P("batch")))
close(recurrent[0](laid), recurrent[0](x))
with jax.set_mesh(explicit):
    close(recurrent[0](laid), recurrent[0](x))
print("done")
"""
PICTURES = """
import jax
import jax.numpy as jnp
import numpy as np
import jaxnets as jn
from jaxnets import compiler, sharding

jn.use_cpu_devices(2)
devices = sharding.Devices("fit", 2)
x = np.random.default_rng(0).normal(size=(4, 6, 6, 1)).astype("f")
k = np.random.default_rng(1).normal(size=(3, 3, 1, 2)).astype("f")

def pooled(x, k):
    return jn.max_pool(jn.relu(jn.correlate(x, k, padding="SAME")), (2, 2))

def shared(x, k):
    with devices.known():
        return pooled(devices.split(x), k)

compiled = compiler.jit(shared).lower(*devices.replicate((x, k))).compile()
text = compiled.as_text()
print([name for name in ("all-reduce", "all-gather", "collective-permute", "all-to-all") if name in text])
np.testing.assert_allclose(compiled(*devices.replicate((x, k))), pooled(x, k), atol=1e-5)
"""


def run(code, *arguments):
    """What a fresh process prints; devices can only be chosen before JAX has started."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained():
    """A net with batch statistics, dropout, sample weights and a short last batch, on one and on two."""
    return [json.loads(run(TRAINED, count)) for count in ("1", "2")]


def test_two_devices_give_the_weights_and_statistics_of_one(trained):
    one, two = trained
    assert (one["seen"], two["seen"]) == (1, 2)
    assert max(abs(a - b) for a, b in zip(one["weights"], two["weights"], strict=True)) < 1e-12


def test_two_devices_report_the_history_of_one(trained):
    one, two = trained
    for name, values in one["history"].items():
        assert two["history"][name] == pytest.approx(values, rel=1e-10)
    assert two["evaluated"] == pytest.approx(one["evaluated"], rel=1e-10)


def test_weights_end_on_the_first_device(trained):
    assert trained[1]["devices"] == trained[0]["devices"] and len(trained[1]["devices"]) == 1


def test_what_cannot_be_shared_is_refused_in_a_sentence():
    fix = " Fix: jaxnets.use_cpu_devices(3) before the first JAX call." if (os.cpu_count() or 1) >= 3 else ""
    assert run(SENTENCES).splitlines() == [
        "use_cpu_devices: it must come before the first JAX call; JAX runs already, with 2 CPU device(s). "
        "Fix: call it right after the imports.",
        "use_cpu_devices: count must be a whole number >= 1; got True.",
        "fit: devices must be at most 2, as many as JAX has; got 3." + fix,
        "fit: devices must be a whole number >= 1; got 0.",
        "fit: batch_size must be a multiple of devices; got 3 examples a step for 2 devices. "
        "Fix: batch_size=2.",
        "fit: batch_size must be a multiple of devices; got 7 examples a step for 2 devices. "
        "Fix: leave 1 of them out.",
        "fit: batch_size must be a multiple of devices; got 197 examples a step for 2 devices. "
        "Fix: leave 1 of them out, or batch_size=64.",
        "fit: batch_size must be a multiple of devices; got 1 examples a step for 2 devices. Fix: devices=1.",
    ]


def test_more_devices_than_cores_are_refused_without_a_fix_that_cannot_work():
    with pytest.raises(
        ValueError, match=r"^fit: devices must be at most \d+, as many as JAX has; got 1000+\.$"
    ):
        sharding.Devices("fit", 10**30)


def test_layers_work_inside_shard_map_and_on_meshes_with_explicit_axes():
    assert run(MESHES).splitlines() == ["done"]


def test_devices_convolve_and_pool_their_pictures_without_a_word_to_each_other():
    assert run(PICTURES).strip() == "[]"
