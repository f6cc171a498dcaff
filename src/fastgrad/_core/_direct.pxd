from cpython.object cimport PyObject

cdef object UNUSUAL
cdef object directly(object function, PyObject *const *args, Py_ssize_t n, PyObject *keywords, bint quiet,
                     bint reads, bint tracks)
cdef bint within(object y) except -1
