from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from ._buffer cimport FG_DEBUG, live, shape_t
from ._tensor cimport Tensor, Variable, scalar_shape

cdef extern from "record.h":
    enum:
        FG_LEAF
        FG_SCALAR
        FG_ARRAY
        FG_NODE
        FG_OUTPUT
        FG_CHUNK
    ctypedef struct fg_arrays "":
        void *shape
        PyObject *saved[4]
    ctypedef union fg_payload "":
        double v[5]
        fg_arrays a
    ctypedef struct fg_record:
        uint16_t primitive
        uint8_t lane
        uint8_t dtype
        uint8_t nargs
        uint32_t tapes
        uint32_t arg[3]
        fg_payload u
    ctypedef struct fg_chunk:
        fg_record records[512]
        Py_ssize_t live

cdef enum:
    FORWARD_BIT = 30       # of a record's mask: an accumulator has a tangent for it
    SHARED_BIT = 31        # tapes beyond 30 live ones share the last bit
    NODE_SLOTS = 255       # nargs of an FG_NODE: its Node has the arguments' slots


cdef class Trace:
    cdef uint64_t lo, hi               # slots held: [lo, hi)
    cdef fg_chunk **chunks             # NULL: every record of it is dead
    cdef Py_ssize_t n_chunks, room
    cdef uint64_t first                # number of chunks[0]
    cdef fg_chunk *spare
    cdef dict foreign                  # id(tensor) -> (slot, tensor): its slot is alive in another thread's trace
    cdef uint32_t used                 # bits of live tapes
    cdef uint32_t recording            # bits of tapes that record now
    cdef uint32_t automatic            # of those, the ones that watch the variables they meet
    cdef PyObject **sharers            # live tapes on the shared bit (each leaves when it is released)
    cdef int n_sharers, sharer_room
    cdef bint shared_cuts              # one of them watches what an operation made that it did not record
    cdef int paused                    # depth of `Paused`
    cdef uint64_t n_entered            # how often a tape or accumulator was entered
    cdef uint64_t hidden_from, hidden_to  # those entered then record nothing (see `_forward`)
    cdef list forward                  # accumulators that record now; None: none ever did
    cdef dict tangents                 # slot -> {number of an accumulator: tangent}
    cdef PyObject **tapes              # tapes that record now (each leaves when it dies)
    cdef int n_tapes, tape_room
    cdef object graph                  # the Graph that operations are logged to; None: nothing is traced
    cdef dict touched                  # while a `Touched` listens: serial -> [variable, its value then, was it read]
    cdef bint custom                   # a record may hold Python objects that can reach a tape


cdef class Aval:
    cdef shape_t *shape_
    cdef int code


cdef class Node:
    cdef object primitive
    cdef dict metadata
    cdef tuple saved                   # per argument: Tensor or None
    cdef tuple avals
    cdef object y                      # Tensor, list of Tensor, or None
    cdef tuple y_avals
    cdef uint32_t *back                # how many records back each argument is; 0: not tracked
    cdef int nargs
    cdef int outputs


cdef int n_recording                   # tapes that record now, in all threads

cdef Trace current_trace()
cdef PyObject *this_trace() noexcept
cdef PyObject *recording_trace() noexcept
cdef fg_record *new_chunk(Trace trace) except NULL
cdef void kill_record(Trace trace, uint64_t slot) noexcept
cdef uint64_t foreign_slot(Trace trace, Tensor t) noexcept
cdef bint tracked(Tensor t) noexcept
cdef Aval aval_of(Tensor t)
cdef Aval lifted_aval(Aval a, Py_ssize_t n)
cdef int append_node(Trace trace, Node node, int number, list arguments, list outputs, uint32_t tapes,
                     uint32_t flows) except -1
cdef int note(Variable v, bint read) except -1
cdef uint64_t leaf_of(Trace trace, Variable v) except? 0
cdef void trim(Trace trace) noexcept
cdef void forget_tangents(uint64_t slot, bint dead) noexcept
cdef int give_slot(Trace trace, Tensor t, uint64_t slot) except -1
cdef uint64_t new_leaf(Trace trace, shape_t *shape, int code, uint32_t tapes) except 0
cdef uint64_t track(Trace trace, Tensor t, uint32_t bit) except 0
cdef uint64_t track_variable(Trace trace, Variable v, uint32_t bit) except 0
cdef void count_recording(int change) noexcept

cdef inline fg_record *record_at(Trace trace, uint64_t slot) noexcept:
    """The record of a slot, or NULL if the trace does not hold it."""
    cdef fg_chunk *chunk
    if slot - trace.lo >= trace.hi - trace.lo:
        return NULL
    chunk = trace.chunks[slot // FG_CHUNK - trace.first]
    return NULL if chunk == NULL else &chunk.records[slot % FG_CHUNK]

cdef inline shape_t *record_shape(fg_record *r) noexcept:
    return scalar_shape if r.lane == FG_SCALAR else <shape_t *>r.u.a.shape

cdef inline fg_record *append_record(Trace trace) except NULL:
    """A new last record; the caller fills it at once."""
    if trace.hi % FG_CHUNK == 0 or trace.n_chunks == 0:
        return new_chunk(trace)
    if FG_DEBUG:
        live.records += 1
    cdef fg_chunk *chunk = trace.chunks[trace.hi // FG_CHUNK - trace.first]
    chunk.live += 1
    trace.hi += 1
    return &chunk.records[(trace.hi - 1) % FG_CHUNK]

cdef inline uint64_t slot_in(Trace trace, Tensor t) noexcept:
    """The slot of a Tensor in this trace, or 0."""
    if t.slot - trace.lo < trace.hi - trace.lo:
        return t.slot
    return 0 if trace.foreign is None else foreign_slot(trace, t)

cdef inline uint32_t tapes_at(Trace trace, uint64_t slot) noexcept:
    """Bits of the tapes recording now that track a slot."""
    cdef fg_record *r = record_at(trace, slot)
    return 0 if r == NULL else r.tapes & trace.recording
