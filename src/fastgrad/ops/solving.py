"""Rows that solve linear systems: inverses, triangles, Cholesky factors, determinants.

LAPACK is NumPy's. A matrix that is singular, or not positive definite, raises `LinAlgError`. float16 is
computed in float32.

Rules are plain transposes of what a change of the arguments does to the result (no conjugate), but
for rows over hermitian matrices, whose rules conjugate at both ends.
"""

import math
import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import dtype_of
from ._operands import tensor
from .arranging import diag_part
from .elementwise import log
from .linalg import adjoint, band, conj, linalg_trace, matmul
from .reductions import sum_
from .shaping import concat, expand_dims, imag, matrix_transpose, real, reshape, sum_to, transpose

LinAlgError = np.linalg.LinAlgError


# ------------------------------------------------------------------------------------------ helpers
def lapack(function, *arrays):
    """function(*arrays), by way of float32 for float16, which LAPACK lacks."""
    if arrays[0].dtype != np.float16:
        return function(*arrays)
    y = function(*(x.astype(np.float32) for x in arrays))
    return [halved(part) for part in y] if isinstance(y, (tuple, list)) else halved(y)


def scipy_linalg(op):
    """SciPy's linear algebra, imported when it is first needed. ModuleNotFoundError if it is missing."""
    try:
        return __import__("scipy.linalg", fromlist=["linalg"])
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{op} is SciPy's, which is not installed: pip install 'fastgrad[scipy]'",
            name=error.name,
        ) from None


def halved(y):
    """float16 of float32, other arrays as they are."""
    return y.astype(np.float16) if y.dtype == np.float32 else y


def checked(check, op):
    """Canonical metadata of a row whose first argument must pass a check."""

    def canonical(avals, metadata):
        check(op, avals[0])
        return metadata

    return canonical


def squares(op):
    """Canonical metadata of a row over square matrices."""
    return checked(check_square, op)


def check_square(op, aval):
    """LinAlgError unless the last two axes of an array are a square."""
    if aval.ndim < 2 or aval.shape[-1] != aval.shape[-2]:
        raise LinAlgError(f"{op}: shape {tuple(aval.shape)} is not of square matrices (..., n, n)")


def numbers_as_matrices(x):
    """Numbers (...) as matrices (..., 1, 1), which scale other matrices."""
    return expand_dims(expand_dims(x, axis=-1), axis=-1)


def hermitian_part(a):
    """(a + its adjoint) / 2."""
    return (a + adjoint(a)) / 2


def _regular(rng, shapes=((3, 3), (2, 2, 2), (1, 1), (0, 0), (2, 0, 0))):
    """Matrices with singular values between about 0.5 and 4."""
    for shape in shapes:
        yield rng.uniform(-0.5, 0.5, size=shape) + 2 * np.eye(shape[-1])[::-1]


def _positive(rng, shapes=((3, 3), (2, 2, 2), (1, 1), (5, 5), (0, 0))):
    """Symmetric matrices with eigenvalues from 1 up."""
    for shape in shapes:
        x = rng.uniform(-1, 1, size=shape)
        yield np.swapaxes(x, -1, -2) @ x + np.eye(shape[-1])


# ------------------------------------------------------------------------------------------ inverse
def _inverse(a, rcond=0.0):
    y = np.linalg.inv(a)
    if rcond and a.size:
        norms = [np.abs(x).sum(axis=-2).max(axis=-1) for x in (a, y)]
        if not (norms[0] * norms[1] * rcond < 1).all():
            raise LinAlgError("Singular matrix to working precision")
    return y


@primitive(
    vjp=lambda ct, y: -matmul(matmul(y, ct, transpose_a=True), y, transpose_b=True),
    jvp=lambda tangents, primals, y, rcond: -(y @ tangents[0] @ y),
    canonical=squares("inv"), samples=lambda rng: [((a,), {}) for a in _regular(rng)],
    numpy=(np.linalg.inv,), kernel="inv",
    doc="Inverse of square matrices; LinAlgError for a singular one, or a condition of 1 / rcond.",
)  # fmt: skip
def inv(a, *, rcond=0.0):
    return lapack(lambda x: _inverse(x, rcond), a)


# -------------------------------------------------------------------------------------------- solve
def _check_system(op):
    """Canonical metadata of a row that solves a x = b; a 1-D b is one vector, others hold columns."""

    def canonical(avals, metadata):
        a, b = avals
        check_square(op, a)
        if not b.ndim or b.shape[-2 if b.ndim > 1 else 0] != a.shape[-1]:
            raise ValueError(
                f"{op}: shapes {tuple(a.shape)} and {tuple(b.shape)} do not fit: b is a vector of "
                f"{a.shape[-1]} elements or has matrices of {a.shape[-1]} rows"
            )
        return metadata

    return canonical


def _columns(x, b_ndim):
    """A cotangent or solution for a vector b as matrices of one column."""
    return expand_dims(x, axis=-1) if b_ndim == 1 else x


def _back_to(x, aval):
    """Matrices summed down to an argument that was broadcast."""
    shape = (*aval.shape, 1) if aval.ndim == 1 else aval.shape
    return reshape(sum_to(x, shape=shape), shape=aval.shape)


def _solve_back(ct, a, b_aval):
    return solve(matrix_transpose(a), _columns(ct, b_aval.ndim))


def _solve_matrix(shared, a_aval, b_aval, y):
    outer = matmul(shared, _columns(y, b_aval.ndim), transpose_b=True)
    return -sum_to(outer, shape=a_aval.shape)


def _right_side(shared, b_aval):
    return _back_to(shared, b_aval)


def _systems(rng):
    for a, shape in zip(_regular(rng, ((3, 3), (2, 3, 3), (3, 3), (1, 1), (0, 0), (2, 2, 2))),
                        ((3,), (3, 2), (4, 3, 1), (1, 5), (0, 2), (2,)), strict=True):  # fmt: skip
        yield a, rng.normal(size=shape)


def _solve_jvp(tangents, primals, y):
    (a_dot, b_dot), (a, b) = tangents, primals
    if a_dot is None:
        return solve(a, b_dot)
    right = -matmul(a_dot, _columns(y, b.ndim))
    right = right if b_dot is None else right + _columns(b_dot, b.ndim)
    return reshape(solve(a, right), shape=y.shape)


@primitive(
    shared=_solve_back, vjp=(_solve_matrix, _right_side), jvp=_solve_jvp,
    canonical=_check_system("solve"),
    samples=lambda rng: [(pair, {}) for pair in _systems(rng)],
    numpy=(np.linalg.solve,), kernel="solve", promotes=True,
    doc="x with a @ x = b, for square matrices a; LinAlgError if one is singular.",
)  # fmt: skip
def solve(a, b):
    return lapack(np.linalg.solve, a, b)


# ---------------------------------------------------------------------------------------- triangles
BLOCK = 48  # rows that LAPACK is given at once; more are taken apart into products
LOWER = np.tri(BLOCK, dtype=bool)
PHI = np.tri(BLOCK) - np.eye(BLOCK) / 2


def _lower(a):
    """The lower triangle of small ndarrays."""
    n = a.shape[-1]
    return np.where(LOWER[:n, :n], a, np.zeros((), a.dtype))


def substitute(a, b, lower, unit):
    """x with a @ x = b for ndarrays, a triangular: NumPy has LAPACK's general solver only.

    Halves of halves, so that most is done in products. What is left on the diagonal is solved as upper
    triangles (a lower one backwards), of which that solver's elimination changes nothing.
    """
    n = a.shape[-1]
    if n > BLOCK:
        first, second = (slice(0, n // 2), slice(n // 2, n))[:: 1 if lower else -1]
        x = substitute(a[..., first, first], b[..., first, :], lower, unit)
        rest = b[..., second, :] - a[..., second, first] @ x
        other = substitute(a[..., second, second], rest, lower, unit)
        return np.concatenate([x, other] if lower else [other, x], axis=-2)
    a = _lower(a) if lower else np.swapaxes(_lower(np.swapaxes(a, -1, -2)), -1, -2)
    if unit:
        a[..., range(n), range(n)] = 1
    if lower:
        return np.linalg.solve(a[..., ::-1, ::-1], b[..., ::-1, :])[..., ::-1, :]
    return np.linalg.solve(a, b)


def _triangle(x, lower, unit_diagonal):
    """The part of matrices that a triangular solve reads."""
    edge = 1 if unit_diagonal else 0
    return band(x, high=-edge) if lower else band(x, low=edge)


def _triangle_metadata(avals, metadata):
    _check_system("solve_triangular")(avals, metadata)
    return {name: bool(flag) for name, flag in metadata.items()}


def _triangle_back(ct, a, b_aval, lower, transpose, unit_diagonal):
    return solve_triangular(a, _columns(ct, b_aval.ndim), lower=lower, transpose=not transpose,
                            unit_diagonal=unit_diagonal)  # fmt: skip


def _triangle_matrix(shared, a_aval, b_aval, y, lower, transpose, unit_diagonal):
    y = _columns(y, b_aval.ndim)
    x, y = (y, shared) if transpose else (shared, y)
    change = sum_to(matmul(x, y, transpose_b=True), shape=a_aval.shape)
    return -_triangle(change, lower, unit_diagonal)


def _triangle_jvp(tangents, primals, y, lower, transpose, unit_diagonal):
    (a_dot, b_dot), (a, b) = tangents, primals
    flags = {"lower": lower, "transpose": transpose, "unit_diagonal": unit_diagonal}
    if a_dot is None:
        return solve_triangular(a, b_dot, **flags)
    change = _triangle(a_dot, lower, unit_diagonal)
    right = -matmul(change, _columns(y, b.ndim), transpose_a=transpose)
    right = right if b_dot is None else right + _columns(b_dot, b.ndim)
    return reshape(solve_triangular(a, right, **flags), shape=y.shape)


def _triangles(rng):
    flags = ({}, {"lower": False}, {"transpose": True}, {"unit_diagonal": True},
             {"lower": False, "transpose": True, "unit_diagonal": True}, {})  # fmt: skip
    for (_, b), metadata in zip(_systems(rng), flags, strict=True):
        n = b.shape[-2 if b.ndim > 1 else 0]
        batch = (2,) if b.ndim == 2 else ()
        yield (rng.uniform(-0.5, 0.5, size=(*batch, n, n)) + 2 * np.eye(n), b), metadata
    yield (rng.uniform(-0.1, 0.1, size=(101, 101)) + 2 * np.eye(101), rng.normal(size=(101, 2))), {}


@primitive(
    shared=_triangle_back, vjp=(_triangle_matrix, _right_side), jvp=_triangle_jvp,
    canonical=_triangle_metadata,
    samples=_triangles, kernel="solve_triangular", promotes=True,
    doc="x with a @ x = b (or a transposed), reading one triangle of a, the diagonal 1 if unit.",
)  # fmt: skip
def solve_triangular(a, b, *, lower=True, transpose=False, unit_diagonal=False):
    if transpose:
        a, lower = np.swapaxes(a, -1, -2), not lower
    columns = b[:, None] if b.ndim == 1 else b
    x = lapack(lambda a, b: substitute(a, b, lower, unit_diagonal), a, columns)
    return x[..., 0] if b.ndim == 1 else x


# ----------------------------------------------------------------------------------------- Cholesky
# I. Murray, "Differentiation of the Cholesky decomposition" (arXiv:1602.07527). phi is the lower
# triangle with half the diagonal.
def _phi(x):
    return (band(x, high=0) + band(x, high=-1)) / 2


def _between(factor, middle):
    """factor^-H @ middle @ factor^-1 for a lower triangular factor."""
    left = solve_triangular(conj(factor), middle, transpose=True)
    return matrix_transpose(solve_triangular(factor, matrix_transpose(left), transpose=True))


def _within(factor, change):
    """factor^-1 @ change @ factor^-H for a lower triangular factor."""
    left = solve_triangular(factor, change)
    return adjoint(solve_triangular(factor, adjoint(left)))


def _cholesky_vjp(ct, y, upper):
    if upper:
        ct, y = adjoint(ct), adjoint(y)
    if not ct.dtype.is_complex:
        return cholesky_pull(y, ct)
    change = _between(y, _phi(matmul(adjoint(y), band(conj(ct), high=0))))
    return conj(hermitian_part(change))


def _cholesky_jvp(tangents, primals, y, upper):
    factor = adjoint(y) if upper else y
    moved = factor @ _phi(_within(factor, hermitian_part(tangents[0])))
    return adjoint(moved) if upper else moved


def _cholesky_samples(rng):
    for k, a in enumerate(_positive(rng, ((3, 3), (2, 2, 2), (1, 1), (0, 0), (5, 5)))):
        yield (a,), {"upper": k == 1}


@primitive(
    vjp=_cholesky_vjp, jvp=_cholesky_jvp, canonical=squares("cholesky"), hermitian=True,
    samples=_cholesky_samples, numpy=(np.linalg.cholesky,), kernel="cholesky",
    doc="Lower triangular l with l @ adjoint(l) = a, or its adjoint; LinAlgError if there is none.",
)  # fmt: skip
def cholesky(a, *, upper=False):
    return lapack(lambda x: np.linalg.cholesky(x, upper=upper), a)


def _pull(factor, ct):
    """The cotangent y of a symmetric a from that of its factor l, for ndarrays.

    Panel by panel from the right, as a blocked factorisation goes from the left: 2/3 n^3 operations in
    products of matrices, where the symbolic formula takes 4 n^3. Only lower triangles are read.
    """
    n, y = factor.shape[-1], np.empty_like(ct)
    for start in reversed(range(0, n, BLOCK)):
        rows, below = slice(start, start + BLOCK), slice(start + BLOCK, n)
        corner, under = _lower(factor[..., rows, rows]), factor[..., below, rows]
        inverse = np.linalg.inv(corner[..., ::-1, ::-1])[..., ::-1, ::-1]  # as in `substitute`
        moved = (ct[..., below, rows] - 2 * (y[..., below, below] @ under)) @ inverse
        change = ct[..., rows, rows] - np.swapaxes(moved, -1, -2) @ under
        y[..., rows, rows] = _pull_corner(corner, inverse, _lower(change))
        y[..., below, rows] = moved = moved / 2
        y[..., rows, below] = np.swapaxes(moved, -1, -2)
    return y


def _pull_corner(factor, inverse, ct):
    """The same by the symbolic formula, sym(l^-T phi(l^T ct) l^-1)."""
    n = factor.shape[-1]
    middle = np.swapaxes(factor, -1, -2) @ ct * PHI[:n, :n].astype(ct.dtype)
    s = np.swapaxes(inverse, -1, -2) @ middle @ inverse
    return (s + np.swapaxes(s, -1, -2)) / 2


def _pull_factor(ct, factor, factor_ct, y):
    """From the symbolic formula, y = sym(l^-T phi(l^T l_ct) l^-1)."""
    ct = hermitian_part(ct)
    w = _phi(_within(factor, ct))
    back = matmul(band(factor_ct, high=0), w, transpose_b=True)
    turned = solve_triangular(factor, matrix_transpose(y @ ct))  # (y @ ct @ l^-T)^T
    return band(back - 2 * matrix_transpose(turned), high=0)


def _pull_cotangent(ct, factor):
    return band(factor @ _phi(_within(factor, hermitian_part(ct))), high=0)


def _pull_jvp(tangents, primals, y):
    (factor_dot, ct_dot), (factor, ct) = tangents, primals
    moved = None if ct_dot is None else cholesky_pull(factor, ct_dot)
    if factor_dot is None:
        return moved
    factor_dot, ct = band(factor_dot, high=0), band(ct, high=0)
    inner = _between(factor, _phi(matmul(factor_dot, ct, transpose_a=True)))
    # y changes by sym(inner) - sym(2 y @ factor_dot @ l^-1)
    outer = matmul(factor_dot, y, transpose_a=True)  # (y @ factor_dot)^T
    outer = solve_triangular(factor, outer, transpose=True)  # (y @ factor_dot @ l^-1)^T
    change = hermitian_part(inner - 2 * outer)
    return change if moved is None else moved + change


def _real_only(avals, metadata):
    if any(dtype_of(aval.dtype).kind == "c" for aval in avals):
        raise TypeError("cholesky_pull: complex matrices take the symbolic formula")
    return metadata


def _factor_cotangents(rng):
    for a in _positive(rng, ((3, 3), (2, 2, 2), (1, 1), (0, 0), (70, 70))):
        yield (np.linalg.cholesky(a / len(a) if len(a) > 9 else a), rng.normal(size=a.shape)), {}


@primitive(
    vjp=(_pull_factor, _pull_cotangent), jvp=_pull_jvp, samples=_factor_cotangents, promotes=True,
    canonical=_real_only, kernel="cholesky_pull",
    doc="The cotangent of a symmetric matrix from that of its Cholesky factor l.",
)  # fmt: skip
def cholesky_pull(factor, factor_ct):
    return lapack(_pull, factor, factor_ct)


def _factor_back(ct, chol, rhs_aval):
    return conj(cholesky_solve(chol, conj(_columns(ct, rhs_aval.ndim))))


def _factor_ct(shared, chol, rhs_aval, y):
    """a = l @ l^H has the cotangent -x @ y^T, for the solution y, and x back from its cotangent."""
    y, x = _columns(y, rhs_aval.ndim), shared
    factor = band(chol, high=0)
    left = concat([-x, -conj(y)], axis=-1)
    right = concat([matmul(y, conj(factor), transpose_a=True),
                    conj(matmul(x, factor, transpose_a=True))], axis=-2)  # fmt: skip
    return band(sum_to(left @ right, shape=chol.shape), high=0)


def _factor_rhs(shared, rhs_aval):
    return _back_to(shared, rhs_aval)


def _factor_jvp(tangents, primals, y):
    (chol_dot, rhs_dot), (chol, rhs) = tangents, primals
    if chol_dot is None:
        return cholesky_solve(chol, rhs_dot)
    chol, chol_dot, x = band(chol, high=0), band(chol_dot, high=0), _columns(y, rhs.ndim)
    right = -(chol_dot @ (adjoint(chol) @ x)) - chol @ (adjoint(chol_dot) @ x)
    right = right if rhs_dot is None else right + _columns(rhs_dot, rhs.ndim)
    return reshape(cholesky_solve(chol, right), shape=y.shape)


def _factored(rng):
    for (_, rhs), a in zip(_systems(rng), _positive(rng, ((3, 3), (2, 3, 3), (3, 3), (1, 1), (0, 0),
                                                          (2, 2, 2))), strict=True):  # fmt: skip
        yield (np.linalg.cholesky(a), rhs), {}


@primitive(
    shared=_factor_back, vjp=(_factor_ct, _factor_rhs), jvp=_factor_jvp, samples=_factored,
    canonical=_check_system("cholesky_solve"), kernel="cholesky_solve", promotes=True,
    doc="x with a @ x = rhs, from the Cholesky factor chol of a, whose lower triangle is read.",
)  # fmt: skip
def cholesky_solve(chol, rhs):
    columns = rhs[:, None] if rhs.ndim == 1 else rhs
    x = lapack(_substitute_twice, chol, columns)
    return x[..., 0] if rhs.ndim == 1 else x


def _substitute_twice(factor, b):
    back = np.conjugate(np.swapaxes(factor, -1, -2))
    return substitute(back, substitute(factor, b, True, False), False, False)


@composition(
    doc="Logarithm of the determinant of hermitian positive definite matrices.",
    samples=lambda rng: [((a,), {}) for a in _positive(rng, ((3, 3), (2, 2, 2), (1, 1)))],
    hermitian=True,
)  # fmt: skip
def logdet(matrix):
    diagonal = diag_part(cholesky(matrix))
    return 2 * sum_(log(real(diagonal) if diagonal.dtype.is_complex else diagonal), axis=-1)


# -------------------------------------------------------------------------------------- determinant
def _well_conditioned_inverse(a):
    """The inverse of ndarrays if all their conditions are below 1e4, else None."""
    try:
        return _inverse(a, 1e-4)
    except LinAlgError:
        return None


def _others(s):
    """The product of all singular values but one."""
    one = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.cumprod(np.concatenate([one, s[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([one, s[..., :0:-1]], -1), -1)[..., ::-1]
    return before * after


def _cofactors(a):
    """Of ndarrays; by singular values, without a division, where the inverse has few digits."""
    if a.size == 0:
        return a
    inverse = _well_conditioned_inverse(a)
    if inverse is not None:
        return np.linalg.det(a)[..., None, None] * np.swapaxes(inverse, -1, -2)
    u, s, vh = np.linalg.svd(a)
    phase = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    return phase * ((np.conjugate(u) * _others(s)[..., None, :]) @ np.conjugate(vh))


def _cofactors_along(a, e):
    """The change of the cofactors of ndarrays a along e."""
    if a.size == 0:
        return a
    y = _well_conditioned_inverse(a)
    if y is not None:
        ye = y @ e
        total = np.trace(ye, axis1=-2, axis2=-1)[..., None, None]
        return np.linalg.det(a)[..., None, None] * np.swapaxes(total * y - ye @ y, -1, -2)
    u, s, vh = np.linalg.svd(a)
    f = np.conjugate(np.swapaxes(u, -1, -2)) @ e @ np.conjugate(np.swapaxes(vh, -1, -2))
    n = range(s.shape[-1])
    without = np.repeat(s[..., None, :], len(n), -2)
    without[..., n, n] = 1
    pairs = _others(without)  # [i, j]: the product of all but the i-th and the j-th
    pairs[..., n, n] = 0
    change = -pairs * np.swapaxes(f, -1, -2)
    change[..., n, n] = (pairs @ np.diagonal(f, 0, -2, -1)[..., None])[..., 0]
    phase = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    return phase * (np.conjugate(u) @ change @ np.conjugate(vh))


def _cofactors_twice(a, e, g):
    """The second change of the cofactors along e and g, of regular matrices."""
    y = inv(a)
    ey, gy = y @ e, y @ g
    e_trace, g_trace = (numbers_as_matrices(linalg_trace(x)) for x in (ey, gy))
    both = numbers_as_matrices(linalg_trace(ey @ gy))
    change = (e_trace * g_trace - both) * y - e_trace * (gy @ y) - g_trace * (ey @ y)
    change = change + ey @ gy @ y + gy @ ey @ y
    return numbers_as_matrices(det(a)) * matrix_transpose(change)


def _along_jvp(tangents, primals, y):
    (a_dot, e_dot), (a, e) = tangents, primals
    if a_dot is None:
        return cofactors_along(a, e_dot)
    moved = _cofactors_twice(a, e, a_dot)
    return moved if e_dot is None else moved + cofactors_along(a, e_dot)


# det is a polynomial: its derivatives of two orders are right for singular matrices too. The third
# divides (LinAlgError). The n-th derivative is a symmetric form, so each rule is its own transpose.
@primitive(
    vjp=(lambda ct, a, e: _cofactors_twice(a, e, ct), lambda ct, a: cofactors_along(a, ct)),
    jvp=_along_jvp, canonical=squares("cofactors_along"), promotes=True,
    samples=lambda rng: [((a, rng.normal(size=a.shape)), {}) for a in _regular(rng)],
    doc="The change of the cofactors of matrices a when a changes by e.",
)  # fmt: skip
def cofactors_along(a, e):
    return lapack(_cofactors_along, a, e)


@primitive(
    vjp=lambda ct, a: cofactors_along(a, ct),
    jvp=lambda tangents, primals, y: cofactors_along(primals[0], tangents[0]),
    canonical=squares("cofactors"), samples=lambda rng: [((a,), {}) for a in _regular(rng)],
    kernel="cofactors",
    doc="The cofactors of square matrices, which are the gradient of the determinant.",
)  # fmt: skip
def cofactors(a):
    return lapack(_cofactors, a)


@primitive(
    vjp=lambda ct, a: numbers_as_matrices(ct) * cofactors(a),
    jvp=lambda tangents, primals, y: sum_(cofactors(primals[0]) * tangents[0], axis=(-2, -1)),
    canonical=squares("det"),
    samples=lambda rng: [((a,), {}) for a in _regular(rng)], numpy=(np.linalg.det,), kernel="det",
    doc="Determinant of square matrices; its gradient, the cofactors, is right for singular ones.",
)  # fmt: skip
def det(a):
    return np.asarray(lapack(np.linalg.det, a))


def _signed_vjp(ct, a, y):
    sign_ct, ct = ct
    if a.dtype.is_complex:  # the sign turns by the imaginary part of trace(inv(a) @ change)
        ct = ct + 1j * imag(sign_ct * y[0])
    return numbers_as_matrices(ct) * matrix_transpose(inv(a))


def _signed_jvp(tangents, primals, y):
    moved = linalg_trace(solve(primals[0], tangents[0]))
    if not moved.dtype.is_complex:
        return [0 * y[0], moved]
    return [y[0] * (1j * imag(moved)), real(moved)]


@primitive(
    vjp=_signed_vjp, jvp=_signed_jvp, many=True, canonical=squares("slogdet"),
    samples=lambda rng: [((a,), {}) for a in _regular(rng)], kernel="slogdet",
    doc="Sign of the determinant, and the logarithm of its absolute value, as a list.",
)  # fmt: skip
def sign_and_logdet(a):
    return [np.asarray(part) for part in lapack(np.linalg.slogdet, a)]


@composition(
    doc="Sign of the determinant, and the logarithm of its absolute value, without overflow.",
    samples=lambda rng: [((a,), {}) for a in _regular(rng, ((3, 3), (2, 2, 2)))],
    numpy=(np.linalg.slogdet,),
)  # fmt: skip
def slogdet(a):
    return result_type("slogdet")(*sign_and_logdet(a))


_result_types: dict = {}


def result_type(name):
    """The named tuple that a function of np.linalg returns."""
    if name not in _result_types:
        _result_types[name] = type(getattr(np.linalg, name)(np.eye(1)))
    return _result_types[name]


# ----------------------------------------------------------------------------------- more than two axes
def _tensor_systems(rng):
    yield (rng.normal(size=(2, 3, 6)) + np.eye(6).reshape(2, 3, 6), rng.normal(size=(2, 3))), {}
    a = rng.normal(size=(2, 6, 3)) + 2 * np.eye(6).reshape(2, 3, 6).transpose(0, 2, 1)
    yield (a, rng.normal(size=(2, 3))), {"axes": (1,)}


@composition(
    doc="x with tensordot(a, x, x.ndim) = b; axes of a are moved to its end first.",
    samples=_tensor_systems, numpy=(np.linalg.tensorsolve,),
)  # fmt: skip
def tensorsolve(a, b, axes=None):
    a, b = tensor(a), tensor(b)
    if axes is not None:
        moved = [axis % a.ndim for axis in axes]
        a = transpose(a, axes=(*(i for i in range(a.ndim) if i not in moved), *moved))
    shape = tuple(a.shape)[b.ndim :]
    size = math.prod(shape)
    if math.prod(a.shape) != size * size:
        raise LinAlgError(f"tensorsolve: shape {tuple(a.shape)} is not that of a square system")
    x = solve(reshape(a, shape=(size, size)), reshape(b, shape=(-1,)))
    return reshape(x, shape=shape)


@composition(
    doc="The inverse of a for tensordot(a, x, ind), as an array with its axes exchanged at ind.",
    samples=lambda rng: [
        ((rng.normal(size=(6, 2, 3)) + np.eye(6).reshape(6, 2, 3),), {"ind": 1}),
        ((np.eye(4).reshape(2, 2, 4) + 0.1 * rng.normal(size=(2, 2, 4)),), {})],
    numpy=(np.linalg.tensorinv,),
)  # fmt: skip
def tensorinv(a, ind=2):
    if ind <= 0:
        raise ValueError(f"tensorinv: ind must be positive, got {ind}")
    a = tensor(a)
    shape = tuple(a.shape)
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    return reshape(inv(reshape(a, shape=(rows, columns))), shape=shape[ind:] + shape[:ind])


@composition(
    doc="Square matrices multiplied by themselves n times; their inverses if n is negative.",
    samples=lambda rng: [
        ((a,), {"n": n})
        for n, a in zip((0, 1, 2, 3, 6, -3), _regular(rng, ((3, 3), (1, 1), (2, 2, 2)) * 2), strict=True)],
    numpy=(np.linalg.matrix_power,),
)  # fmt: skip
def matrix_power(a, n):
    a = tensor(a)
    check_square("matrix_power", a)
    n = operator.index(n)
    if n == 0:
        return 0 * a + np.eye(a.shape[-1], dtype=dtype_of(a.dtype))
    a, n = (inv(a), -n) if n < 0 else (a, n)
    square, result = a, None
    while n:  # the bits of n, lowest first
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else result @ square
        square = square @ square if n else square
    return result
