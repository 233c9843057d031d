"""How the compiled loops are compiled: what XLA on CPU would not choose by itself."""

import contextvars
import functools
import math

import jax
from jax.extend import core

WIDE = {"xla_cpu_prefer_vector_width": 512}  # XLA stops at 256 bits, half of what AVX-512 computes at once
# YNNPACK keeps a convolution on one core, so Eigen has those; sums stay where XLA puts them, and products too
# unless most of the work is in those that YNNPACK keeps on one core and Eigen does not.
_BY_YNNPACK = "xla_cpu_experimental_ynn_fusion_type"
EIGEN = {_BY_YNNPACK: "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"}
PRODUCTS_TOO = {_BY_YNNPACK: "LIBRARY_FUSION_TYPE_REDUCE"}
SPLIT = range(2 * 10**6, 5 * 10**6)  # multiply-adds of products that Eigen splits between cores, not YNNPACK

_by_eigen = contextvars.ContextVar("convolutions of what is traced are computed by Eigen", default=False)


class jit:
    """`jax.jit`, with options of XLA that make training faster where the default device is a CPU.

    The products of matrices in the program that the first call traces decide which library computes them. An
    option that this version of XLA does not have is left out. JAX takes options only for a function that is
    not called inside another compiled or differentiated one. donate_argnums: as for `jax.jit`.

    >>> float(jit(lambda x: x * 2)(3.0))
    6.0
    """

    def __init__(self, function, donate_argnums=()):
        self._donated = donate_argnums
        self._options = _known() if jax.default_backend() == "cpu" else {}
        self._compiled = None
        by_eigen = EIGEN.keys() <= self._options.keys()

        @functools.wraps(function)
        def traced(*arguments):
            token = _by_eigen.set(by_eigen)
            try:
                return function(*arguments)
            finally:
                _by_eigen.reset(token)

        self._traced = traced

    def __call__(self, *arguments):
        return self._for(arguments)(*arguments)

    def lower(self, *arguments):
        """As that of a function by `jax.jit`."""
        return self._for(arguments).lower(*arguments)

    def trace(self, *arguments):
        """As that of a function by `jax.jit`; `jax.export` takes what has it."""
        return jax.jit(self._traced).trace(*arguments)

    def _for(self, arguments):
        if self._compiled is None:
            options = self._options
            if EIGEN.keys() <= options.keys():
                program = jax.jit(self._traced).trace(*arguments).jaxpr  # JAX keeps it for the next line
                options = options | (PRODUCTS_TOO if _are_split(program.jaxpr) else {})
            self._compiled = jax.jit(self._traced, donate_argnums=self._donated, compiler_options=options)
        return self._compiled


def _are_split(jaxpr):
    """Whether more than half of the work in products of matrices is in such that Eigen splits better."""
    work = {True: 0, False: 0}
    for size, times in _products(jaxpr):
        work[size in SPLIT] += size * times
    return work[True] > work[False]


def _products(jaxpr):
    """Of each product of matrices: its multiply-adds, and how often it is computed as far as loops tell."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            left = equation.invars[0].aval.shape
            yield equation.outvars[0].aval.size * math.prod(left[k] for k in contracted), 1
        repeats = equation.params.get("length", 1) if equation.primitive.name == "scan" else 1
        for inner in inner_programs(equation):
            yield from ((size, times * repeats) for size, times in _products(inner))


def inner_programs(equation):
    """The jaxprs inside an equation."""
    for value in equation.params.values():
        for one in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(one, core.ClosedJaxpr):
                yield one.jaxpr
            elif isinstance(one, core.Jaxpr):
                yield one


def convolves_by_eigen():
    """Whether what is being traced is compiled with EIGEN: other forms of a convolution are fast there."""
    return _by_eigen.get()


@functools.cache
def _known():
    """The options that this version of XLA has: names come and go, so they are tried on a tiny program."""
    options = WIDE | EIGEN
    if _compiles(options):
        return options
    return {name: value for name, value in options.items() if _compiles({name: value})}


def _compiles(options):
    try:
        jax.jit(lambda x: x, compiler_options=options).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
