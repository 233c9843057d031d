"""Rows of losses."""

from ..samplers import Sampler, choice, mat, prob, real, simplex, unit, vec
from .pair import Pair

above_0 = Sampler(lambda draw: draw.uniform(0.1, 3.0), (1.0, 0.25))
reduction = choice("mean", "sum", "none")
BAD_REDUCTION = (dict(reduction="average"), "reduction must be 'mean', 'sum' or 'none'; got 'average'.")
BAD_SHAPE = "must have the same shape; got (3,) and (3, 1)."
THREE = dict(predictions=[0.5] * 3, targets=[[0.5]] * 3)
COLUMN = (dict(predictions=[[0.5]] * 3, targets=[0.5] * 3), "got (3, 1) and (3,). Fix: targets[:, None].")
CHANNEL = (
    dict(predictions=[[[0.5]] * 2] * 3, targets=[[0.5] * 2] * 3),
    "got (3, 2, 1) and (3, 2). Fix: targets[..., None].",
)
LOGITS = dict(logits=[0.5] * 3, labels=[[0.5]] * 3)
ROWS = (
    dict(predictions=[[0.5, 0.5]], targets=[[1.0, 0.0, 0.0]]),
    "must be integer labels (1,) or rows (1, 2)",
)
SCORES = (dict(logits=[[0.5, 0.5]], labels=[[1.0, 0.0, 0.0]]), "must be integer labels (1,) or rows (1, 2)")
HALF_LABELS = (
    dict(predictions=[[0.5, 0.5]] * 2, targets=[0, 0.5]),
    "must be integer labels (2,) or rows (2, 2) to meet predictions (2, 2); got (2,) of floats.",
)
NO_ROWS = (dict(predictions=[], targets=[]), "predictions must not be empty; got shape (0,).")
BAD_COUNTS = (
    (dict(label_smoothing=1.0), "label_smoothing must be in [0, 1); got 1.0."),
    (dict(label_smoothing=-0.1), "label_smoothing must be in [0, 1); got -0.1."),
    (
        dict(class_weight=[1.0, 2.0]),
        "class_weight must have one number for each of 4 classes; got shape (2,).",
    ),
    (dict(class_weight=[1.0, -2.0, 1.0, 1.0]), "class_weight must be a finite number >= 0; got -2.0."),
    (dict(class_weight=[1.0, 1.0, float("nan"), 1.0]), "class_weight must be a finite number >= 0; got nan."),
)
SIGMOID = "Fix: sigmoid first, or sigmoid_binary_cross_entropy of the scores."
SOFTMAX = "Fix: softmax first, or softmax_cross_entropy of the scores."
NOT_PROBABLE = (
    (dict(predictions=[1.5], targets=[1.0]), f"predictions must be in [0, 1]; got 1.5. {SIGMOID}"),
    (
        dict(predictions=[0.5, -0.5], targets=[0.0, 0.0]),
        f"predictions must be in [0, 1]; got -0.5. {SIGMOID}",
    ),
    (dict(predictions=[0.5], targets=[-1.0]), "targets must be in [0, 1]; got -1.0."),
)
NOT_PROBABLE_ROWS = (
    (
        dict(predictions=[[0.5, 1.5]], targets=[1], class_weight=None),
        f"predictions must be in [0, 1]; got 1.5. {SOFTMAX}",
    ),
    (
        dict(predictions=[[-0.5, 0.5]], targets=[[0.0, 1.0]], class_weight=None),
        f"must be in [0, 1]; got -0.5. {SOFTMAX}",
    ),
)
YES_OR_NO = (dict(logits=[0.5, 0.5], labels=[1.0, 2.0]), "labels must be in [0, 1]; got 2.0.")
NO_SCORES = (dict(logits=[], labels=[]), "logits must not be empty; got shape (0,).")

SUMS = "a mean of 12 terms rounds 11 times in the array room and once in the scalar one"
# fmt: off
PAIRS = (
    Pair("losses.mean_squared_error", dict(predictions=mat(real), targets=mat(real), reduction=reduction), fails=((THREE, BAD_SHAPE), COLUMN, CHANNEL, BAD_REDUCTION, (dict(predictions=[], targets=[]), "must not be empty"))),
    Pair("losses.mean_absolute_error", dict(predictions=mat(real), targets=mat(real), reduction=reduction), fails=((THREE, BAD_SHAPE), BAD_REDUCTION)),
    Pair("losses.binary_cross_entropy", ulps=(6, 8), reason=SUMS, arguments=dict(predictions=mat(prob), targets=mat(prob), reduction=reduction), fails=((THREE, BAD_SHAPE), BAD_REDUCTION, *NOT_PROBABLE)),
    Pair("losses.categorical_cross_entropy", dict(predictions=simplex(certain=False), targets=simplex(), reduction=reduction, label_smoothing=unit, class_weight=vec(above_0, 4)), fails=(ROWS, NO_ROWS, HALF_LABELS, BAD_REDUCTION, *BAD_COUNTS, *NOT_PROBABLE_ROWS)),
    Pair("losses.sigmoid_binary_cross_entropy", dict(logits=mat(real), labels=mat(unit), reduction=reduction), fails=((LOGITS, BAD_SHAPE), BAD_REDUCTION, YES_OR_NO)),
    Pair("losses.softmax_cross_entropy", dict(logits=mat(real), labels=simplex(), reduction=reduction, label_smoothing=unit, class_weight=vec(above_0, 4)), fails=(SCORES, NO_SCORES, BAD_REDUCTION, *BAD_COUNTS)),
)
# fmt: on
