"""From a graph to a plan.

A. *Clean up* (`simplify`): operations that were done before, that change no bit, or that nobody needs are left out.
B. *Order* (`schedule`): elementwise operations of one size that can stand together do, as do those on numbers.
C. *Lower* (`emit`): each stretch becomes an instruction, and each value gets a place in memory that is free by then.

All of it is loops over flat arrays: a function of 50,000 operations takes some 10 ms.
"""

cimport cython
from libc.math cimport signbit
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset

from ..dtypes import DType

from ._buffer cimport MAX_NDIM, same_shape, shape_drop, shape_hold
from heapq import heappop, heappush

import numpy as np

from ._dispatch cimport broadcast_strides, recomputed
from ._graph cimport (
    ASSIGN, BRANCHES, CONSTANT, CUSTOM, ELEMENTWISE, JOIN, LOOP, ROWS, STRUCTURED, VARIABLE, WATCH, WRITE,
    Graph, acts, op_t, value_t,
)
from ._kernels cimport MULTIPLIED, REDUCED, SAME, work_t
from ._loops cimport BOOL, CODES, FLOAT16, FLOAT32, FLOAT64, INT32, INT64, cast_loop, fg_loop, itemsize
from ._plan cimport (
    CALL, CHOOSE, EACH, EMPTY, FG_BLOCK, FG_S_COUNT, FG_S_FLOATS, FG_S_LOOP, FG_S_MOVE, FG_S_WHERE,
    FG_STEP_OPERANDS, FILL, GROUP, MOVE, ND, PART, REPEAT, SCALARS, WORK,
    Plan, add_instr, block_t, branches_t, fg_group, fg_scalar, fg_scalar_loop, fg_scalar_names, fg_step, instr_t, nd_t,
    new_block, repeat_t, stacked_t,
)
from ._primitive cimport Primitive, known_primitive, primitive_named, primitive_table
from ._tensor cimport Tensor, scalar_value

cdef enum:
    COLUMNS = 5               # of `scalar_table`: float64, float32, int64, int32, bool
    NEVER = 0x7FFFFFFF        # the last use of what outlives its block
    SINGLE = -1               # the class of operations that stand alone
    ALIGNMENT = 64

cdef dict scalar_codes = {}   # (row, dtype code) -> operation in a cell
cdef int IDENTITY = -1, STOP = -1, CAST = -1, RESHAPE = -1, EXPAND = -1
cdef int AND = -1, OR = -1, ADD = -1, SUBTRACT = -1, MULTIPLY = -1, SCALE = -1, DIVIDE = -1, POWER = -1
cdef bint squares = False     # x**2 is x * x, bit for bit, as NumPy's loop makes it of one exponent for all


# ------------------------------------------------------------------------------------------------- memory
cdef class Arena:
    """Places in memory while a plan is lowered: what is free is taken again."""

    cdef list holes          # (offset, size), in order
    cdef Py_ssize_t end
    cdef list free_cells
    cdef Py_ssize_t cells

    def __cinit__(self):
        self.holes = []
        self.free_cells = []

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

    cdef Py_ssize_t take_cell(self):
        if self.free_cells:
            return self.free_cells.pop()
        return self.new_cell()

    cdef Py_ssize_t new_cell(self):
        """A cell that nothing was in before: for what is there when a run begins."""
        self.cells += 1
        return self.cells - 1


# ---------------------------------------------------------------------------------------------- one graph
@cython.final
@cython.no_gc
cdef class Lowering:
    """A graph on its way into a block of a plan."""

    cdef Plan plan
    cdef Arena arena
    cdef Graph g
    cdef value_t *values
    cdef op_t *ops
    cdef int32_t *operands           # these two are those of the graph, as they are after `simplify`
    cdef int32_t *maker              # value -> the operation that makes it, -1: it comes from outside
    cdef int32_t *same               # value -> the earlier one it equals
    cdef int32_t *slot               # value -> slot, -1: none yet
    cdef uint8_t *live               # of operations
    cdef int32_t *order              # operations as they will be done
    cdef int32_t *units              # where in `order` each stretch begins
    cdef Py_ssize_t n_order, n_units
    cdef block_t *block
    cdef bint effects                # are wanted
    cdef list variables              # (slot, Variable) of those that are read
    cdef set given                   # values that a run is given, whatever they are in the graph
    cdef list carried                # (result, slot it is carried in, the value that was there), of a loop's body
    cdef dict targets                # result of a loop's body -> (slot it is carried in, the value that was there)
    cdef int32_t *base               # value -> the one in whose memory it lies
    cdef int32_t *last               # of a base: the last position that reads it
    cdef uint8_t *scratch            # value is one block of a group
    cdef Py_ssize_t *part            # operation -> byte of its argument that its result begins at; -1: no such result

    def __cinit__(self, Plan plan not None, Arena arena not None, Graph g not None):
        cdef Py_ssize_t k
        self.plan = plan
        self.arena = arena
        self.effects = True
        self.variables = []
        self.given = set()
        self.g = g
        self.values = g.values
        self.ops = <op_t *>malloc((g.n_ops + 1) * sizeof(op_t))
        self.operands = <int32_t *>malloc((g.n_operands + 1) * sizeof(int32_t))
        self.same = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.slot = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.maker = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.base = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.last = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.part = <Py_ssize_t *>malloc((g.n_ops + 1) * sizeof(Py_ssize_t))
        self.scratch = <uint8_t *>calloc(g.n_values + 1, 1)
        self.live = <uint8_t *>calloc(g.n_ops + 1, 1)
        self.order = <int32_t *>malloc((g.n_ops + 1) * sizeof(int32_t))
        self.units = <int32_t *>malloc((g.n_ops + 2) * sizeof(int32_t))
        if not (self.ops and self.operands and self.maker and self.same and self.slot and self.base and self.last
                and self.part and self.scratch and self.live and self.order and self.units):
            raise MemoryError("no memory for a plan")
        if g.n_operands:
            memcpy(self.operands, g.operands, g.n_operands * sizeof(int32_t))
        if g.n_ops:
            memcpy(self.ops, g.ops, g.n_ops * sizeof(op_t))
        for k in range(g.n_values):
            self.same[k] = self.base[k] = <int32_t>k
            self.slot[k] = self.last[k] = -1
            self.maker[k] = self.values[k].op

    def __dealloc__(self):
        free(self.ops)
        free(self.operands)
        free(self.maker)
        free(self.same)
        free(self.slot)
        free(self.base)
        free(self.last)
        free(self.part)
        free(self.scratch)
        free(self.live)
        free(self.order)
        free(self.units)

    # ---- A. clean up
    cdef int simplify(self) except -1:
        """Let operands be the first value of those that are equal."""
        cdef Py_ssize_t k, j, room = 64, at
        cdef op_t *op
        cdef op_t *old
        cdef int32_t *table
        cdef uint64_t h
        cdef dict constants = {}
        while room < 2 * self.g.n_ops:
            room *= 2
        table = <int32_t *>malloc(room * sizeof(int32_t))
        if table == NULL:
            raise MemoryError("no memory for a plan")
        try:
            memset(table, 0xFF, room * sizeof(int32_t))
            for k in range(self.g.n_values):
                if self.values[k].kind == CONSTANT and self.values[k].shape.size == 1 and k not in self.given:
                    key = constant_key(&self.values[k])
                    self.same[k] = constants.setdefault(key, k)
            for k in range(self.g.n_ops):
                op = &self.ops[k]
                for j in range(op.n_in):
                    self.operands[op.first_in + j] = self.same[self.operands[op.first_in + j]]
                if op.kind == ASSIGN or op.kind == CUSTOM or op.kind == WATCH:
                    at = op.first_in if op.kind != CUSTOM else op.first_in + (<object>op.payload).first
                    for j in range(op.n_out):
                        if self.maker[op.first_out + j] >= 0:
                            self.same[op.first_out + j] = self.operands[at + j]
                if op.kind > STRUCTURED or not self.makes_all(op):
                    continue
                at = self.identical(op)
                if at >= 0:
                    self.same[op.first_out] = <int32_t>at
                    continue
                h = <uint64_t>op.primitive * 0x9E3779B97F4A7C15ULL
                for j in range(op.n_in):
                    h = (h ^ <uint64_t>self.operands[op.first_in + j]) * 0xFF51AFD7ED558CCDULL
                    h ^= h >> 29
                at = <Py_ssize_t>(h & <uint64_t>(room - 1))
                while table[at] >= 0:
                    old = &self.ops[table[at]]
                    if self.equal(op, old):
                        for j in range(op.n_out):
                            self.same[op.first_out + j] = self.same[old.first_out + j]
                        break
                    at = (at + 1) & (room - 1)
                else:
                    table[at] = <int32_t>k
        finally:
            free(table)
        return 0

    cdef bint makes_all(self, op_t *op) noexcept:
        """False if a run is given some of what an operation makes."""
        cdef Py_ssize_t j
        for j in range(op.n_out):
            if self.maker[op.first_out + j] < 0:
                return False
        return True

    cdef bint equal(self, op_t *a, op_t *b) except -1:
        cdef Py_ssize_t j
        if a.kind != b.kind or a.primitive != b.primitive or a.n_in != b.n_in or a.n_out != b.n_out:
            return False
        for j in range(a.n_in):
            if self.operands[a.first_in + j] != self.operands[b.first_in + j]:
                return False
        if a.payload == b.payload:
            return True
        return a.payload != NULL and b.payload != NULL and same_metadata(<dict>a.payload, <dict>b.payload)

    cdef Py_ssize_t identical(self, op_t *op) noexcept:
        """The value that the result of an operation is, bit for bit; -1 if it is another.

        An operation may become a simpler one that gives the same bits.
        """
        cdef int32_t a, b
        cdef double number
        if op.n_out != 1:
            return -1
        a = self.operands[op.first_in]
        if op.primitive == IDENTITY or op.primitive == STOP:
            return a
        if op.primitive == CAST:
            return a if self.values[a].code == self.values[op.first_out].code else -1
        if op.primitive == RESHAPE or op.primitive == EXPAND:
            return a if same_shape(self.values[a].shape, self.values[op.first_out].shape) else -1
        if op.kind != ELEMENTWISE or op.n_in != 2:
            return -1
        b = self.operands[op.first_in + 1]
        if op.primitive == AND or op.primitive == OR:
            if self.is_constant(a, &number):
                a, b = b, a
            if self.is_constant(b, &number) and self.as_result(op, a) and (number != 0) == (op.primitive == AND):
                return a
            return -1
        if op.primitive == MULTIPLY or op.primitive == SCALE:
            if self.is_constant(b, &number) and number == 1 and self.as_result(op, a):
                # -0.0 * 1 is -0.0, but `scale` makes 0.0 of it.
                return a if op.primitive == MULTIPLY else -1
            if self.is_constant(a, &number):
                if number == 1 and self.as_result(op, b):
                    return b
                if op.primitive == SCALE and number != 0:
                    op.primitive = MULTIPLY
        elif op.primitive == DIVIDE or op.primitive == POWER:
            if self.is_constant(b, &number) and self.as_result(op, a):
                if number == 1:
                    return a
                if number == 2 and op.primitive == POWER and squares and self.values[b].shape.size == 1:
                    op.primitive = MULTIPLY
                    self.operands[op.first_in + 1] = a
        elif op.primitive == SUBTRACT:
            if self.is_constant(b, &number) and number == 0 and not signbit(number) and self.as_result(op, a):
                return a
        elif op.primitive == ADD:
            if self.is_constant(b, &number) and number == 0 and signbit(number) and self.as_result(op, a):
                return a
            if self.is_constant(a, &number) and number == 0 and signbit(number) and self.as_result(op, b):
                return b
        return -1

    cdef bint is_constant(self, int32_t at, double *number) noexcept:
        """True for the constant of one float or bool, which is put into `number`."""
        cdef value_t *v = &self.values[at]
        if v.kind != CONSTANT or v.shape.size != 1 or at in self.given:
            return False
        if v.code != FLOAT64 and v.code != FLOAT32 and v.code != BOOL:
            return False
        number[0] = scalar_value(<Tensor><object>v.held)
        return True

    cdef bint as_result(self, op_t *op, int32_t at) noexcept:
        """True if a value has the shape and dtype of an operation's result."""
        cdef value_t *y = &self.values[op.first_out]
        return self.values[at].code == y.code and same_shape(self.values[at].shape, y.shape)

    cdef int mark(self, list results) except -1:
        """Find what the results, and effects, need."""
        cdef Py_ssize_t k, j
        cdef op_t *op
        cdef uint8_t *needed = <uint8_t *>calloc(self.g.n_values + 1, 1)
        if needed == NULL:
            raise MemoryError("no memory for a plan")
        for at in results:
            needed[self.same[<int32_t>at]] = 1
        for k in range(self.g.n_ops - 1, -1, -1):
            op = &self.ops[k]
            if self.effects and acts(op):
                self.live[k] = 1
            for j in range(op.n_out):
                if needed[op.first_out + j] and self.maker[op.first_out + j] >= 0:
                    self.live[k] = 1
            if self.live[k]:
                for j in range(op.n_in):
                    needed[self.operands[op.first_in + j]] = 1
        free(needed)
        return 0

    # ---- B. order
    cdef int32_t class_of(self, op_t *op) except -2:
        """0 for operations on numbers, the size for those on arrays that can be fused, SINGLE for the others."""
        cdef value_t *y = &self.values[op.first_out]
        cdef value_t *x
        cdef Py_ssize_t j
        cdef bint cast = op.kind == STRUCTURED and op.primitive == CAST
        if self.g.stacks and op.first_out in self.g.stacks:
            return SINGLE
        if op.n_out != 1 or not (op.kind == ELEMENTWISE or cast) or op.n_in >= FG_STEP_OPERANDS:
            return SINGLE
        if cast and cast_loop(self.values[self.operands[op.first_in]].code, y.code).fn == NULL:
            return SINGLE
        if y.shape.size == 1 and op.n_in <= 3 and itemsize[y.code] <= 8:
            for j in range(op.n_in):
                if itemsize[self.values[self.operands[op.first_in + j]].code] > 8:
                    return SINGLE
            return 0
        if y.shape.size <= 1 or y.shape.size >= NEVER:
            return SINGLE
        for j in range(op.n_in):
            x = &self.values[self.operands[op.first_in + j]]
            if x.shape.size != 1 and not same_shape(x.shape, y.shape):
                return SINGLE
        return <int32_t>y.shape.size

    cdef int schedule(self) except -1:
        """Put live operations in order, those of one class together as far as they don't need others."""
        cdef Py_ssize_t n = self.g.n_ops, k, j, m, edges = 0, last_effect = -1, best, current, head
        cdef op_t *op
        cdef int32_t at, p
        cdef int32_t *waiting = <int32_t *>calloc(n + 2, sizeof(int32_t))   # operands that are not there yet
        cdef int32_t *first = <int32_t *>calloc(n + 2, sizeof(int32_t))     # consumers of k: first[k]..first[k + 1]
        cdef int32_t *kind = <int32_t *>malloc((n + 1) * sizeof(int32_t))   # number of the class
        cdef int32_t *consumers = NULL
        cdef list classes = []   # heaps of operations that are ready
        cdef dict numbers = {}
        cdef list heap
        if not (waiting and first and kind):
            free(waiting)
            free(first)
            free(kind)
            raise MemoryError("no memory for a plan")
        try:
            for k in range(n):
                if not self.live[k]:
                    continue
                op = &self.ops[k]
                for j in range(op.n_in):
                    at = self.operands[op.first_in + j]
                    if self.maker[at] >= 0:
                        first[self.maker[at] + 1] += 1
                        waiting[k] += 1
                        edges += 1
                if acts(op):
                    if last_effect >= 0:
                        first[last_effect + 1] += 1
                        waiting[k] += 1
                        edges += 1
                    last_effect = k
            consumers = <int32_t *>malloc((edges + 1) * sizeof(int32_t))
            if consumers == NULL:
                raise MemoryError("no memory for a plan")
            for k in range(n):
                first[k + 1] += first[k]
            last_effect = -1
            for k in range(n):
                if not self.live[k]:
                    continue
                op = &self.ops[k]
                for j in range(op.n_in):
                    at = self.operands[op.first_in + j]
                    if self.maker[at] >= 0:
                        p = self.maker[at]
                        consumers[first[p]] = <int32_t>k
                        first[p] += 1
                if acts(op):
                    if last_effect >= 0:
                        consumers[first[last_effect]] = <int32_t>k
                        first[last_effect] += 1
                    last_effect = k
            for k in range(n, 0, -1):
                first[k] = first[k - 1]
            first[0] = 0
            classes.append([])
            numbers[SINGLE] = 0
            for k in range(n):
                if not self.live[k]:
                    continue
                at = self.class_of(&self.ops[k])
                m = numbers.setdefault(at, len(classes))
                if m == len(classes):
                    classes.append([])
                kind[k] = <int32_t>m
                if waiting[k] == 0:
                    (<list>classes[m]).append(k)  # in order, so a heap
            while True:
                best = -1
                current = -1
                for m in range(len(classes)):
                    heap = classes[m]
                    if heap:
                        head = heap[0]
                        if best < 0 or head < best:
                            best, current = head, m
                if best < 0:
                    break
                heap = classes[current]
                self.units[self.n_units] = <int32_t>self.n_order
                self.n_units += 1
                while heap:
                    k = heappop(heap)
                    self.order[self.n_order] = <int32_t>k
                    self.n_order += 1
                    for j in range(first[k], first[k + 1]):
                        at = consumers[j]
                        waiting[at] -= 1
                        if waiting[at] == 0:
                            heappush(<list>classes[kind[at]], at)
                    if current == 0:  # SINGLE
                        break
            self.units[self.n_units] = <int32_t>self.n_order
        finally:
            free(waiting)
            free(first)
            free(kind)
            free(consumers)
        return 0

    # ---- C. lower
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
        if v.kind == CONSTANT and at not in self.given:
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

    cdef int release(self, int32_t slot) except -1:
        if self.plan.slots[slot].stack >= 0:
            return 0
        if self.plan.slots[slot].cell:
            self.arena.free_cells.append(self.plan.slots[slot].offset // 8)
        elif self.plan.slots[slot].offset >= 0:
            self.arena.give(self.plan.slots[slot].offset, self.plan.slots[slot].nbytes)
        return 0

    cdef int find_bases(self) except -1:
        """Find the results that are parts of their arguments' memory."""
        cdef Py_ssize_t k
        cdef int32_t x, y
        cdef op_t *op
        cdef Primitive p
        cdef work_t w
        for k in range(self.g.n_ops):
            self.part[k] = -1
            op = &self.ops[k]
            if not self.live[k] or op.kind != STRUCTURED:
                continue
            p = <Primitive>primitive_table[op.primitive]
            if p.layout == NULL or op.primitive == CAST or not p.layout(self.hollows(op), <dict>op.payload, &w):
                continue
            if w.kind != SAME:
                continue
            x, y = self.operands[op.first_in], op.first_out
            if is_number(&self.values[y]) != is_number(&self.values[x]):
                continue
            self.part[k] = w.offset
            self.base[y] = self.base[x]
        return 0

    cdef list hollows(self, op_t *op):
        """Tensors like the arguments, without data."""
        cdef Py_ssize_t j
        return [hollow(&self.values[self.operands[op.first_in + j]]) for j in range(op.n_in)]

    cdef int find_last(self, list results) except -1:
        """Find the last position that reads each value."""
        cdef Py_ssize_t at, j
        cdef op_t *op
        for at in range(self.n_order):
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

    cdef int emit(self) except -1:
        cdef Py_ssize_t u, start, end
        cdef int32_t kind
        for u in range(self.n_units):
            start, end = self.units[u], self.units[u + 1]
            kind = self.class_of(&self.ops[self.order[start]])
            if kind == 0:
                self.emit_scalars(start, end)
            elif kind > 0:
                self.emit_group(start, end)
            else:
                self.emit_single(start)
        return 0

    # ---- numbers
    cdef fg_scalar *new_scalar(self, block_t *block) except NULL:
        """One more operation on numbers, in the stretch that a block ends with."""
        cdef instr_t *i = &block.instrs[block.n - 1] if block.n else NULL
        cdef fg_scalar *ops
        if i == NULL or i.kind != SCALARS:
            i = add_instr(block, SCALARS)
        if i.n & (i.n - 1) == 0 and (i.n >= 8 or i.n == 0):  # the room is the next power of two, from 8 on
            ops = <fg_scalar *>realloc(i.data, max(8, 2 * i.n) * sizeof(fg_scalar))
            if ops == NULL:
                raise MemoryError("no memory for a plan")
            i.data = ops
        self.plan.cost += 3
        i.n += 1
        ops = &(<fg_scalar *>i.data)[i.n - 1]
        memset(ops, 0, sizeof(fg_scalar))
        return ops

    cdef int emit_scalars(self, Py_ssize_t start, Py_ssize_t end) except -1:
        cdef fg_scalar *s
        cdef op_t *op
        cdef Py_ssize_t at, j
        cdef uint32_t cells[3]
        cdef uint32_t y
        for at in range(start, end):
            op = &self.ops[self.order[at]]
            cells[0] = cells[1] = cells[2] = 0
            for j in range(op.n_in):
                cells[j] = <uint32_t>(self.plan.slots[self.slot_for(self.operands[op.first_in + j])].offset // 8)
            self.drop_read(op, at)
            y = <uint32_t>(self.plan.slots[self.make(op.first_out, at)].offset // 8)
            s = self.new_scalar(self.block)
            s.y, s.a, s.b, s.c = y, cells[0], cells[1], cells[2]
            s.op = self.scalar_op(op)
            if s.op == FG_S_LOOP:
                s.loop = self.scalar_loop(op)
            self.drop_unread(op)
        return 0

    cdef uint16_t scalar_op(self, op_t *op) noexcept:
        cdef int column
        if op.kind != ELEMENTWISE or op.primitive >= n_scalar_table:
            return FG_S_LOOP
        if op.primitive == WHERE:
            return FG_S_WHERE
        column = scalar_column[self.values[self.operands[op.first_in]].code]
        return FG_S_LOOP if column < 0 else scalar_table[COLUMNS * op.primitive + column]

    cdef fg_loop loop_of(self, op_t *op, int *code) except *:
        """The loop of an elementwise operation or a cast, and the dtype that it works on."""
        cdef Primitive p
        cdef Py_ssize_t j
        cdef fg_loop loop
        if op.kind != ELEMENTWISE:
            loop = cast_loop(self.values[self.operands[op.first_in]].code, self.values[op.first_out].code)
            self.plan.names[<size_t>loop.fn, <size_t>loop.data] = "cast"
            return loop
        p = <Primitive>primitive_table[op.primitive]
        code[0] = 0
        for j in range(op.n_in):
            if not p.bools >> j & 1:
                code[0] = self.values[self.operands[op.first_in + j]].code
                break
        if code[0] < FLOAT16:
            self.plan.checks = True
        loop = p.loops[code[0]]
        self.plan.names[<size_t>loop.fn, <size_t>loop.data] = p.name
        return loop

    cdef uint16_t scalar_loop(self, op_t *op) except *:
        """The number of a loop in the plan's table."""
        cdef int code = -1
        cdef fg_scalar_loop entry
        cdef Py_ssize_t k
        cdef fg_scalar_loop *loops
        memset(&entry, 0, sizeof(entry))
        entry.loop = self.loop_of(op, &code)
        entry.operands = op.n_in + 1
        # Steps of 0, as eagerly: NumPy's power tells by it that the exponent is one number.
        entry.step[op.n_in] = itemsize[self.values[op.first_out].code]
        for k in range(self.plan.n_loops):
            if memcmp(&self.plan.loops[k], &entry, sizeof(entry)) == 0:
                return <uint16_t>k
        if self.plan.n_loops == 65536:
            raise RuntimeError("a function with more than 65,536 kinds of operations can't be replayed")
        if self.plan.n_loops == self.plan.loop_room:
            loops = <fg_scalar_loop *>realloc(self.plan.loops, (2 * self.plan.loop_room + 8) * sizeof(entry))
            if loops == NULL:
                raise MemoryError("no memory for a plan")
            self.plan.loops = loops
            self.plan.loop_room = 2 * self.plan.loop_room + 8
        self.plan.loops[self.plan.n_loops] = entry
        self.plan.n_loops += 1
        return <uint16_t>(self.plan.n_loops - 1)

    # ---- arrays
    cdef int emit_group(self, Py_ssize_t start, Py_ssize_t end) except -1:
        """Elementwise operations on arrays of one size, which run block by block.

        What only they read is scratch of one block. A result may take the place of an array that they read last.
        """
        cdef fg_group *g = <fg_group *>calloc(1, sizeof(fg_group))
        cdef instr_t *i
        cdef fg_step *s
        cdef op_t *op
        cdef Py_ssize_t at, j, n = self.values[self.ops[self.order[start]].first_out].shape.size
        cdef int32_t x, slot
        cdef int code
        cdef list places = []       # slots of scratch
        cdef dict spare = {}        # itemsize -> [slots of scratch that is free]
        cdef dict dying = {}        # array that only this unit still reads -> the last position
        if g == NULL:
            raise MemoryError("no memory for a plan")
        i = add_instr(self.block, GROUP)
        i.data = g
        g.n = n
        g.steps = s = <fg_step *>calloc(end - start, sizeof(fg_step))
        if s == NULL:
            raise MemoryError("no memory for a plan")
        g.n_steps = <int>(end - start)
        self.plan.cost += (end - start) * (10 + n)
        for at in range(start, end):
            op = &self.ops[self.order[at]]
            for j in range(op.n_in):
                x = self.base[self.operands[op.first_in + j]]
                if self.maker[x] >= 0 and self.slot[x] >= 0 and start <= self.last[x] < end:
                    # A part of it would be read at other places than a result is written to.
                    whole = dying.get(x, NEVER) != -1 and x == self.operands[op.first_in + j]
                    dying[x] = self.last[x] if whole else -1
        for at in range(start, end):
            op = &self.ops[self.order[at]]
            s.loop = self.loop_of(op, &code)
            s.operands = op.n_in + 1
            for j in range(op.n_in):
                x = self.operands[op.first_in + j]
                s.slot[j] = self.slot_for(x)
                if self.values[x].shape.size != 1:
                    s.step[j] = itemsize[self.values[x].code]
                    s.moves[j] = not self.scratch[x]
            for j in range(op.n_in):
                x = self.operands[op.first_in + j]
                if self.scratch[x] and self.last[x] == at:
                    self.last[x] = -1
                    spare.setdefault(itemsize[self.values[x].code], []).append(self.slot[x])
            x = op.first_out
            j = op.n_in
            s.step[j] = itemsize[self.values[x].code]
            target = self.targets.get(x) if self.targets else None
            if target is not None and self.last[<int32_t>target[1]] <= at:
                self.slot[x] = s.slot[j] = target[0]
                s.moves[j] = True
                s += 1
                continue
            slot = self.plan.new_slot(self.values[x].code, n * itemsize[self.values[x].code])
            self.slot[x] = slot
            if self.last[x] < end:
                self.scratch[x] = True
                free_ones = spare.get(itemsize[self.values[x].code])
                if free_ones:
                    self.plan.slots[slot].offset = self.plan.slots[<int32_t>free_ones.pop()].offset
                else:
                    self.plan.slots[slot].nbytes = min(n, FG_BLOCK) * itemsize[self.values[x].code]
                    self.place(slot, False)
                    places.append(slot)
            else:
                s.moves[j] = True
                self.plan.slots[slot].offset = self.taken_over(x, at, dying)
                if self.plan.slots[slot].offset < 0:
                    self.place(slot, False)
            s.slot[j] = slot
            s += 1
        for slot in places:
            self.release(slot)
        for x in dying:
            if self.last[x] >= 0:
                self.last[x] = -1
                self.release(self.slot[x])
        return 0

    cdef Py_ssize_t taken_over(self, int32_t y, Py_ssize_t at, dict dying) except -2:
        """The place of an array of the size of y that nobody reads after the operation at a position, or -1."""
        cdef int32_t x
        for x in dying:
            if 0 <= dying[x] <= at and self.values[x].code == self.values[y].code and (
                    self.values[x].shape.size == self.values[y].shape.size and self.last[x] >= 0):
                self.last[x] = -1
                return self.plan.slots[self.slot[x]].offset
        return -1

    # ---- the others
    cdef int emit_single(self, Py_ssize_t at) except -1:
        cdef Py_ssize_t index = self.order[at]
        cdef op_t *op = &self.ops[index]
        cdef Py_ssize_t j
        for j in range(op.n_in):
            self.slot_for(self.operands[op.first_in + j])
        if op.kind == BRANCHES:
            self.emit_if(op)
        elif op.kind == LOOP:
            self.emit_while(op)
        elif op.kind == ROWS or op.kind == JOIN:
            self.emit_stack(op)
        elif op.kind == ELEMENTWISE and self.emit_one(op):
            pass
        elif op.kind == ELEMENTWISE:
            self.emit_nd(op)
        elif self.part[index] >= 0:
            self.emit_part(op, self.part[index])
        elif op.kind != STRUCTURED or not self.emit_work(op, at):
            self.emit_call(op)
        self.drop_read(op, at)
        self.drop_unread(op)
        return 0

    cdef bint emit_one(self, op_t *op) except -1:
        """An operation on arrays of one element, with the steps that it has eagerly: loops may go by them."""
        cdef fg_group *g
        cdef fg_step *s
        cdef instr_t *i
        cdef Py_ssize_t j
        cdef int code
        if self.values[op.first_out].shape.size != 1 or (self.g.stacks and op.first_out in self.g.stacks):
            return False
        cdef int ndim = self.values[self.operands[op.first_in]].shape.ndim
        for j in range(1, op.n_in):
            if self.values[self.operands[op.first_in + j]].shape.ndim > ndim:
                return False
        g = <fg_group *>calloc(1, sizeof(fg_group))
        if g == NULL:
            raise MemoryError("no memory for a plan")
        i = add_instr(self.block, GROUP)
        i.data = g
        g.n = 1
        g.steps = s = <fg_step *>calloc(1, sizeof(fg_step))
        if s == NULL:
            raise MemoryError("no memory for a plan")
        g.n_steps = 1
        s.loop = self.loop_of(op, &code)
        s.operands = op.n_in + 1
        for j in range(op.n_in):
            s.slot[j] = self.slot_for(self.operands[op.first_in + j])
        s.slot[op.n_in] = self.make(op.first_out)
        s.step[op.n_in] = itemsize[self.values[op.first_out].code]
        return True

    cdef int emit_nd(self, op_t *op) except -1:
        cdef nd_t *nd
        cdef instr_t *i
        cdef Py_ssize_t j
        cdef int code
        cdef value_t *y = &self.values[op.first_out]
        cdef bint each = self.g.stacks and op.first_out in self.g.stacks
        cdef int32_t slot = self.new_stack(op.first_out) if each else self.make(op.first_out)
        if y.shape.size == 0 and not each:
            return 0
        i = add_instr(self.block, EACH if each else ND)
        i.data = nd = <nd_t *>calloc(1, sizeof(nd_t))
        if nd == NULL:
            raise MemoryError("no memory for a plan")
        nd.loop = self.loop_of(op, &code)
        nd.operands = op.n_in + 1
        nd.ndim = y.shape.ndim
        memcpy(nd.dims, y.shape.dims, y.shape.ndim * sizeof(Py_ssize_t))
        for j in range(op.n_in + 1):
            nd.slot[j] = slot if j == op.n_in else self.slot_for(self.operands[op.first_in + j])
            y = &self.values[op.first_out if j == op.n_in else self.operands[op.first_in + j]]
            broadcast_strides(y.shape, itemsize[y.code], nd.ndim, &nd.strides[j * MAX_NDIM])
        self.plan.cost += 10 + 2 * y.shape.size
        return 0

    cdef int emit_part(self, op_t *op, Py_ssize_t offset) except -1:
        cdef instr_t *i
        cdef int32_t x = self.operands[op.first_in], y = op.first_out
        if offset == 0:
            self.slot[y] = self.slot[x]
            return 0
        cdef int code = self.values[y].code
        self.slot[y] = self.plan.new_slot(code, self.values[y].shape.size * itemsize[code])
        i = add_instr(self.block, PART)
        i.x, i.y, i.n = self.slot[x], self.slot[y], offset
        return 0

    cdef bint emit_work(self, op_t *op, Py_ssize_t at) except -1:
        cdef Primitive p = <Primitive>primitive_table[op.primitive]
        cdef work_t *w
        cdef instr_t *i
        if p.layout == NULL:
            return False
        w = <work_t *>malloc(sizeof(work_t))
        if w == NULL:
            raise MemoryError("no memory for a plan")
        try:
            known = p.layout(self.hollows(op), <dict>op.payload, w)
        except BaseException:
            free(w)
            raise
        if not known:
            free(w)
            return False
        self.make(op.first_out, at - 1)
        i = add_instr(self.block, WORK)
        i.data = w
        self.plan.names[<size_t>w] = p.name
        i.x = self.slot[self.operands[op.first_in]]
        i.z = self.slot[self.operands[op.first_in + op.n_in - 1]]
        i.y = self.slot[op.first_out]
        self.plan.cost += 20 + w.size
        if w.kind == MULTIPLIED:
            self.plan.cost += w.sizes[0] * w.sizes[1] * w.sizes[2] * w.sizes[3] // 16
        elif w.kind == REDUCED:
            self.plan.cost += self.values[self.operands[op.first_in]].shape.size // 2
        return True

    cdef int emit_call(self, op_t *op) except -1:
        cdef instr_t *i
        cdef Py_ssize_t j
        cdef int32_t x
        cdef list sources = [], results = []
        cdef Recomputation again
        for j in range(op.n_in):
            x = self.operands[op.first_in + j]
            sources.append((self.slot[x], hollow(&self.values[x])))
        for j in range(op.n_out):
            x = op.first_out + <int32_t>j
            results.append((self.make(x), hollow(&self.values[x])))
        if op.kind == STRUCTURED:
            again = Recomputation.__new__(Recomputation)
            again.primitive = <Primitive>primitive_table[op.primitive]
            again.metadata = <dict>op.payload
            function = again
        elif op.kind == WRITE:
            function = Assignment(<object>op.payload)
        else:
            function = <object>op.payload
        i = add_instr(self.block, CALL)
        i.n = len(self.plan.calls)
        self.plan.calls.append((function, sources, results, None if op.place == NULL else <object>op.place))
        self.plan.python = True
        self.plan.cost += 5000
        return 0

    # ---- control flow
    cdef int move(self, block_t *block, int32_t source, int32_t to) except -1:
        cdef instr_t *i
        cdef fg_scalar *s
        if source == to or self.plan.slots[to].nbytes == 0:
            return 0
        if self.plan.slots[source].cell and self.plan.slots[to].cell:
            s = self.new_scalar(block)
            s.op = FG_S_MOVE
            s.y = <uint32_t>(self.plan.slots[to].offset // 8)
            s.a = <uint32_t>(self.plan.slots[source].offset // 8)
            return 0
        i = add_instr(block, MOVE)
        i.x, i.y, i.n = source, to, self.plan.slots[to].nbytes
        return 0

    cdef block_t *nested(self, op_t *op, Graph g, list results, list arguments, list first, dict given,
                         list slots) except NULL:
        """Lower a graph of a branch or loop.

        arguments: (number of the operand, value in g) pairs. first: slots that stand for the first operands (of a
        loop, what it carries). given: slots of other values, of a loop's body. Fills `slots` with those of the results.
        """
        cdef Lowering inner = Lowering(self.plan, self.arena, g)
        cdef Py_ssize_t k
        inner.effects = self.effects and not (<object>op.payload).quiet
        for k, at in arguments:
            inner.slot[<int32_t>at] = first[k] if k < len(first) else self.slot[self.operands[op.first_in + k]]
        for at, slot in (given or {}).items():
            inner.slot[<int32_t>at] = slot
        if given is not None:
            inner.carried = [(result, first[k], at) for k, result in enumerate(results) if k < len(first)
                             for j, at in arguments if j == k]
        inner.run(results)
        for result in results:
            slots.append(inner.slot_for(<int32_t>result))
        return inner.finish()

    cdef int emit_if(self, op_t *op) except -1:
        cdef branches_t *b = <branches_t *>calloc(1, sizeof(branches_t))
        cdef instr_t *i
        cdef Py_ssize_t k, j
        cdef block_t *block
        cdef list slots
        cdef tuple sides = (<object>op.payload).parts
        if b == NULL:
            raise MemoryError("no memory for a plan")
        i = add_instr(self.block, CHOOSE)
        i.data = b
        i.x = self.slot[self.operands[op.first_in]]
        cdef list results = [self.make(op.first_out + <int32_t>j) for j in range(op.n_out)]
        for k in range(2):
            graph, values, arguments = sides[k]
            slots = []
            block = self.nested(op, graph, values, arguments, [], {}, slots)
            if k == 0:
                b.first = block
            else:
                b.second = block
            for j in range(op.n_out):
                self.move(block, slots[j], results[j])
        return 0

    cdef int emit_while(self, op_t *op) except -1:
        cdef repeat_t *r = <repeat_t *>calloc(1, sizeof(repeat_t))
        cdef Py_ssize_t j, k, before, here, n = (<object>op.payload).n
        cdef int32_t temporary, x, slot
        cdef stacked_t *at
        cdef list carried = [], slots = [], tests = [], stacks = []
        cdef dict given = {}
        loop = <object>op.payload
        body, results, arguments = loop.body
        if r == NULL:
            raise MemoryError("no memory for a plan")
        for j in range(n):
            x = op.first_out + <int32_t>j
            carried.append(self.make(x))
        for j in range(op.n_out - n):
            x = op.first_out + <int32_t>(n + j)
            stacks.append(self.new_stack(x) if self.last[x] >= 0 and self.maker[x] >= 0 else -1)
        for j in range(n):
            self.move(self.block, self.slot[self.operands[op.first_in + j]], carried[j])
        here = self.block.n
        i = add_instr(self.block, REPEAT)
        i.data = r
        before = self.plan.cost
        if loop.test is not None:
            test, test_results, test_arguments = loop.test
            r.test = self.nested(op, test, test_results, test_arguments, carried, None, tests)
            r.test.test = tests[0]
        r.reads = <stacked_t *>calloc(len(loop.reads) + 1, sizeof(stacked_t))
        r.writes = <stacked_t *>calloc(op.n_out + 1, sizeof(stacked_t))
        if r.reads == NULL or r.writes == NULL:
            raise MemoryError("no memory for a plan")
        for k, value, from_end in loop.reads:
            slot = self.slot[self.operands[op.first_in + <Py_ssize_t>k]]
            x = self.plan.new_slot(self.plan.slots[slot].code, self.plan.slots[slot].nbytes)
            self.place(x, self.plan.slots[slot].nbytes == itemsize[self.plan.slots[slot].code] <= 8)
            given[value] = x
            at = &r.reads[r.n_reads]
            at.stack, at.slot, at.from_end = self.plan.slots[slot].stack, x, from_end
            r.n_reads += 1
        r.body = self.nested(op, body, results, arguments, carried, given, slots)
        for j in range(len(slots)):  # what is carried elsewhere too must be read before it is written
            if slots[j] in carried and (j >= n or slots[j] != carried[j]):
                temporary = self.plan.new_slot(self.plan.slots[<int32_t>slots[j]].code,
                                               self.plan.slots[<int32_t>slots[j]].nbytes)
                self.place(temporary, self.plan.slots[<int32_t>slots[j]].cell)
                self.move(r.body, slots[j], temporary)
                slots[j] = temporary
        for j in range(op.n_out - n):
            if stacks[j] < 0:
                continue
            at = &r.writes[r.n_writes]
            at.stack = self.plan.slots[<int32_t>stacks[j]].stack
            at.before = j < n
            at.slot = carried[j] if j < n else slots[j]
            at.from_end = j >= n and loop.ends[j - n]
            r.n_writes += 1
        for j in range(n):
            self.move(r.body, slots[j], carried[j])
        self.block.instrs[here].n = self.plan.cost - before
        self.plan.cost += 100 * (self.plan.cost - before)
        return 0

    cdef int emit_stack(self, op_t *op) except -1:
        """An array becomes a stack, or a stack an array."""
        cdef int32_t x = self.operands[op.first_in]
        cdef bint fill = op.kind == ROWS
        cdef instr_t *i = add_instr(self.block, FILL if fill else EMPTY)
        i.x = self.slot[x]
        i.y = self.new_stack(op.first_out) if fill else self.make(op.first_out)
        i.n = self.values[x if fill else op.first_out].shape.dims[0]
        self.plan.cost += 20 + self.values[x if fill else op.first_out].shape.size
        return 0

    cdef int find_targets(self) except -1:
        cdef int32_t at
        self.targets = {}
        for result, slot, value in self.carried or ():
            at = self.same[<int32_t>result]
            if self.maker[at] >= 0 and self.base[at] == at and at not in self.targets:
                self.targets[at] = (slot, value)
        return 0

    # ---- all of it
    cdef int run(self, list results) except -1:
        self.simplify()
        self.mark(results)
        self.schedule()
        self.find_bases()
        self.find_last(results)
        self.find_targets()
        self.block = new_block()
        self.emit()
        return 0

    cdef block_t *finish(self) noexcept:
        cdef block_t *block = self.block
        self.block = NULL
        return block


@cython.final
cdef class Recomputation:
    """What a plan calls for a structured operation that has no instruction."""

    cdef Primitive primitive
    cdef dict metadata

    def __call__(self, list arguments not None):
        if self.primitive is None:
            raise TypeError("Recomputation: of no operation")
        y = recomputed(self.primitive, arguments, dict(self.metadata))
        return y if isinstance(y, list) else [y]

    def __repr__(self):
        return "Recomputation of nothing" if self.primitive is None else self.primitive.name


class Assignment:
    """What a plan calls to write a Variable before an effect that may read it."""

    def __init__(self, variable):
        self.variable = variable

    def __call__(self, arguments):
        self.variable.assign(arguments[0])
        return []


# ------------------------------------------------------------------------------------------------ helpers
cdef bint is_number(value_t *v) noexcept:
    """True if a value is kept in a cell."""
    return v.shape.size == 1 and itemsize[v.code] <= 8


cdef object constant_key(value_t *v):
    cdef Tensor t = <Tensor>v.held
    return v.code, v.shape.ndim, t.data[:itemsize[v.code]]


cdef bint same_metadata(dict a, dict b) except -1:
    """True if two calls of a row have the same metadata, as far as they are of plain kinds."""
    if a.keys() != b.keys():
        return False
    for name, value in a.items():
        if not same_plain(value, b[name]):
            return False
    return True


cdef bint same_plain(x, y) except -1:
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, (int, str, DType)):
        return x == y
    if isinstance(x, float):
        return x == y and str(x) == str(y)
    if isinstance(x, slice):
        return x == y
    if isinstance(x, (tuple, list)):
        return len(x) == len(y) and all([same_plain(p, q) for p, q in zip(x, y)])
    return False


cdef Tensor hollow(value_t *v):
    """A Tensor with a shape and a dtype, but no data: for layouts, and as a pattern."""
    cdef Tensor t = Tensor.__new__(Tensor)
    t.code = v.code
    shape_drop(t.shape_)
    t.shape_ = shape_hold(v.shape)
    t.data = NULL
    return t


cdef uint16_t *scalar_table = NULL
cdef Py_ssize_t n_scalar_table = 0
cdef int WHERE = -1
cdef int scalar_column[CODES]


cdef bint powers_square(dtype):
    """True if x**2 is x * x on numbers of which many are not by the general function."""
    x = np.linspace(0.5, 1.5, 4001, dtype=dtype)
    return np.power(x, dtype(2)).tobytes() == (x * x).tobytes() and all([
        np.power(number, dtype(2)) == number * number for number in x[::40]])


def connect():
    """Look up the primitives that are known here. Called when the first function is compiled."""
    global scalar_table, n_scalar_table, WHERE, IDENTITY, STOP, CAST, RESHAPE, EXPAND
    global AND, OR, ADD, SUBTRACT, MULTIPLY, SCALE, DIVIDE, POWER, squares
    cdef int k, number
    cdef Primitive p
    cdef list pairs = []
    cdef dict seen
    WHERE, IDENTITY, STOP, CAST, RESHAPE, EXPAND = [
        (<Primitive>primitive_named(name)).number
        for name in ("where", "identity", "stop_gradient", "cast", "reshape", "expand_dims")]
    AND, OR, ADD, SUBTRACT, MULTIPLY, SCALE, DIVIDE, POWER = [
        (<Primitive>primitive_named(name)).number for name in
        ("logical_and", "logical_or", "add", "subtract", "multiply", "scale", "divide", "power")]
    squares = all([powers_square(dtype) for dtype in (np.float32, np.float64)])
    for k in range(CODES):
        scalar_column[k] = -1
    for k, number in enumerate((FLOAT64, FLOAT32, INT64, INT32, BOOL)):
        scalar_column[number] = k
    for k in range(FG_S_MOVE + 1, FG_S_COUNT):
        if fg_scalar_names[k][0]:
            pairs.append((known_primitive((<bytes>fg_scalar_names[k]).decode()), k))
    pairs = [(p, k) for p, k in pairs if p is not None]
    for p, _ in pairs:
        n_scalar_table = max(n_scalar_table, p.number + 1)
    scalar_table = <uint16_t *>calloc(COLUMNS * n_scalar_table, sizeof(uint16_t))
    if scalar_table == NULL:
        raise MemoryError()
    seen = {}
    for p, k in pairs:  # of each name those on 64 bits come first
        floats = k < FG_S_FLOATS
        first = 0 if floats else 4 if p.name.startswith("logical") else 2
        at = seen.get((p.name, floats), first)
        seen[p.name, floats] = at + 1
        scalar_table[COLUMNS * p.number + at] = k
    scalar_table[COLUMNS * WHERE] = scalar_table[COLUMNS * WHERE + 1] = FG_S_LOOP


def compile_graph(Graph g not None, list inputs not None, list outputs not None, list writes not None,
                  bint effects):
    """The plan of a graph, or of a part of it.

    inputs: values that a call is given; what they are made of is left out. outputs: values that it gives. writes:
    (value, variable) pairs, of what Variables are in the end. effects: do what the graph does besides computing.
    """
    cdef Plan plan = Plan.__new__(Plan)
    cdef Arena arena = Arena.__new__(Arena)
    cdef Lowering lowering
    cdef Py_ssize_t k, cells
    cdef int32_t slot, copy
    cdef list results
    if scalar_table == NULL:
        connect()
    g.check(inputs)
    g.check(outputs)
    g.check([value for value, _ in writes])
    results = [*outputs, *[value for value, _ in writes]]
    lowering = Lowering(plan, arena, g)
    lowering.effects = effects
    lowering.given = set(inputs)
    for k in inputs:
        lowering.maker[k] = -1
    lowering.run(results)
    given = [(lowering.slot_for(value), None) for value in inputs]
    results = [(lowering.slot_for(value), hollow(&g.values[<int32_t>value])) for value in outputs]
    written = []
    for value, variable in writes:
        slot = lowering.slot_for(value)
        if g.values[lowering.base[lowering.same[<int32_t>value]]].kind == VARIABLE:  # may be written to before
            copy = plan.new_slot(plan.slots[slot].code, plan.slots[slot].nbytes)
            lowering.place(copy, plan.slots[slot].cell)
            lowering.move(lowering.block, slot, copy)
            slot = copy
        written.append((slot, variable))
    slots = {slot for slot, _ in given}  # also values of Variables, which may have others when they are given
    variables = [pair for pair in lowering.variables if pair[0] not in slots]
    plan.set_ports(given, variables, results, written)
    plan.root = lowering.finish()
    plan.n_cells = arena.cells
    cells = (8 * arena.cells + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
    for k in range(plan.n_slots):
        if plan.slots[k].offset >= 0 and not plan.slots[k].cell:
            plan.slots[k].offset += cells
    plan.arena = cells + arena.end
    return plan
