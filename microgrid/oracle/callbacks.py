"""CrossCheck: the gradients of a network are checked while it learns, and its outputs in both rooms."""

import jax.numpy as jnp
import numpy as np

from ..checks import flatten, whole
from ..value import plain
from . import exact, floats, rounding
from .call import call
from .check import concluded
from .conditioning import Roundings
from .flat import Flat
from .interpreter import Replay, walk
from .model import boolean, examined_model
from .nets import to_microgrid
from .proof import SLACK, Proof
from .report import Leaf, Report


class CrossCheck:
    """A callback of `jaxnets.NeuralNet.fit` that ends a training whose gradients are wrong.

    After every so many epochs each layer and the loss are checked at a few examples, as `check_model` does,
    and a net that `to_microgrid` can say in the scalar room must give the same outputs there, up to what
    rounding may do. x, y: the examples, few, as every number is replayed; every: whole number >= 1.
    training: False checks gradients in inference mode, which sees neither dropout nor the statistics of
    batches; True those of the loss that fit differentiates, at the masks that its next step will draw.
    Outputs are compared in inference mode. surrogate, sample: as for `check_grads`; with sample=32, say, for
    a net too large to replay, outputs are not compared.

    reports: the `Report` of each check, in order. Raises `GradientError`, with the report, from fit where a
    verdict is an error; the net keeps the weights it then has. Warns where digits are lost.

    >>> import jaxnets as jn
    >>> net = jn.NeuralNet([jn.Linear(2, 3), jn.tanh, jn.Linear(3, 1)], seed=0)
    >>> net.compile(jn.adam(0.01), "mean_squared_error")
    >>> x, y = np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[1.0], [0.0]])
    >>> check = CrossCheck(x, y, every=5)
    >>> history = net.fit(x, y, epochs=10, callbacks=[check], verbose=0)
    >>> [report.verdict for report in check.reports]
    ['ok', 'ok']
    """

    def __init__(self, x, y, every=1, training=False, surrogate=(), sample=None):
        self.x, self.y, self.every = x, y, whole("CrossCheck", "every", every, 1)
        boolean("CrossCheck", "training", training)
        self.training = training
        self._asked = call("CrossCheck", 1, "rev", 0, "exact", surrogate, sample, True)
        self.reports, self._epochs = [], 0

    def on_train_begin(self, net, logs):
        """ValueError or TypeError, before anything is learnt, where the net does not take the examples."""
        if self.y is not None:
            net._batch("CrossCheck", self.x, self.y)

    def on_epoch_end(self, net, epoch, logs):
        """Checks, where it is time to."""
        self._epochs += 1
        if self._epochs % self.every:
            return
        report = examined_model("CrossCheck", net, self.x, self.y, self.training, self._asked)
        report.name = f"{report.name} after epoch {len(net.history.epoch)}"  # as fit prints it, from 1
        if self._asked.sample:
            report.notes.append("not compared with the scalar room: sample= looks at a few numbers only")
        elif not report.failed:
            in_both_rooms(report, net, self.x)
        self.reports.append(report)
        concluded(report, self._asked, raises=True)


def in_both_rooms(report: Report, net, x):
    """Add to a report whether a jaxnets.NeuralNet gives the outputs of its scalar twin.

        |array room - scalar room| <= bound(dtype) + SLACK * bound(float64)

    The bounds are those of `rounding` for the net's program, in its dtype and in that of the scalar room.
    Where a comparison is nearer to a tie than that, the rooms may decide it differently: a kink.
    """
    from jaxnets import data, loop

    try:
        twin = to_microgrid(net)
    except TypeError as error:
        report.notes.append(f"not compared with the scalar room: {error}")
        return
    x = data.features("CrossCheck", "x", x, net.dtype, net._ids)
    graphdef, params, rest = loop.split(net.module)
    proof = Proof(Flat(lambda p: loop.merged(graphdef, p, rest, training=False)(x), (params,)), floats)
    tape, (output,) = proof.primal.tape, proof.outputs
    ids = output.ids.ravel()
    bounds = rounding.bounds(tape, proof.values) + SLACK * rounding.bounds(tape, proof.values, np.float64)
    got, bounds = np.asarray(net.forward(x), np.float64).ravel(), bounds[ids]
    expected = np.array([float(plain(y)) for y in flatten(twin.forward(x.tolist()))])
    off = np.abs(got - expected)
    at = int(np.argmax(off - bounds))
    verdict = "ok" if off[at] <= bounds[at] else _at_a_jump(proof, expected, bounds)
    ulp = float(jnp.finfo(output.dtype).eps) * abs(expected[at])
    leaf = Leaf("output", "scalar room", output.dtype, verdict, at, float(got[at]), f"{expected[at]:.15g}")
    leaf.ulps = float(off[at] / ulp) if ulp else float(np.inf if off[at] else 0.0)
    roundings = Roundings(tape, proof.values, proof.inputs)
    leaf.condition = roundings.condition(ids[at], abs(expected[at]), output.dtype)
    report.leaves.append(leaf)


def _at_a_jump(proof, expected, bounds):
    """kink where the numbers are between both sides of comparisons that rounding decides, else wrong."""
    opened = Replay(hull="near")
    (output,), _ = walk(opened, proof.program, [opened.input(x) for x in proof.flat.numbers])
    with exact.precision(exact.BITS):
        values = exact.forward(opened.tape)
        ends = [[float(end) for end in (values[i].lower(), values[i].upper())] for i in output.ids.ravel()]
    low, high = np.array(ends).T
    between = opened.ties and (low - bounds <= expected).all() and (expected <= high + bounds).all()
    return "kink" if between else "wrong"
