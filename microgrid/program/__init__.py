"""A function of numbers, traced once, becomes a Program: compiled Python that reads as its derivation.

    tracing.py     runs the function on numbers that write down what is done with them      traced, letters
    lowering.py    makes that expressions, and loops of what repeats       graph, algebra, fusing, rolling
    backward.py    adds the gradients, from the slopes in derivatives.py                           regions
    source.py      writes all of it down as a function         survey, names, unpacking, lines, loops, writing
    program.py     compiles it for the kind of numbers that come                        arguments, formulas

>>> def loss(w, b, x, t):
...     z = w * x + b
...     e = z - t
...     return e**2
>>> program = trace(loss, 1.0, 1.0, 1.0, 1.0, wrt=(0, 1))
>>> program.value_and_grad(2.0, 1.0, 3.0, 5.0)
(4.0, (12.0, 4.0))
>>> print(program.source)
def loss_and_gradient(w, b, x, t):
    # forward
    z = w * x + b
    e = z - t
    loss = e ** 2.0
    # backward
    d_e = 2.0 * e
    d_w = d_e * x
    d_b = d_e
    return loss, (d_w, d_b)
<BLANKLINE>
"""

from .program import Program as Program
from .tracing import trace as trace

__all__ = ["Program", "trace"]
