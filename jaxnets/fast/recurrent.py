"""What the LSTM and the GRU share: layouts, gates and their slopes, and the choice of the platform.

XLA on CPU runs a time loop on one core and pays for every small operation in it. So the products that do not
depend on the step before are made for all steps at once, outside the loop: those of the inputs, and the
gradients of all weights. What stays is one product and a few elementwise operations a step. The slopes of the
gates are among these: there the gates are at hand, and reading them again costs more than the arithmetic.
Each gate is an array of its own wherever a loop reads it: out of a part of what a step reads, XLA makes code
for one number at a time, several times slower.
The rule of a layer is its tangent: products for all steps, which JAX transposes, so that those for the
weights are again outside the loop, and a linear loop, beside which its transpose is written out, as it works
in place (`loops.py`). So gradients, forward mode, second order and `vmap` all come from one rule.

T: time step, B: sequence of the batch.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from .. import sharding
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

    def run(inputs, weights, carry, mask):
        inputs, weights, carry, mask = sharding.varying_alike((inputs, weights, carry, mask))
        mask = None if mask is None else ordered(mask)[:, :, None]
        arguments = ordered(inputs), weights, carry, mask
        carry, outputs = lax.platform_dependent(*arguments, cpu=_widened(fast), default=plain)
        return carry, jnp.moveaxis(outputs[::-1] if reverse else outputs, 0, 1)

    weights, carry = [convert(weight) for weight in weights], [convert(part) for part in carry]
    mask = None if mask is None else jnp.asarray(mask) != 0
    # XLA would gather a batch that devices share: a row of its products is a step of a sequence
    return sharding.on_each_device(run, 0, 2, 3)(convert(inputs), weights, carry, mask)


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

    step: (carry, what belongs to the step) -> (carry, whatever). Returns (the last carry, the last part of
    the carries of all steps).
    """

    def masked(before, now):
        now, unmasked = now
        after = kept(unmasked, step(before, now)[0], before)
        return after, after[-1]

    return lax.scan(masked, carry, (steps, mask))


def kept(unmasked, after, before):
    """The carry after a step: where the step is masked, that before it. unmasked: [B, 1] or None."""
    if unmasked is None:
        return after
    return [jnp.where(unmasked, new, old) for new, old in zip(after, before, strict=True)]


def unmasked_slopes(slopes, mask):
    """At masked steps the slopes are 0, and 1 the last of them, that by what the carry keeps."""
    if mask is None:
        return slopes
    *slopes, keep = slopes
    slopes = [*(jnp.where(mask, slope, 0) for slope in slopes), jnp.where(mask, keep, 1)]
    return lax.optimization_barrier(slopes)  # or XLA moves them into the loop


def joined(*steps):
    """[T, B, features of all, and 1]: what meets several kernels and a bias in one product. In memory, as the
    product for the kernels reads it by columns."""
    ones = jnp.ones((*steps[0].shape[:2], 1), steps[0].dtype)
    return lax.optimization_barrier(jnp.concatenate([*steps, ones], axis=2))


def over_all_steps(inputs, kernel):
    """inputs [T, B, in] @ kernel [in, out] as one product, which is several times as fast as one a step."""
    return _over_all_steps.bind(inputs, kernel)


def of_each_gate(inputs, kernel, gates):
    """The same for each gate by itself, whose columns of the kernel stand side by side: [T, B, out] each."""
    return [over_all_steps(inputs, columns) for columns in jnp.split(kernel, gates, axis=1)]


def _product(inputs, kernel):
    return (_rows(inputs) @ kernel).reshape(*inputs.shape[:2], kernel.shape[1])


def _rows(steps):
    """One row for each step of each sequence, [T * B, features]."""
    return steps.reshape(-1, steps.shape[2])


def _of_inputs(slopes, inputs, kernel):
    return over_all_steps(slopes, kernel.T)


def _of_kernel(slopes, inputs, kernel):
    # JAX itself would put the slopes first, and XLA then copy them all, transposed, by one core
    return lax.dot_general(_rows(inputs), _rows(slopes), (((0,), (0,)), ((), ())))


def _batched(arguments, axes):
    return jax.vmap(_product, axes)(*arguments), 0


_over_all_steps = Primitive("over_all_steps")
_over_all_steps.def_impl(jax.jit(_product))
_over_all_steps.def_abstract_eval(lambda x, k: x.update(shape=(*x.shape[:2], k.shape[1])))
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


def fast_sigmoid(x):
    """sigmoid(x), in 32 bits by the tanh that XLA has: tanh(x / 2) / 2 + 1 / 2."""
    return sigmoid(x) if exact(x.dtype) else jnp.tanh(x / 2) / 2 + 0.5


def fast_tanh(x):
    """tanh(x), in 32 bits as XLA has it."""
    return tanh(x) if exact(x.dtype) else jnp.tanh(x)


def sigmoid_slope(x, y):
    """sigmoid'(x), where y = sigmoid(x); x is not looked at in 32 bits."""
    return y * sigmoid(-x) if exact(y.dtype) else y * (1 - y)


def tanh_slope(x, y):
    """tanh'(x), where y = tanh(x); x is not looked at in 32 bits."""
    if not exact(y.dtype):
        return (1 - y) * (1 + y)
    decay = jnp.exp(-2 * jnp.abs(x))
    return 4 * decay / (1 + decay) ** 2
