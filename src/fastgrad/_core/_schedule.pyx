"""Order: elementwise operations of one size that can stand together do, as do those on numbers."""

cimport cython
from libc.stdint cimport int32_t
from libc.stdlib cimport calloc, free, malloc

from ._graph cimport ELEMENTWISE, STRUCTURED, acts, value_t
from ._loops cimport cast_loop, itemsize
from ._plan cimport FG_STEP_OPERANDS
from ._simplify cimport CAST, POWER


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
        if not (self.order and self.units and self.waiting and self.first and self.kind):
            raise MemoryError("no memory for a plan")

    def __dealloc__(self):
        free(self.order)
        free(self.units)
        free(self.waiting)
        free(self.first)
        free(self.consumers)
        free(self.kind)
        free(self.ready)
        free(self.room)

    cdef int run(self) except -1:
        """Put live operations in order, those of one class together as far as they don't need others."""
        cdef Py_ssize_t j, m, current
        cdef int32_t k, to
        cdef heap_t *heap
        self.find_consumers()
        self.find_ready()
        while True:
            current = -1
            for m in range(self.n_classes):
                if self.ready[m].n and (current < 0 or self.ready[m].items[0] < self.ready[current].items[0]):
                    current = m
            if current < 0:
                break
            heap = &self.ready[current]
            self.units[self.n_units] = <int32_t>self.n_order
            self.n_units += 1
            while heap.n:
                k = pop(heap)
                self.order[self.n_order] = k
                self.n_order += 1
                for j in range(self.first[k], self.first[k + 1]):
                    to = self.consumers[j]
                    self.waiting[to] -= 1
                    if self.waiting[to] == 0:
                        push(&self.ready[self.kind[to]], to)
                if current == 0:  # SINGLE
                    break
        self.units[self.n_units] = <int32_t>self.n_order
        return 0

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
        cdef list sizes = [0]
        cdef Py_ssize_t k, m, n = self.p.g.n_ops
        cdef int32_t *room
        for k in range(n):
            if self.p.live[k]:
                m = numbers.setdefault(class_of(self.p, &self.p.ops[k]), len(sizes))
                if m == len(sizes):
                    sizes.append(0)
                sizes[m] += 1
                self.kind[k] = <int32_t>m
        self.n_classes = len(sizes)
        self.ready = <heap_t *>calloc(self.n_classes, sizeof(heap_t))
        self.room = room = <int32_t *>malloc((n + 1) * sizeof(int32_t))
        if self.ready == NULL or room == NULL:
            raise MemoryError("no memory for a plan")
        for m in range(self.n_classes):
            self.ready[m].items = room
            room += <Py_ssize_t>sizes[m]
        for k in range(n):
            if self.p.live[k] and self.waiting[k] == 0:
                push(&self.ready[self.kind[k]], <int32_t>k)
        return 0


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
    """0 for operations on numbers, the size for those on arrays that can be fused, SINGLE for the others."""
    cdef value_t *y = &p.values[op.first_out]
    cdef Py_ssize_t j
    cdef int32_t span
    cdef int kind
    cdef bint cast = op.kind == STRUCTURED and op.primitive == CAST
    if p.g.stacks and op.first_out in p.g.stacks:
        return SINGLE
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
