"""Shaping rows: the same numbers in another shape, order or dtype, joined or taken apart."""

import itertools
import math
import operator

import numpy as np

from .._rules import primitive
from ..dtypes import as_dtype
from ..shapes import as_shape
from ._metadata import axes_of, axis_of, lift_axes, lift_nothing, lift_shape
from .indexing import getitem


def _numpy(*names):
    """Those of NumPy's functions that this version of NumPy has."""
    return tuple(getattr(np, name) for name in names if hasattr(np, name))


# ------------------------------------------------------------------------------------------ reshape
def _reshape_metadata(avals, metadata):
    (x,) = avals
    shape = metadata["shape"]
    shape = list(shape) if hasattr(shape, "__iter__") and getattr(shape, "ndim", 1) else [shape]
    shape = [operator.index(n) for n in shape]
    if shape.count(-1) == 1:
        rest = math.prod(n for n in shape if n != -1)
        if rest > 0 and x.size % rest == 0:
            shape[shape.index(-1)] = x.size // rest
    if min(shape, default=0) < 0 or math.prod(shape) != x.size:
        raise ValueError(
            f"reshape: shape {tuple(x.shape)} with {x.size} elements cannot become {tuple(shape)}"
        )
    return {"shape": tuple(shape)}


def _reshaped(rng):
    yield (rng.normal(size=6),), {"shape": (2, 3)}
    yield (rng.normal(size=(2, 3, 4)),), {"shape": (4, -1)}
    yield (rng.normal(size=()),), {"shape": (1, 1)}
    yield (rng.normal(size=(1,)),), {"shape": ()}
    yield (rng.normal(size=(0, 3)),), {"shape": (3, 0, 2)}


@primitive(
    vjp=lambda ct, x_aval: reshape(ct, shape=x_aval.shape), linear=True,
    canonical=_reshape_metadata, samples=_reshaped, numpy=(np.reshape,),
    kernel="reshape",
    lift=lambda n, avals, metadata: {"shape": (n, *metadata["shape"])},
    doc="The elements of x, in order, in another shape; one size may be -1.",
)  # fmt: skip
def reshape(x, *, shape):
    return np.reshape(x, shape)


@primitive(
    vjp=lambda ct, x_aval: reshape(ct, shape=x_aval.shape), linear=True,
    canonical=lambda avals, metadata: {
        "axis": axis_of("expand_dims", metadata["axis"], avals[0].ndim + 1)},
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"axis": axis})
        for shape, axis in (((), 0), ((5,), -1), ((2, 3), 1), ((0, 2), 0))],
    numpy=(np.expand_dims,), kernel="expand_dims",
    lift=lift_axes("axis"),
    doc="x with a new axis of size 1.",
)  # fmt: skip
def expand_dims(x, *, axis):
    return np.expand_dims(x, axis)


def _squeeze_metadata(avals, metadata):
    (x,) = avals
    if metadata["axis"] is None:
        return {"axis": tuple(i for i, n in enumerate(x.shape) if n == 1)}
    axes = axes_of("squeeze", metadata["axis"], x.ndim)
    for i in axes:
        if x.shape[i] != 1:
            raise ValueError(f"squeeze: axis {i} of shape {tuple(x.shape)} is not of size 1")
    return {"axis": axes}


@primitive(
    vjp=lambda ct, x_aval: reshape(ct, shape=x_aval.shape), linear=True,
    canonical=_squeeze_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"axis": axis})
        for shape, axis in (((1, 5, 1), None), ((1, 5, 1), -1), ((2, 3), None), ((1,), (0,)),
                            ((0, 1), 1))],
    lift=lift_axes("axis"),
    numpy=(np.squeeze,), kernel="squeeze", doc="x without its axes of size 1, or without the ones named.",
)  # fmt: skip
def squeeze(x, *, axis=None):
    return np.squeeze(x, axis)


# -------------------------------------------------------------------------------------------- order
def _transpose_metadata(avals, metadata):
    (x,) = avals
    if metadata["axes"] is None:
        return {"axes": tuple(reversed(range(x.ndim)))}
    axes = tuple(axis_of("transpose", axis, x.ndim) for axis in metadata["axes"])
    if sorted(axes) != list(range(x.ndim)):
        raise ValueError(f"transpose: {axes} is no order of the axes of shape {tuple(x.shape)}")
    return {"axes": axes}


def inverse_order(axes):
    """The axes that undo `transpose(axes=axes)`."""
    return tuple(axes.index(i) for i in range(len(axes)))


@primitive(
    vjp=lambda ct, axes: transpose(ct, axes=inverse_order(axes)), linear=True,
    canonical=_transpose_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"axes": axes})
        for shape, axes in (((), None), ((4,), None), ((2, 3), None), ((2, 3, 4), (1, 2, 0)),
                            ((2, 3, 4), (-1, 0, 1)), ((0, 3), (1, 0)))],
    numpy=(np.transpose,), kernel="transpose",
    lift=lambda n, avals, metadata: {"axes": (0, *(i + 1 for i in metadata["axes"]))},
    doc="x with its axes in another order (reversed by default).",
)  # fmt: skip
def transpose(x, *, axes=None):
    return np.transpose(x, axes)


@primitive(
    vjp=lambda ct, axis1, axis2: swapaxes(ct, axis1=axis1, axis2=axis2), linear=True,
    canonical=lambda avals, metadata: {
        key: axis_of("swapaxes", axis, avals[0].ndim) for key, axis in metadata.items()},
    samples=lambda rng: [
        ((rng.normal(size=(2, 3, 4)),), {"axis1": 0, "axis2": -1}),
        ((rng.normal(size=(5,)),), {"axis1": 0, "axis2": 0})],
    lift=lift_axes("axis1", "axis2"),
    numpy=(np.swapaxes,), kernel="swapaxes", doc="x with two axes exchanged.",
)  # fmt: skip
def swapaxes(x, *, axis1, axis2):
    return np.swapaxes(x, axis1, axis2)


def _matrix_metadata(avals, metadata):
    if avals[0].ndim < 2:
        raise ValueError(f"matrix_transpose: x must have 2 axes or more, not {avals[0].ndim}")
    return metadata


@primitive(
    vjp=lambda ct: matrix_transpose(ct), linear=True, canonical=_matrix_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {}) for shape in ((2, 3), (4, 1, 5), (0, 3))],
    numpy=(*_numpy("matrix_transpose"), np.linalg.matrix_transpose),
    lift=lift_nothing,
    kernel="matrix_transpose",
    doc="x with its last two axes exchanged.",
)  # fmt: skip
def matrix_transpose(x):
    return np.swapaxes(x, -1, -2)


@primitive(
    vjp=lambda ct, axis: flip(ct, axis=axis), linear=True,
    canonical=lambda avals, metadata: {"axis": axes_of("flip", metadata["axis"], avals[0].ndim)},
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"axis": axis})
        for shape, axis in (((), None), ((5,), 0), ((2, 3), None), ((2, 3), (-1,)), ((0, 2), 0))],
    lift=lift_axes("axis"),
    numpy=(np.flip,), kernel="flip", doc="x with the order along axes (all by default) reversed.",
)  # fmt: skip
def flip(x, *, axis=None):
    return np.flip(x, axis)


# --------------------------------------------------------------------------------------- repetition
def _target_shape(op):
    """Canonical metadata of a row with a `shape` that x broadcasts to, or is a broadcast of."""

    def canonical(avals, metadata):
        shape, given = tuple(as_shape(metadata["shape"])), tuple(avals[0].shape)
        small, large = (given, shape) if op == "broadcast_to" else (shape, given)
        tail = large[len(large) - len(small) :]
        if len(small) > len(large) or any(
            m not in (1, n) for m, n in zip(small, tail, strict=True)
        ):
            raise ValueError(f"{op}: shape {small} does not broadcast to {large}")
        return {"shape": shape}

    return canonical


def sum_over(x, axis, keepdims=False):
    """np.sum of an ndarray over a tuple of axes; float16 is summed in float32."""
    if x.dtype == np.float16:
        return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=np.float32).astype(np.float16)
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


_SPREADS = (((), ()), ((), (2, 3)), ((1, 3), (2, 3)), ((3,), (2, 3)), ((2, 1, 1), (4, 2, 0, 3)),
            ((5,), (5,)))  # fmt: skip


@primitive(
    vjp=lambda ct, x_aval: sum_to(ct, shape=x_aval.shape), linear=True,
    canonical=_target_shape("broadcast_to"),
    samples=lambda rng: [((rng.normal(size=a),), {"shape": b}) for a, b in _SPREADS],
    numpy=(np.broadcast_to,), kernel="broadcast_to",
    lift=lift_shape,
    doc="x repeated along axes of size 1 and new leading axes.",
)  # fmt: skip
def broadcast_to(x, *, shape):
    return np.broadcast_to(x, shape)


@primitive(
    vjp=lambda ct, x_aval: broadcast_to(ct, shape=x_aval.shape), linear=True,
    canonical=_target_shape("sum_to"),
    samples=lambda rng: [((rng.normal(size=b),), {"shape": a}) for a, b in _SPREADS],
    kernel="sum_to",
    lift=lift_shape,
    doc="x summed down to a shape that broadcasts to its own: the transpose of broadcast_to.",
)  # fmt: skip
def sum_to(x, *, shape):
    lead = x.ndim - len(shape)
    axes = [i for i in range(x.ndim) if i < lead or (shape[i - lead] == 1 and x.shape[i] != 1)]
    return sum_over(x, tuple(axes)).reshape(shape)


def _tile_metadata(avals, metadata):
    multiples, ndim = tuple(as_shape(metadata["multiples"], "multiples")), avals[0].ndim
    if len(multiples) != ndim:
        raise ValueError(f"tile: {len(multiples)} multiples for {ndim} axes")
    return {"multiples": multiples}


def _untile(ct, x_aval, multiples):
    split = [n for pair in zip(multiples, x_aval.shape, strict=True) for n in pair]
    once = [n for size in x_aval.shape for n in (1, size)]
    return reshape(sum_to(reshape(ct, shape=split), shape=once), shape=x_aval.shape)


@primitive(
    vjp=_untile, linear=True, canonical=_tile_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"multiples": multiples})
        for shape, multiples in (((), ()), ((3,), (2,)), ((2, 3), (2, 1)), ((2, 3), (0, 4)))],
    lift=lambda n, avals, metadata: {"multiples": (1, *metadata["multiples"])},
    kernel="tile",
    doc="x repeated whole, so many times along each axis.",
)  # fmt: skip
def tile(x, *, multiples):
    return np.tile(x, multiples)


# -------------------------------------------------------------------------------------- join, split
def _listed(op, values):
    if len(values) == 0:
        raise ValueError(f"{op}: the list of arrays is empty")


def _concat_metadata(avals, metadata):
    _listed("concat", avals)
    first = tuple(avals[0].shape)
    axis = axis_of("concat", metadata["axis"], len(first))
    for other in avals[1:]:
        shape = tuple(other.shape)
        if (
            len(shape) != len(first)
            or shape[:axis] != first[:axis]
            or shape[axis + 1 :] != first[axis + 1 :]
        ):
            shapes = ", ".join(str(tuple(one.shape)) for one in avals[:8])
            raise ValueError(f"concat: shapes {shapes} differ outside axis {axis}")
    return {"axis": axis}


_last = (None, 0, ())  # the parts of the concat asked for last, its axis, and where each starts


def _starts(avals, axis):
    """Where each part of a concat starts: the rule is asked part by part, and adds up only once."""
    global _last
    known, known_axis, starts = _last
    if known is not avals or known_axis != axis:
        starts = [0, *itertools.accumulate(aval.shape[axis] for aval in avals)]
        _last = (avals, axis, starts)
    return starts


def _concat_part(ct, avals, i, axis):
    start, end = _starts(avals, axis)[i : i + 2]
    return getitem(ct, index=(*(slice(None),) * axis, slice(start, end)))


@primitive(
    vjp=_concat_part, linear=True, variadic=True, kernel="concat", canonical=_concat_metadata,
    samples=lambda rng: [
        (([rng.normal(size=shape) for shape in shapes],), {"axis": axis})
        for shapes, axis in ((((3,), (2,)), 0), (((2, 3), (2, 1), (2, 0)), -1), (((4, 2),), 0),
                             (((1, 2), (3, 2)), 0))],
    promotes=True,
    lift=lift_axes("axis"),
    doc="Arrays joined along an axis they have.",
)  # fmt: skip
def concat(values, *, axis=0):
    return np.concatenate(values, axis)


def _stack_metadata(avals, metadata):
    _listed("stack", avals)
    shapes = [tuple(one.shape) for one in avals]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"stack: shapes differ: {', '.join(map(str, shapes[:8]))}")
    return {"axis": axis_of("stack", metadata["axis"], avals[0].ndim + 1)}


@primitive(
    vjp=lambda ct, i, axis: getitem(ct, index=(*(slice(None),) * axis, i)), linear=True,
    variadic=True, kernel="stack", canonical=_stack_metadata,
    samples=lambda rng: [
        (([rng.normal(size=shape) for _ in range(n)],), {"axis": axis})
        for shape, n, axis in (((), 3, 0), ((2,), 2, -1), ((2, 3), 2, 1), ((0, 2), 1, 0))],
    numpy=(np.stack,), promotes=True,
    lift=lift_axes("axis"),
    doc="Arrays of one shape joined along a new axis.",
)  # fmt: skip
def stack(values, *, axis=0):
    return np.stack(values, axis)


def _split_metadata(avals, metadata):
    axis = axis_of("split", metadata["axis"], avals[0].ndim)
    length, sizes = avals[0].shape[axis], metadata["num_or_size_splits"]
    if hasattr(sizes, "__iter__") and getattr(sizes, "ndim", 1):
        sizes = [operator.index(size) for size in sizes]
        if sizes.count(-1) == 1:
            sizes[sizes.index(-1)] = length - sum(sizes) - 1
    else:
        number = operator.index(sizes)
        if number < 1 or length % number:
            raise ValueError(f"split: axis {axis} of size {length} does not divide into {number}")
        sizes = [length // number] * number
    if min(sizes, default=-1) < 0 or sum(sizes) != length:
        raise ValueError(f"split: sizes {sizes} do not add up to {length}, the size of axis {axis}")
    return {"num_or_size_splits": tuple(sizes), "axis": axis}


@primitive(
    vjp=lambda ct, axis: concat(ct, axis=axis), linear=True, many=True, canonical=_split_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"num_or_size_splits": sizes, "axis": axis})
        for shape, sizes, axis in (((6,), 3, 0), ((2, 5), [1, 4], 1), ((2, 5), (2, -1, 0), -1))],
    lift=lift_axes("axis"),
    kernel="split",
    doc="x cut along an axis, into so many equal parts or parts of given sizes.",
)  # fmt: skip
def split(x, *, num_or_size_splits, axis=0):
    ends = np.cumsum(num_or_size_splits)
    return np.split(x, ends[:-1], axis)


@primitive(
    vjp=lambda ct, axis: stack(ct, axis=axis), linear=True, many=True,
    canonical=lambda avals, metadata: {"axis": axis_of("unstack", metadata["axis"], avals[0].ndim)},
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"axis": axis})
        for shape, axis in (((3,), 0), ((2, 3), -1), ((2, 3, 4), 1))],
    lift=lift_axes("axis"),
    numpy=_numpy("unstack"), kernel="unstack", doc="The slices of x along an axis, without that axis.",
)  # fmt: skip
def unstack(x, *, axis=0):
    return list(np.moveaxis(x, axis, 0))


# -------------------------------------------------------------------------------------------- dtype
@primitive(
    vjp=lambda ct, x_aval: cast(ct, dtype=x_aval.dtype), linear=True, kernel="cast",
    canonical=lambda avals, metadata: {"dtype": as_dtype(metadata["dtype"])},
    samples=lambda rng: [
        ((3 * rng.normal(size=shape),), {"dtype": dtype})
        for shape, dtype in (((), np.float32), ((5,), np.float64), ((2, 3), np.float16),
                             ((4,), np.int32), ((0,), np.float32))],
    lift=lift_nothing,
    doc="x in another dtype, complex to real by its real part; integers pass no gradient on.",
)  # fmt: skip
def cast(x, *, dtype):
    if x.dtype.kind == "c" and not (dtype.is_complex or dtype.is_bool):
        x = x.real
    return x.astype(dtype.np_dtype)


def _parts(rng):
    for shape in ((), (5,), (2, 3), (0,)):
        yield (rng.normal(size=shape),), {}


@primitive(
    vjp=lambda ct, x_aval: cast(ct, dtype=x_aval.dtype), linear=True, samples=_parts,
    numpy=(np.real,), doc="The real part.",
)  # fmt: skip
def real(x):
    return x.real


@primitive(
    vjp=lambda ct, x_aval: ct * -1j if x_aval.dtype.is_complex else ct * 0, linear=True,
    samples=_parts, numpy=(np.imag,), doc="The imaginary part; 0 for real x.",
)  # fmt: skip
def imag(x):
    return x.imag


def in_dtype(x, dtype):
    """A Tensor in a dtype of NumPy's; as it is if it has that."""
    return x if x.dtype.np_dtype == dtype else cast(x, dtype=dtype)
