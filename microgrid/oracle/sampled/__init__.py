"""Models too large to replay: random coordinates of each equation, at the numbers of the run.

run.py        a program on whole arrays, equation by equation, calls and loops opened
registry.py   READS: what one coordinate of an equation's output reads, and the decorator that fills it
movement.py   reads of what only moves numbers, and of what works number by number
sums.py       reads of sums, products and extremes along axes, over windows and of matrices
slices.py     the part of a run that some coordinates depend on, onto a tape
programs.py   JAX's own derivative of one equation, as a program
equation.py   one equation: its value, its derivative, and JAX's, at coordinates
alone.py      a function with a rule of its own at a tie: its sides, as a whole program's are looked at
chain.py      the gradient of the whole: JAX's, beside that of its equations one after another
tally.py      how much was looked at, and what would have been seen
"""
