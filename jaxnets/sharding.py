"""Training on several devices: each sees its share of every batch, all hold the same parameters.

The compiled step stays the program of one device, told where its arrays lie: XLA splits the work along the
batch and adds the gradients up. So loss, statistics of the batch and dropout masks are those of one device;
only the order of sums differs, in the last bits.
"""

import os
from contextlib import nullcontext

import jax
import numpy as np
from jax import lax
from jax.sharding import (
    Mesh,
    NamedSharding,
    PartitionSpec,
    auto_axes,
    get_abstract_mesh,
    use_abstract_mesh,
)

from . import checks

_BATCH = "jaxnets_batch"


def use_cpu_devices(count):
    """Let JAX see the processor as several devices, for `fit(devices=count)`. Before the first JAX call.

    count: >= 1, at most one for each core. A loop of small steps, such as that of a recurrent net, keeps one
    device on one core, so two devices on two cores are faster; tiny nets lose by it. Raises RuntimeError once
    JAX has started its devices, and changes nothing then.

    >>> use_cpu_devices(0)
    Traceback (most recent call last):
    ValueError: use_cpu_devices: count must be a whole number >= 1; got 0.
    """
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise ValueError(f"use_cpu_devices: count must be a whole number >= 1; got {checks.told(count)}.")
    try:
        jax.config.update("jax_num_cpu_devices", int(count))
    except RuntimeError:
        raise RuntimeError(
            f"use_cpu_devices: it must come before the first JAX call; JAX runs already, with "
            f"{jax.local_device_count('cpu')} CPU device(s). Fix: call it right after the imports."
        ) from None


class Devices:
    """The devices of one training: where arrays lie, and how a batch is split.

    count: whole number >= 1, the first so many that JAX has. Raises ValueError where there are fewer.
    """

    def __init__(self, function, count):
        if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
            told = checks.told(count)
            raise ValueError(f"{function}: devices must be a whole number >= 1; got {told}.")
        self.count = int(count)
        if count == 1:
            return
        if count > len(jax.devices()):
            here = len(jax.devices())
            possible = jax.default_backend() == "cpu" and count <= (os.cpu_count() or 1)
            fix = f" Fix: jaxnets.use_cpu_devices({count}) before the first JAX call." if possible else ""
            told = checks.shown(count)
            raise ValueError(
                f"{function}: devices must be at most {here}, as many as JAX has; got {told}.{fix}"
            )
        self._mesh = Mesh(np.array(jax.devices()[:count]), (_BATCH,))
        self._everywhere = NamedSharding(self._mesh, PartitionSpec())

    def check_batch(self, function, size, examples):
        """Every device must have as much to do as the others."""
        if over := size % self.count:
            fix = f"batch_size={max(size - over, self.count)}"
            if examples < self.count:
                fix = f"devices={examples}"
            elif size == examples:  # the batch of those over would be a step of its own
                smaller = max(64 - 64 % self.count, self.count)
                fix = f"leave {over} of them out" + (
                    f", or batch_size={smaller}" if 2 * smaller <= size else ""
                )
            raise ValueError(
                f"{function}: batch_size must be a multiple of devices; got {size} examples a step for "
                f"{self.count} devices. Fix: {fix}."
            )

    def replicate(self, tree):
        """The arrays of a tree on every device."""
        return jax.device_put(tree, jax.devices()[0] if self.count == 1 else self._everywhere)

    def one(self, tree):
        """The arrays of a tree on the first device alone."""
        return tree if self.count == 1 else jax.device_put(tree, jax.devices()[0])

    def split(self, batch):
        """A traced batch, an equal share of its rows on each device; one that has no equal shares stays."""

        def share(array):
            if array.shape[0] % self.count:
                return array
            spec = PartitionSpec(_BATCH, *[None] * (array.ndim - 1))
            return lax.with_sharding_constraint(array, NamedSharding(self._mesh, spec))

        return batch if self.count == 1 else jax.tree.map(share, batch)

    def known(self):
        """A context in which traced functions know that batches are split, see `on_each_device`."""
        return nullcontext() if self.count == 1 else use_abstract_mesh(self._mesh.abstract_mesh)

    def same(self, tree):
        """Traced arrays, equal on every device: what a step hands to the next."""
        return tree if self.count == 1 else lax.with_sharding_constraint(tree, self._everywhere)


def on_each_device(function, *batch):
    """A function whose results are rows of examples, computed by each device for its share of them.

    batch: the numbers of the arguments that hold examples as their rows, the first of them an array; all
    others are the same on every device. Where no devices share a batch, or cannot share it evenly, the
    function itself. For what XLA does not split well by itself; slopes of the other arguments are added up
    over the devices.
    """
    mesh = get_abstract_mesh()

    def shared(*arguments):
        if _explicit(arguments) is not None:
            return split_by_xla(function, arguments[batch[0]])(*arguments)
        if _BATCH not in mesh.axis_names or arguments[batch[0]].shape[0] % mesh.shape[_BATCH]:
            return function(*arguments)
        rows, everywhere = PartitionSpec(_BATCH), PartitionSpec()
        specs = tuple(rows if k in batch else everywhere for k in range(len(arguments)))
        return jax.shard_map(function, mesh=mesh, in_specs=specs, out_specs=rows, check_vma=False)(*arguments)

    return shared


def split_by_xla(function, rows):
    """A function whose results are as many rows as `rows` has, and lie as those do, where arrays lie on a
    mesh with Explicit axes: there JAX would ask for the layout of each array between them."""

    def laid_out(*arguments):
        if (mesh := _explicit((rows, arguments))) is None:
            return function(*arguments)
        layout = NamedSharding(mesh, PartitionSpec(*jax.typeof(rows).sharding.spec[:1]))
        return jax.jit(auto_axes(function, out_sharding=layout))(*arguments)

    return laid_out


def _explicit(tree):
    """The mesh with Explicit axes on which arrays of a tree lie; None where there is none."""
    meshes = (jax.typeof(array).sharding.mesh for array in jax.tree.leaves(tree))
    return next((mesh for mesh in meshes if mesh.explicit_axes), None)


def varying_alike(tree):
    """The arrays of a tree, inside a `jax.shard_map` of the user's own: where one differs from device to
    device, all may, so that they can be steps of one loop; slopes of those that do not are added up."""
    arrays, form = jax.tree.flatten(tree)
    axes = [jax.typeof(array).manual_axis_type.varying for array in arrays]
    more = [tuple(frozenset().union(*axes) - own) for own in axes]
    varying = [lax.pcast(x, new, to="varying") if new else x for x, new in zip(arrays, more, strict=True)]
    return jax.tree.unflatten(form, varying)


ONE = Devices("fit", 1)
