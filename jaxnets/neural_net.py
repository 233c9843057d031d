"""A neural network that is trained with one call: layers, or any Flax NNX module, an optimizer and a loss."""

from contextlib import nullcontext

import jax
import numpy as np
from flax import nnx
from jax.core import Tracer

from . import callbacks as calling, calls, checks, data, loop, parts, sharding, training, untraced
from .objective import Objective, layers_of, optimizer_of
from .programs import Programs
from .progress import progress


class NeuralNet:
    """A network of layers, or any `flax.nnx.Module`, that is compiled with a loss and fitted to data.

    module: the NNX module that holds the weights (a list becomes an `nnx.Sequential`); layers: its layers, ()
    for a module that is not a list of layers; params: its parameters; history: of the last `fit`;
    stop_training: what a callback sets to True to end it.

    Arguments: layers, a list of layers and functions, or one module; seed, draws the weights that are not
    drawn yet, the dropout masks and the order of the examples; dtype, "float32" or "float64", what data is
    cast to and weights are drawn in. The same seed gives the same network, to the last bit, on one machine.
    Layers are held, not copied: two networks made of one layer share its weights.

    >>> import jaxnets as jn
    >>> net = jn.NeuralNet([jn.Linear(2, 4), jn.tanh, jn.Linear(4, 1), jn.sigmoid], seed=0)
    >>> net.compile(optimizer=jn.adam(0.05), loss="binary_cross_entropy", metrics=["accuracy"])
    >>> x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    >>> history = net.fit(x, y, epochs=500, batch_size=None, verbose=0)
    >>> net.predict(x).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    def __init__(self, layers, seed: int = 0, dtype="float32"):
        self.seed = data.whole("NeuralNet", "seed", seed, 0)
        self.dtype = data.float_type("NeuralNet", dtype)
        self.module = parts.sequential("NeuralNet: layers", layers)
        self._untrained = parts.draw(self.module, self.seed, self.dtype)
        self._ids = parts.ids(self.module)
        self._programs, self._opt_state, self._epochs, self.history = Programs(), None, 0, None
        self._frozen, self.stop_training = frozenset(), False

    def __repr__(self):
        return f"NeuralNet([{parts.described(self.module)}], seed={self.seed}, dtype={str(self.dtype)!r})"

    @property
    def layers(self):
        """The layers, a tuple."""
        return layers_of(self.module)

    @property
    def params(self):
        """The parameters, a nested dict: {0: {"kernel": [in, out], "bias": [out]}, 2: ...} by the layer's
        number, or by attribute names where the module is no list; one of the same shapes may be assigned."""
        return parts.by_layer(self.module, loop.split(self.module)[1])

    @params.setter
    def params(self, tree):
        self._take("params", self.params, tree)

    @property
    def weights(self):
        """`params`, and beside those of a layer its running statistics, to be saved; may be assigned too."""
        return parts.weights(self.module)

    @weights.setter
    def weights(self, tree):
        self._take("weights", self.weights, tree)

    def _take(self, name, mine, tree):
        parts.assign(self.module, parts.like(f"NeuralNet.{name}", mine, tree))
        self._untrained = False

    def compile(self, optimizer, loss, metrics=(), l1: float = 0.0, l2: float = 0.0):
        """Choose how the network learns. Forgets what an earlier optimizer remembered; keeps the weights.

        optimizer: one of this library's, or any Optax transformation.
        loss: a name, a loss of the library with arguments set, such as functools.partial(jaxnets.huber,
            delta=0.5), or a function of (outputs, targets): a number, or terms [N, ...] whose mean is taken.
        metrics: names ("accuracy", as `jaxnets.metrics.accuracy` has it, ...) or functions alike.
        l1, l2: rates of the penalties on kernels, in the loss.
        A cross-entropy behind its own softmax or sigmoid is computed from the scores in front of it.
        Raises ValueError where a loss on probabilities meets layers that end in scores, or the reverse.
        """
        objective = Objective(self.module, loss, metrics, l1, l2)
        self._programs.compile(objective, optimizer_of(optimizer))
        self._opt_state = None

    def fit(
        self,
        x,
        y,
        epochs: int = 1,
        batch_size: int | None = 32,
        validation_split: float = 0.0,
        validation_data=None,
        shuffle: bool = True,
        sample_weight=None,
        until_loss: float | None = None,
        verbose: int = 1,
        chunk_steps: int | None = None,
        devices: int = 1,
        callbacks=(),
    ) -> training.History:
        """Train, and return the `History`. A second call goes on where the first one ended.

        x, y: [N, ...].
        epochs: how many times through the data.
        batch_size: examples in a step, None for all; an epoch's last batch may be short, and counts as that.
        validation_split: the share of examples, taken from the end, that is measured after each epoch; the
            others, their number rounded down, are trained on.
        validation_data: (x, y) or (x, y, sample_weight) instead.
        shuffle: a new order each epoch, from seed and epoch.
        sample_weight: [N], >= 0, weighs each example's loss (weighted terms over N); metrics stay unweighted.
        until_loss: stop after the first of the epochs whose mean training loss is at or below it.
        verbose: 1 a progress bar, or lines where the output is no terminal, 2 a line an epoch, 0 nothing.
        chunk_steps: steps in one compiled call, None for a fitting number; it changes no bit of the result.
        devices: how many share each batch; only the order of sums changes.
        callbacks: a list of `Callback`s, `EarlyStopping` for one, or functions (net, epoch, logs) to call
            after each epoch; they see the network as it then is, and change no bit of what they leave alone.

        A loss that becomes nan ends the training with that epoch, and a RuntimeWarning says so. Interrupted,
        by an error or by Ctrl-C, the network has the weights of the last finished chunk, and `history` what
        was seen. Bad data raises ValueError or TypeError before anything is touched.
        """
        objective = self._compiled("fit")
        epochs = data.whole("fit", "epochs", epochs, 0)
        checks.flag("fit", "shuffle", shuffle)
        batch_size = data.optional(data.whole, "fit", "batch_size", batch_size, 1)
        chunk_steps = data.optional(data.whole, "fit", "chunk_steps", chunk_steps, 1)
        until_loss = data.optional(data.finite_number, "fit", "until_loss", until_loss)
        shared, callbacks = sharding.Devices("fit", devices), calling.listed("fit", callbacks)
        train = self._batch("fit", x, y, sample_weight)
        train, validation = data.validation(train, validation_split, validation_data, self._batch)
        if epochs == 0:
            return training.History(objective.names)
        plan = training.Plan(len(train.targets), batch_size, shuffle, self.seed)
        shared.check_batch("fit", plan.batch, len(train.targets))
        bar = progress(verbose, epochs, plan.steps)
        graphdef, params, _ = loop.split(self.module)
        self._opt_state = self._programs.state("net", self._programs.optimizer, params, self._opt_state)
        program, pace = self._programs.chunk(graphdef, self._frozen, plan, self.dtype, shared)
        run = training.Run(self._carry, program, pace, plan, train, objective.names, self._epochs, shared)
        if validation:
            size = min(max(plan.batch, 256), len(validation.targets))
            run.validate(self._programs.evaluation(graphdef, size), validation, size)
        self.stop_training = False
        with calls.Calls(callbacks, self, run) as told, bar or nullcontext():
            return run.train(epochs, until_loss, chunk_steps, bar, told)

    @property
    def _carry(self):
        """All that training moves: parameters, other variables, state of the optimizer."""
        return loop.Carry(*loop.split(self.module)[1:], self._opt_state)

    @_carry.setter
    def _carry(self, carry):
        params, rest, self._opt_state = carry
        nnx.update(self.module, params, rest)

    def evaluate(self, x, y, batch_size: int = 256, sample_weight=None) -> dict[str, float]:
        """Loss (with penalties) and metrics in inference mode, by name: means over all examples."""
        objective = self._compiled("evaluate")
        batch = self._batch("evaluate", x, y, sample_weight)
        size = min(data.whole("evaluate", "batch_size", batch_size, 1), len(batch.targets))
        graphdef, params, rest = loop.split(self.module)
        means = training.evaluate(self._programs.evaluation(graphdef, size), params, rest, batch, size)
        return dict(zip(objective.names, means.tolist(), strict=True))

    def forward(self, x) -> jax.Array:
        """What the last layer says to x [N, ...], in inference mode; also inside `jax.grad`."""
        graphdef, params, rest = loop.split(self.module)
        if not isinstance(x, Tracer):
            x = data.features("forward", "x", x, self.dtype, self._ids)
            self._programs.outputs("forward", self.module, x)
        return self._programs.inference(graphdef)(params, rest, x)

    def __call__(self, x) -> jax.Array:
        """`forward`, as networks of Keras, Flax and PyTorch are called."""
        return self.forward(x)

    def predict(self, x, batch_size: int = 256) -> np.ndarray:
        """What the last layer says to x [N, ...], in inference mode, batch by batch, as a numpy array. Raises
        ValueError for a net that still has the weights it was born with."""
        if self._untrained:
            raise ValueError(
                "predict: the net must be fitted or be given weights first. "
                "Fix: fit(x, y), take_weights(other), or forward(x) to see what untrained weights say."
            )
        batch_size = data.whole("predict", "batch_size", batch_size, 1)
        x = data.features("predict", "x", x, self.dtype, self._ids)
        untraced.refuse("predict")
        self._programs.outputs("predict", self.module, x[:batch_size])
        graphdef, params, rest = loop.split(self.module)
        run = self._programs.inference(graphdef)
        starts = range(0, len(x), batch_size)
        return np.concatenate([np.asarray(run(params, rest, x[i : i + batch_size])) for i in starts])

    def backward(self, x, y, sample_weight=None, training: bool = False):
        """The gradient of the loss, with its penalties, for every parameter: a nested dict like `params`.

        In inference mode, so that it is a function of the weights alone; training=True drops out and
        normalises as the next step of `fit` would. Frozen parameters have their gradient too.
        """
        self._compiled("backward")
        checks.flag("backward", "training", training)
        batch = self._batch("backward", x, y, sample_weight)
        graphdef, params, rest = loop.split(self.module)
        return parts.by_layer(self.module, self._programs.gradients(graphdef, training)(params, rest, batch))

    def freeze(self, *layers):
        """Keep the weights of these layers as they are while the others learn: by number, or by attribute
        name ("encoder", "encoder.linear") for modules that are not lists; all without a name. Statistics of
        a frozen layer stay too. Neither momentum nor weight decay moves them."""
        self._frozen |= set(parts.named("freeze", self.module, layers))

    def unfreeze(self, *layers):
        """Let these layers learn again; all of them without a name."""
        self._frozen -= set(parts.named("unfreeze", self.module, layers))

    def take_weights(self, other, layers=None):
        """Copy the weights (and batch statistics) of these layers from another net, or nnx.Module, that has
        them at the same places: one or several, by number or by name as in `freeze`; None for all."""
        parts.take("take_weights", self.module, other, layers)
        self._untrained = False

    def summary(self, input_shape) -> str:
        """Print, and return, a table of layers, shapes and parameters; input_shape: of one example."""
        from .summary import table

        inputs = data.example("summary", input_shape, self.dtype, self._ids)
        told = f"examples of shape {tuple(input_shape)}, here two of them"
        outputs = self._programs.outputs("summary", self.module, inputs, told)
        print(text := table(self.module, inputs, outputs, self._frozen))
        return text

    def _compiled(self, function):
        if function != "backward":
            untraced.refuse(function)
        if self._programs.objective is None:
            raise ValueError(f"{function}: the net must be compiled first. Fix: compile(optimizer, loss).")
        return self._programs.objective

    def _batch(self, function, x, y, sample_weight=None):
        """Everything that can be wrong with the data is found here."""
        x = data.features(function, "x", x, self.dtype, self._ids)
        return self._programs.batch(function, self.module, self.dtype, x, y, sample_weight)
