"""From a graph to a plan.

A. *Clean up* (`_simplify`): operations that were done before, that change no bit, or that nobody needs are left out.
B. *Order* (`_schedule`): elementwise operations of one size that can stand together do, as do those on numbers.
C. *Lower* (here, and `_elementwise`): each stretch becomes an instruction.
D. *Memory* (`_places`): each value gets a place that is free by then.

All of it is loops over flat arrays: a function of 50,000 operations takes some 10 ms.
"""

cimport cython
from libc.stdint cimport int32_t, uint32_t
from libc.stdlib cimport calloc, free

from ._dispatch cimport recomputed
from ._elementwise cimport fuses, emit_group, emit_nd, emit_one, emit_scalars, new_scalar
from ._graph cimport BRANCHES, ELEMENTWISE, JOIN, LOOP, ROWS, STRUCTURED, VARIABLE, WRITE, Graph, Touch, op_t, value_t
from ._loops cimport itemsize
from ._machine cimport assemble
from ._places cimport Arena, Places, is_number
from ._plan cimport (
    APART, CALL, CHOOSE, COPIED, EMPTY, FG_S_MOVE, FILL, IN_PLACE, MOVE, OWN, PART, REPEAT, WORK,
    Plan, add_instr, block_t, branches_t, fg_scalar, free_block, instr_t, new_block, port_t, repeat_t, stacked_t,
)
from ._primitive cimport Primitive, primitive_table
from ._schedule cimport class_of
from ._simplify cimport Needs, Program
from ._tensor cimport Variable, hollow
from ._work cimport first_piece, kept, next_piece, work_t

cdef enum:
    LARGE = 4096          # bytes of a result that copying costs more than a Tensor to compute it in
    LOOK_AFTER = 10000    # ns of work, a guess, in one instruction: Ctrl-C is looked for after it


@cython.final
@cython.no_gc
cdef class Lowering(Places):
    """A graph on its way into a block of a plan."""

    cdef block_t *block
    cdef block_t *late               # what is done when all else is; NULL: nothing

    def __dealloc__(self):
        free_block(self.block)
        free_block(self.late)

    # ---- all of it
    cdef int run(self, list needed, list outputs, list writes) except -1:
        """needed: values. outputs, writes: those that a run hands out, and (value, variable) pairs."""
        self.program.simplify()
        self.program.mark(needed)
        self.schedule.find_late({self.same[<int32_t>value] for value, _ in writes},
                                [self.same[<int32_t>value] for value in outputs])
        return self.lower(needed, outputs, writes)

    cdef int lower(self, list needed, list outputs, list writes) except -1:
        """The rest, of a program that is cleaned up."""
        self.schedule.run()
        self.find_bases()
        self.find_last(needed)
        self.find_targets()
        for value in outputs:
            self.find_outside(<int32_t>value, None)
        for value, variable in writes:
            self.find_outside(<int32_t>value, self.g.variables[(<Variable>variable).serial])
        if self.block == NULL:
            self.block = new_block()
        self.emit()
        return 0

    cdef int find_outside(self, int32_t value, Touch touch) except -1:
        """Find what is computed where it is handed out, or where a Variable has it."""
        cdef int32_t at = self.same[value]
        cdef value_t *v = &self.values[at]
        if at in self.outside or not self.is_own(at):
            return 0
        if self.schedule.late[self.maker[at]]:
            self.outside[at] = None if touch.first < 0 else self.same[touch.first]
        elif v.shape.size * itemsize[v.code] >= LARGE:
            self.outside[at] = None
        return 0

    cdef int hand_out(self, port_t *port, int32_t value, set taken) except -1:
        """Say where a run has what a port hands out. The first port of a value has it; others get copies."""
        cdef int32_t at = self.same[value]
        port.how, port.source = COPIED, -1
        if at in self.outside and at not in taken:
            taken.add(at)
            port.how = OWN if not self.schedule.late[self.maker[at]] else APART if at in self.apart else IN_PLACE
        return 0

    cdef block_t *finish(self) noexcept:
        cdef block_t *block = self.block
        self.block = NULL
        return block

    cdef int emit(self) except -1:
        cdef Py_ssize_t u, start, end, at, before
        cdef int32_t kind
        cdef block_t *early = self.block
        for u in range(self.schedule.n_units):
            if u == self.schedule.first_late:
                self.block = self.late = new_block()
            before = self.plan.cost
            start, end = self.schedule.units[u], self.schedule.units[u + 1]
            kind = class_of(self.program, &self.ops[self.order[start]])
            if kind == 0:
                emit_scalars(self, self.block, start, end)
            elif kind > 0 and fuses(self, start, end):
                emit_group(self, self.block, start, end)
            else:
                for at in range(start, end):
                    self.emit_single(at)
            if self.block == early and self.block.n and self.plan.cost - before > LOOK_AFTER:
                self.block.instrs[self.block.n - 1].looks = True
        self.block = early
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
        elif op.kind != STRUCTURED or not self.emit_work(op, at):
            self.emit_call(op)
        self.drop_read(op, at)
        self.drop_unread(op)
        return 0

    cdef int emit_part(self, int32_t x, int32_t y) except -1:
        cdef instr_t *i
        if self.part[y] == 0:
            self.slot[y] = self.slot[x]
            return 0
        cdef int code = self.values[y].code
        self.slot[y] = self.plan.new_slot(code, self.values[y].shape.size * itemsize[code])
        i = add_instr(self.block, PART)
        i.x, i.y, i.n = self.slot[x], self.slot[y], self.part[y]
        return 0

    cdef bint emit_work(self, op_t *op, Py_ssize_t at) except -1:
        """An instruction for each piece of what a kernel does, or one for all."""
        cdef Primitive p = <Primitive>primitive_table[op.primitive]
        cdef work_t w
        cdef int32_t y = op.first_out, x = self.operands[op.first_in] if op.n_in else -1, slot = -1
        if p.layout == NULL:
            return False
        cdef list slots = [], operands
        arguments, metadata = self.program.hollows(op), <dict>op.payload
        if not first_piece(p.layout, arguments, metadata, &w):
            return False
        if w.joins:
            slot = self.make(y, at - 1)
        operands = [self.operands[op.first_in + k] for k in range(w.operands)]
        while True:
            if w.joins:
                self.add_work(op, &w, [slot], [self.operands[op.first_in + w.piece]])
            elif w.together:
                slots.append(self.make(y, at - 1))
            elif self.part[y] >= 0:
                self.emit_part(x, y)
            elif self.last[y] >= 0 and self.maker[y] >= 0:  # else nobody asks for it
                self.add_work(op, &w, [self.make(y, at - 1)], operands)
            y += not w.joins
            if not next_piece(p.layout, arguments, metadata, &w):
                break
        if w.together:
            self.add_work(op, &w, slots, operands)
        return True

    cdef int add_work(self, op_t *op, const work_t *w, list results, list operands) except -1:
        """results: slots. operands: values."""
        cdef work_t *own = kept(w)
        cdef instr_t *i
        cdef list x = [self.slot[<int32_t>at] for at in operands] + results[1:]
        try:
            i = add_instr(self.block, WORK)
        except BaseException:
            free(own)
            raise
        i.data = own
        self.plan.names[<size_t>own] = (<Primitive>primitive_table[op.primitive]).name
        i.y, i.x, i.z, i.v = results[0], x[0], x[min(1, len(x) - 1)], x[len(x) - 1]
        if w.looks:
            i.n = self.add_call(op, results)
        if w.raises:
            self.plan.checks = True
        self.plan.cost += 20 + w.cost
        return 0

    cdef int emit_call(self, op_t *op) except -1:
        cdef list slots = [self.make(op.first_out + <int32_t>j) for j in range(op.n_out)]
        cdef instr_t *i = add_instr(self.block, CALL)
        i.n = self.add_call(op, slots)
        self.plan.python = True
        self.plan.cost += 5000
        return 0

    cdef Py_ssize_t add_call(self, op_t *op, list slots) except -1:
        """The number of a call of Python for an operation, whose results go to some slots."""
        cdef Py_ssize_t j
        cdef int32_t x
        cdef list sources = [], results = []
        cdef Recomputation again
        for j in range(op.n_in):
            x = self.operands[op.first_in + j]
            sources.append((self.slot[x], hollow(self.values[x].code, self.values[x].shape)))
        for j in range(op.n_out):
            x = op.first_out + <int32_t>j
            results.append((slots[j], hollow(self.values[x].code, self.values[x].shape)))
        if op.kind == STRUCTURED:
            again = Recomputation.__new__(Recomputation)
            again.primitive = <Primitive>primitive_table[op.primitive]
            again.metadata = <dict>op.payload
            function = again
        elif op.kind == WRITE:
            function = Assignment(<object>op.payload)
        else:
            function = <object>op.payload
        self.plan.calls.append((function, sources, results, None if op.place == NULL else <object>op.place))
        return len(self.plan.calls) - 1

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

    cdef Lowering nested(self, op_t *op, Program program, list arguments, tuple first=()):
        """A branch or loop on its way into a block of its own.

        arguments: (number of the operand, value in it) pairs. first: slots that stand for the first operands (of a
        loop, what it carries).
        """
        cdef Lowering inner = Lowering(self.plan, self.arena, program)
        cdef Py_ssize_t k
        for k, at in arguments:
            inner.slot[<int32_t>at] = first[k] if k < len(first) else self.slot[self.operands[op.first_in + k]]
        return inner

    cdef int emit_if(self, op_t *op) except -1:
        cdef branches_t *b = <branches_t *>calloc(1, sizeof(branches_t))
        cdef instr_t *i
        cdef Py_ssize_t k, j
        cdef Lowering inner
        cdef bint effects = self.program.effects and not (<object>op.payload).quiet
        if b == NULL:
            raise MemoryError("no memory for a plan")
        i = add_instr(self.block, CHOOSE)
        i.data = b
        i.x = self.slot[self.operands[op.first_in]]
        cdef list results = [self.make(op.first_out + <int32_t>j) for j in range(op.n_out)]
        for k, (graph, values, arguments) in enumerate((<object>op.payload).parts):
            inner = self.nested(op, Program(graph, set(), effects), arguments)
            inner.run(values, [], [])
            for j in range(op.n_out):
                self.move(inner.block, inner.slot_for(values[j]), results[j])
            if k == 0:
                b.first = inner.finish()
            else:
                b.second = inner.finish()
        return 0

    cdef Lowering in_turns(self, op_t *op, Program program, list arguments, list results, list carried, list places):
        """A loop's test or body on its way into a block; what of it is the same in every turn is computed here.

        carried: slots. Notes down in `places` the slots that are free again after the loop.
        """
        cdef Lowering before, inner
        cdef Py_ssize_t k, n = len(carried)
        cdef int32_t at, base
        values = program.invariants(program.given | {value for k, value in arguments if k < n}, results)
        if values:
            outer = [(k, value) for k, value in arguments if k >= n]
            before = self.nested(op, Program(program.g, program.given, False), outer)
            before.block, self.block = self.block, NULL
            try:
                before.run(values, [], [])
            finally:
                self.block = before.finish()
            program.give(values, results)
        inner = self.nested(op, program, arguments, tuple(carried))
        for at in values:
            inner.slot[at] = before.slot_for(at)
            base = before.base[before.same[at]]
            if before.maker[base] >= 0 and before.slot[base] not in places:
                places.append(before.slot[base])
        return inner

    cdef int emit_while(self, op_t *op) except -1:
        cdef repeat_t *r = <repeat_t *>calloc(1, sizeof(repeat_t))
        cdef Needs needs = self.program.loops[op - self.ops]
        cdef Lowering inner, test
        cdef Py_ssize_t j, k, before, here, n_slots, n = (<object>op.payload).n
        cdef int32_t temporary, x, slot
        cdef stacked_t *at
        cdef list carried = [], stacks = [], slots = [], written = [], places = []
        if r == NULL:
            raise MemoryError("no memory for a plan")
        loop = <object>op.payload
        _, results, arguments = loop.body
        results = [*results, *loop.kept]
        for j in range(n):
            carried.append(self.make(op.first_out + <int32_t>j) if needs.carried[j] else -1)
        for j in range(op.n_out - n):
            stacks.append(self.new_stack(op.first_out + <int32_t>(n + j)) if needs.stacks[j] else -1)
        for j in range(n):
            if needs.carried[j]:
                self.move(self.block, self.slot[self.operands[op.first_in + j]], carried[j])
        wanted = [results[j] for j in range(len(results)) if (needs.carried[j] if j < n else needs.stacks[j])]
        if needs.test is not None:
            test = self.in_turns(op, needs.test, loop.test[2], loop.test[1], carried, places)
        inner = self.in_turns(op, needs.body, arguments, wanted, carried, places)
        here = self.block.n
        i = add_instr(self.block, REPEAT)
        i.data = r
        before = self.plan.cost
        if needs.test is not None:
            test.lower(loop.test[1], [], [])
            slot = test.slot_for(loop.test[1][0])
            r.test = test.finish()
            r.test.test = slot
        r.reads = <stacked_t *>calloc(len(needs.reads) + 1, sizeof(stacked_t))
        r.writes = <stacked_t *>calloc(op.n_out + 1, sizeof(stacked_t))
        r.carried = <int32_t *>calloc(n + 1, sizeof(int32_t))
        if r.reads == NULL or r.writes == NULL or r.carried == NULL:
            raise MemoryError("no memory for a plan")
        for slot in carried:
            if slot >= 0:
                r.carried[r.n_carried] = slot
                r.n_carried += 1
        for k, value, from_end in needs.reads:
            slot = self.slot[self.operands[op.first_in + k]]
            if self.plan.slots[slot].stack < 0:
                raise NotImplementedError("fg.function: a loop reads a stack that an operation has changed as a whole")
            x = self.plan.new_slot(self.plan.slots[slot].code, self.plan.slots[slot].nbytes)
            inner.slot[<int32_t>value] = x
            at = &r.reads[r.n_reads]
            at.stack, at.slot, at.from_end = self.plan.slots[slot].stack, x, from_end
            at.there = not is_number(&inner.values[<int32_t>value])
            if not at.there:
                self.place(x, True)
            r.n_reads += 1
        inner.carried = [(results[j], carried[j], value) for j, value in arguments if j < n and needs.carried[j]]
        n_slots = self.plan.n_slots
        inner.lower(wanted, [], [])
        for j in range(len(results)):
            if not (needs.carried[j] if j < n else needs.stacks[j]):
                slots.append(-1)
                continue
            slot = inner.slot_for(results[j])
            under = inner.slot[inner.base[inner.same[<int32_t>results[j]]]]
            if under in carried and (j >= n or slot != carried[j]):  # it must be read before that is written
                temporary = self.plan.new_slot(self.plan.slots[slot].code, self.plan.slots[slot].nbytes)
                self.place(temporary, self.plan.slots[slot].cell)
                self.move(inner.block, slot, temporary)
                slot = temporary
            slots.append(slot)
        for j in range(op.n_out - n):
            if stacks[j] < 0:
                continue
            at = &r.writes[r.n_writes]
            at.stack = self.plan.slots[<int32_t>stacks[j]].stack
            at.before = j < n
            at.slot = slot = carried[j] if j < n else slots[j]
            at.from_end = n <= j < n + len(loop.ends) and loop.ends[j - n]
            # What the body itself puts into memory of its own may be put where it is kept.
            at.there = j >= n and slot >= n_slots and not self.plan.slots[slot].cell and slot not in written and (
                self.plan.slots[slot].offset >= 0)
            written.append(slot)
            r.n_writes += 1
        for j in range(n):
            if needs.carried[j]:
                self.move(inner.block, slots[j], carried[j])
        r.body = inner.finish()
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
    cdef Py_ssize_t k, j
    cdef int32_t slot, copy
    cdef list results
    cdef set taken = set()
    g.check(inputs)
    g.check(outputs)
    g.check([value for value, _ in writes])
    lowering = Lowering(plan, arena, Program(g, set(inputs), effects))
    lowering.run([*outputs, *[value for value, _ in writes]], outputs, writes)
    given = [(lowering.slot_for(value), None) for value in inputs]
    results = [(lowering.slot_for(value), hollow(g.values[<int32_t>value].code, g.values[<int32_t>value].shape))
               for value in outputs]
    written = []
    for value, variable in writes:
        slot = lowering.slot_for(value)
        at = lowering.same[<int32_t>value]
        if g.values[lowering.base[at]].kind == VARIABLE:  # may be written to before
            copy = plan.new_slot(plan.slots[slot].code, plan.slots[slot].nbytes)
            lowering.place(copy, plan.slots[slot].cell)
            lowering.move(lowering.block, slot, copy)
            slot = copy
        written.append((slot, variable))
    slots = {slot for slot, _ in given}  # also values of Variables, which may have others when they are given
    variables = [pair for pair in lowering.variables if pair[0] not in slots]
    plan.set_ports(given, variables, results, written)
    for k in range(plan.n_outputs):
        lowering.hand_out(&plan.outputs[k], outputs[k], taken)
    for k in range(plan.n_writes):
        lowering.hand_out(&plan.writes[k], writes[k][0], taken)
        for j in range(plan.n_variables):
            if plan.variables[j].held == plan.writes[k].held:
                plan.writes[k].source = <int32_t>j
    plan.root = lowering.finish()
    plan.late, lowering.late = lowering.late, NULL
    arena.settle(plan)
    assemble(plan)
    return plan
