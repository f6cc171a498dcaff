"""C kernels of structured rows: shapes, reductions, products, indexing, without a NumPy call.

Each gives the same bits as its row's NumPy function, which serves every case that a kernel leaves alone and
says what is wrong with bad metadata.

Those of which replays are made as well come in two steps: a *layout* checks and works out all that shapes and metadata
say, `run_work` then needs nothing but pointers.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX

import numpy as np

from ..dtypes import DType

from ._buffer cimport MAX_NDIM, fg_mul_overflows, shape_drop, shape_new, shape_t
from ._loops cimport (
    FLOAT32, FLOAT64, INT32, INT64, add_strided, cast_contiguous, copy_strided, fg_loop, itemsize, reduce_strided,
    resolve_ufunc, ufunc_loop,
)
from ._tensor cimport INLINE_BYTES, Tensor, is_float, reshaped, shape_tuple, tensor_new, tensor_of
from ._windows cimport patches, unpatches, window_max, window_max_pull, window_max_push

cdef fg_loop add_loop[2]
cdef fg_loop maximum_loop[2]
cdef fg_loop minimum_loop[2]
cdef fg_loop matmul_loop[2]


cdef void row_strides(Tensor t, Py_ssize_t *strides) noexcept:
    cdef int axis
    cdef Py_ssize_t step = itemsize[t.code]
    for axis in range(t.shape_.ndim - 1, -1, -1):
        strides[axis] = step
        step *= t.shape_.dims[axis]


cdef int int_list(object value, Py_ssize_t *numbers) except -2:
    """Read a sequence of at most MAX_NDIM ints; -1 if it is anything else."""
    cdef int n = 0
    if type(value) is not tuple and type(value) is not list and not isinstance(value, tuple):
        return -1
    if len(value) > MAX_NDIM:
        return -1
    for item in value:
        if type(item) is not int or n == MAX_NDIM:
            return -1
        try:
            numbers[n] = item
        except OverflowError:
            return -1
        n += 1
    return n


# --------------------------------------------------------------------------------------------------- dtype
cdef Tensor cast(list arguments, dict metadata):
    cdef Tensor x = arguments[0], y
    cdef int code
    if type(metadata["dtype"]) is not DType:
        return None
    code = metadata["dtype"].code
    y = tensor_new(code, x.shape_)
    return y if cast_contiguous(x.code, x.data, code, y.data, x.shape_.size) else None


# ------------------------------------------------------------------------------------------------- layouts
cdef Tensor run_layout(layout_t layout, list arguments, dict metadata):
    """Compute what a layout describes."""
    cdef work_t w
    cdef Tensor x = arguments[0], y
    cdef char *data[2]
    cdef shape_t *shape
    if not layout(arguments, metadata, &w):
        return None
    if w.kind == SAME and (w.size == x.shape_.size or (x.buffer != NULL and w.size * itemsize[w.code] > INLINE_BYTES)):
        shape = shape_new(w.ndim, w.dims)
        try:
            y = reshaped(x, shape)
        finally:
            shape_drop(shape)
        y.data += w.offset
        return y
    y = tensor_of(w.code, w.ndim, w.dims)
    data[0] = x.data
    data[1] = (<Tensor>arguments[1]).data if len(arguments) > 1 else NULL
    run_work(&w, y.data, data)
    return y


cdef void run_work(const work_t *w, char *y, char *const *x) noexcept nogil:
    """Compute a result into its memory."""
    cdef Py_ssize_t k
    if w.kind == SAME:
        memcpy(y, x[0] + w.offset, w.size * itemsize[w.code])
    elif w.kind == COPIED:
        if w.size:
            copy_strided(w.code, y, x[0] + w.offset, w.strides, w.ndim, w.dims)
    elif w.kind == REDUCED:
        for k in range(w.size):
            if w.code == FLOAT64:
                (<double *>y)[k] = w.start
            else:
                (<float *>y)[k] = <float>w.start
        if w.full:
            reduce_strided(w.loop, w.code, y, x[0], w.outer_dims, w.outer_strides, w.outer, w.inner_dims,
                           w.inner_strides, w.inner)
        if w.count:
            for k in range(w.size):
                if w.code == FLOAT64:
                    (<double *>y)[k] /= w.count
                else:
                    (<float *>y)[k] /= <float>w.count
    elif w.size:
        multiply(w, y, x)


cdef void multiply(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef char *data[3]
    if w.sizes[2] == 0:
        memset(y, 0, w.size * itemsize[w.code])
        return
    data[0] = x[0]
    data[1] = x[1]
    data[2] = y
    w.loop.fn(data, w.sizes, w.steps, w.loop.data)


cdef int set_result(work_t *w, int kind, int code, int ndim) noexcept:
    """Fill in what every result has; `dims` are there. 0 if the array would be too large."""
    cdef int k
    w.kind = kind
    w.code = code
    w.ndim = ndim
    w.offset = 0
    w.size = 1
    for k in range(ndim):
        if w.dims[k] == 0:
            w.size = 0
            return 1
    for k in range(ndim):
        if fg_mul_overflows(w.size, w.dims[k], &w.size):
            return 0
    return 1


cdef object dims_tuple(const work_t *w):
    return tuple([w.dims[k] for k in range(w.ndim)])


# -------------------------------------------------------------------------------------------------- shapes
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
    set_result(w, SAME, x.code, n)
    metadata["shape"] = dims_tuple(w)
    return True


cdef bint lay_expand_dims(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef int ndim = x.shape_.ndim, at
    cdef Py_ssize_t axis
    if type(metadata["axis"]) is not int or ndim >= MAX_NDIM:
        return False
    if not -ndim - 1 <= metadata["axis"] <= ndim:
        return False
    axis = metadata["axis"]
    if axis < 0:
        axis += ndim + 1
    for at in range(ndim):
        w.dims[at + (at >= axis)] = x.shape_.dims[at]
    w.dims[axis] = 1
    set_result(w, SAME, x.code, ndim + 1)
    metadata["axis"] = axis
    return True


cdef bint lay_transpose(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef bint seen[MAX_NDIM]
    cdef bint ordered = True  # nothing moves in memory
    cdef int k, last = -1, n = x.shape_.ndim
    if metadata["axes"] is None:
        for k in range(n):
            axes[k] = n - 1 - k
    elif int_list(metadata["axes"], axes) != n:
        return False
    memset(seen, 0, sizeof(seen))
    row_strides(x, strides)
    for k in range(n):
        if axes[k] < 0:
            axes[k] += n
        if axes[k] < 0 or axes[k] >= n or seen[axes[k]]:
            return False
        seen[axes[k]] = True
        w.dims[k] = x.shape_.dims[axes[k]]
        w.strides[k] = strides[axes[k]]
        ordered = ordered and (w.dims[k] == 1 or axes[k] > last)
        if w.dims[k] != 1:
            last = axes[k]
    set_result(w, SAME if ordered else COPIED, x.code, n)
    metadata["axes"] = tuple([axes[k] for k in range(n)])
    return True


cdef bint lay_broadcast_to(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t step
    cdef int k, skip, n = int_list(metadata["shape"], w.dims)
    skip = n - x.shape_.ndim
    if n < 0 or skip < 0:
        return False
    step = itemsize[x.code]
    for k in range(n - 1, -1, -1):
        if w.dims[k] < 0:
            return False
        w.strides[k] = 0
        if k >= skip:
            if x.shape_.dims[k - skip] != 1:
                if x.shape_.dims[k - skip] != w.dims[k]:
                    return False
                w.strides[k] = step
            step *= x.shape_.dims[k - skip]
    if not set_result(w, COPIED, x.code, n):
        return False
    metadata["shape"] = dims_tuple(w)
    return True


# ----------------------------------------------------------------------------------------------- reductions
cdef bint reduce_axes(Tensor x, const bint *reduced, fg_loop *loops, double start, int ndim, work_t *w) noexcept:
    """Reduce the flagged axes of a float Tensor; the result has the shape `w.dims`."""
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef int k
    row_strides(x, strides)
    w.outer = w.inner = 0
    for k in range(x.shape_.ndim):
        if reduced[k]:
            w.inner_dims[w.inner] = x.shape_.dims[k]
            w.inner_strides[w.inner] = strides[k]
            w.inner += 1
        else:
            w.outer_dims[w.outer] = x.shape_.dims[k]
            w.outer_strides[w.outer] = strides[k]
            w.outer += 1
    set_result(w, REDUCED, x.code, ndim)
    w.start = start
    w.count = 0
    w.full = x.shape_.size != 0
    w.loop = loops[x.code - FLOAT32]
    return True


cdef bint lay_reduction(list arguments, dict metadata, fg_loop *loops, double start, work_t *w) except -1:
    """The reductions with `axis` (None, an int or several) and `keepdims`."""
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef int k, n, count = 0, ndim = x.shape_.ndim
    if not is_float(x):
        return False
    axis = metadata["axis"]
    memset(reduced, 0, sizeof(reduced))
    if axis is None:
        for k in range(ndim):
            reduced[k] = True
    else:
        if type(axis) is int:
            axis = (axis,)
        n = int_list(axis, axes)
        if n < 0:
            return False
        for k in range(n):
            if axes[k] < 0:
                axes[k] += ndim
            if axes[k] < 0 or axes[k] >= ndim or reduced[axes[k]]:
                return False
            reduced[axes[k]] = True
    keepdims = bool(metadata["keepdims"])
    for k in range(ndim):
        if not reduced[k]:
            w.dims[count] = x.shape_.dims[k]
            count += 1
        elif keepdims:
            w.dims[count] = 1
            count += 1
    reduce_axes(x, reduced, loops, start, count, w)
    metadata["axis"] = tuple([k for k in range(ndim) if reduced[k]])
    metadata["keepdims"] = keepdims
    return True


cdef bint lay_sum(list arguments, dict metadata, work_t *w) except -1:
    return lay_reduction(arguments, metadata, add_loop, 0, w)


cdef bint lay_mean(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    if x.shape_.size == 0 or not lay_reduction(arguments, metadata, add_loop, 0, w):
        return False
    w.count = x.shape_.size // w.size
    return True


cdef bint lay_max(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    return x.shape_.size != 0 and lay_reduction(arguments, metadata, maximum_loop, -np.inf, w)


cdef bint lay_min(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    return x.shape_.size != 0 and lay_reduction(arguments, metadata, minimum_loop, np.inf, w)


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
    return reduce_axes(x, reduced, add_loop, 0, n, w)


# ------------------------------------------------------------------------------------------------- products
cdef bint lay_matmul(list arguments, dict metadata, work_t *w) except -1:
    """Products of matrices, or of stacks of matrices with equal leading axes, by NumPy's loop over BLAS."""
    cdef Tensor a = arguments[0], b = arguments[1]
    cdef bint ta, tb, row, column
    cdef Py_ssize_t da[2]
    cdef Py_ssize_t db[2]
    cdef int k, nd = a.shape_.ndim
    cdef Py_ssize_t item = itemsize[a.code], rows, inner, columns
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
    w.sizes[0] = 1
    for k in range(nd - 2):
        if a.shape_.dims[k] != b.shape_.dims[k]:
            return False
        w.dims[k] = a.shape_.dims[k]
        w.sizes[0] *= w.dims[k]
    nd -= 2
    if not row:
        w.dims[nd] = rows
        nd += 1
    if not column:
        w.dims[nd] = columns
        nd += 1
    if not set_result(w, MULTIPLIED, a.code, nd):
        return False
    w.sizes[1] = rows
    w.sizes[2] = inner
    w.sizes[3] = columns
    w.steps[0] = rows * inner * item
    w.steps[1] = inner * columns * item
    w.steps[2] = rows * columns * item
    w.steps[3 + ta] = da[1] * item
    w.steps[4 - ta] = item
    w.steps[5 + tb] = db[1] * item
    w.steps[6 - tb] = item
    w.steps[7] = columns * item
    w.steps[8] = item
    w.loop = matmul_loop[a.code - FLOAT32]
    return True


# -------------------------------------------------------------------------------------------------- joining
cdef Tensor join(list arguments, dict metadata, bint new):
    """Arrays of one dtype beside each other along an axis that they have, or along a `new` one."""
    cdef Py_ssize_t dims[MAX_NDIM + 1]
    cdef Py_ssize_t outer = 1, length = 0, row, chunk, i, axis
    cdef Tensor first, x, y
    cdef int k, ndim
    cdef char *to
    if not arguments or type(metadata["axis"]) is not int:
        return None
    first = arguments[0]
    ndim = first.shape_.ndim + new
    if ndim == 0 or ndim > MAX_NDIM or not -ndim <= metadata["axis"] < ndim:
        return None
    axis = metadata["axis"]
    if axis < 0:
        axis += ndim
    for k in range(ndim):
        dims[k] = 1 if new and k == axis else first.shape_.dims[k - (new and k > axis)]
    for argument in arguments:
        x = argument
        if x.code != first.code or x.shape_.ndim != first.shape_.ndim:
            return None
        for k in range(x.shape_.ndim):
            if x.shape_.dims[k] != first.shape_.dims[k] and (new or k != axis):
                return None
        i = 1 if new else x.shape_.dims[axis]
        if i > PY_SSIZE_T_MAX - length:
            return None
        length += i
    dims[axis] = length
    y = tensor_of(first.code, ndim, dims)
    if y.shape_.size == 0:
        metadata["axis"] = axis
        return y
    for k in range(axis):
        outer *= dims[k]
    row = y.shape_.size // outer * itemsize[y.code]
    to = y.data
    for argument in arguments:
        x = argument
        chunk = x.shape_.size // outer * itemsize[y.code]
        if chunk == 8:  # a call for each number would take longer than the copy
            for i in range(outer):
                memcpy(to + i * row, x.data + i * 8, 8)
        elif chunk == 4:
            for i in range(outer):
                memcpy(to + i * row, x.data + i * 4, 4)
        else:
            for i in range(outer):
                memcpy(to + i * row, x.data + i * chunk, chunk)
        to += chunk
    metadata["axis"] = axis
    return y


cdef Tensor concat(list arguments, dict metadata):
    return join(arguments, metadata, False)


cdef Tensor stack(list arguments, dict metadata):
    return join(arguments, metadata, True)


# ------------------------------------------------------------------------------------------------- indexing
cdef struct selection:
    int n                       # axes of the result; -1: not made of ints and slices
    Py_ssize_t offset           # of its first element, in bytes
    Py_ssize_t dims[64]
    Py_ssize_t strides[64]


cdef int select(Tensor x, tuple parts, selection *s) except -1:
    """Work out which elements an index of ints and slices means."""
    cdef Py_ssize_t steps[MAX_NDIM]
    cdef Py_ssize_t at, start, stop, step
    cdef int axis = 0, ndim = x.shape_.ndim
    s.n = -1
    if len(parts) > ndim:
        return 0
    row_strides(x, steps)
    cdef int n = 0
    s.offset = 0
    for part in parts:
        if type(part) is int:
            try:
                at = part
            except OverflowError:
                return 0
            if at < 0:
                at += x.shape_.dims[axis]
            if at < 0 or at >= x.shape_.dims[axis]:
                raise IndexError(f"getitem: index {part} is out of bounds for axis {axis} of shape "
                                 f"{shape_tuple(x.shape_)}")
            s.offset += at * steps[axis]
        elif type(part) is slice:
            try:
                start, stop, step = part.indices(x.shape_.dims[axis])
            except (TypeError, OverflowError):  # NumPy knows what to do, or what to say
                return 0
            if step < -PY_SSIZE_T_MAX:
                return 0
            if step > 0:
                s.dims[n] = 0 if stop <= start else (stop - start - 1) // step + 1
            else:
                s.dims[n] = 0 if stop >= start else (start - stop - 1) // -step + 1
            s.offset += start * steps[axis] if s.dims[n] else 0
            s.strides[n] = steps[axis] * step
            n += 1
        else:
            return 0
        axis += 1
    while axis < ndim:
        s.dims[n] = x.shape_.dims[axis]
        s.strides[n] = steps[axis]
        n += 1
        axis += 1
    s.n = n
    return 0


cdef bint lay_getitem(list arguments, dict metadata, work_t *w) except -1:
    """Indices made of ints and slices."""
    cdef Tensor x = arguments[0]
    cdef selection s
    cdef Py_ssize_t step = itemsize[x.code]
    cdef bint together = True
    cdef int k
    index = metadata["index"]
    parts = index if type(index) is tuple else (index,)
    select(x, parts, &s)
    if s.n < 0:
        return False
    for k in range(s.n - 1, -1, -1):
        together = together and (s.strides[k] == step or s.dims[k] == 1)
        step *= s.dims[k]
    memcpy(w.dims, s.dims, s.n * sizeof(Py_ssize_t))
    memcpy(w.strides, s.strides, s.n * sizeof(Py_ssize_t))
    set_result(w, SAME if together else COPIED, x.code, s.n)
    w.offset = s.offset
    metadata["index"] = parts
    return True


cdef bint getitem_accumulate(Tensor total, Tensor ct, dict metadata) except -1:
    """total[index] += ct for ints and slices."""
    cdef selection s
    if not is_float(total):
        return False
    select(total, metadata["index"], &s)
    if s.n < 0:
        return False
    if ct.shape_.size:
        add_strided(total.code, total.data + s.offset, s.strides, ct.data, s.n, s.dims)
    return True


cdef Tensor gather(list arguments, dict metadata):
    """Slices along an axis by integer positions of 32 or 64 bits, without batches."""
    cdef Tensor x = arguments[0], places = arguments[1], y
    cdef Py_ssize_t dims[2 * MAX_NDIM]
    cdef Py_ssize_t outer = 1, inner = itemsize[x.code], length, at, i, k, count = places.shape_.size
    cdef int axis = 0, n = 0, m, ndim = x.shape_.ndim
    cdef bint short = places.code == INT32
    cdef char *to
    cdef const char *source
    if not short and places.code != INT64:
        return None
    if type(metadata["batch_dims"]) is not int or metadata["batch_dims"] != 0:
        return None
    if metadata["axis"] is not None:
        if type(metadata["axis"]) is not int or not -ndim <= metadata["axis"] < ndim:
            return None
        axis = metadata["axis"]
        if axis < 0:
            axis += ndim
    if ndim == 0 or ndim - 1 + places.shape_.ndim > MAX_NDIM:
        return None
    length = x.shape_.dims[axis]
    for k in range(count):  # before anything is read
        at = (<int32_t *>places.data)[k] if short else (<int64_t *>places.data)[k]
        if not -length <= at < length:
            return None
    for m in range(ndim):
        if m == axis:
            for k in range(places.shape_.ndim):
                dims[n] = places.shape_.dims[k]
                n += 1
            continue
        dims[n] = x.shape_.dims[m]
        n += 1
    y = tensor_of(x.code, n, dims)
    to = y.data
    if y.shape_.size == 0:  # products of its sizes may be too large
        metadata["axis"] = axis
        return y
    for m in range(ndim):
        if m < axis:
            outer *= x.shape_.dims[m]
        elif m > axis:
            inner *= x.shape_.dims[m]
    for i in range(outer):
        source = x.data + i * length * inner
        for k in range(count):
            at = (<int32_t *>places.data)[k] if short else (<int64_t *>places.data)[k]
            if at < 0:
                at += length
            if inner == 8:  # a call for each number would take longer than the copy
                memcpy(to, source + at * 8, 8)
            elif inner == 4:
                memcpy(to, source + at * 4, 4)
            else:
                memcpy(to, source + at * inner, inner)
            to += inner
    metadata["axis"] = axis
    return y


# ---------------------------------------------------------------------------------------------------- table
cdef layout_t layout_named(str name) noexcept:
    """The layout of the kernel that a row asks for, or NULL."""
    if name == "reshape":
        return lay_reshape
    if name == "expand_dims":
        return lay_expand_dims
    if name == "transpose":
        return lay_transpose
    if name == "broadcast_to":
        return lay_broadcast_to
    if name == "sum":
        return lay_sum
    if name == "mean":
        return lay_mean
    if name == "max":
        return lay_max
    if name == "min":
        return lay_min
    if name == "sum_to":
        return lay_sum_to
    if name == "matmul":
        return lay_matmul
    if name == "getitem":
        return lay_getitem
    return NULL


cdef kernel_t kernel_named(str name) except NULL:
    """The kernel that a row asks for, if it has no layout."""
    if name == "cast":
        return cast
    if name == "concat":
        return concat
    if name == "stack":
        return stack
    if name == "gather":
        return gather
    if name == "patches":
        return patches
    if name == "unpatches":
        return unpatches
    if name == "window_max":
        return window_max
    if name == "window_max_pull":
        return window_max_pull
    if name == "window_max_push":
        return window_max_push
    raise SystemError(f"no kernel is called {name}")


cdef accumulator_t accumulator_named(str name) noexcept:
    """The in-place accumulation that goes with a kernel, or NULL."""
    if name == "getitem":
        return getitem_accumulate
    return NULL


cdef int fill_tables() except -1:
    cdef int k, in_code, out_code
    for k in range(2):
        resolve_ufunc(np.add, FLOAT32 + k, &add_loop[k], &in_code, &out_code)
        resolve_ufunc(np.maximum, FLOAT32 + k, &maximum_loop[k], &in_code, &out_code)
        resolve_ufunc(np.minimum, FLOAT32 + k, &minimum_loop[k], &in_code, &out_code)
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


fill_tables()
