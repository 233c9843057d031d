"""check_grads: rules that are right in part, and functions whose right gradients look wrong."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.experimental.ode import odeint

from microgrid.oracle import check_grads

ZERO, HALF = np.float32(0), np.float32(0.5)
TENTH = np.float32(0.3)


def report(f, *args, **told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_grads(f, args, raises=False, **told)


def by_vjp(function, backward):
    made = jax.custom_vjp(function)
    made.defvjp(lambda *x: (function(*x), x), backward)
    return made


def by_jvp(function, forward):
    made = jax.custom_jvp(function)
    made.defjvp(lambda x, dx: (made(*x), forward(x[0], dx[0])))
    return made


def square(forward):
    return by_jvp(lambda x: x * x, forward)


def first_of_two(x):
    return lax.top_k(jnp.stack([x, 0 * x]), 1)[0][0]


def where_largest(x):
    both = jnp.stack([x, jnp.zeros_like(x)])
    return both[jnp.argmax(both)]


def entered(x):
    return lax.while_loop(lambda s: (s[0] > 0) & (s[1] < 1), lambda s: (s[0], s[1] + 1, s[0]), (x, 0, 0 * x))[
        2
    ]


def of_both_signs(relu):
    """x, which has slope 1 at 0, of a function that is relu."""
    return lambda x: relu(x) - relu(-x)


def another_value():
    made = jax.custom_vjp(jnp.sin)
    made.defvjp(lambda x: (jnp.sin(x) + 1, x), lambda x, ct: (jnp.cos(x) * ct,))
    return made


def normal_pdf():
    @jax.custom_jvp
    def normal_pdf(x):
        return 1e-9 * x

    def density(x):
        return -x * jnp.exp(-(x**2) / 2) / float(np.sqrt(2 * np.pi))

    normal_pdf.defjvp(lambda x, dx: (normal_pdf(*x), density(x[0]) * dx[0]))
    return normal_pdf


TWICE = by_vjp(jnp.sin, lambda x, ct: (2 * jnp.cos(x[0]) * ct,))
NOT_TWICE = by_jvp(jnp.sin, lambda x, dx: 0.3 * dx)
WRONG = {
    "its second derivative is another one": (square(lambda x, dx: x * dx), (ZERO,), dict(order=2)),
    "it is not linear, and has no transpose": (square(lambda x, dx: 2 * x * abs(dx)), (HALF,), {}),
    "it is quadratic": (square(lambda x, dx: 2 * x * dx * dx), (np.float32(1.5),), {}),
    "beside a kink": (lambda x: TWICE(x) + jnp.where(x * 3 > TENTH * 3, 5 * x, -5 * x), (TENTH,), {}),
    "at a kink of another term": (lambda x: abs(x) + NOT_TWICE(x), (ZERO,), {}),
    "its name is that of another function": (normal_pdf(), (np.float32(7),), {}),
    "the value is another one": (another_value(), (HALF,), dict(modes="rev")),
    "a choice by top_k": (of_both_signs(first_of_two), (ZERO,), {}),
    "a choice by argmax": (of_both_signs(where_largest), (ZERO,), {}),
    "a loop that is entered or not": (of_both_signs(entered), (ZERO,), dict(modes="fwd")),
    "towards the other infinity": (
        lambda x: by_vjp(lambda x: x * 1, lambda x, ct: (-ct,))(jnp.sqrt(x)), (ZERO,), dict(modes="rev"),
    ),
    "finite where the slope is not": (by_vjp(jnp.sqrt, lambda x, ct: (7 * ct,)), (ZERO,), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_rule_that_is_wrong_in_part_is_wrong(name):
    f, args, told = WRONG[name]
    assert report(f, *args, **told).verdict == "wrong"


SPECTRUM = jnp.linalg.eigvalsh
RIGHT = {
    "the trace by eigenvalues": (lambda a: jnp.sum(SPECTRUM(a)), (np.eye(3, dtype="float32"),), "ok"),
    "the determinant by eigenvalues": (
        lambda a: jnp.sum(jnp.log(SPECTRUM(a))), (2 * np.eye(2, dtype="float32"),), "ok",
    ),
    "the nuclear norm": (
        lambda a: jnp.sum(jnp.linalg.svd(a, compute_uv=False)), (np.eye(3, dtype="float32"),), "ok",
    ),
    "squares of a spectrum": (lambda x: jnp.abs(jnp.fft.fft(x)) ** 2, (np.ones(4, "float32"),), "ok"),
    "a masked softmax": (
        lambda x: jax.nn.softmax(jnp.where(np.tri(3) > 0, x, -1e9)), (np.zeros((3, 3), "float32"),), "ok",
    ),
    "dead units": (
        lambda k, x: jnp.sum(jax.nn.relu(jax.nn.relu(x @ k) @ k)), (np.zeros((4, 4)), np.ones((2, 4))), "ok",
    ),
    "the size of a complex 0": (jnp.abs, (np.complex64(0),), "kink"),
    "top_k of equals": (lambda x: lax.top_k(jnp.stack([x, -x]), 1)[0], (ZERO,), "kink"),
    "one_hot of equals": (
        lambda x: jnp.sum(jax.nn.one_hot(jnp.argmax(x), 3) * x), (np.array([1, 1, 0], "float32"),), "kink",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_gradient_at_a_hard_point_is_not_wrong(name):
    f, args, verdict = RIGHT[name]
    assert report(f, *args).verdict == verdict


def test_kinks_that_float64_cannot_open_are_looked_at_in_balls():
    made = report(jax.nn.relu, np.zeros(2, "float32"), engine="float64")
    assert made.verdict == "kink" and "float64 only" not in str(made)


@pytest.mark.slow
def test_an_ill_conditioned_program_is_run_with_more_digits():
    f = lambda y: odeint(lambda y, t: -y, y, jnp.linspace(0.0, 1.0, 3)).sum()  # noqa: E731
    made = report(f, np.array([0.5]), modes="rev")
    leaf = made.leaves[0]
    assert (
        made.verdict == "wrong" and abs(leaf.value - float(leaf.truth)) < 1e-7
    )  # an adjoint equation's error
    triple = by_vjp(lambda x: x * 1, lambda x, ct: (3 * ct,))
    assert report(lambda y: triple(f(y)), np.array([0.5]), modes="rev").verdict == "wrong"


def bits_through(loop):
    def f(x):
        return lax.bitcast_convert_type(loop(lax.bitcast_convert_type(x, jnp.int32)), jnp.float32)

    return f


def in_a_scan(bits):
    return lax.scan(lambda c, z: (c, z + (1 << 23)), 0, bits)[1]


def in_a_loop(bits):
    def one(bits, n):
        return lax.while_loop(lambda s: s[0] < n, lambda s: (s[0] + 1, s[1] + (1 << 23)), (0, bits))[1]

    return jax.vmap(one)(bits, jnp.array([1, 2]))


@pytest.mark.parametrize("loop", [in_a_scan, in_a_loop])
def test_bits_of_floats_are_followed_through_loops(loop):
    assert report(bits_through(loop), np.array([1.3, 2.0], "float32")).verdict == "unsupported"


class Closed:
    def __init__(self):
        self.kernel = np.ones(2)


def whole_cotangent():
    return by_vjp(lambda x: 2 * x, lambda x, ct: (jnp.int32(2),))


def silent():
    def backward(x, ct):
        raise NotImplementedError

    return by_vjp(lambda x: 2 * x, backward)


def drawn():
    draw = np.random.default_rng(0)
    return lambda x: jnp.sum(jnp.tanh(x) * draw.random(8))


UNSUPPORTED = {
    "no pytree": (
        lambda p, x: p.kernel * x,
        (Closed(), HALF),
        "inside args[0], a Closed, which is no pytree",
    ),
    "an array of objects": (lambda p, x: p[0] * x, (np.array([2.0], object), HALF), "which is no pytree"),
    "whole cotangents": (
        whole_cotangent(),
        (HALF,),
        "a custom rule returns int32 for the float32 of args[0]",
    ),
    "an error without words": (silent(), (HALF,), "NotImplementedError"),
    "words among the results": (lambda x: (x, "words"), (HALF,), "returns str beside arrays"),
    "words alone": (lambda x: x, ("words",), "no float argument to differentiate: args[0] is str"),
    "a shape without numbers": (
        jnp.sin,
        (jax.ShapeDtypeStruct((3,), jnp.float32),),
        "args[0] is a ShapeDtypeStruct, float32[3] without numbers. Fix: an array of numbers, jnp.ones(",
    ),
    "chance at each trace": (drawn(), (np.ones(8, "float32"),), "another function each time it is traced"),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_cannot_be_judged_is_unsupported(name):
    f, args, words = UNSUPPORTED[name]
    made = report(f, *args)
    assert made.verdict == "unsupported" and words in made.refused


def test_a_check_inside_jit_is_told_so():
    with pytest.raises(
        TypeError, match=r"args\[0\] is traced by jit, vmap or grad. Fix: call check_grads outside"
    ):
        jax.jit(lambda x: check_grads(jnp.sin, (x,)).verdict)(0.5)


@pytest.mark.parametrize("transform", [jax.jit, jax.grad])
def test_a_check_of_what_is_traced_around_it_is_told_so(transform):
    said = []

    @transform
    def around(x):
        said.append(report(lambda y: x * y, HALF).refused)
        return x

    around(0.5)
    assert "is checked inside of jit, vmap or grad" in said[0] and "Fix: call check_grads outside" in said[0]


def test_raises_is_true_or_false():
    with pytest.raises(TypeError, match="check_grads: raises must be True or False; got 'no'"):
        check_grads(jnp.sin, (0.5,), raises="no")


@pytest.mark.parametrize(
    "told", [dict(modes=5), dict(modes=[[]]), dict(engine=[]), dict(order=True), dict(seed=True)]
)
def test_a_mistaken_call_is_told_in_one_sentence(told):
    (name,) = told
    with pytest.raises(ValueError, match=f"check_grads: {name} must be .*; got "):
        check_grads(jnp.sin, (0.5,), **told)


def test_flags_of_jax_and_numpy_do_not_change_a_verdict():
    with jax.debug_nans(True), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_grads(jnp.std, (np.ones(3),), raises=False).verdict == "nonfinite"


def test_the_number_of_a_loss_is_that_of_jax_grad_and_its_place_is_told():
    def loss(p):
        return jnp.sum(jnp.sin(p["w"]) * p["b"])

    p = dict(w=np.arange(6.0, dtype="float32").reshape(2, 3), b=np.float32(3))
    made, slopes = report(loss, p, modes="rev", order=2), jax.grad(loss)(p)
    b, w, *second = made.leaves
    assert b.value == float(slopes["b"]) and w.value == float(slopes["w"].ravel()[w.at])
    assert f"args[0]['w'] at {[w.at // 3, w.at % 3]} (rev)" in str(made) and "args[0]['b'] (rev)" in str(made)
    assert [leaf.path for leaf in second] == ["args[0]['b']", "args[0]['w']"]


def test_a_rule_is_named_with_its_place_and_the_line_that_calls_it():
    made = report(lambda x: TWICE(x) + 1, HALF)
    assert (
        made.guilty.rule.startswith("sin by <lambda> at ") and "test_subtle_rules.py:" in made.guilty.source
    )
    assert "inside JAX" not in str(report(lambda x: jnp.linalg.norm(jnp.sin(x)), np.zeros(3)).guilty)


def rounded(x, dtype):
    return x.astype(dtype).astype(jnp.float32)


def test_a_rule_may_not_round_to_a_narrower_type_than_its_function_does():
    narrow = by_vjp(jnp.exp, lambda x, ct: (rounded(ct * jnp.exp(x[0]), jnp.bfloat16),))
    assert report(narrow, TENTH).verdict == "unexplained"
    mixed = report(lambda x: rounded(jnp.exp(rounded(x, jnp.bfloat16)), jnp.bfloat16), TENTH)
    assert mixed.verdict == "ok" and "computes in a type narrower than float32" in str(mixed)
    lost = report(lambda x: rounded(1 + jnp.exp(rounded(x, jnp.bfloat16)), jnp.bfloat16) - 2, TENTH / 64)
    assert lost.verdict == "ok"  # the slope of it is exp(x) rounded


def test_reduced_precision_is_a_rounding():
    made = report(lambda x: jnp.exp(lax.reduce_precision(x, 8, 7)), TENTH)
    assert made.verdict == "ok" and "computes in a type narrower than float32" in str(made)
