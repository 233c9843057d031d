"""One file for each engine. An engine takes a workload and offers

- `version`: what was measured, if it has one
- `value`: the result of the last step
- `forward()`: the workload's value alone
- `step()`: value and gradient, and the update of the arguments where the workload has a learning rate
- `gradient()`: the gradient of the last step, as one flat list
"""

from importlib import import_module

ENGINES = {
    "micrograd": "micrograd_.Micrograd",
    "ours, eager": "eager.Fused",
    "ours, eager, one operation at a time": "eager.Unfused",
    "ours, traced": "traced.Traced",
    "plain floats": "plain_floats.PlainFloats",
    "plain floats, math.sumprod": "plain_floats.Sumprod",
    "HIPS autograd": "autograd_.Autograd",
    "torch, 0-d tensors": "torch_.Torch",
    "CasADi SX": "casadi_.Casadi",
}


def load(name):
    """The class of an engine. Raises ImportError where its library is missing."""
    module, kind = ENGINES[name].split(".")
    return getattr(import_module(f"{__name__}.{module}"), kind)
