"""What every layer of arrays can do: forward, and backward by itself."""

import inspect

import jax
from flax import nnx


class _OfConstructor:
    """The signature of a class, which Flax's metaclass hides from `help`; a layer has that of its call."""

    def __get__(self, layer, kind):
        if layer is not None:
            raise AttributeError("__signature__")
        signature = inspect.signature(kind.__init__)
        return signature.replace(parameters=list(signature.parameters.values())[1:])


class Layer(nnx.Module):
    """An NNX module with one pass forward and one backward, as the layers of the scalar room have them.

    >>> import numpy as np
    >>> from jaxnets import Linear
    >>> layer = Linear(2, 1)
    >>> layer.initialize(np.random.default_rng(0))
    >>> x = np.ones((3, 2), "float32")
    >>> slopes, params = layer.backward(x, np.ones((3, 1), "float32"))
    >>> slopes.shape, params["bias"].tolist()
    ((3, 2), [3.0])
    """

    __signature__ = _OfConstructor()

    @property
    def parameters(self):
        """What is learnt: name -> array, such as {"kernel": [in, out], "bias": [out]}."""
        return self._arrays(nnx.Param)

    @property
    def statistics(self):
        """What is kept but not learnt, such as the running mean of batch normalization: name -> array."""
        return self._arrays(nnx.BatchStat)

    def _arrays(self, kind):
        held = {name: x for name, x in vars(self).items() if isinstance(x, kind)}
        return {name: x[...] for name, x in held.items() if x.get_value() is not None}

    def forward(self, inputs):
        """What the layer makes of inputs [..., in]; the same as calling it."""
        return self(inputs)

    def backward(self, inputs, gradients):
        """The chain rule for one layer, which stays as it is.

        inputs: [..., in]; gradients: [..., out], d loss / d output. Returns d loss / d inputs [..., in], and
        {"kernel": [in, out], "bias": [out]}, d loss / d parameter, summed over the examples.
        """
        graphdef, params, rest = nnx.split(self, nnx.Param, ...)

        def call(params, inputs):
            return nnx.merge(graphdef, params, jax.tree.map(lambda a: a, rest))(inputs)

        _, pull = jax.vjp(call, params, inputs)
        slopes, inputs_slopes = pull(gradients)
        return inputs_slopes, nnx.to_pure_dict(slopes)
