from ._tensor cimport Tensor

cdef Tensor diagonal_of(Tensor x, Py_ssize_t k)
