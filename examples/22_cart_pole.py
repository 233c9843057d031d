"""A pole on a cart, balanced by an agent that was told nothing but when it fell.

Promises: after 60,000 steps of training the agent keeps the pole up for at least 475 of 500 steps, on average
over 100 episodes in Gymnasium's own CartPole-v1, which it has never stepped before.
"""

import time
from pathlib import Path

import rl
from rl.settings import row

ENV, STEPS, EPISODES = "CartPole-v1", 60_000, 100


def main(folder="demo_output"):
    """Trains, plays 100 episodes, leaves a picture and a film in folder. Returns the Evaluation."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = row("PPO", ENV).settings
    print("""Push left or push right, 50 times a second; the episode is over when the pole leans more than
12 degrees. The physics is a JAX function here, so eight carts, the policy, its gradients and
its optimizer are one compiled program:
""")
    agent = rl.PPO(ENV, seed=0, **settings)
    start = time.perf_counter()
    agent.train(2_048, progress=False)
    compiled = time.perf_counter() - start
    agent.train(STEPS - 2_048)
    seconds = time.perf_counter() - start - compiled
    print(f"\ncompiled in {compiled:.1f} s, then {agent.steps:,} steps in {seconds:.1f} s")
    for count in (10, 50, 100, 200):
        recent = agent.episode_returns[count - 10 : count]
        print(f"  episodes {count - 9:>3} to {count:>3}: {sum(recent) / 10:6.1f} steps upright")
    evaluation = agent.evaluate(EPISODES)
    print(f"""
The best actions, in Gymnasium's own environment, over {EPISODES} episodes: {evaluation.mean_return:.1f}
of 500 steps.""")
    title = f"PPO learns {ENV}"
    rl.SeedRuns([agent]).plot(folder / "cart_pole.png", threshold=475, title=title)
    rl.record(agent, folder / "cart_pole.gif", max_frames=250)
    print(f"Left in {folder}/: cart_pole.png, how it learnt; cart_pole.gif, five seconds of what it can do.")
    return evaluation


if __name__ == "__main__":
    main()
