# See threads.h.
ctypedef void (*part_t)(void *job, Py_ssize_t k) noexcept nogil

cdef enum:
    WORTH_PARTS = 30000  # ns of work: less is done before a second thread has begun

cdef void run_parts(part_t part, void *job, Py_ssize_t parts) noexcept nogil
cdef int threads() noexcept nogil
