"""Mutants: each formula is changed in one place at a time, mechanically, and some test must notice.

`mutants("microgrid.losses")` makes them from the syntax tree: every operator, sign, comparison, constant,
default, branch and call of a check in every function is changed once. Not changed: docstrings, the wording of
errors (names[0] in a check is wording), annotations, decorators, classes, and `strict=True` of zip (lengths
are checked before).
`python -m tests.mutants` runs them all and prints how many were made, killed, or are equivalent.
"""

import ast
import importlib
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ENDLESS = 1000  # turns of a loop after which it will not end: the hard cases need fewer than 20

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
COMPARISONS = {  # the boundary moved, and the other side taken
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
TWINS = (  # functions of one shape that are easily taken for one another
    "min max, sum mean, any all, maximum minimum, argmax argmin, exp expm1, log log1p, zeros ones, sign abs, "
    "sigmoid tanh, _sigmoid _tanh, softplus relu, xlogy xlog1my, _xlogy _xlog1my, sqrt exp"
)
CALLS = {one: other for pair in TWINS.split(", ") for one, other in (pair.split(), pair.split()[::-1])}
CALLS |= {"jnp.tanh": "sin", "lax.logistic": "tanh"}


@dataclass(frozen=True, eq=False)
class Mutant:
    """One change. module, function: where; key: the change, unique in the function; line: of the file."""

    module: str
    function: str
    change: str
    line: int
    code: types.CodeType | None = field(repr=False)

    @property
    def key(self):
        return f"{self.function}: {self.change}"

    def __str__(self):
        file = self.module.replace(".", "/") + ".py"
        return f"{file}:{self.line}: in {self.key}"


def source_tree(module: str) -> tuple[ast.Module, str]:
    """The syntax tree of a module, its loops bounded, and its file."""
    file = importlib.import_module(module).__file__
    tree = ast.parse(Path(file).read_text())
    for block in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.For)]:
        for loop in [node for node in block.body if isinstance(node, ast.While)]:
            bound_loop(block, loop)
    return ast.fix_missing_locations(tree), file


def bound_loop(block, loop):
    """Lets a loop count its turns: `_counter()` gives a function that raises after too many."""
    start, turn = ast.parse("_turn = _counter()\n_turn()").body
    block.body.insert(block.body.index(loop), start)
    loop.body.insert(0, turn)


def mutants(module: str, every=1) -> Iterator[Mutant]:
    """Every mutant of a module's functions, or one in so many; with every=0 all of them, but not compiled."""
    tree, file = source_tree(module)
    count = -1
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        seen = Counter()
        for parent, place, node, whole in sites(function):
            for other in alternatives(node, parent, function.name[0] == "_"):
                before = text(node, whole)
                put(parent, place, other)
                change = f"{before} -> {text(other, other if whole is node else whole)}"
                count += 1
                asked = every > 0 and count % every == 0
                code = compile(ast.fix_missing_locations(tree), file, "exec") if asked else None
                put(parent, place, node)
                seen[change] += 1
                number = f" #{seen[change]}" if seen[change] > 1 else ""
                if every and not asked:
                    continue
                yield Mutant(module, function.name, change + number, node.lineno, code)


def text(node, whole):
    """What to show of a change: the smallest expression that tells it, or the first line of a statement."""
    return "nothing" if isinstance(node, ast.Pass) else ast.unparse(whole).splitlines()[0]


def put(parent, place, node):
    name, index = place
    if index is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[index] = node


def sites(function):
    """(parent, place in it, node, expression to show) for all that may be changed inside a function."""
    walk = [(function, None)]
    while walk:
        parent, around = walk.pop()
        for name, value in ast.iter_fields(parent):
            if name in ("decorator_list", "returns", "annotation", "ctx"):
                continue
            for index, node in enumerate(value) if isinstance(value, list) else ((None, value),):
                if not isinstance(node, ast.AST) or skipped(node):
                    continue
                bare = isinstance(node, ast.Constant | ast.Slice) or (
                    isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
                )
                whole = around if around and (bare or isinstance(node, ast.keyword)) else node
                if isinstance(node, ast.expr | ast.stmt):
                    yield parent, (name, index), node, whole
                inside = isinstance(node, ast.expr | ast.keyword) and not isinstance(node, ast.Lambda)
                walk.append((node, whole if inside and isinstance(whole, ast.expr) else None))


def skipped(node):
    """Docstrings, errors and their words, texts, the lengths of zip, and the bound of loops."""
    if isinstance(node, ast.Expr):
        call = node.value
        bound = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "_turn"
        return bound or isinstance(call, ast.Constant)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "names":
        return True
    return isinstance(node, ast.Raise | ast.JoinedStr) or (
        isinstance(node, ast.keyword) and node.arg == "strict"
    )


def alternatives(node, parent, private=False):
    """The nodes that may stand in this one's place; private: whether the function is no formula."""
    match node:
        case ast.BinOp(left, op, right) if type(op) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(op)](), right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(OPERATORS[type(op)](), values)
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.Compare(left, ops, comparators):
            for i, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:i], other(), *ops[i + 1 :]], comparators)
        case ast.Constant(value):
            yield from constants(value, parent, private)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.If(ast.Name() | ast.Call() as test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Name(name) if name in CALLS and isinstance(parent, ast.Call):
            yield ast.Name(CALLS[name], ast.Load())
        case ast.Attribute(ast.Name("jnp" | "lax" | "operations" as base) as value, name):
            other = CALLS.get(f"{base}.{name}", CALLS.get(name))
            if other:
                yield ast.Attribute(value, other, ast.Load())
        case ast.Expr(ast.Call()):
            yield ast.Pass()


def constants(value, parent, private):
    """Another constant of the same kind; a text counts where it is compared with or a formula's default."""
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and isinstance(
        parent, ast.Compare if private else ast.Compare | ast.arguments
    ):
        yield ast.Constant(f"not {value}")
    elif value is None and isinstance(parent, ast.arguments):
        yield ast.Constant(0)


def report():
    """Runs every mutant and prints a line for each module."""
    import time
    import warnings

    import jax

    from tests.mutant_killers import MODULES, killed
    from tests.mutants_equivalent import EQUIVALENT

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_numpy_rank_promotion", "raise")
    warnings.simplefilter("error")
    print(f"{'module':28}{'made':>6}{'killed':>8}{'equivalent':>12}{'survived':>10}{'seconds':>9}")
    total, alive = Counter(), []
    for module in MODULES:
        start, count = time.perf_counter(), Counter()
        for mutant in mutants(module):
            listed = mutant.key in EQUIVALENT.get(module, {})
            fate = "equivalent" if listed else "killed" if killed(mutant) else "survived"
            alive += [mutant] if fate == "survived" else []
            count.update({fate: 1, "made": 1})
        count["seconds"] = round(time.perf_counter() - start)
        total += count
        print(line(module, count), flush=True)
    print(line("all", total), *alive, sep="\n")


def line(name, count):
    widths = dict(made=6, killed=8, equivalent=12, survived=10, seconds=9)
    return f"{name:28}" + "".join(f"{count[word]:{width}}" for word, width in widths.items())


if __name__ == "__main__":
    report()
