"""Arithmetic on arrays of ids, real or complex, with every result rounded to one type.

A complex number is two ids, and an array of complex numbers is an array of numpy's complex numbers of two ids
each: so what moves numbers about moves both, and an algorithm is written once for both.
"""

import numpy as np

from . import compat
from .arrays import Array


def packed(array):
    """The ids of an array, complex numbers for a complex one."""
    return array.ids if array.imaginary is None else join(array.ids, array.imaginary)


def unpacked(dtype, ids):
    """The array of a dtype with these ids."""
    if compat.is_complex(dtype):
        return Array(dtype, *split(ids))
    return Array(dtype, ids)


def parts(array):
    """The ids of an array, of a complex one those of its parts."""
    return [ids for ids in (array.ids, array.imaginary) if ids is not None]


def join(real, imaginary):
    """Packed ids of complex numbers."""
    return real + 1j * imaginary


def flat(ids):
    """[n] the ids of packed ones, behind the real parts the imaginary ones."""
    return np.concatenate([part.ravel() for part in split(ids)]) if np.iscomplexobj(ids) else ids.ravel()


def split(ids):
    """The ids of the real and of the imaginary parts of packed ones."""
    return np.asarray(np.real(ids)).astype(int), np.asarray(np.imag(ids)).astype(int)


class Field:
    """The arithmetic of one dtype on a tape. part: the dtype of the parts of its numbers."""

    def __init__(self, tape, dtype):
        self.tape, self.complex = tape, compat.is_complex(dtype)
        self.part = np.zeros(0, dtype).real.dtype if self.complex else dtype

    def number(self, x):
        """The id of a constant, packed for a complex type."""
        made = int(self.tape.constants(float(x)))
        return complex(made, self.tape.zero()) if self.complex else made

    def full(self, shape, x=0.0):
        """Ids of a constant."""
        return np.full(shape, self.number(x))

    def numbers(self, ids):
        """What they are in the run."""
        if not np.iscomplexobj(ids):
            return self.tape.run[ids]
        real, imaginary = split(ids)
        return self.tape.run[real] + 1j * self.tape.run[imaginary]

    def whole(self, ids):
        """Real ids as those of the type."""
        return join(ids, self.tape.zero()) if self.complex and not np.iscomplexobj(ids) else ids

    def conj(self, ids):
        """Ids of the conjugates."""
        if not np.iscomplexobj(ids):
            return ids
        real, imaginary = split(ids)
        return join(real, self.apply("neg", imaginary))

    def real(self, ids):
        """Ids of the real parts."""
        return split(ids)[0] if np.iscomplexobj(ids) else ids

    def apply(self, op, *ids):
        """Ids of op(*ids), elementwise: a row of the table of derivatives, or a formula for complex ones."""
        if not any(map(np.iscomplexobj, ids)):
            return self.tape.apply(op, *ids, dtype=self.part)
        return FORMULAS[op](self, *ids)

    def total(self, ids):
        """Ids of the sums along the last axis."""
        if not np.iscomplexobj(ids):
            return self.tape.total(ids, self.part)
        return join(*(self.tape.total(part, self.part) for part in split(ids)))

    def dot(self, left, right):
        """Ids [b, m, p] of the products of matrices, ids [b, m, k] and [b, k, p]."""
        if left.shape[2] == 1:
            return self.apply("mul", left, right)
        if not (np.iscomplexobj(left) or np.iscomplexobj(right)):
            return self.tape.dot(left, right, self.part)
        (a, b), (c, d) = (split(self.whole(ids)) for ids in (left, right))
        ac, bd, ad, bc = (self.tape.dot(x, y, self.part) for x, y in ((a, c), (b, d), (a, d), (b, c)))
        return join(self.apply("sub", ac, bd), self.apply("add", ad, bc))


def _parts(op):
    def function(field, *ids):
        pairs = zip(*map(split, map(field.whole, ids)), strict=True)
        return join(*(field.apply(op, *part) for part in pairs))

    return function


def _mul(field, z, w):
    if not (np.iscomplexobj(z) and np.iscomplexobj(w)):
        (a, b), c = (split(z), w) if np.iscomplexobj(z) else (split(w), z)
        return join(field.apply("mul", a, c), field.apply("mul", b, c))
    (a, b), (c, d) = split(z), split(w)
    real = field.apply("sub", field.apply("mul", a, c), field.apply("mul", b, d))
    return join(real, field.apply("add", field.apply("mul", a, d), field.apply("mul", b, c)))


def _truediv(field, z, w):
    if not np.iscomplexobj(w):
        return join(*(field.apply("truediv", part, w) for part in split(z)))
    c, d = split(w)
    size = field.apply("add", field.apply("mul", c, c), field.apply("mul", d, d))
    return field.apply("truediv", field.apply("mul", z, field.conj(w)), size)


def _exp(field, z):
    a, b = split(z)
    size = field.apply("exp", a)
    return join(*(field.apply("mul", size, field.apply(name, b)) for name in ("cos", "sin")))


def _log(field, z):
    a, b = split(z)
    return join(field.apply("log", field.apply("hypot", a, b)), field.apply("atan2", b, a))


def _sinh(field, z):
    a, b = split(z)
    real = field.apply("mul", field.apply("sinh", a), field.apply("cos", b))
    return join(real, field.apply("mul", field.apply("cosh", a), field.apply("sin", b)))


def _cosh(field, z):
    a, b = split(z)
    real = field.apply("mul", field.apply("cosh", a), field.apply("cos", b))
    return join(real, field.apply("mul", field.apply("sinh", a), field.apply("sin", b)))


class _Number:
    """Complex numbers with operators, to write a formula down as it is read."""

    def __init__(self, field, ids):
        self.field, self.ids = field, ids

    def _with(self, op, *others):
        number = [x.ids if isinstance(x, _Number) else self.field.number(x) for x in others]
        return _Number(self.field, self.field.apply(op, self.ids, *number))

    def __add__(self, other):
        return self._with("add", other)

    def __sub__(self, other):
        return self._with("sub", other)

    def __mul__(self, other):
        return self._with("mul", other)

    def __truediv__(self, other):
        return self._with("truediv", other)

    def __neg__(self):
        return self._with("neg")

    def __getattr__(self, op):
        return lambda: self._with(op)

    def turned(self):
        """i times it."""
        a, b = split(self.ids)
        return _Number(self.field, join(self.field.apply("neg", b), a))


def _formula(function):
    """A function of `_Number`s as one of a field and packed ids."""
    return lambda field, *ids: function(*(_Number(field, x) for x in ids)).ids


FORMULAS = {
    **{op: _parts(op) for op in ("add", "sub", "neg", "stop")},
    "mul": _mul, "truediv": _truediv, "exp": _exp, "log": _log, "sinh": _sinh, "cosh": _cosh,
} | {
    op: _formula(function)
    for op, function in {
        "sin": lambda z: -z.turned().sinh().turned(),
        "cos": lambda z: z.turned().cosh(),
        "tan": lambda z: z.sin() / z.cos(),
        "tanh": lambda z: z.sinh() / z.cosh(),
        "sqrt": lambda z: (z.log() / 2).exp(),
        "pow": lambda z, w: (w * z.log()).exp(),
        "expm1": lambda z: z.exp() - 1,
        "log1p": lambda z: (z + 1).log(),
        "one_minus_square": lambda z: -(z * z) + 1,
        "sigmoid": lambda z: z.exp() / (z.exp() + 1),
        "asinh": lambda z: (z + (z * z + 1).sqrt()).log(),
        "acosh": lambda z: (z + (z + 1).sqrt() * (z - 1).sqrt()).log(),
        "atanh": lambda z: ((z + 1).log() - (-z + 1).log()) / 2,
        "asin": lambda z: -z.turned().asinh().turned(),
        "acos": lambda z: -(z + ((-z + 1).sqrt() * (z + 1).sqrt()).turned()).log().turned(),
        "atan": lambda z: -z.turned().atanh().turned(),
    }.items()
}  # fmt: skip
