"""Plain calls of NumPy's functions: Tensors of usual dtypes in usual places, where nothing is recorded.

What most of NumPy's functions compute takes less time, on a few numbers, than the Python code around it. For a plain
call a function may be offered here that makes the result of what is in the core: kernels, loops, aliases, and NumPy's
functions in C. It says None to all that it isn't sure of, above all to whatever is wrong with a call.
"""

from cpython.long cimport PyLong_AsSsize_t, PyLong_CheckExact
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t
from libc.string cimport memcpy

import numpy as np

from ._buffer cimport shape_drop, shape_new, shape_t
from ._dispatch cimport apply_elementwise
from ._kernels cimport layout_named
from ._loops cimport CODES, FLOAT16, INT64, copy_strided, itemsize
from ._primitive cimport primitive_named
from ._tensor cimport INLINE_BYTES, Tensor, is_float, reshaped, tensor_new, tensor_of, scalar_shape
from ._work cimport layout_t, run_layout

cdef enum:
    ROOM = 256       # functions
    LARGE = 1 << 20  # elements, from which on NumPy's calls cost little beside their work, and let other threads run

cdef offer_t offers[ROOM]
cdef dict places = {}  # a NumPy function's path -> its place in these; looked up late: np.fft is not there yet
cdef layout_t SUM = layout_named("sum")
cdef dict ALL_AXES = {"axis": None, "keepdims": False}


# -------------------------------------------------------------------------------------------------- offers
cdef int offer(str name, plain_t call, int most, str last=None) except -1:
    """Let `call` serve plain calls of a NumPy function with at most so many positional arguments, and `last`."""
    cdef int place = <int>len(places)
    if place == ROOM or most + (last is not None) > MOST_GIVEN:
        raise SystemError(f"no room for {name}")
    offers[place].call, offers[place].most = call, most
    if last is not None:
        Py_INCREF(last)  # functions live as long as the process
        offers[place].last = <PyObject *>last
    places[name] = place
    return 0


cdef offer_t offered(object function):
    """What serves plain calls of a NumPy function."""
    cdef offer_t none
    none.call = NULL
    for path in (function.__name__, f"linalg.{function.__name__}", f"fft.{function.__name__}"):
        place = places.get(path)
        if place is not None and function_at(path) is function:
            return offers[<int>place]
    return none


cdef object function_at(str path):
    """What NumPy has under a name, or None: it may be an older one."""
    found = np
    for step in path.split("."):
        found = getattr(found, step, None)
    return found


# ----------------------------------------------------------------------------------------------- arguments
cdef Tensor tensor_at(PyObject *given):
    """A Tensor of a usual dtype that is not large, or None."""
    cdef Tensor x = any_tensor_at(given)
    return x if x is not None and x.shape_.size < LARGE else None


cdef Tensor any_tensor_at(PyObject *given):
    """A Tensor of a usual dtype, or None."""
    if given == NULL or type(<object>given) is not Tensor:
        return None
    if (<Tensor>given).code >= CODES or (<Tensor>given).code == FLOAT16 or (<Tensor>given).node:
        return None
    return <Tensor>given


cdef Tensor floats_at(PyObject *given):
    """A Tensor of float64 or float32, or None."""
    cdef Tensor x = tensor_at(given)
    return x if x is not None and is_float(x) else None


cdef Tensor vector_at(PyObject *given):
    """A Tensor of float64 or float32 with one axis and some elements, or None."""
    cdef Tensor x = floats_at(given)
    return x if x is not None and x.shape_.ndim == 1 and x.shape_.size else None


cdef list tensors_at(PyObject *given):
    """A list of some Tensors of one usual dtype, or None."""
    cdef list found = []
    cdef Tensor x
    if given == NULL or (type(<object>given) is not list and type(<object>given) is not tuple):
        return None
    for item in <object>given:
        x = tensor_at(<PyObject *>item)
        if x is None or (found and x.code != (<Tensor>found[0]).code):
            return None
        found.append(x)
    return found if found else None


cdef bint int_at(PyObject *given, Py_ssize_t default, Py_ssize_t *value) noexcept:
    """False for what is no int."""
    value[0] = default
    if given == NULL:
        return True
    if not PyLong_CheckExact(<object>given):
        return False
    try:
        value[0] = PyLong_AsSsize_t(<object>given)
    except OverflowError:
        return False
    return True


cdef bint number_at(PyObject *given, double default, double *value) noexcept:
    """False for what is no float or small int."""
    cdef Py_ssize_t integer
    value[0] = default
    if given == NULL:
        return True
    if PyFloat_CheckExact(<object>given):
        value[0] = PyFloat_AS_DOUBLE(<object>given)
        return True
    if not int_at(given, 0, &integer) or not -(1 << 50) < integer < 1 << 50:
        return False
    value[0] = integer
    return True


cdef bint axis_at(PyObject *given, Py_ssize_t default, int ndim, int *axis) noexcept:
    """False for what is no axis."""
    cdef Py_ssize_t value
    if not int_at(given, default, &value) or not -ndim <= value < ndim:
        return False
    axis[0] = <int>(value + ndim if value < 0 else value)
    return True


# --------------------------------------------------------------------------------------- Tensors of Tensors
cdef Tensor with_dims(Tensor x, int ndim, const Py_ssize_t *dims):
    """The elements, in order, in another shape of the same size."""
    cdef shape_t *shape = shape_new(ndim, dims)
    try:
        return reshaped(x, shape)
    finally:
        shape_drop(shape)


cdef Tensor flat(Tensor x):
    """The elements along one axis."""
    return x if x.shape_.ndim == 1 else with_dims(x, 1, &x.shape_.size)


cdef Tensor column(Tensor x, bint row):
    """A vector as a matrix of one column, or of one row."""
    cdef Py_ssize_t dims[2]
    dims[row], dims[1 - row] = x.shape_.size, 1
    return with_dims(x, 2, dims)


cdef Tensor part(Tensor x, Py_ssize_t start, Py_ssize_t count):
    """Elements [start, start + count) as a vector, in the memory of x if that is not its own."""
    cdef Tensor y
    if x.buffer == NULL or count * itemsize[x.code] <= INLINE_BYTES:
        y = vector_of(x.code, count)
        memcpy(y.data, x.data + start * itemsize[x.code], count * itemsize[x.code])
        return y
    y = with_dims(x, 1, &count)
    y.data += start * itemsize[x.code]
    return y


cdef Tensor vector_of(int code, Py_ssize_t n):
    """Room for n elements."""
    return tensor_of(code, 1, &n)


cdef Tensor count_of(Py_ssize_t value):
    """A number as NumPy's C functions count."""
    cdef Tensor y = tensor_new(INT64, scalar_shape)
    (<int64_t *>y.data)[0] = value
    return y


cdef Tensor picked(int code, const char *data, int ndim, const Py_ssize_t *dims, const Py_ssize_t *strides):
    """A copy of elements in strided places."""
    cdef Tensor y = tensor_of(code, ndim, dims)
    if y.shape_.size:
        copy_strided(code, y.data, data, strides, ndim, dims)
    return y


# -------------------------------------------------------------------------------------------------- rows
cdef Tensor one(str row, Tensor a):
    """An elementwise row."""
    cdef PyObject *operands[1]
    operands[0] = <PyObject *>a
    return apply_elementwise(primitive_named(row), operands, 1)


cdef Tensor two(str row, Tensor a, Tensor b):
    """An elementwise row of operands that broadcast."""
    cdef PyObject *operands[2]
    operands[0], operands[1] = <PyObject *>a, <PyObject *>b
    return apply_elementwise(primitive_named(row), operands, 2)


cdef Tensor where(Tensor condition, Tensor a, Tensor b):
    cdef PyObject *operands[3]
    operands[0], operands[1], operands[2] = <PyObject *>condition, <PyObject *>a, <PyObject *>b
    return apply_elementwise(primitive_named("where"), operands, 3)


cdef Tensor total(Tensor x):
    """The sum of all elements of a float Tensor."""
    return run_layout(SUM, [x], ALL_AXES.copy())


# -------------------------------------------------------------------------------------------------- for tests
def plainly(function, *args):
    """What is offered for a NumPy function gives on these arguments: None where it leaves them to others."""
    cdef PyObject *given[MOST_GIVEN]
    cdef offer_t plain = offered(function)
    cdef Py_ssize_t k, n = len(args)
    if plain.call == NULL or n > plain.most:
        return None
    for k in range(MOST_GIVEN):
        given[k] = <PyObject *>args[k] if k < n else NULL
    return plain.call(given)


def served():
    """The NumPy functions for which something is offered."""
    return [function_at(path) for path in places if function_at(path) is not None]
