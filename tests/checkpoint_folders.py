"""What tests of checkpoints look for in their folders."""

import numpy as np

TREE = {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.ones(3), "epochs": 5}


def newest(path):
    return max(path.glob("*-step-*"))


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def unfinished(path):
    return list(path.glob(".unfinished-*"))
