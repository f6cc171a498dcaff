from libc.stdint cimport uint64_t

from ._plan cimport Plan
from ._trace cimport Node

cdef enum:
    MOST_GIVEN = 16  # Tensors that a plan of rules takes, and that it gives

cdef class Pullback:
    cdef Py_ssize_t uses
    cdef Plan plan

cdef Pullback pullback_of(Node node, uint64_t asked, list cts, list values, list ys)
