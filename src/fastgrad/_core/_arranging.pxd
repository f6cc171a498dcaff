from ._work cimport layout_t

cdef layout_t arranging_layout(str name) noexcept
