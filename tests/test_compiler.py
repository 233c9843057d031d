"""The options that training is compiled with: known to this XLA, harmless where they are not."""

import jax
import jax.numpy as jnp
import pytest

from jaxnets import compiler


@pytest.fixture
def fresh():
    compiler._known.cache_clear()
    yield
    compiler._known.cache_clear()


@pytest.mark.skipif(jax.__version_info__ >= (0, 11), reason="another XLA may have other options")
def test_xla_knows_every_option():
    assert compiler._known() == compiler.WIDE | compiler.EIGEN


def test_an_option_that_xla_does_not_have_is_left_out(monkeypatch, fresh):
    monkeypatch.setattr(compiler, "EIGEN", {"xla_cpu_of_another_version": True})
    seen = []

    def double(x):
        seen.append(compiler.convolves_by_eigen())
        return 2 * x

    assert compiler.jit(double)(3.0) == 6.0
    assert seen == [False]
    assert compiler._known() == compiler.WIDE


def test_tracing_knows_who_convolves_and_forgets_it():
    seen = []

    def double(x):
        seen.append(compiler.convolves_by_eigen())
        return 2 * x

    compiler.jit(double)(jnp.ones(3))
    jax.jit(double)(jnp.ones(3))
    assert seen == [compiler.EIGEN.keys() <= compiler._known().keys(), False]


def test_a_function_that_fails_is_forgotten_too():
    def fail(x):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        compiler.jit(fail)(1.0)
    assert not compiler.convolves_by_eigen()


def test_convolutions_leave_ynnpack_and_products_stay():
    def both(images, kernel):
        numbers = ("NHWC", "HWIO", "NHWC")
        outputs = jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=numbers)
        return outputs.reshape(-1, 64) @ jnp.ones((64, 50), jnp.float32)

    if compiler.EIGEN.keys() - compiler._known().keys():
        pytest.skip("this XLA convolves as it likes")
    arrays = jnp.ones((32, 14, 14, 32), jnp.float32), jnp.ones((3, 3, 32, 64), jnp.float32)
    text = compiler.jit(both).lower(*arrays).compile().as_text()
    assert "ynn_fusion" in text
    (entry,) = [part for part in text.split("\n\n") if part.startswith("ENTRY")]
    assert " convolution(" in entry and " dot(" not in entry


@pytest.mark.parametrize("rows, split", [(32, False), (128, True), (1024, False)])
def test_products_that_only_eigen_splits_between_cores_go_there_where_they_are_most_of_the_work(rows, split):
    def products(x, kernel):
        return jax.lax.scan(lambda x, _: (jnp.tanh(x @ kernel), None), x, length=3)[0] @ jnp.ones((128, 2))

    if compiler.EIGEN.keys() - compiler._known().keys():
        pytest.skip("this XLA multiplies as it likes")
    arrays = jnp.ones((rows, 128), jnp.float32), jnp.ones((128, 128), jnp.float32)
    text = compiler.jit(products).lower(*arrays).compile().as_text()
    assert ("ynn_fusion" not in text) == split


def test_the_work_of_a_loop_counts_as_often_as_it_runs():
    def products(x):
        return jax.lax.scan(lambda x, _: (jax.jit(jnp.dot)(x, x), None), x, length=3)[0] @ jnp.ones((4, 2))

    jaxpr = jax.make_jaxpr(products)(jnp.ones((4, 4))).jaxpr
    assert sorted(compiler._products(jaxpr)) == [(32, 1), (64, 3)]


def test_on_an_accelerator_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    seen = []
    compiler.jit(lambda x: seen.append(compiler.convolves_by_eigen()) or x)(1.0)
    assert seen == [False]
