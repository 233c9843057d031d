"""Models too large to replay: random coordinates of each equation, at the numbers of the run.

run.py             a program on whole arrays, equation by equation, calls and loops opened
records.py         what such a run is made of: its arrays, and the equations that ran
registry.py        READS: what one coordinate of an equation's output reads, and the decorator that fills it
movement.py        reads of what only moves numbers, and of what works number by number
sums.py            reads of sums, products and extremes along axes, and of matrices
windows.py         reads of reductions over windows, and of convolutions
slices.py          the part of a run that some coordinates depend on, onto a tape
primal.py          the truth of one equation, at coordinates
programs.py        JAX's own derivative of one equation, as a program
comparison.py      JAX's derivative of one equation against ours
precision.py       whether float64 tells what is true, and balls of as many digits as that takes
equation.py        one equation: its value, its derivative, and JAX's, at coordinates
composite.py       equations that mean something only together with what they are called with
tied_rules.py      functions with a rule of their own at a tie: all of their sides
iterations.py      functions with a rule of their own that iterate
chain.py           the gradient of the whole from those of its equations, one after another
whole_gradient.py  JAX's gradient of the whole against that
findings.py        what is found of equations
tally.py           how much was looked at, and what would have been seen
"""
