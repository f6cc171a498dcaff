"""Kernels of softmax and what is made of it, over the last axis: see softmax.h.

Metadata are canonical. Labels that are none, and rows with infinities or NaNs, are left to the rows' functions.
"""

import numpy as np

from ._loops cimport FLOAT32, FLOAT64, INT32, INT64, fg_loop, ufunc_loop
from ._tensor cimport Tensor, is_float
from ._work cimport offer_kernel, set_result, work_t

cdef extern from "softmax.h" nogil:
    enum:
        FG_CLASSES
    ctypedef struct fg_softmax_loops:
        fg_loop exp
        fg_loop log
        fg_loop add
    int fg_softmax_f32(float *y, const float *x, Py_ssize_t rows, Py_ssize_t n, const fg_softmax_loops *l)
    int fg_softmax_f64(double *y, const double *x, Py_ssize_t rows, Py_ssize_t n, const fg_softmax_loops *l)
    int fg_log_softmax_f32(float *y, const float *x, Py_ssize_t rows, Py_ssize_t n, const fg_softmax_loops *l)
    int fg_log_softmax_f64(double *y, const double *x, Py_ssize_t rows, Py_ssize_t n, const fg_softmax_loops *l)
    int fg_cross_entropy_f32(float *y, const void *labels, int wide, const float *x, Py_ssize_t rows, Py_ssize_t n,
                             const fg_softmax_loops *l)
    int fg_cross_entropy_f64(double *y, const void *labels, int wide, const double *x, Py_ssize_t rows, Py_ssize_t n,
                             const fg_softmax_loops *l)

cdef fg_softmax_loops loops[2]   # NumPy's own, as the rows' functions call them


cdef bint set_rows(Tensor x, work_t *w) noexcept:
    """v: rows, and the numbers of each."""
    cdef Py_ssize_t n
    if not is_float(x) or x.shape_.size == 0 or x.shape_.ndim == 0 or loops[x.code - FLOAT32].exp.fn == NULL:
        return False
    n = x.shape_.dims[x.shape_.ndim - 1]
    w.v[0] = x.shape_.size // n
    w.v[1] = n
    w.looks = True
    w.cost = 10 * x.shape_.size
    return True


cdef bint lay_like(list arguments, dict metadata, work_t *w) except -1:
    """The result has the shape of x."""
    cdef Tensor x = arguments[0]
    cdef int k, ndim = x.shape_.ndim
    if metadata["axis"] != (ndim - 1,):
        return False
    for k in range(ndim):
        w.dims[k] = x.shape_.dims[k]
    set_result(w, x.code, ndim)
    w.n = 2
    return set_rows(x, w)


cdef bint lay_softmax(list arguments, dict metadata, work_t *w) except -1:
    w.run = run_softmax
    return lay_like(arguments, metadata, w)


cdef int run_softmax(const work_t *w, char *y, char *const *x) noexcept nogil:
    if w.code == FLOAT64:
        return fg_softmax_f64(<double *>y, <double *>x[0], w.v[0], w.v[1], &loops[1])
    return fg_softmax_f32(<float *>y, <float *>x[0], w.v[0], w.v[1], &loops[0])


cdef bint lay_log_softmax(list arguments, dict metadata, work_t *w) except -1:
    w.run = run_log_softmax
    return lay_like(arguments, metadata, w)


cdef int run_log_softmax(const work_t *w, char *y, char *const *x) noexcept nogil:
    if w.code == FLOAT64:
        return fg_log_softmax_f64(<double *>y, <double *>x[0], w.v[0], w.v[1], &loops[1])
    return fg_log_softmax_f32(<float *>y, <float *>x[0], w.v[0], w.v[1], &loops[0])


cdef bint lay_cross_entropy(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor labels = arguments[0], x = arguments[1]
    cdef int k
    if (labels.code != INT32 and labels.code != INT64) or x.shape_.ndim != labels.shape_.ndim + 1:
        return False
    for k in range(labels.shape_.ndim):
        w.dims[k] = labels.shape_.dims[k]
        if x.shape_.dims[k] != w.dims[k]:
            return False
    set_result(w, x.code, labels.shape_.ndim)
    w.n = 3
    w.v[2] = labels.code == INT64
    w.run = run_cross_entropy
    return set_rows(x, w) and w.v[1] <= FG_CLASSES


cdef int run_cross_entropy(const work_t *w, char *y, char *const *x) noexcept nogil:
    if w.code == FLOAT64:
        return fg_cross_entropy_f64(<double *>y, x[0], <int>w.v[2], <double *>x[1], w.v[0], w.v[1], &loops[1])
    return fg_cross_entropy_f32(<float *>y, x[0], <int>w.v[2], <float *>x[1], w.v[0], w.v[1], &loops[0])


cdef int fill_tables() except -1:
    cdef int k
    for k in range(2):
        loops[k].exp = ufunc_loop(np.exp, FLOAT32 + k)
        loops[k].log = ufunc_loop(np.log, FLOAT32 + k)
        loops[k].add = ufunc_loop(np.add, FLOAT32 + k)
        if loops[k].log.fn == NULL or loops[k].add.fn == NULL:
            loops[k].exp.fn = NULL
    return 0


fill_tables()
offer_kernel("softmax", lay_softmax)
offer_kernel("log_softmax", lay_log_softmax)
offer_kernel("cross_entropy", lay_cross_entropy)
