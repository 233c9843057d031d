"""Rules that are declared to be the truth: known by the rule itself, wherever the function is called."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from microgrid.oracle.check import check_grads
from microgrid.oracle.decorator import gradient_test

X = np.random.default_rng(0).normal(size=3).astype("float32")


def scaled(scale):
    """A gradient that is scaled on its way back, by a custom_vjp."""

    @jax.custom_vjp
    def function(x):
        return x

    function.defvjp(lambda x: (x, None), lambda _, ct: (scale * ct,))
    return function


def scaled_forwards(scale):
    """The same by a custom_jvp."""

    @jax.custom_jvp
    def function(x):
        return x

    function.defjvp(lambda primals, tangents: (function(*primals), scale * tangents[0]))
    return function


def verdict(f, *declared):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_grads(f, (X,), modes="rev", surrogate=declared, raises=False).verdict


WAYS = {
    "called": lambda f: f,
    "mapped and compiled": lambda f: jax.vmap(jax.jit(f)),
    "recomputed in a loop": lambda f: lambda x: lax.scan(jax.checkpoint(lambda c, y: (c, f(y))), 0.0, x)[1],
}


@pytest.mark.parametrize("factory", [scaled, scaled_forwards])
@pytest.mark.parametrize("way", WAYS)
def test_of_two_functions_of_one_factory_only_the_declared_one_is_the_truth(factory, way):
    one, other = factory(-1.0), factory(-2.0)

    def f(x):
        return WAYS[way](one)(jnp.sin(x)) * x

    assert verdict(f, one) == "ok"
    assert verdict(f, other) == "wrong"


def test_two_functions_of_one_factory_may_both_be_declared():
    one, other = scaled(-1.0), scaled_forwards(-2.0)
    third = scaled_forwards(3.0)
    assert verdict(lambda x: one(x) * other(x) + third(x), one, other, third) == "ok"
    assert verdict(lambda x: one(x) * other(x) + third(x), one, other) == "wrong"


def test_a_rule_that_calls_a_declared_function_is_not_declared_by_that():
    declared = scaled_forwards(-1.0)
    caller = jax.custom_jvp(jnp.sin)
    caller.defjvp(lambda primals, tangents: (caller(*primals), declared(tangents[0])))
    assert verdict(lambda x: caller(x), declared) == "wrong"


def test_a_function_without_a_rule_yet_cannot_be_declared():
    with pytest.raises(TypeError, match=r"surrogate must list functions made by jax\.custom_vjp or"):
        check_grads(jnp.sin, (X,), surrogate=[jax.custom_vjp(jnp.sin)])


def test_what_gives_functions_one_after_the_other_declares_them():
    one, other = scaled(-1.0), scaled_forwards(-2.0)

    def declared(given):
        return check_grads(lambda x: one(other(x)), (X,), modes="rev", surrogate=given).verdict

    for given in ((f for f in (one, other)), {one: "a", other: "b"}, iter([one, other])):
        assert declared(given) == "ok"
    decorated = gradient_test(modes="rev", surrogate=(f for f in [one]))(lambda: (one, (X,)))
    for _ in range(2):  # a test runs more than once
        decorated()


@pytest.mark.parametrize(
    ("given", "came"), [("relu", "'relu'"), (np.eye(2), r"array\(\[\[1., 0.\], \[0., 1.\]\]\)")]
)
def test_what_is_no_function_is_told_in_one_line(given, came):
    with pytest.raises(TypeError, match=rf"got {came}\. Fix: surrogate=\[f\]"):
        check_grads(jnp.sin, (X,), surrogate=given)


@pytest.mark.parametrize("told", [{}, dict(sample=4)])
def test_a_declared_function_that_is_not_called_is_told(told):
    one = scaled(-1.0)
    for f, expected in ((jnp.sin, True), (one, False), (lambda x: one(jnp.sin(x)), False)):
        report = check_grads(f, (X,), modes="rev", surrogate=[one], raises=False, **told)
        assert ("declared, and not called: function" in str(report)) == expected


POINT = (np.float32([0.3, 1.2]),)


def test_what_a_declared_rule_rounds_to_a_narrower_type_is_imprecise_and_no_mystery():
    def kept_short(residual, ct):
        return (ct * jnp.cos(residual.astype("float32")),)

    short = jax.custom_vjp(lambda x: jnp.sin(x))
    short.defvjp(lambda x: (jnp.sin(x), x.astype("bfloat16")), kept_short)
    made = check_grads(short, POINT, raises=False)
    assert made.verdict == "unexplained" and "rounds to bfloat16, which the function itself" in str(made)
    with pytest.warns(UserWarning, match="rounded to bfloat16"):
        assert check_grads(short, POINT, surrogate=[short]).verdict == "imprecise"
    none = jax.custom_vjp(lambda x: jnp.sin(x))
    none.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (ct * 0.99 * jnp.cos(x),))
    assert verdict(lambda x: none(short(x)), short) == "wrong"


def kept_short(scale):
    """A sine whose rule keeps its argument in bfloat16."""
    made = jax.custom_vjp(lambda x: jnp.sin(scale * x))
    made.defvjp(
        lambda x: (made(x), x.astype("bfloat16")),
        lambda x, ct: (ct * scale * jnp.cos(scale * x.astype("float32")),),
    )
    return made


short, other = kept_short(1.0), kept_short(2.0)
BESIDE = {
    "of another argument": lambda x: short(x[0]) + other(x[1]),
    "of the same argument": lambda x: short(x) + other(x),
    "with the same residual": lambda x: short(x) + kept_short(1.0)(x),
    "inside": lambda x: short(other(x)),
    "in a loop": lambda x: lax.map(jax.checkpoint(lambda y: short(y) * jax.jit(other)(y)), x),
}


@pytest.mark.parametrize("f", BESIDE.values(), ids=BESIDE)
def test_a_declared_rule_that_rounds_excuses_no_other_one(f):
    made = check_grads(f, POINT, modes="rev", surrogate=[short], raises=False)
    assert made.verdict == "unexplained" and "rounds to bfloat16, which the function itself" in str(made)


@pytest.mark.parametrize("way", WAYS)
def test_what_a_declared_rule_rounds_is_known_wherever_it_is_called(way):
    f = lambda x: WAYS[way](short)(x) * WAYS[way](other)(jnp.sin(x))  # noqa: E731
    with pytest.warns(UserWarning, match="rounded to bfloat16"):
        assert check_grads(f, POINT, modes="rev", surrogate=[short, other]).verdict == "imprecise"
    assert check_grads(f, POINT, modes="rev", surrogate=[other], raises=False).verdict == "unexplained"


def test_a_declared_rule_of_forward_mode_may_round_too():
    made = jax.custom_jvp(lambda n, x: (n, jnp.sin(x)))

    def rule(primals, tangents):
        n, x = primals
        slope = (tangents[1].astype("bfloat16") * jnp.cos(x).astype("bfloat16")).astype("float32")
        return made(n, x), (np.zeros((), jax.dtypes.float0), slope)

    made.defjvp(rule)
    f = lambda x: made(3, x)[1]  # noqa: E731
    assert check_grads(f, POINT, raises=False).verdict == "unexplained"
    with pytest.warns(UserWarning, match="rounded to bfloat16"):
        assert check_grads(f, POINT, surrogate=[made]).verdict == "imprecise"


def test_what_loses_nothing_needs_no_declaration():
    f = BESIDE["of the same argument"]
    made = check_grads(f, (np.float32([0.5, 1.25]),), modes="rev", surrogate=[short], raises=False)
    assert made.verdict == "ok"
