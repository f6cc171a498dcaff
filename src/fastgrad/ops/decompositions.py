"""Rows that take matrices apart: QR, LU, eigenvalues, singular values; what is made of these.

Vectors that belong to equal values are not determined, so neither is their derivative: a cotangent that asks
for one gives infinity or NaN (see `inverse_gaps`). What does not depend on the choice of such
vectors, like the values themselves, has its gradient.

Rules of functions that conjugate are those of the field, for the inner product that conjugates, with a
conjugate at both ends.
"""

import numpy as np

from .._rules import composition, primitive
from ._metadata import dtype_of
from ._operands import sizing, tensor
from .arranging import diag_embed, diag_part
from .elementwise import (
    absolute,
    equal,
    greater,
    less_equal,
    scale,
    where,
)
from .indexing import gather
from .linalg import adjoint, band, conj, matmul
from .reductions import max_, sum_
from .shaping import cast, concat, expand_dims, matrix_transpose
from .solving import (
    LinAlgError,
    check_square,
    checked,
    hermitian_part,
    inv,
    lapack,
    result_type,
    scipy_linalg,
    solve_triangular,
    squares,
)


def _matrices(op):
    """Canonical metadata of a row over matrices."""
    return checked(check_matrix, op)


def check_matrix(op, aval):
    """LinAlgError unless an array has two axes or more."""
    if aval.ndim < 2:
        raise LinAlgError(f"{op}: shape {tuple(aval.shape)} is not of matrices (..., m, n)")


def epsilon(x):
    """The distance from 1 to the next number of a dtype."""
    return float(np.finfo(dtype_of(x.dtype)).eps)


def _rows(w):
    """A factor for each column of matrices."""
    return expand_dims(w, axis=-2)


# -------------------------------------------------------------------------------------- equal values
def _gaps_jvp(w_dot, y):
    return scale(expand_dims(w_dot, axis=-1) - expand_dims(w_dot, axis=-2), y * y)


def _gaps_vjp(ct, y):
    change = scale(ct, y * y)
    return sum_(change, axis=-1) - sum_(change, axis=-2)


@primitive(
    vjp=_gaps_vjp, jvp=lambda tangents, primals, y: _gaps_jvp(tangents[0], y),
    samples=lambda rng: [
        ((np.arange(n) + rng.uniform(0, 0.5, size=(*batch, n)),), {})
        for batch, n in (((), 3), ((2,), 2), ((), 1), ((), 0))],
    kernel="inverse_gaps",
    doc="1 / (w[j] - w[i]) at [i, j]; 0 for i = j, infinity if they are equal up to rounding.",
)  # fmt: skip
def inverse_gaps(w):
    n = w.shape[-1]
    gaps = w[..., None, :] - w[..., :, None]
    size = np.abs(gaps)
    # LAPACK's values are off by some eps times the largest: below that nothing tells them apart.
    least = n * np.finfo(w.dtype).eps * np.abs(w).max(axis=-1, keepdims=True, initial=0)[..., None]
    y = np.where(size <= least, np.inf, 1 / np.where(size <= least, 1, gaps)).astype(w.dtype)
    y[..., range(n), range(n)] = 0
    return y


# ----------------------------------------------------------------------------------------------- QR
def _full_rank(rng, shapes):
    for shape in shapes:
        yield rng.uniform(-0.5, 0.5, size=shape) + 2 * np.eye(*shape[-2:])


def _undetermined(ct):
    """NaN for matrices whose cotangent is not 0: that of vectors which only complete a basis."""
    return sum_(scale(ct, np.nan), axis=(-2, -1), keepdims=True)


def _deficient(r):
    """NaN for triangular factors of matrices whose columns depend on each other, else 0."""
    size = absolute(diag_part(r))
    least = r.shape[-1] * epsilon(r) * max_(size, axis=-1, keepdims=True)
    return sum_(where(less_equal(size, least), np.nan, 0 * size), axis=-1)[..., None, None]


def _qr_metadata(avals, metadata):
    check_matrix("qr", avals[0])
    if metadata["mode"] not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced' or 'complete', not {metadata['mode']!r}")
    return metadata


def _qr_vjp(ct, y, mode):
    (q, r), (q_ct, r_ct) = y, [conj(part) for part in ct]
    n, k = r.shape[-1], min(q.shape[-2], r.shape[-1])
    first, rest, spare = (..., slice(0, k)), (..., slice(k, n)), None
    if q.shape[-1] > k:
        spare = _undetermined(q_ct[..., k:])
        q, q_ct, r, r_ct = q[first], q_ct[first], r[..., :k, :], r_ct[..., :k, :]
    beyond = None
    if n > k:  # columns that take no part in q
        beyond = q @ r_ct[rest]
        q_ct = q_ct + q @ r[rest] @ adjoint(r_ct[rest])
        r, r_ct = r[first], r_ct[first]
    turn = r @ adjoint(r_ct) - adjoint(q_ct) @ q
    inner = hermitian_part(band(turn, high=0)) + hermitian_part(band(turn, high=-1))
    change = adjoint(solve_triangular(r, adjoint(q_ct + q @ inner), lower=False))
    change = change if beyond is None else concat([change, beyond], axis=-1)
    change = change + _deficient(r)
    return conj(change if spare is None else change + spare)


def _qr_jvp(tangents, primals, y, mode):
    (a_dot,), (q, r) = tangents, y
    n, k = r.shape[-1], min(q.shape[-2], r.shape[-1])
    spare, r_spare = q[..., k:] * np.nan, 0 * r[..., k:, :]
    corner, q = r[..., :k, :k], q[..., :k]
    scaled = solve_triangular(conj(corner), adjoint(a_dot[..., :k]), lower=False, transpose=True)
    scaled = adjoint(scaled)  # the change over r
    inner = adjoint(q) @ scaled
    low, middle = band(inner, high=-1), band(inner, low=0, high=0)
    turn = low - adjoint(low) + (middle - adjoint(middle)) / 2
    q_dot, r_dot = q @ (turn - inner) + scaled, band((inner - turn) @ corner, low=0)
    if n > k:
        beyond = adjoint(q) @ (a_dot[..., k:] - q_dot @ r[..., :k, k:])
        r_dot = concat([r_dot, beyond], axis=-1)
    if spare.shape[-1]:
        return [concat([q_dot, spare], axis=-1), concat([r_dot, r_spare], axis=-2)]
    return [q_dot, r_dot]


@primitive(
    vjp=_qr_vjp, jvp=_qr_jvp, many=True, canonical=_qr_metadata,
    samples=lambda rng: [
        ((a,), {"mode": mode})
        for a, mode in zip(
            _full_rank(rng, ((3, 3), (4, 2), (2, 4), (2, 3, 3), (1, 1))),
            ("reduced", "reduced", "reduced", "complete", "complete"), strict=True)],
    kernel="qr",
    doc="Orthonormal q and upper triangular r with q @ r = a, of full rank, as a list.",
)  # fmt: skip
def qr_factors(a, *, mode="reduced"):
    return lapack(lambda x: list(np.linalg.qr(x, mode)), a)


@composition(
    doc="Orthonormal Q and upper triangular R with Q @ R = a; only R for mode 'r'.",
    samples=lambda rng: [
        ((a,), {"mode": mode})
        for a, mode in zip(
            _full_rank(rng, ((3, 3), (4, 2), (2, 2, 3))), ("complete", "r", "reduced"), strict=True)],
    numpy=(np.linalg.qr,),
)  # fmt: skip
def qr(a, mode="reduced"):
    q, r = qr_factors(a, mode="reduced" if mode == "r" else mode)
    return r if mode == "r" else result_type("qr")(q, r)


# ----------------------------------------------------------------------------------------------- LU
def _eye_like(x):
    return np.eye(x.shape[-1], dtype=dtype_of(x.dtype))


def _lu_parts(lu):
    """The squares of l and u in packed factors."""
    k = min(lu.shape[-2:])
    corner = lu[..., :k, :k]
    return band(corner, high=-1) + _eye_like(corner), band(corner, low=0)


def _permuted(p, x):
    """The rows of matrices in another order."""
    return gather(x, p, axis=p.ndim - 1, batch_dims=p.ndim - 1)


@primitive(
    vjp=None,
    samples=lambda rng: [
        ((rng.permuted(np.tile(np.arange(n), (2, 1)), axis=1),), {}) for n in (4, 1)],
    doc="The permutations that undo others (last axis).",
)  # fmt: skip
def inverse_order(p):
    return np.argsort(p, axis=-1)


def _lu_vjp(ct, y):
    lu, p = y
    ct = ct[0]
    (m, n), (l_part, u_part) = lu.shape[-2:], _lu_parts(lu)
    k = min(m, n)
    head = ct[..., :k, :k]
    l_ct, u_ct = band(head, high=-1), band(head, low=0)
    beside = None
    if m > n:  # l goes on below: l2 = a2 @ u^-1
        below = matrix_transpose(
            solve_triangular(u_part, matrix_transpose(ct[..., k:, :]), lower=False)
        )
        u_ct = u_ct - matmul(lu[..., k:, :], below, transpose_a=True)
    elif m < n:  # u goes on to the right: u2 = l^-1 @ a2
        beside = solve_triangular(l_part, ct[..., k:], transpose=True)
        l_ct = l_ct - matmul(beside, lu[..., k:], transpose_b=True)
    inner = band(matmul(l_part, l_ct, transpose_a=True), high=-1)
    inner = inner + band(matmul(u_ct, u_part, transpose_b=True), low=0)
    left = solve_triangular(l_part, inner, transpose=True)
    change = matrix_transpose(solve_triangular(u_part, matrix_transpose(left), lower=False))
    if m > n:
        change = concat([change, below], axis=-2)
    elif m < n:
        change = concat([change, beside], axis=-1)
    return _permuted(inverse_order(p), change)


def _lu_jvp(tangents, primals, y):
    lu, p = y
    a_dot = _permuted(p, tangents[0])
    (m, n), (l_part, u_part) = lu.shape[-2:], _lu_parts(lu)
    k = min(m, n)
    inner = solve_triangular(l_part, a_dot[..., :k, :k])
    inner = _over(inner, u_part)
    l_dot, u_dot = l_part @ band(inner, high=-1), band(inner, low=0) @ u_part
    moved = l_dot + u_dot
    if m > n:
        below = _over(a_dot[..., k:, :] - lu[..., k:, :] @ u_dot, u_part)
        moved = concat([moved, below], axis=-2)
    elif m < n:
        beside = solve_triangular(l_part, a_dot[..., k:] - l_dot @ lu[..., k:])
        moved = concat([moved, beside], axis=-1)
    return [moved, None]


def _over(x, u):
    """x @ u^-1 for upper triangular u."""
    return matrix_transpose(solve_triangular(u, matrix_transpose(x), lower=False, transpose=True))


def _packed(a):
    linalg = scipy_linalg("lu")
    m, n = a.shape[-2:]
    lu = np.empty(a.shape, np.result_type(a, np.float32))
    p = np.empty(a.shape[:-1], np.int64)
    for at in np.ndindex(a.shape[:-2]):
        rows, low, high = linalg.lu(a[at], p_indices=True)
        lu[at] = np.pad(np.tril(low, -1), ((0, 0), (0, max(0, n - m)))) + np.pad(
            high, ((0, max(0, m - n)), (0, 0))
        )
        p[at] = np.argsort(rows)
    return [lu, p]


@primitive(
    vjp=_lu_vjp, jvp=_lu_jvp, many=True, lazy="scipy", canonical=_matrices("lu"),
    samples=lambda rng: [((a,), {}) for a in _full_rank(rng, ((3, 3), (4, 2), (2, 2, 3), (1, 1)))],
    doc="[l and u packed into one, p] with l @ u the rows p of a, l having ones on its diagonal.",
)  # fmt: skip
def lu_packed(a):
    return lapack(_packed, a)


# ------------------------------------------------------------------------------- hermitian eigenvalues
def _symmetric(rng, shapes=((3, 3), (2, 2, 2), (1, 1))):
    """Symmetric matrices with eigenvalues about 1 apart."""
    for shape in shapes:
        q = np.linalg.qr(rng.normal(size=shape)).Q
        w = np.arange(shape[-1]) + rng.uniform(-0.2, 0.2, size=shape[:-1]) - 0.6
        yield (q * w[..., None, :]) @ np.swapaxes(q, -1, -2)


def _uplo(op):
    """Canonical metadata of a row that reads one triangle."""

    def canonical(avals, metadata):
        check_square(op, avals[0])
        uplo = metadata["UPLO"]
        if not isinstance(uplo, str) or uplo.upper() not in ("L", "U"):
            raise ValueError(f"{op}: UPLO must be 'L' or 'U', not {uplo!r}")
        return {"UPLO": uplo.upper()}

    return canonical


def _eigh_vjp(ct, y):
    (w_ct, v_ct), (w, v) = ct, y
    turn = adjoint(v) @ conj(v_ct)
    inner = scale((turn - adjoint(turn)) / 2, inverse_gaps(w)) + diag_embed(w_ct)
    return conj(hermitian_part(v @ inner @ adjoint(v)))


def _eigh_jvp(tangents, primals, y, UPLO):  # noqa: N803  (NumPy's name)
    w, v = y
    turn = adjoint(v) @ hermitian_part(tangents[0]) @ v
    return [_real(diag_part(turn), w), v @ scale(turn, inverse_gaps(w))]


def _real(x, like):
    """The real part of x in the dtype of `like`."""
    return x if x.dtype == like.dtype else cast(x, dtype=like.dtype)


def _triangles(rng):
    for a, uplo in zip(_symmetric(rng), "LUL", strict=True):
        yield (a,), {"UPLO": uplo}


@primitive(
    vjp=_eigh_vjp, jvp=_eigh_jvp, many=True, hermitian=True, canonical=_uplo("eigh"),
    samples=_triangles, kernel="eigh",
    doc="Eigenvalues, ascending, and orthonormal eigenvectors of hermitian matrices, as a list.",
)  # fmt: skip
def eigh_pairs(a, *, UPLO="L"):  # noqa: N803
    return lapack(lambda x: list(np.linalg.eigh(x, UPLO)), a)


@composition(
    doc="Eigenvalues, ascending, and orthonormal eigenvectors (columns) of hermitian matrices.",
    samples=_triangles, numpy=(np.linalg.eigh,), hermitian=True,
)  # fmt: skip
def eigh(a, UPLO="L"):  # noqa: N803
    return result_type("eigh")(*eigh_pairs(a, UPLO=UPLO))


def _eigvalsh_vjp(ct, a, UPLO):  # noqa: N803
    _, v = eigh_pairs(a, UPLO=UPLO)
    return conj(v * _rows(ct) @ adjoint(v))


def _eigvalsh_jvp(tangents, primals, y, UPLO):  # noqa: N803
    _, v = eigh_pairs(primals[0], UPLO=UPLO)
    return _real(diag_part(adjoint(v) @ hermitian_part(tangents[0]) @ v), y)


@primitive(
    vjp=_eigvalsh_vjp, jvp=_eigvalsh_jvp, hermitian=True, canonical=_uplo("eigvalsh"),
    samples=_triangles, numpy=(np.linalg.eigvalsh,), kernel="eigvalsh",
    doc="Eigenvalues of hermitian matrices, ascending.",
)  # fmt: skip
def eigvalsh(a, *, UPLO="L"):  # noqa: N803
    return lapack(lambda x: np.linalg.eigvalsh(x, UPLO), a)


# --------------------------------------------------------------------------------- general eigenvalues
def _basis_inverse(v):
    """LinAlgError if the eigenvectors are no basis: the matrix is defective."""
    return inv(v, rcond=v.shape[-1] * epsilon(v))


def _like(change, aval):
    """A cotangent of the argument's dtype: the real part, if that is real."""
    return change if change.dtype == aval.dtype else cast(change, dtype=aval.dtype)


def _eig_vjp(ct, a_aval, y):
    (w_ct, v_ct), (w, v) = ct, y
    # LAPACK's vectors have norm 1: what would stretch them does not count.
    along = matmul(v_ct, v, transpose_a=True)
    lengths = hermitian_part(band(along, low=0, high=0))
    turn = along - lengths @ (adjoint(v) @ v)
    inner = scale(turn, matrix_transpose(inverse_gaps(w))) + diag_embed(w_ct)
    return _like(matrix_transpose(v @ inner @ _basis_inverse(v)), a_aval)


def _eig_jvp(tangents, primals, y):
    w, v = y
    turn = _basis_inverse(v) @ tangents[0] @ v
    moved = scale(turn, inverse_gaps(w))
    stretch = hermitian_part(band(adjoint(v) @ v @ moved, low=0, high=0))
    return [diag_part(turn), v @ (moved - stretch)]


def _diagonalisable(rng, shapes=((3, 3), (2, 2, 2), (1, 1))):
    """Matrices with real eigenvalues about 1 apart."""
    for shape in shapes:
        x = rng.uniform(-0.3, 0.3, size=shape) + np.eye(shape[-1])
        w = np.arange(shape[-1]) + rng.uniform(-0.2, 0.2, size=shape[:-1]) - 0.6
        yield (x * w[..., None, :]) @ np.linalg.inv(x)


def _turning(rng):
    yield from (((a,), {}) for a in _diagonalisable(rng))
    yield (np.array([[1.0, -2.0], [0.5, 0.3]]) + 0.1 * rng.normal(size=(2, 2)),), {}


@primitive(
    vjp=_eig_vjp, jvp=_eig_jvp, many=True, canonical=squares("eig"), samples=_turning,
    doc="Eigenvalues and eigenvectors, of norm 1, as a list; complex if any of them is.",
)  # fmt: skip
def eig_pairs(a):
    return lapack(lambda x: list(np.linalg.eig(x)), a)


@composition(
    doc="Eigenvalues and eigenvectors (columns of norm 1) of square matrices.",
    samples=lambda rng: [((a,), {}) for a in _diagonalisable(rng)], numpy=(np.linalg.eig,),
)  # fmt: skip
def eig(a):
    return result_type("eig")(*eig_pairs(a))


def _eigvals_vjp(ct, a, a_aval):
    _, v = eig_pairs(a)
    return _like(matrix_transpose((v * _rows(ct)) @ _basis_inverse(v)), a_aval)


def _eigvals_jvp(tangents, primals, y):
    _, v = eig_pairs(primals[0])
    return diag_part(_basis_inverse(v) @ tangents[0] @ v)


@primitive(
    vjp=_eigvals_vjp, jvp=_eigvals_jvp, canonical=squares("eigvals"), samples=_turning,
    numpy=(np.linalg.eigvals,),
    doc="Eigenvalues of square matrices, in no particular order; complex if any of them is.",
)  # fmt: skip
def eigvals(a):
    return lapack(np.linalg.eigvals, a)


# ------------------------------------------------------------------------------------ singular values
def spread_values(rng, shapes=((3, 3), (4, 2), (2, 4), (2, 2, 2), (1, 1))):
    """Matrices with singular values about 1 apart."""
    for shape in shapes:
        u, s, vh = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
        s = np.arange(s.shape[-1], 0, -1) + rng.uniform(-0.2, 0.2, size=s.shape)
        yield (u * s[..., None, :]) @ vh


def _square_gaps(s):
    """1 / (s[j]^2 - s[i]^2), as `inverse_gaps`."""
    both = expand_dims(s, axis=-1) + expand_dims(s, axis=-2)
    return inverse_gaps(s) / where(equal(both, 0), 1, both)


def _inverses(s):
    """1 / s, infinity if s is 0 up to rounding."""
    return -inverse_gaps(concat([s, 0 * s[..., :1]], axis=-1))[..., :-1, -1]


def _off(u, x):
    """The part of x across the columns of u."""
    return x - u @ (adjoint(u) @ x)


def _phases(turn, s):
    """The diagonal of skew matrices, over 4 s: the phase that a pair of vectors shares."""
    return scale(band(turn, low=0, high=0), _rows(_inverses(s) / 4))


def _svd_vjp(ct, y, full_matrices):
    (u_ct, s_ct, vh_ct), (u, s, vh) = ct, y
    m, n, k = u.shape[-2], vh.shape[-1], s.shape[-1]
    spare = None
    if full_matrices and m != n:
        spare = _undetermined(u_ct[..., k:]) + _undetermined(vh_ct[..., k:, :])
        u, u_ct, vh, vh_ct = u[..., :k], u_ct[..., :k], vh[..., :k, :], vh_ct[..., :k, :]
    u_ct, v, v_ct = conj(u_ct), adjoint(vh), matrix_transpose(vh_ct)
    u_turn, v_turn = adjoint(u) @ u_ct, adjoint(v) @ v_ct
    u_turn, v_turn = u_turn - adjoint(u_turn), v_turn - adjoint(v_turn)
    both = u_turn * _rows(s) + expand_dims(s, axis=-1) * v_turn
    inner = scale(both, _square_gaps(s)) + diag_embed(s_ct)
    if u.dtype.is_complex:
        inner = inner + _phases(u_turn - v_turn, s)
    change = u @ inner
    if n > k:
        change = change @ vh + u @ adjoint(scale(_off(v, v_ct), _rows(_inverses(s))))
    elif m > k:
        change = (change + scale(_off(u, u_ct), _rows(_inverses(s)))) @ vh
    else:
        change = change @ vh
    return conj(change if spare is None else change + spare)


def _svd_jvp(tangents, primals, y, full_matrices):
    (a_dot,), (u, s, vh) = tangents, y
    m, n, k = u.shape[-2], vh.shape[-1], s.shape[-1]
    spare = [u[..., k:] * np.nan, vh[..., k:, :] * np.nan]
    u, v = u[..., :k], adjoint(vh[..., :k, :])
    turn = adjoint(u) @ a_dot @ v
    back, gaps = adjoint(turn), _square_gaps(s)
    columns, rows = _rows(s), expand_dims(s, axis=-1)
    u_turn = scale(turn * columns + rows * back, gaps)
    v_turn = scale(rows * turn + back * columns, gaps)
    if u.dtype.is_complex:
        phases = _phases(turn - back, s)
        u_turn, v_turn = u_turn + phases, v_turn - phases
    u_dot, v_dot = u @ u_turn, v @ v_turn
    if m > k:
        u_dot = u_dot + scale(_off(u, a_dot @ v), _rows(_inverses(s)))
    if n > k:
        v_dot = v_dot + scale(_off(v, adjoint(a_dot) @ u), _rows(_inverses(s)))
    u_dot, vh_dot = concat([u_dot, spare[0]], axis=-1), concat([adjoint(v_dot), spare[1]], axis=-2)
    return [u_dot, _real(diag_part(turn), s), vh_dot]


@primitive(
    vjp=_svd_vjp, jvp=_svd_jvp, many=True, canonical=_matrices("svd"), kernel="svd",
    samples=lambda rng: [((a,), {"full_matrices": a.shape == (3, 3)}) for a in spread_values(rng)],
    doc="u, s (descending) and vh with u * s @ vh = a, as a list.",
)  # fmt: skip
def svd_factors(a, *, full_matrices=False):
    return lapack(lambda x: list(np.linalg.svd(x, bool(full_matrices))), a)


def _svdvals_vjp(ct, x, y):
    u, _, vh = svd_factors(x)
    # A value of 0 is a kink, that of |x|: it gives the least gradient, which is none.
    least = max(x.shape[-2:]) * epsilon(y) * y[..., :1]
    ct = where(greater(y, least), ct, 0)
    return conj((u * _rows(ct)) @ vh)


def _svdvals_jvp(tangents, primals, y):
    u, _, vh = svd_factors(primals[0])
    least = max(primals[0].shape[-2:]) * epsilon(y) * y[..., :1]
    change = _real(diag_part(adjoint(u) @ tangents[0] @ adjoint(vh)), y)
    return where(greater(y, least), change, 0)


@primitive(
    vjp=_svdvals_vjp, jvp=_svdvals_jvp, canonical=_matrices("svdvals"), kernel="svdvals",
    samples=lambda rng: [((a,), {}) for a in spread_values(rng)], numpy=(np.linalg.svdvals,),
    doc="Singular values of matrices, descending; gradient 0 for one that is 0.",
)  # fmt: skip
def svdvals(x):
    return lapack(np.linalg.svdvals, x)


@composition(
    doc="U, S and Vh with U * S @ Vh = a, S descending, or S alone; hermitian is not needed.",
    samples=lambda rng: [
        ((a,), {"full_matrices": full})
        for a, full in zip(spread_values(rng, ((2, 2), (3, 2))), (True, False), strict=True)],
    numpy=(np.linalg.svd,),
)  # fmt: skip
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        return svdvals(a)
    return result_type("svd")(*svd_factors(a, full_matrices=full_matrices))


# --------------------------------------------------------------------------------- what they are for
def _pinv_metadata(avals, metadata):
    check_matrix("pinv", avals[0])
    return metadata


def _pinv_vjp(ct, a, y):
    # G. Golub, V. Pereyra: The differentiation of pseudo-inverses (SIAM J. Numer. Anal. 10, 1973)
    straight = matmul(matmul(y, ct, transpose_a=True), y, transpose_b=True)
    back = matrix_transpose(ct)
    across = (back - a @ (y @ back)) @ (y @ adjoint(y))
    along = adjoint(y) @ y @ (back - (back @ y) @ a)
    return conj(across + along) - straight


def _pinv_jvp(tangents, primals, y, **metadata):
    (change,), (a,) = tangents, primals
    back = adjoint(change)
    across = y @ adjoint(y) @ (back - (back @ a) @ y)
    along = (back - y @ (a @ back)) @ adjoint(y) @ y
    return across + along - y @ change @ y


def _ranked(rng):
    for a in _full_rank(rng, ((3, 3), (4, 2), (2, 4), (2, 2, 3), (1, 1))):
        yield (a,), {}


@primitive(
    vjp=_pinv_vjp, jvp=_pinv_jvp, canonical=_pinv_metadata, samples=_ranked,
    numpy=(np.linalg.pinv,), kernel="pinv",
    doc="Pseudo-inverse of matrices; its gradient is that for changes that keep the rank.",
)  # fmt: skip
def pinv(a, *, rcond=None, hermitian=False, rtol=None):
    cut = {} if rcond is None and rtol is None else {"rcond": rtol if rcond is None else rcond}
    return lapack(lambda x: np.linalg.pinv(x, hermitian=hermitian, **cut), a)


@primitive(
    vjp=None, canonical=_matrices("matrix_rank"), samples=_ranked, numpy=(np.linalg.matrix_rank,),
    kernel="matrix_rank",
    doc="Number of singular values above a tolerance.",
)  # fmt: skip
def matrix_rank(A, *, tol=None, hermitian=False, rtol=None):  # noqa: N803  (NumPy's name)
    cut = {} if rtol is None else {"rtol": rtol}
    wide = A.astype(np.float32) if A.dtype == np.float16 else A
    return np.asarray(np.linalg.matrix_rank(wide, tol, hermitian, **cut))


def _overdetermined(rng):
    for a, shape in zip(
        _full_rank(rng, ((4, 2), (3, 3), (2, 3))), ((4,), (3, 2), (2, 1)), strict=True
    ):
        yield (a, rng.normal(size=shape)), {}


@composition(
    doc="(x, sums of squared residuals, rank, singular values) of the least |a @ x - b|.",
    samples=_overdetermined, numpy=(np.linalg.lstsq,),
)  # fmt: skip
def lstsq(a, b, rcond=None):
    a, b = tensor(a), tensor(b)
    (m, n), s = a.shape, svdvals(a)
    cut = max(m, n) * epsilon(s) if rcond is None else rcond
    if not 0 < cut < 1:  # as LAPACK's dlalsd has it
        cut = epsilon(s)
    x = pinv(a, rcond=cut) @ b
    rank = matrix_rank(a, rtol=cut)
    left = a @ x - b
    squares_of_rest = sum_(absolute(left) * absolute(left), axis=0, keepdims=left.ndim == 1)
    if m <= n or int(sizing("lstsq", "a", rank, "use fg.linalg.lstsq")) < n:
        squares_of_rest = squares_of_rest[:0]
    return x, squares_of_rest, cast(rank, dtype=np.int32), s
