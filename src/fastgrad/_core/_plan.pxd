from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from ._buffer cimport shape_t
from ._loops cimport fg_loop, fg_number_fn, fg_part
from ._tensor cimport Tensor, Variable
from ._work cimport work_t

cdef extern from "replay.h" nogil:
    enum:
        FG_ALONG
        FG_TILED
        FG_LONG
        FG_SPREAD
        FG_NO_SUM
        FG_ALL
        FG_ROWS
        FG_TREES
        FG_BLOCK
        FG_STEP_OPERANDS
        FG_S_LOOP
        FG_S_MOVE
        FG_S_WHERE
        FG_S_FLOATS
        FG_S_ROWS
        FG_S_COUNT
    const char *fg_scalar_names[]
    ctypedef union fg_cell:
        uint64_t bits
        uint8_t b
    ctypedef struct fg_scalar:
        uint16_t op, loop
        uint32_t y, a, b, c
    ctypedef struct fg_scalar_loop:
        fg_loop loop
        fg_number_fn number
        int single
        int operands
        int step[4]
    ctypedef struct fg_step:
        fg_loop loop
        int operands
        int32_t slot[8]
        int32_t step[8]
        int32_t span[8]
    ctypedef struct fg_repeat:
        int32_t x, y, span
        uint8_t kind, size
        Py_ssize_t nbytes
    ctypedef struct fg_sum:
        fg_loop add
        int32_t x, y, span, row
        uint8_t kind, size
        Py_ssize_t count
    ctypedef struct fg_group:
        Py_ssize_t n
        int n_steps, n_repeats, n_sums, n_trees, lanes
        fg_step *steps
        fg_repeat *repeats
        fg_sum *sums
    ctypedef Py_ssize_t (*fg_code)(fg_cell *r, Py_ssize_t turns)
    int fg_scalar_arity(int op)
    void fg_run_scalars(const fg_scalar *s, Py_ssize_t n, fg_cell *r, const fg_scalar_loop *loops)
    ctypedef void (*fg_runner)(fg_part part, void *job, Py_ssize_t parts, int lanes) noexcept nogil
    void fg_run_group(const fg_group *g, char *const *p, fg_runner run)

cdef enum:  # what an instruction does
    SCALARS            # a stretch of operations on numbers
    GROUP              # fused elementwise operations
    ND                 # one elementwise operation, broadcasting
    WORK               # a C kernel
    PART               # a slot becomes another one from some byte on
    MOVE               # bytes
    CALL               # Python
    CHOOSE
    REPEAT
    EACH               # an elementwise operation on every entry of stacks
    FILL               # an array becomes the entries of a stack
    EMPTY              # the entries of a stack become an array

ctypedef struct instr_t:
    int kind
    int32_t y, x, z, v         # slots
    Py_ssize_t n               # of operations, bytes, ...
    void *data                 # of its own
    bint looks                 # it takes so long that Ctrl-C is looked for after it
    size_t code                # the byte of `Plan.machine` at which its machine code begins, from 1 on; 0: it has none

ctypedef struct watch_t:       # when Ctrl-C was looked for
    Py_ssize_t since           # ns of work since then, a guess
    int64_t at                 # ns of a clock; 0: not yet

ctypedef struct block_t:
    instr_t *instrs
    Py_ssize_t n, room
    int32_t test               # slot of its truth value, for the test of a loop

ctypedef struct nd_t:
    fg_loop loop
    int operands, ndim
    int32_t slot[8]
    Py_ssize_t dims[64]
    Py_ssize_t strides[512]

ctypedef struct branches_t:
    block_t *first
    block_t *second

ctypedef struct stacked_t:     # what a loop reads from a stack, or writes to one, in each turn
    int32_t stack, slot
    bint from_end
    bint before                # written before the body runs
    bint there                 # the slot is where the entry is: nothing is copied

ctypedef struct repeat_t:
    block_t *test              # NULL: as many turns as the first stack that is read has entries
    block_t *body
    int n_reads, n_writes
    stacked_t *reads
    stacked_t *writes
    int n_carried
    int32_t *carried           # slots that keep their values from turn to turn

ctypedef struct stack_t:
    char *data
    Py_ssize_t count           # entries
    Py_ssize_t room            # bytes
    Py_ssize_t item            # bytes of an entry
    bint borrowed

ctypedef struct slot_t:
    Py_ssize_t nbytes
    Py_ssize_t offset          # in the arena; -1: elsewhere
    int32_t last               # while lowering: the last position that reads it
    uint8_t code
    uint8_t cell               # it is a number in a cell
    int32_t stack              # its number, if it is one; else -1

# The memory that one run works on.
ctypedef struct instance_t:
    char **p                   # where each slot is
    char *arena
    stack_t *stacks
    void *block                # what to free
    instance_t *next


# A slot that is filled before a run, or read after it.
ctypedef struct port_t:
    PyObject *held             # the Variable; of a result a Tensor like it; of a constant the Tensor
    int32_t slot
    int32_t how                # of what is handed out
    int32_t source             # of the values of Variables that are read, the one that this is written to; -1: none

cdef enum:                     # how a port hands something out
    COPIED                     # from where it was computed
    OWN                        # computed in a Tensor of its own
    IN_PLACE                   # computed last, where the Variable is, if nobody else holds that
    APART                      # computed last, in a Tensor of its own


cdef class Plan:
    cdef block_t *root
    cdef block_t *late                 # computes what Variables are written in place; can't fail
    cdef port_t *inputs
    cdef port_t *variables
    cdef port_t *outputs
    cdef port_t *writes
    cdef readonly Py_ssize_t n_inputs, n_variables, n_outputs, n_writes
    cdef slot_t *slots
    cdef Py_ssize_t n_slots, slot_room
    cdef Py_ssize_t n_cells            # at the start of the arena
    cdef Py_ssize_t arena              # bytes
    cdef Py_ssize_t n_stacks
    cdef fg_scalar_loop *loops
    cdef Py_ssize_t n_loops, loop_room
    cdef Py_ssize_t cost               # a guess, in ns
    cdef bint checks                   # loops over integers may have raised
    cdef bint python                   # it calls Python
    cdef readonly list calls           # what CALL calls: (function, input slots, output slots)
    cdef readonly list constants       # (slot, Tensor)
    cdef dict names                    # of loops, by (function, data), and of kernels, by their work
    cdef list ports                    # what the ports hold
    cdef object code                   # the memory of its machine code
    cdef char *machine                 # the same; NULL: there is none
    cdef instance_t *free_instances
    cdef int set_ports(self, list inputs, list variables, list outputs, list writes) except -1
    cdef int run(self, PyObject **arguments, Py_ssize_t n, PyObject **results) except -1
    cdef int32_t new_slot(self, int code, Py_ssize_t nbytes) except -1
    cdef list describe_block(self, const block_t *block)
    cdef object scalar_name(self, const fg_scalar *s)
    cdef int scalar_operands(self, const fg_scalar *s) noexcept
    cdef instance_t *new_instance(self) except NULL
    cdef instance_t *take(self) except NULL
    cdef void give_back(self, instance_t *s) noexcept
    cdef int fits(self, int32_t at, Tensor t) except -1
    cdef void load(self, instance_t *s, int32_t at, Tensor t) noexcept
    cdef Tensor result(self, instance_t *s, int32_t at, Tensor like)
    cdef list own_tensors(self, instance_t *s)
    cdef int write(self, instance_t *s, list values, list own, Py_ssize_t first) except -1
    cdef int run_block(self, const block_t *block, instance_t *s, watch_t *watch) noexcept nogil
    cdef int run_loop(self, const repeat_t *loop, Py_ssize_t cost, instance_t *s, watch_t *watch) noexcept nogil
    cdef fg_code code_of(self, const instr_t *i) noexcept nogil
    cdef int run_numbers(self, const instr_t *i, instance_t *s, watch_t *watch) noexcept nogil
    cdef int run_each(self, const nd_t *nd, instance_t *s) noexcept nogil
    cdef void free_instance(self, instance_t *s) noexcept
    cdef int call(self, Py_ssize_t number, instance_t *s) noexcept with gil

cdef block_t *new_block() except NULL
cdef void free_block(block_t *block) noexcept
cdef instr_t *add_instr(block_t *block, int kind) except NULL
