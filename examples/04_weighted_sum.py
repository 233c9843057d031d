"""A layer is a weighted sum for each neuron, computed in a loop or by one matrix product.

Shows: where every sum is exact the two are equal to the last bit; where sums are rounded they differ by a few
ULPs, because they add up in a different order; and the ratio of their times.
"""

import time

import jax
import numpy as np

from jaxnets.linear import linear as matrix_product
from microgrid.linear import linear as loop

EXAMPLES, IN_FEATURES, OUT_FEATURES = 32, 256, 64


def best_seconds(function, rounds):
    """The shortest of several runs: everything else that a computer does only ever adds time."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def numbers(draw):
    """Inputs, kernel and bias, drawn."""
    return draw((EXAMPLES, IN_FEATURES)), draw((IN_FEATURES, OUT_FEATURES)), draw((OUT_FEATURES,))


def both(inputs, kernel, bias):
    """The layer's outputs by loop and by matrix product."""
    rows, weights, biases = inputs.tolist(), kernel.tolist(), bias.tolist()
    return np.array([loop(row, weights, biases) for row in rows]), np.asarray(fast(inputs, kernel, bias))


@jax.jit
def fast(inputs, kernel, bias):
    """The layer of jaxnets, compiled, with all digits also where the hardware would rather drop some."""
    with jax.default_matmul_precision("highest"):
        return matrix_product(inputs, kernel, bias)


def main():
    """Compares and times the two, in 64 bits. Returns (differing numbers, worst ULPs, ratio of times)."""
    generator = np.random.default_rng(0)
    sums = EXAMPLES * OUT_FEATURES
    print(f"{sums:,} weighted sums of {IN_FEATURES} products each, by loop and as one matrix product.\n")
    with jax.enable_x64(True):
        sixteenths = numbers(lambda shape: generator.integers(-99, 100, shape) / 16)
        by_loop, at_once = both(*sixteenths)
        differing = int((by_loop != at_once).sum())
        print(f"Sixteenths, so that no sum is rounded:   {differing} of {sums:,} differ.")

        inputs, kernel, bias = numbers(generator.standard_normal)
        by_loop, at_once = both(inputs, kernel, bias)
        size = np.abs(inputs) @ np.abs(kernel) + np.abs(bias)  # of what was added up: its ULP is the unit
        ulps = max(map(abs, ((by_loop - at_once) / np.spacing(size)).ravel().tolist()))
        print(f"Random numbers, every sum rounded:       at most {ulps:.2f} ULP apart.")

        rows, weights, biases = inputs.tolist(), kernel.tolist(), bias.tolist()
        arrays = [jax.device_put(array) for array in (inputs, kernel, bias)]
        slow = best_seconds(lambda: [loop(row, weights, biases) for row in rows], 3)
        quick = best_seconds(lambda: fast(*arrays).block_until_ready(), 200)
    print(
        f"\nLoop {1e3 * slow:.1f} ms, matrix product {1e3 * quick:.3f} ms: {slow / quick:,.0f} times as fast."
    )
    return differing, ulps, slow / quick


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
