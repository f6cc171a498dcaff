"""Memory: each value of a plan gets a place that is free by then."""

cimport cython
from libc.stdint cimport int32_t
from libc.stdlib cimport calloc, free, malloc, realloc

from ._graph cimport CONSTANT, STRUCTURED, VARIABLE
from ._loops cimport itemsize
from ._primitive cimport Primitive, primitive_table
from ._schedule cimport NEVER
from ._simplify cimport CAST
from ._work cimport first_piece, next_piece, work_t

cdef enum:
    ALIGNMENT = 64


@cython.final
cdef class Arena:
    """Places in memory while a plan is lowered: what is free is taken again."""

    def __cinit__(self):
        self.holes = []

    def __dealloc__(self):
        free(self.free_cells)

    cdef Py_ssize_t take(self, Py_ssize_t nbytes):
        cdef Py_ssize_t size = (max(nbytes, 1) + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        cdef Py_ssize_t k, best = -1, offset, room
        for k in range(len(self.holes)):
            room = self.holes[k][1]
            if room >= size and (best < 0 or room < self.holes[best][1]):
                best = k
        if best < 0:
            offset = self.end
            self.end += size
            return offset
        offset, room = self.holes[best]
        if room == size:
            del self.holes[best]
        else:
            self.holes[best] = (offset + size, room - size)
        return offset

    cdef void give(self, Py_ssize_t offset, Py_ssize_t nbytes):
        cdef Py_ssize_t size = (max(nbytes, 1) + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        cdef Py_ssize_t k = 0, n = len(self.holes)
        while k < n and self.holes[k][0] < offset:
            k += 1
        self.holes.insert(k, (offset, size))
        if k + 1 < len(self.holes) and self.holes[k + 1][0] == offset + size:
            self.holes[k] = (offset, size + self.holes[k + 1][1])
            del self.holes[k + 1]
        if k > 0 and self.holes[k - 1][0] + self.holes[k - 1][1] == offset:
            self.holes[k - 1] = (self.holes[k - 1][0], self.holes[k - 1][1] + self.holes[k][1])
            del self.holes[k]

    cdef Py_ssize_t take_cell(self) noexcept:
        if self.n_free == 0:
            return self.new_cell()
        self.n_free -= 1
        return self.free_cells[self.n_free]

    cdef Py_ssize_t new_cell(self) noexcept:
        """A cell that nothing was in before: for what is there when a run begins."""
        self.cells += 1
        return self.cells - 1

    cdef int give_cell(self, Py_ssize_t cell) except -1:
        cdef Py_ssize_t *cells
        if self.n_free == self.free_room:
            cells = <Py_ssize_t *>realloc(self.free_cells, (2 * self.free_room + 32) * sizeof(Py_ssize_t))
            if cells == NULL:
                raise MemoryError("no memory for a plan")
            self.free_cells = cells
            self.free_room = 2 * self.free_room + 32
        self.free_cells[self.n_free] = cell
        self.n_free += 1
        return 0

    cdef void settle(self, Plan plan) noexcept:
        """Put arrays behind the cells, of which there will be no more."""
        cdef Py_ssize_t k, nbytes = (8 * self.cells + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        for k in range(plan.n_slots):
            if plan.slots[k].offset >= 0 and not plan.slots[k].cell:
                plan.slots[k].offset += nbytes
        plan.n_cells = self.cells
        plan.arena = nbytes + self.end


@cython.no_gc
cdef class Places:
    def __cinit__(self, Plan plan not None, Arena arena not None, Program program not None):
        cdef Py_ssize_t k
        cdef Graph g = program.g
        self.plan = plan
        self.arena = arena
        self.program = program
        self.schedule = Schedule(program)
        self.g = g
        self.values = program.values
        self.ops = program.ops
        self.operands = program.operands
        self.maker = program.maker
        self.same = program.same
        self.order = self.schedule.order
        self.variables = []
        self.outside = {}
        self.apart = set()
        self.slot = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.base = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.last = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.part = <Py_ssize_t *>malloc((g.n_values + 1) * sizeof(Py_ssize_t))
        self.scratch = <uint8_t *>calloc(g.n_values + 1, 1)
        if not (self.slot and self.base and self.last and self.part and self.scratch):
            raise MemoryError("no memory for a plan")
        for k in range(g.n_values):
            self.base[k] = <int32_t>k
            self.slot[k] = self.last[k] = -1
            self.part[k] = -1

    def __dealloc__(self):
        free(self.slot)
        free(self.base)
        free(self.last)
        free(self.part)
        free(self.scratch)

    # ---- slots
    cdef int32_t slot_for(self, int32_t at) except -1:
        """The slot of a value that is there already, or comes from outside."""
        cdef value_t *v
        cdef int32_t slot
        at = self.same[at]
        if self.slot[at] >= 0:
            return self.slot[at]
        if at in self.g.stacks and self.maker[at] < 0:
            return self.new_stack(at)
        v = &self.values[at]
        if v.kind == CONSTANT and at not in self.program.given:
            slot = self.plan.new_slot(v.code, v.shape.size * itemsize[v.code])
            self.plan.constants.append((slot, <object>v.held))
        elif v.kind == VARIABLE:
            slot = self.plan.new_slot(v.code, v.shape.size * itemsize[v.code])
            self.variables.append((slot, <object>v.held))
        elif self.maker[at] < 0:
            slot = self.plan.new_slot(v.code, v.shape.size * itemsize[v.code])
        else:
            raise SystemError("a plan needs a value before it is made")
        self.plan.slots[slot].last = NEVER
        if is_number(v):
            self.plan.slots[slot].cell = True
            self.plan.slots[slot].offset = 8 * self.arena.new_cell()
        self.slot[at] = slot
        return slot

    cdef int32_t new_stack(self, int32_t at) except -1:
        cdef value_t *v = &self.values[at]
        self.slot[at] = self.plan.new_slot(v.code, v.shape.size * itemsize[v.code])
        self.plan.slots[self.slot[at]].stack = <int32_t>self.plan.n_stacks
        self.plan.n_stacks += 1
        return self.slot[at]

    cdef int32_t make(self, int32_t at, Py_ssize_t position=-1) except -1:
        """A slot, with its place, for a value that an operation makes. A value that a run is given keeps its own.

        position: up to there its arguments may have been read when it is written. What a loop carries to the next
        turn is written to where it is carried, if nobody reads there any more.
        """
        cdef value_t *v = &self.values[at]
        cdef int32_t slot
        target = self.targets.get(at) if self.targets else None
        if target is not None and self.last[<int32_t>target[1]] <= position:
            self.slot[at] = target[0]
            return target[0]
        slot = self.plan.new_slot(v.code, v.shape.size * itemsize[v.code])
        if not self.outside or at not in self.outside:
            self.place(slot, is_number(v))
        if self.maker[at] >= 0:
            self.slot[at] = slot
        return slot

    cdef int place(self, int32_t slot, bint cell) except -1:
        """Give a slot a place. Arrays stand behind the cells, whose number is not known yet: see `settle`."""
        if cell:
            self.plan.slots[slot].cell = True
            self.plan.slots[slot].offset = 8 * self.arena.take_cell()
        else:
            self.plan.slots[slot].offset = self.arena.take(self.plan.slots[slot].nbytes)
        return 0

    cdef bint is_own(self, int32_t at) except -1:
        """True for a value whose memory is not a part of another's, which is made here."""
        return self.maker[at] >= 0 and self.base[at] == at and not is_number(&self.values[at]) and (
            at not in self.g.stacks)

    cdef int release(self, int32_t slot) except -1:
        if self.plan.slots[slot].stack >= 0:
            return 0
        if self.plan.slots[slot].cell:
            self.arena.give_cell(self.plan.slots[slot].offset // 8)
        elif self.plan.slots[slot].offset >= 0:
            self.arena.give(self.plan.slots[slot].offset, self.plan.slots[slot].nbytes)
        return 0

    # ---- how long values are needed
    cdef int find_bases(self) except -1:
        """Find the results that are parts of their arguments' memory."""
        cdef Py_ssize_t k
        cdef int32_t x, y
        cdef op_t *op
        cdef Primitive p
        cdef work_t w
        for k in range(self.g.n_ops):
            op = &self.ops[k]
            if not self.program.live[k] or op.kind != STRUCTURED:
                continue
            p = <Primitive>primitive_table[op.primitive]
            if p.layout == NULL or op.primitive == CAST:
                continue
            arguments, metadata = self.program.hollows(op), <dict>op.payload
            if not first_piece(p.layout, arguments, metadata, &w) or w.joins:
                continue
            x, y = self.operands[op.first_in], op.first_out
            while True:
                if w.same and is_number(&self.values[y]) == is_number(&self.values[x]) and self.maker[y] >= 0:
                    self.part[y] = w.offset
                    self.base[y] = self.base[x]
                y += 1
                if not next_piece(p.layout, arguments, metadata, &w):
                    break
        return 0

    cdef int find_last(self, list results) except -1:
        """Find the last position that reads each value."""
        cdef Py_ssize_t at, j
        cdef op_t *op
        for at in range(self.schedule.n_order):
            op = &self.ops[self.order[at]]
            for j in range(op.n_in):
                self.last[self.base[self.operands[op.first_in + j]]] = <int32_t>at
        for result in results:
            self.last[self.base[self.same[<int32_t>result]]] = NEVER
        return 0

    cdef int drop_read(self, op_t *op, Py_ssize_t at) except -1:
        """Free what the operation at a position was the last to read."""
        cdef Py_ssize_t j
        cdef int32_t x
        for j in range(op.n_in):
            x = self.base[self.operands[op.first_in + j]]
            if self.last[x] == at and self.maker[x] >= 0:
                self.last[x] = -1
                self.release(self.slot[x])
        return 0

    cdef int drop_unread(self, op_t *op) except -1:
        """Free results that nobody reads."""
        cdef int32_t y
        for y in range(op.first_out, op.first_out + op.n_out):
            if self.last[y] < 0 <= self.slot[y] and self.base[y] == y and self.maker[y] >= 0:
                self.release(self.slot[y])
        return 0

    cdef int find_targets(self) except -1:
        cdef int32_t at
        self.targets = {}
        for result, slot, value in self.carried or ():
            at = self.same[<int32_t>result]
            if self.maker[at] >= 0 and self.base[at] == at and at not in self.targets:
                self.targets[at] = (slot, value)
        return 0


cdef bint is_number(value_t *v) noexcept:
    """True if a value is kept in a cell."""
    return v.shape.size == 1 and itemsize[v.code] <= 8
