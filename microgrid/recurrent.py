"""One step of a recurrent network: what it keeps in mind after it has seen one more input.

x: inputs of one time step, h: hidden state, c: memory cell of the LSTM, both [hidden]. W: kernel [in][...],
U: recurrent_kernel [hidden][...], b: bias [...]. The columns of W, U and b stand gate by gate: those of the
first gate first, one for each hidden unit. What the steps of a whole sequence make is in recurrent_layers.py.
"""

from . import checks
from .activations import identity, relu, sigmoid, tanh
from .operations import dot

ACTIVATIONS = {"tanh": tanh, "relu": relu, "identity": identity}


def rnn_step(carry, inputs, kernel, recurrent_kernel, bias, activation="tanh"):
    """One step of the vanilla recurrent network (Elman's).

        h[t] = activation(x[t] @ W + h[t-1] @ U + b)

    carry: [hidden], h[t-1]; inputs: [in], x[t]; kernel: [in][hidden], W; recurrent_kernel: [hidden][hidden],
    U; bias: [hidden], b. activation: "tanh", "relu" or "identity", which makes the network linear, or
    the function of that name. Returns h[t], [hidden]; in [-1, 1] for tanh. The kink is that of relu: its
    slope at 0 is 0. Raises ValueError for shapes that do not meet, and for another activation.
    Source: Elman 1990; Goodfellow et al. 2016, eq. 10.8 and 10.9.

    >>> rnn_step([1.0], [2.0], [[3.0]], [[0.5]], [-1.0], activation="identity")
    [5.5]
    """
    activation = _activation("rnn_step", activation)
    _carried("rnn_step", carry, _meet("rnn_step", 1, inputs, kernel, recurrent_kernel, dict(bias=bias)))
    sums = _sums([*inputs, *carry], [*kernel, *recurrent_kernel], bias)
    return [ACTIVATIONS[activation](x) for x in sums]


def lstm_step(carry, inputs, kernel, recurrent_kernel, bias, peephole=None, forget_bias=1.0):
    """One step of the long short-term memory: gates decide what the memory cell takes in, keeps and shows.

        i = sigmoid(x[t] @ W_i + h[t-1] @ U_i + b_i + p_i * c[t-1])
        f = sigmoid(x[t] @ W_f + h[t-1] @ U_f + b_f + p_f * c[t-1] + forget_bias)
        g = tanh(x[t] @ W_g + h[t-1] @ U_g + b_g)
        c[t] = f * c[t-1] + i * g
        o = sigmoid(x[t] @ W_o + h[t-1] @ U_o + b_o + p_o * c[t])
        h[t] = o * tanh(c[t])

    carry: (c[t-1], h[t-1]), each [hidden]; inputs: [in], x[t]; kernel: [in][4 * hidden], W, the gates in the
    order i f g o; recurrent_kernel: [hidden][4 * hidden], U; bias: [4 * hidden], b; peephole: [3][hidden],
    p_i p_f p_o, or None without. forget_bias: any number; at 1 a new cell forgets slowly, at 0 the weights
    are those of Flax and PyTorch. Returns (c[t], h[t]); h in [-1, 1].
    Raises ValueError for shapes that do not meet. Source: Hochreiter and Schmidhuber 1997; Graves 2013, eq. 7
    to 11, arXiv:1308.0850; forget_bias: Jozefowicz et al. 2015.

    >>> lstm_step(([2.0], [0.0]), [1.0], [[0.0] * 4], [[0.0] * 4], [0.0, -1.0, 0.0, 0.0])[0]
    [1.0]
    """
    forget_bias = checks.finite("lstm_step", "forget_bias", forget_bias)
    rows = {} if peephole is None else dict(peephole=peephole)
    hidden = _meet("lstm_step", 4, inputs, kernel, recurrent_kernel, dict(bias=bias) | rows)
    _carried("lstm_step", carry, hidden, ("c", "h"))
    (c, h), peephole = checks.read(carry), checks.read(peephole)
    i, f, g, o = _split(_sums([*inputs, *h], [*kernel, *recurrent_kernel], bias), hidden)
    f = [x + forget_bias for x in f]
    p_i, p_f, p_o = [[0] * hidden] * 3 if peephole is None else peephole
    i = [sigmoid(x + p * c) for x, p, c in zip(i, p_i, c, strict=True)]
    f = [sigmoid(x + p * c) for x, p, c in zip(f, p_f, c, strict=True)]
    c = [f * c + i * tanh(g) for f, c, i, g in zip(f, c, i, g, strict=True)]
    o = [sigmoid(x + p * c) for x, p, c in zip(o, p_o, c, strict=True)]
    return c, [o * tanh(c) for o, c in zip(o, c, strict=True)]


def gru_step(carry, inputs, kernel, recurrent_kernel, bias, recurrent_bias=None, reset_after=True):
    """One step of the gated recurrent unit: a reset gate r, an update gate z and a new candidate n.

        r = sigmoid(x[t] @ W_r + b_r + h[t-1] @ U_r + v_r)
        z = sigmoid(x[t] @ W_z + b_z + h[t-1] @ U_z + v_z)
        n = tanh(x[t] @ W_n + b_n + (r * (h[t-1] @ U_n + v_n) if reset_after else (r * h[t-1]) @ U_n + v_n))
        h[t] = (1 - z) * n + z * h[t-1]

    carry: [hidden], h[t-1]; inputs: [in], x[t]; kernel: [in][3 * hidden], W, the gates in the order r z n;
    recurrent_kernel: [hidden][3 * hidden], U; bias: [3 * hidden], b; recurrent_bias: [3 * hidden], v, or None
    for 0. reset_after: whether the reset gate acts behind the recurrent kernel (cuDNN's form) or in front of
    it (the original). Returns h[t], [hidden]; in [-1, 1] if h[t-1] is.
    Raises ValueError for shapes that do not meet. Source: Cho et al. 2014, eq. 5 to 8, arXiv:1406.1078; the
    candidate of reset_after: as cuDNN, Keras and PyTorch have it.

    >>> gru_step([3.0], [1.0], [[0.0] * 3], [[0.0] * 3], [0.0] * 3)
    [1.5]
    """
    checks.flag("gru_step", "reset_after", reset_after)
    biases = dict(bias=bias) if recurrent_bias is None else dict(bias=bias, recurrent_bias=recurrent_bias)
    hidden = _meet("gru_step", 3, inputs, kernel, recurrent_kernel, biases)
    _carried("gru_step", carry, hidden)
    carry = checks.read(carry)
    v = [0] * len(bias) if recurrent_bias is None else recurrent_bias
    x_r, x_z, x_n = _split(_sums(inputs, kernel, bias), hidden)
    h_r, h_z, h_n = _split(_sums(carry, recurrent_kernel, v), hidden)
    r = [sigmoid(x + y) for x, y in zip(x_r, h_r, strict=True)]
    z = [sigmoid(x + y) for x, y in zip(x_z, h_z, strict=True)]
    if reset_after:
        h_n = [r * y for r, y in zip(r, h_n, strict=True)]
    else:
        kept = [r * h for r, h in zip(r, carry, strict=True)]
        h_n = _sums(kept, [row[-hidden:] for row in recurrent_kernel], v[-hidden:])
    n = [tanh(x + y) for x, y in zip(x_n, h_n, strict=True)]
    return [(1 - z) * n + z * h for z, n, h in zip(z, n, carry, strict=True)]


def _split(sums, hidden):
    """The weighted sums of each gate."""
    return [sums[start : start + hidden] for start in range(0, len(sums), hidden)]


def _sums(inputs, kernel, bias):
    """inputs [in] @ kernel [in][out] + bias [out]: one weighted sum for each column."""
    inputs = list(inputs)
    return [dot(list(column), inputs, b) for column, b in zip(zip(*kernel, strict=True), bias, strict=True)]


def _meet(function, gates, inputs, kernel, recurrent_kernel, rows):
    """The number of hidden units, if all shapes are those of a cell with so many gates."""
    shape = checks.shape(recurrent_kernel, f"{function}: recurrent_kernel")
    if len(shape) != 2 or shape[1] != gates * shape[0]:
        columns = "hidden" if gates == 1 else f"{gates} * hidden"
        raise ValueError(f"{function}: recurrent_kernel must be [hidden, {columns}]; got {shape}.")
    columns = checks.shape(kernel, f"{function}: kernel")
    if len(columns) != 2 or columns[1] != shape[1]:
        raise ValueError(
            f"{function}: kernel must be [in, {shape[1]}] to meet recurrent_kernel {shape}; got {columns}."
        )
    given = checks.shape(inputs, f"{function}: inputs")
    if given[-1:] != columns[:1]:
        raise ValueError(f"{function}: inputs must end in the in_features of kernel {columns}; got {given}.")
    if len(given) > 1:
        fix = checks.one_at_a_time(given, 1)
        raise ValueError(f"{function}: inputs must be one time step of one example; got {given}.{fix}")
    for name, row in rows.items():
        expected = (3, shape[0]) if name == "peephole" else shape[1:]
        if (got := checks.shape(row, f"{function}: {name}")) != expected:
            raise ValueError(
                f"{function}: {name} must be {expected} to meet recurrent_kernel {shape}; got {got}."
            )
    return shape[0]


def _carried(function, carry, hidden, parts=None):
    """Raises ValueError unless the carry, or each of its parts, holds a number for every hidden unit."""
    if parts is None:
        rule, expected, got = f"of shape {(hidden,)}", (hidden,), checks.shape(carry, f"{function}: carry")
    else:
        rule, expected = f"({', '.join(parts)}), each of shape {(hidden,)}", [(hidden,)] * len(parts)
        got = [checks.shape(x, f"{function}: carry") for x in (carry if checks.nested(carry) else [carry])]
    if got != expected:
        together = parts is not None and not isinstance(carry, tuple) and len(set(got)) == 1
        told = checks.shape(carry) if together else got
        raise ValueError(f"{function}: carry must be {rule}; got {told}.")


def _activation(function, given):
    """The name of an activation that is given by name, or as the function of this room itself."""
    name = next((name for name, own in ACTIVATIONS.items() if own is given), given)
    if not isinstance(name, str) or name not in ACTIVATIONS:
        fix = checks.near(getattr(given, "__name__", given), ACTIVATIONS)
        raise ValueError(
            f"{function}: activation must be 'tanh', 'relu' or 'identity'; got {checks.shown(given)}.{fix}"
        )
    return name
