"""Linear algebra rows: products of matrices, their parts, and matrices made of parts.

Matrices are the last two axes of an array; axes before them are a batch.
"""

import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import axis_of, lift_nothing
from ._operands import tensor
from .arranging import diag_part, matrices_of
from .elementwise import conjugate
from .indexing import unindex
from .reductions import sum_
from .shaping import concat, expand_dims, reshape, sum_to


def _shape_of_product(op, a, b, transpose_a=False, transpose_b=False):
    """Check that two shapes multiply; ValueError says which and why."""

    def fail(why):
        flags = ", ".join(
            name for name, on in (("transpose_a", transpose_a), ("transpose_b", transpose_b)) if on
        )
        raise ValueError(f"{op}: shapes {a} and {b}{f' with {flags}' if flags else ''} {why}")

    if not a or not b:
        fail("do not multiply: both need one axis or more")
    if (transpose_a and len(a) < 2) or (transpose_b and len(b) < 2):
        fail("do not multiply: only a matrix can be transposed")
    left = a[-2] if transpose_a else a[-1]
    right = b[-1] if transpose_b or len(b) == 1 else b[-2]
    if left != right:
        fail(f"do not multiply: {left} columns meet {right} rows")
    if any(m != n and 1 not in (m, n) for m, n in zip(a[-3::-1], b[-3::-1], strict=False)):
        fail("do not multiply: the leading axes do not broadcast")


def _matmul_metadata(avals, metadata):
    flags = {name: bool(operator.truth(flag)) for name, flag in metadata.items()}
    _shape_of_product("matmul", *(tuple(aval.shape) for aval in avals), **flags)
    return flags


def _as_matrix(ct, a_ndim, b_ndim):
    """The cotangent with the axes of size 1 that a product with a vector leaves out."""
    if b_ndim == 1:
        ct = expand_dims(ct, axis=-1)
    if a_ndim == 1:
        ct = expand_dims(ct, axis=-2)
    return ct


def _fit(product, matrix_shape, shape):
    """Sum out broadcast leading axes, and drop the axis that made a vector a matrix."""
    if tuple(product.shape) != tuple(matrix_shape):
        product = sum_to(product, shape=matrix_shape)
    return product if len(matrix_shape) == len(shape) else reshape(product, shape=shape)


def _lifted_matmul(n, avals, metadata):
    a, b = (aval.ndim for aval in avals)
    return metadata if a == b > 1 else None  # else the first axes would not stand below each other


def _column(x):
    return expand_dims(x, axis=1)


def _matmul_left(ct, a_aval, b, transpose_a, transpose_b):
    if a_aval.ndim == b.ndim == 1:
        return ct * b
    if (a_aval.ndim, b.ndim) == (2, 1):
        return _column(b) * ct if transpose_a else _column(ct) * b
    if (a_aval.ndim, b.ndim) == (1, 2):
        return matmul(ct, b) if transpose_b else matmul(b, ct)
    ct = _as_matrix(ct, a_aval.ndim, b.ndim)
    b = expand_dims(b, axis=1) if b.ndim == 1 else b
    if transpose_a:
        product = matmul(b, ct, transpose_a=transpose_b, transpose_b=True)
    else:
        product = matmul(ct, b, transpose_b=not transpose_b)
    shape = a_aval.shape
    return _fit(product, (1, *shape) if a_aval.ndim == 1 else shape, shape)


def _matmul_right(ct, a, b_aval, transpose_a, transpose_b):
    if a.ndim == b_aval.ndim == 1:
        return ct * a
    if (a.ndim, b_aval.ndim) == (1, 2):
        return _column(ct) * a if transpose_b else _column(a) * ct
    if (a.ndim, b_aval.ndim) == (2, 1):
        return matmul(a, ct) if transpose_a else matmul(ct, a)
    ct = _as_matrix(ct, a.ndim, b_aval.ndim)
    a = expand_dims(a, axis=0) if a.ndim == 1 else a
    if transpose_b:
        product = matmul(ct, a, transpose_a=True, transpose_b=transpose_a)
    else:
        product = matmul(a, ct, transpose_a=not transpose_a)
    shape = b_aval.shape
    return _fit(product, (*shape, 1) if b_aval.ndim == 1 else shape, shape)


def _matmul_jvp(tangents, primals, y, **flags):
    (a_dot, b_dot), (a, b) = tangents, primals
    if b_dot is None:
        return matmul(a_dot, b, **flags)
    moved = matmul(a, b_dot, **flags)
    return moved if a_dot is None else matmul(a_dot, b, **flags) + moved


def _factors(rng):
    def pair(a, b, **flags):
        return (rng.normal(size=a), rng.normal(size=b)), flags

    yield pair((2, 3), (3, 4))
    yield pair((3, 2), (3, 4), transpose_a=True)
    yield pair((2, 3), (4, 3), transpose_b=True)
    yield pair((3, 2), (4, 3), transpose_a=True, transpose_b=True)
    yield pair((3,), (3,))
    yield pair((3,), (3, 4))
    yield pair((2, 3), (3,))
    yield pair((3,), (5, 3, 4))
    yield pair((5, 2, 3), (3,))
    yield pair((3,), (5, 4, 3), transpose_b=True)
    yield pair((5, 2, 3), (5, 3, 4))
    yield pair((5, 1, 3, 2), (2, 3, 4), transpose_a=True)
    yield pair((2, 3), (5, 4, 3), transpose_b=True)
    yield pair((1, 1), (1, 1))
    yield pair((17, 65), (65, 33))
    yield pair((2, 0), (0, 3))
    yield pair((0, 3), (3, 2))


@primitive(
    vjp=(_matmul_left, _matmul_right), jvp=_matmul_jvp, canonical=_matmul_metadata,
    samples=_factors, numpy=(np.matmul, np.linalg.matmul),
    kernel="matmul", promotes=True,
    lift=_lifted_matmul,
    doc="Product of matrices over the last two axes; leading axes broadcast, vectors as in NumPy.",
)  # fmt: skip
def matmul(a, b, *, transpose_a=False, transpose_b=False):
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    b = np.swapaxes(b, -1, -2) if transpose_b else b
    return np.matmul(a, b)


def _vectors(rng):
    yield (rng.normal(size=3), rng.normal(size=4)), {}
    yield (rng.normal(size=(2, 2)), rng.normal(size=())), {}
    yield (rng.normal(size=0), rng.normal(size=2)), {}


@composition(
    doc="Products of each element of a with each of b, as a matrix; both are flattened.",
    samples=_vectors, numpy=(np.outer,),
)  # fmt: skip
def outer(a, b):
    return reshape(a, shape=(-1, 1)) * reshape(b, shape=(1, -1))


# ------------------------------------------------------------------------------------- conjugation
def _matrices(op):
    """Canonical metadata of a row over matrices: ValueError for an array of less than two axes."""

    def canonical(avals, metadata):
        if avals[0].ndim < 2:
            raise ValueError(f"{op}: a matrix has 2 axes or more, not {avals[0].ndim}")
        return metadata

    return canonical


@primitive(
    vjp=lambda ct: adjoint(ct), linear=True, canonical=_matrices("adjoint"),
    samples=lambda rng: [
        ((rng.normal(size=shape),), {}) for shape in ((2, 3), (4, 1, 5), (0, 3))],
    lift=lift_nothing,
    kernel="adjoint",
    doc="Matrices transposed and conjugated.",
)  # fmt: skip
def adjoint(a):
    return np.conjugate(np.swapaxes(a, -1, -2))


def conj(x):
    """The conjugate of a complex Tensor; a real one itself."""
    return conjugate(x) if x.dtype.is_complex else x


# ------------------------------------------------------------------------------- bands, diagonals
def _band_metadata(avals, metadata):
    _matrices("band")(avals, metadata)
    return {name: k if k is None else operator.index(k) for name, k in metadata.items()}


@primitive(
    vjp=lambda ct, low, high: band(ct, low=low, high=high), linear=True,
    canonical=_band_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"low": low, "high": high})
        for shape, low, high in (((3, 3), None, 0), ((2, 4, 3), 1, None), ((3, 5), -1, 1),
                                 ((1, 1), None, None), ((0, 2), None, -1))],
    lift=lift_nothing,
    kernel="band", canonical_first=True,
    doc="Matrices with 0 outside the diagonals low to high (None: no bound); 0 is the main one.",
)  # fmt: skip
def band(a, *, low=None, high=None):
    rows, columns = a.shape[-2:]
    inside = np.ones((rows, columns), bool) if high is None else np.tri(rows, columns, high, bool)
    if low is not None:
        inside &= ~np.tri(rows, columns, low - 1, bool)
    return np.where(inside, a, np.zeros((), a.dtype))


def _traced(rng):
    yield (rng.normal(size=(3, 3)),), {}
    yield (rng.normal(size=(2, 3, 4)),), {"offset": 1, "axis1": -1, "axis2": 0}
    yield (rng.normal(size=(1, 0)),), {}


@composition(
    doc="Sum of a diagonal of the matrices that two axes make.", samples=_traced,
    numpy=(np.trace,),
)  # fmt: skip
def trace(a, offset=0, axis1=0, axis2=1):
    a = tensor(a)
    first, second = (axis_of("trace", axis, a.ndim) for axis in (axis1, axis2))
    if first == second:
        raise ValueError(f"trace: axis1 and axis2 are both axis {first}")
    return sum_(diag_part(matrices_of(a, first, second), offset=offset), axis=-1)


@composition(
    doc="Sum of a diagonal of matrices, the last two axes.",
    samples=lambda rng: [((rng.normal(size=(2, 3, 3)),), {}), ((rng.normal(size=(3, 4)),), {"offset": 1})],
    numpy=(np.linalg.trace,),
)  # fmt: skip
def linalg_trace(x, offset=0):
    return sum_(diag_part(x, offset=offset), axis=-1)


# ---------------------------------------------------------------------------------------- products
def _chain(rng):
    yield ([rng.normal(size=3), rng.normal(size=(3, 2)), rng.normal(size=(2, 4))],), {}
    yield ([rng.normal(size=shape) for shape in ((2, 5), (5, 1), (1, 3), (3,))],), {}
    yield ([rng.normal(size=(1, 2)), rng.normal(size=(2, 1))],), {}


def _best_splits(sizes):
    """Where to split each stretch of a product of matrices of sizes (sizes[i], sizes[i + 1])."""
    n = len(sizes) - 1
    cost, split = {(i, i): 0 for i in range(n)}, {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return split


@composition(
    doc="Product of two or more matrices in the cheapest order; first and last may be vectors.",
    samples=_chain, numpy=(np.linalg.multi_dot,),
)  # fmt: skip
def multi_dot(arrays):
    if len(arrays) < 2:
        raise ValueError(f"multi_dot: expected 2 arrays or more, not {len(arrays)}")
    arrays = [tensor(one) for one in arrays]
    shapes = [tuple(one.shape) for one in arrays]
    first, last = len(shapes[0]) == 1, len(shapes[-1]) == 1
    shapes[0] = (1, *shapes[0]) if first else shapes[0]
    shapes[-1] = (*shapes[-1], 1) if last else shapes[-1]
    if any(len(shape) != 2 for shape in shapes):
        raise np.linalg.LinAlgError(f"multi_dot: shapes {shapes} are not all of matrices")
    split = _best_splits([shape[0] for shape in shapes] + [shapes[-1][1]])

    def product(i, j):
        if i == j:
            return reshape(arrays[i], shape=shapes[i])
        k = split[i, j]
        return matmul(product(i, k), product(k + 1, j))

    y = product(0, len(arrays) - 1)
    return reshape(y, shape=(() if first else y.shape[:1]) + (() if last else y.shape[1:]))


# ------------------------------------------------------------------------------------ made of parts
def _blocks(rng):
    yield (rng.normal(size=(2, 2)), rng.normal(size=(1, 3))), {}
    yield (rng.normal(size=3), rng.normal(size=()), rng.normal(size=(2, 0))), {}


@composition(
    doc="A matrix with the given ones along its diagonal and 0 elsewhere; vectors are rows.",
    samples=_blocks,
)  # fmt: skip
def block_diag(*arrays):
    arrays = [tensor(one) for one in arrays]
    shapes = [tuple(one.shape) for one in arrays]
    if any(len(shape) > 2 for shape in shapes):
        raise ValueError(f"block_diag: shapes {shapes} are not all of matrices")
    shapes = [((1, 1) + shape)[-2:] for shape in shapes]
    columns, start, rows = sum(shape[1] for shape in shapes), 0, []
    for one, shape in zip(arrays, shapes, strict=True):
        place = (slice(None), slice(start, start + shape[1]))
        rows.append(unindex(reshape(one, shape=shape), shape=(shape[0], columns), index=place))
        start += shape[1]
    return concat(rows, axis=0)


def _borders(rng):
    yield (rng.normal(size=3),), {}
    yield (rng.normal(size=3), rng.normal(size=4)), {}
    yield (rng.normal(size=1), rng.normal(size=2)), {}


@composition(
    doc="The matrix of constant diagonals with first column c and first row r, but for r[0].",
    samples=_borders,
)  # fmt: skip
def toeplitz(c, r=None):
    c = tensor(c)
    r = conj(c) if r is None else tensor(r)
    if c.ndim != 1 or r.ndim != 1:
        raise ValueError(f"toeplitz: c and r have {c.ndim} and {r.ndim} axes, not 1")
    rows, columns = c.shape[0], r.shape[0]
    border = concat([c[::-1], r[1:]], axis=0)
    return border[np.arange(rows - 1, -1, -1)[:, None] + np.arange(columns)]
