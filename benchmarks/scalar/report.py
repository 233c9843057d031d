"""The tables of the scalar suite."""

import sys

from ..pythons import pythons
from ..rounds import Unavailable
from ..tables import figure, machine, measured, table
from .engines import ENGINES
from .race import COLLECTORS, ask, race
from .workloads import WORKLOADS

PEER, PLAIN, SUMPROD = "micrograd", "plain floats", "plain floats, math.sumprod"
EAGER, UNFUSED, TRACED = "ours, eager", "ours, eager, one operation at a time", "ours, traced"
GRAPHS = (PEER, UNFUSED, EAGER)  # their numbers are nodes
BUILT = (TRACED, "CasADi SX")  # they derive the gradient once, before the first step
PURE_PYTHON = (EAGER, TRACED, PLAIN, SUMPROD)

FASTER = (  # entrant, collector, target: times faster than micrograd on moons, stretch target
    (EAGER, "off", 7, 9),
    (EAGER, "default", 65, 80),
    (TRACED, "off", 45, 60),
    (TRACED, "default", 500, 700),
)


ABOUT = """\
*Faster* is micrograd's time over the engine's, by minimum and by median. *Collector* is Python's garbage
collector. Where it is off, garbage is freed between the rounds, while the clock is stopped. A round is at
least 50 ms or one step."""
ABOUT_GARBAGE = """\
In micrograd a node and its backward function refer to each other, so only the collector can free a graph.
One full collection in each step frees the graph of the last step; the others search the growing new graph and
free nothing. With the collector off nothing is freed while the clock runs. Our nodes refer only to their
parents and are freed as soon as they are dropped, with the collector on or off."""


def sections(workloads=tuple(WORKLOADS)):
    """Markdown: a table for each workload; if the moons are among them, all that is measured on them."""
    races = {}
    for name in workloads:
        print(f"scalar engine: {name}", file=sys.stderr)
        questions = ("step", "forward") if name == "moons" else ("step",)
        races[name] = race(name, {engine: (engine, sys.executable) for engine in ENGINES}, questions)
    yield "## Scalar engine"
    yield ABOUT
    yield f"Measured on: {machine()}."
    yield versions(races)
    if "moons" in races:
        memory = ask_all("memory", GRAPHS)
        yield targets(races["moons"], memory)
    for name, result in races.items():
        yield f"### {WORKLOADS[name].title}"
        yield speed(result)
    yield "### Before the first step"
    yield built(races)
    if "moons" in races:
        yield "### Backward against forward, moons"
        yield "Forward computes only the value; HIPS autograd and CasADi record nothing for it."
        yield backward(races["moons"])
        yield "### Memory of the moons' graph"
        yield held(memory)
        yield "### Time in the garbage collector, one moons step"
        yield ABOUT_GARBAGE
        yield collected(ask_all("garbage", GRAPHS))
        yield "### Other Pythons, moons"
        yield "Since Python 3.12, `sum` of floats compensates for rounding, which slows plain floats down."
        yield elsewhere()


def ask_all(question, engines):
    """What fresh workers answer on the moons; those that cannot are missing."""
    answers = {}
    for engine in engines:
        try:
            answers[engine] = ask(question, engine, "moons")
        except Unavailable:
            print(f"{engine}: no {question}", file=sys.stderr)
    return answers


def pair(numbers, scale=1):
    """Minimum / median."""
    return " / ".join(figure(scale * x) for x in numbers) if numbers else "-"


def versions(races):
    """What was measured and what was not."""
    facts = [fact for result in races.values() for fact in result.facts.values()]
    named = ", ".join(dict.fromkeys(fact["version"] for fact in facts if fact["version"]))
    return f"Measured: {named}.\n\n{left_out(races)}".strip()


def targets(result, memory):
    """The targets, and what was measured."""
    rows = []
    for entrant, collector, least, stretch in FASTER:
        what = f"{entrant}: times faster than {PEER}, collector {collector}"
        times = result.times_faster(entrant, PEER, collector)
        rows.append([what, f"at least {least}", str(stretch), measured(times, least) if times else "-"])
    for collector in COLLECTORS:
        over = result.times_faster(PLAIN, TRACED, collector)
        shown = measured(over, most=1.3) if over else "-"
        rows.append([f"{TRACED}: time over {PLAIN}, collector {collector}", "at most 1.3", "", shown])
    size = "-"
    if UNFUSED in memory:
        size = measured([memory[UNFUSED]["size"] / memory[UNFUSED]["nodes"]], most=240)
    rows.append([f"{UNFUSED}: bytes per node", "at most 240", "", size])
    return table(["moons", "target", "stretch target", "measured"], rows)


def speed(result):
    """Times of all entrants under both collectors, and how many times faster than micrograd."""
    head = ["engine", "collector default, ms", "faster", "collector off, ms", "faster"]
    rows = []
    for entrant in entrants(result):
        row = [entrant]
        for collector in COLLECTORS:
            row += [pair(result.seconds(entrant, collector), 1000)]
            row += [pair(result.times_faster(entrant, PEER, collector))]
        rows.append(row)
    return table(head, rows)


def built(races):
    """Seconds until the first value and gradient are there, of engines that prepare."""
    rows = []
    for name, result in races.items():
        facts = [result.facts.get((engine, "default")) for engine in BUILT]
        rows.append([name, *(figure(1000 * fact["first"]) if fact else "-" for fact in facts)])
    return table(["ms, first step included", *BUILT], rows)


def backward(result):
    """What the step costs beyond its forward pass."""
    rows = []
    for entrant in entrants(result):
        forward, step = result.seconds(entrant, "off", "forward"), result.seconds(entrant, "off")
        cost = [s / f - 1 for s, f in zip(step, forward, strict=True)]
        rows.append([entrant, pair(forward, 1000), pair(step, 1000), pair(cost)])
    return table(["collector off", "forward, ms", "step, ms", "rest of the step over forward"], rows)


def held(memory):
    """Bytes of the graphs."""
    rows = [
        [engine, f"{m['nodes']:,}", figure(m["size"] / m["nodes"]), figure(m["size"] / 2**20)]
        for engine, m in memory.items()
    ]
    return table(["tracemalloc, after backward", "nodes", "bytes per node", "MiB"], rows)


def collected(shares):
    """How long the collector runs during a step, and how often."""
    rows = [
        [engine, figure(1000 * share["step"]), figure(1000 * share["collector"]), *map(str, share["runs"])]
        for engine, share in shares.items()
    ]
    return table(["one step", "ms", "of which in the collector", "young", "middle", "full collections"], rows)


def elsewhere():
    """The engines that need no library, on every Python that this machine has."""
    result = race(
        "moons",
        {f"{engine}, {name}": (engine, path) for engine in PURE_PYTHON for name, path in pythons().items()},
    )
    rows = [
        [entrant, *(pair(result.seconds(entrant, collector), 1000) for collector in COLLECTORS)]
        for entrant in entrants(result)
    ]
    head = ["engine and Python", "collector default, ms", "collector off, ms"]
    return "\n\n".join([table(head, rows), left_out({"moons": result})]).strip()


def entrants(result):
    """Those that were timed, in the order in which they started."""
    return list(dict.fromkeys(entrant for entrant, _ in result.times))


def left_out(races):
    """A line for each reason why an entrant was not timed, with the workloads."""
    workloads = {}
    for name, result in races.items():
        for sentence in result.left_out:
            workloads.setdefault(sentence, []).append(name)
    return "\n".join(f"- left out of {', '.join(names)}: {why}" for why, names in workloads.items())
