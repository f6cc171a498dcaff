# See threads.h.
from ._loops cimport fg_part

cdef enum:
    WORTH_PARTS = 30000  # ns of work: less is done before a second thread has begun

cdef void run_parts(fg_part part, void *job, Py_ssize_t parts, int lanes) noexcept nogil
cdef int threads() noexcept nogil
