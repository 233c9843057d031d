"""What all deep agents share: iterations of collecting and learning, acting, evaluating.

Where the environment is a JAX function too, whole iterations are one compiled program
(rl.roads); else the host steps Gymnasium's environments, and the same functions do the rest.

T: num_steps of each environment in an iteration, N: num_envs.
"""

import jax
import numpy as np

from .. import checks, envs, memory, observed, playing, roads, schedules, spaces
from ..answers import EnvError
from ..chance import seeded
from ..functional import FunctionalEnv
from ..signals import uninterrupted
from .surroundings import Surroundings


class Agent(Surroundings):
    """A deep agent: what PPO, RecurrentPPO, A2C, REINFORCE, DQN and SAC have in common.

    Training, saving and loading, and what is recorded: `Trainable`.
    """

    def __new__(cls, *given, **settings):
        names = checks.settings(cls)
        checks.known(cls.__name__, names, settings)
        checks.env_first(cls.__name__, *given)
        agent = super().__new__(cls)
        agent._chosen_settings = frozenset((names or [])[: len(given)]) | frozenset(settings)
        return agent

    def __post_init__(self):
        name = self._name
        self._plain()
        self._check_flags()
        checks.seed(name, self.seed)
        checks.whole_number(name, "num_envs", self.num_envs, 1)
        self._functional, self._given = self._road()
        self.num_steps = self._default_steps() if self.num_steps is None else self.num_steps
        checks.whole_number(name, "num_steps", self.num_steps, 1)
        self.observation_space, self.action_space = envs.spaces(self._given)
        self._features = spaces.features(name, self.observation_space)
        self._check_mask()
        self._check_schedules((0,))
        self._check()
        memory.check(self)
        for label, space in (("observations", self.observation_space), ("actions", self.action_space)):
            spaces.check_numbers(name, label, space)
        self._programs = roads.programs(self, self._functional)
        learner = jax.device_put(self._learner(np.random.default_rng(self.seed)))
        key, running = seeded(self.seed), None
        if self._functional is not None:
            running = jax.device_put(self._programs.before(key))
            self._host = None
        else:
            self._host = self._hosted(name)
        self._training = roads.Training(learner, running, key, jax.device_put(np.int32(0)))
        self._nothing_yet()
        self._draws = 0
        self._settle()

    @property
    def steps(self):
        """Environment steps taken."""
        return int(self._training.iteration) * self._unit

    @property
    def _unit(self):
        return self.num_steps * self.num_envs

    def _check_schedules(self, steps):
        start, size = steps[0], self._unit
        goal = start + -(-(steps[-1] - start) // size) * size
        if goal > checks.MOST_STEPS:
            raise ValueError(
                f"train: steps must lead to less than 2**31 in all; got {steps[-1] - start} after {start}."
            )
        super()._check_schedules(schedules.asked(start, goal, (self.num_envs, size)))

    def _check_rows(self, log_every):
        memory.check_rows(self, log_every)

    def _env_id(self):
        return self.env if isinstance(self.env, str) else None

    def _kept(self):
        return self._training

    def _keep(self, tree):
        self._training = tree

    def _run(self, most, count):
        """count iterations, and what they told."""
        if self._host is None:
            self._record(*roads.run_compiled(self._programs, self._training, most, count))
            return
        for _ in range(count):  # each is kept: an environment may fail in the next one
            steps = roads.step_on_host(self._programs, self._host, self._training)
            with uninterrupted():  # between what learning rewrites and where it is kept
                training, *told = roads.learn_on_host(self._programs, self._training, steps)
                learner = self._training.learner._replace(**self._rewritten(training.learner))
                self._training = self._training._replace(learner=learner)
                self._record(training, *told)

    def _check_faults(self, episodes, faults):
        """Raises for what a functional environment must not do, at the first of its steps that shows it."""
        space, size, told = self.observation_space, self._unit, []
        unpaid = np.flatnonzero(~np.isfinite(episodes.returns))
        if unpaid.size:
            total = episodes.returns.ravel()[unpaid[0]]
            told.append((unpaid[0], f"rewards must be finite; got {total} as their sum in an episode"))
        for kind, what in (
            ("outside", f"observation must be in {space}; got one outside, or no number"),
            ("stuck", "action_mask must leave a legal action; got none"),
        ):
            if (first := getattr(faults, kind)) is not None:
                told += [(row * size + first[row], what) for row in np.flatnonzero(first >= 0)[:1]]
        if told:
            at, what = min(told)
            step = self.steps // self.num_envs + int(at) // self.num_envs + 1
            named = f"{self._name}: {self._functional.name}: {what}"
            raise EnvError(named, int(at) % self.num_envs, step, self.seed)

    def _record(self, training, figures, episodes, faults=None):
        """What some iterations led to and told; all of it is dropped where something went wrong in them.

        faults: of a functional environment, whose steps nobody has looked at.
        """
        if faults is not None:
            self._check_faults(episodes, faults)
        for name, rows in figures.items():
            if name.endswith("loss") and np.isinf(rows).any():  # a gradient too long to be shortened is 0
                raise FloatingPointError(
                    f"train: {name} of {self._name} must stay finite; got infinity after step {self.steps}, "
                    "where the agent stands now. Fix: rewards and observations scaled to about 1."
                )
        finite = [np.isfinite(x).all() for x in jax.tree.leaves(training.learner.params)]
        if not all(finite):
            raise FloatingPointError(
                f"train: parameters of {self._name} must stay finite; got nan or infinity after step "
                f"{self.steps}, where the agent stands now. Fix: a lower learning_rate, or rewards and "
                "observations scaled to about 1."
            )
        before, self._training = self.steps, training
        for name, rows in figures.items():
            self.history.setdefault(name, []).extend(rows.tolist())
        ended = episodes.ended.reshape(-1, self.num_envs)
        t, n = np.nonzero(ended)
        self.episode_returns += episodes.returns.reshape(ended.shape)[t, n].tolist()
        self.episode_lengths += episodes.lengths.reshape(ended.shape)[t, n].tolist()
        self.episode_steps += (before + (t + 1) * self.num_envs).tolist()

    def act(self, obs, deterministic=True, seed=None, legal=None):
        """The action in one observation, as the environment takes it.

        deterministic: the best as far as is known; else as the policy draws it. seed: of that draw; None: the
        agent's own, another one at each call. legal: [A] booleans, the legal actions, which an agent that is
        told them while it trains needs here too.
        """
        return self._acted(obs, self._memory(1), deterministic, seed, legal)[0]

    def _acted(self, obs, memory, deterministic, seed, legal):
        """(action, memory) of one observation."""
        checks.flag("act", "deterministic", deterministic)
        if seed is None:
            key = jax.random.fold_in(seeded(self.seed), self._draws)
            self._draws += 1
        else:
            checks.seed("act", seed)
            key = seeded(seed)
        batch = observed.one("act", self.observation_space, obs)
        legal = self._legal("act", legal, self._masked)
        actor = self._actor(self._training.learner)
        action, memory = self._programs.choose(bool(deterministic), actor, key, batch, memory, legal)
        return observed.actions(self.action_space, self._to_env(np.asarray(action)))[0], memory

    def value(self, obs, legal=None):
        """What the rest of an episode is worth from one observation on, discounted, as far as was learnt.

        In units of the environment's rewards. With normalize_reward it is an estimate: the network's value of
        scaled rewards times the deviation that they were last divided by, and rewards beyond 10 deviations
        were cut off. legal: [A] booleans, the legal actions; needed where the value is that of the best of
        them.
        """
        return self._valued(obs, self._memory(1), legal)

    def _valued(self, obs, memory, legal):
        """The value of one observation."""
        batch = observed.one("value", self.observation_space, obs)
        legal = self._legal("value", legal, self._masked and self.values_actions)
        return float(self._programs.worth(self._training.learner, batch, memory, legal)[0])

    def _legal(self, function, legal, needed):
        """The legal actions of a user as a batch of one; None for None, unless they are needed."""
        if needed and legal is None:
            raise ValueError(
                f"{function}: legal must be given, since the agent learns which actions are legal; got None. "
                "Fix: legal=info['action_mask']."
            )
        return observed.legal(function, self.action_space, legal)

    def evaluate(self, episodes=100, seed=None, deterministic=True, max_steps=None, env=None):
        """Plays episodes in Gymnasium's own environment: an Evaluation.

        episodes: an integer >= 1. seed: of the first episode, the next ones count up; the agent's own + 1 if
        None. deterministic: the best actions as far as is known; else as the policy draws them.
        max_steps: ends an episode too; without it, one of 100,000 steps that nothing limits is a ValueError,
        and so is a functional environment without a limit, whose episodes are drawn in one piece.
        env: in the place of the agent's, with the same spaces: an id, an environment (which is copied, and
        left where it stands), a function that makes one, or a functional environment.
        """
        checks.whole_number("evaluate", "episodes", episodes, 1)
        checks.flag("evaluate", "deterministic", deterministic)
        seed = checks.next_seed(self.seed) if seed is None else seed
        checks.seed("evaluate", seed)
        actor = self._actor(self._training.learner)

        def act(key, obs, memory, legal):
            return self._programs.choose(bool(deterministic), actor, key, obs, memory, legal)

        if max_steps is not None:
            checks.whole_number("evaluate", "max_steps", max_steps, 1)
        env = self._single_env() if env is None else self._other_env(env)
        if isinstance(env, FunctionalEnv) and max_steps is not None:
            env = env.limited(min(max_steps, env.max_steps or max_steps))
        to_env, memory = self._to_env, self._memory
        return playing.play(act, env, to_env, memory, episodes, int(seed), max_steps, self._masked)
