"""What JAX cannot trace, or differentiate, and arguments that it does not take: one sentence each."""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import lax
from test_check_grads import X, custom, verdict

import jaxnets as jn
from microgrid.oracle import check_grads, replay

HALF, KEPT = np.float32(0.5), []


def ruled(function):
    """A function of one array with a custom_vjp that passes gradients on."""
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), None), lambda _, ct: (ct,))
    return made


def keeping(x):
    KEPT.append(x)
    return x * KEPT[0]


def unruled(x):
    return x * 2


def steep(x, factor=2.0):
    return factor * x


def failed():
    raise AssertionError


by_sign = jax.custom_jvp(jnp.sin)
by_sign.defjvp(lambda x, dx: (jnp.sin(*x), jnp.cos(*x) * jnp.where(dx[0] > 0, dx[0], dx[0] / 2)))
without = [kind(unruled) for kind in (jax.custom_vjp, jax.custom_jvp, jax.custom_batching.custom_vmap)]
round_, softmax = ruled(jnp.round), ruled(jax.nn.softmax)
HERE = rf", {re.escape(__file__)}:\d+ \(<lambda>\)\. Fix: "
UNTRACED = {
    "a function of numpy": (lambda x: np.sin(x), f"gives a traced array to numpy{HERE}jax.numpy's function"),
    "a function of math": (lambda x: math.sin(x), f"makes a Python number of a traced one{HERE}jnp.sin for"),
    "float": (lambda x: float(x) * x, f"makes a Python number of a traced one{HERE}"),
    "item": (lambda x: x.item(), f"makes a Python number of a traced one{HERE}"),
    "text": (lambda x: f"{x:.2f}", f"formats a traced number as text{HERE}jax.debug.print"),
    "a shape": (lambda x: jnp.ones(x.astype(int)) * x, "decides by a traced value in Python, .*concrete val"),
    "a mask": (lambda x: jnp.stack([x])[jnp.stack([x]) > 0], "decides by a traced value in Python, .*boolea"),
    "a static argument": (
        lambda x: jax.jit(steep, static_argnums=1)(x, x), "gives a traced array as a static argument of a ji",
    ),
    "an array that was kept": (keeping, r"goes on with a traced array that it kept from an earlier call\. F"),
    "no custom_vjp rule": (
        lambda x: without[0](x), rf"calls unruled, made by custom_vjp, which has no rule yet{HERE}unruled\.d",
    ),
    "no custom_jvp rule": (without[1], "calls unruled, made by custom_jvp, which has no rule yet. Fix: unru"),
    "no custom_vmap rule": (jax.vmap(lambda x: without[2](x[None]), axis_size=1, in_axes=None), "calls unru"),
    "an axis without a name": (
        lambda x: lax.psum(x, "rows"), rf"uses the axis 'rows' outside of what names it{HERE}jax\.vmap\(f, a",
    ),
    "defaults of a jitted function": (
        round_, r"jax\.custom_vjp gives round and its rule the default arguments too, decimals=0, out=None,",
    ),
    "defaults": (lambda x: softmax(x[None]), r"gives softmax and its rule the default arguments too, axis=-"),
}  # fmt: skip


def made(kind):
    return kind(1, 1, rngs=nnx.Rngs(0))


UNTRACED |= {
    "a layer of jaxnets that is made inside": (
        lambda x: jn.GRU(1, 1, rngs=nnx.Rngs(0))(x[None, None, None]).sum(),
        rf"makes a GRU while JAX traces it, and that needs numbers{HERE}make it before, outside of the func",
    ),
    "a layer that a function of the user makes": (
        lambda x: made(jn.LSTM)(x[None, None, None]).sum(),
        rf"makes a LSTM while JAX traces it, and .*, {re.escape(__file__)}:\d+ \(made\)\. Fix: make",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTRACED)
def test_what_cannot_be_traced_is_unsupported_with_the_cause_and_a_fix(name):
    f, words = UNTRACED[name]
    for told in (dict(), dict(sample=2)):
        report = verdict(f, HALF, **told)
        assert report.verdict == "unsupported" and "\n" not in report.refused
        assert re.search(words, report.refused) and report.refused.count("Fix: ") == 1, report.refused
    with pytest.raises(NotImplementedError, match=f"^replay: .*{words}"):
        replay(f, (HALF,))


def test_defaults_of_a_rule_are_told_where_only_its_derivative_fails():
    report = verdict(ruled(steep), HALF)
    words = (
        r"JAX does not differentiate steep: jax\.custom_vjp gives steep and its rule the default arguments "
    )
    assert re.match(words + r"too, factor=2\.0, as arrays\. Fix: jax\.custom_vjp\(lambda x: ", report.refused)


def test_defaults_are_not_blamed_for_another_choice():
    chosen = jax.custom_jvp(lambda x, factor=2.0: x if x > 0 else factor * x)
    chosen.defjvp(lambda x, dx: (chosen(*x), dx[0]))
    report = verdict(chosen, HALF)
    assert report.refused.startswith("<lambda> decides by a traced value in Python, "), report.refused


def test_an_error_of_a_rule_without_words_is_told_with_its_line():
    asserting = jax.custom_jvp(jnp.sin)
    asserting.defjvp(lambda x, dx: failed())
    report = verdict(asserting, HALF)
    assert re.search(
        r"differentiate sin: AssertionError at \S+test_tracing\.py:\d+ \(failed\)", report.refused
    )


def test_an_error_of_the_function_itself_is_raised():
    with pytest.raises(ZeroDivisionError):
        verdict(lambda x: x * (1 / 0), HALF)
    with pytest.raises(AttributeError, match="no attribute"):
        verdict(lambda x: x.no_such_thing, HALF)


@pytest.mark.parametrize("told", [dict(), dict(sample=2)])
def test_a_rule_that_decides_by_the_sign_of_a_tangent_is_told_not_to_be_linear(told):
    report = verdict(by_sign, HALF, modes="rev", **told)
    assert report.refused.startswith(
        "JAX does not differentiate sin: a custom rule is not linear in its tangents. Fix: "
    )


@pytest.mark.parametrize("told", [dict(), dict(sample=2)])
def test_a_rule_that_returns_complex_numbers_for_floats_is_told(told):
    report = verdict(custom(jnp.sin, lambda x: jnp.cos(x) + 1j), HALF, **told)
    words = "a custom rule returns complex64 for the float32 of args[0]. Fix: return float32."
    assert report.verdict == "unsupported" and words in report.refused


@pytest.mark.parametrize("told", [dict(), dict(sample=2)])
def test_a_function_that_changes_when_it_is_traced_has_no_gradient(told):
    calls = []
    report = verdict(lambda x: (calls.append(0), x * len(calls))[1], HALF, **told)
    assert report.refused.startswith("<lambda> is another function each time it is traced, ")


def test_words_beside_arrays_are_refused_everywhere():
    f = lambda x: (x, "words")  # noqa: E731
    for told in (dict(), dict(sample=2)):
        assert verdict(f, HALF, **told).refused.startswith("<lambda> returns str beside arrays, ")
    with pytest.raises(
        ValueError, match=r"replay: f must return floats, and arrays alone; got str beside them"
    ):
        replay(f, (HALF,))
    with pytest.raises(ValueError, match=r"got nothing\. Fix: return floats alone"):
        replay(lambda x: x, (None,))


def deleted():
    x = jnp.ones(3)
    x.delete()
    return x


ARGUMENTS = {
    "a deleted array": (deleted, ValueError, "args must be arrays that are there; args[1]['w'] was deleted,"),
    "a masked array": (lambda: np.ma.array(X), TypeError, "args must be arrays without a mask; args[1]['w']"),
}  # fmt: skip
if np.dtype("longdouble") != np.float64:
    ARGUMENTS["a long double"] = (
        lambda: np.longdouble(0.5),
        TypeError,
        f"args must be of types that JAX has; args[1]['w'] is {np.dtype('longdouble')}. Fix: np.float64(x).",
    )


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_that_jax_does_not_take_is_told(name):
    made, kind, words = ARGUMENTS[name]
    for caller in (check_grads, replay):
        with pytest.raises(kind, match=re.escape(f"{caller.__name__}: {words}")):
            caller(lambda x, p: x, (HALF, {"w": made()}))


def test_a_rule_with_optimize_remat_is_looked_through():
    def sine(slope):
        made = jax.custom_vjp(jnp.sin)
        made.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (ct * slope(x),), optimize_remat=True)
        return lambda x: made(x) * 2

    assert verdict(sine(jnp.cos), HALF).verdict == "ok"
    assert verdict(sine(jnp.cos), HALF, sample=2).verdict == "sampled"
    report = verdict(sine(lambda x: 1.1 * jnp.cos(x)), HALF)
    assert report.verdict == "wrong" and f"{__file__}:" in report.guilty.source


def test_what_this_machine_has_no_program_for_is_told():
    half = lambda x: lax.dot(x, x, precision="F16_F16_F32")  # noqa: E731
    report = verdict(half, np.ones(3, "float16"))
    assert report.refused.startswith(
        "JAX does not run <lambda> here: The precision 'F16_F16_F32' is not support"
    )


def my_forward(x):
    return jnp.exp(x), x


def my_backward(x, ct):
    return (ct * x,)


@pytest.mark.parametrize("told", [dict(), dict(sample=2)])
def test_the_rule_of_a_function_of_a_library_is_named_with_its_line(told):
    wrapped = jax.custom_vjp(jnp.exp)
    wrapped.defvjp(my_forward, my_backward)
    place = f"{__file__}:{my_backward.__code__.co_firstlineno}"
    report = verdict(lambda x: wrapped(x) * 2, HALF, **told)
    assert report.guilty.rule == f"exp by my_backward at {place}"
    assert f"{__file__}:" in report.guilty.source and report.guilty.source != place
    assert verdict(wrapped, HALF, **told).guilty.source == place
