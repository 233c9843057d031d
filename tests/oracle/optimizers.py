"""The optimizers of optax as functions of parameters and gradients: the second update that each makes."""

import inspect

import jax
import jax.numpy as jnp

from tests.oracle.arrays import grid

PARAMETERS = dict(kernel=grid(3, 4, seed=70), bias=grid(4, seed=71))
GRADIENTS = dict(kernel=grid(3, 4, low=-1, seed=72), bias=grid(4, low=-1, seed=73))
EXAMPLES = dict(kernel=grid(2, 3, 4, low=-1, seed=74), bias=grid(2, 4, low=-1, seed=75))
PER_EXAMPLE = ("dpsgd", "differentially_private_aggregate")  # these take the gradients of a whole batch
HYPERPARAMETERS = dict(
    learning_rate=0.1,
    decay=0.9,
    clipping=0.3,
    threshold=0.2,
    max_norm=0.8,
    max_delta=0.3,
    step_size=0.3,
    eta=0.1,
    gamma=0.5,
    l2_norm_clip=0.7,
    noise_multiplier=0.5,
    seed=3,
    max_consecutive_errors=2,
    max_backtracking_steps=5,
    max_linesearch_steps=5,
    sync_period=2,
    slow_step_size=0.5,
)
INNER = ("inner", "base_optimizer", "fast_optimizer")  # optimizers that others wrap
LOOKS_AT_LOSS = ("hutchinson_estimator_diag_hessian", "sophia")  # these differentiate the loss themselves
MASK = dict(kernel=True, bias=False)
GROUPS = dict(kernel="a", bias="b")


def early(step, **_):
    """Whether to transform the updates of a step."""
    return step < 5


def measure(updates, **_):
    """What the optimizers that measure something measure."""
    return updates["bias"].sum()


def both(f, optax):
    """An optimizer for the kernel and another for the bias."""
    return f(dict(a=optax.sgd(0.1), b=optax.adam(0.1)), GROUPS)


FACTORIES = dict(  # those that a table of hyperparameters does not make
    add_decayed_weights=lambda f, _: f(0.1),
    chain=lambda f, optax: f(optax.scale(0.5), optax.sgd(0.1)),
    conditionally_mask=lambda f, optax: f(optax.sgd(0.1), early),
    conditionally_transform=lambda f, optax: f(optax.sgd(0.1), early),
    galore=lambda f, _: f(0.1, rank=2),
    scale_by_galore=lambda f, _: f(rank=2),
    freeze=lambda f, _: f(MASK),
    inject_hyperparams=lambda f, optax: f(optax.adam)(learning_rate=0.1),
    inject_stateful_hyperparams=lambda f, optax: f(optax.adam)(learning_rate=0.1),
    masked=lambda f, optax: f(optax.sgd(0.1), MASK),
    monitor=lambda f, _: f(dict(sum=measure)),
    named_chain=lambda f, optax: f(("half", optax.scale(0.5)), ("descent", optax.sgd(0.1))),
    partition=both,
    scale_by_schedule=lambda f, _: f(lambda count: 0.5 / (1 + count)),
    sam=lambda f, optax: f(optax.sgd(0.1), optax.chain(optax.contrib.normalize(), optax.sgd(0.05))),
    scale_by_muon=lambda f, optax: f(
        weight_dimension_numbers=dict(kernel=optax.contrib.MuonDimensionNumbers())
    ),
    selective_transform=lambda f, optax: f(optax.adam(0.1), freeze_mask=MASK),
    snapshot=lambda f, _: f("sum", measure),
    stateless=lambda f, _: f(lambda updates, params: jax.tree.map(jnp.multiply, updates, params)),
    stateless_with_tree_map=lambda f, _: f(jnp.multiply),
)


def loss(params):
    """A loss for the optimizers that look at one."""
    return sum(jnp.sum(leaf**4 + (leaf - 0.3) ** 2) for leaf in jax.tree.leaves(params))


def made(name, factory):
    """The optimizer that a public factory of optax makes, or None if it makes none."""
    import optax

    short = name.split(".")[-1]
    if short in FACTORIES:
        return FACTORIES[short](factory, optax)
    known = HYPERPARAMETERS | dict.fromkeys(INNER, optax.sgd(0.1))
    parameters = inspect.signature(factory).parameters.values()
    wanted = [p.name for p in parameters if p.default is p.empty]
    if any(name not in known for name in wanted):
        return None
    optimizer = factory(**{name: known[name] for name in wanted})
    return optimizer if isinstance(optimizer, optax.GradientTransformation) else None


def steps(name, factory):
    """The second update of an optimizer as a function, with its parameters and gradients; None for others."""
    import optax

    optimizer = made(name, factory)
    if optimizer is None:
        return None
    kinds = ["kernel"] if name == "optax.contrib.scale_by_muon" else ["kernel", "bias"]

    def updates(params, grads):
        if name == "optax.lookahead":
            params = optax.LookaheadParams(fast=params, slow=jax.tree.map(jnp.sin, params))
        state = optimizer.init(params)
        for size in (1, 0.7):
            step, extra = jax.tree.map(lambda leaf, size=size: size * leaf, grads), {}
            if name.endswith(LOOKS_AT_LOSS):
                extra = dict(obj_fn=loss)
            elif isinstance(optimizer, optax.GradientTransformationExtraArgs) and name != "optax.contrib.sam":
                extra = dict(value=loss(params), grad=step, value_fn=loss)
            changes, state = optimizer.update(step, state, params, **extra)
            params = optax.apply_updates(params, changes)
        return changes

    arguments = PARAMETERS, EXAMPLES if name.endswith(PER_EXAMPLE) else GRADIENTS
    return updates, tuple({kind: tree[kind] for kind in kinds} for tree in arguments)
