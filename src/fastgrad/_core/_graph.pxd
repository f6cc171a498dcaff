from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint8_t, uint64_t

from ._buffer cimport shape_t
from ._tensor cimport Tensor, Variable

cdef enum:  # what a value of a graph is
    INPUT
    CONSTANT
    VARIABLE
    CAPTURE            # a value of the graph around
    RESULT

cdef enum:  # what an operation of a graph is
    ELEMENTWISE
    STRUCTURED
    EFFECT             # a Python call: once per replay, in order, unless it is pure
    WRITE              # a Variable takes a value, in order
    BRANCHES
    LOOP
    CUSTOM             # Tensors, with another gradient
    ASSIGN             # the value that a Variable has from here on
    WATCH              # a constant that a tape watches: no longer one, for whom it may be captured by
    ROWS               # an array as a stack
    JOIN               # a stack as an array

ctypedef struct value_t:
    shape_t *shape
    PyObject *held     # CONSTANT: its Tensor; VARIABLE: the Variable
    uint64_t outer     # CAPTURE: the node it stands for
    int32_t op         # RESULT: the operation that makes it
    uint8_t code
    uint8_t kind

ctypedef struct op_t:
    PyObject *payload  # metadata of a structured operation, what an effect calls, ...
    PyObject *place    # (code object, line) of the user's program, or NULL
    int32_t primitive  # number of the row, or -1
    int32_t first_in, n_in    # in `Graph.operands`
    int32_t first_out, n_out
    uint8_t kind


cdef class Graph:
    cdef uint64_t serial               # in the upper half of its nodes
    cdef readonly Graph parent         # the graph that this one is traced inside of
    cdef value_t *values
    cdef Py_ssize_t n_values, value_room
    cdef op_t *ops
    cdef Py_ssize_t n_ops, op_room
    cdef int32_t *operands
    cdef Py_ssize_t n_operands, operand_room
    cdef dict captures                 # node of an outer graph -> (value here, the Tensor)
    cdef dict variables                # serial -> Touch
    cdef readonly list inputs          # values
    cdef readonly bint loose           # all that is done is logged, and values may be looked at: see note F
    cdef readonly list looks           # of a loose graph: (value or Variable, place) that Python looked at or assigned
    cdef uint64_t family               # what it and graphs inside of it have in common
    cdef set stacks                    # values of loops that are one array for each turn
    cdef public bint inside            # of a branch or loop
    cdef readonly bint records, reads  # effects in it, or in its parts, keep what they give; ask for what was kept
    cdef Tensor the_ticket             # stands for the number of the run that this is (see `journals`)
    cdef object __weakref__
    cdef int32_t value_of(self, Tensor t) except -1
    cdef int32_t new_value(self, int kind, shape_t *shape, int code) except -1
    cdef op_t *new_op(self, int kind, int primitive, PyObject **t, Py_ssize_t n, object payload) except NULL
    cdef op_t *listed_op(self, int kind, list arguments, object payload, int primitive=?) except NULL
    cdef int check(self, list values) except -1
    cdef int32_t new_result(self, op_t *op, Tensor y) except -1


cdef class Touch:
    """What a graph knows of a Variable."""
    cdef readonly Variable variable
    cdef readonly Tensor before        # its value when the trace began
    cdef uint64_t outer                # what that is in the graph around; 0: not known there
    cdef int32_t first                 # value read first; -1: assigned before it was read
    cdef int32_t last                  # value assigned last
    cdef readonly bint assigned
    cdef bint pending                  # assigned since the last effect


cdef inline uint64_t serial_of(uint64_t node) noexcept:
    """The serial number of a node's graph."""
    return node >> 32 << 32


cdef inline int32_t value_in(uint64_t node) noexcept:
    """The number of a node's value in that graph."""
    return <int32_t>node


cdef Graph current_graph()
cdef int adopt(Tensor y, Tensor t) except -1
cdef bint traced(Tensor t) noexcept
cdef int look(Graph g, Tensor t) except -1
cdef int log_assignment(Graph g, Variable v) except -1
cdef int log_elementwise(Graph g, int primitive, PyObject **t, int n, Tensor y) except -1
cdef int log_structured(Graph g, int primitive, list arguments, dict metadata, object y) except -1
cdef bint acts(op_t *op) except -1
cdef int watch_constant(Graph g, Tensor t) except -1
cdef int read_variable(Graph g, Variable v) except -1
cdef int assign_variable(Graph g, Variable v, Tensor new) except -1
