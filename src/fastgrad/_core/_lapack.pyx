"""Linear algebra by the bare loops of NumPy's own gufuncs: LAPACK as np.linalg calls it, without the Python around it.

np.linalg computes in float64 and complex128, and so do these: other floats are cast on the way. Where LAPACK fails (a
singular matrix), the loops set the floating-point flag `invalid` and nothing else does: then the row's function is
called, whose error says why.
"""

from libc.string cimport memcpy, memset

import numpy as np

from ._buffer cimport fg_mul_overflows
from ._loops cimport COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, cast_contiguous, fg_loop, gufunc_loop, itemsize
from ._tensor cimport Tensor
from ._work cimport SCRATCH, drop, offer_kernel, room, set_further, set_result, work_t

cdef extern from "<fenv.h>" nogil:
    const int FE_INVALID
    int feclearexcept(int flags)
    int fetestexcept(int flags)

cdef enum:
    OPERANDS = 4       # of the kernels here
    MOST_OPERANDS = 7  # of any loop

# In this order: name, signature, types of the operands for real matrices and for complex ones.
cdef list KINDS = [
    ("det", "(m,m)->()", "d->d", "D->D"),
    ("slogdet", "(m,m)->(),()", "d->dd", "D->Dd"),
    ("inv", "(m,m)->(m,m)", "d->d", "D->D"),
    ("solve", "(m,m),(m,n)->(m,n)", "dd->d", "DD->D"),
    ("solve1", "(m,m),(m)->(m)", "dd->d", "DD->D"),
    ("cholesky_lo", "(m,m)->(m,m)", "d->d", "D->D"),
    ("cholesky_up", "(m,m)->(m,m)", "d->d", "D->D"),
    ("eigh_lo", "(m,m)->(m),(m,m)", "d->dd", "D->dD"),
    ("eigh_up", "(m,m)->(m),(m,m)", "d->dd", "D->dD"),
    ("eigvalsh_lo", "(m,m)->(m)", "d->d", "D->d"),
    ("eigvalsh_up", "(m,m)->(m)", "d->d", "D->d"),
    ("svd", "(m,n)->(p)", "d->d", "D->d"),
    ("svd_f", "(m,n)->(m,m),(p),(n,n)", "d->ddd", "D->DdD"),
    ("svd_s", "(m,n)->(m,p),(p),(p,n)", "d->ddd", "D->DdD"),
    ("qr_r_raw", "(m,n)->(p)", "d->d", "D->D"),
    ("qr_reduced", "(m,n),(k)->(m,k)", "dd->d", "DD->D"),
    ("qr_complete", "(m,n),(n)->(m,m)", "dd->d", "DD->D"),
    ("eig", "(m,m)->(m),(m,m)", "d->DD", "D->DD"),
    ("eigvals", "(m,m)->(m)", "d->D", "D->D"),
    ("lstsq", "(m,n),(m,nrhs),()->(n,nrhs),(nrhs),(),(p)", "ddd->ddid", "DDd->Ddid"),
]

cdef dict SIZES = dict.fromkeys(("k", "m", "n", "nrhs", "p"), 2)  # that loops are tried with

# One call of a loop.
cdef struct call_t:
    int operands, inputs
    int codes[OPERANDS]            # of the operands, and in what they are computed
    int wide[OPERANDS]
    Py_ssize_t counts[OPERANDS]    # elements
    bint casts
    Py_ssize_t scratch             # bytes, for operands that are cast
    Py_ssize_t sizes[1 + OPERANDS]
    Py_ssize_t steps[3 * OPERANDS]
    int steps_within               # along axes of one matrix, so far; they stand behind those from one to the next
    Py_ssize_t within[2 * OPERANDS]


# ---------------------------------------------------------------------------------------------------- calls
cdef int wide_code(int code) noexcept nogil:
    return COMPLEX128 if code >= COMPLEX64 else FLOAT64


cdef int real_code(int code) noexcept nogil:
    return code - COMPLEX64 + FLOAT32 if code >= COMPLEX64 else code


cdef void cast(int source_code, char *source, int code, char *to, Py_ssize_t n) noexcept nogil:
    """Cast floats, or complex numbers as pairs of them."""
    cast_contiguous(real_code(source_code), source, real_code(code), to, 2 * n if code >= COMPLEX64 else n)


cdef bint is_matrices(Tensor a) noexcept:
    return a.code >= FLOAT32 and a.code <= COMPLEX128 and a.shape_.ndim >= 2 and a.shape_.size != 0


cdef bint is_square(Tensor a) noexcept:
    return is_matrices(a) and a.shape_.dims[a.shape_.ndim - 1] == a.shape_.dims[a.shape_.ndim - 2]


cdef Py_ssize_t batch_of(Tensor a, int axes, work_t *w) noexcept:
    """How many arrays of so many axes a has; their axes before them are the result's first ones."""
    cdef Py_ssize_t count = 1
    cdef int k
    for k in range(a.shape_.ndim - axes):
        w.dims[k] = a.shape_.dims[k]
        count *= w.dims[k]
    return count


cdef call_t *new_call(work_t *w, int inputs) noexcept:
    cdef call_t *c = <call_t *>w.v
    memset(c, 0, sizeof(call_t))
    c.inputs = inputs
    return c


cdef bint add_operand(call_t *c, int code, int axes, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t batch) noexcept:
    """The next operand, `batch` arrays of so many axes; one stands for all of them. False if it would be too large."""
    cdef int k = c.operands, wide = wide_code(code)
    cdef Py_ssize_t size, count, nbytes, item = itemsize[wide]
    rows, columns = rows if axes == 2 else 1, columns if axes else 1
    if fg_mul_overflows(rows, columns, &size) or fg_mul_overflows(size, batch, &count) or fg_mul_overflows(
            count, 8 * item, &nbytes):
        return False
    c.codes[k], c.wide[k], c.counts[k] = code, wide, count
    c.casts = c.casts or code != wide
    c.scratch += count * item
    c.steps[k] = size * item if batch > 1 else 0
    if axes == 2:
        c.within[c.steps_within] = columns * item
        c.steps_within += 1
    if axes:
        c.within[c.steps_within] = item
        c.steps_within += 1
    c.operands += 1
    return True


cdef bint finish_call(work_t *w, int which, int code, Py_ssize_t batch, double cost, bint fails) noexcept:
    """The result's size is there. cost: of one matrix, beside the call."""
    cdef call_t *c = <call_t *>w.v
    memcpy(c.steps + c.operands, c.within, c.steps_within * sizeof(Py_ssize_t))
    c.sizes[0] = batch
    w.n = (sizeof(call_t) + sizeof(Py_ssize_t) - 1) // sizeof(Py_ssize_t)
    w.loop = loops[which][code >= COMPLEX64]
    w.run = run_call
    w.looks = fails
    w.raises = True
    w.cost = CALL_COST + <Py_ssize_t>min(batch * cost, 1e15)
    return True


cdef bint failed(fg_loop loop, int operands, char *const *data, const Py_ssize_t *sizes,
                 const Py_ssize_t *steps) noexcept nogil:
    """Call a loop; True if LAPACK failed."""
    cdef char *args[MOST_OPERANDS]  # which it moves
    memcpy(args, data, operands * sizeof(char *))
    if fetestexcept(FE_INVALID):
        feclearexcept(FE_INVALID)
    loop.fn(args, sizes, steps, loop.data)
    if not fetestexcept(FE_INVALID):
        return False
    feclearexcept(FE_INVALID)
    return True


cdef int run_call(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef const call_t *c = <const call_t *>w.v
    cdef char *data[OPERANDS]
    cdef char *args[OPERANDS]
    cdef double stack[SCRATCH]
    cdef char *scratch
    cdef char *at
    cdef bint bad
    cdef int k
    for k in range(c.operands):
        data[k] = args[k] = x[k] if k < c.inputs else y if k == c.inputs else x[k - 1]
    if not c.casts:
        return -1 if failed(w.loop, c.operands, args, c.sizes, c.steps) and w.looks else 0
    scratch = room(stack, c.scratch)
    if scratch == NULL:
        return -1
    at = scratch
    for k in range(c.operands):
        if c.codes[k] != c.wide[k]:
            args[k] = at
            at += c.counts[k] * itemsize[c.wide[k]]
            if k < c.inputs:
                cast(c.codes[k], data[k], c.wide[k], args[k], c.counts[k])
    bad = failed(w.loop, c.operands, args, c.sizes, c.steps) and w.looks
    for k in range(c.inputs, c.operands):
        if args[k] != data[k]:
            cast(c.wide[k], args[k], c.codes[k], data[k], c.counts[k])
    drop(scratch, stack)
    return -1 if bad else 0


# -------------------------------------------------------------------------------------- squares and numbers
cdef bint has_loop(int which, int code) noexcept:
    return loops[which][code >= COMPLEX64].fn != NULL


cdef bint lay_det(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef Py_ssize_t batch, n
    cdef call_t *c
    if not is_square(a) or not has_loop(DET, a.code):
        return False
    n = a.shape_.dims[a.shape_.ndim - 1]
    batch = batch_of(a, 2, w)
    set_result(w, a.code, a.shape_.ndim - 2)
    c = new_call(w, 1)
    c.sizes[1] = n
    return add_operand(c, a.code, 2, n, n, batch) and add_operand(c, a.code, 0, 0, 0, batch) and (
        finish_call(w, DET, a.code, batch, 0.5 * n * n * n, False))


cdef bint lay_slogdet(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef Py_ssize_t batch, n
    cdef call_t *c
    if w.piece:
        return set_further(w, real_code(a.code), a.shape_.ndim - 2)
    if not is_square(a) or not has_loop(SLOGDET, a.code):
        return False
    n = a.shape_.dims[a.shape_.ndim - 1]
    batch = batch_of(a, 2, w)
    set_result(w, a.code, a.shape_.ndim - 2)
    w.pieces, w.many, w.together = 2, True, True
    c = new_call(w, 1)
    c.sizes[1] = n
    return add_operand(c, a.code, 2, n, n, batch) and add_operand(c, a.code, 0, 0, 0, batch) and (
        add_operand(c, real_code(a.code), 0, 0, 0, batch)) and (
        finish_call(w, SLOGDET, a.code, batch, 0.5 * n * n * n, False))


cdef bint lay_square(Tensor a, int which, work_t *w) except -1:
    """From square matrices to others like them."""
    cdef Py_ssize_t batch, n
    cdef call_t *c
    cdef int k
    if not is_square(a) or not has_loop(which, a.code):
        return False
    n = a.shape_.dims[a.shape_.ndim - 1]
    batch = batch_of(a, 2, w)
    for k in range(2):
        w.dims[a.shape_.ndim - 2 + k] = n
    set_result(w, a.code, a.shape_.ndim)
    c = new_call(w, 1)
    c.sizes[1] = n
    return add_operand(c, a.code, 2, n, n, batch) and add_operand(c, a.code, 2, n, n, batch) and (
        finish_call(w, which, a.code, batch, 1.0 * n * n * n, True))


cdef bint lay_inv(list arguments, dict metadata, work_t *w) except -1:
    rcond = metadata["rcond"]
    return type(rcond) is float and <double>rcond == 0 and lay_square(arguments[0], INV, w)


cdef bint lay_cholesky(list arguments, dict metadata, work_t *w) except -1:
    upper = metadata["upper"]
    return type(upper) is bool and lay_square(arguments[0], CHOLESKY_UPPER if upper else CHOLESKY_LOWER, w)


# -------------------------------------------------------------------------------------------------- systems
cdef bint same_batch(Tensor a, Tensor b, int axes) noexcept:
    """True if the axes before the last ones of b are those of a, or one of them has none."""
    cdef int k, n = a.shape_.ndim - 2, m = b.shape_.ndim - axes
    if n and m and n != m:
        return False
    for k in range(min(n, m)):
        if a.shape_.dims[k] != b.shape_.dims[k]:
            return False
    return True


cdef bint lay_solve(list arguments, dict metadata, work_t *w) except -1:
    """v: of a call of the solver for vectors or for matrices."""
    cdef Tensor a = arguments[0], b = arguments[1]
    cdef int axes = 1 if b.shape_.ndim == 1 else 2, nd, which = SOLVE_VECTOR if b.shape_.ndim == 1 else SOLVE
    cdef Py_ssize_t n, columns, batch, a_batch, b_batch
    cdef call_t *c
    if not is_square(a) or a.code != b.code or b.shape_.ndim == 0 or b.shape_.size == 0 or not has_loop(which, a.code):
        return False
    n = a.shape_.dims[a.shape_.ndim - 1]
    if b.shape_.dims[b.shape_.ndim - axes] != n or not same_batch(a, b, axes):
        return False
    columns = n if axes == 1 else b.shape_.dims[b.shape_.ndim - 1]
    a_batch, b_batch = batch_of(a, 2, w), batch_of(b, axes, w)
    batch, nd = max(a_batch, b_batch), b.shape_.ndim - axes
    if a.shape_.ndim > 2:
        batch_of(a, 2, w)
        nd = a.shape_.ndim - 2
    w.dims[nd] = n
    w.dims[nd + 1] = columns
    if not set_result(w, a.code, nd + axes):
        return False
    c = new_call(w, 2)
    c.sizes[1] = n
    c.sizes[2] = columns
    return add_operand(c, a.code, 2, n, n, a_batch) and add_operand(c, a.code, axes, n, columns, b_batch) and (
        add_operand(c, a.code, axes, n, columns, batch)) and (
        finish_call(w, which, a.code, batch, 1.0 * n * n * (n + columns), True))


# -------------------------------------------------------------------------------------------- eigenvalues
cdef bint lay_hermitian(Tensor a, object uplo, bint vectors, work_t *w) except -1:
    cdef Py_ssize_t batch, n
    cdef int which = EIGH_LOWER if vectors else EIGVALSH_LOWER
    cdef call_t *c
    if w.piece:
        w.dims[a.shape_.ndim - 1] = w.dims[a.shape_.ndim - 2]
        return set_further(w, a.code, a.shape_.ndim)
    if uplo != "L" and uplo != "U":
        return False
    which += uplo == "U"
    if not is_square(a) or not has_loop(which, a.code):
        return False
    n = a.shape_.dims[a.shape_.ndim - 1]
    batch = batch_of(a, 2, w)
    w.dims[a.shape_.ndim - 2] = n
    set_result(w, real_code(a.code), a.shape_.ndim - 1)
    c = new_call(w, 1)
    c.sizes[1] = n
    if not add_operand(c, a.code, 2, n, n, batch) or not add_operand(c, real_code(a.code), 1, 0, n, batch):
        return False
    if vectors:
        w.pieces, w.many, w.together = 2, True, True
        if not add_operand(c, a.code, 2, n, n, batch):
            return False
    return finish_call(w, which, a.code, batch, 1000 + 10.0 * n * n * n, True)


cdef bint lay_eigh(list arguments, dict metadata, work_t *w) except -1:
    return lay_hermitian(arguments[0], metadata["UPLO"], True, w)


cdef bint lay_eigvalsh(list arguments, dict metadata, work_t *w) except -1:
    return lay_hermitian(arguments[0], metadata["UPLO"], False, w)


# ------------------------------------------------------------------------------------------ singular values
cdef bint lay_svd(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef bint full
    cdef Py_ssize_t m, n, p, batch
    cdef int which, nd = a.shape_.ndim
    cdef call_t *c
    if type(metadata["full_matrices"]) is not bool or not is_matrices(a):
        return False
    full = metadata["full_matrices"]
    which = SVD_FULL if full else SVD_SMALL
    m, n = a.shape_.dims[nd - 2], a.shape_.dims[nd - 1]
    p = min(m, n)
    if w.piece == 1:
        w.dims[nd - 2] = p
        return set_further(w, real_code(a.code), nd - 1)
    if w.piece == 2:
        w.dims[nd - 2], w.dims[nd - 1] = n if full else p, n
        return set_further(w, a.code, nd)
    if not has_loop(which, a.code):
        return False
    batch = batch_of(a, 2, w)
    w.dims[nd - 2], w.dims[nd - 1] = m, m if full else p
    if not set_result(w, a.code, nd):
        return False
    w.pieces, w.many, w.together = 3, True, True
    c = new_call(w, 1)
    c.sizes[1], c.sizes[2], c.sizes[3] = m, n, p
    return add_operand(c, a.code, 2, m, n, batch) and add_operand(c, a.code, 2, m, m if full else p, batch) and (
        add_operand(c, real_code(a.code), 1, 0, p, batch)) and (
        add_operand(c, a.code, 2, n if full else p, n, batch)) and (
        finish_call(w, which, a.code, batch, 1000 + 20.0 * m * n * p, True))


cdef bint lay_svdvals(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor a = arguments[0]
    cdef Py_ssize_t m, n, p, batch
    cdef int nd = a.shape_.ndim
    cdef call_t *c
    if not is_matrices(a) or not has_loop(SVDVALS, a.code):
        return False
    m, n = a.shape_.dims[nd - 2], a.shape_.dims[nd - 1]
    p = min(m, n)
    batch = batch_of(a, 2, w)
    w.dims[nd - 2] = p
    set_result(w, real_code(a.code), nd - 1)
    c = new_call(w, 1)
    c.sizes[1], c.sizes[2], c.sizes[3] = m, n, p
    return add_operand(c, a.code, 2, m, n, batch) and add_operand(c, real_code(a.code), 1, 0, p, batch) and (
        finish_call(w, SVDVALS, a.code, batch, 1000 + 5.0 * m * n * p, True))


# ---------------------------------------------------------------------------------------------------- table
cdef int find_loops() except -1:
    """Find NumPy's loops: those that this NumPy has, as they are expected."""
    cdef int k
    module = getattr(np.linalg, "_umath_linalg", None)
    for k, (name, signature, real, of_complex) in enumerate(KINDS):
        loops[k][0] = gufunc_loop(module, name, signature, real, SIZES)
        loops[k][1] = gufunc_loop(module, name, signature, of_complex, SIZES)
    return 0


find_loops()
offer_kernel("det", lay_det)
offer_kernel("slogdet", lay_slogdet)
offer_kernel("inv", lay_inv)
offer_kernel("solve", lay_solve)
offer_kernel("cholesky", lay_cholesky)
offer_kernel("eigh", lay_eigh)
offer_kernel("eigvalsh", lay_eigvalsh)
offer_kernel("svd", lay_svd)
offer_kernel("svdvals", lay_svdvals)
