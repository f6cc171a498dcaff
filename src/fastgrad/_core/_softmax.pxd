from ._work cimport layout_t

cdef layout_t softmax_layout(str name) noexcept
