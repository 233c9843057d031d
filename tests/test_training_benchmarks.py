"""The training benchmarks: the gradient by hand is right, and who goes another way is not timed."""

import importlib.util

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from benchmarks.training import workloads
from benchmarks.training.cnn import reference
from benchmarks.training.race import Race, disagreement, summary


def by_lax(w, inputs, labels):
    x = inputs
    for layer in ("conv1", "conv2"):
        numbers = ("NHWC", "HWIO", "NHWC")
        x = lax.conv_general_dilated(x, w[f"{layer}.kernel"], (1, 1), "SAME", dimension_numbers=numbers)
        x = jax.nn.relu(x + w[f"{layer}.bias"].reshape(1, 1, 1, -1))
        x = lax.reduce_window(x, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    scores = x.reshape(len(x), -1) @ w["dense.kernel"] + w["dense.bias"].reshape(1, -1)
    return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(len(labels)), labels])


def test_the_reference_of_the_cnn_is_its_gradient():
    weights, batches = workloads.load("cnn").arrays()
    weights = {name: w.astype(float) for name, w in weights.items()}
    inputs, labels = batches["inputs"][0][:3].astype(float), batches["labels"][0][:3]
    loss, gradient = reference.step(weights, inputs, labels)
    right_loss, right = jax.jit(jax.value_and_grad(by_lax))(weights, inputs, labels)
    np.testing.assert_allclose(loss, right_loss, rtol=1e-12)
    for name in weights:
        np.testing.assert_allclose(
            gradient[name], right[name], rtol=0, atol=1e-12 * np.abs(right[name]).max()
        )


@pytest.mark.parametrize("name", workloads.PACKAGES)
def test_every_engine_of_a_workload_is_there(name):
    workload = workloads.load(name)
    assert workloads.REFERENCE in workload.engines and workload.flops > 0
    for place in workload.engines.values():
        module = f"benchmarks.training.{workloads.PACKAGES[name]}.{place.split(':')[0]}"
        assert importlib.util.find_spec(module), module


def test_an_engine_that_goes_another_way_is_not_timed():
    start, truth = {"w": [0.0, 0.0]}, dict(losses=[1.0, 0.5], weights={"w": [1.0, 2.0]})
    assert disagreement(truth, truth, start) is None
    assert disagreement(dict(losses=[1.0, 0.6], weights={"w": [1.0, 2.0]}), truth, start) == (
        "loss 1 is 0.6 and must be 0.5"
    )
    assert disagreement(dict(losses=[1.0, 0.5], weights={"w": [1.0, np.nan]}), truth, start) == (
        "w moved wrongly by nan of its largest movement"
    )


def test_a_summary_holds_times_against_torch_and_the_peak():
    workload = workloads.Workload("", None, 2e9, 0.1, {})
    facts = {label: dict(version="", first=1.0) for label in ("ours", "torch")}
    race = Race(workload, facts, {"ours": [0.02, 0.04], "torch": [0.04, 0.06]}, [0.005, 0.006], ["keras: no"])
    assert "| ours | 20.0 / 30.0 | 2.00 / 1.67 | 50% | 1.00 |" in summary(race)
    assert "keras: no" in summary(race) and "200 GFLOP/s" in summary(race)
