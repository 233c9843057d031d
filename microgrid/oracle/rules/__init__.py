"""One short rule for each primitive of JAX: how its outputs' scalars come from its inputs' scalars.

registry.py      the tables RULES and CONTROL, and the decorators that fill them
elementwise.py   arithmetic and functions, one row of the table of derivatives each
choices.py       maximum, select, clamp, sort: which scalar it is that goes on
movement.py      reshape, gather, pad, ...: the same scalars elsewhere
reductions.py    sums, products and extremes along axes, running ones too
products.py      dot_general and convolutions
windows.py       reductions over sliding windows
control.py       jit, scan, while, cond, custom derivatives
roots.py         custom_root, by the equation that its solution solves
collectives.py   what devices do together, under vmap and shard_map
complexes.py     complex numbers and their parts
fourier.py       Fourier transforms
algebra.py       factorisations of matrices
eigen.py         eigenvalues, singular values and their vectors
reflectors.py    Householder's reflectors, and updates of factors
"""

from . import (
    algebra as algebra,
    choices as choices,
    collectives as collectives,
    complexes as complexes,
    control as control,
    eigen as eigen,
    elementwise as elementwise,
    fourier as fourier,
    movement as movement,
    products as products,
    reductions as reductions,
    reflectors as reflectors,
    windows as windows,
)
from .registry import CONTROL as CONTROL, RULES as RULES, rule as rule
