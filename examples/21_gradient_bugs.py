"""The ten most common gradient bugs, each found by check_grads, without a step size or a tolerance.

Shows: every report has the right verdict and names the equation with the bug. docs/gradient_bugs.md explains
them; `python examples/21_gradient_bugs.py docs/gradient_bugs.md` updates the reports in it.
"""

import re
import sys
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from microgrid.oracle import check_grads

ROOT = Path(__file__).parent.parent
X = np.array([0.3, -1.2, 0.8, 0.0], "float32")
Z = np.array([[2.0, -1.0, 0.5]], "float32")


def rule(function, backward):
    """A function of one array with a rule of its own: backward(x, y, cotangent)."""
    made = jax.custom_vjp(function)
    made.defvjp(lambda x: (function(x), (x, function(x))), lambda kept, ct: (backward(*kept, ct),))
    return made


def unit(x):
    return x / jnp.sqrt(jnp.sum(x * x))


def variance(x):
    return jnp.mean(x * x) - jnp.mean(x) ** 2


sign_lost = rule(lambda x: jnp.cos(x), lambda x, y, ct: ct * jnp.sin(x))
input_for_output = rule(lambda x: jnp.tanh(x), lambda x, y, ct: ct * (1 - x * x))
diagonal_alone = rule(lambda x: jax.nn.softmax(x), lambda x, y, ct: ct * y * (1 - y))
mean_forgotten = rule(lambda x: jnp.mean(x), lambda x, y, ct: jnp.full_like(x, ct))
shares_forgotten = rule(unit, lambda x, y, ct: ct / jnp.sqrt(jnp.sum(x * x)))
rounded = rule(lambda x: jnp.round(x), lambda x, y, ct: ct)
# right itself, but its own derivative is not: the rule holds x fixed as a number of another rule
slope = rule(lambda x: 3 * x * x, lambda x, y, ct: ct * 6)
cube = rule(lambda x: x**3, lambda x, y, ct: ct * slope(x))

# name, what to check, where, how, the verdict
BUGS = (
    ("a sign lost in a rule", lambda x: jnp.sum(sign_lost(2 * x)), X, {}, "wrong"),
    ("the input in the place of the output", lambda x: input_for_output(x) ** 2, X, {}, "wrong"),
    ("the diagonal of a Jacobian alone", lambda z: diagonal_alone(z)[0, 0], Z, {}, "wrong"),
    ("1 / N of a mean forgotten", lambda x: mean_forgotten(jnp.exp(x)), X, {}, "wrong"),
    ("what a norm shares out forgotten", lambda x: shares_forgotten(x)[0], X, {}, "wrong"),
    ("a branch that was not taken", lambda x: jnp.where(x > 0.5, jnp.sqrt(x), 0), X, {}, "nonfinite"),
    ("a norm at 0", lambda x: jnp.linalg.norm(x[3:]), X, {}, "nonfinite"),
    ("digits lost in a difference", lambda x: variance(x + 30_000), X, {}, "imprecise"),
    ("a straight-through rule not declared", lambda x: rounded(3 * x) * x, X, {}, "wrong"),
    ("a rule that is wrong at the second order", cube, X, dict(order=2), "wrong"),
)


def looked_at():
    """The report of each bug, and as text: numbered, with files named from the project's folder on."""
    for number, (name, f, point, told, _) in enumerate(BUGS, 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an imprecise gradient warns
            report = check_grads(f, (point,), raises=False, **told)
        report.name = name
        yield report, f"{number}. {report}".replace(f"{ROOT}/", "")


def rewritten(page, texts):
    """A page with these reports, one after the other, in the place of those that it has."""
    left = iter(texts)
    return re.sub(r"(?s)```\n\d+\. check_grads of .*?\n```", lambda _: f"```\n{next(left)}\n```", page)


def main(page=None):
    """Checks each function; returns the verdicts, and those expected. page: the file to write into."""
    reports, texts = zip(*looked_at(), strict=True)
    print(*texts, sep="\n\n", end="\n\n")
    declared = check_grads(lambda x: rounded(3 * x) * x, (X,), surrogate=[rounded])
    print(f"The ninth once more, declared: {declared.verdict}. {declared.notes[0]}")
    if page:
        Path(page).write_text(rewritten(Path(page).read_text(), texts))
    return [report.verdict for report in reports], [verdict for *_, verdict in BUGS]


if __name__ == "__main__":
    main(*sys.argv[1:2])
