"""Rows of attention."""

from ..samplers import Sampler, choice, mat, moderate, real, vec
from .pair import Pair

# fmt: off
yes = Sampler(lambda draw: draw.random() < 0.6, (True, False), real=False)
causal = choice(False, True)
SHAPES = (
    (dict(query=[1.0]), "query must be [..., length, features]; got shape (1,)."),
    (dict(key=[[]]), "key must not be empty; got shape (1, 0)."),
    (
        dict(key=[[1.0, 2.0, 3.0]]),
        "query and key must have the same features; got query (2, 2) and key (1, 3).",
    ),
    (dict(value=[[1.0]]), "key and value must have the same length; got key (3, 2) and value (1, 1)."),
    (dict(mask=[[True]]), "mask must have the shape (2, 3) of [query length, key length]; got (1, 1)."),
    (dict(mask=[[1, 0, 1]] * 2), "mask must be True where a query may attend, else False; got 1."),
    (dict(mask=[True]), "got (1,)."),
    (dict(is_causal=1), "is_causal must be True or False; got 1."),
)
HEADS = (
    (dict(num_heads=3), "num_heads must divide the 2 features of query (2, 2); got 3."),
    (dict(value=[[1.0]] * 3), "num_heads must divide the 1 features of value (3, 1); got 2."),
    (dict(num_heads=0), "num_heads must be a whole number >= 1; got 0."),
)
# Scores 708 to 745 apart would make weights that XLA flushes to 0: keys are of ordinary size.
qkv = dict(query=mat(real, 2, 2), key=mat(moderate, 3, 2), value=mat(real, 3, 2), mask=mat(yes, 2, 3), is_causal=causal)
heads = dict(query=mat(moderate, 2, 2), key=mat(moderate, 3, 2), value=mat(moderate, 3, 4), num_heads=choice(2), mask=mat(yes, 2, 3), is_causal=choice(True))
PAIRS = (
    Pair("attention.scaled_dot_product_attention", qkv, fails=SHAPES),
    Pair("attention.multi_head_attention", heads, fails=SHAPES + HEADS),
    Pair("attention.positional_encoding", dict(positions=vec(real, 3), features=choice(5), max_wavelength=choice(10000.0, 50.0)), fails=((dict(features=0), "features must be a whole number >= 1; got 0."), (dict(max_wavelength=0.0), "max_wavelength must be a finite number > 0; got 0.0."), (dict(positions=[0.0, float("-inf")]), "positions must not be infinite; got -inf."))),
)
# fmt: on
