"""What a proof says of its point, where the sides around say more."""

from ..balls import differ, finite, wider
from .growth import Ends


def settle(answer, sides):
    """Take what the truths tend to around the point for the truths, where that is one number, where there
    is none at the point, or where JAX has none of what all sides say; sides: an iterator over (limit,
    settled, agreed, poles, strict) of `Sides` and whether equal numbers that rounding made move it."""
    for k, truth in enumerate(answer.truths):
        limit, one, agreed, answer.poles[k], strict, rounded = next(sides)
        answer.reaches(float(abs(limit).upper()) if finite(limit) else 0.0)
        if isinstance(limit, Ends):
            answer.replace(k, truth if finite(truth) else limit.end)
            answer.hulls[k] = limit
            continue
        rounded = wider(wider(answer.hulls[k], limit), limit * 0 + truth) if rounded else None
        known = strict and one is False
        if one or (agreed and not differ(limit, answer.theirs[k]) and not differ(limit, truth)):
            answer.hulls[k] = None
        elif known:
            answer.hulls[k] = limit
        elif one is not None or (agreed and not differ(limit, answer.theirs[k])):
            answer.hulls[k] = wider(answer.hulls[k], limit)
        elif not (finite(limit) or finite(answer.theirs[k])):
            answer.hulls[k] = limit
        other = (one and differ(truth, limit)) or (known and differ(limit, answer.theirs[k]))
        if (one is True and not finite(limit)) or (finite(limit) and (other or not finite(truth))):
            hull = answer.hulls[k]
            answer.replace(k, limit)
            answer.hulls[k], answer.around[k] = hull, True
        if rounded is not None and not abs(answer.got[k] - answer.floats[k]) <= answer.bounds[k]:
            answer.hulls[k], answer.rounded = rounded, True
