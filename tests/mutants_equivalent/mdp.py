"""The mutants of mdp that no test can kill, because they say the same: module -> change -> why."""

ONE_SHAPE = "all arguments have one shape here, or the check before has raised"
A_LAST_AXIS = "take_along_axis leaves one column, and JAX clamps a static index that is too large"
BELOW_DIAGONAL = (
    "below the diagonal of I - discount * P nothing is above 0, so nothing is 1; a row that is 0 there is "
    "subtracted 0 times, which changes nothing"
)

EQUIVALENT = {
    "microgrid.mdp": {
        "_same_shape: shapes[0] -> shapes[1]": ONE_SHAPE,
        "_same_shape: shapes[0] -> shapes[1] #2": ONE_SHAPE,
        "_same_shape: shapes[0] -> shapes[1] #3": ONE_SHAPE,
        "_solution: [0] -> [1]": "every entry is written before it is read",
        "_solution: rows[j][i] != 0 -> rows[j][i] != 1": BELOW_DIAGONAL,
    },
    "rl.mdp": {
        "_process: arrays[0] -> arrays[1] #2": ONE_SHAPE,
        "policy_iteration: process[0] -> process[1]": ONE_SHAPE,
        "policy_iteration: (:, 0) -> (:, 1)": A_LAST_AXIS,
    },
}
