"""The trace and the recording half of tapes.

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

import warnings

from .. import _nest
from ._buffer cimport FG_DEBUG, MAX_NDIM, live, shape_drop, shape_hold, shape_new
from ._loops cimport FLOAT16
from ._tensor cimport CODE_DTYPES, hooks, root, scalar_shape, shape_tuple

cdef extern from *:
    """
    #include "fg_memory.h"
    static FG_TLS PyObject *fg_current; /* this thread's Trace; borrowed from the thread's state */
    """
    PyObject *fg_current
    PyObject *PyThreadState_GetDict()
    ctypedef int (*visit_t "visitproc")(PyObject *, void *)
    ctypedef struct fg_type "PyTypeObject":
        void *tp_traverse
        void *tp_clear

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


cdef shape_t *record_shape(fg_record *r) noexcept:
    return scalar_shape if r.lane == FG_SCALAR else <shape_t *>r.u.a.shape


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


cdef bint covers(Recorder tape, uint64_t slot) noexcept:
    """True if a tape on the shared bit was recording when a slot was made."""
    cdef int k
    for k in range(tape.n_windows):
        if tape.windows[2 * k] <= slot < tape.windows[2 * k + 1]:
            return True
    return False


cdef int covering(Trace trace, uint64_t slot, int enough) noexcept:
    """How many tapes on the shared bit were recording when a slot was made; counts no further than `enough`."""
    cdef int k, count = 0
    for k in range(trace.n_sharers):
        count += covers(<Recorder>trace.sharers[k], slot)
        if count == enough:
            break
    return count


cdef bint wanted(Trace trace, uint64_t slot) except -1:
    """True if a tape on the shared bit can reach a slot."""
    cdef Recorder tape
    cdef int k
    for k in range(trace.n_sharers):
        tape = <Recorder>trace.sharers[k]
        if covers(tape, slot) or slot in tape.shared_watch:
            return True
    return False


cdef void leave_sharers(Trace trace, Recorder tape) noexcept:
    """Take a tape from among those on the shared bit. What it watched and its windows are the caller's."""
    cdef int k, n = 0
    for k in range(trace.n_sharers):
        if trace.sharers[k] != <PyObject *>tape:
            trace.sharers[n] = trace.sharers[k]
            n += 1
    trace.n_sharers = n
    if n == 0:
        trace.shared_cuts = False
    tape.shared_watch = None
    tape.windows = NULL
    tape.n_windows = tape.window_room = 0


cdef int join_sharers(Trace trace, Recorder tape) except -1:
    """Put a tape on the shared bit."""
    cdef PyObject **sharers
    if trace.n_sharers == trace.sharer_room:
        sharers = <PyObject **>realloc(trace.sharers, (2 * trace.sharer_room + 8) * sizeof(PyObject *))
        if sharers == NULL:
            raise MemoryError()
        trace.sharers = sharers
        trace.sharer_room = 2 * trace.sharer_room + 8
    tape.shared_watch = {}
    trace.sharers[trace.n_sharers] = <PyObject *>tape
    trace.n_sharers += 1
    return 0


cdef int open_window(Recorder tape) except -1:
    """A tape on the shared bit begins to record."""
    cdef uint64_t *windows
    if tape.n_windows == tape.window_room:
        windows = <uint64_t *>realloc(tape.windows, 2 * (2 * tape.window_room + 2) * sizeof(uint64_t))
        if windows == NULL:
            raise MemoryError()
        tape.windows = windows
        tape.window_room = 2 * tape.window_room + 2
    tape.windows[2 * tape.n_windows] = tape.trace.hi
    tape.windows[2 * tape.n_windows + 1] = <uint64_t>-1
    tape.n_windows += 1
    return 0


cdef int drop_bit(Trace trace, uint64_t at, uint64_t end, uint32_t bit) except -1:
    """Take a bit off the records [at, end), and drop those nobody else can reach."""
    cdef fg_record *r
    cdef bint shared = bit >> SHARED_BIT
    while at < end:
        if at < trace.lo:
            at = trace.lo  # what dropping runs may have moved it
            continue
        r = record_at(trace, at)
        if r == NULL:
            at = (at // FG_CHUNK + 1) * FG_CHUNK
            continue
        if r.tapes & bit and not (shared and wanted(trace, at)):
            r.tapes &= ~bit
            if r.tapes == 0:
                kill_record(trace, at)
        at += 1
    return 0


cdef int release(Recorder tape) except -1:
    """Take a tape's bit off its records, drop those nobody else can reach, and give back memory."""
    cdef Trace trace = tape.trace
    cdef uint32_t bit = tape.bit
    cdef uint64_t end
    cdef dict own
    cdef uint64_t *windows
    cdef int k, n_windows
    if bit == 0:
        return 0
    tape.bit = 0
    end = trace.hi
    if tape.shared_watch is None:
        drop_bit(trace, tape.start, end, bit)
    else:
        own, windows, n_windows = tape.shared_watch, tape.windows, tape.n_windows
        leave_sharers(trace, tape)
        for k in range(n_windows):
            drop_bit(trace, windows[2 * k], min(windows[2 * k + 1], end), bit)
        free(windows)
        for slot in own:
            drop_bit(trace, slot, slot + 1, bit)
    if trace.n_sharers == 0 or bit >> SHARED_BIT == 0:
        trace.used &= ~bit  # only now may another tape get it
    trim(trace)
    return 0


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


cdef int touch(Variable v) except -1:
    """A variable is read: let the tapes that record now and watch what they meet watch it."""
    cdef Trace trace
    cdef Recorder tape
    cdef fg_record *r
    cdef uint64_t slot
    cdef int k
    if fg_current == NULL:
        return 0
    trace = <Trace>fg_current
    if trace.touched is not None:
        note(v, True)
    if trace.recording == 0:
        return 0
    r = record_at(trace, slot_in(trace, v.value))
    if r != NULL and r.tapes and (not v.trainable or (
            trace.automatic & ~r.tapes == 0 and not trace.automatic >> SHARED_BIT)):
        return 0
    if v.trainable and trace.automatic:
        for k in range(trace.n_tapes):
            tape = <Recorder>trace.tapes[k]
            if tape.watch_accessed and listens(trace, tape.level, tape.order):
                watch_variable(tape, v)
    elif r == NULL or r.tapes == 0:
        slot = leaf_of(trace, v)
        if slot:
            give_slot(trace, v.value, slot)
    return 0


cdef int watch_variable(Recorder tape, Variable v) except -1:
    if tape.watched is None:
        tape.watched = v
    elif tape.watched is not v:
        if type(tape.watched) is not dict:
            tape.watched = {(<Variable>tape.watched).serial: tape.watched}
        (<dict>tape.watched).setdefault(v.serial, v)
    return watch_slot(tape, track_variable(tape.trace, v, tape.bit))


cdef int watch_slot(Recorder tape, uint64_t slot) except -1:
    """Let a tape track a slot that its trace holds."""
    cdef Trace trace = tape.trace
    cdef fg_record *r = record_at(trace, slot)
    cdef bint made = r.lane != FG_LEAF
    if tape.shared_watch is not None:  # the bit may be another tape's; the sweep finds out what this one tracks
        trace.shared_cuts |= made
        tape.shared_watch.setdefault(slot, trace.hi)
    elif r.tapes & tape.bit == 0 and (made or trace.hi > max(slot + 1, tape.start)):
        if tape.late is None:
            tape.late = {}
        tape.late.setdefault(slot, trace.hi)
    record_at(trace, slot).tapes |= tape.bit
    if slot < tape.start:
        tape.start = slot
    return 0


@cython.no_gc_clear  # `__dealloc__` of an accumulator needs the trace
cdef class Recording:
    pass


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


# -------------------------------------------------------------------------------------------------- tapes
@cython.no_gc_clear  # `__dealloc__` needs the trace; see `recorder_clear`
cdef class Recorder:
    """The recording half of a tape: entering, leaving, watching. Gradients are in `_sweep`."""

    def __cinit__(self, *args, **kwargs):
        self.watch_accessed = True

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent = bool(persistent)
        self.watch_accessed = bool(watch_accessed_variables)

    def __dealloc__(self):
        drop_records(self)
        free(self.windows)

    def __reduce__(self):
        raise TypeError("cannot pickle a tape: it belongs to the running computation")

    def __enter__(self):
        start(self)
        return self

    def __exit__(self, kind, error, traceback):
        self.entered = False
        if self.recording:
            stop(self)

    def _push_tape(self):
        start(self)

    def _pop_tape(self):
        if not self.recording:
            raise ValueError("Tape is not recording.")
        self.entered = False
        stop(self)

    def watch(self, tensor):
        """Track tensors or variables (or a nest of them) that are not watched by themselves."""
        if self.bit == 0 and not self.recording:
            raise RuntimeError("GradientTape.watch: the tape has not been entered; use it inside "
                               "`with fg.GradientTape() as tape:`")
        if type(tensor) is Tensor or type(tensor) is Variable:
            watch(self, tensor)
            return
        leaves = _nest.flatten(tensor)
        for leaf in leaves:
            if not isinstance(leaf, (Tensor, Variable)):
                raise ValueError(f"Passed in object {leaf} of type '{type(leaf).__name__}', not fg.Tensor or "
                                 "fg.Variable or ExtensionType.")
        for leaf in leaves:
            watch(self, leaf)

    def watched_variables(self):
        """The variables this tape watches, in order of creation."""
        if type(self.watched) is dict:
            return tuple([self.watched[serial] for serial in sorted(self.watched)])
        return () if self.watched is None else (self.watched,)

    def stop_recording(self):
        """A context in which this tape records nothing."""
        if self.trace is None:
            raise RuntimeError("Trying to stop recording a tape which is not recording.")
        if not self.recording and not self.stopped:
            raise ValueError("Tape is not recording.")
        return Stopped(self)

    def reset(self):
        """Forget everything recorded so far and go on recording."""
        if not self.recording:
            raise ValueError("Tape is not recording.")
        if self.sweeping:
            raise RuntimeError("GradientTape.reset: a gradient of this tape is being computed")
        stop(self)
        release(self)
        self.used_up = False
        start(self)


cdef int drop_records(Recorder tape) except -1:
    """What the end of a tape does."""
    if tape.trace is not None:
        if tape.recording:
            stop(tape)
        release(tape)
    return 0


# A record may hold a custom gradient that holds the tape. So that such a cycle can be collected, the garbage
# collector has to see the nodes that only this tape keeps as referents of the tape.
ctypedef int (*traverse_t)(PyObject *, visit_t, void *) noexcept
cdef traverse_t plain_traverse = NULL


cdef int recorder_traverse(PyObject *o, visit_t visit, void *arg) noexcept:
    cdef Recorder tape = <Recorder>o
    cdef Trace trace = tape.trace
    cdef uint64_t at
    cdef fg_record *r
    cdef int result = plain_traverse(o, visit, arg)
    cdef bint shared = tape.bit >> SHARED_BIT
    if shared and trace.shared_cuts:  # who keeps a node is not known then
        return result
    if result == 0 and trace is not None and trace.custom and tape.bit:
        for at in range(max(tape.start, trace.lo), trace.hi):
            r = record_at(trace, at)
            if r != NULL and r.tapes == tape.bit and r.lane == FG_NODE and (
                    not shared or (covers(tape, at) and covering(trace, at, 2) == 1)):
                result = visit(r.u.a.saved[0], arg)
                if result:
                    break
    return result


cdef int recorder_clear(PyObject *o) noexcept:
    try:
        drop_records(<Recorder>o)
    except BaseException:
        pass  # dropping what is garbage: nobody is there to be told
    return 0


plain_traverse = <traverse_t>(<fg_type *>Recorder).tp_traverse
(<fg_type *>Recorder).tp_traverse = <void *>recorder_traverse
(<fg_type *>Recorder).tp_clear = <void *>recorder_clear


cdef class Stopped:
    """What `stop_recording` gives: pauses one tape."""

    cdef Recorder tape
    cdef bint entered

    def __cinit__(self, Recorder tape not None):
        self.tape = tape

    def __enter__(self):
        if self.entered:
            raise RuntimeError("stop_recording: this pause has begun already; ask for another")
        self.entered = True
        if self.tape.recording:
            stop(self.tape)
        self.tape.stopped += 1

    def __exit__(self, kind, error, traceback):
        if not self.entered:
            raise RuntimeError("stop_recording: this pause has not begun")
        self.entered = False
        self.tape.stopped -= 1
        if self.tape.stopped == 0 and self.tape.entered and not self.tape.recording:
            resume(self.tape)


cdef int watch(Recorder tape, object x) except -1:
    cdef int code
    code = (<Tensor>x).code if type(x) is Tensor else root(x).value.code
    if code < FLOAT16:
        warnings.warn(f"The dtype of the watched tensor must be floating (e.g. fg.float32), got "
                      f"{CODE_DTYPES[code]!r}", stacklevel=1)
        return 0
    if tape.used_up and tape.bit == 0:
        return 0
    if type(x) is not Tensor:
        return watch_variable(tape, root(x))
    return watch_slot(tape, track(tape.trace, x, tape.bit))


cdef int start(Recorder tape) except -1:
    """Begin or go on recording."""
    cdef Trace trace = current_trace()
    cdef int k
    if tape.recording:
        raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active "
                         "tape.")
    if tape.sweeping:
        raise RuntimeError("a gradient of this tape is being computed: it can't be entered")
    if tape.used_up and not tape.persistent:
        release(tape)
        tape.used_up = False
    if tape.bit and tape.trace is not trace:
        raise RuntimeError("a tape records in the thread that entered it first: it can't be entered in another")
    if tape.bit == 0:
        tape.trace = trace
        tape.watched = None
        tape.late = None
        tape.start = trace.hi
        for k in range(FORWARD_BIT):
            if not trace.used >> k & 1:
                break
        else:
            k = SHARED_BIT
            join_sharers(trace, tape)
        tape.bit = <uint32_t>1 << k
        trace.used |= tape.bit
    trace.n_entered += 1
    tape.order = trace.n_entered
    resume(tape)
    tape.entered = True
    return 0


cdef int resume(Recorder tape) except -1:
    """Put a tape among those that record."""
    global n_recording
    cdef Trace trace = tape.trace
    cdef PyObject **tapes
    if tape.bit == 0:
        return 0
    if trace.n_tapes == trace.tape_room:
        tapes = <PyObject **>realloc(trace.tapes, (2 * trace.tape_room + 4) * sizeof(PyObject *))
        if tapes == NULL:
            raise MemoryError()
        trace.tapes = tapes
        trace.tape_room = 2 * trace.tape_room + 4
    if tape.shared_watch is not None:
        open_window(tape)
    trace.tapes[trace.n_tapes] = <PyObject *>tape
    trace.n_tapes += 1
    tape.level = trace.paused
    tape.recording = True
    n_recording += 1
    refresh(trace)
    return 0


cdef void stop(Recorder tape) noexcept:
    """Take a tape from among those that record; what it recorded stays."""
    global n_recording
    cdef Trace trace = tape.trace
    cdef int k, n = 0
    for k in range(trace.n_tapes):
        if trace.tapes[k] != <PyObject *>tape:
            trace.tapes[n] = trace.tapes[k]
            n += 1
    trace.n_tapes = n
    if tape.n_windows:
        tape.windows[2 * tape.n_windows - 1] = trace.hi
    tape.recording = False
    n_recording -= 1
    refresh(trace)


cdef bint listens(Trace trace, int level, uint64_t order) noexcept:
    """True if what was entered so records what is done now."""
    return level == trace.paused and not trace.hidden_from <= order < trace.hidden_to


cdef void refresh(Trace trace) noexcept:
    """Work out which bits record now."""
    cdef Recorder tape
    cdef Recording forward
    cdef int k
    trace.recording = trace.automatic = 0
    for k in range(trace.n_tapes):
        tape = <Recorder>trace.tapes[k]
        if not listens(trace, tape.level, tape.order):
            continue
        trace.recording |= tape.bit
        if tape.watch_accessed:
            trace.automatic |= tape.bit
    if trace.forward is not None:
        for k in range(len(trace.forward)):
            forward = <Recording>trace.forward[k]
            if listens(trace, forward.level, forward.order):
                trace.recording |= <uint32_t>1 << FORWARD_BIT


hooks.tracked = tracked
