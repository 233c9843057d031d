"""Both rooms on the same numbers: values, gradients and whole trajectories, with their distance in ULPs."""

import inspect
import itertools
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from multiprocessing import get_context

try:
    import jax
    import jax.numpy as jnp
    import numpy as np
except ModuleNotFoundError as error:
    raise ImportError(
        f"verdict: {error.name} is not installed; in the project's folder run: pip install -e '.[oracle]'"
    ) from None

from ..checks import flatten
from ..operations import total
from ..value import Value, backward, plain
from .distance import Conditioned, worst
from .pairs import Pair
from .samplers import SUBNORMAL
from .trajectories import array_optimizer_run, at_step, optimizer_run, path, path_distance


@dataclass
class Verdict:
    """What cross-checking a row found: the worst distances in ULPs, and the arguments that caused them."""

    pair: Pair
    cases: int = 0
    value: float = 0.0
    gradient: float = 0.0
    worst: dict = field(default_factory=dict)

    @property
    def ok(self):
        """True where both rooms agree within the row's bounds."""
        return self.value <= self.pair.ulps[0] and self.gradient <= self.pair.ulps[1]

    def add(self, case, value, gradient):
        """Counts one case."""
        self.cases += 1
        for name, distance in (("value", value), ("gradient", gradient)):
            if distance > getattr(self, name):
                setattr(self, name, distance)
                self.worst[name] = case

    def __str__(self):
        word = "ok" if self.ok else "FAIL"
        text = f"{self.pair.name}: {word}, value {self.value:.2f} and gradient {self.gradient:.2f} ULP"
        return text if self.ok else f"{text} (bounds {self.pair.ulps}), worst at {self.worst}"


def rooms(pair):
    """The scalar and the array function of a row; a schedule is a function of the step too."""
    modules = (import_module(f"{room}.{pair.topic}") for room in ("microgrid", pair.room))
    functions = (getattr(module, pair.function) for module in modules)
    return tuple(map(at_step, functions) if pair.topic.startswith("schedules") else functions)


def cases(pair, count=20, seed=0):
    """Arguments for a row, as dicts: hard ones first, then drawn ones, for every choice."""
    draw = random.Random(f"{pair.name} {seed}")
    choosing = {name: s.choices for name, s in pair.arguments.items() if s.choices}
    for chosen in itertools.product(*choosing.values()):
        fixed = dict(zip(choosing, chosen, strict=True))
        free = {name: s for name, s in pair.arguments.items() if name not in fixed}
        for name, sampler in free.items():
            for hard in sampler.hard:
                if pair.kinks and SUBNORMAL in flatten(hard):
                    continue  # XLA on CPU takes it for 0, the other side of the kink
                yield {n: s.draw(draw) for n, s in free.items()} | {name: hard} | fixed
        if len(free) == 1:
            for name, point in (pair.kinks or {}).items():
                yield {name: filled(free[name].draw(draw), point)} | fixed
        for _ in range(count):
            yield {n: s.draw(draw) for n, s in free.items()} | fixed


def filled(like, number):
    """Nested lists of one shape with `like`, of one number."""
    return [filled(x, number) for x in like] if isinstance(like, list) else number


def verdict(pair, count=20, seed=0, functions=None):
    """Runs both rooms of a row on hard and drawn arguments, in float64, and returns the Verdict.

    count: drawn cases for every choice; functions: (scalar, array) to run instead of the row's own.
    Needs `jax_enable_x64`; raises RuntimeError without it, and TypeError for what is no row.
    """
    if not isinstance(pair, Pair):
        raise TypeError(f"verdict: pair must be a Pair, one of PAIRS; got {pair!r}. Fix: verdict(PAIRS[0]).")
    if not jax.config.read("jax_enable_x64"):
        raise RuntimeError(
            "verdict: float64 must be on; call jax.config.update('jax_enable_x64', True) first."
        )
    scalar, array = functions or rooms(pair)
    if pair.walks:
        count = min(count, 4)  # of 50 steps and 6 weights each
    compare = trajectory if pair.walks else distance
    found = Verdict(pair)
    run = None if pair.walks else runner(pair, array)
    for case in cases(pair, count, seed):
        found.add(case, *compare(pair, case, scalar, run or array))
    return found


def verdicts(pairs, count=20, processes=1):
    """The Verdict of each row, one after the other as they come; several processes share the work."""
    if processes == 1:
        yield from (verdict(pair, count) for pair in pairs)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _in_float64) as pool:
        yield from pool.map(verdict, pairs, itertools.repeat(count))


def _in_float64():
    jax.config.update("jax_enable_x64", True)


def distance(pair, case, scalar, run):
    """The distances (value, gradient) of both rooms at one case."""
    expected, slopes = scalar_run(pair, case, scalar, float)
    scales, slope_scales = scalar_run(pair, case, scalar, Conditioned)
    outputs, gradients = run(case)
    return worst(expected, outputs, scales), worst(slopes, gradients, slope_scales)


def differentiated(pair):
    """The names of the arguments that gradients are taken for."""
    return pair.wrt or tuple(name for name, sampler in pair.arguments.items() if sampler.real)


def weights(count):
    """The fixed weights that outputs are contracted with: a plain sum would hide a gradient that is lost in
    anything normalised, such as softmax."""
    draw = random.Random("weights of the outputs")
    return [draw.uniform(0.5, 2.0) * draw.choice((-1, 1)) for _ in range(count)]


def scalar_run(pair, case, function, number):
    """(outputs, gradients) of the scalar room, flat lists of plain numbers of the given kind."""
    names = differentiated(pair)
    lifted = {name: _lift(x, number) if name in names else x for name, x in case.items()}
    outputs = flatten(function(**lifted))
    pairs = [(y, w) for y, w in zip(outputs, weights(len(outputs)), strict=True) if isinstance(y, Value)]
    if pairs:
        backward([total([number(w) * y for y, w in pairs])], [number(1)])
    gradients = [value.grad for name in names for value in flatten(lifted[name])]
    return tuple(
        [x if isinstance(x, Conditioned) else number(x) for x in numbers]
        for numbers in ([plain(y) for y in outputs], gradients)
    )


def _lift(x, number):
    return [_lift(row, number) for row in x] if isinstance(x, list) else Value(number(x))


@cache
def _jitted(pair, function, fixed):
    """value and gradients of the array room as one compiled function of the free arguments."""
    names = differentiated(pair)

    def contracted(free, rest):
        leaves = jax.tree.leaves(function(**free, **rest, **dict(fixed)))
        outputs = jnp.concatenate([jnp.ravel(y) for y in leaves])
        return jnp.sum(jnp.asarray(weights(outputs.size)) * outputs), outputs

    def run(arguments):
        free = {name: arguments[name] for name in names}
        rest = {name: x for name, x in arguments.items() if name not in names}
        slopes, outputs = jax.grad(contracted, has_aux=True)(free, rest)
        return outputs, [slopes[name] for name in names]

    return run, jax.jit(run)


def runner(pair, function, compiled=True):
    """case -> (outputs, gradients) of the array room, flat arrays; compiled, or one operation at a time."""

    def run(case):
        fixed = tuple((name, case[name]) for name, s in pair.arguments.items() if s.choices)
        arguments = {name: jnp.asarray(np.asarray(x)) for name, x in case.items() if name not in dict(fixed)}
        with jax.default_matmul_precision("highest"):
            outputs, slopes = _jitted(pair, function, fixed)[compiled](arguments)
        flat = [np.ravel(slope) for slope in slopes]
        return np.ravel(outputs), np.concatenate(flat) if flat else np.zeros(0)

    return run


def trajectory(pair, case, scalar, array):
    """The worst distance of the weights over STEPS steps, in both rooms from one start, and 0."""
    params, slopes = path(case)
    one = optimizer_run(scalar(**case), params, slopes)
    other = array_optimizer_run(array(**case), params, slopes)
    return path_distance(case, scalar, one, other), 0.0


def signature(function):
    """The parameters of a formula with their defaults, as text."""
    parameters = inspect.signature(function).parameters.values()
    return ", ".join(str(p.replace(annotation=p.empty)) for p in parameters)


def formula(function):
    """The formula of a docstring: its first indented block."""
    lines = inspect.cleandoc(function.__doc__).splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("    ")), len(lines))
    block = itertools.takewhile(lambda line: line.startswith("    "), lines[start:])
    return "\n".join(line[4:] for line in block)
