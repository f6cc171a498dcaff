"""Plain calls that move elements: shapes, joining, splitting, parts, places."""

from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from ._buffer cimport MAX_NDIM, fg_mul_overflows, same_shape
from ._kernels cimport layout_named
from ._loops cimport BOOL, COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, INT64, itemsize, put_strided
from ._plain cimport (
    any_tensor_at, axis_at, column, flat, floats_at, int_at, number_at, offer, part, picked, tensor_at, tensors_at, two,
    vector_at, vector_of, where, with_dims,
)
from ._tensor cimport Tensor, filled, reshaped, scalar_tensor, tensor_like, tensor_of
from ._work cimport layout_t, row_strides, run_layout

cdef layout_t BROADCAST_TO = layout_named("broadcast_to")
cdef layout_t CONCAT = layout_named("concat")
cdef layout_t PAD_ZEROS = layout_named("pad_zeros")
cdef layout_t ROLL = layout_named("roll")
cdef layout_t SPLIT = layout_named("split")
cdef layout_t TILE = layout_named("tile")
cdef layout_t TRANSPOSE = layout_named("transpose")


# -------------------------------------------------------------------------------------------------- shapes
cdef Tensor at_least(Tensor x, int ndim):
    """With as many axes as NumPy's atleast_1d, _2d and _3d give."""
    cdef Py_ssize_t dims[3]
    cdef int k, n = x.shape_.ndim
    if n >= ndim:
        return reshaped(x, x.shape_)
    for k in range(ndim):
        dims[k] = 1
    for k in range(n):
        dims[k + (n == 1)] = x.shape_.dims[k]
    return with_dims(x, ndim, dims)


cdef object plain_atleast_1d(PyObject **given):
    x = any_tensor_at(given[0])
    return None if x is None else at_least(x, 1)


cdef object plain_atleast_2d(PyObject **given):
    x = any_tensor_at(given[0])
    return None if x is None else at_least(x, 2)


cdef object plain_atleast_3d(PyObject **given):
    x = any_tensor_at(given[0])
    return None if x is None else at_least(x, 3)


cdef object plain_ravel(PyObject **given):
    cdef Tensor x = any_tensor_at(given[0])
    return None if x is None else with_dims(x, 1, &x.shape_.size)


cdef object plain_squeeze(PyObject **given):
    cdef Tensor x = any_tensor_at(given[0])
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int k, n = 0
    if x is None:
        return None
    for k in range(x.shape_.ndim):
        if x.shape_.dims[k] != 1:
            dims[n] = x.shape_.dims[k]
            n += 1
    return with_dims(x, n, dims)


cdef object plain_moveaxis(PyObject **given):
    cdef Tensor x = any_tensor_at(given[0])
    cdef int source, destination
    if x is None or given[1] == NULL or given[2] == NULL or (
            not axis_at(given[1], 0, x.shape_.ndim, &source) or not axis_at(given[2], 0, x.shape_.ndim, &destination)):
        return None
    axes = [k for k in range(x.shape_.ndim) if k != source]
    axes.insert(destination, source)
    return run_layout(TRANSPOSE, [x], {"axes": axes})


cdef object shifted(PyObject **given, int sign):
    """All axes rolled by half their length."""
    cdef Tensor x = tensor_at(given[0])
    cdef int k
    if x is None:
        return None
    for k in range(x.shape_.ndim):
        x = run_layout(ROLL, [x], {"shift": (sign * (x.shape_.dims[k] // 2),), "axis": (k,)})
    return x if x.shape_.ndim else None


cdef object plain_fftshift(PyObject **given):
    return shifted(given, 1)


cdef object plain_ifftshift(PyObject **given):
    return shifted(given, -1)


cdef object plain_meshgrid(PyObject **given):
    """Two vectors."""
    cdef Tensor x = tensor_at(given[0]), y = tensor_at(given[1])
    cdef Py_ssize_t dims[2]
    cdef Py_ssize_t strides[2]
    if x is None or y is None or x.shape_.ndim != 1 or y.shape_.ndim != 1:
        return None
    dims[0], dims[1] = y.shape_.size, x.shape_.size
    strides[0], strides[1] = 0, itemsize[x.code]
    a = picked(x.code, x.data, 2, dims, strides)
    strides[0], strides[1] = itemsize[y.code], 0
    return a, picked(y.code, y.data, 2, dims, strides)


cdef object plain_broadcast_arrays(PyObject **given):
    """Two arrays."""
    cdef Tensor x = tensor_at(given[0]), y = tensor_at(given[1])
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef Py_ssize_t one, other
    cdef int k, n
    if x is None or y is None:
        return None
    n = max(x.shape_.ndim, y.shape_.ndim)
    for k in range(n):
        one = x.shape_.dims[k - n + x.shape_.ndim] if k >= n - x.shape_.ndim else 1
        other = y.shape_.dims[k - n + y.shape_.ndim] if k >= n - y.shape_.ndim else 1
        if one != other and one != 1 and other != 1:
            return None
        dims[k] = other if one == 1 else one
    shape = tuple([dims[k] for k in range(n)])
    x, y = run_layout(BROADCAST_TO, [x], {"shape": shape}), run_layout(BROADCAST_TO, [y], {"shape": shape})
    return None if x is None or y is None else (x, y)


cdef object plain_ix(PyObject **given):
    """Vectors and lists of ints, each along an axis of its own."""
    cdef Py_ssize_t dims[4]
    cdef Py_ssize_t value
    cdef Tensor x
    cdef int k, at, n = 0
    cdef list found = []
    while n < 4 and given[n] != NULL:
        n += 1
    for k in range(n):
        if type(<object>given[k]) is list:
            items = <list>given[k]
            if not items:
                return None
            x = vector_of(INT64, len(items))
            for at in range(x.shape_.size):
                if not int_at(<PyObject *>items[at], 0, &value):
                    return None
                (<int64_t *>x.data)[at] = value
        else:
            x = tensor_at(given[k])
            if x is None or x.code == BOOL or x.shape_.ndim != 1 or x.shape_.size == 0:
                return None
        for at in range(n):
            dims[at] = 1
        dims[k] = x.shape_.size
        found.append(with_dims(x, n, dims))
    return tuple(found)


# ------------------------------------------------------------------------------------- repetition and joining
cdef object plain_tile(PyObject **given):
    cdef Tensor x = tensor_at(given[0])
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int k, missing
    if x is None or given[1] == NULL:
        return None
    often = <object>given[1]
    if PyLong_CheckExact(often):
        often = (often,)
    if type(often) is not tuple or len(often) + x.shape_.ndim > MAX_NDIM // 2:
        return None
    missing = <int>len(often) - x.shape_.ndim
    if missing > 0:
        for k in range(len(often)):
            dims[k] = 1 if k < missing else x.shape_.dims[k - missing]
        x = with_dims(x, <int>len(often), dims)
    elif missing < 0:
        often = (1,) * -missing + often
    return run_layout(TILE, [x], {"multiples": often})


cdef object plain_resize(PyObject **given):
    """All elements over and over, up to the new size."""
    cdef Tensor x = tensor_at(given[0]), y
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef Py_ssize_t have, want, size = 1
    cdef int k
    if x is None or given[1] == NULL or x.shape_.size == 0:
        return None
    shape = (<object>given[1],) if PyLong_CheckExact(<object>given[1]) else <object>given[1]
    if type(shape) is not tuple or len(shape) > MAX_NDIM:
        return None
    for k in range(len(shape)):
        if not int_at(<PyObject *>shape[k], 0, &dims[k]) or dims[k] <= 0 or fg_mul_overflows(size, dims[k], &size):
            return None
    y = tensor_of(x.code, <int>len(shape), dims)
    have, want = x.shape_.size * itemsize[x.code], y.shape_.size * itemsize[x.code]
    memcpy(y.data, x.data, min(have, want))
    while have < want:
        memcpy(y.data + have, y.data, min(have, want - have))
        have *= 2
    return y


cdef object joined(list tensors, int axis):
    return run_layout(CONCAT, tensors, {"axis": axis})


cdef object plain_append(PyObject **given):
    x, y = tensor_at(given[0]), tensor_at(given[1])
    return None if x is None or y is None else joined([flat(x), flat(y)], 0)


cdef object joined_at_least(list tensors, int ndim, int axis):
    """Arrays with so many axes at least, joined."""
    return None if tensors is None else joined([at_least(x, ndim) for x in tensors], axis)


cdef object plain_hstack(PyObject **given):
    cdef list tensors = tensors_at(given[0])
    return None if tensors is None else joined_at_least(tensors, 1, (<Tensor>tensors[0]).shape_.ndim > 1)


cdef object plain_vstack(PyObject **given):
    return joined_at_least(tensors_at(given[0]), 2, 0)


cdef object plain_dstack(PyObject **given):
    return joined_at_least(tensors_at(given[0]), 3, 2)


cdef object plain_column_stack(PyObject **given):
    cdef list tensors = tensors_at(given[0])
    cdef Py_ssize_t k
    if tensors is None:
        return None
    for k in range(len(tensors)):
        if (<Tensor>tensors[k]).shape_.ndim < 2:
            tensors[k] = column(tensors[k], False)
    return joined(tensors, 1)


# ------------------------------------------------------------------------------------------------ splitting
cdef object parts_along(PyObject *x, PyObject *parts, int axis, int least, bint even):
    """A list of parts along an axis: so many, as long as each other if `even`, or between positions."""
    cdef Tensor t = any_tensor_at(x)
    cdef Py_ssize_t n, length, last, position
    cdef list sizes
    if t is None or parts == NULL or t.shape_.ndim < least or t.shape_.ndim <= axis:
        return None
    length = t.shape_.dims[axis]
    if PyLong_CheckExact(<object>parts):
        if not int_at(parts, 0, &n) or not 0 < n < 1 << 20 or (even and length % n):
            return None
        sizes = [length // n + 1] * (length % n) + [length // n] * (n - length % n)
    elif type(<object>parts) is list or type(<object>parts) is tuple:
        sizes = []
        last = 0
        for item in <object>parts:
            if not int_at(<PyObject *>item, 0, &position) or not last <= position <= length:
                return None
            sizes.append(position - last)
            last = position
        sizes.append(length - last)
    else:
        return None
    return run_layout(SPLIT, [t], {"num_or_size_splits": sizes, "axis": axis})


cdef object plain_split(PyObject **given):
    cdef Py_ssize_t axis
    return parts_along(given[0], given[1], <int>axis, 1, True) if axis_given(given[2], &axis) else None


cdef object plain_array_split(PyObject **given):
    cdef Py_ssize_t axis
    return parts_along(given[0], given[1], <int>axis, 1, False) if axis_given(given[2], &axis) else None


cdef bint axis_given(PyObject *given, Py_ssize_t *axis) noexcept:
    return int_at(given, 0, axis) and 0 <= axis[0] < MAX_NDIM


cdef object plain_hsplit(PyObject **given):
    cdef Tensor x = any_tensor_at(given[0])
    return None if x is None else parts_along(given[0], given[1], x.shape_.ndim > 1, 1, True)


cdef object plain_vsplit(PyObject **given):
    return parts_along(given[0], given[1], 0, 2, True)


cdef object plain_dsplit(PyObject **given):
    return parts_along(given[0], given[1], 2, 3, True)


# ------------------------------------------------------------------------------------------------ diagonals
cdef object on_diagonal(Tensor x, PyObject *offset):
    """A square matrix of zeros with a vector on a diagonal."""
    cdef Py_ssize_t k, side
    cdef Py_ssize_t dims[2]
    cdef Tensor y
    if not int_at(offset, 0, &k) or not -(1 << 30) < k < 1 << 30:
        return None
    dims[0] = dims[1] = side = x.shape_.size + abs(k)
    y = tensor_of(x.code, 2, dims)
    memset(y.data, 0, y.shape_.size * itemsize[x.code])
    if x.shape_.size:
        dims[0], dims[1] = x.shape_.size, (side + 1) * itemsize[x.code]
        put_strided(x.code, y.data + (k if k > 0 else -k * side) * itemsize[x.code], &dims[1], x.data, 1, dims)
    return y


cdef Tensor diagonal_of(Tensor x, Py_ssize_t k):
    """A copy of a diagonal of a matrix."""
    cdef Py_ssize_t rows = x.shape_.dims[0], columns = x.shape_.dims[1], n, step, offset
    if not -rows <= k <= columns:
        n = offset = 0
    else:
        n = min(rows, columns - k) if k >= 0 else min(rows + k, columns)
        offset = k if k >= 0 else -k * columns
    step = (columns + 1) * itemsize[x.code]
    return picked(x.code, x.data + offset * itemsize[x.code], 1, &n, &step)


cdef object plain_diag(PyObject **given):
    cdef Tensor x = tensor_at(given[0])
    cdef Py_ssize_t k
    if x is not None and x.shape_.ndim == 1:
        return on_diagonal(x, given[1])
    if x is None or x.shape_.ndim != 2 or not int_at(given[1], 0, &k):
        return None
    return diagonal_of(x, k)


cdef object plain_diagflat(PyObject **given):
    x = tensor_at(given[0])
    return None if x is None else on_diagonal(flat(x), given[1])


cdef object plain_pad(PyObject **given):
    """Zeros, as many on every side."""
    cdef Tensor x = tensor_at(given[0])
    cdef Py_ssize_t width
    if x is None or x.shape_.ndim == 0 or given[1] == NULL or not int_at(given[1], 0, &width) or width < 0:
        return None
    return run_layout(PAD_ZEROS, [x], {"pad_width": [(width, width)] * x.shape_.ndim})


cdef object plain_vander(PyObject **given):
    """Falling powers, each the one behind it times x."""
    cdef Tensor x = vector_at(given[0]), y
    cdef Py_ssize_t dims[2]
    cdef Py_ssize_t k, i
    cdef double power
    if x is None or x.code != FLOAT64 or not int_at(given[1], x.shape_.size, &dims[1]) or dims[1] < 1:
        return None
    dims[0] = x.shape_.size
    y = tensor_of(x.code, 2, dims)
    for i in range(dims[0]):
        power = 1
        for k in range((i + 1) * dims[1] - 1, i * dims[1] - 1, -1):
            (<double *>y.data)[k] = power
            power *= (<double *>x.data)[i]
    return y


# ------------------------------------------------------------------------------------------ parts and places
cdef object plain_delete(PyObject **given):
    cdef Tensor x = tensor_at(given[0]), y
    cdef Py_ssize_t at, n, item
    if x is None or given[1] == NULL or not int_at(given[1], 0, &at):
        return None
    n, item = x.shape_.size, itemsize[x.code]
    if not -n <= at < n:
        return None
    at = at + n if at < 0 else at
    y = vector_of(x.code, n - 1)
    memcpy(y.data, x.data, at * item)
    memcpy(y.data + at * item, x.data + (at + 1) * item, (n - 1 - at) * item)
    return y


cdef object plain_insert(PyObject **given):
    """One number at one place of floats."""
    cdef Tensor x = floats_at(given[0]), y
    cdef Py_ssize_t at, n, item
    cdef double value
    if x is None or given[1] == NULL or given[2] == NULL or (
            not int_at(given[1], 0, &at) or not number_at(given[2], 0, &value)):
        return None
    n, item = x.shape_.size, itemsize[x.code]
    if not -n <= at <= n:
        return None
    at = at + n if at < 0 else at
    y = vector_of(x.code, n + 1)
    memcpy(y.data, x.data, at * item)
    memcpy(y.data + (at + 1) * item, x.data + at * item, (n - at) * item)
    if x.code == FLOAT64:
        (<double *>y.data)[at] = value
    else:
        (<float *>y.data)[at] = <float>value
    return y


cdef object plain_trim_zeros(PyObject **given):
    cdef Tensor x = vector_at(given[0])
    cdef Py_ssize_t first = 0, last
    if x is None:
        return None
    last = x.shape_.size
    while first < last and is_zero(x, first):
        first += 1
    while last > first and is_zero(x, last - 1):
        last -= 1
    return part(x, first, last - first)


cdef bint is_zero(Tensor x, Py_ssize_t k) noexcept:
    return ((<double *>x.data)[k] if x.code == FLOAT64 else (<float *>x.data)[k]) == 0


cdef object true_elements(Tensor condition, Tensor x):
    """The elements of x at which a vector of bools is true."""
    cdef Py_ssize_t k, n, found = 0, item = itemsize[x.code]
    cdef const char *truth = condition.data
    cdef Tensor y
    n = condition.shape_.size
    if condition.code != BOOL or n > x.shape_.size:
        return None
    for k in range(n):
        found += truth[k]
    y = vector_of(x.code, found)
    found = 0
    if item == 8:  # an element that is false is overwritten by the next one
        n = y.shape_.size
        k = 0
        while found < n:
            (<int64_t *>y.data)[found] = (<int64_t *>x.data)[k]
            found += truth[k]
            k += 1
        return y
    for k in range(n):
        if truth[k]:
            memcpy(y.data + found * item, x.data + k * item, item)
            found += 1
    return y


cdef object plain_compress(PyObject **given):
    condition, x = tensor_at(given[0]), tensor_at(given[1])
    if condition is None or x is None or (<Tensor>condition).shape_.ndim != 1:
        return None
    return true_elements(condition, x)


cdef object plain_extract(PyObject **given):
    condition, x = tensor_at(given[0]), tensor_at(given[1])
    return None if condition is None or x is None else true_elements(condition, x)


cdef object plain_take_along_axis(PyObject **given):
    """Vectors."""
    cdef Tensor x = tensor_at(given[0]), places = tensor_at(given[1]), y
    cdef Py_ssize_t k, n, at, item
    cdef int axis
    if x is None or places is None or places.code != INT64 or x.shape_.ndim != 1 or places.shape_.ndim != 1 or (
            not axis_at(given[2], -1, 1, &axis)):
        return None
    n, item = x.shape_.size, itemsize[x.code]
    y = vector_of(x.code, places.shape_.size)
    for k in range(places.shape_.size):
        at = (<int64_t *>places.data)[k]
        at += n if at < 0 else 0
        if not 0 <= at < n:
            return None
        if item == 8:
            (<int64_t *>y.data)[k] = (<int64_t *>x.data)[at]
        else:
            memcpy(y.data + k * item, x.data + at * item, item)
    return y


# ----------------------------------------------------------------------------------------------- conditions
cdef bint alike(Tensor a, Tensor b) noexcept:
    """The same dtype and shape."""
    return a.code == b.code and same_shape(a.shape_, b.shape_)


cdef list conditions_at(PyObject *given, Tensor x):
    """A list of bools in the shape of x."""
    cdef list conditions = tensors_at(given)
    if conditions is None or (<Tensor>conditions[0]).code != BOOL:
        return None
    for condition in conditions:
        if not same_shape((<Tensor>condition).shape_, x.shape_):
            return None
    return conditions


cdef object plain_choose(PyObject **given):
    """One of two by a bool."""
    cdef Tensor places = tensor_at(given[0])
    cdef list choices = tensors_at(given[1])
    if places is None or choices is None or len(choices) != 2 or places.code != BOOL or (
            not alike(choices[0], choices[1]) or not same_shape(places.shape_, (<Tensor>choices[0]).shape_)):
        return None
    return where(places, choices[1], choices[0])


cdef object plain_select(PyObject **given):
    cdef Tensor y = tensor_at(given[2])
    cdef list choices = tensors_at(given[1]), conditions
    cdef Py_ssize_t k
    if y is None or choices is None:
        return None
    conditions = conditions_at(given[0], y)
    if conditions is None or len(conditions) != len(choices):
        return None
    for choice in choices:
        if not alike(choice, y):
            return None
    for k in range(len(choices) - 1, -1, -1):
        y = where(conditions[k], choices[k], y)
    return y


cdef object plain_piecewise(PyObject **given):
    """Numbers in places of floats."""
    cdef Tensor x = floats_at(given[0]), y = None
    cdef list conditions
    cdef double value = 0
    cdef Py_ssize_t k, n
    if x is None or given[1] == NULL or given[2] == NULL or type(<object>given[2]) is not list:
        return None
    values = <list>given[2]
    conditions = conditions_at(given[1], x)
    if conditions is None:
        return None
    n = len(conditions)
    if len(values) not in (n, n + 1) or (len(values) > n and not number_at(<PyObject *>values[n], 0, &value)):
        return None
    y = filled(x, value)
    for k in range(n):
        if not number_at(<PyObject *>values[k], 0, &value):
            return None
        y = where(conditions[k], scalar_tensor(x.code, value), y)
    return y


# --------------------------------------------------------------------------------------- complex numbers
cdef Tensor half(Tensor z, bint imaginary):
    """The real or the imaginary parts of complex numbers."""
    cdef Py_ssize_t strides[MAX_NDIM]
    row_strides(z, strides)
    return picked(z.code - COMPLEX64 + FLOAT32, z.data + imaginary * itemsize[z.code] // 2, z.shape_.ndim,
                  z.shape_.dims, strides)


cdef object plain_real(PyObject **given):
    cdef Tensor z = tensor_at(given[0])
    if z is None:
        return None
    return half(z, False) if z.code >= COMPLEX64 else reshaped(z, z.shape_)


cdef object plain_imag(PyObject **given):
    cdef Tensor z = tensor_at(given[0]), y
    if z is None:
        return None
    if z.code >= COMPLEX64:
        return half(z, True)
    y = tensor_like(z)
    memset(y.data, 0, z.shape_.size * itemsize[z.code])
    return y


cdef object plain_angle(PyObject **given):
    z = tensor_at(given[0])
    return two("arctan2", half(z, True), half(z, False)) if z is not None and (<Tensor>z).code >= COMPLEX64 else None


cdef object imaginary_is(PyObject **given, bint zero):
    """Whether the imaginary parts are 0, or are not."""
    cdef Tensor z = tensor_at(given[0]), y
    cdef Py_ssize_t k
    if z is None:
        return None
    y = tensor_of(BOOL, z.shape_.ndim, z.shape_.dims)
    if z.code == COMPLEX128:
        for k in range(z.shape_.size):
            y.data[k] = ((<double *>z.data)[2 * k + 1] == 0) == zero
    elif z.code == COMPLEX64:
        for k in range(z.shape_.size):
            y.data[k] = ((<float *>z.data)[2 * k + 1] == 0) == zero
    else:
        memset(y.data, zero, z.shape_.size)
    return y


cdef object plain_isreal(PyObject **given):
    return imaginary_is(given, True)


cdef object plain_iscomplex(PyObject **given):
    return imaginary_is(given, False)


cdef object plain_real_if_close(PyObject **given):
    """Complex numbers that are not close to real ones, which one of them shows, stay what they are."""
    cdef Tensor z = tensor_at(given[0])
    cdef Py_ssize_t k
    cdef double imaginary
    if z is None or z.code != COMPLEX128:
        return None
    for k in range(z.shape_.size):
        imaginary = (<double *>z.data)[2 * k + 1]
        if not -1e-13 < imaginary < 1e-13:  # 100 eps, by default, is less
            return reshaped(z, z.shape_)
    return None


offer("atleast_1d", plain_atleast_1d, 1)
offer("atleast_2d", plain_atleast_2d, 1)
offer("atleast_3d", plain_atleast_3d, 1)
offer("ravel", plain_ravel, 1)
offer("squeeze", plain_squeeze, 1)
offer("moveaxis", plain_moveaxis, 3)
offer("fft.fftshift", plain_fftshift, 1)
offer("fft.ifftshift", plain_ifftshift, 1)
offer("meshgrid", plain_meshgrid, 2)
offer("broadcast_arrays", plain_broadcast_arrays, 2)
offer("ix_", plain_ix, 3)
offer("tile", plain_tile, 2)
offer("resize", plain_resize, 2)
offer("append", plain_append, 2)
offer("hstack", plain_hstack, 1)
offer("vstack", plain_vstack, 1)
offer("dstack", plain_dstack, 1)
offer("column_stack", plain_column_stack, 1)
offer("split", plain_split, 3)
offer("array_split", plain_array_split, 3)
offer("hsplit", plain_hsplit, 2)
offer("vsplit", plain_vsplit, 2)
offer("dsplit", plain_dsplit, 2)
offer("diag", plain_diag, 2)
offer("diagflat", plain_diagflat, 2)
offer("pad", plain_pad, 2)
offer("vander", plain_vander, 2)
offer("delete", plain_delete, 2)
offer("insert", plain_insert, 3)
offer("trim_zeros", plain_trim_zeros, 1)
offer("compress", plain_compress, 2)
offer("extract", plain_extract, 2)
offer("take_along_axis", plain_take_along_axis, 3)
offer("choose", plain_choose, 2)
offer("select", plain_select, 3)
offer("piecewise", plain_piecewise, 3)
offer("real", plain_real, 1)
offer("imag", plain_imag, 1)
offer("angle", plain_angle, 1)
offer("isreal", plain_isreal, 1)
offer("iscomplex", plain_iscomplex, 1)
offer("real_if_close", plain_real_if_close, 1)
