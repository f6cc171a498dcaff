"""What the C kernels of structured rows have in common.

A *layout* checks and works out all that shapes and metadata say, once; what is left is `work_t`, whose `run` needs
nothing but pointers. Eager calls do one after the other (`run_layout`), plans keep the work.
"""

from cpython.exc cimport PyErr_Occurred
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

from ._buffer cimport MAX_NDIM, fg_mul_overflows, shape_drop, shape_new, shape_t
from ._loops cimport copy_strided, itemsize
from ._tensor cimport INLINE_BYTES, Tensor, reshaped, tensor_new, tensor_of

cdef enum:
    RELEASE_GIL = 20000  # ns of work that releasing it is worth


cdef dict kernels = {}  # name -> address of the layout


# ------------------------------------------------------------------------------------------------- kernels
cdef int offer_kernel(str name, layout_t layout) except -1:
    """Give the kernel that rows ask for by a name."""
    kernels[name] = <size_t>layout
    return 0


cdef layout_t offered_kernel(str name) except? NULL:
    """The layout of a kernel; NULL if no module that is loaded has it."""
    cdef size_t address = kernels.get(name, 0)
    return <layout_t>address


# -------------------------------------------------------------------------------------------------- running
cdef bint first_piece(layout_t layout, list arguments, dict metadata, work_t *w) except -1:
    w.piece = 0
    w.pieces = 1
    w.operands = <int>len(arguments)
    w.joins = w.many = w.together = w.same = w.looks = w.raises = False
    w.offset = w.cost = 0
    return layout(arguments, metadata, w)


cdef bint next_piece(layout_t layout, list arguments, dict metadata, work_t *w) except -1:
    """False if there is none."""
    w.piece += 1
    return w.piece < w.pieces and layout(arguments, metadata, w)


cdef object run_layout(layout_t layout, list arguments, dict metadata):
    """Compute what a layout describes: a Tensor, or a list of them for a row with many results."""
    cdef work_t w
    cdef Tensor x, y
    cdef list results
    if not first_piece(layout, arguments, metadata, &w):
        return None
    x = arguments[0]
    if not w.many:
        y = new_result(&w, x)
        if not (w.same and y.data == x.data + w.offset) and not run_pieces(layout, arguments, metadata, &w, y):
            return None
        return y
    results = []
    while True:
        y = new_result(&w, x)
        if not w.together and (not w.same or y.data != x.data + w.offset):
            w.run(&w, y.data, &x.data)
        results.append(y)
        if not next_piece(layout, arguments, metadata, &w):
            break
    return None if w.together and not run_together(&w, arguments, results) else results


cdef Tensor new_result(const work_t *w, Tensor x):
    """A Tensor for a result; a part of x's memory, where it may be."""
    cdef Tensor y
    cdef shape_t *shape
    if not w.same or (w.size != x.shape_.size and (x.buffer == NULL or w.size * itemsize[w.code] <= INLINE_BYTES)):
        if w.ndim == x.shape_.ndim and memcmp(w.dims, x.shape_.dims, w.ndim * sizeof(Py_ssize_t)) == 0:
            return tensor_new(w.code, x.shape_)
        return tensor_of(w.code, w.ndim, w.dims)
    shape = shape_new(w.ndim, w.dims)
    try:
        y = reshaped(x, shape)
    finally:
        shape_drop(shape)
    if y.buffer != NULL:
        y.data += w.offset
    return y


cdef bint run_pieces(layout_t layout, list arguments, dict metadata, work_t *w, Tensor y) except -1:
    """Compute one result. False if its values are for the row's NumPy function."""
    cdef char *data[MOST_OPERANDS]
    cdef int k
    while True:
        if w.joins:
            data[0] = (<Tensor>arguments[w.piece]).data
        else:
            for k in range(w.operands):
                data[k] = (<Tensor>arguments[k]).data
        if not run_one(w, y.data, data):
            return False
        if w.pieces == 1 or not next_piece(layout, arguments, metadata, w):
            return True


cdef bint run_together(work_t *w, list arguments, list results) except -1:
    """Compute all results. False if their values are for the row's NumPy function."""
    cdef char *data[MOST_OPERANDS]
    cdef int k = 0
    for t in (*arguments, *results[1:]):
        data[k] = (<Tensor>t).data
        k += 1
    return run_one(w, (<Tensor>results[0]).data, data)


cdef bint run_one(work_t *w, char *y, char *const *x) except -1:
    cdef int status
    if w.cost > RELEASE_GIL:
        with nogil:
            status = w.run(w, y, x)
    else:
        status = w.run(w, y, x)
    if w.raises and PyErr_Occurred() != NULL:
        raise_pending()
    return status >= 0


cdef int raise_pending() except -1:
    return -1


cdef work_t *kept(const work_t *w) except NULL:
    """A copy that is as long as it has to be."""
    cdef size_t room = <size_t>(<const char *>&w.v[w.n] - <const char *>w)
    cdef work_t *copy = <work_t *>malloc(room)
    if copy == NULL:
        raise MemoryError("no memory for a plan")
    memcpy(copy, w, room)
    return copy


# ------------------------------------------------------------------------------------------------- helpers
cdef int set_result(work_t *w, int code, int ndim) noexcept:
    """Fill in what every result has; `dims` are there. 0 if the array would be too large."""
    cdef int k
    w.code = code
    w.ndim = ndim
    w.size = 1
    w.n = 0
    for k in range(ndim):
        if w.dims[k] == 0:
            w.size = 0
            return 1
    for k in range(ndim):
        if fg_mul_overflows(w.size, w.dims[k], &w.size):
            return 0
    w.cost = w.size
    return 1


cdef int set_further(work_t *w, int code, int ndim) noexcept:
    """The same for one of several results that are computed together, but for the first."""
    cdef int n = w.n, fits
    cdef Py_ssize_t cost = w.cost
    fits = set_result(w, code, ndim)
    w.n, w.cost = n, cost
    return fits


cdef int set_same(work_t *w, int code, int ndim) noexcept:
    """Let the result be elements of the operand that lie together."""
    w.same = True
    w.run = run_same
    return set_result(w, code, ndim)


cdef int run_same(const work_t *w, char *y, char *const *x) noexcept nogil:
    memcpy(y, x[0] + w.offset, w.size * itemsize[w.code])
    return 0


cdef object dims_tuple(const work_t *w):
    return tuple([w.dims[k] for k in range(w.ndim)])


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


cdef int axis_in(object value, int ndim) except -2:
    """An axis of an array of so many; -1 if it is none, or no int."""
    if type(value) is not int or not -ndim <= value < ndim:
        return -1
    return value + ndim if value < 0 else value


cdef int flagged_axes(object axis, int ndim, bint *flags) except -1:
    """Flag the axes that an `axis` (None, an int or several) means; 0 if it is wrong, or no such thing."""
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef int k, n
    for k in range(ndim):
        flags[k] = axis is None
    if axis is None:
        return 1
    if type(axis) is int:
        axis = (axis,)
    n = int_list(axis, axes)
    if n < 0:
        return 0
    for k in range(n):
        if axes[k] < 0:
            axes[k] += ndim
        if axes[k] < 0 or axes[k] >= ndim or flags[axes[k]]:
            return 0
        flags[axes[k]] = True
    return 1


# ------------------------------------------------------------------------------------------------- strides
cdef int set_strided(work_t *w, int ndim, const Py_ssize_t *dims, const Py_ssize_t *strides) noexcept:
    """The steps of a walk over elements; 2 * ndim numbers."""
    cdef int k
    for k in range(ndim):
        w.v[k] = dims[k]
        w.v[ndim + k] = strides[k]
    w.n = 2 * ndim
    return 0


cdef int run_copied(const work_t *w, char *y, char *const *x) noexcept nogil:
    """Strided elements of the operand."""
    if w.size:
        copy_strided(w.code, y, x[0] + w.offset, &w.v[w.n // 2], w.n // 2, w.v)
    return 0


# ------------------------------------------------------------------------------------------------- scratch
cdef char *room(double *stack, Py_ssize_t nbytes) noexcept nogil:
    """Memory for a kernel: SCRATCH doubles on its stack, if that is enough. NULL if there is none."""
    return <char *>stack if nbytes <= SCRATCH * <Py_ssize_t>sizeof(double) else <char *>malloc(nbytes)


cdef void drop(char *scratch, double *stack) noexcept nogil:
    if scratch != <char *>stack:
        free(scratch)
