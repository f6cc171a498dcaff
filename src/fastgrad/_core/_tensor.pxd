from cpython.object cimport PyObject
from libc.stdint cimport uint32_t, uint64_t

from ._buffer cimport buffer_t, shape_t
from ._loops cimport CODES, FLOAT32, FLOAT64, INT64, WEAK_FLOAT, WEAK_INT

cdef enum:
    INLINE_BYTES = 32      # data up to this size lives in the Tensor object

# Operators, in the order of OPERATORS in _tensor.pyx.
cdef enum:
    OP_ADD
    OP_SUBTRACT
    OP_MULTIPLY
    OP_DIVIDE
    OP_FLOOR_DIVIDE
    OP_REMAINDER
    OP_POWER
    OP_MATMUL
    OP_AND
    OP_OR
    OP_XOR
    OP_LESS
    OP_LESS_EQUAL
    OP_GREATER
    OP_GREATER_EQUAL
    OP_EQUAL
    OP_NOT_EQUAL
    OP_NEGATIVE
    OP_ABSOLUTE
    OP_NOT
    N_OPERATORS


cdef class Tensor:
    cdef uint64_t slot     # the record that made it, valid while its trace holds that record
    cdef uint64_t node     # the value it is in a graph that is being traced (see `_graph`)
    cdef shape_t *shape_
    cdef char *data
    cdef buffer_t *buffer  # NULL: the data is in `small`
    cdef int code
    cdef bint from_variable  # an operation made it of a Variable
    cdef bint primal       # an accumulator may have a tangent for it
    cdef uint32_t birth    # not 0: it was made while a function was traced, and depends on what that is given
    cdef object __weakref__
    cdef double small[4]


cdef class Variable:
    cdef Tensor value      # its slot is the leaf of the variable; replaced when anyone else holds it
    cdef readonly bint trainable
    cdef Variable root     # the variable that an assignment's result stands for
    cdef str name_
    cdef uint64_t serial   # order of creation
    cdef bint made         # `__init__` has run
    cdef dict leaves       # its leaves in other threads' traces: number of the trace -> slot
    cdef object __weakref__


# What Tensor and Variable need from the layers above, filled in by them.
ctypedef struct hooks_t:
    object (*operate)(int operator, object a, object b)
    object (*call)(str row, object argument, object metadata)
    object (*assign)(Variable variable, int operator, object value, str what)
    Tensor (*convert)(object value, int code, object what)
    void (*forget)(uint64_t slot) noexcept
    void (*unborn)(uint32_t birth) noexcept
    bint (*tracked)(Tensor t) noexcept
    bint (*traced)(Tensor t) noexcept
    bint (*tracing)() noexcept
    int (*look)(Tensor t) except -1
    str (*origin)(Tensor t)
    object (*untraced)(object function)

cdef hooks_t hooks
cdef shape_t *scalar_shape
cdef tuple CODE_DTYPES

cdef Tensor tensor_new(int code, shape_t *shape)
cdef Tensor hollow(int code, shape_t *shape)
cdef Tensor tensor_of(int code, int ndim, const Py_ssize_t *dims)
cdef Tensor tensor_like(Tensor t)
cdef Tensor reshaped(Tensor t, shape_t *shape)
cdef Tensor alias(Tensor t, uint64_t slot)
cdef Tensor copy_tensor(Tensor t)
cdef Tensor filled(Tensor like, double value)
cdef Tensor scalar_tensor(int code, double value)
cdef object shape_tuple(shape_t *shape)
cdef object view_of(Tensor t)
cdef object data_view(Tensor t)
cdef object writable_view(Tensor t)
cdef Tensor wrap_array(object value)
cdef int code_of(object array) except -1
cdef int add_attribute(str name, value) except -1
cdef bint writable(PyObject *t) noexcept

cdef object unusable(Tensor t)
cdef Tensor strong(Tensor t)

cdef inline bint is_weak(Tensor t) noexcept:
    """True for what stands for a Python number, an argument of a function that is traced."""
    return t.code == WEAK_FLOAT or t.code == WEAK_INT

cdef inline Variable root(Variable v):
    """The variable that `v` stands for: itself, or the one whose assignment gave it."""
    return v if v.root is None else v.root

cdef inline bint is_float(Tensor t) noexcept:
    return t.code == FLOAT64 or t.code == FLOAT32

cdef inline double scalar_value(Tensor t) noexcept:
    """The value of a 0-d float64, float32 or bool Tensor."""
    if t.code == FLOAT64:
        return (<double *>t.data)[0]
    if t.code == FLOAT32:
        return (<float *>t.data)[0]
    return t.data[0] != 0
