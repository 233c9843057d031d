"""Rows of ctc."""

from ..samplers import Sampler
from .losses import BAD_REDUCTION, reduction
from .pair import Pair

ROWS = ([[1, 2], [2, 0]], [[1, 1], [0, 0]], [[2, 1], [2, 2]])
labels = Sampler(lambda draw: draw.choice(ROWS), ROWS, real=False)
lengths = Sampler(lambda draw: draw.choice(([4, 3], [3, 4])), real=False)


def block(element):
    """Numbers [2][4][3]: examples, time steps, classes."""
    return [[[element() for _ in range(3)] for _ in range(4)] for _ in range(2)]


scores = Sampler(
    lambda draw: block(lambda: draw.gauss(0.0, draw.choice((1.0, 10.0)))),
    (block(lambda: 0.0), [[[0.0, 40.0, -40.0]] * 4, [[1e4, -37.0, 0.0]] * 4]),
)
FAILS = (
    BAD_REDUCTION,
    (dict(logits=[[0.0, 1.0]]), "logits must be [examples, time, classes], none empty; got shape (1, 2)."),
    (dict(logits=[[[]]]), "none empty; got shape (1, 1, 0)."),
    (dict(labels=[1, 2]), "labels must be 2 rows of labels, [N, L]; got shape (2,)."),
    (dict(labels=[[1]]), "labels must be 2 rows of labels, [N, L]; got shape (1, 1)."),
    (dict(labels=[[1, 3], [1, 1]]), "labels must be whole numbers in 0..2; got 3."),
    (dict(labels=[[1, -1], [1, 1]]), "labels must be whole numbers in 0..2; got -1."),
    (dict(labels=[[1.0, 2.0], [1.0, 1.0]]), "labels must be whole numbers in 0..2; got 1.0."),
    (dict(labels=[[0, 1], [1, 1]]), "labels must have blanks (0) at the end only; got [0, 1]."),
    (
        dict(labels=[[1, 1], [1, 1]], logit_lengths=[4, 2]),
        "labels must fit into the time steps of logit_lengths; got labels that need 3 and 2 steps. "
        "Fix: logit_lengths of 3 or more.",
    ),
    (
        dict(labels=[[1, 1, 2], [1, 0, 0]], logit_lengths=[3, 4]),
        "got labels that need 4 and 3 steps. Fix: logit_lengths of 4 or more.",
    ),
    (
        dict(labels=[[1, 1, 1], [1, 0, 0]], logit_lengths=None),
        "labels must fit into the time steps; got labels that need 5 and 4 steps. "
        "Fix: shorter labels, or more steps.",
    ),
    (dict(logit_lengths=[4]), "must have one length for each of 2 examples; got shape (1,)."),
    (dict(logit_lengths=[4, 0]), "logit_lengths must be whole numbers in 1..4; got 0."),
    (dict(logit_lengths=[4, 5]), "logit_lengths must be whole numbers in 1..4; got 5."),
    (dict(blank=3), "blank must be a class in 0..2; got 3."),
    (dict(blank=True), "blank must be a class in 0..2; got True."),
)

# fmt: off
PAIRS = (
    Pair("ctc.ctc_loss", dict(logits=scores, labels=labels, reduction=reduction, logit_lengths=lengths), fails=FAILS),
)
# fmt: on
