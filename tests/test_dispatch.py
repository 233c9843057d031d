"""Agents on the host may have JAX compute in their own thread, and learn the same to the last bit."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TRAINED = """
import sys
import jax
import numpy as np
import rl

jax.config.update("jax_platforms", "cpu")
if sys.argv[1:]:
    rl.use_synchronous_dispatch()
    rl.use_synchronous_dispatch()
products = jax.jit(lambda x: jax.lax.fori_loop(0, 2000, lambda _, x: x @ x, x))
start = np.eye(100, dtype=np.float32)
products(start).block_until_ready()
print(products(start).is_ready(), jax.device_count())
try:
    rl.use_synchronous_dispatch()
    print("asked for")
except RuntimeError as error:
    print(error)
options = dict(num_envs=2, num_steps=16, batch_size=32, num_epochs=2, hidden=(8,))
agent = rl.PPO("CartPole-v1", compiled=False, **options)
agent.train(96, progress=False)
print([leaf.tobytes().hex() for leaf in map(np.asarray, jax.tree.leaves(agent._training.learner.params))])
"""


def run(*arguments):
    command = [sys.executable, "-c", TRAINED, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines()


def test_a_program_is_done_when_its_call_returns_and_no_bit_changes():
    (ready, again, *weights), (later, refused, *same) = run("synchronous"), run()
    assert (ready, later) == ("True 1", "False 1")
    assert again == "asked for" and refused == (
        "use_synchronous_dispatch: it must come before the first JAX call. "
        "Fix: call it right after the imports."
    )
    assert weights == same
