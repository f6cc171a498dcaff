"""Products of matrices: small ones by loops of our own, the others by BLAS, as NumPy does. Other sums of products."""

from libc.math cimport INFINITY, sqrt, sqrtf
from libc.string cimport memset

cimport numpy as cnp
import numpy as np

from ..ops.reductions import SAFE as SAFE_ROOTS

from ._buffer cimport MAX_NDIM, fg_mul_overflows
from ._loops cimport FLOAT32, FLOAT64, fg_loop, itemsize, ufunc_loop
from ._tensor cimport Tensor, is_float
from ._threads cimport WORTH_PARTS, run_parts, threads
from ._work cimport flagged_axes, offer_kernel, set_result, work_t

cdef extern from "matmul.h" nogil:
    ctypedef struct fg_product:
        Py_ssize_t m, n, k
        const char *a
        const char *b
        char *y
        Py_ssize_t a_row, a_step, b_row, b_step, y_row
    ctypedef struct fg_multiplier:
        void (*multiply)(const fg_product *q, Py_ssize_t first, Py_ssize_t columns) noexcept nogil
        Py_ssize_t lanes
    int fg_best_level()
    fg_multiplier fg_find_multiplier(int level, bint is_double)

# SMALL: multiplications. Up to there our loops take 0.5 to 1.3 of the time of OpenBLAS's, whose threads then stay
# asleep: both kinds would be in each other's way. See `python -m bench.bench_products`.
cdef enum:
    SMALL = 1 << 29
    PART_ROWS = 256    # of the result, that a thread computes at once
    PARTS = 4          # at most, for each thread: one may be faster than another
    VECTORS = 6        # of columns, that a part has at least: two tiles
    FEW = 4096         # multiplications, up to which sums over labels are no product of matrices

cdef struct product_t:
    Py_ssize_t sizes[4]  # stack, rows, inner axis, columns
    Py_ssize_t steps[9]  # as NumPy's loop takes them
    Py_ssize_t rows, row_parts, columns, column_parts  # of a part of a small one

cdef struct job_t:
    const product_t *p
    const fg_multiplier *multiplier
    Py_ssize_t item
    const char *a
    const char *b
    char *y

cdef fg_loop matmul_loop[2]
cdef fg_multiplier multiplier[2]
cdef double SAFE[2]  # from which a root of a sum of squares has lost nothing


cdef bint lay_matmul(list arguments, dict metadata, work_t *w) except -1:
    """Products of matrices, or of stacks of matrices with equal leading axes."""
    cdef Tensor a = arguments[0], b = arguments[1]
    cdef bint ta, tb, row, column
    cdef Py_ssize_t da[2]
    cdef Py_ssize_t db[2]
    cdef int k, nd = a.shape_.ndim
    cdef Py_ssize_t item = itemsize[a.code], batch, rows, inner, columns
    cdef product_t *p = <product_t *>w.v
    if a.code != b.code or not is_float(a):
        return False
    if type(metadata["transpose_a"]) is not bool or type(metadata["transpose_b"]) is not bool:
        return False
    ta, tb = metadata["transpose_a"], metadata["transpose_b"]
    row, column = a.shape_.ndim == 1, b.shape_.ndim == 1
    if row or column:  # vectors are matrices of one row or column, which the result has not
        if a.shape_.ndim == 0 or b.shape_.ndim == 0 or (row and ta) or (column and tb):
            return False
        if a.shape_.ndim > 2 or b.shape_.ndim > 2:
            return False
        nd = 2
    elif nd < 2 or b.shape_.ndim != nd:
        return False
    da[0] = 1 if row else a.shape_.dims[nd - 2]
    da[1] = a.shape_.dims[0 if row else nd - 1]
    db[0] = b.shape_.dims[0 if column else nd - 2]
    db[1] = 1 if column else b.shape_.dims[nd - 1]
    rows, inner, columns = da[1 if ta else 0], da[0 if ta else 1], db[0 if tb else 1]
    if inner != db[1 if tb else 0] or matmul_loop[a.code - FLOAT32].fn == NULL:
        return False
    batch = 1
    for k in range(nd - 2):
        if a.shape_.dims[k] != b.shape_.dims[k]:
            return False
        w.dims[k] = a.shape_.dims[k]
        batch *= w.dims[k]
    nd -= 2
    if not row:
        w.dims[nd] = rows
        nd += 1
    if not column:
        w.dims[nd] = columns
        nd += 1
    if not set_result(w, a.code, nd):
        return False
    w.cost = w.size * (1 + inner // 64)
    w.n = sizeof(product_t) // sizeof(Py_ssize_t)
    w.run = run_product
    w.loop = matmul_loop[a.code - FLOAT32]
    if w.size == 0:  # what is multiplied below fits otherwise: operands and result are arrays
        return True
    p.sizes[0] = batch
    p.sizes[1] = rows
    p.sizes[2] = inner
    p.sizes[3] = columns
    p.steps[0] = rows * inner * item
    p.steps[1] = inner * columns * item
    p.steps[2] = rows * columns * item
    p.steps[3 + ta] = da[1] * item
    p.steps[4 - ta] = item
    p.steps[5 + tb] = db[1] * item
    p.steps[6 - tb] = item
    p.steps[7] = columns * item
    p.steps[8] = item
    if is_small(a.code, rows, inner, columns):
        w.run = run_small_products
        set_parts(p, &multiplier[a.code - FLOAT32], threads() if w.cost >= WORTH_PARTS else 1)
    return True


cdef int run_product(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef const product_t *p = <const product_t *>w.v
    cdef char *data[3]
    if w.size == 0:
        return 0
    if p.sizes[2] == 0:
        memset(y, 0, w.size * itemsize[w.code])
        return 0
    data[0], data[1], data[2] = x[0], x[1], y
    w.loop.fn(data, p.sizes, p.steps, w.loop.data)
    return 0


# ----------------------------------------------------------------------------------------------- small ones
cdef bint is_small(int code, Py_ssize_t rows, Py_ssize_t inner, Py_ssize_t columns) noexcept nogil:
    """Whether our loops compute a product of such matrices, transposed or not. BLAS is better with vectors."""
    cdef Py_ssize_t count
    if code != FLOAT32 and code != FLOAT64:
        return False
    if multiplier[code - FLOAT32].multiply == NULL or rows < 2 or columns < 2 or inner < 1:
        return False
    return not (fg_mul_overflows(rows, inner, &count) or fg_mul_overflows(count, columns, &count)) and count <= SMALL


cdef void set_parts(product_t *p, const fg_multiplier *by, int lanes) noexcept nogil:
    """Divide a product into parts for so many threads, of as many rows as stay in a cache with what they meet."""
    cdef Py_ssize_t rows = p.sizes[1], columns = p.sizes[3], vectors = (columns + by.lanes - 1) // by.lanes, parts
    p.row_parts = (rows + PART_ROWS - 1) // PART_ROWS
    p.rows = (rows + p.row_parts - 1) // p.row_parts
    parts = max(min(PARTS * lanes // p.row_parts, vectors // VECTORS), 1) if lanes > 1 else 1
    if parts > lanes:
        parts -= parts % lanes
    p.columns = (vectors + parts - 1) // parts * by.lanes
    p.column_parts = (columns + p.columns - 1) // p.columns


cdef int run_small_products(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef const product_t *p = <const product_t *>w.v
    cdef job_t job
    cdef Py_ssize_t parts
    if w.size == 0:
        return 0
    job.p = p
    job.multiplier = &multiplier[w.code - FLOAT32]
    job.item = itemsize[w.code]
    job.a, job.b, job.y = x[0], x[1], y
    parts = p.sizes[0] * p.row_parts * p.column_parts
    run_parts(run_part, &job, parts, threads() if w.cost >= WORTH_PARTS else 1)
    return 0


cdef void run_part(void *context, Py_ssize_t k, int lane) noexcept nogil:
    """Some rows and columns of one product of the stack."""
    cdef const job_t *job = <const job_t *>context
    cdef const product_t *p = job.p
    cdef Py_ssize_t item = job.item, at = k % p.column_parts * p.columns, row, matrix
    cdef fg_product q
    k //= p.column_parts
    row, matrix = k % p.row_parts * p.rows, k // p.row_parts
    q.m, q.n, q.k = min(p.rows, p.sizes[1] - row), p.sizes[3], p.sizes[2]
    q.a = job.a + matrix * p.steps[0] + row * p.steps[3]
    q.b = job.b + matrix * p.steps[1]
    q.y = job.y + matrix * p.steps[2] + row * p.steps[7]
    q.a_row, q.a_step = p.steps[3] // item, p.steps[4] // item
    q.b_row, q.b_step = p.steps[5] // item, p.steps[6] // item
    q.y_row = p.sizes[3]
    job.multiplier.multiply(&q, at, min(p.columns, p.sizes[3] - at))


# -------------------------------------------------------------------------------------- sums over any labels
cdef bint lay_contract(list arguments, dict metadata, work_t *w) except -1:
    """Products of two arrays summed over the labels that the result lacks, where that is not for a product of matrices:
    few, or each element is needed once.

    v: axes of the result, axes that are summed over; sizes and steps in both operands, of the former, of the latter.
    """
    cdef Tensor x, a = arguments[0], b = arguments[1]
    cdef Py_ssize_t size[128]
    cdef Py_ssize_t steps[2][128]
    cdef int parts[128]  # bit i: the label stands in operand i; 4: in the result
    cdef int order[64]
    cdef int part = 0, axis = 0, kept = 0, summed = 0, apart = 0, label, i
    cdef Py_ssize_t step, count = 1
    cdef Py_UCS4 c
    if a.code != b.code or not is_float(a) or type(metadata["subscripts"]) is not str:
        return False
    memset(parts, 0, sizeof(parts))
    for c in <str>metadata["subscripts"]:
        label = <int>c
        if c == u"," or c == u"-":
            if part > 1 or axis != (<Tensor>arguments[part]).shape_.ndim or (c == u",") != (part == 0):
                return False
            part += 1
            axis = 0
        elif c == u">":
            continue
        elif c >= 128 or parts[label] >> part & 1:
            return False
        elif part < 2:
            x = arguments[part]
            if axis == x.shape_.ndim or (parts[label] and size[label] != x.shape_.dims[axis]):
                return False
            size[label] = x.shape_.dims[axis]
            steps[part][label] = axis
            parts[label] |= 1 << part
            axis += 1
        else:
            if kept == 64 or parts[label] == 0:
                return False
            parts[label] |= 4
            order[kept] = label
            w.dims[kept] = size[label]
            kept += 1
    if part != 2:
        return False
    for label in range(128):
        if parts[label] in (1, 2, 4):
            return False
        apart += parts[label] == 5 or parts[label] == 6
        summed += parts[label] == 3
        if parts[label] and fg_mul_overflows(count, size[label], &count):
            return False
    if kept + summed > 64 or (count > FEW and (apart or not summed)):
        return False
    for part in range(2):  # axes become steps
        x = arguments[part]
        for label in range(128):
            if parts[label] >> part & 1:
                step = 1
                for i in range(<int>steps[part][label] + 1, x.shape_.ndim):
                    step *= x.shape_.dims[i]
                steps[part][label] = step
            else:
                steps[part][label] = 0
    if not set_result(w, a.code, kept):
        return False
    w.v[0], w.v[1] = kept, summed
    w.n = 2
    for i in range(kept):
        put_axis(w, size[order[i]], steps[0][order[i]], steps[1][order[i]])
    for label in range(128):
        if parts[label] == 3:
            put_axis(w, size[label], steps[0][label], steps[1][label])
    w.cost = count
    w.run = run_contract
    return True


cdef void put_axis(work_t *w, Py_ssize_t size, Py_ssize_t step_a, Py_ssize_t step_b) noexcept nogil:
    w.v[w.n], w.v[w.n + 1], w.v[w.n + 2] = size, step_a, step_b
    w.n += 3


ctypedef fused real_t:
    float
    double


cdef real_t chain(const real_t *a, const real_t *b, const Py_ssize_t *v) noexcept nogil:
    """The sum of products along one axis: four sums side by side, as one would wait for each addition."""
    cdef Py_ssize_t k, n = v[0], i = v[1], j = v[2]
    cdef real_t s0 = 0, s1 = 0, s2 = 0, s3 = 0
    for _ in range(n // 4):
        s0 += a[0] * b[0]
        s1 += a[i] * b[j]
        s2 += a[2 * i] * b[2 * j]
        s3 += a[3 * i] * b[3 * j]
        a += 4 * i
        b += 4 * j
    for k in range(n % 4):
        s0 += a[k * i] * b[k * j]
    return (s0 + s1) + (s2 + s3)


cdef void contract_into(real_t *y, const real_t *a, const real_t *b, const work_t *w) noexcept nogil:
    cdef Py_ssize_t at[64]
    cdef int kept = <int>w.v[0], axes = kept + <int>w.v[1], axis
    cdef const Py_ssize_t *v = w.v + 2
    cdef const Py_ssize_t *inner = NULL
    if axes > kept:
        inner = v + 3 * (axes - 1)
    memset(at, 0, sizeof(at))
    while True:
        if inner == NULL:
            y[0] = a[0] * b[0]
        else:
            y[0] += chain(a, b, inner)
        axis = axes - 1 - (inner != NULL)
        while axis >= 0:  # on to the next place: y moves with the axes that are kept
            at[axis] += 1
            a += v[3 * axis + 1]
            b += v[3 * axis + 2]
            if at[axis] < v[3 * axis]:
                break
            at[axis] = 0
            a -= v[3 * axis] * v[3 * axis + 1]
            b -= v[3 * axis] * v[3 * axis + 2]
            axis -= 1
        if axis < 0:
            return
        if axis < kept:
            y += 1


cdef int run_contract(const work_t *w, char *y, char *const *x) noexcept nogil:
    memset(y, 0, w.size * itemsize[w.code])
    if w.cost == 0:  # there is nothing to add up
        return 0
    if w.code == FLOAT64:
        contract_into(<double *>y, <const double *>x[0], <const double *>x[1], w)
    else:
        contract_into(<float *>y, <const float *>x[0], <const float *>x[1], w)
    return 0


# --------------------------------------------------------------------------------------------------- norms
cdef bint lay_norm(list arguments, dict metadata, work_t *w) except -1:
    """Roots of sums of squares over the last axes, by the loop that np.vecdot has in common with matmul. Where squares
    overflow or vanish it is left to NumPy."""
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef product_t *p = <product_t *>w.v
    cdef Py_ssize_t item = itemsize[x.code], rows = 1, inner = 1
    cdef int k, kept = 0, ndim = x.shape_.ndim
    if not is_float(x) or x.shape_.size == 0 or matmul_loop[x.code - FLOAT32].fn == NULL:
        return False
    if not flagged_axes(metadata["axis"], ndim, reduced):
        return False
    while kept < ndim and not reduced[kept]:
        w.dims[kept] = x.shape_.dims[kept]
        rows *= x.shape_.dims[kept]
        kept += 1
    for k in range(kept, ndim):
        if not reduced[k]:
            return False
        w.dims[k] = 1
        inner *= x.shape_.dims[k]
    metadata["keepdims"] = bool(metadata["keepdims"])
    metadata["axis"] = tuple(range(kept, ndim))
    set_result(w, x.code, ndim if metadata["keepdims"] else kept)
    p.sizes[0], p.sizes[1], p.sizes[2], p.sizes[3] = rows, 1, inner, 1
    p.steps[0] = p.steps[1] = p.steps[3] = inner * item
    for k in (2, 4, 5, 6, 7, 8):
        p.steps[k] = item
    w.n = sizeof(product_t) // sizeof(Py_ssize_t)
    w.cost = x.shape_.size // 4
    w.loop = matmul_loop[x.code - FLOAT32]
    w.run = run_norm
    w.looks = True
    return True


cdef int run_norm(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef const product_t *p = <const product_t *>w.v
    cdef char *data[3]
    cdef Py_ssize_t k
    cdef bint safe = True
    data[0], data[1], data[2] = x[0], x[0], y
    w.loop.fn(data, p.sizes, p.steps, w.loop.data)
    for k in range(w.size):
        if w.code == FLOAT64:
            (<double *>y)[k] = sqrt((<double *>y)[k])
            safe = safe and SAFE[1] < (<double *>y)[k] < INFINITY
        else:
            (<float *>y)[k] = sqrtf((<float *>y)[k])
            safe = safe and SAFE[0] < (<float *>y)[k] < INFINITY
    return 0 if safe else -1


# --------------------------------------------------------------------------------------------------- tables
cdef int fill_tables() except -1:
    cdef int k
    for k in range(2):
        SAFE[k] = SAFE_ROOTS[np.dtype(np.float64 if k else np.float32)]
        multiplier[k] = fg_find_multiplier(fg_best_level(), k)
        matmul_loop[k] = ufunc_loop(np.matmul, FLOAT32 + k)
        if not matmul_agrees(k):
            matmul_loop[k].fn = NULL
    return 0


cdef bint matmul_agrees(int k) except -1:
    """Try NumPy's bare matmul loop on a small product."""
    cdef double a64[4]
    cdef double b64[4]
    cdef double y64[4]
    cdef float a32[4]
    cdef float b32[4]
    cdef float y32[4]
    cdef Py_ssize_t sizes[4]
    cdef Py_ssize_t steps[9]
    cdef char *data[3]
    cdef Py_ssize_t item = 8 if k else 4
    cdef int i
    if matmul_loop[k].fn == NULL:
        return False
    for i in range(4):
        a64[i] = a32[i] = i + 1
        b64[i] = b32[i] = 5 - i
    sizes[0] = 1
    sizes[1] = sizes[2] = sizes[3] = 2
    for i in range(3):
        steps[i] = 0
        steps[3 + 2 * i] = 2 * item
        steps[4 + 2 * i] = item
    data[0] = <char *>a64 if k else <char *>a32
    data[1] = <char *>b64 if k else <char *>b32
    data[2] = <char *>y64 if k else <char *>y32
    matmul_loop[k].fn(data, sizes, steps, matmul_loop[k].data)
    for i, want in enumerate((11, 8, 27, 20)):
        if (y64[i] if k else y32[i]) != want:
            return False
    return True


def multiply_at(int level, cnp.ndarray a not None, cnp.ndarray b not None, cnp.ndarray y not None):
    """For tests: y = a @ b by our loop for one instruction set, of arrays of one float dtype. b is in C order, or its
    transposition is; y is in C order.

    Raises:
        ValueError: if there is no loop for this instruction set, or the arrays do not fit.
    """
    cdef fg_product q
    cdef fg_multiplier by
    cdef Py_ssize_t item = y.itemsize
    if not 0 <= level <= fg_best_level() or y.dtype.char not in "fd":
        raise ValueError(f"no products at level {level} of dtype {y.dtype}")
    by = fg_find_multiplier(level, y.dtype.char == "d")
    if by.multiply == NULL:
        raise ValueError(f"no products at level {level}")
    if not (a.ndim == b.ndim == y.ndim == 2 and a.dtype == b.dtype == y.dtype and y.flags.c_contiguous and (
            y.shape[0] == a.shape[0] and y.shape[1] == b.shape[1] and a.shape[1] == b.shape[0]) and (
            b.flags.c_contiguous or b.flags.f_contiguous)):
        raise ValueError("the arrays do not fit")
    q.m, q.n, q.k = y.shape[0], y.shape[1], a.shape[1]
    q.a, q.b, q.y = <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(b), <char *>cnp.PyArray_DATA(y)
    q.a_row, q.a_step = a.strides[0] // item, a.strides[1] // item
    q.b_row, q.b_step = b.strides[0] // item, b.strides[1] // item
    q.y_row = q.n
    by.multiply(&q, 0, q.n)


fill_tables()
OURS = multiplier[0].multiply != NULL and multiplier[1].multiply != NULL  # for tests
offer_kernel("matmul", lay_matmul)
offer_kernel("contract", lay_contract)
offer_kernel("euclidean_norm", lay_norm)
