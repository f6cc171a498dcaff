"""The trace: what was done, for whoever differentiates it.

A. *The trace.* Each thread has one: a flat array of 64-byte records in chunks. A slot is the number of a
   record, counted up for ever (the thread's number in the top bits), so a slot whose record is gone can't be
   mistaken for another: Tensors hold a slot, never a pointer, and nothing needs to be told when a trace drops
   its records.
B. *Tapes.* A tape owns one bit (all accumulators of forward mode own one together, see `_forward`). A record's
   `tapes` has the bits of the tapes that can reach it: the union over its arguments, restricted to the tapes
   recording at that moment. A record without bits is dead; what it kept is dropped at once, and the trace gives
   back the chunks below its first live record.
C. *Lanes.* FG_SCALAR keeps plain numbers, FG_ARRAY the argument Tensors that the rules read, FG_NODE a `Node`
   with metadata, FG_LEAF only a shape; FG_OUTPUT stands for a further output of the FG_NODE before it.
D. *Threads.* All of this runs under the GIL. A tape records in the thread that entered it; its gradient may
   be asked for in any.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memmove, memset

from ._buffer cimport FG_DEBUG, MAX_NDIM, live, shape_drop, shape_hold, shape_new
from ._tensor cimport CODE_DTYPES, hooks, scalar_shape, shape_tuple

cdef extern from *:
    """
    #include "fg_memory.h"
    static FG_TLS PyObject *fg_current; /* this thread's Trace; borrowed from the thread's state */
    """
    PyObject *fg_current
    PyObject *PyThreadState_GetDict()

n_recording = 0
cdef uint64_t n_traces = 0
cdef PyObject *traces[1 << 16]  # by number; NULL: its thread is gone
cdef list retired = []          # ends of the traces of threads that are gone: the next ones go on from there


# ----------------------------------------------------------------------------------------------- the trace
cdef class Trace:
    """The records of one thread. See the notes B and C at the top."""

    def __cinit__(self):
        global n_traces
        if retired:
            self.lo = self.hi = retired.pop()
        elif n_traces + 1 < 1 << 16:
            n_traces += 1
            self.lo = self.hi = n_traces << 48
        else:
            raise RuntimeError("too many threads use tapes at the same time")
        traces[self.lo >> 48] = <PyObject *>self
        self.first = self.lo // FG_CHUNK

    def __dealloc__(self):
        global fg_current
        cdef Py_ssize_t k
        if traces[self.lo >> 48] == <PyObject *>self:
            traces[self.lo >> 48] = NULL
            if retired is not None:  # None while the process ends
                retired.append(self.hi)
        if fg_current == <PyObject *>self:
            fg_current = NULL
        for k in range(self.n_chunks):
            free(self.chunks[k])
        free(self.chunks)
        free(self.spare)
        free(self.tapes)
        free(self.sharers)


@cython.final
@cython.no_gc
cdef class Anchor:
    """Keeps a trace for the state of a thread, and makes the thread forget it when the state goes.

    A thread that C made has a new state for each call into Python, so a trace that a tape keeps in another thread
    may outlive its thread's state, and must not be found again there.
    """

    cdef Trace trace

    def __dealloc__(self):
        global fg_current
        if fg_current == <PyObject *>self.trace:
            fg_current = NULL


cdef Trace current_trace():
    """The trace of this thread, made on first use and owned by the thread's state."""
    global fg_current
    cdef Trace trace
    cdef Anchor anchor
    if fg_current != NULL:
        return <Trace>fg_current
    trace = Trace()
    anchor = Anchor.__new__(Anchor)
    anchor.trace = trace
    (<dict>PyThreadState_GetDict())["fastgrad.trace"] = anchor
    fg_current = <PyObject *>trace
    return trace


cdef PyObject *this_trace() noexcept:
    """The trace of this thread (borrowed), or NULL."""
    return fg_current


cdef PyObject *recording_trace() noexcept:
    """The trace of this thread (borrowed) if a tape records on it now, else NULL."""
    if fg_current == NULL or (<Trace>fg_current).recording == 0:
        return NULL
    return fg_current


cdef fg_record *new_chunk(Trace trace) except NULL:
    """`append_record` where the chunk of the next record may not be there."""
    cdef uint64_t at = trace.hi // FG_CHUNK - trace.first
    cdef fg_chunk *chunk
    cdef fg_chunk **chunks
    if at >= <uint64_t>trace.n_chunks:
        if trace.n_chunks == trace.room:
            chunks = <fg_chunk **>realloc(trace.chunks, (2 * trace.room + 8) * sizeof(fg_chunk *))
            if chunks == NULL:
                raise MemoryError("no memory for the tape")
            trace.chunks = chunks
            trace.room = 2 * trace.room + 8
        chunk = trace.spare
        trace.spare = NULL
        if chunk == NULL:
            chunk = <fg_chunk *>malloc(sizeof(fg_chunk))
            if chunk == NULL:
                raise MemoryError("no memory for the tape")
        chunk.live = 0
        trace.chunks[trace.n_chunks] = chunk
        trace.n_chunks += 1
    chunk = trace.chunks[at]
    chunk.live += 1
    trace.hi += 1
    if FG_DEBUG:
        live.records += 1
    return &chunk.records[(trace.hi - 1) % FG_CHUNK]


cdef void kill_record(Trace trace, uint64_t slot) noexcept:
    """Drop what a record keeps, and its chunk if that was the last. May run Python code."""
    cdef PyObject *saved[4]
    cdef shape_t *shape
    cdef uint64_t at = slot // FG_CHUNK - trace.first
    cdef fg_chunk *chunk = trace.chunks[at]
    cdef fg_record *r = &chunk.records[slot % FG_CHUNK]
    cdef bint plain = r.lane == FG_SCALAR
    r.tapes = 0
    if FG_DEBUG:
        live.records -= 1
    if not plain:
        shape = <shape_t *>r.u.a.shape
        memcpy(saved, r.u.a.saved, sizeof(saved))
        r.lane = FG_SCALAR
    chunk.live -= 1
    if chunk.live == 0 and at + 1 < <uint64_t>trace.n_chunks:
        trace.chunks[at] = NULL
        if trace.spare == NULL:
            trace.spare = chunk
        else:
            free(chunk)
    if plain:
        return
    shape_drop(shape)
    Py_XDECREF(saved[0])
    Py_XDECREF(saved[1])
    Py_XDECREF(saved[2])
    Py_XDECREF(saved[3])


cdef void trim(Trace trace) noexcept:
    """Let the trace begin at its first live record."""
    cdef fg_record *r
    while trace.lo < trace.hi:
        r = record_at(trace, trace.lo)
        if r == NULL:
            trace.lo = min(trace.hi, (trace.lo // FG_CHUNK + 1) * FG_CHUNK)
        elif r.tapes == 0:
            trace.lo += 1
        else:
            break
    if trace.lo == trace.hi:
        trace.custom = False
        trace.foreign = None
    drop_chunks(trace)


cdef void forget_tangents(uint64_t slot, bint dead) noexcept:
    """A slot has no tangents any more, or its Tensor is dead and only accumulators tracked it."""
    cdef Trace trace
    cdef fg_record *r
    if slot == 0 or slot >> 48 > n_traces or traces[slot >> 48] == NULL:
        return
    trace = <Trace>traces[slot >> 48]
    r = record_at(trace, slot)
    if r == NULL or not r.tapes >> FORWARD_BIT & 1 or (dead and r.tapes != <uint32_t>1 << FORWARD_BIT):
        return
    entry = trace.tangents.pop(slot, None)  # no-cython-lint (dies last: its Tensors may have tangents too)
    r = record_at(trace, slot)
    r.tapes &= ~(<uint32_t>1 << FORWARD_BIT)
    if r.tapes == 0:
        kill_record(trace, slot)


cdef void drop_chunks(Trace trace) noexcept:
    """Free the chunks below the first live record."""
    cdef Py_ssize_t dead = <Py_ssize_t>(trace.lo // FG_CHUNK - trace.first)
    cdef Py_ssize_t k
    if dead > trace.n_chunks:
        dead = trace.n_chunks
    if dead <= 0:
        return
    for k in range(dead):
        if trace.spare == NULL:
            trace.spare = trace.chunks[k]
        else:
            free(trace.chunks[k])
    trace.n_chunks -= dead
    memmove(trace.chunks, trace.chunks + dead, trace.n_chunks * sizeof(fg_chunk *))
    trace.first += dead
    if trace.n_chunks == 0:
        trace.first = trace.lo // FG_CHUNK


cdef bint tracked(Tensor t) noexcept:
    """True if a tape of this thread that records now tracks t."""
    cdef Trace trace
    if n_recording == 0 or fg_current == NULL:
        return False
    trace = <Trace>fg_current
    return tapes_at(trace, slot_in(trace, t)) != 0


cdef bint alive_elsewhere(Trace trace, uint64_t slot) noexcept:
    """True if a slot is alive in another thread's trace."""
    cdef uint64_t number = slot >> 48
    cdef fg_record *r
    if number == trace.hi >> 48 or number == 0 or number > n_traces or traces[number] == NULL:
        return False
    r = record_at(<Trace>traces[number], slot)
    return r != NULL and r.tapes != 0


cdef uint64_t foreign_slot(Trace trace, Tensor t) noexcept:
    """The slot in this trace of a Tensor whose own slot belongs to another thread's trace, or 0."""
    entry = trace.foreign.get(<size_t><PyObject *>t)
    return 0 if entry is None else (<tuple>entry)[0]


cdef int give_slot(Trace trace, Tensor t, uint64_t slot) except -1:
    """Make `slot` the Tensor's slot in this trace, without taking it from a trace that still needs its own."""
    if t.slot == slot:
        return 0
    if not alive_elsewhere(trace, t.slot):
        t.slot = slot
        return 0
    if trace.foreign is None:
        trace.foreign = {}
    trace.foreign[<size_t><PyObject *>t] = (slot, t)
    return 0


cdef uint64_t new_leaf(Trace trace, shape_t *shape, int code, uint32_t tapes) except 0:
    """Append the record of a value that is not known to come from anything; gives its slot."""
    cdef fg_record *r = append_record(trace)
    memset(r, 0, sizeof(fg_record))
    r.lane = FG_LEAF
    r.dtype = code
    r.tapes = tapes
    r.u.a.shape = shape_hold(shape)
    return trace.hi - 1


cdef uint64_t track(Trace trace, Tensor t, uint32_t bit) except 0:
    """Put a bit on a Tensor's record, a new leaf if it has none; gives its slot."""
    cdef uint64_t slot = slot_in(trace, t)
    cdef fg_record *r = record_at(trace, slot)
    if r == NULL or r.tapes == 0:
        slot = new_leaf(trace, t.shape_, t.code, bit)
        give_slot(trace, t, slot)
    return slot


cdef uint64_t track_variable(Trace trace, Variable v, uint32_t bit) except 0:
    """The same for a variable."""
    cdef uint64_t slot = leaf_of(trace, v)
    if slot == 0:
        slot = new_leaf(trace, v.value.shape_, v.value.code, bit)
    if alive_elsewhere(trace, v.value.slot):
        if v.leaves is None:
            v.leaves = {}
        v.leaves[slot >> 48] = slot
    give_slot(trace, v.value, slot)
    return slot


cdef uint64_t leaf_of(Trace trace, Variable v) except? 0:
    """The live leaf of a variable in this trace, or 0."""
    cdef uint64_t slot = v.value.slot
    cdef fg_record *r = record_at(trace, slot)
    if r != NULL and r.tapes:
        return slot
    if v.leaves is not None:
        slot = v.leaves.get(trace.hi >> 48, 0)
        r = record_at(trace, slot)
        if r != NULL and r.tapes:
            return slot
    return 0


cdef void count_recording(int change) noexcept:
    """Something begins or ends to listen to what is read."""
    global n_recording
    n_recording += change


cdef int note(Variable v, bint read) except -1:
    """A variable is read, or about to be assigned to: tell a `Touched` that listens."""
    cdef dict touched
    if fg_current == NULL:
        return 0
    touched = (<Trace>fg_current).touched
    if touched is None:
        return 0
    entry = touched.get(v.serial)
    if entry is None:
        touched[v.serial] = [v, v.value, read]
    elif read:
        (<list>entry)[2] = True
    return 0


@cython.final
cdef class Aval:
    """The shape and dtype of a value that is not kept."""

    def __cinit__(self):
        self.shape_ = shape_hold(scalar_shape)

    def __dealloc__(self):
        shape_drop(self.shape_)

    @property
    def shape(self):
        return shape_tuple(self.shape_)

    @property
    def dtype(self):
        return CODE_DTYPES[self.code]

    @property
    def ndim(self):
        return self.shape_.ndim

    @property
    def size(self):
        return self.shape_.size


cdef Aval aval_of(Tensor t):
    cdef Aval a = Aval.__new__(Aval)
    shape_drop(a.shape_)
    a.shape_ = shape_hold(t.shape_)
    a.code = t.code
    return a


cdef Aval lifted_aval(Aval a, Py_ssize_t n):
    """The aval with one more axis in front."""
    cdef Py_ssize_t dims[MAX_NDIM + 1]
    cdef Aval lifted = Aval.__new__(Aval)
    cdef int k
    dims[0] = n
    for k in range(a.shape_.ndim):
        dims[k + 1] = a.shape_.dims[k]
    shape_drop(lifted.shape_)
    lifted.shape_ = NULL
    lifted.shape_ = shape_new(a.shape_.ndim + 1, dims)
    lifted.code = a.code
    return lifted


@cython.final
cdef class Node:
    """What a record of a structured operation keeps."""

    def __dealloc__(self):
        free(self.back)


cdef int append_node(Trace trace, Node node, int number, list arguments, list outputs, uint32_t tapes,
                     uint32_t flows) except -1:
    """Append the record of a node, and one per further output.

    flows: bit k: a gradient flows to argument k (the last bit: to all from there on).
    From here on nothing runs Python code (a finalizer could record something and move the end of the trace).
    """
    cdef fg_record *r
    cdef Tensor out, t
    cdef uint64_t slot, distance
    cdef int k
    node.back = <uint32_t *>malloc((node.nargs + 1) * sizeof(uint32_t))
    if node.back == NULL:
        raise MemoryError()
    for k in range(node.nargs):
        t = arguments[k]
        slot = slot_in(trace, t)
        distance = trace.hi - slot if flows >> min(k, 31) & 1 and tapes_at(trace, slot) else 0
        if distance >= <uint64_t>1 << 32:
            raise RuntimeError("a tape can't span more than 2**32 operations: use a new tape")
        node.back[k] = <uint32_t>distance
    for k in range(len(outputs)):
        out = outputs[k]
        r = append_record(trace)
        memset(r, 0, sizeof(fg_record))
        r.dtype = out.code
        r.tapes = tapes
        r.u.a.shape = shape_hold(out.shape_)
        if k:
            r.lane = FG_OUTPUT
            r.arg[0] = k
        else:
            r.lane = FG_NODE
            r.primitive = number
            r.nargs = NODE_SLOTS
            Py_INCREF(node)
            r.u.a.saved[0] = <PyObject *>node
        out.slot = trace.hi - 1
    return 0


hooks.tracked = tracked
