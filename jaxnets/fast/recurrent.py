"""What the LSTM and the GRU share: layouts, gates and their slopes, and the choice of the platform.

XLA on CPU runs a time loop on one core and pays for every small operation in it. So whatever does not depend
on the step before is computed for all steps at once, outside the loop: the products of the inputs, the slopes
of all gates, the gradients of all weights. What stays is one product and a few elementwise operations a step.
The rule of a layer is written once, as its tangent: a linear loop. JAX transposes it into the backward pass,
whose products for the weights are again outside the loop. So gradients, forward mode, second order and `vmap`
all come from one rule.

T: time step, B: sequence of the batch.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from ..stable import sigmoid as sigmoid, tanh as tanh


def across_time(fast, plain, inputs, weights, carry, mask, reverse):
    """Runs `fast` on a CPU and `plain` elsewhere; both on time-major arrays of one dtype.

    inputs: [B, T, in], weights: a list of arrays or None, carry: a list of [B, hidden], mask: [B, T] or None.
    Returns (the last carry, outputs [B, T, hidden]).
    """
    dtype = jnp.result_type(inputs, *carry, *(weight for weight in weights if weight is not None))

    def ordered(sequence):
        sequence = jnp.moveaxis(sequence, 1, 0)
        return sequence[::-1] if reverse else sequence

    def convert(array):
        return None if array is None else jnp.asarray(array, dtype)

    steps = ordered(convert(inputs))
    mask = None if mask is None else ordered(jnp.asarray(mask) != 0)[:, :, None]
    arguments = steps, [convert(weight) for weight in weights], [convert(part) for part in carry], mask
    carry, outputs = lax.platform_dependent(*arguments, cpu=_widened(fast), default=plain)
    return carry, jnp.moveaxis(outputs[::-1] if reverse else outputs, 0, 1)


def _widened(fast):
    """`fast`, with 16-bit floats computed in 32 bits: a CPU has no product of the former that is faster."""

    def run(inputs, weights, carry, mask):
        dtype = inputs.dtype
        wide = jnp.promote_types(dtype, jnp.float32)

        def convert(arrays, to):
            return [None if array is None else array.astype(to) for array in arrays]

        carry, outputs = fast(inputs.astype(wide), convert(weights, wide), convert(carry, wide), mask)
        return convert(carry, dtype), outputs.astype(dtype)

    return run


def scan(step, carry, steps, mask):
    """A loop over time in which a masked step repeats the carry.

    step: (carry, what belongs to the step) -> (carry, what is kept of the step). Returns (the last carry,
    (what was kept, the carries of all steps)).
    """

    def masked(before, now):
        now, unmasked = now
        after, kept = step(before, now)
        if unmasked is not None:
            after = [jnp.where(unmasked, new, old) for new, old in zip(after, before, strict=True)]
        return after, (kept, after)

    return lax.scan(masked, carry, (steps, mask))


def over_all_steps(inputs, kernel):
    """inputs [T, B, in] @ kernel [in, out] as one product, which is several times as fast as one a step.

    Not a product of flat rows: there a partitioner that has split the batch must gather it again.
    """
    return _over_all_steps.bind(inputs, kernel)


def _product(inputs, kernel):
    return lax.dot_general(inputs, kernel, (((2,), (0,)), ((), ())))


def _of_inputs(slopes, inputs, kernel):
    return over_all_steps(slopes, kernel.T)


def _of_kernel(slopes, inputs, kernel):
    # JAX itself would put the slopes first, and XLA then copy them all, transposed, by one core
    return lax.dot_general(inputs, slopes, (((0, 1), (0, 1)), ((), ())))


def _batched(arguments, axes):
    return jax.vmap(_product, axes)(*arguments), 0


_over_all_steps = Primitive("over_all_steps")
_over_all_steps.def_impl(jax.jit(_product))
_over_all_steps.def_abstract_eval(lambda x, k: ShapedArray((*x.shape[:2], k.shape[1]), x.dtype))
ad.defbilinear(_over_all_steps, _of_inputs, _of_kernel)
batching.primitive_batchers[_over_all_steps] = _batched
mlir.register_lowering(_over_all_steps, mlir.lower_fun(_product, multiple_results=False))


def before(first, carries):
    """The carry in front of each step, [T, B, hidden], from the first one and those behind each step."""
    return jnp.concatenate([first[None], carries[:-1]])


def exact(dtype):
    """Whether slopes keep all digits where a gate saturates.

    In float64 they are computed from the gate's argument. In 32 bits from the gate y itself, with 1 - y, and
    need no further exponential: the slope is then off by about 2^-24 of the largest slope, and 0 where the
    gate rounds to its limit, from |x| = 17 (sigmoid) and 9 (tanh) on, as in PyTorch and Keras.
    """
    return dtype == jnp.float64


def squashed(x, candidates=(0, 0, 1)):
    """sigmoid(x), but tanh(x) for the gates from `first` to before `end`; candidates: (first, end, gates)."""
    first, end, blocks = candidates
    width = x.shape[-1] // blocks
    column = lax.broadcasted_iota(jnp.int32, (1,) * (x.ndim - 1) + x.shape[-1:], x.ndim - 1)
    candidate = (column >= first * width) & (column < end * width)
    if exact(x.dtype):
        return jnp.where(candidate, tanh(x), sigmoid(x))
    scale = jnp.where(candidate, 1, 0.5).astype(x.dtype)  # sigmoid(x) = tanh(x / 2) / 2 + 1 / 2
    return jnp.tanh(x * scale) * scale + (1 - scale)


def sigmoid_slope(x, y):
    """sigmoid'(x), where y = sigmoid(x); x is not looked at in 32 bits."""
    return y * sigmoid(-x) if exact(y.dtype) else y * (1 - y)


def tanh_slope(x, y):
    """tanh'(x), where y = tanh(x); x is not looked at in 32 bits."""
    if not exact(y.dtype):
        return (1 - y) * (1 + y)
    decay = jnp.exp(-2 * jnp.abs(x))
    return 4 * decay / (1 + decay) ** 2
