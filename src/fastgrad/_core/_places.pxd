from libc.stdint cimport int32_t, uint8_t

from ._graph cimport Graph, op_t, value_t
from ._plan cimport Plan
from ._schedule cimport Schedule
from ._simplify cimport Program


cdef class Arena:
    cdef list holes          # (offset, size), in order
    cdef Py_ssize_t end
    cdef Py_ssize_t *free_cells
    cdef Py_ssize_t n_free, free_room
    cdef Py_ssize_t cells    # that there are
    cdef Py_ssize_t take(self, Py_ssize_t nbytes)
    cdef void give(self, Py_ssize_t offset, Py_ssize_t nbytes)
    cdef Py_ssize_t take_cell(self) noexcept
    cdef Py_ssize_t new_cell(self) noexcept
    cdef int give_cell(self, Py_ssize_t cell) except -1
    cdef void settle(self, Plan plan) noexcept


# Where the values of a program are, while it is lowered into a block of a plan.
cdef class Places:
    cdef Plan plan
    cdef Arena arena
    cdef Program program
    cdef Schedule schedule
    cdef Graph g
    cdef value_t *values             # these, and `order`, are the program's and the schedule's
    cdef op_t *ops
    cdef int32_t *operands
    cdef int32_t *maker
    cdef int32_t *same
    cdef int32_t *order
    cdef int32_t *slot               # value -> slot, -1: none yet
    cdef list variables              # (slot, Variable) of those that are read
    cdef list carried                # (result, slot it is carried in, the value that was there), of a loop's body
    cdef dict targets                # result of a loop's body -> (slot it is carried in, the value that was there)
    cdef int32_t *base               # value -> the one in whose memory it lies
    cdef int32_t *last               # of a base: the last position that reads it
    cdef uint8_t *scratch            # value is one block of a group
    cdef dict outside                # value that a run has in memory of its own -> what its Variable was before; None
    cdef set apart                   # those of them that can't be written where that was
    cdef Py_ssize_t *part            # value -> byte of an argument that it begins at; -1: it has memory of its own
    cdef int32_t slot_for(self, int32_t at) except -1
    cdef int32_t new_stack(self, int32_t at) except -1
    cdef int32_t make(self, int32_t at, Py_ssize_t position=*) except -1
    cdef int place(self, int32_t slot, bint cell) except -1
    cdef bint is_own(self, int32_t at) except -1
    cdef int release(self, int32_t slot) except -1
    cdef int find_bases(self) except -1
    cdef int find_last(self, list results) except -1
    cdef int drop_read(self, op_t *op, Py_ssize_t at) except -1
    cdef int drop_unread(self, op_t *op) except -1
    cdef int find_targets(self) except -1

cdef bint is_number(value_t *v) noexcept
