"""Linear algebra as TensorFlow calls them: other arguments, defaults and results than the rows'.

Matrices are the last two axes; axes before them are a batch. `adjoint=True` means the conjugate
transpose of the matrix. What cannot be solved raises numpy.linalg.LinAlgError (a ValueError).
"""

import math
import operator

import numpy as np

from . import primitives
from .conventions import norm
from .ops._metadata import dtype_of
from .ops._operands import tensor


# ------------------------------------------------------------------------------------------- parts
def band_part(input, num_lower, num_upper, name=None):
    """Matrices with 0 outside a band: so many diagonals below and above the main one (-1: all).

    >>> fg.linalg.band_part([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 0).numpy()
    array([[1, 0, 0],
           [4, 5, 0],
           [0, 8, 9]], dtype=int32)
    """
    lower, upper = operator.index(num_lower), operator.index(num_upper)
    return primitives.band(
        input, low=None if lower < 0 else -lower, high=None if upper < 0 else upper
    )


def _one_diagonal(op, k):
    try:
        return operator.index(k)
    except TypeError:
        raise TypeError(f"{op}: k must be an int: ranges of diagonals are not supported") from None


def diag(diagonal, k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT", name=None):
    """Matrices with the last axis of `diagonal` on their k-th diagonal, `padding_value` elsewhere.

    num_rows, num_cols: the size of the matrices; by default the least that fits, square if
        neither is given.
    Raises ValueError if the diagonal does not fit. `align` has no meaning for one diagonal.

    >>> fg.linalg.diag([1.0, 2.0]).numpy()
    array([[1., 0.],
           [0., 2.]], dtype=float32)
    """
    diagonal, k = tensor(diagonal), _one_diagonal("diag", k)
    length, square = diagonal.shape[-1], num_rows == num_cols == -1
    shape = (
        length + max(-k, 0, square * k) if num_rows == -1 else operator.index(num_rows),
        length + max(k, 0, square * -k) if num_cols == -1 else operator.index(num_cols),
    )
    y = primitives.diag_embed(diagonal, offset=k, shape=shape)
    if isinstance(padding_value, (int, float)) and padding_value == 0:
        return y
    here = primitives.diag_embed(
        primitives.cast(diagonal * 0 + 1, dtype=bool), offset=k, shape=shape
    )
    return primitives.where(here, y, padding_value)


def diag_part(input, k=0, padding_value=0, align="RIGHT_LEFT", name=None):
    """The k-th diagonal of matrices, as the last axis.

    >>> fg.linalg.diag_part([[1.0, 2.0], [3.0, 4.0]]).numpy()
    array([1., 4.], dtype=float32)
    """
    return primitives.diag_part(input, offset=_one_diagonal("diag_part", k))


def set_diag(input, diagonal, k=0, align="RIGHT_LEFT", name=None):
    """Matrices with their k-th diagonal replaced.

    >>> fg.linalg.set_diag([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0]).numpy()
    array([[0., 2.],
           [3., 0.]], dtype=float32)
    """
    input, diagonal, k = tensor(input), tensor(diagonal), _one_diagonal("set_diag", k)
    shape = tuple(input.shape)
    y = primitives.diag_embed(diagonal, offset=k, shape=shape[-2:])
    return primitives.where(np.eye(*shape[-2:], k, dtype=bool), y, input)


def tensor_diag(diagonal, name=None):
    """A tensor of twice as many axes, with `diagonal` where both halves of an index agree.

    >>> fg.linalg.tensor_diag([1, 2]).numpy()
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    diagonal = tensor(diagonal)
    flat = primitives.diag_embed(primitives.reshape(diagonal, shape=(-1,)))
    return primitives.reshape(flat, shape=tuple(diagonal.shape) * 2)


def tensor_diag_part(input, name=None):
    """The part of a tensor where both halves of an index agree: the inverse of `tensor_diag`."""
    input = tensor(input)
    half = tuple(input.shape)[: input.ndim // 2]
    if half * 2 != tuple(input.shape):
        raise ValueError(f"tensor_diag_part: shape {tuple(input.shape)} is not one shape twice")
    size = math.prod(half)
    part = primitives.diag_part(primitives.reshape(input, shape=(size, size)))
    return primitives.reshape(part, shape=half)


def trace(x, name=None):
    """The sum of the main diagonal of matrices."""
    return primitives.linalg_trace(x)


def matvec(a, b, transpose_a=False, adjoint_a=False, name=None):
    """Products of matrices [..., m, n] with vectors [..., n].

    >>> fg.linalg.matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0]).numpy()
    array([3., 7.], dtype=float32)
    """
    a = primitives.adjoint(a) if adjoint_a else a
    columns = primitives.expand_dims(b, axis=-1)
    return primitives.squeeze(primitives.matmul(a, columns, transpose_a=transpose_a), axis=-1)


# ----------------------------------------------------------------------------------------- systems
def inv(input, adjoint=False, name=None):
    """Inverse of square matrices, or of their adjoints.

    >>> fg.linalg.inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    y = primitives.inv(input)
    return primitives.adjoint(y) if adjoint else y


def solve(matrix, rhs, adjoint=False, name=None):
    """x with matrix @ x = rhs, for rhs of shape [..., n, k].

    >>> fg.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [2.0]]).numpy()
    array([[1. ],
           [0.5]], dtype=float32)
    """
    return primitives.solve(primitives.adjoint(matrix) if adjoint else matrix, rhs)


def triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """x with matrix @ x = rhs, for rhs of shape [..., n, k], reading one triangle of `matrix`."""
    matrix = tensor(matrix)
    if adjoint and matrix.dtype.is_complex:
        matrix = primitives.conjugate(matrix)
    return primitives.solve_triangular(matrix, rhs, lower=lower, transpose=adjoint)


def lstsq(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """x with the least |matrix @ x - rhs|^2 + l2_regularizer |x|^2, for rhs of shape [..., m, k].

    Without a regularizer, x is the shortest of those. `fast` changes nothing but with a regularizer.

    >>> fg.linalg.lstsq([[1.0], [1.0]], [[1.0], [3.0]]).numpy().round(3)
    array([[2.]], dtype=float32)
    """
    matrix, rhs = tensor(matrix), tensor(rhs)
    if not l2_regularizer:
        return primitives.matmul(primitives.pinv(matrix), rhs)
    back = primitives.adjoint(matrix)
    rows, columns = matrix.shape[-2:]
    eye = np.eye(min(rows, columns), dtype=dtype_of(matrix.dtype)) * l2_regularizer
    if rows >= columns:
        return primitives.solve(back @ matrix + eye, back @ rhs)
    return back @ primitives.solve(matrix @ back + eye, rhs)


def pinv(a, rcond=None, validate_args=False, name=None):
    """Pseudo-inverse of matrices; singular values below `rcond` times the largest count as 0."""
    a = tensor(a)
    if rcond is None:
        rcond = 10 * max(a.shape[-2:]) * float(np.finfo(dtype_of(a.dtype)).eps)
    return primitives.pinv(a, rcond=rcond)


def matrix_rank(a, tol=None, validate_args=False, name=None):
    """Number of singular values of matrices above `tol`."""
    return primitives.cast(primitives.matrix_rank(a, tol=tol), dtype=np.int32)


# ---------------------------------------------------------------------------------- decompositions
def slogdet(input, name=None):
    """(sign, logarithm of the absolute value) of the determinant of matrices.

    >>> [float(y) for y in fg.linalg.slogdet([[1.0, 0.0], [0.0, -1.0]])]
    [-1.0, 0.0]
    """
    return tuple(primitives.sign_and_logdet(input))


def qr(input, full_matrices=False, name=None):
    """(q, r): orthonormal columns and an upper triangle with q @ r = input.

    full_matrices: complete q to a square; the vectors that do so have no gradient (NaN).
    """
    return tuple(primitives.qr_factors(input, mode="complete" if full_matrices else "reduced"))


def lu(input, name=None):
    """(l and u packed into one, p): l @ u is the rows p of `input`, l having ones on its diagonal.

    Needs SciPy (ModuleNotFoundError): pip install 'fastgrad[scipy]'.
    """
    packed, p = primitives.lu_packed(input)
    return packed, primitives.cast(p, dtype=np.int32)


def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """(s, u, v): singular values, descending, with u @ diag(s) @ adjoint(v) = tensor; s alone without uv.

    Vectors of equal values, and those that only complete a basis (full_matrices), have no gradient:
    infinity or NaN.

    >>> fg.linalg.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).numpy()
    array([4., 3.], dtype=float32)
    """
    if not compute_uv:
        return primitives.svdvals(tensor)
    u, s, vh = primitives.svd_factors(tensor, full_matrices=full_matrices)
    return s, u, primitives.adjoint(vh)


def eigh(tensor, name=None):
    """(values, ascending; vectors as columns) of hermitian matrices, whose lower triangle is read.

    Vectors of equal values have no gradient: infinity or NaN.
    """
    return tuple(primitives.eigh_pairs(tensor))


def _complex(x):
    if x.dtype.is_complex:
        return x
    return primitives.cast(x, dtype=np.result_type(dtype_of(x.dtype), np.complex64))


def eig(tensor, name=None):
    """(values, vectors as columns) of square matrices, complex, in no particular order."""
    return tuple(_complex(part) for part in primitives.eig_pairs(tensor))


def eigvals(tensor, name=None):
    """Eigenvalues of square matrices, complex, in no particular order."""
    return _complex(primitives.eigvals(tensor))


# ------------------------------------------------------------------------------------------- norms
def l2_normalize(x, axis=None, epsilon=1e-12, name=None):
    """x over the root of its sum of squares along `axis` (all by default), which is at least epsilon.

    >>> fg.linalg.l2_normalize([3.0, 4.0]).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    x = tensor(x)
    size = primitives.absolute(x) if x.dtype.is_complex else x
    total = primitives.sum(size * size, axis=axis, keepdims=True)
    return x * primitives.rsqrt(primitives.maximum(total, epsilon))


def normalize(tensor, ord="euclidean", axis=None, name=None):
    """(tensor over its norm, the norm with the axes kept): see `fg.norm`.

    >>> fg.linalg.normalize([3.0, 4.0])[0].numpy()
    array([0.6, 0.8], dtype=float32)
    """
    size = norm(tensor, ord, axis, True)
    return tensor / size, size


def global_norm(t_list, name=None):
    """The root of the sum of squares of all elements of a list of tensors; None counts as empty.

    >>> float(fg.linalg.global_norm([[3.0], [[4.0]]]))
    5.0
    """
    if hasattr(t_list, "shape") or not hasattr(t_list, "__iter__"):
        raise TypeError("global_norm: t_list must be a list of tensors")
    flat = [primitives.reshape(t, shape=(-1,)) for t in t_list if t is not None]
    if not flat:
        raise ValueError("global_norm: t_list is empty")
    row = primitives.expand_dims(primitives.concat(flat), axis=0)
    return primitives.matrix_norm(row)
