from ._loops cimport fg_loop
from ._tensor cimport Tensor
from ._work cimport work_t

cdef enum:
    CALL_COST = 300  # ns

cdef enum:             # loops
    DET
    SLOGDET
    INV
    SOLVE
    SOLVE_VECTOR
    CHOLESKY_LOWER
    CHOLESKY_UPPER
    EIGH_LOWER
    EIGH_UPPER
    EIGVALSH_LOWER
    EIGVALSH_UPPER
    SVDVALS
    SVD_FULL
    SVD_SMALL
    QR_RAW
    QR_REDUCED
    QR_COMPLETE
    EIG
    EIGVALS
    LSTSQ
    LOOPS

cdef fg_loop loops[LOOPS][2]  # for float64 and complex128

cdef bint has_loop(int which, int code) noexcept
cdef bint is_matrices(Tensor a) noexcept
cdef bint is_square(Tensor a) noexcept
cdef bint same_batch(Tensor a, Tensor b, int axes) noexcept
cdef Py_ssize_t batch_of(Tensor a, int axes, work_t *w) noexcept
cdef int wide_code(int code) noexcept nogil
cdef int real_code(int code) noexcept nogil
cdef void cast(int source_code, char *source, int code, char *to, Py_ssize_t n) noexcept nogil
cdef bint failed(fg_loop loop, int operands, char *const *data, const Py_ssize_t *sizes,
                 const Py_ssize_t *steps) noexcept nogil
