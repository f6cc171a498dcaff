from ._tensor cimport Tensor

cdef enum:
    FULL = 2  # a mode of correlations

cdef Tensor matmul(Tensor a, Tensor b, bint transposed=*)
cdef object correlated(Tensor a, Tensor b, int mode, bint convolve)
