"""Where the boxes of a drawing go: in columns from left to right, with few crossings and straight wires.

Every box stands right before the box that uses it, counted along the longest way to the result. A wire that
passes columns gets a bend in each of them. Wires from one box share a trunk for as long as they can, and each
is drawn from where it leaves the trunk.
Source of the plan (columns, then order, then heights): Sugiyama, Tagawa, Toda 1981,
doi:10.1109/TSMC.1981.4308636.
"""

import math
from bisect import bisect_right, insort
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, pairwise

ORDERINGS, SETTLINGS, STRAIGHTENINGS = 24, 60, 4  # sweeps over all columns
STIFF = 8  # how much more a wire minds a slant between two bends than one at a box
GAP, LANE = 16, 18  # from box to box; from a bend to its neighbours


@dataclass
class Layout:
    """Where everything is. Bends are numbered on from the boxes.

    column, y: of each box and bend, y in its middle; paths: for each wire, from the box or bend where it
    leaves those before it to its target; ports: how far below its target's middle it arrives.
    """

    column: list
    y: list
    paths: list
    ports: list


def layout(heights, wires, in_order, step) -> Layout:
    """Columns and heights for boxes and the wires between them.

    heights: of the boxes, each box after those it is wired from; wires: (source, target) pairs; in_order: for
    each box, whether its wires must arrive in the order given; step: from one arrival to the next.

    >>> layout([40, 40, 40], [(0, 2), (1, 2)], [True] * 3, 10)
    Layout(column=[0, 0, 1], y=[-28.0, 28.0, 0.0], paths=[[0, 2], [1, 2]], ports=[-5.0, 5.0])
    """
    column = _columns(len(heights), wires)
    paths, trunks = _routes(column, wires)
    rows = _ordered(column, [link for path in paths for link in pairwise(path)])
    ports = _ports(paths, _places(rows), in_order, step)
    heights = [*heights, *[0] * (len(column) - len(heights))]
    gaps = [[_gap(heights[x], heights[y]) for x, y in pairwise(row)] for row in rows]
    y = _settled(rows, gaps, paths, ports)
    for _ in range(STRAIGHTENINGS):
        _straighten(y, rows, gaps, trunks + _chains(wires))
    return Layout(column, y, paths, ports)


def _columns(count, wires):
    """For each box its column; the last box of the longest way is in the last one."""
    steps = [0] * count
    for source, target in sorted(wires, key=lambda wire: -wire[1]):
        steps[source] = max(steps[source], steps[target] + 1)
    return [max(steps) - step for step in steps]


def _routes(column, wires):
    """The path of each wire, and for each box with wires its trunk; the bends are added to column."""
    paths, trunks = [[]] * len(wires), {}
    for wire in sorted(range(len(wires)), key=lambda wire: column[wires[wire][1]]):
        source, target = wires[wire]
        trunk = trunks.setdefault(source, [source])
        leaves = len(trunk) - 1
        while column[trunk[-1]] < column[target] - 1:
            column.append(column[trunk[-1]] + 1)
            trunk.append(len(column) - 1)
        paths[wire] = [*trunk[leaves:], target]
    return paths, list(trunks.values())


def _ordered(column, links):
    """The columns, each from top to bottom: of the orders that we try, the one with the fewest crossings."""
    before, after = [[] for _ in column], [[] for _ in column]
    for source, target in links:
        before[target].append(source)
        after[source].append(target)
    rows = [[] for _ in range(max(column) + 1)]
    for x in _from_the_results(before, after):
        rows[column[x]].append(x)
    best, fewest = rows, _crossings(rows, after)
    for sweep in range(ORDERINGS):
        rows = [list(row) for row in rows]
        near = before if sweep % 2 else after
        place = _places(rows)
        for row in rows if sweep % 2 else reversed(rows):
            _to_neighbours(row, near, place)
        _switch(rows, before, after)
        if (crossings := _crossings(rows, after)) < fewest:
            best, fewest = rows, crossings
    return best


def _from_the_results(before, after):
    """Everything in the order of a walk back from the results: it draws trees without a crossing."""
    walk, met = [x for x, users in enumerate(after) if not users][::-1], {}
    while walk:
        if (x := walk.pop()) not in met:
            met[x] = True
            walk += reversed(before[x])
    return met


def _places(rows):
    return {x: place for row in rows for place, x in enumerate(row)}


def _to_neighbours(row, near, place):
    """Sorts a column by the mean place of each one's neighbours; those without stay where they are."""
    mean = {x: sum(place[y] for y in near[x]) / len(near[x]) for x in row if near[x]}
    moving = iter(sorted(mean, key=lambda x: mean[x]))
    row[:] = [next(moving) if x in mean else x for x in row]
    place.update(_places([row]))


def _switch(rows, before, after):
    """Switches neighbours in a column for as long as that leaves fewer crossings."""
    place, switched = _places(rows), True

    def crossings(upper, lower):
        return sum(place[y] > place[z] for near in (before, after) for y in near[upper] for z in near[lower])

    while switched:
        switched = False
        for row in rows:
            for i in range(len(row) - 1):
                if crossings(row[i], row[i + 1]) > crossings(row[i + 1], row[i]):
                    row[i : i + 2] = row[i + 1], row[i]
                    place[row[i]], place[row[i + 1]] = i, i + 1
                    switched = True


def _crossings(rows, after):
    """The number of pairs of wires that cross between two columns."""
    crossings, place = 0, _places(rows)
    for row in rows:
        ends = []
        for x in row:
            arrivals = [place[y] for y in after[x]]
            crossings += sum(len(ends) - bisect_right(ends, end) for end in arrivals)
            for end in arrivals:
                insort(ends, end)
    return crossings


def _ports(paths, place, in_order, step):
    """For each wire how far below its target's middle it arrives: in the order given, or as it comes."""
    arrivals = {}
    for wire, path in enumerate(paths):
        arrivals.setdefault(path[-1], []).append(wire)
    ports = [0.0] * len(paths)
    for target, wires in arrivals.items():
        if not in_order[target]:
            wires.sort(key=lambda wire: place[paths[wire][-2]])
        for i, wire in enumerate(wires):
            ports[wire] = step * (i - (len(wires) - 1) / 2)
    return ports


def _gap(above, below):
    """From the middle of one box, or bend of height 0, to that of the next."""
    return (above + below) / 2 + (GAP if above and below else LANE)


def _settled(rows, gaps, paths, ports):
    """The heights of the least sum of squared slants, sought one column at a time."""
    count = sum(map(len, rows))
    near = [[] for _ in range(count)]
    for path, port in zip(paths, ports, strict=True):
        for x, y in pairwise(path):
            last = y == path[-1]
            weight, shift = 1 if last else STIFF, port if last else 0
            near[x].append((weight, y, shift))
            near[y].append((weight, x, -shift))
    height = [0.0] * count
    for sweep in range(SETTLINGS):
        for row, gap in (
            zip(rows, gaps, strict=True) if sweep % 2 else reversed([*zip(rows, gaps, strict=True)])
        ):
            weights = [sum(weight for weight, _, _ in near[x]) or 1 for x in row]
            wanted = [
                sum(weight * (height[y] + shift) for weight, y, shift in near[x]) / total
                for x, total in zip(row, weights, strict=True)
            ]
            for x, y in zip(row, _apart(wanted, weights, gap), strict=True):
                height[x] = y
    return height


def _apart(wanted, weights, gaps):
    """The heights nearest to the wanted ones (least squares) that keep the gaps: pool adjacent violators."""
    offsets = list(accumulate(gaps, initial=0.0))
    pools = []  # of those that touch: their weight, the height of the first without its offset, how many
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        pools.append((weight, want - offset, 1))
        while len(pools) > 1 and pools[-2][1] > pools[-1][1]:
            (a, y, m), (b, z, n) = pools[-2:]
            pools[-2:] = [(a + b, (a * y + b * z) / (a + b), m + n)]
    tops = [top for _, top, count in pools for _ in range(count)]
    return [top + offset for top, offset in zip(tops, offsets, strict=True)]


def _chains(wires):
    """Lists of boxes, each the only user of the one before, and made of that one alone."""
    users, sources = Counter(source for source, _ in wires), Counter(target for _, target in wires)
    after = {source: target for source, target in wires if users[source] == sources[target] == 1}
    chains = [[box] for box in after if box not in after.values()]
    for chain in chains:
        while chain[-1] in after:
            chain.append(after[chain[-1]])
    return chains


def _straighten(y, rows, gaps, lines):
    """Puts what is on a line at one height, in runs as long as their neighbours leave room for."""
    room = {}
    for row, gap in zip(rows, gaps, strict=True):
        for i, x in enumerate(row):
            above = (row[i - 1], gap[i - 1]) if i else None
            room[x] = above, (row[i + 1], gap[i]) if i + 1 < len(row) else None
    for first, *rest in lines:
        level, run, low, high = y[first], [], -math.inf, math.inf
        for x in rest:
            above, below = room[x]
            highest = y[above[0]] + above[1] if above else -math.inf
            lowest = y[below[0]] - below[1] if below else math.inf
            if max(low, highest) > min(high, lowest):
                run, low, high = [], -math.inf, math.inf
            run.append(x)
            low, high = max(low, highest), min(high, lowest)
            level = min(max(level, low), high)
            for member in run:
                y[member] = level
