"""Q-learning: the error formulas, the table that learns from steps, probe environments with known answers."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import rl
from microgrid import q_learning as scalar
from microgrid.value import Value
from rl import q_learning as array
from tests.table_probes import CUT, END, ON, Probe

ROOMS = (scalar, array)


@pytest.mark.parametrize("room", ROOMS)
def test_errors_by_hand(room):
    value, next_value = jnp.array([0.25, 3.0]), jnp.array([2.0, 4.0])
    if room is scalar:
        value, next_value = value.tolist(), next_value.tolist()
    assert float(room.q_learning_error(1.0, 0.5, value, next_value, 0)) == 1 + 0.5 * 4 - 0.25
    assert (
        float(room.q_learning_error(1.0, 0.0, value, next_value, 1)) == 1 - 3
    )  # terminated: the future has no say
    assert float(room.sarsa_error(1.0, 0.5, value, next_value, 1, 0)) == 1 + 0.5 * 2 - 3


def test_sarsa_is_q_learning_when_the_best_action_follows():
    rng = np.random.default_rng(0)
    for _ in range(5):
        value, next_value = rng.normal(size=(2, 4))
        best = int(next_value.argmax())
        assert array.sarsa_error(1.0, 0.9, value, next_value, 2, best) == array.q_learning_error(
            1.0, 0.9, value, next_value, 2
        )


@pytest.mark.parametrize("room", ROOMS)
def test_expected_and_double_errors_by_hand(room):
    value, next_value, third = [0.25, 3.0, 0.0], [2.0, 4.0, 1.0], [0.5, 0.25, 0.25]
    selector = [1.0, 0.0, 5.0]
    if room is array:
        value, next_value, third, selector = map(jnp.array, (value, next_value, third, selector))
    expected = room.expected_sarsa_error(1.0, 0.5, value, next_value, 0, third)
    assert float(expected) == 1 + 0.5 * (1 + 1 + 0.25) - 0.25
    assert float(room.double_q_error(1.0, 0.5, value, next_value, selector, 1)) == 1 + 0.5 * 1 - 3
    assert float(room.double_q_error(1.0, 0.0, value, next_value, selector, 1)) == 1 - 3


@pytest.mark.parametrize("room", ROOMS)
def test_expected_sarsa_and_double_q_are_between_the_other_two(room):
    rng = np.random.default_rng(3)
    for _ in range(5):
        value, next_value = [x.tolist() for x in rng.normal(size=(2, 4))]
        best, some = int(np.argmax(next_value)), int(rng.integers(4))
        rows = [np.eye(4)[best].tolist(), np.eye(4)[some].tolist()]
        if room is array:
            value, next_value, *rows = map(jnp.array, (value, next_value, *rows))
        step = (1.0, 0.9, value, next_value)
        greedy = room.q_learning_error(*step, 2)
        assert room.expected_sarsa_error(*step, 2, rows[0]) == greedy
        assert room.double_q_error(*step, next_value, 2) == greedy
        followed = room.sarsa_error(*step, 2, some)
        assert room.expected_sarsa_error(*step, 2, rows[1]) == followed
        assert room.double_q_error(*step, rows[1], 2) == followed


def test_of_selected_actions_that_tie_the_first_has_the_slope_and_the_selector_none():
    selector, next_value = [Value(x) for x in (1.0, 2.0, 2.0)], [Value(x) for x in (7.0, 5.0, 6.0)]
    error = scalar.double_q_error(0.0, 0.5, [0.0] * 3, next_value, selector, 0)
    error.backward()
    rest = jnp.zeros(3), jnp.array([7.0, 5.0, 6.0]), jnp.array([1.0, 2.0, 2.0])
    found, slopes = jax.value_and_grad(array.double_q_error, argnums=(3, 4))(0.0, 0.5, *rest, 0)
    assert error.data == float(found) == 2.5
    assert slopes[0].tolist() == [v.grad for v in next_value] == [0, 0.5, 0]
    assert slopes[1].tolist() == [v.grad for v in selector] == [0, 0, 0]


@pytest.mark.parametrize("room", ROOMS)
def test_dqn_loss_has_the_clipped_error_for_its_slope(room):
    errors = [-3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 1e6]
    if room is scalar:
        xs = [Value(x) for x in errors]
        room.dqn_loss(xs, reduction="sum").backward()
        slopes = [x.grad for x in xs]
        mean = room.dqn_loss(errors)
    else:
        slopes = jax.grad(lambda e: room.dqn_loss(e, reduction="sum"))(jnp.array(errors)).tolist()
        mean = room.dqn_loss(jnp.array(errors))
    assert slopes == [-1, -1, -0.25, 0, 0.5, 1, 1]
    assert float(mean) == pytest.approx((2.5 + 0.5 + 0.03125 + 0 + 0.125 + 0.5 + 1e6 - 0.5) / 7, rel=1e-15)


def test_dqn_loss_meets_optax_with_any_delta():
    errors = jnp.array([[-3.0, -0.5], [0.2, 0.7]])
    for delta in (0.5, 1.0, 2.0):
        terms = array.dqn_loss(errors, delta, "none")
        np.testing.assert_allclose(terms, optax.huber_loss(errors, delta=delta), rtol=1e-15)
        np.testing.assert_allclose(scalar.dqn_loss(errors.tolist(), delta, "none"), terms, rtol=1e-15)
    assert array.dqn_loss(errors.astype(jnp.float32)).dtype == jnp.float32


def test_tied_next_actions_share_the_slope():
    slope = jax.grad(array.q_learning_error, argnums=3)(0.0, 0.9, jnp.zeros(3), jnp.array([2.0, 1.0, 2.0]), 0)
    next_value = [Value(2.0), Value(1.0), Value(2.0)]
    scalar.q_learning_error(0.0, 0.9, [0.0] * 3, next_value, 0).backward()
    assert slope.tolist() == [v.grad for v in next_value] == [0.45, 0, 0.45]


@pytest.mark.parametrize("room", ROOMS)
def test_errors_refuse_what_does_not_fit(room):
    two, three = ([0.0] * 2, [0.0] * 3) if room is scalar else (jnp.zeros(2), jnp.zeros(3))
    with pytest.raises(ValueError, match=r"^q_learning_error: action must be in \[0, 2\); got 2\.$"):
        room.q_learning_error(0.0, 0.9, two, two, 2)
    with pytest.raises(ValueError, match=r"^sarsa_error: next_action must be in \[0, 2\); got -1\.$"):
        room.sarsa_error(0.0, 0.9, two, two, 0, -1)
    with pytest.raises(TypeError, match=r"^q_learning_error: action must be an integer; got 1\.5\.$"):
        room.q_learning_error(0.0, 0.9, two, two, 1.5)
    shapes = r"value and next_value must share one shape \[A\]; got \(2,\) and \(3,\)\.$"
    with pytest.raises(ValueError, match=f"^sarsa_error: {shapes}"):
        room.sarsa_error(0.0, 0.9, two, three, 0, 0)
    with pytest.raises(
        ValueError, match=r"^q_learning_error: reward must be one number; got shape \(3,\)\.$"
    ):
        room.q_learning_error(three, 0.9, two, two, 0)


@pytest.mark.parametrize("room", ROOMS)
def test_both_rooms_refuse_what_is_no_number_and_no_index_in_the_same_words(room):
    good = dict(reward=1.0, discount=0.5, value=[1.0, 2.0], next_value=[3.0, 4.0], action=0, next_action=1)
    bad = [(name, wrong, f"be {what}") for name, wrong, what in [
        ("reward", "a", "an array of numbers; got 'a'"),
        ("reward", None, "an array of numbers; got None"),
        ("discount", 1j, "an array of numbers; got 1j"),
        ("discount", [0.5], "one number; got shape (1,)"),
        ("value", ["a", 1.0], "an array of numbers; got ['a', 1.0]"),
        ("next_value", None, "an array of numbers; got None"),
        ("action", True, "an integer; got True"),
        ("action", None, "an integer; got None"),
        ("action", [0, 1], "an integer; got [0, 1]"),
        ("next_action", False, "an integer; got False"),
    ]]  # fmt: skip
    for name, wrong, words in bad:
        with pytest.raises((TypeError, ValueError)) as error:
            room.sarsa_error(**good | {name: wrong})
        assert str(error.value) == f"sarsa_error: {name} must {words}."
        assert error.type is (ValueError if "shape" in words else TypeError)


@pytest.mark.parametrize(("action", "shown"), [(jnp.zeros(2, int), r"int64 \(2,\)"), (0.5, r"float64 \(\)")])
def test_a_traced_action_is_one_integer(action, shown):
    with pytest.raises(TypeError, match=f"^q_learning_error: action must be an integer; got {shown}"):
        jax.jit(array.q_learning_error)(1.0, 0.5, jnp.zeros(2), jnp.zeros(2), action)


def test_error_formula_is_batched_by_vmap():
    rng = np.random.default_rng(1)
    reward, discount = rng.normal(size=(2, 6))
    value, next_value = rng.normal(size=(2, 6, 4))
    action = rng.integers(0, 4, 6)
    batch = jax.jit(jax.vmap(array.q_learning_error))(reward, discount, value, next_value, action)
    for i in range(6):
        single = scalar.q_learning_error(
            reward[i], discount[i], value[i].tolist(), next_value[i].tolist(), int(action[i])
        )
        assert float(batch[i]) == pytest.approx(single, rel=1e-15)


@pytest.mark.parametrize("terminated", [False, True])
def test_update_is_the_formula_times_the_rate(terminated):
    agent = rl.QTable("FrozenLake-v1", gamma=0.9, learning_rate=0.5, learning_rate_visits=4)
    agent._q = np.random.default_rng(2).normal(size=(16, 4)).tolist()
    for earlier in range(3):
        before = agent.q
        error = agent.update(obs=5, action=2, reward=0.25, next_obs=9, terminated=terminated)
        assert error == array.q_learning_error(0.25, 0.9 * (1 - terminated), before[5], before[9], 2)
        change = agent.q - before
        assert change[5, 2] == pytest.approx(0.5 / (1 + earlier / 4) * error, rel=1e-14)
        change[5, 2] = 0
        assert not change.any()


def probe(table, steps=200, starts=1, **settings):
    return rl.QTable(Probe(table, starts), gamma=0.5, **settings).train(steps, progress=False).q


def test_probe_value_of_one_state_is_its_reward():
    assert probe([[(1.0, 0, *END)]], initial_value=3.0).tolist() == [[1.0]]


def test_probe_value_depends_on_the_observation():
    table = [[(-1.0, 0, *END)], [(1.0, 0, *END)]]
    assert probe(table, starts=2).tolist() == [[-1.0], [1.0]]


def test_probe_reward_is_discounted_once_a_step():
    table = [[(0.0, 1, *ON)], [(1.0, 0, *END)]]
    np.testing.assert_allclose(probe(table, steps=2000, learning_rate_visits=5), [[0.5], [1.0]], atol=1e-6)


def test_probe_better_action_is_found():
    assert probe([[(-1.0, 0, *END), (1.0, 0, *END)]]).tolist() == [[-1.0, 1.0]]


def test_probe_better_action_depends_on_the_observation():
    table = [[(1.0, 0, *END), (-1.0, 0, *END)], [(-1.0, 0, *END), (1.0, 0, *END)]]
    assert probe(table, starts=2, initial_value=2.0).tolist() == [[1.0, -1.0], [-1.0, 1.0]]


def test_probe_truncation_bootstraps_and_termination_does_not():
    # One state that pays 1 for ever: 1 / (1 - gamma) = 2 although every episode is cut after one step.
    for after, value in ((CUT, 2.0), (END, 1.0)):
        found = probe([[(1.0, 0, *after)]], learning_rate_visits=float("inf"), learning_rate=0.5)
        np.testing.assert_allclose(found, [[value]], atol=1e-12)


def test_time_limit_bootstraps_like_truncation():
    env = gymnasium.wrappers.TimeLimit(Probe([[(1.0, 0, *ON)]]), 3)
    agent = rl.QTable(env, gamma=0.5, learning_rate=0.5, learning_rate_visits=float("inf"))
    agent.train(300, progress=False)
    np.testing.assert_allclose(agent.q, [[2.0]], atol=1e-12)
    assert agent.episode_returns == [3.0] * 100


def test_optimism_tries_every_action_without_chance_and_pessimism_needs_epsilon():
    table = [[(0.25, 0, *END), (0.0, 0, *END), (0.75, 0, *END)]]
    assert probe(table, initial_value=1.0).argmax() == 2
    assert probe(table, initial_value=0.0).argmax() == 0  # never looks further
    assert probe(table, initial_value=0.0, epsilon=0.3).argmax() == 2


def test_training_in_parts_is_training_at_once():
    settings = dict(seed=3, epsilon=0.2, epsilon_steps=100)
    parts = rl.QTable("FrozenLake-v1", **settings)
    for steps in (1, 999, 0, 500):
        parts.train(steps, progress=False)
        parts.evaluate(2)  # plays in a copy: the training episode goes on
    whole = rl.QTable("FrozenLake-v1", **settings).train(1500, progress=False)
    np.testing.assert_array_equal(parts.q, whole.q)
    assert parts.steps == whole.steps == 1500
    assert parts.episode_returns == whole.episode_returns
    other = rl.QTable("FrozenLake-v1", **settings | dict(seed=4)).train(1500, progress=False)
    assert (other.q != whole.q).any()


def test_stripping_wrappers_changes_nothing():
    class Watched(gymnasium.Wrapper):
        """A wrapper that is not known to be harmless, so the whole stack is stepped."""

    bare = rl.QTable("FrozenLake-v1", seed=1).train(1500, progress=False)
    full = rl.QTable(Watched(gymnasium.make("FrozenLake-v1")), seed=1).train(1500, progress=False)
    np.testing.assert_array_equal(bare.q, full.q)


def test_progress_bar_tells_steps_and_return(capsys):
    agent = rl.QTable("FrozenLake-v1").train(300)
    assert agent.steps == 300
    assert "300/300 steps" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["CliffWalking-v1", "FrozenLake-v1"])
def test_learnt_policy_is_optimal(name):
    mdp = rl.TabularMDP.from_gymnasium(name)
    agent = rl.QTable(name, seed=0).train(30_000, progress=False)
    best = mdp.solve("policy_iteration", gamma=0.995).policy
    assert mdp.expected_return(agent.policy, max_steps=100) == pytest.approx(
        mdp.expected_return(best, max_steps=100)
    )


def test_learnt_policy_reaches_the_goal_of_the_large_lake():
    agent = rl.QTable("FrozenLake8x8-v1", seed=0).train(100_000, progress=False)
    assert rl.TabularMDP.from_gymnasium("FrozenLake8x8-v1").success_probability(agent.policy) >= 0.80


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_every_seed_learns_the_large_lake(seed):
    agent = rl.QTable("FrozenLake8x8-v1", seed=seed).train(200_000, progress=False)
    assert rl.TabularMDP.from_gymnasium("FrozenLake8x8-v1").success_probability(agent.policy) >= 0.85


def test_act_follows_the_table():
    agent = rl.QTable("FrozenLake-v1", epsilon=1.0)
    agent._q[3] = [0.0, 2.0, 2.0, 1.0]
    assert agent.act(3) == agent.policy[3] == 1  # ties to the first
    assert {agent.act(3, deterministic=False) for _ in range(100)} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(gamma=1.5), r"gamma must be in \[0, 1\]; got 1\.5"),
        (dict(learning_rate=-0.1), r"learning_rate must be in \[0, 1\]; got -0\.1"),
        (dict(epsilon=2), r"epsilon must be in \[0, 1\]; got 2"),
        (dict(learning_rate_visits=0), "learning_rate_visits must be > 0; got 0"),
        (dict(initial_value=float("inf")), r"initial_value must be in \[-1e\+200, 1e\+200\]; got inf"),
        (dict(epsilon_steps=float("nan")), r"epsilon_steps must be in \[-inf, inf\]; got nan"),
        (
            dict(env="FrozenLakes-v1"),
            r"env must be an id that gymnasium.make takes; got 'FrozenLakes-v1' \(NameNot",
        ),
        (dict(seed=-1), "seed must be >= 0; got -1"),
        (dict(env="CartPole-v1"), "observations must be Discrete and count from 0; got Box.* in CartPole-v1"),
    ],
)
def test_bad_settings_get_a_sentence(settings, message):
    with pytest.raises(ValueError, match=f"^QTable: {message}"):
        rl.QTable(**dict(env="FrozenLake-v1") | settings)


def test_bad_calls_get_a_sentence_and_change_nothing():
    agent = rl.QTable("FrozenLake-v1")
    with pytest.raises(TypeError, match=r"^train: steps must be an integer; got 1\.5\.$"):
        agent.train(1.5)
    with pytest.raises(ValueError, match=r"^train: steps must be >= 0; got -1\.$"):
        agent.train(-1)
    with pytest.raises(ValueError, match=r"^act: obs must be in \[0, 16\); got 16\.$"):
        agent.act(16)
    assert agent.steps == 0
    assert (agent.q == 1).all()


@pytest.mark.parametrize("name", ["gamma", "learning_rate_visits", "epsilon_steps", "initial_value"])
@pytest.mark.parametrize("wrong", ["a", None])
def test_settings_are_numbers(name, wrong):
    with pytest.raises(TypeError, match=f"^QTable: {name} must be a number; got {wrong!r}"):
        rl.QTable("FrozenLake-v1", **{name: wrong})


def test_settings_from_numpy_mean_the_same():
    theirs = dict(
        seed=np.int64(3), gamma=np.float32(0.5), epsilon=np.float32(0.5), initial_value=np.float32(1)
    )
    one = rl.QTable("FrozenLake-v1", **theirs).train(300, progress=False)
    other = rl.QTable("FrozenLake-v1", **{k: v.item() for k, v in theirs.items()}).train(300, progress=False)
    assert one.q.tolist() == other.q.tolist()
    agent = rl.QTable("FrozenLake-v1")
    assert isinstance(agent.update(0, 0, np.float32(0.1), 1, False), float)  # and no 32-bit rounding follows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(obs=-1), r"obs must be in \[0, 16\); got -1"),
        (dict(obs=99), r"obs must be in \[0, 16\); got 99"),
        (dict(action=-1), r"action must be in \[0, 4\); got -1"),
        (dict(action=4), r"action must be in \[0, 4\); got 4"),
        (dict(next_obs=-1), r"next_obs must be in \[0, 16\); got -1"),
        (dict(next_obs=16, terminated=True), r"next_obs must be in \[0, 16\); got 16"),
        (dict(reward=float("nan")), "reward must be finite; got nan"),
        (dict(reward=float("-inf")), "reward must be finite; got -inf"),
    ],
)
def test_a_transition_that_cannot_be_teaches_nothing(change, message):
    agent = rl.QTable("FrozenLake-v1", learning_rate_visits=1)
    with pytest.raises(ValueError, match=f"^update: {message}"):
        agent.update(**dict(obs=0, action=0, reward=1.0, next_obs=1, terminated=False) | change)
    assert (agent.q == 1).all()
    assert not np.any(agent._visits)


def test_an_observation_from_nowhere_is_no_last_row():
    agent = rl.QTable(Probe([[(0.0, -1, *ON)], [(1.0, 0, *END)]]))
    with pytest.raises(ValueError, match=r"^update: next_obs must be in \[0, 2\); got -1"):
        agent.train(5, progress=False)
    assert (agent.steps, agent.q.tolist()) == (0, [[1.0], [1.0]])

    class Lost(Probe):
        def reset(self, **kwargs):
            return -1, super().reset(**kwargs)[1]

    with pytest.raises(ValueError, match=r"^train: the first observation must be in \[0, 1\); got -1"):
        rl.QTable(Lost([[(1.0, 0, *END)]])).train(1, progress=False)


class Failing(Probe):
    """Raises in the given calls of step and reset, counted from 1, after having moved."""

    def __init__(self, *settings, step=0, reset=0):
        super().__init__(*settings)
        self.fails, self.calls = dict(step=step, reset=reset), dict(step=0, reset=0)

    def _called(self, name):
        self.calls[name] += 1
        if self.calls[name] == self.fails[name]:
            raise KeyboardInterrupt

    def step(self, action):
        outcome = super().step(action)
        self._called("step")
        return outcome

    def reset(self, **kwargs):
        outcome = super().reset(**kwargs)
        self._called("reset")
        return outcome


def test_an_interrupted_reset_counts_the_episode_before_it_once():
    agent = rl.QTable(Failing([[(1.0, 0, *END)]], reset=3))
    with pytest.raises(KeyboardInterrupt):
        agent.train(10, progress=False)
    assert (agent.steps, agent.episode_returns) == (2, [1.0, 1.0])
    agent.train(8, progress=False)
    assert (agent.steps, agent.episode_returns) == (10, [1.0] * 10)
    assert agent._visits == [[10]]


def test_an_interrupted_step_leaves_its_episode():
    table = [[(1.0, 1, *ON)], [(1.0, 2, *ON)], [(1.0, 0, *END)]]
    agent = rl.QTable(Failing(table, step=5))  # the second step of the second episode
    with pytest.raises(KeyboardInterrupt):
        agent.train(10, progress=False)
    assert (agent.steps, agent.episode_returns) == (4, [3.0])
    agent.train(6, progress=False)
    assert (agent.steps, agent.episode_returns) == (10, [3.0, 3.0, 3.0])  # the broken one is in no return
    assert agent._visits == [[4], [3], [3]]
