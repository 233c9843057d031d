"""check_grads(sample=): what is looked at in models too large to replay, and what is found there."""

import math
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.experimental import pallas as pl
from jax.extend.core import Primitive
from jax.interpreters import ad, mlir

from microgrid.oracle import check_grads
from microgrid.oracle.sampled import chain
from microgrid.oracle.sampled.findings import Findings
from microgrid.oracle.sampled.tally import Tally, share_found

ROOT = Path(__file__).parents[2]
draw = np.random.default_rng(0)


def normal(*shape):
    return draw.normal(size=shape).astype("float32")


def report(f, *args, sample=16, **told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_grads(f, args, sample=sample, raises=False, **told)


def custom(function, slope):
    """A function of one array with a custom_vjp of its own: slope(x) for every number."""
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), x), lambda x, ct: (ct * slope(x),))
    return made


def line_of(mark):
    """Where this file says so, "test_sample.py:line "."""
    lines = Path(__file__).read_text().splitlines()
    return f"test_sample.py:{1 + next(i for i, text in enumerate(lines) if text.endswith(mark))} "


X, IMAGES, TOKENS = normal(30, 20), normal(4, 12, 12, 3), normal(2, 24, 16)
LAYERS = [(normal(20, 40), normal(1, 40)), (normal(40, 10), normal(1, 10))]
CONVOLVED = (normal(3, 3, 3, 8), normal(3, 3, 4, 16))


def mlp(layers, x):
    for kernel, bias in layers:
        x = jnp.tanh(x @ kernel + bias)
    return -jnp.mean(jax.nn.log_softmax(x)[:, 0])


def cnn(kernels, x):
    x = lax.conv_general_dilated(x, kernels[0], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    x = jax.nn.relu(
        (x - x.mean((0, 1, 2), keepdims=True)) * lax.rsqrt(x.var((0, 1, 2), keepdims=True) + 1e-5)
    )
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return jnp.sum(
        lax.conv_general_dilated(
            x, kernels[1], (2, 2), "VALID", rhs_dilation=(2, 1), feature_group_count=2,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        ) ** 2
    )  # fmt: skip


@jax.jit
def attention(weights, x):
    q, k, v = jnp.split(x @ weights, 3, axis=-1)
    scores = jnp.einsum("btd,bsd->bts", q, k) / 4
    seen = jnp.tril(jnp.ones((24, 24), bool))[None]
    return jnp.sum(jnp.einsum("bts,bsd->btd", jax.nn.softmax(jnp.where(seen, scores, -jnp.inf)), v) ** 2)


def recurrent(weights, x):
    def step(carry, row):
        carry = jnp.tanh(carry @ weights + row)
        return carry, carry[:, 0]

    return jnp.sum(jax.checkpoint(lambda x: lax.scan(step, jnp.zeros((2, 16)), x)[1])(jnp.swapaxes(x, 0, 1)))


NETS = {
    "a perceptron": (mlp, LAYERS, X),
    "a convolution network": (cnn, CONVOLVED, IMAGES),
    "attention": (attention, normal(16, 48), TOKENS),
    "recurrence, recomputed": (recurrent, normal(16, 16).astype(float), TOKENS.astype(float)),
    "a branch": (lambda x: jnp.sum(lax.cond(x[0, 0] > 0, jnp.sin, jnp.cos, x) * x), X),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_a_right_gradient_is_sampled(name):
    f, *args = NETS[name]
    made = report(f, *args)
    assert made.verdict == "sampled", made
    assert {leaf.mode for leaf in made.leaves} == {"fwd", "rev"}
    assert 0 < made.tally.coordinates < made.tally.of and made.tally.slope < 1e-4
    assert str(made.tally) in str(made)


RIGHT_SIN = custom(jnp.sin, jnp.cos)
BAD_SIN = custom(jnp.sin, lambda x: jnp.cos(x) * (1 + 1e-6))
SOMETIMES = jnp.where(jnp.arange(600).reshape(30, 20) % 20 == 7, 1.001, 1.0)
RARE = custom(jnp.sin, lambda x: jnp.cos(x) * SOMETIMES.astype(x.dtype))


@jax.custom_jvp
def bad_softplus(x):
    return jnp.log1p(jnp.exp(x))


bad_softplus.defjvp(lambda p, t: (bad_softplus(*p), t[0] * jax.nn.sigmoid(p[0]) * 0.999))


@jax.custom_vjp
def bad_softmax(x):
    return jax.nn.softmax(x)


bad_softmax.defvjp(
    lambda x: (jax.nn.softmax(x),) * 2,
    lambda y, ct: (y * (ct - jnp.mean(y * ct, -1, keepdims=True)),),  # the mean, and not the sum
)


@jax.custom_vjp
def clipped(x):
    return x


clipped.defvjp(lambda x: (x, None), lambda _, ct: (jnp.clip(ct, -100, 100),))


@jax.custom_vjp
def another_value(x):
    return jnp.sin(x)


another_value.defvjp(lambda x: (jnp.sin(x) * 1.001, x), lambda x, ct: (ct * jnp.cos(x),))

twice = Primitive("twice")
twice.def_impl(lambda x: x * 2)
twice.def_abstract_eval(lambda x: x)
mlir.register_lowering(twice, mlir.lower_fun(lambda x: x * 2, multiple_results=False))
ad.deflinear2(twice, lambda ct, x: [ct * 2.5])


def scanned(function):
    def f(x):
        def step(carry, row):
            return function(carry + row), row  # the guilty step

        return lax.scan(step, jnp.zeros(20, x.dtype), x)[0]

    return f


WRONG = {
    "a thousandth of a percent": (lambda x: jnp.sum(BAD_SIN(x * 2) ** 2), "# a thousandth"),  # a thousandth
    "one coordinate of twenty": (lambda x: jnp.sum(RARE(x * 2)), "# one coordinate"),  # one coordinate
    "a custom_jvp": (lambda x: bad_softplus(x), "# a custom_jvp"),  # a custom_jvp
    "a rule for rows": (lambda x: bad_softmax(x), "# rows"),  # rows
    "a primitive": (lambda x: twice.bind(jnp.cos(x)), "# a primitive"),  # a primitive
    "at its own cotangents": (lambda x: jnp.sum(clipped(x) * 300), "# the cotangents"),  # the cotangents
    "in a loop": (scanned(BAD_SIN), "# the guilty step"),
    "in a branch": (lambda x: lax.cond(x[0, 0] < 9, lambda y: BAD_SIN(y), jnp.cos, x), "# branch"),  # branch
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_found_and_its_line_named(name):
    f, mark = WRONG[name]
    made = report(f, X, sample=200, modes="rev")
    assert made.verdict == "wrong", made
    assert line_of(mark) in made.guilty.source, made
    assert f"guilty: {made.guilty.primitive} " in str(made) and " of float32[" in str(made)


def test_the_value_of_a_rule_must_be_that_of_its_function():
    made = report(lambda x: jnp.sum(another_value(x)), X)
    assert made.verdict == "unexplained" and "value of its rule" in str(made)


@pytest.mark.parametrize(("n", "share"), [(20, 0.05), (90, 0.05)])
def test_a_wrong_share_is_found_as_often_as_it_is_said(n, share):
    """The chance that n coordinates of N meet none of m wrong ones is C(N - m, n) / C(N, n)."""
    size, seeds = 2000, 25
    wrong = np.ones(size, "float32")
    wrong[draw.permutation(size)[: int(share * size)]] = 1.01
    rule = custom(jnp.sin, lambda x: jnp.cos(x) * wrong)
    x = normal(size)
    found = sum(report(rule, x, sample=n, seed=k, modes="rev").verdict == "wrong" for k in range(seeds))
    m = int(share * size)
    chance = 1 - math.comb(size - m, n) / math.comb(size, n)
    assert abs(found - seeds * chance) <= 3.5 * math.sqrt(seeds * chance * (1 - chance)) + 1
    if share >= share_found(n):
        assert chance >= 0.99 and found >= seeds - 2


def test_an_error_of_the_size_that_is_told_is_found_and_one_far_below_is_not():
    right = report(lambda x: RIGHT_SIN(x) @ LAYERS[0][0], X)
    size = right.tally.slope
    assert 0 < size < 1e-5
    for error, verdict in ((4 * size, "wrong"), (size / 1e12, "sampled")):
        kernel = LAYERS[0][0].astype(float)
        rule = custom(jnp.sin, lambda x, e=error: jnp.cos(x) + jnp.asarray(e, x.dtype))
        made = report(lambda x, rule=rule, kernel=kernel: rule(x) @ kernel, X.astype(float), modes="rev")
        assert made.verdict == verdict


def test_what_is_counted_was_looked_at():
    tally = report(lambda x: jnp.sum(jnp.tanh(x)), X, sample=10).tally
    assert (tally.equations, tally.coordinates, tally.of) == (2, 11, 601)
    assert tally.share == share_found(10)
    assert report(lambda x: jnp.sum(jnp.tanh(x)), X, sample=600).tally.share == 0
    start = jnp.ones(20, "float32")
    tally = report(lambda x: lax.scan(lambda c, row: (c * jnp.sin(row), None), start, x)[0], X).tally
    assert (tally.equations, tally.coordinates, tally.of) == (2, 32, 1200)


def test_what_is_nan_and_masked_is_not_counted():
    def masked(x):
        return jnp.sum(jnp.where(x > 0, jnp.log(x), 1))

    half = abs(X) * np.where(np.arange(20) < 10, 1, -1)[None].astype("float32")
    tally = report(masked, half).tally
    assert (tally.equations, tally.of) == (3, 600 + 300 + 1)
    made = report(masked, -abs(X))
    assert made.tally.equations == 2 and "not looked at, as no finite derivative is asked for: log" in str(
        made
    )


def test_what_cannot_be_looked_at_is_unsupported():
    made = report(lambda x: jnp.sum(jnp.abs(jnp.fft.fft(x))), normal(2**15), sample=2)
    assert made.verdict == "unsupported" and "one number that fft makes depends on too many" in str(made)
    made = report(lambda x: jnp.frexp(x)[0], X)
    assert made.verdict == "unsupported" and "cannot follow floats through their bits" in str(made)
    made = report(lambda x: jnp.log(-x), abs(X))
    assert made.verdict == "unsupported" and "is nan at args: log makes it" in str(made)
    assert "no float array that has a gradient" in report(lambda x: jnp.argmax(x), X).refused


def test_equal_eigenvalues_are_unsupported():
    made = report(lambda x: jnp.linalg.eigvalsh(jnp.diag(x)), np.ones(3, "float32"))
    assert made.verdict == "unsupported" and "Fix: check without sample=" in str(made)
    made = report(lambda a: jnp.linalg.eigh(a)[1], np.eye(2, dtype="float32"))
    assert made.verdict == "unsupported"
    made = report(
        lambda a: jnp.linalg.eigvalsh(a).sum(), np.diag([1.0, 1.0, 2.0])
    )  # the trace, whose slope is 1
    assert made.verdict == "unsupported" and made.guilty is None
    assert {leaf.verdict for leaf in made.leaves} == {"sampled"} and "not looked at: eigh" in str(made), made


def test_what_was_not_looked_at_is_named():
    def call(x):
        return pl.pallas_call(lambda x, y: y.__setitem__(..., jnp.sin(x[...])), x, interpret=True)(x)

    made = report(custom(call, jnp.cos), np.ones(2, "float32"))
    assert made.verdict == "unsupported" and "\n  not looked at: custom_vjp_call\n" in str(made), made
    made = report(lambda x: jnp.fft.fft(jnp.sin(x)).real * 2, normal(2**15), sample=2)
    assert "coordinates" in str(made) and "; not looked at: fft, real, mul" in str(made)


def test_values_that_rounding_may_move_as_far_as_they_are_large_are_not_counted():
    made = report(lambda x: jnp.exp(1e9 + x - 1e9) * 2, np.ones(3, "float32"), modes="rev")
    told = "not checked, as too little is known of them: the values of "
    assert made.tally.value < 1 and (told in str(made)) == any(made.tally.open.values()), made
    tally = Tally()
    tally.add("sin", 3, 3, Findings(slope=1e-9, value=1e-6))
    assert str(tally).endswith("of 1e-09 of the largest slope or 1e-06 of the largest value")
    tally.add("exp", 3, 3, Findings(slope=1e-57, value=3e30))
    assert str(tally).endswith(f"or 1e-06 of the largest value; {told}exp")


def test_nan_behind_a_mask_is_nonfinite():
    def masked(x):
        return jnp.sum(jnp.where(x > 0, jnp.sqrt(x), 0.0))  # the guilty root

    made = report(masked, jnp.maximum(X, 0))
    assert made.verdict == "nonfinite" and made.guilty.primitive == "sqrt"
    assert line_of("# the guilty root") in made.guilty.source
    made = report(lambda x: masked(jnp.where(x > 0, x, 1.0)), jnp.maximum(X, 0))
    assert made.verdict == "sampled"


def test_a_loop_of_unknown_length_is_looked_at_forwards():
    def loop(x):
        return lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, jnp.sin(c[1])), (0, x))[1]

    made = report(loop, X)
    assert made.verdict == "sampled" and "no reverse mode: Reverse-mode" in str(made)
    assert made.tally.of == 3 * 600


def test_a_declared_rule_is_the_truth_and_not_counted():
    f = lambda x: jnp.sum(jnp.sin(clipped(x) * 300))  # noqa: E731
    assert report(f, X, sample=99, modes="rev").verdict == "wrong"
    made = report(f, X, modes="rev", surrogate=[clipped])
    assert made.verdict == "sampled" and made.tally.equations == 3
    assert "taken as the truth, as declared: the rule of clipped" in str(made)
    assert report(lambda x: x * lax.stop_gradient(x), X).verdict == "sampled"


def test_the_second_order_is_looked_at_too():
    cube = custom(lambda x: x**3, custom(lambda x: 3 * x * x, lambda x: 5 * x))
    assert report(cube, X, modes="rev").verdict == "sampled"
    assert report(cube, X, modes="rev", order=2).verdict == "wrong"
    made = report(lambda x: jnp.sum(jnp.tanh(x) ** 3), X, order=2)
    assert made.verdict == "sampled" and "second order, rev" in str(made)


def test_the_line_of_an_argument_shows_an_entry_of_the_gradient_of_a_loss():
    loss = lambda x: jnp.sum(jnp.tanh(x) ** 2)  # noqa: E731
    made = report(loss, X, modes="rev")
    (leaf,) = made.leaves
    assert leaf.value == pytest.approx(float(jax.grad(loss)(X).reshape(-1)[leaf.at]), rel=1e-4)
    assert leaf.place == f"args[0] at {leaf.index} (rev)"
    assert leaf.index == str([leaf.at // 20, leaf.at % 20]) and float(leaf.truth) == pytest.approx(
        leaf.value, rel=1e-4
    )
    wrong = custom(jnp.tanh, lambda x: 1 - x * x)
    assert "custom_vjp_call by itself, input 0 (rev)" in str(
        report(lambda x: jnp.sum(wrong(x)), X, modes="rev")
    )


def test_a_whole_that_its_parts_do_not_make_is_unexplained(monkeypatch):
    right = chain.backward
    monkeypatch.setattr(chain, "backward", lambda *args, **told: [2 * x for x in right(*args, **told)])
    assert report(mlp, LAYERS, X, modes="rev").verdict == "unexplained"


def test_digits_that_rounding_took_are_told():
    """Eager and compiled, the whole and its equations round differently, and half of the digits differ."""

    def lossy(x):
        return jnp.sum((jnp.exp(x) + 1e6) ** 2 - jnp.exp(x) ** 2 - 2e6 * jnp.exp(x))

    made = report(lossy, X, modes="rev")
    assert made.verdict == "imprecise" and made.leaves[0].lost > 4, made


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        (dict(sample=0), ValueError, "sample must be at least 1; got 0. Fix: sample=32."),
        (dict(sample=2.5), TypeError, "sample must be a whole number; got 2.5. Fix: sample=32."),
        (dict(sample=True), TypeError, "sample must be a whole number; got True."),
        (dict(sample=3, engine="float64"), ValueError, "sample= takes no engine; got 'float64'."),
    ],
)
def test_mistakes_in_the_call_are_told(told, kind, words):
    with pytest.raises(kind, match=words):
        check_grads(jnp.sin, (0.5,), **told)


@pytest.mark.slow
def test_the_loss_of_a_gpt_2_small_takes_less_than_two_minutes_and_16_gib():
    """In a process of its own, for its memory; in time of two processors, as others may be at work."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.oracle.gpt"], capture_output=True, text=True, cwd=ROOT, timeout=3600
    )
    assert done.returncode == 0, done.stderr
    verdict, _, spent, memory = done.stdout.split()
    assert verdict == "sampled" and float(spent) < 2 * 120 and float(memory) < 16
