from ._work cimport layout_t

cdef layout_t factors_layout(str name) except? NULL
