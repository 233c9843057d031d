"""JAX's derivatives of the single equations of a run, one after another.

change: what is done to every result; watch: called with a record, what went into its derivative, and what
came out.
"""

import jax.numpy as jnp


def backward(run, derivatives, given, change=None, watch=None):
    """The gradients for a run's inputs. given: the cotangents of its outputs."""
    known, rows = {}, {}

    def add(slot, cotangent):
        if slot.floats:
            known[slot] = known[slot] + cotangent if slot in known else cotangent

    for slot, cotangent in zip(run.outputs, given, strict=True):
        add(slot, cotangent)
    for record in reversed(run.records):
        for slot in record.outputs:
            _gather_rows(slot, rows, add)
        along = [known.pop(slot, None) for slot in record.outputs if slot.floats]
        if not record.moving or all(ct is None for ct in along):
            continue
        if record.name == "row":
            rows.setdefault(record.inputs[0], {})[record.equation.t] = along[0]
        elif record.name == "rows":
            for k in record.moving:
                add(record.inputs[k], along[0][k])
        else:
            along = [_zeros(s) if ct is None else ct for s, ct in zip(_floats(record), along, strict=True)]
            made = _derived(record, derivatives.of(record, "rev"), along, change, watch)
            for k, cotangent in zip(record.moving, made, strict=True):
                add(record.inputs[k], cotangent)
    for slot in run.inputs:
        _gather_rows(slot, rows, add)
    return [known.get(slot, _zeros(slot)) for slot in run.inputs]


def _derived(record, derivative, along, change, watch):
    made = derivative.of(record, along)
    if watch:
        watch(record, along, made)
    return [change(x) for x in made] if change else made


def _gather_rows(slot, rows, add):
    """The cotangents of rows that a loop took from an array, as that of the array."""
    if slot in rows:
        found = rows.pop(slot)
        empty = jnp.zeros(slot.shape[1:], slot.dtype)
        add(slot, jnp.stack([found.get(t, empty) for t in range(slot.shape[0])]))


def _floats(record):
    return [slot for slot in record.outputs if slot.floats]


def _zeros(slot):
    return jnp.zeros(slot.shape, slot.dtype)


def forward(run, derivatives, given, change=None, watch=None):
    """The changes of a run's outputs. given: those of its inputs."""
    known = dict(zip(run.inputs, given, strict=True))

    for record in run.records:
        if not record.moving:
            continue
        slots = [record.inputs[k] for k in record.moving]
        along = [known[slot] if slot in known else _zeros(slot) for slot in slots]
        if record.name == "row":
            known[record.outputs[0]] = along[0][record.equation.t]
        elif record.name == "rows":
            changes = dict(zip(record.moving, along, strict=True))
            slots = enumerate(record.inputs)
            known[record.outputs[0]] = jnp.stack([changes.get(k, _zeros(slot)) for k, slot in slots])
        else:
            made = _derived(record, derivatives.of(record, "fwd"), along, change, watch)
            known.update(zip(_floats(record), made, strict=True))
    return [known.get(slot, _zeros(slot)) for slot in run.outputs]
