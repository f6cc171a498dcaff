"""Plans: flat lists of instructions over preallocated memory, and their replay.

A. *Slots* are the values of a plan: each has a place in the arena of a run, or is memory from outside (arguments,
   constants, Variables), which `instance_t.p` points to. Single numbers have cells of 8 bytes at the arena's start.
B. *Instances.* Whatever a run writes to is its own, so that several threads, or a function that calls itself, may
   replay one plan at the same time. Instances are made when needed and kept for the next call.
C. *All or nothing.* Variables are written when everything that can fail has been done.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals, PyErr_Occurred
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint32_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

from .. import errors

from ._buffer cimport same_shape
from ._kernels cimport SAME, run_work, work_t
from ._loops cimport itemsize, iterate
from ._tensor cimport Tensor, Variable, alias, copy_tensor, data_view, tensor_new, tensor_of, writable

cdef enum:
    ALIGNMENT = 64
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
        elif i.kind == CHOOSE:
            free_block((<branches_t *>i.data).first)
            free_block((<branches_t *>i.data).second)
        elif i.kind == REPEAT:
            free_block((<repeat_t *>i.data).test)
            free_block((<repeat_t *>i.data).body)
            free((<repeat_t *>i.data).reads)
            free((<repeat_t *>i.data).writes)
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
        self.inputs = []
        self.variables = []
        self.outputs = []
        self.writes = []

    def __dealloc__(self):
        cdef instance_t *instance
        free_block(self.root)
        free(self.slots)
        free(self.loops)
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

    # ---- memory of a run
    cdef instance_t *new_instance(self) except NULL:
        cdef Py_ssize_t k, table = (sizeof(instance_t) + self.n_stacks * sizeof(stack_t) + self.n_slots * sizeof(char *)
                                    + ALIGNMENT) // ALIGNMENT * ALIGNMENT
        cdef char *block = <char *>malloc(table + self.arena + ALIGNMENT)
        cdef instance_t *s
        cdef slot_t *slot
        cdef Tensor t
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

    # ---- replay
    def __call__(self, *arguments):
        """Replay for some arguments, Tensors of the shapes and dtypes of the examples; gives a list of Tensors."""
        return self.run(list(arguments))

    def run_list(self, list arguments not None):
        """The same for a list of them."""
        return self.run(arguments)

    cdef list run(self, list arguments):
        cdef instance_t *s
        cdef Py_ssize_t k
        cdef int32_t at
        cdef int status
        cdef list values = [], results = [], before = []
        cdef Tensor t, like
        cdef Variable v
        cdef Py_ssize_t clock = 0
        if self.root == NULL:
            raise RuntimeError("an empty plan can't be replayed")
        if len(arguments) != len(self.inputs):
            raise TypeError(f"a plan of {len(self.inputs)} arguments was given {len(arguments)}")
        s = self.take()
        try:
            for k in range(len(self.inputs)):
                self.fits(self.inputs[k], <Tensor?>arguments[k])
                self.load(s, self.inputs[k], <Tensor>arguments[k])
            for k in range(len(self.variables)):
                at, v = <tuple>self.variables[k]
                values.append(v.value)  # other threads may assign to it meanwhile: they copy what we hold
                self.load(s, at, v.value)
            if self.python:  # an effect may write early
                for k in range(len(self.writes)):
                    v = <Variable>(<tuple>self.writes[k])[1]
                    before.append((v, v.value))
            if self.python or self.cost < RELEASE_GIL:
                status = self.run_block(self.root, s, &clock)
            else:
                with nogil:
                    status = self.run_block(self.root, s, &clock)
            if status < 0:
                raise_pending()
            if self.checks and PyErr_Occurred() != NULL:
                raise_pending()
            for k in range(len(self.outputs)):
                at, like = <tuple>self.outputs[k]
                results.append(self.result(s, at, like))
            before = values = None
            for k in range(len(self.writes)):
                at, v = <tuple>self.writes[k]
                self.write(s, at, v)
        except BaseException:
            for v, t in before or ():
                v.value = alias(t, v.value.slot)
            raise
        finally:
            self.give_back(s)
        return results

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
            raise ValueError("a loop keeps an array of 64 axes for its gradient: one more is needed, and there are no more")
        dims[0] = stack.count
        for k in range(like.shape_.ndim):
            dims[k + 1] = like.shape_.dims[k]
        t = tensor_of(like.code, like.shape_.ndim + 1, dims)
        memcpy(t.data, stack.data, stack.count * stack.item)
        return t

    cdef int write(self, instance_t *s, int32_t at, Variable v) except -1:
        if not writable(<PyObject *>v.value):
            own_copy(v)
        memcpy(v.value.data, s.p[at], v.value.shape_.size * itemsize[v.value.code])
        return 0

    cdef int run_block(self, const block_t *block, instance_t *s, Py_ssize_t *clock) noexcept nogil:
        """Run the instructions of a block; -1 if an exception is set."""
        cdef Py_ssize_t k
        cdef const instr_t *i
        cdef char **p = s.p
        cdef char *data[8]
        cdef const nd_t *nd
        cdef int j
        for k in range(block.n):
            i = &block.instrs[k]
            if i.kind == SCALARS:
                fg_run_scalars(<const fg_scalar *>i.data, i.n, <fg_cell *>s.arena, self.loops)
            elif i.kind == GROUP:
                fg_run_group(<const fg_group *>i.data, p)
            elif i.kind == ND:
                nd = <const nd_t *>i.data
                for j in range(nd.operands):
                    data[j] = p[nd.slot[j]]
                iterate(nd.loop, nd.operands, data, nd.strides, nd.ndim, nd.dims)
            elif i.kind == WORK:
                data[0] = p[i.x]
                data[1] = p[i.z]
                run_work(<const work_t *>i.data, p[i.y], data)
            elif i.kind == PART:
                p[i.y] = p[i.x] + i.n
            elif i.kind == MOVE:
                memcpy(p[i.y], p[i.x], i.n)
            elif i.kind == CALL:
                if self.call(i.n, s) < 0:
                    return -1
            elif i.kind == CHOOSE:
                if self.run_block((<branches_t *>i.data).first if p[i.x][0] else (<branches_t *>i.data).second,
                                  s, clock) < 0:
                    return -1
            elif i.kind == REPEAT:
                if self.run_loop(<repeat_t *>i.data, i.n, s, clock) < 0:
                    return -1
            elif i.kind == EACH:
                if self.run_each(<const nd_t *>i.data, s) < 0:
                    return -1
        return 0

    cdef int run_loop(self, const repeat_t *loop, Py_ssize_t cost, instance_t *s, Py_ssize_t *clock) noexcept nogil:
        """cost: ns of one turn, a guess."""
        cdef Py_ssize_t turn = 0, turns = -1
        cdef int k
        cdef const stacked_t *at
        cdef stack_t *stack
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
                if self.run_block(loop.test, s, clock) < 0:
                    return -1
                if not s.p[loop.test.test][0]:
                    break
            for k in range(loop.n_reads):
                at = &loop.reads[k]
                stack = &s.stacks[at.stack]
                memcpy(s.p[at.slot], stack.data + (turns - 1 - turn if at.from_end else turn) * stack.item, stack.item)
            for k in range(loop.n_writes):
                at = &loop.writes[k]
                stack = &s.stacks[at.stack]
                if turns < 0 and not make_room(stack, turn + 1):
                    return out_of_memory()
                if at.before:
                    memcpy(stack.data + turn * stack.item, s.p[at.slot], stack.item)
            if self.run_block(loop.body, s, clock) < 0:
                return -1
            for k in range(loop.n_writes):
                at = &loop.writes[k]
                stack = &s.stacks[at.stack]
                if not at.before:
                    memcpy(stack.data + (turns - 1 - turn if at.from_end else turn) * stack.item, s.p[at.slot],
                           stack.item)
            turn += 1
            clock[0] += cost
            if clock[0] > SIGNALS_EVERY:
                clock[0] = 0
                with gil:
                    if PyErr_Occurred() != NULL or not signals_passed():
                        return -1
        for k in range(loop.n_writes):
            s.stacks[loop.writes[k].stack].count = turn
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


cdef int own_copy(Variable v) except -1:
    cdef Tensor old = v.value
    v.value = copy_tensor(old)
    v.value.slot = old.slot
    return 0


cdef extern from "Python.h":
    void PyErr_SetObject(object kind, object value)


cdef int set_pending(error) except -1:
    PyErr_SetObject(type(error), error)
    return 0


cdef bint signals_passed() noexcept:
    try:
        PyErr_CheckSignals()
        return True
    except BaseException as error:
        PyErr_SetObject(type(error), error)
        return False


cdef int raise_pending() except -1:
    return -1
