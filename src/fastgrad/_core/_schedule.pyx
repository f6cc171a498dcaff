"""Order: elementwise operations of one size, and sums of them, stand together if they can, as do those on numbers."""

cimport cython
from libc.stdint cimport int32_t
from libc.stdlib cimport calloc, free, malloc

from ._graph cimport ELEMENTWISE, STRUCTURED, acts, value_t
from ._loops cimport BOOL, FLOAT16, FLOAT32, FLOAT64, cast_loop, itemsize
from ._plan cimport FG_ALL, FG_NO_SUM, FG_ROWS, FG_STEP_OPERANDS
from ._primitive cimport Primitive, primitive_table
from ._simplify cimport CAST, MEAN, POWER, SUM, SUM_TO
from ._work cimport first_piece, work_t

cdef enum:
    FEWEST = 256   # numbers whose sum takes part in groups


@cython.final
@cython.no_gc
cdef class Schedule:
    def __cinit__(self, Program p not None):
        cdef Py_ssize_t n = p.g.n_ops
        self.p = p
        self.order = <int32_t *>malloc((n + 1) * sizeof(int32_t))
        self.units = <int32_t *>malloc((n + 2) * sizeof(int32_t))
        self.waiting = <int32_t *>calloc(n + 1, sizeof(int32_t))
        self.first = <int32_t *>calloc(n + 1, sizeof(int32_t))
        self.kind = <int32_t *>malloc((n + 1) * sizeof(int32_t))
        self.late = <uint8_t *>calloc(n + 1, 1)
        if not (self.order and self.units and self.waiting and self.first and self.kind and self.late):
            raise MemoryError("no memory for a plan")

    def __dealloc__(self):
        free(self.order)
        free(self.units)
        free(self.waiting)
        free(self.first)
        free(self.consumers)
        free(self.kind)
        free(self.late)
        free(self.ready)
        free(self.room)

    cdef int find_late(self, set written, list kept) except -1:
        """Let what only makes `written` values, by loops that can't fail, wait. Others need what is `kept`."""
        cdef Program p = self.p
        cdef Py_ssize_t k, j
        cdef int32_t code
        cdef op_t *op
        for at in written:
            k = p.maker[<int32_t>at]
            if k < 0 or at in kept or class_of(p, &p.ops[k]) <= 0 or p.values[<int32_t>at].code < FLOAT16:
                continue
            op = &p.ops[k]
            self.late[k] = op.kind == ELEMENTWISE or op.primitive == CAST
            for j in range(op.n_in):
                code = p.values[p.operands[op.first_in + j]].code
                if code < FLOAT16 and code != BOOL:
                    self.late[k] = False
        for k in range(p.g.n_ops - 1, -1, -1):
            op = &p.ops[k]
            if p.live[k] and not self.late[k]:
                for j in range(op.n_in):
                    if p.maker[p.operands[op.first_in + j]] >= 0:
                        self.late[p.maker[p.operands[op.first_in + j]]] = False
        return 0

    cdef int run(self) except -1:
        """Put live operations in order, those of one class together as far as they don't need others."""
        cdef Py_ssize_t m, current
        cdef int32_t k
        cdef heap_t *heap
        cdef list sums = []
        self.find_consumers()
        self.find_ready()
        while True:
            current = -1
            for m in range(self.n_classes):
                if self.ready[m].n and (current < 0 or before(&self.ready[m], &self.ready[current])):
                    current = m
            if current < 0:
                break
            heap = &self.ready[current]
            if not heap.late:
                self.first_late = self.n_units + 1
            self.units[self.n_units] = <int32_t>self.n_order
            self.n_units += 1
            while heap.n:
                k = pop(heap)
                self.order[self.n_order] = k
                self.n_order += 1
                if sum_of(self.p, &self.p.ops[k], NULL) != FG_NO_SUM:  # there when all of the unit is done
                    sums.append(k)
                else:
                    self.release(k)
                if current == 0:  # SINGLE
                    break
            for k in sums:
                self.release(k)
            sums.clear()
        self.units[self.n_units] = <int32_t>self.n_order
        return 0

    cdef void release(self, int32_t k) noexcept:
        """An operation is done: others may be ready."""
        cdef Py_ssize_t j
        cdef int32_t to
        for j in range(self.first[k], self.first[k + 1]):
            to = self.consumers[j]
            self.waiting[to] -= 1
            if self.waiting[to] == 0:
                push(&self.ready[self.kind[to]], to)

    cdef int find_consumers(self) except -1:
        """Fill in `first`, `consumers` and `waiting`: edges are counted, then listed from the end of their places."""
        cdef Py_ssize_t k, n = self.p.g.n_ops
        self.add_edges()
        for k in range(1, n + 1):
            self.first[k] += self.first[k - 1]
        self.consumers = <int32_t *>malloc((self.first[n] + 1) * sizeof(int32_t))
        if self.consumers == NULL:
            raise MemoryError("no memory for a plan")
        self.add_edges()
        return 0

    cdef int add_edges(self) except -1:
        cdef Py_ssize_t k, j, last_effect = -1
        cdef int32_t maker
        cdef op_t *op
        for k in range(self.p.g.n_ops):
            if not self.p.live[k]:
                continue
            op = &self.p.ops[k]
            for j in range(op.n_in):
                maker = self.p.maker[self.p.operands[op.first_in + j]]
                if maker >= 0:
                    self.add_edge(maker, k)
            if acts(op):
                if last_effect >= 0:
                    self.add_edge(last_effect, k)
                last_effect = k
        return 0

    cdef void add_edge(self, Py_ssize_t source, Py_ssize_t to) noexcept:
        if self.consumers == NULL:
            self.first[source] += 1
            self.waiting[to] += 1
        else:
            self.first[source] -= 1
            self.consumers[self.first[source]] = <int32_t>to

    cdef int find_ready(self) except -1:
        """Number the classes, and put the operations that wait for nothing into their heaps."""
        cdef dict numbers = {SINGLE: 0}
        cdef list sizes = [0], lates = []
        cdef Py_ssize_t k, m = 0, run = 0, n = self.p.g.n_ops
        cdef int32_t size, last = SINGLE
        cdef int32_t *room
        for k in range(n):
            if self.p.live[k]:
                size = class_of(self.p, &self.p.ops[k])
                if self.late[k]:  # classes of their own
                    size = -size
                if size != last:  # most are of the class of those before
                    sizes[m] += run
                    m = numbers.setdefault(size, len(sizes))
                    if m == len(sizes):
                        sizes.append(0)
                        if self.late[k]:
                            lates.append(m)
                    last, run = size, 0
                run += 1
                self.kind[k] = <int32_t>m
        sizes[m] += run
        self.n_classes = len(sizes)
        self.ready = <heap_t *>calloc(self.n_classes, sizeof(heap_t))
        self.room = room = <int32_t *>malloc((n + 1) * sizeof(int32_t))
        if self.ready == NULL or room == NULL:
            raise MemoryError("no memory for a plan")
        for m in range(self.n_classes):
            self.ready[m].items = room
            room += <Py_ssize_t>sizes[m]
        for m in lates:
            self.ready[m].late = True
        for k in range(n):
            if self.p.live[k] and self.waiting[k] == 0:
                push(&self.ready[self.kind[k]], <int32_t>k)
        return 0


cdef bint before(heap_t *a, heap_t *b) noexcept:
    """True if the operations of a come before those of b."""
    return a.items[0] < b.items[0] if a.late == b.late else b.late


cdef void push(heap_t *heap, int32_t k) noexcept:
    cdef Py_ssize_t at = heap.n, up
    heap.n += 1
    while at:
        up = (at - 1) // 2
        if heap.items[up] < k:
            break
        heap.items[at] = heap.items[up]
        at = up
    heap.items[at] = k


cdef int32_t pop(heap_t *heap) noexcept:
    """Remove and give the smallest."""
    cdef Py_ssize_t at = 0, down = 1
    cdef int32_t least = heap.items[0], k
    heap.n -= 1
    k = heap.items[heap.n]
    while down < heap.n:
        if down + 1 < heap.n and heap.items[down + 1] < heap.items[down]:
            down += 1
        if k < heap.items[down]:
            break
        heap.items[at] = heap.items[down]
        at, down = down, 2 * down + 1
    heap.items[at] = k
    return least


cdef int32_t class_of(Program p, op_t *op) except -2:
    """0 for operations on numbers, the size of the arrays for those that can be fused, SINGLE for the others."""
    cdef value_t *y = &p.values[op.first_out]
    cdef Py_ssize_t j
    cdef int32_t span
    cdef int kind
    cdef bint cast = op.kind == STRUCTURED and op.primitive == CAST
    if p.g.stacks and op.first_out in p.g.stacks:
        return SINGLE
    if sum_of(p, op, NULL) != FG_NO_SUM:
        return <int32_t>p.values[p.operands[op.first_in]].shape.size
    if op.n_out != 1 or not (op.kind == ELEMENTWISE or cast) or op.n_in >= FG_STEP_OPERANDS:
        return SINGLE
    if cast and cast_loop(p.values[p.operands[op.first_in]].code, y.code).fn == NULL:
        return SINGLE
    if y.shape.size == 1 and op.n_in <= 3 and itemsize[y.code] <= 8:
        for j in range(op.n_in):
            if itemsize[p.values[p.operands[op.first_in + j]].code] > 8:
                return SINGLE
        return 0
    if y.shape.size <= 1 or y.shape.size >= NEVER:
        return SINGLE
    for j in range(op.n_in):
        kind = fit(p.values[p.operands[op.first_in + j]].shape, y.shape, &span)
        # NumPy's loop for powers goes another way for one exponent for all, also of a row.
        if kind == OTHERWISE or (kind != ONE and kind != WHOLE and op.primitive == POWER):
            return SINGLE
    return <int32_t>y.shape.size


cdef int sum_of(Program p, op_t *op, work_t *w) except -1:
    """What kind of sum an operation is, of those that groups take part in; `w` (or NULL) takes its layout."""
    cdef work_t layout
    cdef value_t *x
    cdef value_t *y
    cdef Py_ssize_t outer, inner
    cdef const Py_ssize_t *outer_strides
    cdef const Py_ssize_t *inner_strides
    if op.kind != STRUCTURED or (op.primitive != SUM and op.primitive != MEAN and op.primitive != SUM_TO):
        return FG_NO_SUM
    x, y = &p.values[p.operands[op.first_in]], &p.values[op.first_out]
    if x.code != y.code or (x.code != FLOAT32 and x.code != FLOAT64) or not FEWEST <= x.shape.size < NEVER:
        return FG_NO_SUM
    if p.g.stacks and p.operands[op.first_in] in p.g.stacks:
        return FG_NO_SUM
    if w == NULL:
        w = &layout
    if not first_piece((<Primitive>primitive_table[op.primitive]).layout, p.hollows(op), <dict>op.payload, w):
        return FG_NO_SUM
    if y.shape.size == 1:
        return FG_ALL
    outer, inner = w.v[0], w.v[1]
    outer_strides, inner_strides = w.v + 3 + outer, w.v + 3 + 2 * outer + inner
    if outer == 0 or inner == 0 or outer_strides[outer - 1] >= inner_strides[inner - 1]:
        return FG_NO_SUM
    # The reduced axes come first: the last of them goes on by whole rows.
    return FG_ROWS if inner_strides[inner - 1] == y.shape.size * itemsize[y.code] else FG_NO_SUM


cdef int fit(shape_t *x, shape_t *y, int32_t *span) noexcept:
    """How an operand is broadcast to a result, both in row-major order, and its `span`, in elements."""
    cdef int axis, kind = OTHERWISE, here, changes = 0
    cdef int ahead = y.ndim - x.ndim
    span[0] = 0
    if x.size == 1:
        return ONE
    if x.size == y.size:
        return WHOLE
    for axis in range(y.ndim - 1, -1, -1):
        if y.dims[axis] == 1:
            continue
        here = ROW if axis >= ahead and x.dims[axis - ahead] != 1 else COLUMN
        if kind == OTHERWISE:
            kind = here
        elif here != kind and changes == 0:
            changes = 1
        elif (here != kind) != (changes == 1):
            return OTHERWISE
    span[0] = <int32_t>(x.size if kind == ROW else y.size // x.size)
    return kind
