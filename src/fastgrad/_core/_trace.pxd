from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from ._buffer cimport FG_DEBUG, live, shape_t
from ._tensor cimport Tensor, Variable

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

cdef enum:
    SHARED_BIT = 31        # tapes beyond 31 live ones share the last bit of a record's mask
    NODE_SLOTS = 255       # nargs of a record whose argument slots are in its Node


cdef class Trace:
    cdef uint64_t lo, hi               # slots held: [lo, hi)
    cdef fg_record **chunks
    cdef Py_ssize_t n_chunks, room
    cdef uint64_t first                # number of chunks[0]
    cdef fg_record *spare
    cdef uint32_t used                 # bits of live tapes
    cdef uint32_t recording            # bits of tapes that record now
    cdef uint32_t automatic            # of those, the ones that watch the variables they meet
    cdef int shared                    # live tapes on the shared bit
    cdef int paused                    # depth of `Paused`
    cdef PyObject **tapes              # tapes that record now (each leaves when it dies)
    cdef int n_tapes, tape_room
    cdef list touched                  # trainable variables read, while a `Touched` listens
    cdef bint custom                   # a record may hold Python objects that can reach a tape


cdef class Recorder:
    cdef Trace trace
    cdef uint32_t bit                  # 0: holds nothing
    cdef uint64_t start                # the first slot that may carry `bit`
    cdef bint recording, used_up
    cdef int stopped                   # depth of stop_recording
    cdef int sweeping
    cdef int level                     # `Trace.paused` when it began to record
    cdef readonly bint persistent
    cdef bint watch_accessed
    cdef list watched                  # variables it watches; None: none yet
    cdef list shared_watch             # (slot, the trace's end at that time), on the shared bit only
    cdef set cuts                      # watched results of operations that this tape did not record; or None
    cdef object __weakref__


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
    cdef uint32_t *back                # distances of the arguments if they don't fit the record
    cdef int nargs
    cdef int outputs


cdef int n_recording                   # tapes that record now, in all threads

cdef Trace current_trace()
cdef PyObject *recording_trace() noexcept
cdef fg_record *new_chunk(Trace trace) except NULL
cdef shape_t *record_shape(fg_record *r) noexcept
cdef void kill_record(fg_record *r) noexcept
cdef bint tracked(Tensor t) noexcept
cdef Aval aval_of(Tensor t)
cdef int append_node(Trace trace, Node node, int number, list back, list outputs, uint32_t tapes) except -1
cdef int touch(Variable v) except -1
cdef uint64_t leaf_of(Trace trace, Variable v) except? 0
cdef void stop(Recorder tape) noexcept
cdef int release(Recorder tape) except -1

cdef inline fg_record *fetch(Trace trace, uint64_t slot) noexcept:
    """The record of a slot that the trace holds."""
    return trace.chunks[slot // FG_CHUNK - trace.first] + slot % FG_CHUNK

cdef inline fg_record *record_at(Trace trace, uint64_t slot) noexcept:
    """The record of a slot, or NULL if the trace does not hold it."""
    return NULL if slot - trace.lo >= trace.hi - trace.lo else fetch(trace, slot)

cdef inline fg_record *append_record(Trace trace) except NULL:
    """A new last record; the caller fills it at once."""
    if trace.hi % FG_CHUNK == 0 or trace.n_chunks == 0:
        return new_chunk(trace)
    if FG_DEBUG:
        live.records += 1
    trace.hi += 1
    return fetch(trace, trace.hi - 1)

cdef inline uint32_t tapes_of(Trace trace, Tensor t) noexcept:
    """Bits of the tapes recording now that track t."""
    if t.slot - trace.lo < trace.hi - trace.lo:
        return fetch(trace, t.slot).tapes & trace.recording
    return 0
