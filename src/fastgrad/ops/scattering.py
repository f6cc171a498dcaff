"""Writing into places: x with new values at an index, and picking and putting along an axis.

A Tensor is immutable, so these give a new array. Where an index names a place twice, the last value
written stays, and it alone has a gradient.
"""

import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import axis_of, broadcast_shape, dtype_of
from ._operands import beside, data, integers, no_out, tensor
from .elementwise import scale, where
from .indexing import _index_metadata, _indexed, gather, getitem, unindex, update_at
from .shaping import reshape, sum_to


# --------------------------------------------------------------------------------- x with x[i] = v
def _repeats(index):
    return any(isinstance(part, np.ndarray) and part.dtype != bool for part in index)


def _stays(shape, index):
    """True for each element written that is the last one in its place."""
    places = np.full(shape, -1, np.intp)
    order = np.arange(places[index].size).reshape(places[index].shape)
    places[index] = order
    return places[index] == order


def _setitem_x(ct, value_aval, index):
    return setitem(ct, np.zeros((), dtype_of(value_aval.dtype)), index=index)


def _setitem_value(ct, value_aval, index):
    c = getitem(ct, index=index)
    if _repeats(index):
        c = where(_stays(tuple(ct.shape), index), c, 0)
    extra = value_aval.ndim - c.ndim  # assignment drops leading axes of size 1
    shape = value_aval.shape[max(0, extra) :]
    c = c if tuple(c.shape) == tuple(shape) else sum_to(c, shape=shape)
    return reshape(c, shape=value_aval.shape) if extra > 0 else c


def _setitem_jvp(tangents, primals, y, index):
    x_dot, value_dot = (
        np.zeros(tuple(x.shape), dtype_of(x.dtype)) if x_dot is None else x_dot
        for x_dot, x in zip(tangents, primals, strict=True)
    )
    return setitem(x_dot, value_dot, index=index)


def _written(rng):
    for (x,), metadata in _indexed(rng):
        part = x[metadata["index"]]
        yield (x, rng.normal(size=part.shape)), metadata
        yield (x, rng.normal(size=())), metadata
    yield (rng.normal(size=(3, 4)), rng.normal(size=(1, 1, 4))), {"index": (slice(0, 2),)}


@primitive(
    vjp=(_setitem_x, _setitem_value), jvp=_setitem_jvp, canonical=_index_metadata,
    samples=_written, promotes=True,
    doc="x with value at x[index]: a new array; of values written to one place the last stays.",
)  # fmt: skip
def setitem(x, value, *, index):
    y = x.copy()
    y[index] = value
    return y


# ------------------------------------------------------------------------------------ along an axis
def _along(op, x, indices, axis):
    """The index that picks `indices` along an axis: grids of the other axes around them."""
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{op}: indices must be integers, not {indices.dtype}")
    if indices.ndim != x.ndim:
        raise ValueError(f"{op}: indices have {indices.ndim} axes, the array has {x.ndim}")
    grid = list(np.ogrid[tuple(slice(n) for n in x.shape)])
    return (*grid[:axis], indices, *grid[axis + 1 :])


def _flat(a, axis):
    """(a, axis), or a in one axis if `axis` is None."""
    return (reshape(a, shape=(a.size,)), 0) if axis is None else (a, axis)


def _along_axis(rng):
    x = rng.normal(size=(4, 3))
    yield (x, rng.integers(0, 4, size=(2, 3))), {"axis": 0}
    yield (x, rng.integers(-3, 3, size=(4, 5))), {"axis": -1}
    yield (x, rng.integers(0, 3, size=(1, 2))), {"axis": 1}
    yield (x, rng.integers(0, 12, size=5)), {"axis": None}
    yield (rng.normal(size=(2, 0)), np.zeros((2, 0), np.int64)), {"axis": 1}


@composition(
    doc="Elements of arr along an axis, by an index array that has its other axes too.",
    samples=_along_axis, numpy=(np.take_along_axis,),
)  # fmt: skip
def take_along_axis(arr, indices, axis=-1):
    arr, axis = _flat(tensor(arr), axis)
    axis = axis_of("take_along_axis", axis, arr.ndim)
    index = _along("take_along_axis", arr, integers("take_along_axis", "indices", indices), axis)
    return getitem(arr, index=index)


def _put_along(rng):
    for (x, indices), metadata in _along_axis(rng):
        if np.prod(indices.shape) and indices.shape[0] != 1:
            yield (x, indices, rng.normal(size=indices.shape)), metadata
    yield (
        (rng.normal(size=(4, 3)), rng.integers(0, 3, size=(1, 2)), rng.normal(size=())),
        {"axis": 1},
    )


@composition(
    doc="arr with values written along an axis at an index array: a new array, unlike NumPy's.",
    samples=_put_along,
)  # fmt: skip
def put_along_axis(arr, indices, values, axis):
    arr = tensor(arr)
    flat, at = _flat(arr, axis)
    at = axis_of("put_along_axis", at, flat.ndim)
    index = _along("put_along_axis", flat, integers("put_along_axis", "indices", indices), at)
    return reshape(setitem(flat, beside(values, arr), index=index), shape=arr.shape)


# --------------------------------------------------------------------------------------------- take
MODES = ("raise", "wrap", "clip")


def positions(op, name, value, size, mode):
    """Integer positions brought into [0, size) as NumPy's `mode` says; "raise" leaves them."""
    found = integers(op, name, value)
    if mode not in MODES:
        raise ValueError(f"{op}: mode must be one of {', '.join(MODES)}, not {mode!r}")
    if mode == "clip":
        return np.clip(found, 0, max(0, size - 1))
    return found % size if mode == "wrap" and size else found


def _taken(rng):
    x = rng.normal(size=(3, 4))
    yield (x, rng.integers(0, 12, size=(2, 2))), {}
    yield (x, rng.integers(-3, 3, size=5)), {"axis": 0}
    yield (x, rng.integers(-9, 9, size=3)), {"axis": 1, "mode": "wrap"}
    yield (x, rng.integers(-9, 9, size=(2, 3))), {"axis": -1, "mode": "clip"}
    yield (rng.normal(size=4), np.array(2)), {}
    yield (rng.normal(size=4), np.zeros(0, np.int64)), {}


@composition(
    doc="Elements of a by integer positions along an axis, or in all of a.", samples=_taken,
    numpy=(np.take,),
)  # fmt: skip
def take(a, indices, axis=None, out=None, mode="raise"):
    no_out("take", out)
    a, axis = _flat(tensor(a), axis)
    axis = axis_of("take", axis, a.ndim)
    if mode == "raise" and hasattr(type(indices), "numpy") and indices.dtype.is_integer:
        return gather(a, indices, axis=axis)
    return gather(a, positions("take", "indices", indices, a.shape[axis], mode), axis=axis)


# ------------------------------------------------------------------------------- lists of positions
def nd_index(op, shape, indices, batch_dims=0):
    """The index that stands for rows of positions: the last axis of `indices` names places."""
    if indices.ndim < 1 + batch_dims or indices.dtype.kind not in "iu":
        raise ValueError(
            f"{op}: indices must be integers of shape [..., k], not {indices.dtype} of {indices.shape}"
        )
    depth = indices.shape[-1]
    if depth + batch_dims > len(shape):
        raise ValueError(f"{op}: {depth} positions for the {len(shape)} axes of {tuple(shape)}")
    if tuple(shape[:batch_dims]) != indices.shape[:batch_dims]:
        raise ValueError(
            f"{op}: {tuple(shape)} and {indices.shape} differ before axis {batch_dims}"
        )
    inner = (1,) * (indices.ndim - 1 - batch_dims)
    grid = np.ogrid[tuple(slice(n) for n in indices.shape[:batch_dims])]
    index = tuple(at.reshape(at.shape + inner) for at in grid)
    index += tuple(np.moveaxis(indices, -1, 0))
    return index if index else (np.zeros(indices.shape[:-1], np.intp),)


def _nd(rng):
    x = rng.normal(size=(4, 3, 2))
    yield (x, rng.integers(0, 4, size=(5, 1))), {}
    yield (x, rng.integers(0, 3, size=(2, 2, 2))), {}
    yield (x, rng.integers(0, 2, size=(3,))), {}
    yield (x, np.zeros((0, 2), np.int64)), {}
    yield (x, rng.integers(0, 2, size=(4, 5, 1))), {"batch_dims": 1}


@composition(
    doc="Slices of params, each by the row of positions that the last axis of indices holds.",
    samples=_nd,
)  # fmt: skip
def gather_nd(params, indices, batch_dims=0):
    params, indices = tensor(params), integers("gather_nd", "indices", indices)
    batch = operator.index(batch_dims)
    index = nd_index("gather_nd", params.shape, indices, batch)
    if indices.shape[-1] + batch == 0:  # no positions: all of params, each time
        params = reshape(params, shape=(1, *params.shape))
    return getitem(params, index=index)


def _scatter_index(op, shape, indices, updates):
    index = nd_index(op, shape, integers(op, "indices", indices))
    depth = np.shape(index)[0]
    want = (*broadcast_shape(op, *(np.shape(i) for i in index)), *shape[depth:])
    if tuple(updates.shape) != tuple(want):
        raise ValueError(f"{op}: updates have shape {tuple(updates.shape)}, indices need {want}")
    return index


def _scattered(rng):
    for shape, places in (((5,), (3, 1)), ((4, 3), (6, 1)), ((4, 3), (2, 5, 2)), ((3, 2), (0, 1))):
        indices = rng.integers(0, min(shape), size=places)
        yield indices, rng.normal(size=(*places[:-1], *shape[places[-1] :])), shape


@composition(
    doc="Zeros of a shape with updates added at rows of positions; repeated places add up.",
    samples=lambda rng: [
        ((indices, updates), {"shape": shape}) for indices, updates, shape in _scattered(rng)],
)  # fmt: skip
def scatter_nd(indices, updates, shape):
    updates, shape = tensor(updates), tuple(int(n) for n in data(shape).reshape(-1))
    index = _scatter_index("scatter_nd", shape, indices, updates)
    return unindex(updates, shape=shape, index=index)


def _rescattered(rng):
    for indices, updates, shape in _scattered(rng):
        yield (rng.normal(size=shape), indices, updates), {}


@composition(
    doc="tensor with updates written at rows of positions; the last one in a place stays.",
    samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_update(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    index = _scatter_index("tensor_scatter_nd_update", x.shape, indices, updates)
    return setitem(x, updates, index=index)


def _two(x, updates):
    return tensor(x), tensor(updates)


@composition(
    doc="tensor with updates added at rows of positions.", samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_add(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    index = _scatter_index("tensor_scatter_nd_add", x.shape, indices, updates)
    return x + unindex(updates, shape=tuple(x.shape), index=index)


@composition(
    doc="tensor with updates subtracted at rows of positions.", samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_sub(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    index = _scatter_index("tensor_scatter_nd_sub", x.shape, indices, updates)
    return x - unindex(updates, shape=tuple(x.shape), index=index)


# -------------------------------------------------------------------------------- extremes in place
def _hit(x, y):
    return (x == y) | np.isnan(x)


@primitive(
    vjp=(None, None, None), many=True,
    samples=lambda rng: [
        ((np.array([1.0, 3.0, 0.5]), np.array([2.0, 2.0, 0.1]), np.array([2.0, 3.0, 0.5])),
         {"index": (np.array([0, 0, 2]),)}),
        ((np.zeros(0), np.ones(0), np.zeros(0)), {"index": (np.zeros(0, np.int64),)})],
    doc="The shares of x and of updates in y, the extreme of both: 1/n for each of n in one place.",
)  # fmt: skip
def scatter_ties(x, updates, y, *, index):
    mine, theirs = _hit(x, y), _hit(updates, y[index])
    count = mine.astype(x.dtype)
    update_at(np.add, count, index, theirs)
    return [mine / count, (theirs / count[index]).astype(x.dtype)]


def _scatter_extreme(ufunc, doc):
    def shares(x, updates, y, index):
        return scatter_ties(x, updates, y, index=index)

    def jvp(tangents, primals, y, index):
        x_dot, updates_dot = tangents
        mine, theirs = shares(*primals, y, index)
        moved = 0 if x_dot is None else scale(mine, x_dot)
        if updates_dot is None:
            return moved
        return moved + unindex(scale(theirs, updates_dot), shape=tuple(y.shape), index=index)

    def samples(rng):
        for indices, updates, shape in _scattered(rng):
            yield (rng.normal(size=shape), updates), {"index": tuple(np.moveaxis(indices, -1, 0))}

    @primitive(
        vjp=(lambda ct, x, updates, y, index: scale(shares(x, updates, y, index)[0], ct),
             lambda ct, x, updates, y, index: scale(
                 shares(x, updates, y, index)[1], getitem(ct, index=index))),
        jvp=jvp, canonical=_index_metadata, samples=samples, promotes=True, doc=doc,
    )  # fmt: skip
    def itself(x, updates, *, index):
        y = x.copy()
        update_at(ufunc, y, index, updates)
        return y

    return itself


scatter_max = _scatter_extreme(
    np.maximum, "x with the larger of it and updates at x[index]; ties share the gradient."
)
scatter_min = _scatter_extreme(
    np.minimum, "x with the smaller of it and updates at x[index]; ties share the gradient."
)


@composition(
    doc="tensor with the larger of it and updates at rows of positions.", samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_max(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    index = _scatter_index("tensor_scatter_nd_max", x.shape, indices, updates)
    return scatter_max(x, updates, index=index)


@composition(
    doc="tensor with the smaller of it and updates at rows of positions.", samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_min(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    index = _scatter_index("tensor_scatter_nd_min", x.shape, indices, updates)
    return scatter_min(x, updates, index=index)
