"""Where a number is needed: always, or only where certain conditions hold.

A region is a tuple of (condition, True or False), from the outside in: () is always.
"""

DEEPEST = 12  # conditions within conditions: Python takes 20 blocks within blocks


def operands(node):
    """What a node is computed from: for a row of the table that has been written out, its value alone."""
    return node.args[:1] if node.op in ("row", "fused") else node.args


def inner(node, place, region):
    """The region in which a node that is in `region` needs its arg at `place`."""
    if node.op == "where" and place > 0 and len(region) < DEEPEST:
        return (*region, (node.args[0], place == 1))
    return region


def regions(nodes, roots, args=operands):
    """For each node of a sorted list the innermost region that covers all its uses. roots: root -> region.

    Leaves are always there, and loops always run.
    """
    found = dict(roots)
    for node in reversed(nodes):
        if node.op in ("over", "each"):
            found[node] = ()
        for place, arg in enumerate(args(node)):
            there = inner(node, place, found[node]) if arg.args and arg.loop is node.loop else ()
            found[arg] = common(found[arg], there) if arg in found else there
    return found


def common(one, other):
    """The innermost region that both are in."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return one[:same]
