"""Rows of embedding."""

from ..samplers import label, mat, real
from .pair import Pair

# fmt: off
PAIRS = (
    Pair("embedding.embedding", dict(ids=label(3, 4), table=mat(real, 3, 2)), fails=((dict(ids=[0.5, 1.5]), "ids must be whole numbers; got 0.5."), (dict(ids=[[True]]), "ids must be whole numbers; got True."), (dict(ids=[0, 3]), "ids must be in 0..2; got 3."), (dict(ids=[0, -1]), "ids must be in 0..2; got -1."), (dict(ids=[]), "ids must not be empty; got shape (0,)."), (dict(table=[1.0]), "table must be [num_embeddings, features]; got shape (1,)."), (dict(table=[[]]), "table must not be empty; got shape (1, 0)."))),
)
# fmt: on
