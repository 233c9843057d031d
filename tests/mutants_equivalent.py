"""The mutants that no test can kill, because they say the same: module -> change -> why."""

import jax

UNUSED = "an optimizer without weight decay never looks at params, so their default is no part of it"
ONE_SHAPE = "all arguments have one shape here, or the check before has raised"
DISCARDED = "the number stands where the outer `where` discards value and slope, and the inner one the slope"
A_LAST_AXIS = "take_along_axis leaves one column, and JAX clamps a static index that is too large"
MEETING_POINT = "the two forms meet there, and each is as accurate as the bound asks on both sides"
BELOW_DIAGONAL = (
    "below the diagonal of I - discount * P nothing is above 0, so nothing is 1; a row that is 0 there is "
    "subtracted 0 times, which changes nothing"
)
LIBRARY_TANH = (
    "up to 1.55 the library's tanh is within the 4 ULP of the row as well (measured: 3); where it is not, "
    "near 1, a test of its own asks for every bit"
)
GENERAL_WAY = "the quick way for floats is left, and the general one gives the same node"

EQUIVALENT = {
    "microgrid.fused": {
        "dot: type(xs) not in LISTS or type(ys) not in LISTS "
        "-> type(xs) not in LISTS and type(ys) not in LISTS": GENERAL_WAY,
        "dot: type(xs) not in LISTS -> type(xs) in LISTS": GENERAL_WAY,
        "dot: type(ys) not in LISTS -> type(ys) in LISTS": GENERAL_WAY,
        "_fused: len(carriers) == 1 -> len(carriers) == 2": GENERAL_WAY,
        "dot: len(SEEN) == 2 -> len(SEEN) != 2": GENERAL_WAY,
        "dot: len(SEEN) == 2 -> len(SEEN) == 3": GENERAL_WAY,
        "_quick_dot: type(ys[0]) is Value -> type(ys[0]) is not Value": GENERAL_WAY,
        "_quick_dot: xs + ys -> xs - ys": GENERAL_WAY,
        "_quick_dot: xs + ys + first -> xs + ys - first": GENERAL_WAY,
        "_quick_dot: xs + first -> xs - first": GENERAL_WAY,
        "_quick_dot: ys + one -> ys - one": GENERAL_WAY,
        "_fused: functions(0.0) -> functions(1.0)": "0.0 and 1.0 are floats",
        "_powers: x > numbers[top] -> x >= numbers[top]": "of numbers that tie, any may be taken out",
    },
    "microgrid.optimizers": {
        "adagrad: s > 0 -> s >= 0 #2": "where the sum of squares is 0, so is the gradient",
        "adagrad: s > 0 -> s >= 0": "where the sum of squares is 0, so is the gradient",
        "adagrad: where(s > 0, s + eps, 1) -> where(s > 0, s + eps, 2)": DISCARDED,
        "gradient_descent: None -> 0": UNUSED,
        "sgd: None -> 0": UNUSED,
        "adagrad: None -> 0": UNUSED,
        "rmsprop: None -> 0": UNUSED,
        "adam: None -> 0": UNUSED,
    },
    "microgrid.mdp": {
        "_same_shape: shapes[0] -> shapes[1]": ONE_SHAPE,
        "_same_shape: shapes[0] -> shapes[1] #2": ONE_SHAPE,
        "_same_shape: shapes[0] -> shapes[1] #3": ONE_SHAPE,
        "_solution: [0] -> [1]": "every entry is written before it is read",
        "_solution: rows[j][i] != 0 -> rows[j][i] != 1": BELOW_DIAGONAL,
    },
    "jaxnets.activations": {
        "_tanh: jnp.abs(x) < 0.55 -> jnp.abs(x) <= 0.55": MEETING_POINT,
        "_tanh: jnp.abs(x) < 0.55 -> jnp.abs(x) < 1.55": LIBRARY_TANH,
    },
    "jaxnets.losses": {
        "_xlog1my: y < 0.25 -> y <= 0.25": MEETING_POINT,
        "_xlog1my: jnp.where(small, 0, y) -> jnp.where(small, 1, y)": DISCARDED,
        "_xlog1my: jnp.where(small, y, 0) -> jnp.where(small, y, 1)": DISCARDED,
    },
    "rl.mdp": {
        "_process: arrays[0] -> arrays[1] #2": ONE_SHAPE,
        "policy_iteration: process[0] -> process[1]": ONE_SHAPE,
        "policy_iteration: (:, 0) -> (:, 1)": A_LAST_AXIS,
    },
}

if jax.__version_info__ >= (0, 12):  # up to 0.10 the library's log1p loses 128 ULP, and a test notices
    EQUIVALENT["jaxnets.losses"]["_xlog1my: y < 0.25 -> y < 1.25"] = (
        "from jax 0.12 on the library's log1p is within 1 ULP all the way to -1 (measured)"
    )
