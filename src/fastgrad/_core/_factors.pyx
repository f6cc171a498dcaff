"""Linear algebra that takes more than a call of LAPACK: rows of our own, which serve derivatives, QR, pinv and rank.

Each gives the bits of its row's NumPy function, from the same loops (see `_lapack`) in the same order.
"""

from libc.float cimport DBL_EPSILON, FLT_EPSILON
from libc.math cimport INFINITY, fabs
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

import numpy as np

from ._buffer cimport MAX_NDIM, same_shape
from ._lapack cimport (
    CALL_COST, DET, INV, QR_COMPLETE, QR_RAW, QR_REDUCED, SOLVE, SVD_SMALL, SVDVALS, batch_of, cast, failed,
    has_loop, is_matrices, is_square, loops, real_code, same_batch, wide_code,
)
from ._loops cimport COMPLEX64, FLOAT32, FLOAT64, INT64, fg_loop, gufunc_loop, itemsize
from ._tensor cimport Tensor, is_float
from ._work cimport SCRATCH, drop, offer_kernel, room, set_further, set_result, work_t

cdef enum:
    TRIANGLE = 48  # rows, as in the NumPy functions

cdef fused real:
    float
    double

cdef Py_ssize_t ROOM = <Py_ssize_t>1 << 56  # elements: some times as many bytes can be counted
cdef fg_loop products[2]  # for float32 and float64


# ------------------------------------------------------------------------------------------------- scratch
# What kernels know of their matrices. They need memory for wide copies, and for what lies between two calls.
cdef struct matrices_t:
    Py_ssize_t batch, rows, columns  # of the first operand
    Py_ssize_t other_batch, width    # of a right side
    int code
    bint vector                      # the right side is one
    bint lower, transposed, unit     # of a triangle
    bint complete                    # of a basis
    bint twice


cdef matrices_t *new_matrices(work_t *w, Tensor a) noexcept:
    cdef matrices_t *p = <matrices_t *>w.v
    memset(p, 0, sizeof(matrices_t))
    p.code = a.code
    p.rows, p.columns = a.shape_.dims[a.shape_.ndim - 2], a.shape_.dims[a.shape_.ndim - 1]
    p.batch = a.shape_.size // (p.rows * p.columns)
    return p


cdef bint finish_matrices(work_t *w, int (*run)(const work_t *, char *, char *const *) noexcept nogil,
                          double cost) noexcept:
    w.n = (sizeof(matrices_t) + sizeof(Py_ssize_t) - 1) // sizeof(Py_ssize_t)
    w.run = run
    w.looks = w.raises = True
    w.cost = 2 * CALL_COST + <Py_ssize_t>min(cost, 1e15)
    return True


cdef void cast_wide(int code, char *x, char *y, Py_ssize_t n) noexcept nogil:
    if code == wide_code(code):
        memcpy(y, x, n * itemsize[code])
    else:
        cast(code, x, wide_code(code), y, n)


cdef void cast_back(int code, char *x, char *y, Py_ssize_t n) noexcept nogil:
    if code == wide_code(code):
        memcpy(y, x, n * itemsize[code])
    else:
        cast(wide_code(code), x, code, y, n)


cdef bint call_squares(fg_loop loop, Py_ssize_t batch, Py_ssize_t n, Py_ssize_t item, char *x, char *y,
                       bint reversed_) noexcept nogil:
    """A loop from square matrices to such; `reversed_`: their rows and columns from the last one back. False if it
    failed."""
    cdef char *args[2]
    cdef Py_ssize_t sizes[2]
    cdef Py_ssize_t steps[6]
    cdef Py_ssize_t last = (n * n - 1) * item if reversed_ else 0, step = -item if reversed_ else item
    args[0], args[1] = x + last, y
    sizes[0], sizes[1] = batch, n
    steps[0] = steps[1] = n * n * item
    steps[2], steps[3], steps[4], steps[5] = n * step, step, n * item, item
    return not failed(loop, 2, args, sizes, steps)


# ------------------------------------------------------------------------------------------------ cofactors
cdef bint lay_cofactors(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef matrices_t *p
    if not is_square(a) or a.code >= COMPLEX64 or not has_loop(INV, a.code) or not has_loop(DET, a.code):
        return False
    batch_of(a, 0, w)
    set_result(w, a.code, a.shape_.ndim)
    p = new_matrices(w, a)
    return finish_matrices(w, run_cofactors, 1.0 * p.batch * p.rows * p.rows * p.rows)


cdef int run_cofactors(const work_t *w, char *y, char *const *x) noexcept nogil:
    """Determinant times transposed inverse, if no condition is above 1e4."""
    cdef const matrices_t *p = <const matrices_t *>w.v
    cdef Py_ssize_t n = p.rows, size = n * n, count = p.batch * size, k, i, j
    cdef double stack[SCRATCH]
    cdef double *a = <double *>room(stack, (2 * count + p.batch) * sizeof(double))
    cdef double *inverse = a + count
    cdef double *dets = inverse + count
    cdef char *args[2]
    cdef Py_ssize_t sizes[2]
    cdef Py_ssize_t steps[4]
    cdef bint fine
    if a == NULL:
        return -1
    cast_wide(p.code, x[0], <char *>a, count)
    fine = call_squares(loops[INV][0], p.batch, n, sizeof(double), <char *>a, <char *>inverse, False)
    for k in range(p.batch if fine else 0):
        if not column_norm(a + k * size, n) * column_norm(inverse + k * size, n) * 1e-4 < 1:
            fine = False
    if fine:
        args[0], args[1] = <char *>a, <char *>dets
        sizes[0], sizes[1] = p.batch, n
        steps[0], steps[2] = size * sizeof(double), n * sizeof(double)
        steps[1] = steps[3] = sizeof(double)
        failed(loops[DET][0], 2, args, sizes, steps)
        for k in range(p.batch):
            for i in range(n):
                for j in range(n):
                    if p.code == FLOAT64:
                        (<double *>y)[k * size + i * n + j] = dets[k] * inverse[k * size + j * n + i]
                    else:
                        (<float *>y)[k * size + i * n + j] = <float>dets[k] * <float>inverse[k * size + j * n + i]
    drop(<char *>a, stack)
    return 0 if fine else -1


cdef double column_norm(const double *a, Py_ssize_t n) noexcept nogil:
    """The largest sum of sizes in a column."""
    cdef Py_ssize_t i, j
    cdef double largest = 0, total
    for j in range(n):
        total = 0
        for i in range(n):
            total += fabs(a[i * n + j])
        if not total <= largest:
            largest = total
    return largest


# ------------------------------------------------------------------------------------------------ triangles
cdef bint lay_triangular(list arguments, bint lower, bint transposed, bint unit, bint twice, work_t *w) except -1:
    """Triangles of up to TRIANGLE rows: in larger ones most is done in products."""
    cdef Tensor a = arguments[0], b = arguments[1]
    cdef int axes = 1 if b.shape_.ndim == 1 else 2, nd
    cdef Py_ssize_t n
    cdef matrices_t *p
    if not is_square(a) or not has_loop(SOLVE, a.code) or a.code != b.code or b.shape_.ndim == 0 or b.shape_.size == 0:
        return False
    n = a.shape_.dims[a.shape_.ndim - 1]
    if n > TRIANGLE or b.shape_.dims[b.shape_.ndim - axes] != n or not same_batch(a, b, axes):
        return False
    if twice and a.code >= COMPLEX64:
        return False
    nd = max(a.shape_.ndim - 2, b.shape_.ndim - axes)
    batch_of(b, 0, w)
    if a.shape_.ndim > 2:
        batch_of(a, 2, w)
    w.dims[nd] = n
    if axes == 2:
        w.dims[nd + 1] = b.shape_.dims[b.shape_.ndim - 1]
    if not set_result(w, a.code, nd + axes) or w.size > ROOM or a.shape_.size > ROOM:
        return False
    p = new_matrices(w, a)
    p.width = 1 if axes == 1 else b.shape_.dims[b.shape_.ndim - 1]
    p.other_batch = b.shape_.size // (n * p.width)
    p.vector = axes == 1
    p.lower, p.transposed, p.unit, p.twice = lower, transposed, unit, twice
    return finish_matrices(w, run_triangular, 1.0 * max(p.batch, p.other_batch) * n * n * (n + p.width))


cdef bint lay_solve_triangular(list arguments, dict metadata, work_t *w) except -1:
    lower, transposed, unit = metadata["lower"], metadata["transpose"], metadata["unit_diagonal"]
    if type(lower) is not bool or type(transposed) is not bool or type(unit) is not bool:
        return False
    return lay_triangular(arguments, lower, transposed, unit, False, w)


cdef bint lay_cholesky_solve(list arguments, dict metadata, work_t *w) except -1:
    return lay_triangular(arguments, True, False, False, True, w)


cdef int run_triangular(const work_t *w, char *y, char *const *x) noexcept nogil:
    """By LAPACK's general solver, whose elimination changes nothing of upper triangles: lower ones are solved
    backwards. `twice`: by a lower triangle, and by its transposition.
    """
    cdef const matrices_t *p = <const matrices_t *>w.v
    cdef Py_ssize_t n = p.rows, batch = max(p.batch, p.other_batch), item = itemsize[wide_code(p.code)]
    cdef Py_ssize_t triangles = p.batch * n * n, right = p.other_batch * n * p.width
    cdef double stack[SCRATCH]
    cdef char *t = room(stack, (triangles + right + w.size) * item)
    cdef char *b = t + triangles * item
    cdef char *z = b + right * item
    cdef bint fine
    if t == NULL:
        return -1
    cast_wide(p.code, x[0], t, triangles)
    cast_wide(p.code, x[1], b, right)
    make_triangles(t, p.batch, n, item, p.lower, p.unit)
    fine = solve_triangles(p, t, b, p.other_batch, z, p.lower != p.transposed, p.transposed)
    cast_back(p.code, z, y, w.size)
    if fine and p.twice:  # as the NumPy function does it, rounded in between
        cast_wide(p.code, y, z, w.size)
        fine = solve_triangles(p, t, z, batch, z, False, True)
        cast_back(p.code, z, y, w.size)
    drop(t, stack)
    return 0 if fine else -1


cdef void make_triangles(char *t, Py_ssize_t batch, Py_ssize_t n, Py_ssize_t item, bint lower,
                         bint unit) noexcept nogil:
    """Put zeros into the other triangles, and ones onto diagonals."""
    cdef Py_ssize_t k, i
    cdef char *row
    for k in range(batch):
        for i in range(n):
            row = t + (k * n + i) * n * item
            if lower:
                memset(row + (i + 1) * item, 0, (n - i - 1) * item)
            else:
                memset(row, 0, i * item)
            if unit:
                memset(row + i * item, 0, item)
                (<double *>(row + i * item))[0] = 1


cdef bint solve_triangles(const matrices_t *p, char *t, char *b, Py_ssize_t right_batch, char *z, bint backwards,
                          bint transposed) noexcept nogil:
    """False if there is a zero on a diagonal."""
    cdef Py_ssize_t n = p.rows, m = p.width, item = itemsize[wide_code(p.code)]
    cdef Py_ssize_t row = item if transposed else n * item, column = n * item if transposed else item
    cdef char *args[3]
    cdef Py_ssize_t sizes[3]
    cdef Py_ssize_t steps[9]
    args[0], args[1], args[2] = t, b, z
    sizes[0], sizes[1], sizes[2] = max(p.batch, right_batch), n, m
    steps[0] = n * n * item if p.batch > 1 else 0
    steps[1] = n * m * item if right_batch > 1 else 0
    steps[2] = n * m * item
    steps[3], steps[4] = row, column
    steps[5] = steps[7] = m * item
    steps[6] = steps[8] = item
    if backwards:
        args[0] += (n * n - 1) * item
        args[1] += (n - 1) * m * item
        args[2] += (n - 1) * m * item
        steps[3], steps[4], steps[5], steps[7] = -row, -column, -m * item, -m * item
    return not failed(loops[SOLVE][p.code >= COMPLEX64], 3, args, sizes, steps)


# -------------------------------------------------------------------------------- cotangents of Cholesky factors
cdef bint lay_cholesky_pull(list arguments, dict metadata, work_t *w) except -1:
    """Factors of up to TRIANGLE rows: the NumPy function takes larger ones panel by panel."""
    cdef Tensor a = arguments[0], ct = arguments[1]
    cdef matrices_t *p
    if not is_square(a) or not is_float(a) or a.code != ct.code or not same_shape(a.shape_, ct.shape_):
        return False
    if a.shape_.dims[a.shape_.ndim - 1] > TRIANGLE:
        return False
    if not has_loop(INV, a.code) or products[a.code - FLOAT32].fn == NULL:
        return False
    batch_of(a, 0, w)
    set_result(w, a.code, a.shape_.ndim)
    p = new_matrices(w, a)
    return finish_matrices(w, run_cholesky_pull, 4.0 * p.batch * p.rows * p.rows * p.rows)


cdef int run_cholesky_pull(const work_t *w, char *y, char *const *x) noexcept nogil:
    """sym(l^-T phi(l^T ct) l^-1): the products are NumPy's, so are their bits."""
    cdef const matrices_t *p = <const matrices_t *>w.v
    cdef Py_ssize_t n = p.rows, count = p.batch * n * n, item = itemsize[p.code], last = (n * n - 1) * item
    cdef double stack[SCRATCH]
    cdef char *factor = room(stack, 4 * count * sizeof(double))
    cdef char *wide = factor + count * sizeof(double)       # of the factor, then the cotangent
    cdef char *inverse = wide + count * sizeof(double)      # all of it backwards
    cdef char *middle = inverse + count * sizeof(double)
    cdef bint fine
    if factor == NULL:
        return -1
    memcpy(factor, x[0], count * item)
    make_triangles(factor, p.batch, n, item, True, False)
    cast_wide(p.code, factor, wide, count)
    fine = call_squares(loops[INV][0], p.batch, n, sizeof(double), wide, middle, True)
    if fine:
        cast_back(p.code, middle, inverse, count)
        memcpy(wide, x[1], count * item)
        make_triangles(wide, p.batch, n, item, True, False)
        multiply(p, middle, factor, item, n * item, wide, n * item, item)
        if p.code == FLOAT64:
            take_phi(<double *>middle, p.batch, n)
        else:
            take_phi(<float *>middle, p.batch, n)
        multiply(p, wide, inverse + last, -item, -n * item, middle, n * item, item)
        multiply(p, middle, wide, n * item, item, inverse + last, -n * item, -item)
        if p.code == FLOAT64:
            take_symmetric(<double *>y, <double *>middle, p.batch, n)
        else:
            take_symmetric(<float *>y, <float *>middle, p.batch, n)
    drop(factor, stack)
    return 0 if fine else -1


cdef void multiply(const matrices_t *p, char *y, char *a, Py_ssize_t a_row, Py_ssize_t a_step, char *b,
                   Py_ssize_t b_row, Py_ssize_t b_step) noexcept nogil:
    """Products of square matrices, with strides between their rows and elements."""
    cdef char *args[3]
    cdef Py_ssize_t sizes[4]
    cdef Py_ssize_t steps[9]
    cdef Py_ssize_t n = p.rows, item = itemsize[p.code]
    args[0], args[1], args[2] = a, b, y
    sizes[0], sizes[1], sizes[2], sizes[3] = p.batch, n, n, n
    steps[0] = steps[1] = steps[2] = n * n * item
    steps[3], steps[4], steps[5], steps[6], steps[7], steps[8] = a_row, a_step, b_row, b_step, n * item, item
    products[p.code - FLOAT32].fn(args, sizes, steps, products[p.code - FLOAT32].data)


cdef void take_phi(real *x, Py_ssize_t batch, Py_ssize_t n) noexcept nogil:
    """The lower triangles with half the diagonals."""
    cdef Py_ssize_t i, j
    for _ in range(batch):
        for i in range(n):
            x[i * n + i] /= 2
            for j in range(i + 1, n):
                x[i * n + j] *= 0
        x += n * n


cdef void take_symmetric(real *y, const real *x, Py_ssize_t batch, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, j
    for _ in range(batch):
        for i in range(n):
            for j in range(n):
                y[i * n + j] = (x[i * n + j] + x[j * n + i]) / 2
        x += n * n
        y += n * n


# ----------------------------------------------------------------------------------------------- orthogonal
cdef bint lay_qr(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef int nd = a.shape_.ndim
    cdef Py_ssize_t m, n, k
    cdef matrices_t *p
    cdef bint complete
    mode = metadata["mode"]
    if (mode != "reduced" and mode != "complete") or not is_matrices(a) or a.shape_.size > ROOM:
        return False
    m, n = a.shape_.dims[nd - 2], a.shape_.dims[nd - 1]
    complete = mode == "complete" and m > n
    k = m if complete else min(m, n)
    if w.piece:
        w.dims[nd - 2], w.dims[nd - 1] = k, n
        return set_further(w, a.code, nd)
    if not has_loop(QR_RAW, a.code) or not has_loop(QR_COMPLETE if complete else QR_REDUCED, a.code):
        return False
    batch_of(a, 2, w)
    w.dims[nd - 2], w.dims[nd - 1] = m, k
    if not set_result(w, a.code, nd) or w.size > ROOM:
        return False
    w.pieces, w.many, w.together = 2, True, True
    p = new_matrices(w, a)
    p.complete = complete
    p.width = k
    return finish_matrices(w, run_qr, 4.0 * a.shape_.size * m)


cdef int run_qr(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef const matrices_t *p = <const matrices_t *>w.v
    cdef Py_ssize_t m = p.rows, n = p.columns, k = p.width, least = min(m, n), item = itemsize[wide_code(p.code)]
    cdef Py_ssize_t size = p.batch * m * n, taus = p.batch * least, q_size = p.batch * m * k, i, j
    cdef bint narrow = p.code != wide_code(p.code), fine
    cdef double stack[SCRATCH]
    cdef char *a = room(stack, (size + taus + (q_size if narrow else 0)) * item)
    cdef char *tau = a + size * item
    cdef char *q = tau + taus * item if narrow else y
    cdef char *args[3]
    cdef Py_ssize_t sizes[4]
    cdef Py_ssize_t steps[8]
    if a == NULL:
        return -1
    cast_wide(p.code, x[0], a, size)
    args[0], args[1], args[2] = a, tau, q
    sizes[0], sizes[1], sizes[2], sizes[3] = p.batch, m, n, least
    steps[0], steps[1] = m * n * item, least * item
    steps[2], steps[3], steps[4] = n * item, item, item
    fine = not failed(loops[QR_RAW][p.code >= COMPLEX64], 2, args, sizes, steps)  # which writes r into a
    if fine:
        steps[2] = m * k * item
        steps[3], steps[4], steps[5], steps[6], steps[7] = n * item, item, item, k * item, item
        fine = not failed(loops[QR_COMPLETE if p.complete else QR_REDUCED][p.code >= COMPLEX64], 3, args, sizes,
                          steps)
    if fine and narrow:
        cast_back(p.code, q, y, q_size)
    for i in range(p.batch if fine else 0):
        for j in range(k):
            put_upper_row(p.code, a + (i * m + j) * n * item, x[1] + (i * k + j) * n * itemsize[p.code], j, n)
    drop(a, stack)
    return 0 if fine else -1


cdef void put_upper_row(int code, char *a, char *y, Py_ssize_t row, Py_ssize_t n) noexcept nogil:
    """A row of an upper triangle."""
    cdef Py_ssize_t zeros = min(row, n)
    memset(y, 0, zeros * itemsize[code])
    cast_back(code, a + zeros * itemsize[wide_code(code)], y + zeros * itemsize[code], n - zeros)


# ----------------------------------------------------------------------------- what singular values are for
cdef bint lay_matrix_rank(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef matrices_t *p
    if metadata["tol"] is not None or metadata["rtol"] is not None or metadata["hermitian"] is not False:
        return False
    if not is_matrices(a) or not has_loop(SVDVALS, a.code) or a.shape_.size > ROOM:
        return False
    batch_of(a, 2, w)
    set_result(w, INT64, a.shape_.ndim - 2)
    p = new_matrices(w, a)
    return finish_matrices(w, run_matrix_rank, 1000 + 5.0 * a.shape_.size * min(p.rows, p.columns))


cdef int run_matrix_rank(const work_t *w, char *y, char *const *x) noexcept nogil:
    """How many singular values are above rounding errors of the largest one."""
    cdef const matrices_t *p = <const matrices_t *>w.v
    cdef Py_ssize_t m = p.rows, n = p.columns, least = min(m, n), size = p.batch * m * n, k, j, rank
    cdef Py_ssize_t item = itemsize[wide_code(p.code)]
    cdef double stack[SCRATCH]
    cdef char *a = room(stack, size * item + p.batch * least * sizeof(double))
    cdef double *s = <double *>(a + size * item)
    cdef char *args[2]
    cdef Py_ssize_t sizes[4]
    cdef Py_ssize_t steps[5]
    cdef bint fine
    if a == NULL:
        return -1
    cast_wide(p.code, x[0], a, size)
    args[0], args[1] = a, <char *>s
    sizes[0], sizes[1], sizes[2], sizes[3] = p.batch, m, n, least
    steps[0], steps[1] = m * n * item, least * sizeof(double)
    steps[2], steps[3], steps[4] = n * item, item, sizeof(double)
    fine = not failed(loops[SVDVALS][p.code >= COMPLEX64], 2, args, sizes, steps)
    for k in range(p.batch if fine else 0):
        rank = 0
        for j in range(least):
            if real_code(p.code) == FLOAT64:
                rank += s[j] > s[0] * (max(m, n) * DBL_EPSILON)
            else:
                rank += <float>s[j] > <float>s[0] * (<float>max(m, n) * FLT_EPSILON)
        (<int64_t *>y)[k] = rank
        s += least
    drop(a, stack)
    return 0 if fine else -1


cdef bint lay_pinv(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef int nd = a.shape_.ndim
    cdef matrices_t *p
    if metadata["rcond"] is not None or metadata["rtol"] is not None or metadata["hermitian"] is not False:
        return False
    if not is_float(a) or not is_matrices(a) or a.shape_.size > ROOM:
        return False
    if not has_loop(SVD_SMALL, a.code) or products[a.code - FLOAT32].fn == NULL:
        return False
    batch_of(a, 2, w)
    w.dims[nd - 2], w.dims[nd - 1] = a.shape_.dims[nd - 1], a.shape_.dims[nd - 2]
    set_result(w, a.code, nd)
    p = new_matrices(w, a)
    p.width = min(p.rows, p.columns)
    return finish_matrices(w, run_pinv, 1000 + 25.0 * a.shape_.size * p.width)


cdef int run_pinv(const work_t *w, char *y, char *const *x) noexcept nogil:
    """v s^-1 u^T without what is 0 but for rounding."""
    cdef const matrices_t *p = <const matrices_t *>w.v
    cdef Py_ssize_t m = p.rows, n = p.columns, k = p.width, batch = p.batch, item = itemsize[p.code]
    cdef double stack[SCRATCH]
    cdef char *a = room(stack, batch * (m * n + m * k + k + k * n) * sizeof(double))
    cdef char *u = a + batch * m * n * sizeof(double)
    cdef char *s = u + batch * m * k * sizeof(double)
    cdef char *v = s + batch * k * sizeof(double)
    cdef char *args[4]
    cdef Py_ssize_t sizes[4]
    cdef Py_ssize_t steps[11]
    cdef bint fine
    if a == NULL:
        return -1
    cast_wide(p.code, x[0], a, batch * m * n)
    args[0], args[1], args[2], args[3] = a, u, s, v
    sizes[0], sizes[1], sizes[2], sizes[3] = batch, m, n, k
    steps[0], steps[1], steps[2], steps[3] = m * n, m * k, k, k * n
    steps[4], steps[5], steps[6], steps[7], steps[8], steps[9], steps[10] = n, 1, k, 1, 1, n, 1
    for j in range(11):
        steps[j] *= sizeof(double)
    fine = not failed(loops[SVD_SMALL][0], 4, args, sizes, steps)
    if fine:
        if p.code == FLOAT64:
            divide_by_values(<double *>u, <double *>s, batch, m, k)
        else:
            narrow_all(u, batch * (m * k + k + k * n))
            s, v = u + batch * m * k * item, u + batch * (m * k + k) * item
            divide_by_values(<float *>u, <float *>s, batch, m, k)
        args[0], args[1], args[2] = v, u, y
        sizes[0], sizes[1], sizes[2], sizes[3] = batch, n, k, m
        steps[0], steps[1], steps[2] = k * n, m * k, n * m
        steps[3], steps[4], steps[5], steps[6], steps[7], steps[8] = 1, n, 1, k, m, 1
        for j in range(9):
            steps[j] *= item
        products[p.code - FLOAT32].fn(args, sizes, steps, products[p.code - FLOAT32].data)
    drop(a, stack)
    return 0 if fine else -1


cdef void narrow_all(char *x, Py_ssize_t n) noexcept nogil:
    """Doubles to floats in their place."""
    cdef Py_ssize_t k
    for k in range(n):
        (<float *>x)[k] = <float>(<double *>x)[k]


cdef void divide_by_values(real *u, real *s, Py_ssize_t batch, Py_ssize_t m, Py_ssize_t k) noexcept nogil:
    """Divide the columns of u by singular values; 0 for values that are 0 but for rounding, as np.linalg.pinv has it.
    """
    cdef Py_ssize_t i, j
    cdef double least
    for _ in range(batch):
        least = 1e-15 * s[0]
        for j in range(k):
            s[j] = 1 / s[j] if s[j] > least else 0
        for i in range(m):
            for j in range(k):
                u[i * k + j] *= s[j]
        u += m * k
        s += k


# ----------------------------------------------------------------------------------------------------- gaps
cdef bint lay_inverse_gaps(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef int nd = a.shape_.ndim
    cdef Py_ssize_t n
    if not is_float(a) or nd == 0 or nd == MAX_NDIM or a.shape_.size == 0:
        return False
    n = a.shape_.dims[nd - 1]
    batch_of(a, 0, w)
    w.dims[nd] = n
    if not set_result(w, a.code, nd + 1):
        return False
    w.v[0], w.v[1], w.n = a.shape_.size // n, n, 2
    w.run = run_inverse_gaps
    return True


cdef int run_inverse_gaps(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(w.v[0]):
        if w.code == FLOAT64:
            fill_gaps(<double *>x[0] + k * w.v[1], <double *>y + k * w.v[1] * w.v[1], w.v[1], DBL_EPSILON)
        else:
            fill_gaps(<float *>x[0] + k * w.v[1], <float *>y + k * w.v[1] * w.v[1], w.v[1], FLT_EPSILON)
    return 0


cdef void fill_gaps(const real *w, real *y, Py_ssize_t n, real epsilon) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef real largest = 0, least, gap
    for i in range(n):
        if not <real>fabs(w[i]) <= largest:
            largest = <real>fabs(w[i])
    least = <real>n * epsilon * largest
    for i in range(n):
        for j in range(n):
            gap = w[j] - w[i]
            y[i * n + j] = 0 if i == j else <real>INFINITY if <real>fabs(gap) <= least else 1 / gap


# ---------------------------------------------------------------------------------------------------- table
cdef int find_products() except -1:
    cdef int k
    sizes = dict.fromkeys(("n?", "k", "m?"), 2)
    for k, types in enumerate(("ff->f", "dd->d")):
        products[k] = gufunc_loop(np, "matmul", "(n?,k),(k,m?)->(n?,m?)", types, sizes)
    return 0


find_products()
offer_kernel("cofactors", lay_cofactors)
offer_kernel("solve_triangular", lay_solve_triangular)
offer_kernel("cholesky_solve", lay_cholesky_solve)
offer_kernel("cholesky_pull", lay_cholesky_pull)
offer_kernel("qr", lay_qr)
offer_kernel("matrix_rank", lay_matrix_rank)
offer_kernel("pinv", lay_pinv)
offer_kernel("inverse_gaps", lay_inverse_gaps)
