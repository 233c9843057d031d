"""Episodes in real environments, what is loaded when, and pictures of grid worlds."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import gymnasium
import jax.numpy as jnp
import numpy as np
import pytest

import rl
from rl import envs, plots


@pytest.fixture(scope="module")
def lake():
    return rl.TabularMDP.from_gymnasium("FrozenLake-v1")


def test_walked_success_rate_is_the_exact_probability(lake):
    policy = lake.solve(gamma=0.99).policy
    exact = lake.success_probability(policy)
    walked = rl.evaluate_policy(policy, "FrozenLake-v1", episodes=10_000, seed=0)
    assert abs(walked.success_rate - exact) <= 3 * (exact * (1 - exact) / 10_000) ** 0.5
    assert walked.mean_return == walked.success_rate
    assert walked.lengths.max() == 100
    assert walked.success_error == pytest.approx(walked.return_error, rel=1e-3)


def test_walked_return_of_a_random_policy_is_the_exact_one():
    cliff = rl.TabularMDP.from_gymnasium("CliffWalking-v1", is_slippery=True)
    weights = np.full((48, 4), [0.2, 0.5, 0.2, 0.1])
    exact = cliff.expected_return(weights, max_steps=30)
    env = gymnasium.make("CliffWalking-v1", is_slippery=True)
    walked = rl.evaluate_policy(weights, env, episodes=3_000, max_steps=30)
    assert abs(walked.mean_return - exact) <= 3 * walked.return_error
    goal = cliff.success_probability(weights, max_steps=400, success=47)
    reached = rl.evaluate_policy(weights, env, episodes=300, max_steps=400, success=[47]).success_rate
    assert abs(reached - goal) <= 3 * (goal * (1 - goal) / 300) ** 0.5


def test_bare_environment_plays_the_same_episodes_as_the_wrapped_one():
    policy = [0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0]
    walked = rl.evaluate_policy(policy, "FrozenLake-v1", episodes=50, seed=5)
    env = gymnasium.make("FrozenLake-v1")
    obs, _ = env.reset(seed=5)
    for i in range(50):
        total, length, over = 0.0, 0, False
        while not over:
            obs, reward, terminated, truncated, _ = env.step(policy[obs])
            total, length, over = total + reward, length + 1, terminated or truncated
        assert (walked.returns[i], walked.lengths[i]) == (total, length)
        obs, _ = env.reset()


def test_policy_as_function_array_and_probabilities_walk_alike():
    policy = np.array([2, 2, 1, 0] * 4)
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    runs = [
        rl.evaluate_policy(form, env, episodes=5).lengths.tolist()
        for form in (policy, np.eye(4)[policy], lambda obs: int(policy[obs]))
    ]
    assert runs[0] == runs[1] == runs[2]


def test_evaluation_leaves_the_environment_where_it_stands():
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    env.reset(seed=0)
    env.step(2)
    rl.evaluate_policy([0] * 16, env, episodes=2)
    assert env.unwrapped.s == 1
    assert env.step(2)[0] == 2


def test_time_limit_is_the_smallest_given():
    stay = [0] * 16
    env = gymnasium.make("FrozenLake-v1", is_slippery=False, max_episode_steps=7)
    assert rl.evaluate_policy(stay, env, episodes=2).lengths.tolist() == [7, 7]
    assert rl.evaluate_policy(stay, env, episodes=2, max_steps=3).lengths.tolist() == [3, 3]
    assert envs.bare(gymnasium.make("FrozenLake8x8-v1")).limit == 200
    assert envs.bare(gymnasium.make("FrozenLake-v1", map_name="8x8")).limit == 100


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (dict(episodes=0), "episodes must be >= 1; got 0"),
        (dict(policy=[0] * 15), r"policy must be 16 integer actions, .*; got int64 \(15,\)"),
        (dict(policy=[7] * 16), r"policy must be in \[0, 4\); got 7 at state 0"),
        (
            dict(policy=[[2, -1, 0, 0]] * 16),
            r"policy must be prob.* sum to 1; got \[2\.0, -1\.0, 0\.0, 0\.0\] in state 0",
        ),
        (dict(policy=[[1, 0, 0, 0]] * 15 + [[1.5, -0.5, 0, 0]]), r"policy must be prob.*\] in state 15"),
        (dict(policy=lambda obs: 99), r"policy must return an action in \[0, 4\); got 99 for 0"),
        (dict(policy=lambda obs: -1), r"policy must return an action in \[0, 4\); got -1 for 0"),
        (dict(success=99), r"success must be in \[0, 16\); got 99"),
        (dict(seed=-1), "seed must be >= 0; got -1"),
        (
            dict(env="FrozenLake-v9"),
            r"env must be an id that gymnasium.make takes; got 'FrozenLake-v9' \(Version",
        ),
        (
            dict(env="CliffWalking-v1", policy=[0] * 48),
            "max_steps must be given where episodes of CliffWalking-v1 do not end; .* 100,000 steps",
        ),
    ],
)
def test_bad_evaluations_get_a_sentence(call, message):
    with pytest.raises(ValueError, match=f"^evaluate_policy: {message}"):
        rl.evaluate_policy(**dict(policy=[0] * 16, env="FrozenLake-v1", episodes=1) | call)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (dict(policy="left"), "policy must be an array of numbers; got 'left'"),
        (dict(policy=[object()] * 16), "policy must be an array of numbers"),
        (dict(policy=lambda obs: None), "policy must return an integer; got None for 0"),
        (dict(policy=lambda obs: 1.0), r"policy must return an integer; got 1\.0 for 0"),
        (dict(success="a"), "success must be an array of numbers; got 'a'"),
        (dict(success=15.5), r"success must be states, integers in \[0, 16\); got float64 \(1,\)"),
        (dict(success=[True] * 16), r"success must be states, integers in \[0, 16\); got bool \(16,\)"),
        (dict(success=[[15]]), r"success must be states, integers in \[0, 16\); got int64 \(1, 1\)"),
        (dict(seed="a"), "seed must be an integer; got 'a'"),
        (dict(seed=2.5), r"seed must be an integer; got 2\.5"),
        (dict(seed=[1]), r"seed must be an integer; got \[1\]"),
    ],
)
def test_evaluations_of_the_wrong_kind_get_a_sentence(call, message):
    with pytest.raises(TypeError, match=f"^evaluate_policy: {message}"):
        rl.evaluate_policy(**dict(policy=[0] * 16, env="FrozenLake-v1", episodes=1) | call)


def test_observations_outside_the_space_are_no_last_row():
    class Lost(gymnasium.Env):
        observation_space, action_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Discrete(1)

        def reset(self, **kwargs):
            return -1, {}

    with pytest.raises(
        rl.EnvError,
        match=r"^evaluate_policy: Lost: the observation of reset must be in Discrete\(2\); got -1",
    ):
        rl.evaluate_policy([0, 0], Lost(), episodes=1, max_steps=3)


def test_actions_and_seeds_may_be_numpy_and_jax_integers():
    forms = [lambda obs: 2, lambda obs: np.int64(2), lambda obs: np.array(2), lambda obs: jnp.array(2)]
    walks = [rl.evaluate_policy(form, "FrozenLake-v1", 3, np.int64(5)).lengths.tolist() for form in forms]
    assert walks == [rl.evaluate_policy([2] * 16, "FrozenLake-v1", 3, 5).lengths.tolist()] * 4


def test_no_state_may_count_as_success():
    assert rl.evaluate_policy([2] * 16, "FrozenLake-v1", 3, success=[]).success_count == 0


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_formulas_load_no_gymnasium():
    code = "import sys, rl, rl.mdp, rl.q_learning; sys.exit('gymnasium' in sys.modules)"
    assert run(code).returncode == 0
    assert (
        run(
            "import sys, rl; rl.TabularMDP, rl.evaluate_policy; sys.exit('gymnasium' in sys.modules)"
        ).returncode
        == 0
    )


def test_importing_rl_alone_loads_no_jax():
    assert run("import sys, rl; sys.exit('jax' in sys.modules)").returncode == 0


def test_missing_packages_are_named_with_the_command():
    hide = "import sys; from importlib.machinery import PathFinder as F; find = F.find_spec\n"
    hide += "F.find_spec = lambda name, *a, **k: None if name == {!r} else find(name, *a, **k)\n"
    result = run(hide.format("jax") + "import rl")
    assert (
        "ImportError: rl: jax is not installed; in the project's folder run: pip install -e '.[rl]'"
        in result.stderr
    )
    result = run(hide.format("gymnasium") + "import rl; rl.TabularMDP.from_gymnasium('FrozenLake-v1')")
    assert result.stderr.rstrip().endswith(
        "ImportError: rl: gymnasium is not installed; in the project's folder run: pip install -e '.[rl]'"
    )


def test_every_public_name_can_be_reached():
    assert dir(rl) == rl.__all__ == sorted(rl.__all__)
    for name in rl.__all__:
        assert getattr(rl, name).__doc__
    with pytest.raises(AttributeError, match="module 'rl' has no attribute 'PPPO'"):
        _ = rl.PPPO


def test_arrows_as_text(lake):
    text = plots.policy_text(lake, np.arange(16) % 4)
    assert text.splitlines() == ["[←] ↓  →  ↑", " ←  H  →  H", " ←  ↓  →  H", " H  ↓  →  G"]
    cliff = rl.TabularMDP.from_gymnasium("CliffWalking-v1")
    lines = plots.policy_text(cliff, cliff.solve(gamma=0.99).policy).splitlines()
    assert lines[2].count("→") == 11
    assert lines[3] == "[↑]" + " C " * 10 + " G"


def test_picture_shows_letters_values_and_a_labelled_bar(lake, tmp_path):
    solution = lake.solve(gamma=0.99)
    path = tmp_path / "lake.png"
    figure = plots.policy_map(lake, solution.value, solution.policy, "The lake", "discounted value", path)
    assert path.stat().st_size > 20_000
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(t for t in texts if t.isalpha()) == ["G", "H", "H", "H", "H", "S"]
    assert f"{solution.value[0]:.2f}" in texts
    assert figure.axes[0].get_title() == "The lake"
    assert figure.axes[1].get_ylabel() == "discounted value"
    arrows = [a for a in figure.axes[0].texts if getattr(a, "arrow_patch", None) is not None]
    assert len(arrows) == 11  # every tile but holes and goal


def test_maps_with_the_same_limits_have_the_same_colours(lake):
    bars = []
    for gamma in (0.9, 0.99):
        solution = lake.solve(gamma=gamma)
        figure = plots.policy_map(lake, solution.value, solution.policy, limits=(0, 1))
        bars.append(figure.axes[1].get_ylim())
    assert bars == [(0, 1), (0, 1)]
    assert plots.policy_map(lake, solution.value, solution.policy).axes[1].get_ylim()[1] < 1
    with pytest.raises(
        ValueError, match=r"^policy_map: limits must be \(low, high\) with low < high; got \[1"
    ):
        plots.policy_map(lake, solution.value, solution.policy, limits=(1, 0))


def test_pictures_need_a_map():
    taxi = rl.TabularMDP.from_gymnasium("Taxi-v4")
    with pytest.raises(ValueError, match="policy_text: mdp must have a map, letters and arrows; got none"):
        plots.policy_text(taxi, np.zeros(500, int))


def test_pictures_need_a_policy_and_values_of_the_map(lake):
    with pytest.raises(
        ValueError, match=r"^policy_text: policy must be 16 integer actions; got int64 \(15,\)"
    ):
        plots.policy_text(lake, [0] * 15)
    with pytest.raises(ValueError, match=r"^policy_text: policy must be in \[0, 4\); got 4 at state 0"):
        plots.policy_text(lake, [4] * 16)
    with pytest.raises(TypeError, match=r"^policy_text: policy must be integers; got float64"):
        plots.policy_text(lake, [0.5] * 16)
    with pytest.raises(ValueError, match=r"^policy_map: value must have shape \(16,\); got \(15,\)"):
        plots.policy_map(lake, [0.0] * 15, [0] * 16)


@pytest.mark.slow
def test_the_example_of_the_lake_shows_what_it_says(tmp_path):
    path = Path(__file__).parents[1] / "examples" / "07_frozen_lake.py"
    spec = importlib.util.spec_from_file_location("frozen_lake", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    figures = module.main(tmp_path)
    assert all(abs(walked - exact) <= 3 * error for exact, walked, error in figures.values())
    assert figures["Q-learning"][0] >= 0.80
    assert len(list(tmp_path.glob("*.png"))) == 2


@pytest.mark.parametrize(
    "kind",
    [gymnasium.wrappers.TimeLimit, gymnasium.wrappers.OrderEnforcing, gymnasium.wrappers.PassiveEnvChecker],
)
def test_a_wrapper_of_a_kind_that_does_more_than_its_parent_is_kept(kind):
    class Paying(kind):
        def step(self, action):
            obs, _, *rest = super().step(action)
            return obs, 7.0, *rest

    made = gymnasium.make("FrozenLake-v1").unwrapped
    limit = (3,) if kind is gymnasium.wrappers.TimeLimit else ()
    found = envs.bare(Paying(made, *limit))
    assert (type(found.env), found.limit, found.changed_by) == (Paying, None, "Paying")
    played = rl.evaluate_policy([0] * 16, Paying(made, *limit), episodes=2, max_steps=3)
    assert played.returns.tolist() == (7.0 * played.lengths).tolist()
    assert envs.bare(kind(made, *limit)) == envs.Bare(made, *limit or [None])


def test_pictures_go_where_files_can(tmp_path):
    lake = rl.TabularMDP.from_gymnasium("FrozenLake-v1")
    runs = rl.train_seeds(rl.A2C, "CartPole-v1", range(1), steps=0, progress=False)
    for draw, name in (
        (lambda path: plots.policy_map(lake, np.zeros(16), [0] * 16, path=path), "policy_map"),
        (lambda path: runs.plot(path), "plot"),
    ):
        with pytest.raises(ValueError, match=rf"^{name}: path must be in a folder that can be written; got"):
            draw(tmp_path / "none" / "x.png")
        with pytest.raises(ValueError, match=rf"^{name}: path must end in one of .*\.png, .*; got .*foo"):
            draw(str(tmp_path / "x.foo"))
    with pytest.raises(ValueError, match=r"^policy_map: value must be finite; got nan"):
        plots.policy_map(lake, np.full(16, np.nan), [0] * 16)
    holes = np.where([letter == "H" for letter in "".join(lake.letters)], np.nan, 0.5)
    plots.policy_map(lake, holes, [0] * 16, path=tmp_path / "x")
    assert (tmp_path / "x.png").exists()
