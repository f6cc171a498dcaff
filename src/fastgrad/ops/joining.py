"""Arrays joined, taken apart, repeated, lengthened and shortened: NumPy's names and signatures.

Compositions of `concat`, `split`, indexing and broadcasting.
"""

import itertools
import math
import operator

import numpy as np

from .._rules import composition
from ._metadata import axis_of
from ._operands import beside, integers, no_out, np_dtype, sizing, tensor
from .arranging import as_ints, atleast_1d, atleast_2d, atleast_3d, ravel
from .indexing import gather, getitem
from .shaping import broadcast_to, cast, concat, expand_dims, in_dtype, reshape, split, transpose


def _list(values):
    """A list of Tensors from a list, a tuple or the slices of one array."""
    if hasattr(values, "ndim") and not isinstance(values, (list, tuple)):
        values = tensor(values)
        return [getitem(values, index=k) for k in range(values.shape[0])]
    return [tensor(value) for value in values]


def _to(y, dtype):
    return y if dtype is None else cast(y, dtype=dtype)


# --------------------------------------------------------------------------------------------- join
def _lists(*families, **metadata):
    def samples(rng):
        for shapes in families:
            yield ([rng.normal(size=shape) for shape in shapes],), metadata

    return samples


def _joined(rng):
    for shapes, axis in ((((2, 3), (2, 1)), 1), (((2, 3), (4, 3)), 0), (((2, 3), (2,)), None),
                         (((3,),), -1), (((0, 2), (1, 2)), 0)):  # fmt: skip
        yield ([rng.normal(size=shape) for shape in shapes],), {"axis": axis}


@composition(
    doc="Arrays joined along an axis they have, or flattened ones if axis is None.",
    samples=_joined, numpy=(np.concatenate,),
)  # fmt: skip
def concatenate(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    no_out("concatenate", out)
    arrays = _list(arrays)
    if axis is None:
        arrays, axis = [ravel(a) for a in arrays], 0
    return _to(concat(arrays, axis=axis), dtype)


def _each(function, arrays):
    return [function(a) for a in _list(arrays)]


@composition(
    doc="Arrays joined along the second axis, 1-D ones along the first.",
    samples=_lists(((3,), (2,)), ((2, 3), (2, 1)), ((), (4,))), numpy=(np.hstack,),
)  # fmt: skip
def hstack(tup, dtype=None, casting="same_kind"):
    arrays = _each(atleast_1d, tup)
    return _to(concat(arrays, axis=0 if arrays and arrays[0].ndim == 1 else 1), dtype)


@composition(
    doc="Arrays joined along the first axis, 1-D ones as rows.",
    samples=_lists(((3,), (3,)), ((2, 3), (3,)), ((), ())), numpy=(np.vstack,),
)  # fmt: skip
def vstack(tup, dtype=None, casting="same_kind"):
    return _to(concat(_each(atleast_2d, tup), axis=0), dtype)


@composition(
    doc="Arrays joined along the third axis.",
    samples=_lists(((3,), (3,)), ((2, 3), (2, 3)), ((2, 3, 1), (2, 3, 2))), numpy=(np.dstack,),
)  # fmt: skip
def dstack(tup):
    return concat(_each(atleast_3d, tup), axis=2)


@composition(
    doc="1-D arrays as columns of a matrix, joined with matrices.",
    samples=_lists(((3,), (3,)), ((3,), (3, 2)), ((), (1, 2))), numpy=(np.column_stack,),
)  # fmt: skip
def column_stack(tup):
    def column(a):
        return a if a.ndim > 1 else reshape(a, shape=(a.size, 1))

    return concat(_each(column, tup), axis=1)


def _depth(blocks):
    """How deep the lists of a block nest: the same everywhere."""
    if not isinstance(blocks, list):
        return 0
    if not blocks:
        raise ValueError("block: a list is empty")
    depths = {_depth(part) for part in blocks}
    if len(depths) > 1:
        raise ValueError("block: the lists must be nested to the same depth everywhere")
    return 1 + depths.pop()


def _leading(a, ndim):
    return a if a.ndim >= ndim else reshape(a, shape=(1,) * (ndim - a.ndim) + tuple(a.shape))


def _block(blocks, depth, ndim):
    if not depth:
        return _leading(tensor(blocks), ndim)
    return concat([_block(part, depth - 1, ndim) for part in blocks], axis=ndim - depth)


def _widest(blocks):
    if isinstance(blocks, list):
        return max(map(_widest, blocks))
    return tensor(blocks).ndim


@composition(
    doc="An array from nested lists of blocks: innermost along the last axis, and so on outwards.",
    samples=_lists(((3,), (2,)), ((2, 2), (2, 1)), ((), ())), numpy=(np.block,),
)  # fmt: skip
def block(arrays):
    depth = _depth(arrays)
    return _block(arrays, depth, max(depth, _widest(arrays)))


# -------------------------------------------------------------------------------------------- split
def _bounds(op, length, indices_or_sections, equal):
    """Where the parts begin and end that NumPy cuts an axis of some length into."""
    if np.ndim(indices_or_sections):
        ends = as_ints(op, "indices_or_sections", indices_or_sections)
        parts = [slice(a, b) for a, b in zip((0, *ends), (*ends, None), strict=True)]
        return [part.indices(length)[:2] for part in parts]
    parts = operator.index(indices_or_sections)
    if parts < 1 or (equal and length % parts):
        raise ValueError(f"{op}: an axis of size {length} does not divide into {parts}")
    small, more = divmod(length, parts)
    sizes = [small + 1] * more + [small] * (parts - more)  # raises at once for too many
    return list(itertools.pairwise([0, *itertools.accumulate(sizes)]))


def _cut(op, ary, indices_or_sections, axis, equal=True):
    ary = tensor(ary)
    axis = axis_of(op, axis, ary.ndim)
    bounds = _bounds(op, ary.shape[axis], indices_or_sections, equal)
    if not np.ndim(indices_or_sections):
        return split(ary, num_or_size_splits=[b - a for a, b in bounds], axis=axis)
    every = (slice(None),) * axis
    return [getitem(ary, index=(*every, slice(a, max(a, b)))) for a, b in bounds]


def _cuts(*shapes):
    def samples(rng):
        for shape in shapes:
            yield (rng.normal(size=shape),), {"indices_or_sections": 2}
            yield (rng.normal(size=shape),), {"indices_or_sections": [1, 3]}
            yield (rng.normal(size=shape),), {"indices_or_sections": (-1, 1, 9)}

    return samples


@composition(
    doc="ary cut along an axis into equal parts, or at some places.",
    samples=_cuts((4,), (4, 3), (2, 0)), numpy=(np.split,),
)  # fmt: skip
def np_split(ary, indices_or_sections, axis=0):
    return _cut("split", ary, indices_or_sections, axis)


@composition(
    doc="ary cut along an axis into parts as equal as can be, or at some places.",
    samples=_cuts((5,), (4, 3), (1, 2)), numpy=(np.array_split,),
)  # fmt: skip
def array_split(ary, indices_or_sections, axis=0):
    return _cut("array_split", ary, indices_or_sections, axis, equal=False)


def _ranked(op, ary, ndim):
    ary = tensor(ary)
    if ary.ndim < ndim:
        raise ValueError(f"{op}: ary must have {ndim} {'axes' if ndim > 1 else 'axis'} or more")
    return ary


@composition(
    doc="ary cut along the second axis, a 1-D one along the first.",
    samples=_cuts((4,), (3, 4)), numpy=(np.hsplit,),
)  # fmt: skip
def hsplit(ary, indices_or_sections):
    ary = _ranked("hsplit", ary, 1)
    return _cut("hsplit", ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@composition(
    doc="ary cut along the first axis.", samples=_cuts((4, 1), (2, 3)), numpy=(np.vsplit,),
)  # fmt: skip
def vsplit(ary, indices_or_sections):
    return _cut("vsplit", _ranked("vsplit", ary, 2), indices_or_sections, 0)


@composition(
    doc="ary cut along the third axis.", samples=_cuts((1, 2, 4), (2, 1, 2)), numpy=(np.dsplit,),
)  # fmt: skip
def dsplit(ary, indices_or_sections):
    return _cut("dsplit", _ranked("dsplit", ary, 3), indices_or_sections, 2)


# ----------------------------------------------------------------------------------------- repeated
@composition(
    doc="A repeated whole, so many times along each axis; axes of either are added in front.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"reps": reps})
        for shape, reps in (((), 3), ((3,), 2), ((2, 3), (2, 1)), ((2, 3), 2), ((3,), (2, 2)),
                            ((2, 1), (0, 4)))],
    numpy=(np.tile,),
)  # fmt: skip
def np_tile(A, reps):  # noqa: N803  (NumPy's name)
    x, reps = tensor(A), as_ints("tile", "reps", reps)
    if min(reps, default=0) < 0:
        raise ValueError(f"tile: reps must not be negative, got {reps}")
    ndim = max(x.ndim, len(reps))
    shape = (1,) * (ndim - x.ndim) + tuple(x.shape)
    reps = (1,) * (ndim - len(reps)) + reps
    once = [n for size in shape for n in (1, size)]
    often = [n for pair in zip(reps, shape, strict=True) for n in pair]
    total = [m * n for m, n in zip(reps, shape, strict=True)]
    return reshape(broadcast_to(reshape(x, shape=once), shape=often), shape=total)


@composition(
    doc="Each element of a repeated, along an axis or in all of a; one count, or one for each.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"repeats": repeats, "axis": axis})
        for shape, repeats, axis in (((2, 3), 2, None), ((2, 3), 2, 0), ((2, 3), [1, 0, 2], 1),
                                     ((3,), [3], -1), ((), 4, None), ((2, 2), 0, 1))],
    numpy=(np.repeat,),
)  # fmt: skip
def repeat(a, repeats, axis=None):
    a = tensor(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis = axis_of("repeat", axis, a.ndim)
    counts = as_ints("repeat", "repeats", repeats)
    n = a.shape[axis]
    if min(counts, default=0) < 0 or len(counts) not in (1, n):
        raise ValueError(
            f"repeat: repeats {repeats} must be one count or {n}, the size of axis {axis}, none "
            "negative"
        )
    if len(counts) > 1:
        return gather(a, np.repeat(np.arange(n), counts), axis=axis)
    shape = list(a.shape)
    often = broadcast_to(
        expand_dims(a, axis=axis + 1), shape=(*shape[: axis + 1], counts[0], *shape[axis + 1 :])
    )
    return reshape(often, shape=(*shape[:axis], n * counts[0], *shape[axis + 1 :]))


@composition(
    doc="The elements of a, again and again, in a new shape.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"new_shape": new})
        for shape, new in (((2, 3), (4, 2)), ((4,), 2), ((2,), (3, 3)), ((0,), (2,)))],
    numpy=(np.resize,),
)  # fmt: skip
def resize(a, new_shape):
    a, shape = ravel(a), as_ints("resize", "new_shape", new_shape)
    if min(shape, default=0) < 0:
        raise ValueError(f"resize: new_shape must not be negative, got {shape}")
    count = math.prod(shape)
    if not a.size:
        return tensor(np.zeros(shape, np_dtype(a)))
    return reshape(getitem(a, index=np.arange(count) % a.size), shape=shape)


# ------------------------------------------------------------------------------------ insert, delete
def _one_axis(op, arr, axis):
    arr = tensor(arr)
    if axis is None:
        return ravel(arr), 0
    return arr, axis_of(op, axis, arr.ndim)


def _object(op, obj):
    """What NumPy takes as positions: an int, a slice, integers or bools."""
    return obj if isinstance(obj, slice) else integers(op, "obj", obj, sizing)


def _between(arr, axis, first, last):
    return getitem(arr, index=(*(slice(None),) * axis, slice(first, last)))


def _without(arr, axis, first, last):
    """arr without places that lie together."""
    return concat([_between(arr, axis, 0, first), _between(arr, axis, last, None)], axis=axis)


@composition(
    doc="arr without some places of an axis.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"obj": obj, "axis": axis})
        for shape, obj, axis in (((5,), 1, None), ((3, 4), [0, -1], 1), ((3, 4), slice(0, 5, 2), None),
                                 ((3, 4), [True, False, True], 0), ((2,), [], 0))],
    numpy=(np.delete,),
)  # fmt: skip
def delete(arr, obj, axis=None):
    arr, axis = _one_axis("delete", arr, axis)
    n, obj = arr.shape[axis], _object("delete", obj)
    if isinstance(obj, slice):
        gone = range(n)[obj]
        gone = gone if gone.step > 0 else gone[::-1]
        if gone.step == 1 or len(gone) < 2:
            return _without(arr, axis, gone.start, gone.start + len(gone))
    elif obj.size == 1 and obj.dtype.kind != "b" and -n <= obj.item() < n:
        at = obj.item() % n
        return _without(arr, axis, at, at + 1)
    return gather(arr, np.delete(np.arange(n), obj), axis=axis)


def _one_place(obj, n):
    """The place in [0, n] that all numbers of `obj` mean, or None."""
    at = obj[0].item() if obj.size == 1 or (obj.size and (obj == obj[0]).all()) else n + 1
    return at % n if -n <= at < 0 else at if 0 <= at <= n else None


@composition(
    doc="arr with values inserted before some places of an axis.",
    samples=lambda rng: [
        ((rng.normal(size=shape), np.array(obj, int), rng.normal(size=values)), {"axis": axis})
        for shape, values, obj, axis in (
            ((5,), (), 1, None), ((3, 4), (3,), 1, 1), ((3, 4), (3, 1), [1], 1),
            ((3, 2), (2, 2), [0, 3], 0), ((4,), (3,), [2, 2, 0], None), ((2, 3), (), [1, 2], 1),
            ((3,), (2,), 1, 0), ((3,), (1,), [], 0))],
    numpy=(np.insert,),
)  # fmt: skip
def insert(arr, obj, values, axis=None):
    arr, axis = _one_axis("insert", arr, axis)
    values, n = _leading(beside(values, arr), arr.ndim), arr.shape[axis]
    obj = _object("insert", obj)
    if isinstance(obj, slice):
        obj = np.arange(n)[obj]
    elif obj.dtype.kind == "b":
        obj = np.flatnonzero(obj)
    elif obj.size == 1:
        if obj.ndim == 0 and values.ndim > 1:  # values[i] goes to the place, not values[:, i]
            order = [*range(1, values.ndim)]
            order.insert(axis, 0)
            values = transpose(values, axes=order)
        obj = np.repeat(obj, values.shape[axis])
    whole = (*arr.shape[:axis], obj.size, *arr.shape[axis + 1 :])
    values = in_dtype(broadcast_to(values, shape=whole), np_dtype(arr))
    if (at := _one_place(obj, n)) is not None:
        return concat(
            [_between(arr, axis, 0, at), values, _between(arr, axis, at, None)], axis=axis
        )
    new = n + np.arange(obj.size)
    order = np.insert(np.arange(n), obj if obj.size != 1 else obj[0], new)
    return gather(concat([arr, values], axis=axis), order, axis=axis)


@composition(
    doc="arr with values added at its end, along an axis or in one.",
    samples=lambda rng: [
        ((rng.normal(size=a), rng.normal(size=b)), {"axis": axis})
        for a, b, axis in (((3,), (2,), None), ((2, 3), (2, 1), 1), ((2, 2), (), None))],
    numpy=(np.append,),
)  # fmt: skip
def append(arr, values, axis=None):
    arr = tensor(arr)
    return concatenate([arr, beside(values, arr)], axis)


@composition(
    doc="filt without the zeros at the front (f), the back (b) or both, along axes.",
    samples=lambda rng: [((rng.normal(size=n),), {"trim": trim}) for n, trim in ((3, "fb"), (1, "b"))],
    numpy=(np.trim_zeros,),
)  # fmt: skip
def trim_zeros(filt, trim="fb", axis=None):
    filt = tensor(filt)
    if not isinstance(trim, str) or not set(trim.lower()) <= {"f", "b"}:
        raise ValueError(f"trim_zeros: trim must be 'f', 'b' or 'fb', not {trim!r}")
    axes = range(filt.ndim) if axis is None else as_ints("trim_zeros", "axis", axis)
    axes = [axis_of("trim_zeros", i, filt.ndim) for i in axes]
    index = [slice(None)] * filt.ndim
    values = sizing("trim_zeros", "filt", filt)
    for i, places in zip(range(filt.ndim), np.nonzero(values), strict=True):
        if i in axes:
            first, last = (places.min(), places.max() + 1) if places.size else (filt.shape[i],) * 2
            first = int(first) if "f" in trim.lower() else 0
            last = int(last) if "b" in trim.lower() else filt.shape[i]
            index[i] = slice(first, max(first, last))
    if not np.count_nonzero(values):
        index = [slice(0, 0) if i in axes else slice(None) for i in range(filt.ndim)]
    return getitem(filt, index=tuple(index))
