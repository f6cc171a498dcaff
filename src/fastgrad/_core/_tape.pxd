from ._trace cimport Recorder


cdef class Tape(Recorder):
    pass
