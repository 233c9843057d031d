"""Models too large to replay: random coordinates of each equation, and the gradient of the whole."""

import numpy as np

from . import compat, guilt
from .arrays import Unsupported
from .call import MODES
from .custom_rules.custom_root import tell
from .custom_rules.surrogates import among
from .programs import OWN_RULE, same
from .refusals import at_input, changing, refuse, returns
from .report import FAILED, ORDER
from .sampled import iterations
from .sampled.composite import composed
from .sampled.equation import look
from .sampled.findings import Context, Findings
from .sampled.records import Slot, beginning
from .sampled.run import Run
from .sampled.tally import Tally
from .sampled.whole_gradient import Whole


def check(report, flat, modes, draw, declared, n, prefix=""):
    """Fill a report with what n random coordinates of each equation show.

    Each equation is run by JAX on whole arrays. At the coordinates of its outputs, its value is compared with
    that of our rules, and what JAX makes of cotangents and tangents with our derivative, as the whole would
    be; the gradient of the whole with what JAX's derivatives of the single equations give, one after another.
    Returns the modes that JAX refuses.
    """
    closed = compat.jaxpr_of(flat, flat.numbers)
    run = Run(closed, [Slot(x, live=True) for x in flat.numbers], opened=False)
    if not returns(report, flat, run.outputs):
        return []
    if sentence := _not_finite(run, flat):
        report.refuse(f"{report.name} {sentence}")
        return []
    context = Context([], declared, draw)
    context.modes = [mode for mode in modes if Whole(report, flat, run, context, mode, prefix).look()]
    if not context.modes:
        refuse(report, flat)
        return list(modes)
    report.tally = report.tally or Tally()
    equations = list(_equations(run))
    for k, records in enumerate(equations):
        if function := among(declared, records[0].equation):
            report.declare([function])
            continue
        try:
            _look(report, run, records, n, context, prefix)
        except Unsupported:
            report.tally.left += [left[0].name for left in equations[k:]]
            raise
    report.declare(context.met)
    tell(report, context.notices)
    if report.verdict in ("wrong", "nonfinite", "unexplained"):
        again = compat.jaxpr_of(lambda *numbers: flat(*numbers), flat.numbers)  # not a cached trace
        if not same(closed, again):
            report.refuse(changing(report.name))
    return [mode for mode in modes if mode not in context.modes]


def _not_finite(run, flat):
    """What to say where the function itself is nan or infinite; None where it is finite."""
    numbers = [slot.flat.astype(complex) for slot in run.outputs]
    if all(np.isfinite(x).all() for x in numbers):
        return None
    word = "nan" if any(np.isnan(x).any() for x in numbers) else "infinite"
    if where := at_input(flat, word):
        return f"is {word} at args{where}. Fix: check the gradient where the arguments are finite."
    record, which = beginning(run.records, np.isnan if word == "nan" else np.isinf)
    where = f": {record.name} {which}, {compat.source(record.equation)}" if record else ""
    return f"is {word} at args{where}. Fix: check the gradient where the function is finite."


def _equations(run):
    """For each equation that something is differentiated through, its records in the order of the run."""
    found = {}
    for record in run.records:
        if record.moving and record.is_equation and any(s.live and s.size for s in record.outputs):
            found.setdefault(record.path, []).append(record)
    return found.values()


def _look(report, run, records, n, context, prefix):
    """Look at n coordinates of one equation, spread over all its records."""
    places = [(r, o) for r in records for o, s in enumerate(r.outputs) if s.live and s.size]
    total, wanted = _drawn(places, n, context)
    outputs, seen = {}, Findings()
    for k, at in wanted.items():
        record, o = places[k]
        outputs.setdefault(record, []).append((o, at))
    for record, pairs in outputs.items():
        with np.errstate(all="ignore"):
            one = _settled(look(composed(record, run.records), pairs, context), record, report)
        if one.worst.verdict in FAILED[:-1] and report.guilty is None:
            report.guilty = guilt.named(record, f"{one.worst.verdict} by itself")
        seen.add(one)
        report.lost |= one.lost
    for note in seen.notes:
        report.note(note)
    if seen.leaves and ORDER.index(seen.worst.verdict) > ORDER.index("sampled"):
        seen.worst.mode = prefix + seen.worst.mode
        report.leaves.append(seen.worst)
    if count := int(sum(map(len, wanted.values())) * (1 - seen.unseen)):
        report.tally.add(records[0].name, count, total, seen)
    else:
        name, where = records[0].name, compat.source(records[0].equation)
        report.tally.left.append(name)
        report.note(f"not looked at, as no finite derivative is asked for: {name}, {where}")


def _settled(seen, record, report):
    """The `Findings` of an equation, where a rule for what an iteration tends to is right where that has
    arrived."""
    if not iterations.iterates(record):
        return seen
    for leaf in seen.leaves:
        if leaf.verdict == "wrong" and leaf.mode in MODES:
            found, note = iterations.verdict(record, leaf.mode)
            leaf.verdict = "sampled" if found == "ok" else found
            report.note(note)
    return seen


def _drawn(places, n, context):
    """(how many coordinates there are, the number of a place -> those that are drawn of it).

    places: records and the numbers of their outputs. Coordinates that nothing can be said of are left out.
    """
    ends = np.cumsum([record.outputs[o].size for record, o in places])
    drawn = _split(np.sort(context.draw.choice(ends[-1], min(n, ends[-1]), replace=False)), ends)
    if not any(_hidden(places[k], at, context).any() for k, at in drawn.items()):
        return int(ends[-1]), drawn
    masks = [_hidden(place, slice(None), context) for place in places]
    left = np.flatnonzero(~np.concatenate(masks))
    return len(left), _split(np.sort(context.draw.choice(left, min(n, len(left)), replace=False)), ends)


def _hidden(place, at, context):
    """Which coordinates are nan, or are of a function with a rule of its own and get no cotangent in the run:
    of numbers that a mask takes away a rule may say anything."""
    record, o = place
    hidden = np.isnan(record.outputs[o].flat[at])
    if record.name in OWN_RULE and "rev" in context.modes:
        if record not in context.cotangents:
            return np.ones_like(hidden)
        floats = [k for k, slot in enumerate(record.outputs) if slot.floats]
        hidden |= np.asarray(context.cotangents[record][floats.index(o)]).reshape(-1)[at] == 0
    return hidden


def _split(drawn, ends):
    which = np.searchsorted(ends, drawn, side="right")
    starts = np.concatenate([[0], ends])
    return {k: drawn[which == k] - starts[k] for k in np.unique(which).tolist()}
