"""Aligned, reference-counted memory from a size-class pool; reference-counted shapes; live counters.

Everything here runs under the GIL, which protects the counts and the pool.
"""

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_DECREF
from libc.stdlib cimport malloc, free

cdef extern from "fg_memory.h" nogil:
    void *fg_aligned_alloc(size_t n)
    void fg_aligned_free(void *p)
    void fg_release_freed()
    int fg_log2(size_t n)

# Four size classes per power of two, from 64 bytes: at most a quarter of a block is unused.
cdef enum:
    SMALLEST = 64
    HEADER = 64              # the buffer_t in front of the data, padded to the alignment
    CLASSES = 4 * 42
# Bytes kept for reuse. Fresh large blocks cost a page fault per 4 kB, which is more than most loops over them.
cdef Py_ssize_t POOL_LIMIT = 128 << 20

cdef buffer_t *pool[CLASSES]
cdef Py_ssize_t pooled = 0
cdef counts_t counters
live = &counters


cdef inline int class_of(size_t nbytes) noexcept nogil:
    """The smallest class that holds nbytes."""
    if nbytes <= SMALLEST:
        return 0
    cdef size_t n = nbytes - 1
    cdef int power = fg_log2(n)
    return 4 * (power - 6) + <int>((n >> (power - 2)) & 3) + 1


cdef inline size_t bytes_of(int size_class) noexcept nogil:
    if size_class == 0:
        return SMALLEST
    cdef int step = size_class - 1
    return <size_t>(5 + (step & 3)) << (step // 4 + 4)


cdef buffer_t *buffer_new(Py_ssize_t nbytes) except NULL:
    """A buffer of at least nbytes, contents undefined."""
    global pooled
    cdef int size_class
    cdef buffer_t *buffer
    cdef size_t room
    if nbytes < 0 or nbytes > <Py_ssize_t>1 << 46:
        raise MemoryError(f"can't allocate an array of {nbytes} bytes")
    size_class = class_of(nbytes)
    buffer = pool[size_class]
    room = bytes_of(size_class)
    if buffer != NULL:
        pool[size_class] = buffer.next
        pooled -= room
    else:
        buffer = <buffer_t *>fg_aligned_alloc(HEADER + room)
        if buffer == NULL:
            raise MemoryError(f"can't allocate an array of {nbytes} bytes")
        buffer.data = <char *>buffer + HEADER
        buffer.size_class = size_class
        buffer.owner = NULL
    buffer.refs = 1
    if FG_DEBUG:
        counters.buffers += 1
    return buffer


cdef buffer_t *buffer_borrow(char *data, object owner) except NULL:
    """A buffer over memory that belongs to `owner`, kept alive with it."""
    cdef buffer_t *buffer = <buffer_t *>malloc(sizeof(buffer_t))
    if buffer == NULL:
        raise MemoryError()
    Py_INCREF(owner)
    buffer.refs = 1
    buffer.data = data
    buffer.size_class = -1
    buffer.owner = <PyObject *>owner
    if FG_DEBUG:
        counters.buffers += 1
    return buffer


cdef void buffer_free(buffer_t *buffer) noexcept:
    """Give the memory of a buffer that nobody holds back to the pool, the system or its owner."""
    global pooled
    cdef size_t room
    if FG_DEBUG:
        counters.buffers -= 1
    if buffer.size_class < 0:
        owner = <object>buffer.owner
        free(buffer)
        Py_DECREF(owner)
        return
    room = bytes_of(buffer.size_class)
    if pooled + <Py_ssize_t>room > POOL_LIMIT:
        fg_aligned_free(buffer)
        return
    buffer.next = pool[buffer.size_class]
    pool[buffer.size_class] = buffer
    pooled += room


cdef shape_t *shape_new(int ndim, const Py_ssize_t *dims) except NULL:
    """A shape; the product of its dimensions is checked."""
    cdef Py_ssize_t size = 1
    cdef bint overflow = False, empty = False
    cdef int i
    if ndim > MAX_NDIM:
        raise ValueError(f"an array can have at most {MAX_NDIM} axes, not {ndim}")
    for i in range(ndim):
        if dims[i] < 0:
            raise ValueError(f"negative dimension {dims[i]} in shape {[dims[k] for k in range(ndim)]}")
        empty = empty or dims[i] == 0
        if not overflow and dims[i]:
            overflow = fg_mul_overflows(size, dims[i], &size)
    if overflow:
        raise MemoryError(f"an array of shape {tuple([dims[k] for k in range(ndim)])} is too big for memory")
    if empty:
        size = 0
    cdef shape_t *shape = <shape_t *>malloc(sizeof(shape_t) + ndim * sizeof(Py_ssize_t))
    if shape == NULL:
        raise MemoryError()
    shape.refs = 1
    shape.size = size
    shape.ndim = ndim
    for i in range(ndim):
        shape.dims[i] = dims[i]
    return shape


cdef void shape_free(shape_t *shape) noexcept:
    free(shape)


cdef Py_ssize_t empty_pool() noexcept:
    """Return all pooled memory to the system; gives the number of bytes returned."""
    global pooled
    cdef int i
    cdef Py_ssize_t before = pooled
    cdef buffer_t *buffer
    for i in range(CLASSES):
        while pool[i] != NULL:
            buffer = pool[i]
            pool[i] = buffer.next
            fg_aligned_free(buffer)
    pooled = 0
    fg_release_freed()
    return before


cdef Py_ssize_t pool_bytes() noexcept:
    return pooled


def trim_pool():
    """Return all pooled memory to the system; gives the number of bytes returned."""
    return empty_pool()


def live_counts():
    """How many tensors, buffers and records are alive (debug builds; None otherwise)."""
    if not FG_DEBUG:
        return None
    return {"tensors": counters.tensors, "buffers": counters.buffers, "records": counters.records}


def size_class(Py_ssize_t nbytes):
    """The bytes that a buffer for `nbytes` really has (for tests of the pool's arithmetic)."""
    return bytes_of(class_of(nbytes))
