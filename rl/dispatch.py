"""Where JAX computes what the host's loop waits for at each step."""

import jax

_ASYNCHRONOUS = "jax_cpu_enable_async_dispatch"
_REFUSED = "jax_num_cpu_devices"  # -1 or a number >= 1, which JAX lets nobody change once it runs


def use_synchronous_dispatch():
    """Let JAX compute in the thread that asks, for agents on the host. Before the first JAX call, which the
    building of an agent or a net is, too.

    Otherwise JAX hands each program to another thread, so that Python can go on. The loop over Gymnasium's
    environments cannot: it needs the action, and the hand-over takes longer than a small policy. No bit of a
    result changes. A second call does nothing. Raises RuntimeError once JAX has started its devices, and
    changes nothing then.

    >>> devices = jax.devices()  # starts them
    >>> use_synchronous_dispatch()
    Traceback (most recent call last):
    RuntimeError: use_synchronous_dispatch: it must come before the first JAX call. Fix: call it right \
after the imports.
    """
    if not jax.config.read(_ASYNCHRONOUS):
        return
    count = getattr(jax.config, _REFUSED)
    try:
        jax.config.update(_REFUSED, count + 2)  # another one that is allowed
        jax.config.update(_REFUSED, count)
    except RuntimeError:
        raise RuntimeError(
            "use_synchronous_dispatch: it must come before the first JAX call. "
            "Fix: call it right after the imports."
        ) from None
    jax.config.update(_ASYNCHRONOUS, False)
