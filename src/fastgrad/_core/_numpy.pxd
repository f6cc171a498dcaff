from ._dispatch cimport Primitive


cdef class Call:
    cdef Primitive primitive  # None: a composition
    cdef readonly object row
    cdef readonly object function
    cdef object bound
    cdef tuple names
    cdef dict defaults
    cdef tuple order
    cdef int read_signature(self) except -1
    cdef str own_name(self, str name)
