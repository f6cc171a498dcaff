from ._trace cimport Trace


cdef class Paused:
    cdef Trace trace
