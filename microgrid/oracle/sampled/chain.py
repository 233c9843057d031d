"""JAX's derivatives of the single equations of a run, one after another.

change: what is done to every result; watch: called with a record, what went into its derivative, and what
came out.
"""

import jax.numpy as jnp

from ..programs import OWN_RULE


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
            made = _pulled(record, derivatives, along, change, watch)
            for k, cotangent in zip(record.moving, made, strict=True):
                add(record.inputs[k], cotangent)
    for slot in run.inputs:
        _gather_rows(slot, rows, add)
    return [known.get(slot, _zeros(slot)) for slot in run.inputs]


def _pulled(record, derivatives, along, change, watch):
    """The cotangents of a record's inputs. An output without one, None, is left out, as JAX leaves it out: 0
    times infinity would be nan."""
    slots = _floats(record)
    whole = [_zeros(slot) if ct is None else ct for slot, ct in zip(slots, along, strict=True)]
    if record.name in OWN_RULE or all(ct is not None for ct in along):
        return _derived(record, derivatives.of(record, "rev"), whole, change, watch)
    pairs = zip(record.ends, along, strict=True)
    known = {o: ct for o, ct in pairs if ct is not None}
    derivative = derivatives.of(record, "rev", results=tuple(known))
    return _watched(record, derivative.of(record, list(known.values())), whole, change, watch)


def _derived(record, derivative, along, change, watch):
    return _watched(record, derivative.of(record, along), along, change, watch)


def _watched(record, made, along, change, watch):
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
    return [record.outputs[o] for o in record.ends]


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
