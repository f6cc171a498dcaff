from ._loops cimport fg_loop
from ._tensor cimport Tensor

cdef enum:
    MOST_OPERANDS = 3  # with further results
    SCRATCH = 512      # doubles that kernels have on the stack

# What is to be computed, but for where the operands and the result are. Replays keep it without `dims`.
ctypedef struct work_t:
    # Computes a result into its memory; -1, with nothing done, for values that the row's NumPy function is for. Behind
    # the operands `x` has further results, if all are computed `together`.
    int (*run)(const work_t *w, char *y, char *const *x) noexcept nogil
    int piece, pieces              # a result may be made of several operands, or several of one: see `layout_t`
    bint joins                     # the pieces are operands
    bint many                      # they are results
    bint together                  # which one `run` computes
    bint same                      # it is the elements of the operand that lie together from `offset` on
    bint looks                     # `run` looks at values, and may give -1
    bint raises                    # it may set an exception
    int operands                   # of a piece
    int code, ndim                 # of the result
    Py_ssize_t size
    Py_ssize_t offset              # of the first element that is read, or written, in bytes
    Py_ssize_t cost                # a guess, in ns
    fg_loop loop
    double number
    int n
    Py_ssize_t v[384]              # n numbers that `run` knows the meaning of
    Py_ssize_t dims[64]            # of the result

# Fills in a work, and the metadata's canonical form, from what the arguments are like. It reads no element. False for
# a case that the row's NumPy function is for. It is asked for its `pieces` in turn, with the same `w`.
ctypedef bint (*layout_t)(list arguments, dict metadata, work_t *w) except -1

cdef int offer_kernel(str name, layout_t layout) except -1
cdef layout_t offered_kernel(str name) except? NULL
cdef object run_layout(layout_t layout, list arguments, dict metadata)
cdef bint first_piece(layout_t layout, list arguments, dict metadata, work_t *w) except -1
cdef bint next_piece(layout_t layout, list arguments, dict metadata, work_t *w) except -1
cdef work_t *kept(const work_t *w) except NULL

# For layouts.
cdef int set_result(work_t *w, int code, int ndim) noexcept
cdef int set_further(work_t *w, int code, int ndim) noexcept
cdef int set_same(work_t *w, int code, int ndim) noexcept
cdef int run_same(const work_t *w, char *y, char *const *x) noexcept nogil
cdef object dims_tuple(const work_t *w)
cdef void row_strides(Tensor t, Py_ssize_t *strides) noexcept
cdef int int_list(object value, Py_ssize_t *numbers) except -2
cdef int axis_in(object value, int ndim) except -2
cdef int flagged_axes(object axis, int ndim, bint *flags) except -1
cdef int set_strided(work_t *w, int ndim, const Py_ssize_t *dims, const Py_ssize_t *strides) noexcept
cdef int run_copied(const work_t *w, char *y, char *const *x) noexcept nogil
cdef char *room(double *stack, Py_ssize_t nbytes) noexcept nogil
cdef void drop(char *scratch, double *stack) noexcept nogil
