"""Elements by conditions: compress, extract, choose, select, piecewise, masks."""

import numpy as np

from .._rules import composition
from ._metadata import axis_of, broadcast_shape
from ._operands import beside, no_out, np_dtype, sizing, tensor
from ._operands import tensor as as_tensor
from .arranging import ravel
from .elementwise import logical_and, where
from .indexing import PLACES, gather, getitem, getitem_at
from .scattering import insist, positions, setitem
from .shaping import broadcast_to, cast, stack


def _masked(rng):
    for shape in ((3, 4), (5,), (2, 0)):
        yield rng.normal(size=shape), rng.random(shape) < 0.6


@composition(
    doc="Slices of a along an axis (or elements of all of a) where the condition holds.",
    samples=lambda rng: [
        ((np.array(condition), rng.normal(size=shape)), {"axis": axis})
        for condition, shape, axis in (([True, False, True], (3, 2), 0), ([False, True], (3, 4), 1),
                                       ([True, False, True], (2, 3), None), ([True], (2,), 0))],
    numpy=(np.compress,),
)  # fmt: skip
def compress(condition, a, axis=None, out=None):
    no_out("compress", out)
    way = "multiply by the condition, use np.where"
    condition, a = sizing("compress", "condition", condition, way), tensor(a)
    if condition.ndim != 1:
        raise ValueError(f"compress: condition must have 1 axis, not {condition.ndim}")
    if axis is None:
        a, axis = ravel(a), 0
    return gather(a, np.flatnonzero(condition), axis=axis_of("compress", axis, a.ndim))


@composition(
    doc="The elements of arr where the condition, as large, holds.",
    samples=lambda rng: [((mask, x), {}) for x, mask in _masked(rng)], numpy=(np.extract,),
)  # fmt: skip
def extract(condition, arr):
    return gather(
        ravel(arr), np.flatnonzero(sizing("extract", "condition", condition, "use np.where"))
    )


@composition(
    doc="Slices of a Tensor where a mask over some of its axes holds, those axes made one.",
    samples=lambda rng: [
        ((rng.normal(size=shape), rng.random(mask) < 0.5), {"axis": axis})
        for shape, mask, axis in (((3, 4), (3, 4), 0), ((3, 4), (4,), 1), ((3, 4, 2), (3, 4), None))],
)  # fmt: skip
def boolean_mask(tensor, mask, axis=None):
    x = as_tensor(tensor)
    mask = sizing("boolean_mask", "mask", mask, "use fg.where(mask, tensor, ...)")
    at = 0 if axis is None else axis_of("boolean_mask", axis, x.ndim)
    if not mask.ndim or mask.dtype != bool:
        raise ValueError("boolean_mask: mask must be bools with an axis")
    if tuple(x.shape[at : at + mask.ndim]) != mask.shape:
        raise ValueError(
            f"boolean_mask: mask of shape {mask.shape} for {tuple(x.shape)} at axis {at}"
        )
    return getitem(x, index=(*(slice(None),) * at, mask))


FEW = 8  # arrays, up to which choosing among all of them in turn beats looking up places


def _one_of(a, parts, mode):
    """`choose` by conditions."""
    which = positions("choose", "a", a, len(parts), mode)
    if which.dtype.is_bool:
        conditions = [which, *[False] * (len(parts) - 2)]
    else:
        which = _in_choices(which, len(parts))
        conditions = [which == k for k in range(1, len(parts))]
    shapes = [tuple(one.shape) for one in (which, *parts)]
    if shapes.count(shapes[0]) < len(shapes):
        broadcast_shape("choose", *shapes)
    y = parts[0]
    for condition, part in zip(conditions, parts[1:], strict=True):
        y = where(condition, part, y)
    return y


def _in_choices(which, count):
    text = f"choose: a must be in [0, {count}): mode='wrap' or 'clip' takes any"
    return insist(which, logical_and(which >= 0, which < count), error=ValueError, text=text)


@composition(
    doc="Elements of several arrays: a says for each place which array it comes from.",
    samples=lambda rng: [
        ((rng.integers(0, 3, size=4), [rng.normal(size=4) for _ in range(3)]), {}),
        ((rng.integers(-5, 5, size=(2, 3)), [rng.normal(size=3), rng.normal(size=(2, 1))]), {"mode": "wrap"}),
        ((np.array([[0], [1]]), [rng.normal(size=3), rng.normal(size=())]), {})],
    numpy=(np.choose,),
)  # fmt: skip
def choose(a, choices, out=None, mode="raise"):
    no_out("choose", out)
    parts = [tensor(one) for one in choices]
    if 1 < len(parts) <= FEW:
        return _one_of(a, parts, mode)
    which = cast(positions("choose", "a", a, len(parts), mode), dtype=np.int64)  # bools, too
    which = _in_choices(which, len(parts))
    shape = broadcast_shape("choose", which.shape, *(tuple(one.shape) for one in parts))
    every = stack([broadcast_to(one, shape=shape) for one in parts])
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return getitem_at(every, broadcast_to(which, shape=shape), index=(PLACES, *grid))


@composition(
    doc="Elements of the first choice whose condition holds, the default where none does.",
    samples=lambda rng: [
        (([rng.random(n) < 0.4 for _ in range(2)], [rng.normal(size=n) for _ in range(2)]), {"default": 0.5})
        for n in (5, 1)],
    numpy=(np.select,),
)  # fmt: skip
def select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(f"select: {len(condlist)} conditions for {len(choicelist)} choices")
    choices = [tensor(one) for one in choicelist]
    conditions = [tensor(one) for one in condlist]
    for k, condition in enumerate(conditions):
        if not condition.dtype.is_bool:
            raise TypeError(f"select: condition {k} must be bools, not {condition.dtype.name}")
    y = beside(default, choices[0])
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        y = where(condition, choice, y)
    return y


@composition(
    doc="A function by parts: each function, or number, where its condition holds.",
    samples=lambda rng: [
        ((rng.normal(size=n),), {"condlist": [np.arange(n) % 2 == 0], "funclist": [lambda v: v * v, 0.5]})
        for n in (5, 1)],
    numpy=(np.piecewise,),
)  # fmt: skip
def piecewise(x, condlist, funclist, *args, **kw):
    x = tensor(x)
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    if conditions and isinstance(conditions[0], (bool, np.bool_)):
        conditions = [conditions]
    way = "use np.where or np.select"
    conditions = [
        np.broadcast_to(sizing("piecewise", "condlist", one, way).astype(bool), tuple(x.shape))
        for one in conditions
    ]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.logical_or.reduce(conditions))
    elif len(funclist) != len(conditions):
        raise ValueError(f"piecewise: {len(funclist)} functions for {len(conditions)} conditions")
    y = tensor(np.zeros(tuple(x.shape), np_dtype(x)))
    for condition, function in zip(conditions, funclist, strict=True):
        if callable(function):
            if not condition.any():
                continue
            value = function(getitem(x, index=(condition,)), *args, **kw)
        else:
            value = beside(function, x)
        y = setitem(y, cast(tensor(value), dtype=y.dtype), index=(condition,))
    return y
