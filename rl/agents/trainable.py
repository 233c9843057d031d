"""What training is for every agent: the loop, callbacks, checkpoints, saving and loading."""

from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import checks, schedules as schedule
from ..progress import progress as progress_bar
from . import saving

_ELSEWHERE = {  # methods of other libraries -> ours
    "learn": "train(steps)",
    "fit": "train(steps)",
    "predict": "act(obs)",
    "get_action": "act(obs)",
    "evaluate_policy": "evaluate(episodes)",
}


class Trainable:
    """An agent that can be trained in parts, watched, saved and resumed.

    An iteration is the least that it can learn from: _unit environment steps.

    steps: environment steps taken. episode_returns, episode_lengths, episode_steps: of the finished episodes,
    in order: sum of rewards, steps, and the agent's step at which each ended.
    history: name -> figures, one an iteration. stop_training: a callback sets it to end `train`.
    evaluated: the last figures that callbacks measured, by name; shown and logged with the others.
    """

    env: Any
    seed: int
    steps: int
    observation_space: Any
    action_space: Any
    schedules: ClassVar[dict[str, float]]  # settings that may be functions of the steps, up to so much
    lasting: ClassVar[tuple[str, ...]] = ()  # settings that what was learnt has no meaning without
    _settled: frozenset[str] = frozenset()  # settings of an agent that is made
    _compiles = True  # whether those functions have to be compiled
    _functional: Any = None
    _elsewhere: ClassVar[dict[str, str]] = {}  # methods that other kinds of agents have -> what this one has

    def __setattr__(self, name, value):
        if name in self._settled and name in vars(self):
            fix = "a new agent"
            if name != "seed":
                fix += f", or save it and {self._name}.load(path, {name}=...), which keeps what was learnt"
            raise AttributeError(
                f"{self._name}: {name} must be given when the agent is made; got {shortened(value)} for it "
                f"afterwards. Fix: {fix}."
            )
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:  # a type checker would believe in any attribute

        def __getattr__(self, name):
            fixes = _ELSEWHERE | type(self)._elsewhere
            fix = f" Fix: {fixes[name]}." if name in fixes else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}.{fix}")

    def _settle(self):
        """From now on settings stay: compiled programs and files rely on those it was made with."""
        self._settled = frozenset(checks.settings(type(self)) or ())

    @property
    def _name(self):
        return type(self).__name__

    @property
    def _unit(self):
        """Environment steps of an iteration."""
        return 1

    def _nothing_yet(self):
        """The records before the first step."""
        self.episode_returns, self.episode_lengths, self.episode_steps = [], [], []
        self.history, self.evaluated, self.stop_training = {}, {}, False

    def _check_schedules(self, steps):
        """Raises for a rate that is none, or will be none at one of these steps."""
        for name, most in self.schedules.items():
            schedule.check_schedule(self._name, name, getattr(self, name), steps, most, self._compiles)

    def _check_rows(self, log_every):
        """Raises where what so many steps tell would not fit into memory."""

    def train(self, steps, progress=True, callbacks=(), log_every=2_048, resume=None):
        """Takes so many steps more in the environment, rounded up to whole iterations. Returns the agent.

        progress: show a bar: mean return and length of the last 100 episodes, losses, steps/s.
        callbacks: as for NeuralNet.fit (jaxnets.callbacks), with the agent in the place of the net.
        log_every: steps after which they are called.
        resume: a folder of jaxnets.Checkpoint, or of `save`: goes on from what was saved there last, up to
            `steps` more than the agent has now; where there is nothing, from where the agent is.

        An iteration is num_steps of each of num_envs environments for a deep agent, one step for one with a
        table. The result does not depend on how training is cut into calls, nor on progress and callbacks
        that only look.
        """
        checks.whole_number("train", "steps", steps, 0)
        checks.whole_number("train", "log_every", log_every, 1)
        checks.flag("train", "progress", progress)
        self._check_rows(log_every)
        listeners = self._listeners(callbacks)
        size, goal = self._unit, self.steps + steps
        if resume is not None:
            saving.resumed(self, resume)
        to_go, most = -(-max(goal - self.steps, 0) // size), -(-log_every // size)  # iterations
        self._check_schedules((self.steps, (self.steps + goal) // 2, goal))
        self.stop_training = False
        try:
            self._tell(listeners, "on_train_begin")
            with progress_bar(self._name, self.steps + to_go * size if progress else None, self.steps) as bar:
                while to_go and not self.stop_training:
                    epoch = self.steps // size // most
                    self._tell(listeners, "on_epoch_begin", epoch)
                    count = min(to_go, most)
                    self._run(most, count)
                    to_go -= count
                    bar.update(self.steps, self._logs())
                    self._tell(listeners, "on_epoch_end", epoch)
            self._tell(listeners, "on_train_end")
        except BaseException:  # Ctrl-C too: a folder that is locked has to be given back
            if listeners:
                from jaxnets.callbacks import tell_error

                tell_error(listeners, self, self._logs())
            raise
        return self

    def _listeners(self, callbacks):
        """The callbacks, looked at; agents with a table load JAX for them alone."""
        if isinstance(callbacks, tuple | list) and not callbacks:
            return ()
        from jaxnets import callbacks as calling

        listeners = calling.listed("train", callbacks)
        if any(isinstance(one, calling.Checkpoint) for one in listeners):
            saving.about(self)  # raises for what no file can hold
        return listeners

    def _tell(self, listeners, hook, *about):
        if not listeners:
            return
        from jaxnets.callbacks import method_of

        for listener in listeners:
            if (method := method_of(listener, hook)) is not None:
                method(self, *about, self._logs())

    def _run(self, most, count):
        """count <= most iterations."""
        raise NotImplementedError(f"{self._name}: an agent must say what an iteration is.")

    def _logs(self):
        """The last figures by name: mean return and length of the last 100 episodes, and the losses."""
        recent = slice(-100, None)
        logs = {"return": self.episode_returns[recent], "length": self.episode_lengths[recent]}
        means = {name: float(np.mean(values)) if values else float("nan") for name, values in logs.items()}
        return means | {name: values[-1] for name, values in self.history.items()} | self.evaluated

    def _settings(self):
        """The hyper-parameters but for env and seed, as pairs of name and value."""
        raise NotImplementedError(f"{self._name}: an agent must say what its settings are.")

    def _env_id(self):
        """The id that the environment was given by, or None."""
        raise NotImplementedError(f"{self._name}: an agent must say what its environment is.")

    def _kept(self):
        """A tree of arrays: all that learning goes on from."""
        raise NotImplementedError(f"{self._name}: an agent must say what it has learnt.")

    def _keep(self, tree):
        """Puts such a tree into the agent."""
        raise NotImplementedError(f"{self._name}: an agent must say what it has learnt.")

    def _begin_again(self):
        """New episodes on the host, from seeds that follow from the agent's seed and step."""
        raise NotImplementedError(f"{self._name}: an agent must say how its episodes begin.")

    def _single_env(self):
        """What one episode is played in, to see what was learnt."""
        return self.env

    def checkpoint(self):
        """(steps, tree, about): everything that training goes on from, for jaxnets.Checkpoint."""
        return self.steps, *saving.state(self)

    def save(self, path):
        """Writes the agent into a folder, whole: `load` goes on from it as if nothing had happened.

        Where the environment is compiled, to the bit. On the host the environments start new episodes, from
        seeds that follow from the agent's seed and step: they have no state that could be saved.
        """
        saving.saved(self, path)

    @classmethod
    def load(cls, path, env=None, **settings):
        """The agent in a folder. env: needed where it was trained on an object, which no file can hold.

        settings: in the place of those that were saved, such as learning_rate=1e-4, except those the learnt
        weights depend on, such as hidden. Raises CheckpointError where the folder is damaged,
        ValueError for another kind of agent, space, or such a setting.
        """
        return saving.loaded(cls, f"{cls.__name__}.load", path, env, settings)
