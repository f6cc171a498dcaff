from ._tensor cimport Tensor

# Kernels of the rows in ops/windows.py: see `kernel_t` in _kernels.pxd.
cdef Tensor patches(list arguments, dict metadata)
cdef Tensor unpatches(list arguments, dict metadata)
cdef Tensor window_max(list arguments, dict metadata)
cdef Tensor window_max_pull(list arguments, dict metadata)
cdef Tensor window_max_push(list arguments, dict metadata)
