"""A graph of Values or a Program as SVG, DOT or Mermaid text.

>>> from microgrid import Value, draw
>>> w, x, b = Value(2.0, "w"), Value(3.0, "x"), Value(-5.0, "b")
>>> y = (w * x + b).tanh()
>>> y.backward()
>>> picture = draw.svg(y)  # the last line of a notebook's cell shows it; or write it to a file
"""

from .text import dot as dot, mermaid as mermaid
from .vector import Drawing as Drawing, svg as svg
