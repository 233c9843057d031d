"""Arguments for the functions of flax on arrays that are no functions of jax.nn."""

import jax

from tests.oracle.arrays import X, Y, grid, of

HEADS = [grid(1, 3, 2, 2, seed=seed) for seed in range(3)]
IMAGE = grid(1, 4, 4, 1)
MASKS = dict(combine_masks=of(X, Y), make_attention_mask=of(X, Y), make_causal_mask=of(X))
COMMON = dict(dot_product_attention=of(*HEADS), **MASKS)
POOLS = {f"{kind}_pool": of(IMAGE, (2, 2), (2, 2)) for kind in ("avg", "max", "min")}
FLAX = {
    "flax.linen": dict(dot_product_attention_weights=of(*HEADS[:2]), **COMMON),
    "flax.nnx": dict(pool=of(IMAGE, 0.0, jax.lax.add, (2, 2), (2, 2), "VALID"), **POOLS, **COMMON),
}
