"""From a graph to a plan.

A. *Clean up* (`_simplify`): operations that were done before, that change no bit, or that nobody needs are left out.
B. *Order* (`_schedule`): elementwise operations of one size that can stand together do, as do those on numbers.
C. *Lower* (here, and `_elementwise`): each stretch becomes an instruction.
D. *Memory* (`_places`): each value gets a place that is free by then.

All of it is loops over flat arrays: a function of 50,000 operations takes some 10 ms.
"""

cimport cython
from libc.stdint cimport int32_t, uint32_t
from libc.stdlib cimport calloc, free, malloc

from ._dispatch cimport recomputed
from ._elementwise cimport emit_group, emit_nd, emit_one, emit_scalars, new_scalar
from ._graph cimport BRANCHES, ELEMENTWISE, JOIN, LOOP, ROWS, STRUCTURED, VARIABLE, WRITE, Graph, op_t
from ._kernels cimport MULTIPLIED, REDUCED, work_t
from ._loops cimport itemsize
from ._machine cimport assemble
from ._places cimport Arena, Places, hollow
from ._plan cimport (
    CALL, CHOOSE, EMPTY, FG_S_MOVE, FILL, MOVE, PART, REPEAT, WORK,
    Plan, add_instr, block_t, branches_t, fg_scalar, free_block, instr_t, new_block, repeat_t, stacked_t,
)
from ._primitive cimport Primitive, primitive_table
from ._schedule cimport class_of
from ._simplify cimport Program

cdef enum:
    LOOK_AFTER = 10000        # ns of work, a guess, in one instruction: Ctrl-C is looked for after it


@cython.final
@cython.no_gc
cdef class Lowering(Places):
    """A graph on its way into a block of a plan."""

    cdef block_t *block

    def __dealloc__(self):
        free_block(self.block)

    # ---- all of it
    cdef int run(self, list results) except -1:
        self.program.simplify()
        self.program.mark(results)
        self.schedule.run()
        self.find_bases()
        self.find_last(results)
        self.find_targets()
        if self.block == NULL:
            self.block = new_block()
        self.emit()
        return 0

    cdef block_t *finish(self) noexcept:
        cdef block_t *block = self.block
        self.block = NULL
        return block

    cdef int emit(self) except -1:
        cdef Py_ssize_t u, start, end, before
        cdef int32_t kind
        for u in range(self.schedule.n_units):
            before = self.plan.cost
            start, end = self.schedule.units[u], self.schedule.units[u + 1]
            kind = class_of(self.program, &self.ops[self.order[start]])
            if kind == 0:
                emit_scalars(self, self.block, start, end)
            elif kind > 0:
                emit_group(self, self.block, start, end)
            else:
                self.emit_single(start)
            if self.block.n and self.plan.cost - before > LOOK_AFTER:
                self.block.instrs[self.block.n - 1].looks = True
        return 0

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
        elif op.kind == ELEMENTWISE and emit_one(self, self.block, op):
            pass
        elif op.kind == ELEMENTWISE:
            emit_nd(self, self.block, op)
        elif self.part[index] >= 0:
            self.emit_part(op, self.part[index])
        elif op.kind != STRUCTURED or not self.emit_work(op, at):
            self.emit_call(op)
        self.drop_read(op, at)
        self.drop_unread(op)
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
            s = new_scalar(self.plan, block)
            s.op = FG_S_MOVE
            s.y = <uint32_t>(self.plan.slots[to].offset // 8)
            s.a = <uint32_t>(self.plan.slots[source].offset // 8)
            return 0
        i = add_instr(block, MOVE)
        i.x, i.y, i.n = source, to, self.plan.slots[to].nbytes
        return 0

    cdef block_t *nested(self, op_t *op, Graph g, list results, list arguments, list first, dict given,
                         list slots, dict hoisted=None) except NULL:
        """Lower a graph of a branch or loop.

        arguments: (number of the operand, value in g) pairs. first: slots that stand for the first operands (of a
        loop, what it carries). given: slots of other values, of a loop's body. hoisted: slots of what was computed
        before. Fills `slots` with those of the results.
        """
        cdef bint effects = self.program.effects and not (<object>op.payload).quiet
        cdef Lowering inner = Lowering(self.plan, self.arena, Program(g, set(hoisted or ()), effects))
        cdef Py_ssize_t k
        for k, at in arguments:
            inner.slot[<int32_t>at] = first[k] if k < len(first) else self.slot[self.operands[op.first_in + k]]
        for values in (given, hoisted):
            for at, slot in (values or {}).items():
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

    cdef dict hoist(self, op_t *op, tuple part, Py_ssize_t n, set varying, list places):
        """Compute what of a loop's test or body is the same in every turn; the slots by value.

        n: as many operands are carried. varying: what the body reads from stacks. Notes down in `places` the slots that
        are free again after the loop.
        """
        cdef Program program
        cdef Lowering before
        cdef Py_ssize_t k
        cdef int32_t base
        cdef dict slots = {}
        graph, results, arguments = part
        program = Program(graph, set(), False)
        program.simplify()
        program.mark(results)
        varying = varying | {at for k, at in arguments if k < n}
        values = program.invariants(varying, results)
        if not values:
            return slots
        before = Lowering(self.plan, self.arena, Program(graph, set(), False))
        for k, at in arguments:
            if k >= n:
                before.slot[<int32_t>at] = self.slot[self.operands[op.first_in + k]]
        before.block, self.block = self.block, NULL
        try:
            before.run(values)
        finally:
            self.block = before.finish()
        for at in values:
            slots[at] = before.slot_for(<int32_t>at)
            base = before.base[before.same[<int32_t>at]]
            if before.maker[base] >= 0 and before.slot[base] not in places:
                places.append(before.slot[base])
        return slots

    cdef int emit_while(self, op_t *op) except -1:
        cdef repeat_t *r = <repeat_t *>calloc(1, sizeof(repeat_t))
        cdef Py_ssize_t j, k, before, here, n = (<object>op.payload).n
        cdef int32_t temporary, x, slot
        cdef stacked_t *at
        cdef list carried = [], slots = [], tests = [], stacks = [], places = []
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
        fixed_in_test = None if loop.test is None else self.hoist(op, loop.test, n, set(), places)
        fixed = self.hoist(op, loop.body, n, {value for _, value, _ in loop.reads}, places)
        here = self.block.n
        i = add_instr(self.block, REPEAT)
        i.data = r
        before = self.plan.cost
        if loop.test is not None:
            test, test_results, test_arguments = loop.test
            r.test = self.nested(op, test, test_results, test_arguments, carried, None, tests, fixed_in_test)
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
        r.body = self.nested(op, body, results, arguments, carried, given, slots, fixed)
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
        for slot in places:
            self.release(slot)
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


def compile_graph(Graph g not None, list inputs not None, list outputs not None, list writes not None,
                  bint effects):
    """The plan of a graph, or of a part of it.

    inputs: values that a call is given; what they are made of is left out. outputs: values that it gives. writes:
    (value, variable) pairs, of what Variables are in the end. effects: do what the graph does besides computing.
    """
    cdef Plan plan = Plan.__new__(Plan)
    cdef Arena arena = Arena.__new__(Arena)
    cdef Lowering lowering
    cdef int32_t slot, copy
    cdef list results
    g.check(inputs)
    g.check(outputs)
    g.check([value for value, _ in writes])
    results = [*outputs, *[value for value, _ in writes]]
    lowering = Lowering(plan, arena, Program(g, set(inputs), effects))
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
    arena.settle(plan)
    assemble(plan)
    return plan
