"""Products of matrices: small ones by loops of our own, the others by BLAS, as NumPy calls it."""

from libc.string cimport memset

cimport numpy as cnp
import numpy as np

from ._buffer cimport fg_mul_overflows
from ._loops cimport FLOAT32, FLOAT64, fg_loop, itemsize, ufunc_loop
from ._tensor cimport Tensor, is_float
from ._threads cimport WORTH_PARTS, run_parts, threads
from ._work cimport layout_t, set_result, work_t

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


# --------------------------------------------------------------------------------------------------- tables
cdef layout_t products_layout(str name) noexcept:
    if name == "matmul":
        return lay_matmul
    return NULL


cdef int fill_tables() except -1:
    cdef int k
    for k in range(2):
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
