"""Tiny environments with answers known in advance, for every agent."""

import gymnasium


class Probe(gymnasium.Env):
    """table[state][action] = (reward, next_state, terminated, truncated); starts: how many first states."""

    def __init__(self, table, starts=1):
        self.table, self.starts = table, starts
        self.observation_space = gymnasium.spaces.Discrete(len(table))
        self.action_space = gymnasium.spaces.Discrete(len(table[0]))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = int(self.np_random.integers(self.starts))
        return self.state, {}

    def step(self, action):
        reward, self.state, terminated, truncated = self.table[self.state][action]
        return self.state, reward, terminated, truncated, {}


END = (True, False)
CUT = (False, True)
ON = (False, False)
