"""Reinforcement learning against other libraries; these have an environment of their own.

    python -m benchmarks.run rl                      all of it, from .venv-bench or .venv-bench-rl
    python -m benchmarks.run rl ppo solve_ppo        some of it
    python -m benchmarks.rl.value_iteration          the tabular ones, in the process that is asked

A workload of deep agents is a row of `agents.WORKLOADS`. Its engines are classes of this folder, made of a
Workload and settings:

    version                    names and numbers of the libraries, such as "torch 2.13.0"
    learnt()                   {name: numpy array}, the networks after one round of learning from `data.steps`
    run(seed, steps, every, look)
                               trains anew; calls look() every so many steps, and ends when it returns True
    network()                  [(kernel, bias), ...] of the network that chooses actions
    returns()                  of the episodes that ended in the last run, in order; [] where none are told

Each is asked in a process of its own (worker.py). One whose networks do not move as those of
Stable-Baselines3 do is not timed, unless the workload says why it may differ.
"""
