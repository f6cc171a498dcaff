from ._recorder cimport Recorder
from ._tensor cimport Tensor

cdef tuple run_sweep(
    Recorder tape, tuple targets, list cotangents, tuple sources, bint keep, bint sparse, Py_ssize_t many)
cdef Tensor as_value(x)
