"""Norms of vectors along axes and of matrices, and condition numbers, which are quotients of norms.

Norms are scaled where squares or powers would overflow or vanish, and have gradient 0 at 0.
"""

import numpy as np

from .._rules import composition, primitive
from ._metadata import axis_of, check_real
from ._operands import tensor
from .decompositions import check_matrix, spread_values, svdvals
from .elementwise import absolute, isnan, scale, sign, where
from .reductions import (
    _count,
    _kept,
    _narrow,
    _over_axes,
    _wide,
    beside,
    max_,
    min_,
    roots_are_safe,
    spread,
    sum_,
)
from .shaping import cast, reshape, squeeze, sum_over, transpose
from .solving import LinAlgError, check_square, inv


def _squeezed(y, axis, keepdims):
    return y if keepdims else np.squeeze(y, axis)


def _vectors(rng):
    yield (rng.normal(size=()),), {}
    yield (rng.normal(size=7),), {}
    yield (rng.normal(size=(3, 4)),), {"axis": -1, "keepdims": True}
    yield (rng.normal(size=(2, 3, 4)),), {"axis": (0, -1)}
    yield (rng.normal(size=(1, 1)),), {"axis": 0}
    yield (np.zeros((0, 2)),), {"axis": 0}


# ---------------------------------------------------------------------------------------- Euclidean
def _euclidean_metadata(avals, metadata):
    check_real("euclidean_norm", avals[0], "take fg.math.abs of them first")
    return _over_axes("euclidean_norm")(avals, metadata)


def _direction(x, y, axis):
    """x / y, and 0 where y is 0."""
    y = reshape(y, shape=_kept(x.shape, axis))
    return where(y == 0, 0, x / y)


def _euclidean_vjp(ct, x, y, axis, keepdims):
    ct = beside(where(y == 0, 0, ct), x.shape, axis, keepdims)
    return scale(ct, x / reshape(where(y == 0, 1, y), shape=_kept(x.shape, axis)))


@primitive(
    vjp=_euclidean_vjp,
    jvp=lambda tangents, primals, y, axis, keepdims: sum_(
        scale(tangents[0], _direction(primals[0], y, axis)), axis=axis, keepdims=keepdims),
    canonical=_euclidean_metadata, samples=_vectors, kernel="euclidean_norm",
    doc="Root of the sum of squares over axes, without overflow; gradient 0 at 0.",
)  # fmt: skip
def euclidean_norm(x, *, axis=None, keepdims=False):
    wide = _wide(x)
    kept = x.ndim - len(axis)
    if axis == tuple(range(kept, x.ndim)):
        rows = wide.reshape(*x.shape[:kept], _count(x.shape, axis))
        shape = _kept(x.shape, axis) if keepdims else x.shape[:kept]
        y = np.sqrt(np.vecdot(rows, rows)).reshape(shape)
    else:
        y = np.sqrt(sum_over(wide * wide, axis, keepdims))
    if not roots_are_safe(y):
        largest = np.max(np.abs(wide), axis=axis, keepdims=True, initial=0)
        unit = np.where((largest > 0) & (largest < np.inf), largest, 1)
        small = wide / unit
        y = np.sqrt(sum_over(small * small, axis, True)) * unit
        y = _squeezed(y, axis, keepdims)
    return _narrow(y, x)


# ------------------------------------------------------------------------------------------- powers
def _p_metadata(avals, metadata):
    check_real("p_norm", avals[0], "take fg.math.abs of them first")
    p = float(metadata["p"])
    if not np.isfinite(p) or p == 0:
        raise ValueError(f"p_norm: p must be finite and not 0, got {p}")
    return {**_over_axes("p_norm")(avals, metadata), "p": p}


def _p_direction(x, y, p, axis):
    """sign(x) (|x| / y)**(p - 1), the derivative of the norm; 0 where x or y is."""
    y = reshape(y, shape=_kept(x.shape, axis))
    steep = sign(x) * (absolute(x) / y) ** (p - 1)
    return where((x == 0) | (y == 0), 0, steep)


@primitive(
    vjp=lambda ct, x, y, axis, keepdims, p: scale(
        spread(ct, x.shape, axis, keepdims), _p_direction(x, y, p, axis)),
    jvp=lambda tangents, primals, y, axis, keepdims, p: sum_(
        scale(tangents[0], _p_direction(primals[0], y, p, axis)), axis=axis, keepdims=keepdims),
    canonical=_p_metadata,
    samples=lambda rng: [
        ((x + np.copysign(0.3, x),), {**metadata, "p": p}) for p in (3.0, 1.5, 0.5, -1.0)
        for (x,), metadata in _vectors(rng)],
    doc="(sum |x|**p)**(1/p) over axes, without overflow; gradient 0 at 0.",
)  # fmt: skip
def p_norm(x, *, axis=None, keepdims=False, p=2.0):
    size = np.abs(_wide(x))
    # The element that weighs most is scaled to 1: the largest, or for p < 0 the smallest.
    pick, start = (np.max, 0) if p > 0 else (np.min, np.inf)
    unit = pick(size, axis=axis, keepdims=True, initial=start)
    unit = np.where((unit > 0) & (unit < np.inf), unit, 1)
    y = sum_over((size / unit) ** p, axis, True) ** (1 / p) * unit
    return _narrow(_squeezed(y, axis, keepdims), x)


# ---------------------------------------------------------------------------------------- all orders
def _floating(x):
    """x as a real floating Tensor: norms see the size of a complex number only."""
    x = tensor(x)
    if x.dtype.is_complex:
        return absolute(x)
    return x if x.dtype.is_floating else cast(x, dtype=np.float64)


def _vector_norm(op, x, ord, axis, keepdims):
    if isinstance(ord, str):
        raise ValueError(f"{op}: order {ord!r} is none of a vector: it takes a matrix, or two axes")
    if ord == 2:
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if ord == np.inf:
        return max_(absolute(x), axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return min_(absolute(x), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum_(absolute(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        ones = where(isnan(x), 1, absolute(sign(x)))  # a count, which has the gradient 0 of a sign
        return sum_(ones, axis=axis, keepdims=keepdims)
    return p_norm(x, axis=axis, keepdims=keepdims, p=ord)


@composition(
    doc="Norm of vectors over axes, of any order: 2, 1, inf, -inf, 0 (a count) or another number.",
    samples=lambda rng: [
        ((rng.choice([-1, 1], shape) * rng.uniform(0.4, 2, shape),),
         {"axis": axis, "keepdims": keep, "ord": order})
        for order in (2, 1, np.inf, -np.inf, 0, 3, 0.5)
        for shape, axis, keep in (((4,), None, False), ((2, 3), -1, True), ((2, 3, 2), (0, 2), False))],
    numpy=(np.linalg.vector_norm,), scaled=True,
)  # fmt: skip
def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    return _vector_norm("vector_norm", _floating(x), ord, axis, keepdims)


_SPECTRAL = {"nuc": sum_, 2: max_, -2: min_}  # what is made of singular values


def _matrix_norm(x, ord, rows, columns, keepdims):
    if ord in ("fro", "f"):
        return euclidean_norm(absolute(x), axis=(rows, columns), keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        summed, picked = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = sum_(absolute(x), axis=summed, keepdims=True)
        y = (max_ if ord > 0 else min_)(sums, axis=picked, keepdims=True)
        return y if keepdims else squeeze(y, axis=(rows, columns))
    if ord not in _SPECTRAL:
        raise ValueError(f"norm: order {ord!r} is none of a matrix")
    order = (*(i for i in range(x.ndim) if i not in (rows, columns)), rows, columns)
    y = _SPECTRAL[ord](svdvals(transpose(x, axes=order)), axis=-1)
    return reshape(y, shape=_kept(x.shape, (rows, columns))) if keepdims else y


def _normed(rng):
    orders = ("fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)
    for a, order in zip(
        spread_values(rng, ((3, 2), (2, 3), (2, 2, 2), (3, 3)) * 2), orders, strict=True
    ):
        yield (a,), {"ord": order, "keepdims": a.ndim == 3}


@composition(
    doc="Norm of matrices: 'fro', 'nuc', 2, -2 (singular values), 1, -1, inf, -inf (sums of |x|).",
    samples=_normed, numpy=(np.linalg.matrix_norm,), scaled=True,
)  # fmt: skip
def matrix_norm(x, *, keepdims=False, ord="fro"):
    x = tensor(x)
    check_matrix("matrix_norm", x)
    return _matrix_norm(x, ord, x.ndim - 2, x.ndim - 1, keepdims)


@composition(
    doc="Condition of matrices: norm times norm of the inverse, 2-norm by default.",
    samples=lambda rng: [
        ((a,), {"p": p})
        for a, p in zip(spread_values(rng, ((3, 2), (2, 2), (2, 3, 3), (2, 2))),
                        (None, -2, 1, "fro"), strict=True)],
    numpy=(np.linalg.cond,),
)  # fmt: skip
def cond(x, p=None):
    x = tensor(x)
    if p in (None, 2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    check_square("cond", x)
    try:
        return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
    except LinAlgError:
        if x.ndim > 2:
            raise
        return matrix_norm(x, ord=p) * np.inf


@composition(
    doc="Norm of vectors along one axis or of matrices in two; all of x as a vector without either.",
    samples=lambda rng: [
        ((rng.choice([-1, 1], shape) * rng.uniform(0.4, 2, shape),),
         {"ord": order, "axis": axis, "keepdims": keep})
        for shape, order, axis, keep in (
            ((2, 3), None, None, False), ((2, 3, 2), None, None, True), ((4,), 3, None, False),
            ((2, 3), "fro", None, True), ((2, 3), 1, None, False), ((2, 3, 2), np.inf, (2, 0), False),
            ((2, 3), -1, None, False), ((2, 3), -np.inf, (0, 1), True), ((3, 2), 1, 0, False),
            ((3, 2), None, -1, False), ((2, 2, 2), None, (0, 2), True), ((2, 3), 2, None, True),
            ((2, 3, 2), "nuc", (2, 0), False))],
    numpy=(np.linalg.norm,), scaled=True,
)  # fmt: skip
def norm(x, ord=None, axis=None, keepdims=False):
    x = tensor(x)
    axes = 2 if axis is None and x.ndim == 2 else np.size(axis)
    if axes != 2 or ord not in _SPECTRAL:  # which see more than sizes
        x = _floating(x)
    if axis is None and (ord is None or x.ndim == 1):
        return _vector_norm("norm", x, 2 if ord is None else ord, None, keepdims)
    if axis is None and x.ndim != 2:
        raise ValueError(
            f"norm: order {ord!r} needs a vector, a matrix or an axis; x has {x.ndim} axes"
        )
    axes = (0, 1) if axis is None else tuple(axis) if hasattr(axis, "__iter__") else (axis,)
    axes = tuple(axis_of("norm", i, x.ndim) for i in axes)
    if len(axes) == 1:
        return _vector_norm("norm", x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"norm: axis must be one axis or two different ones, not {axis}")
    if ord is None:
        return euclidean_norm(x, axis=axes, keepdims=keepdims)
    return _matrix_norm(x, ord, *axes, keepdims)
