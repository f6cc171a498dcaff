cdef bint is_small(int code, Py_ssize_t rows, Py_ssize_t inner, Py_ssize_t columns) noexcept nogil
