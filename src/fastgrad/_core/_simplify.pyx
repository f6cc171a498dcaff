"""Clean up: operations that were done before, that change no bit, or that nobody needs are left out of a graph."""

cimport cython
from cpython.object cimport PyObject
from libc.math cimport signbit
from libc.stdint cimport int32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

import numpy as np

from ..dtypes import DType

from ._buffer cimport same_shape, shape_t
from ._graph cimport ASSIGN, CONSTANT, CUSTOM, ELEMENTWISE, LOOP, STRUCTURED, WATCH, acts, op_t, value_t
from ._loops cimport BOOL, FLOAT16, FLOAT32, FLOAT64, itemsize
from ._primitive cimport Primitive, primitive_named, primitive_table
from ._products cimport is_small
from ._tensor cimport Tensor, hollow, scalar_value
from ._work cimport first_piece, layout_t, work_t

cdef int IDENTITY = -1, STOP = -1, RESHAPE = -1, EXPAND = -1, MATMUL = -1, TRANSPOSE = -1, TURN = -1
cdef int WHERE = -1, AND = -1, OR = -1, ADD = -1, SUBTRACT = -1, MULTIPLY = -1, SCALE = -1, DIVIDE = -1
cdef bint squares = False     # x**2 is x * x, bit for bit, as NumPy's loop makes it of one exponent for all


@cython.final
@cython.no_gc
cdef class Program:
    def __cinit__(self, Graph g not None, set given not None, bint effects):
        cdef Py_ssize_t k
        if IDENTITY < 0:
            connect()
        self.g = g
        self.given = given
        self.effects = effects
        self.values = g.values
        self.ops = <op_t *>malloc((g.n_ops + 1) * sizeof(op_t))
        self.operands = <int32_t *>malloc((g.n_operands + 1) * sizeof(int32_t))
        self.same = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.maker = <int32_t *>malloc((g.n_values + 1) * sizeof(int32_t))
        self.live = <uint8_t *>calloc(g.n_ops + 1, 1)
        self.needed = <uint8_t *>calloc(g.n_values + 1, 1)
        self.loops = {}
        self.folded = []
        if not (self.ops and self.operands and self.same and self.maker and self.live and self.needed):
            raise MemoryError("no memory for a plan")
        if g.n_operands:
            memcpy(self.operands, g.operands, g.n_operands * sizeof(int32_t))
        if g.n_ops:
            memcpy(self.ops, g.ops, g.n_ops * sizeof(op_t))
        for k in range(g.n_values):
            self.same[k] = <int32_t>k
            self.maker[k] = self.values[k].op
        for k in given:
            self.maker[k] = -1

    def __dealloc__(self):
        free(self.ops)
        free(self.operands)
        free(self.same)
        free(self.maker)
        free(self.live)
        free(self.needed)

    cdef int simplify(self) except -1:
        """Let operands be the first value of those that are equal."""
        cdef Py_ssize_t k, j, room = 64, at
        cdef op_t *op
        cdef op_t *old
        cdef int32_t *table
        while room < 2 * max(self.g.n_ops, self.g.n_values):
            room *= 2
        table = <int32_t *>malloc(room * sizeof(int32_t))
        if table == NULL:
            raise MemoryError("no memory for a plan")
        try:
            memset(table, 0xFF, room * sizeof(int32_t))
            for k in range(self.g.n_values):
                if self.values[k].kind == CONSTANT and self.values[k].shape.size == 1 and k not in self.given:
                    self.same[k] = self.first_constant(table, room, <int32_t>k)
            memset(table, 0xFF, room * sizeof(int32_t))
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
                at = hashed(op.primitive, &self.operands[op.first_in], op.n_in) & (room - 1)
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

    cdef int32_t first_constant(self, int32_t *table, Py_ssize_t room, int32_t k) noexcept:
        """The first of the constants of one element that are like k, bit for bit. Those met stand in `table`."""
        cdef value_t *v = &self.values[k]
        cdef value_t *old
        cdef int32_t words[4]
        cdef Py_ssize_t at
        memset(words, 0, sizeof(words))
        memcpy(words, (<Tensor>v.held).data, itemsize[v.code])
        at = hashed(v.code, words, 4) & (room - 1)
        while table[at] >= 0:
            old = &self.values[table[at]]
            if v.code == old.code and v.shape.ndim == old.shape.ndim and (
                    memcmp((<Tensor>v.held).data, (<Tensor>old.held).data, itemsize[v.code]) == 0):
                return table[at]
            at = (at + 1) & (room - 1)
        table[at] = k
        return k

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

    cdef Py_ssize_t identical(self, op_t *op) except -2:
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
        if op.primitive == MATMUL:
            self.fold(op, 0)
            self.fold(op, 1)
            return -1
        if op.primitive == RESHAPE or op.primitive == EXPAND:
            return a if same_shape(self.values[a].shape, self.values[op.first_out].shape) else -1
        if op.kind != ELEMENTWISE:
            return -1
        if op.primitive == WHERE and self.is_constant(a, &number):
            a = self.operands[op.first_in + (1 if number else 2)]
            return a if self.as_result(op, a) else -1
        if op.n_in != 2:
            return -1
        b = self.operands[op.first_in + 1]
        if op.primitive == AND or op.primitive == OR:
            if self.is_constant(a, &number):
                a, b = b, a
            if self.is_constant(b, &number):
                if (number != 0) != (op.primitive == AND):
                    a = b
                return a if self.as_result(op, a) else -1
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
                if op.primitive == MULTIPLY and number == 2 and self.as_result(op, b):  # to add takes less time
                    op.primitive = ADD
                    self.operands[op.first_in] = b
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

    cdef int fold(self, op_t *op, int side) except -1:
        """Let a product read what its operand is the transposition of, where that gives the same bits.

        What a loop reads from outside may be transposed once, before it.
        """
        cdef int32_t x = self.operands[op.first_in + side]
        cdef op_t *turn
        cdef shape_t *a = self.values[self.operands[op.first_in]].shape
        cdef shape_t *y = self.values[op.first_out].shape
        cdef int nd = y.ndim
        cdef str name = "transpose_b" if side else "transpose_a"
        cdef dict metadata = <dict>op.payload
        cdef shape_t *b = self.values[self.operands[op.first_in + 1]].shape
        if self.maker[x] < 0 or nd < 2 or a.ndim != nd or b.ndim != nd or (
                memcmp(a.dims, b.dims, (nd - 2) * sizeof(a.dims[0])) != 0):
            return 0
        turn = &self.ops[self.maker[x]]
        if turn.primitive != TURN and (turn.primitive != TRANSPOSE or not swaps_two(<dict>turn.payload, nd)):
            return 0
        if type(metadata["transpose_a"]) is not bool or type(metadata[name]) is not bool or (
                self.g.inside and self.maker[self.operands[turn.first_in]] < 0):
            return 0
        if is_small(self.values[x].code, y.dims[nd - 2], a.dims[nd - 2 if metadata["transpose_a"] else nd - 1],
                    y.dims[nd - 1]):
            metadata = {**metadata, name: not metadata[name]}
            self.folded.append(metadata)
            op.payload = <PyObject *>metadata
            self.operands[op.first_in + side] = self.operands[turn.first_in]
        return 0

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
        """Find what the results, and effects, need. More may be asked for later."""
        cdef Py_ssize_t k, j
        cdef op_t *op
        for at in results:
            self.needed[self.same[<int32_t>at]] = 1
        for k in range(self.g.n_ops - 1, -1, -1):
            op = &self.ops[k]
            if self.effects and acts(op):
                self.live[k] = 1
            for j in range(op.n_out):
                if self.needed[op.first_out + j] and self.maker[op.first_out + j] >= 0:
                    self.live[k] = 1
            if self.live[k]:
                if op.kind == LOOP:
                    self.loops[k] = self.loop_needs(k)
                for j in range(op.n_in):
                    self.needed[self.operands[op.first_in + j]] = 1
        return 0

    cdef Needs loop_needs(self, Py_ssize_t k):
        """What the wanted results of a loop need. Operands that are not needed give way to another one."""
        cdef op_t *op = &self.ops[k]
        cdef Needs needs = Needs.__new__(Needs)
        cdef Py_ssize_t j, n, spare = -1
        cdef int32_t y, at
        cdef bint changed = True
        cdef set used = set()
        for j in range(op.n_in):  # as they were, if it was asked before
            self.operands[op.first_in + j] = self.same[self.g.operands[op.first_in + j]]
        loop = <object>op.payload
        n = loop.n
        graph, results, arguments = loop.body
        effects = self.effects and not loop.quiet
        results = [*results, *loop.kept]
        needs.body = Program(graph, {value for _, value, _ in loop.reads}, effects)
        needs.body.simplify()
        wanted = []
        for y in range(op.first_out, op.first_out + op.n_out):
            wanted.append(self.needed[y] and self.maker[y] >= 0)
        needs.carried = [wanted[j] or wanted[n + j] for j in range(n)]
        needs.stacks = wanted[n:]
        if loop.test is not None:
            needs.test = Program(loop.test[0], set(), effects)
            needs.test.simplify()
            needs.test.mark(loop.test[1])
            for j, at in loop.test[2]:
                if needs.test.needed[at]:
                    used.add(j)
        while changed:
            changed = False
            for j in range(n):
                needs.carried[j] = needs.carried[j] or j in used
                if needs.carried[j]:
                    used.add(j)
            needs.body.mark([results[j] for j in range(len(results))
                             if (needs.carried[j] if j < n else needs.stacks[j])])
            for j, at in arguments:
                if needs.body.needed[at]:
                    changed = changed or j < n and not needs.carried[j]
                    used.add(j)
        needs.reads = []
        for j, value, from_end in loop.reads:
            if needs.body.needed[<int32_t>value] or (loop.test is None and not needs.reads):  # that counts the turns
                needs.reads.append((j, value, from_end))
                used.add(j)
        for j in used:
            spare = j
        for j in range(op.n_in):
            if j not in used and spare >= 0:
                self.operands[op.first_in + j] = self.operands[op.first_in + spare]
        return needs

    cdef list invariants(self, set varying, list results):
        """What the live operations of a loop's body, or its results, need of what can be computed before the loop.

        varying: what has another value in each turn. A loop may have no turn: what may raise is left in it.
        """
        cdef Py_ssize_t k, j
        cdef int32_t x
        cdef op_t *op
        cdef bytearray fixed = bytearray(self.g.n_values)
        cdef uint8_t *is_fixed = fixed
        cdef dict found = {}
        for k in range(self.g.n_values):
            is_fixed[k] = self.maker[k] < 0 and k not in varying and k not in self.g.stacks
        for k in range(self.g.n_ops):
            op = &self.ops[k]
            if self.live[k] and self.is_safe(op):
                is_fixed[op.first_out] = True
                for j in range(op.n_in):
                    is_fixed[op.first_out] &= is_fixed[self.operands[op.first_in + j]]
        for k in range(self.g.n_ops):
            op = &self.ops[k]
            if self.live[k] and not (op.n_out == 1 and is_fixed[op.first_out]):
                for j in range(op.n_in):
                    x = self.operands[op.first_in + j]
                    if is_fixed[x] and self.maker[x] >= 0:
                        found[x] = None
        for result in results:
            x = self.same[<int32_t>result]
            if is_fixed[x] and self.maker[x] >= 0:
                found[x] = None
        return list(found)

    cdef bint is_safe(self, op_t *op) except -1:
        """True for operations that never raise: on floats, and none that look at values, as `inv` does."""
        cdef int code = self.values[op.first_out].code
        cdef Py_ssize_t j
        cdef layout_t layout
        cdef work_t w
        if op.n_out != 1 or op.kind > STRUCTURED or op.first_out in self.g.stacks:
            return False
        if code < FLOAT16 and code != BOOL:
            return False
        for j in range(op.n_in):
            code = self.values[self.operands[op.first_in + j]].code
            if op.kind == STRUCTURED and op.primitive != CAST and code < FLOAT16 and code != BOOL:
                return False
        if op.kind == ELEMENTWISE or op.primitive == CAST:
            return True
        layout = (<Primitive>primitive_table[op.primitive]).layout
        return layout != NULL and first_piece(layout, self.hollows(op), <dict>op.payload, &w) and not w.looks

    cdef int give(self, list values, list results) except -1:
        """Let a run be given more values, which then need not be computed."""
        cdef int32_t at
        for at in values:
            self.maker[at] = -1
        self.given.update(values)
        memset(self.live, 0, self.g.n_ops)
        memset(self.needed, 0, self.g.n_values)
        return self.mark(results)

    cdef list hollows(self, op_t *op):
        """Tensors like the arguments, without data."""
        cdef Py_ssize_t j
        cdef value_t *x
        cdef list arguments = []
        for j in range(op.n_in):
            x = &self.values[self.operands[op.first_in + j]]
            arguments.append(hollow(x.code, x.shape))
        return arguments


# ------------------------------------------------------------------------------------------------ helpers
cdef Py_ssize_t hashed(int32_t number, const int32_t *words, Py_ssize_t n) noexcept:
    cdef uint64_t h = <uint64_t>number * 0x9E3779B97F4A7C15ULL
    cdef Py_ssize_t k
    for k in range(n):
        h = (h ^ <uint64_t>words[k]) * 0xFF51AFD7ED558CCDULL
        h ^= h >> 29
    return <Py_ssize_t>(h >> 1)


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


cdef bint swaps_two(dict metadata, int ndim) except -1:
    """True if a transposition is of the last two axes."""
    axes = metadata["axes"]
    if axes is None:
        return ndim == 2
    if type(axes) is not tuple and type(axes) is not list:
        return False
    return [axis if type(axis) is not int or axis >= 0 else axis + ndim for axis in axes] == [
        *range(ndim - 2), ndim - 1, ndim - 2]


cdef bint powers_square(dtype):
    """True if x**2 is x * x, also of single numbers on which the general function is not."""
    x = np.linspace(0.5, 1.5, 4001, dtype=dtype)
    squares = x * x
    hard = x[np.power(x, np.full_like(x, 2)) != squares][:4]
    return np.power(x, dtype(2)).tobytes() == squares.tobytes() and all([
        np.power(number, dtype(2)) == number * number for number in hard])


cdef int connect() except -1:
    """Look up the primitives that are known here."""
    global IDENTITY, STOP, CAST, RESHAPE, EXPAND, WHERE, AND, OR, ADD, SUBTRACT, MULTIPLY, SCALE, DIVIDE, POWER, squares
    global SUM, MEAN, SUM_TO, MATMUL, TRANSPOSE, TURN
    WHERE, AND, OR, ADD, SUBTRACT, MULTIPLY, SCALE, DIVIDE, POWER = [
        (<Primitive>primitive_named(name)).number for name in
        ("where", "logical_and", "logical_or", "add", "subtract", "multiply", "scale", "divide", "power")]
    squares = all([powers_square(dtype) for dtype in (np.float32, np.float64)])
    SUM, MEAN, SUM_TO, CAST, IDENTITY, STOP, RESHAPE, EXPAND, MATMUL, TRANSPOSE, TURN = [
        (<Primitive>primitive_named(name)).number
        for name in ("sum", "mean", "sum_to", "cast", "identity", "stop_gradient", "reshape", "expand_dims",
                     "matmul", "transpose", "matrix_transpose")]
    return 0
