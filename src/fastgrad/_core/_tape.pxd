from ._recorder cimport Recorder


cdef class GradientTape(Recorder):
    pass
