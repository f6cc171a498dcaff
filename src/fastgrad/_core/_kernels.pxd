from ._loops cimport fg_loop
from ._tensor cimport Tensor

# A C kernel of a structured row: computes the result and replaces the metadata by its canonical form, or
# gives None for a case that the row's NumPy function is for (odd dtypes, bad metadata, ...).
ctypedef Tensor (*kernel_t)(list arguments, dict metadata)

cdef kernel_t kernel_named(str name) except NULL

cdef enum:
    SAME               # elements of the first argument that lie together, from `offset` on
    COPIED             # strided elements of the first argument
    REDUCED
    MULTIPLIED

# What is to be computed, but for where the arguments and the result are.
ctypedef struct work_t:
    int kind
    int code, ndim                 # of the result
    Py_ssize_t size
    Py_ssize_t dims[64]
    Py_ssize_t offset              # SAME, COPIED
    Py_ssize_t strides[64]
    fg_loop loop                   # REDUCED, MULTIPLIED
    double start                   # REDUCED
    Py_ssize_t count               # what the sums are divided by; 0: not at all
    bint full                      # there is something to reduce
    int outer, inner
    Py_ssize_t outer_dims[64]
    Py_ssize_t outer_strides[64]
    Py_ssize_t inner_dims[64]
    Py_ssize_t inner_strides[64]
    Py_ssize_t sizes[4]            # MULTIPLIED
    Py_ssize_t steps[9]

# The first half of a kernel: fills in `w`, and the metadata's canonical form, from what the arguments are like. It
# reads no element. False for a case that the row's NumPy function is for.
ctypedef bint (*layout_t)(list arguments, dict metadata, work_t *w) except -1

cdef layout_t layout_named(str name) noexcept
cdef Tensor run_layout(layout_t layout, list arguments, dict metadata)
cdef void run_work(const work_t *w, char *y, char *const *x) noexcept nogil

# Adds a cotangent into the total of a row's argument, in place; False for a case it leaves to the row's function.
ctypedef bint (*accumulator_t)(Tensor total, Tensor ct, dict metadata) except -1

cdef accumulator_t accumulator_named(str name) noexcept
