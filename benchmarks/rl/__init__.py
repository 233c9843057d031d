"""Reinforcement learning beside other ways to compute the same."""
