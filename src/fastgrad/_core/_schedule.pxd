from libc.stdint cimport int32_t

from ._buffer cimport shape_t
from ._graph cimport op_t
from ._simplify cimport Program

cdef enum:
    NEVER = 0x7FFFFFFF   # the last use of what outlives its block
    SINGLE = -1          # the class of operations that stand alone

cdef enum:  # how an operand is broadcast, in row-major order
    ONE                  # one number for all
    WHOLE                # element for element
    ROW                  # its `span` elements over and over
    COLUMN               # each of its elements `span` times
    OTHERWISE

ctypedef struct heap_t:  # the smallest comes first
    int32_t *items
    Py_ssize_t n


# The live operations of a program in the order in which they will be done.
cdef class Schedule:
    cdef Program p
    cdef int32_t *order
    cdef int32_t *units              # where in `order` each stretch of one class begins, and the end
    cdef Py_ssize_t n_order, n_units
    cdef int32_t *waiting            # operation -> operands that are not there yet
    cdef int32_t *first              # those that need k: consumers[first[k]:first[k + 1]]
    cdef int32_t *consumers
    cdef int32_t *kind               # operation -> number of its class
    cdef heap_t *ready               # class -> operations that wait for nothing
    cdef int32_t *room               # of all heaps
    cdef Py_ssize_t n_classes
    cdef int run(self) except -1
    cdef int find_consumers(self) except -1
    cdef int add_edges(self) except -1
    cdef void add_edge(self, Py_ssize_t source, Py_ssize_t to) noexcept
    cdef int find_ready(self) except -1

cdef int32_t class_of(Program p, op_t *op) except -2
cdef int fit(shape_t *x, shape_t *y, int32_t *span) noexcept
