"""Agents: one algorithm, one file. Reach them as rl.QTable."""
