"""One step of a recurrent network, on arrays of any number of sequences at once.

x: inputs of one time step, h: hidden state, c: memory cell of the LSTM, both [..., hidden]. W: kernel
[in, ...], U: recurrent_kernel [hidden, ...], b: bias [...]. The columns of W, U and b stand gate by gate:
those of the first gate first, one for each hidden unit. Whole sequences are in recurrent_layers.py.
"""

import jax.numpy as jnp

from . import checks
from .activations import identity, relu, sigmoid, tanh

ACTIVATIONS = {"tanh": tanh, "relu": relu, "identity": identity}


def rnn_step(carry, inputs, kernel, recurrent_kernel, bias, activation="tanh"):
    """One step of the vanilla recurrent network (Elman's).

        h[t] = activation(x[t] @ W + h[t-1] @ U + b)

    carry: [..., hidden], h[t-1]; inputs: [..., in], x[t]; kernel: [in, hidden], W; recurrent_kernel:
    [hidden, hidden], U; bias: [hidden], b. activation: "tanh", "relu" or "identity", which makes the network
    linear, or the function of that name. Returns h[t], [..., hidden]; in [-1, 1] for tanh. The kink is that
    of relu: its slope at 0 is 0. Raises ValueError for shapes that do not meet, and for another activation.
    Source: Elman 1990; Goodfellow et al. 2016, eq. 10.8 and 10.9.

    >>> h, x, one = jnp.ones(1), jnp.full(1, 2.0), jnp.ones((1, 1))
    >>> rnn_step(h, x, 3 * one, one / 2, -jnp.ones(1), activation="identity").tolist()
    [5.5]
    """
    activation = _activation("rnn_step", activation)
    inputs, kernel, recurrent_kernel, bias = _meet(
        "rnn_step", 1, inputs, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias
    )
    h = _carried("rnn_step", carry, (*inputs.shape[:-1], len(recurrent_kernel)))
    return _rnn_cell(h, _rows(inputs @ kernel, bias), recurrent_kernel, activation)


def lstm_step(carry, inputs, kernel, recurrent_kernel, bias, peephole=None, forget_bias=1.0):
    """One step of the long short-term memory: gates say what its memory cell takes in, keeps and lets out.

        i = sigmoid(x[t] @ W_i + h[t-1] @ U_i + b_i + p_i * c[t-1])
        f = sigmoid(x[t] @ W_f + h[t-1] @ U_f + b_f + p_f * c[t-1] + forget_bias)
        g = tanh(x[t] @ W_g + h[t-1] @ U_g + b_g)
        c[t] = f * c[t-1] + i * g
        o = sigmoid(x[t] @ W_o + h[t-1] @ U_o + b_o + p_o * c[t])
        h[t] = o * tanh(c[t])

    carry: (c[t-1], h[t-1]), each [..., hidden]; inputs: [..., in], x[t]; kernel: [in, 4 * hidden], W, the
    gates in the order i f g o; recurrent_kernel: [hidden, 4 * hidden], U; bias: [4 * hidden], b; peephole:
    [3, hidden], p_i p_f p_o, or None without. forget_bias: any number; at 1 a new cell forgets slowly, at 0
    the weights are those of Flax and PyTorch. Returns (c[t], h[t]); h in [-1, 1].
    Raises ValueError for shapes that do not meet. Source: Hochreiter and Schmidhuber 1997; Graves 2013, eq. 7
    to 11, arXiv:1308.0850; forget_bias: Jozefowicz et al. 2015.

    >>> weights = jnp.zeros((1, 4))
    >>> carry = jnp.full(1, 2.0), jnp.zeros(1)
    >>> lstm_step(carry, jnp.ones(1), weights, weights, jnp.array([0.0, -1.0, 0.0, 0.0]))[0].tolist()
    [1.0]
    """
    forget_bias = checks.finite("lstm_step", "forget_bias", forget_bias)
    rows = {} if peephole is None else dict(peephole=peephole)
    inputs, kernel, recurrent_kernel, bias, *peephole = _meet(
        "lstm_step", 4, inputs, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias, **rows
    )
    carry = _carried("lstm_step", carry, (*inputs.shape[:-1], len(recurrent_kernel)), ("c", "h"))
    sums = _rows(inputs @ kernel, _forgetting(bias, forget_bias))
    return _lstm_cell(carry, sums, recurrent_kernel, *peephole)


def gru_step(carry, inputs, kernel, recurrent_kernel, bias, recurrent_bias=None, reset_after=True):
    """One step of the gated recurrent unit: a reset gate r, an update gate z and a candidate n.

        r = sigmoid(x[t] @ W_r + b_r + h[t-1] @ U_r + v_r)
        z = sigmoid(x[t] @ W_z + b_z + h[t-1] @ U_z + v_z)
        n = tanh(x[t] @ W_n + b_n + (r * (h[t-1] @ U_n + v_n) if reset_after else (r * h[t-1]) @ U_n + v_n))
        h[t] = (1 - z) * n + z * h[t-1]

    carry: [..., hidden], h[t-1]; inputs: [..., in], x[t]; kernel: [in, 3 * hidden], W, the gates in the order
    r z n; recurrent_kernel: [hidden, 3 * hidden], U; bias: [3 * hidden], b; recurrent_bias: [3 * hidden], v,
    or None for 0. reset_after: whether the reset gate acts behind the recurrent kernel (cuDNN's form) or in
    front of it (the original). Returns h[t], [..., hidden]; in [-1, 1] if h[t-1] is.
    Raises ValueError for shapes that do not meet. Source: Cho et al. 2014, eq. 5 to 8, arXiv:1406.1078; the
    candidate of reset_after: as cuDNN, Keras and PyTorch have it.

    >>> weights = jnp.zeros((1, 3))
    >>> gru_step(jnp.full(1, 3.0), jnp.ones(1), weights, weights, jnp.zeros(3)).tolist()
    [1.5]
    """
    checks.flag("gru_step", "reset_after", reset_after)
    rows = {} if recurrent_bias is None else dict(recurrent_bias=recurrent_bias)
    inputs, kernel, recurrent_kernel, bias, *recurrent_bias = _meet(
        "gru_step", 3, inputs, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias, **rows
    )
    h = _carried("gru_step", carry, (*inputs.shape[:-1], len(recurrent_kernel)))
    sums = _rows(inputs @ kernel, bias)
    return _gru_cell(h, sums, recurrent_kernel, reset_after, *recurrent_bias)


def _rnn_cell(h, sums, recurrent_kernel, activation):
    """h[t] from x[t] @ W + b."""
    return ACTIVATIONS[activation](sums + h @ recurrent_kernel)


def _lstm_cell(carry, sums, recurrent_kernel, peephole=None):
    """(c[t], h[t]) from x[t] @ W + b, the forget bias in b."""
    c, h = carry
    i, f, g, o = jnp.split(sums + h @ recurrent_kernel, 4, axis=-1)
    if peephole is None:
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        return c, sigmoid(o) * tanh(c)
    p_i, p_f, p_o = peephole
    c = sigmoid(_rows(f, p_f, c)) * c + sigmoid(_rows(i, p_i, c)) * tanh(g)
    return c, sigmoid(_rows(o, p_o, c)) * tanh(c)


def _gru_cell(h, sums, recurrent_kernel, reset_after, recurrent_bias=None):
    """h[t] from x[t] @ W + b."""
    gates, rest = slice(2 * h.shape[-1]), slice(2 * h.shape[-1], None)

    def thought(h, columns):
        product = h @ recurrent_kernel[:, columns]
        return product if recurrent_bias is None else _rows(product, recurrent_bias[columns])

    r, z = jnp.split(sigmoid(sums[..., gates] + thought(h, gates)), 2, axis=-1)
    candidate = r * thought(h, rest) if reset_after else thought(r * h, rest)
    n = tanh(sums[..., rest] + candidate)
    return (1 - z) * n + z * h


def _rows(sums, row, factor=1):
    """sums [..., n] + row [n] * factor, where factor is a number or [..., n]."""
    return sums + row.reshape((1,) * (sums.ndim - 1) + row.shape) * factor


def _forgetting(bias, forget_bias):
    """The bias [4 * hidden] with the forget bias added for the forget gate."""
    hidden = len(bias) // 4
    return bias.at[hidden : 2 * hidden].add(forget_bias)


def _meet(function, gates, inputs, **rows):
    """All as arrays of floats, if their shapes are those of a cell with so many gates."""
    arrays = {name: checks.numbers(function, name, x) for name, x in dict(inputs=inputs, **rows).items()}
    shape, kernel, given = (arrays[name].shape for name in ("recurrent_kernel", "kernel", "inputs"))
    if len(shape) != 2 or shape[1] != gates * shape[0]:
        columns = "hidden" if gates == 1 else f"{gates} * hidden"
        raise ValueError(f"{function}: recurrent_kernel must be [hidden, {columns}]; got {shape}.")
    if len(kernel) != 2 or kernel[1] != shape[1]:
        raise ValueError(
            f"{function}: kernel must be [in, {shape[1]}] to meet recurrent_kernel {shape}; got {kernel}."
        )
    if given[-1:] != kernel[:1]:
        raise ValueError(f"{function}: inputs must end in the in_features of kernel {kernel}; got {given}.")
    for name in [name for name in rows if "kernel" not in name]:
        expected = (3, shape[0]) if name == "peephole" else shape[1:]
        if arrays[name].shape != expected:
            raise ValueError(
                f"{function}: {name} must be {expected} to meet recurrent_kernel {shape}; "
                f"got {arrays[name].shape}."
            )
    return arrays.values()


def _carried(function, carry, shape, parts=None):
    """The carry, or the list of its parts, as arrays of floats, if they have the shape."""
    if parts is None:
        arrays = checks.numbers(function, "carry", carry)
        rule, got = f"of shape {shape}", arrays.shape
    else:
        if not isinstance(carry, list | tuple):  # an array that holds c and h
            carry = checks.array(function, "carry", carry)
        listed = carry if isinstance(carry, list | tuple) or carry.ndim else [carry]
        arrays = [checks.numbers(function, "carry", x) for x in listed]
        rule, got = f"({', '.join(parts)}), each of shape {shape}", [x.shape for x in arrays]
        shape = [shape] * len(parts)
    if got != shape:
        # an array, or lists that would be one
        together = parts is not None and not isinstance(carry, tuple) and len(set(got)) == 1
        told = getattr(carry, "shape", (len(got), *arrays[0].shape)) if together else got
        raise ValueError(f"{function}: carry must be {rule}; got {told}.")
    return arrays


def _activation(function, given):
    """The name of an activation that is given by name, or as the function of this room itself."""
    name = next((name for name, own in ACTIVATIONS.items() if own is given), given)
    if not isinstance(name, str) or name not in ACTIVATIONS:
        fix = checks.near(getattr(given, "__name__", given), ACTIVATIONS)
        raise ValueError(
            f"{function}: activation must be 'tanh', 'relu' or 'identity'; got {checks.told(given)}.{fix}"
        )
    return name
