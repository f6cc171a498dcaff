"""Calling rows on arrays, and their gradients through the public tape."""

import numpy as np

import fastgrad as fg
from fastgrad.primitives import ROWS

from . import reference


def flat(arrays):
    """The arrays of a sample in a row, whether the row takes them one by one or as a list."""
    return arrays[0] if isinstance(arrays[0], list) else list(arrays)


def leaves(arrays):
    """All arrays of a sample in a row: those that stand in lists, however deep, in their place."""
    return [
        leaf for part in arrays for leaf in (leaves(part) if isinstance(part, list) else [part])
    ]


def rebuilt(arrays, values):
    """`values`, which are like `leaves(arrays)`, in the structure of `arrays`."""
    values = iter(values)

    def rebuild(part):
        return [rebuild(one) for one in part] if isinstance(part, list) else next(values)

    return tuple(rebuild(part) for part in arrays)


def call(row, values, metadata):
    return (
        row(list(values), **metadata)
        if getattr(row, "variadic", False)
        else row(*values, **metadata)
    )


def hermitian(row, x):
    """The hermitian part of an argument, for a row over hermitian matrices: changes are such, too."""
    if not getattr(row, "hermitian", False):
        return x
    if isinstance(x, fg.Tensor):
        return (x + ROWS["adjoint"](x)) / 2
    return (x + np.conjugate(np.swapaxes(x, -1, -2))) / 2


def outputs(y):
    """The results of a call in a row, those in tuples and lists in their place."""
    return [leaf for part in y for leaf in outputs(part)] if isinstance(y, (list, tuple)) else [y]


def ruled(row, values):
    """Positions of the floating arguments that have a gradient."""
    all_rules = reference.rules(row)
    if getattr(row, "variadic", False):
        all_rules = all_rules * len(values)
    pairs = zip(values, all_rules, strict=True)
    return [
        k for k, (x, rule) in enumerate(pairs) if x.dtype.kind == "f" and reference.stated(rule)
    ]


def gradients(row, values, metadata, cotangents, outer=False):
    """The gradients of a call by its floating arguments; with `outer`, the sweep is recorded."""
    tensors = [fg.constant(x) for x in values]
    moving = [tensors[k] for k in ruled(row, values)]
    with fg.GradientTape() as recorder:
        if outer:
            recorder.watch(moving)
        with fg.GradientTape() as tape:
            tape.watch(moving)
            y = outputs(call(row, tensors, metadata))
        got = tape.gradient(y, moving, output_gradients=[fg.constant(ct) for ct in cotangents])
    return [g.numpy() for g in got]
