from ._plan cimport Plan

cdef int assemble(Plan plan) except -1
