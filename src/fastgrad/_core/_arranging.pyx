"""Kernels of rows that move all elements of their operands: shapes, repetition, joining, splitting, casts."""

from libc.string cimport memcpy, memset

from ..dtypes import DType, as_dtype

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX

cdef extern from "kernels.h" nogil:
    void fg_copy_rows(char *to, Py_ssize_t to_step, const char *source, Py_ssize_t step, Py_ssize_t n, Py_ssize_t chunk)

from ._buffer cimport MAX_NDIM, fg_mul_overflows
from ._loops cimport COMPLEX64, cast_loop, itemsize
from ._tensor cimport Tensor
from ._work cimport (
    axis_in, dims_tuple, flagged_axes, int_list, offer_kernel, row_strides, run_copied, run_same, set_result, set_same,
    set_strided, work_t,
)


# ------------------------------------------------------------------------------------------- how it is done
cdef int run_rows(const work_t *w, char *y, char *const *x) noexcept nogil:
    """v: rows; bytes of the result from one to the next; bytes of each, which the operand has together."""
    fg_copy_rows(y + w.offset, w.v[1], x[0], w.v[2], w.v[0], w.v[2])
    return 0


cdef int run_part(const work_t *w, char *y, char *const *x) noexcept nogil:
    """v: rows; bytes of the operand from one to the next; bytes of each, which the result has together."""
    fg_copy_rows(y, w.v[2], x[0] + w.offset, w.v[1], w.v[0], w.v[2])
    return 0


# ------------------------------------------------------------------------------------------------- shapes
cdef bint lay_reshape(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t size = 1
    cdef int k, free_axis = -1, n = int_list(metadata["shape"], w.dims)
    if n < 0:
        return False
    for k in range(n):
        if w.dims[k] == -1 and free_axis < 0:
            free_axis = k
        elif w.dims[k] < 0 or (w.dims[k] and size > x.shape_.size // w.dims[k]):
            return False
        else:
            size *= w.dims[k]
    if free_axis >= 0:
        if size == 0 or x.shape_.size % size:
            return False
        w.dims[free_axis] = x.shape_.size // size
        size = x.shape_.size
    if size != x.shape_.size:
        return False
    set_same(w, x.code, n)
    metadata["shape"] = dims_tuple(w)
    return True


cdef bint lay_expand_dims(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef int ndim = x.shape_.ndim, at, axis
    if ndim >= MAX_NDIM:
        return False
    axis = axis_in(metadata["axis"], ndim + 1)
    if axis < 0:
        return False
    for at in range(ndim):
        w.dims[at + (at >= axis)] = x.shape_.dims[at]
    w.dims[axis] = 1
    set_same(w, x.code, ndim + 1)
    metadata["axis"] = axis
    return True


cdef bint lay_squeeze(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef bint flags[MAX_NDIM]
    cdef int k, n = 0, ndim = x.shape_.ndim
    if not flagged_axes(metadata["axis"], ndim, flags):
        return False
    for k in range(ndim):
        if metadata["axis"] is None:
            flags[k] = x.shape_.dims[k] == 1
        if not flags[k]:
            w.dims[n] = x.shape_.dims[k]
            n += 1
        elif x.shape_.dims[k] != 1:
            return False
    set_same(w, x.code, n)
    metadata["axis"] = tuple([k for k in range(ndim) if flags[k]])
    return True


cdef bint lay_order(Tensor x, const Py_ssize_t *axes, work_t *w) except -1:
    """The axes of x in another order."""
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t steps[MAX_NDIM]
    cdef bint ordered = True  # nothing moves in memory
    cdef int k, n = x.shape_.ndim
    cdef Py_ssize_t last = -1
    row_strides(x, strides)
    for k in range(n):
        w.dims[k] = x.shape_.dims[axes[k]]
        steps[k] = strides[axes[k]]
        ordered = ordered and (w.dims[k] == 1 or axes[k] > last)
        if w.dims[k] != 1:
            last = axes[k]
    if ordered:
        set_same(w, x.code, n)
        return True
    w.run = run_copied
    set_result(w, x.code, n)
    set_strided(w, n, w.dims, steps)
    return True


cdef bint lay_transpose(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef bint seen[MAX_NDIM]
    cdef int k, n = x.shape_.ndim
    if metadata["axes"] is None:
        for k in range(n):
            axes[k] = n - 1 - k
    elif int_list(metadata["axes"], axes) != n:
        return False
    memset(seen, 0, sizeof(seen))
    for k in range(n):
        if axes[k] < 0:
            axes[k] += n
        if axes[k] < 0 or axes[k] >= n or seen[axes[k]]:
            return False
        seen[axes[k]] = True
    metadata["axes"] = tuple([axes[k] for k in range(n)])
    return lay_order(x, axes, w)


cdef bint lay_exchange(Tensor x, int one, int other, work_t *w) except -1:
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef int k
    for k in range(x.shape_.ndim):
        axes[k] = other if k == one else one if k == other else k
    return lay_order(x, axes, w)


cdef bint lay_swapaxes(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef int one = axis_in(metadata["axis1"], x.shape_.ndim), other = axis_in(metadata["axis2"], x.shape_.ndim)
    if one < 0 or other < 0:
        return False
    metadata["axis1"], metadata["axis2"] = one, other
    return lay_exchange(x, one, other, w)


cdef bint lay_matrix_transpose(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef int n = x.shape_.ndim
    return n >= 2 and lay_exchange(x, n - 1, n - 2, w)


cdef bint lay_adjoint(list arguments, dict metadata, work_t *w) except -1:
    return (<Tensor>arguments[0]).code < COMPLEX64 and lay_matrix_transpose(arguments, metadata, w)


cdef bint lay_flip(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef bint flags[MAX_NDIM]
    cdef int k, n = x.shape_.ndim
    if not flagged_axes(metadata["axis"], n, flags):
        return False
    row_strides(x, strides)
    w.offset = 0
    for k in range(n):
        w.dims[k] = x.shape_.dims[k]
        if flags[k]:
            w.offset += strides[k] * (w.dims[k] - 1)
            strides[k] = -strides[k]
    w.run = run_copied
    set_result(w, x.code, n)
    set_strided(w, n, w.dims, strides)
    metadata["axis"] = tuple([k for k in range(n) if flags[k]])
    return True


cdef bint lay_broadcast_to(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t step
    cdef int k, skip, n = int_list(metadata["shape"], w.dims)
    skip = n - x.shape_.ndim
    if n < 0 or skip < 0:
        return False
    step = itemsize[x.code]
    for k in range(n - 1, -1, -1):
        if w.dims[k] < 0:
            return False
        strides[k] = 0
        if k >= skip:
            if x.shape_.dims[k - skip] != 1:
                if x.shape_.dims[k - skip] != w.dims[k]:
                    return False
                strides[k] = step
            step *= x.shape_.dims[k - skip]
    if not set_result(w, x.code, n):
        return False
    if w.size == x.shape_.size:  # nothing is stretched
        set_same(w, x.code, n)
    else:
        w.run = run_copied
        set_strided(w, n, w.dims, strides)
    metadata["shape"] = dims_tuple(w)
    return True


cdef bint lay_tile(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t often[MAX_NDIM]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t dims[2 * MAX_NDIM]
    cdef Py_ssize_t steps[2 * MAX_NDIM]
    cdef int k, n = x.shape_.ndim
    if int_list(metadata["multiples"], often) != n or 2 * n > MAX_NDIM:
        return False
    row_strides(x, strides)
    for k in range(n):
        if often[k] < 0 or fg_mul_overflows(often[k], x.shape_.dims[k], &w.dims[k]):
            return False
        dims[2 * k], dims[2 * k + 1] = often[k], x.shape_.dims[k]
        steps[2 * k], steps[2 * k + 1] = 0, strides[k]
    if not set_result(w, x.code, n):
        return False
    w.run = run_copied
    set_strided(w, 2 * n, dims, steps)
    metadata["multiples"] = tuple([often[k] for k in range(n)])
    return True


cdef bint lay_roll(list arguments, dict metadata, work_t *w) except -1:
    """Along one axis, or along all elements."""
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t shifts[MAX_NDIM]
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef Py_ssize_t inner = itemsize[x.code], length
    cdef int k, n = x.shape_.ndim
    if int_list(metadata["shift"], shifts) != 1:
        return False
    for k in range(n):
        w.dims[k] = x.shape_.dims[k]
    set_result(w, x.code, n)
    w.run = run_rolled
    w.v[0], length = 1, w.size
    if metadata["axis"] is not None:
        if int_list(metadata["axis"], axes) != 1 or not 0 <= axes[0] < n:
            return False
        length = w.dims[axes[0]]
        for k in range(n):
            if k < axes[0]:
                w.v[0] *= w.dims[k]
            elif k > axes[0]:
                inner *= w.dims[k]
    w.v[1] = length * inner
    w.v[2] = 0 if length == 0 else (shifts[0] % length + length) % length * inner
    w.n = 3
    return True


cdef int run_rolled(const work_t *w, char *y, char *const *x) noexcept nogil:
    """v: rows, bytes of each, bytes of it that come first from its end."""
    cdef Py_ssize_t i, row = w.v[1], front = w.v[2]
    if w.size:
        for i in range(w.v[0]):
            memcpy(y + i * row, x[0] + (i + 1) * row - front, front)
            memcpy(y + i * row + front, x[0] + i * row, row - front)
    return 0


# -------------------------------------------------------------------------------------------------- joining
cdef bint lay_join(list arguments, dict metadata, work_t *w, bint new) except -1:
    """Arrays of one dtype beside each other along an axis that they have, or along a `new` one."""
    cdef Py_ssize_t length = 0, outer = 1, n
    cdef Tensor first = arguments[0], x
    cdef int k, ndim = first.shape_.ndim + new, axis
    if w.piece:
        w.offset += w.v[2]
        w.v[2] = (<Tensor>arguments[w.piece]).shape_.size // w.v[0] * itemsize[w.code]
        return True
    if ndim == 0 or ndim > MAX_NDIM:
        return False
    axis = axis_in(metadata["axis"], ndim)
    if axis < 0:
        return False
    for k in range(ndim):
        w.dims[k] = 1 if new and k == axis else first.shape_.dims[k - (new and k > axis)]
    for argument in arguments:
        x = argument
        if x.code != first.code or x.shape_.ndim != first.shape_.ndim:
            return False
        for k in range(x.shape_.ndim):
            if x.shape_.dims[k] != first.shape_.dims[k] and (new or k != axis):
                return False
        n = 1 if new else x.shape_.dims[axis]
        if n > PY_SSIZE_T_MAX - length:
            return False
        length += n
    w.dims[axis] = length
    if not set_result(w, first.code, ndim):
        return False
    w.run = run_rows
    w.joins = True
    w.pieces = <int>len(arguments) if w.size else 1
    w.operands = 1
    if w.size:
        for k in range(axis):
            outer *= w.dims[k]
        w.v[2] = first.shape_.size // outer * itemsize[w.code]
    w.v[0] = outer if w.size else 0
    w.v[1] = w.size // outer * itemsize[w.code]
    w.n = 3
    metadata["axis"] = axis
    return True


cdef bint lay_concat(list arguments, dict metadata, work_t *w) except -1:
    return len(arguments) > 0 and lay_join(arguments, metadata, w, False)


cdef bint lay_stack(list arguments, dict metadata, work_t *w) except -1:
    return len(arguments) > 0 and lay_join(arguments, metadata, w, True)


# ------------------------------------------------------------------------------------------------ splitting
cdef int set_part(work_t *w, Tensor x, int axis, Py_ssize_t start, Py_ssize_t count) noexcept:
    """Let the result, which has its size, be elements [start, start + count) along an axis."""
    cdef Py_ssize_t outer = 1, inner = itemsize[x.code]
    cdef int k
    for k in range(x.shape_.ndim):
        if k < axis:
            outer *= x.shape_.dims[k]
        elif k > axis:
            inner *= x.shape_.dims[k]
    w.same = outer == 1 or w.size == 0
    w.offset = start * inner if w.size else 0
    w.run = run_same if w.same else run_part
    w.v[0] = outer
    w.v[1] = x.shape_.dims[axis] * inner
    w.v[2] = count * inner
    w.n = 3
    return 0


cdef bint lay_split(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t start, length, total = 0
    cdef int k, axis = axis_in(metadata["axis"], x.shape_.ndim)
    cdef object sizes = metadata["num_or_size_splits"]
    if w.piece == 0:
        if axis < 0:
            return False
        length = x.shape_.dims[axis]
        if type(sizes) is int:
            if sizes < 1 or length % sizes:
                return False
            sizes = (length // sizes,) * <Py_ssize_t>sizes
        elif type(sizes) is not tuple and type(sizes) is not list:
            return False
        for size in sizes:
            if type(size) is not int or not 0 <= size <= length - total:
                return False
            total += <Py_ssize_t>size
        if total != length or not sizes:
            return False
        w.pieces = <int>len(sizes)
        w.many = True
        metadata["num_or_size_splits"], metadata["axis"] = tuple(sizes), axis
        sizes = metadata["num_or_size_splits"]
        w.v[3] = 0  # where the next part starts
    start = w.v[3]
    w.v[3] += <Py_ssize_t>sizes[w.piece]
    for k in range(x.shape_.ndim):
        w.dims[k] = x.shape_.dims[k]
    w.dims[axis] = sizes[w.piece]
    set_result(w, x.code, x.shape_.ndim)
    set_part(w, x, axis, start, w.dims[axis])
    return True


cdef bint lay_unstack(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef int k, axis = axis_in(metadata["axis"], x.shape_.ndim)
    if axis < 0 or x.shape_.dims[axis] == 0:
        return False
    for k in range(x.shape_.ndim - 1):
        w.dims[k] = x.shape_.dims[k + (k >= axis)]
    w.pieces = <int>x.shape_.dims[axis]
    w.many = True
    set_result(w, x.code, x.shape_.ndim - 1)
    set_part(w, x, axis, w.piece, 1)
    metadata["axis"] = axis
    return True


# ---------------------------------------------------------------------------------------------------- dtype
cdef bint lay_cast(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef int k
    if type(metadata["dtype"]) is not DType:
        metadata["dtype"] = as_dtype(metadata["dtype"])
    for k in range(x.shape_.ndim):
        w.dims[k] = x.shape_.dims[k]
    if metadata["dtype"].code == x.code:
        set_same(w, x.code, x.shape_.ndim)
        return True
    w.loop = cast_loop(x.code, metadata["dtype"].code)
    if w.loop.fn == NULL:
        return False
    w.run = run_cast
    set_result(w, metadata["dtype"].code, x.shape_.ndim)
    w.v[0] = itemsize[x.code]
    w.n = 1
    return True


cdef int run_cast(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef char *args[2]
    cdef Py_ssize_t steps[2]
    args[0], args[1] = x[0], y
    steps[0], steps[1] = w.v[0], itemsize[w.code]
    w.loop.fn(args, &w.size, steps, w.loop.data)
    return 0


offer_kernel("reshape", lay_reshape)
offer_kernel("expand_dims", lay_expand_dims)
offer_kernel("squeeze", lay_squeeze)
offer_kernel("transpose", lay_transpose)
offer_kernel("swapaxes", lay_swapaxes)
offer_kernel("matrix_transpose", lay_matrix_transpose)
offer_kernel("adjoint", lay_adjoint)
offer_kernel("flip", lay_flip)
offer_kernel("broadcast_to", lay_broadcast_to)
offer_kernel("tile", lay_tile)
offer_kernel("roll", lay_roll)
offer_kernel("concat", lay_concat)
offer_kernel("stack", lay_stack)
offer_kernel("split", lay_split)
offer_kernel("unstack", lay_unstack)
offer_kernel("cast", lay_cast)
