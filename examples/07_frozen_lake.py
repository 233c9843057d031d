"""A frozen lake, solved twice: by someone who knows the ice, and by someone who has to walk on it.

Shows: over 10,000 real episodes each policy succeeds as often as exact theory says, within 3 standard
errors, and the policy learnt by walking succeeds with an exact probability of at least 0.80.
"""

import time
from pathlib import Path

import rl
from rl.plots import policy_map, policy_text

ENV, GAMMA, STEPS, EPISODES = "FrozenLake8x8-v1", 0.995, 200_000, 10_000


def side_by_side(left, right):
    """Two texts of equally many lines as one."""
    pairs = list(zip(left.splitlines(), right.splitlines(), strict=True))
    width = max(len(a) for a, _ in pairs) + 8
    return "\n".join(f"  {a:<{width}}{b}" for a, b in pairs)


def main(folder="demo_output"):
    """Solves, learns, walks 20,000 episodes, leaves two pictures in folder. Returns the figures printed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mdp = rl.TabularMDP.from_gymnasium(ENV)
    best, limit = mdp.success_probability(), mdp.max_steps
    print(f"""{ENV}: 64 tiles, 10 of them holes, {limit} steps to get across. One step in three goes
where it was meant to, the others slip sideways. The best that anyone could do, knowing the ice and
watching the clock: reach the goal with probability {best:.4f}.
""")
    solution = mdp.solve("value_iteration", gamma=GAMMA)
    bound, start_value = solution.error_bound, solution.value[0]
    print(f"""Value iteration knows the ice: {solution.iterations:,} sweeps, values proven to {bound:.0e}.
Q-learning does not. It starts out believing that every step leads to the goal, and walks
{STEPS:,} steps until the ice has talked it out of that:""")
    start = time.perf_counter()
    agent = rl.QTable(ENV, seed=0, gamma=GAMMA, learning_rate=1.0, epsilon=0.0).train(STEPS)
    seconds, won = time.perf_counter() - start, sum(agent.episode_returns)
    episodes = len(agent.episode_returns)
    print(f"{episodes:,} episodes in {seconds:.1f} s, {won:,.0f} of them won. What the two would do:\n")

    policies = {"value iteration": solution.policy, "Q-learning": agent.policy}
    print(side_by_side(*(f"{name}\n{policy_text(mdp, policy)}" for name, policy in policies.items())))
    print(f"""
Beside a hole the safe step is straight away from it: the ice then slips you along, never in. Where
Q-learning hardly ever comes, its values are still hopes: the bright tiles left of the goal.

Now both walk {EPISODES:,} real episodes. The discounted value of the start, {start_value:.3f}, is no success
rate; exact is the probability of arriving within {limit} steps, by backward induction.

                     exact     walked    3 standard errors    off by""")
    figures, pictures = {}, []
    for (name, policy), value in zip(policies.items(), (solution.value, agent.q.max(1)), strict=True):
        exact = mdp.success_probability(policy)
        walked = rl.evaluate_policy(policy, ENV, episodes=EPISODES, seed=1).success_rate
        error = (exact * (1 - exact) / EPISODES) ** 0.5
        off = (walked - exact) / error
        print(f"  {name:<17} {exact:8.4f}   {walked:8.4f}         {3 * error:.4f}         {off:+.2f} errors")
        figures[name] = (exact, walked, error)
        pictures.append(folder / f"frozen_lake_{name.lower().replace(' ', '_').replace('-', '_')}.png")
        title = f"{name[0].upper()}{name[1:]} reaches the goal {exact:.1%} of the time"
        policy_map(mdp, value, policy, title, f"discounted value, gamma {GAMMA}", pictures[-1], limits=(0, 1))
    held = all(abs(walked - exact) <= 3 * error for exact, walked, error in figures.values())
    print(f"\nWalked and exact agree within 3 standard errors: {'yes' if held else 'NO'}.")
    reached = figures["Q-learning"][0] >= 0.80
    print(f"Q-learning's exact probability is at least 0.80: {'yes' if reached else 'NO'}.")
    print(f"Pictures: {', '.join(map(str, pictures))}")
    return figures


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
