from ._work cimport layout_t

cdef layout_t layout_named(str name) except NULL
