from ._work cimport layout_t

cdef layout_t transforms_layout(str name) except? NULL
