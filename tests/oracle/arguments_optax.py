"""Arguments for the losses, projections and other functions of optax that are no optimizers."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.arrays import DEFINITE, KEY, SIGNED, A, B, M, N, U, V, X, Y, Z, grid, of, via

LABELS = np.array([2, 0, 3], np.int32)
TARGETS = (N / N.sum(1, keepdims=True)).astype(np.float32)
LOG_PREDICTIONS = np.log(M / M.sum(1, keepdims=True)).astype(np.float32)
BITS = np.array([1, 0, 1, 1, 0], np.float32)
CTC = (grid(1, 4, 4), np.zeros((1, 4), int), np.array([[1, 2]]), np.zeros((1, 2), int))
BINARY = (SIGNED, BITS)


def averaged(f, params, z):
    """The parameters that an optimizer without schedule has found."""
    import optax

    state = optax.contrib.schedule_free_sgd().init(params)
    return f(state._replace(z=z), params)


OPTAX = {
    "optax": dict(
        apply_updates=of([X], [Y]),
        ctc_loss=of(*CTC),
        ctc_loss_with_forward_probs=of(*CTC),
        convex_kl_divergence=of(LOG_PREDICTIONS, TARGETS),
        cosine_distance=of(M, N),
        cosine_similarity=of(M, N),
        generalized_kl_divergence=of(LOG_PREDICTIONS, TARGETS),
        global_norm=of([X, M]),
        hinge_loss=of(SIGNED, 2 * BITS - 1),
        huber_loss=of(SIGNED, X),
        incremental_update=of([X], [Y], 0.3),
        kl_divergence=of(LOG_PREDICTIONS, TARGETS),
        matrix_inverse_pth_root=of(DEFINITE, 2),
        multi_normal=via(
            lambda f, loc, scale, x: (f(loc, scale).log_prob(x), f(loc, scale).sample((2,), KEY)), X, Y, Z
        ),
        nnls=of(DEFINITE, U, 20),
        ntxent=of(M, np.array([0, 1, 0])),
        per_example_global_norm_clip=of([M], 0.8),
        per_example_layer_norm_clip=of([M], 0.8),
        periodic_update=of([X], [Y], np.int32(4), 2),
        power_iteration=of(DEFINITE, key=KEY),
        safe_norm=of(X, 0.01),
        safe_root_mean_squares=of(X, 0.01),
        scale_gradient=of(X, 0.5),
        sigmoid_binary_cross_entropy=of(*BINARY),
        skip_large_updates=via(lambda f, g, p: f(g, np.int32(1), p, 1.0)[1]["norm_squared"], X, Y),
        smooth_labels=of(TARGETS, 0.1),
        softmax_cross_entropy=of(M, TARGETS),
        softmax_cross_entropy_with_integer_labels=of(M, LABELS),
    ),
    "optax.contrib": dict(schedule_free_eval_params=via(averaged, U, V)),
    "optax.losses": dict(
        binary_dice_loss=of(*BINARY),
        dice_loss=of(M, TARGETS),
        kl_divergence_with_log_targets=of(LOG_PREDICTIONS, np.log(TARGETS)),
        make_fenchel_young_loss=via(lambda f, x, y: f(jax.nn.logsumexp)(x, y), M[0], TARGETS[0]),
        multiclass_generalized_dice_loss=of(M, TARGETS),
        multiclass_hinge_loss=of(M[0], np.int32(1)),
        multiclass_perceptron_loss=of(M[0], np.int32(1)),
        multiclass_sparsemax_loss=of(M, LABELS),
        perceptron_loss=of(SIGNED, 2 * BITS - 1),
        poly_loss_cross_entropy=of(M, TARGETS),
        ranking_softmax_loss=of(M, TARGETS),
        safe_softmax_cross_entropy=of(M, TARGETS),
        sigmoid_focal_loss=of(*BINARY),
        sparsemax_loss=of(SIGNED, BITS),
        triplet_margin_loss=of(M, N, grid(3, 4, seed=2)),
    ),
    "optax.projections": dict(
        projection_box=of(SIGNED, -1.0, 1.0),
        projection_halfspace=of(U, V, np.float32(0.4)),
        projection_hyperplane=of(U, V, B),
        projection_hypercube=of(SIGNED, B),
        projection_l1_ball=of(SIGNED, B),
        projection_l1_sphere=of(SIGNED, B),
        projection_l2_ball=of(SIGNED, B),
        projection_l2_sphere=of(SIGNED, B),
        projection_linf_ball=of(SIGNED, B),
        projection_non_negative=of(SIGNED),
        projection_simplex=of(SIGNED, B),
    ),
    "optax.tree": dict(
        add_scale=of([X], A, [Y]),
        bias_correction=of([X], 0.9, 2),
        cast=of([X], np.float32),
        cast_like=of([X], [Y]),
        clip=of([SIGNED], -1.0, 1.0),
        full_like=of([X], B),
        map_params=via(lambda f, x: f(lambda p: p, jnp.sin, x), X),
        random_like=of(KEY, [X], sampler=lambda key, shape, dtype: jax.random.normal(key, shape, dtype)),
        scale=of(A, [X]),
        update_infinity_moment=of([X], [Y], 0.9, 0.01),
        update_moment=of([X], [Y], 0.9, 2),
        update_moment_per_elem_norm=of([X], [Y], 0.9, 2),
        where=of(True, [X], [Y]),
    ),
}
