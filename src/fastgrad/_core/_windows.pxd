from ._work cimport layout_t

# Kernels of the rows in ops/windows.py.
cdef layout_t windows_layout(str name) noexcept
