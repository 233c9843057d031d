"""The derivative of a case as one number: JAX's in its own precision, and the true one in 80 digits.

u: a fixed cotangent, v: a fixed direction, w: a second one for second order; J: the Jacobian.
"""

from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from tests.oracle.cases.case import is_float, of_floats
from tests.oracle.cases.exact import mp

STEP = mp.mpf(10) ** -20


def lift(x):
    """A float array as an array of mpmath's numbers, a plain number where it has no axes."""
    is_complex = jnp.issubdtype(x.dtype, jnp.complexfloating)
    numbers = np.asarray(x).astype(np.complex128 if is_complex else np.float64)
    number = (lambda z: mp.mpc(z.real, z.imag)) if is_complex else mp.mpf
    lifted = np.frompyfunc(lambda z: number(z), 1, 1)(numbers)
    return lifted if numbers.ndim else mp.mpmathify(lifted)


def flat(tree):
    """All numbers of a tree of numbers and arrays, in order."""
    return [z for leaf in jax.tree.leaves(tree) for z in np.asarray(leaf, dtype=object).reshape(-1)]


def direction(leaf, draw):
    """Numbers of either sign and of the size of an array, none of them near 0."""
    scale = float(np.max(np.abs(np.asarray(leaf).astype(np.complex128)))) or 1.0
    if leaf.dtype == jnp.float16:
        scale = min(scale, 1.0)
    sign = np.where(draw.rand(*leaf.shape) < 0.5, -1, 1)
    numbers = sign * (0.5 + draw.rand(*leaf.shape)) * scale
    if jnp.issubdtype(leaf.dtype, jnp.complexfloating):
        numbers = numbers + 1j * (0.5 + draw.rand(*leaf.shape)) * scale
    return jnp.asarray(numbers, leaf.dtype)


def dot(u, v):
    """The real part of the sum of products of two lists of arrays or numbers, exactly."""
    x, y = (flat([lift(a) if hasattr(a, "dtype") else a for a in side]) for side in (u, v))
    return mp.fsum(mp.mpmathify(a * b).real for a, b in zip(x, y, strict=True))


def finite(arrays):
    """Whether all numbers are."""
    return all(np.isfinite(np.asarray(x).astype(np.complex128)).all() for x in arrays)


def differences(along, order):
    """What central differences say of a function of two steps: its first or its mixed second derivative."""
    if order == 1:
        plus, minus = along(STEP, 0), along(-STEP, 0)
        return [(a - b) / (2 * STEP) for a, b in zip(plus, minus, strict=True)]
    corners = [along(s, t) for s, t in ((STEP, STEP), (STEP, -STEP), (-STEP, STEP), (-STEP, -STEP))]
    return [(a - b - c + d) / (4 * STEP * STEP) for a, b, c, d in zip(*corners, strict=True)]


class Derivative:
    """u J v of a case at its point. x: its float arrays; call: the function of those; eps, tiny: the unit and
    the smallest normal number of the coarsest dtype that goes in or comes out."""

    def __init__(self, case):
        f, self.args, _ = case.made()
        self.case = case
        self.call, self.x = of_floats(f, self.args)
        draw = np.random.RandomState(12345)
        self.v, self.w = ([direction(x, draw) for x in self.x] for _ in range(2))
        y = self.call(*self.x)
        self.u = [direction(jnp.ones_like(a), draw) for a in y]
        dtypes = [jnp.finfo(a.dtype) for a in y + self.x]
        self.eps, self.tiny = max(float(d.eps) for d in dtypes), max(float(d.tiny) for d in dtypes)

    def jax(self, mode):
        """JAX's number in a mode; infinity where a part of it is not finite."""
        call, x = self.call, self.x
        if mode == "rev":
            if self.case.order == 1:
                made = jax.vjp(call, *x)[1](self.u)
            else:
                made = jax.vjp(lambda *x: list(jax.vjp(call, *x)[1](self.u)), *x)[1](self.w)
            return dot(made, self.v) if finite(made) else mp.inf
        if self.case.order == 1:
            made = jax.jvp(call, tuple(x), tuple(self.v))[1]
        else:
            made = jax.jvp(lambda *x: jax.jvp(call, x, tuple(self.w))[1], tuple(x), tuple(self.v))[1]
        return dot(made, self.u) if finite(made) else mp.inf

    @cached_property
    def point(self):
        """The float arguments in 80 digits."""
        return [lift(x) for x in self.x]

    @cached_property
    def cotangent(self):
        """u in 80 digits, flat."""
        return flat([lift(a) for a in self.u])

    def twin(self, point):
        """The numbers that the proof makes of a point."""
        leaves, tree = jax.tree.flatten(self.args)
        moved = iter(point)
        given = [next(moved) if is_float(x) else x for x in leaves]
        return flat(self.case.proof(*jax.tree.unflatten(tree, given)))

    def slopes(self, point, v):
        """The derivative of every output along v (and w) at a point."""
        w = [lift(a) for a in self.w]

        def along(s, t):
            return self.twin([x + s * a + t * b for x, a, b in zip(point, v, w, strict=True)])

        return differences(along, self.case.order)

    def true(self, point):
        """The true number at a point."""
        slopes = self.slopes(point, [lift(a) for a in self.v])
        return mp.fsum(mp.mpmathify(a * b).real for a, b in zip(self.cotangent, slopes, strict=True))

    def units(self):
        """(which array, index, the unit vector) for every float number of the arguments."""
        for i, x in enumerate(self.x):
            for j in np.ndindex(x.shape):
                unit = [np.zeros(a.shape, object) if a.ndim else mp.mpf(0) for a in self.x]
                if x.ndim:
                    unit[i][j] = mp.mpf(1)
                else:
                    unit[i] = mp.mpf(1)
                yield i, j, unit

    def size(self):
        """S: the sum of |u J v| over all pairs of an input and an output."""
        total = mp.mpf(0)
        for i, j, unit in self.units():
            step = lift(self.v[i])[j] if self.x[i].ndim else lift(self.v[i])
            slopes = self.slopes(self.point, [step * a for a in unit])
            total += mp.fsum(abs(a * b) for a, b in zip(self.cotangent, slopes, strict=True))
        return total

    def sensitivity(self, true):
        """eps K: how far the number moves when every argument moves by one unit, the more of two draws."""
        draw, far = np.random.RandomState(7), []
        for _ in range(2):
            signs = [np.where(draw.rand(*x.shape) < 0.5, -1, 1) for x in self.x]
            signs = [s if s.ndim else int(s) for s in signs]
            far.append(
                self.true([x * (1 + self.eps * s) for x, s in zip(self.point, signs, strict=True)]) - true
            )
        return max(map(abs, far))
