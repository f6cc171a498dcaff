from ._tensor cimport Tensor
from ._trace cimport Recorder

cdef list run_sweep(Recorder tape, list targets, list cotangents, list sources, bint keep, bint sparse)
cdef Tensor as_value(x)
