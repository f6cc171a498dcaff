"""Axes and orders: the rest of NumPy's chapter on array manipulation that keeps the elements.

Most are compositions of `reshape`, `transpose` and indexing. Each has NumPy's signature, and none
takes `out`: a Tensor is immutable.
"""

import math
import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import axis_of, broadcast_shape
from ._operands import beside, integers, sizing, tensor
from .indexing import getitem
from .scattering import setitem
from .shaping import broadcast_to, expand_dims, flip, reshape, transpose


def _tensors(values):
    return [tensor(value) for value in values]


def one_or_tuple(values):
    """What NumPy gives for one argument and for several."""
    return values[0] if len(values) == 1 else tuple(values)


def as_ints(op, name, value):
    """A tuple of ints from an int or a sequence of them."""
    return tuple(integers(op, name, value).reshape(-1).tolist())


def _pair(op, x, axis1, axis2):
    """Two different axes of x, as ints in [0, ndim)."""
    one, two = axis_of(op, axis1, x.ndim), axis_of(op, axis2, x.ndim)
    if one == two:
        raise ValueError(f"{op}: axis {axis1} and axis {axis2} are the same axis")
    return one, two


def axis_last(x, axis):
    """x with one axis (of [0, ndim)) moved to the end."""
    if axis == x.ndim - 1:
        return x
    return transpose(x, axes=(*(i for i in range(x.ndim) if i != axis), axis))


def axis_back(x, axis):
    """x with its last axis moved to `axis`: undoes `axis_last`."""
    if axis == x.ndim - 1:
        return x
    order = [*range(x.ndim - 1)]
    order.insert(axis, x.ndim - 1)
    return transpose(x, axes=order)


# ------------------------------------------------------------------------------------------ reshape
def _c_or_f(op, order):
    """True for Fortran's order. A Tensor lies in C order, so that A and K mean C."""
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"{op}: order must be 'C', 'F', 'A' or 'K', not {order!r}")
    return order == "F"


@composition(
    doc="The elements of a in one axis.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"order": order})
        for shape, order in (((2, 3), "C"), ((2, 3, 4), "F"), ((), "C"), ((0, 2), "K"))],
    numpy=(np.ravel,),
)  # fmt: skip
def ravel(a, order="C"):
    return reshape(transpose(a) if _c_or_f("ravel", order) else a, shape=(-1,))


def _ranks(rng):
    yield (rng.normal(size=()),), {}
    yield (rng.normal(size=3),), {}
    yield (rng.normal(size=(2, 3)), rng.normal(size=4)), {}
    yield (rng.normal(size=(2, 1, 3, 2)),), {}


def _at_least(a, ndim, shape):
    """a in a shape of so many axes, unless it has as many."""
    return a if a.ndim >= ndim else reshape(a, shape=shape)


@composition(doc="Each array with one axis or more.", samples=_ranks, numpy=(np.atleast_1d,))
def atleast_1d(*arys):
    return one_or_tuple([_at_least(tensor(a), 1, (1,)) for a in arys])


@composition(
    doc="Each array with two axes or more; new ones stand in front.", samples=_ranks,
    numpy=(np.atleast_2d,),
)  # fmt: skip
def atleast_2d(*arys):
    return one_or_tuple([_at_least(tensor(a), 2, (1, -1)) for a in arys])


@composition(
    doc="Each array with three axes or more: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1).",
    samples=_ranks, numpy=(np.atleast_3d,),
)  # fmt: skip
def atleast_3d(*arys):
    return one_or_tuple(
        [
            expand_dims(a, axis=2) if a.ndim == 2 else _at_least(a, 3, (1, -1, 1))
            for a in _tensors(arys)
        ]
    )


@composition(
    doc="The arrays, each broadcast to the shape of all together.",
    samples=lambda rng: [
        (tuple(rng.normal(size=shape) for shape in shapes), {})
        for shapes in (((3,), (2, 1)), ((), (4,)), ((2, 3),), ((0, 1), (3,)))],
    numpy=(np.broadcast_arrays,),
)  # fmt: skip
def broadcast_arrays(*args, subok=False):
    args = _tensors(args)
    shape = broadcast_shape("broadcast_arrays", *(tuple(a.shape) for a in args))
    return tuple(a if tuple(a.shape) == shape else broadcast_to(a, shape=shape) for a in args)


# --------------------------------------------------------------------------------------------- axes
@composition(
    doc="a with some axes moved to other places; the others keep their order.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"source": source, "destination": destination})
        for shape, source, destination in (((2, 3, 4), 0, -1), ((2, 3, 4), (0, 1), (-1, -2)),
                                           ((3,), 0, 0), ((2, 0, 3), 2, 0))],
    numpy=(np.moveaxis,),
)  # fmt: skip
def moveaxis(a, source, destination):
    a = tensor(a)
    places = []
    for name, axes in (("source", source), ("destination", destination)):
        axes = [axis_of("moveaxis", i, a.ndim) for i in as_ints("moveaxis", name, axes)]
        if len(set(axes)) < len(axes):
            raise ValueError(f"moveaxis: duplicate axis in {name}")
        places.append(axes)
    source, destination = places
    if len(source) != len(destination):
        raise ValueError(
            f"moveaxis: source names {len(source)} axes, destination {len(destination)}"
        )
    order = [i for i in range(a.ndim) if i not in source]
    for to, axis in sorted(zip(destination, source, strict=True)):
        order.insert(to, axis)
    return transpose(a, axes=order)


@composition(
    doc="a with one axis moved to stand before `start`.",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3, 4)),), {"axis": axis, "start": start})
        for axis, start in ((2, 0), (0, 3), (-1, 1))] + [((rng.normal(size=5),), {"axis": 0})],
    numpy=(np.rollaxis,),
)  # fmt: skip
def rollaxis(a, axis, start=0):
    a = tensor(a)
    axis, at = axis_of("rollaxis", axis, a.ndim), operator.index(start)
    at = axis_of("rollaxis", at, a.ndim + 1) if at >= 0 else axis_of("rollaxis", at, a.ndim)
    return moveaxis(a, axis, at - (axis < at))


# -------------------------------------------------------------------------------------------- order
@composition(
    doc="m with its columns (axis 1) reversed.",
    samples=lambda rng: [((rng.normal(size=shape),), {}) for shape in ((2, 3), (3, 1, 2), (0, 2))],
    numpy=(np.fliplr,),
)  # fmt: skip
def fliplr(m):
    m = tensor(m)
    if m.ndim < 2:
        raise ValueError(f"fliplr: m must have 2 axes or more, not {m.ndim}")
    return flip(m, axis=1)


@composition(
    doc="m with its rows (axis 0) reversed.",
    samples=lambda rng: [((rng.normal(size=shape),), {}) for shape in ((3,), (3, 2), (0, 2))],
    numpy=(np.flipud,),
)  # fmt: skip
def flipud(m):
    m = tensor(m)
    if m.ndim < 1:
        raise ValueError("flipud: m must have an axis")
    return flip(m, axis=0)


def _roll_metadata(avals, metadata):
    shift, axis = as_ints("roll", "shift", metadata["shift"]), metadata["axis"]
    if axis is None:
        return {"shift": (sum(shift),), "axis": None}
    axes = [axis_of("roll", i, avals[0].ndim) for i in as_ints("roll", "axis", axis)]
    if len(shift) != len(axes) and 1 not in (len(shift), len(axes)):
        raise ValueError(f"roll: {len(shift)} shifts for {len(axes)} axes")
    count = max(len(shift), len(axes))
    shift, axes = (one * count if len(one) == 1 else one for one in (shift, tuple(axes)))
    return {"shift": tuple(shift), "axis": tuple(axes)}


@primitive(
    vjp=lambda ct, shift, axis: roll(ct, shift=tuple(-n for n in shift), axis=axis), linear=True,
    canonical=_roll_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"shift": shift, "axis": axis})
        for shape, shift, axis in (((5,), 2, None), ((2, 3), 1, None), ((2, 3), (1, -1), (0, 1)),
                                   ((2, 3), 7, -1), ((2, 3), (1, 1), 1), ((0, 2), 1, 0), ((), 1, None))],
    numpy=(np.roll,),
    kernel="roll", canonical_first=True,
    doc="x shifted along axes, what leaves at one end enters at the other; flattened if no axis.",
)  # fmt: skip
def roll(x, *, shift, axis=None):
    return np.roll(x, shift[0] if axis is None else shift, axis)


@composition(
    doc="m rotated by k quarter turns in the plane of two axes.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"k": k, "axes": axes})
        for shape, k, axes in (((2, 3), 1, (0, 1)), ((2, 3), -2, (0, 1)), ((2, 3, 4), 3, (2, 0)),
                               ((2, 3), 4, (1, 0)), ((0, 2), 1, (0, 1)))],
    numpy=(np.rot90,),
)  # fmt: skip
def rot90(m, k=1, axes=(0, 1)):
    m, k = tensor(m), operator.index(k) % 4
    one, two = _pair("rot90", m, *axes)
    if k == 0:
        return m
    if k == 2:
        return flip(m, axis=(one, two))
    order = [{one: two, two: one}.get(i, i) for i in range(m.ndim)]
    turned = transpose(m if k == 3 else flip(m, axis=two), axes=order)
    return flip(turned, axis=two) if k == 3 else turned


# ---------------------------------------------------------------------------------------- triangles
def _triangle_metadata(op):
    def canonical(avals, metadata):
        if avals[0].ndim < 1:
            raise ValueError(f"{op}: x must have an axis")
        return {"k": operator.index(metadata["k"])}

    return canonical


def _triangles(rng):
    for shape, k in (((3, 4), 0), ((3, 3), 1), ((2, 4, 3), -1), ((0, 2), 0), ((3, 1), -1)):
        yield (rng.normal(size=shape),), {"k": k}


@primitive(
    vjp=lambda ct, k: tril(ct, k=k), linear=True, canonical=_triangle_metadata("tril"),
    samples=_triangles, numpy=(np.tril,),
    kernel="tril", canonical_first=True,
    doc="x on and below the k-th diagonal of its last two axes, 0 above.",
)  # fmt: skip
def tril(x, *, k=0):
    return np.where(np.tri(*x.shape[-2:], k=k, dtype=bool), x, np.zeros((), x.dtype))


@primitive(
    vjp=lambda ct, k: triu(ct, k=k), linear=True, canonical=_triangle_metadata("triu"),
    samples=_triangles, numpy=(np.triu,),
    kernel="triu", canonical_first=True,
    doc="x on and above the k-th diagonal of its last two axes, 0 below.",
)  # fmt: skip
def triu(x, *, k=0):
    return np.where(np.tri(*x.shape[-2:], k=k - 1, dtype=bool), np.zeros((), x.dtype), x)


# ---------------------------------------------------------------------------------------- diagonals
def _diagonal_size(shape, offset):
    """How many places a diagonal of a matrix has."""
    rows, columns = shape[-2:]
    return max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))


def _diag_metadata(avals, metadata):
    (a,) = avals
    if a.ndim < 2:
        raise ValueError(f"diag_part: a must have 2 axes or more, not {a.ndim}")
    return {"offset": operator.index(metadata["offset"])}


def _embed_metadata(avals, metadata):
    (a,) = avals
    if not a.ndim:
        raise ValueError("diag_embed: a diagonal has 1 axis or more, not 0")
    offset = operator.index(metadata["offset"])
    size = a.shape[-1] + abs(offset)
    shape = tuple(size if n is None else operator.index(n) for n in (metadata["shape"] or ()))
    shape = shape or (size, size)
    if len(shape) != 2 or _diagonal_size(shape, offset) != a.shape[-1]:
        raise ValueError(
            f"diag_embed: {a.shape[-1]} elements are not diagonal {offset} of a matrix {shape}"
        )
    return {"offset": offset, "shape": shape}


@primitive(
    vjp=lambda ct, a_aval, offset: diag_embed(ct, offset=offset, shape=tuple(a_aval.shape[-2:])),
    linear=True, canonical=_diag_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"offset": offset})
        for shape, offset in (((3, 3), 0), ((2, 4, 3), -1), ((3, 5), 3), ((1, 1), 0), ((0, 2), 0))],
    numpy=(np.linalg.diagonal,), kernel="diag_part", canonical_first=True,
    doc="A diagonal of matrices, as the last axis.",
)  # fmt: skip
def diag_part(a, *, offset=0):
    return np.diagonal(a, offset, -2, -1)


@primitive(
    vjp=lambda ct, offset: diag_part(ct, offset=offset), linear=True, canonical=_embed_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), metadata)
        for shape, metadata in (((3,), {}), ((2, 3), {"offset": -1}), ((0,), {}),
                                ((1, 2), {"offset": 1, "shape": (2, 4)}))],
    kernel="diag_embed", canonical_first=True,
    doc="Matrices with the last axis of a on a diagonal, and 0 elsewhere.",
)  # fmt: skip
def diag_embed(a, *, offset=0, shape=None):
    y = np.zeros((*a.shape[:-1], *shape), a.dtype)
    at = np.arange(a.shape[-1])
    y[..., at + max(-offset, 0), at + max(offset, 0)] = a
    return y


def matrices_of(a, one, two):
    """a with two axes, as those of matrices, at the end."""
    if (one, two) == (a.ndim - 2, a.ndim - 1):
        return a
    return transpose(a, axes=(*(i for i in range(a.ndim) if i not in (one, two)), one, two))


@composition(
    doc="A diagonal of the matrices that two axes make, as the last axis.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"offset": offset, "axis1": one, "axis2": two})
        for shape, offset, one, two in (((3, 4), 0, 0, 1), ((3, 4), 1, 0, 1), ((3, 2), -1, 0, 1),
                                        ((2, 3, 4), 0, -1, 0), ((3, 3), 5, 0, 1), ((0, 2), 0, 1, 0))],
    numpy=(np.diagonal,),
)  # fmt: skip
def diagonal(a, offset=0, axis1=0, axis2=1):
    a = tensor(a)
    if a.ndim < 2:
        raise ValueError(f"diagonal: a must have 2 axes or more, not {a.ndim}")
    return diag_part(matrices_of(a, *_pair("diagonal", a, axis1, axis2)), offset=offset)


@composition(
    doc="A matrix with v on its k-th diagonal; of a matrix, its k-th diagonal.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"k": k})
        for shape, k in (((3,), 0), ((2,), 1), ((2,), -2), ((2, 3), 1), ((0,), 1))],
    numpy=(np.diag,),
)  # fmt: skip
def diag(v, k=0):
    v, k = tensor(v), operator.index(k)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"diag: v must have 1 or 2 axes, not {v.ndim}")
    return diag_embed(v, offset=k)


@composition(
    doc="A matrix with the elements of v, flattened, on its k-th diagonal.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"k": k}) for shape, k in (((2, 2), 0), ((3,), -1), ((), 1))],
    numpy=(np.diagflat,),
)  # fmt: skip
def diagflat(v, k=0):
    return diag(ravel(v), k)


@composition(
    doc="a with val, repeated as needed, in the places (i, i, ...): a new array, unlike NumPy's.",
    samples=lambda rng: [
        ((rng.normal(size=shape), rng.normal(size=value)), {"wrap": wrap})
        for shape, value, wrap in (((3, 3), (), False), ((2, 4), (2,), False), ((7, 2), (), True),
                                   ((5, 3), (2,), False), ((2, 2, 2), (1,), False))],
)  # fmt: skip
def fill_diagonal(a, val, wrap=False):
    a = tensor(a)
    val = ravel(beside(val, a))
    if a.ndim < 2:
        raise ValueError(f"fill_diagonal: a must have 2 axes or more, not {a.ndim}")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ValueError(f"fill_diagonal: all axes of {tuple(a.shape)} must be of one size")
    step = sum(math.prod(a.shape[i + 1 :]) for i in range(a.ndim))
    end = a.size if wrap or a.ndim > 2 else a.shape[1] * a.shape[1]
    places = np.arange(0, min(end, a.size), step)
    if not val.size:
        return a
    val = getitem(val, index=np.arange(places.size) % val.size)
    return reshape(setitem(ravel(a), val, index=(places,)), shape=a.shape)


# -------------------------------------------------------------------------------------------- grids
def _ticks(rng):
    def some(*sizes, **metadata):
        return tuple(rng.normal(size=n) for n in sizes), metadata

    yield some(3, 2)
    yield some(3, 2, indexing="ij")
    yield some(2, 3, 4)
    yield some(2, 3, sparse=True)
    yield some(4)
    yield (rng.normal(size=()), rng.normal(size=0)), {}


@composition(
    doc="Coordinate arrays of a grid from the coordinates along each axis.", samples=_ticks,
    numpy=(np.meshgrid,),
)  # fmt: skip
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    ndim = len(xi)
    swap = {0: 1, 1: 0} if indexing == "xy" and ndim > 1 else {}
    grids = []
    for i, x in enumerate(_tensors(xi)):
        at = swap.get(i, i)
        grids.append(reshape(x, shape=[x.size if k == at else 1 for k in range(ndim)]))
    return tuple(grids) if sparse else broadcast_arrays(*grids)


@composition(
    doc="1-D sequences shaped so that they index a grid together; bools stand for places.",
    samples=lambda rng: [
        ((rng.integers(0, 4, size=3), rng.integers(0, 3, size=2)), {}),
        ((rng.random(5) < 0.5, rng.integers(0, 3, size=1)), {})],
    numpy=(np.ix_,),
)  # fmt: skip
def ix_(*args):
    found = []
    for k, x in enumerate(_tensors(args)):
        if x.ndim != 1:
            raise ValueError(f"ix_: sequence {k} has {x.ndim} axes, not 1")
        if x.dtype.is_bool:
            x = tensor(np.nonzero(sizing("ix_", f"sequence {k}", x))[0])
        found.append(reshape(x, shape=[x.size if i == k else 1 for i in range(len(args))]))
    return tuple(found)
