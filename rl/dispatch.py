"""Where JAX computes what the host's loop waits for at each step."""

import jax

_REFUSED = "jax_num_cpu_devices"  # which JAX lets nobody change once it runs


def use_synchronous_dispatch():
    """Let JAX compute in the thread that asks, for agents on the host. Before the first JAX call.

    Otherwise JAX hands each program to another thread, so that Python can go on. The loop over Gymnasium's
    environments cannot: it needs the action, and the hand-over takes longer than a small policy. No bit of a
    result changes. Raises RuntimeError once JAX has started its devices, and changes nothing then.

    >>> devices = jax.devices()  # starts them
    >>> use_synchronous_dispatch()
    Traceback (most recent call last):
    RuntimeError: use_synchronous_dispatch: it must come before the first JAX call. Fix: call it earlier.
    """
    count = getattr(jax.config, _REFUSED)
    try:
        jax.config.update(_REFUSED, count + 2)
        jax.config.update(_REFUSED, count)
    except RuntimeError:
        raise RuntimeError(
            "use_synchronous_dispatch: it must come before the first JAX call. Fix: call it earlier."
        ) from None
    jax.config.update("jax_cpu_enable_async_dispatch", False)
