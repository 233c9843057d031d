"""Programs whose loops give up: what ends for some numbers, near enough, may never do so for others.

In floats an iteration can end up going to and fro between two numbers, further apart than it waits for.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import jaxpr_as_fun

from .. import compat
from ..arrays import Unsupported
from ..programs import loops

FIRST = 100_000  # steps of a loop where nothing is known of it: far more than a replay can follow
TIMES, MORE = 100, 1000  # how many steps others may take: times the most that were seen, and then more
ALONG = {"rev": "cotangents", "fwd": "tangents"}
GIVEN_UP = (
    "a loop of a rule waits until it is near enough, and did not end for some {} that are not those of the "
    "run: the rule was not asked about them"
)


class Capped:
    """A closed jaxpr as a function of its arguments: its results, or None where a loop was given up.

    The first numbers that it is asked about are those of the run: others may take so many more steps. mode:
    "rev" or "fwd"; note: what is called with a sentence where a loop was given up.
    """

    def __init__(self, closed, mode, note=None):
        self._most, self._known, self._mode, self._note = FIRST, False, mode, note
        self._program = jax.jit(lambda most, *x: _walked(closed, x, most, jnp.int32(0)))

    def __call__(self, *arguments):
        results, steps = self._program(self._most, *arguments)
        if int(steps) >= self._most:
            if self._note:
                self._note(GIVEN_UP.format(ALONG[self._mode]))
            return None
        if not self._known:
            self._known, self._most = True, TIMES * int(steps) + MORE
        return results


class Endless(Unsupported):
    """A loop of a replay has no end."""


class Watch:
    """How far a loop of a replay is followed: twice as far as JAX goes, and not where JAX does not end.

    In a replay every operation rounds to its type, in what JAX compiles not. numbers: gives those of all
    inputs of the equation, once they are needed.
    """

    def __init__(self, equation, numbers):
        self._equation, self._numbers, self._made, self._most = equation, numbers, 0, MORE

    def ends(self):
        """Whether one more step is too much; a first long while is free."""
        self._made += 1
        if self._made == MORE:
            given = list(map(jnp.asarray, self._numbers()))
            count = jax.jit(lambda *x: _while(self._equation, x, FIRST, jnp.int32(0))[1])(*given)
            self._most = MORE + 2 * int(count) if int(count) < FIRST else 0
        return self._made > self._most

    def refusal(self):
        """What a replay raises then."""
        where = compat.source(self._equation)
        if not self._most:
            return Endless(
                f"replay follows no while loop of {FIRST:,} steps or more ({where}). Fix: fewer steps, or, "
                "where it waits until it is near enough, a tolerance that the dtype reaches.",
                self._equation,
            )
        return Endless(
            f"replay found no end of a loop that waits until it is near enough ({where}). Fix: a tolerance "
            "that the dtype reaches, or a limit of its steps.",
            self._equation,
        )


def _walked(closed, arguments, most, steps):
    """(the outputs of a closed jaxpr, the larger of `steps` and the steps of its longest loop)."""
    jaxpr = closed.jaxpr
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*closed.consts, *arguments], strict=True))

    def read(atom):
        return atom.val if compat.is_literal(atom) else known[atom]

    for equation in jaxpr.eqns:
        made, steps = _equation(equation, list(map(read, equation.invars)), most, steps)
        known.update(zip(equation.outvars, made, strict=True))
    return list(map(read, jaxpr.outvars)), steps


def _equation(equation, given, most, steps):
    name = equation.primitive.name
    if name == "while":
        return _while(equation, given, most, steps)
    if name == "scan" and loops(compat.scan_of(equation)[0].jaxpr):
        return _scan(equation, given, most, steps)
    if name == "cond" and any(loops(branch.jaxpr) for branch in equation.params["branches"]):
        branches = [
            lambda steps, *x, branch=branch: _walked(branch, x, most, steps)
            for branch in equation.params["branches"]
        ]
        return lax.switch(jnp.int32(given[0]), branches, steps, *given[1:])
    inner = None if name in ("scan", "shard_map") else compat.call_of(equation)
    if inner is not None and loops(inner.jaxpr):
        return _walked(inner, given, most, steps)
    numbers = [x for x, v in zip(given, equation.invars, strict=True) if not compat.is_literal(v)]
    return compat.alone(equation)(*numbers), steps


def _while(equation, given, most, steps):
    p = equation.params
    few, many = p["cond_nconsts"], p["body_nconsts"]
    of_cond, of_body = given[:few], given[few : few + many]

    def going(carry):
        return jaxpr_as_fun(p["cond_jaxpr"])(*of_cond, *carry)[0]

    def goes_on(state):
        return jnp.any(going(state[0])) & (state[1] < most)

    def step(state):
        carry, count, steps = state
        made, steps = _walked(p["body_jaxpr"], [*of_body, *carry], most, steps)
        go = going(carry)
        if go.ndim:  # a batch of loops, of which some have stopped
            made = [
                jnp.where(go.reshape(go.shape + (1,) * (new.ndim - go.ndim)), new, old)
                for new, old in zip(made, carry, strict=True)
            ]
        return made, count + 1, steps

    carry = [jnp.asarray(x) for x in given[few + many :]]
    carry, count, steps = lax.while_loop(goes_on, step, (carry, jnp.int32(0), steps))
    return carry, jnp.maximum(steps, count)


def _scan(equation, given, most, steps):
    body, constants, carries, length, reverse = compat.scan_of(equation)
    fixed, start = given[:constants], given[constants : constants + carries]

    def step(state, rows):
        made, steps = _walked(body, [*fixed, *state[0], *rows], most, state[1])
        return (made[:carries], steps), made[carries:]

    rows = given[constants + carries :]
    (carry, steps), stacked = lax.scan(step, (start, steps), rows, length=length, reverse=reverse)
    return [*carry, *stacked], steps
