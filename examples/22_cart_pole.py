"""A pole on a cart, balanced by an agent whose only feedback is when it falls.

Shows: after 60,000 steps of training the agent keeps the pole up for at least 475 of 500 steps, on average
over 100 episodes in Gymnasium's own CartPole-v1, which it has never stepped before.
"""

import time
from pathlib import Path

import rl
from rl.settings import row

ENV, STEPS, EPISODES, CHUNK = "CartPole-v1", 60_000, 100, 6_144


def progress():
    """A callback that prints a line for each chunk of training: steps, return, length, steps a second."""
    start, before = time.perf_counter(), 0

    def show(agent, epoch, logs):
        nonlocal start, before
        rate = (agent.steps - before) / (time.perf_counter() - start)
        upright = f"return {logs['return']:6.2f}   length {logs['length']:6.2f}"
        print(f"  {agent.steps:>6,} of {STEPS:,} steps   {upright}   {rate:>7,.0f} steps/s", flush=True)
        start, before = time.perf_counter(), agent.steps

    return show


def main(folder="demo_output"):
    """Trains, plays 100 episodes, leaves a picture and a film in folder. Returns the Evaluation."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = row("PPO", ENV).settings
    print("""Push left or push right, 50 times a second; the episode is over when the pole leans more than
12 degrees. The physics is a JAX function here, so eight carts, the policy, its gradients and
its optimizer are one compiled program. The first line includes the compilation:
""")
    agent = rl.PPO(ENV, seed=0, **settings)
    agent.train(STEPS, progress=False, callbacks=[progress()], log_every=CHUNK)
    print()
    for count in (10, 50, 100, 200):
        recent = agent.episode_returns[count - 10 : count]
        print(f"  episodes {count - 9:>3} to {count:>3}: {sum(recent) / 10:6.1f} steps upright")
    evaluation = agent.evaluate(EPISODES)
    print(f"""
The best actions, in Gymnasium's own environment: upright for {evaluation.mean_return:.1f} of 500 steps,
on average over {EPISODES} episodes.""")
    title = f"PPO learns {ENV}"
    rl.SeedRuns([agent]).plot(folder / "cart_pole.png", threshold=475, title=title)
    rl.record(agent, folder / "cart_pole.gif", max_frames=250)
    print(f"Left in {folder}/: cart_pole.png, the learning curve; cart_pole.gif, five seconds of the agent.")
    return evaluation


if __name__ == "__main__":
    main()
