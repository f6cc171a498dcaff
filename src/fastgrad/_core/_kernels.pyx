"""C kernels of structured rows that compute: reductions, running sums, parts of numbers. And where all of them are.

Each gives the same bits as its row's NumPy function, which serves every case that a kernel leaves alone and
says what is wrong with bad metadata.
"""

from libc.stdint cimport INT32_MAX, INT32_MIN, int32_t, int64_t
from libc.string cimport memset

import numpy as np
cimport numpy as cnp

from . import _arranging, _picking, _products, _softmax  # no-cython-lint: what they offer

from ._buffer cimport MAX_NDIM, same_shape
from ._loops cimport (
    BOOL, CODES, FLOAT32, FLOAT64, INT32, INT64, fg_loop, gufunc_loop, itemsize, reduce_strided, resolve_ufunc,
)
from ._tensor cimport CODE_DTYPES, Tensor, is_float
from ._work cimport (
    axis_in, flagged_axes, int_list, layout_t, offer_kernel, offered_kernel, row_strides, set_further, set_result,
    work_t,
)

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    dtype_functions *PyDataType_GetArrFuncs(cnp.PyArray_Descr *dtype)

cdef extern from "kernels.h" nogil:
    void fg_running_f32(float *y, const float *x, const Py_ssize_t *v)
    void fg_running_f64(double *y, const double *x, const Py_ssize_t *v)
    void fg_first_f32(int64_t *y, const float *x, const Py_ssize_t *v)
    void fg_first_f64(int64_t *y, const double *x, const Py_ssize_t *v)

cdef enum:
    FEW = 4096  # elements, up to which positions along an axis that is not the last take less time than NumPy's call

cdef fg_loop add_loop[2]
cdef fg_loop maximum_loop[2]
cdef fg_loop minimum_loop[2]
cdef fg_loop fmax_loop[2]
cdef fg_loop fmin_loop[2]
cdef fg_loop modf_loop[2]
cdef fg_loop frexp_loop[2]
cdef fg_loop ldexp_loop[2][2]  # by the exponent, int32 or int64
cdef bint part_loops_known = False
cdef fg_loop any_loop
cdef fg_loop all_loop


# ----------------------------------------------------------------------------------------------- reductions
cdef int set_reduction(work_t *w, Tensor x, const bint *reduced, int ndim, fg_loop loop, double start) noexcept:
    """Reduce the flagged axes; the result has the shape `w.dims`.

    v: how many axes stay and how many go, what sums are divided by (0: nothing), sizes and strides of both.
    """
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef int k, n = 3, pass_, count
    row_strides(x, strides)
    set_result(w, x.code, ndim)
    w.v[2] = 0
    for pass_ in range(2):
        count = 0
        for k in range(x.shape_.ndim):
            if reduced[k] == pass_:
                w.v[n + count] = x.shape_.dims[k]
                count += 1
        n += count
        w.v[pass_] = count
        count = 0
        for k in range(x.shape_.ndim):
            if reduced[k] == pass_:
                w.v[n + count] = strides[k]
                count += 1
        n += count
    w.n = n
    w.run = run_reduced
    w.loop = loop
    w.number = start
    w.cost = x.shape_.size
    return 0


cdef int run_reduced(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef Py_ssize_t k, outer = w.v[0], inner = w.v[1]
    cdef const Py_ssize_t *v = w.v + 3
    if w.code == FLOAT64:
        for k in range(w.size):
            (<double *>y)[k] = w.number
    elif w.code == FLOAT32:
        for k in range(w.size):
            (<float *>y)[k] = <float>w.number
    else:
        memset(y, w.number != 0, w.size)
    if w.cost:  # there is something to reduce
        reduce_strided(w.loop, w.code, y, x[0], v, v + outer, <int>outer, v + 2 * outer, v + 2 * outer + inner,
                       <int>inner)
    if w.v[2]:
        for k in range(w.size):
            if w.code == FLOAT64:
                (<double *>y)[k] /= w.v[2]
            else:
                (<float *>y)[k] /= <float>w.v[2]
    return 0


cdef int reduced_dims(Tensor x, dict metadata, bint *reduced, work_t *w) except -1:
    """Fill in `w.dims` and canonical metadata for `axis` and `keepdims`; the axes of the result, 65 for a bad axis."""
    cdef int k, count = 0
    if not flagged_axes(metadata["axis"], x.shape_.ndim, reduced):
        return MAX_NDIM + 1
    keepdims = bool(metadata["keepdims"])
    for k in range(x.shape_.ndim):
        if not reduced[k]:
            w.dims[count] = x.shape_.dims[k]
            count += 1
        elif keepdims:
            w.dims[count] = 1
            count += 1
    metadata["axis"] = tuple([k for k in range(x.shape_.ndim) if reduced[k]])
    metadata["keepdims"] = keepdims
    return count


cdef bint lay_reduction(list arguments, dict metadata, fg_loop *loops, double start, work_t *w) except -1:
    """The reductions of floats."""
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef int ndim
    if not is_float(x):
        return False
    ndim = reduced_dims(x, metadata, reduced, w)
    if ndim > MAX_NDIM:
        return False
    set_reduction(w, x, reduced, ndim, loops[x.code - FLOAT32], start)
    return True


cdef bint lay_sum(list arguments, dict metadata, work_t *w) except -1:
    return lay_reduction(arguments, metadata, add_loop, 0, w)


cdef bint lay_mean(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    if x.shape_.size == 0 or not lay_reduction(arguments, metadata, add_loop, 0, w):
        return False
    w.v[2] = x.shape_.size // w.size
    return True


cdef bint lay_max(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    return x.shape_.size != 0 and lay_reduction(arguments, metadata, maximum_loop, -np.inf, w)


cdef bint lay_min(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    return x.shape_.size != 0 and lay_reduction(arguments, metadata, minimum_loop, np.inf, w)


cdef bint lay_present_max(list arguments, dict metadata, work_t *w) except -1:
    """The start is NaN, which is what stays if there is nothing else."""
    cdef Tensor x = arguments[0]
    return x.shape_.size != 0 and lay_reduction(arguments, metadata, fmax_loop, np.nan, w)


cdef bint lay_present_min(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    return x.shape_.size != 0 and lay_reduction(arguments, metadata, fmin_loop, np.nan, w)


cdef bint lay_truths(list arguments, dict metadata, fg_loop loop, double start, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef int ndim
    if x.code != BOOL:
        return False
    ndim = reduced_dims(x, metadata, reduced, w)
    if ndim > MAX_NDIM:
        return False
    set_reduction(w, x, reduced, ndim, loop, start)
    return True


cdef bint lay_any(list arguments, dict metadata, work_t *w) except -1:
    return lay_truths(arguments, metadata, any_loop, 0, w)


cdef bint lay_all(list arguments, dict metadata, work_t *w) except -1:
    return lay_truths(arguments, metadata, all_loop, 1, w)


cdef bint lay_sum_to(list arguments, dict metadata, work_t *w) except -1:
    """The transpose of broadcasting."""
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef int k, n = int_list(metadata["shape"], w.dims), skip = x.shape_.ndim - n
    if n < 0 or skip < 0 or not is_float(x):
        return False
    for k in range(x.shape_.ndim):
        reduced[k] = k < skip or (w.dims[k - skip] == 1 and x.shape_.dims[k] != 1)
        if not reduced[k] and w.dims[k - skip] != x.shape_.dims[k]:
            return False
    set_reduction(w, x, reduced, n, add_loop[x.code - FLOAT32], 0)
    return True


# ------------------------------------------------------------------------------------- elements that are extremes
cdef bint lay_shares(list arguments, dict metadata, bint missing, work_t *w) except -1:
    """Shares of elements that equal the extreme over axes that stand together. v[3]: does NaN, too?"""
    cdef Tensor x = arguments[0], y = arguments[1]
    cdef bint reduced[MAX_NDIM]
    cdef int k, ended = 0
    if not is_float(x) or x.code != y.code or not flagged_axes(metadata["axis"], x.shape_.ndim, reduced):
        return False
    w.v[0] = w.v[1] = w.v[2] = 1
    for k in range(x.shape_.ndim):
        w.dims[k] = x.shape_.dims[k]
        if reduced[k]:
            if ended == 2:
                return False
            ended = 1
        elif ended == 1:
            ended = 2
        w.v[ended] *= x.shape_.dims[k]
    if x.shape_.size == 0 or y.shape_.size != w.v[0] * w.v[2] or w.v[1] >= 1 << 24:  # counted in floats
        return False
    set_result(w, x.code, x.shape_.ndim)
    w.v[3] = missing
    w.n = 4
    w.run = run_shares
    return True


cdef bint lay_ties(list arguments, dict metadata, work_t *w) except -1:
    return lay_shares(arguments, metadata, True, w)


cdef bint lay_present_ties(list arguments, dict metadata, work_t *w) except -1:
    return lay_shares(arguments, metadata, False, w)


ctypedef fused real_t:
    float
    double


cdef inline bint is_hit(real_t x, real_t extreme, bint missing) noexcept nogil:
    return (x == extreme) | (missing & (x != x))


cdef real_t sum_of(const real_t *x, Py_ssize_t n) noexcept nogil:
    cdef real_t total = 0
    cdef char *data[3]
    cdef Py_ssize_t steps[3]
    cdef const fg_loop *loop = &add_loop[0 if real_t is float else 1]
    data[0] = data[2] = <char *>&total
    data[1] = <char *>x
    steps[0] = steps[2] = 0
    steps[1] = sizeof(real_t)
    loop.fn(data, &n, steps, loop.data)
    return total


cdef void share(real_t *y, const real_t *x, const real_t *extreme, Py_ssize_t n, Py_ssize_t inner,
                bint missing) noexcept nogil:
    """1/m where one of the m extremes is, else 0. The first row of the result counts them: it is written last."""
    cdef Py_ssize_t k, i
    cdef real_t top = extreme[0], part
    if inner == 1:  # marks that NumPy's loop adds up: compilers make no vectors of a loop that counts
        for k in range(n):
            y[k] = 1 if x[k] == top else 0
        for k in range(n if missing else 0):
            y[k] = y[k] if x[k] == x[k] else 1
        part = <real_t>(1.0 / max(sum_of(y, n), 1.0))
        for k in range(n):
            y[k] *= part
        return
    for i in range(inner):
        y[i] = 0
    for k in range(n):
        for i in range(inner):
            y[i] += is_hit(x[k * inner + i], extreme[i], missing)
    for k in range(n - 1, -1, -1):
        for i in range(inner):
            y[k * inner + i] = <real_t>(1.0 / y[i]) if is_hit(x[k * inner + i], extreme[i], missing) else 0


cdef int run_shares(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef Py_ssize_t k, n = w.v[1], inner = w.v[2], row = w.v[1] * w.v[2]
    for k in range(w.v[0]):
        if w.code == FLOAT64:
            share(<double *>y + k * row, <const double *>x[0] + k * row, <const double *>x[1] + k * inner, n, inner,
                  w.v[3])
        else:
            share(<float *>y + k * row, <const float *>x[0] + k * row, <const float *>x[1] + k * inner, n, inner,
                  w.v[3])
    return 0


# -------------------------------------------------------------------------------------------- along one axis
cdef int set_lanes(work_t *w, Tensor x, int axis) noexcept:
    """v[:3]: how often the axis stands before others, its length, elements behind it."""
    cdef int k
    w.v[0] = w.v[2] = 1
    w.v[1] = x.shape_.dims[axis]
    for k in range(x.shape_.ndim):
        if k != axis:
            w.v[0 if k < axis else 2] *= x.shape_.dims[k]
    return 0


cdef bint lay_cumsum(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef int k, axis = axis_in(metadata["axis"], x.shape_.ndim)
    if axis < 0 or not is_float(x):
        return False
    for k in range(x.shape_.ndim):
        w.dims[k] = x.shape_.dims[k]
    set_result(w, x.code, x.shape_.ndim)
    if w.size:
        set_lanes(w, x, axis)
    metadata["axis"] = axis
    metadata["exclusive"], metadata["reverse"] = bool(metadata["exclusive"]), bool(metadata["reverse"])
    w.v[3] = metadata["exclusive"]
    w.v[4] = metadata["reverse"]
    w.n = 5
    w.run = run_cumsum
    return True


cdef int run_cumsum(const work_t *w, char *y, char *const *x) noexcept nogil:
    if w.size == 0:
        return 0
    if w.code == FLOAT32:
        fg_running_f32(<float *>y, <float *>x[0], w.v)
    else:
        fg_running_f64(<double *>y, <double *>x[0], w.v)
    return 0


cdef bint lay_first(list arguments, dict metadata, bint largest, work_t *w) except -1:
    """Positions of the first extremes. v[3:]: the largest? bytes of an element."""
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef int axis = -1, ndim  # of the elements in order
    if not is_float(x) or x.shape_.size == 0:
        return False
    if metadata["axis"] is not None:
        axis = axis_in(metadata["axis"], x.shape_.ndim)
        if axis < 0:
            return False
        metadata["axis"] = axis
    given = dict(metadata)
    ndim = reduced_dims(x, given, reduced, w)
    metadata["keepdims"] = given["keepdims"]
    set_result(w, INT64, ndim)
    if axis < 0:
        w.v[0], w.v[1], w.v[2] = 1, x.shape_.size, 1
    else:
        set_lanes(w, x, axis)
    if w.v[2] != 1 and x.shape_.size > FEW:
        return False
    w.v[3] = largest
    w.v[4] = itemsize[x.code]
    w.n = 5
    w.run = run_last_first if w.v[2] == 1 else run_first_f64 if x.code == FLOAT64 else run_first_f32
    w.loop.data = <void *>functions[x.code]
    w.cost = x.shape_.size
    return True


cdef bint lay_argmax(list arguments, dict metadata, work_t *w) except -1:
    return lay_first(arguments, metadata, True, w)


cdef bint lay_argmin(list arguments, dict metadata, work_t *w) except -1:
    return lay_first(arguments, metadata, False, w)


cdef int run_last_first(const work_t *w, char *y, char *const *x) noexcept nogil:
    """By NumPy's function, along the last axis."""
    cdef const dtype_functions *of = <const dtype_functions *>w.loop.data
    cdef extreme_t find = of.argmax if w.v[3] else of.argmin
    cdef Py_ssize_t k
    cdef cnp.npy_intp place = 0
    for k in range(w.v[0]):
        find(x[0] + k * w.v[1] * w.v[4], w.v[1], &place, NULL)
        (<int64_t *>y)[k] = place
    return 0


cdef int run_first_f32(const work_t *w, char *y, char *const *x) noexcept nogil:
    fg_first_f32(<int64_t *>y, <float *>x[0], w.v)
    return 0


cdef int run_first_f64(const work_t *w, char *y, char *const *x) noexcept nogil:
    fg_first_f64(<int64_t *>y, <double *>x[0], w.v)
    return 0


# ------------------------------------------------------------------------------------------------- by element
cdef bint lay_taken_apart(Tensor x, fg_loop *of_floats, int second, work_t *w) except -1:
    """Two results, the second of a dtype of its own."""
    cdef int k
    if w.piece:
        return set_further(w, second, x.shape_.ndim)
    if not is_float(x) or of_floats[x.code - FLOAT32].fn == NULL:
        return False
    for k in range(x.shape_.ndim):
        w.dims[k] = x.shape_.dims[k]
    set_result(w, x.code, x.shape_.ndim)
    w.pieces, w.many, w.together = 2, True, True
    w.loop = of_floats[x.code - FLOAT32]
    w.v[0], w.v[1], w.v[2], w.n = itemsize[x.code], itemsize[x.code], itemsize[second], 3
    w.run = run_taken_apart
    return True


cdef int run_taken_apart(const work_t *w, char *y, char *const *x) noexcept nogil:
    """v: steps."""
    cdef char *args[3]
    args[0], args[1], args[2] = x[0], y, x[1]
    w.loop.fn(args, &w.size, w.v, w.loop.data)
    return 0


cdef int find_part_loops() except -1:
    """NumPy's loops that take numbers apart, looked for when they are first asked for."""
    global part_loops_known
    cdef int k
    for k in range(2):
        char = "fd"[k]
        modf_loop[k] = gufunc_loop(np, "modf", "()->(),()", f"{char}->{char}{char}", {})
        frexp_loop[k] = gufunc_loop(np, "frexp", "()->(),()", f"{char}->{char}i", {})
        ldexp_loop[0][k] = gufunc_loop(np, "ldexp", "(),()->()", f"{char}i->{char}", {})
        ldexp_loop[1][k] = gufunc_loop(np, "ldexp", "(),()->()", f"{char}{np.dtype(np.int64).char}->{char}", {})
    part_loops_known = True
    return 0


cdef bint lay_modf(list arguments, dict metadata, work_t *w) except -1:
    if not part_loops_known:
        find_part_loops()
    return lay_taken_apart(arguments[0], modf_loop, (<Tensor>arguments[0]).code, w)


cdef bint lay_frexp(list arguments, dict metadata, work_t *w) except -1:
    if not part_loops_known:
        find_part_loops()
    return lay_taken_apart(arguments[0], frexp_loop, INT32, w)


cdef bint lay_ldexp(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0], exponent = arguments[1]
    cdef int k, which = 0 if exponent.code == INT32 else 1
    cdef bint one = exponent.shape_.size == 1 and exponent.shape_.ndim <= x.shape_.ndim  # for all
    if not part_loops_known:
        find_part_loops()
    if not is_float(x) or (exponent.code != INT32 and exponent.code != INT64):
        return False
    if not (one or same_shape(x.shape_, exponent.shape_)) or (
            ldexp_loop[0 if one else which][x.code - FLOAT32].fn == NULL):
        return False
    for k in range(x.shape_.ndim):
        w.dims[k] = x.shape_.dims[k]
    set_result(w, x.code, x.shape_.ndim)
    w.loop = ldexp_loop[0 if one else which][x.code - FLOAT32]
    w.v[0], w.v[1], w.v[2], w.n = itemsize[x.code], 0 if one else itemsize[exponent.code], itemsize[x.code], 4
    w.v[3] = one and exponent.code == INT64
    w.run = run_put_together
    return True


cdef int run_put_together(const work_t *w, char *y, char *const *x) noexcept nogil:
    """v: steps, and whether an exponent for all is of int64: NumPy's loops for int32 take a tenth of the time."""
    cdef char *args[3]
    cdef int32_t short_
    args[0], args[1], args[2] = x[0], x[1], y
    if w.v[3]:
        short_ = <int32_t>max(min((<int64_t *>x[1])[0], INT32_MAX), INT32_MIN)
        args[1] = <char *>&short_
    w.loop.fn(args, &w.size, w.v, w.loop.data)
    return 0


# ---------------------------------------------------------------------------------------------------- table
cdef layout_t layout_named(str name) except NULL:
    """The layout of the kernel that a row asks for. Those for rows that most programs do without come later."""
    cdef layout_t found = offered_kernel(name)
    if found == NULL:
        from . import _factors, _lapack, _transforms, _windows  # no-cython-lint: what they offer

        found = offered_kernel(name)
    if found == NULL:
        raise SystemError(f"no kernel is called {name}")
    return found


cdef int fill_tables() except -1:
    cdef int k, in_code, out_code
    for k in range(CODES):
        functions[k] = PyDataType_GetArrFuncs(cnp.PyArray_DESCR(np.empty(0, CODE_DTYPES[k].np_dtype)))
    resolve_ufunc(np.logical_or, BOOL, &any_loop, &in_code, &out_code)
    resolve_ufunc(np.logical_and, BOOL, &all_loop, &in_code, &out_code)
    for k in range(2):
        resolve_ufunc(np.add, FLOAT32 + k, &add_loop[k], &in_code, &out_code)
        resolve_ufunc(np.maximum, FLOAT32 + k, &maximum_loop[k], &in_code, &out_code)
        resolve_ufunc(np.minimum, FLOAT32 + k, &minimum_loop[k], &in_code, &out_code)
        resolve_ufunc(np.fmax, FLOAT32 + k, &fmax_loop[k], &in_code, &out_code)
        resolve_ufunc(np.fmin, FLOAT32 + k, &fmin_loop[k], &in_code, &out_code)
    return 0


fill_tables()
offer_kernel("sum", lay_sum)
offer_kernel("mean", lay_mean)
offer_kernel("max", lay_max)
offer_kernel("min", lay_min)
offer_kernel("ties", lay_ties)
offer_kernel("present_ties", lay_present_ties)
offer_kernel("present_max", lay_present_max)
offer_kernel("present_min", lay_present_min)
offer_kernel("any", lay_any)
offer_kernel("all", lay_all)
offer_kernel("sum_to", lay_sum_to)
offer_kernel("cumsum", lay_cumsum)
offer_kernel("argmax", lay_argmax)
offer_kernel("argmin", lay_argmin)
offer_kernel("modf", lay_modf)
offer_kernel("frexp", lay_frexp)
offer_kernel("ldexp", lay_ldexp)
