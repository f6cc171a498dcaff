from libc.stdint cimport int32_t, uint8_t

from ._graph cimport Graph, op_t, value_t

cdef int CAST, POWER, SUM, MEAN, SUM_TO     # numbers of rows, once there is a Program


# What of a graph is to be done.
cdef class Program:
    cdef Graph g
    cdef value_t *values
    cdef op_t *ops
    cdef int32_t *operands           # these two are those of the graph, as they are after `simplify`
    cdef int32_t *maker              # value -> the operation that makes it, -1: it comes from outside
    cdef int32_t *same               # value -> the earlier one it equals
    cdef uint8_t *live               # of operations
    cdef uint8_t *needed             # value -> something reads it
    cdef dict loops                  # number of a live loop -> Needs
    cdef list folded                 # metadata that operations have here, and not in the graph
    cdef set given                   # values that a run is given, whatever they are in the graph
    cdef bint effects                # are wanted
    cdef int simplify(self) except -1
    cdef int32_t first_constant(self, int32_t *table, Py_ssize_t room, int32_t k) noexcept
    cdef int mark(self, list results) except -1
    cdef Needs loop_needs(self, Py_ssize_t k)
    cdef list invariants(self, set varying, list results)
    cdef bint is_safe(self, op_t *op) except -1
    cdef int give(self, list values, list results) except -1
    cdef bint makes_all(self, op_t *op) noexcept
    cdef bint equal(self, op_t *a, op_t *b) except -1
    cdef Py_ssize_t identical(self, op_t *op) except -2
    cdef int fold(self, op_t *op, int side) except -1
    cdef bint is_constant(self, int32_t at, double *number) noexcept
    cdef list hollows(self, op_t *op)
    cdef bint as_result(self, op_t *op, int32_t at) noexcept


# What of a loop is needed.
cdef class Needs:
    cdef Program test, body
    cdef list carried                # of what it carries: is it?
    cdef list stacks                 # the same of its stacks, those of states first
    cdef list reads                  # those of its reads that are
