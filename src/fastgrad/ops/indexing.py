"""Indexing rows: parts of an array by position, and the transposes that put cotangents back."""

import operator

import numpy as np

from .._rules import primitive
from ..errors import short
from ._metadata import axis_of, check_integers, dtype_of


# ----------------------------------------------------------------------------------------- x[index]
def _add_at(total, ct, *, index):
    """Add `ct` to the places of `total` that `index` selects, in place; repeated places add up."""
    if any(isinstance(part, np.ndarray) and part.dtype != bool for part in index):
        update_at(np.add, total, index, ct)
    else:
        total[index] += ct


def update_at(ufunc, total, index, values):
    """ufunc.at in place. ValueError for values that don't broadcast to the places.

    NumPy's own (seen in 2.4) crashes for values of more axes than the places have, and beyond 32 axes: there
    it goes by position.
    """
    shape = np.broadcast_to(np.False_, total.shape)[index].shape
    values = np.asarray(values)
    if values.shape != shape:
        try:
            values = np.broadcast_to(values, shape)
        except ValueError:
            raise ValueError(
                f"shape {values.shape} does not broadcast to places of shape {shape}"
            ) from None
    if max(total.ndim, values.ndim) <= 32:
        ufunc.at(total, index, values)
        return
    places = np.arange(total.size).reshape(total.shape)[index]
    flat = total.flatten()
    ufunc.at(flat, places.reshape(-1), values.reshape(-1))
    total[...] = flat.reshape(total.shape)


def _index_metadata(avals, metadata):
    index = metadata["index"]
    parts = index if type(index) is tuple else (index,)
    return {"index": tuple(part if type(part) is int else _index_part(part) for part in parts)}


def _index_part(part):
    """One part of an index as an int, None, Ellipsis, slice of ints or array no one changes."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        start, stop, step = (
            None if bound is None else operator.index(bound)
            for bound in (part.start, part.stop, part.step)
        )
        return slice(start, stop, step)
    if callable(getattr(part, "numpy", None)):  # a Tensor or Variable
        part = part.numpy()
    if isinstance(part, (list, range, np.ndarray, np.generic, bool)):
        array = np.array(part)
        if array.size == 0 and not isinstance(part, np.ndarray):
            array = array.astype(np.int64)
        if array.dtype.kind in "iub":
            if array.ndim == 0 and array.dtype.kind != "b":
                return int(array)
            array.flags.writeable = False
            return array
        part = array
    elif hasattr(part, "__index__"):
        return operator.index(part)
    raise TypeError(
        "getitem: an index is made of integers, slices, None, ... and integer or boolean arrays, "
        f"not {short(part)}"
    )


def _indexed(rng):
    x, every = rng.normal(size=(4, 3, 5)), slice(None)
    for index in (
        (1,),
        (..., -1),
        (slice(1, 3), None, every, slice(None, None, 2)),
        (slice(None, None, -1), 0),
        (slice(2, 2),),
        (np.array([0, 3, 0, -1]),),
        (every, np.array([[0, 2], [2, 2]]), slice(1, 4)),
        (np.array([0, 1, 1]), every, np.array([4, 0, 0])),
        (rng.random((4, 3)) < 0.5,),
        (np.zeros(0, np.int64),),
    ):
        yield (x,), {"index": index}
    yield (rng.normal(size=7),), {"index": (3,)}
    yield (rng.normal(size=()),), {"index": (None, ...)}


def _lifted_index(n, avals, metadata):
    """The index that leaves a first axis alone. Arrays that stand apart put their axes before it: None."""
    index = metadata["index"]
    if any(isinstance(part, np.ndarray) for part in index):
        picks = [at for at, part in enumerate(index) if isinstance(part, (int, np.ndarray))]
        if picks[-1] - picks[0] >= len(picks):
            return None
    return {**metadata, "index": (slice(None), *index)}


@primitive(
    vjp=lambda ct, x_aval, index: unindex(ct, shape=x_aval.shape, index=index),
    accumulate=_add_at, linear=True, canonical=_index_metadata, samples=_indexed,
    kernel="getitem",
    lift=_lifted_index,
    doc="x[index]: ints, slices, None, Ellipsis and integer or boolean arrays, or a tuple of them.",
)  # fmt: skip
def getitem(x, *, index):
    return x[index]


def _lifted_places(n, avals, metadata):
    lifted = _lifted_index(n, avals, metadata)
    return lifted and {**lifted, "shape": (n, *metadata["shape"])}


def _unindexed(rng):
    for (x,), metadata in _indexed(rng):
        index = metadata["index"]
        yield (rng.normal(size=x[index].shape),), {"shape": x.shape, "index": index}


@primitive(
    vjp=lambda ct, index: getitem(ct, index=index), linear=True, samples=_unindexed,
    lift=_lifted_places,
    kernel="unindex",
    doc="Zeros of a shape with x added at index: the transpose of x[index].",
)  # fmt: skip
def unindex(x, *, shape, index):
    total = np.zeros(shape, x.dtype)
    _add_at(total, x, index=index)
    return total


# ---------------------------------------------------------- x[index] with places that are arguments
PLACES = "places"  # in an index: integers that are an argument of the row, as they may change


def filled(index, places, packed):
    """An index with the places in it; if packed, their last axis has one number for each `PLACES`."""
    rows = np.moveaxis(places, -1, 0) if packed else (places,)
    asked = sum(isinstance(part, str) for part in index)
    if asked != len(rows):
        raise ValueError(f"an index with {asked} places was given {len(rows)}")
    rows = iter(rows)
    return tuple(next(rows) if isinstance(part, str) else part for part in index)


def places_metadata(op, at):
    """Canonical metadata of a row whose places are argument `at`."""

    def canonical(avals, metadata):
        places, packed = avals[at], bool(metadata["packed"])
        check_integers(op, "places", places)
        index = tuple(
            part if isinstance(part, str) else _index_part(part) for part in metadata["index"]
        )
        count = sum(isinstance(part, str) for part in index)
        if count != (places.shape[-1] if packed and places.ndim else 1):
            raise ValueError(
                f"{op}: {count} of the index for places of shape {tuple(places.shape)}"
            )
        return {**metadata, "index": index, "packed": packed}

    return canonical


def _indexed_at(rng):
    x, every = rng.normal(size=(4, 3, 5)), slice(None)
    pairs = np.stack([rng.integers(-4, 4, size=(2, 6)), rng.integers(-3, 3, size=(2, 6))], axis=-1)
    yield (x, np.array(-2)), {"index": (every, PLACES)}
    yield (x, rng.integers(0, 3, size=(2, 2))), {"index": (2, PLACES, slice(1, None))}
    yield (x, rng.integers(0, 3, size=6)), {"index": (np.array([[1], [0]]), None, PLACES)}
    yield (x, pairs), {"index": (PLACES, PLACES), "packed": True}
    yield (x, pairs), {"index": (PLACES, every, PLACES), "packed": True}
    yield (x, np.zeros((0, 1), np.int64)), {"index": (..., PLACES), "packed": True}


@primitive(
    vjp=(lambda ct, x_aval, places, index, packed: unindex_at(
        ct, places, shape=x_aval.shape, index=index, packed=packed), None),
    jvp=lambda tangents, primals, y, **metadata: getitem_at(tangents[0], primals[1], **metadata),
    canonical=places_metadata("getitem", 1), samples=_indexed_at,
    doc="x[index] where parts of the index are given as an array of integers.",
)  # fmt: skip
def getitem_at(x, places, *, index, packed=False):
    return x[filled(index, places, packed)]


def _unindexed_at(rng):
    for (x, places), metadata in _indexed_at(rng):
        ct = x[filled(metadata["index"], places, metadata.get("packed", False))]
        yield (rng.normal(size=ct.shape), places), {"shape": x.shape, **metadata}


@primitive(
    vjp=(lambda ct, places, shape, index, packed: getitem_at(
        ct, places, index=index, packed=packed), None),
    jvp=lambda tangents, primals, y, **metadata: unindex_at(tangents[0], primals[1], **metadata),
    samples=_unindexed_at,
    doc="Zeros of a shape with x added at an index: the transpose of getitem_at.",
)  # fmt: skip
def unindex_at(x, places, *, shape, index, packed=False):
    return unindex.forward(x, shape=shape, index=filled(index, places, packed))


# ------------------------------------------------------------------------------------------- gather
def _gather_metadata(avals, metadata):
    params, indices = avals
    if params.ndim + indices.ndim > 65:  # NumPy 2.4 crashes rather than refuse
        raise ValueError(
            f"gather: {params.ndim} axes and indices of {indices.ndim} make more than 64"
        )
    check_integers("gather", "indices", indices)
    batch = operator.index(metadata["batch_dims"])
    if not -indices.ndim <= batch <= indices.ndim:
        raise ValueError(f"gather: batch_dims={batch} but indices have {indices.ndim} dimensions")
    batch = batch + indices.ndim if batch < 0 else batch
    axis = batch if metadata["axis"] is None else axis_of("gather", metadata["axis"], params.ndim)
    if axis < batch or axis >= params.ndim:
        raise ValueError(f"gather: axis {axis} is not in [{batch}, {params.ndim})")
    shapes = tuple(params.shape), tuple(indices.shape)
    if shapes[0][:batch] != shapes[1][:batch]:
        raise ValueError(f"gather: shapes {shapes[0]} and {shapes[1]} differ before axis {batch}")
    return {"axis": axis, "batch_dims": batch}


def _gather_index(indices, batch_dims):
    """The index that gathers along axis `batch_dims`."""
    grid = np.ogrid[tuple(slice(n) for n in indices.shape[:batch_dims])]
    inner = (1,) * (indices.ndim - batch_dims)
    return (*(at.reshape(at.shape + inner) for at in grid), indices)


def _ungather_shape(avals, metadata):
    return {**metadata, "shape": tuple(metadata["shape"])}


def _gathered(rng):
    params, deep = rng.normal(size=(4, 3, 5)), rng.normal(size=(2, 3, 4, 5))
    for shape in ((), (6,), (2, 3), (0,)):
        yield (params, rng.integers(-4, 4, size=shape)), {}
    yield (params, rng.integers(-5, 5, size=(2, 2))), {"axis": -1}
    yield (deep, rng.integers(0, 3, size=(2, 7))), {"batch_dims": 1}
    yield (deep, rng.integers(0, 4, size=(2, 3, 2))), {"axis": 2, "batch_dims": 2}
    yield (deep, rng.integers(0, 5, size=(2, 2, 3))), {"axis": 3, "batch_dims": 1}


def _ungathered(rng):
    for (params, indices), metadata in _gathered(rng):
        full = _gather_metadata((params, indices), {"axis": None, "batch_dims": 0, **metadata})
        ct = rng.normal(size=gather.forward(params, indices, **full).shape)
        yield (ct, indices), {"shape": params.shape, **full}


@primitive(
    vjp=(lambda ct, params_aval, indices, axis, batch_dims: ungather(
        ct, indices, shape=params_aval.shape, axis=axis, batch_dims=batch_dims), None),
    jvp=lambda tangents, primals, y, axis, batch_dims: gather(
        tangents[0], primals[1], axis=axis, batch_dims=batch_dims),
    sparse=lambda ct, indices, axis, batch_dims: None if axis or batch_dims else (indices, ct),
    canonical=_gather_metadata, samples=_gathered, kernel="gather",
    doc="Slices of params along axis, by integer indices (negative ones count from the end).",
)  # fmt: skip
def gather(params, indices, *, axis=None, batch_dims=0):
    if batch_dims == 0:
        return np.take(params, indices, axis=axis)
    picked = np.moveaxis(params, axis, batch_dims)[_gather_index(indices, batch_dims)]
    inner = range(batch_dims, indices.ndim)
    return np.moveaxis(picked, inner, range(axis, axis + len(inner)))


@primitive(
    vjp=(lambda ct, indices, axis, batch_dims: gather(
        ct, indices, axis=axis, batch_dims=batch_dims), None),
    jvp=lambda tangents, primals, y, **metadata: ungather(tangents[0], primals[1], **metadata),
    canonical=_ungather_shape, samples=_ungathered,
    kernel="ungather", canonical_first=True,
    doc="Zeros of a shape with slices of x added at indices: the transpose of gather.",
)  # fmt: skip
def ungather(x, indices, *, shape, axis, batch_dims):
    total = np.zeros(shape, x.dtype)
    inner = range(batch_dims, indices.ndim)
    slices = np.moveaxis(x, range(axis, axis + len(inner)), inner)
    places = np.moveaxis(total, axis, batch_dims)  # a view
    update_at(np.add, places, _gather_index(indices, batch_dims), slices)
    return total


# ------------------------------------------------------------------------------------------ one_hot
def _one_hot_metadata(avals, metadata):
    (indices,) = avals
    check_integers("one_hot", "indices", indices)
    depth = operator.index(metadata["depth"])
    if depth < 0:
        raise ValueError(f"one_hot: depth must not be negative, got {depth}")
    given = {key: value for key, value in metadata.items() if value is not None}
    return {
        "depth": depth,
        "on_value": given.get("on_value", 1),
        "off_value": given.get("off_value", 0),
        "axis": axis_of("one_hot", given.get("axis", -1), indices.ndim + 1),
        "dtype": dtype_of(given.get("dtype", np.float32)),
    }


def _labels(rng):
    yield (rng.integers(0, 4, size=()),), {"depth": 4}
    yield (rng.integers(-1, 5, size=7),), {"depth": 4}  # out of range: no hot place
    yield (rng.integers(0, 3, size=(2, 3)),), {"depth": 3, "axis": 1, "dtype": np.float64}
    yield (rng.integers(0, 3, size=5),), {"depth": 3, "on_value": 5.0, "off_value": -1.0}
    yield (np.zeros(0, np.int64),), {"depth": 2, "dtype": np.int32}


@primitive(
    vjp=None, canonical=_one_hot_metadata, samples=_labels,
    kernel="one_hot", canonical_first=True,
    doc="on_value at each index along a new axis of size depth, off_value elsewhere.",
)  # fmt: skip
def one_hot(indices, *, depth, on_value=None, off_value=None, axis=None, dtype=None):
    hot = np.expand_dims(indices, axis) == np.arange(depth).reshape(
        (depth,) + (1,) * (indices.ndim - axis)
    )
    return np.where(hot, np.array(on_value, dtype), np.array(off_value, dtype))
