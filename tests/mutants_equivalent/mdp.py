"""The mutants of mdp that no test can kill, because they say the same: module -> change -> why."""

ONE_SHAPE = "all arguments have one shape here, or the check before has raised"
A_LAST_AXIS = "take_along_axis leaves one column, and JAX clamps a static index that is too large"

EQUIVALENT = {
    "microgrid.mdp": {
        "_same_shape: shapes[0] -> shapes[1]": ONE_SHAPE,
        "_same_shape: shapes[0] -> shapes[1] #2": ONE_SHAPE,
        "_same_shape: shapes[0] -> shapes[1] #3": ONE_SHAPE,
        "_solution: [0] -> [1]": "every entry is written before it is read",
    },
    "rl.mdp": {
        "_process: arrays[0] -> arrays[1] #2": ONE_SHAPE,
        "policy_iteration: process[0] -> process[1]": ONE_SHAPE,
        "policy_iteration: (:, 0) -> (:, 1)": A_LAST_AXIS,
    },
}
