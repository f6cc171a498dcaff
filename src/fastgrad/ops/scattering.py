"""Writing into places: x with new values at an index, and picking and putting along an axis.

A Tensor is immutable, so these give a new array. Where an index names a place twice, the last value
written stays, and it alone has a gradient.
"""

import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import axis_of, broadcast_shape, check_integers, dtype_of
from ._operands import beside, data, integer_tensor, no_out, np_dtype, tensor
from .elementwise import clip, remainder, scale, where
from .indexing import (
    PLACES,
    _index_metadata,
    _indexed,
    _indexed_at,
    filled,
    gather,
    getitem,
    getitem_at,
    places_metadata,
    unindex_at,
    update_at,
)
from .shaping import broadcast_to, cast, reshape, stack, sum_to


# --------------------------------------------------------------------------------- x with x[i] = v
def _repeats(index):
    return any(isinstance(part, np.ndarray) and part.dtype != bool for part in index)


def _stays(shape, index):
    """True for each element written that is the last one in its place."""
    places = np.full(shape, -1, np.intp)
    order = np.arange(places[index].size).reshape(places[index].shape)
    places[index] = order
    return places[index] == order


@primitive(
    vjp=None,
    samples=lambda rng: [
        ((places,), {"shape": x.shape, **metadata}) for (x, places), metadata in _indexed_at(rng)],
    doc="True for each element written at an index that is the last one in its place.",
)  # fmt: skip
def written_last(places, *, shape, index, packed=False):
    return _stays(shape, filled(index, places, packed))


def _setitem_x(ct, value_aval, index):
    return setitem(ct, np.zeros((), dtype_of(value_aval.dtype)), index=index)


def _setitem_value(ct, value_aval, index):
    c = getitem(ct, index=index)
    if _repeats(index):
        c = where(_stays(tuple(ct.shape), index), c, 0)
    return _like_value(c, value_aval)


def _like_value(c, value_aval):
    """The cotangent of what was broadcast to the places."""
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


# ------------------------------------------------------------- the same with places that are arguments
def _zero(aval):
    return np.zeros((), dtype_of(aval.dtype))


def _setitem_at_value(ct, value_aval, places, index, packed):
    options = {"index": index, "packed": packed}
    stays = written_last(places, shape=tuple(ct.shape), **options)
    ct = _like_value(where(stays, getitem_at(ct, places, **options), 0), value_aval)
    return cast(
        ct, dtype=value_aval.dtype
    )  # x and value may differ in dtype: the row doesn't promote


def _setitem_at_jvp(tangents, primals, y, **metadata):
    x_dot, value_dot = (
        np.zeros(tuple(x.shape), dtype_of(x.dtype)) if x_dot is None else x_dot
        for x_dot, x in zip(tangents[:2], primals[:2], strict=True)
    )
    return setitem_at(x_dot, value_dot, primals[2], **metadata)


def _written_at(rng):
    for (x, places), metadata in _indexed_at(rng):
        part = x[filled(metadata["index"], places, metadata.get("packed", False))]
        yield (x, rng.normal(size=part.shape), places), metadata
        yield (x, rng.normal(size=()), places), metadata


@primitive(
    vjp=(lambda ct, value_aval, places, index, packed: setitem_at(
        ct, _zero(value_aval), places, index=index, packed=packed), _setitem_at_value, None),
    jvp=_setitem_at_jvp, canonical=places_metadata("setitem", 2), samples=_written_at,
    doc="setitem where parts of the index are given as an array of integers.",
)  # fmt: skip
def setitem_at(x, value, places, *, index, packed=False):
    return setitem.forward(
        x, value.astype(x.dtype, copy=False), index=filled(index, places, packed)
    )


def item_at(x, index, parts):
    """x[index] with Tensors of integers for the `PLACES` in it."""
    for part in parts:
        if part.dtype.is_bool:
            raise TypeError(
                "getitem: the shape of x[mask] depends on the values of the mask, which aren't known "
                "while a function is traced: use fg.where(mask, x, ...), compute the mask outside, or "
                "run functions eagerly: fg.config.run_functions_eagerly(True)"
            )
        if not part.dtype.is_integer:
            raise TypeError(f"getitem: an index is made of integers, not {part.dtype.name}")
    if len(parts) == 1:
        axis = _lone_axis(x, index)
        if axis is not None:
            return gather(x, parts[0], axis=axis)
        return getitem_at(x, parts[0], index=index)
    try:
        shape = broadcast_shape("getitem", *(tuple(part.shape) for part in parts))
    except ValueError as error:
        raise IndexError(str(error)) from None
    parts = [cast(broadcast_to(part, shape=shape), dtype=np.int64) for part in parts]
    return getitem_at(x, stack(parts, axis=-1), index=index, packed=True)


def _lone_axis(x, index):
    """The axis of the one `PLACES` of an index that takes the others whole, else None."""
    at = next(k for k, part in enumerate(index) if isinstance(part, str))
    front = index[0] is Ellipsis
    rest = [part for k, part in enumerate(index) if k != at and not (k == 0 and front)]
    if len(index) - front > x.ndim or any(
        not isinstance(part, slice) or part != slice(None) for part in rest
    ):
        return None
    return x.ndim - (len(index) - at) if front else at


# ------------------------------------------------------------------------------------ along an axis
def _along(op, x, indices, axis):
    """The index that picks `indices` along an axis: grids of the other axes around them."""
    check_integers(op, "indices", indices)
    if indices.ndim != x.ndim:
        raise ValueError(f"{op}: indices have {indices.ndim} axes, the array has {x.ndim}")
    grid = list(np.ogrid[tuple(slice(n) for n in x.shape)])
    return (*grid[:axis], PLACES, *grid[axis + 1 :])


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


def _along_metadata(avals, metadata):
    x, indices = avals
    axis = axis_of("take_along_axis", metadata["axis"], x.ndim)
    _along("take_along_axis", x, indices, axis)
    return {"axis": axis}


def _lined(rng):
    for (x, indices), metadata in _along_axis(rng):
        if metadata["axis"] is not None:
            yield (x, indices), {"axis": metadata["axis"] % x.ndim}
    yield (rng.normal(size=(2, 3, 2)), rng.integers(-3, 3, size=(2, 4, 2))), {"axis": 1}
    yield (rng.normal(size=(1, 3)), rng.integers(0, 3, size=(2, 2))), {"axis": 1}


def _unlined(rng):
    for (x, indices), metadata in _lined(rng):
        shape = np.take_along_axis(x, indices, **metadata).shape
        yield (rng.normal(size=shape), indices), {"shape": x.shape, **metadata}


@primitive(
    vjp=(lambda ct, x_aval, indices, axis: unalong(
        ct, indices, shape=tuple(x_aval.shape), axis=axis), None),
    jvp=lambda tangents, primals, y, axis: along(tangents[0], primals[1], axis=axis),
    canonical=_along_metadata, samples=_lined, kernel="along",
    doc="Elements of x along an axis, by an index array that has its other axes too.",
)  # fmt: skip
def along(x, indices, *, axis):
    return np.take_along_axis(x, indices, axis)


@primitive(
    vjp=(lambda ct, indices, axis, shape: along(ct, indices, axis=axis), None),
    jvp=lambda tangents, primals, y, **metadata: unalong(tangents[0], primals[1], **metadata),
    samples=_unlined, kernel="unalong",
    doc="Zeros of a shape with x added along an axis at indices: the transpose of along.",
)  # fmt: skip
def unalong(x, indices, *, shape, axis):
    total = np.zeros(shape, x.dtype)
    update_at(np.add, total, filled(_along("unalong", total, indices, axis), indices, False), x)
    return total


@composition(
    doc="Elements of arr along an axis, by an index array that has its other axes too.",
    samples=_along_axis, numpy=(np.take_along_axis,),
)  # fmt: skip
def take_along_axis(arr, indices, axis=-1):
    arr, axis = _flat(tensor(arr), axis)
    return along(arr, integer_tensor("take_along_axis", "indices", indices), axis=axis)


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
    indices = integer_tensor("put_along_axis", "indices", indices)
    index = _along("put_along_axis", flat, indices, at)
    flat, values = promoted(flat, beside(values, arr))
    return reshape(setitem_at(flat, values, indices, index=index), shape=arr.shape)


# ------------------------------------------------------------------------------------------- checks
@primitive(
    vjp=(lambda ct: ct, None), jvp=lambda tangents, primals, y, **metadata: tangents[0],
    samples=lambda rng: [
        ((rng.normal(size=shape), np.ones(shape, bool)), {"error": ValueError, "text": "never"})
        for shape in ((), (2, 3))],
    doc="x, if a condition holds everywhere; else an error is raised.",
)  # fmt: skip
def insist(x, holds, *, error, text):
    if not holds.all():
        raise error(text)
    return x


@primitive(
    vjp=None, samples=lambda rng: [((rng.integers(0, 9, size=n),), {}) for n in (0, 1, 3, 12)],
    doc="True if no two elements of x are the same.",
)  # fmt: skip
def all_different(x):
    return np.array(np.unique(x).size == x.size)


# --------------------------------------------------------------------------------------------- take
MODES = ("raise", "wrap", "clip")


def positions(op, name, value, size, mode):
    """Integer positions brought into [0, size) as NumPy's `mode` says; "raise" leaves them."""
    found = integer_tensor(op, name, value)
    if mode not in MODES:
        raise ValueError(f"{op}: mode must be one of {', '.join(MODES)}, not {mode!r}")
    if mode == "raise" or not size:
        return found
    found = cast(found, dtype=np.int64)
    return clip(found, 0, size - 1) if mode == "clip" else remainder(found, size)


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
    return gather(a, positions("take", "indices", indices, a.shape[axis], mode), axis=axis)


# ------------------------------------------------------------------------------- lists of positions
def nd_index(op, shape, indices, batch_dims=0):
    """The index for rows of positions: the numbers in the last axis of `indices`, packed, name places."""
    if indices.ndim < 1 + batch_dims or not indices.dtype.is_integer:
        raise ValueError(
            f"{op}: indices must be integers of shape [..., k], not {indices.dtype.name} of "
            f"{tuple(indices.shape)}"
        )
    depth = indices.shape[-1]
    if depth + batch_dims > len(shape):
        raise ValueError(f"{op}: {depth} positions for the {len(shape)} axes of {tuple(shape)}")
    if tuple(shape[:batch_dims]) != tuple(indices.shape[:batch_dims]):
        raise ValueError(
            f"{op}: {tuple(shape)} and {tuple(indices.shape)} differ before axis {batch_dims}"
        )
    inner = (1,) * (indices.ndim - 1 - batch_dims)
    grid = np.ogrid[tuple(slice(n) for n in indices.shape[:batch_dims])]
    index = (*(at.reshape(at.shape + inner) for at in grid), *(PLACES,) * depth)
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
    params, indices = tensor(params), integer_tensor("gather_nd", "indices", indices)
    batch = operator.index(batch_dims)
    index = nd_index("gather_nd", params.shape, indices, batch)
    if indices.shape[-1] + batch == 0:  # no positions: all of params, each time
        params = reshape(params, shape=(1, *params.shape))
    return getitem_at(params, indices, index=index, packed=True)


def _scattered_places(op, shape, indices, updates):
    """(places, the index they are for) of rows of positions."""
    indices = integer_tensor(op, "indices", indices)
    index = nd_index(op, shape, indices)
    want = (*indices.shape[:-1], *shape[len(index) :])
    if tuple(updates.shape) != tuple(want):
        raise ValueError(f"{op}: updates have shape {tuple(updates.shape)}, indices need {want}")
    return indices, {"index": index, "packed": True}


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
    places, index = _scattered_places("scatter_nd", shape, indices, updates)
    return unindex_at(updates, places, shape=shape, **index)


def _rescattered(rng):
    for indices, updates, shape in _scattered(rng):
        yield (rng.normal(size=shape), indices, updates), {}


@composition(
    doc="tensor with updates written at rows of positions; the last one in a place stays.",
    samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_update(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    places, index = _scattered_places("tensor_scatter_nd_update", x.shape, indices, updates)
    return setitem_at(*promoted(x, updates), places, **index)


def _two(x, updates):
    return tensor(x), tensor(updates)


def promoted(x, y):
    """Two Tensors in one dtype."""
    dtype = np.promote_types(np_dtype(x), np_dtype(y))
    return cast(x, dtype=dtype), cast(y, dtype=dtype)


@composition(
    doc="tensor with updates added at rows of positions.", samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_add(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    places, index = _scattered_places("tensor_scatter_nd_add", x.shape, indices, updates)
    return x + unindex_at(updates, places, shape=tuple(x.shape), **index)


@composition(
    doc="tensor with updates subtracted at rows of positions.", samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_sub(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    places, index = _scattered_places("tensor_scatter_nd_sub", x.shape, indices, updates)
    return x - unindex_at(updates, places, shape=tuple(x.shape), **index)


# -------------------------------------------------------------------------------- extremes in place
def _hit(x, y):
    return (x == y) | np.isnan(x)


@primitive(
    vjp=(None,) * 4, many=True,
    samples=lambda rng: [
        ((np.array([1.0, 3.0, 0.5]), np.array([2.0, 2.0, 0.1]), np.array([2.0, 3.0, 0.5]),
          np.array([0, 0, 2])), {"index": (PLACES,)}),
        ((np.zeros(0), np.ones(0), np.zeros(0), np.zeros(0, np.int64)), {"index": (PLACES,)})],
    doc="The shares of x and of updates in y, the extreme of both: 1/n for each of n in one place.",
)  # fmt: skip
def scatter_ties(x, updates, y, places, *, index, packed=False):
    index = filled(index, places, packed)
    mine, theirs = _hit(x, y), _hit(updates, y[index])
    count = mine.astype(x.dtype)
    update_at(np.add, count, index, theirs)
    return [mine / count, (theirs / count[index]).astype(x.dtype)]


def _scatter_extreme(ufunc, doc):
    def shares(x, updates, y, places, **options):
        return scatter_ties(x, updates, y, places, **options)

    def vjp_x(ct, x, updates, places, y, index, packed):
        return scale(shares(x, updates, y, places, index=index, packed=packed)[0], ct)

    def vjp_updates(ct, x, updates, places, y, index, packed):
        options = {"index": index, "packed": packed}
        return scale(shares(x, updates, y, places, **options)[1], getitem_at(ct, places, **options))

    def jvp(tangents, primals, y, **options):
        x_dot, updates_dot, _ = tangents
        x, updates, places = primals
        mine, theirs = shares(x, updates, y, places, **options)
        moved = 0 if x_dot is None else scale(mine, x_dot)
        if updates_dot is None:
            return moved
        return moved + unindex_at(
            scale(theirs, updates_dot), places, shape=tuple(y.shape), **options
        )

    def samples(rng):
        for indices, updates, shape in _scattered(rng):
            index = {"index": (PLACES,) * indices.shape[-1], "packed": True}
            yield (rng.normal(size=shape), updates, indices), index

    @primitive(
        vjp=(vjp_x, vjp_updates, None), jvp=jvp, canonical=places_metadata("scatter", 2),
        samples=samples, doc=doc,
    )  # fmt: skip
    def itself(x, updates, places, *, index, packed=False):
        y = x.copy()
        update_at(ufunc, y, filled(index, places, packed), updates)
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
    places, index = _scattered_places("tensor_scatter_nd_max", x.shape, indices, updates)
    return scatter_max(*promoted(x, updates), places, **index)


@composition(
    doc="tensor with the smaller of it and updates at rows of positions.", samples=_rescattered,
)  # fmt: skip
def tensor_scatter_nd_min(tensor, indices, updates):
    x, updates = _two(tensor, updates)
    places, index = _scattered_places("tensor_scatter_nd_min", x.shape, indices, updates)
    return scatter_min(*promoted(x, updates), places, **index)
