"""Plain calls of linear algebra: products of arrays, and what np.linalg gives by the values that it finds."""

from cpython.object cimport PyObject
from libc.float cimport DBL_EPSILON
from libc.math cimport isfinite, sqrt
from libc.stdint cimport int32_t

import numpy as np
cimport numpy as cnp

from ._buffer cimport same_shape
from ._direct cimport within
from ._kernels cimport layout_named
from ._lapack cimport EIG, EIGVALS, LSTSQ, cast, failed, has_loop, is_matrices, is_square, loops
from ._loops cimport BOOL, COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, INT32, itemsize
from ._plain cimport (
    column, flat, floats_at, int_at, number_at, offer, tensor_at, tensors_at, total, two, vector_at, vector_of,
    with_dims,
)
from ._plain_shapes cimport diagonal_of
from ._tensor cimport (
    Tensor, scalar_shape, scalar_tensor, scalar_value, tensor_like, tensor_new, tensor_of, wrap_array, writable_view,
)
from ._work cimport layout_t, run_layout

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_Correlate(object a, object b, int mode)
    object PyArray_Correlate2(object a, object b, int mode)

cdef enum:
    VALID = 0             # a mode of correlations
    FEW = 32              # elements, up to which NumPy's call takes longer than the correlation
    FEW_AXES = 8          # of Kronecker's product
    LARGE_MATRIX = 1000   # elements, from which on NumPy's calls cost little beside LAPACK, and let other threads run

cdef layout_t MATMUL = layout_named("matmul")
cdef layout_t SVDVALS = layout_named("svdvals")
cdef object sample = np.linalg.eig(np.eye(1))
cdef type EIG_RESULT = type(sample)
cdef bint real_if_all = sample[0].dtype == np.float64  # newer NumPys leave eigenvalues complex

ctypedef fused real_t:
    float
    double


# ------------------------------------------------------------------------------------------------- products
cdef Tensor matmul(Tensor a, Tensor b, bint transposed=False):
    return run_layout(MATMUL, [a, b], {"transpose_a": False, "transpose_b": transposed})


cdef Tensor product(PyObject **given, int axes, int other_axes):
    """The product of two arrays with so many axes, by the kernel of `matmul`."""
    cdef Tensor a = floats_at(given[0]), b = floats_at(given[1])
    if a is None or b is None or a.shape_.ndim != axes or b.shape_.ndim != other_axes:
        return None
    return matmul(a, b)


cdef object plain_dot(PyObject **given):
    cdef Tensor a = floats_at(given[0]), b = floats_at(given[1])
    if a is None or b is None or not 0 < a.shape_.ndim <= 2 or not 0 < b.shape_.ndim <= 2:
        return None
    return matmul(a, b)


cdef object plain_inner(PyObject **given):
    return product(given, 1, 1)


cdef object plain_matvec(PyObject **given):
    return product(given, 2, 1)


cdef object plain_vecmat(PyObject **given):
    return product(given, 1, 2)


cdef object plain_vecdot(PyObject **given):
    """Of vectors, and of stacks of short ones."""
    cdef Tensor a = floats_at(given[0]), b = floats_at(given[1]), y
    cdef Py_ssize_t n
    if a is None or b is None or a.code != b.code or a.shape_.ndim == 0 or not same_shape(a.shape_, b.shape_):
        return None
    if a.shape_.ndim == 1:
        return matmul(a, b)
    n = a.shape_.dims[a.shape_.ndim - 1]
    if not 0 < n <= 8:
        return None
    y = tensor_of(a.code, a.shape_.ndim - 1, a.shape_.dims)
    if a.code == FLOAT64:
        short_products(<double *>y.data, <double *>a.data, <double *>b.data, y.shape_.size, n)
    else:
        short_products(<float *>y.data, <float *>a.data, <float *>b.data, y.shape_.size, n)
    return y


cdef void short_products(real_t *y, const real_t *a, const real_t *b, Py_ssize_t m, Py_ssize_t n) noexcept:
    cdef Py_ssize_t i, k
    cdef real_t sum_
    for i in range(m):
        sum_ = 0
        for k in range(n):
            sum_ += a[i * n + k] * b[i * n + k]
        y[i] = sum_


cdef Tensor norm_of(Tensor x):
    """The root of the sum of squares, where these are far from overflow and underflow."""
    cdef Tensor y
    if x is None or x.shape_.ndim == 0 or x.shape_.size == 0:
        return None
    x = flat(x)
    y = matmul(x, x)
    y = None if y is None else scalar_tensor(y.code, sqrt(scalar_value(y)))
    return y if y is not None and within(y) else None


cdef object plain_norm(PyObject **given):
    cdef Tensor x = floats_at(given[0])
    return norm_of(x) if x is not None and x.shape_.ndim == 1 else None


cdef object plain_vector_norm(PyObject **given):
    return norm_of(floats_at(given[0]))


cdef object plain_matrix_norm(PyObject **given):
    cdef Tensor x = floats_at(given[0])
    return norm_of(x) if x is not None and x.shape_.ndim == 2 else None


cdef object plain_outer(PyObject **given):
    cdef Tensor a = tensor_at(given[0]), b = tensor_at(given[1])
    if a is None or b is None or a.code != b.code or a.code == BOOL:
        return None
    return two("multiply", column(a, False), column(b, True))


cdef object plain_linalg_outer(PyObject **given):
    cdef Tensor a = tensor_at(given[0]), b = tensor_at(given[1])
    if a is None or b is None or a.shape_.ndim != 1 or b.shape_.ndim != 1:
        return None
    return plain_outer(given)


cdef object plain_kron(PyObject **given):
    """Axes of the two in turn, each beside its partner."""
    cdef Tensor a = tensor_at(given[0]), b = tensor_at(given[1])
    cdef Py_ssize_t left[2 * FEW_AXES]
    cdef Py_ssize_t right[2 * FEW_AXES]
    cdef Py_ssize_t dims[FEW_AXES]
    cdef int k, n
    if a is None or b is None or a.code != b.code or a.code == BOOL:
        return None
    n = a.shape_.ndim
    if n != b.shape_.ndim or not 0 < n <= FEW_AXES or a.shape_.size == 0 or b.shape_.size == 0:
        return None
    for k in range(n):
        left[2 * k], left[2 * k + 1] = a.shape_.dims[k], 1
        right[2 * k], right[2 * k + 1] = 1, b.shape_.dims[k]
        dims[k] = a.shape_.dims[k] * b.shape_.dims[k]  # fits: the product has as many elements at least
    return with_dims(two("multiply", with_dims(a, 2 * n, left), with_dims(b, 2 * n, right)), n, dims)


cdef object plain_tensordot(PyObject **given):
    """Over the last axes of one and the first of the other."""
    cdef Tensor a = floats_at(given[0]), b = floats_at(given[1]), y
    cdef Py_ssize_t one_dims[2]
    cdef Py_ssize_t other_dims[2]
    cdef Py_ssize_t dims[64]
    cdef Py_ssize_t n
    cdef int k, left, right
    if a is None or b is None or a.code != b.code or not int_at(given[2], 2, &n) or n < 1:
        return None
    if n > a.shape_.ndim or n > b.shape_.ndim or a.shape_.size == 0 or b.shape_.size == 0:
        return None
    left, right = a.shape_.ndim - <int>n, b.shape_.ndim - <int>n
    if left + right > 64:
        return None
    one_dims[0] = one_dims[1] = 1
    for k in range(a.shape_.ndim):
        one_dims[k >= left] *= a.shape_.dims[k]
        if k < left:
            dims[k] = a.shape_.dims[k]
        elif a.shape_.dims[k] != b.shape_.dims[k - left]:
            return None
    for k in range(right):
        dims[left + k] = b.shape_.dims[n + k]
    other_dims[0], other_dims[1] = one_dims[1], b.shape_.size // one_dims[1]
    y = matmul(with_dims(a, 2, one_dims), with_dims(b, 2, other_dims))
    return None if y is None else with_dims(y, left + right, dims)


cdef object plain_matrix_power(PyObject **given):
    cdef Tensor x = floats_at(given[0]), y
    cdef Py_ssize_t n
    if x is None or x.shape_.ndim != 2 or x.shape_.dims[0] != x.shape_.dims[1] or not int_at(given[1], 0, &n) or (
            n != 2 and n != 3):
        return None
    y = matmul(x, x)
    return y if n == 2 or y is None else matmul(y, x)


cdef object plain_multi_dot(PyObject **given):
    """Of two or three matrices, the last of which may be a vector, in the cheaper order."""
    cdef list factors = tensors_at(given[0])
    cdef Tensor a, b, c
    cdef double n, m, p, q
    if factors is None or not 2 <= len(factors) <= 3:
        return None
    a, b, c = factors[0], factors[1], factors[-1]
    if a.shape_.ndim != 2 or not 1 <= c.shape_.ndim <= 2:
        return None
    if len(factors) == 2:
        return matmul(a, b)
    if b.shape_.ndim != 2 or a.shape_.dims[1] != b.shape_.dims[0] or b.shape_.dims[1] != c.shape_.dims[0]:
        return None
    n, m, p = a.shape_.dims[0], a.shape_.dims[1], b.shape_.dims[1]
    q = c.shape_.dims[1] if c.shape_.ndim == 2 else 1
    if n * p * (m + q) < m * q * (n + p):
        a = matmul(a, b)
        return None if a is None else matmul(a, c)
    c = matmul(b, c)
    return None if c is None else matmul(a, c)


cdef object plain_cross(PyObject **given):
    """Of vectors in space."""
    cdef Tensor a = floats_at(given[0]), b = floats_at(given[1]), y
    if a is None or b is None or a.code != b.code or a.shape_.ndim == 0 or not same_shape(a.shape_, b.shape_):
        return None
    if a.shape_.dims[a.shape_.ndim - 1] != 3:
        return None
    y = tensor_like(a)
    if a.code == FLOAT64:
        cross_products(<double *>y.data, <double *>a.data, <double *>b.data, y.shape_.size // 3)
    else:
        cross_products(<float *>y.data, <float *>a.data, <float *>b.data, y.shape_.size // 3)
    return y


cdef void cross_products(real_t *y, const real_t *a, const real_t *b, Py_ssize_t n) noexcept:
    cdef Py_ssize_t k
    for k in range(0, 3 * n, 3):
        y[k] = a[k + 1] * b[k + 2] - a[k + 2] * b[k + 1]
        y[k + 1] = a[k + 2] * b[k] - a[k] * b[k + 2]
        y[k + 2] = a[k] * b[k + 1] - a[k + 1] * b[k]


cdef object plain_trace(PyObject **given):
    cdef Tensor x = floats_at(given[0])
    return total(diagonal_of(x, 0)) if x is not None and x.shape_.ndim == 2 else None


cdef object correlated(Tensor a, Tensor b, int mode, bint convolve):
    """As NumPy adds up, of two float vectors of one dtype; it copies what can't be written to."""
    cdef Tensor reversed_
    cdef Py_ssize_t k, n
    if a is None or b is None or a.code != b.code:
        return None
    if not convolve and b.shape_.size <= a.shape_.size <= FEW:
        return products_along(a, b)
    if not convolve:
        return wrap_array(PyArray_Correlate2(writable_view(a), writable_view(b), mode))
    if b.shape_.size > a.shape_.size:
        a, b = b, a
    reversed_ = tensor_like(b)
    n = b.shape_.size
    for k in range(n):
        if b.code == FLOAT64:
            (<double *>reversed_.data)[k] = (<double *>b.data)[n - 1 - k]
        else:
            (<float *>reversed_.data)[k] = (<float *>b.data)[n - 1 - k]
    return wrap_array(PyArray_Correlate(writable_view(a), writable_view(reversed_), mode))


cdef Tensor products_along(Tensor a, Tensor b):
    """The sum of products in every place where the shorter vector meets the longer one."""
    cdef Tensor y = vector_of(a.code, a.shape_.size - b.shape_.size + 1)
    cdef Py_ssize_t k
    for k in range(y.shape_.size):
        if a.code == FLOAT64:
            short_products(<double *>y.data + k, <double *>a.data + k, <double *>b.data, 1, b.shape_.size)
        else:
            short_products(<float *>y.data + k, <float *>a.data + k, <float *>b.data, 1, b.shape_.size)
    return y


cdef object plain_convolve(PyObject **given):
    return correlated(vector_at(given[0]), vector_at(given[1]), FULL, True)


cdef object plain_correlate(PyObject **given):
    return correlated(vector_at(given[0]), vector_at(given[1]), VALID, False)


# ------------------------------------------------------------------------------------------------- matrices
cdef Tensor matrix_at(PyObject *given):
    """A matrix of float64 or float32 with some finite elements, or None."""
    cdef Tensor x = floats_at(given)
    cdef Py_ssize_t k
    if x is None or x.shape_.ndim != 2 or not 0 < x.shape_.size < LARGE_MATRIX:
        return None
    for k in range(x.shape_.size):
        if not isfinite((<double *>x.data)[k] if x.code == FLOAT64 else (<float *>x.data)[k]):
            return None
    return x


cdef Tensor widened(Tensor x):
    """Floats in float64."""
    cdef Tensor y
    if x.code == FLOAT64:
        return x
    y = tensor_new(FLOAT64, x.shape_)
    cast(x.code, x.data, FLOAT64, y.data, x.shape_.size)
    return y


cdef Tensor narrowed(Tensor x, int code):
    """Floats, or complex numbers, of the width of another dtype."""
    cdef Tensor y
    if code == FLOAT64:
        return x
    y = tensor_new(FLOAT32 if x.code == FLOAT64 else COMPLEX64, x.shape_)
    cast(x.code, x.data, y.code, y.data, x.shape_.size)
    return y


# ---------------------------------------------------------------------------------------------- eigenvalues
cdef list eigen(PyObject *given, int which):
    """Eigenvalues, and vectors if the loop gives them; real where NumPy's are. None if LAPACK fails."""
    cdef Tensor a = matrix_at(given), w, v, x
    cdef char *args[3]
    cdef Py_ssize_t sizes[2]
    cdef Py_ssize_t steps[8]
    cdef Py_ssize_t n, k
    cdef int operands = 3 if which == EIG else 2
    cdef bint real = real_if_all
    if a is None or not is_square(a) or not has_loop(which, a.code):
        return None
    x, n = widened(a), a.shape_.dims[0]
    w = tensor_of(COMPLEX128, 1, a.shape_.dims)
    v = tensor_of(COMPLEX128, 2, a.shape_.dims)
    args[0], args[1], args[2] = x.data, w.data, v.data
    sizes[0], sizes[1] = 1, n
    steps[0] = steps[1] = steps[2] = 0
    k = operands
    steps[k], steps[k + 1], steps[k + 2] = n * sizeof(double), sizeof(double), itemsize[COMPLEX128]
    steps[k + 3], steps[k + 4] = n * itemsize[COMPLEX128], itemsize[COMPLEX128]
    if failed(loops[which][0], operands, args, sizes, steps):
        return None
    for k in range(n):
        real = real and (<double *>w.data)[2 * k + 1] == 0
    if real:
        w = real_parts(w)
        v = real_parts(v) if which == EIG else v
    return [narrowed(w, a.code), narrowed(v, a.code)] if which == EIG else [narrowed(w, a.code)]


cdef Tensor real_parts(Tensor x):
    cdef Tensor y = tensor_new(FLOAT64, x.shape_)
    cdef Py_ssize_t k
    for k in range(x.shape_.size):
        (<double *>y.data)[k] = (<double *>x.data)[2 * k]
    return y


cdef object plain_eig(PyObject **given):
    cdef list found = eigen(given[0], EIG)
    return None if found is None else EIG_RESULT(*found)


cdef object plain_eigvals(PyObject **given):
    cdef list found = eigen(given[0], EIGVALS)
    return None if found is None else found[0]


# -------------------------------------------------------------------------------------------- least squares
cdef object plain_lstsq(PyObject **given):
    cdef Tensor a = matrix_at(given[0]), b = floats_at(given[1]), x, rest, s, rank, wide, right
    cdef char *args[7]
    cdef Py_ssize_t sizes[5]
    cdef Py_ssize_t steps[15]
    cdef Py_ssize_t dims[2]
    cdef Py_ssize_t m, n, columns, least, item = sizeof(double)
    cdef double cut
    cdef int k
    if a is None or b is None or a.code != b.code or not 1 <= b.shape_.ndim <= 2:
        return None
    if not 0 < b.shape_.size < LARGE_MATRIX:
        return None
    m, n = a.shape_.dims[0], a.shape_.dims[1]
    if b.shape_.dims[0] != m or not has_loop(LSTSQ, a.code):
        return None
    if given[2] == NULL or <object>given[2] is None:
        cut = DBL_EPSILON * max(m, n)
    elif not number_at(given[2], 0, &cut):
        return None
    columns, least = b.shape_.size // m, min(m, n)
    dims[0], dims[1] = n, columns
    x, rest, s = tensor_of(FLOAT64, b.shape_.ndim, dims), vector_of(FLOAT64, columns), vector_of(FLOAT64, least)
    rank = tensor_new(INT32, scalar_shape)
    wide, right = widened(a), widened(b)
    args[0], args[1], args[2] = wide.data, right.data, <char *>&cut
    args[3], args[4], args[5], args[6] = x.data, rest.data, rank.data, s.data
    sizes[0], sizes[1], sizes[2], sizes[3], sizes[4] = 1, m, n, columns, least
    for k in range(7):
        steps[k] = 0
    steps[7], steps[8], steps[9], steps[10] = n * item, item, columns * item, item
    steps[11], steps[12], steps[13], steps[14] = columns * item, item, item, item
    if failed(loops[LSTSQ][0], 7, args, sizes, steps):
        return None
    if (<int32_t *>rank.data)[0] < n or m <= n:
        rest = vector_of(FLOAT64, 0)
    return narrowed(x, a.code), narrowed(rest, a.code), rank, narrowed(s, a.code)


# ----------------------------------------------------------------------------------------------- conditions
cdef object plain_cond(PyObject **given):
    """The largest singular value over the least one."""
    cdef Tensor a = tensor_at(given[0]), s
    cdef Py_ssize_t last
    cdef double ratio
    if a is None or a.shape_.ndim != 2 or not is_matrices(a) or (given[1] != NULL and <object>given[1] is not None):
        return None
    s = run_layout(SVDVALS, [a], {})
    if s is None:
        return None
    last = s.shape_.size - 1
    if s.code == FLOAT64:
        ratio = (<double *>s.data)[0] / (<double *>s.data)[last]
    else:
        ratio = (<float *>s.data)[0] / (<float *>s.data)[last]
    return scalar_tensor(s.code, ratio) if ratio == ratio else None


offer("dot", plain_dot, 2)
offer("inner", plain_inner, 2)
offer("vdot", plain_inner, 2)
offer("vecdot", plain_vecdot, 2)
offer("linalg.vecdot", plain_vecdot, 2)
offer("matvec", plain_matvec, 2)
offer("vecmat", plain_vecmat, 2)
offer("linalg.norm", plain_norm, 1)
offer("linalg.vector_norm", plain_vector_norm, 1)
offer("linalg.matrix_norm", plain_matrix_norm, 1)
offer("outer", plain_outer, 2)
offer("linalg.outer", plain_linalg_outer, 2)
offer("kron", plain_kron, 2)
offer("tensordot", plain_tensordot, 3)
offer("linalg.tensordot", plain_tensordot, 2, "axes")
offer("linalg.matrix_power", plain_matrix_power, 2)
offer("linalg.multi_dot", plain_multi_dot, 1)
offer("cross", plain_cross, 2)
offer("linalg.cross", plain_cross, 2)
offer("trace", plain_trace, 1)
offer("linalg.trace", plain_trace, 1)
offer("convolve", plain_convolve, 2)
offer("correlate", plain_correlate, 2)
offer("linalg.eig", plain_eig, 1)
offer("linalg.eigvals", plain_eigvals, 1)
offer("linalg.lstsq", plain_lstsq, 3)
offer("linalg.cond", plain_cond, 2)
