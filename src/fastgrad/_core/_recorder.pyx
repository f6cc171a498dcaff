"""The recording half of tapes: which operations each tape records, and what it watches.

A. *Bits.* A tape that was entered owns a bit of its trace's records until it is released (see `_trace`). Thirty have
   one each; those beyond share the last, and keep the stretches of slots in which they recorded (*windows*).
B. *Watching.* A trainable Variable is watched as it is read. What was there before it was watched counts from then on
   only: such a tape keeps the time (`late`).
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, realloc

import warnings

from .. import _nest
from ._graph cimport Graph, read_variable, watch_constant
from ._graph import loose_graph
from ._loops cimport CODES, FLOAT16
from ._tensor cimport CODE_DTYPES, Tensor, Variable, root, unusable
from ._trace cimport (
    FG_CHUNK, FG_LEAF, FG_NODE, FORWARD_BIT, SHARED_BIT, Trace, count_recording, current_trace, fg_record,
    give_slot, kill_record, leaf_of, note, record_at, slot_in, this_trace, track, track_variable, trim,
)

cdef extern from *:
    ctypedef int (*visit_t "visitproc")(PyObject *, void *)
    ctypedef struct fg_type "PyTypeObject":
        void *tp_traverse
        void *tp_clear


# ------------------------------------------------------------------------------------------ the shared bit
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


# ---------------------------------------------------------------------------------------------- releasing
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


# ----------------------------------------------------------------------------------------------- watching
cdef int touch(Variable v) except -1:
    """A variable is read: let the tapes that record now and watch what they meet watch it."""
    cdef Trace trace
    cdef Recorder tape
    cdef fg_record *r
    cdef uint64_t slot
    cdef int k
    if this_trace() == NULL:
        return 0
    trace = <Trace>this_trace()
    if trace.touched is not None:
        note(v, True)
    if trace.graph is not None:
        read_variable(<Graph>trace.graph, v)
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


# -------------------------------------------------------------------------------------------------- tapes
@cython.no_gc_clear  # `__dealloc__` of an accumulator needs the trace
cdef class Recording:
    pass


@cython.no_gc_clear  # `__dealloc__` needs the trace; see `recorder_clear`
cdef class Recorder:
    """The recording half of a tape: entering, leaving, watching. Gradients are in `_sweep`."""

    def __cinit__(self, *args, **kwargs):
        self.watch_accessed = True

    def __init__(self, persistent=False, watch_accessed_variables=True, freezable=False):
        self.persistent = bool(persistent)
        self.watch_accessed = bool(watch_accessed_variables)
        if not self.recording:
            self.log = loose_graph() if freezable else None

    def __dealloc__(self):
        drop_records(self)
        free(self.windows)

    def __reduce__(self):
        raise TypeError("cannot pickle a tape: it belongs to the running computation")

    def __enter__(self):
        start(self)
        return self

    def __exit__(self, kind, error, traceback):
        leave(self)

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
    if code >= CODES:
        raise unusable(x)
    if code < FLOAT16:
        warnings.warn(f"The dtype of the watched tensor must be floating (e.g. fg.float32), got "
                      f"{CODE_DTYPES[code]!r}", stacklevel=1)
        return 0
    if tape.used_up and tape.bit == 0:
        return 0
    if type(x) is not Tensor:
        return watch_variable(tape, root(x))
    if tape.trace.graph is not None:
        watch_constant(<Graph>tape.trace.graph, x)
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
    cdef Trace trace = tape.trace
    cdef PyObject **tapes
    if tape.bit == 0:
        return 0
    if tape.log is not None:
        if trace.graph is not None:
            raise RuntimeError("a freezable tape can't record inside of another one, or while a function is traced")
        trace.graph = tape.log
        count_recording(1)
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
    count_recording(1)
    refresh(trace)
    return 0


cdef void leave(Recorder tape) noexcept:
    """The end of a tape's block."""
    tape.entered = False
    if tape.recording:
        stop(tape)


cdef void stop(Recorder tape) noexcept:
    """Take a tape from among those that record; what it recorded stays."""
    cdef Trace trace = tape.trace
    cdef int k, n = 0
    for k in range(trace.n_tapes):
        if trace.tapes[k] != <PyObject *>tape:
            trace.tapes[n] = trace.tapes[k]
            n += 1
    trace.n_tapes = n
    if tape.log is not None and trace.graph is tape.log:
        trace.graph = None
        count_recording(-1)
    if tape.n_windows:
        tape.windows[2 * tape.n_windows - 1] = trace.hi
    tape.recording = False
    count_recording(-1)
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
