"""The referee: it knows both rooms, and proves that they say the same.

Nothing is imported until it is asked for, so that `import microgrid.oracle` needs no JAX.
"""

from importlib import import_module

_HOMES = {
    "CrossCheck": "callbacks",
    "GradientError": "check",
    "PAIRS": "pairs",
    "Pair": "pairs",
    "Report": "report",
    "Verdict": "crosscheck",
    "check_grads": "check",
    "check_model": "model",
    "gradient_test": "decorator",
    "meaning": "meanings",
    "replay": "replayed",
    "rule": "rules",
    "to_microgrid": "nets",
    "verdict": "crosscheck",
    "verdicts": "crosscheck",
}
__all__ = list(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'microgrid.oracle' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__():
    return __all__
