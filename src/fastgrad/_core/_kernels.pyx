"""C kernels of structured rows: shapes, reductions, products, indexing, without a NumPy call.

Each gives the same bits as its row's NumPy function, which serves every case that a kernel leaves alone and
says what is wrong with bad metadata.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX

import numpy as np

from ..dtypes import DType

from ._buffer cimport MAX_NDIM, buffer_hold, shape_drop, shape_new, shape_t
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


cdef Tensor view_as(Tensor t, int ndim, const Py_ssize_t *dims):
    """The same data in another shape of the same size."""
    cdef shape_t *shape = shape_new(ndim, dims)
    try:
        return reshaped(t, shape)
    finally:
        shape_drop(shape)


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


# -------------------------------------------------------------------------------------------------- shapes
cdef Tensor reshape(list arguments, dict metadata):
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef Py_ssize_t size = 1
    cdef int k, free_axis = -1, n = int_list(metadata["shape"], dims)
    if n < 0:
        return None
    for k in range(n):
        if dims[k] == -1 and free_axis < 0:
            free_axis = k
        elif dims[k] < 0 or (dims[k] and size > x.shape_.size // dims[k]):
            return None
        else:
            size *= dims[k]
    if free_axis >= 0:
        if size == 0 or x.shape_.size % size:
            return None
        dims[free_axis] = x.shape_.size // size
        size = x.shape_.size
    if size != x.shape_.size:
        return None
    y = view_as(x, n, dims)
    metadata["shape"] = shape_tuple(y.shape_)
    return y


cdef Tensor expand_dims(list arguments, dict metadata):
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t dims[MAX_NDIM + 1]
    cdef int ndim = x.shape_.ndim, at
    cdef Py_ssize_t axis
    if type(metadata["axis"]) is not int or ndim >= MAX_NDIM:
        return None
    if not -ndim - 1 <= metadata["axis"] <= ndim:
        return None
    axis = metadata["axis"]
    if axis < 0:
        axis += ndim + 1
    for at in range(ndim):
        dims[at + (at >= axis)] = x.shape_.dims[at]
    dims[axis] = 1
    metadata["axis"] = axis
    return view_as(x, ndim + 1, dims)


cdef Tensor transpose(list arguments, dict metadata):
    cdef Tensor x = arguments[0], y
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef Py_ssize_t moved[MAX_NDIM]
    cdef bint seen[MAX_NDIM]
    cdef bint ordered = True  # nothing moves in memory
    cdef int k, last = -1, n = x.shape_.ndim
    if metadata["axes"] is None:
        for k in range(n):
            axes[k] = n - 1 - k
    elif int_list(metadata["axes"], axes) != n:
        return None
    memset(seen, 0, sizeof(seen))
    row_strides(x, strides)
    for k in range(n):
        if axes[k] < 0:
            axes[k] += n
        if axes[k] < 0 or axes[k] >= n or seen[axes[k]]:
            return None
        seen[axes[k]] = True
        dims[k] = x.shape_.dims[axes[k]]
        moved[k] = strides[axes[k]]
        ordered = ordered and (dims[k] == 1 or axes[k] > last)
        if dims[k] != 1:
            last = axes[k]
    y = view_as(x, n, dims) if ordered else tensor_of(x.code, n, dims)
    if x.shape_.size and not ordered:
        copy_strided(x.code, y.data, x.data, moved, n, dims)
    metadata["axes"] = tuple([axes[k] for k in range(n)])
    return y


cdef Tensor broadcast_to(list arguments, dict metadata):
    cdef Tensor x = arguments[0], y
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t step
    cdef int k, skip, n = int_list(metadata["shape"], dims)
    skip = n - x.shape_.ndim
    if n < 0 or skip < 0:
        return None
    step = itemsize[x.code]
    for k in range(n - 1, -1, -1):
        if dims[k] < 0:
            return None
        strides[k] = 0
        if k >= skip:
            if x.shape_.dims[k - skip] != 1:
                if x.shape_.dims[k - skip] != dims[k]:
                    return None
                strides[k] = step
            step *= x.shape_.dims[k - skip]
    y = tensor_of(x.code, n, dims)
    if y.shape_.size:
        copy_strided(x.code, y.data, x.data, strides, n, dims)
    metadata["shape"] = shape_tuple(y.shape_)
    return y


# ----------------------------------------------------------------------------------------------- reductions
cdef Tensor reduce_axes(Tensor x, const bint *reduced, fg_loop *loops, double start, int ndim,
                        const Py_ssize_t *dims):
    """Reduce the flagged axes of a float Tensor; the result has the shape `dims`."""
    cdef Py_ssize_t outer_dims[MAX_NDIM]
    cdef Py_ssize_t outer_strides[MAX_NDIM]
    cdef Py_ssize_t inner_dims[MAX_NDIM]
    cdef Py_ssize_t inner_strides[MAX_NDIM]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef int k, outer = 0, inner = 0
    cdef Py_ssize_t i
    cdef Tensor y = tensor_of(x.code, ndim, dims)
    row_strides(x, strides)
    for k in range(x.shape_.ndim):
        if reduced[k]:
            inner_dims[inner] = x.shape_.dims[k]
            inner_strides[inner] = strides[k]
            inner += 1
        else:
            outer_dims[outer] = x.shape_.dims[k]
            outer_strides[outer] = strides[k]
            outer += 1
    for i in range(y.shape_.size):
        if x.code == FLOAT64:
            (<double *>y.data)[i] = start
        else:
            (<float *>y.data)[i] = <float>start
    if x.shape_.size:
        reduce_strided(loops[x.code - FLOAT32], x.code, y.data, x.data, outer_dims, outer_strides, outer,
                       inner_dims, inner_strides, inner)
    return y


cdef Tensor reduction(list arguments, dict metadata, fg_loop *loops, double start):
    """The reductions with `axis` (None, an int or several) and `keepdims`."""
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int k, n, count = 0, ndim = x.shape_.ndim
    if not is_float(x):
        return None
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
            return None
        for k in range(n):
            if axes[k] < 0:
                axes[k] += ndim
            if axes[k] < 0 or axes[k] >= ndim or reduced[axes[k]]:
                return None
            reduced[axes[k]] = True
    keepdims = bool(metadata["keepdims"])
    for k in range(ndim):
        if not reduced[k]:
            dims[count] = x.shape_.dims[k]
            count += 1
        elif keepdims:
            dims[count] = 1
            count += 1
    y = reduce_axes(x, reduced, loops, start, count, dims)
    metadata["axis"] = tuple([k for k in range(ndim) if reduced[k]])
    metadata["keepdims"] = keepdims
    return y


cdef Tensor sum_(list arguments, dict metadata):
    return reduction(arguments, metadata, add_loop, 0)


cdef Tensor mean(list arguments, dict metadata):
    cdef Tensor x = arguments[0], y
    cdef Py_ssize_t k, count
    if x.shape_.size == 0:
        return None
    y = reduction(arguments, metadata, add_loop, 0)
    if y is None:
        return None
    count = x.shape_.size // y.shape_.size
    for k in range(y.shape_.size):
        if y.code == FLOAT64:
            (<double *>y.data)[k] /= count
        else:
            (<float *>y.data)[k] /= <float>count
    return y


cdef Tensor max_(list arguments, dict metadata):
    cdef Tensor x = arguments[0]
    return None if x.shape_.size == 0 else reduction(arguments, metadata, maximum_loop, -np.inf)


cdef Tensor min_(list arguments, dict metadata):
    cdef Tensor x = arguments[0]
    return None if x.shape_.size == 0 else reduction(arguments, metadata, minimum_loop, np.inf)


cdef Tensor sum_to(list arguments, dict metadata):
    """The transpose of broadcasting."""
    cdef Tensor x = arguments[0]
    cdef bint reduced[MAX_NDIM]
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int k, n = int_list(metadata["shape"], dims), skip = x.shape_.ndim - n
    if n < 0 or skip < 0 or not is_float(x):
        return None
    for k in range(x.shape_.ndim):
        reduced[k] = k < skip or (dims[k - skip] == 1 and x.shape_.dims[k] != 1)
        if not reduced[k] and dims[k - skip] != x.shape_.dims[k]:
            return None
    return reduce_axes(x, reduced, add_loop, 0, n, dims)


# ------------------------------------------------------------------------------------------------- products
cdef Tensor matmul(list arguments, dict metadata):
    """Products of matrices, or of stacks of matrices with equal leading axes, by NumPy's loop over BLAS."""
    cdef Tensor a = arguments[0], b = arguments[1], y
    cdef bint ta, tb, row, column
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef Py_ssize_t sizes[4]
    cdef Py_ssize_t steps[9]
    cdef Py_ssize_t da[2]
    cdef Py_ssize_t db[2]
    cdef char *data[3]
    cdef int k, nd = a.shape_.ndim
    cdef Py_ssize_t item = itemsize[a.code], rows, inner, columns
    cdef fg_loop *loop
    if a.code != b.code or not is_float(a):
        return None
    if type(metadata["transpose_a"]) is not bool or type(metadata["transpose_b"]) is not bool:
        return None
    ta, tb = metadata["transpose_a"], metadata["transpose_b"]
    row, column = a.shape_.ndim == 1, b.shape_.ndim == 1
    if row or column:  # vectors are matrices of one row or column, which the result has not
        if a.shape_.ndim == 0 or b.shape_.ndim == 0 or (row and ta) or (column and tb):
            return None
        if a.shape_.ndim > 2 or b.shape_.ndim > 2:
            return None
        nd = 2
    elif nd < 2 or b.shape_.ndim != nd:
        return None
    da[0] = 1 if row else a.shape_.dims[nd - 2]
    da[1] = a.shape_.dims[0 if row else nd - 1]
    db[0] = b.shape_.dims[0 if column else nd - 2]
    db[1] = 1 if column else b.shape_.dims[nd - 1]
    rows, inner, columns = da[1 if ta else 0], da[0 if ta else 1], db[0 if tb else 1]
    if inner != db[1 if tb else 0]:
        return None
    sizes[0] = 1
    for k in range(nd - 2):
        if a.shape_.dims[k] != b.shape_.dims[k]:
            return None
        dims[k] = a.shape_.dims[k]
        sizes[0] *= dims[k]
    nd -= 2
    if not row:
        dims[nd] = rows
        nd += 1
    if not column:
        dims[nd] = columns
        nd += 1
    y = tensor_of(a.code, nd, dims)
    if y.shape_.size == 0:
        return y
    if inner == 0:
        memset(y.data, 0, y.shape_.size * item)
        return y
    sizes[1] = rows
    sizes[2] = inner
    sizes[3] = columns
    steps[0] = rows * inner * item
    steps[1] = inner * columns * item
    steps[2] = rows * columns * item
    steps[3 + ta] = da[1] * item
    steps[4 - ta] = item
    steps[5 + tb] = db[1] * item
    steps[6 - tb] = item
    steps[7] = columns * item
    steps[8] = item
    data[0] = a.data
    data[1] = b.data
    data[2] = y.data
    loop = &matmul_loop[a.code - FLOAT32]
    if loop.fn == NULL:
        return None
    loop.fn(data, sizes, steps, loop.data)
    return y


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


cdef Tensor getitem(list arguments, dict metadata):
    """Indices made of ints and slices."""
    cdef Tensor x = arguments[0]
    cdef selection s
    index = metadata["index"]
    parts = index if type(index) is tuple else (index,)
    select(x, parts, &s)
    if s.n < 0:
        return None
    metadata["index"] = parts
    return part_of(x, s.offset, s.n, s.dims, s.strides)


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


cdef Tensor part_of(Tensor x, Py_ssize_t offset, int n, const Py_ssize_t *dims, const Py_ssize_t *strides):
    """Strided elements of x: shared if they lie together and are many, else copied."""
    cdef Py_ssize_t step = itemsize[x.code], size = 1
    cdef bint together = x.buffer != NULL
    cdef int k
    cdef shape_t *shape
    cdef Tensor y
    for k in range(n - 1, -1, -1):
        together = together and (strides[k] == step or dims[k] == 1)
        step *= dims[k]
        size *= dims[k]
    if not together or size * itemsize[x.code] <= INLINE_BYTES:
        y = tensor_of(x.code, n, dims)
        if size:
            copy_strided(x.code, y.data, x.data + offset, strides, n, dims)
        return y
    y = Tensor.__new__(Tensor)
    y.code = x.code
    shape = shape_new(n, dims)
    shape_drop(y.shape_)
    y.shape_ = shape
    y.buffer = buffer_hold(x.buffer)
    y.data = x.data + offset
    return y


# ---------------------------------------------------------------------------------------------------- table
cdef kernel_t kernel_named(str name) except NULL:
    """The kernel that a row asks for."""
    if name == "cast":
        return cast
    if name == "reshape":
        return reshape
    if name == "expand_dims":
        return expand_dims
    if name == "transpose":
        return transpose
    if name == "broadcast_to":
        return broadcast_to
    if name == "sum":
        return sum_
    if name == "mean":
        return mean
    if name == "max":
        return max_
    if name == "min":
        return min_
    if name == "sum_to":
        return sum_to
    if name == "matmul":
        return matmul
    if name == "concat":
        return concat
    if name == "stack":
        return stack
    if name == "getitem":
        return getitem
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
