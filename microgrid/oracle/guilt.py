"""Which equation is wrong: each is looked at alone, at the numbers of the run, as the whole was."""

import itertools
from dataclasses import dataclass

import numpy as np
from jax import lax

from . import compat, indexing, slopes
from .arrays import Unsupported
from .cotangents import begun
from .custom_rules import linearity
from .custom_rules.rule_of_equation import rule_of
from .custom_rules.surrogates import among
from .flat import Flat
from .judgement import leaf_of
from .kinks.cones import outside
from .kinks.tie_directions import breaks, directions
from .programs import OWN_RULE, differentiated, moves
from .proof import JaxRefuses, Proof
from .report import FAILED, ORDER
from .rounding import unit

CHOSEN = "a choice between equal numbers that does not fit the others"
AT_A_KINK = "at a kink too a rule is right by itself, and its slopes add up over a tie"
TOO_SMALL = "a rule is wrong by itself, also behind a factor that makes its slopes too small for their type"


@dataclass
class Guilty:
    """An equation: its primitive, the types of its inputs, the user's line, and its verdict alone; rule: the
    function whose own rule it runs, and where that is written, or ""."""

    primitive: str
    inputs: str
    source: str
    verdict: str
    rule: str = ""

    def __str__(self):
        rule = f" ({self.rule})" if self.rule else ""
        return f"{self.primitive}{rule} of {self.inputs} is {self.verdict}, {self.source}"


def first(proof, verdict, modes):
    """The first equation whose own derivative is wrong, or is not finite. Where each is right alone, the last
    that chose between equal numbers: its choice does not fit the others. Else None. modes: in which the
    verdict is that."""
    wrong = next(_those_of(proof.primal, proof.steps, verdict, modes), None)
    chosen = (_choices(proof.primal, proof.steps[::-1], floats) for floats in (True, False))
    return wrong or next(itertools.chain(*chosen), None)


def look_alone(report, proof, leaves, note, plainly=False):
    """Blame a custom rule that is wrong by itself where the whole does not tell, because of what the note
    says; leaves: of the report, which are wrong then; plainly: see `_in_mode`."""
    if guilty := _wrong_rule(proof.primal, proof.steps, plainly):
        report.guilty = guilty
        report.note(note)
        for leaf in leaves:
            leaf.verdict = "wrong"


def _wrong_rule(replay, steps, plainly, around=""):
    """The first custom rule that is wrong by itself and not declared, or None. plainly: see `_in_mode`."""
    for step in steps:
        around = compat.line_of(step.equation) or around
        if step.equation.primitive.name not in OWN_RULE:
            if found := _wrong_rule(replay, step.inside, plainly, around):
                return found
        elif not among(replay.surrogates, step.equation):
            if _alone(replay, step, "wrong", plainly=plainly) == "wrong":
                return named(step, "wrong by itself", around)
    return None


def _choices(replay, steps, floats, around=""):
    """The equations at a kink of their own, the last first. floats: whether they make floats, or booleans."""
    for step in steps:
        around = compat.line_of(step.equation) or around
        if any(array.floats for array in step.outputs) != floats:
            continue
        if step.tied or (step.equation.primitive.name in OWN_RULE and _alone(replay, step, "kink") == "kink"):
            if step.equation.primitive.name not in OWN_RULE:
                yield from _choices(replay, step.inside[::-1], floats, around)
            yield named(step, CHOSEN, around)


def _those_of(replay, steps, verdict, modes, around=""):
    moving = [step for step in steps if moves(replay, step)]
    for step in steps:
        around = compat.line_of(step.equation) or around
        inside = step.inside if step.equation.primitive.name not in OWN_RULE else ()
        sole = bool(inside) and len(moving) == 1 and moving[0] is step  # it is what the whole is
        found = None if sole else _alone(replay, step, verdict, modes)
        if found not in (None, *FAILED):
            continue
        deeper = False
        for inner in _those_of(replay, inside, verdict, modes, around):
            deeper = True
            yield inner
        if sole and not deeper:
            found = _alone(replay, step, verdict, modes)
        if found in FAILED and not deeper:
            yield named(step, f"{found} by itself", around)


def proof_of(replay, step):
    """One equation as a function of its own, at the numbers of the run."""
    function, moving = compat.alone(step.equation), differentiated(replay, step)
    literal = [compat.is_literal(atom) for atom in step.equation.invars]
    numbers = [replay.numbers(array) for array in step.inputs]
    fixed = {k: x for k, x in enumerate(numbers) if k not in moving and not literal[k]}

    def of_moving(*given):
        at = {**fixed, **dict(zip(moving, given, strict=True))}
        return function(*(at[k] for k in sorted(at)))

    flat = Flat(of_moving, tuple(numbers[k] for k in moving))
    return Proof(flat, surrogates=replay.surrogates)


def _outside(step):
    """What is out of bounds in a gather that promises not to be, where JAX takes the value of the nearest
    place and sends its slope nowhere; "" for nothing."""
    if step.equation.params["mode"] != lax.GatherScatterMode.PROMISE_IN_BOUNDS:
        return ""
    array, indices = step.inputs
    given = indices.value if hasattr(indices, "value") else indices.given  # of a record, or of a step
    return indexing.outside(step.equation, array.shape, given)


def _alone(replay, step, verdict, modes=("rev",), plainly=False):
    """The verdict on one equation, or None for one that nothing is differentiated through. modes: in which it
    is looked at; where JAX has none of them, in the other one. plainly: see `_in_mode`."""
    if not moves(replay, step):
        return None
    try:
        proof = proof_of(replay, step)
    except Unsupported:
        return None
    others = [mode for mode in ("rev", "fwd") if mode not in modes]
    for asked in (modes, others):
        found = [_in_mode(proof, step, verdict, mode, plainly) for mode in asked]
        if known := [x for x in found if x is not None]:
            return max(known, key=ORDER.index)
    return None


def _in_mode(proof, step, verdict, mode, plainly):
    """The verdict on one equation in one mode, None where there is none; plainly: along one direction."""
    own, draw = step.equation.primitive.name in OWN_RULE, np.random.default_rng(0)
    try:
        answers = proof.answers(mode, begun(proof, mode, draw))
        first = proof.given
        leaves = [leaf_of(answer, mode) for answer in answers + proof.strays]
        if verdict == "nonfinite" and not all(np.isfinite(x.got).all() for x in answers + proof.strays):
            return "nonfinite"
        if any(leaf.verdict == "wrong" for leaf in leaves):  # it is that along others too
            return "wrong"
        if plainly:
            return max((leaf.verdict for leaf in leaves), key=ORDER.index)
        if own and mode == "rev" and (breaks(proof, answers) or outside(proof, answers)):
            return "wrong"
        along = [*directions(proof)] if own and mode == "fwd" else []
        for given in along:
            leaves += _leaves(proof, mode, given)
        if proof.turns(mode, True):
            none = [0 * w for w in first]
            leaves += [x for x in _leaves(proof, mode, none) if x.verdict == "wrong"]  # 0 / 0 is not
            for word, given in linearity.others(*slopes.along(proof.flat, mode, first)):
                leaves += [x for x in _leaves(proof, mode, given) if linearity.counts(word, x.verdict)]
    except (Unsupported, JaxRefuses):
        return None
    return max((leaf.verdict for leaf in leaves), key=ORDER.index)


def _leaves(proof, mode, given):
    return [leaf_of(answer, mode) for answer in proof.answers(mode, given)]


def named(step, verdict, around=""):
    """The `Guilty` of a step, or of anything with an equation and inputs. around: the user's line of what it
    is part of."""
    if step.equation.primitive.name == "gather" and (reason := _outside(step)):
        verdict = f"{verdict}: {reason}"
    shapes = ", ".join(f"{array.dtype}{list(array.shape)}" for array in step.inputs)
    own = compat.origin(step.equation) if step.equation.primitive.name in OWN_RULE else ("", "")
    theirs = "inside JAX" if compat.of_jax(step.equation) else own[1]
    rule, place = rule_of(step.equation) if any(own) else ("", "")
    if place and place.rpartition(":")[0] != own[1].rpartition(":")[0]:  # a library's function was wrapped
        own, theirs = (f"{own[0]} by {rule}", place), place
    where = compat.line_of(step.equation) or around or theirs or "inside JAX"
    return Guilty(step.equation.primitive.name, shapes, where, verdict, " at ".join(filter(None, own)))


def narrowed(proof):
    """What to say where JAX's program rounds to a type that is narrower than those of the function, or ""."""
    blocks = [block for block in proof.primal.tape.blocks if not block.declared]
    made = [np.dtype(block.dtype) for block in blocks if block.op not in ("leaf", "stop")]
    kind = max(made, key=unit, default=None)
    if kind is None or unit(kind) <= proof.coarsest:
        return ""
    told = f"a custom rule rounds to {kind}, which the function itself does not use"
    return f"{told}. Fix: the types of the function; where it is meant, declare it: surrogate=[f]"


def failed_in(report):
    """The modes in which the worst verdict of a report came."""
    worst = {leaf.mode for leaf in report.leaves if leaf.verdict == report.verdict}
    return [mode for mode in ("rev", "fwd") if any(told.endswith(mode) for told in worst)]
