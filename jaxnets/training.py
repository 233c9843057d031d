"""The host's side of training: which rows each step sees, how long a chunk is, and what is kept of its
figures."""

import time
import warnings

import jax
import numpy as np

CHUNK_SECONDS = 0.075  # long enough to hide the call, short enough for a smooth bar and a quick Ctrl-C
FEW_STEPS, FEW_SECONDS = 16, 1.0  # memory is allocated in each call: slow steps share it, to a limit
MOST_STEPS = 4096
MOST_ROWS = 2**20  # of a chunk's table


class History:
    """What `fit` saw. history: name -> one number an epoch (loss, metrics, and val_ of each), means weighted
    by the size of the batches; epoch: the epochs' numbers, from 0, counted over all fits; step_losses:
    [steps]."""

    def __init__(self, names):
        self.history = {name: [] for name in names}
        self.epoch = []
        self._steps = []

    @property
    def step_losses(self):
        """The loss of every step, in order, an array."""
        return np.concatenate(self._steps) if self._steps else np.zeros(0)

    def plot(self, path):
        """Draw the loss, of training and of validation, over the epochs into a picture file."""
        from . import plots

        return plots.loss_curve(self, path)

    def __repr__(self):
        last = "".join(f", {name} {values[-1]:.4g}" for name, values in self.history.items() if values)
        return f"History({len(self.epoch)} epochs{last})"


class Plan:
    """Which rows each step of each epoch sees: a function of the seed and the epoch's number alone."""

    def __init__(self, examples: int, batch_size: int | None, shuffle, seed):
        self.batch = examples if batch_size is None else min(batch_size, examples)
        self.full = self.batch == examples
        self.steps = -(-examples // self.batch)
        self.remainder = examples % self.batch
        self.capacity = MOST_STEPS if self.full else max(1, min(MOST_STEPS, MOST_ROWS // self.batch))
        self.sizes = np.full(self.steps, self.batch)
        self.sizes[-1] = self.remainder or self.batch
        self._examples, self._shuffle, self._seed = examples, shuffle, seed
        self._order = -1, np.zeros(0, np.int32)

    def order(self, epoch):
        """The rows of an epoch, one batch a line, the last line filled up with zeros: [steps, B]."""
        if self._order[0] != epoch:
            rows = np.zeros(self.steps * self.batch, np.int32)
            rows[: self._examples] = np.arange(self._examples)
            if self._shuffle:
                rows[: self._examples] = np.random.default_rng((self._seed, epoch)).permutation(
                    self._examples
                )
            self._order = epoch, rows.reshape(self.steps, self.batch)
        return self._order[1]

    def lines(self, first, count):
        """The table [K, B] and the marks of short batches [K] for `count` steps from step `first` of all
        epochs."""
        short = np.zeros(self.capacity, bool)
        if self.full:
            return None, short
        short[:count] = (first + 1 + np.arange(count)) % self.steps == 0
        table = np.zeros((self.capacity, self.batch), np.int32)
        at = 0
        while at < count:
            epoch, step = divmod(first + at, self.steps)
            lines = self.order(epoch)[step : step + count - at]
            table[at : at + len(lines)] = lines
            at += len(lines)
        return table, short


class Pace:
    """How many steps the next chunk takes, once the speed is known: about CHUNK_SECONDS of work, or FEW_STEPS
    if they take no longer than FEW_SECONDS."""

    def __init__(self):
        self.steps, self._calls = 1, 0

    def learn(self, count, seconds):
        """The first call compiled, so it says nothing."""
        self._calls += 1
        if self._calls > 1:
            rate = count / max(seconds, 1e-6)
            self.steps = max(1, int(CHUNK_SECONDS * rate), min(FEW_STEPS, int(FEW_SECONDS * rate)))


def epoch_means(figures, sizes):
    """Means [E, ...] over epochs of figures [E * steps, ...], weighted by the sizes [steps] of the batches;
    summed in order, so that it does not matter how many epochs come together."""
    figures = figures.reshape(len(figures) // len(sizes), len(sizes), figures.shape[-1])
    return np.cumsum(figures * sizes[:, None], axis=1)[:, -1] / sizes.sum()


def evaluate(run, params, rest, data, batch_size):
    """The figures of a data set in inference mode: means over all of it, however it is cut into batches."""
    examples = len(data.targets)
    sizes = np.minimum(batch_size, examples - np.arange(0, examples, batch_size))
    figures = np.asarray(run(params, rest, data), np.float64)
    loss, weights = figures[:, :1], figures[:, -1]
    losses = epoch_means(loss, weights if weights.any() else sizes)
    return np.concatenate([losses, epoch_means(figures[:, 1:-1], sizes)], axis=1)[0]


class Run:
    """One call of `fit`: its carry is always the one after the last finished chunk."""

    def __init__(self, carry, program, pace, plan, data, names, first_epoch, devices):
        self.carry, self._program, self._pace, self._plan = devices.replicate(carry), program, pace, plan
        self._data, self._names, self._first = devices.replicate(data), names, first_epoch
        self._devices = devices
        self.history, self.steps = History(names), 0
        self._pending, self._validate = np.zeros((0, len(names))), None

    def validate(self, program, data, batch_size):
        """Measure other data after each epoch."""
        data = jax.device_put(data)

        def measure():
            params, rest, _ = self.weights()
            return evaluate(program, params, rest, data, batch_size)

        self._validate = measure
        self.history.history.update({f"val_{name}": [] for name in self._names})

    def resume(self, carry):
        """Go on with other weights."""
        self.carry = self._devices.replicate(carry)

    def weights(self):
        """The carry on the first device alone, for whatever comes after training."""
        return self._devices.one(self.carry)

    def hand_over(self, net):
        """Give a network what was trained so far, if anything; returns the carry that it then has."""
        carry = self.weights()
        if self.steps:
            net._carry, net.history, net._untrained = carry, self.history, False
            net._epochs = self._first + len(self.history.epoch)
        return carry

    def train(self, epochs, until_loss=None, chunk_steps=None, bar=None, calls=None):
        """Train to the end, or that of the first epoch whose mean loss is nan, or at most until_loss, or at
        which a callback wants to stop. calls: a `calls.Calls`; where there is something to call, as with
        validation, a chunk ends with its epoch."""
        total, reached = epochs * self._plan.steps, False
        stopped = calls.begin() if calls else False
        while self.steps < total and not (reached or stopped):
            step = self.steps % self._plan.steps
            if calls and step == 0:
                calls.epoch_begin(self._first + len(self.history.epoch))
            count = min(chunk_steps or self._pace.steps, self._plan.capacity, total - self.steps)
            if self._validate or calls:
                count = min(count, self._plan.steps - step)
            means, reached = self._run_chunk(count, -np.inf if until_loss is None else until_loss)
            self._record(means)
            if bar:
                bar.update(self.steps, self.history, self.history._steps[-1][-1])
            if calls and len(means):
                stopped = calls.epoch_end(self.history.epoch[-1])
        if calls:
            calls.end()
        if bar:
            bar.finish(self.history)
        self._warn()
        return self.history

    def _chunk(self, first, count):
        """The function (steps) -> (carry, figures [steps, ...]) of the next `count` steps, or of fewer."""
        table, short = self._plan.lines(first, count)

        def run(steps):
            carry, figures = self._program(self.carry, self._data, table, short, np.int32(steps))
            return carry, np.asarray(figures)[:steps]  # waits until the chunk is done

        return run

    def _run_chunk(self, count, until_loss):
        """(means of the epochs that ended [E, ...], whether the last one is the goal) of so many steps."""
        chunk = self._chunk(self._first * self._plan.steps + self.steps, count)
        begin = time.perf_counter()
        carry, figures = chunk(count)
        self._pace.learn(count, time.perf_counter() - begin)
        rows = np.concatenate([self._pending, figures])
        whole = len(rows) - len(rows) % self._plan.steps
        means = epoch_means(rows[:whole], self._plan.sizes)
        goals = np.isnan(means[:, 0]) | (means[:, 0] <= until_loss)
        if goals.any():
            means = means[: np.argmax(goals) + 1]
            kept = len(means) * self._plan.steps - len(self._pending)
            if kept < count:  # the chunk ran past the goal: run it again from its start, only so far
                carry, figures = chunk(kept)
        self.carry, self._pending = carry, rows[whole:]
        self.steps += len(figures)
        self.history._steps.append(figures[:, 0])
        return means, bool(goals.any())

    def _warn(self):
        """Warns, at the line that called `fit`, where the loss was no finite number at the first step, or the
        mean of the last epoch is nan."""
        loss = self._names[0]
        named, means, first = loss.replace("_", " "), self.history.history[loss], self.history.step_losses[:1]
        if not np.isfinite(first).all():  # the slopes of an infinite one made the weights nan
            message = f"was {first[0]} at the first step already; look at what the loss is given."
        elif np.isnan(means[-1:]).any():
            message = f"became nan in epoch {len(means)}; the learning rate is probably too large."
        else:
            return
        warnings.warn(f"fit: the {named} {message}", RuntimeWarning, stacklevel=4)

    def _record(self, means):
        history = self.history
        first = self._first + len(history.epoch)
        history.epoch.extend(range(first, first + len(means)))
        for name, values in zip(self._names, means.T, strict=True):
            history.history[name].extend(values.tolist())
        if self._validate and len(means):
            for name, value in zip(self._names, self._validate(), strict=True):
                history.history[f"val_{name}"].append(float(value))
