"""What must happen outside of the transformations of JAX: there are no numbers inside them, only traces."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.extend.core import get_opaque_trace_state

from . import checks


def refuse(function):
    """Refuses a call inside `jax.jit`, and a `fit` inside any transformation: a trace that gets into a
    network is of no use to it afterwards."""
    if get_opaque_trace_state() == _outermost():
        return
    if function == "fit" or isinstance(jnp.zeros(()), Tracer):
        where = "jit, grad and vmap" if function == "fit" else "jit"
        raise TypeError(
            f"{function}: it must be called outside of {where}; got a call inside. "
            f"Fix: call {function} outside, or the module itself there."
        )


@cache
def _outermost():
    """The state in which nothing is traced: every thread begins with it."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(get_opaque_trace_state).result()


def generator(layer, rngs):
    """The numpy generator that draws the weights of a layer that is given `rngs`."""
    checks.rngs(layer, rngs)
    key = jax.random.key_data(rngs.params())
    if isinstance(key, Tracer):
        raise TypeError(
            f"{layer}: rngs must hold numbers, for weights are drawn in numpy; got one traced by jax. "
            f"Fix: make the layer outside of jit, vmap and eval_shape, and nnx.split it there."
        )
    return np.random.default_rng(np.asarray(key))
