from cpython.object cimport PyObject

from ._tensor cimport Tensor

cdef Tensor filled_gaps(PyObject *given, double instead, Py_ssize_t *found)
