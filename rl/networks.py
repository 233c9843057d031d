"""Networks of agents: plain functions over plain parameters, which compiled loops carry about.

F: features, O: outputs.
"""

import itertools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnets import activations, activations_smooth
from jaxnets.initializers import orthogonal

from . import inputs

ACTIVATIONS = {
    "tanh": jnp.tanh,  # its slope loses digits where it is nearly 0, and costs no second exponential
    "relu": activations.relu,
    "leaky_relu": activations.leaky_relu,
    "sigmoid": activations.sigmoid,
    "silu": activations_smooth.silu,
    "gelu": activations_smooth.gelu,
    "elu": activations_smooth.elu,
}
MANY = 32  # rows from which on columns pay


@jax.custom_vjp
def _product(kernel, columns):
    """kernel.T @ columns by a copy of the kernel that lies as the product reads it.

    On a CPU a product with a kernel of 256 x 256 then takes a third of the time; the barrier keeps XLA from
    folding the copy back into the product. The slopes read the kernel as it is.
    """
    return lax.optimization_barrier(kernel.T) @ columns


def _product_forward(kernel, columns):
    return _product(kernel, columns), (kernel, columns)


def _product_backward(kept, slopes):
    kernel, columns = kept
    return columns @ slopes.T, kernel @ slopes


_product.defvjp(_product_forward, _product_backward)


@jax.custom_vjp
def _first_product(kernel, rows):
    """The same for columns that are the rows of a batch.

    Left to itself XLA takes the kernel's slope for a product that it has no fast code for: 20 us in place of
    2 for a kernel of 4 x 64. It is computed as a row for each output, and the barrier keeps it so.
    """
    return _product(kernel, rows.T)


def _first_product_forward(kernel, rows):
    return _first_product(kernel, rows), (kernel, rows)


def _first_product_backward(kept, slopes):
    kernel, rows = kept
    return lax.optimization_barrier(slopes @ rows).T, (kernel @ slopes).T


_first_product.defvjp(_first_product_forward, _first_product_backward)


@dataclass(frozen=True)
class MLP:
    """Linear layers with an activation between them.

    hidden: outputs of each hidden layer. activation: a name, such as "tanh" or "relu".

    >>> net = MLP((64, 64))
    >>> params = net.init(np.random.default_rng(0), 4, 2)
    >>> [layer["kernel"].shape for layer in params]
    [(4, 64), (64, 64), (64, 2)]
    >>> net(params, np.ones((10, 4), np.float32)).shape
    (10, 2)
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: str = "tanh"

    def init(self, rng, in_features, out_features, scale=1.0):
        """Parameters: orthogonal kernels, sqrt(2) long and scale at the end, biases 0.

        rng: a numpy Generator: drawing in numpy compiles nothing. Source: Saxe et al. 2014; the scales are
        those of Andrychowicz et al. 2021, section 3.2, arXiv:2006.05990.
        """
        sizes = (in_features, *self.hidden, out_features)
        layers = []
        for i, (ins, outs) in enumerate(itertools.pairwise(sizes)):
            length = scale if i == len(self.hidden) else 2**0.5
            kernel = orthogonal(rng.standard_normal((ins, outs)), scale=length).astype(np.float32)
            layers.append({"kernel": kernel, "bias": np.zeros(outs, np.float32)})
        return layers

    def __call__(self, params, inputs):
        """[..., F] -> [..., O]: linear layers."""
        activation, shape = ACTIVATIONS[self.activation], inputs.shape[:-1]
        rows = inputs.reshape(-1, inputs.shape[-1])
        compute = self._on_columns if len(rows) >= MANY else self._on_rows
        return compute(params, rows, activation).reshape(*shape, -1)

    @staticmethod
    def _on_rows(params, rows, activation):
        first, *others = params
        rows = rows @ first["kernel"] + first["bias"][None]
        for layer in others:
            rows = activation(rows) @ layer["kernel"] + layer["bias"][None]
        return rows

    @staticmethod
    def _on_columns(params, rows, activation):
        """Features first, [F, B]: on a CPU the product that gives a kernel's gradient then takes half the
        time for hidden layers, and a ninth of it for a last layer of few outputs.
        """
        first, *others = params
        columns = _first_product(first["kernel"], rows) + first["bias"][:, None]
        for layer in others:
            columns = _product(layer["kernel"], activation(columns)) + layer["bias"][:, None]
        return columns.T


def agent_net(agent):
    """The MLP that an agent's settings describe: hidden, sizes of its hidden layers, and activation."""
    name = type(agent).__name__
    hidden = inputs.sizes(name, "hidden", agent.hidden)
    if not isinstance(agent.activation, str) or agent.activation not in ACTIVATIONS:
        names = ", ".join(map(repr, ACTIVATIONS))
        raise ValueError(f"{name}: activation must be one of {names}; got {agent.activation!r}.")
    return MLP(hidden, agent.activation)
