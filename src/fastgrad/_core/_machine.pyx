"""Machine code for what a plan does with numbers alone: stretches of operations, and loops of nothing but them.

Only where replays of machine code are possible (see machine.h); elsewhere, and where a system forbids it, the
interpreter of `replay.h` does the same.
"""

cimport cython
from libc.stdint cimport uint8_t
from libc.stdlib cimport free
from libc.string cimport memset

from ._loops cimport FLOAT32, FLOAT64
from ._plan cimport (
    CHOOSE, REPEAT, SCALARS, Plan, block_t, branches_t, fg_scalar, fg_scalar_loop, instr_t, repeat_t, slot_t,
)

cdef extern from "machine.h" nogil:
    ctypedef struct fg_assembler:
        uint8_t *code
        size_t n
        int failed
        const fg_scalar_loop *loops
    int FG_MACHINE
    void fg_stretch(fg_assembler *a, const fg_scalar *s, Py_ssize_t n)
    size_t fg_begin(fg_assembler *a)
    void fg_finish(fg_assembler *a)
    void fg_pin(fg_assembler *a, Py_ssize_t cell, bint single)
    size_t fg_mark(fg_assembler *a)
    void fg_aim(fg_assembler *a, size_t source, size_t to)
    size_t fg_jump(fg_assembler *a, int condition)
    size_t fg_unless(fg_assembler *a, Py_ssize_t cell)
    size_t fg_next_turn(fg_assembler *a)
    void *fg_runnable(const uint8_t *code, size_t n)
    void fg_unmap(void *code, size_t n)

cdef enum:
    CELLS = 1 << 28           # their offsets are numbers of 32 bits

cdef bint wanted = FG_MACHINE


def use_machine_code(bint flag):
    """Let plans that are made from now on have machine code, where that is possible, or none. Gives what it was."""
    global wanted
    was, wanted = wanted, flag and FG_MACHINE
    return was


@cython.final
@cython.no_gc
cdef class Code:
    """Memory that can be run."""

    cdef void *memory
    cdef size_t nbytes

    def __len__(self):
        return <Py_ssize_t>self.nbytes

    def __dealloc__(self):
        fg_unmap(self.memory, self.nbytes)


cdef int assemble(Plan plan) except -1:
    """Give the instructions of a plan machine code."""
    cdef fg_assembler a
    cdef Code code
    if not wanted or plan.n_cells >= CELLS:
        return 0
    memset(&a, 0, sizeof(a))
    a.loops = plan.loops
    assemble_block(plan, plan.root, &a)
    assemble_block(plan, plan.late, &a)
    code = Code.__new__(Code)
    if a.n and not a.failed:
        code.memory = fg_runnable(a.code, a.n)
        code.nbytes = a.n if code.memory != NULL else 0
    free(a.code)
    plan.code = code
    plan.machine = <char *>code.memory
    return 0


cdef int assemble_block(Plan plan, block_t *block, fg_assembler *a) except -1:
    """Code for the instructions of a block."""
    cdef Py_ssize_t k
    cdef instr_t *i
    cdef repeat_t *r
    if block == NULL:
        return 0
    for k in range(block.n):
        i = &block.instrs[k]
        if i.kind == SCALARS:
            i.code = fg_begin(a) + 1
            fg_stretch(a, <const fg_scalar *>i.data, i.n)
            fg_finish(a)
        elif i.kind == CHOOSE:
            assemble_block(plan, (<branches_t *>i.data).first, a)
            assemble_block(plan, (<branches_t *>i.data).second, a)
        elif i.kind == REPEAT:
            r = <repeat_t *>i.data
            if r.test != NULL and not r.n_reads and not r.n_writes and of_numbers(plan, r.test) and (
                    plan.slots[r.test.test].cell and of_numbers(plan, r.body)):
                assemble_loop(plan, i, a)
            else:
                assemble_block(plan, r.test, a)
                assemble_block(plan, r.body, a)
    return 0


cdef bint of_numbers(Plan plan, const block_t *block) noexcept:
    """True if a block does nothing that machine code can't do."""
    cdef Py_ssize_t k
    cdef const instr_t *i
    for k in range(block.n):
        i = &block.instrs[k]
        if i.kind == CHOOSE:
            if not (plan.slots[i.x].cell and of_numbers(plan, (<branches_t *>i.data).first)
                    and of_numbers(plan, (<branches_t *>i.data).second)):
                return False
        elif i.kind != SCALARS:
            return False
    return True


cdef Py_ssize_t cell_of(Plan plan, Py_ssize_t slot) noexcept:
    return plan.slots[slot].offset // 8


cdef int assemble_loop(Plan plan, instr_t *i, fg_assembler *a) except -1:
    cdef repeat_t *r = <repeat_t *>i.data
    cdef size_t top, out, again
    cdef Py_ssize_t k
    cdef const slot_t *slot
    i.code = fg_begin(a) + 1
    for k in range(r.n_carried):
        slot = &plan.slots[r.carried[k]]
        if slot.cell and (slot.code == FLOAT64 or slot.code == FLOAT32):
            fg_pin(a, cell_of(plan, r.carried[k]), slot.code == FLOAT32)
    top = fg_mark(a)
    inline_block(plan, r.test, a)
    out = fg_unless(a, cell_of(plan, r.test.test))
    inline_block(plan, r.body, a)
    again = fg_next_turn(a)
    fg_aim(a, again, top)
    fg_aim(a, out, fg_mark(a))
    fg_finish(a)
    return 0


cdef int inline_block(Plan plan, const block_t *block, fg_assembler *a) except -1:
    cdef Py_ssize_t k
    cdef const instr_t *i
    cdef size_t otherwise, over
    for k in range(block.n):
        i = &block.instrs[k]
        if i.kind == SCALARS:
            fg_stretch(a, <const fg_scalar *>i.data, i.n)
        else:
            otherwise = fg_unless(a, cell_of(plan, i.x))
            inline_block(plan, (<branches_t *>i.data).first, a)
            over = fg_jump(a, -1)
            fg_aim(a, otherwise, fg_mark(a))
            inline_block(plan, (<branches_t *>i.data).second, a)
            fg_aim(a, over, fg_mark(a))
    return 0
