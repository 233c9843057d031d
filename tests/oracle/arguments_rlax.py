"""Arguments for the functions of rlax."""

import jax.numpy as jnp
import numpy as np

from tests.oracle.arrays import KEY, MASK, SIGNED, A, B, M, N, U, V, X, Y, Z, grid, of, via

Q, OTHER_Q, THIRD_Q = (grid(3, 4, seed=seed) for seed in (40, 41, 42))
VALUES, OTHER_VALUES, REWARDS = (grid(3, seed=seed) for seed in (43, 44, 45))
DISCOUNTS = grid(3, low=0.5, high=0.95, seed=46)
RATIOS = grid(3, low=0.4, high=1.9, seed=47)  # of importance; one is clipped at 1, or more
ACTIONS, OTHER_ACTIONS = np.array([1, 3, 0], np.int32), np.array([2, 0, 3], np.int32)
POLICY, BEHAVIOUR = (np.exp(q) / np.exp(q).sum(1, keepdims=True) for q in (Q, OTHER_Q))
BEHAVIOUR = BEHAVIOUR[np.arange(3), OTHER_ACTIONS]  # the probabilities of the actions taken
STEP = (Q[0], ACTIONS[0], grid(seed=48), grid(seed=49))  # q, a, r and discount of one step
REWARD, DISCOUNT = STEP[2:]
VALUE, OTHER_VALUE = grid(seed=50), grid(seed=51)
ATOMS, OTHER_ATOMS = np.sort(grid(4, seed=52)), np.sort(grid(4, low=0.15, high=0.8, seed=53))
LOGITS, OTHER_LOGITS = grid(2, 4, seed=54), grid(2, 4, seed=55)  # of four atoms, for each of two actions
QUANTILES, OTHER_QUANTILES = grid(4, 2, seed=56), grid(4, 2, low=-1, seed=57)  # four, of two actions
TAU = np.array([0.2, 0.4, 0.6, 0.8], np.float32)
SPREAD = U + np.float32(1)
ACTION = np.int32(1)
SELECTOR = grid(2, seed=58)
NEAR = (np.array(0.02, np.float32), np.array(0.95, np.float32))  # reward and discount that every atom meets
CATEGORICAL = (ATOMS, LOGITS, ACTION, *NEAR, OTHER_ATOMS, OTHER_LOGITS)
RETURNS = (REWARDS, DISCOUNTS, VALUES)
STATE = (U, SPREAD, V)  # shift, scale and second moment


def popart(f, shift, scale, second_moment, *args):
    """A function of rlax whose first argument is the state of PopArt."""
    import rlax

    return f(rlax.PopArtState(shift, scale, second_moment), *args)


def pop(f, w, b, *moments):
    """rlax.pop, from one state to another."""
    import rlax

    return f(dict(w=w, b=b), rlax.PopArtState(*moments[:3]), rlax.PopArtState(*moments[3:]))


def update_popart(f, w, b, shift, scale, second_moment, targets):
    """One update of rlax.popart."""
    import rlax

    _, update = f(3, 0.1, 0.01, 10.0)
    return update(dict(w=w, b=b), rlax.PopArtState(shift, scale, second_moment), targets, ACTIONS % 3)


def penalty(alpha, bound=0.1):
    """A Lagrange multiplier with its bound."""
    import rlax

    return rlax.LagrangePenalty(alpha, np.float32(bound))


def distilled(f, loc, scale, actions, weights):
    """The loss of a normal policy that learns given actions."""
    import distrax
    import rlax

    targets = rlax.PolicyTarget(actions=actions, weights=weights)
    return f(distrax.Normal(loc, scale), targets)


def drawn_targets(f, loc, scale):
    """Actions that a normal policy drew."""
    import distrax

    return f(distrax.Normal(loc, scale), KEY, 2).actions


def gaussian(f, x, loc, scale):
    """All the functions of a diagonal gaussian."""
    d = f()
    return d.prob(x, loc, scale), d.logprob(x, loc, scale), d.entropy(loc, scale), d.kl(x, scale, loc, scale)


def softmax(f, logits, others):
    """All the functions of a discrete policy."""
    d = f()
    return d.probs(logits), d.logprob(ACTION, logits), d.entropy(logits), d.kl(logits, others)


def squashed(f, x, loc, scale):
    """The density of a squashed gaussian and a drawn action."""
    d = f(sigma_min=-1)
    return d.logprob(x, loc, scale, None), d.sample(KEY, loc, scale, None)


def identity_pair():
    """The pair of transformations that change nothing."""
    import rlax

    return rlax.IDENTITY_PAIR


def there(f, x, *tx):
    """A pair of transformations of values into bins, and from bins."""
    pair = f(0.0, 1.0, 4, *(t() for t in tx))
    bins = pair.apply(x)
    return bins, pair.apply_inv(bins)


def moments(f, x):
    """Two updates of the tracked moments."""
    init, update = f(0.9)
    first, state = update(x, init(x))
    second, state = update(x * x, state)
    return first.mean, first.variance, second.mean, second.variance


def memory(f, embeddings):
    """Intrinsic rewards, with a small memory."""
    return f(embeddings, 2, 1.0, max_memory_size=2)[0]


RLAX = {
    "rlax": dict(
        add_gaussian_noise=of(KEY, X, 0.3),
        add_ornstein_uhlenbeck_noise=of(KEY, X, Y, 0.2, 0.3),
        add_dirichlet_noise=of(KEY, M, 0.3, 0.25),
        art=via(lambda f, *a: popart(f, *a, ACTIONS % 3, 0.1, 0.01, 10.0), *STATE, VALUES),
        batched_index=of(Q, ACTIONS),
        categorical_cross_entropy=of(POLICY[0], Q[0]),
        categorical_double_q_learning=of(*CATEGORICAL, SELECTOR),
        categorical_importance_sampling_ratios=of(Q, OTHER_Q, ACTIONS),
        categorical_l2_project=of(ATOMS, POLICY[0], OTHER_ATOMS),
        categorical_q_learning=of(*CATEGORICAL),
        categorical_td_learning=of(ATOMS, Q[0], *NEAR, OTHER_ATOMS, OTHER_Q[0]),
        clip_gradient=of(X, -0.5, 0.7),
        clipped_entropy_softmax=via(softmax, Q[0], OTHER_Q[0]),
        clipped_surrogate_pg_loss=of(RATIOS, VALUES, 0.2),
        compose_tx=via(lambda f, x: f(identity_pair(), identity_pair()).apply(x), X),
        compute_parametric_kl_penalty_and_dual_loss=via(
            lambda f, kl, alpha: f([(kl, penalty(alpha))], jnp.abs), VALUES, B
        ),
        conditional_update=of(X, Y, True),
        constant_policy_targets=via(drawn_targets, X, Y),
        create_ema=via(moments, X),
        discounted_returns=of(*RETURNS),
        double_q_learning=of(*STEP, OTHER_Q[0], THIRD_Q[0]),
        dpg_loss=of(U, V),
        entropy_loss=of(Q, VALUES),
        episodic_memory_intrinsic_rewards=via(memory, M[:2]),
        epsilon_greedy=via(
            lambda f, x: (f(0.2).probs(x), f(0.2).logprob(ACTION, x), f(0.2).entropy(x)), Q[0]
        ),
        expected_sarsa=of(*STEP, OTHER_Q[0], POLICY[0]),
        expectile_loss=of(X, Y, 0.3),
        extract_subsequences=of(M, np.array([[0, 1], [1, 0], [0, 0], [1, 1]]), 2),
        feature_control_rewards=of(M),
        gaussian_diagonal=via(gaussian, X, Y, Z),
        general_off_policy_returns_from_action_values=of(Q, ACTIONS, REWARDS, DISCOUNTS, RATIOS, POLICY),
        general_off_policy_returns_from_q_and_v=of(U[:2], VALUES, REWARDS, DISCOUNTS, RATIOS[:2]),
        greedy=via(lambda f, x: (f().probs(x), f().logprob(Q[0].argmax(), x), f().entropy(x)), Q[0]),
        huber_loss=of(SIGNED),
        knn_query=of(M, N[:2], 2),
        lambda_returns=of(*RETURNS, 0.8),
        leaky_vtrace=of(OTHER_VALUES, VALUES, REWARDS, DISCOUNTS, RATIOS, 0.7, 0.8),
        leaky_vtrace_td_error_and_advantage=of(OTHER_VALUES, VALUES, REWARDS, DISCOUNTS, RATIOS, 0.7, 0.8),
        likelihood=of(X, Y),
        log_loss=of(X, np.array([1, 0, 1, 0, 1], np.float32)),
        mpo_compute_weights_and_temperature_loss=via(lambda f, q, t: f(q, penalty(t), jnp.abs), M, B),
        mpo_loss=via(
            lambda f, p, q, t, kl, alpha: f(p, q, penalty(t), [(kl, penalty(alpha))])[0],
            M,
            N,
            B,
            grid(4, seed=60),
            A,
        ),
        multivariate_normal_kl_divergence=of(U, np.sqrt(V), V, SPREAD),
        muzero_pair=via(lambda f, x: there(f, x, identity_pair), X),
        n_step_bootstrapped_returns=of(*RETURNS, 2, 0.8),
        normalize=via(lambda f, *a: popart(f, *a, ACTIONS % 3), *STATE, VALUES),
        periodic_update=of(X, Y, 4, 2),
        persistent_q_learning=of(*STEP, OTHER_Q[0], 0.3),
        pixel_control_rewards=of(grid(2, 2, 2, 2), 2),
        policy_gradient_loss=of(Q, ACTIONS, VALUES, REWARDS),
        pop=via(pop, grid(4, 3), U, *STATE, V, U + np.float32(2), U),
        popart=via(update_popart, grid(4, 3), U, *STATE, VALUES),
        power=of(X, 1.7),
        q_lambda=of(Q, ACTIONS, REWARDS, DISCOUNTS, OTHER_Q, 0.8),
        q_learning=of(*STEP, OTHER_Q[0]),
        qpg_loss=of(Q, OTHER_Q),
        quantile_expected_sarsa=of(
            QUANTILES, TAU, ACTION, REWARD, DISCOUNT, OTHER_QUANTILES, U[:2] / U[:2].sum(), 0.4
        ),
        quantile_q_learning=of(
            QUANTILES, TAU, ACTION, REWARD, DISCOUNT, OTHER_QUANTILES, OTHER_QUANTILES, 0.4
        ),
        quantile_regression_loss=of(Q[0], TAU, OTHER_Q[0], 0.4),
        qv_learning=of(*STEP, VALUE),
        qv_max=of(VALUE, REWARD, DISCOUNT, Q[0]),
        replace_masked=of(X, Y, MASK),
        retrace=of(Q, OTHER_Q, ACTIONS, OTHER_ACTIONS, REWARDS, DISCOUNTS, POLICY, BEHAVIOUR, 0.8),
        retrace_continuous=of(VALUES, U[:2], OTHER_VALUES, REWARDS, DISCOUNTS, V[:2] - np.float32(0.5), 0.8),
        rm_loss=of(Q, OTHER_Q),
        rpg_loss=of(Q, OTHER_Q),
        sampled_policy_distillation_loss=via(distilled, U, SPREAD, grid(2, 3, seed=61), grid(2, 3, seed=62)),
        sarsa=of(*STEP, OTHER_Q[0], OTHER_ACTIONS[0]),
        sarsa_lambda=of(Q, ACTIONS, REWARDS, DISCOUNTS, OTHER_Q, OTHER_ACTIONS, 0.8),
        signed_expm1=of(SIGNED),
        signed_hyperbolic=of(SIGNED),
        signed_logp1=of(SIGNED),
        signed_parabolic=of(SIGNED),
        softmax=via(softmax, Q[0], OTHER_Q[0]),
        squashed_gaussian=via(squashed, X, Y, Z),
        td_lambda=of(OTHER_VALUES, *RETURNS, 0.8),
        td_learning=of(VALUE, REWARD, DISCOUNT, OTHER_VALUE),
        transform_from_2hot=of(POLICY, 0.0, 1.0, 4),
        transform_to_2hot=of(X, 0.0, 1.0, 4),
        transformed_general_off_policy_returns_from_action_values=via(
            lambda f, q, *rest: f(identity_pair(), q, ACTIONS, *rest), Q, REWARDS, DISCOUNTS, RATIOS, POLICY
        ),
        transformed_lambda_returns=via(lambda f, *a: f(identity_pair(), *a, 0.8), *RETURNS),
        transformed_n_step_q_learning=of(Q, ACTIONS, OTHER_Q, OTHER_ACTIONS, REWARDS, DISCOUNTS, 2),
        transformed_n_step_returns=via(lambda f, *a: f(identity_pair(), *a, 2), *RETURNS),
        transformed_q_lambda=of(Q, ACTIONS, REWARDS, DISCOUNTS, OTHER_Q, 0.8),
        transformed_retrace=of(
            Q, OTHER_Q, ACTIONS, OTHER_ACTIONS, REWARDS, DISCOUNTS, POLICY, BEHAVIOUR, 0.8
        ),
        tree_fn=via(lambda f, x, y: f(jnp.multiply)(x, y), X, Y),
        tree_map_zipped=via(lambda f, x, y: f(jnp.multiply, [{"a": x}, {"a": y}]), X, Y),
        tree_replace_masked=of([X], [Y], MASK),
        tree_select=of(True, [X], [Y]),
        truncated_generalized_advantage_estimation=of(U[:2], DISCOUNTS[:2], 0.8, VALUES),
        twohot_pair=via(there, X),
        unbiased_transform_pair=via(lambda f, x: there(f, x, identity_pair), X),
        unnormalize=via(lambda f, *a: popart(f, *a, ACTIONS % 3), *STATE, VALUES),
        unnormalize_linear=via(lambda f, *a: popart(f, *a, ACTIONS % 3), *STATE, grid(3, 3, seed=63)),
        vmpo_compute_weights_and_temperature_loss=via(
            lambda f, a, r, w, t: f(a, r, w, penalty(t), jnp.abs, 0.5), X, Y, Z, B
        ),
        vmpo_loss=via(
            lambda f, p, a, t, kl, alpha: f(p, a, penalty(t), [(kl, penalty(alpha))])[0], X, Y, A, Z, B
        ),
        vtrace=of(OTHER_VALUES, VALUES, REWARDS, DISCOUNTS, RATIOS, 0.8),
        vtrace_td_error_and_advantage=of(OTHER_VALUES, VALUES, REWARDS, DISCOUNTS, RATIOS, 0.8),
        zero_policy_targets=via(drawn_targets, X, Y),
    )
}
