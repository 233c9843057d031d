"""What is compiled to one kernel, that it computes the same, and what is left alone."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxnets import kernels
from rl.chance import drawn
from rl.functional import functional_env
from rl.rollout import begin, collect

X = np.random.default_rng(0).uniform(0.25, 0.75, (3, 8)).astype(np.float32)
WHOLE = np.arange(24, dtype=np.int32).reshape(3, 8)

FLOATS = dict(
    arithmetic=lambda x: -x + x * x - x / (1 + x),
    powers=lambda x: x**3 + jnp.power(x, 1.5) + jnp.sqrt(x) + lax.rsqrt(x) + jnp.square(x),
    exponentials=lambda x: jnp.exp(x) + jnp.exp2(x) + jnp.expm1(x) + jnp.log(x) + jnp.log1p(x),
    angles=lambda x: jnp.sin(x) + jnp.cos(x) + jnp.tan(x) + jnp.tanh(x) + jnp.arctan2(x, 1 - x),
    logistic=jax.nn.sigmoid,
    rounding=lambda x: jnp.floor(4 * x) + jnp.ceil(3 * x) + jnp.round(5 * x) + jnp.sign(x - 0.5) + 7 * x % 2,
    choices=lambda x: jnp.where((x > 0.5) & ~(x >= 0.7) | (x == 0.25), jnp.clip(x, 0.3, 0.6), jnp.abs(x)),
    extremes=lambda x: jnp.maximum(x, 0.5) - jnp.minimum(x, 0.4) + jnp.isfinite(x),
    moves=lambda x: jnp.concatenate([x[4:], x[::-1][:4]]) + jnp.pad(x, 2)[2:-2] + jnp.stack([x, x], 1).T[0],
    bits=lambda x: lax.bitcast_convert_type(lax.bitcast_convert_type(x, jnp.int32) + 1, jnp.float32),
    loop=lambda x: lax.fori_loop(0, 3, lambda i, x: x * 0.9 + i, x),
    until=lambda x: lax.while_loop(lambda x: x[0] < 9, lambda x: x * 2, x),
    branch=lambda x: lax.cond(x[0] > 0.5, jnp.sin, jnp.cos, x),
)
WHOLES = dict(
    bits=lambda n: (n << 2 | n >> 1) ^ ~n & 5,
    shifts=lambda n: lax.shift_right_logical(n, jnp.ones_like(n)) + n % 3,
)


def looped(body):
    """A scan whose body is what a test is about."""

    def loop(x):
        def step(carry, row):
            made = body(row)
            return carry + made, (made, carry * 2)

        return lax.scan(step, jnp.zeros_like(x[0]), x)

    return loop


def is_marked(function, *arguments):
    return "xla_cpu_small_call" in jax.jit(kernels.one_kernel(function)).lower(*arguments).as_text()


@pytest.mark.parametrize(
    "body, x",
    [(f, X) for f in FLOATS.values()] + [(f, WHOLE) for f in WHOLES.values()],
    ids=[*FLOATS, *WHOLES],
)
def test_one_kernel_computes_what_many_do(body, x):
    loop = looped(body)
    assert is_marked(loop, x)
    for one, many in zip(
        *(jax.tree.leaves(jax.jit(f)(x)) for f in (kernels.one_kernel(loop), loop)), strict=True
    ):
        np.testing.assert_allclose(
            one, many, rtol=1e-6, atol=1e-6
        )  # the two know different forms of exp and sin


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("shape", [(), (7,), (32, 16), (2**17,)], ids=str)
@pytest.mark.parametrize("draw", ["uniform", "normal"])
def test_draws_are_those_of_jax_to_the_bit(draw, shape, dtype):
    """Of 2**17 numbers the cipher is left as it is."""
    own, theirs = (
        jax.jit(functools.partial(getattr(room, draw), shape=shape, dtype=dtype))
        for room in (kernels, jax.random)
    )
    key = jax.random.key(3)
    np.testing.assert_array_equal(own(key), theirs(key))
    assert ("xla_cpu_small_call" in own.lower(key).as_text()) == (shape != (2**17,))


@pytest.mark.parametrize("body", FLOATS.values(), ids=FLOATS)
@pytest.mark.parametrize("size", [2**10, 2**12, 2**15, 2**16])
def test_what_is_outside_of_loops_compiles_at_every_size(body, size):
    """XLA would stop with an error where a kernel holds an operation that it shares between threads."""
    x = np.linspace(0.25, 0.75, size, dtype=np.float32)
    one, many = (jax.jit(function)(x) for function in (kernels.one_kernel(body), body))
    np.testing.assert_allclose(one, many, rtol=1e-6, atol=1e-6)


def test_random_numbers_are_the_same_bits():
    keys = jax.random.split(jax.random.key(3), (5, 8))

    def uniforms(keys):
        return lax.scan(lambda c, k: (c, jax.vmap(jax.random.uniform)(k)), 0.0, keys)[1]

    assert is_marked(uniforms, keys)
    np.testing.assert_array_equal(jax.jit(kernels.one_kernel(uniforms))(keys), jax.jit(uniforms)(keys))


@pytest.mark.parametrize(
    "body",
    [
        lambda x: jnp.ones((8, 8), x.dtype) @ x,
        lambda x: x.at[jnp.argmax(x)].set(0),
        jnp.sort,
        lambda x: jnp.fft.fft(x).real,
        lambda x: x + x.sum(),
        lambda x: x * jax.random.uniform(jax.random.key(0, impl="rbg"), (8,), x.dtype),
        lambda x: x + jax.pure_callback(np.sin, x, x),
    ],
    ids=["product", "scatter", "sort", "fft", "sum", "other random bits", "callback"],
)
def test_what_the_small_compiler_may_not_know_is_left_alone(body):
    loop = looped(body)
    assert not is_marked(loop, X)
    one, many = (jax.tree.leaves(jax.jit(f)(X)) for f in (kernels.one_kernel(loop), loop))
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b)


def test_large_arrays_keep_their_threads():
    def sines(x):
        return lax.scan(lambda x, _: (jnp.sin(x), None), x, length=3)[0]

    def doubled(x):
        return lax.while_loop(lambda x: x[0] < 1, lambda x: 2 * x, x)

    for function in (sines, doubled):
        x = jnp.full(kernels.LARGEST // 8 + 1, 0.3, jnp.float64)
        assert is_marked(function, x[1:]) and not is_marked(function, x)
        one, many = (jax.jit(f)(x[1:]) for f in (kernels.one_kernel(function), function))
        np.testing.assert_allclose(one, many, rtol=1e-6)


def test_what_is_only_handed_on_carries_no_mark():
    def loop(x, y):
        return y, looped(jnp.sin)(x)

    given = jax.jit(lambda x: kernels.one_kernel(loop)(x, x * 2)).lower(X).as_text()
    assert [line for line in given.splitlines() if "xla_cpu_small_call" in line and "call @" in line]
    assert not [line for line in given.splitlines() if "xla_cpu_small_call" in line and "multiply" in line]
    assert not is_marked(lambda x: x, X)


def test_accelerators_see_no_mark():
    lowered = jax.jit(kernels.one_kernel(looped(jnp.sin))).trace(X).lower(lowering_platforms=("cuda",))
    assert "xla_cpu_small_call" not in lowered.as_text()


def test_it_is_differentiated_and_mapped_like_any_function():
    loop = looped(FLOATS["angles"])
    one = kernels.one_kernel(loop)

    def total(f):
        return lambda x: sum(jnp.sum(leaf) for leaf in jax.tree.leaves(f(x)))

    np.testing.assert_allclose(jax.grad(total(one))(X), jax.grad(total(loop))(X), rtol=1e-6)
    stacked = np.stack([X, X + 1])
    for a, b in zip(*(jax.tree.leaves(jax.vmap(f)(stacked)) for f in (one, loop)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize(
    "name, action",
    [
        ("CartPole-v1", 1),
        ("MountainCar-v0", 2),
        ("MountainCarContinuous-v0", [0.5]),
        ("Acrobot-v1", 0),
        ("Pendulum-v1", [1.0]),
    ],
)
def test_a_walk_without_a_network_is_one_kernel(name, action):
    env, num_steps, num_envs = functional_env(name), 3, 2

    def walk(key):
        resets = drawn(
            key, dict(first=env.reset_draw((num_envs,)), reset=env.reset_draw((num_steps, num_envs)))
        )
        actions = jnp.broadcast_to(np.asarray(action, env.action_space.dtype), (num_envs, *np.shape(action)))
        running = begin(env, resets["first"])
        return collect(
            env,
            lambda *_: (actions, None),
            lambda x: x,
            running,
            (resets["reset"], None),
            jnp.zeros(num_steps),
        )

    key = jax.random.key(0)
    assert "xla_cpu_small_call" in jax.jit(walk).lower(key).as_text()
    assert np.isfinite(jax.jit(walk)(key)[1].next_obs).all()
