"""Gymnasium environments whose states and actions are counted: numbered, and read as tables."""

from math import prod
from operator import index
from typing import TypeGuard

from . import envs
from .envs import gymnasium  # which says how to install it
from .transitions import columns, gathered

ARROWS = {"FrozenLakeEnv": "←↓→↑", "CliffWalkingEnv": "↑→↓←"}  # the direction of each action


def is_discrete(space) -> TypeGuard[gymnasium.spaces.Discrete]:
    """Whether a space is integers that count from 0."""
    return isinstance(space, gymnasium.spaces.Discrete) and space.start == 0


def sizes(function: str, env: gymnasium.Env) -> tuple[int, int]:
    """Numbers of states and actions of an environment whose spaces are counted.

    Actions must be Discrete, observations Discrete or a Tuple of Discrete, all counting from 0.
    """
    obs = env.observation_space
    if not is_counted(obs):
        raise ValueError(
            f"{function}: observations must be Discrete or a Tuple of Discrete, and count from 0; got {obs} "
            f"in {envs.name(env)}. Fix: gymnasium.wrappers.TransformObservation{_or(takers(env))}."
        )
    return length(obs), num_actions(function, env)


def num_actions(function: str, env: gymnasium.Env) -> int:
    """Number of actions of an environment whose actions are counted."""
    space = env.action_space
    if is_discrete(space):
        return int(space.n)
    raise ValueError(
        f"{function}: actions must be Discrete and count from 0; got {space} in {envs.name(env)}. "
        f"Fix: gymnasium.wrappers.TransformAction{_or(takers(env))}."
    )


def takers(env: gymnasium.Env) -> str:
    """Agents with a network that take both spaces as they are, for the fix of a sentence; "" for none."""
    from . import distributions, spaces  # which load JAX

    seen, taken = env.observation_space, env.action_space
    try:
        spaces.features("takers", seen)
        distributions.distribution("takers", taken)
        for space in (seen, taken):
            spaces.check_numbers("takers", "numbers", space)
    except ValueError:
        return ""
    return distributions.suited(taken)


def _or(agents):
    """The second half of a fix, "" where no agent is a way out."""
    return agents and f", or {agents}, which {'take' if ' or ' in agents else 'takes'} them as they are"


def _parts(space):
    return space.spaces if isinstance(space, gymnasium.spaces.Tuple) else (space,)


def is_counted(space) -> bool:
    """Whether a space is Discrete, or a Tuple of Discrete, counting from 0."""
    return bool(_parts(space)) and all(map(is_discrete, _parts(space)))


def length(space) -> int:
    """How many observations such a space has."""
    return prod(int(part.n) for part in _parts(space))  # pyright: ignore[reportAttributeAccessIssue]


def state_of(env: gymnasium.Env):
    """A function from an observation to its index: itself, or for a tuple its number, row by row.

    An observation outside gets an index that is outside too: of a tuple, -1.
    """
    return numbered(env.observation_space)


def numbered(space):
    """The same, of its space."""
    if not isinstance(space, gymnasium.spaces.Tuple):
        return index
    lengths = [int(part.n) for part in space.spaces]  # pyright: ignore[reportAttributeAccessIssue]

    def number(obs):
        if not isinstance(obs, tuple) or len(obs) != len(lengths):
            return -1
        state = 0
        try:
            for part, length in zip(obs, lengths, strict=True):
                if not 0 <= part < length:
                    return -1
                state = state * length + index(part)
        except TypeError:  # a part that is no integer
            return -1
        return state

    return number


def table(function: str, env: gymnasium.Env):
    """What a TabularMDP needs of a toy environment: arrays, initial distribution, step limit, map, arrows."""
    stripped, inner = envs.bare(env), env.unwrapped
    if stripped.changed_by is not None:
        raise ValueError(
            f"{function}: env must have no wrapper that changes it, because P does not show the change; "
            f"got {stripped.changed_by}. Pass env.unwrapped to leave the wrappers out."
        )
    if not hasattr(inner, "P") or not hasattr(inner, "initial_state_distrib"):
        raise ValueError(
            f"{function}: env must have a transition table P and initial_state_distrib; got {envs.name(env)}."
        )
    if getattr(inner, "fickle_passenger", False):
        raise ValueError(f"{function}: fickle_passenger must be False, because P does not show it; got True.")
    sizes(function, env)
    transitions = _transitions(function, inner)
    initial = inner.initial_state_distrib  # pyright: ignore[reportAttributeAccessIssue]
    arrays = gathered(function, columns(function, transitions))
    return arrays, initial, stripped.limit, _letters(inner), ARROWS.get(type(inner).__name__)


def _transitions(function, env):
    """P as a list of (state, action, probability, next_state, reward, terminated)."""
    try:
        transitions = [
            (index(s), index(a), float(p), index(n), float(r), bool(t))
            for s, actions in env.P.items()
            for a, outcomes in actions.items()
            for p, n, r, t in outcomes
        ]
    except (AttributeError, TypeError, ValueError) as error:
        wrong = str(error)
    else:
        wrong = "" if transitions else "no transition"
    if wrong:
        raise ValueError(
            f"{function}: P must be {{state: {{action: [(probability, next_state, reward, terminated)]}}}} "
            f"in {envs.name(env)}; got {wrong}."
        )
    for s, a, *_ in transitions:
        if min(s, a) < 0:
            raise ValueError(
                f"{function}: P must count from 0 in {envs.name(env)}; got state {s}, action {a}."
            )
    return transitions


def _letters(env):
    """The map as rows of letters: S start, G goal, H hole, C cliff, F or . the rest. None without a map."""
    kind = type(env).__name__
    if kind == "FrozenLakeEnv":
        return ["".join(letter.decode() for letter in row) for row in env.desc]
    if kind == "CliffWalkingEnv":
        return [*["." * 12] * 3, "S" + "C" * 10 + "G"]
    return None
