from ._work cimport layout_t

cdef layout_t products_layout(str name) noexcept
cdef bint is_small(int code, Py_ssize_t rows, Py_ssize_t inner, Py_ssize_t columns) noexcept nogil
