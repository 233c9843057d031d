"""Agents: one family of algorithms, one file. Reach them as rl.QTable, rl.Sarsa, ..."""
