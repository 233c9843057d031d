"""Training steps against other libraries, as their users write them.

A workload is a `Workload` (workloads.py) in a package of this folder: `cnn` has "cnn", `recurrent` "lstm" and
"gru", `gan` "gan". The package's `__init__` says what is computed, from which arrays, and who computes it;
each other file is an engine, a class that is made of a Workload:

    version         names and numbers of the libraries, such as "torch 2.13.0"
    steps           how many training steps a call of `run` makes
    run()           makes them, from where the last call ended, and waits until they are done
    losses          of the first CHECKED steps, floats, one a step, taken before that step's update
    weights         {name: numpy array} after these steps, names and layouts of `workload.arrays()`

An engine makes its first CHECKED steps when it is made, so that a worker has compiled before it is asked. All
engines of a workload start from the same weights and see the same batches in the same order: plain gradient
descent, so that the movement of the weights is the gradient. One whose losses or movements differ from those
of the engine "reference" is not timed.

    python -m benchmarks.training.worker cnn torch        answers `agreement` and `step`
    python -m benchmarks.training.race cnn                all engines in turns, printed
"""
