from cpython.object cimport PyObject

cdef extern from "fg_memory.h" nogil:
    bint fg_mul_overflows(Py_ssize_t a, Py_ssize_t b, Py_ssize_t *out)
    const int FG_DEBUG

# The most axes an array may have (NumPy's own limit).
cdef enum:
    MAX_NDIM = 64

# A reference-counted shape, shared by arrays that have it and by records that made them.
ctypedef struct shape_t:
    Py_ssize_t refs
    Py_ssize_t size
    int ndim
    Py_ssize_t dims[1]  # ndim of them

# A reference-counted block of memory: from the pool, or borrowed from `owner`.
ctypedef struct buffer_t:
    Py_ssize_t refs
    char *data
    int size_class      # -1: borrowed
    PyObject *owner
    buffer_t *next      # while it waits in the pool

ctypedef struct counts_t:
    Py_ssize_t tensors
    Py_ssize_t buffers
    Py_ssize_t records

cdef counts_t *live

cdef shape_t *shape_new(int ndim, const Py_ssize_t *dims) except NULL
cdef void shape_free(shape_t *shape) noexcept
cdef buffer_t *buffer_new(Py_ssize_t nbytes) except NULL
cdef buffer_t *buffer_borrow(char *data, object owner) except NULL
cdef void buffer_free(buffer_t *buffer) noexcept
cdef Py_ssize_t empty_pool() noexcept
cdef Py_ssize_t pool_bytes() noexcept

cdef inline shape_t *shape_hold(shape_t *shape) noexcept nogil:
    shape.refs += 1
    return shape

cdef inline void shape_drop(shape_t *shape) noexcept:
    shape.refs -= 1
    if shape.refs == 0:
        shape_free(shape)

cdef inline buffer_t *buffer_hold(buffer_t *buffer) noexcept nogil:
    buffer.refs += 1
    return buffer

cdef inline void buffer_drop(buffer_t *buffer) noexcept:
    buffer.refs -= 1
    if buffer.refs == 0:
        buffer_free(buffer)

cdef inline bint same_shape(const shape_t *a, const shape_t *b) noexcept nogil:
    cdef int i
    if a == b:
        return True
    if a.ndim != b.ndim or a.size != b.size:
        return False
    for i in range(a.ndim):
        if a.dims[i] != b.dims[i]:
            return False
    return True
