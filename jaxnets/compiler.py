"""How the compiled loops are compiled: what XLA on CPU would not choose by itself."""

import contextvars
import functools

import jax

WIDE = {"xla_cpu_prefer_vector_width": 512}  # XLA stops at 256 bits, half of what AVX-512 computes at once
# YNNPACK keeps a convolution on one core, so Eigen has those; products and sums stay where XLA puts them.
_BY_YNNPACK = "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"
EIGEN = {"xla_cpu_experimental_ynn_fusion_type": _BY_YNNPACK}

_by_eigen = contextvars.ContextVar("convolutions of what is traced are computed by Eigen", default=False)


def jit(function):
    """`jax.jit`, with options of XLA that make training faster where the default device is a CPU.

    An option that this version of XLA does not have is left out. JAX takes options only for a function that
    is not called inside another compiled or differentiated one.

    >>> float(jit(lambda x: x * 2)(3.0))
    6.0
    """
    options = _known() if jax.default_backend() == "cpu" else {}

    @functools.wraps(function)
    def traced(*arguments):
        token = _by_eigen.set(EIGEN.keys() <= options.keys())
        try:
            return function(*arguments)
        finally:
            _by_eigen.reset(token)

    return jax.jit(traced, compiler_options=options)


def convolves_by_eigen():
    """Whether what is being traced is compiled with EIGEN: other forms of a convolution are fast there."""
    return _by_eigen.get()


@functools.cache
def _known():
    """The options that this version of XLA has: names come and go, so each is tried on a tiny program."""
    return {name: value for name, value in (WIDE | EIGEN).items() if _compiles({name: value})}


def _compiles(options):
    try:
        jax.jit(lambda x: x, compiler_options=options).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
