"""check_grads of what devices do together, of ragged products, of bits and of probabilities of 0."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.sharding import AbstractMesh, AxisType, Mesh, PartitionSpec
from test_check_grads import TABLE, X, custom, verdict

ONE = Mesh(np.array(jax.devices()[:1]), "i")
SPLIT, EVERYWHERE = PartitionSpec("i"), PartitionSpec()


def on(mesh, f, out=SPLIT):
    return jax.shard_map(f, mesh=mesh, in_specs=SPLIT, out_specs=out)


MAPPED = {
    "sum": lambda row: lax.psum(row * row, "i") * row,
    "mean": lambda row: row - lax.pmean(row, "i"),
    "gathered": lambda row: lax.all_gather(row, "i") * row[0],
    "scattered": lambda row: lax.psum_scatter(row * row, "i"),
    "passed on": lambda row: lax.ppermute(row * row, "i", [(0, 1), (1, 2), (2, 0)]),
    "a count and a place": lambda row: row * lax.psum(1, "i") * lax.axis_index("i"),
}
SHARDED = {
    "sum": (lambda x: lax.psum(x * x, "i"), EVERYWHERE),
    "mean": (lambda x: lax.pmean(x * x, "i") * x, SPLIT),
    "gathered": (lambda x: lax.all_gather(x * x, "i"), PartitionSpec(None, "i")),
    "scattered": (lambda x: lax.psum_scatter(x * x, "i", tiled=True), SPLIT),
    "to all": (lambda x: lax.all_to_all(jnp.stack([x * x]), "i", 0, 0, tiled=True)[0], SPLIT),
    "passed on": (lambda x: lax.ppermute(x * x, "i", [(0, 0)]) + lax.ppermute(x, "i", []), SPLIT),
    "a count and a place": (lambda x: jnp.sin(x) * lax.psum(1, "i") + x * lax.axis_index("i"), SPLIT),
}


@pytest.mark.parametrize("name", MAPPED)
def test_a_collective_over_an_axis_of_arrays_is_ok(name):
    assert verdict(jax.vmap(MAPPED[name], axis_name="i"), TABLE[:, :3], modes="rev").verdict == "ok"


@pytest.mark.parametrize("name", SHARDED)
def test_a_collective_on_one_device_is_ok(name):
    assert verdict(on(ONE, *SHARDED[name]), X, modes="rev").verdict == "ok"


def test_a_wrong_rule_inside_shard_map_is_wrong():
    wrong = custom(jnp.sin, lambda x: jnp.cos(x) * 1.001)
    report = verdict(on(ONE, lambda x: lax.psum(wrong(x), "i"), EVERYWHERE), X)
    assert report.verdict == "wrong" and report.guilty.primitive == "shard_map"


def test_several_devices_are_unsupported():
    two = AbstractMesh((2,), ("i",), axis_types=(AxisType.Auto,))
    report = verdict(on(two, lambda x: lax.psum(jnp.sin(x), "i"), EVERYWHERE), X[:4])
    assert report.refused.startswith("replay follows shard_map on one device, not on 2 (")


@pytest.mark.parametrize("sample", [None, 5])
def test_a_declared_rule_inside_shard_map_is_told_where_it_is_taken(sample):
    rule = custom(lambda x: jnp.round(x), jnp.ones_like)
    f, modes = on(ONE, lambda x: rule(x) ** 2), "rev"
    report = verdict(f, X, surrogate=[rule], sample=sample, modes=modes)
    assert report.verdict == "unsupported"
    assert report.refused.startswith("replay takes a declared rule outside of shard_map only (")
    assert verdict(lambda x: rule(x) ** 2, X, surrogate=[rule], sample=sample, modes=modes).verdict in (
        "ok",
        "sampled",
    )


def test_the_largest_over_an_axis_has_no_gradient_in_jax():
    report = verdict(jax.vmap(lambda row: lax.pmax(row, "i"), axis_name="i"), TABLE)
    assert "Differentiation rule for 'pmax' not implemented" in report.refused


SIZES, ROWED = np.array([1, 0, 3], np.int32), np.array([[1, 0, 3], [2, 2, 1]], np.int32)


def ragged(sizes, contracted, batch=((), ()), along=0, groups=()):
    told = lax.RaggedDotDimensionNumbers((contracted, batch), [along], list(groups))
    return lambda x, w: lax.ragged_dot_general(x, w, sizes, told)


def table(*shape):
    return np.random.default_rng(list(shape)).normal(size=shape).astype("float32")


RAGGED = {
    "rows": (lambda x, w: lax.ragged_dot(x, w, SIZES), table(5, 3), table(3, 3, 2)),
    "rows of each batch": (ragged(ROWED, ((2,), (2,)), ((0,), (1,)), 1, [0]),
                           table(2, 5, 3), table(3, 2, 3, 2)),
    "columns, the groups in the middle": (ragged(SIZES, ((0,), (0,)), along=1, groups=[1]),
                                          table(3, 5), table(3, 3, 2)),
    "what is summed up": (ragged(SIZES, ((0,), (0,))), table(5, 3), table(5, 2)),
    "batches": (ragged(SIZES[:1], ((2,), (1,)), ((0,), (0,))), table(1, 4, 3), table(1, 3, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", RAGGED)
def test_a_ragged_product_is_ok(name):
    f, *args = RAGGED[name]
    modes = "rev" if name.startswith(("rows", "columns")) else "fwd"  # JAX transposes no other
    assert verdict(f, *args, modes=modes).verdict == "ok"


def test_powers_of_two_are_taken_out_and_put_back():
    numbers = np.array([0.75, -3.0, 40.0], np.float32)
    assert verdict(lambda x: jnp.frexp(x)[0] ** 2, numbers).verdict == "ok"
    assert verdict(lambda x: jnp.ldexp(x * x, np.array([1, -2, 3])), numbers).verdict == "ok"


def test_bits_are_never_taken_for_numbers_without_slopes():
    def doubled(x):
        return lax.bitcast_convert_type(lax.bitcast_convert_type(x, jnp.int32) + (1 << 23), jnp.float32)

    assert verdict(doubled, X).verdict == "unsupported"


def test_a_probability_of_0_has_an_infinite_logarithm_that_softmax_forgets():
    def masked(x):
        return jax.nn.log_softmax(x + jnp.log(np.array([1.0, 0.0, 1.0, 1.0, 0.0], np.float32)))[::2][:2]

    assert verdict(masked, X).verdict == "ok"
    report = verdict(
        lambda x: jnp.exp(jnp.log(x * np.array([1.0, 0.0], np.float32))), X[:2] ** 2, modes="fwd"
    )
    assert report.verdict == "nonfinite" and report.guilty.primitive == "log"


def test_a_bound_that_the_first_order_cannot_give_accuses_nobody():
    assert verdict(lambda beta: jnp.kaiser(5, beta), 0.7).verdict == "ok"
