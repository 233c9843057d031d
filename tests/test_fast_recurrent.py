"""LSTM and GRU in the order that a CPU runs fast, against loops that say the formulas step by step."""

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax
from mpmath import mp

from jaxnets.activations import sigmoid, tanh
from jaxnets.fast import gru as gru_module, lstm as lstm_module
from jaxnets.fast.gru import gru
from jaxnets.fast.lstm import lstm

KINDS = ["lstm", "gru", "gru, reset before"]
FEWER = ["lstm", "gru", pytest.param("gru, reset before", marks=pytest.mark.slow)]
SHAPES = [(3, 5, 2, 4), (1, 4, 3, 2), (2, 1, 3, 3), (2, 3, 1, 1), (7, 6, 5, 3)]  # batch, time, in, hidden
UNITS = 64  # of rounding of the largest gradient of an array; the sums behind it have up to 40 terms


def fast(kind, weights, inputs, carry, mask=None, reverse=False):
    if kind == "lstm":
        return lstm(inputs, *weights[:3], carry, mask, reverse)
    h, outputs = gru(inputs, *weights, carry[1], mask, reverse, reset_after=kind == "gru")
    return (h,), outputs


def plain(kind, weights, inputs, carry, mask=None, reverse=False):
    """Step by step in Python, with nothing but the formulas."""
    kernel, recurrent, bias, recurrent_bias = weights
    width, (c, h), outputs = len(recurrent), carry, {}
    times = range(inputs.shape[1])
    for t in reversed(times) if reverse else times:
        x = inputs[:, t] @ kernel + bias[None]
        if kind == "lstm":
            i, f, g, o = jnp.split(x + h @ recurrent, 4, axis=1)
            new_c = sigmoid(f) * c + sigmoid(i) * tanh(g)
            new_h = sigmoid(o) * tanh(new_c)
        else:
            u = h @ recurrent + recurrent_bias[None]
            r, z = (sigmoid((x + u)[:, k * width : (k + 1) * width]) for k in range(2))
            if kind == "gru":
                candidate = r * u[:, 2 * width :]
            else:
                candidate = (r * h) @ recurrent[:, 2 * width :] + recurrent_bias[None, 2 * width :]
            new_c, new_h = c, (1 - z) * tanh(x[:, 2 * width :] + candidate) + z * h
        if mask is not None:
            new_c, new_h = (jnp.where(mask[:, t, None] != 0, *pair) for pair in ((new_c, c), (new_h, h)))
        c, h = new_c, new_h
        outputs[t] = h
    stacked = jnp.stack([outputs[t] for t in times], axis=1)
    return ((c, h) if kind == "lstm" else (h,)), stacked


def draw(kind, shape, dtype=jnp.float64, seed=0):
    batch, time, features, hidden = shape
    rng = np.random.default_rng(seed)
    columns = hidden * (4 if kind == "lstm" else 3)
    weights = [(features, columns), (hidden, columns), (columns,), (columns,)]
    arrays = [weights, (batch, time, features), [(batch, hidden)] * 2]

    def normal(size):
        return jnp.asarray(rng.standard_normal(size), dtype)

    return jax.tree.map(normal, arrays, is_leaf=lambda x: isinstance(x, tuple))


def contracted(function, kind, mask=None, reverse=False):
    """All results in one number, each with a weight of its own."""

    def total(arguments):
        results = jax.tree.leaves(function(kind, *arguments, mask, reverse))
        return sum(jnp.sum(r * jnp.cos(1 + jnp.arange(r.size)).reshape(r.shape)) for r in results)

    return total


def assert_close(got, right, units=UNITS, dtype=jnp.float64):
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(right), strict=True):
        one, other = np.asarray(one, float), np.asarray(other, float)
        bound = units * float(jnp.finfo(dtype).eps) * np.max(np.abs(other))
        assert np.max(np.abs(one - other)) <= bound


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", [0, 4, *(pytest.param(case, marks=pytest.mark.slow) for case in (1, 2, 3))])
def test_values_and_gradients_are_those_of_the_formulas(kind, case):
    shape, masked, reverse = SHAPES[case], case in (0, 3, 4), case in (1, 4)
    arguments = draw(kind, shape)
    mask = jnp.asarray(np.random.default_rng(1).integers(0, 2, shape[:2])) if masked else None

    def results(function):
        slopes = jax.grad(contracted(function, kind, mask, reverse))
        return jax.jit(lambda a: (function(kind, *a, mask, reverse), slopes(a)))(arguments)

    assert_close(results(fast), results(plain))


@pytest.mark.parametrize("kind", FEWER)
def test_the_loop_of_other_platforms_says_the_same(kind):
    weights, inputs, carry = draw(kind, SHAPES[0])
    mask = jnp.array([[1, 1, 0, 1, 0]] * 3) != 0
    steps = jnp.moveaxis(inputs, 1, 0), weights, carry[-1:], mask.T[:, :, None]
    if kind == "lstm":
        last, outputs = lstm_module._plain(steps[0], weights[:3], carry, steps[3])
    else:
        last, outputs = gru_module._plain(*steps, reset_after=kind == "gru")
    assert_close((tuple(last), jnp.moveaxis(outputs, 0, 1)), plain(kind, weights, inputs, carry, mask))


@pytest.mark.parametrize("kind", KINDS)
def test_a_masked_step_repeats_the_carry_and_passes_no_gradient_to_its_inputs(kind):
    weights, inputs, carry = draw(kind, (2, 4, 3, 2))
    mask = jnp.array([[1, 0, 1, 0], [0, 0, 0, 0]])
    (*_, h), outputs = fast(kind, weights, inputs, carry, mask)
    assert (outputs[0, 1] == outputs[0, 0]).all() and (outputs[0, 3] == outputs[0, 2]).all()
    assert (outputs[1] == carry[1][1][None]).all() and (h == outputs[:, -1]).all()
    slopes = jax.grad(lambda x: contracted(fast, kind, mask)((weights, x, carry)))(inputs)
    assert ((slopes != 0).any(axis=2) == (mask != 0)).all()
    spoilt = jnp.where(mask[:, :, None] != 0, inputs, jnp.nan)
    assert (fast(kind, weights, spoilt, carry, mask)[1] == outputs).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_forward_mode_and_second_order_agree_with_the_formulas(kind):
    arguments = draw(kind, (2, 3, 2, 2))
    direction = draw(kind, (2, 3, 2, 2), seed=1)

    def slopes(function):
        once = contracted(function, kind)
        return [jax.jvp(f, (arguments,), (direction,)) for f in (once, jax.grad(once))]

    assert_close(*(jax.jit(lambda f=f: slopes(f))() for f in (fast, plain)), 4 * UNITS)


@pytest.mark.parametrize("kind", FEWER)
def test_vmap_over_nets_is_one_net_after_the_other(kind):
    nets = [draw(kind, (2, 3, 2, 2), seed=seed) for seed in range(3)]
    gradient = jax.jit(jax.grad(contracted(fast, kind)))
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *nets)
    right = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(gradient, nets))
    assert_close(jax.jit(jax.vmap(jax.grad(contracted(fast, kind))))(stacked), right)


@pytest.mark.parametrize("kind", FEWER)
def test_float32_loses_no_more_than_its_own_rounding(kind):
    arguments = draw(kind, SHAPES[0], jnp.float32)
    wide = jax.tree.map(lambda x: x.astype(jnp.float64), arguments)
    got = jax.jit(jax.grad(contracted(fast, kind)))(arguments)
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(got))
    assert_close(got, jax.grad(contracted(plain, kind))(wide), dtype=jnp.float32)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FEWER)
def test_bfloat16_is_computed_in_32_bits_and_rounded_once(kind):
    arguments = draw(kind, SHAPES[0], jnp.bfloat16)
    wide = jax.tree.map(lambda x: x.astype(jnp.float32), arguments)
    got, right = fast(kind, *arguments), fast(kind, *wide)
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(right), strict=True):
        assert one.dtype == jnp.bfloat16 and (one == other.astype(jnp.bfloat16)).all()
    got, right = (jax.grad(contracted(fast, kind))(a) for a in (arguments, wide))
    assert_close(got, right, 8, jnp.bfloat16)


def test_slopes_of_saturated_gates_keep_their_digits_in_64_bits():
    """One unit, one step: d h / d bias of each gate, against 400 digits."""
    c, one = 0.6, jnp.ones((1, 1))

    @jax.jit
    @jax.grad
    def slopes(bias):
        return lstm(one[None], jnp.zeros((1, 4)), jnp.ones((1, 4)), bias, (c * one, 0 * one))[1][0, 0, 0]

    def formula(i, f, g, o):
        i, f, o = (1 / (1 + mp.exp(-x)) for x in (i, f, o))
        return o * mp.tanh(f * mp.mpf(c) + i * mp.tanh(g))

    for gate in range(4):
        for x in (3.0, 20.0, 45.0, -45.0, 300.0, -300.0):
            bias = [0.5, -0.25, 0.75, 0.3]
            bias[gate] = x
            with mp.workdps(400):
                order = tuple(int(k == gate) for k in range(4))
                exact = float(mp.diff(formula, tuple(map(mp.mpf, bias)), order))
            got = float(slopes(jnp.array(bias))[gate])
            assert got != 0 and abs(got / exact - 1) < 32 * 2.0**-52, (gate, x)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FEWER)
def test_a_training_step_lowers_for_cpu_and_accelerators(kind):
    arguments = draw(kind, SHAPES[0], jnp.float32)
    mask = jnp.ones(SHAPES[0][:2])
    step = jax.jit(jax.value_and_grad(contracted(fast, kind, mask)))
    assert export.export(step, platforms=["cpu", "cuda", "tpu"])(arguments).platforms == (
        "cpu",
        "cuda",
        "tpu",
    )
    text = {name: export.export(step, platforms=[name])(arguments).mlir_module() for name in ("cpu", "cuda")}
    assert "optimization_barrier" in text["cpu"] and "optimization_barrier" not in text["cuda"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_training_inside_a_compiled_loop_goes_the_way_of_the_formulas(kind):
    arguments = draw(kind, SHAPES[0])

    def trained(function):
        def step(arguments, _):
            slopes = jax.grad(contracted(function, kind))(arguments)
            return jax.tree.map(lambda w, g: w - 0.01 * g, arguments, slopes), None

        return jax.jit(lambda: lax.scan(step, arguments, length=5)[0])()

    assert_close(trained(fast), trained(plain))


def test_two_devices_sum_up_to_the_gradient_of_the_whole_batch():
    code = """
import sys
sys.path.insert(0, "tests")
import jax
jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec as P
from test_fast_recurrent import assert_close, draw, fast

for kind in ("lstm", "gru"):
    weights, inputs, carry = draw(kind, (4, 3, 2, 3))
    gradient = jax.grad(lambda w, x, c: jnp.mean(jnp.sin(fast(kind, w, x, c)[1])))
    halves = jax.shard_map(
        lambda *arguments: lax.pmean(gradient(*arguments), "devices"),
        mesh=Mesh(np.array(jax.devices()), ("devices",)),
        in_specs=(P(), P("devices"), P("devices")),
        out_specs=P(),
        check_vma=False,
    )
    assert_close(jax.jit(halves)(weights, inputs, carry), jax.jit(gradient)(weights, inputs, carry))
print("equal on", len(jax.devices()))
"""
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=120)
    assert done.stdout.strip() == "equal on 2", done.stderr
