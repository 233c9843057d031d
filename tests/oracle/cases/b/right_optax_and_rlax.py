"""Right: Optax, rlax, distrax, equinox."""

import jax.numpy as jnp
import numpy as np

from tests.oracle.cases import exact
from tests.oracle.cases.case import array, normal, right
from tests.oracle.cases.exact import mp


def _moments(g1, g2):
    """The second step of Adam."""
    b1, b2 = mp.mpf("0.9"), mp.mpf("0.999")
    m = (b1 * (1 - b1) * g1 + (1 - b1) * g2) / (1 - b1**2)
    v = (b2 * (1 - b2) * g1**2 + (1 - b2) * g2**2) / (1 - b2**2)
    return m / (exact.sqrt(v) + mp.mpf("1e-8"))


@right(kind="optax", roundings=3000, proof=_moments)
def second_adam_step_as_a_function_of_both_gradients():
    """m_hat/(sqrt v_hat + eps); 1 - 0.999^2 costs three digits in float32."""
    import optax

    opt = optax.scale_by_adam()

    def f(g1, g2):
        s = opt.init(jnp.zeros_like(g1))
        return opt.update(g2, opt.update(g1, s)[1])[0]

    return f, (array([0.5, -1.5]), array([1.0, 0.25]))


@right(kind="optax", proof=lambda g1, g2: -(g2 + (g2 + g1 * mp.mpf("0.5")) / 2) / 8 - 0 * g1)
def sgd_with_momentum_over_two_steps():
    """Linear in both gradients."""
    import optax

    opt = optax.sgd(0.125, momentum=0.5, nesterov=True)

    def f(g1, g2):
        s = opt.init(jnp.zeros_like(g1))
        return opt.update(g2, opt.update(g1, s)[1])[0]

    return f, (array([0.5, -1.5]), array([1.0, 0.25]))


@right(
    kind="optax",
    roundings=100,
    proof=lambda g: [
        g["a"] / exact.norm(np.append(g["a"], g["b"])),
        g["b"] / exact.norm(np.append(g["a"], g["b"])),
    ],
)
def update_clipped_by_its_global_norm():
    """Above the threshold the update is g/|g|, a projection."""
    import optax

    opt = optax.clip_by_global_norm(1.0)
    return lambda g: opt.update(g, opt.init(g))[0], ({"a": array([3.0, -1.0]), "b": array([2.0])},)


@right(kind="optax", roundings=100, proof=lambda g: g / exact.sqrt(g**2 / 8 + mp.mpf("0.015625")))
def root_mean_square_scaling():
    """A smooth sign function of the gradient."""
    import optax

    opt = optax.scale_by_rms(decay=0.875, eps=0.015625)
    return lambda g: opt.update(g, opt.init(jnp.zeros_like(g)))[0], (array([0.5, -0.0625]),)


@right(kind="optax", roundings=60, proof=lambda x, y: exact.softplus(x) - x * y)
def binary_cross_entropy_of_logits_far_out():
    """sigmoid(x) - y."""
    import optax

    return optax.sigmoid_binary_cross_entropy, (array([80.0, -80.0, 0.5]), array([1.0, 0.0, 0.25]))


@right(kind="optax", roundings=100, proof=lambda x, y: (x @ y) / exact.norm(x) / exact.norm(y))
def cosine_similarity():
    """The projection of y/|y| off x, over |x|."""
    import optax

    return optax.cosine_similarity, (array([1.0, -2.0, 0.5]), array([0.25, 1.0, 2.0]))


@right(
    kind="rlax", needs="rlax", proof=lambda v, w: (mp.mpf(0.5) + mp.mpf("0.875") * mp.mpf(2) - v) ** 2 + 0 * w
)
def temporal_difference_with_a_stopped_target():
    """The bootstrap value is held fixed by default: its slope is zero."""
    import rlax

    return lambda v, w: rlax.td_learning(v, 0.5, 0.875, w) ** 2, (array(1.25), array(2.0))


@right(
    kind="rlax", needs="rlax", proof=lambda a, b: (mp.mpf(1) + mp.mpf("0.5") * 2 - a[1]) ** 2 + 0 * np.sum(b)
)
def q_learning_error():
    """Only the chosen action has a slope; the greedy target is stopped."""
    import rlax

    def f(a, b):
        return rlax.q_learning(a, 1, 1.0, 0.5, b) ** 2

    return f, (array([0.5, -0.25, 1.0]), array([2.0, 1.0, 0.0]))


def numbers(*xs):
    """Numbers in 80 digits."""
    """Numbers as mpmath arrays."""
    return np.array([mp.mpf(x) for x in xs])


@right(
    kind="rlax",
    roundings=60,
    needs="rlax",
    proof=lambda z: exact.mean(
        -exact.log_softmax(z)[np.arange(2), np.array([2, 0])] * numbers("0.5", "-1.5")
    ),
)
def policy_gradient_with_a_stopped_advantage():
    """-(one hot - softmax) advantage/n; the advantage is held fixed."""
    import rlax

    def f(z):
        return rlax.policy_gradient_loss(z, array(np.array([2, 0])), array([0.5, -1.5]), jnp.ones(2))

    return f, (array(normal(2, 3, seed=1)),)


def _lam(r, v):
    """Lambda returns, backwards in time."""
    g, out = v[-1], []
    for t in reversed(range(4)):
        g = r[t] + mp.mpf("0.875") * (v[t] / 2 + g / 2)
        out.append(g)
    return np.array(out[::-1])


@right(kind="rlax", roundings=60, needs="rlax", proof=lambda r, v: _lam(r, v))
def lambda_returns():
    """A linear recurrence backwards in time."""
    import rlax

    return lambda r, v: rlax.lambda_returns(r, jnp.full(4, 0.875), v, 0.5), (
        array(normal(4, seed=2)),
        array(normal(4, seed=3)),
    )


@right(
    kind="distrax",
    roundings=60,
    needs="distrax",
    proof=lambda m, s, x: -(((x - m) / s) ** 2) / 2 - exact.log(s) - mp.log(2 * mp.pi) / 2,
)
def distrax_normal_log_density():
    """Score of the normal."""
    import distrax

    return lambda m, s, x: distrax.Normal(m, s).log_prob(x), (array(0.5), array(0.125), array([0.75, -1.0]))


@right(kind="equinox", roundings=300, needs="equinox", proof=lambda x: exact.normalise(x, eps="1e-5"))
def equinox_layer_norm():
    """The layer-norm Jacobian."""
    import equinox as eqx

    return eqx.nn.LayerNorm(4), (array(normal(4, seed=4)),)
