"""What agents share that learn at each step of one environment: the walk through it, and schedules.

A: actions. A state is what an agent makes of an observation: the row of a table, or the tiles it lies on.
"""

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

import numpy as np

from .. import answers, checks, claims, envs, inputs, schedules
from ..evaluate import evaluated, look
from ..inputs import HUGE
from .trainable import Trainable

_INF = float("inf")


class SteppingAgent(Trainable):
    """An agent that learns from each step of one environment, in Python, and takes the best action it knows.

    learning_rate and epsilon are numbers or functions of the steps taken before (rl.linear, rl.inverse_time).
    train(a) and then train(b) is train(a + b), bit for bit. Every agent bootstraps on a truncated step, and
    on a terminated one does not. A saved agent holds its values, counters and random generator; loaded, it
    begins a new episode, from a seed that follows from its own and its step.

    Training, saving and loading, and what is recorded: `Trainable`.
    """

    schedules: ClassVar = {"learning_rate": 1, "epsilon": 1}
    _compiles = False
    _elsewhere: ClassVar = {"value": "agent.action_values(obs).max()"}  # a table has its own way
    num_actions: int
    _obs: Any  # of the running episode: its state, the action that learning chose, steps and rewards so far
    _action: Any
    _length: int
    _return: float
    _state_of: Callable[[Any], Any]  # an observation of the environment as a state

    def __new__(cls, *given, **settings):
        checks.known(cls.__name__, checks.settings(cls), settings)
        checks.env_first(cls.__name__, *given)
        return super().__new__(cls)

    def __init__(self, env, seed, gamma, learning_rate, epsilon, initial_value):
        """Checks what all have, and makes the environment; a subclass adds its values and calls _leave()."""
        name = type(self).__name__
        checks.seed(name, seed)
        checks.number_in(name, "gamma", gamma, 0, 1)
        checks.number_in(name, "initial_value", initial_value, -inputs.HUGE, inputs.HUGE)
        self.env, self._id = envs.make(name, env), env if isinstance(env, str) else None
        self.observation_space, self.action_space = envs.spaces(self.env)
        self.seed, self.gamma, self.initial_value = int(seed), float(gamma), float(initial_value)
        self.learning_rate, self.epsilon = learning_rate, epsilon
        self._check_schedules((0,))
        for label in self.schedules:
            if not callable(setting := getattr(self, label)):
                setattr(self, label, float(setting))
        self.steps, self._next_seed = 0, None
        self._nothing_yet()
        self._random = Random(self.seed)
        self._watched = answers.Watched(name, self.env, 0, self.seed)
        self._settle()

    def _leave(self):
        """Forgets the running episode."""
        vars(self).update(_obs=None, _action=None, _length=0, _return=0.0)

    def _settings(self):
        names = [name for name in checks.settings(type(self)) or [] if name not in ("env", "seed")]
        return tuple((name, self._setting(name)) for name in names)

    def _setting(self, name):
        """A setting as it was given: what the agent keeps under that name."""
        if not hasattr(self, name):
            raise TypeError(f"{self._name}.save: {name} must be kept as self.{name}; got nothing.")
        return getattr(self, name)

    def _env_id(self):
        return self._id

    def _kept(self):
        state = np.array(self._random.getstate()[1], np.uint32)
        return {"random": state, "steps": np.array(self.steps), "values": self._values()}

    def _keep(self, tree):
        version, _, gauss = self._random.getstate()
        self._random.setstate((version, tuple(tree["random"].tolist()), gauss))
        self.steps = int(tree["steps"])
        self._set_values(tree["values"])

    def _values(self):
        """The arrays that were learnt, by name."""
        raise NotImplementedError(f"{self._name}: an agent must say what it has learnt.")

    def _set_values(self, values):
        """Puts such arrays into the agent."""
        raise NotImplementedError(f"{self._name}: an agent must say what it has learnt.")

    def _begin_again(self):
        self._leave()
        self._next_seed = int(np.random.SeedSequence([self.seed, self.steps]).generate_state(1)[0])

    def _run(self, most, count):
        self._learn(count)

    def _learn(self, steps):
        """Takes steps; an episode that an error broke off is left, and the next call starts a new one."""
        try:
            if self._obs is not None and (other := claims.taken(self.env, self)):
                fix = "an environment for each agent, or train again: this one then begins a new episode"
                raise self._watched.error(f"{other} has stepped this agent's environment", fix)
            self._walk(steps)
        except BaseException:  # Ctrl-C too: nobody knows whether the environment has moved
            self._leave()
            raise
        finally:
            claims.claim(self.env, self)

    def _walk(self, steps):
        """The loop over steps; what an episode has so far is kept for the next call."""
        step, limit = self._watched.step, self._watched.limit
        choose, follow, state_of = self._choose, self._follow, self._state_of
        kept = vars(self)  # written to past `__setattr__`, which is Python and would run five times a step
        for t in range(self.steps, self.steps + steps):
            if self._obs is None:
                kept["_obs"] = self._first_obs()
            obs, action = self._obs, self._action
            if action is None:
                action = choose(obs, t)
            outcome, reward, terminated, truncated, _ = step(action)
            if not -HUGE <= reward <= HUGE:
                raise self._watched.error(f"reward must be {inputs.reward_rule(reward)}; got {reward}")
            ended = terminated or truncated or self._length + 1 >= limit
            try:
                next_obs = state_of(outcome)
                kept["_action"] = follow(obs, action, reward, next_obs, terminated, ended)
            except (TypeError, ValueError):
                self._look(outcome, "observation")
                raise
            kept["steps"] = t + 1
            kept["_length"] += 1
            kept["_return"] += reward
            kept["_obs"] = next_obs
            if ended:
                self.episode_returns.append(self._return)
                self.episode_lengths.append(self._length)
                self.episode_steps.append(t + 1)
                self._leave()

    def _first_obs(self):
        """The first state of a new episode; seeded is the very first reset, and the first after `load`."""
        seed, self._next_seed = self._next_seed, None
        obs, _ = self._watched.opened(seed if self.steps else self.seed)
        self._look(obs, "the observation of reset")
        return self._state_of(obs)

    def _look(self, obs, what):
        """Raises for an observation of the environment that is no state."""
        try:
            self.state(obs)
        except (TypeError, ValueError):
            look(self._watched, obs, what, known=True)

    def _follow(self, obs, action, reward, next_obs, terminated, ended):
        """Learns from a step; returns the next action where learning has to choose it, else None.

        ended: the episode is over, terminated or cut off.
        """
        raise NotImplementedError(f"{type(self).__name__}: an agent must say how it learns from a step.")

    def _choose(self, obs, t):
        """The action in obs after t steps: greedy, ties to the first; with probability epsilon[t] random."""
        if self._explores(t):
            return self._random.randrange(self.num_actions)
        row = self._row(obs)
        return row.index(max(row))

    def _explores(self, t):
        """Whether the action after t steps is random; without exploration no chance is used up."""
        epsilon = self.epsilon
        if type(epsilon) is not float:
            epsilon = self._now("epsilon", t)
        return epsilon > 0 and self._random.random() < epsilon

    def _now(self, name, t):
        """A setting that may be a function of the steps, after t steps."""
        setting = getattr(self, name)
        if type(setting) is float:
            return setting
        return schedules.after(self._name, name, setting, t, self.schedules[name])

    def _row(self, obs):
        """The action values [A] of a state that decide which action is greedy."""
        raise NotImplementedError(f"{type(self).__name__}: an agent must say what actions are worth.")

    def state(self, obs):
        """The state that an observation from the user is; ValueError where it is none."""
        return self._state_of(obs)

    def _greedy(self):
        """The greedy policy, in a form that rl.evaluate_policy takes."""
        return self.act

    def _finite(self, error):
        """Raises, before anything is learnt, for an error that is not finite."""
        if not -_INF < error < _INF:
            raise FloatingPointError(
                f"update: values must stay finite; got an error of {error}. Fix: a lower learning_rate."
            )

    def act(self, obs, deterministic=True):
        """The greedy action in obs, ties to the first; not deterministic: random as often as training now is.

        >>> from rl import QTable
        >>> QTable("FrozenLake-v1").act(0)
        0
        """
        checks.flag("act", "deterministic", deterministic)
        state = self.state(obs)
        if deterministic:
            row = self._row(state)
            return row.index(max(row))
        return self._choose(state, self.steps)

    def evaluate(self, episodes=100, seed=None, success=None, max_steps=None, env=None):
        """Plays the greedy policy in a copy of the environment: an Evaluation, see rl.evaluate_policy.

        seed: the agent's own + 1 if None. success, max_steps: as there. env: in the place of the agent's.
        """
        seed = checks.next_seed(self.seed) if seed is None else seed
        env = self.env if env is None else env
        return evaluated("evaluate", self._greedy(), env, episodes, seed, success, max_steps)
