"""Ties and singular points: what a gradient tends to from the sides of a point where it jumps, or is 0/0.

limits.py            the limits of a gradient from the sides of a point
settled.py           what counts as true at a point, by what its sides say
growth.py            where slopes go that do not come to rest near the point: to a limit, or to an infinity
domain.py            which slopes there are beside a point where the function's domain ends
neighbourhood.py     the gradient at points near by
perturbation.py      the program at such a point, with ties decided as they are there
blocks.py            directions that meet every way in which ties are decided, of many ties at once
fan.py               those of one block of inputs: a cone for each way
sums.py              what all sides say of a sum of ties, from some of them
continuity.py        whether what is chosen at ties goes over from one number into another
tie_directions.py    directions in which ties stay ties
rounded_ties.py      numbers that rounding alone made equal
cones.py             whether slopes lie in the hull of those of the sides
"""
