"""Kernels of rows that pick elements by their places, and of the transposes, that put them back into zeros."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

import numpy as np

from ..dtypes import as_dtype

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX

from ._buffer cimport MAX_NDIM, fg_mul_overflows, same_shape
from ._loops cimport FLOAT64, INT32, INT64, add_contiguous, add_strided, itemsize, put_strided
from ._tensor cimport Tensor, is_float
from ._work cimport (
    axis_in, int_list, offer_kernel, run_copied, set_result, set_same, set_strided, work_t,
)


# ------------------------------------------------------------------------------------------- how it is done
cdef int run_placed(const work_t *w, char *y, char *const *x) noexcept nogil:
    """Zeros, and the elements of the operand in strided places."""
    memset(y, 0, w.size * itemsize[w.code])
    if w.cost:
        put_strided(w.code, y + w.offset, &w.v[w.n // 2], x[0], w.n // 2, w.v)
    return 0


cdef int run_added(const work_t *w, char *y, char *const *x) noexcept nogil:
    """The same, but 0 + x, which is 0.0 for -0.0."""
    memset(y, 0, w.size * itemsize[w.code])
    if w.cost:
        add_strided(w.code, y + w.offset, &w.v[w.n // 2], x[0], w.n // 2, w.v)
    return 0


# ------------------------------------------------------------------------------------------------- indexing
cdef struct selection:
    int n                       # axes of the result; -1: not made of ints, slices, None and one Ellipsis
    Py_ssize_t offset           # of its first element, in bytes
    Py_ssize_t dims[64]
    Py_ssize_t strides[64]


cdef int select(const Py_ssize_t *dims, int ndim, int code, tuple parts, selection *s) except -1:
    """Work out which elements of an array an index means."""
    cdef Py_ssize_t steps[MAX_NDIM]
    cdef Py_ssize_t at, start, stop, step = itemsize[code]
    cdef int axis, n = 0, rest = <int>len(parts)  # axes that parts name
    s.n = -1
    if rest > 2 * MAX_NDIM:
        return 0
    for axis in range(ndim - 1, -1, -1):
        steps[axis] = step
        step *= dims[axis]
    for part in parts:
        if part is None or part is Ellipsis:
            rest -= 1
    if rest > ndim:
        return 0
    s.offset = axis = 0
    rest = ndim - rest
    for part in parts:
        if n == MAX_NDIM:
            return 0
        if part is None:
            s.dims[n], s.strides[n] = 1, 0
            n += 1
            continue
        if part is Ellipsis:
            if rest < 0 or n + rest > MAX_NDIM:
                return 0
            while rest > 0:
                s.dims[n], s.strides[n] = dims[axis], steps[axis]
                n += 1
                axis += 1
                rest -= 1
            rest = -1  # there may be one
            continue
        if type(part) is int:
            try:
                at = part
            except OverflowError:
                return 0
            if at < 0:
                at += dims[axis]
            if at < 0 or at >= dims[axis]:
                raise IndexError(f"getitem: index {part} is out of bounds for axis {axis} of shape "
                                 f"{tuple([dims[k] for k in range(ndim)])}")
            s.offset += at * steps[axis]
        elif type(part) is slice:
            try:
                start, stop, step = part.indices(dims[axis])
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
    if n + ndim - axis > MAX_NDIM:
        return 0
    while axis < ndim:
        s.dims[n] = dims[axis]
        s.strides[n] = steps[axis]
        n += 1
        axis += 1
    s.n = n
    return 0


cdef bint lay_getitem(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef selection s
    cdef Py_ssize_t step = itemsize[x.code]
    cdef bint together = True
    cdef int k
    index = metadata["index"]
    parts = index if type(index) is tuple else (index,)
    select(x.shape_.dims, x.shape_.ndim, x.code, parts, &s)
    if s.n < 0:
        return False
    for k in range(s.n - 1, -1, -1):
        together = together and (s.strides[k] == step or s.dims[k] == 1)
        step *= s.dims[k]
    memcpy(w.dims, s.dims, s.n * sizeof(Py_ssize_t))
    if together:
        set_same(w, x.code, s.n)
    else:
        w.run = run_copied
        set_result(w, x.code, s.n)
        set_strided(w, s.n, s.dims, s.strides)
    w.offset = s.offset
    metadata["index"] = parts
    return True


cdef bint lay_unindex(list arguments, dict metadata, work_t *w) except -1:
    """The transpose of getitem; metadata are canonical."""
    cdef Tensor x = arguments[0]
    cdef selection s
    cdef int k, n = int_list(metadata["shape"], w.dims)
    if n < 0 or type(metadata["index"]) is not tuple or not is_float(x):
        return False
    for k in range(n):
        if w.dims[k] < 0:
            return False
    if not set_result(w, x.code, n):
        return False
    select(w.dims, n, x.code, metadata["index"], &s)
    if s.n != x.shape_.ndim:
        return False
    for k in range(s.n):
        if s.dims[k] != x.shape_.dims[k]:
            return False
    w.run = run_added
    w.offset = s.offset
    set_strided(w, s.n, s.dims, s.strides)
    w.cost = x.shape_.size and w.size
    return True


cdef bint getitem_accumulate(Tensor total, Tensor ct, dict metadata) except -1:
    """total[index] += ct for ints and slices."""
    cdef selection s
    if not is_float(total):
        return False
    select(total.shape_.dims, total.shape_.ndim, total.code, metadata["index"], &s)
    if s.n < 0:
        return False
    if ct.shape_.size:
        add_strided(total.code, total.data + s.offset, s.strides, ct.data, s.n, s.dims)
    return True


cdef bint lay_pad_zeros(list arguments, dict metadata, work_t *w) except -1:
    """Metadata are canonical."""
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t before, after, step = itemsize[x.code]
    cdef int k, n = x.shape_.ndim
    for k in range(n):
        before, after = metadata["pad_width"][k]
        if after > PY_SSIZE_T_MAX - x.shape_.dims[k] or before > PY_SSIZE_T_MAX - x.shape_.dims[k] - after:
            return False
        w.dims[k] = before + x.shape_.dims[k] + after
    if not set_result(w, x.code, n):
        return False
    w.run = run_placed
    w.offset = 0
    for k in range(n - 1, -1, -1):
        strides[k] = step
        w.offset += step * <Py_ssize_t>metadata["pad_width"][k][0]
        step *= w.dims[k]
    set_strided(w, n, x.shape_.dims, strides)
    w.cost = x.shape_.size and w.size
    return True


# ------------------------------------------------------------------------------------------------ diagonals
cdef bint set_diagonal(work_t *w, int ndim, const Py_ssize_t *dims, Py_ssize_t offset, Py_ssize_t *strides) noexcept:
    """`w.offset`, and the strides of the elements on a diagonal of matrices of these `dims`."""
    cdef Py_ssize_t step = itemsize[w.code]
    cdef int k
    w.offset = step * (offset if offset > 0 else -offset * dims[ndim - 1])
    strides[ndim - 2] = step * (dims[ndim - 1] + 1)
    step *= dims[ndim - 1] * dims[ndim - 2]
    for k in range(ndim - 3, -1, -1):
        strides[k] = step
        step *= dims[k]
    return True


cdef bint lay_diag_part(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t rows, columns, offset
    cdef int k, n = x.shape_.ndim
    if n < 2 or type(metadata["offset"]) is not int:
        return False
    rows, columns = x.shape_.dims[n - 2], x.shape_.dims[n - 1]
    if not -rows <= metadata["offset"] <= columns:
        return False
    offset = metadata["offset"]
    for k in range(n - 2):
        w.dims[k] = x.shape_.dims[k]
    w.dims[n - 2] = min(rows + min(offset, 0), columns - max(offset, 0))
    w.run = run_copied
    set_result(w, x.code, n - 1)
    set_diagonal(w, n, x.shape_.dims, offset, strides)
    set_strided(w, n - 1, w.dims, strides)
    return True


cdef bint lay_diag_embed(list arguments, dict metadata, work_t *w) except -1:
    """Metadata are canonical."""
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Py_ssize_t rows, columns, offset = metadata["offset"]
    cdef int k, n = x.shape_.ndim
    if n < 1 or n >= MAX_NDIM:
        return False
    rows, columns = metadata["shape"]
    if not -rows <= offset <= columns or x.shape_.dims[n - 1] > min(rows + min(offset, 0), columns - max(offset, 0)):
        return False
    for k in range(n - 1):
        w.dims[k] = x.shape_.dims[k]
    w.dims[n - 1], w.dims[n] = rows, columns
    if not set_result(w, x.code, n + 1):
        return False
    w.run = run_placed
    set_diagonal(w, n + 1, w.dims, offset, strides)
    set_strided(w, n, x.shape_.dims, strides)
    w.cost = x.shape_.size and w.size
    return True


cdef bint lay_band(Tensor x, Py_ssize_t low, Py_ssize_t high, work_t *w) except -1:
    """Zeros outside the diagonals low to high of matrices."""
    cdef int k, n = x.shape_.ndim
    if n < 2:
        return False
    for k in range(n):
        w.dims[k] = x.shape_.dims[k]
    set_result(w, x.code, n)
    w.run = run_band
    w.v[0], w.v[1], w.v[2], w.v[3] = w.dims[n - 2], w.dims[n - 1], low, high
    w.n = 4
    return True


cdef Py_ssize_t bound(object k, Py_ssize_t missing) except? -1:
    """A diagonal that is surely in or out stays so."""
    return missing if k is None else min(max(k, -PY_SSIZE_T_MAX // 4), PY_SSIZE_T_MAX // 4)


cdef bint lay_matrix_band(list arguments, dict metadata, work_t *w) except -1:
    return lay_band(arguments[0], bound(metadata["low"], -PY_SSIZE_T_MAX // 4),
                    bound(metadata["high"], PY_SSIZE_T_MAX // 4), w)


cdef bint lay_tril(list arguments, dict metadata, work_t *w) except -1:
    return lay_band(arguments[0], -PY_SSIZE_T_MAX // 4, bound(metadata["k"], 0), w)


cdef bint lay_triu(list arguments, dict metadata, work_t *w) except -1:
    return lay_band(arguments[0], bound(metadata["k"], 0), PY_SSIZE_T_MAX // 4, w)


cdef int run_band(const work_t *w, char *y, char *const *x) noexcept nogil:
    """v: rows and columns of a matrix, first and last diagonal."""
    cdef Py_ssize_t item = itemsize[w.code], rows = w.v[0], columns = w.v[1], at, i, first, last
    if not w.size:
        return 0
    for at in range(w.size // columns):
        i = at % rows
        first = min(max(i + w.v[2], 0), columns)
        last = min(max(i + w.v[3] + 1, first), columns)
        memset(y + at * columns * item, 0, first * item)
        memcpy(y + (at * columns + first) * item, x[0] + (at * columns + first) * item, (last - first) * item)
        memset(y + (at * columns + last) * item, 0, (columns - last) * item)
    return 0


# ---------------------------------------------------------------------------------- positions that are arguments
cdef bint lay_rows(Tensor full, const Py_ssize_t *dims, int ndim, Tensor places, dict metadata, work_t *w) except -1:
    """What gather and its transpose have in common: places of 32 or 64 bits, without batches, along an axis of `dims`.

    v: rows; bytes of each slice; slices in a row; places; are they short?
    """
    cdef int k, axis = 0
    w.v[0] = 1
    w.v[1] = itemsize[full.code]
    if places.code != INT32 and places.code != INT64:
        return False
    if type(metadata["batch_dims"]) is not int or metadata["batch_dims"] != 0:
        return False
    if metadata["axis"] is not None:
        axis = axis_in(metadata["axis"], ndim)
    if ndim == 0 or axis < 0 or ndim - 1 + places.shape_.ndim > MAX_NDIM:
        return False
    for k in range(ndim):
        if k < axis and fg_mul_overflows(w.v[0], dims[k], &w.v[0]):
            return False
        if k > axis and fg_mul_overflows(w.v[1], dims[k], &w.v[1]):
            return False
    w.v[2] = dims[axis]
    w.v[3] = places.shape_.size
    w.v[4] = places.code == INT32
    w.looks = True
    metadata["axis"] = axis
    return True


cdef int sliced_dims(const Py_ssize_t *dims, int ndim, Tensor places, int axis, Py_ssize_t *to) noexcept:
    """`dims` with those of the places instead of an axis; how many they are."""
    cdef int m, k, n = 0
    for m in range(ndim):
        if m != axis:
            to[n] = dims[m]
            n += 1
            continue
        for k in range(places.shape_.ndim):
            to[n] = places.shape_.dims[k]
            n += 1
    return n


cdef bint lay_gather(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0], places = arguments[1]
    cdef int n
    if not lay_rows(x, x.shape_.dims, x.shape_.ndim, places, metadata, w):
        return False
    n = sliced_dims(x.shape_.dims, x.shape_.ndim, places, metadata["axis"], w.dims)
    if not set_result(w, x.code, n):
        return False
    w.run = run_gather
    w.n = 5
    return True


cdef bint lay_ungather(list arguments, dict metadata, work_t *w) except -1:
    """Metadata are canonical."""
    cdef Tensor x = arguments[0], places = arguments[1]
    cdef Py_ssize_t dims[2 * MAX_NDIM]
    cdef int k, m, n = int_list(metadata["shape"], w.dims)
    if n < 1 or not is_float(x) or not lay_rows(x, w.dims, n, places, metadata, w):
        return False
    m = sliced_dims(w.dims, n, places, metadata["axis"], dims)
    if m != x.shape_.ndim:
        return False
    for k in range(m):
        if dims[k] != x.shape_.dims[k]:
            return False
    if not set_result(w, x.code, n):
        return False
    w.run = run_ungather
    w.n = 5
    return True


ctypedef fused index_t:
    int32_t
    int64_t

ctypedef fused word_t:  # elements as what they are copied as
    uint32_t
    uint64_t

ctypedef fused real_t:
    float
    double


cdef bint all_within(const index_t *places, Py_ssize_t count, uint64_t n) noexcept nogil:
    """-n <= place < n, of all: no sign bit is set in place + n, nor in what is missing there up to 2 n - 1."""
    cdef Py_ssize_t k
    cdef uint64_t at, seen = 0
    for k in range(count):
        at = <uint64_t>places[k] + n
        seen |= at | (2 * n - 1 - at)
    return seen >> 63 == 0


cdef bint places_fit(const work_t *w, const char *places, Py_ssize_t count) noexcept nogil:
    """Whether all are within the axis: asked before anything is done."""
    if w.v[4]:
        return all_within(<const int32_t *>places, count, w.v[2])
    return all_within(<const int64_t *>places, count, w.v[2])


cdef inline Py_ssize_t from_start(Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    return at + n if at < 0 else at


cdef void pick_slices(char *y, const char *x, const index_t *places, const work_t *w) noexcept nogil:
    cdef Py_ssize_t k, inner = w.v[1], n = w.v[2], count = w.v[3]
    for _ in range(w.v[0]):
        for k in range(count):
            memcpy(y, x + from_start(places[k], n) * inner, inner)
            y += inner
        x += n * inner


cdef void pick(word_t *y, const word_t *x, const index_t *places, const work_t *w, Py_ssize_t inner,
               bint along) noexcept nogil:
    """Single elements; `along`: each row has places of its own, for all elements behind the axis."""
    cdef Py_ssize_t j, i, n = w.v[2], count = w.v[3]
    for _ in range(w.v[0]):
        for j in range(count):
            for i in range(inner):
                y[j * inner + i] = x[from_start(places[j * inner + i], n) * inner + i]
        y += count * inner
        x += n * inner
        if along:
            places += count * inner


cdef int run_gather(const work_t *w, char *y, char *const *x) noexcept nogil:
    if not places_fit(w, x[1], w.v[3]):
        return -1
    if w.size == 0:
        return 0
    if w.v[1] == 8 and w.v[4]:
        pick(<uint64_t *>y, <const uint64_t *>x[0], <const int32_t *>x[1], w, 1, False)
    elif w.v[1] == 8:
        pick(<uint64_t *>y, <const uint64_t *>x[0], <const int64_t *>x[1], w, 1, False)
    elif w.v[1] == 4 and w.v[4]:
        pick(<uint32_t *>y, <const uint32_t *>x[0], <const int32_t *>x[1], w, 1, False)
    elif w.v[1] == 4:
        pick(<uint32_t *>y, <const uint32_t *>x[0], <const int64_t *>x[1], w, 1, False)
    elif w.v[4]:
        pick_slices(y, x[0], <const int32_t *>x[1], w)
    else:
        pick_slices(y, x[0], <const int64_t *>x[1], w)
    return 0


cdef void add_at(real_t *y, const real_t *x, const index_t *places, const work_t *w, Py_ssize_t inner,
                 bint along) noexcept nogil:
    """The transpose of `pick`, in the order of the places."""
    cdef Py_ssize_t j, i, n = w.v[2], count = w.v[3]
    for _ in range(w.v[0]):
        for j in range(count):
            for i in range(inner):
                y[from_start(places[j * inner + i], n) * inner + i] += x[j * inner + i]
        x += count * inner
        y += n * inner
        if along:
            places += count * inner


cdef void add_slices(char *y, char *x, const index_t *places, const work_t *w) noexcept nogil:
    cdef Py_ssize_t k, inner = w.v[1], n = w.v[2], size = w.v[1] // itemsize[w.code]
    for _ in range(w.v[0]):
        for k in range(w.v[3]):
            add_contiguous(w.code, y + from_start(places[k], n) * inner, x, size)
            x += inner
        y += n * inner


cdef void add_elements(const work_t *w, char *y, char *const *x, Py_ssize_t inner, bint along) noexcept nogil:
    if w.code == FLOAT64 and w.v[4]:
        add_at(<double *>y, <const double *>x[0], <const int32_t *>x[1], w, inner, along)
    elif w.code == FLOAT64:
        add_at(<double *>y, <const double *>x[0], <const int64_t *>x[1], w, inner, along)
    elif w.v[4]:
        add_at(<float *>y, <const float *>x[0], <const int32_t *>x[1], w, inner, along)
    else:
        add_at(<float *>y, <const float *>x[0], <const int64_t *>x[1], w, inner, along)


cdef int run_ungather(const work_t *w, char *y, char *const *x) noexcept nogil:
    """Slices are added in the order of their places, to zeros."""
    if not places_fit(w, x[1], w.v[3]):
        return -1
    memset(y, 0, w.size * itemsize[w.code])
    if w.size == 0 or w.v[3] == 0:
        return 0
    if w.v[1] == itemsize[w.code]:
        add_elements(w, y, x, 1, False)
    elif w.v[4]:
        add_slices(y, x[0], <const int32_t *>x[1], w)
    else:
        add_slices(y, x[0], <const int64_t *>x[1], w)
    return 0


cdef bint lay_lanes(const Py_ssize_t *dims, int ndim, Tensor places, dict metadata, work_t *w) except -1:
    """What picking along an axis and its transpose have in common: places in an array that has the other axes too.

    v: rows; elements behind an axis; places along it; indices along it; are they short?
    """
    cdef int k, axis = axis_in(metadata["axis"], ndim)
    if axis < 0 or places.shape_.ndim != ndim or (places.code != INT32 and places.code != INT64):
        return False
    w.v[0] = w.v[1] = 1
    for k in range(ndim):
        if k != axis and places.shape_.dims[k] != dims[k]:
            return False
        if places.shape_.size:
            w.v[0 if k < axis else 1] *= 1 if k == axis else dims[k]
    w.v[2], w.v[3] = dims[axis], places.shape_.dims[axis]
    w.v[4] = places.code == INT32
    w.n = 5
    w.looks = True
    metadata["axis"] = axis
    return True


cdef bint lay_along(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0], places = arguments[1]
    if itemsize[x.code] != 4 and itemsize[x.code] != 8:
        return False
    if not lay_lanes(x.shape_.dims, x.shape_.ndim, places, metadata, w):
        return False
    memcpy(w.dims, places.shape_.dims, places.shape_.ndim * sizeof(Py_ssize_t))
    w.run = run_along
    return set_result_of(w, x.code, places.shape_.ndim, 5)


cdef bint set_result_of(work_t *w, int code, int ndim, int n) noexcept:
    """`set_result` for a work whose numbers are there."""
    cdef bint fits = set_result(w, code, ndim)
    w.n = n
    return fits


cdef int run_along(const work_t *w, char *y, char *const *x) noexcept nogil:
    if not places_fit(w, x[1], w.size):
        return -1
    if w.size == 0:
        return 0
    if itemsize[w.code] == 8 and w.v[4]:
        pick(<uint64_t *>y, <const uint64_t *>x[0], <const int32_t *>x[1], w, w.v[1], True)
    elif itemsize[w.code] == 8:
        pick(<uint64_t *>y, <const uint64_t *>x[0], <const int64_t *>x[1], w, w.v[1], True)
    elif w.v[4]:
        pick(<uint32_t *>y, <const uint32_t *>x[0], <const int32_t *>x[1], w, w.v[1], True)
    else:
        pick(<uint32_t *>y, <const uint32_t *>x[0], <const int64_t *>x[1], w, w.v[1], True)
    return 0


cdef bint lay_unalong(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0], places = arguments[1]
    cdef int k, n = int_list(metadata["shape"], w.dims)
    if n < 1 or not is_float(x) or not same_shape(x.shape_, places.shape_):
        return False
    if not lay_lanes(w.dims, n, places, metadata, w):
        return False
    for k in range(n):
        if w.dims[k] < 0:
            return False
    w.v[5] = x.shape_.size
    w.run = run_unalong
    return set_result_of(w, x.code, n, 6)


cdef int run_unalong(const work_t *w, char *y, char *const *x) noexcept nogil:
    if not places_fit(w, x[1], w.v[5]):
        return -1
    memset(y, 0, w.size * itemsize[w.code])
    if w.v[5]:
        add_elements(w, y, x, w.v[1], True)
    return 0


cdef bint lay_one_hot(list arguments, dict metadata, work_t *w) except -1:
    """v: rows, depth, places in a row, are they short? `on` and `off`, as bits, of 16 bytes each."""
    cdef Tensor places = arguments[0]
    cdef int k, n = places.shape_.ndim + 1, axis = axis_in(metadata["axis"], n)
    dtype = as_dtype(metadata["dtype"])
    if n > MAX_NDIM or axis < 0 or (places.code != INT32 and places.code != INT64):
        return False
    w.v[0] = w.v[2] = 1
    for k in range(n):
        if k == axis:
            w.dims[k] = w.v[1] = metadata["depth"]
            continue
        w.dims[k] = places.shape_.dims[k - (k > axis)]
        w.v[0 if k < axis else 2] *= w.dims[k]
    if not set_result(w, dtype.code, n):
        return False
    w.v[3] = places.code == INT32
    for k, name in enumerate(("on_value", "off_value")):
        bits = np.array(metadata[name], dtype.np_dtype)
        if bits.ndim:
            return False
        data = bits.tobytes()
        memcpy(&w.v[4 + 2 * k], <const char *>data, len(data))
    w.run = run_one_hot
    w.n = 8
    return True


cdef int run_one_hot(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef Py_ssize_t i, j, k, at, item = itemsize[w.code], depth = w.v[1], inner = w.v[2]
    for k in range(w.size):
        memcpy(y + k * item, &w.v[6], item)
    for i in range(w.v[0] if w.size else 0):
        for j in range(inner):
            k = i * inner + j
            at = (<const int32_t *>x[0])[k] if w.v[3] else (<const int64_t *>x[0])[k]
            if 0 <= at < depth:
                memcpy(y + ((i * depth + at) * inner + j) * item, &w.v[4], item)
    return 0


# ---------------------------------------------------------------------------------------------------- table
cdef accumulator_t accumulator_named(str name) noexcept:
    """The in-place accumulation that goes with a kernel, or NULL."""
    if name == "getitem":
        return getitem_accumulate
    return NULL


offer_kernel("getitem", lay_getitem)
offer_kernel("unindex", lay_unindex)
offer_kernel("pad_zeros", lay_pad_zeros)
offer_kernel("diag_part", lay_diag_part)
offer_kernel("diag_embed", lay_diag_embed)
offer_kernel("band", lay_matrix_band)
offer_kernel("tril", lay_tril)
offer_kernel("triu", lay_triu)
offer_kernel("gather", lay_gather)
offer_kernel("ungather", lay_ungather)
offer_kernel("along", lay_along)
offer_kernel("unalong", lay_unalong)
offer_kernel("one_hot", lay_one_hot)
