"""Plans: flat lists of instructions over preallocated memory, and their replay.

A. *Slots* are the values of a plan: each has a place in the arena of a run, or is memory from outside (arguments,
   constants, Variables), which `instance_t.p` points to. Single numbers have cells of 8 bytes at the arena's start.
B. *Instances.* Whatever a run writes to is its own, so that several threads, or a function that calls itself, may
   replay one plan at the same time. Instances are made when needed and kept for the next call.
C. *All or nothing.* Variables are written when everything that can fail has been done. Elementwise operations that only
   make what is written, an optimiser's steps, are done then (`Plan.late`), with the GIL held: where the Variable is, if
   nobody else holds its memory. Other large results are computed in the Tensors that are handed out.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals, PyErr_Occurred
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

from .. import errors

from ._buffer cimport buffer_t, empty_pool, pool_bytes, same_shape
from ._loops cimport itemsize, iterate
from ._tensor cimport Tensor, Variable, alias, tensor_new, tensor_of
from ._threads cimport run_parts
from ._work cimport work_t

cdef extern from "replay.h" nogil:
    int64_t fg_now()

cdef enum:
    ALIGNMENT = 64
    LARGE = 1 << 20           # bytes of an arena that emptying the pool is worth, which costs some 0.5 ms
    FEW = 8                   # arguments or results that need no memory of their own
    RELEASE_GIL = 5000        # ns of work that releasing it is worth, which costs about 100
    SIGNALS_EVERY = 5000000   # ns of work between looks for Ctrl-C


cdef block_t *new_block() except NULL:
    cdef block_t *block = <block_t *>calloc(1, sizeof(block_t))
    if block == NULL:
        raise MemoryError("no memory for a plan")
    return block


cdef void free_block(block_t *block) noexcept:
    cdef Py_ssize_t k
    cdef instr_t *i
    if block == NULL:
        return
    for k in range(block.n):
        i = &block.instrs[k]
        if i.kind == GROUP:
            free((<fg_group *>i.data).steps)
            free((<fg_group *>i.data).repeats)
            free((<fg_group *>i.data).sums)
        elif i.kind == CHOOSE:
            free_block((<branches_t *>i.data).first)
            free_block((<branches_t *>i.data).second)
        elif i.kind == REPEAT:
            free_block((<repeat_t *>i.data).test)
            free_block((<repeat_t *>i.data).body)
            free((<repeat_t *>i.data).reads)
            free((<repeat_t *>i.data).writes)
            free((<repeat_t *>i.data).carried)
        free(i.data)
    free(block.instrs)
    free(block)


cdef instr_t *add_instr(block_t *block, int kind) except NULL:
    cdef instr_t *instrs
    if block.n == block.room:
        instrs = <instr_t *>realloc(block.instrs, (2 * block.room + 8) * sizeof(instr_t))
        if instrs == NULL:
            raise MemoryError("no memory for a plan")
        block.instrs = instrs
        block.room = 2 * block.room + 8
    memset(&block.instrs[block.n], 0, sizeof(instr_t))
    block.instrs[block.n].kind = kind
    block.n += 1
    return &block.instrs[block.n - 1]


@cython.final
cdef class Plan:
    """What a function does, ready to be replayed. Made by `_lower`."""

    def __cinit__(self):
        self.calls = []
        self.constants = []
        self.names = {}

    def __dealloc__(self):
        cdef instance_t *instance
        free_block(self.root)
        free_block(self.late)
        free(self.slots)
        free(self.loops)
        free(self.inputs)
        free(self.variables)
        free(self.outputs)
        free(self.writes)
        while self.free_instances != NULL:
            instance = self.free_instances
            self.free_instances = instance.next
            self.free_instance(instance)

    cdef void free_instance(self, instance_t *s) noexcept:
        cdef Py_ssize_t k
        for k in range(self.n_stacks):
            if not s.stacks[k].borrowed:
                free(s.stacks[k].data)
        free(s.block)

    cdef int32_t new_slot(self, int code, Py_ssize_t nbytes) except -1:
        cdef slot_t *slots
        if self.n_slots == self.slot_room:
            slots = <slot_t *>realloc(self.slots, (2 * self.slot_room + 32) * sizeof(slot_t))
            if slots == NULL:
                raise MemoryError("no memory for a plan")
            self.slots = slots
            self.slot_room = 2 * self.slot_room + 32
        self.slots[self.n_slots].nbytes = nbytes
        self.slots[self.n_slots].offset = -1
        self.slots[self.n_slots].last = -1
        self.slots[self.n_slots].code = code
        self.slots[self.n_slots].cell = False
        self.slots[self.n_slots].stack = -1
        self.n_slots += 1
        return <int32_t>(self.n_slots - 1)

    # ---- what it is
    def describe(self):
        """The instructions as data: see `plans.PlanView`."""
        return {
            "arguments": [self.inputs[k].slot for k in range(self.n_inputs)],
            "variables": [(self.variables[k].slot, <object>self.variables[k].held) for k in range(self.n_variables)],
            "results": [self.outputs[k].slot for k in range(self.n_outputs)],
            "writes": [(self.writes[k].slot, <object>self.writes[k].held) for k in range(self.n_writes)],
            "constants": [slot for slot, _ in self.constants],
            "instructions": self.describe_block(self.root) + self.describe_block(self.late),
            "slots": [(self.slots[k].code, self.slots[k].nbytes, self.slots[k].offset, bool(self.slots[k].cell))
                      for k in range(self.n_slots)],
            "bytes": self.arena, "cells": self.n_cells, "code": 0 if self.code is None else len(self.code),
            "releases_gil": not self.python and self.cost >= RELEASE_GIL,
        }

    cdef list describe_block(self, const block_t *block):
        cdef Py_ssize_t k, j
        cdef int a
        cdef const instr_t *i
        cdef const fg_scalar *s
        cdef const fg_group *g
        cdef const nd_t *nd
        cdef const repeat_t *r
        cdef list found = [], ops
        if block == NULL:
            return found
        for k in range(block.n):
            i = &block.instrs[k]
            if i.kind == SCALARS:
                ops = []
                for j in range(i.n):
                    s = &(<const fg_scalar *>i.data)[j]
                    ops.append((self.scalar_name(s), s.y, [s.a, s.b, s.c][:self.scalar_operands(s)]))
                found.append({"kind": "numbers", "operations": ops})
            elif i.kind == GROUP:
                g = <const fg_group *>i.data
                ops = []
                sources = {g.repeats[j].y: g.repeats[j].x for j in range(g.n_repeats)}
                for j in range(g.n_steps):
                    a = g.steps[j].operands
                    slots = [g.steps[j].slot[m] for m in range(a)]
                    ops.append((self.names.get((<size_t>g.steps[j].loop.fn, <size_t>g.steps[j].loop.data)),
                                slots.pop(), [sources.get(slot, slot) for slot in slots]))
                for j in range(g.n_sums):
                    ops.append(("mean" if g.sums[j].count else "sum", g.sums[j].y, [g.sums[j].x]))
                found.append({"kind": "group", "elements": g.n, "threads": g.lanes, "operations": ops})
            elif i.kind == ND or i.kind == EACH:
                nd = <const nd_t *>i.data
                name = self.names.get((<size_t>nd.loop.fn, <size_t>nd.loop.data))
                found.append({"kind": "broadcast" if i.kind == ND else "each entry", "operations": [
                    (name, nd.slot[nd.operands - 1], [nd.slot[m] for m in range(nd.operands - 1)])]})
            elif i.kind == WORK:
                found.append({"kind": "kernel", "operations": [
                    (self.names.get(<size_t>i.data), i.y, [i.x, i.z, i.v][:(<const work_t *>i.data).operands])]})
            elif i.kind == PART:
                found.append({"kind": "part", "operations": [(f"bytes {i.n} on", i.y, [i.x])]})
            elif i.kind == MOVE:
                found.append({"kind": "move", "operations": [("move", i.y, [i.x])]})
            elif i.kind == FILL or i.kind == EMPTY:
                found.append({"kind": "move", "operations": [
                    ("rows" if i.kind == FILL else "join", i.y, [i.x])]})
            elif i.kind == CALL:
                function, sources, results, _ = <tuple>self.calls[i.n]
                found.append({"kind": "call", "operations": [
                    (str(function), [slot for slot, _ in results], [slot for slot, _ in sources])]})
            elif i.kind == CHOOSE:
                found.append({"kind": "branch", "test": i.x,
                              "if true": self.describe_block((<branches_t *>i.data).first),
                              "if false": self.describe_block((<branches_t *>i.data).second)})
            elif i.kind == REPEAT:
                r = <const repeat_t *>i.data
                found.append({
                    "kind": "loop", "test": self.describe_block(r.test), "body": self.describe_block(r.body),
                    "while": None if r.test == NULL else r.test.test,
                    "reads": [(r.reads[j].slot, r.reads[j].stack, bool(r.reads[j].from_end)) for j in range(r.n_reads)],
                    "writes": [(r.writes[j].slot, r.writes[j].stack, bool(r.writes[j].from_end))
                               for j in range(r.n_writes)]})
        return found

    cdef object scalar_name(self, const fg_scalar *s):
        if s.op == FG_S_MOVE:
            return "move"
        if s.op != FG_S_LOOP:
            return (<bytes>fg_scalar_names[s.op]).decode().partition(" ")[0]  # of casts also the dtypes
        return self.names.get((<size_t>self.loops[s.loop].loop.fn, <size_t>self.loops[s.loop].loop.data))

    cdef int scalar_operands(self, const fg_scalar *s) noexcept:
        if s.op == FG_S_LOOP:
            return self.loops[s.loop].operands - 1
        return fg_scalar_arity(s.op)

    # ---- memory of a run
    cdef instance_t *new_instance(self) except NULL:
        cdef Py_ssize_t k, table = (sizeof(instance_t) + self.n_stacks * sizeof(stack_t) + self.n_slots * sizeof(char *)
                                    + ALIGNMENT) // ALIGNMENT * ALIGNMENT
        cdef char *block
        cdef instance_t *s
        cdef slot_t *slot
        cdef Tensor t
        if LARGE <= self.arena <= pool_bytes():  # most of what the trace has left there won't be needed again
            empty_pool()
        block = <char *>malloc(table + self.arena + ALIGNMENT)
        if block == NULL:
            raise MemoryError(f"no memory for a function, which needs {self.arena} bytes")
        s = <instance_t *>block
        s.block = block
        s.next = NULL
        s.stacks = <stack_t *>(block + sizeof(instance_t))
        memset(s.stacks, 0, self.n_stacks * sizeof(stack_t))
        s.p = <char **>(s.stacks + self.n_stacks)
        s.arena = <char *>((<size_t>block + table + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT)
        for k in range(self.n_slots):
            slot = &self.slots[k]
            if slot.stack >= 0:
                s.stacks[slot.stack].item = slot.nbytes
            s.p[k] = NULL if slot.offset < 0 else s.arena + slot.offset
        for k, t in self.constants:
            if self.slots[k].cell:
                memcpy(s.p[k], t.data, self.slots[k].nbytes)
            else:
                s.p[k] = t.data
        return s

    cdef instance_t *take(self) except NULL:
        cdef instance_t *s = self.free_instances
        if s == NULL:
            return self.new_instance()
        self.free_instances = s.next
        return s

    cdef void give_back(self, instance_t *s) noexcept:
        s.next = self.free_instances
        self.free_instances = s

    cdef int set_ports(self, list inputs, list variables, list outputs, list writes) except -1:
        """Say what a run is given and what it gives: (slot, what is held) pairs."""
        self.ports = [inputs, variables, outputs, writes]
        self.inputs = new_ports(inputs)
        self.variables = new_ports(variables)
        self.outputs = new_ports(outputs)
        self.writes = new_ports(writes)
        self.n_inputs, self.n_variables, self.n_outputs, self.n_writes = [len(ports) for ports in self.ports]
        return 0

    # ---- replay
    def __call__(self, *arguments):
        """Replay for some arguments, Tensors of the shapes and dtypes of the examples; gives a list of Tensors."""
        return self.run_list(list(arguments))

    def run_list(self, list arguments not None):
        """The same for a list of them."""
        cdef list given = list(arguments), results = [None] * self.n_outputs
        cdef PyObject *few[FEW]
        cdef PyObject **p = few
        cdef Py_ssize_t k, n = len(given)
        for t in given:
            if not isinstance(t, Tensor):
                raise TypeError(f"a plan takes Tensors, not {errors.short(t)}")
        if n > FEW or self.n_outputs > FEW:
            p = <PyObject **>malloc(max(n, self.n_outputs) * sizeof(PyObject *))
            if p == NULL:
                raise MemoryError()
        try:
            for k in range(n):
                p[k] = <PyObject *>given[k]
            self.run(p, n, p)
            for k in range(self.n_outputs):
                results[k] = <object>p[k]
                Py_DECREF(<object>p[k])
        finally:
            if p != few:
                free(p)
        return results

    cdef int run(self, PyObject **arguments, Py_ssize_t n, PyObject **results) except -1:
        """Replay for borrowed Tensors; gives new references. `results` may be where `arguments` are."""
        cdef instance_t *s
        cdef Py_ssize_t k, made = 0
        cdef watch_t watch
        cdef int status
        cdef list values = None, before = None, own
        cdef Py_ssize_t given = 0
        cdef Tensor t
        cdef Variable v
        if self.root == NULL:
            raise RuntimeError("an empty plan can't be replayed")
        if n != self.n_inputs:
            raise TypeError(f"a plan of {self.n_inputs} arguments was given {n}")
        watch.since = watch.at = 0
        s = self.take()
        try:
            for k in range(n):
                t = <Tensor>arguments[k]
                self.fits(self.inputs[k].slot, t)
                self.load(s, self.inputs[k].slot, t)
            if self.n_variables:
                values = []
                for k in range(self.n_variables):
                    v = <Variable>self.variables[k].held
                    values.append(v.value)  # other threads may assign to it meanwhile: they copy what we hold
                    self.load(s, self.variables[k].slot, v.value)
            if self.python and self.n_writes:  # an effect may write early
                before = []
                for k in range(self.n_writes):
                    v = <Variable>self.writes[k].held
                    before.append((v, v.value))
            own = self.own_tensors(s)
            if self.python or self.cost < RELEASE_GIL:
                status = self.run_block(self.root, s, &watch)
            else:
                with nogil:
                    status = self.run_block(self.root, s, &watch)
            if status < 0 or (self.checks and PyErr_Occurred() != NULL):
                raise_pending()
            for k in range(self.n_outputs):
                if self.outputs[k].how == OWN:
                    t = <Tensor>own[given]
                    given += 1
                else:
                    t = self.result(s, self.outputs[k].slot, <Tensor>self.outputs[k].held)
                Py_INCREF(t)
                results[k] = <PyObject *>t
                made += 1
            if self.n_writes:
                before = None
                self.write(s, values, own, given)
            made = 0
        except BaseException:
            for v, t in before or ():
                v.value = alias(t, v.value.slot)
            raise
        finally:
            for k in range(made):
                Py_DECREF(<object>results[k])
            self.give_back(s)
        return 0

    cdef int fits(self, int32_t at, Tensor t) except -1:
        """A replay works on pointers: what they point to must be as the plan has it."""
        if t.code != self.slots[at].code or (
                self.slots[at].stack < 0 and t.shape_.size * itemsize[t.code] != self.slots[at].nbytes):
            raise TypeError(f"a plan was given shape {t.shape} and dtype {t.dtype.name}, which it was not made for")
        return 0

    cdef void load(self, instance_t *s, int32_t at, Tensor t) noexcept:
        cdef stack_t *stack
        if self.slots[at].stack >= 0:  # entries along the first axis
            stack = &s.stacks[self.slots[at].stack]
            if not stack.borrowed:
                free(stack.data)
            stack.data = t.data
            stack.count = t.shape_.dims[0]
            stack.room = 0
            stack.borrowed = True
        elif self.slots[at].cell:
            memcpy(s.p[at], t.data, self.slots[at].nbytes)
        else:
            s.p[at] = t.data

    cdef Tensor result(self, instance_t *s, int32_t at, Tensor like):
        cdef Tensor t
        cdef Py_ssize_t dims[64]
        cdef stack_t *stack
        cdef int k
        if self.slots[at].stack < 0:
            t = tensor_new(like.code, like.shape_)
            memcpy(t.data, s.p[at], t.shape_.size * itemsize[t.code])
            return t
        stack = &s.stacks[self.slots[at].stack]
        if like.shape_.ndim == 64:
            raise ValueError("a loop keeps an array of 64 axes for its gradient: one more would be needed")
        dims[0] = stack.count
        for k in range(like.shape_.ndim):
            dims[k + 1] = like.shape_.dims[k]
        t = tensor_of(like.code, like.shape_.ndim + 1, dims)
        if stack.count:  # else there may be no memory yet
            memcpy(t.data, stack.data, stack.count * stack.item)
        return t

    cdef list own_tensors(self, instance_t *s):
        """Tensors for what is computed where it is handed out: results, then what is written."""
        cdef list own = None
        cdef Tensor t
        cdef Py_ssize_t k
        cdef port_t *port
        for k in range(self.n_outputs + self.n_writes):
            port = &self.outputs[k] if k < self.n_outputs else &self.writes[k - self.n_outputs]
            if port.how == OWN:
                t = <Tensor>port.held if k < self.n_outputs else (<Variable>port.held).value
                t = tensor_new(t.code, t.shape_)
                s.p[port.slot] = t.data
                own = own or []
                own.append(t)
        return own

    cdef int write(self, instance_t *s, list values, list own, Py_ssize_t first) except -1:
        """Give Variables their values, all of them or, if there is no memory, none.

        values: what those had that the run read. own[first:]: Tensors that have new ones already.
        """
        cdef list news = []
        cdef Tensor t
        cdef Variable v
        cdef port_t *port
        cdef Py_ssize_t k, held
        cdef watch_t watch   # nobody looks at it: see `Lowering.emit`
        for k in range(self.n_writes):
            port = &self.writes[k]
            v = <Variable>port.held
            held = port.source >= 0 and <PyObject *>values[port.source] == <PyObject *>v.value
            if port.how == OWN:
                news.append(own[first])
                first += 1
            elif port.how != APART and unshared(<PyObject *>v.value, 1 + held):
                news.append(v.value)
            else:
                news.append(tensor_new(v.value.code, v.value.shape_))
            if port.how >= IN_PLACE:
                s.p[port.slot] = (<Tensor>news[k]).data
        if self.late != NULL:
            self.run_block(self.late, s, &watch)
        for k in range(self.n_writes):
            port = &self.writes[k]
            v = <Variable>port.held
            t = <Tensor>news[k]
            if port.how == COPIED:
                memcpy(t.data, s.p[port.slot], t.shape_.size * itemsize[t.code])
            if t is not v.value:
                t.slot = v.value.slot
                v.value = t
        return 0

    cdef int run_block(self, const block_t *block, instance_t *s, watch_t *watch) noexcept nogil:
        """Run the instructions of a block; -1 if an exception is set."""
        cdef Py_ssize_t k
        cdef const instr_t *i
        cdef char **p = s.p
        cdef char *data[8]
        cdef const nd_t *nd
        cdef const work_t *work
        cdef stack_t *stack
        cdef int j
        for k in range(block.n):
            i = &block.instrs[k]
            if i.kind == SCALARS:
                if self.machine != NULL:
                    self.code_of(i)(<fg_cell *>s.arena, 1)
                else:
                    fg_run_scalars(<const fg_scalar *>i.data, i.n, <fg_cell *>s.arena, self.loops)
            elif i.kind == GROUP:
                fg_run_group(<const fg_group *>i.data, p, run_parts)
            elif i.kind == ND:
                nd = <const nd_t *>i.data
                for j in range(nd.operands):
                    data[j] = p[nd.slot[j]]
                iterate(nd.loop, nd.operands, data, nd.strides, nd.ndim, nd.dims)
            elif i.kind == WORK:
                data[0] = p[i.x]
                data[1] = p[i.z]
                data[2] = p[i.v]
                work = <const work_t *>i.data
                if work.run(work, p[i.y], data) < 0 and self.call(i.n, s) < 0:
                    return -1
            elif i.kind == PART:
                p[i.y] = p[i.x] + i.n
            elif i.kind == MOVE:
                memcpy(p[i.y], p[i.x], i.n)
            elif i.kind == CALL:
                if self.call(i.n, s) < 0:
                    return -1
            elif i.kind == CHOOSE:
                if self.run_block((<branches_t *>i.data).first if p[i.x][0] else (<branches_t *>i.data).second,
                                  s, watch) < 0:
                    return -1
            elif i.kind == REPEAT:
                if self.machine != NULL and i.code:
                    if self.run_numbers(i, s, watch) < 0:
                        return -1
                elif self.run_loop(<repeat_t *>i.data, i.n, s, watch) < 0:
                    return -1
            elif i.kind == EACH:
                if self.run_each(<const nd_t *>i.data, s) < 0:
                    return -1
            elif i.kind == FILL:
                stack = &s.stacks[self.slots[i.y].stack]
                if not make_room(stack, i.n):
                    return out_of_memory()
                stack.count = i.n
                if i.n:
                    memcpy(stack.data, p[i.x], i.n * stack.item)
            elif i.kind == EMPTY:
                stack = &s.stacks[self.slots[i.x].stack]
                if stack.count:
                    memcpy(p[i.y], stack.data, stack.count * stack.item)
            if i.looks and is_due(watch) and interrupted(watch):
                return -1
        return 0

    cdef int run_loop(self, const repeat_t *loop, Py_ssize_t cost, instance_t *s, watch_t *watch) noexcept nogil:
        """cost: ns of one turn, a guess."""
        cdef Py_ssize_t turn = 0, turns = -1
        cdef int k
        cdef const stacked_t *at
        cdef stack_t *stack
        cdef char *entry
        if loop.test == NULL:
            turns = s.stacks[loop.reads[0].stack].count
        for k in range(loop.n_writes):
            s.stacks[loop.writes[k].stack].count = 0
            if turns >= 0 and not make_room(&s.stacks[loop.writes[k].stack], turns):
                return out_of_memory()
        while True:
            if turns >= 0:
                if turn == turns:
                    break
            else:
                if self.run_block(loop.test, s, watch) < 0:
                    return -1
                if not s.p[loop.test.test][0]:
                    break
            for k in range(loop.n_reads):
                at = &loop.reads[k]
                stack = &s.stacks[at.stack]
                entry = stack.data + (turns - 1 - turn if at.from_end else turn) * stack.item
                if at.there:
                    s.p[at.slot] = entry
                else:
                    memcpy(s.p[at.slot], entry, stack.item)
            for k in range(loop.n_writes):
                at = &loop.writes[k]
                stack = &s.stacks[at.stack]
                if turns < 0 and not make_room(stack, turn + 1):
                    return out_of_memory()
                if at.there:
                    s.p[at.slot] = stack.data + (turns - 1 - turn if at.from_end else turn) * stack.item
                elif at.before:
                    memcpy(stack.data + turn * stack.item, s.p[at.slot], stack.item)
            if self.run_block(loop.body, s, watch) < 0:
                return -1
            for k in range(loop.n_writes):
                at = &loop.writes[k]
                stack = &s.stacks[at.stack]
                if not at.before and not at.there:
                    memcpy(stack.data + (turns - 1 - turn if at.from_end else turn) * stack.item, s.p[at.slot],
                           stack.item)
            turn += 1
            watch.since += cost
            if watch.since > SIGNALS_EVERY and interrupted(watch):
                return -1
        for k in range(loop.n_writes):
            s.stacks[loop.writes[k].stack].count = turn
        return 0

    cdef fg_code code_of(self, const instr_t *i) noexcept nogil:
        return <fg_code>(self.machine + i.code - 1)

    cdef int run_numbers(self, const instr_t *i, instance_t *s, watch_t *watch) noexcept nogil:
        """A loop that is machine code."""
        cdef Py_ssize_t turns = max(SIGNALS_EVERY // max(i.n, 1), 1), left
        while True:
            left = self.code_of(i)(<fg_cell *>s.arena, turns)
            watch.since += (turns - left) * i.n
            if watch.since > SIGNALS_EVERY and interrupted(watch):
                return -1
            if left > 0:
                return 0

    cdef int run_each(self, const nd_t *nd, instance_t *s) noexcept nogil:
        """The last operand is the result; those that are no stacks are the same for every entry."""
        cdef Py_ssize_t k, count = 0
        cdef char *data[8]
        cdef stack_t *stack
        cdef int j
        for j in range(nd.operands - 1):
            if self.slots[nd.slot[j]].stack >= 0:
                count = s.stacks[self.slots[nd.slot[j]].stack].count
        stack = &s.stacks[self.slots[nd.slot[nd.operands - 1]].stack]
        if not make_room(stack, count):
            return out_of_memory()
        stack.count = count
        for k in range(count):
            for j in range(nd.operands):
                data[j] = s.p[nd.slot[j]]
                if self.slots[nd.slot[j]].stack >= 0:
                    stack = &s.stacks[self.slots[nd.slot[j]].stack]
                    data[j] = stack.data + k * stack.item
            iterate(nd.loop, nd.operands, data, nd.strides, nd.ndim, nd.dims)
        return 0

    cdef int call(self, Py_ssize_t number, instance_t *s) noexcept with gil:
        """A Python call on copies of its inputs. -1 if it raised."""
        cdef Tensor t, like
        cdef Py_ssize_t k
        cdef int32_t at
        cdef list arguments = []
        try:
            function, sources, results, place = <tuple>self.calls[number]
            for at, like in <list>sources:
                t = tensor_new(like.code, like.shape_)
                memcpy(t.data, s.p[at], t.shape_.size * itemsize[t.code])
                arguments.append(t)
            given = function(arguments)
            for k, (at, like) in enumerate(<list>results):
                t = given[k]
                if t.code != like.code or not same_shape(t.shape_, like.shape_):
                    raise ValueError(
                        f"{function} gave shape {t.shape} and dtype {t.dtype.name} where it gave shape {like.shape} "
                        f"and dtype {like.dtype.name} when the function was traced: what depends on values can't be "
                        "replayed. Compute it outside the function")
                memcpy(s.p[at], t.data, t.shape_.size * itemsize[t.code])
            return 0
        except BaseException as error:
            set_pending(errors.at_place(error, place))
            return -1


cdef port_t *new_ports(list pairs) except NULL:
    cdef port_t *ports = <port_t *>calloc(len(pairs) + 1, sizeof(port_t))
    cdef Py_ssize_t k
    if ports == NULL:
        raise MemoryError("no memory for a plan")
    for k in range(len(pairs)):
        ports[k].slot, held = pairs[k]
        ports[k].held = <PyObject *>held  # which `Plan.ports` keeps
    return ports


cdef bint make_room(stack_t *stack, Py_ssize_t count) noexcept nogil:
    """Room for `count` entries."""
    cdef Py_ssize_t need = max(stack.item, 1) * count, room
    cdef char *data
    if need <= stack.room and not stack.borrowed:
        return True
    room = max(need, 2 * stack.room)
    if stack.borrowed:
        stack.data = NULL
        stack.borrowed = False
    data = <char *>realloc(stack.data, room)
    if data == NULL:
        return False
    stack.data = data
    stack.room = room
    return True


cdef int out_of_memory() noexcept with gil:
    PyErr_SetObject(MemoryError, "no memory for the states of a loop")
    return -1


cdef bint unshared(PyObject *t, Py_ssize_t references) noexcept:
    """True if there are that many references to a Tensor, and no other Tensor shares its memory."""
    cdef buffer_t *buffer = (<Tensor>t).buffer
    return Py_REFCNT(t) == references and (buffer == NULL or (buffer.refs == 1 and buffer.size_class >= 0))


cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *x)
    void PyErr_SetObject(object kind, object value)


cdef int set_pending(error) except -1:
    PyErr_SetObject(type(error), error)
    return 0


cdef bint is_due(watch_t *watch) noexcept nogil:
    """True if Ctrl-C was not looked for in a while, by the clock: how long work on arrays takes is hard to guess."""
    cdef int64_t now = fg_now()
    if watch.at == 0:
        watch.at = now
    return not 0 <= now - watch.at <= SIGNALS_EVERY


cdef bint interrupted(watch_t *watch) noexcept with gil:
    """True if an exception is set, or Ctrl-C was pressed."""
    watch.since, watch.at = 0, fg_now()
    return PyErr_Occurred() != NULL or not signals_passed()


cdef bint signals_passed() noexcept:
    try:
        PyErr_CheckSignals()
        return True
    except BaseException as error:
        PyErr_SetObject(type(error), error)
        return False


cdef int raise_pending() except -1:
    return -1
