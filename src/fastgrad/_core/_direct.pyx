"""NumPy's own functions on views of Tensors, where nothing is recorded.

A row that answers to a NumPy function gives what that function gives. Where no tape tracks an argument, the row's
metadata, parts and rules are not needed: the function itself runs, and its result is taken over. What is unusual about
a call (odd arguments, odd results, errors) is left to the row.
"""

from cpython.contextvars cimport PyContextVar_Reset, PyContextVar_Set
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t

import numpy as np
cimport numpy as cnp

from ._dispatch cimport error_state, ignored
from ._loops cimport BOOL, CODES, COMPLEX64, FLOAT16, FLOAT32, FLOAT64, INT64, copy_strided, type_num
from ._tensor cimport (
    Tensor, Variable, hooks, is_float, root, scalar_tensor, tensor_of, view_of, wrap_array, writable_view,
)
from ._trace cimport recording_trace

cnp.import_array()

cdef extern from "Python.h":
    object PyObject_Vectorcall(object function, PyObject *const *args, size_t n, PyObject *names)

cdef enum:
    MAX_ARGUMENTS = 12
    MAX_DEPTH = 8

cdef object UNUSUAL = object()
cdef type FLOAT = np.float64
cdef type INT = np.int64
cdef type BOOLEAN = np.bool_

# What a call's arguments are like.
cdef struct traits:
    bint narrow   # a Tensor of less than 64 bits, beside which Python's numbers are weak
    bint number   # a Python float or complex number
    bint foreign  # an ndarray, which its owner may change
    bint reads    # in: views may be writable
    bint tracks   # in: a Tensor that a tape tracks is for the row


cdef object directly(object function, PyObject *const *args, Py_ssize_t n, PyObject *keywords, bint quiet,
                     bint reads, bint tracks):
    """`function(*args)` with views in place of Tensors; UNUSUAL where the row is to be asked.

    args: n positional arguments, and the values of `keywords`, a tuple of names or NULL. quiet: the function does not
    look for floating-point errors, to warn of them. reads: it certainly writes to no argument; some copy what can't
    be written to. tracks: it is asked whether a tape that records tracks an argument.
    """
    cdef PyObject *given[MAX_ARGUMENTS]
    cdef traits t
    cdef Py_ssize_t k, made = 0, total = n + (0 if keywords == NULL else len(<tuple>keywords))
    if total > MAX_ARGUMENTS or error_state is None:
        return UNUSUAL
    t.narrow = t.number = t.foreign = False
    t.reads = reads
    t.tracks = tracks and recording_trace() != NULL
    try:
        for k in range(total):
            value = plain(<object>args[k], &t, 0)
            if value is UNUSUAL:
                return UNUSUAL
            Py_INCREF(value)
            given[k] = <PyObject *>value
            made += 1
        if t.narrow and t.number:
            return UNUSUAL
        if quiet:
            return adopted(PyObject_Vectorcall(function, given, n, keywords), t.foreign)
        # A context made ready would be entered in less time, but finalizers and signal handlers would run in it.
        token = PyContextVar_Set(error_state, ignored)
        try:
            return adopted(PyObject_Vectorcall(function, given, n, keywords), t.foreign)
        finally:
            PyContextVar_Reset(error_state, token)
    except MemoryError:
        raise
    except Exception:  # the row says what is wrong, in its own words
        return UNUSUAL
    finally:
        for k in range(made):
            Py_DECREF(<object>given[k])


cdef object plain(object x, traits *t, int depth):
    """An argument with views in place of Tensors; UNUSUAL if it is not one of the usual kinds."""
    cdef Tensor tensor
    if type(x) is Tensor or type(x) is Variable:
        tensor = <Tensor>x if type(x) is Tensor else root(<Variable>x).value
        if hooks.tracing() and (type(x) is Variable or hooks.traced(tensor)):
            return UNUSUAL
        if tensor.code == FLOAT16:  # adds up in float32, as NumPy does not everywhere
            return UNUSUAL
        if t.tracks and (type(x) is Variable or hooks.tracked(tensor)):
            return UNUSUAL
        t.narrow = t.narrow or tensor.code == FLOAT32 or tensor.code == COMPLEX64
        return writable_view(tensor) if t.reads else view_of(tensor)
    if x is None or PyLong_CheckExact(x) or type(x) is bool:
        return x
    if PyFloat_CheckExact(x) or type(x) is complex:
        t.number = True
        return x
    if type(x) is list or type(x) is tuple:
        return plain_list(x, t, depth + 1)
    if cnp.PyArray_CheckExact(x):
        t.foreign = True
        return x if (<cnp.ndarray>x).dtype.char in "?bBhHiIlLqQdD" else UNUSUAL
    if depth == 0 and (type(x) is str or type(x) is slice):
        return x
    return UNUSUAL


cdef object plain_list(object x, traits *t, int depth):
    cdef list values = []
    if depth > MAX_DEPTH:
        return UNUSUAL
    for value in x:
        value = plain(value, t, depth)
        if value is UNUSUAL:
            return UNUSUAL
        values.append(value)
    return values if type(x) is list else tuple(values)


cdef object adopted(object value, bint foreign):
    """Arrays and numbers in a result as Tensors. TypeError for dtypes that a Tensor can't have."""
    cdef cnp.ndarray array
    cdef Tensor number
    if cnp.PyArray_CheckExact(value):
        array = value
        if foreign:
            array = cnp.PyArray_NewCopy(array, cnp.NPY_CORDER)
        elif not cnp.PyArray_ISCARRAY_RO(array):
            return copied(array)
        return wrap_array(array)
    if type(value) is FLOAT:
        return scalar_tensor(FLOAT64, PyFloat_AS_DOUBLE(value))
    if type(value) is INT or type(value) is int:
        number = tensor_of(INT64, 0, NULL)
        (<int64_t *>number.data)[0] = value
        return number
    if type(value) is BOOLEAN:
        number = tensor_of(BOOL, 0, NULL)
        number.data[0] = bool(value)
        return number
    if isinstance(value, (list, tuple)):
        parts = [adopted(part, foreign) for part in value]
        if type(value) is list:
            return parts
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, (np.generic, int, float, complex)):
        return wrap_array(np.asarray(value))
    raise TypeError(f"{type(value).__name__} is no result of a row")


cdef Tensor copied(cnp.ndarray array):
    """A strided array in one piece."""
    cdef int code, ndim = cnp.PyArray_NDIM(array), num = cnp.PyArray_TYPE(array)
    cdef Tensor y
    if not cnp.PyArray_ISBEHAVED_RO(array):
        return wrap_array(array)
    for code in range(CODES):
        if type_num[code] == num:
            break
    else:
        return wrap_array(array)
    y = tensor_of(code, ndim, <Py_ssize_t *>cnp.PyArray_DIMS(array))
    if cnp.PyArray_SIZE(array):
        copy_strided(code, y.data, cnp.PyArray_BYTES(array), <Py_ssize_t *>cnp.PyArray_STRIDES(array), ndim,
                     <Py_ssize_t *>cnp.PyArray_DIMS(array))
    return y


cdef bint within(object y) except -1:
    """True if squares of the elements of a result are far from overflow and underflow."""
    cdef Py_ssize_t k
    cdef double limit, size
    cdef Tensor t
    if type(y) is not Tensor or not is_float(<Tensor>y):
        return False
    t = y
    limit = 1e140 if t.code == FLOAT64 else 1e15
    for k in range(t.shape_.size):
        size = (<double *>t.data)[k] if t.code == FLOAT64 else (<float *>t.data)[k]
        if not 1 / limit < size < limit:
            return False
    return True
