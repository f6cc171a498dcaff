from ._trace cimport Recorder


cdef class GradientTape(Recorder):
    pass
