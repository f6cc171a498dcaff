from ._work cimport layout_t

cdef layout_t lapack_layout(str name) except? NULL
